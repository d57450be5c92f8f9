"""The league of tuned optimizers as a dot plot: test accuracy with its interval, what is tied, what diverged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlabs.labs.optimizers.figures.line_styles import optimizer_line_styles
from nnlabs.plotting.bars import WHISKER, print_numbers
from nnlabs.plotting.intervals import Drawn, columns, name_interval, percent, possible, whiskers
from nnlabs.plotting.style import INK, new_figure, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Row = Mapping[str, Any]


def league(rows: Sequence[Row], data_line: str) -> Drawn:
    """Draw the test accuracy of each optimizer with its best setting, the leader on top.

    Brackets join neighbors of which no two can be told apart.

    Args:
        rows: in order, one mapping an optimizer: `place`, the rank as text; `optimizer`; `setting`, the best one as
            text; `test`, a band of shares, nan where every seed diverged; `tied_with`, names joined by ", "; `diverged`,
            the count as text.
        data_line: from `style.describe_data`.
    """
    bands = [possible(row["test"], 0, 1) for row in rows]
    figure, axes = new_figure(10, 1.9 + 0.5 * len(rows), 1, 2, sharey=True, width_ratios=[6, 1])
    panel, margin = axes[0]
    ties = " · brackets: rows of which no two are told apart" if _brackets(rows) else ""
    edges = " · ↑↓: at an end of its range" if any(set("↑↓") & set(row["setting"]) for row in rows) else ""
    title(figure, _leader(rows), data_line + name_interval("bars", bands) + ties + edges)
    looks = optimizer_line_styles(row["optimizer"] for row in rows)
    places = np.arange(len(rows))
    panel.errorbar([band.mean for band in bands], places, xerr=whiskers(bands), **WHISKER)
    for i, (row, band) in enumerate(zip(rows, bands, strict=True)):
        look = looks[row["optimizer"]]
        panel.plot(band.mean, i, look.marker, color=look.color, markersize=8, zorder=4)
    panel.margins(x=0.12)
    print_numbers(panel, bands, [-np.inf] * len(rows))
    panel.set_xlabel("test accuracy (%)")
    panel.set_yticks(places, [f"{row['place']} {row['optimizer']}\n{row['setting']}" for row in rows])
    panel.set_ylim(len(rows) - 0.4, -0.6)
    panel.yaxis.grid(False)
    _draw_margin(margin, rows)
    table = [
        {key: row[key] for key in ("place", "optimizer", "setting", "diverged", "tied_with")}
        | columns("test_accuracy", row["test"])
        for row in rows
    ]
    return figure, table


def _leader(rows: Sequence[Row]) -> str:
    """Who leads, how far, and whether it can be told from the others."""
    first = rows[0]
    if not np.isfinite(first["test"].mean):
        return "Every run diverged"
    lead = f"{first['optimizer']} leads with {percent(first['test'].mean)} % on test"
    ties = first["tied_with"].split(", ") if first["tied_with"] else []
    if not ties:
        return f"{lead}, better than every other"
    return f"{lead}, not told apart from {ties[0] if len(ties) == 1 else f'{len(ties)} others'}"


def _brackets(rows: Sequence[Row]) -> list[tuple[int, int]]:
    """First and last row of each longest run of rows of which no two can be told apart."""
    names = [row["optimizer"] for row in rows]
    ties = [set(row["tied_with"].split(", ")) for row in rows]
    found: list[tuple[int, int]] = []
    for first in range(len(rows)):
        last = first
        while last + 1 < len(rows) and all(names[last + 1] in ties[i] for i in range(first, last + 1)):
            last += 1
        if last > first and (not found or last > found[-1][1]):
            found.append((first, last))
    return found


def _draw_margin(margin: Axes, rows: Sequence[Row]) -> None:
    """Right of the dots: the brackets side by side, and how many runs diverged."""
    brackets = _brackets(rows)
    for x, (first, last) in enumerate(brackets):
        ends = [first - 0.25, last + 0.25]
        margin.plot([x - 0.25, x, x, x - 0.25], [ends[0], ends[0], ends[1], ends[1]], color=INK, linewidth=2)
    for i, row in enumerate(rows):
        margin.text(len(brackets) + 0.3, i, row["diverged"], va="center", size=11)
    margin.text(len(brackets) + 0.3, -0.75, "trials diverged", size=11)
    margin.set_xlim(-0.5, len(brackets) + 3)
    margin.set_axis_off()
