"""Learning-rate schedules by name, all from `torch.optim.lr_scheduler`, after a warm-up if one is wanted.

With T the steps (batches) or E the epochs that the schedule has, t or e those done, and lr the configured rate:

| name            | moves by | learning rate                                                                         |
|-----------------|----------|---------------------------------------------------------------------------------------|
| constant        | batch    | lr                                                                                    |
| step            | epoch    | lr · 0.1^⌊e / d⌋ with d = ⌈E / 3⌉: a tenth after each third                           |
| exponential     | epoch    | lr · 0.01^(e / E): a hundredth at the end                                             |
| polynomial      | batch    | lr · (1 - t / T)²                                                                     |
| linear          | batch    | lr · (1 - t / T)                                                                      |
| cosine          | batch    | lr · (1 + cos(π t / T)) / 2 (Loshchilov and Hutter 2016, arXiv:1608.03983)             |
| cosine_restarts | batch    | cosine over periods of ⌈T / 7⌉ steps, twice and four times as many (the same paper)   |
| one_cycle       | batch    | lr / 25 up to lr over the first 30 %, then down to lr / 250,000, both as cosines       |
|                 |          | (fastai's form of what Smith and Topin 2017, arXiv:1708.07120, draw as straight       |
|                 |          | lines up and down and a short end far below; momentum stays as it is)                 |
| stable_decay    | batch    | lr, and over the last fifth straight down to 0; with `warmup_epochs` it is the        |
|                 |          | warm-up-stable-decay of Hu et al. 2024, arXiv:2404.06395                              |
| plateau         | epoch    | halved after 3 epochs in a row without a better validation loss                       |

`train.warmup_epochs` goes before any of them but one_cycle: lr · (t + 1) / W over W steps, and then the schedule begins
at its own t = 0 with the steps that are left. A schedule that moves by epoch begins with the next whole epoch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from math import ceil
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    ExponentialLR,
    LambdaLR,
    LRScheduler,
    OneCycleLR,
    PolynomialLR,
    ReduceLROnPlateau,
    StepLR,
)

from nnlabs.config.schema import TrainConfig
from nnlabs.training.callbacks import History, read_metric
from nnlabs.training.loop import Callback, State


@dataclass(frozen=True)
class ScheduleEntry:
    """A schedule that can be had by name.

    Args:
        make: from an optimizer and the number of moves that the schedule has to torch's scheduler.
        by_epoch: whether it moves after each epoch, rather than after each batch.
    """

    make: Callable[[Optimizer, int], LRScheduler]
    by_epoch: bool = False


def _stable_decay(optimizer: Optimizer, steps: int) -> LRScheduler:
    return LambdaLR(optimizer, lambda t: min(1.0, (steps - t) / (0.2 * steps)))


# Adding a schedule: one entry here, and its name in nnlabs.training.names.
SCHEDULES: dict[str, ScheduleEntry] = {
    "constant": ScheduleEntry(lambda optimizer, steps: LambdaLR(optimizer, lambda t: 1.0)),
    "step": ScheduleEntry(lambda optimizer, epochs: StepLR(optimizer, ceil(epochs / 3), gamma=0.1), by_epoch=True),
    "exponential": ScheduleEntry(
        lambda optimizer, epochs: ExponentialLR(optimizer, 0.01 ** (1 / epochs)), by_epoch=True
    ),
    "polynomial": ScheduleEntry(lambda optimizer, steps: PolynomialLR(optimizer, steps, power=2)),
    "linear": ScheduleEntry(lambda optimizer, steps: PolynomialLR(optimizer, steps, power=1)),
    "cosine": ScheduleEntry(lambda optimizer, steps: CosineAnnealingLR(optimizer, steps)),
    "cosine_restarts": ScheduleEntry(
        lambda optimizer, steps: CosineAnnealingWarmRestarts(optimizer, ceil(steps / 7), T_mult=2)
    ),
    "one_cycle": ScheduleEntry(
        lambda optimizer, steps: OneCycleLR(
            optimizer, [float(group["lr"]) for group in optimizer.param_groups], steps, cycle_momentum=False
        )
    ),
    "stable_decay": ScheduleEntry(_stable_decay),
    "plateau": ScheduleEntry(
        # torch lowers the rate when the count of bad epochs exceeds its patience.
        lambda optimizer, epochs: ReduceLROnPlateau(optimizer, factor=0.5, patience=2, threshold=0.0),
        by_epoch=True,
    ),
}


class Schedule(Callback):
    """Moves an optimizer's learning rate after each step or each epoch; it sets that of the first step at once.

    Args:
        optimizer: made with `train.lr`, which its first group has; the others keep their ratio to it.
        train: `schedule`, `warmup_epochs` and `epochs` are read; they have passed `check_train`.
        steps_per_epoch: batches an epoch.
        steps_until: steps of so many epochs from the first on, where not all have as many; default: all do.

    Example:
        >>> from torch import nn, optim
        >>> from nnlabs.config.schema import TrainConfig
        >>> optimizer = optim.SGD(nn.Linear(4, 2).parameters(), lr=1e-3)
        >>> schedule = Schedule(optimizer, TrainConfig(epochs=20, schedule="cosine", warmup_epochs=1), 469)
        >>> schedule.lr  # 1e-3 / 469
        2.132196162046908e-06
    """

    order = 50

    def __init__(
        self,
        optimizer: Optimizer,
        train: TrainConfig,
        steps_per_epoch: int,
        steps_until: Callable[[float], int] | None = None,
    ) -> None:
        steps = steps_until or (lambda epochs: round(epochs * steps_per_epoch))
        self._optimizer, self._entry = optimizer, SCHEDULES[train.schedule]
        # Not the tensor that an optimizer may keep its rate in: a schedule writes there.
        self._rates = [float(group["lr"]) for group in optimizer.param_groups]
        self._warmup_steps = steps(train.warmup_epochs)
        self._warmup_epochs = next(epoch for epoch in count() if steps(epoch) >= self._warmup_steps)
        by_epoch, by_step = train.epochs - self._warmup_epochs, steps(train.epochs) - self._warmup_steps
        self._moves = max(by_epoch if self._entry.by_epoch else by_step, 1)
        if train.schedule == "plateau":
            self.needs = (History,)
        self._start()

    def _start(self) -> None:
        for group, rate in zip(self._optimizer.param_groups, self._rates, strict=True):
            group.pop("initial_lr", None)  # that of another training's schedule
            group["lr"] = rate
        self._main = self._entry.make(self._optimizer, self._moves)
        # Made after the schedule, so that the rate of the first batch is the warm-up's.
        steps = self._warmup_steps
        self._warmup = LambdaLR(self._optimizer, lambda t: min(1.0, (t + 1) / steps)) if steps else None
        self._steps = self._epochs = 0

    @property
    def lr(self) -> float:
        """The learning rate of the next step."""
        return float(self._optimizer.param_groups[0]["lr"])

    def before_training(self, state: State) -> None:
        """Begin with the rate of the first step; a training that goes on gets its own back from a checkpoint."""
        self._start()

    def after_step(self, state: State) -> None:
        """Move, if the warm-up or the schedule goes by steps."""
        self._steps += 1
        if self._warmup is not None and self._steps <= self._warmup_steps:
            self._warmup.step()
        elif not self._entry.by_epoch:
            self._main.step()

    def after_epoch(self, state: State) -> None:
        """Move, if the schedule goes by epochs; plateau reads the history's validation loss."""
        self._epochs += 1
        if not self._entry.by_epoch or self._epochs <= self._warmup_epochs:
            return
        if isinstance(self._main, ReduceLROnPlateau):
            self._main.step(read_metric(state, "validation_loss"))
        else:
            self._main.step()

    def state_dict(self) -> dict[str, Any]:
        """All that a later process needs to go on from here, together with the optimizer's own state."""
        return {
            "steps": self._steps,
            "epochs": self._epochs,
            "warmup": self._warmup.state_dict() if self._warmup else None,
            "main": self._main.state_dict(),
        }

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go on from where `state_dict()` was taken; the optimizer's state, with the learning rate, is loaded apart.

        Args:
            saved: what `state_dict()` returned, under the same settings.
        """
        self._steps, self._epochs = saved["steps"], saved["epochs"]
        self._main.load_state_dict(saved["main"])
        if self._warmup is not None:
            self._warmup.load_state_dict(saved["warmup"])
