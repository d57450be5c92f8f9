"""Gradients by depth and by layer, fit by width and depth, as colors with the numbers written in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnlabs.arrays import Array
from nnlabs.plotting.heat_maps import LEAST, draw_map
from nnlabs.plotting.intervals import INTERVAL, Band, Drawn, columns
from nnlabs.plotting.style import new_figure, new_panels, title

RATIO_COLORS: dict[str, Any] = {"cmap": "RdBu_r", "vmin": -6, "vmax": 6}
_MOST_OF_THREE = 5  # columns for which the numbers have room in a panel with two more beside it


def gradient_ratios(
    maps: Mapping[str, Array], activations: Sequence[str], depths: Sequence[int], data_line: str
) -> Drawn:
    """Draw how the gradient changes from the last layer to the first: one panel an initialization, red grows, blue shrinks.

    Args:
        maps: by initialization: log10 of the ratio of ‖dL/dz‖, first layer over last, shape (activations, depths).
        activations: names of the rows.
        depths: numbers of layers, the columns.
        data_line: from `style.describe_data`.
    """
    cols = 3 if len(depths) <= _MOST_OF_THREE else 2
    figure, axes = new_panels(len(maps), cols, 0.8 + 0.28 * len(activations), rest=2.0)
    what = "Before training: how the gradient changes on its way back to the first layer"
    title(figure, what, f"{data_line} · log₁₀ of ‖dL/dz‖ at the first layer over that at the last, mean")
    figure.supxlabel("layers", size=12)
    for panel, (init, logs) in zip(axes, maps.items(), strict=True):
        panel.set_title(init)
        image = draw_map(panel, logs, activations, depths, _short, **RATIO_COLORS)
    figure.colorbar(image, ax=axes, extend="both", label="log₁₀ of the ratio", fraction=0.04)
    return figure, [
        {"initialization": init, "activation": activations[i], "layers": depths[j], "log10_first_to_last": logs[i, j]}
        for init, logs in maps.items()
        for i, j in np.ndindex(logs.shape)
    ]


def _short(value: float) -> str:
    """One decimal, none from 10 on: no more than three digits and a sign have room in a narrow cell."""
    return f"{value:z.1f}" if abs(value) < 9.95 else f"{value:.0f}"


def gradient_by_layer(maps: Mapping[str, Array], activations: Sequence[str], data_line: str) -> Drawn:
    """Draw the gradient at every layer of deep networks: one panel an initialization, red larger than at the last, blue smaller.

    Args:
        maps: by initialization: log10 of ‖dL/dz‖ at each layer over that at the last, shape (activations, layers).
        activations: names of the rows.
        data_line: from `style.describe_data`.
    """
    from matplotlib.ticker import MaxNLocator

    figure, axes = new_panels(len(maps), 3, 0.8 + 0.28 * len(activations), rest=2.0)
    depth = next(iter(maps.values())).shape[1]
    what = f"Before training: the gradient at each of {depth} layers"
    title(figure, what, f"{data_line} · log₁₀ of ‖dL/dz‖ over that at the last layer, mean")
    figure.supxlabel("layer", size=12)
    axes[0].xaxis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1))
    axes[0].set_yticks(range(len(activations)), list(activations))
    around = (0.5, depth + 0.5, len(activations) - 0.5, -0.5)
    for panel, (init, logs) in zip(axes, maps.items(), strict=True):
        panel.set_title(init)
        panel.grid(False)
        image = panel.imshow(np.maximum(logs, LEAST), aspect="auto", extent=around, **RATIO_COLORS)
    figure.colorbar(image, ax=axes, extend="both", label="log₁₀ of the ratio", fraction=0.04)
    return figure, [
        {"initialization": init, "activation": activations[i], "layer": j + 1, "log10_to_last": logs[i, j]}
        for init, logs in maps.items()
        for i, j in np.ndindex(logs.shape)
    ]


def fit_by_size(loss: Band, accuracy: Band, depths: Sequence[int], widths: Sequence[int], data_line: str) -> Drawn:
    """Draw how well networks fit by their depth and width: training loss beside validation accuracy.

    Args:
        loss: log10 of the cross-entropy over the training examples in nats, shape (depths, widths).
        accuracy: on the validation examples, a share, of the same shape.
        depths: numbers of hidden layers.
        widths: units of each.
        data_line: from `style.describe_data`.
    """
    figure, axes = new_figure(10, 2.4 + 0.55 * len(depths), 1, 2, sharey=True)
    several = np.isfinite(accuracy.low).any()
    line = f"{data_line} · mean ± half the {INTERVAL}" if several else data_line
    title(figure, "How well networks fit, by their depth and width", f"{line} · the more yellow, the better")
    # One color, yellow, for what fits well in both.
    shown = (
        ("log₁₀ of the training loss (nats)", loss, 1, "viridis_r"),
        ("validation accuracy (%)", accuracy, 100, "viridis"),
    )
    for panel, (what, band, scale, cmap) in zip(axes.flat, shown, strict=True):
        half = scale * (band.high - band.low) / 2 if several else None
        draw_map(panel, scale * band.mean, depths, widths, "z.1f", half, cmap=cmap)
        panel.set(title=what, xlabel="units of each hidden layer")
    axes[0, 0].set_ylabel("hidden layers")
    numbers = columns("log10_loss", loss) | columns("accuracy", accuracy)
    return figure, [
        {"hidden_layers": depths[i], "units": widths[j]} | {name: array[i, j] for name, array in numbers.items()}
        for i, j in np.ndindex(loss.mean.shape)
    ]
