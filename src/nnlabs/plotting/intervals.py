"""Means with their intervals: what they are to this room, and how they are drawn, named and written down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from nnlabs.arrays import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

TableRows = list[dict[str, Any]]
"""The numbers behind a figure, as rows for `style.save`."""

Drawn = tuple["Figure", TableRows]
"""What every drawing function returns: the figure, and the numbers it was drawn from."""

MINUS = "\N{MINUS SIGN}"  # as wide as a plus, and what matplotlib writes at ticks

INTERVAL = "95 % confidence interval over seeds"


class Band(Protocol):
    """A mean with the ends of its 95 % interval, numbers or arrays of one shape; nan ends stand for no interval.

    `stats.intervals.Interval` is one; this room only looks at the three attributes.
    """

    @property
    def mean(self) -> Any:
        """The middle."""

    @property
    def low(self) -> Any:
        """The lower end."""

    @property
    def high(self) -> Any:
        """The upper end."""


@dataclass(frozen=True)
class _Band:
    mean: Any
    low: Any
    high: Any


def clip_interval(band: Band, low: float, high: float) -> Band:
    """The part of an interval in which the true value can lie at all, as an accuracy only can in [0, 1].

    A t interval over two or three seeds knows no bounds and easily ends at 110 %. Cut off there it covers the true value
    as often as before.

    Args:
        band: the interval.
        low: the least possible value.
        high: the greatest possible value.
    """
    return _Band(band.mean, np.clip(band.low, low, high), np.clip(band.high, low, high))


def powers_of_ten(band: Band) -> Band:
    """The interval of a quantity of which log₁₀ was averaged: its mean is the geometric one."""
    return _Band(*(10.0 ** np.asarray(end) for end in (band.mean, band.low, band.high)))


def draw_band(axes: Axes, x: Any, band: Band, color: str, **line: Any) -> None:
    """Draw a mean as a line and its interval as a shade around it; of one x alone, a dot on a shaded bar.

    Args:
        axes: where to draw.
        x: shape (k,).
        band: arrays of shape (k,).
        color: of both.
        **line: further keywords for the line.
    """
    if np.size(x) == 1:  # neither a line nor an area of one point would be seen
        axes.vlines(x, band.low, band.high, color=color, alpha=0.2, linewidth=8)
        line = {"marker": "o", **line}
    else:
        axes.fill_between(x, band.low, band.high, color=color, alpha=0.2, linewidth=0)
    axes.plot(x, band.mean, color=color, **line)


def whiskers(bands: Iterable[Band]) -> np.ndarray[Any, Any]:
    """Lengths of error bars below and above each mean, shape (2, n), for `xerr` or `yerr`; nan draws none."""
    return np.array([(band.mean - band.low, band.high - band.mean) for band in bands], dtype=float).T


def name_interval(mark: str, bands: Iterable[Band]) -> str:
    """What the shade or bar means, to be added to a title's data line; nothing where no interval is drawn.

    Args:
        mark: how the interval is drawn, such as "shaded".
        bands: all that the figure draws.
    """
    drawn = any(np.isfinite(band.low).any() for band in bands)
    return f" · {mark}: {INTERVAL}" if drawn else ""


def columns(name: str, band: Band) -> dict[str, Any]:
    """A band as three columns of a table: `name`, `name_low`, `name_high`."""
    return {name: band.mean, f"{name}_low": band.low, f"{name}_high": band.high}


def to_rows(**columns: Any) -> TableRows:
    """Rows from columns.

    Args:
        **columns: each an array of shape (k,), or one value that stands in all rows.

    Example:
        >>> to_rows(technique="plain", epoch=np.array([1, 2]))[1]
        {'technique': 'plain', 'epoch': 2}
    """
    arrays = np.broadcast_arrays(*(np.atleast_1d(column) for column in columns.values()))
    return [dict(zip(columns, row, strict=True)) for row in zip(*(array.tolist() for array in arrays), strict=True)]


def in_percent(axis: Axis) -> None:
    """Write the ticks of an axis of shares up to 1 as per cent, those beyond it not; the axis label is to say "(%)"."""
    axis.set_major_formatter(
        lambda share, _: f"{round(100 * share, 6):g}".replace("-", MINUS) if share < 1.000001 else ""
    )


def score_span(scores: Array) -> tuple[float, float]:
    """The lowest and the highest of some shares, for a scale of colors: at least one point long, and within 0 and 100 %.

    Args:
        scores: any shape; nan: diverged.

    Example:
        >>> score_span(np.array([1.0, np.nan, 1.0]))
        (0.99, 1.0)
    """
    known = scores[np.isfinite(scores)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    return max(0.0, min(low, high - 0.01)), max(high, 0.01)


def names_of(scores: Mapping[str, float], value: float) -> str:
    """Who has this score as it is written, in words: of scores that read alike, a title that names one would claim too much.

    Args:
        scores: by name.
        value: one of them.

    Example:
        >>> names_of({"relu": 0.9, "elu": 0.9004, "tanh": 0.8}, 0.9)
        'relu and elu'
    """
    names = [name for name, score in scores.items() if percent(score) == percent(value)]
    shown = names if len(names) < 4 else [*names[:2], f"{len(names) - 2} others"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def name_ends(shares: Mapping[str, float], unit: str) -> str:
    """The highest and the lowest of some shares, and who has them, in words; all that read alike have one number.

    Args:
        shares: by name, none of them nan.
        unit: what they are counted in: `%` or `points`.

    Example:
        >>> name_ends({"plain": 0.091, "L2": 0.072, "norm": 0.0912}, "points")
        '9.1 points (plain and norm) to 7.2 (L2)'
    """
    high, low = max(shares.values()), min(shares.values())
    first = f"{percent(high)} {unit} ({names_of(shares, high)})"
    return first if percent(low) == percent(high) else f"{first} to {percent(low)} ({names_of(shares, low)})"


def percent(share: float, digits: int = 1) -> str:
    """A share as a number of per cent or percentage points, without the "%"; a dash for nan.

    Example:
        >>> percent(0.9021), percent(-0.012)
        ('90.2', '−1.2')
    """
    if np.isnan(share):
        return "–"
    return f"{round(100 * float(share), digits) + 0.0:.{digits}f}".replace("-", MINUS)


def log_scale(set_scale: Callable[..., None], values: Any) -> None:
    """Scale an axis by powers of ten; where 0 is among the values it gets a place of its own beside the smallest.

    Args:
        set_scale: `axes.set_xscale` or `axes.set_yscale`.
        values: all that is drawn along that axis, none below 0.
    """
    values = np.asarray(values, dtype=float)
    if values.min() > 0:
        set_scale("log")
    else:
        # From a power of ten down the scale is linear: there is no tick between that power and 0, and a decade's room.
        positive = values[values > 0]
        smallest = positive.min() if positive.size else 1.0
        set_scale("symlog", linthresh=10.0 ** np.floor(np.log10(smallest)), linscale=1.0)


def plain_log_ticks(axis: Axis, digits: tuple[int, ...]) -> None:
    """Ticks of a logarithmic axis written out, as 0.02 and 0.05 rather than as powers of ten.

    Args:
        axis: the axis.
        digits: first digits of the numbers that get a tick.
    """
    from matplotlib.ticker import LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(subs=digits))
    axis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.set_minor_formatter(NullFormatter())
