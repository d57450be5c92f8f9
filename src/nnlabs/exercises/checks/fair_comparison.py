"""Checks of `fair_comparison`."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnlabs.exercises.exercise import Check, Function
from nnlabs.exercises.expect import expect, expect_close


def _t_interval(differences: Any, confidence: float) -> tuple[float, float, float]:
    from scipy.special import stdtrit

    n = len(differences)
    half = float(stdtrit(n - 1, (1 + confidence) / 2) * np.std(differences, ddof=1) / np.sqrt(n))
    mean = float(np.mean(differences))
    return mean, mean - half, mean + half


def _ends(interval: Any) -> list[float]:
    return [float(interval.mean), float(interval.low), float(interval.high)]


A = np.array([0.91, 0.80, 0.87, 0.95])


NOISE = np.array([0.001, -0.001, 0.002, 0.0])


def what_seeds_share_cancels(paired_difference: Function) -> None:
    """The interval is that of the differences seed by seed: what both share, an easy or a hard split, cancels."""
    b = A - 0.01 + NOISE
    right = _t_interval(A - b, 0.95)
    spread = np.sqrt(np.var(A, ddof=1) / 4 + np.var(b, ddof=1) / 4)
    mean, width = right[0], 2.446911848791681 * spread  # t of 6 degrees of freedom
    suspects = {
        "the difference is turned round: b - a": _t_interval(b - A, 0.95),
        "the seeds are not paired: both spreads are added": (mean, mean - width, mean + width),
        "the confidence is not 95 %": _t_interval(A - b, 0.9),
        "the size of the difference is taken, without its sign": _t_interval(np.abs(A - b), 0.95),
        "the pairs are sorted apart": _t_interval(np.sort(A) - np.sort(b)[::-1], 0.95),
        "only the best seeds are compared": _t_interval(np.full(4, A.max() - b.max()), 0.95),
    }
    got = _ends(paired_difference(A, b))
    think = "Subtract first, seed by seed; then ask for mean and interval of that."
    expect_close(got, right, "mean, lower and upper end of the interval of a - b", think, suspects=suspects)
    other = _ends(paired_difference(b, A))
    expect_close(
        other,
        _t_interval(b - A, 0.95),
        "the same with the sign turned, for b - a",
        "A loser's difference is negative.",
        suspects={"the size of the difference is taken, without its sign": _t_interval(np.abs(A - b), 0.95)},
    )


def confidence_is_passed_on(paired_difference: Function) -> None:
    """A confidence of 50 % gives a narrower interval than one of 99 %."""
    b = A - 0.01 + NOISE
    for confidence in (0.5, 0.99):
        got = _ends(paired_difference(A, b, confidence))
        expect_close(
            got,
            _t_interval(A - b, confidence),
            f"mean and ends at {confidence:.0%}",
            "Is `confidence` passed on?",
            suspects={"the confidence asked for is ignored": _t_interval(A - b, 0.95)},
        )


def pairs_stay_pairs(paired_difference: Function) -> None:
    """A seed that diverged on either side does not count, on both sides; other lengths are a mistake."""
    b = A - 0.01 + NOISE
    a = A.copy()
    a[0], b[1] = np.nan, np.nan
    got = paired_difference(a, b)
    expect(
        int(got.n) == 2,
        "2 pairs that count",
        int(got.n),
        "A pair with a nan on one side is no pair.",
        inputs="a with nan in its first place, b in its second, four seeds",
    )
    expect_close(
        _ends(got),
        _t_interval((a - b)[2:], 0.95),
        "mean and ends over the two whole pairs",
        "Are the right two left?",
        inputs="a with nan in its first place, b in its second, four seeds",
    )
    try:
        got = paired_difference(np.ones(1), np.ones(3))
    except ValueError:
        return
    expect(
        False,
        "a ValueError, as 1 and 3 seeds cannot be paired",
        got,
        "NumPy stretches one value over three, without a word.",
        inputs="paired_difference(one seed, three seeds)",
        suspects={"different numbers of seeds are accepted": True},
    )


def corrected_for_their_number(holm: Function) -> None:
    """The smallest p is multiplied by m, the next by m - 1, and so on; none ends below a smaller one."""
    p = np.array([0.01, 0.04, 0.03])
    suspects = {
        "nothing is corrected": p,
        "all are multiplied by m, which is Bonferroni's way": 3 * p,
        "a larger p may end below a smaller one": [0.03, 0.04, 0.06],
        "the multipliers run the wrong way": [0.01, 0.12, 0.06],
        "the multipliers begin at m - 1": [0.02, 0.03, 0.03],
    }
    expect_close(
        holm(p),
        [0.03, 0.06, 0.06],
        "3 · 0.01; then 2 · 0.03; then the larger of 1 · 0.04 and what came before",
        "Sort first; np.maximum.accumulate keeps the order.",
        suspects=suspects,
    )


def in_the_order_given(holm: Function) -> None:
    """Each corrected value stands where its p stood, and none exceeds 1."""
    got = holm(np.array([0.5, 0.001, 0.2]))
    expect_close(
        got,
        [0.5, 0.003, 0.4],
        "0.5, 0.003, 0.4",
        "Sort, correct, and put each back in its place.",
        suspects={"the order of the result is that of the sorted p": [0.003, 0.4, 0.5]},
    )
    expect_close(
        holm(np.array([0.9, 0.8])),
        [1, 1],
        "1 and 1, as no p is above 1",
        "What is the largest a probability can be?",
        suspects={"values above 1 are left": [1.6, 1.6]},
    )


CHECKS: tuple[Check, ...] = (
    what_seeds_share_cancels,
    confidence_is_passed_on,
    pairs_stay_pairs,
    corrected_for_their_number,
    in_the_order_given,
)
