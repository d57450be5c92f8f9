"""A learner's record, `progress.json` beside the files: what the last check found, and which hints were given."""

from __future__ import annotations

import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from nnlabs.errors import RunError
from nnlabs.exercises.catalog import all_exercises
from nnlabs.exercises.checking import Report
from nnlabs.files import readable_write_errors, write_text

NAME = "progress.json"


def read_record(folder: Path) -> dict[str, dict[str, Any]]:
    """What is known of each exercise in a folder; nothing where there is no record, or none that can be read."""
    try:
        record = json.loads((folder / NAME).read_text(encoding="utf-8-sig"))  # some editors begin with a mark
    except (OSError, ValueError):
        return {}
    return record if _is_record(record) else {}


def _is_record(read: Any) -> bool:
    return isinstance(read, dict) and all(isinstance(facts, dict) for facts in read.values())


def remember(folder: Path, exercise: str, **facts: Any) -> None:
    """Write down more about an exercise; where that cannot be done, a notice on stderr says so.

    Args:
        folder: of the learner's files.
        exercise: its name.
        **facts: what is to be known of it.

    What lies in the record's place and is none is kept under another name.
    """
    try:
        with readable_write_errors(folder / NAME):
            _write(folder, exercise, facts)
    except RunError as error:  # a learner in a folder that is read-only is to hear what was found all the same
        print(f"notice: how {exercise} stands is not remembered: {error}", file=sys.stderr)


def _write(folder: Path, exercise: str, facts: dict[str, Any]) -> None:
    record, path = read_record(folder), folder / NAME
    if not record and path.is_file() and path.read_bytes().strip() not in (b"", b"{}"):
        kept = path.replace(folder / f"{NAME}.unread")
        print(f"notice: {path} holds no record that can be read; it is kept as {kept.name}, and a new one begins")
    record[exercise] = record.get(exercise, {}) | facts
    write_text(path, json.dumps(record, indent=1, ensure_ascii=False) + "\n")


def remember_report(path: Path, report: Report, checked: str) -> None:
    """Write down what a check of a file found, as `remember` does.

    Args:
        path: the file.
        report: what was found.
        checked: `digest` of the text in which it was found.
    """
    facts = {"status": report.status, "mistake": report.mistake, "digest": checked}
    remember(path.parent, report.exercise, **facts)


def digest(path: Path) -> str:
    """A fingerprint of a file's text."""
    return sha256(path.read_bytes()).hexdigest()[:16]


def describe_state(folder: Path, exercise: str) -> str:
    """How an exercise stands, in a few words."""
    path, facts = folder / f"{exercise}.py", read_record(folder).get(exercise, {})
    if not path.is_file():
        return "passed" if facts.get("status") == "passed" else "-"
    if "status" not in facts:
        return "started"
    changed = ", changed since" if facts.get("digest") != digest(path) else ""
    mistake = f": {facts['mistake']}" if facts.get("mistake") else ""
    return f"{facts['status']}{mistake}{changed}"


def progress(folder: Path) -> list[str]:
    """How all exercises stand, a line each, and the sum.

    Args:
        folder: of the learner's files.
    """
    exercises = all_exercises()
    states = {exercise.name: describe_state(folder, exercise.name) for exercise in exercises}
    lines = [f"{name:<22} {state}" for name, state in states.items()]
    done = [exercise for exercise in exercises if states[exercise.name] == "passed"]
    minutes, worth = (sum(exercise.minutes for exercise in some) for some in (exercises, done))
    return [*lines, "", f"{len(done)} of {len(exercises)} passed: {worth} of about {minutes} minutes of work."]
