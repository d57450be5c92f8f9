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
        stop: why training should end before its last epoch; None: go on.
        kept_epoch: the epoch whose weights the network ends with, where that is not the last one.
        loss: loss of the current batch, on the device; reading it waits for the device.
        examples: number of examples in the current batch.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    seed: int = 0
    epoch: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    stop: str | None = None
    kept_epoch: int | None = None
    loss: Tensor = field(default_factory=lambda: torch.zeros(()))
    examples: int = 0


class Callback:
    """What stands around the loop. Each hook does nothing until a subclass says otherwise."""

    def on_start(self, state: State) -> None:
        """Before the first epoch of this process, after a checkpoint was loaded."""

    def before_step(self, state: State) -> None:
        """After the gradients are there, before the optimizer uses them."""

    def after_step(self, state: State) -> None:
        """After the optimizer moved the parameters."""

    def on_epoch_end(self, state: State) -> None:
        """After the last batch of an epoch; `state.epoch` counts it already."""

    def on_end(self, state: State) -> None:
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
    """Train until `epochs` epochs are done or a callback sets `state.stop`.

    Args:
        state: where training stands; a state loaded from a checkpoint goes on, bit for bit, as if never interrupted.
        batches: the training examples.
        loss_function: takes logits (n, classes) and targets (n,), gives the mean loss ().
        epochs: how many epochs the finished training has.
        callbacks: called in this order at each hook.
        autocast: context in which predictions are made; chooses the precision.

    Returns:
        The same state.
    """
    _call(callbacks, "on_start", state)
    try:
        while state.epoch < epochs and state.stop is None:
            # Dropout draws from torch's own generator: a function of (seed, epoch), so that a resumed run draws the same.
            torch.manual_seed(epoch_seed(state.seed, state.epoch))
            state.model.train()
            for inputs, targets in batches.epoch(state.epoch):
                with autocast():
                    loss = loss_function(state.model(inputs), targets)
                state.optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                state.loss, state.examples = loss.detach(), len(targets)
                _call(callbacks, "before_step", state)
                state.optimizer.step()
                _call(callbacks, "after_step", state)
            state.epoch += 1
            _call(callbacks, "on_epoch_end", state)
    finally:
        _call(callbacks, "on_end", state)
    return state


def _call(callbacks: Sequence[Callback], hook: str, state: State) -> None:
    for callback in callbacks:
        getattr(callback, hook)(state)
