"""A table of numbers as colors, with the numbers written in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnlabs.arrays import Array
from nnlabs.plotting.intervals import MINUS
from nnlabs.plotting.style import INK, NEUTRAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage
    from matplotlib.patches import Rectangle

LEAST = -300
"""Beyond every scale: where -inf, a gradient lost altogether, can be drawn."""


def draw_map(
    axes: Axes,
    values: Array,
    rows: Sequence[Any],
    cols: Sequence[Any],
    form: str | Callable[[float], str],
    half: Array | None = None,
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
    shown = np.clip(values, LEAST, -LEAST)
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
