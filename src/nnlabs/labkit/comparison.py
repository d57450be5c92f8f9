"""What a lab that trained networks says at its end: a table of all of them, the same numbers for `result.json`, comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nnlabs.arrays import Array
from nnlabs.labkit.display import LabPage
from nnlabs.labkit.judges import best_guess
from nnlabs.labkit.lessons import Lesson
from nnlabs.labkit.results import Act, LabResult, ResultTable, close_lab
from nnlabs.labkit.study import Study
from nnlabs.stats.intervals import NOTHING, Interval, mean_interval
from nnlabs.stats.many_to_one import compare_with
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


def close_study(
    study: Study,
    story: str,
    acts: Mapping[str, Act],
    next_steps: Sequence[tuple[str, str]],
    lessons: Sequence[Lesson],
) -> LabPage:
    """Close a lab that trained networks.

    Args:
        study: the lab's study.
        story: the lab's docstring.
        acts: what each act found, by its name.
        next_steps: what to try next: a sentence, and the command that does it.
        lessons: what the lab is to show.
    """
    from nnlabs.training.device import pick_device

    splits, config = study.splits, study.config
    result = LabResult(
        story,
        splits.title,
        len(splits.train),
        f"training {splits.unit}",
        config.seeds,
        acts,
        next_steps,
        lessons,
        {splits.name: splits.checksum},
        splits.stand_in_for,
        chance_bound(study),
        pick_device(config.train.device).type,
        study.training_minutes(),
    )
    return close_lab(study.folder, result)


def networks_act(study: Study, title: str, findings: Sequence[str], groups: Mapping[str, Seeds]) -> Act:
    """What is told of an act that compares networks: their weights, accuracies and gaps, as a table and as metrics.

    Args:
        study: the lab's study.
        title: a heading.
        findings: what the numbers say.
        groups: runs whose test split has been read, by the name shown; one run a seed.
    """
    rows = network_rows(groups)
    runs = next(iter(groups.values()))
    line = study.data_line(*(group[0].config.data.train_size for group in groups.values()), seeds=len(runs))
    return Act(title, findings, rows, len(all_runs(groups)), [networks_table(study, rows, line)])


def network_rows(groups: Mapping[str, Seeds]) -> dict[str, dict[str, Any]]:
    """The numbers of some networks, by name.

    Args:
        groups: runs whose test split has been read, by the name shown; one run a seed.
    """
    return {name: row(runs) for name, runs in groups.items()}


def networks_table(study: Study, rows: Mapping[str, Mapping[str, Any]], line: str) -> ResultTable:
    """The same as a table, which says how many examples judge.

    Args:
        study: the lab's study.
        rows: from `network_rows`.
        line: which data, from `Study.data_line`.
    """
    caption = f"{line} · {study.judges}; accuracies: mean ± half the 95 % confidence interval over seeds"
    return ResultTable(caption, [{"network": name, **cells} for name, cells in rows.items()], COLUMNS)


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


def chance_bound(study: Study) -> float:
    """The validation accuracy that guessing stays below; networks that do not pass it are not ranked.

    Args:
        study: the lab's study.
    """
    return best_guess(study.splits.validation.y)


def learned(accuracies: ArrayLike, bound: float) -> bool:
    """Whether the mean over the seeds that ended is above guessing.

    Args:
        accuracies: on validation, shape (seeds,); nan: diverged.
        bound: from `chance_bound`.
    """
    return bool(mean_interval(accuracies).mean > bound)


def lost(accuracies: ArrayLike) -> int:
    """How many seeds did not end with a network.

    Args:
        accuracies: shape (seeds,); nan: diverged.
    """
    return int((~np.isfinite(np.asarray(accuracies))).sum())


def in_order(accuracies: Mapping[str, ArrayLike]) -> list[str]:
    """Names from the highest mean to the lowest; a diverged seed counts as 0 %, so that no lucky survivor wins.

    Args:
        accuracies: on validation, shape (seeds,) by name; nan: diverged.
    """
    means = {name: float(np.mean(np.nan_to_num(values, nan=0.0))) for name, values in accuracies.items()}
    return sorted(means, key=lambda name: -means[name])


def best_on_validation(groups: Mapping[str, Seeds]) -> str:
    """The name of the group with the highest mean validation accuracy; a diverged seed counts as 0 %.

    Args:
        groups: finished runs by name.
    """
    return in_order({name: final(runs, "validation_accuracy") for name, runs in groups.items()})[0]


@dataclass(frozen=True)
class Verdict:
    """How one group compares with the reference.

    Attributes:
        word: `better`, `worse`, `not told apart`, `did not learn`, `diverged`, or `not compared`, where the reference lost a seed.
        difference: to the reference, with an interval that holds for all comparisons together; nan where there is none.
    """

    word: str
    difference: Interval

    @property
    def margin(self) -> float:
        """Half the interval: how large the difference must be to be told apart."""
        return float(self.difference.high - self.difference.low) / 2


def compared_with(
    reference: str, scores: Mapping[str, Array], validation: Mapping[str, Array], bound: float
) -> dict[str, Verdict]:
    """How every group compares with one of them, as far as their seeds can tell, by `stats.many_to_one.compare_with`.

    Args:
        reference: name of the group to compare with, which these scores did not choose.
        scores: what is compared, shape (seeds,) by name, with the same seeds for all; nan: diverged.
        validation: validation accuracies, likewise: a group of which a seed diverged has the verdict `diverged`, one that
            is not above guessing `did not learn`; neither is compared.
        bound: from `chance_bound`.
    """
    words = {
        name: "diverged" if lost(values) else "" if learned(values, bound) else "did not learn"
        for name, values in validation.items()
    }
    differences = compare_with(
        reference, {name: scores[name] for name in scores if name == reference or not words[name]}
    )
    found = {name: differences.get(name, NOTHING) for name in scores if name != reference}
    return {name: Verdict(words[name] or _word(difference), difference) for name, difference in found.items()}


def _word(difference: Interval) -> str:
    if not np.isfinite(difference.mean):
        return "not compared"
    return "better" if difference.low > 0 else "worse" if difference.high < 0 else "not told apart"


def list_verdicts(verdicts: Mapping[str, Verdict]) -> str:
    """Who is better, worse, and so on, in words.

    Example:
        >>> list_verdicts({"L1": Verdict("worse", NOTHING), "dropout": Verdict("worse", NOTHING)})
        'worse: L1, dropout'
    """
    groups = {
        word: [name for name, one in verdicts.items() if one.word == word]
        for word in ("better", "worse", "not told apart", "not compared", "did not learn", "diverged")
    }
    notes = {"did not learn": " (not above guessing)", "diverged": " with a seed, so not compared"}
    return "; ".join(f"{word}{notes.get(word, '')}: {', '.join(names)}" for word, names in groups.items() if names)


def describe_margin(verdicts: Mapping[str, Verdict]) -> str:
    """How large a difference must be to be told from what other seeds would have changed, in a sentence.

    Args:
        verdicts: from `compared_with`.
    """
    margins = [100 * one.margin for one in verdicts.values() if np.isfinite(one.margin)]
    if not margins:
        return "The seeds leave no scatter to judge a difference by."
    # To tenths of a point, a difference of 0.39 that is told apart would not exceed its margin of 0.38.
    low, high = f"{min(margins):.2f}", f"{max(margins):.2f}"
    wide = f"{low} points" if low == high else f"{low} to {high} points, depending on how much they scatter"
    together = "" if len(margins) == 1 else f" for all {len(margins)} comparisons together"
    return f"To be told from what other seeds change, a difference must exceed {wide} (95 % intervals{together})."


def with_end(value: float, tried: Sequence[float]) -> str:
    """A value, and whether it is the lowest or the highest one tried, so that a better one may lie beyond it.

    Args:
        value: one of those tried.
        tried: all of them.
    """
    ends = {min(tried): " (the lowest tried)", max(tried): " (the highest tried)"} if len(set(tried)) > 1 else {}
    return f"{value:.3g}{ends.get(value, '')}"
