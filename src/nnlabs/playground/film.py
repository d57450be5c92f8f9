"""The film of a run: the plane at moments spread evenly over it, and the animation made of them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnlabs.playground.points import hues
from nnlabs.playground.training import Trainer

if TYPE_CHECKING:
    from PIL.Image import Image

Bytes = NDArray[np.uint8]

MOST_MOMENTS = 60
PIXELS, CAPTION = 360, 28
# The colors of classes, as on the page: those of Okabe and Ito (2008).
CLASS_COLORS = ("#E69F00", "#0072B2", "#009E73", "#CC79A7", "#D55E00", "#56B4E9")


@dataclass(frozen=True)
class Moment:
    """The plane at one step.

    Args:
        step: how many were taken.
        says: the caption.
        winner: class of each square.
        confidence: 0 to 255.
    """

    step: int
    says: str
    winner: Bytes
    confidence: Bytes


class Film:
    """Moments of a run, at most 60: when there are more, every second one goes, and the next come half as often.

    Attributes:
        moments: those that are kept.
        latest: the last one that was shown, kept or not.
    """

    def __init__(self) -> None:
        self.moments: list[Moment] = []
        self.latest: Moment | None = None
        self.gap = 1

    def up_to_now(self) -> list[Moment]:
        """The moments, with the present at their end."""
        late = [self.latest] if self.latest and self.latest.step > self.moments[-1].step else []
        return [*self.moments, *late]

    def add(self, moment: Moment) -> None:
        """Keep a moment, if enough steps have gone since the last one."""
        self.latest = moment
        if self.moments and moment.step < self.moments[-1].step + self.gap:
            return
        self.moments.append(moment)
        if len(self.moments) > MOST_MOMENTS:
            self.moments = self.moments[::2]
            self.gap = max(2 * self.gap, self.moments[-1].step // MOST_MOMENTS)


def animate(film: Film, trainer: Trainer, bounds: Sequence[float]) -> bytes:
    """The film as an animated GIF, which runs for about six seconds and rests on its last picture.

    Args:
        film: what happened.
        trainer: the experiment, for its points.
        bounds: the part of the plane, [left, right, bottom, top].
    """
    pictures = [_picture(moment, trainer, bounds) for moment in film.up_to_now()]
    each = max(50, 6000 // len(pictures))
    file = io.BytesIO()
    durations = [each] * (len(pictures) - 1) + [2000]
    pictures[0].save(file, "GIF", save_all=True, append_images=pictures[1:], duration=durations, loop=0)
    return file.getvalue()


def _picture(moment: Moment, trainer: Trainer, bounds: Sequence[float]) -> Image:
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (PIXELS, PIXELS + CAPTION), "white")
    colors = [CLASS_COLORS[hue] for hue in hues(trainer.table)]
    plane = Image.fromarray(_colored(moment, colors)).resize((PIXELS, PIXELS), Image.Resampling.BICUBIC)
    image.paste(plane, (0, 0))
    draw = ImageDraw.Draw(image)
    left, right, bottom, top = bounds
    for (x, y), label in zip(trainer.train.x, trainer.train.y, strict=True):
        at = PIXELS * (x - left) / (right - left), PIXELS * (top - y) / (top - bottom)
        draw.circle(at, 3, fill=colors[label], outline="white")
    draw.text((8, PIXELS + 6), moment.says, fill="#1A1A1A", font_size=14)
    return image.quantize(96, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


def _colored(moment: Moment, colors: Sequence[str]) -> NDArray[np.uint8]:
    """Each square in its class's color, paler where the network is less sure; shape (side, side, 3)."""
    palette = np.array([[int(color[i : i + 2], 16) for i in (1, 3, 5)] for color in colors], float)
    side = isqrt(moment.winner.size)
    sure = 0.1 + 0.55 * moment.confidence.reshape(side, side, 1) / 255
    mixed: NDArray[Any] = 255 + sure * (palette[moment.winner.reshape(side, side)] - 255)
    return mixed.astype(np.uint8)
