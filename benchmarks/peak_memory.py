"""Peak memory of a sweep, of the process that started it and of its workers: it must not grow with the number of runs.

    python benchmarks/peak_memory.py                    a minute or two on two cores
    python benchmarks/peak_memory.py --runs 2 1000      how many runs, one sweep each

The runs are tiny, on scikit-learn's digits, so that what they need themselves does not hide what they might leave behind. Each
sweep is made twice, in fresh processes: one run after another in the lab's own process, and by two workers. Peak memory is resident
memory, in 10^6 bytes; torch, imported, takes most of it. The table also goes to `results/benchmarks/peak_memory.csv`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from nnlabs.config.schema import DataConfig, ModelConfig, RunConfig, TrainConfig
from nnlabs.errors import RunError, run_as_script
from nnlabs.paths import results_root
from nnlabs.records import write_csv
from nnlabs.runs.provenance import describe_environment
from nnlabs.runs.run import Run
from nnlabs.sweeps.dask_pool import open_pool
from nnlabs.sweeps.pools import Pool, stop_processes
from nnlabs.sweeps.settings import SweepConfig
from nnlabs.sweeps.sweep import sweep
from nnlabs.tables import Column, format_table

COLUMNS = (
    Column("runs", "runs"),
    Column("alone", "one process (MB)", ",.0f"),
    Column("parent", "with two workers: parent (MB)", ",.0f"),
    Column("worker", "a worker (MB)", ",.0f"),
)


def peak_memory_mb(pool: Pool | None = None) -> float:
    """The most resident memory that a process ever had, in 10^6 bytes.

    On Linux not by `getrusage`, which begins with the memory of the process that started this one.

    Args:
        pool: asks one of its processes; default: this process.

    Raises:
        RunError: where that process was killed.
    """
    on_linux = sys.platform == "linux"
    # Functions of the standard library, which any process can import.
    ask = Path("/proc/self/status").read_text if on_linux else partial(resource.getrusage, resource.RUSAGE_SELF)
    said: Any = pool.collect(pool.submit(ask)) if pool else ask()
    if said is None:
        raise RunError("a worker was killed before it could tell its memory")
    if on_linux:
        return next(int(line.split()[1]) for line in said.splitlines() if line.startswith("VmHWM")) * 1024 / 1e6
    return float(said.ru_maxrss) * (1 if sys.platform == "darwin" else 1024) / 1e6


def tiny_runs(count: int, folder: Path) -> list[Run]:
    """Runs of about a tenth of a second.

    Args:
        count: how many, a seed each.
        folder: where they go.
    """
    data, model = DataConfig("digits", train_size=200), ModelConfig("mlp", widths=(16,))
    trains = (TrainConfig(epochs=2, batch_size=32, precision="fp32", seed=seed) for seed in range(count))
    return [Run(RunConfig(data, model, train), folder) for train in trains]


def peaks(count: int, workers: int) -> list[float]:
    """Peak memory of this process, and of one of its workers, after a sweep; meant for a fresh process.

    Args:
        count: how many runs.
        workers: how many processes make them; 1: this one.
    """
    settings = SweepConfig(workers=workers)
    with tempfile.TemporaryDirectory() as folder:
        sweep(tiny_runs(count, Path(folder)), settings)
    if workers == 1:
        return [peak_memory_mb()]
    with open_pool(settings, workers) as pool:  # the same processes again, the one that was idle last first
        peaks_here_and_there = [peak_memory_mb(), peak_memory_mb(pool)]
    stop_processes()  # else this process, which is another's child, waits at its end until they have been idle for minutes
    return peaks_here_and_there


def measure(count: int) -> dict[str, Any]:
    """A row of the table.

    Args:
        count: how many runs.
    """
    context = multiprocessing.get_context("spawn")
    found = []
    for workers in (1, 2):
        with ProcessPoolExecutor(1, context) as fresh:
            found.append(fresh.submit(peaks, count, workers).result())
    (alone,), (parent, worker) = found
    return {"runs": count, "alone": alone, "parent": parent, "worker": worker}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--runs", type=int, nargs="+", default=[2, 10, 100], help="runs of a sweep, one row each; two at least"
    )
    options = parser.parse_args(argv)
    rows = [measure(count) for count in options.runs]
    facts = describe_environment()
    print(f"{facts['processor']}, {facts['system']}, torch {facts['packages']['torch']}\n")
    print(format_table(rows, COLUMNS))
    write_csv(results_root() / "benchmarks" / "peak_memory.csv", rows)
    return 0


if __name__ == "__main__":
    sys.exit(run_as_script(main))
