"""What the runs of lab 1 say: sentences computed from them, and the table of mistakes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from nnlabs.arrays import Array
from nnlabs.labkit.results import ResultTable
from nnlabs.labs.perceptron.figures.mistake_counts import Task
from nnlabs.stats.intervals import mean_interval
from nnlabs.tables import Column


def counted(number: int, noun: str) -> str:
    """A number with what it counts.

    Args:
        number: how many there are.
        noun: one of them; more get an s.

    Example:
        >>> counted(1, "epoch"), counted(1486, "mistake")
        ('1 epoch', '1,486 mistakes')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def mistakes_table(tasks: Sequence[Task]) -> ResultTable:
    """The mistakes allowed and made, one line a task.

    Args:
        tasks: all learned in the same number of orders.
    """
    columns = [
        Column("name", "two species, by"),
        Column("raw_bound", "mistakes allowed", ",d"),
        Column("raw_made", "made", ",g"),
        Column("centered_bound", "allowed, centered", ",d"),
        Column("centered_made", "made, centered", ",g"),
    ]
    rows = [
        {
            "name": task.name,
            "raw_bound": math.floor(task.raw_bound),
            "centered_bound": math.floor(task.centered_bound),
            "raw_made": float(np.median(task.raw_mistakes)),
            "centered_made": float(np.median(task.centered_mistakes)),
        }
        for task in tasks
    ]
    orders = len(tasks[0].raw_mistakes)
    made = f"median over {orders} orders" if orders > 1 else "in one order"
    return ResultTable(f"Iris, 50 flowers a species; made: {made} of the flowers", rows, columns)


def on_unseen(errors: Mapping[str, Array], flowers: str, note: str = "") -> str:
    """Who errs how often on flowers that were not learned from, and who least.

    Args:
        errors: by the learners' names, the share that is wrong in each split, shape (splits,); all with the same splits.
        flowers: how many flowers of which.
        note: what is to be known about the names, in brackets.
    """
    splits = len(next(iter(errors.values())))
    mean = "one split" if splits == 1 else f"a mean over {splits} splits, which share flowers"
    shares = ", ".join(f"{name} {100 * np.mean(wrong):.1f} %" for name, wrong in errors.items())
    return f"Wrong on {flowers}, {mean}: {shares}{note}; {_who_errs_least(errors)}."


def _who_errs_least(errors: Mapping[str, Array]) -> str:
    """The learner with the fewest errors, where every other is told apart from it; else those among whom it must be."""
    best = min(errors, key=lambda name: float(np.mean(errors[name])))
    gaps = {name: mean_interval(errors[name] - errors[best]) for name in errors if name != best}
    # Of one split the ends are nan, which leaves nobody out.
    among = [best, *(name for name, gap in gaps.items() if not gap.low > 0)]
    if len(among) == 1:
        return f"fewest: {best}"
    splits = "one split" if len(errors[best]) == 1 else "these splits"
    return f"not told apart by {splits}: {', '.join(among)}"
