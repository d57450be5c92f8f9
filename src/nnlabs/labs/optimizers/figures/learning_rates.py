"""Learning rates: how schedules change them, what a range test suggests, and how the best one grows with the batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlabs.arrays import Array
from nnlabs.labs.optimizers.figures.marks import BELOW, mark_below, mark_floor
from nnlabs.labs.optimizers.rates import best_rates
from nnlabs.plotting.intervals import (
    Band,
    Drawn,
    clip_interval,
    columns,
    draw_band,
    in_percent,
    name_interval,
    percent,
    plain_log_ticks,
    to_rows,
)
from nnlabs.plotting.labels import Label, halo, label_ends, label_points, label_y, wrap_title
from nnlabs.plotting.style import (
    BLUE,
    CROSS_ENTROPY,
    FAINT,
    HIGHLIGHT,
    INK,
    MARKERS,
    NEUTRAL,
    ink,
    new_figure,
    new_panels,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NEAR = 0.01  # accuracies that far below the best count as equally good


def schedules(rates: Mapping[str, tuple[Array, Array]], data_line: str) -> Drawn:
    """Draw the learning rate over a training, one panel a schedule, with its mean.

    Args:
        rates: by the schedules' names: times in epochs, and the learning rate at each as a multiple of the highest
            one; two arrays of shape (steps,).
        data_line: how long the training is, such as "20 epochs of 352 batches".
    """
    figure, panels = new_panels(len(rates), 4, 1.75)
    count = "1 schedule" if len(rates) == 1 else f"{len(rates)} schedules"
    title(figure, f"{count}: what becomes of the learning rate", f"{data_line} · in brackets: the mean")
    for panel, (name, (epochs, multiples)) in zip(panels, rates.items(), strict=True):
        panel.fill_between(epochs, multiples, color=BLUE, alpha=0.15, linewidth=0)
        panel.plot(epochs, multiples, color=BLUE)
        wrap_title(panel, f"{name.replace('_', ' ')} ({np.mean(multiples):.2f})", size=11)
    panels[0].set(xlim=(0, None), ylim=(0, 1.08), yticks=[0, 0.5, 1])
    label_y(figure, "learning rate / its peak")
    figure.supxlabel("epoch", size=12)
    return figure, [
        row
        for name, (epochs, multiples) in rates.items()
        for row in to_rows(schedule=name, epoch=epochs, multiple_of_peak=multiples)
    ]


@dataclass(frozen=True)
class RangeTest:
    """A short training in which the learning rate rises after each batch.

    Attributes:
        lr: the learning rate of each batch, rising, shape (k,).
        loss: the batch's loss, shape (k,).
        smoothed: the same, averaged over neighboring batches, shape (k,).
        suggestion: the learning rate that comes of it; nan where there is none.
    """

    lr: Array
    loss: Array
    smoothed: Array
    suggestion: float


def lr_range(tests: Mapping[str, RangeTest], data_line: str, loss: str = CROSS_ENTROPY) -> Drawn:
    """Draw the loss against the learning rate of a range test, one panel an optimizer, the suggestion marked.

    Args:
        tests: by the optimizers' names.
        data_line: from `style.describe_data`.
        loss: what the loss is, with its unit.
    """
    figure, panels = new_panels(len(tests), 4, 4.2 if len(tests) == 1 else 2.1)
    title(
        figure,
        _suggested(tests),
        f"{data_line} · a higher rate each batch · gray: training loss as it is, blue: smoothed",
    )
    for panel, (name, test) in zip(panels, tests.items(), strict=True):
        panel.plot(test.lr, test.loss, color=FAINT, linewidth=1)
        panel.plot(test.lr, test.smoothed, color=BLUE)
        wrap_title(panel, name)
    panels[0].set_xscale("log")
    panels[0].set_ylim(_around([test.smoothed for test in tests.values() if test.smoothed.size]))
    for panel, test in zip(panels, tests.values(), strict=True):
        _mark(panel, test)
    figure.supxlabel("learning rate", size=12)
    label_y(figure, loss)
    return figure, [
        row
        for name, test in tests.items()
        for row in to_rows(
            optimizer=name, lr=test.lr, loss=test.loss, smoothed_loss=test.smoothed, suggested_lr=test.suggestion
        )
    ]


def _suggested(tests: Mapping[str, RangeTest]) -> str:
    """The suggestion, or the lowest and the highest of several, in words."""
    known = {name: test.suggestion for name, test in tests.items() if np.isfinite(test.suggestion)}
    if not known:
        return "Learning-rate range test: no learning rate can be suggested"
    low, high = min(known, key=lambda name: known[name]), max(known, key=lambda name: known[name])
    if low == high:
        return f"Learning-rate range test: {known[low]:.2g} is suggested for {low}"
    return f"Learning-rate range tests suggest from {known[low]:.2g} ({low}) to {known[high]:.2g} ({high})"


def _around(losses: Sequence[Array]) -> tuple[float, float]:
    """Limits that show all of the way down to the lowest loss, and cut off where losses explode, which is later."""
    low = min((float(np.nanmin(loss)) for loss in losses), default=0.0)
    high = max((float(np.nanmax(loss[: np.nanargmin(loss) + 1])) for loss in losses), default=1.0)
    room = max(high - low, 0.05)
    return low - 0.25 * room, high + 0.5 * room


def _mark(panel: Axes, test: RangeTest) -> None:
    """A vertical line at the suggestion, with its value at the foot."""
    if not np.isfinite(test.suggestion):
        label = panel.annotate("no suggestion", (0.04, 0.04), xycoords="axes fraction", color=NEUTRAL)
        halo(label)
        return
    panel.axvline(test.suggestion, color=HIGHLIGHT, linestyle="--")
    height = np.interp(np.log(test.suggestion), np.log(test.lr), test.smoothed)
    panel.plot(test.suggestion, height, "o", color=HIGHLIGHT, markeredgecolor=INK, zorder=4)
    low, high = np.log(panel.get_xlim())
    left = np.log(test.suggestion) > (low + high) / 2
    text = panel.annotate(
        f"{test.suggestion:.2g}",
        (test.suggestion, 0.04),
        xycoords=("data", "axes fraction"),
        xytext=(-4 if left else 4, 0),
        textcoords="offset points",
        ha="right" if left else "left",
        color=ink(HIGHLIGHT),
        weight="bold",
    )
    halo(text)


def batch_sizes(lr: Array, accuracy: Mapping[int, Band], data_line: str, bound: float) -> Drawn:
    """Draw accuracy against learning rate for each batch size, and beside it the best learning rate against batch size.

    Two dotted lines start from the best learning rate of the smallest batch, if one alone is the best: one grows like the
    batch (the linear rule, Goyal et al. 2017, arXiv:1706.02677), one like its square root (Krizhevsky 2014, arXiv:1404.5997).

    Args:
        lr: the learning rates tried, rising, shape (k,).
        accuracy: by batch size: validation accuracies in [0, 1], arrays of shape (k,); nan where the run diverged.
        data_line: from `style.describe_data`.
        bound: the validation accuracy of guessing; a size that never passes it has no best rate.
    """
    sizes = sorted(accuracy)
    bands = {size: clip_interval(accuracy[size], 0, 1) for size in sizes}
    known = [size for size in sizes if (bands[size].mean > bound).any()]
    figure, axes = new_figure(10, 5.2, 1, 2)
    what = _bests({size: best_rates(bands[size].mean, lr) for size in known})
    note = f" · bars: within {percent(_NEAR, 0)} point of the best" if known else ""
    floor, _ = limits = _score_limits(bands)
    below = f" · {BELOW}" if any((band.mean < floor).any() for band in bands.values()) else ""
    below += " · ×: diverged" if any(np.isnan(band.mean).any() for band in bands.values()) else ""
    title(figure, what, data_line + name_interval("shaded", bands.values()) + note + below)
    colors = dict(zip(sizes, _shades(len(sizes)), strict=True))
    _draw_scores(axes[0, 0], lr, bands, colors, limits)
    _draw_bests(axes[0, 1], lr, {size: bands[size] for size in known}, colors)
    named = known or [size for size in sizes if np.isfinite(bands[size].mean).any()]
    peaks = [Label(f"{n:,}", _best_lr(lr, bands[n]), np.nanmax(bands[n].mean), colors[n], bold=True) for n in named]
    points = [(x, y) for band in bands.values() for x, y in zip(lr, band.mean, strict=True) if y >= floor]
    label_points(axes[0, 0], peaks, avoid=points)
    return figure, [
        row
        for size, band in bands.items()
        for row in to_rows(batch_size=size, lr=lr, **columns("validation_accuracy", band))
    ]


def _best_lr(lr: Array, band: Band) -> float:
    return float(lr[np.nanargmax(band.mean)])


def _bests(best: Mapping[int, Sequence[float]]) -> str:
    """The best learning rate of the smallest and of the largest batch, in words."""
    if len(best) < 2:
        return "Accuracy against learning rate by batch size"
    names = {size: f"{lrs[0]:.3g}" if len(lrs) == 1 else f"{len(lrs)} alike" for size, lrs in best.items()}
    return f"Best of the rates tried: {', '.join(f'{names[end]} with batches of {end:,}' for end in (min(best), max(best)))}"


def _shades(count: int) -> list[str]:
    """Colors from light to dark, for things that have an order."""
    import matplotlib
    from matplotlib.colors import to_hex

    scale = matplotlib.colormaps["viridis"]
    return [to_hex(scale(place)) for place in np.linspace(0.75, 0.0, count)]


def _score_limits(bands: Mapping[int, Band]) -> tuple[float, float]:
    """What is far from good is cut off, so that the peaks can be told apart."""
    bests = [float(np.nanmax(band.mean)) for band in bands.values() if np.isfinite(band.mean).any()]
    return (max(0.0, min(bests) - 0.3), max(bests) + 0.05) if bests else (0.0, 1.0)


def _draw_scores(
    panel: Axes, lr: Array, bands: Mapping[int, Band], colors: Mapping[int, str], limits: tuple[float, float]
) -> None:
    panel.set(xscale="log", ylim=limits)
    panel.plot(
        lr, np.full(len(lr), np.mean(limits)), alpha=0
    )  # the axis holds all rates, those too where every run diverged
    for i, (size, band) in enumerate(bands.items()):
        draw_band(panel, lr, band, colors[size], marker=MARKERS[i % len(MARKERS)])
        mark_below(panel, lr[band.mean < limits[0]], colors[size])
        mark_floor(panel, lr[np.isnan(band.mean)], "x", colors[size], 7)
    panel.set(title="numbers: batch size", xlabel="learning rate", ylabel="validation accuracy (%)")
    plain_log_ticks(panel.xaxis, (1, 3))
    in_percent(panel.yaxis)


def _draw_bests(panel: Axes, lr: Array, bands: Mapping[int, Band], colors: Mapping[int, str]) -> None:
    if not bands:
        panel.set_axis_off()
        return
    panel.set(xscale="log", yscale="log", xlabel="batch size", ylabel="best learning rate")
    sizes = np.array(list(bands), dtype=float)
    for size, band in bands.items():
        best, i = np.nanmax(band.mean), list(colors).index(size)
        good = lr[np.nan_to_num(band.mean, nan=-1.0) >= best - _NEAR]
        panel.plot([size, size], [good.min(), good.max()], color=colors[size], linewidth=4, alpha=0.35)
        for rate in best_rates(band.mean, lr):
            panel.plot(size, rate, MARKERS[i % len(MARKERS)], color=colors[size], markersize=9)
    start, *others = best_rates(next(iter(bands.values())).mean, lr)
    rules: dict[str, Any] = {"linear rule": sizes / sizes[0], "square-root rule": np.sqrt(sizes / sizes[0])}
    rules = {} if others else rules  # they start from the best rate of the smallest batch, if one is the best
    for growth in rules.values():
        panel.plot(sizes, start * growth, ":", color=NEUTRAL, zorder=1)
    panel.set_xticks(sizes, [f"{size:,.0f}" for size in sizes])
    panel.minorticks_off()
    plain_log_ticks(panel.yaxis, (1, 3))
    panel.margins(x=0.1)
    label_ends(panel, [Label(name, sizes[-1], start * growth[-1], NEUTRAL) for name, growth in rules.items()])
