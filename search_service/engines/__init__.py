"""What holds vectors and finds the nearest: the contract, and a folder for each engine."""
