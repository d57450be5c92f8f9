"""The learning-rate range test: a short training in which the learning rate rises from far too low to far too high.

L. N. Smith, "Cyclical Learning Rates for Training Neural Networks", arXiv:1506.01186, section 3.3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch.optim.lr_scheduler import ExponentialLR

from nnlabs.arrays import Array
from nnlabs.errors import ConfigError
from nnlabs.training.loop import Batches, Callback, LossFunction, State, train

# A loss so many times the lowest one has diverged; so has one that is back at the start, or at what it costs to know nothing,
# after it had fallen below 90 % of it: what a classifier knows nothing about costs it no more than log(classes), so its loss
# seldom grows fourfold.
TOO_HIGH, LEARNT = 4.0, 0.9
# Standard deviation of the smoothing window, as a share of the steps.
WINDOW = 0.03
# A fall is clear when it is so many standard errors deep: the lowest of some twenty independent points of a curve that only
# jumps about lies two below its mean, its start as far above; four were passed by 7 of 1,000 curves of pure noise.
STANDARD_ERRORS = 5.0


@dataclass(frozen=True)
class LrRange:
    """What a range test saw.

    Attributes:
        lr: learning rate of each step, evenly spaced on a log scale, shape (k,).
        loss: loss of that step's batch before the step, shape (k,).
        smoothed: its geometric mean over neighboring steps, Gaussian weights, shape (k,).
        halfway: the learning rate at which half of the smoothed loss's fall was done; nan where it did not fall clearly, see
            `range_test`.
        diverges: the learning rate at which it went back up; nan where even the highest one did no harm.
    """

    lr: Array
    loss: Array
    smoothed: Array
    halfway: float
    diverges: float

    @property
    def suggestion(self) -> float:
        """The learning rate half-way down, or a tenth of where it diverges if that is less; nan without a clear fall.

        Half-way down the curve is about as steep as anywhere, which is where one wants to be; the steepest place itself would
        hang on the noise, for slopes are noisier than heights.
        """
        if not math.isfinite(self.halfway):
            return math.nan
        return min(lr for lr in (self.halfway, self.diverges / 10) if math.isfinite(lr))


def range_test(
    state: State,
    batches: Batches,
    loss_function: LossFunction,
    high: float,
    steps: int,
    callbacks: Sequence[Callback] = (),
    autocast: Callable[[], AbstractContextManager[Any]] = nullcontext,
    ignorance: float = math.inf,
) -> LrRange:
    r"""Train while the learning rate rises by the same factor after each step, until it is `high` or the loss diverges.

    The network is good for nothing afterwards.

    A rate is suggested only where the loss falls clearly; otherwise chance would choose it. With $r$ the lower of `ignorance`
    and of the smoothed loss at its start, $m$ the smoothed loss at its lowest, and $\sigma$ the noise of $\ln$ loss from one
    batch to the next, it falls clearly where both hold:

    $$m < 0.9 \, r \qquad \text{and} \qquad \ln r - \ln m > 5 \, \sigma \sqrt{3 / (2 \sqrt{\pi} \, w)}$$

    The root is the standard error of a difference of two points of the smoothed curve, for $\sigma = 1$: Gaussian weights of
    standard deviation $w$ steps have the variance of a mean over $2 \sqrt{\pi} w$ batches, and half as many at the curve's
    end. $\sigma$ is the median $|\ln \text{loss}_{i+1} - \ln \text{loss}_i|$ up to the lowest point, or half-way if
    that is later, over $0.6745 \sqrt{2}$,
    to which the trend adds next to nothing (differences: Rice 1984, doi:10.1214/aos/1176346788; median: Hampel 1974).

    Args:
        state: a new network and its optimizer, whose learning rate is the lowest one to try; it stands stopped afterwards.
        batches: the training examples; begun again where the test is longer than an epoch.
        loss_function: takes logits (n, classes) and targets (n,), gives the mean loss ().
        high: the highest learning rate to try.
        steps: number of steps from the lowest to the highest, two or more.
        callbacks: what else stands around the loop, such as gradient clipping.
        autocast: context in which predictions are made.
        ignorance: the loss of a network that tells nothing from anything, such as ln(classes); falling to it is not learning.

    Raises:
        ConfigError: for fewer than two steps, between which nothing can rise.
    """
    if steps < 2:
        raise ConfigError(
            f"a learning-rate range test needs 2 steps at least, from the lowest rate to the highest; not {steps}"
        )
    rising = _Rising(state, high, steps, ignorance)
    train(state, batches, loss_function, math.ceil(steps / len(batches)), [*callbacks, rising], autocast)
    return rising.result()


class _Rising(Callback):
    """Raises the learning rate, keeps the losses, and knows when it is enough."""

    def __init__(self, state: State, high: float, steps: int, ignorance: float) -> None:
        low = state.optimizer.param_groups[0]["lr"]
        self._schedule = ExponentialLR(state.optimizer, (high / low) ** (1 / (steps - 1)))
        self.steps = steps
        self.window = WINDOW * steps
        self.ignorance = ignorance
        self.lr: list[float] = []
        self.loss: list[float] = []
        self.diverges = math.nan

    def after_step(self, state: State) -> None:
        self._note(float(state.loss), float(self._schedule.get_last_lr()[0]))
        if len(self.lr) == self.steps or math.isfinite(self.diverges):
            state.stop = "range test is over"

    def _note(self, loss: float, lr: float) -> None:
        if not math.isfinite(loss):
            self.diverges = lr
            return
        self.lr.append(lr)
        self.loss.append(loss)
        self._schedule.step()
        # Near its end a smoothed curve follows single batches; there it is judged only when no more steps come.
        known = len(self.lr) - (0 if len(self.lr) == self.steps else math.ceil(2 * self.window))
        self.diverges = _first_diverged(self.lr, smooth(self.loss, self.window)[: max(known, 0)], self.ignorance)

    def result(self) -> LrRange:
        """What was seen, up to where it diverged."""
        lr, loss, smoothed = np.array(self.lr), np.array(self.loss), smooth(self.loss, self.window)
        known = slice(np.searchsorted(lr, self.diverges) if math.isfinite(self.diverges) else None)
        step = find_halfway(loss[known], smoothed[known], self.window, self.ignorance)
        return LrRange(lr, loss, smoothed, math.nan if step is None else float(lr[step]), self.diverges)


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


def _first_diverged(lr: Sequence[float], smoothed: Array, ignorance: float) -> float:
    """The first learning rate whose smoothed loss says that it is too high; nan for none."""
    if not len(smoothed):
        return math.nan
    lowest = np.minimum.accumulate(smoothed)
    high = min(smoothed[0], ignorance)
    lost = (lowest < LEARNT * high) & (smoothed >= high)
    too_high = np.flatnonzero(lost | (smoothed > TOO_HIGH * lowest))
    return lr[too_high[0]] if len(too_high) else math.nan


def find_halfway(loss: Array, smoothed: Array, window: float, ignorance: float = math.inf) -> int | None:
    """The last step at which the smoothed loss still has half of its fall before it; None without a clear fall.

    Args:
        loss: of each batch, up to where it diverges, shape (k,).
        smoothed: the same by `smooth`, shape (k,).
        window: of the smoothing, in steps.
        ignorance: see `range_test`, which has the rule.
    """
    lowest = int(np.argmin(smoothed)) if len(smoothed) else 0
    if lowest < 2:
        return None
    high, low = min(float(smoothed[0]), ignorance), float(smoothed[lowest])
    # σ = median |ln l_(i+1) - ln l_i| / (0.6745 √2), and with it the standard error of ln high - ln low
    judged = loss[: max(lowest + 1, len(loss) // 2)]  # a few differences say too little about the noise
    noise = float(np.median(np.abs(np.diff(np.log(np.maximum(judged, np.finfo(np.float64).tiny)))))) / (
        0.6745 * math.sqrt(2)
    )
    error = noise * math.sqrt(3 / (2 * math.sqrt(math.pi) * window))
    if low >= LEARNT * high or math.log(high / low) <= STANDARD_ERRORS * error:
        return None
    return int(np.flatnonzero(smoothed[:lowest] >= (high + low) / 2)[-1])
