"""Names written beside what they name, in place of legends, without one lying over another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import ArrayLike

from nnlabs.arrays import Array
from nnlabs.plotting.fonts import text_width, wrap
from nnlabs.plotting.style import ink

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_POINTS = 72.0
_LINE_HEIGHT = 1.25
_OWN = 0.87  # of its share of the figure's width, what a panel can have for its title; the rest is for ticks and names of axes
_SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))


@dataclass(frozen=True)
class Label:
    """A name for the point (x, y) of a panel, in data coordinates, written in a shade of `color`."""

    text: str
    x: float
    y: float
    color: str
    bold: bool = False


def spread(positions: ArrayLike, gap: float, low: float = -np.inf, high: float = np.inf) -> Array:
    """Move numbers as little as possible (in squares) so that neighbors are at least `gap` apart.

    With the order kept and `gap · rank` taken off, "at least `gap` apart" becomes "not falling", and the nearest
    sequence that does not fall is the isotonic regression.

    Args:
        positions: shape (n,), in any order.
        gap: the least distance.
        low: the least position; where there is no room for all, this end gives way.
        high: the greatest position.

    Returns:
        The new positions, in the order of `positions`.

    Example:
        >>> spread([0.0, 0.0, 10.0], gap=2.0)
        array([-1.,  1., 10.])
    """
    from scipy.optimize import isotonic_regression

    wanted = np.asarray(positions, dtype=float)
    if wanted.size < 2:
        return np.asarray(np.minimum(np.maximum(wanted, low), high))
    order = np.argsort(wanted, kind="stable")
    steps = gap * np.arange(wanted.size)
    moved = np.empty_like(wanted)
    fitted = isotonic_regression(wanted[order] - steps).x
    # With bounds the solution is the free one, clipped.
    moved[order] = np.minimum(np.maximum(fitted, low), high - steps[-1]) + steps
    return moved


def halo(text: Any) -> None:
    """Put a white rim around a text, so that it can be read where lines run behind it."""
    from matplotlib.patheffects import withStroke

    text.set_path_effects([withStroke(linewidth=3, foreground="white")])


def label_ends(axes: Axes, labels: Sequence[Label], size: float = 11.0) -> None:
    """Write labels to the right of the points where lines end, moved up and down until none lies over another.

    Call it last, after limits and title are set: it asks where the points come to lie on paper.

    Args:
        axes: the panel; its limits in y are kept as they are now.
        labels: one a line; those whose y is nan (a diverged run) are left out.
        size: of the letters, in points.
    """
    shown = [label for label in labels if np.isfinite(label.y)]
    axes.set_ylim(axes.get_ylim())
    heights = _on_paper(axes, _points(shown))[:, 1]
    _, bottom, _, top = _panel(axes)
    shifts = spread(heights, _LINE_HEIGHT * size, bottom + size / 2, top - size / 2) - heights
    for label, shift in zip(shown, shifts, strict=True):
        _write(axes, label, np.array([18.0, shift]), size, ha="left", start=(0.0, 0.5))


def label_points(axes: Axes, labels: Sequence[Label], size: float = 11.0, avoid: ArrayLike = ()) -> None:
    """Write labels next to points of a scatter plot, each at the nearest free place around its point.

    Free is a place that touches no other label, no point and no edge of the panel; where all places are taken, the one
    least covered is used. A thin line ties a label that lies far off to its point. Call it last, after limits and
    title are set.

    Args:
        axes: the panel; its limits are kept as they are now.
        labels: one a point; those whose y is nan are left out.
        size: of the letters, in points.
        avoid: further points to leave free, shape (m, 2), in data coordinates.
    """
    shown = [label for label in labels if np.isfinite(label.y)]
    axes.set_xlim(axes.get_xlim())
    axes.set_ylim(axes.get_ylim())
    points = _on_paper(axes, np.concatenate([_points(shown), np.reshape(avoid, (-1, 2))]))
    taken = [_box(point, np.array([16.0, 16.0])) for point in points]
    for label, point in zip(shown, points, strict=False):
        text_size = _text_size(label.text, size)
        offsets = _places(text_size)
        boxes = [_box(point + offset, text_size) for offset in offsets]
        best = int(np.argmin([_covered(box, taken, _panel(axes)) for box in boxes]))
        taken.append(boxes[best])
        start = np.clip(0.5 - offsets[best] / text_size, 0.0, 1.0)  # the point of the box next to what it names
        near = best < len(_SIDES)
        _write(axes, label, offsets[best], size, ha="center", start=None if near else (start[0], start[1]))


def _write(axes: Axes, label: Label, offset: Array, size: float, ha: str, start: tuple[float, float] | None) -> None:
    """Write a label `offset` points away from its point, with a line from `start`, a place in its box in [0, 1]²."""
    line = {"arrowstyle": "-", "color": label.color, "lw": 0.8, "relpos": start, "shrinkA": 0, "shrinkB": 4}
    text = axes.annotate(
        label.text,
        (label.x, label.y),
        xytext=(offset[0], offset[1]),
        textcoords="offset points",
        ha=ha,
        va="center",
        color=ink(label.color),
        size=size,
        weight="bold" if label.bold else "normal",
        annotation_clip=False,
        arrowprops=line if start else None,
    )
    halo(text)


def _on_paper(axes: Axes, points: Any) -> Array:
    """Where points lie, shape (n, 2), in units of 1/72 inch, once the figure has its layout."""
    figure = cast("Figure", axes.figure)
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
    return np.asarray(axes.transData.transform(points) * _POINTS / axes.figure.dpi)


def _points(labels: Sequence[Label]) -> Array:
    """The labels' points, shape (n, 2), in data coordinates."""
    return np.array([(label.x, label.y) for label in labels], dtype=float).reshape(-1, 2)


