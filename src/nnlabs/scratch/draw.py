"""A graph of computations as a picture: an SVG file made of nothing but text, for browsers and notebooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np

from nnlabs.scratch.graph import Node

_WIDTH, _HEIGHT, _ACROSS, _DOWN, _MARGIN = 164, 64, 216, 80, 16
_MOST = 200
_STYLE = (
    "text{font:13px sans-serif;fill:#1a1a1a}.n{font-weight:bold}.g{fill:#8f3f00}"
    "rect{fill:#fff;stroke:#0072b2;stroke-width:1.5}.leaf{fill:#e5f1f8}path{fill:none;stroke:#6b6b6b;stroke-width:1.2}"
)


@dataclass
class _Box:
    """A node's place: column from the left, row from the top (a fraction between rows is fine)."""

    node: Node
    column: int = 0
    row: float = 0.0
    children: list[_Box] = field(default_factory=list)


def draw_graph(result: Node, names: Mapping[str, Node] | None = None) -> str:
    """Draw what a tensor was computed from, left to right: leaves shaded, each box with operation, value and gradient.

    Arrays are shown by their shape and the length ‖·‖ (L2 norm) of value and gradient; constants are left out.

    Args:
        result: the tensor; after `backward` the graph is there only with `retain_graph=True`.
        names: what to call some of its tensors, such as `{"w": w, "x": x}`.

    Returns:
        The text of an SVG file.

    Raises:
        ValueError: for a graph of more than 200 tensors, which nobody could read.
        RuntimeError: when the graph was freed.

    Example::

        loss = (w * x - 1) ** 2
        loss.backward(retain_graph=True)
        Path("graph.svg").write_text(draw_graph(loss, {"w": w}))
    """
    boxes = _collect(result)
    if len(boxes) > _MOST:
        raise ValueError(f"this graph has {len(boxes)} tensors, too many to be read; draw a part of at most {_MOST}.")
    _place(boxes)
    called = {id(node): name for name, node in (names or {}).items()}
    width = _MARGIN * 2 + _WIDTH + _ACROSS * max(box.column for box in boxes)
    height = _MARGIN * 2 + _HEIGHT + _DOWN * max(box.row for box in boxes)
    arrows = [_arrow(box, child) for box in boxes for child in box.children]
    cards = [_card(box, called.get(id(box.node))) for box in boxes]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}"><style>{_STYLE}</style>'
    return "\n".join([head, *arrows, *cards, "</svg>", ""])


def _collect(result: Node) -> list[_Box]:
    """A box for each tensor, youngest first, with the boxes of what was computed from it."""
    boxes = {id(node): _Box(node) for node in result.topological_order()}
    for box in list(boxes.values()):
        for parent in box.node.parents or ():
            if isinstance(parent, Node):
                boxes.setdefault(id(parent), _Box(parent)).children.append(box)
    return sorted(boxes.values(), key=lambda box: box.node.index, reverse=True)


def _place(boxes: list[_Box]) -> None:
    """Column: one left of the leftmost child. Row: near the children's middle, a row below the box placed before."""
    for box in boxes:
        box.column = min((child.column for child in box.children), default=0) - 1
    leftmost = min(box.column for box in boxes)
    for column in range(-1, leftmost - 1, -1):
        free = 0.0
        for box in sorted((box for box in boxes if box.column == column), key=_wanted_row):
            box.row = max(free, _wanted_row(box))
            free = box.row + 1
    for box in boxes:
        box.column -= leftmost


def _wanted_row(box: _Box) -> float:
    return sum(child.row for child in box.children) / len(box.children) if box.children else 0.0


def _corner(box: _Box) -> tuple[float, float]:
    return _MARGIN + _ACROSS * box.column, _MARGIN + _DOWN * box.row


def _arrow(box: _Box, child: _Box) -> str:
    """A curve from the right side of a box to the left side of a child."""
    (x, y), (to_x, to_y) = _corner(box), _corner(child)
    x, y, to_y = x + _WIDTH, y + _HEIGHT / 2, to_y + _HEIGHT / 2
    bend = (to_x - x) / 2
    return f'<path d="M{x:.0f} {y:.1f}C{x + bend:.0f} {y:.1f} {to_x - bend:.0f} {to_y:.1f} {to_x:.0f} {to_y:.1f}"/>'


def _card(box: _Box, name: str | None) -> str:
    """The box itself, with three lines of text."""
    x, y = _corner(box)
    node = box.node
    operation = node.rule.__name__ if node.rule else ""
    heading = " = ".join(part for part in (name, operation) if part) or "leaf"
    if node.data.ndim:
        heading += f" {node.data.shape}"
    lines = [("n", heading), ("d", _line("data", node.data)), ("g", _line("grad", node.grad))]
    texts = [
        f'<text class="{kind}" x="{x + 8:.0f}" y="{y + 18 + 19 * i:.1f}">{escape(line)}</text>'
        for i, (kind, line) in enumerate(lines)
    ]
    kind = "" if node.rule else ' class="leaf"'
    return f'<rect{kind} x="{x:.0f}" y="{y:.1f}" width="{_WIDTH}" height="{_HEIGHT}" rx="6"/>' + "".join(texts)


def _line(what: str, value: Any) -> str:
    """A number with four digits; of an array its length."""
    if value is None:
        return f"{what} –"
    return f"{what} {value:.4g}" if np.ndim(value) == 0 else f"‖{what}‖ {np.linalg.norm(value):.4g}"
