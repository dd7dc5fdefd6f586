"""What runs an encoder's picture side: torch, OpenVINO; `choose.py` picks one."""
