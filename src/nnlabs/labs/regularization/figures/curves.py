"""Lines with shaded intervals: learning curves, one panel a technique, and the gap against the training set's size."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from nnlabs.arrays import Array
from nnlabs.plotting.intervals import (
    Band,
    Drawn,
    clip_interval,
    columns,
    draw_band,
    in_percent,
    log_scale,
    name_interval,
    percent,
    to_rows,
)
from nnlabs.plotting.labels import Label, halo, label_ends, label_y
from nnlabs.plotting.style import (
    COLORS,
    CROSS_ENTROPY,
    FAINT,
    HIGHLIGHT,
    INK,
    MARKERS,
    NEUTRAL,
    TRAIN,
    VALIDATION,
    ink,
    new_figure,
    new_panels,
    series_style,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLS = 3


@dataclass(frozen=True)
class LearningCurves:
    """One technique's way through training.

    Attributes:
        epochs: shape (e,), counted from 1, as far as all seeds go: a mean over those that are left is no curve.
        train: accuracy in [0, 1] or loss, arrays of shape (e,).
        validation: likewise.
        lowest: for each seed the epoch of its lowest validation loss, which is the one that early stopping keeps.
        heights: for each seed what validation gave there, accuracy or loss.
        note: a remark for the panel, such as "1 of 3 seeds diverged".
        kept: where training was stopped early, the mean of train and of validation at the epochs kept; else empty.
        ends: after how many epochs the seeds ended, rising.
    """

    epochs: NDArray[np.int64]
    train: Band
    validation: Band
    lowest: Sequence[float] = ()
    heights: Sequence[float] = ()
    note: str = ""
    kept: Sequence[float] = ()
    ends: Sequence[int] = ()


def learning_curves(
    techniques: Mapping[str, LearningCurves],
    data_line: str,
    quantity: Literal["accuracy", "loss"] = "accuracy",
    reference: str | None = None,
    loss: str = CROSS_ENTROPY,
) -> Drawn:
    """Draw train and validation curves as small multiples with shared axes, one panel a technique.

    Args:
        techniques: the panels, in this order.
        data_line: from `style.describe_data`.
        quantity: what the curves hold; accuracies are shares in [0, 1] and drawn in per cent.
        reference: name of the technique whose curves stand faintly behind all others, usually the plain run.
        loss: what the loss is, with its unit.
    """
    figure, axes = new_panels(len(techniques), _COLS, 2.5, rest=1.3)
    bands = [band for curves in techniques.values() for band in (curves.train, curves.validation)]
    shade = name_interval("shaded", bands)
    what = f"Train and validation {quantity} by epoch, technique by technique"
    behind = f" · gray: {reference}" if reference else ""
    title(figure, what, f"{data_line}{shade} · diamonds: lowest validation loss of each seed{behind}")
    for panel, (name, curves) in zip(axes, techniques.items(), strict=True):
        if reference and name != reference:
            _draw_faintly(panel, techniques[reference])
        _draw_technique(panel, curves)
        ends = f", after {', '.join(map(str, curves.ends))} epochs" if len(curves.ends) > 1 else ""
        panel.set_title("\n".join(textwrap.wrap(name + ends, 30)))
    _limits(axes[0], bands, quantity)
    for panel, curves in zip(axes, techniques.values(), strict=True):
        _name_lines(panel, curves, quantity)
    label_y(figure, "accuracy (%)" if quantity == "accuracy" else loss)
    figure.supxlabel("epoch", size=12)
    table = [row for name, curves in techniques.items() for row in _rows(name, curves)]
    return figure, table


def _draw_technique(panel: Axes, curves: LearningCurves) -> None:
    """Both curves, and for each seed a diamond where its validation loss was lowest."""
    draw_band(panel, curves.epochs, curves.train, TRAIN)
    draw_band(panel, curves.epochs, curves.validation, VALIDATION, linestyle="--")
    panel.plot(curves.lowest, curves.heights, "D", color=HIGHLIGHT, markeredgecolor=INK, markersize=7, zorder=4)
    note = panel.text(0.97, 0.04, curves.note, transform=panel.transAxes, ha="right", size=10.5, style="italic")
    halo(note)


def _draw_faintly(panel: Axes, reference: LearningCurves) -> None:
    panel.plot(reference.epochs, reference.train.mean, color=FAINT, linewidth=1.5, zorder=1)
    panel.plot(reference.epochs, reference.validation.mean, color=FAINT, linewidth=1.5, linestyle="--", zorder=1)


def _limits(panel: Axes, bands: Sequence[Band], quantity: str) -> None:
    """Shared limits with room for labels above the highest and below the lowest mean."""
    from matplotlib.ticker import MaxNLocator

    means = np.concatenate([np.asarray(band.mean, dtype=float) for band in bands])
    means = means[np.isfinite(means)]
    low, high = (means.min(), means.max()) if means.size else (0.0, 1.0)
    room = 0.18 * max(high - low, 0.01)
    panel.set_ylim(low - room, high + room)
    if quantity == "accuracy":
        in_percent(panel.yaxis)
    panel.xaxis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1))


def _name_lines(panel: Axes, curves: LearningCurves, quantity: str) -> None:
    """Write each curve's name and last value, or the one kept, near its end: above the higher curve and below the lower one."""
    ends = []
    bands = (curves.train, curves.validation)
    for number, (name, band, color) in enumerate(zip(("train", "validation"), bands, (TRAIN, VALIDATION), strict=True)):
        mean = np.asarray(band.mean, dtype=float)
        if np.isfinite(mean).any():
            last = mean[np.isfinite(mean)][-1]
            shown = curves.kept[number] if curves.kept else last
            label = f"{name} {percent(shown)} %" if quantity == "accuracy" else f"{name} {shown:.3f}"
            ends.append((last, mean, f"{label} kept" if curves.kept else label, color))
    for rank, (_, mean, label, color) in enumerate(sorted(ends, key=lambda end: end[0])):
        _name_line(panel, curves.epochs, mean, label, color, up=rank == len(ends) - 1)


