"""Where things lie: labs, presets, data and results, in a checkout and in an installed wheel."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from nnlabs.errors import ConfigError

PACKAGE = Path(__file__).resolve().parent


def checkout() -> Path | None:
    """The folder of the checkout this package runs from, or None when it was installed from a wheel."""
    top = PACKAGE.parent.parent
    return top if (top / "pyproject.toml").is_file() and (top / "labs").is_dir() else None


def labs_dir() -> Path:
    """The folder of the lab scripts: the checkout's `labs/`, or the copy inside an installed package, `_scripts/`."""
    top = checkout()
    return top / "labs" if top else PACKAGE / "_scripts"


def configs_dir() -> Path:
    """The folder of the presets, one YAML file a lab: the checkout's `configs/`, or the copy inside an installed package."""
    return (checkout() or PACKAGE) / "configs"


def user_cache() -> Path:
    """The folder in which this system keeps what a program can fetch again (XDG, macOS and Windows conventions)."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "nnlabs"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "nnlabs"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nnlabs"


def data_root(given: str | None = None) -> Path:
    """The folder of the data sets: `given`, else `NNLABS_DATA`, else the checkout's `data/`, else the user's cache.

    Args:
        given: what the user said with `--data.root`, if anything.
    """
    chosen = given or os.environ.get("NNLABS_DATA")
    if chosen:
        return _absolute(chosen)
    top = checkout()
    return top / "data" if top else user_cache() / "data"


def results_root(given: str | None = None) -> Path:
    """The folder of results: `given`, else `NNLABS_RESULTS`, else the checkout's `results/`, else `./results`.

    Args:
        given: what the user said with `--results`, if anything.
    """
    chosen = given or os.environ.get("NNLABS_RESULTS")
    if chosen:
        return _absolute(chosen)
    top = checkout()
    return top / "results" if top else _absolute("results")


def expand_home(path: str) -> Path:
    """A path in which `~` and `~NAME` stand for a home folder.

    Args:
        path: as a user writes it.

    Raises:
        ConfigError: where nobody of that name has one.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise ConfigError(f"{path}: nobody of that name has a home folder here; write the whole path") from error


def _absolute(path: str) -> Path:
    try:
        return expand_home(path).resolve()
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: the folder in which this was started is gone; go to one that is there") from error
