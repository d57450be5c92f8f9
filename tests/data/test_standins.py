from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits, load_sample_images

from nnlabs.data import standins
from nnlabs.data.images import ImageSet


@pytest.fixture(scope="module")
def digits() -> ImageSet:
    return standins.digits()


@pytest.fixture(scope="module")
def photo_digits() -> ImageSet:
    return standins.photo_digits()


def test_digits_are_all_of_scikit_learns_each_once(digits):
    assert (len(digits.train), len(digits.test)) == (1000, 797)
    assert digits.train.shape == (1, 28, 28)
    _, labels = load_digits(return_X_y=True)
    together = torch.cat([digits.train.y, digits.test.y]).bincount()
    assert together.tolist() == np.bincount(labels).tolist()
    (train, _), (test, _) = standins.split_digits()
    original = load_digits().images / 16
    assert sorted(map(bytes, torch.cat([train, test]).numpy().astype(float))) == sorted(map(bytes, original))


def test_digits_keep_label_and_shape_when_they_grow(digits):
    (small, labels), _ = standins.split_digits()
    assert torch.equal(digits.train.y, labels)
    # Averages over 3x3 blocks of the enlarged digit resemble the original: bilinear enlargement smooths, but moves nothing.
    blocks = torch.nn.functional.avg_pool2d(digits.train.x[:, :, 2:26, 2:26].float() / 255, 3)
    correlation = np.corrcoef(blocks.flatten(), small.flatten())[0, 1]
    assert correlation > 0.98
    assert digits.train.x.amax() == 255


def test_digits_are_published_clean_with_a_stated_share_to_spoil(digits):
    assert digits.label_noise == 0.2
    counts = digits.train.y.bincount()
    assert counts.max() - counts.min() <= 6, "stratified"


def test_photo_digits_have_ten_balanced_classes(photo_digits):
    assert (len(photo_digits.train), len(photo_digits.test)) == (5000, 1000)
    assert photo_digits.train.shape == (3, 32, 32)
    assert photo_digits.train.x.dtype == torch.uint8
    for part in (photo_digits.train, photo_digits.test):
        shares = part.y.bincount(minlength=10) / len(part)
        assert (shares - 0.1).abs().max() < 0.01


def _recipes():
    parts = standins.split_digits()
    photos = np.stack(load_sample_images().images)
    return standins.photo_recipes(*(len(labels) for _, labels in parts), *photos.shape[1:3]), parts, photos


def test_photo_digits_share_no_pixel_of_a_photograph_between_train_and_test():
    (train, test), _, photos = _recipes()
    used = []
    for recipe in (train, test):
        mask = np.zeros(photos.shape[:3], dtype=bool)
        for photo, top, left in zip(recipe.photo, recipe.top, recipe.left, strict=True):
            mask[photo, top : top + 32, left : left + 32] = True
        used.append(mask)
    assert not (used[0] & used[1]).any()
    assert used[0].mean() > 0.6
    assert used[1].mean() > 0.15


def test_photo_digits_share_no_digit_between_train_and_test():
    _, ((train, _), (test, _)), _ = _recipes()
    assert not set(map(bytes, train.numpy())) & set(map(bytes, test.numpy()))


def test_photo_digits_are_made_as_their_recipe_says(photo_digits):
    """Each image equals its crop where the digit has no ink, and moves from it towards one color where it has."""
    (_, recipe), (_, (images, labels)), photos = _recipes()
    assert torch.equal(photo_digits.test.y, labels[recipe.digit])
    for row in range(0, 1000, 50):
        top, left = recipe.top[row], recipe.left[row]
        crop = photos[recipe.photo[row], top : top + 32, left : left + 32].astype(int)
        down, right = recipe.shift[row]
        image = photo_digits.test.x[row].permute(1, 2, 0).numpy().astype(int)
        outside = np.ones((32, 32), dtype=bool)
        outside[down : down + 24, right : right + 24] = False
        assert np.array_equal(image[outside], crop[outside])
        ink = np.kron(images[recipe.digit[row], 0].numpy(), np.ones((3, 3)))
        change = np.abs(image - crop).sum(-1)[down : down + 24, right : right + 24]
        assert np.corrcoef(ink.ravel(), change.ravel())[0, 1] > 0.4


def test_digit_can_be_seen_for_its_color_differs_from_the_crops():
    (train, _), _, _ = _recipes()
    assert train.contrast.min() >= 50
    assert train.contrast.max() <= 205
    assert train.opacity.min() >= 0.5
