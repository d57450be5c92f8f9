"""Optimizers on their way down surfaces of two variables: all paths in one figure, and as an animation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlabs.arrays import Array
from nnlabs.labs.optimizers.figures.line_styles import LineStyle, optimizer_line_styles
from nnlabs.plotting.animation import render, save_gif
from nnlabs.plotting.fonts import text_width
from nnlabs.plotting.intervals import Drawn, TableRows, names_of
from nnlabs.plotting.style import INK, ink, new_figure, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

FRAMES, FRAME_MS, HOLD_MS = 90, 80, 5000
DOWN = 0.99
"""An optimizer has come down once it has left that share of the height between start and minimum behind it, for good."""

_COLS = 3
_NAME_POINTS = 65.0  # how wide a name in the table may be


@dataclass(frozen=True)
class Track:
    """One optimizer's way.

    Attributes:
        points: x and y at the start and after each step, shape (steps + 1, 2).
        values: height there, shape (steps + 1,).
        lr: the learning rate it went with.
    """

    points: Array
    values: Array
    lr: float


@dataclass(frozen=True)
class Descent:
    """A surface and the ways that optimizers took on it, all from one start.

    Attributes:
        x: where it is drawn, rising, shape (columns,).
        y: likewise, shape (rows,).
        z: height at each place, shape (rows, columns).
        minima: lowest places, shape (m, 2); none where the surface has no floor.
        lowest: the height to be reached, that of the minima.
        tracks: by the optimizers' names.
    """

    x: Array
    y: Array
    z: Array
    minima: Array
    lowest: float
    tracks: Mapping[str, Track]

    def arrival(self, name: str) -> int | None:
        """The step after which an optimizer is down and stays there; None where it is not at the end, or flew off (nan)."""
        values = self.tracks[name].values
        above = np.flatnonzero(~(values - self.lowest <= (1 - DOWN) * (values[0] - self.lowest)))
        step = int(above[-1]) + 1 if above.size else 0
        return step if step < len(values) else None


def descent_paths(descents: Mapping[str, Descent], data_line: str) -> Drawn:
    """Draw the path of every optimizer on every surface, and a table of who came down after how many steps.

    Args:
        descents: by the surfaces' names, at most five; all with the same optimizers.
        data_line: how long they went and how their learning rates were chosen.
    """
    figure, walkers, board = _stage(descents, data_line)
    for walker in walkers:
        walker.show(len(walker.points) - 1)
    _draw_board(board, descents)
    return figure, _table(descents)


def descent_animation(path: Path, descents: Mapping[str, Descent], data_line: str) -> Path:
    """Write the same as an animation that ends with all paths, held for five seconds.

    Args:
        path: the GIF file.
        descents: as in `descent_paths`.
        data_line: likewise.

    Returns:
        `path`.
    """
    figure, walkers, board = _stage(descents, data_line)
    news = _draw_board(board, descents)
    clock = board.text(1.0, 1.02, "", transform=board.transAxes, ha="right", size=12, weight="bold")

    def show(step: int) -> None:
        """One picture: the paths, the news and the clock as they are after so many steps."""
        for walker in walkers:
            walker.show(step)
        for text, told in news:
            text.set_visible(told <= step)
        clock.set_text(f"step {step}")

    moving = [artist for walker in walkers for artist in walker.moving] + [text for text, _ in news] + [clock]
    steps = _frames(_steps(descents))
    waits = [FRAME_MS] * (len(steps) - 1) + [HOLD_MS]
    return save_gif(path, render(figure, moving, show, steps), waits, str(figure.get_label()))


class Walker:
    """One optimizer on one surface, with its trail.

    Args:
        panel: the surface.
        points: where it is after each step, shape (steps + 1, 2).
        line_style: of the optimizer.
    """

    def __init__(self, panel: Axes, points: Array, line_style: LineStyle) -> None:
        self.points = points
        (self.trail,) = panel.plot([], [], linewidth=1.6, **line_style.line)
        (self.head,) = panel.plot([], [], **_head(line_style))
        self.moving: list[Line2D] = [self.trail, self.head]

    def show(self, step: int) -> None:
        """Set trail and head to a step.

        Args:
            step: steps done.
        """
        self.trail.set_data(*self.points[: step + 1].T)
        self.head.set_data(*self.points[step : step + 1].T)


def _head(line_style: LineStyle) -> dict[str, Any]:
    """An optimizer's marker, as keywords for `Axes.plot`."""
    look: dict[str, Any] = {"linestyle": "none", "markeredgecolor": "white", "markersize": 8}
    return {"marker": line_style.marker, "color": line_style.color, **look}


def _frames(steps: int) -> list[int]:
    """Which steps are shown: nearly all of the first ones, where most happens, and fewer of the later ones."""
    return sorted({round(steps * share**1.6) for share in np.linspace(0, 1, FRAMES)})


def _line_styles(descents: Mapping[str, Descent]) -> dict[str, LineStyle]:
    return optimizer_line_styles(next(iter(descents.values())).tracks)


