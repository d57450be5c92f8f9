"""Strength sweeps: loss against lambda or dropout rate, the minimum marked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from nnlabs.arrays import Array
from nnlabs.plotting.curves import end_of
from nnlabs.plotting.intervals import (
    Band,
    Drawn,
    clip_interval,
    columns,
    draw_band,
    log_scale,
    name_interval,
    to_rows,
)
from nnlabs.plotting.labels import Label, label_ends
from nnlabs.plotting.style import CROSS_ENTROPY, HIGHLIGHT, INK, TRAIN, VALIDATION, new_figure, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Sweep:
    """Loss of one technique at several strengths.

    Attributes:
        strength: shape (k,), rising, none below 0.
        train: training loss, arrays of shape (k,).
        validation: validation loss, likewise.
        best: the strength that is ringed; nan where every one lost a seed.
        label: what the strength is, with its unit if it has one, such as "lambda of the L2 penalty".
        log: whether strengths stand on a logarithmic axis (0 then has a place of its own).
    """

    strength: Array
    train: Band
    validation: Band
    best: float
    label: str
    log: bool = True


def strength_sweeps(sweeps: Mapping[str, Sweep], data_line: str, loss: str = CROSS_ENTROPY) -> Drawn:
    """Draw training and validation loss against strength, one panel a technique, the best strength ringed.

    Too little strength overfits, too much underfits: the validation loss is expected to be U-shaped. The loss shows it better than
    the share of errors, which hides how sure of its wrong answers a network is.

    Args:
        sweeps: the panels by technique, at most three to stay readable.
        data_line: from `style.describe_data`.
        loss: what the loss is, with its unit.
    """
    sweeps = {name: _within_bounds(sweep) for name, sweep in sweeps.items()}
    figure, axes = new_figure(10, 5.2, 1, len(sweeps), sharey=True)
    bands = [band for sweep in sweeps.values() for band in (sweep.train, sweep.validation)]
    ringed = any(np.isfinite(sweep.best) for sweep in sweeps.values())
    what = f"Loss against strength{'; the lowest validation loss is ringed' if ringed else ''}"
    lost = " · ×: every seed diverged" if any(np.isnan(band.mean).any() for band in bands) else ""
    title(figure, what, data_line + name_interval("shaded", bands) + lost)
    for panel, (name, sweep) in zip(axes[0], sweeps.items(), strict=True):
        _draw_sweep(panel, sweep)
        panel.set_title(f"{name}\n{_best(sweep)}")
    axes[0, 0].set_ylabel(loss)
    _name_ends(axes[0, -1], list(sweeps.values())[-1])  # colors and markers carry the names to the other panels
    table = [row for name, sweep in sweeps.items() for row in _rows(name, sweep)]
    return figure, table


def _within_bounds(sweep: Sweep) -> Sweep:
    return replace(
        sweep, train=clip_interval(sweep.train, 0, np.inf), validation=clip_interval(sweep.validation, 0, np.inf)
    )


def _draw_sweep(panel: Axes, sweep: Sweep) -> None:
    draw_band(panel, sweep.strength, sweep.train, TRAIN, marker="o")
    draw_band(panel, sweep.strength, sweep.validation, VALIDATION, marker="s", linestyle="--")
    if sweep.log:
        log_scale(panel.set_xscale, sweep.strength)
    for x in sweep.strength[np.isnan(sweep.validation.mean)]:  # beyond every loss
        panel.plot(x, 0.97, "x", color=VALIDATION, markersize=8, mew=2, transform=panel.get_xaxis_transform())
    panel.margins(x=0.08)
    for x, y in zip(sweep.strength, sweep.validation.mean, strict=True):
        if x != sweep.best:
            continue
        for color, width in ((INK, 3.5), (HIGHLIGHT, 2)):
            panel.plot(x, y, "o", ms=15, markerfacecolor="none", markeredgecolor=color, mew=width, clip_on=False)
    panel.set_xlabel(sweep.label)


def _best(sweep: Sweep) -> str:
    """The best strength and its loss, in words."""
    if not np.isfinite(sweep.best):
        return "each lost a seed"
    loss = float(sweep.validation.mean[sweep.strength == sweep.best][0])
    return f"lowest at {sweep.best:g}: {loss:.3f}"


def _name_ends(panel: Axes, sweep: Sweep) -> None:
    """Name each line at its last finite point."""
    labels = []
    for name, band, color in (("train", sweep.train, TRAIN), ("validation", sweep.validation, VALIDATION)):
        last, value = end_of(band.mean)
        labels.append(Label(name, sweep.strength[last], value, color))
    label_ends(panel, labels)


def _rows(name: str, sweep: Sweep) -> list[dict[str, object]]:
    return to_rows(
        technique=name,
        strength=sweep.strength,
        **columns("train_loss", sweep.train),
        **columns("validation_loss", sweep.validation),
    )
