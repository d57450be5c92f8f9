"""How long an epoch of the perceptron takes: our vectorized search for the next mistake beside plain loops and scikit-learn.

    python benchmarks/perceptron.py

Each side shows the same examples in the same order and must make the same number of mistakes. The table gives the median CPU time
of several interleaved runs, in microseconds an epoch; the same numbers go to `results/benchmarks/perceptron.csv`.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.linear_model import Perceptron as Reference

from nnlabs.data.tabular import Table, blobs, iris
from nnlabs.errors import run_as_script
from nnlabs.paths import results_root
from nnlabs.records import write_csv
from nnlabs.scratch.perceptron_rule import Unit
from nnlabs.tables import Column, format_table

EPOCHS, REPEATS = 10, 5

Side = Callable[[np.ndarray[Any, Any], np.ndarray[Any, Any]], int]


def vectorized(X: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> int:
    """Ours."""
    unit = Unit(X.shape[1])
    columns = np.asfortranarray(X)
    return sum(unit.learn_epoch(columns, y) for _ in range(EPOCHS))


def numpy_loop(X: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> int:
    """The loop of the textbooks: one example at a time, a NumPy product each."""
    w, b, count = np.zeros(X.shape[1]), 0.0, 0
    for _ in range(EPOCHS):
        for x, label in zip(X, y, strict=True):
            if label * (np.dot(w, x) + b) <= 0:
                w, b, count = w + label * x, b + label, count + 1
    return count


def python_loop(X: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> int:
    """The same over lists of Python floats."""
    examples, labels = X.tolist(), y.tolist()
    w, b, count = [0.0] * X.shape[1], 0.0, 0
    for _ in range(EPOCHS):
        for x, label in zip(examples, labels, strict=True):
            if label * (sum(weight * value for weight, value in zip(w, x, strict=True)) + b) <= 0:
                w, b, count = [weight + label * value for weight, value in zip(w, x, strict=True)], b + label, count + 1
    return count


def scikit_learn(X: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> int:
    """scikit-learn's, compiled from Cython, with its checks of the input; it does not count mistakes."""
    Reference(shuffle=False, penalty=None, tol=None, max_iter=EPOCHS).fit(X, y)
    return -1


SIDES: dict[str, Side] = {
    "vectorized": vectorized,
    "numpy_loop": numpy_loop,
    "python_loop": python_loop,
    "scikit_learn": scikit_learn,
}


def clouds(n: int, d: int, distance: float = 4.0) -> Table:
    """Two clouds in d dimensions with standard deviation 0.5: 4 apart they hardly ever touch, 1 apart they overlap."""
    table = blobs(n, 0.5, distance=distance)
    noise = np.random.default_rng(1).normal(0, 0.5, (n, d - 2))
    return Table(
        f"blobs {distance:g} apart, d = {d}", "Blobs", np.hstack([table.x, noise]), table.y, ("x",) * d, table.classes
    )


def measure(table: Table) -> dict[str, Any]:
    """The median time of an epoch for each side.

    Args:
        table: examples of two classes.
    """
    order = np.random.default_rng(0).permutation(len(table))
    X, y = np.ascontiguousarray(table.x[order]), np.where(table.y[order] == 1, 1.0, -1.0)
    times: dict[str, list[float]] = {name: [] for name in SIDES}
    counts = set()
    for _ in range(REPEATS):
        for name, side in SIDES.items():
            start = time.process_time()
            counts.add(side(X, y))
            times[name].append((time.process_time() - start) / EPOCHS * 1e6)
    (count,) = counts - {-1}
    medians = {name: statistics.median(values) for name, values in times.items()}
    row = {"data": table.name, "n": len(table), "mistakes": count / EPOCHS, **medians}
    return {**row, "ratio": medians["numpy_loop"] / medians["vectorized"]}


def main() -> None:
    """Measure, print the table, and write it down."""
    tables = [iris().only(["setosa", "versicolor"], ["sepal length", "sepal width"])]
    tables += [clouds(n, d) for n in (100, 1000, 10_000) for d in (2, 20)]
    tables += [clouds(n, 2, distance=1.0) for n in (100, 1000, 10_000)]
    rows = [measure(table) for table in tables]
    columns = [Column("data", "data"), Column("n", "n"), Column("mistakes", "mistakes an epoch", ",.1f")]
    columns += [Column(name, f"{name.replace('_', ' ')} (µs)", ",.0f") for name in SIDES]
    print(format_table(rows, [*columns, Column("ratio", "numpy loop / vectorized", ".1f")]))
    path = results_root() / "benchmarks" / "perceptron.csv"
    write_csv(path, rows)
    print(f"\n{path}")


if __name__ == "__main__":
    sys.exit(run_as_script(main))
