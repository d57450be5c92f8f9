"""Random crop, flip and cutout, drawn for each image of an epoch and applied to a whole batch at a time."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class Augmentation:
    """Label-preserving random changes of images.

    - crop: pad with black on each side, then cut out a window of the old size at a random place, as torchvision's
      `RandomCrop(size, padding=pad)` does.
    - flip: mirror left to right with probability 1/2.
    - cutout: replace a square of half the image's side, centered anywhere, by the mean pixel (DeVries & Taylor, 2017).

    Args:
        names: which of them, out of "crop", "flip", "cutout"; their order does not matter.
        shape: channels, height and width of the images.
        pad: pixels that crop pads; None: 4 for images at least 32 high, as in He et al. (2016), and 2 for smaller ones.
    """

    def __init__(self, names: Sequence[str], shape: tuple[int, int, int], pad: int | None = None) -> None:
        self.shape = shape
        self.pad = (pad or (4 if shape[1] >= 32 else 2)) if "crop" in names else 0
        self.flip = "flip" in names
        self.cutout = "cutout" in names

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Decide for `count` images at once.

        Args:
            count: number of images.
            generator: a CPU generator, so that every device sees the same augmentation.

        Returns:
            int64, shape (5, count): rows and columns by which each crop starts inside the padded image; 1 where the image is
            mirrored, else 0; row and column of the cutout's center.
        """
        _, height, width = self.shape
        shifts = 2 * self.pad + 1
        ends = (shifts, shifts, 2 if self.flip else 1, height, width)
        return torch.stack([torch.randint(end, (count,), generator=generator) for end in ends])

    def move(self, x: Tensor, draw: Tensor) -> Tensor:
        """Crop and flip.

        All images and their mirror images are laid out, padded, on one canvas. A row of a result is then a run of `width`
        neighboring numbers of the canvas, and one gather of such runs crops and flips the whole batch.

        Args:
            x: images, uint8, shape (n, channels, height, width).
            draw: what was drawn for these n images, shape (5, n).

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
        top, left, mirrored, _, _ = draw

        def numbers(length: int) -> Tensor:
            return torch.arange(length, device=x.device)

        first = mirrored * mirror + numbers(count) * image + top * row + left
        starts = first.view(-1, 1, 1) + numbers(channels).view(-1, 1) * channel + numbers(height) * row
        rows = canvas.as_strided((canvas.numel() - width + 1, width), (1, 1))
        return rows.index_select(0, starts.flatten()).view_as(x)

    def cut(self, x: Tensor, draw: Tensor) -> Tensor:
        """Cut out a square, in place.

        Args:
            x: normalized images, float, shape (n, channels, height, width); the mean pixel is 0.
            draw: what was drawn for these n images, shape (5, n).

        Returns:
            `x` itself.
        """
        if not self.cutout:
            return x
        _, height, width = self.shape
        reach = height // 4

        def covered(length: int, center: Tensor) -> Tensor:
            places = torch.arange(length, device=x.device) - center.unsqueeze(1)
            return ((places >= -reach) & (places < reach)).to(x.dtype)

        hole = covered(height, draw[3]).unsqueeze(2) * covered(width, draw[4]).unsqueeze(1)
        return x.mul_((1 - hole).unsqueeze(1))
