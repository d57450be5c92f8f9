"""The learning curve of one network: loss and accuracy by epoch, on training and on validation examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nnlabs.commands.compare_figure import end_of, scale_panel
from nnlabs.plotting.intervals import Drawn, percent, to_rows
from nnlabs.plotting.labels import Label, label_ends
from nnlabs.plotting.style import TRAIN, VALIDATION, new_figure, title

COLORS = {"train": TRAIN, "validation": VALIDATION}
NAMES = {"train": "training", "validation": "validation"}


def learning_curve(history: Mapping[str, Sequence[float]], what: str, data_line: str) -> Drawn:
    """Draw the history of one network.

    Args:
        history: the columns of `history.csv`.
        what: the title: which network.
        data_line: which data, and how many examples judge.
    """
    figure, axes = new_figure(10, 4.8, 1, 2)
    title(figure, what, data_line)
    epochs = history["epoch"]
    for panel, quantity in zip(axes.flat, ("loss", "accuracy"), strict=True):
        for part, color in COLORS.items():
            panel.plot(epochs, history[f"{part}_{quantity}"], color=color, marker="o" if len(epochs) == 1 else None)
        scale_panel(panel, quantity, [history])
    for panel, quantity in zip(axes.flat, ("loss", "accuracy"), strict=True):
        label_ends(panel, [_label(history, part, quantity) for part in COLORS])
    columns = ("epoch", *(f"{part}_{quantity}" for quantity in ("loss", "accuracy") for part in COLORS))
    return figure, to_rows(**{name: np.asarray(history[name]) for name in columns})


def _label(history: Mapping[str, Sequence[float]], part: str, quantity: str) -> Label:
    """The line's name and its last value, beside its end."""
    last, value = end_of(history[f"{part}_{quantity}"])
    written = f"{percent(value)} %" if quantity == "accuracy" else f"{value:.3g}"
    return Label(f"{NAMES[part]} {written}", history["epoch"][last], value, COLORS[part])
