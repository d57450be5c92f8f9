"""The axes of all figures: matplotlib's own, but for powers of ten, which are written as 10⁻³.

Matplotlib writes them in its TeX dialect, and where it reads that dialect, two dollar signs in a name (`$5_to_$10`) are an error.
Figures hold names that people give, so nothing in them is read as TeX.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from nnlabs.units import power_of_ten

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

_POWER = re.compile(r"10\^\{(-?\d+)\}")


@cache
def panel_class() -> type[Axes]:
    """The class of a figure's panels, made when first used, as matplotlib is imported only where something is drawn."""
    from matplotlib.axes import Axes
    from matplotlib.ticker import LogFormatterSciNotation

    class Powers(LogFormatterSciNotation):
        """The same labels at the same ticks, in plain letters."""

        def __call__(self, x: float, pos: int | None = None) -> str:
            return plain_power(super().__call__(x, pos))

    def write_powers(axes: Iterable[Axis]) -> None:
        """Let axes with matplotlib's own labels of powers write them in plain letters; others stay."""
        for axis in axes:
            for which in (axis.get_major_formatter, axis.get_minor_formatter):
                formatter = which()
                if type(formatter) is LogFormatterSciNotation:
                    formatter.__class__ = Powers

    class Panel(Axes):
        def set_xscale(self, value: Any, **kwargs: Any) -> None:
            super().set_xscale(value, **kwargs)
            write_powers(panel.xaxis for panel in self.get_shared_x_axes().get_siblings(self))

        def set_yscale(self, value: Any, **kwargs: Any) -> None:
            super().set_yscale(value, **kwargs)
            write_powers(panel.yaxis for panel in self.get_shared_y_axes().get_siblings(self))

    return Panel


def plain_power(label: str) -> str:
    r"""A tick's label in matplotlib's TeX as plain letters.

    Example:
        >>> plain_power(r"$\mathdefault{-2\times10^{-3}}$")
        '−2×10⁻³'
    """
    plain = label.removeprefix(r"$\mathdefault{").removesuffix("}$").replace(r"\times", "×")
    return _POWER.sub(lambda power: power_of_ten(int(power[1])), plain).replace("-", "−")
