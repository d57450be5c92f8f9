from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from nnlabs.config.schema import DataConfig
from nnlabs.data.augment import Augmentation, check_augmentation
from nnlabs.data.load import load
from nnlabs.errors import ConfigError

SHAPES = [(1, 28, 28), (3, 32, 32), (2, 9, 13)]


def pictures(shape: tuple[int, int, int], count: int = 40) -> Tensor:
    return torch.randint(0, 256, (count, *shape), dtype=torch.uint8, generator=torch.Generator().manual_seed(7))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("names", [("crop",), ("flip",), ("crop", "flip")])
def test_crop_and_flip_are_what_torchvision_does_to_each_image(shape, names):
    from torchvision.transforms import functional as by_hand

    augmentation, x = Augmentation(names, shape), pictures(shape)
    draw = augmentation.draw(len(x), torch.Generator().manual_seed(1))
    moved = augmentation.move(x, draw)
    assert moved.dtype == torch.uint8
    for image, result, (top, left, mirrored, _, _) in zip(x, moved, draw.T.tolist(), strict=True):
        padding = augmentation.pads[0]
        expected = by_hand.hflip(image) if mirrored else image
        expected = by_hand.crop(by_hand.pad(expected, [padding]), top, left, *shape[1:])
        assert torch.equal(result, expected)


@pytest.mark.parametrize(("height", "given", "pad"), [(28, None, 2), (32, None, 4), (32, 2, 2), (28, 3, 3)])
def test_shifts_are_uniform_over_all_places(height, given, pad):
    augmentation = Augmentation(("crop",), (1, height, height), given)
    top, left, *_ = augmentation.draw(81_000, torch.Generator().manual_seed(0))
    places = 2 * pad + 1
    joint = (top * places + left).bincount(minlength=places**2).double()
    assert len(joint) == places**2
    expected = 81_000 / places**2
    # Pearson's statistic has mean k and variance 2k for k degrees of freedom; five deviations happen once in a million.
    freedom = places**2 - 1
    assert ((joint - expected) ** 2 / expected).sum() < freedom + 5 * (2 * freedom) ** 0.5


def test_about_half_of_the_images_are_mirrored():
    draw = Augmentation(("flip",), (1, 8, 8)).draw(10_000, torch.Generator().manual_seed(0))
    assert set(draw[2].tolist()) == {0, 1}
    assert abs(draw[2].sum().item() - 5000) < 5 * 50


def test_without_a_name_nothing_happens_to_the_images():
    augmentation, x = Augmentation((), (3, 32, 32)), pictures((3, 32, 32))
    draw = augmentation.draw(len(x), torch.Generator())
    assert augmentation.move(x, draw) is x
    assert draw[:3].eq(0).all()
    normalized = x.float()
    assert torch.equal(augmentation.cut(normalized.clone(), draw), normalized)


@pytest.mark.parametrize("shape", SHAPES)
def test_cutout_puts_the_mean_pixel_into_a_square_half_as_high_as_the_image(shape):
    augmentation = Augmentation(("cutout",), shape)
    x = pictures(shape).float() + 1
    draw = augmentation.draw(len(x), torch.Generator().manual_seed(2))
    cut = augmentation.cut(x.clone(), draw)
    reach, (_, height, width) = shape[1] // 4, shape
    for image, result, (*_, row, column) in zip(x, cut, draw.T.tolist(), strict=True):
        for y in range(height):
            for z in range(width):
                inside = row - reach <= y < row + reach and column - reach <= z < column + reach
                assert torch.equal(result[:, y, z], torch.zeros(shape[0]) if inside else image[:, y, z])


def test_cutout_centers_reach_every_pixel():
    draw = Augmentation(("cutout",), (1, 4, 6)).draw(2000, torch.Generator().manual_seed(0))
    assert set(map(tuple, draw[3:].T.tolist())) == {(row, column) for row in range(4) for column in range(6)}


