from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from nnlabs.data.batches import TrainBatches, eval_batches
from nnlabs.data.examples import Examples, ImageFiles, read_images
from nnlabs.data.normalize import Normalize
from nnlabs.errors import DataError

MEAN, STD = torch.full((3, 1, 1), 0.5), torch.full((3, 1, 1), 0.25)
NORMALIZE = Normalize(MEAN, STD)


@pytest.fixture
def files(tmp_path: Path) -> ImageFiles:
    random, paths = np.random.RandomState(0), []
    for number in range(21):
        paths.append(tmp_path / f"{number}.png")
        Image.fromarray(random.randint(0, 256, (40, 36, 3)).astype(np.uint8)).save(paths[-1])
    return ImageFiles(paths, torch.arange(21))


def in_memory(files: ImageFiles) -> Examples:
    return Examples(files.x, files.y)


def test_files_give_the_same_batches_as_memory(files):
    loaded = in_memory(files)
    for epoch in range(2):
        pairs = zip(
            TrainBatches(files, NORMALIZE, 8, ("crop", "flip"), seed=1).epoch(epoch),
            TrainBatches(loaded, NORMALIZE, 8, ("crop", "flip"), seed=1).epoch(epoch),
            strict=True,
        )
        for (x, y), (z, t) in pairs:
            assert torch.equal(x, z)
            assert torch.equal(y, t)
    for (x, y), (z, t) in zip(
        eval_batches(files, NORMALIZE, batch_size=8), eval_batches(loaded, NORMALIZE, batch_size=8), strict=True
    ):
        assert torch.equal(x, z)
        assert torch.equal(y, t)


def test_files_answer_like_memory(files):
    loaded, rows = in_memory(files), torch.tensor([5, 0, 20])
    assert len(files) == len(loaded) == 21
    assert files.shape == loaded.shape == (3, 32, 32)
    assert torch.equal(files.select(rows).x, loaded.select(rows).x)
    assert torch.equal(files.select(rows).y, loaded.select(rows).y)
    assert torch.equal(files.relabel(20 - files.y).select(rows).y, torch.tensor([15, 20, 0]))


def test_reading_files_leaves_torchs_global_generator_alone(files):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    list(files.batches(8))
    assert torch.equal(torch.rand(3), expected)


def test_file_lost_in_the_middle_is_a_sentence(files):
    files.paths[13].unlink()
    with pytest.raises(DataError, match=r"13\.png: there is no such file"):
        list(files.batches(8))


def test_digest_of_files_follows_names_sizes_and_labels(files):
    first = files.digest()
    assert ImageFiles(files.paths, files.y).digest() == first
    assert files.relabel(files.y.flip(0)).digest() != first
    with files.paths[0].open("ab") as file:
        file.write(b"more")
    assert files.digest() != first


def dark_and_bright(mode: str) -> Image.Image:
    """Left half dark, right half bright: 40 and 200 of 255, in whatever way it is stored."""
    gray = np.full((50, 70), 40, dtype=np.uint8)
    gray[:, 35:] = 200
    if mode == "I;16":
        return Image.fromarray(gray.astype(np.uint16) << 8)
    picture = Image.fromarray(gray).convert("RGB")
    return picture.quantize(16) if mode == "P" else picture.convert(mode)


FORMATS = {
    "RGB": ("png", "jpg", "webp", "bmp"),
    "L": ("png", "tiff"),
    "P": ("png", "gif"),
    "LA": ("png",),
    "RGBA": ("png", "webp"),
    "CMYK": ("jpg",),
    "I;16": ("png", "tiff"),
}


@pytest.mark.parametrize(
    ("mode", "suffix"), [(mode, suffix) for mode, suffixes in FORMATS.items() for suffix in suffixes]
)
def test_modes_and_formats_give_the_same_picture(mode, suffix, tmp_path):
    path = tmp_path / f"picture.{suffix}"
    dark_and_bright(mode).save(path)
    (read,) = read_images([path])
    assert read.shape == (3, 32, 32)
    assert (read[:, :, :14].float() - 40).abs().max() <= 6
    assert (read[:, :, 18:].float() - 200).abs().max() <= 6


def test_black_and_white_bits_become_0_and_255(tmp_path):
    bits = np.zeros((32, 32), dtype=bool)
    bits[:, 16:] = True
    Image.fromarray(bits).save(tmp_path / "bits.png")
    (read,) = read_images([tmp_path / "bits.png"])
    assert torch.equal(read, torch.from_numpy(bits).to(torch.uint8).mul(255).expand(3, 32, 32))


@pytest.mark.parametrize("size", [(1, 1), (40, 400), (400, 40), (34, 32), (900, 700)])
def test_any_size_is_scaled_by_its_shorter_side_and_cut_to_its_middle(size, tmp_path):
    width, height = size
    side = min(size)
    # Red in the middle square, blue in what must be cut off.
    picture = np.zeros((height, width, 3), dtype=np.uint8)
    picture[:, :, 2] = 255
    top, left = (height - side) // 2, (width - side) // 2
    picture[top : top + side, left : left + side] = (255, 0, 0)
    Image.fromarray(picture).save(tmp_path / "picture.png")
    (read,) = read_images([tmp_path / "picture.png"])
    inner = read[:, 4:28, 4:28]
    assert inner[0].min() >= 250
    assert inner[2].max() <= 5


def test_camera_held_on_its_side_is_turned_upright(tmp_path):
    picture = np.zeros((60, 60, 3), dtype=np.uint8)
    picture[:30] = 255
    exif = Image.Exif()
    exif[0x0112] = 3  # turned by 180 degrees
    Image.fromarray(picture).save(tmp_path / "picture.jpg", exif=exif)
    (read,) = read_images([tmp_path / "picture.jpg"])
    assert read[:, :14].float().mean() < 5 < 250 < read[:, 18:].float().mean()
