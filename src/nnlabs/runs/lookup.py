"""Results as they lie on disk, found by what a person types: a folder, a run's name, or the beginning of it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlabs.config.describe import closest
from nnlabs.config.load import with_changes
from nnlabs.config.schema import RunConfig
from nnlabs.config.yaml_text import read_yaml
from nnlabs.errors import ConfigError, RunError
from nnlabs.paths import expand_home, results_root
from nnlabs.records import read_json
from nnlabs.runs.run import Run

if TYPE_CHECKING:
    from nnlabs.runs.predict import Answers, Pictures, Predictor

CONFIG = "config.yaml"
GROUPS = {"data", "model", "train"}


@dataclass(frozen=True)
class StoredRun(Run):
    """A run in the folder where it was found, which may have been renamed, or made by another version.

    Args:
        path: that folder.
    """

    path: Path

    @property
    def folder(self) -> Path:
        """Where its files lie."""
        return self.path

    @property
    def status(self) -> str:
        """`finished`, `early stopping`, `diverged`, `failed`, or `unfinished`."""
        return str(self.result["status"]) if self.done else "unfinished"

    @cached_property
    def predictor(self) -> Predictor:
        """The finished run's network, ready for pictures of one's own; read once. The training data need not be there.

        Raises:
            RunError: where the run is not finished, or its checkpoint is damaged.
        """
        from nnlabs.runs.predict import Predictor

        return Predictor(self)

    def predict(self, x: Pictures) -> Answers:
        """What the finished run's network takes pictures, or signals, for; see `runs.predict.Predictor`.

        Args:
            x: paths of image files of any size; or an array, uint8 from 0 to 255 for images and float for signals, of shape
                (n, channels, height, width).

        Raises:
            UserError: where the run is not finished, or the examples do not fit its network.
        """
        return self.predictor(x)


def lab_folder(preset: str, stand_in: str | None = None, changed: Mapping[str, Any] | None = None) -> str:
    """The name of the folder of a lab's results: `quick`, and more where the data or the settings are not the preset's own.

    Args:
        preset: the preset's name.
        stand_in: name of the stand-in data set, where one was taken.
        changed: settings that were changed, by dotted name.

    Example:
        >>> lab_folder("quick", "mnist1d"), lab_folder("quick", changed={"seed": 1})
        ('quick-mnist1d', 'quick-seed-1-a4bb')
    """
    parts = [preset, *([stand_in] if stand_in else [])]
    if changed:
        words = re.sub(r"[^\w.]+", "-", "-".join(f"{name} {value}" for name, value in changed.items()))
        digest = hashlib.sha256(json.dumps(changed, sort_keys=True, default=str).encode()).hexdigest()
        parts.append(f"{words.strip('-')[:40].strip('-')}-{digest[:4]}")
    return "-".join(parts)


def find_folder(wanted: str, root: Path | None = None) -> Path:
    """The folder that somebody means.

    Args:
        wanted: a folder, or below the results' folder a lab, LAB/PRESET, a run, or a beginning of a run's name that no other has;
            a run's name, or its beginning, may have the lab before it.
        root: the results' folder; default: as in `paths.results_root`.

    Raises:
        ConfigError: where there is none, or more than one.
    """
    root = results_root() if root is None else root
    if wanted not in ("", ".", "..") and "/" not in wanted and (root / wanted).is_dir():
        return root / wanted  # a lab, not what `exercise lab` made of it in results/with-.../LAB
    called = sorted(lab / wanted for lab in root.glob("*/") if wanted and (lab / wanted).is_dir())
    if len(called) == 1 and wanted not in (".", "..") and "/" not in wanted:
        return called[0]  # a run, not the folder docs or data that happens to lie here
    for exact in (expand_home(wanted), root / wanted):
        if wanted and exact.is_dir():
            return exact
    if len(called) > 1:
        raise ConfigError(
            f"{wanted} is ambiguous, the name of {len(called)} folders: {_some(called)}; write the lab before it"
        )
    names = sorted(path.parent for path in root.glob(f"*/*/{CONFIG}"))
    begun = called or [folder for folder in names if wanted and _begins(folder, wanted)]
    if len(begun) == 1:
        return begun[0]
    if begun:
        raise ConfigError(
            f"{wanted} begins the names of {len(begun)} folders, {_some(begun)}; write some more of it, or the lab before it"
        )
    known = _hint(wanted, names) if names else "there are no results yet"
    raise ConfigError(f"{wanted or 'nothing'}: no such folder, nor a run of that name below {root}; {known}")


def _begins(folder: Path, wanted: str) -> bool:
    return (_label(folder) if "/" in wanted else folder.name).startswith(wanted)


def _hint(wanted: str, folders: Sequence[Path]) -> str:
    """What somebody may have meant, each with its lab; where nothing resembles it, a few folders and where the others are."""
    called = [name for folder in folders for name in (folder.name, folder.parent.name, _label(folder))]
    close = closest(wanted, called)
    meant = [folder for folder in folders if close in (folder.name, _label(folder))]
    if close and meant:
        return f"did you mean {_some(meant)}?"
    if close:
        return f"did you mean {close}?"
    runs = any((folder / "checkpoint.pt").exists() for folder in folders)
    return f"there are {_some(folders)}" + ("; to see all runs: nnlabs runs" if runs else "")


def _some(folders: Sequence[Path]) -> str:
    shown = ", ".join(map(_label, folders[:3]))
    return f"{shown}, ..." if len(folders) > 3 else shown


def _label(folder: Path) -> str:
    """A folder's name with the lab before it: `optimizers/smoke`."""
    return f"{folder.parent.name}/{folder.name}"


def is_run(folder: Path) -> bool:
    """Whether a folder is that of a single run.

    Args:
        folder: any folder.
    """
    return (folder / CONFIG).is_file() and set(read_yaml(folder / CONFIG)) == GROUPS


def read_run(folder: Path) -> StoredRun:
    """The run in a folder.

    Args:
        folder: one of which `is_run` holds.

    Raises:
        ConfigError: where its settings are none that this version knows.
        RunError: where it holds no run.
    """
    if not is_run(folder):
        raise RunError(f"{folder} is no run: it holds no {CONFIG} with the groups data, model and train")
    path = folder / CONFIG
    return StoredRun(with_changes(RunConfig(), read_yaml(path), str(path)), folder.parent, folder)


def load_run(run: str | Path, results: str | Path | None = None) -> StoredRun:
    """A run that is on disk, finished or not: its config, history and results; a finished one predicts.

    Args:
        run: its folder, its name, or a beginning of its name that no other run has.
        results: folder of results to look in; default: as in `paths.results_root`.

    Raises:
        UserError: where there is none, or more than one.
    """
    return read_run(find_folder(str(run), results_root(str(results) if results else None)))


def read_facts(path: Path) -> dict[str, Any]:
    """The facts in a JSON file; none where there is no such file.

    Args:
        path: the file.

    Raises:
        RunError: where it is damaged.
    """
    return read_json(path) if path.is_file() else {}
