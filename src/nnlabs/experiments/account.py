"""What a lab says at its end: one table of all networks, and the same numbers for `result.json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnlabs.experiments.aggregate import Seeds, final, gap, tested
from nnlabs.experiments.bench import Bench
from nnlabs.experiments.lab import close_lab
from nnlabs.experiments.statistics import Interval, mean_interval, paired_difference
from nnlabs.plotting.tables import Column, format_table

COLUMNS = (
    Column("network", "network"),
    Column("parameters", "parameters"),
    Column("train", "train (%)", ".1f", 100),
    Column("validation", "validation (%)", ".1f", 100),
    Column("gap", "gap (points)", ".1f", 100),
    Column("test", "test (%)", ".1f", 100),
)


def give_account(
    bench: Bench, groups: Mapping[str, Seeds], sentences: Sequence[str], choices: Mapping[str, Any]
) -> None:
    """Print a table of all networks and what it says, and write both to the lab's `result.json`.

    Args:
        bench: the lab's bench.
        groups: runs whose test split has been read, by the name shown; one run a seed.
        sentences: what the numbers say.
        choices: what was chosen on validation, by name.
    """
    rows = {name: row(runs) for name, runs in groups.items()}
    print(f"\n{bench.data_line()}; accuracies: mean ± half the 95 % confidence interval over seeds\n")
    print(format_table([{"network": name, **cells} for name, cells in rows.items()], COLUMNS))
    print("", *sentences, f"\nFigures and numbers: {bench.folder}", sep="\n")
    facts = {
        "data": bench.splits.title,
        "stand_in_for": bench.splits.stand_in_for,
        "train_images": len(bench.splits.train),
        "seeds": bench.config.seeds,
        "networks": {name: {key: _plain(value) for key, value in cells.items()} for name, cells in rows.items()},
        "choices": choices,
        "says": sentences,
    }
    close_lab(bench.folder, facts)


def row(runs: Seeds) -> dict[str, Any]:
    """What the table shows of some runs that differ in their seed.

    Args:
        runs: runs whose test split has been read.
    """
    return {
        "parameters": runs[0].result["parameters"],
        "train": mean_interval(final(runs, "train_accuracy")),
        "validation": mean_interval(final(runs, "validation_accuracy")),
        "gap": mean_interval(gap(runs)),
        "test": mean_interval(tested(runs, "accuracy")),
    }


def _plain(value: Any) -> Any:
    """An interval as plain numbers, anything else as it is."""
    return {key: float(number) for key, number in vars(value).items()} if isinstance(value, Interval) else value


def best_on_validation(groups: Mapping[str, Seeds]) -> str:
    """The name of the group with the highest mean validation accuracy; one whose runs all diverged comes last.

    Args:
        groups: finished runs by name.
    """
    means = {name: mean_interval(final(runs, "validation_accuracy")).mean for name, runs in groups.items()}
    return max(means, key=lambda name: np.nan_to_num(means[name], nan=-np.inf))


def compared_with(reference: str, groups: Mapping[str, Seeds]) -> dict[str, list[str]]:
    """Which groups did better or worse than one of them on validation, as far as their seeds can tell.

    Args:
        reference: name of the group to compare with.
        groups: finished runs by name, all with the same seeds.

    Returns:
        Names under `better`, `worse` and `not told apart`, by the 95 % interval of the paired differences.
    """
    said: dict[str, list[str]] = {"better": [], "worse": [], "not told apart": []}
    plain = final(groups[reference], "validation_accuracy")
    for name, runs in groups.items():
        if name != reference:
            difference = paired_difference(final(runs, "validation_accuracy"), plain)
            verdict = "better" if difference.low > 0 else "worse" if difference.high < 0 else "not told apart"
            said[verdict].append(name)
    return said
