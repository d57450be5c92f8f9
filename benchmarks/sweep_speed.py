"""Runs per hour: a sweep of several workers with one thread each, beside the same runs one after another on all threads.

    python benchmarks/sweep_speed.py                 about ten minutes on two cores
    python benchmarks/sweep_speed.py --workers 4     on a machine with four

Small networks leave most of a second core idle: to hand out and collect the parts of each operation takes as long as to compute
them. Two runs side by side have nothing to wait for. Both programs are `sweeps.sweep` with the same runs: a convolutional
network on CIFAR-10 where it lies in the data root, else on the bundled MNIST-1D, for as many epochs as take the asked
seconds on one thread. The programs take turns, and ratios are taken within a round, in which the machine was equally busy with
both. Workers are started, and torch is imported, before the clock runs: a sweep of an hour does that once. The time is that on
the clock, so nothing else may run on the machine. The table also goes to `results/benchmarks/sweep_speed.csv`.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from nnlabs.config.schema import DataConfig, ModelConfig, RunConfig, TrainConfig
from nnlabs.data.catalog import lookup
from nnlabs.data.integrity import is_here
from nnlabs.errors import run_as_script
from nnlabs.paths import data_root, results_root
from nnlabs.records import write_csv
from nnlabs.runs.provenance import describe_environment
from nnlabs.runs.run import Run
from nnlabs.sweeps.estimate import measure
from nnlabs.sweeps.settings import SweepConfig
from nnlabs.sweeps.sweep import sweep
from nnlabs.tables import Column, format_table

COLUMNS = (
    Column("program", "program"),
    Column("workers", "workers"),
    Column("threads", "threads each"),
    Column("run_s", "seconds a run", ".1f"),
    Column("runs_h", "runs/hour", ".1f"),
    Column("times", "times as many", ".2f"),
)


def base_config(seconds: float) -> RunConfig:
    """A run that takes about so many seconds on one thread.

    Args:
        seconds: how long.
    """
    download = lookup("cifar10").download
    name = "cifar10" if download is not None and is_here(download, data_root()) else "mnist1d"
    data = DataConfig(name=name, augment=("crop", "flip") if name == "cifar10" else ("crop",))
    train = TrainConfig(batch_size=128, lr=0.05, optimizer="nesterov", schedule="cosine")
    config = RunConfig(data, ModelConfig("cnn", widths=(16, 32, 64)), train)
    epochs = math.ceil(seconds / measure(config).epoch_s)
    return replace(config, train=replace(train, epochs=epochs))


def time_sweep(config: RunConfig, seeds: Sequence[int], workers: int, threads: int) -> float:
    """Seconds that a sweep over some seeds takes.

    Args:
        config: the run.
        seeds: one run each.
        workers: runs at a time.
        threads: of each run.
    """
    with tempfile.TemporaryDirectory() as folder:
        runs = [
            Run(replace(config, train=replace(config.train, seed=seed, threads=threads)), Path(folder))
            for seed in seeds
        ]
        begun = time.perf_counter()
        sweep(runs, SweepConfig(workers=workers), f"{workers} x {threads} thread(s)")
        return time.perf_counter() - begun


def compare(config: RunConfig, workers: int, runs: int, rounds: int) -> Iterator[dict[str, str | float]]:
    """Rows of the table.

    Args:
        config: the run.
        workers: of the sweep; the other program has as many threads.
        runs: how many each program makes in a round.
        rounds: how many are timed.
    """
    programs = {"one after another": (1, workers), "sweep": (workers, 1)}
    brief = replace(config, data=replace(config.data, train_size=200), train=replace(config.train, epochs=1))
    for program in programs.values():
        time_sweep(brief, range(workers), *program)
    seconds: dict[str, list[float]] = {name: [] for name in programs}
    for number in range(rounds):
        for name, program in programs.items():
            seeds = range(number * runs, (number + 1) * runs)
            seconds[name].append(time_sweep(config, seeds, *program))
    for name, (at_a_time, threads) in programs.items():
        ratios = [other / own for own, other in zip(seconds[name], seconds["one after another"], strict=True)]
        took = statistics.median(seconds[name])
        yield {
            "program": name,
            "workers": at_a_time,
            "threads": threads,
            "run_s": took * at_a_time / runs,
            "runs_h": 3600 * runs / took,
            "times": statistics.median(ratios),
        }


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=2, help="workers, and threads of the other program (default: 2)")
    parser.add_argument("--seconds", type=float, default=30, help="of a run on one thread, about (default: 30)")
    parser.add_argument("--runs", type=int, default=4, help="runs of each program in a round (default: 4)")
    parser.add_argument("--rounds", type=int, default=3, help="timed rounds (default: 3)")
    options = parser.parse_args(argv)
    config = base_config(options.seconds)
    rows = list(compare(config, options.workers, options.runs, options.rounds))
    facts = describe_environment()
    print(f"{facts['processor']}, {facts['cores']} cores, torch {facts['packages']['torch']}")
    print(
        f"{config.model.name} on {config.data.name}, {config.train.epochs} epochs, median of {options.rounds} rounds\n"
    )
    print(format_table(rows, COLUMNS))
    write_csv(results_root() / "benchmarks" / "sweep_speed.csv", rows)
    return 0


if __name__ == "__main__":
    sys.exit(run_as_script(main))
