"""One unit, one example: how the gradient of its loss comes back, number by number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlabs.plotting.style import new_figure, title
from nnlabs.scratch.draw import draw_graph
from nnlabs.scratch.graph import Node
from nnlabs.scratch.tensor import Tensor

if TYPE_CHECKING:
    from nnlabs.plotting.intervals import Drawn


def back_propagation(w: float, x: float, b: float, target: float) -> Drawn:
    """Draw the graph of (tanh(w x + b) - target)², forward in values, backward in gradients.

    Args:
        w: the unit's weight.
        x: the number that it looks at.
        b: its bias.
        target: what it should answer.
    """
    leaves = {"w": Tensor(w), "x": Tensor(x), "b": Tensor(b)}
    answer = (leaves["w"] * leaves["x"] + leaves["b"]).tanh()
    loss = (answer - target) ** 2
    loss.backward(retain_graph=True)
    names: dict[str, Node] = {**leaves, "loss": loss}
    figure, axes = new_figure(10, 2.7)
    what = "Back-propagation: each step back multiplies by the slope on its arrow"
    title(
        figure,
        what,
        f"one unit with tanh, one example, target {target:g} · blue: forward · brown: backward, d(loss)/d(box)",
    )
    draw_graph(loss, names, axes[0, 0])
    called = {id(node): name for name, node in names.items()}
    nodes = [*leaves.values(), *reversed(loss.topological_order())]
    rows = [
        {
            "name": called.get(id(node), ""),
            "operation": node.rule.__name__ if node.rule else "",
            "value": float(node.data),
            "gradient": float(node.grad if node.grad is not None else 0.0),
        }
        for node in nodes
    ]
    return figure, rows
