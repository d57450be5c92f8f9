"""Optimizers and schedules by name, and which of them go together. Torch-free: mistakes are told at once.

An optimizer of your own needs no entry here: write a subclass of `torch.optim.Optimizer` that is called with the parameter
groups and `lr`, say `Lion` in the file `my_optimizer.py`, and give `my_optimizer.py:Lion` as `train.optimizer`. Weight
decay, L1 and max-norm are added to its `step()`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isinf
from typing import Any, get_args

from nnlabs.config.describe import check_name
from nnlabs.config.own import check_own_file, own_file
from nnlabs.config.schema import Loss, TrainConfig
from nnlabs.errors import ConfigError


@dataclass(frozen=True)
class OptimizerEntry:
    """An optimizer that can be had by name.

    Args:
        builder: where its class is, `module:class`.
        options: arguments of that class that belong to the name.
        momentum: value of `train.momentum` when none is given; None: it has no such thing.
        decouples: whether the class knows decoupled weight decay itself (`decoupled_weight_decay`).
        fused: kinds of device on which every torch that nnlabs allows has the whole update as one kernel.
    """

    builder: str
    options: Mapping[str, Any] = field(default_factory=dict)
    momentum: float | None = None
    decouples: bool = False
    fused: tuple[str, ...] = ()


_ANYWHERE = ("cpu", "cuda", "mps")

# Adding an optimizer: one entry here.
OPTIMIZERS: dict[str, OptimizerEntry] = {
    "sgd": OptimizerEntry("torch.optim:SGD", fused=_ANYWHERE),
    "momentum": OptimizerEntry("torch.optim:SGD", momentum=0.9, fused=_ANYWHERE),
    "nesterov": OptimizerEntry("torch.optim:SGD", {"nesterov": True}, momentum=0.9, fused=_ANYWHERE),
    "adagrad": OptimizerEntry("torch.optim:Adagrad", fused=("cpu",)),
    "rmsprop": OptimizerEntry("torch.optim:RMSprop", momentum=0.0),
    "adam": OptimizerEntry("torch.optim:Adam", decouples=True, fused=_ANYWHERE),
    "adamw": OptimizerEntry("torch.optim:Adam", decouples=True, fused=_ANYWHERE),
    "nadam": OptimizerEntry("torch.optim:NAdam", decouples=True),
    "radam": OptimizerEntry("torch.optim:RAdam", decouples=True),
    "muon": OptimizerEntry("nnlabs.training.muon:Muon", momentum=0.95, fused=_ANYWHERE),
}

# Why `train.decoupled` has to stay true.
_DECOUPLED_ONLY = {
    "adamw": "adamw is Adam with decoupled weight decay; for coupled decay take optimizer adam",
    "muon": "muon knows decoupled weight decay only; leave it at true",
}
_OWN_DECOUPLES = "the weight decay of an optimizer of your own is decoupled; leave it at true"

# Each is defined in nnlabs.training.schedules.
SCHEDULES = (
    "constant",
    "step",
    "exponential",
    "polynomial",
    "linear",
    "cosine",
    "cosine_restarts",
    "one_cycle",
    "stable_decay",
    "plateau",
)


def optimizer_entry(name: str) -> OptimizerEntry:
    """The entry of an optimizer by name; one of the user's own gets an entry with no options.

    Args:
        name: `train.optimizer`, which has passed `check_train`.
    """
    return OptimizerEntry(name) if own_file(name) else OPTIMIZERS[name]


def check_train(config: TrainConfig) -> None:
    """Say what is wrong with the training settings taken together; single values are checked by their types.

    Args:
        config: the settings.

    Raises:
        ConfigError: for an unknown name, or settings that contradict each other.
    """
    if own := own_file(config.optimizer):
        check_own_file("train.optimizer", own)
    else:
        check_name("train.optimizer", config.optimizer, OPTIMIZERS)
    check_name("train.schedule", config.schedule, SCHEDULES)
    check_name("train.loss", config.loss, get_args(Loss))
    _check_optimizer(config)
    _check_schedule(config)
    for name in ("lr", "weight_decay", "l1", "min_delta"):
        if isinf(getattr(config, name)):
            raise ConfigError(f"train.{name}: infinity is too much; a number is wanted", f"train.{name}")
    if config.label_smoothing and config.loss != "cross_entropy":
        raise ConfigError(
            f"train.label_smoothing means nothing to the loss {config.loss}; it belongs to cross_entropy",
            "train.label_smoothing",
        )


def _check_optimizer(config: TrainConfig) -> None:
    if config.momentum is not None and optimizer_entry(config.optimizer).momentum is None:
        takers = ", ".join(name for name, entry in OPTIMIZERS.items() if entry.momentum is not None)
        raise ConfigError(
            f"train.momentum means nothing to {config.optimizer}; it belongs to {takers}", "train.momentum"
        )
    if config.optimizer == "nesterov" and config.momentum == 0:
        raise ConfigError("train.momentum: nesterov needs a momentum above 0; without any it is sgd", "train.momentum")
    why = _OWN_DECOUPLES if own_file(config.optimizer) else _DECOUPLED_ONLY.get(config.optimizer)
    if why and not config.decoupled:
        raise ConfigError(f"train.decoupled: {why}", "train.decoupled")


def _check_schedule(config: TrainConfig) -> None:
    if config.warmup_epochs and config.schedule == "one_cycle":
        raise ConfigError(
            "train.warmup_epochs: the schedule one_cycle has its own warm-up; leave warmup_epochs at 0",
            "train.warmup_epochs",
        )
    if config.warmup_epochs >= config.epochs:
        raise ConfigError(
            f"train.warmup_epochs: a warm-up of {config.warmup_epochs:g} epochs leaves none of train.epochs "
            f"({config.epochs}) to the schedule; give less",
            "train.warmup_epochs",
        )
