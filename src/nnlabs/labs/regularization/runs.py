"""The runs of lab 3, act by act: each function names them, none trains them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nnlabs.arrays import Array
from nnlabs.config.load import with_changes
from nnlabs.config.schema import RunConfig
from nnlabs.labkit.study import Study
from nnlabs.labs.regularization.settings import (
    PLAIN,
    TOGETHER,
    RegularizationConfig,
    SelectionConfig,
    SizeConfig,
    StrengthConfig,
    TopologyConfig,
)
from nnlabs.runs.run import Run
from nnlabs.sweeps.results import Seeds, final
from nnlabs.sweeps.search import Setting, folds, grid, random_search

Changes = Mapping[str, Any]
Groups = dict[str, list[Run]]
STRENGTHS = {
    "L2": ("train.weight_decay", "weight_decay", "lambda of weight decay", True),
    "L1": ("train.l1", "l1", "lambda of the L1 penalty", True),
    "dropout": ("model.dropout", "dropout", "dropout rate", False),
}
"""Act 2, by technique: the setting of a run, that of the lab, its name in figures, whether it is drawn on a log scale."""


def technique_runs(study: Study, config: RegularizationConfig) -> Groups:
    """Act 1: the network with each technique alone, and with some together; one run a seed."""
    return {name: study.variation(changes) for name, changes in _techniques(config).items()}


def noisy_runs(study: Study, config: RegularizationConfig) -> Groups:
    """Act 1, second half: the same on training labels of which a share is wrong; none where the settings leave it out."""
    noise = config.noise
    if not noise.label_noise:
        return {}
    common: dict[str, Any] = {"data.label_noise": noise.label_noise}
    common |= {"data.train_size": study.train_size(noise.train_size)} if noise.train_size else {}
    common |= {"train.epochs": noise.epochs} if noise.epochs else {}
    return {name: study.variation({**common, **changes}) for name, changes in _techniques(config).items()}


def _techniques(config: RegularizationConfig) -> dict[str, Changes]:
    return {**config.techniques, TOGETHER: config.together}


def strength_runs(study: Study, config: StrengthConfig) -> dict[tuple[str, float], list[Run]]:
    """Act 2: L2, L1 and dropout, from too weak to too strong, on few examples."""
    common = {"data.train_size": study.train_size(config.train_size), "train.epochs": config.epochs}
    return {
        (name, value): study.variation({setting: value, **common})
        for name, (setting, values, _, _) in STRENGTHS.items()
        for value in getattr(config, values)
    }


def by_value(groups: Mapping[tuple[str, float], Seeds], name: str, values: Sequence[float], quantity: str) -> Array:
    """A result of act 2 for each seed and value.

    Args:
        groups: the runs by technique and value, one a seed.
        name: of the technique.
        values: of its strength.
        quantity: such as `validation_loss`.

    Returns:
        Shape (seeds, values).
    """
    return np.stack([final(groups[name, value], quantity) for value in values], axis=1)


def training_sizes(study: Study, config: SizeConfig) -> list[int]:
    """Act 3: how many examples to learn from; sizes that the data do not have are left out."""
    available = len(study.splits.train)
    return [size for size in config.sizes if size <= available] or [available]


def size_runs(study: Study, config: RegularizationConfig) -> dict[tuple[str, int], list[Run]]:
    """Act 3: the plain and the regularized network on more and more examples, for about equally many steps."""
    batch_size, steps = study.base.train.batch_size, config.sizes.steps
    groups = {}
    for name, changes in ((PLAIN, {}), (TOGETHER, config.together)):
        for size in training_sizes(study, config.sizes):
            epochs = whole_epochs(size, batch_size, steps)
            few = {"data.train_size": study.train_size(size), "train.epochs": epochs}
            groups[name, size] = study.variation({**changes, **few})
    return groups


def whole_epochs(size: int, batch_size: int, steps: int) -> int:
    """Epochs that come nearest to a number of steps; one at least."""
    return max(1, round(steps / math.ceil(size / batch_size)))


def describe_steps(sizes: Sequence[int], batch_size: int, steps: int) -> str:
    """How many steps the networks of act 3 are trained for: about as many as they should, or from how many to how many."""
    taken = [whole_epochs(size, batch_size, steps) * math.ceil(size / batch_size) for size in sizes]
    about = all(abs(each - steps) <= 0.1 * steps for each in taken)
    least, most = min(taken), max(taken)
    if about:
        return f"about {steps:,} steps each"
    return f"{least:,} to {most:,} steps each" if least < most else f"{least:,} steps each"


def topology_runs(study: Study, config: TopologyConfig) -> Groups:
    """Act 4: networks of different structure, with similar numbers of weights on the lab's own data."""
    common = {"data.train_size": study.train_size(config.train_size), "train.epochs": config.epochs}
    return {name: study.variation({**common, **changes})[: config.seeds] for name, changes in config.models.items()}


