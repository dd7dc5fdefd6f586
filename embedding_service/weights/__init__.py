"""Where an encoder's weights come from, and which encoder is chosen."""
