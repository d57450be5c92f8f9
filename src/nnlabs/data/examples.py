"""Labelled images, as tensors in memory or as files on disk: the form in which the rest of the package sees a data set."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from nnlabs.data.decode import read_square

FILE_SIZE = 32


class Examples:
    """Images, or signals, and their labels, in memory.

    Args:
        x: images, uint8 from 0 to 255, shape (n, channels, height, width); or signals, float32, shape (n, channels, length, 1).
        y: class numbers, int64, shape (n,).
    """

    def __init__(self, x: Tensor, y: Tensor) -> None:
        self._x = x
        self.y = y

    def __len__(self) -> int:
        return len(self.y)

    @property
    def x(self) -> Tensor:
        """The images, uint8 from 0 to 255, shape (n, channels, height, width), or the signals, float32."""
        return self._x

    @property
    def is_image(self) -> bool:
        """Whether the numbers are bytes from 0 to 255; if not, they go to the network on the scale they are on."""
        return self._x.dtype == torch.uint8

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        _, channels, height, width = self._x.shape
        return channels, height, width

    def select(self, rows: Tensor) -> Examples:
        """The examples with the given numbers, in that order.

        Args:
            rows: int64, shape (m,).
        """
        return Examples(self._x.index_select(0, rows), self.y.index_select(0, rows))

    def relabel(self, y: Tensor) -> Examples:
        """The same images under other labels.

        Args:
            y: int64, shape (n,).
        """
        return Examples(self._x, y)

    def to(self, device: torch.device | str) -> Examples:
        """The same examples on `device`, where `batches` then gathers without a copy from the host."""
        return Examples(self._x.to(device), self.y.to(device))

    def digest(self) -> str:
        """sha256 of all images and labels, hexadecimal."""
        sha = hashlib.sha256()
        for values in (self._x, self.y):
            sha.update(values.contiguous().numpy().data)
        return sha.hexdigest()

    def batches(self, size: int, order: Tensor | None = None) -> Iterator[tuple[Tensor, Tensor]]:
        """Images and labels by batches of `size`; the last one may be smaller.

        Args:
            size: examples a batch.
            order: numbers of the examples, int64, on the examples' device; as they lie when None.
        """
        if order is None:
            yield from zip(torch.split(self._x, size), torch.split(self.y, size), strict=True)
            return
        for rows in torch.split(order, size):
            yield self._x.index_select(0, rows), self.y.index_select(0, rows)


class ImageFiles(Examples, Dataset[tuple[Tensor, Tensor]]):
    """Images and their labels, read from disk batch by batch through torch's DataLoader: for more images than memory holds.

    Args:
        paths: one image file an example.
        y: class numbers, int64, shape (n,).
        device: where `batches` puts what it reads.
    """

    def __init__(self, paths: Sequence[Path], y: Tensor, device: torch.device | str = "cpu") -> None:
        self.paths = paths
        self.y = y
        self.device = device

    @property
    def x(self) -> Tensor:
        """The images, all read into memory: meant for a few, as in `examples.select(rows).x`."""
        return read_images(self.paths)

    @property
    def is_image(self) -> bool:
        """True."""
        return True

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        return 3, FILE_SIZE, FILE_SIZE

    def select(self, rows: Tensor) -> ImageFiles:
        """The examples with the given numbers, in that order; nothing is read."""
        return ImageFiles([self.paths[row] for row in rows.tolist()], self.y.index_select(0, rows), self.device)

    def relabel(self, y: Tensor) -> ImageFiles:
        """The same images under other labels."""
        return ImageFiles(self.paths, y, self.device)

    def to(self, device: torch.device | str) -> ImageFiles:
        """The same examples, to be put on `device` once they are read."""
        return ImageFiles(self.paths, self.y, device)

    def digest(self) -> str:
        """sha256 of the files' names and sizes and of the labels, hexadecimal; the files are not read for it."""
        names = "\n".join(f"{path.parent.name}/{path.name} {path.stat().st_size}" for path in self.paths)
        return hashlib.sha256(names.encode(errors="surrogateescape") + self.y.numpy().tobytes()).hexdigest()

    def __getitems__(self, rows: list[int]) -> tuple[Tensor, Tensor]:
        """What the DataLoader asks for: a whole batch, so that threads can read its files side by side."""
        return read_images([self.paths[row] for row in rows]), self.y[rows]

    def batches(self, size: int, order: Tensor | None = None) -> Iterator[tuple[Tensor, Tensor]]:
        """Images and labels by batches of `size`, read as they are asked for; the last one may be smaller."""
        sampler = range(len(self)) if order is None else order.tolist()
        # A generator of its own, for a DataLoader draws from torch's global one, which dropout's repeatability depends on.
        generator = torch.Generator()
        loader = DataLoader(self, size, sampler=sampler, collate_fn=lambda batch: batch, generator=generator)
        for x, y in loader:
            yield x.to(self.device), y.to(self.device)


def read_images(paths: Sequence[Path]) -> Tensor:
    """Read image files of any size and mode, in threads, for Pillow decodes without holding Python's lock.

    Args:
        paths: the files.

    Returns:
        uint8, shape (n, 3, 32, 32).

    Raises:
        DataError: a file that is no readable image; names it.
    """
    x = torch.empty((len(paths), 3, FILE_SIZE, FILE_SIZE), dtype=torch.uint8)
    # Pillow's remarks on odd files would lie over the progress bar, and nothing comes of them.
    with warnings.catch_warnings(action="ignore"), ThreadPoolExecutor() as threads:
        for row, square in enumerate(threads.map(lambda path: read_square(path, FILE_SIZE), paths)):
            x[row] = torch.from_numpy(square).permute(2, 0, 1)
    return x
