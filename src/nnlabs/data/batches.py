"""Batches of normalized images: gathered, augmented and converted on the device, a whole batch at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from nnlabs.data.augment import Augmentation
from nnlabs.data.examples import Examples
from nnlabs.seeding import DATA_STREAM, epoch_seed


class _Normalize:
    """To mean 0 and standard deviation 1 a channel: x' = (x/255 - mean) / std for uint8 images, (x - mean) / std for floats."""

    def __init__(self, mean: Tensor, std: Tensor, device: torch.device, channels_last: bool) -> None:
        # (x/255 - mean) / std = x * scale + shift: one product and one sum, both in place.
        self.scale = (1 / (255 * std)).to(device)
        self.float_scale = (1 / std).to(device)
        self.shift = (-mean / std).to(device)
        self.memory_format = torch.channels_last if channels_last else torch.contiguous_format

    def __call__(self, x: Tensor) -> Tensor:
        if x.is_floating_point():  # the examples themselves, which must not be changed in place
            return x.mul(self.float_scale).add_(self.shift)
        return x.float().mul_(self.scale).add_(self.shift)

    def lay_out(self, x: Tensor) -> Tensor:
        """The same numbers in the memory format that convolutions want."""
        return x.contiguous(memory_format=self.memory_format)


class TrainBatches:
    """Training examples, shuffled (unless that is switched off) and augmented anew in each epoch.

    Order and augmentation of epoch e are a function of (seed, e) alone, drawn on the CPU, so that a run that goes on from any
    epoch, and a run on another device, sees the same batches.

    Args:
        examples: the training split.
        mean: mean of each channel in the training split, 0 to 1, shape (channels, 1, 1).
        std: standard deviation of each channel, on the same scale, shape (channels, 1, 1).
        batch_size: examples a batch; the last one of an epoch may be smaller, and one larger than the data takes them all.
        augment: names of augmentations, see `Augmentation`.
        crop_pad: pixels that crop pads on each side; None: as `Augmentation` thinks fit.
        fill: the mean pixel once normalized, which cutout puts in, shape (channels, 1, 1); None: 0.
        seed: seed of order and augmentation.
        shuffle: false: class after class, in the same order in each epoch.
        device: where batches live; the examples are moved there once.
        channels_last: whether images come in the memory format that convolutions are fastest in.

    Attributes:
        examples: number of training examples.

    Example:
        >>> data = Examples(torch.arange(20, dtype=torch.uint8).view(5, 1, 2, 2), torch.arange(5))
        >>> batches = TrainBatches(data, torch.zeros(1, 1, 1), torch.ones(1, 1, 1), batch_size=2)
        >>> [tuple(x.shape) for x, y in batches.epoch(0)]
        [(2, 1, 2, 2), (2, 1, 2, 2), (1, 1, 2, 2)]
    """

    def __init__(
        self,
        examples: Examples,
        mean: Tensor,
        std: Tensor,
        batch_size: int,
        augment: Sequence[str] = (),
        crop_pad: int | None = None,
        fill: Tensor | None = None,
        seed: int = 0,
        shuffle: bool = True,
        device: torch.device | str = "cpu",
        channels_last: bool = False,
    ) -> None:
        self.device = torch.device(device)
        self.examples = len(examples)
        self.batch_size = batch_size
        self.seed = seed
        self.shuffle = shuffle
        self._data = examples.to(self.device)
        self._augmentation = Augmentation(augment, examples.shape, crop_pad, fill)
        self._normalize = _Normalize(mean, std, self.device, channels_last)

    def __len__(self) -> int:
        """Batches an epoch."""
        return math.ceil(self.examples / self.batch_size)

    def epoch(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The batches of one epoch.

        Args:
            epoch: its number, from 0.

        Yields:
            Normalized images, float32, shape (n, channels, height, width), and their labels, int64, shape (n,).
        """
        generator = torch.Generator().manual_seed(epoch_seed(self.seed, epoch, DATA_STREAM))
        mixed = torch.randperm(self.examples, generator=generator).to(self.device)
        order = mixed if self.shuffle else self._data.y.argsort(stable=True)
        draws = self._augmentation.draw(self.examples, generator).to(self.device)
        batches = self._data.batches(self.batch_size, order)
        for (x, y), draw in zip(batches, torch.split(draws, self.batch_size, dim=1), strict=True):
            x = self._normalize(self._augmentation.move(x, draw))
            yield self._normalize.lay_out(self._augmentation.cut(x, draw)), y


def eval_batches(
    examples: Examples,
    mean: Tensor,
    std: Tensor,
    device: torch.device | str = "cpu",
    batch_size: int = 128,
    channels_last: bool = False,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Go once through examples as they lie, normalized and nothing else.

    Args:
        examples: a validation or test split.
        mean: mean of each channel in the training split, 0 to 1, shape (channels, 1, 1).
        std: standard deviation of each channel, on the same scale, shape (channels, 1, 1).
        device: where batches are wanted.
        batch_size: examples a batch; the last one may be smaller. Of larger ones the features no longer fit into the cache of
            a CPU's core: the whitened network took 1.4 times as long for each image by 1024.
        channels_last: whether images come in the memory format that convolutions are fastest in.

    Yields:
        Normalized images, float32, shape (n, channels, height, width), and their labels, int64, shape (n,).
    """
    device = torch.device(device)
    normalize = _Normalize(mean, std, device, channels_last)
    for x, y in examples.batches(batch_size):
        yield normalize.lay_out(normalize(x.to(device))), y.to(device)
