"""Examples of a few classes in the plane of two features, and the regions that a linear rule cuts it into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nnlabs.arrays import Array
from nnlabs.plotting.intervals import Drawn
from nnlabs.plotting.style import CLASS_COLORS, CLASS_MARKERS, new_figure, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Plane:
    """Examples in the plane of two features.

    Attributes:
        x: shape (n, 2).
        y: class numbers, shape (n,).
        features: the two axis labels, with units.
        classes: name of each class.
    """

    x: Array
    y: NDArray[np.int64]
    features: tuple[str, ...]
    classes: tuple[str, ...]

    def limits(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Limits of both axes, with some air around the examples."""
        low, high = self.x.min(axis=0), self.x.max(axis=0)
        air = 0.12 * (high - low)
        return (low[0] - air[0], high[0] + air[0]), (low[1] - air[1], high[1] + air[1])

    def wrong(self, w: Array, b: float) -> int:
        """How many examples of two classes lie on the wrong side of w·x + b = 0, or on it."""
        return int(np.count_nonzero(np.where(self.y == 1, 1, -1) * (self.x @ w + b) <= 0))


def draw_examples(axes: Axes, plane: Plane, size: float = 34.0) -> None:
    """Scatter the examples, a color and a marker a class, with axes named and limits set.

    Args:
        axes: the panel.
        plane: the examples.
        size: area of a marker, in square points.
    """
    for number, name in enumerate(plane.classes):
        xy = plane.x[plane.y == number].T
        axes.scatter(
            xy[0],
            xy[1],
            s=size,
            color=CLASS_COLORS[number],
            marker=CLASS_MARKERS[number],
            edgecolor="white",
            linewidth=0.6,
            label=name,
            zorder=3,
        )
    axes.set(xlabel=plane.features[0], ylabel=plane.features[1])
    xlim, ylim = plane.limits()
    axes.set(xlim=xlim, ylim=ylim)


@dataclass(frozen=True)
class Rule:
    """A way to answer with one of three classes: the largest of the scores w·x + b.

    Attributes:
        w: weights, shape (3, 2).
        b: biases, shape (3,).
        boundaries: whether each class has a boundary of its own, w·x + b = 0, to be drawn.
    """

    w: Array
    b: Array
    boundaries: bool


def class_regions(plane: Plane, rules: Mapping[str, Rule], data_line: str) -> Drawn:
    """Draw which class each point of the plane is given, one panel a rule.

    Args:
        plane: the examples, of three classes.
        rules: the panels, by their titles.
        data_line: from `style.describe_data`.
    """
    figure, axes = new_figure(10, 5.2, 1, len(rules), sharex=True, sharey=True)
    title(figure, "Three species: which one each point of the plane is taken for", data_line)
    table = []
    for panel, (name, rule) in zip(axes.flat, rules.items(), strict=True):
        wrong = int(np.count_nonzero((plane.x @ rule.w.T + rule.b).argmax(axis=1) != plane.y))
        draw_examples(panel, plane)
        _tint_regions(panel, plane, rule)
        panel.set_title(f"{name}\n{wrong} of {len(plane.y)} flowers wrong")
        panel.label_outer()
        table += [
            {"rule": name, "class": label, "w1": w[0], "w2": w[1], "b": b, "wrong": wrong}
            for label, w, b in zip(plane.classes, rule.w, rule.b, strict=True)
        ]
    axes.flat[0].legend(loc="lower right", handletextpad=0.1)
    return figure, table


def _tint_regions(panel: Axes, plane: Plane, rule: Rule) -> None:
    """Tint each point by its class; a dashed line for each class that has a boundary of its own."""
    xlim, ylim = plane.limits()
    across = np.linspace(*xlim, 400)
    for number, (color, w, b) in enumerate(zip(CLASS_COLORS, rule.w, rule.b, strict=True)):
        low, high = _won_by(number, rule, across, ylim)
        panel.fill_between(across, low, high, where=high > low, color=color, alpha=0.16, linewidth=0)
        if rule.boundaries and w.any():
            foot = -b * w / (w @ w)
            panel.axline(tuple(foot), tuple(foot + np.array([-w[1], w[0]])), color=color, linestyle="--")


def _won_by(number: int, rule: Rule, across: Array, ylim: tuple[float, float]) -> tuple[Array, Array]:
    """Between which heights a class has the largest score, at each place across: of straight rules, one stretch each."""
    low, high = np.full_like(across, ylim[0]), np.full_like(across, ylim[1])
    for rival in {0, 1, 2} - {number}:
        # The class beats its rival where a₁ x + a₂ y + c > 0, the difference of their scores.
        (a1, a2), c = rule.w[number] - rule.w[rival], rule.b[number] - rule.b[rival]
        level = -(a1 * across + c) / a2 if a2 else np.where(a1 * across + c > 0, -np.inf, np.inf)
        low, high = (np.maximum(low, level), high) if a2 >= 0 else (low, np.minimum(high, level))
    return low, high
