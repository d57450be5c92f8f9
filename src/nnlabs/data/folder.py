"""`folder:PATH`: anybody's own images, one sub-folder a class."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from sklearn.model_selection import train_test_split

from nnlabs.data.catalog import FOLDER_PREFIX, lookup
from nnlabs.data.examples import Examples, ImageFiles
from nnlabs.data.images import ImageSet
from nnlabs.errors import DataError

# More images than this, in bytes once they are read, stay on disk and are read anew in every epoch.
MEMORY_LIMIT = 2 * 2**30
TEST_SHARE = 0.2
# So that each of training, validation and test gets one at least.
FEWEST = 5


def image_folder(name: str, seed: int, memory_limit: int = MEMORY_LIMIT) -> ImageSet:
    """The images below a folder, brought to (3, 32, 32); a fifth of each class is the test set.

    Args:
        name: `folder:PATH`; each sub-folder of PATH is a class, and each image file directly in it an example.
        seed: decides which images are the test set.
        memory_limit: bytes that images may take in memory; beyond it they are read from disk batch by batch.

    Raises:
        DataError: no such folder, no classes, too few images, or a file that is no readable image.
    """
    classes = list_images(Path(name.removeprefix(FOLDER_PREFIX)).expanduser())
    paths = [path for files in classes.values() for path in files]
    y = torch.arange(len(classes)).repeat_interleave(torch.tensor([len(files) for files in classes.values()]))
    examples: Examples = ImageFiles(paths, y)
    if len(y) * math.prod(examples.shape) <= memory_limit:
        examples = Examples(examples.x, y)
    train, test = train_test_split(np.arange(len(y)), test_size=TEST_SHARE, stratify=y, random_state=seed)
    train, test = (examples.select(torch.from_numpy(np.sort(rows))) for rows in (train, test))
    entry = lookup(name)
    return ImageSet(entry.name, entry.title, tuple(classes), train, test, credit=entry.credit)


def list_images(folder: Path) -> dict[str, list[Path]]:
    """The image files of each class below a folder, all sorted by name.

    Args:
        folder: what holds one sub-folder a class; hidden ones, and files that are no images by their suffix, do not count.

    Raises:
        DataError: see `image_folder`.
    """
    if not folder.is_dir():
        raise DataError(f"there is no folder {folder.absolute()}; give --data.name {FOLDER_PREFIX}PATH one that exists")
    classes = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if len(classes) < 2:
        found = f"one sub-folder only, {classes[0].name}" if classes else "no sub-folder"
        raise DataError(
            f"{folder} has {found}; put the images of each class, two at least, into a sub-folder of its own"
        )
    suffixes = {suffix for suffix, format_name in Image.registered_extensions().items() if format_name in Image.OPEN}
    listed = {path.name: sorted(file for file in path.iterdir() if _counts(file, suffixes)) for path in classes}
    for name, files in listed.items():
        if len(files) < FEWEST:
            raise DataError(f"{folder / name} has {len(files) or 'no'} images; a class needs {FEWEST} at least")
    return listed


def _counts(file: Path, suffixes: set[str]) -> bool:
    return file.is_file() and file.suffix.lower() in suffixes and not file.name.startswith(".")
