"""One look an optimizer, the same in every figure: color, line style and marker."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from nnlabs.plotting.style import BLACK, BLUE, COLORS, GREEN, LINE_STYLES, MARKERS, ORANGE, PURPLE, SKY, VERMILION


@dataclass(frozen=True)
class LineStyle:
    """How an optimizer is drawn.

    Attributes:
        color: of its lines and points.
        linestyle: tells it from its relative of the same color.
        marker: likewise, where there are points.
    """

    color: str
    linestyle: Any
    marker: str

    @property
    def line(self) -> dict[str, Any]:
        """Color and line style, as keywords for `Axes.plot`."""
        return {"color": self.color, "linestyle": self.linestyle}


# Relatives share a color or have neighboring ones, and differ in line style.
_KNOWN = {
    "sgd": LineStyle(BLACK, "-", "o"),
    "momentum": LineStyle(BLUE, "-", "s"),
    "nesterov": LineStyle(SKY, "--", "^"),
    "adagrad": LineStyle(ORANGE, "-", "D"),
    "rmsprop": LineStyle(ORANGE, "--", "v"),
    "adam": LineStyle(VERMILION, "-", "P"),
    "adamw": LineStyle(VERMILION, "--", "X"),
    "nadam": LineStyle(PURPLE, "-", "p"),
    "radam": LineStyle(PURPLE, "--", "h"),
    "muon": LineStyle(GREEN, "-", "*"),
}
_SPARE = [LineStyle(COLORS[i], style, MARKERS[i]) for style in LINE_STYLES[2:] for i in range(len(COLORS))]


def optimizer_line_styles(names: Iterable[str]) -> dict[str, LineStyle]:
    """The look of each optimizer: fixed for those the package has; any others take free ones in the order of their names.

    So the same optimizers look the same in all figures that show them, in whatever order they come.

    Args:
        names: the optimizers.

    Example:
        >>> optimizer_line_styles(["adam", "lion"])["adam"].linestyle
        '-'
    """
    wanted = list(names)
    others = sorted({*wanted} - {*_KNOWN})
    spare = {name: _SPARE[i % len(_SPARE)] for i, name in enumerate(others)}
    return {name: _KNOWN.get(name) or spare[name] for name in wanted}
