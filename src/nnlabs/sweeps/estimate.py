"""How long a sweep will take and how much room it needs, before it starts: from finished runs, else from a few real steps."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from itertools import count, takewhile
from pathlib import Path
from statistics import fmean, median
from typing import TYPE_CHECKING

from nnlabs.errors import UserError
from nnlabs.runs.run import Run
from nnlabs.sweeps.costs import Cost, Costs, Kind, kind_of, whole_epochs
from nnlabs.sweeps.dask_pool import open_pool
from nnlabs.sweeps.pools import HerePool, Pool, hand_out
from nnlabs.sweeps.settings import SweepConfig
from nnlabs.units import duration

if TYPE_CHECKING:
    from nnlabs.config.schema import RunConfig
    from nnlabs.data.examples import Examples
    from nnlabs.runs.learner import Learner

# After so many seconds no further kind of run is tried; the second holds where a whole lab is only previewed. Of one kind, so many
# steps and seconds at most.
BUDGET_S, PREVIEW_S = 8.0, 4.0
STEPS = 5
KIND_S = 1.0
# Runs on all threads are tried where the sweep takes longer than that, so many times, and said from a gain of 3 % on.
WORTH_TRYING_S = 300.0
ROUNDS = 3
WORTH_SAYING = 1.03
# Bytes of the files beside the checkpoint: configuration, environment and result; and a row of history an epoch.
FILES = 8_000
ROW = 200
# And of a lab's figures, as pictures, drawings and numbers: 4 to 6 MB in labs 3 and 4, whatever the preset.
FIGURES = 5_000_000


@dataclass(frozen=True)
class Estimate:
    """What is left to do.

    Args:
        runs: number of runs that are missing.
        workers: how many are made at a time.
        seconds: until all are done, about; nan where none could be tried.
        size: bytes they will take, about.
        gain: how many times as fast they would be one after another, each on a thread a worker; 1 where that was not tried.
    """

    runs: int
    workers: int
    seconds: float
    size: float
    gain: float = 1.0

    def sentence(self, folder: Path, rest_s: float) -> str:
        """One line for the console, and another one where other settings would be faster.

        The sweep does not take them by itself: the number of threads belongs to a run, for it decides the last bits of what is
        computed, and the same command must give the same runs on every machine and on every day.

        Args:
            folder: where the runs go.
            rest_s: seconds that figures and the test take after the runs, about.
        """
        if not self.runs:
            return f"nothing to do: all runs are in {folder}"
        runs = f"{self.runs} run{'s' if self.runs > 1 else ''}"
        if math.isnan(self.seconds):
            return f"{runs} to do, in {folder}"
        workers = f"{self.workers} worker{'s' if self.workers > 1 else ''}"
        size = f"{round((self.size + FIGURES) / 1e6):,} MB"
        line = f"{runs} and figures to do: about {duration(self.seconds + rest_s)} with {workers}, {size} in {folder}"
        if self.gain < WORTH_SAYING:
            return line
        faster = f"--sweep.workers 1 --train.threads {self.workers}"
        return f"{line}\nnotice: one after another they would take {1 / self.gain:.2f} times as long: {faster}"

    def total(self, data: str) -> str:
        """One line about all runs.

        Args:
            data: title of what they learn from.
        """
        workers = f"{self.workers} worker{'s' if self.workers > 1 else ''}"
        runs = f"{self.runs} run{'s' if self.runs > 1 else ''}"
        if math.isnan(self.seconds):
            return f"{data}: {runs}; how long they take cannot be told, for none could be tried"
        return f"{data}: {runs}, about {duration(self.seconds)} with {workers}"


def estimate(runs: Sequence[Run], settings: SweepConfig, costs: Costs) -> Estimate:
    """Estimate what it takes to complete some runs; kinds of which none is finished are tried, for about ten seconds in all.

    Args:
        runs: all runs of a sweep, done or not.
        settings: where they will be made, and are tried.
        costs: learns from the runs that are done, and from what is tried.

    Raises:
        UserError: where the data cannot be had, or a run's settings contradict each other.
    """
    wanted = {run.folder: run for run in runs}.values()
    missing = [run for run in wanted if not run.done]
    for run in wanted:
        if run.done:
            costs.learn(run)
    if not missing:
        return Estimate(0, 1, 0.0, 0.0)
    kinds = {kind_of(run.config): run.config for run in missing}
    unknown = [config for kind, config in kinds.items() if kind not in costs.known]
    with open_pool(settings, len(missing), _threads(missing)) as pool:
        costs.known.update(_try(unknown, pool, BUDGET_S))
        found = _sum(missing, max(1, pool.size()), costs)
        longest = max(missing, key=lambda run: costs.seconds(run.config)).config
        on_this_machine = found.workers > 1 and settings.scheduler is None
        # What is done on one thread would have to be made again on all of them.
        if (
            on_this_machine
            and len(missing) == len(wanted)
            and found.seconds > WORTH_TRYING_S
            and longest.train.threads == 1
        ):
            found = replace(found, gain=gain_of_threads(longest, pool))
    return found


def gain_of_threads(config: RunConfig, pool: Pool) -> float:
    """How many times as fast runs are one after another on all threads as side by side on one each; measured in turns.

    Args:
        config: a run on one thread.
        pool: of several processes on this machine.

    Returns:
        The median over some rounds; 1 where the run cannot be tried.
    """
    workers = pool.size()
    on_all = replace(config, train=replace(config.train, threads=workers))
    gains = []
    for _ in range(ROUNDS):
        # A list: all of them are under way before the first is waited for.
        side_by_side = [_collect(future, pool) for future in [pool.submit(measure, config) for _ in range(workers)]]
        alone = _collect(pool.submit(measure, on_all), pool)
        if alone is None or None in side_by_side:
            return 1.0
        gains.append(fmean(cost.epoch_s for cost in side_by_side if cost) / workers / alone.epoch_s)
    return median(gains)


def estimate_all(runs: Sequence[Run], settings: SweepConfig) -> Estimate:
    """Estimate what it takes to make some runs as if none was done, from what can be tried in this process in some seconds.

    Args:
        runs: all different.
        settings: where they would be made.

    Raises:
        UserError: as `estimate`.
    """
    costs = Costs(_try({kind_of(run.config): run.config for run in runs}.values(), HerePool(), PREVIEW_S))
    with open_pool(settings, len(runs), _threads(runs)) as pool:
        return _sum(runs, max(1, pool.size()), costs)


def _threads(runs: Sequence[Run]) -> int:
    """The most threads that one of the runs computes with."""
    return max(run.config.train.threads for run in runs)


def _sum(missing: Sequence[Run], workers: int, costs: Costs) -> Estimate:
    seconds = [costs.seconds(run.config) for run in missing]
    total = max(sum(seconds) / workers, max(seconds))  # no run is made by two workers
    return Estimate(len(missing), workers, total, sum(costs.of(run.config).size for run in missing))


def _try(configs: Iterable[RunConfig], pool: Pool, budget_s: float) -> dict[Kind, Cost]:
    """Measure runs, one of each kind, as far as the time allows, where and as many at a time as they will be made."""
    end = time.monotonic() + budget_s
    in_time = takewhile(lambda _: time.monotonic() < end, _mixed(configs))
    found = {kind_of(config): _collect(call, pool) for config, call in hand_out(pool, measure, in_time)}
    return {kind: cost for kind, cost in found.items() if cost is not None}


def _mixed(configs: Iterable[RunConfig]) -> list[RunConfig]:
    """First one of each model and size of the data, then a second: what is not tried for want of time resembles what is."""
    turns: defaultdict[tuple[str, str, int | None], Iterator[int]] = defaultdict(count)
    return sorted(configs, key=lambda each: next(turns[each.model.name, each.data.name, each.data.train_size]))


def _collect(future: Future[Cost], pool: Pool) -> Cost | None:
    """What was measured; None where the run kills its process or fails, which the sweep will find out, too."""
    try:
        return pool.collect(future)
    except Exception as error:
        if isinstance(error, UserError):
            raise
        return None


def measure(config: RunConfig) -> Cost:
    """Try some steps of a run, and evaluate some images; write nothing.

    Args:
        config: the run.
    """
    from nnlabs.runs.learner import make_learner
    from nnlabs.training.callbacks import StepClock
    from nnlabs.training.hardest import steps_until
    from nnlabs.training.loop import State, train
    from nnlabs.training.losses import make_loss
    from nnlabs.training.optimizers import make_optimizer

    # Compiling takes a minute or two, which is more than there is to measure.
    learner = make_learner(replace(config, train=replace(config.train, compile=False)))
    state = State(learner.model, make_optimizer(learner.model, config.train), seed=config.train.seed)
    batches, clock = learner.train_batches(), StepClock(STEPS + 1, KIND_S)
    train(state, batches, make_loss(config.train), 1, [clock], learner.autocast)
    size = sum(weights.numel() * weights.element_size() for weights in learner.model.state_dict().values())
    epochs = config.train.epochs
    seconds = steps_until(epochs, batches, config.train.keep_hardest) * clock.seconds + epochs * _evaluation_s(learner)
    return Cost(seconds / whole_epochs(config, epochs), size + FILES + ROW * epochs)


def _evaluation_s(learner: Learner) -> float:
    """Seconds that an epoch's evaluation takes: the validation split, and as many training examples where there are so many."""
    import torch

    validation = learner.splits.validation
    judged = len(validation) + min(len(validation), len(learner.splits.train))
    some = validation.select(torch.arange(min(len(validation), 1024)))
    return judged / len(some) * min(_prediction_s(learner, some) for _ in range(2))


def _prediction_s(learner: Learner, examples: Examples) -> float:
    begun = time.perf_counter()
    learner.predict(examples)
    return time.perf_counter() - begun
