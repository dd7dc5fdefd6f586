"""One machine, one command: gets pictures and an encoder, starts the three services, says where to look."""
