"""Two runs in one figure: loss and accuracy by epoch, on training and on validation images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from nnlabs.plotting.curves import History, end_label, scale_panel
from nnlabs.plotting.intervals import Drawn, to_rows
from nnlabs.plotting.labels import halo, label_ends
from nnlabs.plotting.style import COLORS, new_figure, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PARTS = {"train": "-", "validation": "--"}


def compare_histories(histories: Mapping[str, History], what: str, data_line: str) -> Drawn:
    """Draw the histories of two runs (or more): color tells the run, solid is training, dashed is validation.

    Args:
        histories: columns of `history.csv` by a short name of the run, such as A and B.
        what: the title: what the runs differ in.
        data_line: from `style.describe_data`.
    """
    figure, axes = new_figure(10, 5.2, 1, 2)
    title(figure, what, f"{data_line} · solid: training, dashed: validation")
    for panel, quantity in zip(axes.flat, ("loss", "accuracy"), strict=True):
        for number, history in enumerate(histories.values()):
            for part, line in PARTS.items():
                panel.plot(
                    history["epoch"], history[f"{part}_{quantity}"], line, color=COLORS[number], marker=_dot(history)
                )
        scale_panel(panel, quantity, list(histories.values()))
    for panel, quantity in zip(axes.flat, ("loss", "accuracy"), strict=True):
        ends = [
            end_label(history, f"{name} {part}", f"{part}_{quantity}", COLORS[number])
            for number, (name, history) in enumerate(histories.items())
            for part in PARTS
        ]
        label_ends(panel, ends)
    _name_diverged(axes[0, 0], histories)
    columns = ("epoch", *(f"{part}_{quantity}" for quantity in ("loss", "accuracy") for part in PARTS))
    table = [
        row
        for name, history in histories.items()
        for row in to_rows(run=name, **{key: history[key] for key in columns})
    ]
    return figure, table


def _dot(history: History) -> str | None:
    """A single epoch is no line, but a point."""
    return "o" if len(history["epoch"]) == 1 else None


def _name_diverged(panel: Axes, histories: Mapping[str, History]) -> None:
    """Say which lines are missing, or end early, as their loss is no number any more."""
    lost = {name: np.flatnonzero(~np.isfinite(history["train_loss"])) for name, history in histories.items()}
    notes = [
        f"{name} diverged in epoch {histories[name]['epoch'][rows[0]]:g}" for name, rows in lost.items() if len(rows)
    ]
    halo(
        panel.text(
            0.97, 0.97, "\n".join(notes), transform=panel.transAxes, ha="right", va="top", size=11, style="italic"
        )
    )
