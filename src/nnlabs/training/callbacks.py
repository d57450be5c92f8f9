"""What stands around the training loop, by name: history, early stopping, divergence watch, clipping, progress."""

from __future__ import annotations

import copy
import math
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import mean, median
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from nnlabs.config.schema import TrainConfig
from nnlabs.errors import ConfigError, RunError
from nnlabs.training.loop import Callback, State
from nnlabs.training.patience import best_epoch, is_over

Measure = Callable[[State], dict[str, float]]


class History(Callback):
    """One row an epoch: mean learning rate and mean loss of the steps, and what `measure` finds with the network as it is now.

    Args:
        measure: evaluates the network on fixed examples, such as a part of training and the validation split.
    """

    order = 20

    def __init__(self, measure: Measure) -> None:
        self.measure = measure
        self._rates: list[float] = []
        self._losses: list[Tensor] = []
        self._examples: list[int] = []

    def before_training(self, state: State) -> None:
        """Begin with an empty epoch: the one before may have been interrupted."""
        self._rates, self._losses, self._examples = [], [], []

    def before_step(self, state: State) -> None:
        """Keep the learning rate that this step is made with."""
        self._rates.append(float(state.optimizer.param_groups[0]["lr"]))

    def after_step(self, state: State) -> None:
        """Keep the loss on the device; nothing waits for it before the epoch ends."""
        self._losses.append(state.loss)
        self._examples.append(len(state.targets))

    def after_epoch(self, state: State) -> None:
        """Write the epoch's row."""
        losses = torch.stack(self._losses).tolist()
        total = sum(loss * examples for loss, examples in zip(losses, self._examples, strict=True))
        row = {
            "epoch": state.epoch,
            "lr": mean(self._rates),  # exact: of equal rates it is that rate
            "step_loss": total / sum(self._examples),
        }
        state.history.append(row | self.measure(state))
        self._rates, self._losses, self._examples = [], [], []


def read_metric(state: State, metric: str) -> float:
    """The last epoch's value of one column of the history.

    Args:
        state: after an epoch.
        metric: the column.

    Raises:
        ConfigError: where the history has no such column.
    """
    row = state.history[-1]
    if metric not in row:
        raise ConfigError(f"the history has no {metric}; it has {', '.join(row)}: let History measure it")
    return row[metric]


