"""What regularization does to weights: their histograms, and first layers as images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlabs.arrays import Array
from nnlabs.plotting.intervals import MINUS, Drawn, TableRows, to_rows
from nnlabs.plotting.style import COLORS, FAINT, new_figure, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BINS = 81  # odd, so that one bin has 0 in its middle


def weight_histograms(weights: Mapping[str, Array], data_line: str) -> Drawn:
    """Draw how many weights of the first layer have which size, on a logarithmic scale, one panel a technique, exact zeros counted.

    Args:
        weights: for each technique all weights of its first layer, any shape; not-finite ones are left out. The title holds
            the technique with the most weights near 0 against the first one, the plain network.
        data_line: from `style.describe_data`.
    """
    flat = {name: np.ravel(array)[np.isfinite(np.ravel(array))] for name, array in weights.items()}
    figure, axes = new_figure(10, 5, 1, len(flat), sharex=True, sharey=True)
    reach = max(1e-12, *(np.abs(array).max(initial=0.0) for array in flat.values()))
    title(figure, f"First-layer weights after training: {_sparsest(flat, reach / _BINS)}", data_line)
    edges = np.linspace(-reach, reach, _BINS + 1)
    table: TableRows = []
    for index, (panel, (name, array)) in enumerate(zip(axes[0], flat.items(), strict=True)):
        counts = np.histogram(array, edges)[0]
        panel.stairs(counts, edges, fill=True, color=COLORS[index % len(COLORS)], alpha=0.85)
        panel.set_xlabel("weight")
        panel.set_title(f"{name}\nexactly 0: {_in_percent(_share_of_zeros(array))} % of {array.size:,}")
        table += to_rows(technique=name, bin_from=edges[:-1], bin_to=edges[1:], weights=counts)
    axes[0, 0].set_yscale("log")
    for panel in axes[0]:
        panel.minorticks_off()  # 9 ticks a power of ten would say nothing more
    axes[0, 0].set_ylim(0.7, 3 * max(row["weights"] for row in table) + 1)  # a single weight is to be seen
    axes[0, 0].set_ylabel("number of weights (log scale)")
    return figure, table


def _share_of_zeros(array: Array) -> float:
    return 100.0 * float(np.mean(array == 0)) if array.size else 0.0


def _sparsest(flat: Mapping[str, Array], near: float) -> str:
    """The technique that has the most weights in the bin around 0, and how many the first one has there, in words.

    While an L1 penalty acts, weights that it has driven to 0 are moved off again by some batches: exact zeros are the fewer part.
    """
    shares = {name: 100 * float(np.mean(np.abs(array) < near)) for name, array in flat.items() if array.size}
    if not any(shares.values()):
        return f"none lies within ±{near:.2g} of 0"
    name, plain = max(shares, key=lambda each: shares[each]), next(iter(shares))
    beside = "" if name == plain else f", {plain} {_in_percent(shares[plain])} %"
    return f"{name} has {_in_percent(shares[name])} % within ±{near:.2g} of 0{beside}"


def _in_percent(number: float) -> str:
    """A number of per cent with one decimal, or as many as it takes to tell it from 0."""
    return f"{number:.2g}" if 0 < number < 0.1 else f"{number:.1f}"


def first_layer_images(maps: Mapping[str, Array], data_line: str, cols: int = 6) -> Drawn:
    """Draw first-layer weights as images, one block a technique, all on one color scale that is symmetric around 0.

    Weights of signals, which have a width of 1, are drawn as lines instead, all on one scale.

    Args:
        maps: for each technique the weights of some units, shape (units, height, width).
        data_line: from `style.describe_data`.
        cols: images side by side in a block.
    """
    rows = max(-(-len(images) // cols) for images in maps.values())
    block = 10 / len(maps)
    figure, axes = new_figure(10, 1.75 + min(6.0, block * rows / cols), 1, len(maps))
    pooled = np.abs(np.concatenate([np.ravel(images) for images in maps.values()]))
    reach = max(1e-12, float(np.quantile(pooled[np.isfinite(pooled)], 0.995)))
    if all(images.shape[2] == 1 for images in maps.values()):
        what = "First-layer weights as lines: what each unit looks for"
        how = f"from the signal's beginning (top) to its end; a unit's column is ±{reach:.2g} wide, outermost 0.5 % of weights cut"
        title(figure, what, f"{data_line} · {how}")
        for index, (panel, (name, images)) in enumerate(zip(axes[0], maps.items(), strict=True)):
            _draw_lines(panel, images[:, :, 0], cols, reach, COLORS[index % len(COLORS)])
            panel.set_title(name)
        return figure, _pixels(maps)
    what = "First-layer weights as images: what each unit looks for"
    title(figure, what, f"{data_line} · one color scale, ±{reach:.2g}; the outermost 0.5 % of weights are cut to it")
    for panel, (name, images) in zip(axes[0], maps.items(), strict=True):
        shown = panel.imshow(_mosaic(images, cols), cmap="RdBu_r", vmin=-reach, vmax=reach, interpolation="nearest")
        panel.set_axis_off()
        panel.set_title(name)
    place: dict[str, Any] = {"location": "bottom", "shrink": 0.4, "aspect": 30, "extend": "both"}
    bar = figure.colorbar(shown, ax=axes[0].tolist(), label="weight", **place)
    bar.set_ticks([-reach, 0, reach], labels=[f"{MINUS}{reach:.2g}", "0", f"{reach:.2g}"])
    return figure, _pixels(maps)


def _draw_lines(panel: Axes, units: Array, cols: int, reach: float, color: str) -> None:
    """One line a unit, side by side in rows of `cols`, from the top down, weights to the right; gray is 0."""
    down = np.linspace(0.0, 0.9, units.shape[1])
    for unit, weights in enumerate(np.clip(units, -reach, reach)):
        row, column = divmod(unit, cols)
        panel.plot([column, column], [row, row + 0.9], color=FAINT, linewidth=1)
        panel.plot(column + 0.45 * weights / reach, row + down, color=color, linewidth=1.3)
    panel.set(xlim=(-0.5, cols - 0.5), ylim=(-(-len(units) // cols), -0.1))
    panel.set_axis_off()


def _mosaic(images: Array, cols: int) -> Array:
    """Images side by side in one array, two empty (nan) pixels between neighbors."""
    units, height, width = images.shape
    padded = np.full((-(-units // cols) * cols, height + 2, width + 2), np.nan)
    padded[:units, 1:-1, 1:-1] = images
    grid = padded.reshape(-1, cols, height + 2, width + 2)
    return grid.transpose(0, 2, 1, 3).reshape(-1, cols * (width + 2))


def _pixels(maps: Mapping[str, Array]) -> TableRows:
    """A row a unit, a column a pixel, four significant digits: `y3_x7` is in row 3, column 7 of the image."""
    table = []
    for name, images in maps.items():
        for unit, image in enumerate(images):
            pixels = {f"y{y}_x{x}": float(f"{value:.4g}") for (y, x), value in np.ndenumerate(image)}
            table.append({"technique": name, "unit": unit, **pixels})
    return table
