"""The leaderboard: tuned competitors, with what a reader needs to believe their order or not.

The order is that of validation. So is the leader, the first row; the test split, which chose nobody, then compares all others
with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnlabs.arrays import Array
from nnlabs.files import write_text
from nnlabs.labkit.comparison import Verdict, compared_with, describe_margin, in_order, learned, list_verdicts, lost
from nnlabs.labkit.results import ResultTable
from nnlabs.labs.optimizers.figures.leaders import lead_together, who_lead
from nnlabs.records import write_csv
from nnlabs.stats.intervals import Interval, mean_interval
from nnlabs.sweeps.results import median_seconds
from nnlabs.sweeps.search import Range, Setting, at_edge
from nnlabs.tables import Column, markdown_table

Row = dict[str, Any]

_COLUMNS = (
    Column("optimizer", "optimizer"),
    Column("setting", "best setting"),
    Column("validation", "validation", ".1f", 100),
    Column("test", "test", ".1f", 100),
    Column("against", "to first"),
    Column("seconds", "seconds", ".0f"),
    Column("diverged", "diverged"),
)
_SIGNS = """\
in the order of validation; accuracies in %, ±: half the 95 % confidence interval over seeds
to first: test accuracy minus that of the first row, in points; *: told apart, all at once at 95 %
↑↓: at an end of its range or of the learning rates tried
seconds: the median over seeds; diverged: of all trials"""
_ENDS = {"low": "↓", "high": "↑"}
_SHORT = {"weight_decay": "decay"}
_LR = "train.lr"
NO_SETTING = "–"
"""Stands where nothing was tuned."""


@dataclass(frozen=True)
class Competitor:
    """What was found out about one competitor.

    Attributes:
        trials: validation score of every trial, shape (trials,); nan: diverged.
        lrs: learning rate of every trial, likewise; empty where it was not tuned.
        ranges: the space that the trials were drawn from.
        setting: the best trial's values; empty where every trial diverged.
        validation: scores of that setting over fresh seeds, shape (seeds,); nan: diverged.
        test: likewise, on the test split.
        seconds: training time of each of these runs, shape (seeds,).
    """

    trials: Array
    lrs: Array
    ranges: Mapping[str, Range]
    setting: Setting
    validation: Array
    test: Array
    seconds: Array


def leaderboard_rows(competitors: Mapping[str, Competitor], bound: float) -> list[Row]:
    """The table, in the order of validation: means over the seeds, of which a diverged one counts as 0 %.

    Args:
        competitors: by name, all with the same seeds in the same order.
        bound: the validation accuracy of guessing, from `chance_bound`.

    Returns:
        One mapping a competitor: `optimizer`; `setting`, the best one in short, with ↑ or ↓ where it lies at the upper or
        lower end of what was searched; `validation` and `test`, as intervals; `verdict` on its test scores, held against
        the leader's (None for the leader); `against`, that verdict in short; `state`, of the seeds: `trained`, `did not
        learn` or `diverged` (with any of them); `seconds`, the median; `diverged`, of the trials; `at_edge`, as text, empty
        for none.
    """
    validation = {name: one.validation for name, one in competitors.items()}
    order = in_order(validation)
    test = {name: one.test for name, one in competitors.items()}
    verdicts: dict[str, Verdict | None] = {order[0]: None, **compared_with(order[0], test, validation, bound)}
    return [_row(name, competitors[name], verdicts[name], bound) for name in order]


def _row(name: str, found: Competitor, verdict: Verdict | None, bound: float) -> Row:
    edges = _edges(found)
    state = "diverged" if lost(found.validation) else "trained" if learned(found.validation, bound) else "did not learn"
    return {
        "optimizer": name,
        "setting": short_setting(found.setting, {key: end.removesuffix("est tried") for key, end in edges.items()}),
        "validation": mean_interval(found.validation),
        "test": mean_interval(found.test),
        "verdict": verdict,
        "against": _against(found, verdict, state),
        "state": state,
        "seconds": median_seconds(found.seconds),
        "diverged": f"{lost(found.trials)}/{len(found.trials)}",
        "at_edge": ", ".join(f"{_last(key)} {end}" for key, end in edges.items()),
    }


def _edges(found: Competitor) -> dict[str, str]:
    """Where the best setting lies at an end of its range (`low`, `high`) or of the rates tried (`lowest`, `highest tried`)."""
    edges = at_edge(found.setting, {key: found.ranges[key] for key in found.setting})
    lr = found.setting.get(_LR)
    if lr is None or _LR in edges or len(set(found.lrs)) < 2 or min(found.lrs) < lr < max(found.lrs):
        return edges
    return {_LR: "lowest tried" if lr <= min(found.lrs) else "highest tried", **edges}


def _against(found: Competitor, verdict: Verdict | None, state: str) -> str:
    """The verdict in 14 characters at most."""
    if state != "trained":
        return state if state == "did not learn" else f"{lost(found.validation)}/{len(found.validation)} diverged"
    if verdict is None:
        return "first"
    if not np.isfinite(verdict.difference.mean):
        return "–"
    margin = f" ± {100 * verdict.margin:.1f}" if np.isfinite(verdict.margin) else ""
    return f"{100 * verdict.difference.mean:+z.1f}{margin}{'' if verdict.word == 'not told apart' else ' *'}"


def short_setting(setting: Setting, edges: Mapping[str, str]) -> str:
    """A setting in a few characters.

    Args:
        setting: numbers by dotted name.
        edges: which of them lie at an end, `low` or `high`.

    Example:
        >>> short_setting({"train.lr": 0.003162, "train.weight_decay": 0.5}, {"train.lr": "high"})
        'lr 0.0032↑, decay 0.5'
    """
    parts = [
        f"{_SHORT.get(_last(key), _last(key))} {value:.2g}{_ENDS.get(edges.get(key, ''), '')}"
        for key, value in setting.items()
    ]
    return ", ".join(parts) or NO_SETTING


def _last(key: str) -> str:
    return key.rpartition(".")[2]


def leaderboard_table(rows: Sequence[Row], data_line: str) -> ResultTable:
    """The table for the console, up to 100 columns wide, and for the report.

    Args:
        rows: what `leaderboard_rows` gave.
        data_line: from `style.describe_data`.
    """
    return ResultTable(f"{data_line}\n{_SIGNS}", rows, _COLUMNS)


def leaderboard_findings(rows: Sequence[Row], bound: float) -> list[str]:
    """What the table says and what it cannot say, in sentences.

    Args:
        rows: what `leaderboard_rows` gave.
        bound: as there.
    """
    first = rows[0]
    if not first["validation"].mean > bound:
        return [
            f"No optimizer did better than guessing on validation ({100 * bound:.1f} % at most): nothing to compare."
        ]
    if len(rows) == 1:
        return [f"{first['optimizer']} gets {100 * first['test'].mean:.1f} % on test.", *_says_edges(rows)]
    leading = lead_together(rows)
    who = "it" if len(leading) == 1 else f"{first['optimizer']}, with which the others are compared,"
    return [
        f"{who_lead(leading)} on validation, with {100 * first['validation'].mean:.1f} % as the mean over seeds; on test, "
        f"which chose nobody, {who} gets {100 * first['test'].mean:.1f} %.",
        *_says_verdicts(first, {row["optimizer"]: row["verdict"] for row in rows[1:]}),
        *_says_edges(rows),
    ]


def _says_verdicts(first: Row, verdicts: Mapping[str, Verdict]) -> list[str]:
    """Who differs from the leader, from which difference on that shows, and the largest that does not."""
    if first["state"] == "diverged":
        return [f"It diverged with a seed ({first['against']}), so that nobody is compared with it."]
    listed = f"Against {first['optimizer']}, on test: {list_verdicts(verdicts)}."
    if first["test"].n < 2:
        return [listed, "One seed tells nothing of what chance does."]
    tied = {name: one for name, one in verdicts.items() if one.word == "not told apart" and np.isfinite(one.margin)}
    if not tied:
        return [listed, describe_margin(verdicts)]
    widest = max(tied, key=lambda name: abs(float(tied[name].difference.mean)))
    difference = f"{100 * tied[widest].difference.mean:+z.2f} ± {100 * tied[widest].margin:.2f} points"
    return [listed, f"{describe_margin(verdicts)} The largest not told apart is that of {widest}, {difference}."]


def _says_edges(rows: Sequence[Row]) -> list[str]:
    edges = [f"{row['optimizer']} ({row['at_edge']})" for row in rows if row["at_edge"] and row["state"] == "trained"]
    if not edges:
        return []
    return [f"Best at an end of its range or of the rates tried, so perhaps better beyond it: {', '.join(edges)}."]


def write_leaderboard(folder: Path, name: str, rows: Sequence[Row]) -> None:
    """Write `NAME.csv`, the numbers with both ends of each interval, and `NAME.md`, the table; without times, which vary.

    Args:
        folder: the lab's folder.
        name: the files' name.
        rows: what `leaderboard_rows` gave.
    """
    columns = [column for column in _COLUMNS if column.key != "seconds"]
    write_csv(folder / f"{name}.csv", [_plain(row) for row in rows])
    write_text(folder / f"{name}.md", markdown_table(rows, columns) + "\n")


def _plain(row: Row) -> Row:
    """A row without times and what is there for reading only, and with three numbers for each interval."""
    plain: Row = {}
    for key, value in {**row, **_difference(row)}.items():
        if isinstance(value, Interval):
            plain |= {key: float(value.mean), f"{key}_low": float(value.low), f"{key}_high": float(value.high)}
        elif key not in ("against", "seconds"):
            plain[key] = value
    return plain


def _difference(row: Row) -> Row:
    """The verdict as a word, and the difference to the first row on test."""
    nan = np.float64(np.nan)
    verdict = row["verdict"] or Verdict("first", Interval(nan, nan, nan, np.int64(0)))
    return {"verdict": verdict.word, "test_minus_first": verdict.difference}


def leaderboard_metrics(rows: Sequence[Row]) -> dict[str, Row]:
    """Each competitor's row by its name, for `result.json`; the difference to the first as text, since another may be first.

    Args:
        rows: what `leaderboard_rows` gave.
    """
    keys = ("setting", "validation", "test", "against", "seconds", "diverged", "at_edge")
    return {row["optimizer"]: {key: row[key] for key in keys} for row in rows}
