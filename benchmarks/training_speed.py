"""The speed of the training loop beside the PyTorch tutorial's way, and beside a loop that does nothing but train.

    python benchmarks/training_speed.py                 about four minutes on one core
    python benchmarks/training_speed.py --threads 2

Three programs train the same network, with the same batch size and optimizer (Adam), on the same images:

    tutorial   a Dataset with torchvision's transforms, a DataLoader, float32, a plain loop that reads loss.item() each step
    bare       tensors of floats that lie in memory, normalized beforehand, never augmented; the fastest settings we know:
               bf16 where that is faster, Adam as one kernel, channels last for convolutions
    ours       `training.loop` with `TrainBatches` and `History`, the same settings, and the augmentation of the tutorial

Each program runs in a process of its own, so that its peak memory can be told; all of them hold the whole training set. Rounds
alternate; medians over rounds count, and ratios are taken within a round. On one thread the processor time of the process is
measured, which other programs on the machine disturb little; on several threads it is the time on the clock. The images are
Fashion-MNIST's and CIFAR-10's where they lie in the data root, else noise of the same shape. The table also goes to
`results/benchmarks/training_speed.csv`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from nnlabs.config.schema import ModelConfig, TrainConfig
from nnlabs.data.augment import Augmentation
from nnlabs.data.batches import TrainBatches
from nnlabs.data.catalog import lookup
from nnlabs.data.examples import Examples
from nnlabs.data.integrity import is_here
from nnlabs.data.load import image_set
from nnlabs.data.normalize import Normalize
from nnlabs.data.split import mean_and_std, pixel_counts
from nnlabs.errors import run_as_script
from nnlabs.models.build import build
from nnlabs.paths import data_root, results_root
from nnlabs.records import write_csv
from nnlabs.runs.precision import pick_precision
from nnlabs.runs.provenance import describe_environment
from nnlabs.tables import Column, format_table
from nnlabs.training.callbacks import History
from nnlabs.training.device import autocast, likes_channels_last
from nnlabs.training.loop import State, train
from nnlabs.training.optimizers import make_optimizer

CPU = torch.device("cpu")
COLUMNS = (
    Column("model", "model"),
    Column("program", "program"),
    Column("images_s", "images/s", ",.0f"),
    Column("of_tutorial", "times tutorial", ".2f"),
    Column("of_bare", "% of bare", ".1f", 100),
    Column("peak_mb", "peak memory (MB)", ",.0f"),
)

Epoch = Callable[[], None]


@dataclass(frozen=True)
class Task:
    """What is trained on.

    Args:
        data: name of the data set.
        model: the network.
        augment: what is done to each image.
        images: how many images an epoch shows.
        batch_size: images a step.
    """

    data: str
    model: ModelConfig
    augment: tuple[str, ...]
    images: int
    batch_size: int = 128


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


class Pictures(Dataset[tuple[Tensor, int]]):
    """Images one by one, as torchvision's data sets give them.

    Args:
        examples: the images.
        transform: from a PIL image to a tensor.
        shown: how many of them an epoch shows.
    """

    def __init__(self, examples: Examples, transform: Callable[[Image.Image], Tensor], shown: int) -> None:
        self.examples, self.transform, self.shown = examples, transform, shown

    def __len__(self) -> int:
        return self.shown

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image = Image.fromarray(self.examples.x[index].movedim(0, -1).squeeze(-1).numpy())
        return self.transform(image), int(self.examples.y[index])


def tutorial(task: Task, examples: Examples, mean: Tensor, std: Tensor) -> Epoch:
    """PyTorch's quickstart: https://docs.pytorch.org/tutorials/beginner/basics/quickstart_tutorial.html."""
    from torchvision import transforms

    size, pad = examples.shape[1:], Augmentation(task.augment, examples.shape).pad
    moves = [transforms.RandomCrop(size, padding=pad), transforms.RandomHorizontalFlip()] if task.augment else []
    normalize = transforms.Normalize(mean.flatten().tolist(), std.flatten().tolist())
    transform = transforms.Compose([*moves, transforms.ToTensor(), normalize])
    loader = DataLoader(Pictures(examples, transform, task.images), batch_size=task.batch_size, shuffle=True)
    model = build(task.model, examples.shape, 10)
    loss_fn = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def epoch() -> None:
        model.train()
        total = 0.0
        for X, y in loader:
            loss = loss_fn(model(X), y)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            total += loss.item()

    return epoch


