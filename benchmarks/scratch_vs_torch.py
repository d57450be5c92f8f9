"""The autograd engine of lab 2 against PyTorch: at which sizes is which faster, and by how much?

    python benchmarks/scratch_vs_torch.py           about two minutes on one core

The task is the training of micrograd's demo: 100 points of two moons, a network 2-16-16-1 with ReLU, hinge loss plus 1e-4 times
the sum of squares of all parameters, gradient descent on the whole set. Each program is written as its library's users write it.
All of them start from the same weights, and the benchmark stops with an error unless they reach the same loss.

What to see: for a network of this size nearly all of PyTorch's time is spent on dispatching operations, not on arithmetic, and a
small engine in Python over NumPy does the same in a fraction of it. With wider layers and larger batches arithmetic takes over,
and the two meet; the map shows where. An engine of micrograd's kind, one object a number, is the third.

Measured is CPU time of this process, on one thread, so that other programs on the machine disturb little; rounds of the programs
alternate, and the median round counts. A round of the demo has hundreds of steps, as a training has: in rounds of 10 ms, the
caches that the program before has filled with its own cost ours 7 % and PyTorch 3 %. Results go to `results/benchmarks/`: the map
as PNG and SVG, and each table as CSV.
"""

from __future__ import annotations

import argparse
import platform
import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from scalar_engine import Scalar, ScalarMLP
from threadpoolctl import threadpool_limits

from nnlabs.data.tabular import moons
from nnlabs.paths import results_root
from nnlabs.plotting.style import INK, new_figure, save, title
from nnlabs.records import write_csv
from nnlabs.runs.provenance import processor
from nnlabs.scratch.layers import MLP, Linear
from nnlabs.scratch.losses import hinge, l2_penalty
from nnlabs.scratch.optim import SGD
from nnlabs.tables import Column, format_table

LR, STRENGTH = 0.05, 1e-4
BATCHES, WIDTHS = (1, 4, 16, 64, 256, 1024, 4096), (8, 16, 32, 64, 128, 256, 512)
TORCH_TYPES = {"float32": torch.float32, "float64": torch.float64}

Weights = list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]
Step = Callable[[], float]


