"""The folder `results/LAB/PRESET/` of a lab that is at work: claimed by one process, cleared of what an earlier run left there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nnlabs.config.load import load_preset
from nnlabs.config.schema import LabConfig
from nnlabs.config.yaml_text import write_config
from nnlabs.errors import RunError
from nnlabs.files import readable_write_errors, remove_parts
from nnlabs.paths import results_root
from nnlabs.records import write_json
from nnlabs.runs.fingerprint import settings_of
from nnlabs.runs.lock import run_lock
from nnlabs.runs.lookup import lab_folder
from nnlabs.runs.provenance import describe_environment

# The labs that this process is at work on, by their folders: since when, and the claims on them.
_started: dict[Path, datetime] = {}
_claims: dict[Path, ExitStack] = {}


def open_lab(lab: str, config: LabConfig, name: str | None = None, real: str | None = None) -> Path:
    """Make `results/LAB/FOLDER/` with `config.yaml` and `environment.json`; what an earlier run of the lab left there goes.

    Args:
        lab: the lab's name.
        config: its configuration.
        name: of the folder; default: `lab_folder`, so that results of other data or settings keep a folder of their own.
        real: as in `changed_settings`.

    Returns:
        The folder.

    Raises:
        RunError: where it cannot be written; told before anything is computed.
    """
    changed = changed_settings(lab, config, real) if name is None else {}
    folder = results_root(config.results) / lab / (name or lab_folder(config.preset, _stand_in(config), changed))
    _started[folder] = datetime.now(UTC)
    with readable_write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "result.json").unlink(missing_ok=True)
        if claim(folder):  # else the same command is at work there, perhaps on another machine: its figures stay
            for path in filter(_is_output, list(folder.iterdir())):
                path.unlink(missing_ok=True)
        remove_parts(folder, idle_s=600)
    write_config(folder / "config.yaml", config)
    write_json(folder / "changed.json", changed)
    write_json(folder / "environment.json", {**describe_environment(), "started": _started[folder].isoformat()})
    return folder


def claim(folder: Path) -> bool:
    """Claim a lab's folder until `release`, or the end of this process; False where another process holds it.

    Args:
        folder: `results/LAB/FOLDER/`.
    """
    if folder in _claims:
        return True
    stack = ExitStack()
    try:
        claimed = stack.enter_context(run_lock(folder))
    except (RunError, NotImplementedError):
        return True  # a file system without locks; one that cannot be written to is told in a moment
    if claimed:
        _claims[folder] = stack
    return claimed


def release(folder: Path) -> None:
    """Give up the claim on a lab's folder, where there is one."""
    _claims.pop(folder, ExitStack()).close()


def minutes_since(folder: Path) -> float:
    """How long ago this process opened a lab's folder."""
    return (datetime.now(UTC) - _started[folder]).total_seconds() / 60


@contextmanager
def claims_released() -> Iterator[None]:
    """Around a lab: folders that it claimed are free again on every way out, also where the process lives on, as a notebook's."""
    held = set(_claims)
    try:
        yield
    finally:
        for folder in set(_claims) - held:
            release(folder)


def _is_output(path: Path) -> bool:
    """Whether a file can be one that an act made, `1_loss.svg` or `leaderboard.md`; what a learner keeps beside them stays."""
    return (
        path.is_file()
        and re.fullmatch(r"(\d{1,2}_.*|lr_range)\.(png|svg|csv|gif)|leaderboard\.(csv|md)", path.name) is not None
    )


def changed_settings(lab: str, config: LabConfig, real: str | None = None) -> dict[str, Any]:
    """The settings, by dotted name, that are not as the preset has them; those that do not change what is computed left out.

    Args:
        lab: the lab's name.
        config: its configuration.
        real: the data set that the lab is about, which a preset calls `auto`.
    """
    # A preset's settings for the stand-in hold where that was taken, and where it was asked for by its name.
    name = getattr(getattr(config, "data", None), "name", None)
    variants = (True,) if _stand_in(config) else (False,) if name == real else (False, True)
    presets = [load_preset(type(config), lab, config.preset, on_stand_in) for on_stand_in in variants]
    return min((_differences(config, preset, real) for preset in presets), key=len)


def _differences(config: LabConfig, preset: LabConfig, real: str | None) -> dict[str, Any]:
    plain = settings_of(preset)
    if plain.get("data.name") == "auto":
        stand_in = _stand_in(config)
        plain |= {"data.name": stand_in or real, "data.stand_in_for": real if stand_in else None}
    now = settings_of(config)
    # A setting may be missing on either side, where it holds its default.
    return {name: now.get(name) for name in {**plain, **now} if now.get(name) != plain.get(name)}


def _stand_in(config: LabConfig) -> str | None:
    """Name of the stand-in data set, where one was taken."""
    data = getattr(config, "data", None)
    return data.name if data is not None and data.stand_in_for else None
