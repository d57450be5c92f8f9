"""Optimizers side by side: loss and accuracy against epochs and against seconds, the leaders and the last in bold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from nnlabs.arrays import Array
from nnlabs.labs.optimizers.figures.line_styles import LineStyle, optimizer_line_styles
from nnlabs.plotting.intervals import (
    Band,
    Drawn,
    clip_interval,
    columns,
    in_percent,
    log_scale,
    name_interval,
    names_of,
    percent,
    plain_log_ticks,
    to_rows,
)
from nnlabs.plotting.labels import Label, label_ends
from nnlabs.plotting.style import CROSS_ENTROPY, new_figure, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_APART = 0.025
"""How far apart the intervals behind the last epoch stand, as a share of the epochs."""
_LEAST = 1e-6
"""How far down an interval that reaches to 0 is drawn, on the logarithmic axis of the losses, which has no 0."""


@dataclass(frozen=True)
class Racer:
    """One optimizer's way through training, each array of shape (epochs,); nan after all seeds have diverged.

    Attributes:
        seconds: of training until the end of each epoch, median over seeds.
        train_loss: of the kind that `race` is told, cross-entropy in nats as a rule.
        validation_accuracy: shares in [0, 1].
        end: the accuracy of the networks that training kept, the mean over the seeds that ended with one; nan where none did.
        lost: share of the seeds that did not end with a network.
    """

    seconds: Array
    train_loss: Band
    validation_accuracy: Band
    end: float
    lost: float

    @property
    def epochs(self) -> Array:
        """1, 2, ... until the last epoch."""
        return np.arange(1.0, len(self.seconds) + 1)

    @property
    def score(self) -> float:
        """What decides the order, as in the leaderboard: the accuracy at the end, where a lost seed counts as 0 %."""
        return self.end * (1 - self.lost)


def race(racers: Mapping[str, Racer], data_line: str, bound: float, loss: str = CROSS_ENTROPY) -> Drawn:
    """Draw training loss (above) and validation accuracy (below) against epochs (left) and seconds of training (right).

    The three that end highest and the one that ends lowest are drawn strongly, the others thinly. Intervals stand where it is
    decided, behind the last epoch, side by side from the highest to the lowest: around whole lines they would hide one another.

    Args:
        racers: by the optimizers' names.
        data_line: from `style.describe_data`.
        bound: the validation accuracy of guessing; the title tells of nobody who is not above it.
        loss: what the loss is, with its unit.
    """
    racers = {name: _within_bounds(racer) for name, racer in racers.items()}
    finished = sorted((name for name in racers if np.isfinite(racers[name].end)), key=lambda name: -racers[name].score)
    strong = {*finished[:3], *finished[-1:]}
    figure, axes = new_figure(10, 8.6, 2, 2, sharex="col", sharey="row")
    bars = name_interval("bars", [racers[name].train_loss for name in finished])
    bars += " at the end, from highest to lowest" if bars else ""
    failed = ", ".join(name for name in racers if name not in finished)
    lost = f" · lost every seed: {failed}" if failed else ""
    some = ", ".join(name for name in finished if racers[name].lost)
    lost += f" · lost some seeds, which count as 0 % in the order: {some}" if some else ""
    learned = [name for name in finished if racers[name].end > bound]
    bold = " · bold: the first three and the last" if set(finished) > strong else ""
    title(figure, _outcome(racers, learned), f"{data_line}{bold}{bars}{lost}")
    line_styles = optimizer_line_styles(racers)
    for panels, seconds in ((axes[:, 0], False), (axes[:, 1], True)):
        for name, racer in racers.items():
            x = racer.seconds if seconds else racer.epochs
            _draw(panels[0], x, racer.train_loss, line_styles[name], name in strong)
            _draw(panels[1], x, racer.validation_accuracy, line_styles[name], name in strong)
    _draw_ends(list(axes[:, 0]), {name: racers[name] for name in finished}, line_styles)
    _scale(axes[0, 0], axes[1, 0], list(racers.values()))
    axes[1, 0].set_xlabel("epoch")
    axes[1, 1].set_xlabel("seconds of training")
    axes[0, 0].set_ylabel(f"training loss: {loss}")
    axes[1, 0].set_ylabel("validation accuracy (%)")
    for panel, quantity in ((axes[0, 1], "train_loss"), (axes[1, 1], "validation_accuracy")):
        _name_ends(panel, {name: racers[name] for name in finished}, quantity, line_styles, strong)
    return figure, [row for name, racer in racers.items() for row in _rows(name, racer)]


def _within_bounds(racer: Racer) -> Racer:
    loss = clip_interval(racer.train_loss, 0, np.inf)
    return replace(racer, train_loss=loss, validation_accuracy=clip_interval(racer.validation_accuracy, 0, 1))


def _outcome(racers: Mapping[str, Racer], finished: Sequence[str]) -> str:
    """Who ends highest and who lowest, in words; `finished` are the names from highest to lowest."""
    if not any(np.isfinite(racer.end) for racer in racers.values()):
        return "Every optimizer lost every seed"
    if not finished:
        return "Training loss and validation accuracy by optimizer"
    if len(finished) == 1:
        return f"{finished[0]} ends at {percent(racers[finished[0]].end)} % on validation"
    first, last = finished[0], finished[-1]
    scores = {name: racers[name].score for name in finished}
    leaders, losers = names_of(scores, scores[first]), names_of(scores, scores[last])
    if leaders == losers:
        return f"{leaders} end alike, at {percent(racers[first].end)} % on validation"
    return (
        f"{leaders} {'ends' if leaders == first else 'end'} highest, at {percent(racers[first].end)} % on validation; "
        f"{losers} lowest, at {percent(racers[last].end)} %"
    )


def _draw(panel: Axes, x: Array, band: Band, line_style: LineStyle, strong: bool) -> None:
    width, size = (2.8, 8) if strong else (1.2, 5)
    line = {**line_style.line, "marker": line_style.marker, "markevery": [-1], "zorder": 3 if strong else 2}
    panel.plot(x, band.mean, linewidth=width, markersize=size, **line)


def _draw_ends(panels: Sequence[Axes], racers: Mapping[str, Racer], line_styles: Mapping[str, LineStyle]) -> None:
    """The interval of each line's last value, side by side behind the last epoch."""
    for place, (name, racer) in enumerate(racers.items(), start=1):
        x = racer.epochs[-1] * (1 + _APART * place)
        for panel, band in zip(panels, (racer.train_loss, racer.validation_accuracy), strict=True):
            marker, color = line_styles[name].marker, line_styles[name].color
            panel.vlines(x, np.maximum(band.low[-1], _LEAST), band.high[-1], color=color, linewidth=2)
            panel.plot(x, band.mean[-1], marker, color=color, markersize=4)


