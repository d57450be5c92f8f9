"""What tuning tells of an optimizer: how wide its basin of good learning rates is, and how far a budget gets it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlabs.arrays import Array
from nnlabs.labs.optimizers.figures.leaders import name_leaders, who_lead
from nnlabs.labs.optimizers.figures.line_styles import LineStyle, optimizer_line_styles
from nnlabs.labs.optimizers.figures.marks import BELOW, mark_below, mark_floor
from nnlabs.plotting.fonts import text_width
from nnlabs.plotting.intervals import Drawn, in_percent, percent, to_rows
from nnlabs.plotting.labels import Label, label_ends, label_y, wrap_title
from nnlabs.plotting.style import FAINT, HIGHLIGHT, INK, new_figure, new_panels, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WITHIN = 0.02
"""The basin's depth: accuracies that far below the best still lie in it."""


Reign = tuple[tuple[str, ...], int, int]  # who leads, from which number of trials, to which
_CLOSE = 1 + 1e-9  # learning rates that differ by rounding only
_STRIP_POINTS = 550  # about how wide the panels of `budget` are


@dataclass(frozen=True)
class Basin:
    """The trials of one optimizer, in which other settings than the learning rate varied too.

    Attributes:
        lr: learning rates, shape (n,).
        accuracy: validation accuracies in [0, 1], shape (n,); nan where the trial diverged.
    """

    lr: Array
    accuracy: Array

    @property
    def best(self) -> float:
        """The highest accuracy; nan where every trial diverged."""
        return float(np.fmax.reduce(self.accuracy))

    def envelope(self) -> tuple[Array, Array]:
        """What was reached at best at some learning rate or further away from the best one: rising, then falling.

        Returns:
            Learning rates, rising, and accuracies of the trials that no trial further outward surpasses.
        """
        finite = np.isfinite(self.accuracy)
        order = np.argsort(self.lr[finite], kind="stable")
        lr, accuracy = self.lr[finite][order], self.accuracy[finite][order]
        if not lr.size:
            return lr, accuracy
        from_left = np.maximum.accumulate(accuracy)
        from_right = np.maximum.accumulate(accuracy[::-1])[::-1]
        outer = accuracy >= np.minimum(from_left, from_right)
        return lr[outer], accuracy[outer]

    def basin(self) -> tuple[float, float]:
        """Between which learning rates the envelope lies in the basin; nan where every trial diverged.

        Where it never falls below the basin's edge, that side ends at the outermost trial.
        """
        lr, accuracy = self.envelope()
        if not lr.size:
            return np.nan, np.nan
        log_lr, peak, edge = np.log10(lr), int(accuracy.argmax()), self.best - WITHIN
        low = np.interp(edge, accuracy[: peak + 1], log_lr[: peak + 1])
        high = np.interp(edge, accuracy[peak:][::-1], log_lr[peak:][::-1])
        return float(10**low), float(10**high)

    def width(self) -> float:
        """The width of the basin, in decades (powers of ten)."""
        low, high = self.basin()
        return float(np.log10(high / low))


def basins(trials: Mapping[str, Basin], data_line: str, bound: float) -> Drawn:
    """Draw validation accuracy against learning rate, one panel an optimizer, and how wide its basin is.

    The line, the envelope, joins the trials that no trial further outward surpasses: what was reached with some choice
    of the other settings. The basin is where it lies within two points of the optimizer's best.

    Args:
        trials: by the optimizers' names.
        data_line: from `style.describe_data`.
        bound: the validation accuracy of guessing; who never passes it has no basin.
    """
    line_styles = optimizer_line_styles(trials)
    figure, panels = new_panels(len(trials), 4, 2.15)
    note = (
        f"line: the best there or farther out · tinted: within {percent(WITHIN, 0)} points of the best, which is ringed"
    )
    limits = _limits([tried.best for tried in trials.values()])
    tuned = {name: tried for name, tried in trials.items() if tried.best > bound}
    title(figure, _widest(tuned), " · ".join([data_line, note, *_marks([*trials.values()], limits[0])]))
    rates = np.concatenate([tried.lr for tried in trials.values()])
    panels[0].set(xscale="log", xlim=(rates.min() / 1.6, rates.max() * 1.6))
    panels[0].set_ylim(limits)
    in_percent(panels[0].yaxis)
    for panel, (name, tried) in zip(panels, trials.items(), strict=True):
        for other in trials.values():
            if other is not tried:
                panel.plot(*other.envelope(), color=FAINT, linewidth=1, zorder=1)
        _draw_trials(panel, tried, line_styles[name])
        idle = "did not learn" if np.isfinite(tried.best) else "all diverged"
        wide = f"{_say_width(tried)} decades" if name in tuned else idle
        wrap_title(panel, f"{name}: {wide}", size=11)
    figure.supxlabel("learning rate", size=12)
    label_y(figure, "validation accuracy (%)")
    return figure, [row for name, tried in trials.items() for row in _rows(name, tried)]


