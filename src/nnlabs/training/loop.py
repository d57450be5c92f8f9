"""The training loop: for each epoch, for each batch, predict, measure the loss, go back through the network, step.

Everything else that happens in training stands around these five lines, in callbacks that the loop calls by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from nnlabs.errors import ConfigError
from nnlabs.seeding import epoch_seed

LossFunction = Callable[[Tensor, Tensor], Tensor]


class Batches(Protocol):
    """The training examples, batch by batch; the order and the augmentation are a function of the epoch."""

    examples: int

    def epoch(self, epoch: int) -> Iterable[tuple[Tensor, Tensor]]:
        """The batches of one epoch: inputs (n, channels, height, width) and targets (n,)."""

    def __len__(self) -> int:
        """Number of batches an epoch."""


@dataclass
class State:
    """All that changes while a network is trained; every callback sees it, none hides anything from another.

    Args:
        model: the network.
        optimizer: what updates its parameters.
        seed: seed of data order, augmentation and dropout.
        epoch: finished epochs.
        history: one row of measurements a finished epoch.
        stop: why training should end before its last epoch; None: go on. The loop looks at it after each step and each epoch.
        kept_epoch: the epoch whose weights the network ends with, where that is not the last one.
        inputs: of the current batch, as the network sees them, shape (n, channels, height, width).
        targets: of the current batch, shape (n,).
        logits: the network's answers for the current batch, shape (n, classes), in the precision of its last layer.
        loss: loss of the current batch, on the device; reading it waits for the device.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    seed: int = 0
    epoch: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    stop: str | None = None
    kept_epoch: int | None = None
    inputs: Tensor = field(default_factory=lambda: torch.empty(0))
    targets: Tensor = field(default_factory=lambda: torch.empty(0))
    logits: Tensor = field(default_factory=lambda: torch.empty(0))
    loss: Tensor = field(default_factory=lambda: torch.zeros(()))


class Callback:
    """What stands around the loop. Each hook does nothing until a subclass says otherwise.

    Attributes:
        order: the lower, the earlier at each hook. Those of this package: 10 clip the gradient, 15 choose the examples, 20
            write the history, 30 to 50 act on it, 60 save it, 70 show it, 90 take the time; callbacks of one order are called
            as they were given.
        needs: kinds of callback whose work this one builds on; one of each has to be there, with a lower order.
    """

    order: int = 55
    needs: tuple[type[Callback], ...] = ()

    def before_training(self, state: State) -> None:
        """Before the first epoch of this call of `train`: forget what is left of the one before."""

    def before_step(self, state: State) -> None:
        """After the gradients are there, before the optimizer uses them."""

    def after_step(self, state: State) -> None:
        """After the optimizer moved the parameters."""

    def after_epoch(self, state: State) -> None:
        """After the last batch of an epoch, unless training stopped within it; `state.epoch` counts it already."""

    def after_training(self, state: State) -> None:
        """After the last epoch, on every way out: done, stopped, interrupted, failed."""

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint must keep of this callback: tensors, numbers, texts, lists and dictionaries of these."""
        return {}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Take up what `state_dict` gave."""


def train(
    state: State,
    batches: Batches,
    loss_function: LossFunction,
    epochs: int,
    callbacks: Sequence[Callback] = (),
    autocast: Callable[[], AbstractContextManager[Any]] = nullcontext,
) -> State:
    """Train until `epochs` epochs are done or a callback sets `state.stop`; an epoch that is stopped within does not count.

    Args:
        state: where training stands; what a `Checkpoint` among the callbacks saved goes on, bit for bit, as if never
            interrupted.
        batches: the training examples.
        loss_function: takes logits (n, classes) and targets (n,), gives the mean loss ().
        epochs: how many epochs the finished training has.
        callbacks: called in the order of their `order` at each hook.
        autocast: context in which predictions are made; chooses the precision.

    Returns:
        The same state.

    Raises:
        ConfigError: where a callback needs another one that is not there or comes after it.
    """
    callbacks = in_order(callbacks)
    _call(callbacks, "before_training", state)
    try:
        while state.epoch < epochs and state.stop is None:
            # Dropout draws from torch's own generator: a function of (seed, epoch), so that a resumed run draws the same.
            torch.manual_seed(epoch_seed(state.seed, state.epoch))
            state.model.train()
            for inputs, targets in batches.epoch(state.epoch):
                state.inputs, state.targets = inputs, targets
                with autocast():
                    logits = state.model(inputs)
                    loss = loss_function(logits, targets)
                state.optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                state.logits, state.loss = logits.detach(), loss.detach()
                _call(callbacks, "before_step", state)
                state.optimizer.step()
                _call(callbacks, "after_step", state)
                if state.stop is not None:
                    return state
            state.epoch += 1
            _call(callbacks, "after_epoch", state)
    finally:
        _call(callbacks, "after_training", state)
    return state


def in_order(callbacks: Sequence[Callback]) -> list[Callback]:
    """Callbacks sorted by their `order`, once it is certain that each comes after what it needs.

    Args:
        callbacks: in any order.

    Raises:
        ConfigError: where one needs another that is not there or comes after it.
    """
    ordered = sorted(callbacks, key=lambda callback: callback.order)
    for callback in ordered:
        earlier = [each for each in ordered if each.order < callback.order]
        for kind in callback.needs:
            if not any(isinstance(each, kind) for each in earlier):
                raise ConfigError(
                    f"the callback {type(callback).__name__} needs a {kind.__name__} that is called before it; add one to "
                    f"the callbacks, of an order below {callback.order}"
                )
    return ordered


def _call(callbacks: Sequence[Callback], hook: str, state: State) -> None:
    for callback in callbacks:
        getattr(callback, hook)(state)
