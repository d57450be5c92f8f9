"""What lab 2 is to show."""

from __future__ import annotations

from nnlabs.labkit.lessons import Lesson, Metrics, difference
from nnlabs.stats.intervals import Interval

ROUNDING = 1e-10
"""Above what rounding alone brings about in float64."""
FIRST = 10
"""So many steps are too few for an unstable training to make rounding grow."""
DEEP = 10
"""A network of so many layers is deep enough to show what depth does."""


def _right(metrics: Metrics, activation: str, problem: str) -> Interval:
    found: Interval = metrics["training"]["validation_accuracy"][activation][problem]
    return found


def _orders(metrics: Metrics, case: str, over: str = "") -> float | None:
    """Powers of ten by which the gradient grows from the deepest network's last layer to its first, beyond another case's.

    None where the deepest is not deep: every layer does its share, and few do little.
    """
    if metrics["depth"]["layers"] < DEEP:
        return None
    orders = metrics["depth"]["log10_first_to_last"]
    return float(orders[case] - orders[over]) if over else float(orders[case])


LESSONS = (
    Lesson(
        "shapes",
        "Without a function between them, ten layers compute what one computes",
        "largest difference",
        lambda metrics: float(metrics["shapes"]["collapse_difference"]),
        above=None,
        below=ROUNDING,
        unit="in the outputs",
        scale=1,
        since="smoke",
    ),
    Lesson(
        "training",
        "A bend between the layers separates two spirals, which no straight line does",
        "right with ReLU, less right without any",
        lambda metrics: difference(_right(metrics, "ReLU", "spirals"), _right(metrics, "Identity", "spirals")),
        learned=lambda metrics: _right(metrics, "ReLU", "spirals"),
        chance=0.6,
    ),
    Lesson(
        "depth",
        "On its way back through a deep network of sigmoids the gradient dies",
        "left at the first layer, of the gradient at the last",
        lambda metrics: _orders(metrics, "Sigmoid and normal"),
        above=None,
        below=-5.0,
        unit="powers of ten",
        scale=1,
        since="smoke",
    ),
    Lesson(
        "depth",
        "The right first weights keep it alive",
        "saved by He's start with ReLU, against plain normal weights",
        lambda metrics: _orders(metrics, "ReLU and he", over="ReLU and normal"),
        above=2.0,
        unit="powers of ten",
        scale=1,
        since="smoke",
    ),
    Lesson(
        "death",
        "At a high learning rate ReLU units die",
        "share of ReLU units that no image wakes at the highest rate, less that at the lowest",
        lambda metrics: metrics["death"]["dead_share_gained"],
        learned=lambda metrics: float(metrics["death"]["validation_accuracy"]["Leaky ReLU"]),
        chance=0.3,
    ),
    Lesson(
        "start",
        "From zeros nothing is learned: no gradient comes through weights of 0",
        "loss from zeros, less that from Xavier's start",
        lambda metrics: metrics["start"]["zeros_minus_xavier"],
        above=1.0,
        unit="units of loss",
        scale=1,
        learned=lambda metrics: -float(metrics["start"]["loss"]["xavier"]),
        chance=-1.0,
    ),
    Lesson(
        "replica",
        "This engine and PyTorch compute the same",
        f"largest difference of the losses over at most {FIRST} steps, before an unstable training makes rounding grow",
        lambda metrics: float(metrics["replica"]["at_first"]),
        above=None,
        below=ROUNDING,
        unit="units of loss",
        scale=1,
        since="smoke",
    ),
)
