"""The league table: tuned competitors in order, with what a reader needs to believe the order or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlabs.files import write_text
from nnlabs.labkit.results import Table
from nnlabs.records import write_csv
from nnlabs.stats.intervals import Interval, mean_interval
from nnlabs.stats.ranking import Standing, needed_difference, rank
from nnlabs.sweeps.search import Range, Setting, at_edge
from nnlabs.tables import Column, markdown_table

Array = NDArray[np.float64]
Row = dict[str, Any]

_COLUMNS = (
    Column("place", "rank"),
    Column("optimizer", "optimizer"),
    Column("setting", "best setting"),
    Column("validation", "validation (%)", ".1f", 100),
    Column("test", "test (%)", ".1f", 100),
    Column("seconds", "seconds", ".0f"),
    Column("diverged", "diverged"),
)
_SIGNS = """\
rank: 1 + how many are significantly better, = where it is shared; ↑↓: at an end of its range
diverged: of all trials; ±: half the 95 % confidence interval over seeds"""
_ENDS = {"low": "↓", "high": "↑"}
_SHORT = {"weight_decay": "decay"}


@dataclass(frozen=True)
class Competitor:
    """What was found out about one competitor.

    Attributes:
        trials: validation score of every trial, shape (trials,); nan: diverged.
        ranges: the space that the trials were drawn from.
        setting: the best trial's values; empty where every trial diverged.
        validation: scores of that setting over fresh seeds, shape (seeds,); nan: diverged.
        test: likewise, on the test split.
        seconds: training time of each of these runs, shape (seeds,).
    """

    trials: Array
    ranges: Mapping[str, Range]
    setting: Setting
    validation: Array
    test: Array
    seconds: Array


def leaderboard_rows(competitors: Mapping[str, Competitor]) -> list[Row]:
    """The table, best first, ranked by the test scores of the seeds.

    Args:
        competitors: by name, all with the same seeds in the same order.

    Returns:
        One mapping a competitor: `rank`; `place`, the rank with "=" where it is shared; `optimizer`; `setting`, the best
        one in short, with ↑ or ↓ where it lies at the upper or lower end of its range; `validation` and `test`, as
        intervals; `seconds`, the mean; `diverged`, of the trials and, if any, of the seeds; `at_edge` and `tied_with`, as
        texts, empty for none.
    """
    standings = rank({name: one.test for name, one in competitors.items()})
    ranks = [standing.rank for standing in standings]
    return [_row(one, competitors[one.name], shared=ranks.count(one.rank) > 1) for one in standings]


def _row(standing: Standing, found: Competitor, shared: bool) -> Row:
    edges = at_edge(found.setting, {key: found.ranges[key] for key in found.setting})
    return {
        "rank": standing.rank,
        "place": f"{standing.rank}{'=' if shared else ''}",
        "optimizer": standing.name,
        "setting": short_setting(found.setting, edges),
        "validation": mean_interval(found.validation),
        "test": standing.score,
        "seconds": float(np.mean(found.seconds)) if len(found.seconds) else np.nan,
        "diverged": _diverged(found),
        "at_edge": ", ".join(f"{_last(key)} {end}" for key, end in edges.items()),
        "tied_with": ", ".join(standing.tied_with),
    }


def short_setting(setting: Setting, edges: Mapping[str, str]) -> str:
    """A setting in a few characters.

    Args:
        setting: numbers by dotted name.
        edges: what `at_edge` said of them.

    Example:
        >>> short_setting({"train.lr": 0.003162, "train.weight_decay": 0.5}, {"train.lr": "high"})
        'lr 0.0032↑, decay 0.5'
    """
    parts = [
        f"{_SHORT.get(_last(key), _last(key))} {value:.2g}{_ENDS.get(edges.get(key, ''), '')}"
        for key, value in setting.items()
    ]
    return ", ".join(parts) or "–"


def _last(key: str) -> str:
    return key.rpartition(".")[2]


def _diverged(found: Competitor) -> str:
    trials, seeds = (int((~np.isfinite(scores)).sum()) for scores in (found.trials, found.test))
    return f"{trials}/{len(found.trials)}" + (f", seeds {seeds}/{len(found.test)}" if seeds else "")


def leaderboard_table(rows: Sequence[Row], data_line: str) -> Table:
    """The table for the console, up to 100 columns wide, and for the report.

    Args:
        rows: what `leaderboard_rows` gave.
        data_line: from `style.describe_data`.
    """
    return Table(f"{data_line}\n{_SIGNS}", rows, _COLUMNS)


def leaderboard_findings(rows: Sequence[Row]) -> list[str]:
    """What the table says and what it cannot say, in sentences.

    Args:
        rows: what `leaderboard_rows` gave.
    """
    if len(rows) == 1:
        return [f"{rows[0]['optimizer']} gets {100 * rows[0]['test'].mean:.1f} % on test.", *_says_edges(rows)]
    seeds, pairs = max(int(row["test"].n) for row in rows), len(rows) * (len(rows) - 1) // 2
    if seeds < 2:
        return [*_says_edges(rows), "No two seeds ended, and from fewer nothing can be told apart."]
    first, others = rows[0]["optimizer"], rows[0]["tied_with"]
    verdict = f"is not told apart from {others}" if others else "is better than every other"
    return [
        f"{first} leads and {verdict} (paired t tests over {seeds} seeds, Holm's correction for {pairs} pairs, p ≤ 0.05).",
        f"To show at all, a difference must be {needed_difference(seeds, pairs):.1f} times its standard deviation over seeds.",
        *_says_edges(rows),
    ]


def _says_edges(rows: Sequence[Row]) -> list[str]:
    edges = [f"{row['optimizer']} ({row['at_edge']})" for row in rows if row["at_edge"]]
    return [f"Best at an end of the range, so perhaps better beyond it: {', '.join(edges)}."] if edges else []


def write_leaderboard(folder: Path, name: str, rows: Sequence[Row]) -> None:
    """Write `NAME.csv`, the numbers with both ends of each interval, and `NAME.md`, the table; without times, which vary.

    Args:
        folder: the lab's folder.
        name: the files' name.
        rows: what `leaderboard_rows` gave.
    """
    columns = (*(column for column in _COLUMNS if column.key != "seconds"), Column("tied_with", "tied with"))
    write_csv(folder / f"{name}.csv", [_plain(row) for row in rows])
    write_text(folder / f"{name}.md", markdown_table(rows, columns) + "\n")


def _plain(row: Row) -> Row:
    """A row without times and what is there for reading only, and with three numbers for each interval."""
    plain: Row = {"optimizer": row["optimizer"]}
    for key, value in row.items():
        if isinstance(value, Interval):
            plain |= {key: float(value.mean), f"{key}_low": float(value.low), f"{key}_high": float(value.high)}
        elif key not in ("place", "seconds"):
            plain[key] = value
    return plain


def leaderboard_metrics(rows: Sequence[Row]) -> dict[str, Row]:
    """Each competitor's row without what is there for reading only, by its name, for `result.json`.

    Args:
        rows: what `leaderboard_rows` gave.
    """
    return {
        row["optimizer"]: {key: value for key, value in row.items() if key not in ("place", "optimizer")}
        for row in rows
    }
