"""Checks of `softmax_cross_entropy`."""

from __future__ import annotations

import numpy as np

from nnlabs.exercises.exercise import Function
from nnlabs.exercises.expect import expect, expect_close, expect_rule, last_call, slopes


def probabilities(stable_log_softmax: Function) -> None:
    """The exponentials add up to 1 and keep the scores' ratios."""
    x = np.array([[0.0, np.log(3.0)]])
    suspects = {
        "the logarithm is not taken": [[0.25, 0.75]],
        "the log of the sum is added": x + np.log(4),
        "the mean is taken instead of the sum": x - np.log(2),
        "the sum is subtracted without its logarithm": x - 4,
        "nothing is normalized": x,
        "the sum runs over the examples, not over the classes": np.zeros((1, 2)),
    }
    think = "log(exp(xᵢ) / Σ exp(xⱼ)) is a difference of two logarithms: of which?"
    expect_close(
        stable_log_softmax(x), np.log([[0.25, 0.75]]), "log of the probabilities 1/4 and 3/4", think, suspects=suspects
    )


def rows_apart(stable_log_softmax: Function) -> None:
    """Each row has its own sum; the axis that is given counts."""
    x = np.array([[1.0, 2.0, 3.0], [5.0, 5.0, 0.0]])
    for axis in (-1, 0):
        e = np.exp(x)
        right = np.log(e / e.sum(axis, keepdims=True))
        suspects = {
            "all numbers share one sum": np.log(e / e.sum()),
            "the axis is ignored": np.log(e / e.sum(-1 - axis, keepdims=True)),
        }
        words = f"xᵢ - log Σ exp(xⱼ) along axis {axis}"
        expect_close(
            stable_log_softmax(x, axis),
            right,
            words,
            "Over which axis do you sum? keepdims=True keeps rows apart.",
            suspects=suspects,
        )


def scores_are_left_alone(stable_log_softmax: Function) -> None:
    """The scores' array stays as it is."""
    x = np.array([[1.0, 2.0, 3.0]])
    stable_log_softmax(x)
    expect_close(
        x,
        [[1, 2, 3]],
        "x as it was",
        "`-=` and `out=` write into the array that came in.",
        inputs="stable_log_softmax(x = [[1, 2, 3]])",
        suspects={"the largest score is taken away from the array that came in": [[-2, -1, 0]]},
    )


def huge_scores(stable_log_softmax: Function) -> None:
    """Scores of ±1000 are no problem, and adding a number to all of them changes nothing."""
    with np.errstate(all="ignore"):
        for shift in (1000.0, -1000.0):
            got = stable_log_softmax(np.array([[0.0, 1.0]]) + shift)
            broken = not np.isfinite(got).all()
            name = "exp(1000) overflows" if shift > 0 else "the logarithm of 0 is taken, as all exp(-1000) are 0"
            expect(
                not broken,
                "the same as for [0, 1], with no inf or nan",
                got,
                "Take the largest score from all of them first: the result is the same, and no exponent is above 0.",
                suspects={name: broken},
            )
            expect_close(
                got,
                [[-1.31326168752, -0.31326168752]],
                "the same as for [0, 1]",
                "Does softmax change by a shift?",
                suspects={"the largest score is taken away, but not put back right": [[0.0, 1.0]]},
            )
        one = stable_log_softmax(np.array([[0.0, 1000.0], [-1000.0, 0.0]]))
        expect_close(
            one,
            [[-1000, 0], [-1000, 0]],
            "-1000 and 0 in both rows",
            "The log of a probability of e⁻¹⁰⁰⁰ is -1000, not -inf.",
            suspects={
                "the largest of all rows is taken instead of each row's own": [[-1000, 0], [np.inf, np.inf]],
                "the logarithm is taken of a probability that rounded to 0": [[-np.inf, 0], [-np.inf, 0]],
            },
        )