def bare(task: Task, examples: Examples, mean: Tensor, std: Tensor) -> Epoch:
    """Nothing but training."""
    model = build(task.model, examples.shape, 10)
    layout = torch.channels_last if likes_channels_last(model) else torch.contiguous_format
    model = model.to(memory_format=layout)
    x = ((examples.x / 255 - mean) / std).contiguous(memory_format=layout)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    precision = pick_precision("auto", CPU)

    def epoch() -> None:
        model.train()
        for rows in torch.randperm(task.images).split(task.batch_size):
            with autocast(CPU, precision):
                loss = F.cross_entropy(model(x[rows]).float(), examples.y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return epoch


def ours(task: Task, examples: Examples, mean: Tensor, std: Tensor) -> Epoch:
    """This package's loop, as `runs.learner` and `runs.train` put it together."""
    model = build(task.model, examples.shape, 10)
    channels_last = likes_channels_last(model)
    if channels_last:
        model = model.to(memory_format=torch.channels_last)
    shown = examples.select(torch.arange(task.images))
    batches = TrainBatches(shown, Normalize(mean, std, CPU, channels_last), task.batch_size, task.augment)
    state = State(model, make_optimizer(model, TrainConfig()))
    history = History(lambda state: {})
    in_precision = partial(autocast, CPU, pick_precision("auto", CPU))

    def epoch() -> None:
        train(state, batches, F.cross_entropy, state.epoch + 1, [history], in_precision)

    return epoch


PROGRAMS = {"tutorial": tutorial, "bare": bare, "ours": ours}


def work(pipe: Connection, task: Task, program: str, threads: int) -> None:
    """Train an epoch for each message until one is None; answer with its seconds, and with the peak memory at the end."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    examples = load_images(task.data)
    mean, std = mean_and_std(pixel_counts(examples))
    epoch = PROGRAMS[program](task, examples, mean, std)
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


def compare(name: str, task: Task, threads: int, rounds: int) -> Iterator[dict[str, Any]]:
    """Rows of the table for one network."""
    context = multiprocessing.get_context("spawn")
    pipes = {}
    for program in PROGRAMS:
        pipes[program], other_end = context.Pipe()
        context.Process(target=work, args=(other_end, task, program, threads), daemon=True).start()
    seconds: dict[str, list[float]] = {program: [] for program in PROGRAMS}
    for number in range(rounds + 1):
        for program, pipe in pipes.items():
            pipe.send("an epoch")
            taken = pipe.recv()
            seconds[program] += [taken] if number else []  # the first one warms up
    for program, pipe in pipes.items():
        pipe.send(None)
        yield {
            "model": name,
            "program": program,
            "images_s": task.images / statistics.median(seconds[program]),
            "of_tutorial": times_as_fast(seconds[program], seconds["tutorial"]),
            "of_bare": times_as_fast(seconds[program], seconds["bare"]),
            "peak_mb": pipe.recv(),
        }


def times_as_fast(seconds: list[float], others: list[float]) -> float:
    """Median over rounds of the ratio within a round, in which the machine was equally busy with both."""
    return statistics.median(other / own for own, other in zip(seconds, others, strict=True))


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default: 1)")
    parser.add_argument("--rounds", type=int, default=21, help="timed rounds (default: 21)")
    options = parser.parse_args()
    rows = [row for name, task in TASKS.items() for row in compare(name, task, options.threads, options.rounds)]
    facts = describe_environment()
    precision = str(pick_precision("auto", CPU)).removeprefix("torch.")
    time_of = "processor time" if options.threads == 1 else "clock time"
    print(f"{facts['processor']}, {options.threads} thread(s), torch {torch.__version__}, bare and ours in {precision}")
    print(f"batches of 128, {time_of}, median of {options.rounds} rounds\n")
    print(format_table(rows, COLUMNS))
    write_csv(results_root() / "benchmarks" / "training_speed.csv", rows)


if __name__ == "__main__":
    sys.exit(run_as_script(main))
