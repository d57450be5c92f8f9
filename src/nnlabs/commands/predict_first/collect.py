"""The records of a class, collected from a folder, for a teacher."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from nnlabs.commands.predict_first.record import KIND, Record
from nnlabs.errors import RunError
from nnlabs.files import empty_handed, find_below
from nnlabs.records import csv_text

_KEYS = ("learner", "lab", "preset", "round", "committed", "results_before", "finished", "data", "points", "questions")
NO_RECORD = "is no record of predictions"


def collect_command(folder: Path, form: str) -> None:
    """Print all records below a folder.

    Args:
        folder: one sub-folder a learner.
        form: `text`, `csv` (a row a question) or `json`.

    Raises:
        RunError: where there is no such folder, or no record in it.
    """
    if not folder.is_dir():
        raise RunError(f"there is no folder {folder}")
    records, damaged = collect(folder)
    for path, what in damaged.items():
        print(f"notice: {path} {what}, and is left out", file=sys.stderr)
    for name in empty_handed(folder, [*(folder / path for path in records), *damaged]):
        print(f"notice: {name} has handed in no record", file=sys.stderr)
    if not records:
        raise RunError(f"{folder} holds no record; `nnlabs predict-first LAB` writes them to predictions/")
    if form == "json":
        print(json.dumps([{"file": path, **record} for path, record in records.items()], indent=1, ensure_ascii=False))
    elif form == "csv":
        print(csv_text([row for path, record in records.items() for row in rows_of(path, record)]), end="")
    else:
        print("\n".join(describe_class(records)))


def collect(folder: Path) -> tuple[dict[str, Record], dict[Path, str]]:
    """All records below a folder by their files' paths, and the JSON files that are none though they should be, with why.

    Args:
        folder: one sub-folder a learner.
    """
    records: dict[str, Record] = {}
    damaged: dict[Path, str] = {}
    for path in find_below(folder, ".json"):
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))
            ours = isinstance(facts, dict) and facts.get("kind") == KIND
            if ours and (set(_KEYS) <= set(facts) and rows_of(str(path), facts)):
                records[str(path.relative_to(folder))] = facts
            elif ours:
                damaged[path] = NO_RECORD
        except OSError as error:
            damaged[path] = f"cannot be read ({error.strerror})"
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            damaged[path] = NO_RECORD
    by_learner = sorted(
        records.items(), key=lambda item: (_who(*item), item[1]["lab"], item[1]["preset"], item[1]["round"])
    )
    return dict(by_learner), damaged


def rows_of(path: str, record: Record) -> list[dict[str, Any]]:
    """A record as rows of a table, one a question.

    Args:
        path: of its file.
        record: finished or not.
    """
    shared = {key: record[key] for key in _KEYS[:-2]}
    return [{**shared, **_row(asked), "file": path} for asked in record["questions"]]


def _row(asked: Mapping[str, Any]) -> dict[str, Any]:
    score = asked.get("score") or {}
    answer = asked["answer"]
    return {
        "question": asked["name"],
        "predicted": asked.get("predicted", " ".join(map(str, answer)) if answer else None),
        "came_out": asked.get("came_out"),
        "points": score.get("points"),
        "rule": score.get("rule"),
        "score": score.get("value"),
    }


def describe_class(records: Mapping[str, Record]) -> list[str]:
    """Record by record, then the mean of each question over the learners, as lines.

    Args:
        records: by file.
    """
    lines = [
        f"{_who(path, record):<20} {record['lab']:<16} {record['preset']:<6} {_state(record)}"
        for path, record in records.items()
    ]
    means = _means(records.values())
    if means:
        lines += ["", "Points of each question, the mean over first rounds:"]
        lines += [f"  {fmean(points):>4.0f}  {lab}: {name} ({len(points)})" for (lab, name), points in means.items()]
    return lines


def _who(path: str, record: Record) -> str:
    parts = Path(path).parts
    return parts[0] if len(parts) > 1 else str(record["learner"])


def _state(record: Record) -> str:
    if not record["committed"]:
        return "not committed"
    counted = "no question counts" if record["points"] is None else f"{record['points']:.0f} points"
    points = counted if record["finished"] else "no result yet"
    again = f", round {record['round']}" if record["round"] != 1 else ""
    seen = ", results were there before" if record["results_before"] else ""
    return f"{points}{again}{seen}"


def _means(records: Sequence[Record] | Any) -> dict[tuple[str, str], list[float]]:
    means: dict[tuple[str, str], list[float]] = {}
    for record in records:
        for its in record["questions"] if record["round"] == 1 else ():
            points = (its.get("score") or {}).get("points")
            if points is not None:
                means.setdefault((f"{record['lab']}, {record['preset']}", its["name"]), []).append(points)
    return means
