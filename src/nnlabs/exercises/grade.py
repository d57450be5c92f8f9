"""`nnlabs exercise grade`: a folder of submissions, and which mistakes a class made how often."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnlabs.errors import ConfigError, RunError
from nnlabs.exercises.catalog import NAMES, find
from nnlabs.exercises.checking import Report
from nnlabs.exercises.process import check_file, exercise_of
from nnlabs.files import empty_handed, encodable, find_below, write_text
from nnlabs.records import csv_text

DAY_S = 24 * 60 * 60


@dataclass(frozen=True)
class Submission:
    """One file, and what was found in it.

    Attributes:
        learner: name of the sub-folder; "" for a file that lies in none.
        path: the file.
        report: what was found.
    """

    learner: str
    path: Path
    report: Report

    def row(self) -> dict[str, Any]:
        """One line of the table."""
        report = self.report
        return {
            "learner": self.learner,
            "exercise": report.exercise,
            "status": report.status,
            "checks_passed": report.passed,
            "checks": len(find(report.exercise).checks),
            "mistake": report.mistake.strip(),
            "message": report.message,
            "file": str(self.path),
        }


def grade_command(given: argparse.Namespace) -> None:
    """Check all submissions, and print what was found in the form that was asked for.

    Args:
        given: `what` is the folder; `json`, `csv`, `mistakes`, `page` and `seconds` are read.

    Raises:
        ConfigError: for less than a second.
        RunError: where there is no such folder, or no submission in it.
    """
    if given.seconds is not None and not 1 <= given.seconds <= DAY_S:
        raise ConfigError(f"nnlabs exercise grade: --seconds goes from 1 to {DAY_S}, and is {given.seconds}")
    folder = Path(given.what)
    if not folder.is_dir():
        raise RunError(f"there is no folder {folder}")
    submissions = grade(folder, given.seconds)
    for name in empty_handed(folder, (one.path for one in submissions)):
        print(f"notice: {name} has handed in nothing that can be graded", file=sys.stderr)
    if not submissions:
        raise RunError(
            f"{folder} holds no submission: files are named as exercises, such as {NAMES[0]}.py, "
            "or begin with the line that `nnlabs exercise start` writes"
        )
    rows, counted = [one.row() for one in submissions], count_mistakes(submissions)
    if given.json:
        print(json.dumps({"submissions": rows, "mistakes": counted}, indent=1, ensure_ascii=False))
    elif given.csv:
        print(csv_text(rows), end="")
    elif given.mistakes:
        print(csv_text(counted or {"exercise": [], "mistake": [], "submissions": []}), end="")
    else:
        print("\n".join(describe_class(submissions, counted)))
    if given.page:
        write_text(given.page, encodable(page(rows, counted)))


def grade(folder: Path, seconds: int | None = None) -> list[Submission]:
    """Check every file below a folder whose name or first line names an exercise; a notice names each other file or folder.

    Args:
        folder: one sub-folder a learner; files that lie in it directly belong to nobody.
        seconds: of processor time for each; default: as `check_file` has it.
    """
    files = find_below(folder, ".py", ".py.txt", ".ipynb")
    exercises = {path: name for path in files if (name := _exercise_or_notice(path))}

    def check(path: Path) -> Submission:
        inside = path.relative_to(folder).parts
        try:
            report = check_file(find(exercises[path]), path, seconds)
        except RunError as error:  # one file that cannot be read must not cost the class its grades
            report = Report(exercises[path], "raised", message=str(error))
        return Submission(inside[0] if len(inside) > 1 else "", path, report)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(check, exercises))


def _exercise_or_notice(path: Path) -> str | None:
    """The exercise that a file was handed in for; None, and a notice on stderr, for what is no submission."""
    why = "neither its name nor its first line says which exercise it is"
    try:
        if path.suffix.lower() == ".ipynb":
            why = "a notebook is not graded; its function belongs into the exercise's file"
        elif path.stem.startswith(("bug_", "check_")):
            why = "bug hunts and checks that learners wrote are not graded"
        elif name := exercise_of(path):
            return name
    except RunError as error:
        why = str(error)
    print(f"notice: {path} is left out: {why}", file=sys.stderr)
    return None


def count_mistakes(submissions: Iterable[Submission]) -> list[dict[str, Any]]:
    """How many submissions have each mistake, the most frequent first; a submission counts with its first one.

    Args:
        submissions: all of them.
    """
    made = Counter((one.report.exercise, one.report.mistake.strip()) for one in submissions if one.report.mistake)
    return [
        {"exercise": exercise, "mistake": mistake, "submissions": count}
        for (exercise, mistake), count in made.most_common()
    ]


def describe_class(submissions: list[Submission], counted: list[dict[str, Any]]) -> list[str]:
    """Learner by learner, then the mistakes of all, as lines."""
    lines: list[str] = []
    for learner in dict.fromkeys(one.learner for one in submissions):
        own = [one for one in submissions if one.learner == learner]
        passed = sum(one.report.status == "passed" for one in own)
        lines += [f"{learner or '(in no folder)'}: {passed} of {len(own)} passed"]
        lines += [f"  {one.report.exercise:<22} {_result(one.report)}" for one in own]
    if counted:
        lines += ["", "Mistakes, by the number of submissions that have them first:"]
        lines += [f"  {row['submissions']:>3}  {row['exercise']}: {row['mistake']}" for row in counted]
    return lines


def _result(report: Report) -> str:
    detail = report.mistake.strip() or report.message
    return f"{report.status}: {detail}" if detail else report.status


_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Exercises of a class</title>
<style>
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}
table{border-collapse:collapse;width:100%;margin:1rem 0 2rem}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}
td.number{text-align:right}.passed{color:#00664d}.other{color:#8f3f00}
</style>
<h1>Exercises of a class</h1>
<p>{{ passed }} of {{ rows|length }} submissions pass.</p>
<h2>Mistakes</h2>
{% if counted %}<p>Each submission counts with the first mistake that was found in it.</p>
<table><tr><th>submissions</th><th>exercise</th><th>mistake</th></tr>
{% for row in counted %}<tr><td class="number">{{ row.submissions }}</td><td>{{ row.exercise }}</td><td>{{ row.mistake }}</td></tr>
{% endfor %}</table>{% else %}<p>None.</p>{% endif %}
<h2>Submissions</h2>
<table><tr><th>learner</th><th>exercise</th><th>result</th><th>checks</th><th>first mistake</th></tr>
{% for row in rows %}<tr><td>{{ row.learner }}</td><td>{{ row.exercise }}</td>
<td class="{{ 'passed' if row.status == 'passed' else 'other' }}">{{ row.status }}</td>
<td>{{ row.checks_passed }} of {{ row.checks }}</td><td>{{ row.mistake or row.message }}</td></tr>
{% endfor %}</table>
</html>
"""


def page(rows: list[dict[str, Any]], counted: list[dict[str, Any]]) -> str:
    """The class on one HTML page, without a request to anywhere."""
    from jinja2 import Environment

    template = Environment(autoescape=True).from_string(_PAGE)
    return template.render(rows=rows, counted=counted, passed=sum(row["status"] == "passed" for row in rows))
