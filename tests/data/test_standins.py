from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from nnlabs.data import standins
from nnlabs.data.images import ImageSet


@pytest.fixture(scope="module")
def digits() -> ImageSet:
    return standins.digits()


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
