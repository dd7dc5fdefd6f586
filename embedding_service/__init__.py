"""The embedding service: pictures and texts in, unit-length vectors out. It keeps no state."""

import os

# The same twice in a batch, or asked again, gives the same vector to the last bit. On AMD's processors MKL's
# sums otherwise depend on where in memory the numbers lie. It reads this at its first call; ViT-B/32 was no
# slower there (on Intel's not measured).
os.environ.setdefault("MKL_CBWR", "AUTO,STRICT")
