"""Animations as GIF files: what stands still is drawn once, what moves is drawn over it, frame by frame.

Matplotlib's own writers draw the whole figure for each frame and give each its own palette. Here the still picture is kept as
pixels, only the moving artists are drawn again, and all frames share one palette: many times faster, and a smaller file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
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
COLORS = 128


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
        >>> figure, axes = new_figure(4, 3)
        >>> (line,) = axes[0, 0].plot([0, 1], [0, 1])
        >>> frames = render(figure, [line], lambda height: line.set_ydata([0, height]), [0.0, 0.5, 1.0])
        >>> save_gif(Path("line.gif"), frames, [100, 100, 2000])
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


def save_gif(path: Path, frames: Iterable[Pixels], durations: Sequence[int]) -> Path:
    """Write frames as a GIF that starts again when it has ended. To hold a frame, give it a long duration.

    Args:
        path: the file; it appears whole or not at all.
        frames: pixels as `render` yields them, all of one shape.
        durations: how long each frame is shown, in milliseconds (a GIF counts in steps of 10).

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
    palette = _shared_palette(images)
    first, *others = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
    with open_whole(path, "wb") as file:
        first.save(
            cast("IO[bytes]", file),
            "GIF",
            save_all=True,
            append_images=others,
            duration=list(durations),
            loop=0,
            optimize=False,
        )
    return path


def _shared_palette(images: Sequence[Image]) -> Image:
    """A palette that serves the first, the middle and the last frame, and with them the others."""
    from PIL import Image

    width, height = images[0].size
    sample = Image.new("RGB", (width, 3 * height))
    for row, image in enumerate((images[0], images[len(images) // 2], images[-1])):
        sample.paste(image, (0, row * height))
    # Of Pillow's methods the one that keeps the few flat colours of a figure as they are, white above all.
    return sample.quantize(COLORS, Image.Quantize.MAXCOVERAGE)
