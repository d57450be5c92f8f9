from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch

from nnlabs.config.schema import DataConfig
from nnlabs.data.batches import TrainBatches, eval_batches
from nnlabs.data.catalog import Entry
from nnlabs.data.examples import Examples
from nnlabs.data.images import ImageSet
from nnlabs.data.normalize import Normalize
from nnlabs.data.split import split

MEAN, STD = torch.tensor([0.3, 0.5, 0.6]).view(3, 1, 1), torch.tensor([0.2, 0.25, 0.3]).view(3, 1, 1)
NORMALIZE = Normalize(MEAN, STD)
ALL = ("crop", "flip", "cutout")


def examples(count: int = 50) -> Examples:
    """Images whose every pixel is the number of the example, which is its label, too."""
    y = torch.arange(count)
    return Examples(y.to(torch.uint8).view(-1, 1, 1, 1).expand(-1, 3, 32, 32).contiguous(), y)


def pictures(count: int = 50) -> Examples:
    generator = torch.Generator().manual_seed(0)
    return Examples(
        torch.randint(0, 256, (count, 3, 32, 32), dtype=torch.uint8, generator=generator), torch.arange(count)
    )


def one_epoch(batches: TrainBatches, epoch: int) -> tuple[torch.Tensor, torch.Tensor]:
    x, y = zip(*batches.epoch(epoch), strict=True)
    return torch.cat(x), torch.cat(y)


def test_batches_are_normalized_as_torchvision_does_it():
    from torchvision.transforms import v2

    data = pictures()
    reference = v2.Compose(
        [v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN.flatten().tolist(), STD.flatten().tolist())]
    )
    x, y = one_epoch(TrainBatches(data, NORMALIZE, 16), 0)
    assert x.dtype == torch.float32
    assert y.dtype == torch.int64
    torch.testing.assert_close(x, reference(data.x[y]), rtol=0, atol=2e-6)


@pytest.mark.parametrize("augment", [(), ALL])
def test_every_example_comes_once_an_epoch_with_its_own_label(augment):
    x, y = one_epoch(TrainBatches(examples(), NORMALIZE, 16, augment), 4)
    assert sorted(y.tolist()) == list(range(50))
    numbers = (x * STD + MEAN).mul(255).round().long()
    for image, label in zip(numbers, y, strict=True):
        # Crop brings in black, and cutout the mean pixel: whatever else is seen carries the example's own number.
        seen = set(image[0].flatten().tolist()) - ({0, round(255 * 0.3), round(255 * 0.3) + 1} if augment else set())
        assert seen <= {label.item()}
        assert not augment or (image[0] == label).sum() > 300


@pytest.mark.parametrize(("size", "sizes"), [(16, [16, 16, 16, 2]), (25, [25, 25]), (50, [50]), (1000, [50])])
def test_last_batch_is_kept_and_may_be_the_only_one(size, sizes):
    batches = TrainBatches(examples(), NORMALIZE, size, ALL)
    assert [len(y) for _, y in batches.epoch(0)] == sizes
    assert len(batches) == len(sizes)
    assert batches.examples == 50


def test_any_epoch_can_be_drawn_without_those_before():
    through = TrainBatches(pictures(), NORMALIZE, 16, ALL, seed=3)
    drawn = [one_epoch(through, epoch) for epoch in range(3)]
    x, y = one_epoch(TrainBatches(pictures(), NORMALIZE, 16, ALL, seed=3), 2)
    assert torch.equal(x, drawn[2][0])
    assert torch.equal(y, drawn[2][1])


def test_batch_size_changes_neither_order_nor_augmentation():
    small, large = (one_epoch(TrainBatches(pictures(), NORMALIZE, size, ALL), 1) for size in (7, 50))
    assert torch.equal(small[0], large[0])
    assert torch.equal(small[1], large[1])


def test_epochs_and_seeds_differ_in_order_and_in_augmentation():
    drawn = {
        (seed, epoch): one_epoch(TrainBatches(pictures(), NORMALIZE, 50, ALL, seed=seed), epoch)
        for seed in range(2)
        for epoch in range(2)
    }
    orders = {tuple(y.tolist()) for _, y in drawn.values()}
    assert len(orders) == 4
    images = {bytes(x[y == 17].numpy().tobytes()) for x, y in drawn.values()}
    assert len(images) == 4


def test_torchs_global_generator_is_not_touched():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one_epoch(TrainBatches(pictures(), NORMALIZE, 16, ALL), 0)
    assert torch.equal(torch.rand(3), expected)


def test_source_images_are_left_as_they_were():
    data = pictures()
    before = data.x.clone()
    one_epoch(TrainBatches(data, NORMALIZE, 16, ALL), 0)
    list(eval_batches(data, NORMALIZE))
    assert torch.equal(data.x, before)


