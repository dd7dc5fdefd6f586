"""The embedding service: pictures and texts in, unit-length vectors out. It keeps no state."""

import os

# The same picture, the same vector, to the last bit. On processors that aren't Intel's, MKL's sums
# otherwise depend on where in memory the numbers lie. It reads this at its first call, and is no slower.
os.environ.setdefault("MKL_CBWR", "AUTO,STRICT")
