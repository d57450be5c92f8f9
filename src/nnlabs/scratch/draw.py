"""A graph of computations as a picture: what came from what, with value and gradient, and the chain rule on the arrows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlabs.scratch.graph import Node

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH, _HEIGHT = 0.66, 0.76  # of a box; columns and rows are 1 apart
_MOST = 200
_VALUE, _GRADIENT, _LINE = "#0072B2", "#A84900", "#6B6B6B"


@dataclass
class _Box:
    """A node's place: column from the left, row from the top (a fraction between rows is fine).

    An arrow that passes a column on its way has a place there too, a box without a node.
    """

    node: Node | None
    column: int = 0
    row: float = 0.0
    children: list[_Box] = field(default_factory=list)


def draw_graph(result: Node, names: Mapping[str, Node] | None = None, axes: Axes | None = None) -> Figure:
    """Draw what a tensor was computed from, left to right: leaves shaded, each box with operation, value and gradient.

    On the arrow from x to y stands dy/dx, where both are single numbers: a gradient is the sum, over the arrows that leave its box,
    of this number times the gradient at the arrow's head. Of arrays the shape is shown and the length ‖·‖ (L2 norm) of value and
    gradient. Constants get no box.

    Args:
        result: the tensor; after `backward` the graph is there only with `retain_graph=True`.
        names: what to call some of its tensors, such as `{"w": w, "x": x}`.
        axes: where to draw; a figure of its own, large enough for all boxes, unless given.

    Returns:
        The figure, for `savefig`.

    Raises:
        ValueError: for a graph of more than 200 tensors, which nobody could read.
        RuntimeError: when the graph was freed.

    Example:
        >>> from nnlabs.scratch import Tensor
        >>> w, x = Tensor(3.0), Tensor(2.0)
        >>> loss = (w * x - 1) ** 2
        >>> loss.backward(retain_graph=True)
        >>> draw_graph(loss, {"w": w, "x": x, "loss": loss}).savefig("graph.png")
    """
    boxes = _collect(result)
    if len(boxes) > _MOST:
        raise ValueError(f"this graph has {len(boxes)} tensors, too many to be read; draw a part of at most {_MOST}.")
    _set_columns(boxes)
    routes = [route for box in boxes for route in _routes(box)]
    between = [place for route in routes for place in route[1:-1]]
    _set_rows(boxes + between)
    columns, rows = 1 + max(box.column for box in boxes), 1 + max(box.row for box in boxes + between)
    axes = axes or _new_axes(columns, rows)
    axes.set(xlim=(-0.36, columns - 0.64), ylim=(rows - 0.56, -0.44))
    axes.set_axis_off()
    called = {node: name for name, node in (names or {}).items()}
    for box in boxes:
        if box.node is not None:
            _draw_box(axes, box, box.node, called.get(box.node, ""))
    for route in routes:
        _draw_arrow(axes, route)
    return axes.get_figure(root=True)  # type: ignore[return-value]


def _new_axes(columns: float, rows: float) -> Axes:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1.75 * columns, 0.9 * rows + 0.1))
    return figure.add_axes((0.0, 0.0, 1.0, 1.0))


def _collect(result: Node) -> list[_Box]:
    """A box for each tensor, newest first, with the boxes of what was computed from it, each once."""
    nodes = result.topological_order()
    boxes = {node: _Box(node) for node in nodes}
    for node in nodes:
        for parent in dict.fromkeys(parent for parent in node.parents or () if isinstance(parent, Node)):
            boxes.setdefault(parent, _Box(parent)).children.append(boxes[node])
    return [boxes[node] for node in sorted(boxes, key=attrgetter("index"), reverse=True)]


def _set_columns(boxes: list[_Box]) -> None:
    """Each one left of its leftmost child."""
    for box in boxes:
        box.column = min((child.column for child in box.children), default=0) - 1
    leftmost = min(box.column for box in boxes)
    for box in boxes:
        box.column -= leftmost


def _routes(box: _Box) -> list[list[_Box]]:
    """For each child the boxes on the way to it: this one, a place in each column between, and the child."""
    routes = []
    for child in box.children:
        between = [_Box(None, column) for column in range(box.column + 1, child.column)]
        route = [box, *between, child]
        for one, following in pairwise(route[1:]):
            one.children = [following]
        routes.append(route)
    box.children = [route[1] for route in routes]
    return routes


def _set_rows(boxes: list[_Box]) -> None:
    """From right to left: each near the middle of what follows it, a row below the one placed before."""
    by_column = sorted(boxes, key=lambda box: -box.column)
    for _, column in groupby(by_column, key=lambda box: box.column):
        free = 0.0
        for box in sorted(column, key=_wanted_row):
            box.row = max(free, _wanted_row(box))
            free = box.row + 1


def _wanted_row(box: _Box) -> float:
    return sum(child.row for child in box.children) / len(box.children) if box.children else 0.0


def _draw_box(axes: Axes, box: _Box, node: Node, name: str) -> None:
    """The box itself, with three lines of text."""
    from matplotlib.patches import FancyBboxPatch

    corner = box.column - _WIDTH / 2, box.row - _HEIGHT / 2
    face = "#FFFFFF" if node.rule else "#E5F1F8"
    style = "round,pad=0,rounding_size=0.06"
    axes.add_patch(FancyBboxPatch(corner, _WIDTH, _HEIGHT, style, facecolor=face, edgecolor=_VALUE, linewidth=1.3))
    heading = " = ".join(part for part in (name, _operation(node)) if part) or "leaf"
    heading += f" {node.data.shape}" if node.data.ndim else ""
    lines = [(heading, "#1A1A1A", "bold"), (_line("data", node.data), _VALUE, "normal")]
    lines.append((_line("grad", node.grad), _GRADIENT, "normal"))
    for i, (text, color, weight) in enumerate(lines):
        axes.text(
            box.column, box.row + 0.23 * (i - 1), text, color=color, weight=weight, size=9, ha="center", va="center"
        )


def _operation(node: Node) -> str:
    """The operation's name, with the plain numbers it was given."""
    numbers = [_written(parent, "g") for parent in node.parents or () if isinstance(parent, (int, float))]
    return " ".join([node.rule.__name__, *numbers]) if node.rule else ""