def test_without_shuffling_class_comes_after_class_in_each_epoch_alike():
    data = pictures().relabel(torch.arange(50) % 3)
    order = [row for label in range(3) for row in range(label, 50, 3)]
    for epoch in (0, 1):
        x, y = one_epoch(TrainBatches(data, NORMALIZE, 16, shuffle=False), epoch)
        assert y.tolist() == [row % 3 for row in order]
        torch.testing.assert_close(x, (data.x[order].float() / 255 - MEAN) / STD, rtol=0, atol=2e-6)


def test_channels_last_changes_the_layout_and_not_the_numbers():
    plain, last = (
        TrainBatches(pictures(), Normalize(MEAN, STD, channels_last=flag), 16, ALL) for flag in (False, True)
    )
    for (x, _), (z, _) in zip(plain.epoch(0), last.epoch(0), strict=True):
        assert torch.equal(x, z)
        assert z.is_contiguous(memory_format=torch.channels_last)
        assert x.is_contiguous()
    for x, _ in eval_batches(pictures(), Normalize(MEAN, STD, channels_last=True)):
        assert x.is_contiguous(memory_format=torch.channels_last)


def test_evaluation_sees_all_examples_in_order_and_unaugmented():
    data = pictures()
    batches = list(eval_batches(data, NORMALIZE, batch_size=20))
    assert [len(y) for _, y in batches] == [20, 20, 10]
    assert torch.equal(torch.cat([y for _, y in batches]), data.y)
    expected = (data.x.float() / 255 - MEAN) / STD
    torch.testing.assert_close(torch.cat([x for x, _ in batches]), expected, rtol=0, atol=2e-6)


def signals(count: int = 50) -> Examples:
    generator = torch.Generator().manual_seed(0)
    return Examples(torch.randn((count, 1, 40, 1), generator=generator), torch.arange(count))


def test_floats_are_normalized_on_their_own_scale_and_left_as_they_were():
    data = signals()
    before = data.x.clone()
    mean, std = torch.tensor([0.3]).view(1, 1, 1), torch.tensor([2.0]).view(1, 1, 1)
    x, y = one_epoch(TrainBatches(data, Normalize(mean, std), 16), 0)
    torch.testing.assert_close(x, (before[y] - 0.3) / 2, rtol=0, atol=1e-6)
    x = torch.cat([x for x, _ in eval_batches(data, Normalize(mean, std))])
    torch.testing.assert_close(x, (before - 0.3) / 2, rtol=0, atol=1e-6)
    assert torch.equal(data.x, before)


def test_cutout_puts_in_the_mean_whether_inputs_are_normalized_or_not():
    for data in (pictures(), signals()):
        for normalize in (True, False):
            images = ImageSet(Entry("x", "x", "", ""), ("a", "b"), data.relabel(data.y % 2), data)
            splits = split(images, DataConfig(normalize=normalize))
            batches = TrainBatches(splits.train, Normalize(splits.mean, splits.std), 16, ("cutout",), fill=splits.fill)
            plain = TrainBatches(splits.train, Normalize(splits.mean, splits.std), 16)
            changed = one_epoch(batches, 0)[0] != one_epoch(plain, 0)[0]
            expected = splits.train.x.double().mean((0, 2, 3)).float() if not normalize else torch.zeros(data.shape[0])
            for channel, value in enumerate(expected):
                cut = one_epoch(batches, 0)[0][:, channel][changed[:, channel]]
                assert len(cut) > 100
                torch.testing.assert_close(cut, value.expand_as(cut), rtol=1e-5, atol=1e-5)


PRINT_ALL = """
import hashlib
from nnlabs.config.schema import DataConfig
from nnlabs.data.batches import TrainBatches
from nnlabs.data.load import load
from nnlabs.data.normalize import Normalize
for name in ("digits", "mnist1d"):
    splits = load(DataConfig(name=name, train_size=300, split_seed=3))
    augment = ("crop", "flip", "cutout") if name == "digits" else ("crop", "cutout")
    batches = TrainBatches(splits.train, Normalize(splits.mean, splits.std), 128, augment, seed=2)
    sha = hashlib.sha256()
    for x, y in batches.epoch(7):
        sha.update(x.numpy().tobytes() + y.numpy().tobytes())
    print(name, splits.checksum, splits.mean.flatten().tolist(), sha.hexdigest())
"""


@pytest.mark.slow
def test_another_process_with_more_threads_draws_the_same_bits(capsys):
    environment = {**os.environ, "OMP_NUM_THREADS": "2", "PYTHONHASHSEED": "12345", "PYTHONPATH": ":".join(sys.path)}
    elsewhere = subprocess.run(
        [sys.executable, "-c", PRINT_ALL], capture_output=True, text=True, env=environment, check=True
    )
    exec(PRINT_ALL, {})
    here = capsys.readouterr().out
    assert here == elsewhere.stdout
    assert here.count("\n") == 2
