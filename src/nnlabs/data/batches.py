"""Batches of normalized images: gathered, augmented and converted on the device, a whole batch at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from nnlabs.data.augment import Augmentation
from nnlabs.data.examples import Examples
from nnlabs.data.normalize import Normalize
from nnlabs.seeding import DATA_STREAM, epoch_seed


class TrainBatches:
    """Training examples, shuffled (unless that is switched off) and augmented anew in each epoch.

    Order and augmentation of epoch e are a function of (seed, e) alone, drawn on the CPU, so that a run that goes on from any
    epoch, and a run on another device, sees the same batches.

    Args:
        examples: the training split.
        normalize: by the training split's own mean and standard deviation, and to which device.
        batch_size: examples a batch; the last one of an epoch may be smaller, and one larger than the data takes them all.
        augment: names of augmentations, see `Augmentation`.
        crop_pad: pixels that crop pads on each side; None: as `Augmentation` thinks fit.
        fill: the mean pixel once normalized, which cutout puts in, shape (channels, 1, 1); None: 0.
        seed: seed of order and augmentation.
        shuffle: false: class after class, in the same order in each epoch.

    Attributes:
        examples: number of training examples.
        batch_size: examples a batch.
        kept: which examples the next epoch consists of, bool (examples,); None: all.
        rows: of the current batch, the places of its examples among all, int64 (n,).

    Example:
        >>> data = Examples(torch.arange(20, dtype=torch.uint8).view(5, 1, 2, 2), torch.arange(5))
        >>> batches = TrainBatches(data, Normalize(torch.zeros(1, 1, 1), torch.ones(1, 1, 1)), batch_size=2)
        >>> [tuple(x.shape) for x, y in batches.epoch(0)]
        [(2, 1, 2, 2), (2, 1, 2, 2), (1, 1, 2, 2)]
    """

    def __init__(
        self,
        examples: Examples,
        normalize: Normalize,
        batch_size: int,
        augment: Sequence[str] = (),
        crop_pad: int | None = None,
        fill: Tensor | None = None,
        seed: int = 0,
        shuffle: bool = True,
    ) -> None:
        self.examples = len(examples)
        self.batch_size = min(batch_size, self.examples)  # torch refuses numbers of 64 bits
        self.seed = seed
        self.shuffle = shuffle
        self.kept: Tensor | None = None
        self.rows = torch.empty(0, dtype=torch.int64)
        self._data = examples.to(normalize.device)  # once
        self._augmentation = Augmentation(augment, examples.shape, crop_pad, fill)
        self._normalize = normalize

    def __len__(self) -> int:
        """Batches of an epoch of all examples."""
        return math.ceil(self.examples / self.batch_size)

    def epoch(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The batches of one epoch.

        Args:
            epoch: its number, from 0.

        Yields:
            Normalized images, float32, shape (n, channels, height, width), and their labels, int64, shape (n,).
        """
        generator = torch.Generator().manual_seed(epoch_seed(self.seed, epoch, DATA_STREAM))
        device = self._normalize.device
        mixed = torch.randperm(self.examples, generator=generator).to(device)
        order = mixed if self.shuffle else self._data.y.argsort(stable=True)
        draws = self._augmentation.draw(self.examples, generator).to(device)
        if self.kept is not None:
            chosen = self.kept.to(device)[order]
            order, draws = order[chosen], draws[:, chosen]
        rows, moves = torch.split(order, self.batch_size), torch.split(draws, self.batch_size, dim=1)
        batches = self._data.batches(self.batch_size, order)
        for self.rows, (x, y), draw in zip(rows, batches, moves, strict=True):
            x = self._normalize(self._augmentation.move(x, draw))
            yield self._normalize.lay_out(self._augmentation.cut(x, draw)), y


def eval_batches(examples: Examples, normalize: Normalize, batch_size: int = 128) -> Iterator[tuple[Tensor, Tensor]]:
    """Go once through examples as they lie, normalized and nothing else.

    Args:
        examples: a validation or test split.
        normalize: by the training split's own mean and standard deviation, and to which device.
        batch_size: examples a batch; the last one may be smaller. Of larger ones the features no longer fit into the cache of
            a CPU's core: the whitened network took 1.4 times as long for each image by 1024.

    Yields:
        Normalized images, float32, shape (n, channels, height, width), and their labels, int64, shape (n,).
    """
    for x, y in examples.batches(batch_size):
        yield normalize.lay_out(normalize(x)), y.to(normalize.device)
