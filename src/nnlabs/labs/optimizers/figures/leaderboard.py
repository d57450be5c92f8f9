"""The leaderboard of tuned optimizers as a dot plot: test accuracy with interval, the difference to the first, what diverged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlabs.labs.optimizers.figures.leaders import lead_together, who_lead
from nnlabs.labs.optimizers.figures.line_styles import optimizer_line_styles
from nnlabs.labs.optimizers.leaderboard import NO_SETTING
from nnlabs.plotting.bars import WHISKER, print_numbers
from nnlabs.plotting.fonts import wrap
from nnlabs.plotting.intervals import MINUS, Drawn, clip_interval, columns, name_interval, percent, whiskers
from nnlabs.plotting.style import FAINT, NEUTRAL, new_figure, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Row = Mapping[str, Any]
_SETTING_POINTS = 210  # how wide a setting may be; a longer one goes on in a further line


def leaderboard(rows: Sequence[Row], data_line: str, bound: float) -> Drawn:
    """Draw the test accuracy of each optimizer with its best setting, in the order of validation, the leader on top.

    A filled mark is told apart from the leader's, a hollow one is not; who did not learn or lost seeds is gray.

    Args:
        rows: what `leaderboard_rows` gave.
        data_line: from `style.describe_data`.
        bound: the validation accuracy of guessing, from `chance_bound`.
    """
    bands = [clip_interval(row["test"], 0, 1) for row in rows]
    names = ["\n".join(_name(row)) for row in rows]
    lines = max(name.count("\n") + 1 for name in names)
    figure, axes = new_figure(10, 1.9 + max(0.5, 0.21 * lines) * len(rows), 1, 2, sharey=True, width_ratios=[5, 2])
    panel, margin = axes[0]
    edges = " · ↑↓: at an end of what was searched" if any(set("↑↓") & set(row["setting"]) for row in rows) else ""
    marks = " · hollow: not told apart from the first" if any(map(_tied, rows)) else ""
    order = " · in the order of validation" if len(rows) > 1 else ""
    stars = any("*" in row["against"] for row in rows)
    apart = " · ± right: for all comparisons together" + (", *: told apart" if stars else "") if len(rows) > 1 else ""
    line = f"{data_line}{order}{name_interval('bars', bands)}{apart}{marks}{edges}"
    title(figure, _lesson(rows, bound), line)
    line_styles = optimizer_line_styles(row["optimizer"] for row in rows)
    places = np.arange(len(rows))
    panel.axvline(bands[0].mean, color=FAINT, linewidth=1, zorder=0)
    panel.errorbar([band.mean for band in bands], places, xerr=whiskers(bands), **WHISKER)
    for i, (row, band) in enumerate(zip(rows, bands, strict=True)):
        line_style = line_styles[row["optimizer"]]
        color = line_style.color if row["state"] == "trained" else NEUTRAL
        fill = "white" if _tied(row) else color
        panel.plot(band.mean, i, line_style.marker, color=color, markerfacecolor=fill, markersize=8, zorder=4)
    panel.margins(x=0.12)
    print_numbers(panel, bands, [-np.inf] * len(rows))
    panel.set_xlabel("test accuracy (%)")
    panel.set_yticks(places, names)
    panel.set_ylim(len(rows) - 0.4, -0.6)
    panel.yaxis.grid(False)
    _draw_margin(margin, rows)
    table = [
        {key: row[key] for key in ("optimizer", "setting", "state", "against", "diverged")}
        | columns("validation_accuracy", row["validation"])
        | columns("test_accuracy", row["test"])
        for row in rows
    ]
    return figure, table


def _name(row: Row) -> Iterator[str]:
    """The optimizer, and below it what tuning chose, where it chose anything."""
    yield row["optimizer"]
    if row["setting"] != NO_SETTING:
        yield from wrap(row["setting"], 11, "normal", _SETTING_POINTS)


def _tied(row: Row) -> bool:
    verdict = row["verdict"]
    return verdict is not None and verdict.word == "not told apart" and np.isfinite(verdict.difference.mean)


def _lesson(rows: Sequence[Row], bound: float) -> str:
    """Who leads on validation, and from how many the test tells it."""
    first, others = rows[0], rows[1:]
    if not np.isfinite(first["validation"].mean):
        return "Every run diverged"
    if not first["validation"].mean > bound:
        return "No optimizer did better than guessing"
    if not others:
        return f"{first['optimizer']} gets {percent(first['test'].mean)} % on test"
    lead = f"{who_lead(lead_together(rows))} on validation"
    if first["state"] == "diverged":
        return f"{lead}, but lost a seed: nobody is compared with it"
    words = [row["verdict"].word for row in others]
    worse, better, ties = (words.count(word) for word in ("worse", "better", "not told apart"))
    compared = worse + better + ties
    if not compared:
        return f"{lead}; nobody else learned with every seed"
    if worse == compared:
        return f"{lead}; on test all others that are compared are worse"
    if not worse and not better:
        return f"{lead}; test tells it from nobody"
    count, word = (better, "better") if better else (worse, "worse")
    return f"{lead}; on test {count} of {compared} others {'is' if count == 1 else 'are'} {word}"


def _draw_margin(margin: Axes, rows: Sequence[Row]) -> None:
    """Right of the dots: the difference to the first, and how many trials diverged; nothing of one alone."""
    margin.set_axis_off()
    if len(rows) < 2:
        return
    for i, row in enumerate(rows):
        margin.text(0, i, row["against"].replace("-", MINUS), va="center", size=11)
        margin.text(1, i, row["diverged"], va="center", ha="right", size=11)
    margin.text(0, -0.75, "to first (points)", size=11)
    margin.text(1, -0.75, "diverged", ha="right", size=11)
    margin.set_xlim(0, 1)
