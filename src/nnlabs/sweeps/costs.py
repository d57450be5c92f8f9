"""What runs cost, in seconds and bytes, by their kind: learned from finished runs, or else from a few steps that are tried."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from nnlabs.config.schema import RunConfig
from nnlabs.runs.fingerprint import settings_of
from nnlabs.runs.run import Run
from nnlabs.sweeps.results import failed

# Settings that change what a run computes, but hardly how long an epoch of it takes.
_FREE = {f"data.{name}" for name in ("split_seed", "stand_in_for", "label_noise")} | {
    f"train.{name}"
    for name in (
        *("epochs", "lr", "momentum", "schedule", "warmup_epochs", "weight_decay", "decoupled", "label_smoothing"),
        *("patience", "min_delta", "seed"),
    )
}
# Settings of which it only counts whether they are in use: how many units are dropped changes no time, nor does which part is left
# out, the first of which is 0.
_ON_OR_OFF: dict[str, Callable[[Any], bool]] = {
    "model.dropout": bool,
    "train.l1": bool,
    "data.fold": lambda fold: fold is not None,
}
# What decides most: kinds that have these in common are the most alike, whatever else differs.
_WEIGHTY = {"data.name", "data.train_size", "model.name"}

Kind = frozenset[tuple[str, Any]]


def kind_of(config: RunConfig) -> Kind:
    """The settings that decide how long an epoch takes and how much room a run needs; equal for runs that cost the same.

    Args:
        config: the run.
    """
    settings = {name: value for name, value in settings_of(config).items() if name not in _FREE}
    in_use = {name: test(settings[name]) for name, test in _ON_OR_OFF.items() if name in settings}
    return frozenset({**settings, **in_use}.items())


def _likeness(one: Kind, other: Kind) -> tuple[int, int]:
    """How much two kinds have in common: the larger, the more; what decides most counts first."""
    common = one & other
    return sum(name in _WEIGHTY for name, _ in common), len(common)


@dataclass(frozen=True)
class Cost:
    """What a run of one kind costs.

    Args:
        epoch_s: seconds an epoch with all examples, evaluation included.
        size: bytes of its folder.
    """

    epoch_s: float
    size: float


@dataclass
class Costs:
    """What is known of the runs' costs.

    Args:
        known: by kind; from its finished runs where there are any.
    """

    known: dict[Kind, Cost] = field(default_factory=dict)
    _finished: dict[Kind, dict[Path, Cost]] = field(default_factory=dict)

    def learn(self, run: Run) -> None:
        """Note what a finished run cost.

        Args:
            run: a run that is done; one that failed teaches nothing.
        """
        finished = self._finished.setdefault(kind_of(run.config), {})
        if failed(run) or run.folder in finished:
            return
        size = sum(path.stat().st_size for path in run.folder.iterdir() if path.is_file())
        finished[run.folder] = Cost(run.result["seconds"] / whole_epochs(run.config, run.result["epochs"]), size)
        epoch_s = median(cost.epoch_s for cost in finished.values())
        self.known[kind_of(run.config)] = Cost(epoch_s, median(cost.size for cost in finished.values()))

    def of(self, config: RunConfig) -> Cost:
        """What a run costs, or the known kind that is the most like it; nan where nothing is known.

        Args:
            config: the run.
        """
        kind = kind_of(config)
        if kind in self.known or not self.known:
            return self.known.get(kind, Cost(math.nan, math.nan))
        return self.known[max(self.known, key=lambda other: _likeness(kind, other))]

    def seconds(self, config: RunConfig) -> float:
        """Seconds that a run takes if nothing stops it early; nan where nothing is known.

        Args:
            config: the run.
        """
        return self.of(config).epoch_s * whole_epochs(config, config.train.epochs)


def whole_epochs(config: RunConfig, epochs: int) -> float:
    """How many epochs with all examples some epochs of a run are worth: with `keep_hardest` the later ones have fewer.

    Args:
        config: the run.
        epochs: how many of its epochs.
    """
    if config.train.keep_hardest is None:
        return epochs
    from nnlabs.training.hardest import examples_until

    return examples_until(epochs, config.train.keep_hardest)