def data(batch: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Points (n, 2) and their signs (n, 1)."""
    table = moons(max(batch, 2), noise=0.1, seed=0)
    return table.x[:batch], np.where(table.y[:batch] == 1, 1.0, -1.0)[:, None]


def first_weights(width: int) -> Weights:
    """The weights that every program starts from."""
    rng = np.random.default_rng(0)
    return [(rng.uniform(-1, 1, pair) / np.sqrt(pair[0]), np.zeros(pair[1])) for pair in pairwise([2, width, width, 1])]


def ours(batch: int, width: int, dtype: str, l2_in_loss: bool) -> Step:
    """The engine of `nnlabs.scratch`."""
    X, y = (array.astype(dtype) for array in data(batch))
    model = MLP([2, width, width, 1], np.random.default_rng(0), dtype=dtype)
    linears = [layer for layer in model.layers if isinstance(layer, Linear)]
    for layer, (W, b) in zip(linears, first_weights(width), strict=True):
        layer.W.data, layer.b.data = W.astype(dtype), b.astype(dtype)
    parameters = model.parameters()
    optimizer = SGD(parameters, lr=LR, weight_decay=0.0 if l2_in_loss else 2 * STRENGTH)

    def step() -> float:
        optimizer.zero_grad()
        loss = hinge(model(X), y)
        if l2_in_loss:
            loss = loss + STRENGTH * l2_penalty(parameters)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def theirs(batch: int, width: int, dtype: str, l2_in_loss: bool, **options: Any) -> Step:
    """PyTorch, eager; `options` go to its SGD."""
    X, y = (torch.tensor(array, dtype=TORCH_TYPES[dtype]) for array in data(batch))
    linears = [torch.nn.Linear(W.shape[0], W.shape[1], dtype=TORCH_TYPES[dtype]) for W, _ in first_weights(width)]
    for linear, (W, b) in zip(linears, first_weights(width), strict=True):
        linear.weight.data = torch.tensor(W.T.copy(), dtype=TORCH_TYPES[dtype])
        linear.bias.data = torch.tensor(b, dtype=TORCH_TYPES[dtype])
    model = torch.nn.Sequential(linears[0], torch.nn.ReLU(), linears[1], torch.nn.ReLU(), linears[2])
    parameters = list(model.parameters())
    optimizer = torch.optim.SGD(parameters, lr=LR, weight_decay=0.0 if l2_in_loss else 2 * STRENGTH, **options)

    def step() -> float:
        optimizer.zero_grad()
        loss = (1 - y * model(X)).relu().mean()
        if l2_in_loss:
            loss = loss + STRENGTH * sum((p * p).sum() for p in parameters)
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return step


def scalars(batch: int, width: int) -> Step:
    """An engine of micrograd's kind."""
    X, y = data(batch)
    random.seed(0)
    model = ScalarMLP([2, width, width, 1])
    for layer, (W, b) in zip(model.layers, first_weights(width), strict=True):
        for unit, (weights, bias) in enumerate(layer):
            bias.data = float(b[unit])
            for i, weight in enumerate(weights):
                weight.data = float(W[i, unit])
    parameters = model.parameters()

    def step() -> float:
        for p in parameters:
            p.grad = 0.0
        scores = [model([Scalar(float(number)) for number in x])[0] for x in X]
        losses = [(1 + -float(sign) * score).relu() for sign, score in zip(y[:, 0], scores, strict=True)]
        zero = Scalar(0.0)
        loss = sum(losses, zero) * (1 / len(losses)) + STRENGTH * sum((p * p for p in parameters), zero)
        loss.backward()
        for p in parameters:
            p.data -= LR * p.grad
        return loss.data

    return step


def check_equal(programs: Mapping[str, Step], steps: int, tolerance: float) -> None:
    """Stop unless all programs have the same loss after the same number of steps."""
    losses = {name: [step() for _ in range(steps)][-1] for name, step in programs.items()}
    if max(losses.values()) - min(losses.values()) > tolerance:
        sys.exit(f"the programs do not compute the same: {losses}")


def measure(programs: Mapping[str, Step], rounds: int, round_s: float) -> dict[str, float]:
    """Median seconds a step of each program; a round lasts about `round_s`, and rounds alternate."""
    steps = {name: max(1, round(round_s / _seconds(step, 1))) for name, step in programs.items()}
    times: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(rounds):
        for name, step in programs.items():
            times[name].append(_seconds(step, steps[name]))
    return {name: median(values) for name, values in times.items()}


def _seconds(step: Step, steps: int) -> float:
    start = time.process_time()
    for _ in range(steps):
        step()
    return max(time.process_time() - start, 1e-9) / steps


def compare(width: int, dtype: str, rounds: int) -> list[dict[str, Any]]:
    """Rows of the table for the demo at one width: the penalty in the loss, as in the demo, and as weight decay."""
    rows = []
    for l2_in_loss in (True, False):
        programs = {
            "ours": ours(100, width, dtype, l2_in_loss),
            "torch": theirs(100, width, dtype, l2_in_loss),
            "torch, fused SGD": theirs(100, width, dtype, l2_in_loss, fused=True),
        }
        check_equal(programs, steps=30, tolerance=1e-10 if dtype == "float64" else 1e-4)
        seconds = measure(programs, rounds, round_s=0.1)
        fastest = min(seconds["torch"], seconds["torch, fused SGD"])
        rows.append(
            {
                "hidden": width,
                "type": dtype,
                "l2": "in the loss" if l2_in_loss else "weight decay",
                "ours": seconds["ours"],
                **{name: s for name, s in seconds.items() if name != "ours"},
                "ratio": fastest / seconds["ours"],
            }
        )
    return rows


def compare_scalars(rounds: int) -> dict[str, float]:
    """Seconds a step of the demo for the engine of scalars and for ours."""
    programs = {"scalars": scalars(100, 16), "ours": ours(100, 16, "float64", l2_in_loss=True)}
    check_equal(programs, steps=3, tolerance=1e-10)
    return measure(programs, rounds, round_s=0.1)


def measure_map(batches: Sequence[int], widths: Sequence[int], rounds: int) -> list[dict[str, Any]]:
    """One row for each batch and width: seconds a step of both, in float32, torch's usual type."""
    rows = []
    for batch in batches:
        for width in widths:
            programs = {"ours": ours(batch, width, "float32", True), "torch": theirs(batch, width, "float32", True)}
            seconds = measure(programs, rounds, round_s=0.005)
            rows.append({"batch": batch, "width": width, **seconds, "ratio": seconds["torch"] / seconds["ours"]})
    return rows


def draw_map(rows: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """How many steps we make while torch makes one, for each batch and width."""
    from matplotlib.colors import TwoSlopeNorm

    batches, widths = (sorted({row[key] for row in rows}) for key in ("batch", "width"))
    ratio = np.array([row["ratio"] for row in rows]).reshape(len(batches), len(widths))
    figure, axes = new_figure(height=6.0)
    panel = axes[0, 0]
    furthest = max(1.0, float(np.abs(np.log2(ratio)).max()))
    mesh = panel.imshow(
        np.log2(ratio), cmap="PuOr_r", norm=TwoSlopeNorm(0, -furthest, furthest), origin="lower", aspect="auto"
    )
    for (row, column), value in np.ndenumerate(ratio):
        color = "white" if abs(np.log2(value)) > 0.65 * furthest else INK
        panel.text(column, row, f"{value:#.2g}", ha="center", va="center", color=color)
    panel.grid(False)
    panel.set_xticks(range(len(widths)), [f"{width:,}" for width in widths])
    panel.set_yticks(range(len(batches)), [f"{batch:,}" for batch in batches])
    panel.set(xlabel="units of each of the two hidden layers", ylabel="examples a step")
    ticks = [2**k for k in range(-int(furthest), int(furthest) + 1)]
    bar = figure.colorbar(mesh, ax=panel, ticks=np.log2(ticks), label="our steps for each of torch's")
    bar.ax.set_yticklabels([f"{tick:g}" if tick >= 1 else f"1/{1 / tick:g}" for tick in ticks])
    faster = float((ratio > 1).mean())
    what = f"NumPy engine against PyTorch: ours is faster at {100 * faster:.0f} % of these sizes"
    title(figure, what, f"training steps of an MLP with two hidden layers, float32 · {describe_machine()}")
    save(figure, folder, "scratch_vs_torch", rows)


def describe_machine() -> str:
    """What this was measured on, and on how many threads."""
    instructions, threads = torch.backends.cpu.get_cpu_capability(), torch.get_num_threads()
    versions = f"torch {torch.__version__}, NumPy {np.__version__}, Python {platform.python_version()}"
    return f"{processor()} ({instructions}), {threads} thread{'s' * (threads != 1)}, {versions}"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15, help="rounds of each program; the median counts")
    parser.add_argument("--batches", type=int, nargs="+", default=BATCHES, help="examples a step, for the map")
    parser.add_argument("--widths", type=int, nargs="+", default=WIDTHS, help="units of a hidden layer, for the map")
    options = parser.parse_args(argv)
    folder = results_root() / "benchmarks"
    torch.set_num_threads(1)
    with threadpool_limits(1):
        rows = [row for width in (16, 64) for dtype in TORCH_TYPES for row in compare(width, dtype, options.rounds)]
        by_scalars = compare_scalars(max(1, options.rounds // 5))
        sizes = measure_map(options.batches, options.widths, max(1, options.rounds // 3))
    columns = [
        Column("hidden", "hidden units"),
        Column("type", "type"),
        Column("l2", "L2 penalty"),
        Column("ours", "ours (µs/step)", ".0f", 1e6),
        Column("torch", "torch (µs/step)", ".0f", 1e6),
        Column("torch, fused SGD", "torch, fused SGD (µs/step)", ".0f", 1e6),
        Column("ratio", "ours faster than the faster one (times)", ".2f"),
    ]
    print(f"micrograd's demo, 100 points, CPU time; {describe_machine()}\n")
    print(format_table(rows, columns))
    print(
        f"\nAn engine of micrograd's kind takes {by_scalars['scalars'] * 1e3:,.0f} ms for the same step of 16 hidden units: "
        f"{by_scalars['scalars'] / by_scalars['ours']:,.0f} times as long as ours."
    )
    write_csv(folder / "scratch_vs_torch_demo.csv", rows)
    draw_map(sizes, folder)
    print(f"\nWhere torch overtakes: {folder / 'scratch_vs_torch.png'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
