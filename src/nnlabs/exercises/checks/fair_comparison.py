"""Checks of `fair_comparison`."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnlabs.exercises.exercise import Function
from nnlabs.exercises.expect import Array, expect, expect_close

# Three groups with five seeds; every seed makes all of them better or worse. With four, twice s² with k n below it would be s².
SEEDS = np.array([0.00, -0.11, 0.02, -0.05, 0.03])
SCATTER = np.array([[2, -1, 0, -1, 0], [2, -1, 1, -2, 0], [-1, 0, 1, 0, 0]])
GROUPS = np.array([0.90, 0.91, 0.94])[:, None] + SEEDS + SCATTER / 1000
UNEVEN = GROUPS + np.array([[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [30, -30, 20, -20, 0]]) / 1000


def _row(interval: Any) -> Array:
    """Mean, lower and upper ends, a column a group."""
    return np.stack([np.asarray(ends, dtype=np.float64) for ends in (interval.mean, interval.low, interval.high)])


def _formula(
    x: Array,
    level: float = 0.05,
    *,
    paired: bool = True,
    sides: float = 2,
    several: bool = True,
    two: float = 2,
    own: bool = True,
    ddof: int = 1,
    root_n: bool = True,
    degrees: float = 0,
) -> Array:
    """The docstring's formula in plain loops, or with one mistake."""
    from scipy.special import stdtrit

    k, n = x.shape
    seeds = x.mean(axis=0) - x.mean() if paired else np.zeros(n)
    noise = sum(float((x[i, j] - x[i].mean() - seeds[j]) ** 2) for i in range(k) for j in range(n))
    df = degrees or (k - 1) * (n - 1)
    t = stdtrit(df, 1 - level / (sides * ((k - 1) if several else 1)))
    columns = []
    for group in x[1:]:
        difference = group - x[0]
        variance = two * noise / ((k - 1) * (n - 1))
        variance = max(variance, float(difference.var(ddof=ddof))) if own else variance
        half = float(t) * np.sqrt(variance / (n if root_n else 1))
        columns.append([difference.mean(), difference.mean() - half, difference.mean() + half])
    return np.array(columns).T


def what_is_subtracted(differences_from_first: Function) -> None:
    """Each difference is that group's mean minus the first one's."""
    got = differences_from_first(np.array([[0.5, 0.7], [0.9, 0.9], [0.4, 0.4]]))
    suspects = {
        "the difference is turned round: the first minus the others": [-0.3, 0.2],
        "each is compared with the one before": [0.3, -0.5],
        "each is compared with the mean of all": [0.9 - 1.9 / 3, 0.4 - 1.9 / 3],
    }
    expect_close(
        got.mean, [0.3, -0.2], "0.9 - 0.6 and 0.4 - 0.6", "Whose means are compared with whose?", suspects=suspects
    )


def with_two_groups_a_paired_t_test(differences_from_first: Function) -> None:
    """With two groups, the interval is that of the paired differences: what a seed does to both cancels."""
    x = GROUPS[:2]
    suspects = {
        "the seeds are not paired: what they do to all counts as noise": _formula(x, paired=False),
        "the interval has one side only": _formula(x, sides=1),
        "the variance is not divided by the number of seeds": _formula(x, root_n=False),
        "the degrees of freedom are counted too high": _formula(x, degrees=2 * 4),
    }
    words = "mean, lower and upper end, as by a paired t test with 4 degrees of freedom"
    think = "What is left of the scores without the group's mean and the seed's?"
    expect_close(_row(differences_from_first(x)), _formula(x), words, think, suspects=suspects)


def all_groups_tell_the_noise(differences_from_first: Function) -> None:
    """With several groups all of them say how much seeds scatter, and the level is shared by all comparisons."""
    suspects = {
        "the seeds are not paired: what they do to all counts as noise": _formula(GROUPS, paired=False),
        "the level is not divided by the number of comparisons": _formula(GROUPS, several=False),
        "the interval has one side only": _formula(GROUPS, sides=1),
        "a difference is given the variance of one score, not of two": _formula(GROUPS, two=1),
        "the variance is not divided by the number of seeds": _formula(GROUPS, root_n=False),
        "the degrees of freedom are counted too high": _formula(GROUPS, degrees=3 * 4),
        "each pair is judged by its own scatter only": _formula(GROUPS, two=0),
        "a pair's own scatter is not asked": _formula(GROUPS, own=False),
        "the squares are divided by k n, not by (k - 1)(n - 1)": _formula(GROUPS, two=2 * (2 * 4) / (3 * 5)),
        "a pair's own squares are divided by n, not by n - 1": _formula(GROUPS, ddof=0),
    }
    words = "mean, lower and upper end of both differences"
    think = "s² = Σ eᵢⱼ² / (k - 1)(n - 1) over all groups; t at 1 - level / 2(k - 1); √(max(2 s², sᵢ²) / n)."
    expect_close(_row(differences_from_first(GROUPS)), _formula(GROUPS), words, think, suspects=suspects)


