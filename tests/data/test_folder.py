from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from nnlabs.config.schema import DataConfig
from nnlabs.data.examples import Examples, ImageFiles
from nnlabs.data.folder import image_folder
from nnlabs.data.load import load
from nnlabs.errors import DataError


def fill(folder: Path, count: int, shade: int) -> None:
    """Pictures that differ from each other, of one shade, in different sizes."""
    folder.mkdir(parents=True)
    for number in range(count):
        pixels = np.full((30 + number, 45 - number, 3), shade + number, dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:02}.png")


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    for shade, (name, count) in enumerate([("cat", 20), ("dog", 30), ("axolotl", 10)]):
        fill(tmp_path / "pets" / name, count, 80 * shade)
    return tmp_path / "pets"


def test_folders_are_classes_and_images_their_examples(pets):
    images = image_folder(f"folder:{pets}", seed=0)
    assert images.classes == ("axolotl", "cat", "dog")
    assert images.title == "pets"
    assert images.train.y.bincount().tolist() == [8, 16, 24]
    assert images.test.y.bincount().tolist() == [2, 4, 6]
    # The shade of the pictures tells what they are: axolotls from 160, cats from 0, dogs from 80.
    for part in (images.train, images.test):
        assert torch.equal(part.x[:, 0, 0, 0] // 80, torch.tensor([2, 0, 1])[part.y].to(torch.uint8))


def test_test_set_is_drawn_by_the_seed_without_overlap(pets):
    first, again, other = (image_folder(f"folder:{pets}", seed) for seed in (0, 0, 1))
    shades = [sorted(images.test.x[:, 0, 0, 0].tolist()) for images in (first, again, other)]
    assert shades[0] == shades[1] != shades[2]
    train, test = (set(part.x[:, 0, 0, 0].tolist()) for part in (first.train, first.test))
    assert not train & test
    assert len(train | test) == 60


def test_folder_is_loaded_by_its_name(pets):
    splits = load(DataConfig(name=f"folder:{pets}", validation_fraction=0.25))
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (36, 12, 12)
    assert splits.train.shape == (3, 32, 32)
    assert splits.classes == ("axolotl", "cat", "dog")


def test_folder_too_large_for_memory_is_read_from_disk_and_splits_the_same(pets):
    small, large = (image_folder(f"folder:{pets}", 0, memory_limit=limit) for limit in (60 * 3072, 60 * 3072 - 1))
    assert type(small.train) is Examples
    assert isinstance(large.train, ImageFiles)
    assert isinstance(large.test, ImageFiles)
    for kept, read in ((small.train, large.train), (small.test, large.test)):
        assert torch.equal(kept.y, read.y)
        assert torch.equal(kept.x, read.x)


def test_large_folder_goes_all_the_way_to_batches(pets, monkeypatch):
    from nnlabs.data import folder
    from nnlabs.data.batches import TrainBatches

    config = DataConfig(name=f"folder:{pets}", label_noise=0.25, train_size=20)
    kept = load(config)
    monkeypatch.setattr(folder.image_folder, "__defaults__", (0,))
    read = load(config)
    assert isinstance(read.train, ImageFiles)
    assert torch.equal(read.mean, kept.mean)
    assert torch.equal(read.std, kept.std)
    for left, right in zip(
        *(TrainBatches(splits.train, splits.mean, splits.std, 8).epoch(1) for splits in (kept, read)), strict=True
    ):
        assert torch.equal(left[0], right[0])
        assert torch.equal(left[1], right[1])


def test_hidden_and_foreign_files_do_not_count(pets):
    (pets / ".git").mkdir()
    (pets / "notes.txt").write_text("mine")
    (pets / "cat" / "Thumbs.db").write_bytes(b"no image")
    (pets / "cat" / "._00.png").write_bytes(b"no image either")
    images = image_folder(f"folder:{pets}", 0)
    assert len(images.train) + len(images.test) == 60


def test_home_is_understood(pets, monkeypatch):
    monkeypatch.setenv("HOME", str(pets.parent))
    assert len(image_folder("folder:~/pets", 0).classes) == 3


def _no_folder(pets: Path) -> str:
    return f"folder:{pets}/nowhere"


def _a_file(pets: Path) -> str:
    return f"folder:{pets}/cat/00.png"


def _no_classes(pets: Path) -> str:
    return f"folder:{pets}/cat"


def _one_class(pets: Path) -> str:
    fill(pets.parent / "one" / "only", 9, 0)
    return f"folder:{pets.parent}/one"


def _empty_class(pets: Path) -> str:
    (pets / "bird").mkdir()
    return f"folder:{pets}"


def _too_few(pets: Path) -> str:
    fill(pets / "bird", 4, 0)
    return f"folder:{pets}"


def _unreadable(pets: Path) -> str:
    (pets / "dog" / "07.png").write_bytes(b"this is no picture")
    return f"folder:{pets}"


def _cut_short(pets: Path) -> str:
    path = pets / "dog" / "07.png"
    Image.fromarray(np.random.RandomState(0).randint(0, 256, (90, 90, 3)).astype(np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:5000])
    return f"folder:{pets}"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_no_folder, r"there is no folder .*nowhere; give --data\.name folder:PATH"),
        (_a_file, r"there is no folder .*00\.png"),
        (_no_classes, r"cat has no sub-folder; put the images of each class"),
        (_one_class, r"one has one sub-folder only, only; put the images of each class, two at least"),
        (_empty_class, r"bird has no images; a class needs 5 at least"),
        (_too_few, r"bird has 4 images; a class needs 5 at least"),
        (_unreadable, r"dog/07\.png cannot be read as an image .*; repair it or take it away"),
        (_cut_short, r"dog/07\.png cannot be read as an image"),
    ],
)
def test_unusable_folder_is_a_sentence(spoil, words, pets):
    with pytest.raises(DataError, match=words):
        image_folder(spoil(pets), 0)
