"""What one sees while a network learns: a line an epoch, and a figure of its curves. It imports torch."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median

from tqdm import tqdm

from nnlabs.plotting.curves import learning_curve
from nnlabs.plotting.style import save
from nnlabs.training.callbacks import History
from nnlabs.training.loop import Callback, State
from nnlabs.units import clock, duration

CURVE = "learning_curve"
# The figure is redrawn when this is over since the last time, and so many times what drawing it took.
REDRAW_S, REDRAW_SHARE = 2.0, 10.0


class EpochLines(Callback):
    """One line an epoch: losses, accuracies, and how long the rest will take.

    Args:
        epochs: number of epochs.
    """

    order = 70
    needs = (History,)

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs
        self._started = 0.0
        self._begun: float | None = None
        self._spent: list[float] = []

    def before_training(self, state: State) -> None:
        """Write the header, and where a run goes on."""
        self._started, self._begun, self._spent = time.perf_counter(), None, []
        if state.epoch:
            tqdm.write(f"goes on after epoch {state.epoch} of {self.epochs}")
        tqdm.write(
            f"{'epoch':>9}   {'loss: training':>14}  {'validation':>10}   {'right: training':>15}  {'validation':>10}"
        )

    def before_step(self, state: State) -> None:
        """An epoch begins with its first step: what is drawn before does not belong to it."""
        self._begun = self._begun or time.perf_counter()

    def after_epoch(self, state: State) -> None:
        """Write the epoch's line."""
        row, now = state.history[-1], time.perf_counter()
        self._spent.append(now - (self._begun or now))
        self._begun = None
        left = median(self._spent) * (self.epochs - state.epoch)
        rest = f"{clock(now - self._started)}" + (f", about {duration(left)} left" if left > 1 else "")
        losses = f"{row['train_loss']:>14.3f}  {row['validation_loss']:>10.3f}"
        right = f"{100 * row['train_accuracy']:>13.1f} %  {100 * row['validation_accuracy']:>8.1f} %"
        tqdm.write(f"{state.epoch:>4}/{self.epochs:<4}   {losses}   {right}   {rest}")


class LiveCurve(Callback):
    """The learning curve as a figure, drawn anew while the network learns, and when it ends however it ends.

    Args:
        folder: where the figure lies.
        what: its title.
        data_line: which data, and how many examples judge.
    """

    order = 70
    needs = (History,)

    def __init__(self, folder: Path, what: str, data_line: str) -> None:
        self.folder, self.what, self.data_line = folder, what, data_line
        self._next = 0.0

    def before_training(self, state: State) -> None:
        """A quick network is drawn at its end alone."""
        self._next = time.perf_counter() + REDRAW_S

    def after_epoch(self, state: State) -> None:
        """Draw, where the last time is long enough ago."""
        if time.perf_counter() >= self._next:
            begun = time.perf_counter()
            self._draw(state)
            ended = time.perf_counter()
            self._next = ended + max(REDRAW_S, REDRAW_SHARE * (ended - begun))

    def after_training(self, state: State) -> None:
        """Draw all that there is."""
        if state.history:
            self._draw(state)

    def _draw(self, state: State) -> None:
        columns = {name: [row[name] for row in state.history] for name in state.history[0]}
        figure, table = learning_curve(columns, self.what, self.data_line, state.kept_epoch)
        save(figure, self.folder, CURVE, table)
