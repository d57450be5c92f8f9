"""What theory promises of a perceptron beside what it did: mistakes under Novikoff's bound, and learning that never settles."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nnlabs.arrays import Array
from nnlabs.plotting.intervals import Band, Drawn, columns, draw_band, in_percent, to_rows
from nnlabs.plotting.style import BLUE, COLORS, FAINT, LINE_STYLES, VERMILION, ink, new_figure, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Task:
    """Two classes, and what a perceptron made of them.

    Attributes:
        name: what a label calls it.
        raw_bound: (R / γ)² of the features as they are.
        raw_mistakes: mistakes until it settled, one number for each order of the examples.
        centered_bound: the same after the mean of each feature was taken away.
        centered_mistakes: likewise.
    """

    name: str
    raw_bound: float
    raw_mistakes: Sequence[int]
    centered_bound: float
    centered_mistakes: Sequence[int]

    @property
    def closest(self) -> float:
        """The largest number of mistakes made, as a share of those allowed."""
        return max(max(self.raw_mistakes) / self.raw_bound, max(self.centered_mistakes) / self.centered_bound)


def mistakes_under_bound(tasks: Sequence[Task], data_line: str) -> Drawn:
    """Draw mistakes made beside mistakes allowed, one row a task; no dot can lie to the right of its bar.

    Args:
        tasks: the rows, from top to bottom.
        data_line: from `style.describe_data`.
    """
    figure, axes = new_figure(10, 1.9 + 0.65 * len(tasks))
    panel = axes[0, 0]
    title(figure, "Mistakes until a perceptron settles, beside the most that theory allows", data_line)
    panel.set(xscale="log", xlabel="mistakes", xlim=(0.7, 4 * max(task.raw_bound for task in tasks)))
    panel.minorticks_off()
    for row, task in enumerate(tasks):
        _draw_row(panel, row - 0.17, task.raw_bound, task.raw_mistakes, VERMILION)
        _draw_row(panel, row + 0.17, task.centered_bound, task.centered_mistakes, BLUE)
    panel.set_yticks(range(len(tasks)), [task.name for task in tasks])
    panel.set_ylim(len(tasks) - 0.5, -0.5)
    panel.grid(visible=False, axis="y")
    for color, features in ((VERMILION, "features in cm"), (BLUE, "means taken away")):
        panel.plot([], [], "o", color=color, label=f"{features}: made")
        panel.plot([], [], "|", color=color, ms=14, mew=3, label="allowed, (R/γ)²")
    figure.legend(loc="outside lower center", ncols=4, handletextpad=0.2)
    return figure, [row for task in tasks for row in _rows(task)]


def _draw_row(panel: Axes, height: float, bound: float, made: Sequence[int], color: str) -> None:
    panel.plot([min(made), bound], [height, height], color=FAINT, linewidth=1, zorder=1)
    panel.plot(made, [height] * len(made), "o", color=color, alpha=0.5, markeredgewidth=0)
    panel.plot([bound], [height], "|", color=color, markersize=16, markeredgewidth=3)
    panel.annotate(
        f"{math.floor(bound):,}",
        (bound, height),
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        color=ink(color),
        size=10.5,
    )


def _rows(task: Task) -> list[dict[str, object]]:
    made = (("raw", task.raw_bound, task.raw_mistakes), ("centered", task.centered_bound, task.centered_mistakes))
    return [
        {"task": task.name, "features": features, "bound": bound, "order": order, "mistakes": count}
        for features, bound, counts in made
        for order, count in enumerate(counts)
    ]


def never_settling(mistakes: Mapping[str, Array], errors: Mapping[str, Band], hard: str, data_line: str) -> Drawn:
    """Draw mistakes by epoch of several tasks, and beside them what becomes of the test error on the one that never settles.

    Args:
        mistakes: share of the examples that were mistakes, shape (epochs,), by task.
        errors: share of test examples that are wrong after each epoch, arrays of shape (epochs,), by what is kept of the weights.
        hard: which task the errors belong to.
        data_line: from `style.describe_data`.
    """
    from matplotlib.ticker import MaxNLocator

    figure, axes = new_figure(10, 5, 1, 2)
    title(figure, "Where no line separates the classes, the perceptron never settles", data_line)
    for index, (name, share) in enumerate(mistakes.items()):
        axes[0, 0].plot(
            np.arange(1, len(share) + 1),
            share,
            color=COLORS[index],
            linestyle=LINE_STYLES[index],
            marker="o" if len(share) == 1 else None,
            label=name,
        )
    axes[0, 0].set_title("while learning")
    axes[0, 0].set(xlabel="epoch", ylabel="mistakes (% of the flowers shown)")
    for index, (name, band) in enumerate(errors.items()):
        style = {"linestyle": LINE_STYLES[index], "label": name}
        draw_band(axes[0, 1], np.arange(1, len(band.mean) + 1), band, COLORS[index], **style)
    axes[0, 1].set_title(f"on unseen flowers: {hard}")
    axes[0, 1].set(xlabel="epoch", ylabel="wrong (% of unseen flowers)")
    for panel in axes.flat:
        panel.set_ylim(bottom=-0.01)
        in_percent(panel.yaxis)
        panel.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        panel.legend()
    rows = [
        row
        for name, share in mistakes.items()
        for row in to_rows(task=name, epoch=np.arange(1, len(share) + 1), mistakes=share)
    ]
    for name, band in errors.items():
        rows += to_rows(task=hard, kept=name, epoch=np.arange(1, len(band.mean) + 1), **columns("test_error", band))
    return figure, rows
