"""What a sweep shows while it runs: runs done and running, time left, and the leader on validation."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from tqdm import tqdm

from nnlabs.runs.fingerprint import describe_differences
from nnlabs.runs.run import Run
from nnlabs.sweeps.costs import Costs
from nnlabs.sweeps.results import final
from nnlabs.units import duration

# Where nobody looks at a bar, a line in the log so often shows that there is life.
LINE_EVERY_S = 30.0
_BAR = "{desc}: {n_fmt}/{total_fmt} runs |{bar:16}| {elapsed}{postfix}"


class Status:
    """One line that follows the sweep on a terminal; elsewhere a plain line every half a minute.

    Args:
        runs: all runs of the sweep, done or not.
        label: what they are called.
        costs: what is known of the runs' costs; it learns from those that end.
    """

    def __init__(self, runs: Sequence[Run], label: str, costs: Costs) -> None:
        self._runs, self._costs = runs, costs
        self._label = label or "sweep"
        self._words = describe_differences([run.config for run in runs])
        self._accuracy: dict[int, float] = {}
        self._begun: dict[Path, float] = {}
        self._seconds = np.zeros(len(runs))
        self._line_at = time.monotonic() + LINE_EVERY_S
        quiet = not sys.stderr.isatty()
        self._bar: tqdm[Any] = tqdm(
            total=len(runs), desc=self._label, bar_format=_BAR, disable=quiet, dynamic_ncols=True
        )
        self._look()

    def begin(self, run: Run) -> None:
        """A run was handed to a worker."""
        self._begun[run.folder] = time.monotonic()

    def end(self, run: Run) -> None:
        """A worker gave it back, done or not."""
        del self._begun[run.folder]
        if run.done:
            self._look()

    def _look(self) -> None:
        """See which runs are done, by whomever, and learn from them."""
        for number, run in enumerate(self._runs):
            if number not in self._accuracy and run.done:
                self._accuracy[number] = float(np.nan_to_num(final([run], "validation_accuracy")[0], nan=-1.0))
                self._costs.learn(run)
        self._seconds = np.array([self._costs.seconds(run.config) for run in self._runs])

    def time_left(self, workers: int) -> float:
        """Seconds until all runs are done, as far as is known from those that are; nan while none is.

        Args:
            workers: how many are made at a time.
        """
        now = time.monotonic()
        spent = np.array([now - self._begun.get(run.folder, now) for run in self._runs])
        left = np.delete(np.maximum(self._seconds - spent, 0.0), list(self._accuracy))
        return float(max(left.sum() / max(workers, 1), left.max(initial=0.0)))

    def show(self, workers: int) -> None:
        """Bring the line up to date.

        Args:
            workers: how many runs are made at a time.
        """
        done = len(self._accuracy)
        words = [f"{len(self._begun)} running"]
        seconds = self.time_left(workers)
        if seconds > 0:
            words.append(f"{duration(seconds)} left")
        leader = max(self._accuracy, key=self._accuracy.__getitem__, default=None)
        if leader is not None and self._accuracy[leader] >= 0:
            settings = f" ({self._words[leader]})" if self._words[leader] else ""
            words.append(f"leader {100 * self._accuracy[leader]:.1f} %{settings}")
        self._bar.n = done
        self._bar.set_postfix_str(", ".join(words))
        if self._bar.disable and time.monotonic() >= self._line_at:
            self._line_at = time.monotonic() + LINE_EVERY_S
            print(
                f"{self._label}: {done} of {len(self._runs)} runs done, {', '.join(words)}", file=sys.stderr, flush=True
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()
