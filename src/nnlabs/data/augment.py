"""Random crop, flip and cutout, drawn for each image of an epoch and applied to a whole batch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

DATA_STREAM = 1


def epoch_seed(seed: int, epoch: int, stream: int = 0) -> int:
    """The seed of everything random in one epoch, a function of nothing but its arguments.

    seed' = SeedSequence([seed, epoch, stream]).generate_state(1)

    NumPy's SeedSequence is a hash whose values do not change between versions: neighbouring seeds and epochs give unrelated
    generators, and a run that goes on from epoch e draws what an uninterrupted one would have drawn.

    Args:
        seed: seed of the run.
        epoch: number of the epoch, from 0.
        stream: what it is for, so that data order (1) and dropout (0) do not draw the same numbers.

    Example:
        >>> epoch_seed(0, 0) == epoch_seed(0, 0), epoch_seed(0, 1) == epoch_seed(1, 0)
        (True, False)
    """
    return int(np.random.SeedSequence([seed, epoch, stream]).generate_state(1)[0])


@dataclass(frozen=True)
class Draw:
    """What chance decided for each of n images.

    Args:
        top: rows by which the crop starts below the padded image's upper edge, int64, shape (n,).
        left: columns by which it starts right of the padded image's left edge, int64, shape (n,).
        mirrored: 1 where the image is flipped left to right, else 0, int64, shape (n,).
        hole: row and column of the cutout's centre, int64, shape (n, 2).
    """

    top: Tensor
    left: Tensor
    mirrored: Tensor
    hole: Tensor

    def part(self, first: int, count: int) -> Draw:
        """The draw of `count` images from number `first` on."""
        return Draw(*(values[first : first + count] for values in (self.top, self.left, self.mirrored, self.hole)))

    def to(self, device: torch.device) -> Draw:
        """The same draw on `device`."""
        return Draw(*(values.to(device) for values in (self.top, self.left, self.mirrored, self.hole)))


class Augmentation:
    """Label-preserving random changes of images.

    - crop: pad with black on each side, then cut out a window of the old size at a random place, as torchvision's
      `RandomCrop(size, padding=pad)` does; pad is 4 pixels for images 32 high, as in He et al. (2016), and 2 for smaller ones.
    - flip: mirror left to right with probability 1/2.
    - cutout: replace a square of half the image's side, centred anywhere, by the mean pixel (DeVries & Taylor, 2017).

    Args:
        names: which of them, out of "crop", "flip", "cutout"; their order does not matter.
        shape: channels, height and width of the images.
    """

    def __init__(self, names: Sequence[str], shape: tuple[int, int, int]) -> None:
        self.shape = shape
        self.pad = (4 if shape[1] >= 32 else 2) if "crop" in names else 0
        self.flip = "flip" in names
        self.cutout = "cutout" in names

    def draw(self, count: int, generator: torch.Generator) -> Draw:
        """Decide for `count` images at once.

        Args:
            count: number of images.
            generator: a CPU generator, so that every device sees the same augmentation.
        """
        _, height, width = self.shape

        def uniform(end: int) -> Tensor:
            return torch.randint(end, (count,), generator=generator)

        shifts = 2 * self.pad + 1
        top, left, mirrored = uniform(shifts), uniform(shifts), uniform(2 if self.flip else 1)
        return Draw(top, left, mirrored, torch.stack([uniform(height), uniform(width)], dim=1))

    def move(self, x: Tensor, draw: Draw) -> Tensor:
        """Crop and flip.

        All images and their mirror images are laid out, padded, on one canvas. A row of a result is then a run of `width`
        neighbouring numbers of the canvas, and one gather of such runs crops and flips the whole batch.

        Args:
            x: images, uint8, shape (n, channels, height, width).
            draw: what was drawn for these n images.

        Returns:
            Images of the same type and shape.
        """
        if not (self.pad or self.flip):
            return x
        count, (channels, height, width) = len(x), self.shape
        inside = (slice(self.pad, self.pad + height), slice(self.pad, self.pad + width))
        canvas = x.new_zeros((1 + self.flip, count, channels, height + 2 * self.pad, width + 2 * self.pad))
        canvas[(0, ..., *inside)] = x
        if self.flip:
            canvas[(1, ..., *inside)] = x.flip(-1)
        mirror, image, channel, row, _ = canvas.stride()

        def numbers(length: int) -> Tensor:
            return torch.arange(length, device=x.device)

        first = draw.mirrored * mirror + numbers(count) * image + draw.top * row + draw.left
        starts = first.view(-1, 1, 1) + numbers(channels).view(-1, 1) * channel + numbers(height) * row
        rows = canvas.as_strided((canvas.numel() - width + 1, width), (1, 1))
        return rows.index_select(0, starts.flatten()).view_as(x)

    def cut(self, x: Tensor, draw: Draw) -> Tensor:
        """Cut out a square, in place.

        Args:
            x: normalised images, float, shape (n, channels, height, width); the mean pixel is 0.
            draw: what was drawn for these n images.

        Returns:
            `x` itself.
        """
        if not self.cutout:
            return x
        _, height, width = self.shape
        reach = height // 4

        def covered(length: int, centre: Tensor) -> Tensor:
            places = torch.arange(length, device=x.device) - centre.unsqueeze(1)
            return ((places >= -reach) & (places < reach)).to(x.dtype)

        hole = covered(height, draw.hole[:, 0]).unsqueeze(2) * covered(width, draw.hole[:, 1]).unsqueeze(1)
        return x.mul_((1 - hole).unsqueeze(1))
