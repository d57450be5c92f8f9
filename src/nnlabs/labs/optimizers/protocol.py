"""How lab 4 compares: the same trials for every competitor, the best of them on validation, then fresh seeds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from nnlabs.arrays import Array
from nnlabs.config.load import with_changes
from nnlabs.config.schema import TrainConfig
from nnlabs.errors import RunError
from nnlabs.labkit.study import Study
from nnlabs.labs.optimizers.figures.descent import Descent
from nnlabs.labs.optimizers.leaderboard import Competitor
from nnlabs.labs.optimizers.settings import OptimizersConfig, schedule_in_words, surface_optimizers
from nnlabs.runs.run import Run
from nnlabs.sweeps.dask_pool import workers_for
from nnlabs.sweeps.results import final, tested, why_lost
from nnlabs.sweeps.search import Setting, draw

Groups = dict[str, list[Run]]
Settings = Mapping[str, Setting]


@dataclass(frozen=True)
class Trials:
    """What was tried for one competitor.

    Args:
        settings: the values that were drawn, one mapping a trial.
        runs: the runs with them.
    """

    settings: Sequence[Setting]
    runs: Sequence[Run]

    @property
    def scores(self) -> Array:
        """Validation accuracy of each trial, shape (trials,); nan where it diverged."""
        return final(self.runs, "validation_accuracy")

    @property
    def best(self) -> int:
        """Number of the trial that did best on validation."""
        return int(np.argmax(np.nan_to_num(self.scores, nan=-np.inf)))

    @property
    def lrs(self) -> Array:
        """Learning rate of each trial, shape (trials,); empty where it was not tuned."""
        return np.array([setting["train.lr"] for setting in self.settings if "train.lr" in setting])


def prepare_trials(study: Study, config: OptimizersConfig) -> dict[str, Trials]:
    """Draw every competitor's settings; nothing is trained yet.

    Args:
        study: the lab's study.
        config: its settings.

    Returns:
        Trials by competitor; none at all where `tuning.trials` is 0.
    """
    if config.tuning.trials == 0:
        return {}
    tuning, prepared = config.tuning, {}
    for name, changes in config.competitors.items():
        settings = draw(tuning.method, tuning.spaces[name], tuning.trials, tuning.seed)
        prepared[name] = Trials(settings, [small_run(study, config, {**changes, **setting}) for setting in settings])
    return prepared


def small_run(study: Study, config: OptimizersConfig, changes: Mapping[str, Any]) -> Run:
    """A run as small as the trials, with the trials' seed.

    Args:
        study: the lab's study.
        config: the lab's settings.
        changes: what is special about it; wins over `trial`.
    """
    size = study.train_size(config.trial.get("data.train_size"))
    small = {**config.trial, "data.train_size": size, "train.seed": config.tuning.seed, **changes}
    return Run(with_changes(study.base, small, "trial"), study.folder.parent)


def choose(config: OptimizersConfig, trials: Mapping[str, Trials]) -> dict[str, Setting]:
    """Each competitor's own changes together with its best trial's.

    Args:
        config: the lab's settings.
        trials: finished trials by competitor; where there are none, its own changes are all.

    Raises:
        RunError: where every trial of a competitor diverged, or failed.
    """
    for name, tried in trials.items():
        if np.isnan(tried.scores).all():
            why = why_lost(tried.runs)
            advice = "; lower the range of its train.lr" if why == "diverged" else ""
            raise RunError(f"all {len(tried.runs)} trials of {name} {why}{advice}")
    return {
        name: {**changes, **(trials[name].settings[trials[name].best] if name in trials else {})}
        for name, changes in config.competitors.items()
    }


def schedule_runs(study: Study, config: OptimizersConfig, best: Settings) -> dict[tuple[str, str], Run]:
    """A run for each competitor of act 5 with its best setting under each schedule.

    Args:
        study: the lab's study.
        config: its settings.
        best: the best setting by competitor.
    """
    grid = product(config.schedules.competitors, config.schedules.schedules.items())
    return {(name, title): small_run(study, config, {**best[name], **changes}) for name, (title, changes) in grid}


def constant_finals(study: Study, config: OptimizersConfig, best: Settings) -> Groups:
    """The finals of act 5's competitors once more, with a rate that stays as high as theirs begins.

    Args:
        study: the lab's study.
        config: its settings.
        best: the best setting by competitor.

    Returns:
        By competitor, one run a seed; empty where there are to be none, or where the rate stays in the finals, too.
    """
    seeds = config.schedules.seeds
    if not seeds or study.base.train.schedule == "constant":
        return {}
    names = config.schedules.competitors
    return {name: study.variation({**best[name], "train.schedule": "constant"})[:seeds] for name in names}


def decoupling_runs(study: Study, config: OptimizersConfig) -> dict[tuple[bool, float, float], Run]:
    """Runs of Adam over weight decay and learning rate, once through the gradient (False), once decoupled (True).

    Args:
        study: the lab's study.
        config: its settings.
    """
    settings = config.decoupling
    adam = {"train.optimizer": "adam"}
    return {
        (decoupled, decay, lr): small_run(
            study, config, {**adam, "train.decoupled": decoupled, "train.lr": lr, "train.weight_decay": decay}
        )
        for decoupled, decay, lr in product((False, True), settings.weight_decays, settings.lrs)
    }


def batch_runs(study: Study, config: OptimizersConfig) -> dict[tuple[int, float], Run]:
    """Runs of one competitor over batch size and learning rate.

    Args:
        study: the lab's study.
        config: its settings.
    """
    settings = config.batches
    common = config.competitors.get(settings.competitor, {})
    return {
        (size, lr): small_run(study, config, {**common, "train.batch_size": size, "train.lr": lr})
        for size, lr in product(settings.sizes, settings.lrs)
    }


def table(runs: Mapping[tuple[Any, ...], Run], rows: Sequence[Any], columns: Sequence[Any], *first: Any) -> Array:
    """Final validation accuracies as a table; nan where a run diverged.

    Args:
        runs: finished runs, by `(*first, row, column)`.
        rows: what the rows stand for.
        columns: what the columns stand for.
        *first: the beginning of the key that all have in common.

    Returns:
        Shape (rows, columns).
    """
    return np.array([final([runs[(*first, row, column)] for column in columns], "validation_accuracy") for row in rows])


def middle(config: OptimizersConfig, name: str) -> Setting:
    """The middle of a competitor's space, where nothing better is known yet; empty where nothing is tuned.

    Args:
        config: the lab's settings.
        name: the competitor.
    """
    return draw("grid", config.tuning.spaces[name], 1, 0)[0] if config.tuning.trials else {}


def small_line(study: Study, config: OptimizersConfig) -> str:
    """The line under the titles of figures that show runs as small as the trials.

    Args:
        study: the lab's study.
        config: the lab's settings.
    """
    run = small_run(study, config, {})
    line = study.data_line(run.config.data.train_size, seeds=1)
    epochs = run.config.train.epochs
    return f"{line} · {epochs} epoch{'s' if epochs > 1 else ''}"


def settings_in_words(study: Study, config: OptimizersConfig) -> str:
    """Which settings act 5 takes, and with which schedule they were tuned: whatever is like that one has the better part.

    Args:
        study: the lab's study.
        config: its settings.
    """
    if not config.tuning.trials:
        return "settings as given"
    train = small_run(study, config, {}).config.train
    return f"settings tuned with {schedule_in_words(train.schedule, train.warmup_epochs)}"


def leaderboard_competitors(
    config: OptimizersConfig, trials: Mapping[str, Trials], finals: Mapping[str, Sequence[Run]]
) -> dict[str, Competitor]:
    """What was found out about each competitor, for the leaderboard.

    Args:
        config: the lab's settings.
        trials: finished trials by competitor; none where nothing was tuned.
        finals: finished runs of the best setting, one a seed, their test split read.
    """
    none = Trials((), ())
    return {
        name: Competitor(
            trials.get(name, none).scores,
            trials.get(name, none).lrs,
            config.tuning.spaces.get(name, {}),
            trials[name].settings[trials[name].best] if name in trials else {},
            final(runs, "validation_accuracy"),
            tested(runs, "accuracy"),
            final(runs, "seconds"),
        )
        for name, runs in finals.items()
    }


def schedule_curves(study: Study, config: OptimizersConfig) -> tuple[dict[str, tuple[Array, Array]], str]:
    """The learning rate over a training like the finals, under each schedule of act 5.

    Args:
        study: the lab's study.
        config: the lab's settings.

    Returns:
        By schedule, times in epochs and the learning rate at each as a multiple of the highest; and how long that is, in words.
    """
    train = study.base.train
    steps = math.ceil(len(study.splits.train) / train.batch_size)
    rates = {
        name: _lr_curve(with_changes(study.base, changes, "schedules.schedules").train, steps)
        for name, changes in config.schedules.schedules.items()
    }
    plateau = any(changes.get("train.schedule") == "plateau" for changes in config.schedules.schedules.values())
    note = "; for the plateau, a loss that falls for a third of them" if plateau else ""
    return rates, f"{study.splits.title}: {train.epochs} epochs of {steps} batches{note}"


def _lr_curve(train: TrainConfig, steps: int) -> tuple[Array, Array]:
    import torch

    from nnlabs.training.loop import State
    from nnlabs.training.schedules import Schedule

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], train.lr)
    schedule, state = Schedule(optimizer, train, steps), State(torch.nn.Identity(), optimizer)
    optimizer.step()  # torch warns of a schedule that moves before its optimizer
    rates = []
    for epoch in range(train.epochs):
        for _ in range(steps):
            rates.append(schedule.lr)
            schedule.after_step(state)
        state.history.append({"validation_loss": max(0.0, 1 - 3 * (epoch + 1) / train.epochs)})
        schedule.after_epoch(state)
    return np.arange(len(rates)) / steps, np.array(rates) / max(rates)


def surface_paths(config: OptimizersConfig) -> dict[str, Descent]:
    """The paths of all optimizers that compete on all surfaces.

    Args:
        config: the lab's settings.
    """
    from nnlabs.labs.optimizers.descent import on_surfaces

    names = surface_optimizers(config.competitors, config.train.optimizer)
    return on_surfaces(names, config.paths.steps, config.paths.lrs, workers_for(config.sweep))
