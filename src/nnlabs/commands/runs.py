"""The `nnlabs runs` command: all runs below the results' folder, as a list and as one table for pandas."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from textwrap import fill
from typing import Any

from nnlabs.commands.options import add_results
from nnlabs.config.describe import nearest
from nnlabs.config.yaml_text import read_yaml
from nnlabs.console import line_width
from nnlabs.errors import ConfigError, RunError, UserError
from nnlabs.files import encodable, write_text
from nnlabs.paths import results_root
from nnlabs.records import csv_text, flatten
from nnlabs.runs.fingerprint import describe_run
from nnlabs.runs.lookup import CONFIG, StoredRun, is_run, read_facts, read_run

DASH = "–"
HARD_SPACE = "\u00a0"

Row = Mapping[str, Any]


def runs_command(arguments: Sequence[str]) -> None:
    """Run `nnlabs runs ...`.

    Args:
        arguments: the command line after it.

    Raises:
        ConfigError: for a lab of which there are no results.
        RunError: where there are no runs at all, or the table cannot be written.
    """
    parser = argparse.ArgumentParser(
        prog="nnlabs runs",
        allow_abbrev=False,
        description="List all runs: what they are, how many of validation and test they get right, and when they were begun.",
    )
    parser.add_argument("labs", metavar="LAB", nargs="*", help="only these folders of results, as train; default: all")
    parser.add_argument(
        "--csv", action="store_true", help="write runs.csv too: one row a run, all settings and results"
    )
    add_results(parser)
    options = parser.parse_args(arguments)
    root = results_root(options.results)
    rows = list(read_rows(root, options.labs))
    if not rows:
        where = " or ".join(str(root / name) for name in options.labs) or str(root)
        raise RunError(f"there are no runs in {where}; nnlabs train makes one, labs 3 and 4 make many")
    by_lab = {name: [row for row in rows if row["lab"] == name] for name in dict.fromkeys(row["lab"] for row in rows)}
    print("\n\n".join(describe_lab(name, of_lab) for name, of_lab in by_lab.items()))
    if options.csv:
        columns = dict.fromkeys(name for row in rows for name in row)
        table = csv_text([{name: row.get(name) for name in columns} for row in rows])
        write_text(root / "runs.csv", encodable(table))
        print(f"\nOne row a run, all settings and results: {root / 'runs.csv'}")


def read_rows(root: Path, labs: Sequence[str]) -> Iterator[dict[str, Any]]:
    """What is known of each run, lab by lab, in the order in which they were begun.

    Args:
        root: folder of all results.
        labs: names of folders in it; none: all.

    Raises:
        ConfigError: for one that is not there.
    """
    known = sorted(path.name for path in root.glob("*/") if not path.name.startswith("."))
    for name in labs:
        if name not in known:
            raise ConfigError(
                f"nnlabs runs: {root} has no folder {name!r}; {nearest(name, known) if known else 'there are no results yet'}"
            )
    for lab in labs or known:
        folders = [path.parent for path in sorted((root / lab).glob(f"*/{CONFIG}"))]
        yield from sorted(filter(None, map(_row_or_notice, folders)), key=itemgetter("started"))


def _row_or_notice(folder: Path) -> dict[str, Any] | None:
    """A run's row; None for what is no run, and, with a notice, where another version made it or a file of it is damaged."""
    try:
        if not is_run(folder):
            return None
        return read_row(read_run(folder))
    except UserError as error:
        print(f"notice: {folder} is left out: {error}", file=sys.stderr)
        return None


def read_row(run: StoredRun) -> dict[str, Any]:
    """What is known of a run.

    Args:
        run: done or not.

    Returns:
        lab, name, about, state, started (ISO 8601, UTC), folder; each setting by its dotted name; the single numbers and words
        of `result.json`; those of `test.json`, with `test_` before them.
    """
    result = _single(run.result) if run.done else {"epochs": len(run.history.get("epoch", ()))}
    test = _single(read_facts(run.folder / "test.json"))
    return {
        "lab": run.lab_folder.name,
        "name": run.folder.name,
        "about": describe_run(run.config),
        "state": run.status,
        "started": _started(run),
        "folder": str(run.folder),
        **dict(flatten(read_yaml(run.folder / CONFIG))),
        **{name: value for name, value in result.items() if name != "status"},
        **{f"test_{name}": value for name, value in test.items()},
    }


def _single(facts: Row) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if not isinstance(value, list | dict)}


def _started(run: StoredRun) -> str:
    """When it was last begun; of a run that does not say so, when its settings were written."""
    noted = read_facts(run.folder / "environment.json").get("started")
    written = (run.folder / CONFIG).stat().st_mtime
    return str(noted or datetime.fromtimestamp(written, UTC).isoformat())


def describe_lab(name: str, rows: Sequence[Row]) -> str:
    """The runs of a lab as lines for the console.

    Args:
        name: of the folder.
        rows: from `read_row`.
    """
    complete = sum(row["state"] != "unfinished" for row in rows)
    judges = sorted({row["validation_examples"] for row in rows if row.get("validation_examples")})
    by = f"; judged by {_range(judges)} validation examples" if judges else ""
    head = f"{name}: {len(rows)} run{'s' * (len(rows) != 1)}, {complete} complete{by}"
    return "\n".join([head, *map(describe_row, rows)])


def _range(numbers: Sequence[int]) -> str:
    return f"{numbers[0]:,}" if len(numbers) == 1 else f"{numbers[0]:,} to {numbers[-1]:,}"


def describe_row(row: Row) -> str:
    """A run in two lines: its name, its state, its accuracies, when it was begun; and what it is.

    Args:
        row: from `read_row`.
    """
    state = row["state"]
    if state == "unfinished":
        state = f"{row['epochs']} of {row['train.epochs']} epochs"
    right = f"validation {_percent(row, 'validation_accuracy')}  test {_percent(row, 'test_accuracy')}"
    when = datetime.fromisoformat(row["started"]).astimezone()
    whole = re.sub(r"(?<![,:]) ", HARD_SPACE, row["about"])  # a setting and its value stay together
    about = fill(whole, line_width(), initial_indent="    ", subsequent_indent="      ", break_on_hyphens=False)
    return f"  {row['name']:<29} {state:<15} {right}  {when:%Y-%m-%d %H:%M}\n{about.replace(HARD_SPACE, ' ')}"


def _percent(row: Row, name: str) -> str:
    value = row.get(name)
    return f"{DASH:>7}" if value is None else f"{100 * value:5.1f} %"
