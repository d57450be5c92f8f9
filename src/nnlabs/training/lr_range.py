"""The learning-rate range test: a short training in which the learning rate rises from far too low to far too high.

L. N. Smith, "Cyclical Learning Rates for Training Neural Networks", arXiv:1506.01186, section 3.3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.optim.lr_scheduler import ExponentialLR

from nnlabs.training.loop import Batches, Callback, LossFunction, State, train

Array = NDArray[np.float64]

# A loss so many times the lowest one has diverged; so has one that is back at the start after it had fallen below 90 % of
# it: what a classifier knows nothing about costs it no more than log(classes), so its loss seldom grows fourfold.
TOO_HIGH, LEARNT = 4.0, 0.9
# Standard deviation of the smoothing window, as a share of the steps.
WINDOW = 0.03


@dataclass(frozen=True)
class LrRange:
    """What a range test saw.

    Attributes:
        lr: learning rate of each step, evenly spaced on a log scale, shape (k,).
        loss: loss of that step's batch before the step, shape (k,).
        smoothed: its geometric mean over neighboring steps, Gaussian weights, shape (k,).
        steepest: the learning rate at which the smoothed loss fell fastest; nan where it never fell.
        diverges: the learning rate at which it went back up; nan where even the highest one did no harm.
    """

    lr: Array
    loss: Array
    smoothed: Array
    steepest: float
    diverges: float

    @property
    def suggestion(self) -> float:
        """The learning rate of the steepest descent, or a tenth of where it diverges if that is less; nan for neither."""
        known = [lr for lr in (self.steepest, self.diverges / 10) if math.isfinite(lr)]
        return min(known, default=math.nan)


def range_test(
    state: State,
    batches: Batches,
    loss_function: LossFunction,
    high: float,
    steps: int,
    callbacks: Sequence[Callback] = (),
    autocast: Callable[[], AbstractContextManager[Any]] = nullcontext,
) -> LrRange:
    """Train while the learning rate rises by the same factor after each step, until it is `high` or the loss diverges.

    The network is good for nothing afterwards.

    Args:
        state: a new network and its optimizer, whose learning rate is the lowest one to try.
        batches: the training examples; begun again where the test is longer than an epoch.
        loss_function: takes logits (n, classes) and targets (n,), gives the mean loss ().
        high: the highest learning rate to try.
        steps: number of steps from the lowest to the highest, two or more.
        callbacks: what else stands around the loop, such as gradient clipping.
        autocast: context in which predictions are made.
    """
    rising = _Rising(state, high, steps)
    train(state, _Once(batches, rising), loss_function, 1, [*callbacks, rising], autocast)
    return rising.result()


class _Rising(Callback):
    """Raises the learning rate, keeps the losses, and knows when it is enough."""

    def __init__(self, state: State, high: float, steps: int) -> None:
        low = state.optimizer.param_groups[0]["lr"]
        self._schedule = ExponentialLR(state.optimizer, (high / low) ** (1 / (steps - 1)))
        self.steps = steps
        self.window = WINDOW * steps
        self.lr: list[float] = []
        self.loss: list[float] = []
        self.diverges = math.nan

    @property
    def over(self) -> bool:
        return len(self.lr) == self.steps or math.isfinite(self.diverges)

    def after_step(self, state: State) -> None:
        loss, lr = float(state.loss), float(self._schedule.get_last_lr()[0])
        if not math.isfinite(loss):
            self.diverges = lr
            return
        self.lr.append(lr)
        self.loss.append(loss)
        self._schedule.step()
        # Near its end a smoothed curve follows single batches; there it is judged only when no more steps come.
        known = len(self.lr) - (0 if len(self.lr) == self.steps else math.ceil(2 * self.window))
        self.diverges = _first_diverged(self.lr, smooth(self.loss, self.window)[: max(known, 0)])

    def result(self) -> LrRange:
        """What was seen, up to where it diverged."""
        lr, smoothed = np.array(self.lr), smooth(self.loss, self.window)
        return LrRange(lr, np.array(self.loss), smoothed, _steepest(lr, smoothed, self.diverges), self.diverges)


class _Once:
    """Batches as one epoch that ends with the test."""

    def __init__(self, batches: Batches, rising: _Rising) -> None:
        self.examples = batches.examples
        self._batches, self._rising = batches, rising

    def __len__(self) -> int:
        return self._rising.steps

    def epoch(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        for number in count(epoch):
            for batch in self._batches.epoch(number):
                if self._rising.over:
                    return
                yield batch


def smooth(loss: Sequence[float], window: float) -> Array:
    """Geometric mean over neighbors with Gaussian weights: it lags behind nothing, and a single explosion does not smear.

    Args:
        loss: shape (k,).
        window: standard deviation of the weights, in steps.

    Returns:
        Shape (k,).
    """
    from scipy.ndimage import gaussian_filter1d

    if not len(loss):
        return np.array([])
    bounded = np.clip(loss, np.finfo(np.float64).tiny, TOO_HIGH * loss[0])
    return np.asarray(np.exp(gaussian_filter1d(np.log(bounded), window, mode="reflect")))


def _first_diverged(lr: Sequence[float], smoothed: Array) -> float:
    """The first learning rate that is too high: its loss is TOO_HIGH times the lowest so far, or has come to nothing.

    It has come to nothing where it is back at the first loss or above, after it had fallen below LEARNT times that.

    Args:
        lr: learning rates, rising, k or more.
        smoothed: the loss at each of the first k, shape (k,).

    Returns:
        One of the learning rates; nan where none is too high.
    """
    if not len(smoothed):
        return math.nan
    lowest = np.minimum.accumulate(smoothed)
    lost = (lowest < LEARNT * smoothed[0]) & (smoothed >= smoothed[0])
    too_high = np.flatnonzero(lost | (smoothed > TOO_HIGH * lowest))
    return lr[too_high[0]] if len(too_high) else math.nan


def _steepest(lr: Array, smoothed: Array, diverges: float) -> float:
    """The learning rate of the steepest fall of the smoothed loss over log lr, before its lowest point.

    Args:
        lr: learning rates, rising, shape (k,).
        smoothed: the loss at each, shape (k,).
        diverges: learning rate from which on nothing counts; nan: all of it does.

    Returns:
        One of the learning rates; nan where the loss never falls.
    """
    before = smoothed[: np.searchsorted(lr, diverges)] if math.isfinite(diverges) else smoothed
    lowest = int(np.argmin(before)) if len(before) else 0
    if not lowest:
        return math.nan
    return float(lr[np.argmin(np.gradient(smoothed, np.log(lr))[:lowest])])
