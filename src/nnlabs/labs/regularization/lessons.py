"""What lab 3 is to show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnlabs.labkit.lessons import Lesson, Metrics, difference, of_all_seeds
from nnlabs.labs.regularization.settings import PLAIN, SHUFFLED, TOGETHER
from nnlabs.stats.intervals import Interval

Rows = Mapping[str, Mapping[str, Any]]
ALIKE = 1.5
"""Up to so many times as many weights, networks are of like size."""


def _of(rows: Rows, name: str, quantity: str) -> Interval:
    return of_all_seeds(rows[name][quantity], max(int(row[quantity].n) for row in rows.values()))


def _plain(metrics: Metrics) -> Interval:
    return _of(metrics["techniques"]["clean"], PLAIN, "validation")


def _learned_by_heart(metrics: Metrics) -> Interval | None:
    """The plain network's gap; None where the data's own labels are partly wrong: then one without mistakes has a gap below 0."""
    return None if "label_noise" in metrics["techniques"] else _of(metrics["techniques"]["clean"], PLAIN, "gap")


def _best(rows: Rows) -> str:
    """The name of the best network but for the plain one, by its mean; a lost seed counts as 0 %, as in `best_on_validation`."""
    found = {name: row["validation"] for name, row in rows.items() if name != PLAIN}
    return max(found, key=lambda name: float(np.nan_to_num(found[name].mean) * found[name].n))


def _test_gained(rows: Rows) -> Interval:
    """Test accuracy of the technique that validation chose, less that of the plain network."""
    return difference(_of(rows, _best(rows), "test"), _of(rows, PLAIN, "test"))


def _valley(metrics: Metrics) -> Interval | None:
    """How far the validation loss lies above its lowest, at the nearer end of the technique whose valley is deepest.

    Strengths at which a seed was lost do not count.
    """
    sweeps = [facts["validation_loss"] for name, facts in metrics["strengths"].items() if name != "best"]
    seeds = max((int(loss.n) for losses in sweeps for loss in losses), default=0)
    found = []
    for losses in ([loss for loss in losses if loss.n == seeds] for losses in sweeps):
        if len(losses) < 3:
            continue  # no valley
        lowest = min(losses, key=lambda loss: np.nan_to_num(loss.mean, nan=np.inf))
        found.append(min((difference(losses[end], lowest) for end in (0, -1)), key=lambda rise: float(rise.mean)))
    return max(found, key=lambda rise: float(np.nan_to_num(rise.mean)), default=None)


def _narrowed_by_data(metrics: Metrics) -> Interval | None:
    """Gap of the plain network with the fewest examples, less that with the most; None where there is one number of them."""
    gaps = metrics["sizes"]["gap"][PLAIN]
    seeds = max(int(gap.n) for gap in gaps)
    return difference(*(of_all_seeds(gaps[end], seeds) for end in (0, -1))) if len(gaps) > 1 else None


def _gained_by_structure(metrics: Metrics) -> Interval | None:
    """What the cnn has over the mlp on test; None where one has many more weights, as with images of another size than 28 x 28."""
    counts = [metrics["topologies"][name]["parameters"] for name in ("cnn", "mlp")]
    known = [count for count in counts if count is not None]
    return _cnn_over(metrics, "mlp") if max(known, default=0) <= ALIKE * min(known, default=0) else None


def _cnn_over(metrics: Metrics, other: str) -> Interval:
    """Test accuracy of the convolutional network, less that of another structure; a KeyError where one of them was not tried."""
    return difference(*(_of(metrics["topologies"], name, "test") for name in ("cnn", other)))


LESSONS = (
    Lesson(
        "techniques",
        "Left to itself, a network learns some of its examples by heart: it does better on them than on new ones",
        "gap between training and validation accuracy of the plain network",
        _learned_by_heart,
        above=0.05,
        learned=_plain,
        since="smoke",
    ),
    Lesson(
        "techniques",
        "Regularization narrows the gap",
        "gap of the plain network, less that of the techniques together",
        lambda metrics: difference(*(_of(metrics["techniques"]["clean"], name, "gap") for name in (PLAIN, TOGETHER))),
        learned=_plain,
        since="smoke",
    ),
    Lesson(
        "techniques",
        "Where some labels are wrong, regularization makes the better network, too",
        "test accuracy of the technique that validation chose, less that of the plain network",
        lambda metrics: _test_gained(metrics["techniques"]["wrong labels"]),
        learned=_plain,
    ),
    Lesson(
        "strengths",
        "Too little regularization overfits, too much underfits",
        "validation loss at the lower end of the deepest valley, less that at its bottom",
        _valley,
        unit="units of loss",
        scale=1,
    ),
    Lesson(
        "sizes",
        "More data is a regularizer",
        "gap of the plain network with the fewest examples, less that with the most",
        _narrowed_by_data,
    ),
    Lesson(
        "topologies",
        "The right structure gets further than about as many weights without one",
        "test accuracy of the convolutional network, less that of a multi-layer perceptron of like size",
        _gained_by_structure,
        learned=lambda metrics: _of(metrics["topologies"], "cnn", "test"),
    ),
    Lesson(
        "topologies",
        "Structure helps only where the structure is there",
        "test accuracy that the convolutional network loses when the order of the numbers is shuffled",
        lambda metrics: _cnn_over(metrics, SHUFFLED),
    ),
)
