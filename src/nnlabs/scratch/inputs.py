"""What may go into a tensor or an operation: real numbers, and for everything else a sentence that says what is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nnlabs.arrays import Array
from nnlabs.scratch.graph import Node
from nnlabs.scratch.ops import Rule

FLOATS = (np.dtype(np.float64), np.dtype(np.float32))


def as_floats(data: ArrayLike) -> Array:
    """A new array of float32 when data is, else of float64."""
    if isinstance(data, Node):
        raise TypeError("this is a Tensor already; to cut a value out of its graph write Tensor(t.data).")
    array = np.array(data)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"a Tensor holds real numbers, and these are {array.dtype}: {data!r:.60}")
    return array if array.dtype == np.float32 else array.astype(np.float64)


def as_constant(x: Any) -> Any:
    """An input that is no tensor: a number as it is, everything else as an array."""
    if isinstance(x, (int, float)):
        return x
    array = np.asarray(x)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"a Tensor is computed with real numbers, and these are {array.dtype}: {x!r:.60}")
    return array


def misfit(rule: Rule, arrays: list[Any], constants: dict[str, Any], error: Exception) -> Exception:
    """A rule's error again, naming the operation, the shapes it met and its constants."""
    shapes = " and ".join(str(np.shape(a)) for a in arrays)
    settings = "".join(f", {name}={value!r}" for name, value in constants.items())
    kind = next(kind for kind in (ValueError, IndexError, TypeError) if isinstance(error, kind))
    return kind(f"{rule.__name__} of shape {shapes}{settings} is not possible: {error}")
