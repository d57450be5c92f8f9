"""Reliability diagrams: is a network that says 90 % right nine times in ten?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nnlabs.arrays import Array
from nnlabs.plotting.intervals import Drawn, in_percent, name_ends, percent, to_rows
from nnlabs.plotting.labels import halo, wrap_title
from nnlabs.plotting.style import BLUE, NEUTRAL, VERMILION, ink, new_figure, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_FEW = 10
"""A bin with fewer answers says nothing of calibration: one answer more or less moves it by ten points and more."""


@dataclass(frozen=True)
class Calibration:
    """Answers of one network, sorted into bins of equal width by confidence (its probability for the class it said).

    Attributes:
        confidence: shape (b,), mean confidence in each bin, in [0, 1]; nan where the bin is empty.
        accuracy: shape (b,), share of right answers in each bin; nan where it is empty.
        count: shape (b,), answers in each bin.
        error: the expected calibration error: Σ count/n · |accuracy - confidence|, in [0, 1].
    """

    confidence: Array
    accuracy: Array
    count: NDArray[np.int64]
    error: float


def reliability_diagram(networks: Mapping[str, Calibration], data_line: str) -> Drawn:
    """Draw accuracy against confidence, one panel a network, and below it how many answers fall into each bin.

    Below the diagonal a network is over-confident, above it under-confident.

    Args:
        networks: the panels, at most four to stay readable.
        data_line: from `style.describe_data`, with the number of test images.

    Source:
        C. Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, https://arxiv.org/abs/1706.04599.
    """
    cols = len(networks)
    width = 10 if cols > 1 else 6
    figure, axes = new_figure(width, 3.2 + width / cols, 2, cols, sharex=True, sharey="row", height_ratios=[3, 1])
    few = any(((network.count > 0) & (network.count < _FEW)).any() for network in networks.values())
    hollow = f" · hollow: fewer than {_FEW} answers" if few else ""
    title(figure, _range(networks), f"{data_line} · dashed line: confidence equals accuracy{hollow}")
    for i, (name, network) in enumerate(networks.items()):
        _diagram(axes[0, i], network)
        wrap_title(axes[0, i], f"{name}\ncalibration error {percent(network.error)} points")
        _counts(axes[1, i], network)
    axes[0, 0].set_ylabel("accuracy (%)")
    axes[1, 0].set_ylabel("answers (%)")
    table = [row for name, network in networks.items() for row in _rows(name, network)]
    return figure, table


def _range(networks: Mapping[str, Calibration]) -> str:
    """The largest and the smallest error, in words."""
    finite = {name: network.error for name, network in networks.items() if np.isfinite(network.error)}
    if len(finite) < 2:
        return "Is its confidence to be trusted?"
    return f"Calibration error: {name_ends(finite, 'points')}"


def _diagram(panel: Axes, network: Calibration) -> None:
    full = network.count > 0
    confidence, accuracy = network.confidence[full], network.accuracy[full]
    panel.plot([0, 1], [0, 1], color=NEUTRAL, linestyle="--", linewidth=1.5)
    many = network.count[full] >= _FEW
    panel.vlines(confidence[many], accuracy[many], confidence[many], color=VERMILION, linewidth=5, alpha=0.35)
    panel.plot(confidence, accuracy, "-", color=BLUE)
    panel.plot(confidence[many], accuracy[many], "o", color=BLUE)
    if not many.all():
        panel.plot(confidence[~many], accuracy[~many], "o", color=BLUE, markerfacecolor="white")
    panel.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    in_percent(panel.yaxis)
    if full.any():
        _say_which_side(panel, float(np.average(confidence - accuracy, weights=network.count[full])))


def _say_which_side(panel: Axes, excess: float) -> None:
    """By how much confidence exceeds accuracy or falls short of it, in the corner beyond the diagonal; nothing of 0.0 points."""
    if abs(excess) < 0.0005:
        return
    side, x, y, align = ("over", 0.03, 0.8, "left") if excess > 0 else ("under", 0.97, 0.05, "right")
    message = f"{side}-confident\nby {percent(abs(excess))} points"
    halo(panel.text(x, y, message, transform=panel.transAxes, ha=align, size=11, color=ink(VERMILION)))


def _counts(panel: Axes, network: Calibration) -> None:
    bins = len(network.count)
    shares = network.count / max(1, network.count.sum())
    panel.stairs(shares, np.linspace(0, 1, bins + 1), fill=True, color=BLUE, alpha=0.6)
    panel.set_xlabel("confidence (%)")
    in_percent(panel.xaxis)
    in_percent(panel.yaxis)


def _rows(name: str, network: Calibration) -> list[dict[str, object]]:
    bins = len(network.count)
    return to_rows(
        network=name,
        bin_from=np.arange(bins) / bins,
        bin_to=np.arange(1, bins + 1) / bins,
        confidence=network.confidence,
        accuracy=network.accuracy,
        answers=network.count,
        calibration_error=network.error,
    )
