"""Marks on a panel's lower edge for what lies below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from nnlabs.plotting.style import NEUTRAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BELOW = "▾: below the axis"


def mark_below(panel: Axes, x: ArrayLike, color: str = NEUTRAL) -> None:
    """A triangle on the lower edge for each point that lies below it.

    Args:
        panel: its limits are final.
        x: where the points lie.
        color: of the triangles.
    """
    mark_floor(panel, x, "v", color, 4)


def mark_floor(panel: Axes, x: ArrayLike, marker: str, color: str, size: float) -> None:
    """Markers on the lower edge, whole ones although half of each lies outside.

    Args:
        panel: its limits are final.
        x: where.
        marker: matplotlib's name of it.
        color: of the markers.
        size: in points.
    """
    at = np.atleast_1d(x)
    if at.size:  # the layout stumbles over what is empty and not clipped
        floor, _ = panel.get_ylim()
        panel.plot(at, np.full(at.size, floor), marker, color=color, markersize=size, clip_on=False, zorder=3)
