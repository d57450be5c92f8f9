"""`results/manifest.json`: what every complete lab was made of, and what it made, with checksums."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nnlabs.config.yaml_text import read_yaml
from nnlabs.errors import RunError, UserError
from nnlabs.records import read_json, write_json

_MEASURED = (
    "preset",
    "changed",
    "data",
    "stand_in_for",
    "n",
    "unit",
    "checksums",
    "seeds",
    "runs",
    "minutes",
    "training_minutes",
    "device",
)
_TOLD = ("title", "question", "processor", "cores", "acts", "lessons", "next")


def complete_labs(root: Path) -> Iterator[Path]:
    """The folders `LAB/PRESET/` of labs that are complete, in order of their names.

    Args:
        root: folder of all results. Single runs, `LAB/RUN/`, are none, nor are results in the form of an earlier version,
            nor, with a notice, any that are damaged.
    """
    for path in sorted(root.glob("*/*/result.json")):
        try:
            facts = read_json(path)
        except RunError as error:
            print(f"notice: {path.parent} is left out: {error}", file=sys.stderr)
            continue
        if {*_TOLD, *_MEASURED} <= set(facts):
            yield path.parent


def write_manifest(root: Path) -> Path:
    """Write down every complete lab anew: configuration, seeds, versions, data, timings, metrics, and all files by SHA-256.

    Args:
        root: folder of all results.

    Returns:
        The file, `manifest.json` in that folder.

    Raises:
        RunError: where it cannot be written. A lab of which a file is damaged is left out, with a notice.
    """
    labs: dict[str, Any] = {}
    for folder in complete_labs(root):
        try:
            labs[f"{folder.parent.name}/{folder.name}"] = describe(folder)
        except UserError as error:
            print(f"notice: {folder} is left out: {error}", file=sys.stderr)
    path = root / "manifest.json"
    write_json(path, {"labs": labs})
    return path


def describe(folder: Path) -> dict[str, Any]:
    """One lab's entry.

    Args:
        folder: its `LAB/PRESET/`.
    """
    result = read_json(folder / "result.json")
    return {
        "config": read_yaml(folder / "config.yaml"),
        "environment": read_json(folder / "environment.json"),
        **{name: result[name] for name in _MEASURED},
        "metrics": {name: act["metrics"] for name, act in result["acts"].items()},
        "files": {path.name: sha256(path) for path in sorted(folder.iterdir()) if path.is_file()},
    }


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, hexadecimal.

    Args:
        path: the file.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise RunError(f"{path} cannot be read ({error.strerror}); run its lab again") from error
