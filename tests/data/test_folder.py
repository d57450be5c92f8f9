from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from nnlabs.config.schema import DataConfig, RunConfig
from nnlabs.data.examples import Examples, ImageFiles
from nnlabs.data.folder import image_folder
from nnlabs.data.image_files import class_titles, folder_content, pin_content
from nnlabs.data.load import load
from nnlabs.errors import DataError
from nnlabs.paths import PACKAGE
from nnlabs.runs.execute import execute
from nnlabs.runs.fingerprint import run_name
from nnlabs.runs.lookup import read_run
from nnlabs.runs.run import Run

SOURCE = str(PACKAGE.parent)
PRINT_CONTENT = """
import os
import sys
from pathlib import Path
from nnlabs.data.image_files import folder_content
from nnlabs.errors import run_as_script
from PIL import Image
Image.init()
# The superuser, who runs these tests in a container, may read everything: it becomes nobody, who cannot import any more.
os.geteuid() or os.setuid(65534)
sys.exit(run_as_script(lambda: print(folder_content(Path(sys.argv[1])))))
"""


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
    assert images.entry.title == "pets"
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
    from nnlabs.data.normalize import Normalize

    config = DataConfig(name=f"folder:{pets}", label_noise=0.25, train_size=20)
    kept = load(config)
    monkeypatch.setattr(folder.image_folder, "__defaults__", (0,))
    read = load(config)
    assert isinstance(read.train, ImageFiles)
    assert torch.equal(read.mean, kept.mean)
    assert torch.equal(read.std, kept.std)
    for left, right in zip(
        *(TrainBatches(splits.train, Normalize(splits.mean, splits.std), 8).epoch(1) for splits in (kept, read)),
        strict=True,
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


def _added(pets: Path) -> None:
    Image.new("RGB", (40, 40)).save(pets / "cat" / "zz.png")


def _replaced_by_one_of_the_same_size(pets: Path) -> None:
    path = pets / "cat" / "drawn.bmp"
    size = path.stat().st_size
    Image.new("RGB", (40, 40), "red").save(path)
    assert path.stat().st_size == size


def _taken_away(pets: Path) -> None:
    (pets / "dog" / "03.png").unlink()


def _moved_to_another_class(pets: Path) -> None:
    (pets / "dog" / "03.png").rename(pets / "cat" / "moved.png")


CHANGES = [_added, _replaced_by_one_of_the_same_size, _taken_away, _moved_to_another_class]


@pytest.mark.parametrize("change", CHANGES)
def test_other_images_are_another_run_and_never_the_old_ones_numbers(change, pets):
    from nnlabs.data.load import load_cached

    Image.new("RGB", (40, 40), "blue").save(pets / "cat" / "drawn.bmp")
    config = RunConfig(DataConfig(name=f"folder:{pets}"))
    before, checksum, pinned = run_name(config), load_cached(config.data).checksum, pin_content(config.data)
    assert run_name(replace(config, data=pinned)) == before
    change(pets)
    assert run_name(config) != before
    assert load_cached(config.data).checksum != checksum  # although the same process has read the folder before
    with pytest.raises(DataError, match=r"pets no longer holds the images that these settings were made for"):
        load(pinned)


def test_a_copy_of_the_folder_and_foreign_files_are_the_same_content(pets, tmp_path):
    before = folder_content(pets)
    (pets / "notes.txt").write_text("mine")
    os.utime(pets / "cat" / "00.png", (0, 0))
    assert folder_content(pets) == before
    assert folder_content(shutil.copytree(pets, tmp_path / "copy")) == before


def test_a_run_notes_the_images_that_it_saw(pets, tmp_path, tiny):
    data = DataConfig(name=f"folder:{pets}", validation_fraction=0.25)
    run = Run(replace(tiny, data=data, train=replace(tiny.train, epochs=1)), tmp_path / "lab")
    execute(run, show_progress=False)
    assert read_run(run.folder).config.data == pin_content(data)


def test_a_path_that_no_system_reads_is_a_sentence():
    with pytest.raises(DataError, match=r"xxx cannot be read \(File name too long\); check the path"):
        image_folder(f"folder:{'x' * 300}", 0)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows has other permissions")
@pytest.mark.parametrize("closed", [".", "cat", "cat/00.png"])
def test_what_one_may_not_read_is_a_sentence(closed):
    with tempfile.TemporaryDirectory() as folder:  # others may go into it, unlike pytest's own
        for name in ("cat", "dog"):
            fill(Path(folder) / name, 5, 0)
        Path(folder).chmod(0o755)
        (Path(folder) / closed).chmod(0)
        command = [sys.executable, "-c", PRINT_CONTENT, folder]
        ended = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": SOURCE})
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert "cannot be read (Permission denied); " in ended.stderr


def test_names_of_classes_can_be_shown_whatever_they_are(tmp_path):
    names = ["a\nb", "x" * 90 + "1", "x" * 90 + "2", "日本", "$5_to_$10", "a\tb", "b" + chr(0xDCFF)]
    titles = class_titles(names)
    assert len(set(titles)) == len(names)
    assert all(title.isprintable() and len(title) <= 36 for title in titles)
    assert titles[3:5] == ("日本", "$5_to_$10")
    assert titles[1].startswith("xxx") and titles[1].endswith("x1")


def test_a_fresh_process_knows_every_format(tmp_path):
    """Pillow loads its formats when they are first asked for; whoever looks before that finds no images."""
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for number in range(5):
            Image.new("L", (8, 8), 10 * number).save(tmp_path / name / f"{number}.tiff")
    script = "import sys; from pathlib import Path; from nnlabs.data.image_files import folder_content, list_images\n"
    script += "print(sum(map(len, list_images(Path(sys.argv[1])).values())), folder_content(Path(sys.argv[1])))"
    said = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
    ).stdout
    assert said.split() == ["10", folder_content(tmp_path)]
