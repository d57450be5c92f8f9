"""From many runs to the arrays that figures and tables show: one row a seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

from nnlabs.arrays import Array
from nnlabs.runs.run import Run

Seeds = Sequence[Run]


def final(runs: Seeds, name: str) -> Array:
    """A number out of each run's `result.json`, shape (seeds,); nan where the run diverged or failed.

    Args:
        runs: finished runs.
        name: the number's name, such as `validation_accuracy`.
    """
    return np.array([run.result[name] if has_network(run) else np.nan for run in runs])


def diverged(run: Run) -> bool:
    """Whether a finished run ended with a loss that is no number.

    Args:
        run: a finished run.
    """
    return bool(run.result["status"] == "diverged")


def failed(run: Run) -> bool:
    """Whether a run was given up, as its process was killed or came upon an unexpected error three times.

    Args:
        run: a finished run.
    """
    return bool(run.result["status"] == "failed")


def why_lost(runs: Seeds) -> str:
    """Why runs of which none gave a network did not: `diverged`, or the reason why the first of them that failed did.

    Args:
        runs: finished runs without a network.
    """
    reasons = [run.result["reason"] for run in runs if failed(run)]
    return f"failed: {reasons[0]}" if reasons else "diverged"


def has_network(run: Run) -> bool:
    """Whether a run gave a trained network: it neither diverged nor failed.

    Args:
        run: a finished run.
    """
    return not diverged(run) and not failed(run)


def parameters(runs: Seeds) -> int | None:
    """The number of weights of the network that some runs share; None where all of them failed.

    Args:
        runs: finished runs that differ in their seed.
    """
    return next((int(run.result["parameters"]) for run in runs if not failed(run)), None)


def gap(runs: Seeds) -> Array:
    """The generalization gap, training minus validation accuracy, shape (seeds,), as a share in [-1, 1].

    Args:
        runs: finished runs.
    """
    return final(runs, "train_accuracy") - final(runs, "validation_accuracy")


def curves(runs: Seeds, name: str) -> Array:
    """A column of each run's history, shape (seeds, epochs); nan after the epoch in which a run was stopped or failed.

    Args:
        runs: finished runs.
        name: the column's name, such as `train_loss`.
    """
    columns = [run.history.get(name, []) for run in runs]
    longest = max(map(len, columns))
    return np.array([column + [np.nan] * (longest - len(column)) for column in columns])


def tested(runs: Seeds, name: str) -> Array:
    """A number out of each run's `test.json`, shape (seeds,); nan where the run diverged or failed.

    Args:
        runs: runs whose test split has been read.
        name: the number's name, such as `accuracy`.
    """
    return np.array([run.test_result[name] if has_network(run) else np.nan for run in runs])


def median_seconds(seconds: Array) -> float:
    """How long a run takes: the median over the seeds, which one beside which something else was computed does not change.

    Args:
        seconds: of training, shape (seeds,); nan for one that was lost.

    Returns:
        nan where all of them were lost.
    """
    return float(np.nanmedian(seconds)) if np.isfinite(seconds).any() else np.nan


def seconds_by_epoch(runs: Seeds) -> Array:
    """Seconds of training behind each epoch, the median over the runs, shape (epochs,); evaluation included.

    A run notes its seconds as a whole: they are divided among its epochs by how many examples each of them has. The median,
    for a run beside which something else was computed, such as the last act's figures, took longer than its network takes.

    Args:
        runs: finished runs of equal settings but for their seeds; those that failed do not count.
    """
    from nnlabs.training.hardest import examples_until

    share, epochs = runs[0].config.train.keep_hardest, curves(runs, "epoch").shape[1]
    each = [run.result["seconds"] / examples_until(run.result["epochs"], share) for run in runs if not failed(run)]
    middle = np.median(each) if each else np.nan
    return np.array([middle * examples_until(epoch, share) for epoch in range(1, epochs + 1)])


def all_runs(groups: Mapping[Any, Seeds]) -> list[Run]:
    """The runs of all groups in one list, for a sweep; one that occurs twice, as plain does among strengths, is there once.

    The first seed of every group comes first, then the second: what slows a machine down for a moment slows all groups alike.

    Args:
        groups: runs by the name of what they have in common.
    """
    rounds = zip_longest(*groups.values())
    return list({run.folder: run for runs in rounds for run in runs if run is not None}.values())
