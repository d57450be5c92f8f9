"""What of a folder is no example is said, and what to do about a folder in which too little is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnlabs.commands.data import verify
from nnlabs.config.schema import DataConfig
from nnlabs.data.auto import resolve
from nnlabs.data.image_files import left_out, list_images
from nnlabs.errors import DataError


def fill(folder: Path, count: int, suffix: str = ".png") -> None:
    folder.mkdir(parents=True)
    for number in range(count):
        Image.fromarray(np.full((4, 4), number, dtype="uint8")).save(folder / f"{number}{suffix}", format="PNG")


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    for name in ("cat", "dog"):
        fill(tmp_path / "pets" / name, 6)
    return tmp_path / "pets"


def test_pictures_that_are_no_examples_are_counted_class_by_class(pets: Path) -> None:
    config = DataConfig(name=f"folder:{pets}")
    assert left_out(config) is None
    assert left_out(DataConfig(name="cifar10")) is None
    for number in range(3):
        (pets / "dog" / f"IMG_{number}.HEIC").write_bytes(b"of a phone")
    (pets / "dog" / "scan").write_bytes(b"without a suffix")
    fill(pets / "cat" / "more", 2)
    for foreign in ("Thumbs.db", "desktop.ini", ".DS_Store"):
        (pets / "cat" / foreign).write_bytes(b"of the system")
    said = left_out(config)
    assert said is not None
    assert said.endswith(
        "its class: cat: 1 (folder), dog: 3 (.heic), dog: 1 (no suffix); convert such images to JPEG or PNG, or move them"
    )
    assert resolve(config, "cifar10", "mnist1d")[1] == said
    assert (
        verify(config.name, pets)
        == f"{config.name} is yours: 12 images of 2 classes, all of which can be read. {said}."
    )


def test_a_picture_that_cannot_be_read_is_found_before_a_lab_needs_it(pets: Path) -> None:
    assert (
        verify(f"folder:{pets}", pets) == f"folder:{pets} is yours: 12 images of 2 classes, all of which can be read."
    )
    (pets / "dog" / "3.png").write_text("no picture")
    with pytest.raises(DataError, match=r"dog/3\.png cannot be read as an image"):
        verify(f"folder:{pets}", pets)


def test_classes_one_level_deeper_are_pointed_at(tmp_path: Path) -> None:
    for part in ("test", "train"):
        for name in ("cat", "dog"):
            fill(tmp_path / part / name, 6)
    inside = tmp_path / "test"
    with pytest.raises(DataError) as caught:
        list_images(tmp_path)
    assert str(caught.value) == (
        f"{inside} has sub-folders and no images; if the classes lie there, give --data.name folder:{inside}"
    )


def test_a_class_with_too_few_can_be_filled_or_taken_away(pets: Path) -> None:
    (pets / "__MACOSX").mkdir()
    with pytest.raises(
        DataError, match=r"__MACOSX has no images; a class needs 5 at least: add some, or take the folder away"
    ):
        list_images(pets)
