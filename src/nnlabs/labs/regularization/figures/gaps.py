"""One row a technique: the generalization gap as bars, accuracies as dots, each with its interval and its number."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from nnlabs.arrays import Array
from nnlabs.plotting.bars import WHISKER, print_numbers
from nnlabs.plotting.intervals import Band, Drawn, clip_interval, columns, name_ends, name_interval, percent, whiskers
from nnlabs.plotting.style import NEUTRAL, TEST, TRAIN, VALIDATION, new_figure, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BELOW = 0.28  # how far below a mean its folds stand, in rows


def generalization_gap(
    gaps: Mapping[str, Band], test: Mapping[str, Band], data_line: str, label_noise: float = 0.0
) -> Drawn:
    """Draw train minus validation accuracy as bars, widest gap on top, and beside them the test accuracy as dots.

    Where a share of the training labels is wrong, a network that gets everything right disagrees with that share: its gap is
    negative, and it is the test accuracy that tells which network is better.

    Args:
        gaps: for each technique its gap, numbers in [-1, 1]; nan for one that diverged.
        test: for each of the same techniques its test accuracy, numbers in [0, 1].
        data_line: from `style.describe_data`.
        label_noise: the share of wrong ones among the training labels.
    """
    names = _from_highest(gaps)
    gap = [clip_interval(gaps[name], -1, 1) for name in names]
    accuracy = [clip_interval(test[name], 0, 1) for name in names]
    figure, axes = new_figure(10, 2.0 + 0.5 * len(names), 1, 2, sharey=True, width_ratios=[3, 2])
    title(figure, _gap_title(gaps, test, label_noise), data_line + name_interval("bars", [*gap, *accuracy]))
    _bars(axes[0, 0], gap)
    _dots(axes[0, 1], accuracy, TEST)
    _name_rows(axes[0, 0], names)
    unit = f"percentage points; without a mistake: {percent(-label_noise)}" if label_noise else "percentage points"
    axes[0, 0].set_xlabel(f"train minus validation accuracy\n({unit})")
    axes[0, 1].set_xlabel("test accuracy (%)")
    table = [
        {"technique": name, **columns("gap", its_gap), **columns("test_accuracy", its_accuracy)}
        for name, its_gap, its_accuracy in zip(names, gap, accuracy, strict=True)
    ]
    return figure, table


def fold_scores(folds: Mapping[str, Array], intervals: Mapping[str, Band], data_line: str) -> Drawn:
    """Draw the validation accuracy of every fold of a cross-validation, a row a candidate, the best on top.

    Args:
        folds: for each candidate its accuracies, shape (k,), shares in [0, 1].
        intervals: for each of the same candidates the mean over folds and its interval; as folds share most of their
            training images the interval is narrower than it should be.
        data_line: from `style.describe_data`.
    """
    names = _from_highest(intervals)
    bands = {name: clip_interval(intervals[name], 0, 1) for name in names}
    k = len(folds[names[0]])
    figure, axes = new_figure(10, 2.0 + 0.5 * len(names))
    note = name_interval("bars", bands.values()).replace("seeds", "folds")
    narrow = ", too narrow, as folds share training examples" if note else ""
    known = _known_means(intervals)
    what = name_ends(known, "%") if known else "every candidate diverged"
    title(figure, f"{k}-fold cross-validation: {what}", f"{data_line} · small dots: folds{note}{narrow}")
    panel = axes[0, 0]
    for row, name in enumerate(names):
        # Below the mean's dot, which would hide some of them.
        panel.plot(folds[name], np.full(k, row + _BELOW), "o", color=VALIDATION, alpha=0.5, markersize=5)
    _dots(panel, [*bands.values()], VALIDATION, [np.fmax.reduce(folds[name]) for name in names])
    _name_rows(panel, names)
    panel.set_xlabel("validation accuracy (%)")
    rows = [{"candidate": name, **columns("mean", band)} for name, band in bands.items()]
    table = [{**row, "fold": i + 1, "accuracy": x} for row in rows for i, x in enumerate(folds[row["candidate"]])]
    return figure, table


def _known_means(bands: Mapping[str, Band]) -> dict[str, float]:
    """The means of those that ended, the highest first."""
    return {name: float(bands[name].mean) for name in _from_highest(bands) if np.isfinite(bands[name].mean)}


def _from_highest(bands: Mapping[str, Band]) -> list[str]:
    """The names by their means, nan last."""
    return sorted(bands, key=lambda name: -np.nan_to_num(bands[name].mean, nan=-np.inf))


def _gap_title(gaps: Mapping[str, Band], test: Mapping[str, Band], label_noise: float) -> str:
    """The widest and the narrowest gap, in words; with wrong labels, the highest and the lowest test accuracy."""
    shown, unit = (test, "%") if label_noise else (gaps, "points")
    finite = _known_means(shown)
    if len(finite) < 2:
        return "Generalization gap by technique"
    what = f"With {100 * label_noise:.3g} % wrong labels, right on test" if label_noise else "Generalization gap"
    return f"{what}: {name_ends(finite, unit)}"


def _bars(panel: Axes, gaps: Sequence[Band]) -> None:
    rows = np.arange(len(gaps))
    means = np.array([gap.mean for gap in gaps], dtype=float)
    panel.barh(rows, means, height=0.65, color=TRAIN, alpha=0.85)
    panel.errorbar(means, rows, xerr=whiskers(gaps), **WHISKER)
    panel.margins(x=0.15)
    panel.axvline(0.0, color=NEUTRAL, linewidth=1)
    print_numbers(panel, gaps, [0.0] * len(gaps))


def _dots(panel: Axes, bands: Sequence[Band], color: str, ends: Sequence[float] | None = None) -> None:
    """Means as dots; each number stands to the right of its interval, and of `ends` where given."""
    rows = np.arange(len(bands))
    means = np.array([band.mean for band in bands], dtype=float)
    panel.errorbar(means, rows, xerr=whiskers(bands), **WHISKER)
    panel.plot(means, rows, "o", color=color, markersize=9, zorder=4)
    panel.margins(x=0.22)
    print_numbers(panel, bands, ends if ends is not None else [-np.inf] * len(bands))


def _name_rows(panel: Axes, names: Sequence[str]) -> None:
    panel.set_yticks(range(len(names)), ["\n".join(textwrap.wrap(name, 24)) for name in names])
    panel.set_ylim(len(names) - 0.4, -0.6)
    panel.yaxis.grid(False)