class EarlyStopping(Callback):
    """Stop when the validation loss has not improved for `patience` epochs; the best weights come back on every way out.

    Prechelt, "Early Stopping - But When?", 1998.

    Args:
        patience: epochs without improvement that are allowed.
        min_delta: how much smaller the loss must be to count as an improvement.
    """

    order = 40
    needs = (History,)

    def __init__(self, patience: int, min_delta: float = 0.0) -> None:
        self.patience, self.min_delta = patience, min_delta
        self.best_epoch = 0
        self._weights: dict[str, Tensor] = {}

    def before_training(self, state: State) -> None:
        """Forget the best of another training."""
        self.best_epoch, self._weights = 0, {}

    def after_epoch(self, state: State) -> None:
        """Keep the weights if they are the best so far, else count."""
        read_metric(state, "validation_loss")  # says so where nobody measured it
        losses = [row["validation_loss"] for row in state.history]
        self.best_epoch = best_epoch(losses, self.min_delta)
        if self.best_epoch == state.epoch:
            self._weights = copy.deepcopy(state.model.state_dict())
        elif state.stop is None and is_over(losses, self.patience, self.min_delta):
            state.stop = "early stopping"

    def after_training(self, state: State) -> None:
        """Give the network its best weights back."""
        if self._weights:
            state.model.load_state_dict(self._weights)
            state.kept_epoch = self.best_epoch

    def state_dict(self) -> dict[str, Any]:
        """The best epoch and its weights."""
        return {"best_epoch": self.best_epoch, "weights": self._weights}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Take them up again."""
        self.best_epoch, self._weights = saved["best_epoch"], saved["weights"]


class DivergenceWatch(Callback):
    """Stop when a loss is no number any more; the run is recorded as diverged, which is a result, not an error."""

    order = 30
    needs = (History,)

    def after_epoch(self, state: State) -> None:
        """Look at all that was measured: the very last step can be the one that went too far."""
        if not all(map(math.isfinite, state.history[-1].values())):
            state.stop = "diverged"


class ClipGradient(Callback):
    r"""Shorten the gradient $g$ to $g \min(1, c / \lVert g \rVert_2)$, over all parameters together.

    Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", 2013.

    Args:
        norm: the longest gradient allowed, $c$.
    """

    order = 10

    def __init__(self, norm: float) -> None:
        self.norm = norm

    def before_step(self, state: State) -> None:
        """Clip in place."""
        torch.nn.utils.clip_grad_norm_(state.model.parameters(), self.norm)


def clip_callbacks(settings: TrainConfig) -> list[Callback]:
    """Gradient clipping, where the settings ask for it; all that a training of a few steps needs around it.

    Args:
        settings: `clip_norm` is read.
    """
    return [] if settings.clip_norm is None else [ClipGradient(settings.clip_norm)]


class StepClock(Callback):
    """Times the first steps of a training, and ends it.

    Args:
        steps: after so many steps training ends.
        seconds: after so many seconds it ends, too.
    """

    order = 90

    def __init__(self, steps: int, seconds: float) -> None:
        self.steps, self.limit = steps, seconds
        self._marks: list[float] = []

    def before_training(self, state: State) -> None:
        """The first step begins."""
        self._marks = []
        self._mark()

    def after_step(self, state: State) -> None:
        """A step has ended, on the device too."""
        self._mark()
        if len(self._marks) > self.steps or self._marks[-1] - self._marks[0] > self.limit:
            state.stop = "timed"

    def _mark(self) -> None:
        if torch.accelerator.is_available():
            torch.accelerator.synchronize()
        self._marks.append(time.perf_counter())

    @property
    def seconds(self) -> float:
        """Of a step, the median; the first one, in which buffers are made, counts only where there is no other."""
        steps = [end - begin for begin, end in pairwise(self._marks)]
        return median(steps[1:] or steps)


class Progress(Callback):
    """A bar over the steps with epoch, loss, accuracy and examples/s in training; silent when the output is no terminal.

    Args:
        steps_until: steps before an epoch, which is counted from 0.
        epochs: number of epochs.
        label: what is being trained.
    """

    order = 70
    needs = (History,)

    def __init__(self, steps_until: Callable[[int], int], epochs: int, label: str) -> None:
        self.steps_until, self.epochs, self.label = steps_until, epochs, label
        self._bar: tqdm[Any] = tqdm(disable=True)
        self._started, self._stepped, self._examples = 0.0, 0.0, 0

    def before_training(self, state: State) -> None:
        """Open the bar where the run stands."""
        steps, done = self.steps_until(self.epochs), self.steps_until(state.epoch)
        quiet = not sys.stderr.isatty()
        self._bar = tqdm(total=steps, initial=done, desc=self.label, unit="step", disable=quiet, leave=False)
        self._started, self._examples = time.perf_counter(), 0

    def after_step(self, state: State) -> None:
        """Move by one."""
        self._bar.update()
        self._examples += len(state.targets)
        self._stepped = time.perf_counter()

    def after_epoch(self, state: State) -> None:
        """Show the epoch's numbers."""
        seconds = self._stepped - self._started  # without the evaluation, and what was saved
        self._bar.set_postfix(
            {
                "epoch": f"{state.epoch}/{self.epochs}",
                "loss": f"{read_metric(state, 'step_loss'):.3f}",
                "accuracy": f"{read_metric(state, 'validation_accuracy'):.3f}",
                "examples/s": f"{self._examples / seconds:,.0f}",
            }
        )
        self._started, self._examples = time.perf_counter(), 0

    def after_training(self, state: State) -> None:
        """Close the bar."""
        self._bar.close()


class TensorBoard(Callback):
    """Write the history's columns as TensorBoard scalars.

    Args:
        folder: where the event files go.

    Raises:
        RunError: where the extra is not installed.
    """

    order = 70
    needs = (History,)

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise RunError(
                "train.tensorboard needs the extra 'tensorboard'; install it with: pip install 'nnlabs[tensorboard]'"
            ) from error
        self._open = partial(SummaryWriter, str(folder))

    def before_training(self, state: State) -> None:
        """Begin after the epochs that are kept: points of later ones, written by a run that was killed, come anew."""
        self._writer = self._open(purge_step=state.epoch + 1)

    def after_epoch(self, state: State) -> None:
        """Write one point a column."""
        for name, value in state.history[-1].items():
            self._writer.add_scalar(name, value, state.epoch)

    def after_training(self, state: State) -> None:
        """Flush and close."""
        self._writer.close()
