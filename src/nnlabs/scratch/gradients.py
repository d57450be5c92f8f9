"""Is a derivative right? Compare it with the slope measured by two evaluations nearby."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from nnlabs.arrays import Array
from nnlabs.scratch.tensor import Tensor


def gradcheck(
    function: Callable[..., Tensor],
    inputs: Sequence[Tensor],
    step: float = 1e-6,
    rtol: float = 1e-5,
    atol: float = 1e-7,
) -> float:
    """Compare the gradients that `backward` computes with central differences.

    (f(x + h) - f(x - h)) / 2h equals f'(x) up to a term in h². An output of several numbers is checked through a
    weighted sum of them. Keep away from kinks: where there is no derivative, there is nothing to compare.

    Args:
        function: takes the inputs, returns a tensor.
        inputs: float64 tensors; their gradients are computed anew.
        step: h, relative to elements larger than 1.
        rtol: difference allowed, relative to the measured slope.
        atol: difference allowed on top of it.

    Returns:
        The largest difference found.

    Raises:
        TypeError: for an input that is not a float64 tensor: rounding alone would exceed the tolerance.
        RuntimeError: when a gradient is wrong; names the input, the index and both numbers, or the shapes that do not fit.

    Example:
        >>> gradcheck(lambda w: (w * w).sum(), [Tensor([1.0, 2.0])]) < 1e-8
        True
    """
    _check_inputs(inputs)
    output = function(*inputs)
    weights = np.linspace(1, 2, output.size).reshape(output.shape)

    def total() -> Tensor:
        return (function(*inputs) * weights).sum()

    for x in inputs:
        x.zero_grad()
    total().backward()
    return max((_check_one(total, i, x, step, rtol, atol) for i, x in enumerate(inputs)), default=0.0)


def _check_inputs(inputs: Sequence[Tensor]) -> None:
    for i, x in enumerate(inputs):
        if not isinstance(x, Tensor) or x.dtype != np.float64:
            raise TypeError(
                f"gradcheck needs tensors of float64, and input {i} is {getattr(x, 'dtype', type(x).__name__)}."
            )


def _check_one(total: Callable[[], Tensor], i: int, x: Tensor, step: float, rtol: float, atol: float) -> float:
    """The largest difference in the gradient of one input."""
    computed = np.zeros(x.shape) if x.grad is None else x.grad
    measured = _slopes(total, x, step)
    difference = np.abs(computed - measured)
    # written so that a NaN counts as wrong
    wrong = ~(difference <= atol + rtol * np.abs(measured))
    if wrong.any():
        index = tuple(int(k) for k in np.argwhere(wrong)[0])
        raise RuntimeError(
            f"wrong gradient: input {i} at index {index}, where it is {x.data[index]:g}: backward says {computed[index]:.8g}, "
            f"central differences say {measured[index]:.8g} ({wrong.sum()} of {wrong.size} elements differ)."
        )
    return float(difference.max(initial=0.0))


def _slopes(total: Callable[[], Tensor], x: Tensor, step: float) -> Array:
    """(f(x + h) - f(x - h)) / 2h for every element of x."""
    kept = x.data
    slopes = np.empty(x.shape)
    try:
        for index in np.ndindex(x.shape):
            h = step * max(1.0, abs(float(kept[index])))
            ends = []
            for sign in (1, -1):
                x.data = np.array(kept)
                x.data[index] += sign * h
                ends.append(total().item())
            slopes[index] = (ends[0] - ends[1]) / (2 * h)
    finally:
        x.data = kept
    return slopes
