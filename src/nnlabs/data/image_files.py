"""The files of `folder:PATH`: listed class by class, and told apart from others by what is in them. Imports no torch."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from nnlabs.config.schema import DataConfig
from nnlabs.data.catalog import FOLDER_PREFIX
from nnlabs.errors import DataError
from nnlabs.paths import expand_home

# So that each of training, validation and test can get one; `split_rows` sees to it that they do.
FEWEST = 5
_LONGEST_TITLE = 32
_OF_WINDOWS = {"Thumbs.db", "desktop.ini"}
# Pillow knows films and containers of numbers by their suffix, but cannot read them.
_NO_PICTURES = {"MPEG", "HDF5", "GRIB", "BUFR"}


def folder_of(name: str) -> Path:
    """The folder that a data set's name means.

    Args:
        name: `folder:PATH`.

    Raises:
        ConfigError: for the home folder of somebody who has none.
    """
    return expand_home(name.removeprefix(FOLDER_PREFIX))


def list_images(folder: Path) -> dict[str, list[Path]]:
    """The image files of each class below a folder, all sorted by name.

    Args:
        folder: what holds one sub-folder a class; hidden ones, and files that are no images by their suffix, do not count.

    Raises:
        DataError: no such folder, no classes, too few images, or a folder that may not be read.
    """
    suffixes = _suffixes()
    listed = {
        name: sorted(file for file in files if file.is_file() and file.suffix.lower() in suffixes)
        for name, files in _visible(folder).items()
    }
    for name, files in listed.items():
        if len(files) < FEWEST:
            _tell_of_few(folder / name, len(files))
    return listed


def left_out(config: DataConfig) -> str | None:
    """What of a folder is no example, in a sentence: pictures that Pillow cannot read, such as HEIC, and those in deeper folders.

    Args:
        config: of any data set.

    Returns:
        None where nothing is left out, and for a data set that is no folder.

    Raises:
        DataError: a folder that may not be read.
    """
    if not config.name.startswith(FOLDER_PREFIX):
        return None
    folder, suffixes = folder_of(config.name), _suffixes()
    parts = []
    for name, files in _visible(folder).items():
        kinds = Counter("folder" if file.is_dir() else file.suffix.lower() or "no suffix" for file in files)
        parts += [f"{name}: {count} ({kind})" for kind, count in sorted(kinds.items()) if kind not in suffixes]
    if not parts:
        return None
    return (
        f"{folder}: left out is what is no image by its suffix, or does not lie directly in the folder of its class: "
        f"{', '.join(parts)}; convert such images to JPEG or PNG, or move them"
    )


def _suffixes() -> set[str]:
    """Endings of the files that Pillow reads as images."""
    from PIL import Image

    registered = Image.registered_extensions()  # loads Pillow's formats: before that `Image.OPEN` knows none
    formats = Image.OPEN.keys() - _NO_PICTURES
    return {suffix for suffix, format_name in registered.items() if format_name in formats}


def _visible(folder: Path) -> dict[str, list[Path]]:
    """What lies in the folder of each class, hidden files and those that Windows writes left out."""
    try:
        return {
            path.name: [
                file for file in path.iterdir() if not file.name.startswith(".") and file.name not in _OF_WINDOWS
            ]
            for path in _class_folders(folder)
        }
    except OSError as error:
        raise DataError(
            f"{error.filename} cannot be read ({error.strerror}); check the path and its permissions"
        ) from error


def _tell_of_few(folder: Path, images: int) -> NoReturn:
    if not images and any(path.is_dir() for path in folder.iterdir()):
        raise DataError(
            f"{folder} has sub-folders and no images; if the classes lie there, give --data.name {FOLDER_PREFIX}{folder}"
        )
    raise DataError(
        f"{folder} has {images or 'no'} images; a class needs {FEWEST} at least: add some, or take the folder away"
    )


def _class_folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise DataError(f"there is no folder {folder.absolute()}; give --data.name {FOLDER_PREFIX}PATH one that exists")
    classes = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if len(classes) < 2:
        found = f"one sub-folder only, {classes[0].name}" if classes else "no sub-folder"
        raise DataError(
            f"{folder} has {found}; put the images of each class, two at least, into a sub-folder of its own"
        )
    return classes


def pin_content(config: DataConfig) -> DataConfig:
    """The configuration with what the images of `folder:PATH` are, so that a run belongs to the images that it saw.

    Args:
        config: any; one of another data set, or one that says so already, is given back as it is.

    Raises:
        DataError: see `list_images`.
    """
    if config.content is not None or not config.name.startswith(FOLDER_PREFIX):
        return config
    return replace(config, content=folder_content(folder_of(config.name)))


def check_content(config: DataConfig) -> None:
    """Say so where a folder no longer holds the images that a configuration was made for.

    Args:
        config: any.

    Raises:
        DataError: images were added, taken away, renamed or replaced.
    """
    if config.content is not None and config.content != pin_content(replace(config, content=None)).content:
        raise DataError(
            f"{folder_of(config.name)} no longer holds the images that these settings were made for (data.content: "
            f"{config.content}); bring them back, or train anew with the images that are there now"
        )


def folder_content(folder: Path) -> str:
    """Sixteen digits of a SHA-256 over the names and bytes of all images below a folder.

    When files were written does not count, for copying changes it. All bytes are read: files of one size may differ, as BMP and
    TIFF files of one shape do. That is about a tenth of the time that decoding the same images takes.

    Args:
        folder: as in `list_images`.

    Raises:
        DataError: see `list_images`, and a file that cannot be read.
    """
    sha = hashlib.sha256()
    with ThreadPoolExecutor() as threads:
        for name, files in list_images(folder).items():
            for file, digest in zip(files, threads.map(_file_digest, files), strict=True):
                sha.update(f"{name}/{file.name}\0".encode(errors="surrogateescape") + digest)
    return sha.hexdigest()[:16]


def _file_digest(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); repair it or take it away") from error


def class_titles(names: Iterable[str]) -> tuple[str, ...]:
    r"""The names of classes as figures and tables show them: printable, of at most 32 letters, each different.

    Args:
        names: names of folders, whatever they hold.

    Example:
        >>> class_titles(["cat", "dog\n"])
        ('cat', 'dog�')
    """
    titles: dict[str, None] = {}
    for name in names:
        short = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name)
        if len(short) > _LONGEST_TITLE:
            short = f"{short[: _LONGEST_TITLE // 2]}…{short[1 - _LONGEST_TITLE // 2 :]}"
        title, number = short, 1
        while title in titles:
            number += 1
            title = f"{short} ({number})"
        titles[title] = None
    return tuple(titles)
