"""What an array of real numbers is called in annotations."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

#: Numbers of float32 or float64, of any shape.
Array: TypeAlias = NDArray[np.floating[Any]]
