"""Image sets built from what scikit-learn brings along: real pictures for whoever has no network, or no time to download.

Both are the same on every call. They draw from NumPy's RandomState, which promises the same numbers in every version.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from sklearn.datasets import load_digits, load_sample_images
from sklearn.model_selection import train_test_split
from torch import Tensor

from nnlabs.data.catalog import lookup
from nnlabs.data.examples import Examples
from nnlabs.data.images import ImageSet

IntArray = NDArray[np.int64]

CLASSES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
# Large enough a share that a network which learns the training set by heart does visibly worse than one that cannot.
LABEL_NOISE = 0.2
TEST_DIGITS = 797
DIGIT_SIZE = 24

PHOTO_SIZE = 32
PHOTO_TRAIN, PHOTO_TEST = 5000, 1000
# Test crops lie between these columns of the photographs, which are 640 pixels wide; training crops lie left or right of them.
TEST_STRIP = (336, 464)
# How much of the photograph a digit hides, 0 to 1, and how far its color lies from the crop's mean, of 255: enough to be
# seen on the sky, little enough to be hard to read on leaves.
OPACITY = (0.5, 1.0)
CONTRAST = (50, 206)


def split_digits() -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """scikit-learn's 1,797 digits, divided once and for all: 1,000 for training, 797 for testing, each class by its share.

    Returns:
        For either part the images, float32 from 0 to 1, shape (n, 1, 8, 8), and the labels, int64, shape (n,).
    """
    x, y = load_digits(return_X_y=True)
    images = torch.from_numpy(x / 16).float().view(-1, 1, 8, 8)
    train, test = train_test_split(np.arange(len(y)), test_size=TEST_DIGITS, stratify=y, random_state=0)
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
    entry = lookup("digits")
    return ImageSet(entry.name, entry.title, CLASSES, train, test, label_noise=LABEL_NOISE, credit=entry.credit)


@dataclass(frozen=True)
class Recipe:
    """How n images of `photo_digits` are made: which digit, drawn where, over which part of which photograph.

    Args:
        digit: number of the digit within its part of `split_digits`, int64, shape (n,).
        photo: 0 for china.jpg, 1 for flower.jpg, int64, shape (n,).
        top: row of the crop's upper edge in the photograph, int64, shape (n,).
        left: column of the crop's left edge in the photograph, int64, shape (n,).
        shift: row and column of the digit's upper left pixel in the crop, int64, shape (n, 2).
        contrast: what is added, modulo 256, to the crop's mean red, green and blue to give the digit's color, int64, shape (n, 3).
        opacity: how much of the photograph the digit hides, 0 to 1, shape (n,).
    """

    digit: IntArray
    photo: IntArray
    top: IntArray
    left: IntArray
    shift: IntArray
    contrast: IntArray
    opacity: NDArray[np.float64]


def draw_recipe(count: int, digits: int, height: int, lefts: IntArray, seed: int) -> Recipe:
    """Decide on `count` images; every digit is used about equally often.

    Args:
        count: number of images.
        digits: number of digits to choose from.
        height: height of the photographs, pixels.
        lefts: columns at which a crop may begin, shape (m,).
        seed: decides everything.
    """
    random = np.random.RandomState(seed)
    return Recipe(
        digit=random.permutation(count) % digits,
        photo=random.randint(0, 2, count),
        top=random.randint(0, height - PHOTO_SIZE + 1, count),
        left=random.choice(lefts, count),
        shift=random.randint(0, PHOTO_SIZE - DIGIT_SIZE + 1, (count, 2)),
        contrast=random.randint(*CONTRAST, (count, 3)),
        opacity=random.uniform(*OPACITY, count),
    )


def blend(recipe: Recipe, photos: NDArray[np.uint8], images: Tensor, labels: Tensor) -> Examples:
    """Draw the digits over the crops: pixel = photo (1 - a) + color a, where a = opacity times the digit's ink.

    Args:
        recipe: what to draw where.
        photos: the photographs, uint8, shape (2, height, width, 3).
        images: digits, 0 to 1, shape (m, 1, 8, 8).
        labels: their classes, int64, shape (m,).

    Returns:
        Images of shape (n, 3, 32, 32) and their labels.
    """
    rows, columns = (start[:, None] + np.arange(PHOTO_SIZE) for start in (recipe.top, recipe.left))
    crops = photos[recipe.photo[:, None, None], rows[:, :, None], columns[:, None, :]]
    mean = np.rint(crops.mean(axis=(1, 2)))
    color = ((mean + recipe.contrast) % 256).astype(np.float32)
    ink = np.zeros((len(crops), PHOTO_SIZE, PHOTO_SIZE), dtype=np.float32)
    enlarged = _enlarge(images).numpy()[:, 0]
    for canvas, digit, (top, left) in zip(ink, recipe.digit, recipe.shift, strict=True):
        canvas[top : top + DIGIT_SIZE, left : left + DIGIT_SIZE] = enlarged[digit]
    ink *= recipe.opacity[:, None, None]
    pixels = crops + (color[:, None, None] - crops) * ink[..., None]
    x = torch.from_numpy(np.rint(pixels).astype(np.uint8)).permute(0, 3, 1, 2).contiguous()
    return Examples(x, labels[torch.from_numpy(recipe.digit)])


def photo_recipes(train_digits: int, test_digits: int, height: int, width: int) -> tuple[Recipe, Recipe]:
    """The recipes of the training and the test images of `photo_digits`, which share no part of the photographs.

    Args:
        train_digits: number of digits for training images.
        test_digits: number of digits for test images.
        height: of the photographs, pixels.
        width: of the photographs, pixels.
    """
    first, end = TEST_STRIP
    outside = np.r_[0 : first - PHOTO_SIZE + 1, end : width - PHOTO_SIZE + 1]
    inside = np.r_[first : end - PHOTO_SIZE + 1]
    return (
        draw_recipe(PHOTO_TRAIN, train_digits, height, outside, seed=0),
        draw_recipe(PHOTO_TEST, test_digits, height, inside, seed=1),
    )


def photo_digits() -> ImageSet:
    """Ten classes of digits in any color over crops of two photographs, (3, 32, 32): 5,000 for training, 1,000 for testing.

    Training and test images share neither digits nor parts of the photographs.
    """
    photos = np.stack(load_sample_images().images)
    parts = split_digits()
    recipes = photo_recipes(*(len(labels) for _, labels in parts), *photos.shape[1:3])
    train, test = (blend(recipe, photos, *part) for recipe, part in zip(recipes, parts, strict=True))
    entry = lookup("photo_digits")
    return ImageSet(entry.name, entry.title, CLASSES, train, test, credit=entry.credit)
