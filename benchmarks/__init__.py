"""Measurements of this project, run by hand; results are kept as JSON with the machine they ran on."""
