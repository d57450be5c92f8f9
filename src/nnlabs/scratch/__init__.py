"""What a learner builds by hand: perceptron, autograd engine, layers, losses, optimizers; NumPy only.

    from nnlabs.scratch import Adam, MLP, Tensor, gradcheck

Each is imported when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnlabs.scratch.draw import draw_graph
    from nnlabs.scratch.gradients import gradcheck
    from nnlabs.scratch.layers import MLP
    from nnlabs.scratch.optim import Adam
    from nnlabs.scratch.tensor import Tensor, apply

__all__ = ["MLP", "Adam", "Tensor", "apply", "draw_graph", "gradcheck"]

_HOMES = {
    "MLP": "layers",
    "Adam": "optim",
    "Tensor": "tensor",
    "apply": "tensor",
    "draw_graph": "draw",
    "gradcheck": "gradients",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