def _draw_arrow(axes: Axes, route: list[_Box]) -> None:
    """A line from the right side of a box to the left side of a child, with the slope on it, before the last bend."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    points, half = [(route[0].column + _WIDTH / 2, route[0].row)], _WIDTH / 2
    for one, following in pairwise(route):
        bend = one.column + 0.5
        points += [(bend, one.row), (bend, following.row), (following.column - half, following.row)]
        if following is not route[-1]:
            points += [(following.column, following.row)] * 2 + [(following.column + half, following.row)]
    path = Path(points, [Path.MOVETO, *[Path.CURVE4] * (len(points) - 1)])
    axes.add_patch(FancyArrowPatch(path=path, arrowstyle="-|>", mutation_scale=9, color=_LINE, linewidth=1.1, zorder=0))
    parent, child = route[0].node, route[-1].node
    slope = _slope(parent, child) if parent is not None and child is not None else None
    if slope is not None:
        paper = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
        # where the curve is before its middle: those that cross there keep their labels apart
        height = route[-2].row + 0.38 * (route[-1].row - route[-2].row)
        axes.text(
            route[-2].column + 0.49,
            height,
            f"× {_written(slope, '.3g')}",
            color=_GRADIENT,
            size=8,
            ha="center",
            va="center",
            bbox=paper,
        )


def _slope(parent: Node, child: Node) -> float | None:
    """Of single numbers d(child)/d(parent), over all uses of the parent; else None."""
    if parent.data.ndim or child.data.ndim:
        return None
    one = np.ones((), child.data.dtype)[()]
    vjps = zip(child.parents or (), child.vjps, strict=True)
    return float(sum(vjp(one) for source, vjp in vjps if source is parent))


def _line(what: str, value: Any) -> str:
    """A number with four digits; of an array its length."""
    if value is None:
        return f"{what} –"
    return f"{what} {_written(value, '.4g')}" if np.ndim(value) == 0 else f"‖{what}‖ {np.linalg.norm(value):.4g}"


def _written(number: Any, form: str) -> str:
    """A number with a minus sign, as figures have it, in place of a hyphen."""
    return format(number, form).replace("-", "−")