def scatter_of_its_own(differences_from_first: Function) -> None:
    """A pair whose differences scatter more than all together is judged by its own scatter; the level counts."""
    suspects = {"a pair's own scatter is not asked": _formula(UNEVEN, own=False)}
    think = "Which of 2 s² and sᵢ² is larger for the second pair?"
    words = "mean, lower and upper end of both differences, the second by its own scatter"
    expect_close(_row(differences_from_first(UNEVEN)), _formula(UNEVEN), words, think, suspects=suspects)
    strict = _row(differences_from_first(UNEVEN, 0.01))
    causes = {"the level asked for is ignored": _formula(UNEVEN)}
    expect_close(strict, _formula(UNEVEN, 0.01), "wider ends at a level of 0.01", "Is `level` used?", suspects=causes)


def how_many_seeds(differences_from_first: Function) -> None:
    """Each difference comes with n, the number of seeds behind it."""
    for scores, seeds in ((GROUPS, 5), (np.array([[0.5], [0.75]]), 1)):
        with np.errstate(all="ignore"):
            n = differences_from_first(scores).n
        right = np.full(len(scores) - 1, seeds)
        # one number for all differences says the same
        got = np.full(right.shape, n) if n is not None and np.ndim(n) == 0 else n
        think = "scores have the shape (k, n): which of the two numbers is that of the seeds?"
        inputs = f"n, of {len(scores)} groups with {seeds} seed{'s' if seeds > 1 else ''}"
        suspects = {
            "the groups are counted, not the seeds": np.full(right.shape, len(scores)),
            "the differences are counted, not the seeds": np.full(right.shape, len(scores) - 1),
        }
        expect_close(
            got,
            right,
            "the number of seeds",
            think,
            inputs=inputs,
            suspects=suspects,
            if_none=f"n is left out. {think}",
        )


def lists_and_stacks(differences_from_first: Function) -> None:
    """Scores may be a list, and several tables may come at once, one behind the other on the axes before the last two."""
    inputs, think = "three groups with five seeds, as a list of lists", "np.asarray makes an array of either."
    words = "mean, lower and upper end of both differences, as for the array"
    expect_close(_row(differences_from_first(GROUPS.tolist())), _formula(GROUPS), words, think, inputs=inputs)
    tables = np.stack([GROUPS, UNEVEN])
    both = np.stack([_formula(GROUPS), _formula(UNEVEN)], axis=1)
    got = differences_from_first(tables)
    inputs = "two tables at once: scores of shape (2, 3, 5)"
    think = "Groups are the last axis but one, seeds the last: x[..., 1:, :], and axis=-1 for a mean over seeds."
    expect_close(got.mean, both[0], "means of shape (2, 2)", think, inputs=inputs)
    expect_close(_row(got), both, "mean, lower and upper end, each of shape (2, 2)", think, inputs=inputs)


def nothing_to_judge_by(differences_from_first: Function) -> None:
    """One seed, or scores that are all the same, say nothing of the scatter: the ends are nan, the means stay."""
    cases = {
        "one seed": np.array([[0.5], [0.75]]),
        "equal scores": np.array([[0.5] * 3, [0.75] * 3]),
        "equal scores, whose mean is rounded: 0.1 three times, and 0.2 three times": np.array([[0.1] * 3, [0.2] * 3]),
    }
    for name, scores in cases.items():
        with np.errstate(all="ignore"):
            got = differences_from_first(scores)
        inputs = f"two groups with {name}"
        mean = scores[1, 0] - scores[0, 0]
        expect_close(got.mean, [mean], "the difference", "The mean needs no scatter.", inputs=inputs)
        ends = [float(np.asarray(end).item()) for end in (got.low, got.high)]
        expect(
            bool(np.isnan(ends).all()),
            "nan and nan for the ends",
            ends,
            "An interval of length 0 would call any difference real; rounding leaves a variance of about 1e-33.",
            inputs=inputs,
            suspects={
                "no scatter is taken for certainty": ends == [mean, mean],
                "what rounding leaves is taken for scatter": np.allclose(ends, mean, rtol=0, atol=1e-12),
            },
        )
