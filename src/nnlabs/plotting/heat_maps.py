"""Numbers by row and column as colors, with the numbers written in: gradients by depth, fit by width and depth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnlabs.plotting.intervals import INTERVAL, MINUS, Band, Drawn
from nnlabs.plotting.style import INK, NEUTRAL, new_figure, new_panels, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage
    from matplotlib.patches import Rectangle

Floats = NDArray[np.floating[Any]]
RATIO_COLORS: dict[str, Any] = {"cmap": "RdBu_r", "vmin": -6, "vmax": 6}
ENDS = (("mean", ""), ("low", "_low"), ("high", "_high"))
LEAST = -300
"""Beyond every scale: where -inf, a gradient lost altogether, can be drawn."""
_MOST_OF_THREE = 5  # columns for which the numbers have room in a panel with two more beside it


def gradient_ratios(
    maps: Mapping[str, Floats], activations: Sequence[str], depths: Sequence[int], data_line: str
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
    for panel in axes[-cols:]:
        panel.set_xlabel("layers")
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


def gradient_by_layer(maps: Mapping[str, Floats], activations: Sequence[str], data_line: str) -> Drawn:
    """Draw the gradient at every layer of deep networks: one panel an initialization, red larger than at the last, blue smaller.

    Args:
        maps: by initialization: log10 of ‖dL/dz‖ at each layer over that at the last, shape (activations, layers).
        activations: names of the rows.
        data_line: from `style.describe_data`.
    """
    figure, axes = new_panels(len(maps), 3, 0.8 + 0.28 * len(activations), rest=2.0)
    depth = next(iter(maps.values())).shape[1]
    what = f"Before training: the gradient at each of {depth} layers"
    title(figure, what, f"{data_line} · log₁₀ of ‖dL/dz‖ over that at the last layer, mean")
    for panel in axes[-3:]:
        panel.set_xlabel("layer")
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
    line = f"{data_line} · mean ± half the {INTERVAL}"
    title(figure, "How well networks fit, by their depth and width", line)
    shown = (("log₁₀ of the training loss (nats)", loss, 1), ("validation accuracy (%)", accuracy, 100))
    for panel, (what, band, scale) in zip(axes.flat, shown, strict=True):
        half = scale * (band.high - band.low) / 2
        draw_map(panel, scale * band.mean, depths, widths, "z.1f", half)
        panel.set(title=what, xlabel="units of each hidden layer")
    axes[0, 0].set_ylabel("hidden layers")
    return figure, [
        {"hidden_layers": depths[i], "units": widths[j]}
        | {f"log10_loss{end}": getattr(loss, key)[i, j] for key, end in ENDS}
        | {f"accuracy{end}": getattr(accuracy, key)[i, j] for key, end in ENDS}
        for i, j in np.ndindex(loss.mean.shape)
    ]


def draw_map(
    axes: Axes,
    values: Floats,
    rows: Sequence[Any],
    cols: Sequence[Any],
    form: str | Callable[[float], str],
    half: Floats | None = None,
    **colors: Any,
) -> AxesImage:
    """Draw a table as colors, each number written into its cell in what is better read there, black or white; nan: hatched.

    Args:
        axes: the panel.
        values: shape (rows, cols).
        rows: names of the rows.
        cols: names of the columns.
        form: how a number is written, such as "z.1f" (z: no minus before a 0), or what writes it.
        half: half of each number's interval, written below it; nan leaves it out.
        **colors: for `Axes.imshow`.
    """
    write = form if callable(form) else f"{{:{form}}}".format
    shown = np.maximum(values, LEAST)
    image = axes.imshow(shown, aspect="auto", **colors)
    axes.set_xticks(range(len(cols)), [str(col) for col in cols])
    axes.set_yticks(range(len(rows)), [str(row) for row in rows])
    axes.grid(False)
    for (i, j), value in np.ndenumerate(values):
        if np.isnan(value):
            axes.add_patch(_hatched(i, j))
            continue
        red, green, blue, _ = image.cmap(image.norm(shown[i, j]))
        # Luma of ITU-R BT.601
        dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
        text = write(float(value)).replace("-", MINUS).replace("inf", "∞")
        if half is not None and np.isfinite(half[i, j]):
            text += f"\n± {write(float(half[i, j]))}"
        axes.text(j, i, text, ha="center", va="center", size=9, color="white" if dark else INK)
    return image


def _hatched(row: int, col: int) -> Rectangle:
    """A cell without a number."""
    from matplotlib.patches import Rectangle

    return Rectangle((col - 0.5, row - 0.5), 1, 1, facecolor="white", edgecolor=NEUTRAL, hatch="///", linewidth=0)


def outline(axes: Axes, chosen: NDArray[np.bool_], color: str) -> None:
    """Draw a line, with a white rim, around the cells of a map that are chosen, neighbors together.

    Args:
        axes: with a map by `draw_map`.
        chosen: shape (rows, cols).
        color: of the line.
    """
    from matplotlib.collections import LineCollection

    padded = np.pad(chosen, 1)
    # A side of a cell is drawn where one of the two cells it parts is chosen and the other is not.
    across = np.argwhere(padded[1:, 1:-1] != padded[:-1, 1:-1]) - 0.5
    down = np.argwhere(padded[1:-1, 1:] != padded[1:-1, :-1]) - 0.5
    sides = [[(x, y), (x + 1, y)] for y, x in across] + [[(x, y), (x, y + 1)] for y, x in down]
    for line, width in (("white", 5.0), (color, 2.5)):
        axes.add_collection(
            LineCollection(sides, colors=line, linewidths=width, capstyle="projecting", clip_on=False, zorder=3),
            autolim=False,
        )
