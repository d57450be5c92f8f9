"""Labelled images, as tensors in memory: the form in which the rest of the package sees a data set."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Examples:
    """Images and their labels, in memory.

    Args:
        x: images, uint8 from 0 to 255, shape (n, channels, height, width).
        y: class numbers, int64, shape (n,).
    """

    x: Tensor
    y: Tensor

    def __len__(self) -> int:
        return len(self.y)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        _, channels, height, width = self.x.shape
        return channels, height, width

    def select(self, rows: Tensor) -> Examples:
        """The examples with the given numbers, in that order.

        Args:
            rows: int64, shape (m,).
        """
        return Examples(self.x.index_select(0, rows), self.y.index_select(0, rows))

    def relabel(self, y: Tensor) -> Examples:
        """The same images under other labels.

        Args:
            y: int64, shape (n,).
        """
        return Examples(self.x, y)

    def to(self, device: torch.device | str) -> Examples:
        """The same examples on `device`, where `batches` then gathers without a copy from the host."""
        return Examples(self.x.to(device), self.y.to(device))

    def digest(self) -> str:
        """sha256 of all images and labels, hexadecimal."""
        sha = hashlib.sha256()
        for values in (self.x, self.y):
            sha.update(values.contiguous().numpy().data)
        return sha.hexdigest()

    def batches(self, size: int, order: Tensor | None = None) -> Iterator[tuple[Tensor, Tensor]]:
        """Images and labels by batches of `size`; the last one may be smaller.

        Args:
            size: examples a batch.
            order: numbers of the examples, int64 on this device; as they lie when None.
        """
        if order is None:
            yield from zip(torch.split(self.x, size), torch.split(self.y, size), strict=True)
            return
        for rows in torch.split(order, size):
            yield self.x.index_select(0, rows), self.y.index_select(0, rows)
