"""Image sets as published: Fashion-MNIST and CIFAR-10 through torchvision's own dataset classes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import torch

from nnlabs.data.catalog import Entry, lookup
from nnlabs.data.examples import Examples


@dataclass(frozen=True)
class ImageSet:
    """A data set as published, before it is split.

    Args:
        entry: its line in the catalog.
        classes: names of the classes; label k means `classes[k]`.
        train: the published training set, out of which validation is taken.
        test: the published test set.
        label_noise: share of the training labels that is made wrong unless the configuration says otherwise.
    """

    entry: Entry
    classes: tuple[str, ...]
    train: Examples
    test: Examples
    label_noise: float = 0.0

    @cached_property
    def checksum(self) -> str:
        """sha256 of all images and labels, hexadecimal."""
        return sha256(f"{self.train.digest()} {self.test.digest()}".encode()).hexdigest()


def fashion_mnist(root: Path) -> ImageSet:
    """Fashion-MNIST (Xiao et al. 2017): 60,000 training and 10,000 test images, (1, 28, 28), ten classes.

    Args:
        root: folder that holds `FashionMNIST/raw/`, whose files have been checked.
    """
    from torchvision.datasets import FashionMNIST

    train, test = (
        Examples(part.data.unsqueeze(1), part.targets)
        for part in (FashionMNIST(root, train) for train in (True, False))
    )
    return ImageSet(lookup("fashion_mnist"), tuple(FashionMNIST.classes), train, test)


def cifar10(root: Path) -> ImageSet:
    """CIFAR-10 (Krizhevsky 2009): 50,000 training and 10,000 test images, (3, 32, 32), ten classes.

    Args:
        root: folder that holds `cifar-10-batches-py/`, whose files have been checked.
    """
    from torchvision.datasets import CIFAR10

    # torchvision hashes every file that its class lists, for either part anew; classes that list one part hash each file once.
    parts = [
        type("Train", (CIFAR10,), {"test_list": []})(root, train=True),
        type("Test", (CIFAR10,), {"train_list": []})(root, train=False),
    ]
    train, test = (
        Examples(torch.from_numpy(part.data).permute(0, 3, 1, 2).contiguous(), torch.tensor(part.targets))
        for part in parts
    )
    return ImageSet(lookup("cifar10"), tuple(parts[0].classes), train, test)
