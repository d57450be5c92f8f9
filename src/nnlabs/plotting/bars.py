"""Error bars, and numbers written beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlabs.plotting.intervals import Band, in_percent, percent
from nnlabs.plotting.style import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WHISKER: dict[str, Any] = {"fmt": "none", "ecolor": INK, "capsize": 4, "elinewidth": 1.5, "zorder": 3}


def print_numbers(panel: Axes, bands: Sequence[Band], ends: Sequence[float]) -> None:
    """Write each mean in per cent to the right of all of its mean, the end of its interval, and its end.

    Args:
        panel: with one row a band, counted from 0.
        bands: shares.
        ends: what else the number is to keep clear of; -inf for nothing.
    """
    left = min((band.mean for band in bands if np.isfinite(band.mean)), default=0.0)
    for row, (band, end) in enumerate(zip(bands, ends, strict=True)):
        known = np.isfinite(band.mean)
        text = percent(band.mean) if known else "diverged"
        at = np.nanmax([band.mean, band.high, end]) if known else np.fmax(end, left)
        panel.annotate(text, (at, row), xytext=(8, 0), textcoords="offset points", va="center", size=11)
    in_percent(panel.xaxis)
