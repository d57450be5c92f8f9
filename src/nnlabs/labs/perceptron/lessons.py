"""What lab 1 is to show."""

from __future__ import annotations

import numpy as np

from nnlabs.labkit.lessons import Lesson, Metrics
from nnlabs.stats.intervals import Interval, mean_interval


def _largest_share_of_bound(metrics: Metrics) -> float:
    tasks = metrics["theory"]["tasks"]
    return max(
        float(max(task[f"{form}_mistakes"]) / task[f"{form}_bound"]) for task in tasks for form in ("raw", "centered")
    )


def _saved_by_centering(metrics: Metrics) -> Interval | float:
    """Mistakes made before the means are taken away over those made after, medians over the orders; of the task with least.

    In a single order the least of several ratios is a matter of luck: an estimate without an interval, which shows nothing.
    """
    tasks = metrics["theory"]["tasks"]
    least = min(float(np.median(task["raw_mistakes"]) / np.median(task["centered_mistakes"])) for task in tasks)
    return mean_interval([least]) if len(tasks[0]["raw_mistakes"]) == 1 else least


LESSONS = (
    Lesson(
        "learning",
        "Where a line separates two classes, the unit finds one and then makes no more mistakes",
        "settled on setosa and versicolor",
        lambda metrics: float(metrics["learning"]["settled"]),
        unit="",
        since="smoke",
    ),
    Lesson(
        "theory",
        "In no order of the flowers are there more mistakes than (R/γ)² allows",
        "largest share of the mistakes allowed",
        _largest_share_of_bound,
        above=None,
        below=1.0,
        unit="%",
        since="smoke",
    ),
    Lesson(
        "theory",
        "To take the means away first saves mistakes",
        "mistakes before, over mistakes after, at least",
        _saved_by_centering,
        above=2.0,
        unit="times",
        scale=1,
        since="smoke",
    ),
    Lesson(
        "settling",
        "Where no line separates them, the best weights so far, or the mean of all, serve better than the last",
        "test error less than that of the last weights, for the weaker of the two",
        lambda metrics: metrics["settling"]["last_minus_weaker"],
    ),
    Lesson(
        "XOR",
        "On XOR a single unit goes round in circles; with x₁x₂ as a third feature it settles",
        "both seen",
        lambda metrics: float(metrics["XOR"]["period"] > 0 and metrics["XOR"]["with_product"]["settled"]),
        unit="",
        since="smoke",
    ),
)
