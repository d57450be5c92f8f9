"""Checks of `dropout`."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnlabs.exercises.exercise import Function
from nnlabs.exercises.expect import expect, expect_close, expect_rule, expect_untouched


def _drop(dropout: Function, x: Any, p: float, seed: int = 0) -> Any:
    result = dropout(x, p=p, rng=np.random.default_rng(seed))
    expect_rule(result, 1, "Return y and one function of g.")
    return result


def about_p_are_dropped(dropout: Function) -> None:
    """About a share p of the numbers becomes 0."""
    for p in (0.2, 0.5, 0.8):
        y = np.asarray(_drop(dropout, np.ones(10_000), p)[0])
        share = float((y == 0).mean())
        suspects = {
            "p is the share that is kept, not the share that is dropped": abs(share - (1 - p)) < 0.02 and p != 0.5,
            "nothing is dropped": share == 0,
        }
        expect(
            abs(share - p) < 0.02,
            f"{p:.0%} zeros, give or take 2 points",
            f"{share:.1%} zeros",
            "With rng.random(...) between 0 and 1: which numbers are kept?",
            inputs=f"10,000 ones, p = {p}",
            suspects=suspects,
        )


def the_rest_is_scaled(dropout: Function) -> None:
    """What is kept is divided by 1 - p, so that the mean stays."""
    y = np.asarray(_drop(dropout, np.full(10_000, 3.0), 0.2)[0])
    kept = y[y != 0]
    suspects = {
        "what is kept is not scaled": 3.0,
        "it is multiplied by 1 - p, not divided by it": 3 * 0.8,
        "it is divided by p": 15.0,
    }
    got = float(kept.mean()) if len(kept) else 0.0
    expect_close(
        got,
        3.75,
        "3 / (1 - 0.2) for what is kept",
        "The mean over kept and dropped must stay 3.",
        inputs="10,000 times 3, p = 0.2",
        suspects=suspects,
    )


def each_number_for_itself(dropout: Function) -> None:
    """Each number is dropped or kept for itself, not a whole row or column at once."""
    y = np.asarray(_drop(dropout, np.ones((40, 50)), 0.5)[0])
    rows, columns = (y == 0).all(axis=1) | (y != 0).all(axis=1), (y == 0).all(axis=0) | (y != 0).all(axis=0)
    expect(
        not rows.any() and not columns.any(),
        "zeros and others in each row and each column",
        "whole rows or columns of one kind",
        "Which shape must the draw have?",
        inputs="ones of shape (40, 50), p = 0.5",
        suspects={"all examples share one draw": bool(columns.any()), "all units share one draw": bool(rows.any())},
    )


def gradient_through_the_same_choices(dropout: Function) -> None:
    """A gradient comes back through what was kept, scaled alike, and not through what was dropped."""
    x = np.arange(1.0, 9.0)
    y, back = _drop(dropout, x.copy(), 0.5)
    kept = np.asarray(y) != 0
    got = back(np.ones(8))
    suspects = {
        "the gradient is not scaled": kept.astype(float),
        "the gradient passes whole, dropped or not": np.ones(8),
        "x is multiplied in": np.asarray(y),
    }
    inputs = f"x = 1 ... 8, p = 0.5; kept were {_kept(kept)}; g = 1 arrives everywhere"
    expect_close(
        got,
        2.0 * kept,
        "2 where x was kept, 0 where it was dropped",
        "Keep the choices for the way back: no second draw.",
        inputs=inputs,
        suspects=suspects,
    )
    expect_close(
        back(np.full(8, 3.0)),
        6.0 * kept,
        "6 where x was kept, for g = 3",
        "Does g count?",
        inputs=inputs,
        suspects={"g is forgotten: the chain rule multiplies by what arrives": 2.0 * kept},
    )


def _kept(kept: Any) -> str:
    """Which of the numbers 1 ... 8 were kept."""
    return ", ".join(str(i + 1) for i in np.flatnonzero(kept))


def from_the_generator(dropout: Function) -> None:
    """The same seed drops the same numbers, each draw others; nothing is dropped for p = 0; float32 stays float32."""
    first, again = (_drop(dropout, np.ones(50), 0.5, seed=7)[0] for _ in range(2))
    expect_close(
        again,
        first,
        "the same zeros twice",
        "Draw from `rng`, which was given.",
        inputs="50 ones, p = 0.5, twice with seed 7",
        suspects={"the generator that was given is not used": again},
    )
    rng = np.random.default_rng(7)
    one, next_one = (np.asarray(dropout(np.ones(50), p=0.5, rng=rng)[0]) for _ in range(2))
    for same, inputs in (
        (
            np.array_equal(one, next_one),
            "50 ones, p = 0.5, twice with one and the same rng, as in two steps of training",
        ),
        (np.array_equal(_drop(dropout, np.ones(50), 0.5, seed=8)[0], first), "50 ones, p = 0.5, with seeds 7 and 8"),
    ):
        expect(
            not same,
            "other zeros the second time",
            "the same zeros twice",
            "Draw from `rng`, which was given: it goes on with each draw.",
            inputs=inputs,
            suspects={"the draw has a seed of its own, so that each step drops the same": same},
        )
    expect_close(_drop(dropout, np.ones(50), 0.0)[0], np.ones(50), "all of them, unchanged", "What is kept for p = 0?")
    y = np.asarray(_drop(dropout, np.ones(5, np.float32), 0.5)[0])
    expect(
        y.dtype == np.float32,
        "float32, as x",
        str(y.dtype),
        "A float64 scale makes the result float64.",
        inputs="five float32 ones",
    )


def kept_though_0(dropout: Function) -> None:
    """Where x is 0, the choices are the same as elsewhere, and so is the gradient that comes back."""
    with np.errstate(all="ignore"):
        right, got = (_drop(dropout, x, 0.5)[1](np.ones(8)) for x in (np.ones(8), np.zeros(8)))
    expect_close(
        got,
        right,
        "the gradient that comes back at x = 1, with the same seed",
        "A 0 that was kept looks like one that was dropped: keep the choices themselves for the way back.",
        inputs="x = 0, eight times, p = 0.5; g = 1 arrives everywhere",
        suspects={
            "the choices are read off the output, where a 0 counts as dropped": np.zeros(8),
            "the output is divided by x, which may be 0": np.full(8, np.nan),
        },
    )


def arrays_are_left_alone(dropout: Function) -> None:
    """Neither x nor g is overwritten: both belong to others, too."""
    expect_untouched(lambda x: _drop(dropout, x, 0.5), {"x": np.arange(1.0, 9.0)}, np.arange(2.0, 10.0))
