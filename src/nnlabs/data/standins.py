"""The image set built from what scikit-learn brings along: real pictures for whoever has no network, or no time to download."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import Tensor

from nnlabs.data.catalog import lookup
from nnlabs.data.examples import Examples
from nnlabs.data.images import ImageSet
from nnlabs.data.rows import hold_out

CLASSES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
# Large enough a share that a network which learns the training set by heart does visibly worse than one that cannot.
LABEL_NOISE = 0.2
TEST_DIGITS = 797
DIGIT_SIZE = 24


def split_digits() -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """scikit-learn's 1,797 digits, divided once and for all: 1,000 for training, 797 for testing, each class by its share.

    Returns:
        For either part the images, float32 from 0 to 1, shape (n, 1, 8, 8), and the labels, int64, shape (n,).
    """
    x, y = load_digits(return_X_y=True)
    images = torch.from_numpy(x / 16).float().view(-1, 1, 8, 8)
    train, test = hold_out(y, TEST_DIGITS, seed=0)
    labels = torch.from_numpy(y).long()
    return (images[train], labels[train]), (images[test], labels[test])


def _enlarge(images: Tensor) -> Tensor:
    return F.interpolate(images, size=(DIGIT_SIZE, DIGIT_SIZE), mode="bilinear", align_corners=False)


def digits() -> ImageSet:
    """Real handwritten digits brought from 8x8 to 28x28, (1, 28, 28): few of them, and a fifth of the training labels wrong.

    The digit fills the 24x24 pixels in the middle. The images lie here under their true labels; `split` makes the wrong ones, in
    the training split alone, by the share in `label_noise`.
    """
    train, test = (
        Examples((F.pad(_enlarge(images), (2, 2, 2, 2)) * 255).round().byte(), labels)
        for images, labels in split_digits()
    )
    return ImageSet(lookup("digits"), CLASSES, train, test, LABEL_NOISE)
