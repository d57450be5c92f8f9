"""Records that outlive a run: tables as CSV, facts as JSON; written whole or not at all."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnlabs.errors import RunError
from nnlabs.files import write_text

CsvTable = Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Any]]


def write_csv(path: Path, table: CsvTable) -> None:
    """Write a table, as `csv_text` gives it.

    Args:
        path: the file.
        table: columns or rows.

    Raises:
        ValueError: where columns differ in length.
    """
    write_text(path, csv_text(table))


def csv_text(table: CsvTable) -> str:
    """One line a row under a header; floats as Python prints them, so that reading gives the same bits back.

    Args:
        table: columns of one length (`{"epoch": [1, 2], "loss": [0.9, 0.5]}`), or rows, whose cells stay empty where they lack a
            column; without rows the text is empty.

    Raises:
        ValueError: where columns differ in length.
    """
    columns = list(table) if isinstance(table, Mapping) else list(dict.fromkeys(key for row in table for key in row))
    lines = (
        zip(*table.values(), strict=True)
        if isinstance(table, Mapping)
        else ([row.get(key) for key in columns] for row in table)
    )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([columns] if columns else [])
    # a NumPy number as the Python number that it holds, so that it is written with all its digits
    writer.writerows([cell.item() if isinstance(cell, np.generic) else cell for cell in line] for line in lines)
    return text.getvalue()


def read_csv(path: Path) -> list[dict[str, float]]:
    """Read a table of numbers that `write_csv` wrote.

    Args:
        path: the file.

    Returns:
        One dictionary a line.

    Raises:
        RunError: where the file is damaged.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    except (ValueError, TypeError, csv.Error) as error:
        raise _damaged(path, error) from error


def write_json(path: Path, facts: Mapping[str, Any]) -> None:
    """Write facts as indented JSON; NaN and infinity, unknown to JSON, become null, a dataclass its fields, an array a list.

    Args:
        path: the file.
        facts: what to write.
    """
    write_text(path, json.dumps(_finite(facts), indent=2, allow_nan=False) + "\n")


def _finite(value: Any) -> Any:
    if is_dataclass(value):
        return {key: _finite(part) for key, part in vars(value).items()}
    if isinstance(value, np.ndarray | np.generic):
        return _finite(value.tolist())
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
        RunError: where the file is damaged or gone.
    """
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RunError(f"{path} is not there: what writes it was not run, or has not come to its end") from error
    except ValueError as error:
        raise _damaged(path, error) from error
    if not isinstance(facts, dict):
        raise _damaged(path, "it holds no facts by name")
    return facts


def _damaged(path: Path, reason: object) -> RunError:
    return RunError(
        f"{path} is damaged ({reason}); move its folder away, and make that anew by the command that made it"
    )


def flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Nested mappings as pairs of a dotted name and a value.

    Args:
        values: mappings in mappings.
        prefix: what stands before each name.

    Example:
        >>> dict(flatten({"train": {"lr": 0.1}}))
        {'train.lr': 0.1}
    """
    for name, value in values.items():
        if isinstance(value, Mapping) and value:  # an empty one is a value: `plain: {}` is a technique
            yield from flatten(value, f"{prefix}{name}.")
        else:
            yield prefix + str(name), value
