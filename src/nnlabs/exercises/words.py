"""What a learner is told, as lines."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from textwrap import wrap

from nnlabs.console import line_width, shell_line
from nnlabs.exercises.catalog import NAMES, find
from nnlabs.exercises.checking import Finding, Report
from nnlabs.exercises.exercise import Exercise
from nnlabs.exercises.writing import Verdict

_COLORS = {"passed": "32", "wrong": "31", "raised": "31", "stopped": "31", "not begun": "33", "partly written": "33"}


def pasted(path: Path) -> str:
    """A path as it can be pasted into a shell: quoted where it has blanks in it; with `/` on Windows, too.

    Args:
        path: of a file or folder.

    Example:
        >>> pasted(Path("my exercises/adam.py"))
        "'my exercises/adam.py'"
    """
    return shell_line([path.as_posix()])


def describe(report: Report, path: Path) -> list[str]:
    """A report as lines.

    Args:
        report: what was found.
        path: the learner's file.
    """
    exercise = find(report.exercise)
    lines = [colored(_headline(report, exercise, path), report.status)]
    if report.first is not None:
        lines += ["", *_describe_finding(report.first)]
    if report.printed.strip():
        lines += ["", "Your code printed:", *_beginning(report.printed)]
    if report.status == "passed":
        lines += ["", *wrap(exercise.why, line_width()), "", *_what_next(exercise)]
    elif report.status != "not begun":
        lines += ["", f"A hint: nnlabs exercise hint {exercise.name}"]
    return lines


def _headline(report: Report, exercise: Exercise, path: Path) -> str:
    name, total = report.exercise, len(exercise.checks)
    missing = " and ".join(report.unwritten)
    if report.status == "passed":
        return f"{name}: right. All {total} checks passed."
    if report.status == "not begun":
        return f"{name}: not begun. Write {missing} in {path}, in place of the line that raises NotImplementedError."
    if report.message:
        return f"{name}: {'your code raised an error: ' if report.status == 'raised' else ''}{report.message}"
    counted = f"{report.passed} of {total} checks pass"
    if report.first is None:
        return f"{name}: so far, so good: {counted}. Still to be written: {missing}."
    kind = "your code raised an error" if report.first.status == "raised" else "not right yet"
    return f"{name}: {kind}; {counted}{f', {missing} is still to be written' if missing else ''}."


def _describe_finding(finding: Finding) -> list[str]:
    problem = finding.problem
    assert problem is not None
    cause = f"That is what comes out when {problem.cause.strip()}. " if problem.cause else ""
    rows = {
        "input": problem.inputs,
        "expected": problem.expected,
        "got": problem.got,
        "where": finding.where,
        "allowed": problem.allowed,
        "think": cause + problem.think,
    }
    return [finding.check, *(line for key, text in rows.items() if text for line in _row(key, text))]


def _row(key: str, text: str) -> list[str]:
    first, *rest = wrap(text, line_width() - 12) or [""]
    return [f"  {key:<10}{first}", *(f"{'':<12}{line}" for line in rest)]


def _beginning(printed: str) -> list[str]:
    lines = printed.splitlines()
    more = ["  ..."] if len(lines) > 10 else []
    return [f"  {line[: line_width()]}" for line in lines[:10]] + more


def _what_next(exercise: Exercise) -> list[str]:
    after = NAMES[NAMES.index(exercise.name) + 1 :]
    following = [f"Next:             nnlabs exercise start {after[0]}"] if after else ["That was the last one."]
    return [f"The labs' code:   nnlabs exercise solution {exercise.name}", *following]


def describe_verdict(verdict: Verdict) -> list[str]:
    """What a learner's own check is worth, as lines."""
    if verdict.status != "judged" or not verdict.accepts:
        if "NotImplementedError" in verdict.message:
            return [f"{verdict.exercise}: your check is not begun."]
        printed = ["", "It printed:", *_beginning(verdict.printed)] if verdict.printed.strip() else []
        why = {"stopped": "was not tried to its end", "no check": "was not tried"}.get(
            verdict.status, "does not accept the labs' own code"
        )
        return [f"{verdict.exercise}: your check {why}: {verdict.message}", *printed]
    total = len(verdict.caught) + len(verdict.missed)
    if verdict.good:
        return [f"{verdict.exercise}: your check accepts the labs' own code and catches all {total} known mistakes."]
    lines = [
        f"{verdict.exercise}: your check accepts the labs' own code, and catches {len(verdict.caught)} of {total} known mistakes."
    ]
    return [*lines, "It lets through:", *(f"  {name}" for name in verdict.missed)]


def colored(text: str, status: str) -> str:
    """The text up to its first colon in a color, where the output is a terminal that wants any."""
    if not sys.stdout.isatty() or "NO_COLOR" in os.environ or sys.platform == "win32":
        return text
    name, colon, rest = text.partition(":")
    return f"\033[1;{_COLORS.get(status, '0')}m{name}{colon}\033[0m{rest}"