def _marks(trials: Sequence[Basin], floor: float) -> list[str]:
    """What the marks mean that are there."""
    accuracies = np.concatenate([tried.accuracy for tried in trials])
    found = {
        "×: diverged": np.isnan(accuracies).any(),
        BELOW: (accuracies < floor).any(),
        "gray: the others": len(trials) > 1,
    }
    return [mark for mark, there in found.items() if there]


def _say_width(trials: Basin) -> str:
    """The width of the basin, and whether it may go on beyond the learning rates that were tried."""
    return f"{'≥ ' if _is_open(trials) else ''}{trials.width():.1f}"


def _is_open(trials: Basin) -> bool:
    low, high = trials.basin()
    return bool(low <= trials.lr.min() * _CLOSE or high * _CLOSE >= trials.lr.max())


def _widest(trials: Mapping[str, Basin]) -> str:
    """Who has the widest basin and who the narrowest, in words."""
    widths = {name: tried.width() for name, tried in trials.items()}
    if len(widths) < 2:
        return "Validation accuracy against learning rate"
    widest, narrowest = max(widths, key=lambda name: widths[name]), min(widths, key=lambda name: widths[name])
    wide, narrow = _say_width(trials[widest]), _say_width(trials[narrowest])
    if wide == narrow:
        return f"Every basin is {wide} decades wide"
    opened = {name for name, tried in trials.items() if _is_open(tried)}
    # An open basin is wider than what was seen of it, nobody knows by how much.
    claims = [f"{widest} forgives most: a basin of {wide} decades"] if opened <= {widest} else []
    if narrowest not in opened:
        claims.append(f"{narrowest} least: {narrow}" if claims else f"{narrowest} forgives least: {narrow} decades")
    return "; ".join(claims) or f"{_count(opened, len(trials))} on beyond the learning rates tried"


def _count(opened: set[str], total: int) -> str:
    """How many basins are open, as the begin of a sentence."""
    (first, *others) = opened
    return f"{len(opened)} of {total} basins go" if others else f"{first}'s basin goes"


def _limits(bests: list[float]) -> tuple[float, float]:
    """The stretch in which the bests lie and some way below, so that two points are to be seen."""
    known = [best for best in bests if np.isfinite(best)]
    if not known:
        return 0.0, 1.0
    return max(-0.02, min(min(known) - 0.1, max(known) - 0.3)), max(known) + 0.03


def _draw_trials(panel: Axes, trials: Basin, line_style: LineStyle) -> None:
    floor, _ = panel.get_ylim()
    diverged = trials.lr[~np.isfinite(trials.accuracy)]
    mark_below(panel, trials.lr[trials.accuracy < floor])
    mark_floor(panel, diverged, "x", INK, 7)
    if not np.isfinite(trials.best):
        return
    panel.axvspan(*trials.basin(), color=line_style.color, alpha=0.15, linewidth=0)
    panel.plot(*trials.envelope(), color=line_style.color, linewidth=1.5)
    panel.plot(trials.lr, trials.accuracy, "o", color=line_style.color, markersize=4)
    best = int(np.nanargmax(trials.accuracy))
    ring: dict[str, Any] = {"markersize": 11, "markerfacecolor": "none", "markeredgewidth": 2, "zorder": 4}
    panel.plot(trials.lr[best], trials.best, "o", markeredgecolor=HIGHLIGHT, **ring)


def _rows(name: str, trials: Basin) -> list[dict[str, object]]:
    low, high = trials.basin()
    return to_rows(
        optimizer=name, lr=trials.lr, validation_accuracy=trials.accuracy, basin_from_lr=low, basin_to_lr=high
    )


