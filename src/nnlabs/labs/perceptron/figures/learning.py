"""The perceptron's boundary as it learns: an animation with its mistakes counted beside it, and a film strip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nnlabs.arrays import Array
from nnlabs.labs.perceptron.figures.plane import Plane, draw_examples
from nnlabs.plotting.animation import render, save_gif
from nnlabs.plotting.intervals import Drawn
from nnlabs.plotting.style import CLASS_COLORS, HIGHLIGHT, INK, NEUTRAL, new_figure, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SLOW_MS, QUICK_MS, HOLD_MS = 500, 200, 5000


@dataclass(frozen=True)
class UnitSnapshot:
    """The unit right after a correction.

    Attributes:
        w: weights, shape (2,).
        b: bias.
        shown: number of examples shown so far, over all epochs.
        mistakes: number of mistakes among them.
        example: row of the example that moved the boundary; None once learning has ended.
    """

    w: Array
    b: float
    shown: int
    mistakes: int
    example: int | None

    def epoch(self, n: int) -> int:
        """The pass over the n examples it happened in, counted from 1."""
        return -(-self.shown // n)

    def describe(self, plane: Plane) -> tuple[str, str]:
        """Where learning stands, as two short lines.

        Args:
            plane: the examples it learns.
        """
        n, wrong = len(plane.y), plane.wrong(self.w, self.b)
        epoch = self.epoch(n)
        if self.example is None:
            return f"settled: epoch {epoch:,}", f"{self.mistakes:,} mistake{'' if self.mistakes == 1 else 's'} made"
        return f"mistake {self.mistakes:,}, epoch {epoch:,}", f"{wrong} of {n} wrong now"


class Scene:
    """One panel with examples of two classes, and the artists that show where the unit stands.

    Args:
        axes: the panel.
        plane: the examples.
    """

    def __init__(self, axes: Axes, plane: Plane) -> None:
        from matplotlib.patches import FancyArrowPatch, Polygon

        self.plane = plane
        draw_examples(axes, plane)
        axes.set_aspect("equal")
        self.far = 100 * float(np.ptp(plane.x, axis=0).max())
        self.sides = [Polygon(np.zeros((4, 2)), color=color, alpha=0.13, lw=0) for color in CLASS_COLORS[:2]]
        for side in self.sides:
            axes.add_patch(side)
        (self.line,) = axes.plot([], [], color=INK, linewidth=2)
        self.arrow = FancyArrowPatch(
            (0, 0), (0, 0), arrowstyle="-|>", mutation_scale=16, color=INK, linewidth=2, zorder=4
        )
        axes.add_patch(self.arrow)
        (self.ring,) = axes.plot([], [], "o", ms=17, mfc="none", mec=HIGHLIGHT, mew=3, zorder=5)
        self.moving = [*self.sides, self.line, self.arrow, self.ring]

    def show(self, moment: UnitSnapshot) -> None:
        """Set the artists to a moment: the unit's answers as tints, the boundary, the weight vector on it, the example ringed.

        Args:
            moment: the unit; with weights of zero there is no boundary, and the bias alone answers.
        """
        self.ring.set_data(*self.plane.x[[] if moment.example is None else [moment.example]].T)
        length = float(np.linalg.norm(moment.w))
        self.line.set_visible(length > 0)
        self.arrow.set_visible(length > 0)
        for side in self.sides:
            side.set_visible(length > 0 or moment.b != 0)
        if length > 0:
            self._turn(moment.w / length, moment.b / length)
        else:
            self._tint(np.array([1.0, 0.0]), np.array([-np.sign(moment.b) * self.far, 0.0]))

    def _turn(self, normal: Array, offset: float) -> None:
        """Draw the boundary n·x + offset = 0, where |n| = 1."""
        middle = self.plane.x.mean(axis=0)
        # The point of the boundary next to the middle m of the examples: x₀ = m − n (n·m + offset)
        foot = middle - normal * (normal @ middle + offset)
        self.line.set_data(*self._tint(normal, foot).T)
        self.arrow.set_positions(tuple(foot), tuple(foot + 0.0018 * self.far * normal))

    def _tint(self, normal: Array, foot: Array) -> Array:
        """Color both sides of the line through `foot` at right angles to `normal`; returns the line's ends, shape (2, 2)."""
        along = np.array([-normal[1], normal[0]])
        ends = foot + self.far * np.array([along, -along])
        for side, sign in zip(self.sides, (-1, 1), strict=True):
            side.set_xy(np.vstack([ends, ends[::-1] + 2 * sign * self.far * normal]))
        return ends


