"""Which examples are held out: row numbers, divided at random and by the same share in each class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


def hold_out(y: Rows, count: int, seed: int) -> tuple[Rows, Rows]:
    """Divide examples in two, each class by the same share, so far as whole examples allow.

    Three parts come from two calls: first the test set is held out, then the validation set from what is left.

    Args:
        y: class of each example, shape (n,).
        count: how many are held out.
        seed: of the draw; the same seed gives the same rows.

    Returns:
        The rows that are left, shape (n - count,), and those held out, shape (count,), in any order.
    """
    from sklearn.model_selection import train_test_split

    left, held_out = train_test_split(np.arange(len(y)), test_size=count, stratify=y, random_state=seed)
    return left, held_out


def one_fold(y: Rows, fold: int, folds: int, seed: int) -> tuple[Rows, Rows]:
    """One of the k divisions of k-fold cross-validation, each class by the same share, so far as whole examples allow.

    The examples are shuffled and dealt out to k parts of equal size (or one more); part number `fold` is held out. With the same
    seed, over all k, each example is held out exactly once.

    Args:
        y: class of each example, shape (n,).
        fold: which part is held out, from 0 to folds - 1.
        folds: number of parts, k.
        seed: of the shuffling.

    Returns:
        The rows that are left and those held out, in any order.
    """
    from sklearn.model_selection import StratifiedKFold

    parts = StratifiedKFold(folds, shuffle=True, random_state=seed)
    left, held_out = list(parts.split(y, y))[fold]
    return left, held_out