def _scale(losses: Axes, accuracies: Axes, racers: Sequence[Racer]) -> None:
    """A log axis for losses; for accuracies a stretch around the ends, so that these are told apart."""
    from matplotlib.ticker import MaxNLocator

    racers = [racer for racer in racers if len(racer.epochs)]
    means = np.concatenate([np.zeros(0), *(racer.train_loss.mean for racer in racers)])
    means = means[np.isfinite(means)] if np.isfinite(means).any() else np.ones(1)
    log_scale(losses.set_yscale, means)
    if means.min() > 0:  # else there is a place for 0, which has no logarithm
        lows = [racer.train_loss.low[-1] for racer in racers if racer.train_loss.low[-1] > 0]
        losses.set_ylim(0.85 * min([means.min(), *lows]), 1.1 * means.max())
        plain_log_ticks(losses.yaxis, (1, 2, 5))
    ends = [racer.end for racer in racers if np.isfinite(racer.end)]
    if ends:
        room = max(0.1, max(ends) - min(ends))
        low, high = max(0.0, min(ends) - room), min(1.0, max(ends) + 0.15 * room)
        bands = [racer.validation_accuracy for racer in racers]
        accuracies.set_ylim(
            np.fmin.reduce([low, *(band.low[-1] for band in bands)]),
            np.fmax.reduce([high, *(band.high[-1] + 0.03 * room for band in bands)]),
        )
    in_percent(accuracies.yaxis)
    last = max((racer.epochs[-1] for racer in racers), default=0)
    ticks = MaxNLocator(6, integer=True, min_n_ticks=1).tick_values(0, last)
    accuracies.set_xticks([tick for tick in ticks if 0 <= tick <= last])  # behind the last epoch stand the intervals


def _name_ends(
    panel: Axes, racers: Mapping[str, Racer], quantity: str, line_styles: Mapping[str, LineStyle], strong: set[str]
) -> None:
    """Write the names, and how high accuracies end, right of the panel; a dotted line goes on from where a line ends before it."""
    right = panel.get_xlim()[1]
    panel.set_xlim(0, right)
    labels = []
    for name, racer in racers.items():
        end = float(getattr(racer, quantity).mean[-1])
        panel.plot([racer.seconds[-1], right], [end, end], color=line_styles[name].color, linewidth=0.8, linestyle=":")
        text = f"{name} {percent(racer.end)}" if quantity == "validation_accuracy" else name
        labels.append(Label(text, right, end, line_styles[name].color, bold=name in strong))
    label_ends(panel, labels, size=12)


def _rows(name: str, racer: Racer) -> list[dict[str, object]]:
    return to_rows(
        optimizer=name,
        epoch=racer.epochs,
        seconds=racer.seconds,
        **columns("train_loss", racer.train_loss),
        **columns("validation_accuracy", racer.validation_accuracy),
    )
