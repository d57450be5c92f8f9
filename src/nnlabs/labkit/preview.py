"""What a lab says without training: how long it would take, and what its network looks like."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from nnlabs.labkit.settings import TrainingLabConfig
from nnlabs.labkit.study import Study, fit_size
from nnlabs.paths import results_root
from nnlabs.runs.run import Run
from nnlabs.sweeps.estimate import estimate_all


def preview(lab: str, config: TrainingLabConfig, plan: Callable[[Study], Iterable[Run]]) -> str:
    """How long it would take to train all of a lab on this machine, in a line. Nothing is written.

    Args:
        lab: the lab's name.
        config: its settings, the data set named.
        plan: all runs of a study.

    Raises:
        UserError: where the data cannot be had.
    """
    from nnlabs.data.load import load_cached

    base = fit_size(config)
    study = Study(config, base, results_root(config.results) / lab / "preview", load_cached(base.data))
    # Where they are, none is done: the whole lab is to be estimated.
    runs = {run.folder.name: replace(run, lab_folder=study.folder) for run in plan(study)}
    return estimate_all(list(runs.values()), config.sweep).total(study.splits.title)


def describe_network(config: TrainingLabConfig) -> str:
    """The lab's network as a table: layers with output shapes, parameters and multiply-adds. Nothing is written.

    Args:
        config: the lab's settings, the data set named.

    Raises:
        UserError: where the data cannot be had.
    """
    from nnlabs.runs.inspect import describe_model

    return describe_model(fit_size(config))