def _name_line(panel: Axes, epochs: NDArray[np.int64], mean: Array, label: str, color: str, up: bool) -> None:
    """Write a name clear of the stretch of line that runs under (or over) it."""
    finite = np.isfinite(mean)
    epochs, mean = epochs[finite], mean[finite]
    left, right = panel.get_xlim()
    width = 0.028 * len(label) * (right - left)  # a letter is about that wide
    end = float(epochs[-1])
    # Before the end of the line, else behind it, else from the left on.
    fits, behind = end - width >= left, end + width <= right
    near = mean[-1:] if behind and not fits else mean[epochs >= end - width - 1]
    text = panel.annotate(
        label,
        (end if fits or behind else left, near.max() if up else near.min()),
        xytext=(0 if fits else 6 if behind else 3, 5 if up else -5),
        textcoords="offset points",
        ha="right" if fits else "left",
        va="bottom" if up else "top",
        color=ink(color),
        size=11,
    )
    halo(text)


def _rows(name: str, curves: LearningCurves) -> list[dict[str, object]]:
    lowest = " ".join(f"{epoch:g}" for epoch in curves.lowest)
    return to_rows(
        technique=name,
        epoch=curves.epochs,
        **columns("train", curves.train),
        **columns("validation", curves.validation),
        epochs_of_lowest_validation_loss=lowest,
    )


def gap_by_size(sizes: Sequence[int], gaps: Mapping[str, Band], data_line: str) -> Drawn:
    """Draw the generalization gap against the number of training images.

    Args:
        sizes: shape (k,), numbers of training images.
        gaps: for each technique train minus validation accuracy, arrays of shape (k,), as shares in [-1, 1].
        data_line: from `style.describe_data`.
    """
    gaps = {name: clip_interval(gap, -1, 1) for name, gap in gaps.items()}
    figure, axes = new_figure(10, 5.5)
    panel = axes[0, 0]
    title(
        figure,
        "Generalization gap against the number of training examples",
        data_line + name_interval("shaded", gaps.values()),
    )
    for index, gap in enumerate(gaps.values()):
        draw_band(panel, sizes, gap, **series_style(index), marker=MARKERS[index % len(MARKERS)])
    log_scale(panel.set_xscale, sizes)
    panel.set_xticks(sizes, [f"{size:,}" for size in sizes])
    panel.minorticks_off()
    in_percent(panel.yaxis)
    panel.axhline(0.0, color=NEUTRAL, linewidth=1)
    panel.set_xlabel("training examples")
    panel.set_ylabel("train minus validation accuracy\n(percentage points)")
    ends = [
        Label(name, sizes[-1], float(gap.mean[-1]), COLORS[index % len(COLORS)])
        for index, (name, gap) in enumerate(gaps.items())
    ]
    label_ends(panel, ends)
    table = [row for name, gap in gaps.items() for row in to_rows(technique=name, images=sizes, **columns("gap", gap))]
    return figure, table
