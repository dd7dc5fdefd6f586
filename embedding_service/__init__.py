"""The embedding service: pictures and texts in, unit-length vectors out. It keeps no state."""

import os

# The same picture, the same vector, to the last bit: without this, MKL's sums depend on where in memory numbers lie
# on processors that aren't Intel's. MKL reads it at its first call. It cost nothing that could be measured.
os.environ.setdefault("MKL_CBWR", "AUTO,STRICT")
