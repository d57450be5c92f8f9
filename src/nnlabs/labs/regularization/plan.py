"""All kinds of runs that lab 3 is going to make, so that what one of them would refuse is refused before the first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nnlabs.config.load import with_changes
from nnlabs.config.schema import RunConfig
from nnlabs.labkit.study import Study
from nnlabs.labs.regularization.settings import PLAIN, RegularizationConfig


def kinds_of_runs(study: Study, config: RegularizationConfig) -> list[RunConfig]:
    """One configuration for each number of training images, fold and network that an act asks for.

    Args:
        study: the lab's study.
        config: the lab's settings.
    """
    return [with_changes(study.base, changes, "plan") for changes in _changes(study, config)]


def _changes(study: Study, config: RegularizationConfig) -> Iterator[dict[str, Any]]:
    yield from config.techniques.values()
    yield config.together
    yield {"data.train_size": study.train_size(config.strengths.train_size)}
    for size in config.sizes.sizes:
        for changes in (config.techniques[PLAIN], config.together):
            yield {**changes, "data.train_size": study.train_size(size)}
    for changes in config.topologies.models.values():
        yield {"data.train_size": study.train_size(config.topologies.train_size), **changes}
    folds = config.selection.folds
    few = study.train_size(config.selection.train_size, folds)
    for fold in range(folds):
        yield {"data.train_size": few, "data.fold": fold, "data.folds": folds}
