"""The speed of the training loop beside what one would use instead, and beside a loop that does nothing but train.

    pip install -e ".[benchmarks]"                      for the rows of Lightning and skorch
    python benchmarks/training_speed.py                 some minutes on one core
    python benchmarks/training_speed.py --threads 2

These programs train the same network, with the same batch size and optimizer (Adam), on the same images:

    tutorial   a Dataset with torchvision's transforms, a DataLoader, float32, a plain loop that reads loss.item() each step
    Lightning  the same Dataset and DataLoader; where it is installed
    skorch     likewise
    bare       tensors of floats that lie in memory, normalized beforehand, never augmented; the fastest settings we know: Adam as
               one kernel, channels last for convolutions
    ours       `training.loop` with `TrainBatches` and `History`, the same settings, and the augmentation of the tutorial

`bare` and `ours` are shown in float32 and in bf16, unless this processor has to emulate bf16; "% of bare" is against the faster of
the two. Each program runs in a process of its own, so that its peak memory can be told; all of them hold the whole training set.
There are three such processes a program, one after another: where arrays happen to lie in memory makes one process up to 3 %
faster than another for all its life. Rounds alternate; medians over rounds count, and ratios are taken within a round. On one
thread the processor time of the process is measured, which other programs on the machine disturb little; on several threads it is
the time on the clock. The images are Fashion-MNIST's and CIFAR-10's where they lie in the data root, else noise of the same
shape. The table also goes to `results/benchmarks/training_speed.csv`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from typing import Any

import torch
from training_programs import Images, Task, programs

from nnlabs.config.schema import ModelConfig
from nnlabs.data.catalog import lookup
from nnlabs.data.examples import Examples
from nnlabs.data.integrity import is_here
from nnlabs.data.load import image_set
from nnlabs.data.split import mean_and_std, pixel_counts
from nnlabs.errors import run_as_script
from nnlabs.paths import data_root, results_root
from nnlabs.records import write_csv
from nnlabs.runs.precision import HOPELESS, kept_speeds
from nnlabs.runs.provenance import describe_environment
from nnlabs.tables import Column, format_table

COLUMNS = (
    Column("model", "model"),
    Column("program", "program"),
    Column("images_s", "images/s", ",.0f"),
    Column("of_tutorial", "times tutorial", ".2f"),
    Column("of_bare", "% of bare", ".1f", 100),
    Column("peak_mb", "peak memory (MB)", ",.0f"),
)

PROCESSES = 3

TASKS = {
    "MLP 784-512-512-10": Task("fashion_mnist", ModelConfig("mlp", widths=(512, 512)), (), images=6_400),
    "CNN, crop and flip": Task("fashion_mnist", ModelConfig("cnn"), ("crop", "flip"), images=1_280),
    "whitened CNN, CIFAR-10, crop and flip": Task(
        "cifar10", ModelConfig("whitened_cnn", widths=(16, 32, 64)), ("crop", "flip"), images=1_280
    ),
}


def load_images(name: str) -> Examples:
    """A data set's training images where they are at hand, else noise of the same shape."""
    entry = lookup(name)
    if entry.download is not None and is_here(entry.download, data_root()):
        return image_set(name, data_root()).train
    generator = torch.Generator().manual_seed(0)
    shape = {"fashion_mnist": (60_000, 1, 28, 28), "cifar10": (50_000, 3, 32, 32)}[name]
    x = torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)
    return Examples(x, torch.randint(0, 10, shape[:1], generator=generator))


def work(pipe: Connection, task: Task, program: str, threads: int) -> None:
    """Train an epoch for each message until one is None; answer with its seconds, and with the peak memory at the end."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    examples = load_images(task.data)
    epoch = programs()[program](task, Images(examples, *mean_and_std(pixel_counts(examples))))
    clock = time.process_time if threads == 1 else time.perf_counter
    while pipe.recv() is not None:
        start = clock()
        epoch()
        pipe.send(clock() - start)
    pipe.send(peak_memory_mb())


def peak_memory_mb() -> float:
    """The most memory that this process ever had, in 10^6 bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def measure(
    task: Task, names: Sequence[str], threads: int, rounds: int
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Seconds of each program's epochs, round by round, and its peak memory in MB."""
    context = multiprocessing.get_context("spawn")
    pipes = {}
    for program in names:
        pipes[program], other_end = context.Pipe()
        context.Process(target=work, args=(other_end, task, program, threads), daemon=True).start()
    seconds: dict[str, list[float]] = {program: [] for program in names}
    for number in range(rounds + 1):
        for program, pipe in pipes.items():
            pipe.send("an epoch")
            taken = pipe.recv()
            seconds[program] += [taken] if number else []  # the first one warms up
    for pipe in pipes.values():
        pipe.send(None)
    return seconds, {program: pipe.recv() for program, pipe in pipes.items()}


def measure_anew(
    task: Task, names: Sequence[str], threads: int, rounds: int
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """The same over `PROCESSES` processes a program, one after another; the highest of the peaks."""
    parts = [measure(task, names, threads, rounds) for _ in range(PROCESSES)]
    seconds = {program: [taken for times, _ in parts for taken in times[program]] for program in names}
    return seconds, {program: max(peaks[program] for _, peaks in parts) for program in names}


def table(
    name: str, images: int, seconds: Mapping[str, list[float]], peaks: Mapping[str, float]
) -> list[dict[str, Any]]:
    """Rows for one network, one a program; the bare loop that the others are held against is the faster one."""
    medians = {program: statistics.median(times) for program, times in seconds.items()}
    bare = min((program for program in seconds if program.startswith("bare")), key=medians.__getitem__)
    return [
        {
            "model": name,
            "program": program,
            "images_s": images / medians[program],
            "of_tutorial": times_as_fast(times, seconds["tutorial"]),
            "of_bare": times_as_fast(times, seconds[bare]),
            "peak_mb": peaks[program],
        }
        for program, times in seconds.items()
    ]


def times_as_fast(seconds: list[float], others: list[float]) -> float:
    """Median over rounds of the ratio within a round, in which the machine was equally busy with both."""
    return statistics.median(other / own for own, other in zip(seconds, others, strict=True))


def emulates_bf16(threads: int) -> bool:
    """Whether bf16 is so slow here that it is not shown, which is said."""
    speeds = kept_speeds(threads)
    slower = min(times["bf16"] / times["fp32"] for times in (speeds.linear, speeds.convolution))
    if slower > HOPELESS:
        print(f"bf16 is left out: this processor emulates it, and a layer takes {slower:.0f} times as long in it")
    return slower > HOPELESS


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default: 1)")
    parser.add_argument("--rounds", type=int, default=7, help="timed rounds a process (default: 7)")
    options = parser.parse_args()
    names = list(programs())
    for missing in {"Lightning", "skorch"} - set(names):
        print(f"{missing} is not installed, and is left out; to see it: pip install -e '.[benchmarks]'")
    if emulates_bf16(options.threads):
        names = [program for program in names if "bf16" not in program]
    rows: list[dict[str, Any]] = []
    for name, task in TASKS.items():
        rows += table(name, task.images, *measure_anew(task, names, options.threads, options.rounds))
    time_of = "processor time" if options.threads == 1 else "clock time"
    processor = describe_environment()["processor"]
    print(f"{processor}, {options.threads} thread(s), torch {torch.__version__}")
    print(f"batches of 128, {time_of}, median of {PROCESSES} x {options.rounds} rounds\n")
    print(format_table(rows, COLUMNS))
    write_csv(results_root() / "benchmarks" / "training_speed.csv", rows)


if __name__ == "__main__":
    sys.exit(run_as_script(main))