def learning_animation(
    path: Path, plane: Plane, moments: Sequence[UnitSnapshot], slow: int, bound: float, data_line: str
) -> Path:
    """Write the animation of a unit that learns: the boundary on the left, its mistakes counted on the right.

    Args:
        path: the GIF file.
        plane: the examples.
        moments: one a frame; the last is held for five seconds.
        slow: how many of them, from the first, are shown slowly.
        bound: the most mistakes that theory allows.
        data_line: from `style.describe_data`.

    Returns:
        `path`.
    """
    figure, axes = new_figure(10, 5, 1, 2, width_ratios=[1.15, 1])
    line = f"{data_line} · ring: what moved it · arrow: weight vector · tint: the unit's answer"
    title(figure, "A perceptron learns, and only from its mistakes", line)
    scene, counter = Scene(axes[0, 0], plane), Counter(axes[0, 1], plane, moments, bound)
    axes[0, 0].legend(loc="upper left", handletextpad=0.1, borderpad=0.2)

    def show(frame: int) -> None:
        scene.show(moments[frame])
        counter.show(frame)

    frames = render(figure, [*scene.moving, *counter.moving], show, range(len(moments)))
    slow = min(slow, len(moments) - 1)
    waits = [SLOW_MS] * slow + [QUICK_MS] * (len(moments) - slow - 1) + [HOLD_MS]
    return save_gif(path, frames, waits, str(figure.get_label()))


class Counter:
    """One panel that counts mistakes, under the line that theory draws.

    Args:
        axes: the panel.
        plane: the examples.
        moments: all that will be shown.
        bound: the most mistakes that theory allows.
    """

    def __init__(self, axes: Axes, plane: Plane, moments: Sequence[UnitSnapshot], bound: float) -> None:
        self.plane, self.moments = plane, moments
        self.shown = [moment.shown for moment in moments]
        self.mistakes = [moment.mistakes for moment in moments]
        axes.set(xscale="log", yscale="log", xlim=(1, 1.5 * self.shown[-1]), ylim=(0.8, 4 * bound))
        axes.minorticks_off()
        axes.set(xlabel="examples shown", ylabel="mistakes made")
        axes.axhline(bound, color=NEUTRAL, linestyle="--")
        axes.annotate(
            f"never more: (R/γ)² = {bound:,.1f}",
            (1, bound),
            xytext=(4, 4),
            textcoords="offset points",
            color=INK,
            size=11,
        )
        (self.curve,) = axes.plot([], [], color=HIGHLIGHT)
        (self.head,) = axes.plot([], [], "o", color=HIGHLIGHT, markersize=8)
        # The words stand still, only the numbers are drawn anew for each frame: letters are slow. So the words fit any number.
        self.numbers = []
        for line, words in enumerate(("mistakes made", "epoch", f"wrong now, of {len(plane.y)}")):
            height = 0.78 - 0.08 * line
            axes.text(0.04, height, words, transform=axes.transAxes, size=13)
            self.numbers.append(axes.text(0.62, height, "", transform=axes.transAxes, size=13, ha="right"))
        self.moving = [self.curve, self.head, *self.numbers]

    def show(self, frame: int) -> None:
        """Set the artists to a frame.

        Args:
            frame: number of the moment, from 0.
        """
        moment = self.moments[frame]
        self.curve.set_data(self.shown[: frame + 1], self.mistakes[: frame + 1])
        self.head.set_data([moment.shown], [moment.mistakes])
        counts = moment.mistakes, moment.epoch(len(self.plane.y)), self.plane.wrong(moment.w, moment.b)
        for text, count in zip(self.numbers, counts, strict=True):
            text.set_text(f"{count:,}")


def film_strip(plane: Plane, moments: Sequence[UnitSnapshot], what: str, data_line: str) -> Drawn:
    """Draw moments of learning side by side.

    Args:
        plane: the examples.
        moments: what to show, three to five.
        what: the title.
        data_line: from `style.describe_data`.
    """
    figure, axes = new_figure(10, 4.1, 1, len(moments), sharex=True, sharey=True)
    silent = any(not np.any(moment.w) and moment.b == 0 for moment in moments)
    white = " (white: none)" if silent else ""
    title(figure, what, f"{data_line} · ring: what moved it · arrow: weight vector · tint: the unit's answer{white}")
    for panel, moment in zip(axes.flat, moments, strict=True):
        Scene(panel, plane).show(moment)
        panel.set_title("\n".join(moment.describe(plane)), size=11)
        panel.label_outer()
        panel.locator_params(nbins=4)
    figure.legend(*axes.flat[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(plane.classes))
    return figure, [as_row(moment, plane) for moment in moments]


def as_row(moment: UnitSnapshot, plane: Plane) -> dict[str, object]:
    """A moment as a row of a table.

    Args:
        moment: the unit.
        plane: the examples it learns.
    """
    return {
        "examples_shown": moment.shown,
        "mistakes": moment.mistakes,
        "wrong_now": plane.wrong(moment.w, moment.b),
        "w1": float(moment.w[0]),
        "w2": float(moment.w[1]),
        "b": float(moment.b),
    }
