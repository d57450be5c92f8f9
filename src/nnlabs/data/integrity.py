"""Whether the files of a published data set are in place and are what was published. Imports neither torch nor NumPy."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlabs.data.catalog import Download, File, Generated

if TYPE_CHECKING:
    from numpy.typing import NDArray


def is_here(download: Download | Generated, root: Path) -> bool:
    """Whether every file is there in its full size; takes no time, for nothing is read.

    Args:
        download: the published data set, or one that a package makes.
        root: folder of the data sets.
    """
    return not any(_missing_or_cut(file, root) for file in download.files)


def is_absent(download: Download | Generated, root: Path) -> bool:
    """Whether not a single file of the data set is there.

    Args:
        download: the published data set, or one that a package makes.
        root: folder of the data sets.
    """
    return not any((root / file.path).exists() for file in download.files)


def damages(download: Download | Generated, root: Path) -> list[str]:
    """What is wrong with the files of a data set, one clause a file; reads and hashes every one.

    Args:
        download: the published data set, or one that a package makes.
        root: folder of the data sets.

    Returns:
        Nothing when all is as published.
    """
    found = (_missing_or_cut(file, root) or _altered(file, root) for file in download.files)
    return [damage for damage in found if damage]


def _missing_or_cut(file: File, root: Path) -> str | None:
    path = root / file.path
    if not path.is_file():
        return f"{path} is missing"
    size = path.stat().st_size
    return None if size == file.size else f"{path} has {size:,} bytes instead of {file.size:,}"


def _altered(file: File, root: Path) -> str | None:
    path = root / file.path
    try:
        with path.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        return f"{path} cannot be read ({error.strerror})"
    return None if digest == file.digest else f"{path} is not the published file (its sha256 differs)"


def digest(*arrays: NDArray[Any]) -> str:
    """The SHA-256 of some arrays, shapes and types included: equal where two machines learned from the same numbers.

    Args:
        arrays: such as all features and all labels of a data set.
    """
    sha = hashlib.sha256()
    for array in arrays:
        sha.update(f"{array.dtype.str} {array.shape} ".encode())
        sha.update(array.tobytes())
    return sha.hexdigest()
