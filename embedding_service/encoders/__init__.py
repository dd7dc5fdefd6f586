"""The encoders: what turns a decoded picture, or a text, into a vector."""