def _panel(axes: Axes) -> Array:
    """Left, bottom, right and top of the panel, likewise."""
    return np.array(axes.bbox.extents) * _POINTS / axes.figure.dpi


def _text_size(text: str, size: float) -> Array:
    """Width and height of a text in points, with a little air around it."""
    lines = text.split("\n")
    width = max(text_width(line, size) for line in lines)
    return np.array([width + 6.0, _LINE_HEIGHT * size * len(lines) + 2.0])


def _places(text_size: Array) -> list[Array]:
    """Where the middle of a text of that size may lie around its point: eight sides, near ones first."""
    return [np.array(side) * (text_size / 2 + distance) for distance in (9, 20, 40, 70, 110, 160) for side in _SIDES]


def _box(middle: Array, text_size: Array) -> Array:
    """Left, bottom, right and top."""
    return np.concatenate([middle - text_size / 2, middle + text_size / 2])


def _covered(box: Array, taken: Sequence[Array], panel: Array) -> float:
    """The area of `box` that lies over one of `taken` or outside `panel`."""
    inside = sum(_shared(box, other) for other in taken)
    return inside + float(np.prod(box[2:] - box[:2])) - _shared(box, panel)


def _shared(a: Array, b: Array) -> float:
    """The area that two boxes have in common."""
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    return float(np.prod(np.clip(sides, 0.0, None)))


def label_y(figure: Figure, text: str) -> None:
    """Name the y axis of all panels: in the middle of them, or, where they are a single row, from the top of its first down.

    Args:
        figure: with panels to one scale.
        text: quantity and unit.
    """
    first = figure.axes[0]
    grid = first.get_gridspec()
    if grid is not None and grid.nrows == 1:  # the name may be longer than the row is high, and there is room below
        first.set_ylabel(text, size=12, loc="top")
    else:
        figure.supylabel(text, size=12)


def wrap_title(panel: Axes, text: str, size: float = 13.0) -> None:
    """Write a panel's title in lines that do not reach into the panel beside it.

    Args:
        panel: one of a grid.
        text: the title; a line that is too long goes on in a further one.
        size: of the letters, in points.
    """
    figure, grid = cast("Figure", panel.figure), panel.get_gridspec()
    width = _OWN * figure.get_figwidth() * _POINTS / (grid.ncols if grid is not None else 1)
    lines = [part for line in text.split("\n") for part in wrap(line, size, "normal", width)]
    panel.set_title("\n".join(lines), size=size)
