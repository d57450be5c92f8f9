"""Checks of `k_fold`."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np

from nnlabs.exercises.exercise import Function
from nnlabs.exercises.expect import expect, show
from nnlabs.exercises.given import expect_division, expect_shuffled, two_parts


def each_example_once(one_fold: Function) -> None:
    """Over all folds, each example is held out exactly once."""
    for n, k in ((6, 3), (11, 3)):
        held, sizes = [], sorted({n // k, -(-n // k)})
        for fold in range(k):
            inputs = f"one_fold(y = {n} labels 0, fold = {fold}, folds = {k}, seed = 0)"
            left, held_out = two_parts(one_fold(np.zeros(n, int), fold, k, 0), inputs)
            swapped = len(held_out) > len(left)
            expect(
                len(held_out) in sizes,
                f"{' or '.join(map(str, sizes))} of {n} rows held out",
                len(held_out),
                "Parts of equal size, or one more; `fold` counts from 0.",
                inputs=inputs,
                suspects={
                    "the two parts are the wrong way round": swapped and len(left) in sizes,
                    "the rest of the division falls to one part": len(held_out) == n // k + n % k,
                },
            )
            expect_division(left, held_out, np.zeros(n, int), inputs)
            held += held_out.tolist()
        twice = sorted(row for row, count in Counter(held).items() if count > 1)
        expect(
            not twice,
            "each row held out in one fold only",
            f"rows {show(twice)} held out more than once",
            "All folds must come from one and the same shuffling.",
            inputs=f"one_fold(y = {n} labels 0, fold = 0 ... {k - 1}, folds = {k}, seed = 0)",
            suspects={"the rows are shuffled anew for each fold": True},
        )
        missing = sorted(set(range(n)) - set(held))
        expect(
            not missing,
            "each row held out in some fold",
            f"rows {show(missing)} held out in none",
            f"What becomes of the rest when {n} rows are divided by {k}?",
            inputs=f"one_fold(y = {n} labels 0, fold = 0 ... {k - 1}, folds = {k}, seed = 0)",
            suspects={"the rest of the division is lost": n % k > 0},
        )


def folds_alike(one_fold: Function) -> None:
    """Each class is spread evenly over the folds."""
    y = np.array([0] * 12 + [1] * 6)
    for fold in range(3):
        inputs = f"one_fold(y = 12 labels 0, then 6 labels 1, fold = {fold}, folds = 3, seed = 0)"
        ones = int(y[two_parts(one_fold(y, fold, 3, 0), inputs)[1]].sum())
        expect(
            ones == 2,
            "2 of the 6 examples of class 1",
            ones,
            "Deal out each class for itself (stratified).",
            inputs=inputs,
            suspects={"the classes are not spread evenly": True},
        )


def parts_of_equal_size(one_fold: Function) -> None:
    """Where the classes leave a rest each, the rests fall to different parts: parts are of equal size, or one more."""
    y = np.repeat([0, 1, 2], 4)
    for fold in range(3):
        inputs = f"one_fold(y = 4 labels 0, 4 labels 1, 4 labels 2, fold = {fold}, folds = 3, seed = 0)"
        held_out = two_parts(one_fold(y, fold, 3, 0), inputs)[1]
        expect(
            len(held_out) == 4,
            "4 of 12 rows held out",
            len(held_out),
            "4 rows of a class leave a rest of 1 in each: who gets it? Go on counting over the classes.",
            inputs=inputs,
            suspects={"the rest of every class falls to the same part": True},
        )


def seed_shuffles(one_fold: Function) -> None:
    """The folds are drawn at random: the same seed gives the same folds, another one others."""
    y = np.zeros(60, int)
    called = "one_fold(y = 60 labels 0, fold = 0, folds = 3, seed)"
    expect_shuffled(lambda seed: one_fold(y, 0, 3, seed), called, _evenly_spaced)


def _evenly_spaced(rows: set[int]) -> str:
    ordered = sorted(rows)
    return f"rows {show(ordered[:5])} and so on" if len({b - a for a, b in pairwise(ordered)}) == 1 else ""
