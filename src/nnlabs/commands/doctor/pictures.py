"""The place of the pictures that a run learned from, which may be examined elsewhere than where it was trained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from nnlabs.config.schema import DataConfig
from nnlabs.data.catalog import FOLDER_PREFIX
from nnlabs.data.image_files import folder_content, folder_of
from nnlabs.errors import DataError


def find_pictures(data: DataConfig, run: Path) -> DataConfig:
    """The settings of a run's data, those of `folder:PATH` with a path that leads to its pictures from here.

    A relative path began where the run was trained. Where it leads nowhere from here, it is tried from each of the folders in
    which the run lies, as results often lie beside the pictures; what holds other pictures does not count.

    Args:
        data: the run's.
        run: the run's folder, as an absolute path.

    Raises:
        DataError: where the pictures are not found.
    """
    if not data.name.startswith(FOLDER_PREFIX) or folder_of(data.name).is_dir():
        return data
    path = folder_of(data.name)
    places = [] if path.is_absolute() else [folder / path for folder in run.parents]
    found = next((place for place in places if _holds(place, data.content)), None)
    if found is not None:
        return replace(data, name=f"{FOLDER_PREFIX}{found}")
    learned = f"{run.name} learned from the pictures in {path}, and there is no folder {path.absolute()}"
    if path.is_absolute():
        raise DataError(f"{learned}; bring them back there")
    raise DataError(f"{learned}; go to the folder in which it was trained, or bring the pictures here, and ask again")


def _holds(folder: Path, content: str | None) -> bool:
    try:
        return folder.is_dir() and folder_content(folder) == content
    except (DataError, OSError):  # no pictures, or nothing that one may look into
        return False
