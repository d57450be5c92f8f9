"""What goes on inside a network as it learns: units that die, and where learning starts from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from nnlabs.arrays import Array
from nnlabs.plotting.intervals import Band, Drawn, clip_interval, columns, draw_band, in_percent, name_interval, to_rows
from nnlabs.plotting.labels import Label, label_ends
from nnlabs.plotting.style import MARKERS, new_figure, series_style, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def dead_units(shares: Mapping[str, Band], accuracy: Mapping[str, Band], rates: Array, data_line: str) -> Drawn:
    """Draw the share of dead units against the learning rate, and beside it what that costs.

    Args:
        shares: by the activations' titles: share of the hidden units that are negative for every example, shape (rates,).
        accuracy: by the same titles: validation accuracy, a share, shape (rates,).
        rates: learning rates, rising.
        data_line: from `style.describe_data`.
    """
    figure, axes = new_figure(10, 5.0, 1, 2, sharex=True)
    title(
        figure, "Units that are negative for every example, by learning rate", f"{data_line}{_shaded(shares, accuracy)}"
    )
    ticks = [f"{rate:g}" for rate in rates]
    for panel, bands, what in zip(
        axes.flat, (shares, accuracy), ("units negative for all examples (%)", "validation accuracy (%)"), strict=True
    ):
        for i, band in enumerate(bands.values()):
            draw_band(panel, rates, clip_interval(band, 0, 1), marker=MARKERS[i % len(MARKERS)], **series_style(i))
        panel.set(xscale="log", xlabel="learning rate", ylabel=what, ylim=(-0.03, 1.03))
        panel.set_xticks(rates, ticks)
        panel.minorticks_off()
        in_percent(panel.yaxis)
    _name_ends(axes.flat, (shares, accuracy), rates[-1])
    return figure, [
        row
        for name, band in shares.items()
        for row in to_rows(
            activation=name, lr=rates, **columns("dead_share", band), **columns("accuracy", accuracy[name])
        )
    ]


def dying_units(shares: Mapping[tuple[str, int], Mapping[str, Band]], steps: Array, data_line: str) -> Drawn:
    """Draw the share of dead units by step: one row an activation, one column a hidden layer, one line a learning rate.

    Args:
        shares: by the activations' titles and the layers' numbers, from 1, then by learning rate: share of the layer's units that
            are negative for every example, shape (r,).
        steps: after how many steps, shape (r,).
        data_line: from `style.describe_data`.
    """
    cols = max(layer for _, layer in shares)
    figure, axes = new_figure(
        10, 1.6 + 2.7 * (len(shares) // cols), len(shares) // cols, cols, sharex=True, sharey=True
    )
    what = "Units that are negative for every example, step by step and layer by layer"
    title(figure, what, f"{data_line} · at the lines: learning rate{_shaded(*shares.values())}")
    figure.supylabel("units negative for all examples (%)", size=12)
    in_percent(axes[0, 0].yaxis)
    drawn = {
        f"{name}, hidden layer {layer}": {rate: clip_interval(band, 0, 1) for rate, band in bands.items()}
        for (name, layer), bands in shares.items()
    }
    _lines_by_step(axes.flat, drawn, steps)
    for panel in axes.flat:
        panel.label_outer()
    axes[0, 0].set_ylim(-0.01, None)
    _name_ends(axes.flat, shares.values(), steps[-1])
    return figure, [
        row
        for (name, layer), bands in shares.items()
        for rate, band in bands.items()
        for row in to_rows(activation=name, layer=layer, lr=rate, step=steps, **columns("dead_share", band))
    ]


def starts(losses: Mapping[str, Mapping[str, Band]], steps: Array, data_line: str) -> Drawn:
    """Draw the loss by step, one panel an activation, one line an initialization.

    Args:
        losses: by the activations' titles, then by initialization: cross-entropy in nats, arrays of shape (r,).
        steps: after how many steps, shape (r,).
        data_line: from `style.describe_data`.
    """
    figure, axes = new_figure(10, 5.4, 1, len(losses), sharex=True, sharey=True)
    title(figure, "The same network from different first weights", f"{data_line}{_shaded(*losses.values())}")
    axes[0, 0].set_ylabel("training loss: cross-entropy (nats)")
    _lines_by_step(axes.flat, losses, steps)
    top = 1.15 * max(float(band.mean.max()) for bands in losses.values() for band in bands.values())
    axes[0, 0].set_ylim(0, top)
    _name_ends(axes.flat, losses.values(), steps[-1])
    return figure, [
        row
        for name, bands in losses.items()
        for init, band in bands.items()
        for row in to_rows(activation=name, initialization=init, step=steps, **columns("loss", band))
    ]


def _shaded(*series: Mapping[str, Band]) -> str:
    return name_interval("shaded", [band for bands in series for band in bands.values()])


def _lines_by_step(panels: Iterable[Axes], series: Mapping[str, Mapping[str, Band]], steps: Array) -> None:
    """One panel a name, one line with its interval a second name; nothing drawn can be below 0."""
    for panel, (name, bands) in zip(panels, series.items(), strict=True):
        panel.set(title=name, xlabel="step")
        for i, band in enumerate(bands.values()):
            draw_band(panel, steps, clip_interval(band, 0, np.inf), **series_style(i))


def _name_ends(panels: Iterable[Axes], series: Iterable[Mapping[str, Band]], end: float) -> None:
    """The names of each panel's lines where these end."""
    for panel, bands in zip(panels, series, strict=True):
        lines = enumerate(bands.items())
        label_ends(panel, [Label(name, end, band.mean[-1], series_style(i)["color"]) for i, (name, band) in lines])