def _stage(descents: Mapping[str, Descent], data_line: str) -> tuple[Figure, list[Walker], Axes]:
    """The figure before the first step: title, surfaces with all who will walk on them, and an empty panel for the table."""
    rows = -(-(len(descents) + 1) // _COLS)
    figure, axes = new_figure(10, 1.0 + 2.9 * rows, rows, _COLS)
    title(figure, _outcome(descents), f"{data_line} · down: {100 * DOWN:.0f} %, for good · ○: start, ✚: minimum")
    *panels, board = axes.flat[: len(descents) + 1]
    for panel in axes.flat[len(descents) :]:
        panel.set_axis_off()
    for letter, panel, (name, descent) in zip("ABCDE", panels, descents.items(), strict=False):
        _draw_surface(panel, descent)
        panel.set_title(f"{letter}  {name}", size=12)
    line_styles = _line_styles(descents)
    walkers = [
        Walker(panel, _nearby(track.points, descent), line_styles[name])
        for panel, descent in zip(panels, descents.values(), strict=True)
        for name, track in descent.tracks.items()
    ]
    return figure, walkers, board


def _outcome(descents: Mapping[str, Descent]) -> str:
    """Who came down on most surfaces, and who on fewest, in words."""
    came = {
        _short(name): sum(descent.arrival(name) is not None for descent in descents.values())
        for name in _line_styles(descents)
    }
    most, least = max(came.values()), min(came.values())
    if most == least:
        return f"Every optimizer comes down on {most} of {len(descents)} surfaces"
    firsts = names_of(came, most)
    come = "comes" if firsts in came else "come"
    return f"{firsts} {come} down on {most} of {len(descents)} surfaces, {names_of(came, least)} on {least}"


def _short(name: str) -> str:
    """An optimizer's name; of one from a file of one's own the class alone."""
    return name.rpartition(":")[2]


def _draw_surface(panel: Axes, descent: Descent) -> None:
    """Contours at heights that are a constant factor apart, seen from the lowest place drawn; the lower, the darker."""
    floor, reach = descent.z.min(), np.ptp(descent.z)
    levels = floor + reach * np.geomspace(1e-4, 1, 12)
    tints = [str(tint) for tint in np.linspace(0.82, 1.0, 12)]
    panel.contourf(descent.x, descent.y, descent.z, levels=[floor, *levels], colors=tints)
    panel.contour(descent.x, descent.y, descent.z, levels=levels[:-1], colors="0.7", linewidths=0.6, linestyles="-")
    panel.set(xlim=descent.x[[0, -1]], ylim=descent.y[[0, -1]])
    panel.tick_params(labelsize=9)
    panel.locator_params(nbins=4)
    panel.grid(False)
    start = next(iter(descent.tracks.values())).points[0]
    panel.plot(*start, "o", markerfacecolor="white", markeredgecolor=INK, markersize=9, zorder=3)
    panel.plot(*descent.minima.T, "P", color=INK, markeredgecolor="white", markersize=11, zorder=3)


def _nearby(points: Array, descent: Descent) -> Array:
    """The points, but for those so far outside the panel that drawing a line to them would only cost time."""
    sizes = np.array([np.ptp(descent.x), np.ptp(descent.y)])
    middle = np.array([descent.x.mean(), descent.y.mean()])
    far = ~(np.abs(points - middle) < 5 * sizes).all(axis=1)
    return np.where(far[:, None], np.nan, points)


def _draw_board(board: Axes, descents: Mapping[str, Descent]) -> list[tuple[Any, int]]:
    """The table of names with their looks, and of steps until each came down; returns each text, and the step that has it told."""
    line_styles = _line_styles(descents)
    board.set(xlim=(0, 1), ylim=(len(line_styles) - 0.4, -1.6))
    board.set_title("steps until down", size=12)  # short: the animation's clock stands beside it
    columns = np.linspace(0.52, 0.97, len(descents))
    for x, letter in zip(columns, "ABCDE", strict=False):
        board.text(x, -1, letter, ha="center", va="center", size=11, weight="bold")
    size = min(10.0, 30.0 / len(str(_steps(descents))))  # three digits have room at size 10
    news = []
    for row, (name, line_style) in enumerate(line_styles.items()):
        board.plot([0.0, 0.1], [row, row], linewidth=2, **line_style.line)
        board.plot(0.05, row, **_head(line_style))
        shown = _short(name)
        fitting = min(11.0, 11.0 * _NAME_POINTS / text_width(shown, 11.0))
        board.text(0.14, row, shown, va="center", size=fitting, color=ink(line_style.color))
        for x, descent in zip(columns, descents.values(), strict=True):
            arrival = descent.arrival(name)
            steps_taken = "–" if arrival is None else str(arrival)
            text = board.text(x, row, steps_taken, ha="center", va="center", size=size)
            news.append((text, _steps(descents) if arrival is None else arrival))
    return news


def _steps(descents: Mapping[str, Descent]) -> int:
    """How many steps the longest way has."""
    return max(len(track.values) for descent in descents.values() for track in descent.tracks.values()) - 1


def _table(descents: Mapping[str, Descent]) -> TableRows:
    """A row a step, with five significant digits."""
    return [
        {"surface": surface, "optimizer": name, "lr": track.lr, "step": step}
        | {key: float(f"{number:.5g}") for key, number in zip("xyz", (*point, value), strict=True)}
        for surface, descent in descents.items()
        for name, track in descent.tracks.items()
        for step, (point, value) in enumerate(zip(track.points, track.values, strict=True))
    ]
