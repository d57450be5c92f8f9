"""Optimizers by name, from `torch.optim` wherever it has them; the table of names is in `nnlabs.training.names`.

How `train.optimizer`, `train.weight_decay` and `train.decoupled` combine: `weight_decay` says how much, `decoupled` how,
and both mean the same for every optimizer. `adam` with the default `decoupled: true` therefore is AdamW, and `adamw` is
another name for that; `adam` with `decoupled: false` is Adam with L2 in the gradient. With `weight_decay: 0` there is
nothing to decouple, and all three are Adam.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Sequence
from inspect import signature
from typing import Any

from torch import nn
from torch.optim import Optimizer

from nnlabs.config.own import load_own, own_file
from nnlabs.config.schema import TrainConfig
from nnlabs.errors import ConfigError
from nnlabs.training.names import OptimizerEntry, optimizer_entry
from nnlabs.training.penalties import add_penalties, split_parameters


def make_optimizer(model: nn.Module, train: TrainConfig) -> Optimizer:
    """The optimizer that the settings name, with weight decay, L1 and max-norm built into its `step()`.

    Args:
        model: on the device where it will be trained.
        train: `optimizer`, `lr`, `momentum`, `weight_decay`, `decoupled`, `l1` and `max_norm` are read; they have
            passed `nnlabs.training.names.check_train`.

    Returns:
        An optimizer whose last parameter group holds what is no weight (biases, norms, positions); those before it, one
        but for muon, hold the weights.

    Example:
        >>> from torch import nn
        >>> from nnlabs.config.schema import TrainConfig
        >>> model = nn.Linear(4, 2)
        >>> optimizer = make_optimizer(model, TrainConfig(optimizer="nesterov", lr=0.1, weight_decay=5e-4))
    """
    entry = optimizer_entry(train.optimizer)
    weights, others = split_parameters(model)
    by_class = train.weight_decay if entry.decouples or not train.decoupled else 0.0
    groups = [{"params": weights, "weight_decay": by_class}, {"params": others, "weight_decay": 0.0}]
    optimizer = _build(entry, groups, _arguments(entry, train, [*weights, *others]))
    add_penalties(optimizer, weights, train, decay=train.weight_decay - by_class)
    return optimizer


def _build(entry: OptimizerEntry, groups: list[dict[str, Any]], arguments: dict[str, Any]) -> Optimizer:
    builder = _find_builder(entry.builder)
    try:
        optimizer = builder(groups, **arguments)
    except Exception as error:
        if not own_file(entry.builder):
            raise
        given = ", ".join(f"{name}={value}" for name, value in arguments.items())
        raise ConfigError(
            f"train.optimizer: {entry.builder}(groups, {given}) fails: {error}", "train.optimizer"
        ) from error
    if any(
        p.default is p.empty for p in signature(optimizer.step).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD
    ):
        raise ConfigError(
            f"train.optimizer: {entry.builder} has a step() that must be given something, such as a closure; the training loop "
            "has the gradients computed before, and calls step()",
            "train.optimizer",
        )
    return optimizer


def _find_builder(name: str) -> type[Optimizer]:
    builder = load_own("train.optimizer", name) if own_file(name) else pkgutil.resolve_name(name)
    if not (isinstance(builder, type) and issubclass(builder, Optimizer)):
        raise ConfigError(f"train.optimizer: {name} is no subclass of torch.optim.Optimizer", "train.optimizer")
    return builder


def _arguments(entry: OptimizerEntry, train: TrainConfig, parameters: Sequence[nn.Parameter]) -> dict[str, Any]:
    arguments: dict[str, Any] = {"lr": train.lr, **entry.options}
    if entry.momentum is not None:
        arguments["momentum"] = entry.momentum if train.momentum is None else train.momentum
    if entry.decouples:
        arguments["decoupled_weight_decay"] = train.decoupled
    # torch fuses the update of real numbers only.
    if all(p.device.type in entry.fused and p.is_floating_point() for p in parameters):
        arguments["fused"] = True
    return arguments
