"""Figures inside HTML, as notebooks show what a cell ends with."""

from __future__ import annotations

import base64
import html
import io
from pathlib import Path
from typing import TYPE_CHECKING

from nnlabs.plotting.style import DPI

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MIME = {".png": "image/png", ".gif": "image/gif"}


def image_tag(figure: Figure) -> str:
    """A figure as an `img` element that holds it whole.

    Args:
        figure: from `new_figure`.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    picture = io.BytesIO()
    figure.dpi = DPI
    FigureCanvasAgg(figure).print_png(picture)  # type: ignore[no-untyped-call]
    return _tag(picture.getvalue(), "image/png", str(figure.get_label()))


def file_tag(path: Path, says: str) -> str:
    """A picture file as an `img` element that holds it whole.

    Args:
        path: a PNG or GIF file.
        says: what it shows, in words.
    """
    return _tag(path.read_bytes(), MIME[path.suffix], says)


def _tag(picture: bytes, mime: str, says: str) -> str:
    data = base64.b64encode(picture).decode("ascii")
    # White behind it, for notebooks in dark mode; 1000 pixels is what figures are made for.
    style = "max-width: min(100%, 1000px); background: white"
    return f'<img src="data:{mime};base64,{data}" alt="{html.escape(says)}" style="{style}">'
