"""Animations as GIF files: what stands still is drawn once, what moves is drawn over it, frame by frame.

Matplotlib's own writers draw the whole figure for each frame and give each its own palette. Here the still picture is kept as
pixels, only the moving artists are drawn again, and all frames share one palette: many times faster, and a smaller file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from nnlabs.files import open_whole

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure
    from PIL.Image import Image

Pixels = NDArray[np.uint8]
Step = TypeVar("Step")
DPI = 96
COLORS = 127  # and one for what is clear
WHITE = np.uint32(0xFFFFFF)
# Pillow looks for the nearest color not of a pixel, but of the lower corner of its box, four steps wide in red, green and blue.
# Palettes of such corners give every common color its own entry, so that white paper stays white.
_BOXES = np.uint32(0xFCFCFC)


def render(
    figure: Figure, moving: Sequence[Artist], show: Callable[[Step], None], steps: Iterable[Step]
) -> Iterator[Pixels]:
    """Draw one frame a step.

    Args:
        figure: the figure; all that is not in `moving` is drawn once, as it is now.
        moving: the artists that change, drawn in this order over the rest.
        show: sets these artists to what they are at a step; it may hide one with `set_visible(False)`.
        steps: what `show` is given, one after the other.

    Yields:
        Red, green, blue and alpha of each pixel, shape (height, width, 4), at 96 pixels an inch.

    Example:
        >>> from nnlabs.plotting.style import new_figure
        >>> figure, axes = new_figure(4, 3)
        >>> (line,) = axes[0, 0].plot([0, 1], [0, 1])
        >>> frames = render(figure, [line], lambda height: line.set_ydata([0, height]), [0.0, 0.5, 1.0])
        >>> path = save_gif(Path("line.gif"), frames, [100, 100, 2000], figure.get_label())
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure.set_dpi(DPI)
    canvas: Any = FigureCanvasAgg(figure)
    for artist in moving:
        artist.set_animated(True)
    canvas.draw()
    still = canvas.copy_from_bbox(figure.bbox)
    for step in steps:
        canvas.restore_region(still)
        show(step)
        for artist in moving:
            figure.draw_artist(artist)
        yield np.array(canvas.buffer_rgba())


def save_gif(path: Path, frames: Iterable[Pixels], durations: Sequence[int], about: str = "") -> Path:
    """Write frames as a GIF that starts again when it has ended. To hold a frame, give it a long duration.

    Args:
        path: the file; it appears whole or not at all.
        frames: pixels as `render` yields them, all of one shape.
        durations: how long each frame is shown, in milliseconds (a GIF counts in steps of 10).
        about: title and data line, which the file carries as its comment: the figure's label (`style.title` has set it).

    Returns:
        `path`.

    Raises:
        RunError: where the file cannot be written.
        ValueError: when there are not as many durations as frames.
    """
    from PIL import Image

    images = [Image.fromarray(frame).convert("RGB") for frame in frames]
    if len(images) != len(durations):
        raise ValueError(f"an animation needs one duration a frame, but got {len(durations)} for {len(images)} frames")
    colors = _common_colors(images)
    nearest = _picture(np.zeros((1, 1), dtype=np.uint8), colors & _BOXES)
    numbered = [np.asarray(image.quantize(palette=nearest, dither=Image.Dither.NONE)) for image in images]
    clear = len(colors)  # the palette's first free number
    # What has not changed stays: a frame is clear there, long runs of one number, which take little space.
    changes = [np.where(new == old, np.uint8(clear), new) for old, new in pairwise(numbered)]
    first, *others = (_picture(numbers, np.append(colors, WHITE)) for numbers in [numbered[0], *changes])
    options = {
        "append_images": others,
        "duration": list(durations),
        "loop": 0,
        "optimize": False,
        "transparency": clear,
        "disposal": 1,  # the next frame is laid over this one
        "comment": about.encode(),
    }
    with open_whole(path, "wb") as file:
        first.save(cast("IO[bytes]", file), "GIF", save_all=True, **options)
    return path


def _common_colors(images: Sequence[Image]) -> NDArray[np.uint32]:
    """The colors most often seen in the first, the middle and the last frame, as numbers 0xRRGGBB, at most one a box."""
    sample = np.stack([np.asarray(images[i], dtype=np.uint32) for i in (0, len(images) // 2, -1)])
    found, counts = np.unique(sample @ np.array([1 << 16, 1 << 8, 1], dtype=np.uint32), return_counts=True)
    common = found[np.argsort(-counts, kind="stable")]
    _, first = np.unique(common & _BOXES, return_index=True)
    return np.asarray(common[np.sort(first)][:COLORS], dtype=np.uint32)


def _picture(numbers: NDArray[np.uint8], colors: NDArray[np.uint32]) -> Image:
    """An image of numbered colors."""
    from PIL import Image

    picture = Image.fromarray(numbers, "P")
    picture.putpalette(np.stack([colors >> 16, colors >> 8 & 0xFF, colors & 0xFF], axis=1).astype(np.uint8).tobytes())
    return picture
