"""Two runs in one figure: loss and accuracy by epoch, on training and on validation images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlabs.plotting.curves import History, end_of, scale_panel
from nnlabs.plotting.intervals import Drawn, percent, to_rows
from nnlabs.plotting.labels import Label, halo, label_ends
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
        label_ends(
            panel,
            [
                _label(name, number, part, quantity, history)
                for number, (name, history) in enumerate(histories.items())
                for part in PARTS
            ],
        )
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
    ends = [(name, history["epoch"][~np.isfinite(history["train_loss"])]) for name, history in _arrays(histories)]
    notes = [f"{name} diverged in epoch {epochs[0]:g}" for name, epochs in ends if len(epochs)]
    halo(
        panel.text(
            0.97, 0.97, "\n".join(notes), transform=panel.transAxes, ha="right", va="top", size=11, style="italic"
        )
    )


def _arrays(histories: Mapping[str, History]) -> Iterator[tuple[str, dict[str, np.ndarray[Any, Any]]]]:
    return ((name, {key: np.asarray(column) for key, column in history.items()}) for name, history in histories.items())


def _label(name: str, number: int, part: str, quantity: str, history: History) -> Label:
    """The name of a line and its last value, beside its end; no value where the run diverged."""
    last, value = end_of(history[f"{part}_{quantity}"])
    said = f"{percent(value)} %" if quantity == "accuracy" else f"{value:.3g}"
    return Label(f"{name} {part} {said}", history["epoch"][last], value, COLORS[number])
