"""Records that outlive a run: tables as CSV, facts as JSON, configurations as YAML; all written whole or not at all."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlabs.config.yaml_text import to_yaml
from nnlabs.errors import RunError
from nnlabs.files import write_text
from nnlabs.stats.intervals import Interval

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write one line a row under a header; floats as Python prints them, so that reading gives the same bits back.

    Args:
        path: the file.
        rows: mappings with the same keys in the same order; none at all gives an empty file.
    """
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    write_text(path, text.getvalue())


def read_csv(path: Path) -> list[dict[str, float]]:
    """Read a table of numbers that `write_csv` wrote.

    Args:
        path: the file.

    Returns:
        One dictionary a line.
    """
    with path.open(encoding="utf-8", newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def write_json(path: Path, facts: Mapping[str, Any]) -> None:
    """Write facts as indented JSON; NaN and infinity, which JSON does not know, become null, an interval its four numbers.

    Args:
        path: the file.
        facts: what to write.
    """
    write_text(path, json.dumps(_finite(facts), indent=2, allow_nan=False) + "\n")


def _finite(value: Any) -> Any:
    if isinstance(value, Interval):
        return {key: _finite(part.tolist()) for key, part in vars(value).items()}
    if isinstance(value, Mapping):
        return {str(key): _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return value


def read_json(path: Path) -> dict[str, Any]:
    """Read facts that `write_json` wrote.

    Args:
        path: the file.

    Raises:
        RunError: where the file is damaged.
    """
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise RunError(f"{path} is damaged ({error}); delete its folder and give the same command again") from error
    return dict(facts)


def write_config(path: Path, config: DataclassInstance) -> None:
    """Write a configuration as YAML that `--config` reads again.

    Args:
        path: the file.
        config: a configuration dataclass.
    """
    write_text(path, to_yaml(config))