def budget(expected: Mapping[str, Array], leaders: Sequence[tuple[str, ...]], data_line: str, bound: float) -> Drawn:
    """Draw the best accuracy to be expected of n trials against n, one line an optimizer, and below it who leads.

    Args:
        expected: by the optimizers' names: expected best validation accuracy of 1, 2, ... N trials, shape (N,).
        leaders: whom nobody is ahead of after 1, 2, ... trials, up to the smallest N: several where they are equal.
        data_line: from `style.describe_data`.
        bound: the validation accuracy of guessing; where nobody passes it, nobody leads.

    Source:
        J. Dodge et al., "Show Your Work: Improved Reporting of Experimental Results", EMNLP 2019, arXiv:1909.03004.
    """
    line_styles = optimizer_line_styles(expected)
    figure, axes = new_figure(10, 6.4, 2, 1, sharex=True, height_ratios=[12, 1])
    curves, strip = axes[:, 0]
    learned = max(bests[-1] for bests in expected.values()) > bound
    limits = _upper_part(np.concatenate(list(expected.values())))
    any_below = any((bests < limits[0]).any() for bests in expected.values())
    # One alone leads nobody.
    reigns = _reigns(leaders) if learned and len(expected) > 1 else []
    lesson = (_changes(reigns) if reigns else _growth(expected)) if learned else "No trial did better than guessing"
    title(figure, lesson, f"{data_line} · {BELOW}" if any_below else data_line)
    curves.set_ylim(limits)
    for name, bests in expected.items():
        n = np.arange(1, len(bests) + 1)
        curves.plot(n, bests, marker=line_styles[name].marker, markersize=5, **line_styles[name].line)
        mark_below(curves, n[bests < limits[0]])
    in_percent(curves.yaxis)
    curves.set_ylabel("expected best validation accuracy (%)")
    _draw_leaders(strip, reigns, line_styles)
    strip.set_xlim(0.5, max(map(len, expected.values())) + 0.5)
    strip.set_xlabel("trials of tuning, n")
    label_ends(
        curves, [Label(name, len(bests), bests[-1], line_styles[name].color) for name, bests in expected.items()]
    )
    return figure, [
        row
        for name, bests in expected.items()
        for row in to_rows(optimizer=name, trials=np.arange(1, len(bests) + 1), expected_best=bests)
    ]


def _reigns(leaders: Sequence[tuple[str, ...]]) -> list[Reign]:
    """Who leads from which number of trials to which, in order."""
    reigns, first = [], 1
    for names, group in groupby(leaders):
        last = first + len(list(group)) - 1
        reigns.append((names, first, last))
        first = last + 1
    return reigns


def _growth(expected: Mapping[str, Array]) -> str:
    """How far one optimizer alone gets with the first trial and with all, in words."""
    ((name, bests),) = expected.items()
    trials = f", {percent(bests[-1])} % with {len(bests)}" if len(bests) > 1 else ""
    return f"{name}: {percent(bests[0])} % to be expected with 1 trial{trials}"


def _changes(reigns: Sequence[Reign]) -> str:
    """Who leads from how many trials on, in words."""
    (first, _, _), *later = reigns
    if not later:
        return f"{who_lead(first)} with any number of trials"
    between = "; " if any(len(names) > 1 for names, _, _ in reigns) else ", "
    if len(later) > 2:
        last, _, trials = later[-1]
        ends = [f"{name_leaders(first)} with 1 trial", f"{name_leaders(last)} with {trials}"]
        return f"The lead changes {len(later)} times: {between.join(ends)}"
    then = [f"{name_leaders(names)} from {n} on" for names, n, _ in later]
    return between.join([f"{who_lead(first)} with few trials", *then])


def _upper_part(accuracies: Array) -> tuple[float, float]:
    """Limits around all accuracies, but for those more than 40 points below the best."""
    high = accuracies.max()
    low = accuracies[accuracies >= high - 0.4].min()
    air = 0.05 * max(high - low, 0.01)
    return float(low - air), float(high + air)


def _draw_leaders(strip: Axes, reigns: Sequence[Reign], line_styles: Mapping[str, LineStyle]) -> None:
    """A bar from left to right in the leader's color, in several stripes where equals lead, with the names where they fit."""
    from matplotlib.ticker import MaxNLocator

    trials = reigns[-1][2] if reigns else 0
    for names, first, last in reigns:
        edges = np.linspace(1, 0, len(names) + 1)
        for name, top, bottom in zip(names, edges, edges[1:], strict=False):
            strip.axvspan(first - 0.5, last + 0.5, bottom, top, color=line_styles[name].color, alpha=0.3, linewidth=0)
        if last < trials:  # relatives share a color, and each reign has to end somewhere
            strip.axvline(last + 0.5, color=INK, linewidth=1.5)
        who = name_leaders(names)
        if text_width(who, 11) < (last - first + 1) / trials * _STRIP_POINTS:
            strip.text((first + last) / 2, 0.5, who, ha="center", va="center", size=11)
    strip.set(ylim=(0, 1), yticks=[])
    strip.set_ylabel("leads" if reigns else "", rotation=0, ha="right", va="center")
    strip.spines["left"].set_visible(bool(reigns))
    strip.grid(False)
    strip.xaxis.set_major_locator(MaxNLocator(12, integer=True, min_n_ticks=1))
