"""Points with names: topologies by cost and accuracy, and the trials of a grid and a random search."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from nnlabs.arrays import Array
from nnlabs.plotting.intervals import (
    Band,
    Drawn,
    TableRows,
    clip_interval,
    columns,
    in_percent,
    log_scale,
    name_interval,
    names_of,
    percent,
    score_span,
    to_rows,
    whiskers,
)
from nnlabs.plotting.labels import Label, label_points
from nnlabs.plotting.style import COLORS, HIGHLIGHT, INK, MARKERS, NEUTRAL, new_figure, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection


@dataclass(frozen=True)
class Topology:
    """One kind of network.

    Attributes:
        parameters: how many it has.
        multiply_adds: how many it takes to classify one image.
        accuracy: test accuracy, numbers in [0, 1].
        lost: share of the seeds that ended without a network.
        other_data: whether it learns from other examples than most do, so that it is not to be called the best structure.
    """

    parameters: int
    multiply_adds: int
    accuracy: Band
    lost: float = 0.0
    other_data: bool = False


def topologies(networks: Mapping[str, Topology], data_line: str) -> Drawn:
    """Draw test accuracy against the multiply-adds of one image (log scale), a point a network with its parameters.

    Args:
        networks: the points by name; those whose accuracy is nan are named below the panel.
        data_line: from `style.describe_data`.
    """
    figure, axes = new_figure(10, 6.2)
    panel = axes[0, 0]
    networks = {name: replace(net, accuracy=clip_interval(net.accuracy, 0, 1)) for name, net in networks.items()}
    known = {name: network for name, network in networks.items() if np.isfinite(network.accuracy.mean)}
    bars = name_interval("bars", [network.accuracy for network in networks.values()])
    title(figure, _best_topology(known), data_line + bars)
    for i, network in enumerate(known.values()):
        color, marker, accuracy = COLORS[i % len(COLORS)], MARKERS[i % len(MARKERS)], network.accuracy
        panel.errorbar(
            network.multiply_adds, accuracy.mean, whiskers([accuracy]), fmt=marker, color=color, capsize=4, markersize=9
        )
    log_scale(panel.set_xscale, [network.multiply_adds for network in networks.values()])
    panel.margins(0.15, 0.15)
    panel.set_xlabel(_with_failures("multiply-adds for one example", [name for name in networks if name not in known]))
    panel.set_ylabel("test accuracy (%)")
    in_percent(panel.yaxis)
    labels = [_topology_label(i, name, network) for i, (name, network) in enumerate(known.items())]
    label_points(panel, labels, avoid=_bars(known.values()))
    table = [
        {
            "network": name,
            "parameters": network.parameters,
            "multiply_adds": network.multiply_adds,
            **columns("test_accuracy", network.accuracy),
        }
        for name, network in networks.items()
    ]
    return figure, table


def _bars(networks: Iterable[Topology]) -> list[tuple[float, float]]:
    """Nine points along each error bar."""
    bars = [(net.multiply_adds, np.linspace(net.accuracy.low, net.accuracy.high, 9)) for net in networks]
    return [(x, y) for x, heights in bars for y in heights if np.isfinite(y)]


def _topology_label(index: int, name: str, network: Topology) -> Label:
    label = f"{name} {percent(network.accuracy.mean)} %\n{_short(network.parameters)} parameters"
    return Label(label, network.multiply_adds, float(network.accuracy.mean), COLORS[index % len(COLORS)])


def _short(number: float) -> str:
    """A number in thousands or millions: "98k", "1.2M"."""
    if number < 1e3:
        return f"{number:g}"
    return f"{number / 1e3:.0f}k" if number < 999_500 else f"{number / 1e6:.1f}M"


def _best_topology(known: Mapping[str, Topology]) -> str:
    if not known:
        return "Topologies: every run diverged"
    # A lost seed counts as 0 %, as in the sentences.
    scores = {name: float(net.accuracy.mean * (1 - net.lost)) for name, net in known.items() if not net.other_data}
    if not scores:
        return "Test accuracy against multiply-adds"
    best = max(scores, key=scores.__getitem__)
    who = names_of(scores, scores[best])
    among = "Of those with the same data, " if len(scores) < len(known) else ""
    said = f"{who} classif{'ies' if who == best else 'y'} best: {percent(known[best].accuracy.mean)} %"
    return f"{among}{said} of the test split"


def _with_failures(label: str, failed: Sequence[str]) -> str:
    return f"{label}\n(diverged, not shown: {', '.join(failed)})" if failed else label


@dataclass(frozen=True)
class Search:
    """The trials of one search over two options.

    Attributes:
        x: shape (k,), values of the first option, none below 0.
        y: shape (k,), values of the second option.
        score: shape (k,), validation accuracy in [0, 1]; nan for a trial that diverged.
    """

    x: Array
    y: Array
    score: Array


def search_scores(searches: Mapping[str, Search], x_label: str, y_label: str, data_line: str) -> Drawn:
    """Draw the trials of each search as points colored and labeled by validation accuracy, the best one ringed.

    Args:
        searches: the panels, such as "grid search" and "random search", with shared axes and colors.
        x_label: name of the first option, whose axis is logarithmic (0 then has a place of its own).
        y_label: name of the second option.
        data_line: from `style.describe_data`.
    """
    figure, axes = new_figure(10, 5.6, 1, len(searches), sharex=True, sharey=True)
    title(figure, _best_search(searches), f"{data_line} · numbers: validation accuracy (%), the best ringed")
    log_scale(axes[0, 0].set_xscale, np.concatenate([search.x for search in searches.values()]))
    limits = score_span(np.concatenate([search.score for search in searches.values()]))
    for panel, (name, search) in zip(axes[0], searches.items(), strict=True):
        points = _draw_trials(panel, search, limits)
        panel.set_title(f"{name}: {len(search.score)} trials")
        panel.set_xlabel(x_label)
    axes[0, 0].set_ylabel(y_label)
    axes[0, 0].margins(0.14, 0.14)
    bar = figure.colorbar(points, ax=axes[0].tolist(), label="validation accuracy (%)")
    in_percent(bar.ax.yaxis)
    for panel, search in zip(axes[0], searches.values(), strict=True):
        _name_trials(panel, search)
    table: TableRows = []
    for name, search in searches.items():
        table += to_rows(search=name, **{x_label: search.x, y_label: search.y}, validation_accuracy=search.score)
    return figure, table


def _best_search(searches: Mapping[str, Search]) -> str:
    """Each search's best score, in words."""
    bests = {name: float(np.nanmax(s.score)) for name, s in searches.items() if np.isfinite(s.score).any()}
    if not bests:
        return "Every trial diverged"
    return "Best found: " + ", ".join(f"{percent(best)} % by {name}" for name, best in bests.items())


def _draw_trials(panel: Axes, search: Search, limits: tuple[float, float]) -> PathCollection:
    failed = ~np.isfinite(search.score)
    panel.plot(search.x[failed], search.y[failed], "x", color=NEUTRAL, markersize=9)
    if not failed.all():
        best = search.score == np.nanmax(search.score)
        panel.plot(search.x[best], search.y[best], "o", markersize=16, color=HIGHLIGHT, markeredgecolor=INK)
    return panel.scatter(
        search.x, search.y, c=search.score, s=80, vmin=limits[0], vmax=limits[1], edgecolors=INK, zorder=3
    )


def _name_trials(panel: Axes, search: Search) -> None:
    labels = [percent(score) if np.isfinite(score) else "diverged" for score in search.score]
    trials = zip(labels, search.x, search.y, strict=True)
    label_points(panel, [Label(text, float(x), float(y), INK) for text, x, y in trials], size=10.5)
