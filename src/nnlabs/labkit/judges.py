"""The validation examples that decide between networks: what guessing gets of them, and whether they are enough to tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from nnlabs.errors import DataError
from nnlabs.stats.intervals import guessing_bound

if TYPE_CHECKING:
    from nnlabs.data.split import Splits

FEW = 100  # below it, one image is more than a point


def best_guess(labels: ArrayLike) -> float:
    """The accuracy that guessing stays at or below: see `guessing_bound`.

    Args:
        labels: the classes of the examples that judge, whole numbers, shape (n,).
    """
    classes = np.asarray(labels)
    return guessing_bound(float(np.bincount(classes).max()) / len(classes), len(classes))


def check_judges(splits: Splits) -> None:
    """Say that one answer more or less of the validation split counts for much; refuse one of which guessing can get all right.

    Args:
        splits: of the lab's data.

    Raises:
        DataError: where no network, however good, could be told from guessing, so that a comparison had nothing to say.
    """
    count = len(splits.validation)
    if best_guess(splits.validation.y) >= 1:
        raise DataError(
            f"{splits.title}: {count} validation {splits.unit} are too few to compare networks by: guessing can get all of them "
            "right. Raise data.validation_fraction, or add examples, most of all of the classes that have few"
        )
    if count < FEW:
        print(
            f"notice: only {count} validation {splits.unit} decide between networks, so that one more or less is "
            f"{100 / count:.0f} points; for more of them raise data.validation_fraction, or add examples"
        )
