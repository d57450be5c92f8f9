"""Random crop, flip and cutout, drawn for each image of an epoch and applied to a whole batch at a time."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from nnlabs.errors import ConfigError


def check_augmentation(
    names: Sequence[str], shape: tuple[int, int, int], pad: int | None = None, setting: str = "data.augment"
) -> None:
    """Say so when an augmentation makes no sense for examples of a shape.

    Args:
        names: which are wanted.
        shape: channels, height and width of one example.
        pad: as for `Augmentation`.
        setting: where they were asked for.

    Raises:
        ConfigError: flip for a signal, whose mirror image is another signal: MNIST-1D's 5 read backwards looks like its 2.
    """
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigError(f"{setting}: {repeated[0]} is named twice; once is enough", setting)
    if "crop" in names and pad and pad >= (shortest := min(length for length in shape[1:] if length > 1)):
        raise ConfigError(
            f"data.crop_pad: {pad} is too much for examples of {shortest} pixels or numbers: a window could miss them altogether",
            "data.crop_pad",
        )
    if "flip" in names and shape[2] == 1:
        raise ConfigError(
            f"{setting}: flip mirrors left and right, but these are signals, and a signal read backwards belongs to another "
            "class; leave it out (crop, which shifts, and cutout work)",
            setting,
        )


class Augmentation:
    """Random changes of images, and of signals (of length 1 along one axis), that leave the label as it is.

    Whether they do is for whoever chooses them to know: a mirrored shirt is a shirt, a mirrored 3 is no 3.

    - crop: pad with black (0) on each side of an axis longer than 1, then cut out a window of the old size at a random place,
      as torchvision's `RandomCrop(size, padding=pad)` does. A signal is shifted.
    - flip: mirror left to right with probability 1/2.
    - cutout: replace a square of half the image's side, centered anywhere, by the mean pixel (DeVries & Taylor, 2017).

    Args:
        names: which of them, out of "crop", "flip", "cutout"; their order does not matter.
        shape: channels, height and width of the images.
        pad: pixels that crop pads; None: 4 for images at least 32 high, as in He et al. (2016), and 2 for smaller ones.
        fill: the mean pixel of normalized images, which cutout puts in, shape (channels, 1, 1); None: 0.
    """

    def __init__(
        self,
        names: Sequence[str],
        shape: tuple[int, int, int],
        pad: int | None = None,
        fill: Tensor | None = None,
    ) -> None:
        self.shape = shape
        wanted = (pad or (4 if shape[1] >= 32 else 2)) if "crop" in names else 0
        self.pads = tuple(wanted if length > 1 else 0 for length in shape[1:])
        self.fill = fill
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
        down, right = (2 * pad + 1 for pad in self.pads)
        ends = (down, right, 2 if self.flip else 1, height, width)
        return torch.stack([torch.randint(end, (count,), generator=generator) for end in ends])

    def move(self, x: Tensor, draw: Tensor) -> Tensor:
        """Crop and flip.

        All images and their mirror images are laid out, padded, on one canvas. A row of a result is then a run of `width`
        neighboring numbers of the canvas, and one gather of such runs crops and flips the whole batch.

        Args:
            x: images, of any type, shape (n, channels, height, width).
            draw: what was drawn for these n images, shape (5, n).

        Returns:
            Images of the same type and shape.
        """
        if not (any(self.pads) or self.flip):
            return x
        count, (channels, height, width) = len(x), self.shape
        above, beside = self.pads
        inside = (slice(above, above + height), slice(beside, beside + width))
        canvas = x.new_zeros((1 + self.flip, count, channels, height + 2 * above, width + 2 * beside))
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
        """Cut out a square half as high as the image, or of a signal a stretch half as long, in place.

        Args:
            x: normalized images, float, shape (n, channels, height, width).
            draw: what was drawn for these n images, shape (5, n).

        Returns:
            `x` itself.
        """
        if not self.cutout:
            return x
        _, height, width = self.shape
        reach = (max(height, width) if width == 1 or height == 1 else height) // 4

        def covered(length: int, center: Tensor) -> Tensor:
            places = torch.arange(length, device=x.device) - center.unsqueeze(1)
            return ((places >= -reach) & (places < reach)).to(x.dtype)

        hole = (covered(height, draw[3]).unsqueeze(2) * covered(width, draw[4]).unsqueeze(1)).unsqueeze(1)
        x.mul_(1 - hole)
        return x if self.fill is None else x.add_(hole * self.fill.to(x.device))
