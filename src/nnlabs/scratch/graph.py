"""Back-propagation: from a number back to everything it was computed from, the chain rule at each step.

Source: Linnainmaa (1970) for the method; Rumelhart, Hinton & Williams (1986) for its use in neural networks; Griewank & Walther,
"Evaluating Derivatives" (2008), chapter 3, for the theory.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np

from nnlabs.scratch.ops import Array

if TYPE_CHECKING:
    from nnlabs.scratch.tensor import Tensor

_age = attrgetter("number")


def backward(loss: Tensor, retain_graph: bool = False) -> None:
    """Compute dL/dx into `x.grad` for each tensor x that the loss L was computed from.

    In leaves (tensors that no operation made, such as weights) the gradient adds up over calls.

    Args:
        loss: a single number, of shape () or all ones.
        retain_graph: keep the graph, so that it can be gone through again; else it is freed on the way.

    Raises:
        ValueError: when the loss is not a single number.
        RuntimeError: when the graph, or a part of it, was freed by an earlier call.
    """
    if loss.size != 1:
        raise ValueError(
            f"backward() starts from a single number, and this tensor has shape {loss.shape}: "
            "reduce it first, for example with .sum() or .mean()."
        )
    # dL/dL = 1
    gradients = {loss: np.ones_like(loss.data)}
    for tensor in history(loss):
        gradient = gradients.pop(tensor)
        if not tensor.edges:
            # a new array: whoever changes this gradient in place must not change another tensor's
            tensor.grad = tensor.grad + gradient
            continue
        tensor.grad = gradient
        for parent, back in tensor.edges:
            # chain rule: dL/dparent is the sum, over all uses of the parent, of what comes back from each
            part = _fit(back(gradient), parent.data)
            gradients[parent] = gradients[parent] + part if parent in gradients else part
        if not retain_graph:
            tensor.edges = None


def history(tensor: Tensor) -> list[Tensor]:
    """This tensor and all that it was computed from, each before what it was computed from.

    Args:
        tensor: where to start.

    Returns:
        The tensors, youngest first: since a tensor is made after what it is computed from, no gradient comes too late.

    Raises:
        RuntimeError: when a part of the graph was freed.
    """
    found, stack = {tensor}, [tensor]
    while stack:
        edges = stack.pop().edges
        if edges is None:
            raise RuntimeError(
                "this graph, or a part of it, was freed by an earlier backward(): compute the loss anew, "
                "or call the earlier one with retain_graph=True."
            )
        for parent, _ in edges:
            if parent not in found:
                found.add(parent)
                stack.append(parent)
    return sorted(found, key=_age, reverse=True)


def _fit(gradient: Array, data: Array) -> Array:
    """`gradient` in the shape and type of `data`: summed over the axes along which broadcasting had stretched data."""
    if gradient.shape != data.shape:
        gradient = gradient.sum(axis=tuple(range(gradient.ndim - data.ndim)))
        stretched = tuple(i for i, n in enumerate(data.shape) if n == 1)
        gradient = gradient.sum(axis=stretched, keepdims=True)
    return gradient if gradient.dtype == data.dtype else gradient.astype(data.dtype)
