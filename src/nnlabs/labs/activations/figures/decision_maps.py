"""Which class a network gives each point of the plane: as a mosaic of many networks, and as an animation of one that learns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnlabs.arrays import Array
from nnlabs.labs.activations.training import LEAST
from nnlabs.plotting.animation import render, save_gif
from nnlabs.plotting.intervals import Drawn
from nnlabs.plotting.style import CLASS_COLORS, CLASS_MARKERS, TRAIN, VALIDATION, ink, new_figure, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import BoundaryNorm, ListedColormap
    from matplotlib.image import AxesImage

COLUMNS, STEP = 10, 1.06
FEWEST = 6
"""So many tiles have room side by side, also where there are fewer: one alone would fill the whole width."""

EVERY = 3
"""Of so many examples one is drawn."""

FRAME_MS, HOLD_MS = 120, 5000
SURE = (2.2,)
"""Difference of scores at which the more likely class has a probability of 90 %."""


@dataclass(frozen=True)
class Ground:
    """Examples of two classes in the plane, and the square around them that is colored.

    Attributes:
        x: shape (n, 2).
        y: 0 or 1, shape (n,).
        reach: the square goes from minus to plus this along both axes.
    """

    x: Array
    y: NDArray[np.int64]
    reach: float

    def grid(self, n: int) -> Array:
        """Places along either axis, n of them."""
        return np.linspace(-self.reach, self.reach, n)


def mosaic(scores: Mapping[str, Mapping[str, Array]], grounds: Mapping[str, Ground], data_line: str) -> Drawn:
    """Draw which class each network gives each point: one column an activation, one row a problem.

    All tiles stand in one panel: seventy panels would take matplotlib many seconds.

    Args:
        scores: by problem, then by the activations' titles: score of the second class minus that of the first at each place of a
            square grid, rows going up the second axis, shape (g, g).
        grounds: by problem.
        data_line: from `style.describe_data`.
    """
    problems, names = list(scores), list(next(iter(scores.values())))
    blocks = [names[i : i + COLUMNS] for i in range(0, len(names), COLUMNS)]
    across, down = min(COLUMNS, max(FEWEST, len(names))) * STEP + 0.35, len(blocks) * (len(problems) * STEP + 0.5)
    figure, axes = new_figure(10, 0.8 + 9.8 * down / across)
    title(figure, "The boundary each activation draws", f"{data_line} · dots: every {EVERY}rd training point")
    panel = axes[0, 0]
    tints = _tints(())
    for b, block in enumerate(blocks):
        top = -b * (len(problems) * STEP + 0.5)
        for column, name in enumerate(block):
            panel.text(column * STEP + 0.5, top + 0.08, name, ha="center", size=9.5)
            for row, problem in enumerate(problems):
                corner = column * STEP, top - (row + 1) * STEP + STEP - 1
                _draw_tile(panel, scores[problem][name], grounds[problem], corner, tints)
        for row, problem in enumerate(problems):
            panel.text(-0.1, top - row * STEP - 0.5, problem, rotation=90, ha="right", va="center", size=11)
    panel.set(xlim=(-0.35, across - 0.35), ylim=(0.5 - down, 0.3), aspect="equal")
    panel.set_axis_off()
    return figure, _mosaic_rows(scores, grounds)


Tints = tuple["ListedColormap", "BoundaryNorm"]


def _draw_tile(panel: Axes, scores: Array, ground: Ground, corner: tuple[float, float], tints: Tints) -> None:
    """One network's answers as a square of side 1 whose lower left corner is `corner`."""
    left, bottom = corner
    _draw_answers(panel, scores, (left, left + 1, bottom, bottom + 1), tints)
    places = np.array(corner) + (ground.x / ground.reach + 1) / 2
    for label, color in enumerate(CLASS_COLORS[:2]):
        panel.plot(*places[ground.y == label][::EVERY].T, ".", color=color, markersize=1.6)


def _draw_answers(panel: Axes, scores: Array, extent: tuple[float, float, float, float], tints: Tints) -> AxesImage:
    """Scores as tints of the classes' colors; between the grid's places they are interpolated, so that boundaries are smooth."""
    colors, norm = tints
    return panel.imshow(
        scores,
        cmap=colors,
        norm=norm,
        extent=extent,
        origin="lower",
        interpolation="bilinear",
        interpolation_stage="data",
        zorder=0,
    )


def _tints(levels: Sequence[float]) -> Tints:
    """Colors for scores: the first class below 0, the second above, stronger beyond each of the rising levels."""
    from matplotlib.colors import BoundaryNorm, ListedColormap, to_rgb

    strengths = np.linspace(0.22, 0.55, len(levels) + 1)
    first, second = (
        [tuple(1 - strength * (1 - np.array(to_rgb(color)))) for strength in strengths] for color in CLASS_COLORS[:2]
    )
    ends = [-1e9, *(-level for level in reversed(levels)), 0, *levels, 1e9]
    return ListedColormap([*reversed(first), *second]), BoundaryNorm(ends, len(ends) - 1)


