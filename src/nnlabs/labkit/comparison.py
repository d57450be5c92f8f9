"""What a lab that trained networks says at its end: a table of all of them, the same numbers for `result.json`, comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnlabs.labkit.results import Act, LabResult, Table, close_lab
from nnlabs.labkit.study import Study
from nnlabs.stats.intervals import mean_interval, paired_difference
from nnlabs.sweeps.results import Seeds, all_runs, final, gap, parameters, tested
from nnlabs.tables import Column

COLUMNS = (
    Column("network", "network"),
    Column("parameters", "parameters"),
    Column("train", "train (%)", ".1f", 100),
    Column("validation", "validation (%)", ".1f", 100),
    Column("gap", "gap (points)", ".1f", 100),
    Column("test", "test (%)", ".1f", 100),
)


def close_study(study: Study, story: str, acts: Mapping[str, Act], next_steps: Sequence[tuple[str, str]]) -> None:
    """Close a lab that trained networks on images.

    Args:
        study: the lab's study.
        story: the lab's docstring.
        acts: what each act found, by its name.
        next_steps: what to try next: a sentence, and the command that does it.
    """
    from nnlabs.training.device import pick_device

    splits, config = study.splits, study.config
    result = LabResult(
        story,
        splits.title,
        len(splits.train),
        "training images",
        config.seeds,
        acts,
        next_steps,
        {splits.name: splits.checksum},
        splits.stand_in_for,
        pick_device(config.train.device).type,
        study.training_minutes(),
    )
    close_lab(study.folder, result)


def networks_act(study: Study, title: str, findings: Sequence[str], groups: Mapping[str, Seeds]) -> Act:
    """What is told of an act that compares networks: their weights, accuracies and gaps, as a table and as metrics.

    Args:
        study: the lab's study.
        title: a heading.
        findings: what the numbers say.
        groups: runs whose test split has been read, by the name shown; one run a seed.
    """
    rows = {name: row(its) for name, its in groups.items()}
    runs = next(iter(groups.values()))
    line = study.data_line(*(its[0].config.data.train_size for its in groups.values()), seeds=len(runs))
    caption = f"{line} · {study.judges}; accuracies: mean ± half the 95 % confidence interval over seeds"
    table = Table(caption, [{"network": name, **cells} for name, cells in rows.items()], COLUMNS)
    return Act(title, findings, rows, len(all_runs(groups)), [table])


def row(runs: Seeds) -> dict[str, Any]:
    """What the table shows of some runs that differ in their seed.

    Args:
        runs: runs whose test split has been read.
    """
    return {
        "parameters": parameters(runs),
        "train": mean_interval(final(runs, "train_accuracy")),
        "validation": mean_interval(final(runs, "validation_accuracy")),
        "gap": mean_interval(gap(runs)),
        "test": mean_interval(tested(runs, "accuracy")),
    }


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