def with_other_data(topologies: Mapping[str, Seeds]) -> list[str]:
    """Which networks of act 4 learn from more, augmented or shuffled examples, so that no credit is their structure's alone.

    Args:
        topologies: by name; the first one's data are those of the others.
    """
    data = {name: runs[0].config.data for name, runs in topologies.items()}
    return [name for name, its in data.items() if its != next(iter(data.values()))]


def selection_base(study: Study, config: SelectionConfig) -> RunConfig:
    """Act 5: the run whose settings are searched."""
    size = study.train_size(config.train_size, config.folds)
    return with_changes(study.base, {"data.train_size": size, "train.epochs": config.epochs}, "selection")


def search_settings(base: RunConfig, config: SelectionConfig) -> dict[str, list[Setting]]:
    """Act 5: what grid search tries, and as many settings drawn at random."""
    tried = grid(config.grid)
    return {"grid search": tried, "random search": random_search(config.ranges, len(tried), seed=base.train.seed)}


def search_runs(study: Study, base: RunConfig, settings: Mapping[str, list[Setting]]) -> Groups:
    """Act 5: one run for each setting tried."""
    return {
        name: [Run(with_changes(base, setting, "selection"), study.folder.parent) for setting in tried]
        for name, tried in settings.items()
    }


def choose_settings(settings: Mapping[str, list[Setting]], runs: Groups) -> dict[str, Setting]:
    """Act 5: what each search found best on validation; nothing of one of which every run diverged."""
    scores = {name: final(tried, "validation_accuracy") for name, tried in runs.items()}
    return {
        name: settings[name][int(np.nanargmax(score))] for name, score in scores.items() if np.isfinite(score).any()
    }


def fold_runs(study: Study, base: RunConfig, candidates: Mapping[str, Changes], count: int) -> Groups:
    """Act 5: each candidate trained on all but one of `count` parts, which take turns."""
    return {
        name: [Run(fold, study.folder.parent) for fold in folds(base, dict(setting), count)]
        for name, setting in candidates.items()
    }


def planned_runs(study: Study, config: RegularizationConfig) -> Iterator[Run]:
    """All runs there will be, to tell how long they take; while the searches' winners are not known, any setting will do."""
    base = selection_base(study, config.selection)
    settings = search_settings(base, config.selection)
    searched = search_runs(study, base, settings)
    known = all(run.done for runs in searched.values() for run in runs)
    winners = choose_settings(settings, searched) if known else {name: tried[0] for name, tried in settings.items()}
    for groups in (
        technique_runs(study, config),
        noisy_runs(study, config),
        strength_runs(study, config.strengths),
        size_runs(study, config),
        topology_runs(study, config.topologies),
        searched,
        fold_runs(study, base, {PLAIN: {}, **winners}, config.selection.folds),
    ):
        for runs in groups.values():
            yield from runs
