"""Learning curves: loss and accuracy by epoch, on training and on validation examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from nnlabs.plotting.intervals import Drawn, in_percent, log_scale, percent, to_rows
from nnlabs.plotting.labels import Label, label_ends
from nnlabs.plotting.style import NEUTRAL, TRAIN, VALIDATION, new_figure, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

History = Mapping[str, Sequence[float]]

# Losses that reach over more than so many times the smallest are drawn on a scale of powers of ten.
FAR = 30.0
COLORS = {"train": TRAIN, "validation": VALIDATION}
NAMES = {"train": "training", "validation": "validation"}


def learning_curve(history: History, what: str, data_line: str, kept: int | None = None) -> Drawn:
    """Draw the history of one network.

    Args:
        history: the columns of `history.csv`.
        what: the title: which network.
        data_line: which data, and how many examples judge.
        kept: the epoch whose weights the network ends with; default: the last.
    """
    figure, axes = new_figure(10, 4.8, 1, 2)
    epochs = history["epoch"]
    early = kept is not None and kept < epochs[-1]
    title(figure, what, f"{data_line} · dotted: epoch {kept}, whose weights are kept" if early else data_line)
    for panel, quantity in zip(axes.flat, ("loss", "accuracy"), strict=True):
        for part, color in COLORS.items():
            panel.plot(epochs, history[f"{part}_{quantity}"], color=color, marker="o" if len(epochs) == 1 else None)
        if early:
            panel.axvline(kept, color=NEUTRAL, linestyle=":")
        scale_panel(panel, quantity, [history])
    for panel, quantity in zip(axes.flat, ("loss", "accuracy"), strict=True):
        ends = ((NAMES[part], f"{part}_{quantity}", color) for part, color in COLORS.items())
        label_ends(panel, [end_label(history, *end) for end in ends])
    columns = ("epoch", *(f"{part}_{quantity}" for quantity in ("loss", "accuracy") for part in COLORS))
    return figure, to_rows(**{name: np.asarray(history[name]) for name in columns})


def end_label(history: History, name: str, column: str, color: str) -> Label:
    """A line's name and its last value, beside its end.

    Args:
        history: the columns of `history.csv`.
        name: of the line.
        column: which one is drawn: a loss, or an accuracy, which is written as per cent.
        color: of the line.
    """
    last, value = end_of(history[column])
    written = f"{percent(value)} %" if column.endswith("accuracy") else f"{value:.3g}"
    return Label(f"{name} {written}", history["epoch"][last], value, color)


def scale_panel(panel: Axes, quantity: str, histories: Sequence[History]) -> None:
    """Give a panel of curves its axes: whole epochs, and per cent, or a loss, on powers of ten where losses reach far.

    A loss of exactly 0 then has a place of its own.

    Args:
        panel: with its lines.
        quantity: `loss` or `accuracy`.
        histories: what is drawn in it.
    """
    from matplotlib.ticker import MaxNLocator

    panel.set_xlabel("epoch")
    panel.xaxis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1))
    panel.set_ylabel("accuracy (%)" if quantity == "accuracy" else "loss")
    if quantity == "accuracy":
        in_percent(panel.yaxis)
        return
    every = np.concatenate([history[f"{part}_loss"] for history in histories for part in COLORS])
    every = every[np.isfinite(every)]
    positive = every[every > 0]
    if positive.size and positive.max() > FAR * positive.min():
        log_scale(panel.set_yscale, every)


def end_of(curve: Sequence[float]) -> tuple[int, float]:
    """Position and value of a curve's last number; its first position where it has none.

    Args:
        curve: one value an epoch; nan where the network diverged.
    """
    values = np.asarray(curve, dtype=float)
    last = int(np.flatnonzero(np.isfinite(values))[-1]) if np.isfinite(values).any() else 0
    return last, float(values[last])
