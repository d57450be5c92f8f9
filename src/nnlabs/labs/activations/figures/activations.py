"""Activations as pictures: their shapes, and how well networks with them learn, one panel or one row an activation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlabs.arrays import Array
from nnlabs.plotting.intervals import (
    MINUS,
    Band,
    Drawn,
    clip_interval,
    columns,
    draw_band,
    in_percent,
    name_interval,
    names_of,
    percent,
    powers_of_ten,
    to_rows,
    whiskers,
)
from nnlabs.plotting.labels import label_y, spread
from nnlabs.plotting.style import BLUE, INK, VALIDATION, VERMILION, ink, new_figure, new_panels, series_style, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_STRETCH = 0.12
"""Of accuracies, how far below the best the axis of `accuracies` goes: where they crowd, differences are to be seen."""


@dataclass(frozen=True)
class Shape:
    """An activation and its derivative.

    Attributes:
        title: the activation's name.
        range: the ends of the interval in which its values lie.
        x: where it is drawn, shape (k,).
        value: f(x), shape (k,).
        slope: f'(x), shape (k,).
        elementwise: whether it looks at one input only; if not, it is drawn for inputs (x, 0).
    """

    title: str
    range: tuple[float, float]
    x: Array
    value: Array
    slope: Array
    elementwise: bool


def show_range(ends: tuple[float, float]) -> str:
    """The interval in which values lie.

    Example:
        >>> show_range((0, float("inf")))
        '0 to ∞'
    """
    low, high = (("−∞" if end < 0 else "∞") if math.isinf(end) else f"{end:.3g}".replace("-", MINUS) for end in ends)
    return f"{low} to {high}"


def gallery(shapes: Mapping[str, Shape]) -> Drawn:
    """Draw every activation with its derivative, one panel each, all to one scale.

    Args:
        shapes: by the activations' short names.
    """
    figure, axes = new_panels(len(shapes), 4, 1.72)
    several = any(not shape.elementwise for shape in shapes.values())
    note = " · *: looks at several inputs; drawn for the two inputs (x, 0)" if several else ""
    line = f"f(x) solid, its slope f′(x) dashed, both by the autograd engine · in brackets: range of f{note}"
    title(figure, f"{len(shapes)} activations and their derivatives", line)
    axes[0].set(xlim=(-4, 4), ylim=(-2.2, 3.2), xticks=[-4, -2, 0, 2, 4], yticks=[-2, 0, 2])
    for panel, shape in zip(axes, shapes.values(), strict=True):
        _draw_shape(panel, shape)
    return figure, [
        row
        for name, shape in shapes.items()
        for row in to_rows(activation=name, x=shape.x, value=shape.value, slope=shape.slope)
    ]


def _draw_shape(panel: Axes, shape: Shape) -> None:
    panel.plot(shape.x, shape.value, color=BLUE)
    panel.plot(shape.x, shape.slope, color=VERMILION, linestyle="--")
    star = "" if shape.elementwise else " *"
    panel.set_title(f"{shape.title}{star} ({show_range(shape.range)})", size=10.5)
    bottom, top = panel.get_ylim()
    ends = np.clip([shape.value[-1], shape.slope[-1]], bottom, top)
    heights = spread(ends, gap=1.0, low=bottom + 0.3, high=top - 0.3)
    for text, height, color in zip(("f", "f′"), heights, (BLUE, VERMILION), strict=True):
        panel.text(4.2, height, text, color=ink(color), va="center", size=11)


def loss_curves(losses: Mapping[str, Mapping[str, Band]], steps: Array, data_line: str) -> Drawn:
    """Draw the training loss by step, one panel an activation, one line a problem.

    Args:
        losses: by the activations' titles, then by problem: log₁₀ of the cross-entropy in nats, arrays of shape (r,).
        steps: after how many steps, shape (r,).
        data_line: from `style.describe_data`.
    """
    figure, axes = new_panels(len(losses), 4, 1.72)
    every = [band for bands in losses.values() for band in bands.values()]
    means = np.concatenate([np.ravel(band.mean) for band in every])
    least = float(means[np.isfinite(means)].min(initial=0.0))
    what = "Training loss, activation by activation"
    title(figure, what, f"{data_line} · geometric mean{name_interval('shaded', every)}")
    axes[0].set(yscale="log", ylim=(10 ** (math.floor(2 * least) / 2), 10))
    axes[0].minorticks_off()
    for panel, (name, bands) in zip(axes, losses.items(), strict=True):
        for i, (problem, band) in enumerate(bands.items()):
            draw_band(panel, steps, powers_of_ten(band), label=problem, **series_style(i))
        panel.set_title(name, size=10.5)
    handles, names = axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=len(names), handlelength=3)
    label_y(figure, "cross-entropy (nats)")
    for panel in axes:
        if panel.xaxis.get_tick_params().get("labelbottom"):  # the lowest of its column
            panel.set_xlabel("step")
    return figure, [
        row
        for name, bands in losses.items()
        for problem, band in bands.items()
        for row in to_rows(activation=name, problem=problem, step=steps, **columns("loss", powers_of_ten(band)))
    ]


def accuracies(scores: Mapping[str, Mapping[str, Band]], data_line: str) -> Drawn:
    """Draw validation accuracies as dots with intervals, one row an activation, one panel a problem, the best on top.

    Each panel shows the stretch below its best in which most lie; of those below it stands the number.

    Args:
        scores: by the activations' titles, then by problem: shares in [0, 1].
        data_line: from `style.describe_data`.
    """
    scores = {
        name: {problem: clip_interval(band, 0, 1) for problem, band in bands.items()} for name, bands in scores.items()
    }
    means = {name: float(np.mean([band.mean for band in bands.values()])) for name, bands in scores.items()}
    names = sorted(scores, key=lambda name: -means[name])
    problems = list(scores[names[0]])
    figure, axes = new_figure(10, 2.0 + 0.3 * len(names), 1, len(problems), sharey=True)
    several = len(names) > 1
    first, last = (names_of(means, means[names[end]]) for end in (0, -1))
    what = f"{first} highest in the mean, {last} lowest" if first != last else first
    order = " · rows in order of the mean over problems" if several else ""
    bars = name_interval("bars", [band for bands in scores.values() for band in bands.values()])
    title(figure, f"Validation accuracy: {what}", f"{data_line}{bars}{order}")
    for panel, problem in zip(axes.flat, problems, strict=True):
        _draw_scores(panel, [scores[name][problem] for name in names])
        panel.set_title(problem)
        panel.yaxis.grid(False)
        in_percent(panel.xaxis)
    axes[0, 0].set_yticks(range(len(names)), names)
    axes[0, 0].set_ylim(len(names) - 0.4, -0.6)
    figure.supxlabel("validation accuracy (%); ◂: below the axis, its interval not drawn", size=12)
    return figure, [
        {"activation": name, "problem": problem, **columns("accuracy", scores[name][problem])}
        for name in names
        for problem in problems
    ]


def _draw_scores(panel: Axes, bands: Sequence[Band]) -> None:
    """A dot with its interval a row; of those more than `_STRETCH` below the best the number alone, at the left edge."""
    means = np.array([band.mean for band in bands], dtype=float)
    best = float(np.nanmax(means, initial=0.0))
    near = {row: band for row, band in enumerate(bands) if means[row] >= best - _STRETCH}
    dots: dict[str, Any] = {"fmt": "o", "color": VALIDATION, "markersize": 5}
    panel.errorbar(
        means[list(near)], list(near), xerr=whiskers(near.values()), ecolor=INK, elinewidth=1.2, capsize=3, **dots
    )
    highest = max((np.fmax(band.high, best) for band in near.values()), default=best)
    panel.set_xlim(best - 1.1 * _STRETCH, float(highest) + 0.05 * _STRETCH)
    for row, band in enumerate(bands):
        if row not in near:
            text = f"◂ {percent(band.mean)}"
            panel.text(
                0.03, row, text, transform=panel.get_yaxis_transform(), va="center", size=10, color=ink(VALIDATION)
            )
