"""What the folders of a lab tell about its searches: winners at an edge, and test splits that were read for trials.

Nothing here trusts an account: the runs themselves say what was tried and what became of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from nnlabs.commands.doctor.diagnosis import Diagnosis
from nnlabs.commands.options import command_line
from nnlabs.config.yaml_text import read_yaml
from nnlabs.records import flatten
from nnlabs.runs.lookup import CONFIG, is_run, read_facts
from nnlabs.stats.intervals import guessing_bound

Settings = Mapping[str, Any]

# What one tunes for a given network on given data; 0 switches most of them off, so that nothing lies beyond it.
TUNED = (
    "train.lr",
    "train.weight_decay",
    "train.l1",
    "train.max_norm",
    "train.clip_norm",
    "train.label_smoothing",
    "train.momentum",
    "train.batch_size",
    "model.dropout",
)
# More steps an epoch are better for as many epochs, so that a small batch wins whatever its range.
NO_EDGE = ("train.batch_size",)
# Fewer values than this make a comparison (with, without), not a search.
SEARCH = 3
# A larger share of runs that learned nothing is an illness of the lab.
LOST = 0.25


@dataclass(frozen=True)
class Trial:
    """A finished run, as a point of a search.

    Args:
        folder: where it lies.
        settings: all its settings by dotted name.
        score: validation accuracy; -1 where it diverged.
        tested: whether its test split has been read.
        guessing: the accuracy that naming the commonest class always would not pass by chance: three standard errors above its
            share; nan where the run does not say.
    """

    folder: Path
    settings: Settings
    score: float
    tested: bool
    guessing: float = math.nan

    @property
    def learned_nothing(self) -> bool:
        """Whether it diverged, failed, or cannot be told from guessing."""
        return self.score < 0 or self.score <= self.guessing


@dataclass(frozen=True)
class Edge:
    """A search whose best value is an outermost one.

    Args:
        setting: dotted name.
        values: what was tried, rising.
        best: the winner.
    """

    setting: str
    values: tuple[float, ...]
    best: Trial


def read_trials(lab_folder: Path) -> list[Trial]:
    """All finished runs of a lab.

    Args:
        lab_folder: `results/LAB`.

    Raises:
        UserError: where a file is damaged.
    """
    folders = sorted(path.parent for path in lab_folder.glob(f"*/{CONFIG}"))
    return [_read_trial(folder) for folder in folders if (folder / "result.json").is_file() and is_run(folder)]


def _read_trial(folder: Path) -> Trial:
    facts = read_facts(folder / "result.json")
    score = facts.get("validation_accuracy")
    if facts.get("status") in ("diverged", "failed") or score is None:
        score = -1.0
    settings = dict(flatten(read_yaml(folder / CONFIG)))
    return Trial(folder, settings, score, (folder / "test.json").is_file(), _guessing(facts))


def _guessing(facts: Mapping[str, Any]) -> float:
    chance, n = facts.get("chance"), facts.get("validation_examples")
    return guessing_bound(chance, n) if chance and n else math.nan


def find_edges(trials: Sequence[Trial]) -> list[Edge]:
    """Searches that were won at an edge. 0 is no edge, nor is a value that another one within the range equals.

    Args:
        trials: finished runs of a lab.
    """
    return [row for row in find_searches(trials) if _at_edge(row)]


def find_searches(trials: Sequence[Trial]) -> list[Edge]:
    """Searches with their winners, wherever these lie.

    A search is three or more runs that differ in one tuned setting and in nothing else. Of the rows of a grid only the one that
    holds the best run counts.

    Args:
        trials: finished runs of a lab.
    """
    rows: dict[tuple[str, str], list[Edge]] = {}
    for key in TUNED:
        if key in NO_EDGE:
            continue
        for line in _alike(trials, (key,)).values():
            row = _row(key, line)
            if row is not None:
                rows.setdefault((key, _rest(row.best, TUNED)), []).append(row)
    return [max(grid, key=lambda row: row.best.score) for grid in rows.values()]


def _rest(trial: Trial, without: Sequence[str]) -> str:
    """All other settings, as a text that is the same for runs that agree in them."""
    return repr(sorted((name, value) for name, value in trial.settings.items() if name not in without))


def _alike(trials: Sequence[Trial], without: Sequence[str]) -> dict[str, list[Trial]]:
    """Runs that differ in nothing but some settings, by what they have in common."""
    groups: dict[str, list[Trial]] = {}
    for trial in trials:
        groups.setdefault(_rest(trial, without), []).append(trial)
    return groups


def _row(key: str, line: Sequence[Trial]) -> Edge | None:
    """Runs along one setting in rising order; None where they are too few to be a search."""
    by_value = {trial.settings[key]: trial for trial in line if isinstance(trial.settings.get(key), int | float)}
    if len(by_value) < SEARCH:
        return None
    values = sorted(by_value)
    inside_first = sorted(values, key=lambda value: value in (values[0], values[-1]))
    best = max(inside_first, key=lambda value: by_value[value].score)
    return Edge(key, tuple(values), by_value[best])


def _at_edge(row: Edge) -> bool:
    value = float(row.best.settings[row.setting])
    return value == row.values[-1] or (value == row.values[0] and value > 0)


def find_tested(trials: Sequence[Trial]) -> tuple[Trial, ...]:
    """The trials of a search whose test split was read: the more of them, the more the test split may have decided.

    They are three or more runs of which each two differ in the very same tuned settings and in nothing else: points of one
    grid row, or of one random search. Variants of a network that are compared, each changed in another way (dropout here, L2
    there), are no such runs, nor are a winner's repetitions, which differ in their seed.

    Args:
        trials: finished runs of a lab.

    Returns:
        The trials of one such search; none where there is none.
    """
    for group in _alike([trial for trial in trials if trial.tested], TUNED).values():
        for first, second in combinations(group, 2):
            keys = _difference(first, second)
            search = [first]
            for trial in group:
                if all(_difference(trial, other) == keys for other in search):
                    search.append(trial)
            if len(search) >= SEARCH:
                return tuple(search)
    return ()


def _difference(a: Trial, b: Trial) -> frozenset[str]:
    return frozenset(name for name in TUNED if a.settings.get(name) != b.settings.get(name))


def best_at_edge(trials: Sequence[Trial], own: Trial | None) -> list[Diagnosis]:
    """Searches won by an outermost value: by definition, no threshold.

    Args:
        trials: finished runs of a lab.
        own: count only what this one won; None: all.
    """
    return [
        Diagnosis(
            "Best value at the edge",
            f"of {len(edge.values)} values of {edge.setting}, from {edge.values[0]:g} to {edge.values[-1]:g}, the outermost one, "
            f"{edge.best.settings[edge.setting]:g}, is best on validation ({100 * edge.best.score:.1f} %, "
            f"{edge.best.settings['train.optimizer']}, run {edge.best.folder.name}): the best may lie beyond.",
            "lab 3, acts 2 and 5, figures 2_strengths and 5_search",
            f"with {edge.best.settings['train.optimizer']}, values of {edge.setting} beyond {edge.best.settings[edge.setting]:g}.",
        )
        for edge in find_edges(trials)
        if own is None or edge.best == own
    ]


def selected_on_test(trials: Sequence[Trial], own: Trial | None) -> list[Diagnosis]:
    """The test split was read for three trials of one search: see `find_tested`.

    Args:
        trials: finished runs of a lab.
        own: count only a search that this one belongs to; None: all.
    """
    tested = find_tested(trials)
    if not tested or (own is not None and own not in tested):
        return []
    keys = " and ".join(sorted(_difference(*tested[:2])))
    return [
        Diagnosis(
            "Test split used for selection",
            f"the test split was read for {len(tested)} runs that differ in {keys} alone ({_names(tested)}). If you choose among "
            "them by what it said, its accuracy no longer tells how the network does on new images.",
            "lab 3, acts 5 and 6: choose on validation, read test once",
            "choose by validation accuracy, and read the test split for the chosen run alone.",
        )
    ]


def _names(trials: Sequence[Trial]) -> str:
    shown = ", ".join(trial.folder.name for trial in trials[:SEARCH])
    return shown + (", ..." if len(trials) > SEARCH else "")


def learned_nothing(trials: Sequence[Trial]) -> list[Diagnosis]:
    """More than a quarter of a lab's runs diverged or cannot be told from guessing.

    Some of them are what one wants to see at the ends of a search over learning rates; a lab of which so many tell nothing is no
    good comparison.

    Args:
        trials: finished runs of a lab.
    """
    lost = [trial for trial in trials if trial.learned_nothing]
    if len(lost) <= LOST * len(trials):
        return []
    rates = sorted({float(trial.settings["train.lr"]) for trial in lost})
    said = f"{rates[0]:g}" if len(rates) == 1 else f"{rates[0]:g} to {rates[-1]:g}"
    return [
        Diagnosis(
            "Runs that learned nothing",
            f"{len(lost)} of {len(trials)} runs diverged or cannot be told from guessing ({_names(lost)}); their learning rates: "
            f"{said}.",
            "lab 4, act 3, figure 3_basins: how far a learning rate may be off",
            f"{command_line('nnlabs', 'doctor', lost[0].folder.name)} says why that one did not learn; the range test "
            "finds a rate: nnlabs run optimizers --lr_find",
        )
    ]


SEARCH_CHECKS = (best_at_edge, selected_on_test)


def diagnose_searches(trials: Sequence[Trial], own: Trial | None = None) -> list[Diagnosis]:
    """All that is wrong with a lab's searches.

    Args:
        trials: finished runs of a lab.
        own: ask only for what concerns this one; None: all.
    """
    return [diagnosis for check in SEARCH_CHECKS for diagnosis in check(trials, own)]
