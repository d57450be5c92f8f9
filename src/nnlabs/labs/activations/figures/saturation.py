"""What goes into activations, layer by layer, before and after training, and how much of it lands where they are flat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlabs.arrays import Array
from nnlabs.plotting.intervals import Drawn, percent, to_rows
from nnlabs.plotting.labels import halo
from nnlabs.plotting.style import FAINT, NEUTRAL, VERMILION, ink, new_figure, title
from nnlabs.stats.intervals import Interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class LayerInputs:
    """The inputs z of one hidden layer's activation, over all examples, units and seeds.

    Attributes:
        edges: of the bins, shape (k + 1,).
        before: share of the inputs in each bin before training, shape (k,).
        after: the same after training, nan where all networks have diverged.
        before_saturated: share of the inputs that lie in each bin, before training, and saturate the activation, shape (k,).
        after_saturated: the same after training.
        share_before: of all inputs that do, before training.
        share_after: the same after training.
    """

    edges: Array
    before: Array
    after: Array
    before_saturated: Array
    after_saturated: Array
    share_before: Interval
    share_after: Interval


def histograms(layers: Mapping[str, Sequence[LayerInputs]], bound: float, data_line: str) -> Drawn:
    """Draw the inputs of each hidden layer, one row an activation, one column a layer.

    Args:
        layers: by the activations' titles, from the first hidden layer to the last.
        bound: an activation counts as saturated where its slope lies between minus and plus this.
        data_line: from `style.describe_data`.
    """
    rows, cols = len(layers), max(map(len, layers.values()))
    # A single row is drawn higher, for the words along the figure's side.
    figure, axes = new_figure(10, 1.7 + max(2.2, 1.25 * rows), rows, cols)
    line = f"{data_line} · gray: before training, orange: after · dark or filled, and in numbers: saturated, |f′(z)| < {bound:g}"
    line += " · the outermost inputs are counted, not drawn"
    title(figure, "What goes into each hidden unit's activation, before and after training", line)
    for panels, (name, stack) in zip(axes, layers.items(), strict=True):
        top = 1.25 * float(np.nanmax([(layer.before, layer.after) for layer in stack]))
        for panel, layer in zip(panels, stack, strict=True):
            _draw_layer(panel, layer, top)
        panels[0].set_ylabel(name)
    for number, panel in enumerate(axes[0], start=1):
        panel.set_title(f"hidden layer {number}")
    figure.supxlabel("input z of the activation", size=12)
    figure.supylabel("share of the inputs", size=12)
    return figure, [
        row for name, stack in layers.items() for i, layer in enumerate(stack, start=1) for row in _rows(name, i, layer)
    ]


def _draw_layer(panel: Axes, layer: LayerInputs, top: float) -> None:
    panel.stairs(layer.before, layer.edges, fill=True, color=FAINT)
    panel.stairs(layer.before_saturated, layer.edges, fill=True, color=NEUTRAL)
    panel.stairs(layer.after_saturated, layer.edges, fill=True, color=VERMILION, alpha=0.45)
    panel.stairs(layer.after, layer.edges, color=VERMILION, linewidth=1.6)
    panel.set(xlim=(layer.edges[0], layer.edges[-1]), ylim=(0, top), yticks=[])
    panel.locator_params(axis="x", nbins=5)
    before, after = (float(share.mean) for share in (layer.share_before, layer.share_after))
    message = f"{percent(before, 0)} % → {'diverged' if np.isnan(after) else f'{percent(after, 0)} %'}"
    halo(
        panel.text(0.98, 0.93, message, transform=panel.transAxes, ha="right", va="top", size=11, color=ink(VERMILION))
    )
    panel.tick_params(axis="x", color=NEUTRAL)


def _rows(name: str, number: int, layer: LayerInputs) -> list[dict[str, Any]]:
    return to_rows(
        activation=name,
        layer=number,
        z_low=layer.edges[:-1],
        z_high=layer.edges[1:],
        before=layer.before,
        before_saturated=layer.before_saturated,
        after=layer.after,
        after_saturated=layer.after_saturated,
        saturated_in_all_before=float(layer.share_before.mean),
        saturated_in_all_after=float(layer.share_after.mean),
    )