def _mosaic_rows(scores: Mapping[str, Mapping[str, Array]], grounds: Mapping[str, Ground]) -> list[dict[str, Any]]:
    """One row for each place of each problem; scores with four digits, which no eye can tell from all of them."""
    rows = []
    for problem, maps in scores.items():
        grid = grounds[problem].grid(len(next(iter(maps.values()))))
        for i, j in np.ndindex(len(grid), len(grid)):
            place = {"problem": problem, "x1": round(float(grid[j]), 4), "x2": round(float(grid[i]), 4)}
            rows.append(place | {name: float(f"{grid[i, j]:.4g}") for name, grid in maps.items()})
    return rows


@dataclass(frozen=True)
class NetworkSnapshot:
    """A network on its way.

    Attributes:
        step: after how many steps.
        scores: as for `mosaic`, shape (g, g).
        loss: cross-entropy over the training examples, in nats.
        accuracy: share of the validation examples that it gets right.
    """

    step: int
    scores: Array
    loss: float
    accuracy: float


def learning_network(path: Path, ground: Ground, moments: Sequence[NetworkSnapshot], what: str, data_line: str) -> Path:
    """Write the animation of a network that learns: its answers on the left, its loss and accuracy on the right.

    Args:
        path: the GIF file.
        ground: the examples it learns.
        moments: one a frame; the last is held for five seconds.
        what: the title.
        data_line: from `style.describe_data`.

    Returns:
        `path`.
    """
    figure, axes = new_figure(10, 5.2, 2, 2, width_ratios=[1.1, 1])
    title(figure, what, f"{data_line} · tint: the likelier class, stronger from 90 % on")
    for panel in axes[:, 0]:
        panel.remove()
    image, *dots = _scene(figure.add_subplot(axes[0, 0].get_gridspec()[:, 0]), ground, moments[0].scores)
    losses = [max(moment.loss, LEAST) for moment in moments]
    curves = [
        _Curve(axes[0, 1], moments, losses, "training loss (nats)", TRAIN),
        _Curve(
            axes[1, 1], moments, [100 * moment.accuracy for moment in moments], "validation accuracy (%)", VALIDATION
        ),
    ]
    least = 10.0 ** np.floor(np.log10(min(losses)))
    axes[0, 1].set(yscale="log", ylim=(least, None), xticklabels=[])
    axes[0, 1].minorticks_off()
    axes[1, 1].set(xlabel="step", ylim=(0, 105))

    def show(frame: int) -> None:
        image.set_data(moments[frame].scores)
        for curve in curves:
            curve.show(frame)

    moving = [image, *dots, *(artist for curve in curves for artist in curve.moving)]
    waits = [FRAME_MS] * (len(moments) - 1) + [HOLD_MS]
    return save_gif(path, render(figure, moving, show, range(len(moments))), waits, str(figure.get_label()))


def _scene(panel: Axes, ground: Ground, scores: Array) -> list[Any]:
    """The panel with a network's answers and the examples; gives the image of the answers, and the dots, drawn over it again."""
    reach = ground.reach
    image = _draw_answers(panel, scores, (-reach, reach, -reach, reach), _tints(SURE))
    dots = [
        panel.plot(*ground.x[ground.y == label].T, marker, color=color, mew=0, ms=5)[0]
        for label, (color, marker) in enumerate(zip(CLASS_COLORS[:2], CLASS_MARKERS, strict=False))
    ]
    panel.set(xlabel="x₁", ylabel="x₂", aspect="equal")
    panel.grid(False)
    return [image, *dots]


class _Curve:
    """A panel in which a line grows, with its last value beside its end."""

    def __init__(
        self, panel: Axes, moments: Sequence[NetworkSnapshot], values: Sequence[float], what: str, color: str
    ) -> None:
        self.steps, self.values = [moment.step for moment in moments], values
        panel.set(xlim=(0, 1.35 * self.steps[-1]), ylabel=what)
        panel.set_ylim(0.7 * min(values), 1.3 * max(values))
        (self.line,) = panel.plot([], [], color=color)
        (self.head,) = panel.plot([], [], "o", color=color, ms=8)
        self.text = panel.text(0, 0, "", color=ink(color), size=12, va="center")
        self.moving = [self.line, self.head, self.text]

    def show(self, frame: int) -> None:
        step, value = self.steps[frame], self.values[frame]
        self.line.set_data(self.steps[: frame + 1], self.values[: frame + 1])
        self.head.set_data([step], [value])
        self.text.set_position((step + 0.03 * self.steps[-1], value))
        self.text.set_text(f"{value:.3g}")
