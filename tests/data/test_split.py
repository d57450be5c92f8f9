from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from nnlabs.config.schema import DataConfig
from nnlabs.data.batches import eval_batches
from nnlabs.data.catalog import Entry
from nnlabs.data.examples import Examples
from nnlabs.data.images import ImageSet
from nnlabs.data.load import load
from nnlabs.data.normalize import Normalize
from nnlabs.data.split import corrupt_labels, mean_and_std, pixel_counts, split, split_rows
from nnlabs.errors import ConfigError, DataError

CONFIG = DataConfig(name="made_up", validation_fraction=0.2)


def numbered(labels: Tensor) -> Examples:
    """Images that carry their own number in their first four pixels, so that they can be told apart."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randint(0, 256, (len(labels), 2, 4, 4), generator=generator, dtype=torch.uint8)
    x[:, 0, 0] = torch.from_numpy(np.arange(len(labels), dtype=np.uint32).view(np.uint8).reshape(-1, 4))
    return Examples(x, labels)


def numbers(examples: Examples) -> list[int]:
    return examples.x[:, 0, 0].contiguous().numpy().view(np.uint32).ravel().tolist()


def made_up(counts: tuple[int, ...] = (200, 100, 60), label_noise: float = 0.0) -> ImageSet:
    labels = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    test = Examples(torch.full((9, 2, 4, 4), 255, dtype=torch.uint8), torch.arange(9) % len(counts))
    return ImageSet(Entry("made_up", "Made up", "", ""), tuple("abc"), numbered(labels), test, label_noise)


def test_every_published_example_lands_in_train_or_validation_once():
    splits = split(made_up(), CONFIG)
    assert sorted(numbers(splits.train) + numbers(splits.validation)) == list(range(360))
    assert len(splits.test) == 9


def test_each_class_is_divided_by_the_same_share():
    splits = split(made_up(), CONFIG)
    assert splits.validation.y.bincount().tolist() == [40, 20, 12]
    assert splits.train.y.bincount().tolist() == [160, 80, 48]


def test_labels_stay_with_their_images():
    images = made_up()
    splits = split(images, CONFIG)
    for part in (splits.train, splits.validation):
        assert torch.equal(part.y, images.train.y[torch.tensor(numbers(part))])


def test_folds_are_a_partition_and_stratified():
    parts = [split(made_up(), replace(CONFIG, fold=fold, folds=4)) for fold in range(4)]
    assert sorted(number for part in parts for number in numbers(part.validation)) == list(range(360))
    for part in parts:
        assert part.validation.y.bincount().tolist() == [50, 25, 15]
        assert not set(numbers(part.train)) & set(numbers(part.validation))
        assert len(part.train) == 270


@settings(max_examples=25, deadline=None)
@given(size=st.integers(10, 288), seed=st.integers(0, 5))
def test_training_subset_is_stratified_and_leaves_validation_alone(size, seed):
    config = replace(CONFIG, split_seed=seed)
    whole, part = split(made_up(), config), split(made_up(), replace(config, train_size=size))
    assert numbers(part.validation) == numbers(whole.validation)
    assert set(numbers(part.train)) <= set(numbers(whole.train))
    assert len(part.train) == size
    exact = size * whole.train.y.bincount() / len(whole.train)
    assert (part.train.y.bincount(minlength=3) - exact).abs().max() <= 1


def test_a_class_that_a_subset_or_validation_would_leave_out_is_named():
    # three classes of 60, 90 and 150, of which 3 images are drawn by shares
    with pytest.raises(
        ConfigError,
        match=r"none of the 3 training examples is of class \d \(counted from 0\), .* a larger data\.train_size",
    ):
        for seed in range(5):
            split(made_up(), replace(CONFIG, train_size=3, split_seed=seed))


def test_a_class_of_a_folder_of_ones_own_is_named_as_its_folder(tmp_path):
    for name, count in {"big": 90, "small": 5}.items():
        (tmp_path / name).mkdir()
        for i in range(count):
            Image.new("L", (8, 8), i).save(tmp_path / name / f"{i}.png")
    config = DataConfig(name=f"folder:{tmp_path}", validation_fraction=0.05)
    with pytest.raises(
        ConfigError, match=r"none of the 4 validation examples is of class 'small', of which there are 4; take a larger"
    ):
        load(config)


def test_seed_decides_and_nothing_else():
    first, again, other = (split(made_up(), replace(CONFIG, split_seed=seed, train_size=100)) for seed in (1, 1, 2))
    assert numbers(first.train) == numbers(again.train)
    assert numbers(first.train) != numbers(other.train)
    assert numbers(first.validation) != numbers(other.validation)


def test_wrong_labels_stand_in_the_training_split_alone():
    images = made_up(label_noise=0.25)
    splits = split(images, CONFIG)
    truth = images.train.y
    wrong = splits.train.y != truth[torch.tensor(numbers(splits.train))]
    assert wrong.sum() == round(0.25 * len(splits.train))
    assert torch.equal(splits.validation.y, truth[torch.tensor(numbers(splits.validation))])
    assert torch.equal(splits.test.y, images.test.y)


def test_configuration_overrides_the_sets_own_share_of_wrong_labels():
    images = made_up(label_noise=0.25)
    clean = split(images, replace(CONFIG, label_noise=0.0))
    assert torch.equal(clean.train.y, images.train.y[torch.tensor(numbers(clean.train))])


@settings(max_examples=50, deadline=None)
@given(share=st.floats(0, 0.99), classes=st.integers(2, 12), seed=st.integers(0, 2**31))
def test_spoilt_labels_are_wrong_and_as_many_as_asked_for(share, classes, seed):
    y = torch.arange(300) % classes
    spoilt = corrupt_labels(y, classes, share, seed)
    assert (spoilt != y).sum() == round(share * 300)
    assert spoilt.min() >= 0
    assert spoilt.max() < classes


def test_every_other_class_is_an_equally_likely_wrong_label():
    counts = corrupt_labels(torch.zeros(30_000, dtype=torch.int64), 4, 0.9, seed=0).bincount()
    assert counts[0] == 3000
    # 27,000 draws over three classes: 9,000 each, standard deviation 77.
    assert (counts[1:] - 9000).abs().max() < 5 * 77


def test_mean_and_deviation_are_those_of_the_training_split_alone():
    images = made_up()
    splits = split(images, CONFIG)
    pixels = splits.train.x.double() / 255
    torch.testing.assert_close(splits.mean.flatten().double(), pixels.mean((0, 2, 3)), rtol=0, atol=1e-7)
    torch.testing.assert_close(splits.std.flatten().double(), pixels.std((0, 2, 3), correction=0), rtol=0, atol=1e-7)
    assert splits.mean.shape == splits.std.shape == (2, 1, 1)
    unseen = torch.tensor(numbers(splits.validation))
    images.train.x[unseen] = 0
    images.test.x.zero_()
    same = split(images, CONFIG)
    assert torch.equal(same.mean, splits.mean)
    assert torch.equal(same.std, splits.std)


def test_pixels_go_in_as_they_lie_where_normalizing_is_switched_off():
    splits = split(made_up(), replace(CONFIG, normalize=False))
    ((x, _),) = eval_batches(splits.validation, Normalize(splits.mean, splits.std))
    torch.testing.assert_close(x, splits.validation.x.float(), rtol=1e-6, atol=0)


def test_pixel_counts_are_exact_over_many_batches():
    x = torch.randint(0, 256, (2500, 2, 3, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    counts = pixel_counts(Examples(x, torch.zeros(2500, dtype=torch.int64)))
    for channel in range(2):
        assert counts[channel].tolist() == np.bincount(x[:, channel].numpy().ravel(), minlength=256).tolist()


def test_channel_without_contrast_gets_deviation_one():
    x = torch.full((5, 1, 2, 2), 51, dtype=torch.uint8)
    mean, std = mean_and_std(pixel_counts(Examples(x, torch.zeros(5, dtype=torch.int64))))
    assert mean.item() == pytest.approx(0.2)
    assert std.item() == 1


def test_checksum_follows_the_data_and_not_the_split():
    first = split(made_up(), CONFIG)
    assert split(made_up(), replace(CONFIG, split_seed=3)).checksum == first.checksum
    altered = made_up()
    altered.train.x[5, 1, 1, 1] ^= 1
    assert split(altered, CONFIG).checksum != first.checksum
    relabeled = made_up()
    relabeled.test.y[0] = 2
    assert split(relabeled, CONFIG).checksum != first.checksum


@pytest.mark.parametrize(
    ("counts", "changes", "error", "words"),
    [
        ((50,), {}, DataError, "one class only"),
        ((50, 1), {}, DataError, "1 training examples of its smallest class"),
        ((50, 4), {"fold": 0, "folds": 5}, DataError, "lower data.folds"),
        ((200, 100, 60), {"train_size": 289}, ConfigError, r"data\.train_size is 289, but 288 examples"),
        ((200, 100, 60), {"train_size": 2}, ConfigError, r"choose from 3 to 288"),
        ((200, 100, 60), {"validation_fraction": 0.004}, ConfigError, r"leaves 1 for validation and 359"),
        ((200, 100, 60), {"validation_fraction": 0.999}, ConfigError, r"validation_fraction 0\.999"),
    ],
)
def test_impossible_splits_are_sentences(counts, changes, error, words):
    with pytest.raises(error, match=words):
        split_rows(made_up(counts).train.y, replace(CONFIG, **changes))
