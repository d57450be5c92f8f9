"""What a user brings: wherever a model or an optimizer is named, `FILE.py:NAME` is a function or class in a file of one's own."""

from __future__ import annotations

import importlib.util
import traceback
from pathlib import Path

from nnlabs.errors import ConfigError


def own_file(name: str) -> Path | None:
    """The file that a name points into; None for a name out of a table of this package.

    Args:
        name: `model.name` or `train.optimizer`.

    Example:
        >>> own_file("nets/my_net.py:Net")
        PosixPath('nets/my_net.py')
    """
    path = name.rpartition(":")[0]
    return Path(path) if path.endswith(".py") else None


def check_own_file(key: str, path: Path) -> None:
    """Say so where the file is not there; nothing is loaded.

    Args:
        key: the setting that names it, as `model.name`.
        path: from `own_file`.

    Raises:
        ConfigError: there is no such file.
    """
    if not path.is_file():
        raise ConfigError(f"{key}: there is no file {path}, relative to {Path.cwd()}", key)


def load_own(key: str, name: str) -> object:
    """The object that `FILE.py:NAME` names; the file is run as an import would run it.

    Args:
        key: the setting that names it, as `model.name`.
        name: its value.

    Raises:
        ConfigError: for a file that is missing, cannot be run, or holds nothing of that name.
    """
    path, _, attribute = name.rpartition(":")
    check_own_file(key, Path(path))
    spec = importlib.util.spec_from_file_location(Path(path).stem, path)
    assert spec is not None and spec.loader is not None  # holds for every path that ends in .py
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ConfigError(f"{key}: {path} cannot be run{_line(error, path)}: {error}", key) from error
    if not hasattr(module, attribute):
        raise ConfigError(f"{key}: {path} holds nothing called '{attribute}'", key)
    found: object = getattr(module, attribute)
    return found


def _line(error: Exception, path: str) -> str:
    """Where in the file the error came up; for a syntax error its own words say it."""
    where = Path(path).resolve()
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == where]
    return f", line {lines[-1]}" if lines else ""