def picks_the_right_class(cross_entropy: Function) -> None:
    """The loss is minus the log-probability of the right class, the mean over the examples."""
    p = np.array([[0.25, 0.5, 0.25], [0.25, 0.25, 0.5]])
    log_p, logits, targets = np.log(p), np.log(4 * p), np.array([0, 2])
    each_for_itself = np.log(np.where(np.eye(3)[targets] == 1, p, 1 - p))
    result = cross_entropy(logits, targets=targets)
    expect_rule(result, 1, "Return the loss and one function of g.")
    chosen = log_p[[0, 1], targets]
    suspects = {
        "the sign is missing": chosen.mean(),
        "the sum is taken instead of the mean": -chosen.sum(),
        "the mean runs over the classes too": -chosen.sum() / 6,
        "all classes count, not only the right one": -log_p.mean(),
        "all classes count, not only the right one ": -log_p.sum() / 2,
        "each class is a question of its own (binary cross-entropy)": -each_for_itself.sum() / 2,
        "softmax is left out": -logits[[0, 1], targets].mean(),
    }
    think = "Which of each row's log-probabilities belongs to the target? np.arange(n), targets picks one a row."
    expect_close(result[0], -chosen.mean(), "(log 4 + log 2) / 2", think, suspects=suspects)


def gradient_is_p_minus_y(cross_entropy: Function) -> None:
    """The gradient is softmax minus one-hot, divided by the number of examples."""
    logits, targets = np.log(np.array([[1.0, 3.0], [1.0, 1.0]])), np.array([0, 1])
    p, hot = np.array([[0.25, 0.75], [0.5, 0.5]]), np.eye(2)[targets]
    back = cross_entropy(logits, targets=targets)[1]
    for g in (1.0, 2.0):  # twice through one graph, as the engine may go
        got = back(np.float64(g))
        suspects = {
            "it is not divided by the number of examples": g * (p - hot),
            "the 1 at the right class is not taken off": g * p / 2,
            "the sign is turned round": g * (hot - p) / 2,
            "g is forgotten: the chain rule multiplies by what arrives": (p - hot) / 2,
            "the way back overwrites what the rule keeps": g * (p - 2 * hot) / 2,
            "log-probabilities stand where probabilities belong": g * (np.log(p) - hot) / 2,
        }
        expect_close(
            got,
            g * (p - hot) / 2,
            "g (softmax - onehot) / n",
            "The loss is a mean over n examples: what of its slope?",
            inputs=f"logits = log [[1, 3], [1, 1]], targets = [0, 1], and g = {g:g} arrives",
            suspects=suspects,
        )


def huge_scores_in_the_loss(cross_entropy: Function) -> None:
    """Scores of 1000 are no problem for the loss and its gradient either."""
    logits, targets = np.array([[1000.0, 0.0], [0.0, 800.0]]), np.array([0, 0])
    think = "Is the loss made of stable_log_softmax? It needs neither exp(1000) nor the logarithm of a probability."
    with np.errstate(all="ignore"):
        loss, back = cross_entropy(logits.copy(), targets=targets)
        gradient = back(np.float64(1.0))
    suspects = {
        "the exponential of a large score overflows": np.nan,
        "the logarithm is taken of a probability that rounded to 0": np.inf,
    }
    expect_close(loss, 400.0, "(0 + 800) / 2", think, suspects=suspects)
    causes = {"the exponential of a large score overflows": [[np.nan, 0], [-0.5, np.nan]]}
    inputs = f"{last_call()}, and g = 1 arrives"
    expect_close(gradient, [[0.0, 0.0], [-0.5, 0.5]], "(softmax - onehot) / n", think, inputs=inputs, suspects=causes)


def gradient_as_measured(cross_entropy: Function) -> None:
    """The gradient is the slope that two evaluations nearby show, and the logits stay as they are."""
    rng = np.random.default_rng(0)
    logits, targets = rng.normal(size=(5, 3)), rng.integers(0, 3, 5)
    kept = logits.copy()
    got = cross_entropy(logits, targets=targets)[1](np.float64(1.0))
    measured = slopes(lambda x: cross_entropy(x, targets=targets), (logits,), 0, np.ones(()))
    expect_close(got, measured, "the measured slopes", "softmax - onehot, over n.", tolerance=1e-6)
    expect_close(logits, kept, "the logits as they were", "What writes into the array that came in?")