def test_every_image_gets_a_draw_of_its_own():
    augmentation = Augmentation(("crop", "flip"), (1, 28, 28))
    same = pictures((1, 28, 28), 1).expand(200, -1, -1, -1).contiguous()
    moved = augmentation.move(same, augmentation.draw(200, torch.Generator().manual_seed(0)))
    distinct = len({bytes(image.numpy().tobytes()) for image in moved})
    assert distinct > 45, "of 50 possible results"


def test_crop_pads_with_black():
    white = torch.full((1, 1, 28, 28), 255, dtype=torch.uint8)
    draw = torch.tensor([[0], [4], [0], [0], [0]])
    moved = Augmentation(("crop",), (1, 28, 28)).move(white, draw)
    expected = F.pad(white, (2, 2, 2, 2))[:, :, 0:28, 4:32]
    assert torch.equal(moved, expected)
    assert (moved == 0).sum() == 2 * 28 + 2 * 26


def test_a_signal_is_shifted_along_itself_and_nowhere_else():
    x = torch.randn(200, 1, 40, 1, generator=torch.Generator().manual_seed(0))
    augmentation = Augmentation(("crop",), (1, 40, 1), pad=3)
    draw = augmentation.draw(len(x), torch.Generator().manual_seed(1))
    moved = augmentation.move(x, draw)
    assert set(draw[0].tolist()) == set(range(7)) and set(draw[1].tolist()) == {0}
    for signal, result, top in zip(x, moved, draw[0].tolist(), strict=True):
        assert torch.equal(result[0, :, 0], F.pad(signal[0, :, 0], (3, 3))[top : top + 40])


@pytest.mark.parametrize(("shape", "along"), [((1, 40, 1), 3), ((1, 1, 40), 4)])
def test_cutout_takes_a_stretch_of_a_signal_half_as_long(shape, along):
    x = torch.randn(200, *shape, generator=torch.Generator().manual_seed(0))
    augmentation = Augmentation(("cutout",), shape)
    draw = augmentation.draw(len(x), torch.Generator().manual_seed(1))
    cut = augmentation.cut(x.clone(), draw)
    for signal, result, center in zip(x.view(200, 40), cut.view(200, 40), draw[along].tolist(), strict=True):
        gone = torch.zeros(40, dtype=torch.bool)
        gone[max(0, center - 10) : center + 10] = True
        assert torch.equal(result, signal.masked_fill(gone, 0))


def test_to_flip_a_signal_is_refused_and_an_image_not():
    check_augmentation(("crop", "flip"), (1, 28, 28))
    check_augmentation(("crop", "cutout"), (1, 40, 1))
    with pytest.raises(ConfigError, match=r"data\.augment: flip .* signal read backwards belongs to another class"):
        load(DataConfig(name="mnist1d", augment=("flip",)))


@pytest.mark.parametrize(("shape", "most"), [((1, 28, 28), 27), ((3, 8, 20), 7), ((1, 40, 1), 39)])
def test_a_crop_that_could_miss_the_image_is_refused(shape, most):
    check_augmentation(("crop",), shape, most)
    check_augmentation(("flip",) if shape[2] > 1 else (), shape, 1000)
    with pytest.raises(ConfigError, match=rf"data\.crop_pad: {most + 1} is too much for examples of {most + 1} pixels"):
        check_augmentation(("crop",), shape, most + 1)


def test_what_is_named_twice_is_refused():
    with pytest.raises(ConfigError, match=r"data\.augment: flip is named twice"):
        check_augmentation(("flip", "crop", "flip"), (1, 28, 28))


def test_all_images_can_be_mirrored_without_a_crop() -> None:
    x = torch.arange(24).view(2, 1, 3, 4)
    augmentation = Augmentation(["flip"], (1, 3, 4))
    draw = torch.zeros(5, 2, dtype=torch.int64)
    draw[2] = 1
    assert torch.equal(augmentation.move(x, draw), x.flip(-1))
