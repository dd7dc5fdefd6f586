"""A projection learned from labelled vectors: vectors and labels in, one matrix out; nothing is kept."""
