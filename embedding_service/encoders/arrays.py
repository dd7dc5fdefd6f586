"""What goes into an encoder's model, and what comes out."""

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Vectors = NDArray[np.float32]
