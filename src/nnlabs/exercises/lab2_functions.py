"""Exercises of lab 2: what stands between and behind the layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nnlabs.exercises.exercise import Exercise, mistake
from nnlabs.exercises.expect import expect, expect_close, expect_rule, slopes

Function = Callable[..., Any]


# ---- Three activations, each with its derivative


def _back(rule: Function, x: float, g: float, wanted: float, suspects: dict[str, float], words: str) -> None:
    """Insist on what comes back through an activation at one place."""
    result = rule(np.array([x]))
    expect_rule(result, 1, "Return y and one function of g.")
    causes: dict[str, Any] = {
        "g is forgotten: the chain rule multiplies by what arrives": [wanted / g],
        "g is added instead of multiplied": [wanted / g + g],
        **{name: [value] for name, value in suspects.items()},
    }
    name = getattr(rule, "__name__", "the function")
    expect_close(result[1](np.array([g])), [wanted], words, "What is f' here, and what does the chain rule do with g?",
                 inputs=f"x = {x:g}, and g = {g:g} arrives at {name}", tolerance=1e-7,
                 suspects=causes)  # fmt: skip


def tanh_values(tanh: Function) -> None:
    """tanh runs from -1 through 0 to 1, however large x is."""
    x = np.array([0.0, 0.5, -0.5, 1000.0, -1000.0])
    result = tanh(x)
    expect_rule(result, 1, "Return y and one function of g.")
    suspects = {"the sigmoid is computed": 1 / (1 + np.exp(-np.clip(x, -500, 500)))}
    expect_close(result[0], [0, 0.46211715726, -0.46211715726, 1, -1], "(eˣ - e⁻ˣ) / (eˣ + e⁻ˣ)",
                 "Does an exponential overflow for ±1000? NumPy has this function.", suspects=suspects)  # fmt: skip


def tanh_slope(tanh: Function) -> None:
    """The slope of tanh is 1 - tanh² x."""
    for x, g in ((0.5, 1.5), (-1.0, 2.0)):
        y = float(np.tanh(x))
        suspects = {
            "the square is missing": g * (1 - y),
            "x stands where y belongs": g * (1 - x * x),
            "the slope of the sigmoid is used": g * y * (1 - y),
            "the square stands alone": g * y * y,
        }
        _back(tanh, x, g, g * (1 - y * y), suspects, "g (1 - tanh² x)")


def leaky_values(leaky_relu: Function) -> None:
    """Positive x come through, negative ones are multiplied by the slope."""
    x = np.array([2.0, -2.0, 0.0])
    suspects = {
        "negative x become 0": [2, 0, 0],
        "the two sides are the wrong way round": [0.02, -2, 0],
        "the sign of the negative side is turned round": [2, 0.02, 0],
    }
    result = leaky_relu(x)
    expect_rule(result, 1, "Return y and one function of g.")
    expect_close(result[0], [2, -0.02, 0], "x for x > 0, else 0.01 x", "What does a negative x give?", suspects=suspects)
    expect_close(leaky_relu(x, slope=0.5)[0], [2, -1, 0], "x for x > 0, else slope x, with slope = 0.5",
                 "Is the slope that was given used?", suspects={"the slope is always 0.01": [2, -0.02, 0]})  # fmt: skip


def leaky_slope(leaky_relu: Function) -> None:
    """The slope is 1 on the right and `slope` on the left."""
    for x, g, wanted in ((2.0, 3.0, 3.0), (-2.0, 3.0, 0.03)):
        suspects = {
            "no gradient comes through for negative x": 0.0,
            "the gradient's sign decides, not the sign of x": 3.0,
            "x is multiplied in": g * x * (1 if x > 0 else 0.01),
            "the two slopes are the wrong way round": 3.03 - wanted,
        }
        _back(leaky_relu, x, g, wanted, suspects, "g times 1 for x > 0, g times 0.01 else")


def elu_values(elu: Function) -> None:
    """Positive x come through, negative ones near -alpha, without an overflow anywhere."""
    x = np.array([2.0, -2.0, 0.0])
    result = elu(x)
    expect_rule(result, 1, "Return y and one function of g.")
    low = np.exp(-2) - 1
    suspects = {"the -1 is missing": [2, low + 1, 0], "negative x become 0": [2, 0, 0], "the -1 is missing ": [2, low + 1, 1]}
    expect_close(result[0], [2, low, 0], "x for x > 0, else eˣ - 1", "Is the function without a jump at 0?", suspects=suspects)
    expect_close(elu(x, alpha=2.0)[0], [2, 2 * low, 0], "x for x > 0, else alpha (eˣ - 1), with alpha = 2",
                 "Where does alpha go?", suspects={"alpha is forgotten": [2, low, 0]})  # fmt: skip


def elu_slope(elu: Function) -> None:
    """The slope is 1 on the right and alpha eˣ on the left."""
    for x in (2.0, -2.0):
        result = elu(np.array([x]), alpha=2.0)
        right = 3 * (1.0 if x > 0 else 2 * np.exp(x))
        suspects = {
            "alpha is forgotten in the slope": [3 * np.exp(x)],
            "g is forgotten: the chain rule multiplies by what arrives": [right / 3],
            "the value is taken for the slope": [3 * (x if x > 0 else 2 * (np.exp(x) - 1))],
        }
        expect_close(result[1](np.array([3.0])), [right], "g times 1 for x > 0, g times alpha eˣ else",
                     "What is the derivative of alpha (eˣ - 1)?", suspects=suspects,
                     inputs=f"x = {x:g}, alpha = 2, and g = 3 arrives")  # fmt: skip


def elu_is_safe(elu: Function) -> None:
    """A large positive x is no overflow: eˣ is not needed there."""
    with np.errstate(over="raise"):
        try:
            y, back = elu(np.array([1000.0]))
            ended = f"{y}, {back(np.array([1.0]))}"
        except FloatingPointError as error:
            ended = str(error)
    expect("overflow" not in ended, "1000, and no warning", ended, "np.where computes both sides: what is e¹⁰⁰⁰?",
           inputs="x = [1000]", suspects={"the exponential of large positive x overflows": True})  # fmt: skip


ACTIVATIONS = Exercise(
    name="activations",
    lab=2,
    title="tanh, leaky ReLU and ELU, each with its derivative",
    minutes=25,
    hints=(
        "Each returns two things: the values y, and a function of g that returns g times f'(x), element by element.",
        "tanh' = 1 - tanh²; leaky ReLU has slopes 1 and `slope`; ELU has 1 and alpha eˣ. np.where chooses between two sides.",
        "return y, lambda g: g * (1 - y * y), and likewise np.where(x > 0, g, slope * g); for ELU take the exponential of "
        "np.minimum(x, 0) only, so that nothing overflows.",
    ),
    why="The slope decides what of a gradient comes back through a layer. `python labs/lab2_activations.py --mine DIR` draws yours "
    "beside the built-in ones (Maas, Hannun & Ng 2013; Clevert, Unterthiner & Hochreiter 2016).",
    checks=(tanh_values, tanh_slope, leaky_values, leaky_slope, elu_values, elu_slope, elu_is_safe),
    mistakes=(
        mistake("the square is missing", "square is missing", "(1 - y * y)", "(1 - y)"),
        mistake("x stands where y belongs", "x stands where y", "(1 - y * y)", "(1 - x * x)"),
        mistake("g is forgotten", "g is forgotten", "g * (1 - y * y)", "1 - y * y"),
        mistake("the slope of the sigmoid is used", "slope of the sigmoid", "g * (1 - y * y)", "g * y * (1 - y)"),
        mistake("negative x become 0", "negative x become 0", "np.where(x > 0, x, slope * x)", "np.maximum(x, 0)"),
        mistake("no gradient for negative x", "no gradient comes through", "np.where(x > 0, g, slope * g)", "np.where(x > 0, g, 0 * g)"),
        mistake("the gradient's sign decides", "gradient's sign decides", "np.where(x > 0, g, slope * g)", "np.where(g > 0, g, slope * g)"),
        mistake("the -1 is missing", "-1 is missing", "np.expm1(low)", "np.exp(low)"),
        mistake("alpha is forgotten in the slope", "alpha is forgotten", "1, alpha * np.exp(low)", "1, np.exp(low)"),
        mistake("the exponential overflows", "overflows", "np.minimum(x, 0)", "x"),
    ),
)  # fmt: skip


# ---- Softmax and cross-entropy that do not overflow


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
    expect_close(stable_log_softmax(x), np.log([[0.25, 0.75]]), "log of the probabilities 1/4 and 3/4", think, suspects=suspects)


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
        expect_close(stable_log_softmax(x, axis), right, words, "Over which axis do you sum? keepdims=True keeps rows apart.",
                     suspects=suspects)  # fmt: skip


def huge_scores(stable_log_softmax: Function) -> None:
    """Scores of ±1000 are no problem, and adding a number to all of them changes nothing."""
    with np.errstate(all="ignore"):
        for shift in (1000.0, -1000.0):
            got = stable_log_softmax(np.array([[0.0, 1.0]]) + shift)
            broken = not np.isfinite(got).all()
            name = "exp(1000) overflows" if shift > 0 else "the logarithm of 0 is taken, as all exp(-1000) are 0"
            expect(not broken, "the same as for [0, 1], with no inf or nan", got,
                   "Take the largest score from all of them first: the result is the same, and no exponent is above 0.",
                   suspects={name: broken})  # fmt: skip
            expect_close(got, [[-1.31326168752, -0.31326168752]], "the same as for [0, 1]", "Does softmax change by a shift?",
                         suspects={"the largest score is taken away, but not put back right": [[0.0, 1.0]]})  # fmt: skip
        one = stable_log_softmax(np.array([[0.0, 1000.0], [-1000.0, 0.0]]))
        expect_close(one, [[-1000, 0], [-1000, 0]], "-1000 and 0 in both rows", "The log of a probability of e⁻¹⁰⁰⁰ is -1000, not -inf.",
                     suspects={"the largest of all rows is taken instead of each row's own": [[-1000, 0], [np.inf, np.inf]],
                               "the logarithm is taken of a probability that rounded to 0": [[-np.inf, 0], [-np.inf, 0]]})  # fmt: skip


def picks_the_right_class(cross_entropy: Function) -> None:
    """The loss is minus the log-probability of the right class, the mean over the examples."""
    logits = np.log(np.array([[1.0, 3.0], [1.0, 1.0]]))
    log_p = np.log(np.array([[0.25, 0.75], [0.5, 0.5]]))
    targets = np.array([0, 1])
    result = cross_entropy(logits, targets=targets)
    expect_rule(result, 1, "Return the loss and one function of g.")
    chosen = log_p[[0, 1], targets]
    suspects = {
        "the sign is missing": chosen.mean(),
        "the sum is taken instead of the mean": -chosen.sum(),
        "the mean runs over the classes too": -chosen.sum() / 4,
        "all classes count, not only the right one": -log_p.mean(),
        "all classes count, not only the right one ": -log_p.sum() / 2,
        "softmax is left out": -logits[[0, 1], targets].mean(),
    }
    think = "Which of each row's log-probabilities belongs to the target? np.arange(n), targets picks one a row."
    expect_close(result[0], -chosen.mean(), "(log 4 + log 2) / 2", think, suspects=suspects)


def gradient_is_p_minus_y(cross_entropy: Function) -> None:
    """The gradient is softmax minus one-hot, divided by the number of examples."""
    logits, targets = np.log(np.array([[1.0, 3.0], [1.0, 1.0]])), np.array([0, 1])
    p, hot = np.array([[0.25, 0.75], [0.5, 0.5]]), np.eye(2)[targets]
    for g in (1.0, 2.0):
        got = cross_entropy(logits, targets=targets)[1](np.float64(g))
        suspects = {
            "it is not divided by the number of examples": g * (p - hot),
            "the 1 at the right class is not taken off": g * p / 2,
            "the sign is turned round": g * (hot - p) / 2,
            "g is forgotten: the chain rule multiplies by what arrives": (p - hot) / 2,
            "log-probabilities stand where probabilities belong": g * (np.log(p) - hot) / 2,
        }
        expect_close(got, g * (p - hot) / 2, "g (softmax - onehot) / n", "The loss is a mean over n examples: what of its slope?",
                     inputs=f"logits = log [[1, 3], [1, 1]], targets = [0, 1], and g = {g:g} arrives", suspects=suspects)  # fmt: skip


def gradient_as_measured(cross_entropy: Function) -> None:
    """The gradient is the slope that two evaluations nearby show, and the logits stay as they are."""
    rng = np.random.default_rng(0)
    logits, targets = rng.normal(size=(5, 3)), rng.integers(0, 3, 5)
    kept = logits.copy()
    got = cross_entropy(logits, targets=targets)[1](np.float64(1.0))
    measured = slopes(lambda x: cross_entropy(x, targets=targets), (logits,), 0, np.float64(1.0))
    expect_close(got, measured, "the measured slopes", "softmax - onehot, over n.", tolerance=1e-6)
    expect_close(logits, kept, "the logits as they were", "What writes into the array that came in?")


SOFTMAX = Exercise(
    name="softmax_cross_entropy",
    lab=2,
    title="softmax and cross-entropy that do not overflow, with the gradient",
    minutes=30,
    hints=(
        "log softmax(x)ᵢ = xᵢ - log Σ exp(xⱼ). It stays the same when the same number is taken from all x: take the largest.",
        "The loss picks one number a row: log_p[np.arange(n), targets]. Its gradient is softmax(x), minus 1 at the right class, all "
        "over n, times g.",
        "shifted = x - x.max(axis, keepdims=True); return shifted - np.log(np.exp(shifted).sum(axis, keepdims=True)). In back: "
        "slope = np.exp(log_p), slope[right] -= 1, return g * slope / n.",
    ),
    why="Softmax and logarithm apart give inf and nan as soon as a network is sure of itself; together they are exact, and their "
    "gradient is the simplest there is (Bridle 1990).",
    checks=(probabilities, rows_apart, huge_scores, picks_the_right_class, gradient_is_p_minus_y, gradient_as_measured),
    mistakes=(
        mistake("the exponential overflows", "overflows", "shifted = x - x.max(axis, keepdims=True)", "shifted = x"),
        mistake("the largest of all rows is taken", "largest of all rows", "x.max(axis, keepdims=True)", "x.max()"),
        mistake("the logarithm is not taken", "logarithm is not taken", "shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))",
                "np.exp(shifted) / np.exp(shifted).sum(axis, keepdims=True)"),
        mistake("all numbers share one sum", "all numbers share one sum", "x.max(axis, keepdims=True)", "x.max()", "np.exp(shifted).sum(axis, keepdims=True)", "np.exp(shifted).sum()"),
        mistake("the logarithm of a rounded 0 is taken", "rounded to 0", "shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))",
                "np.log(np.exp(shifted) / np.exp(shifted).sum(axis, keepdims=True))"),
        mistake("the sign is missing", "sign is missing", "return -log_p[right].mean()", "return log_p[right].mean()"),
        mistake("the sum is taken instead of the mean", "instead of the mean", "log_p[right].mean()", "log_p[right].sum()"),
        mistake("all classes count", "all classes count", "-log_p[right].mean()", "-log_p.mean()"),
        mistake("the gradient is not divided by n", "not divided by the number of examples", "g * slope / n", "g * slope"),
        mistake("the 1 is not taken off", "not taken off", "slope[right] -= 1", "slope[right] -= 0"),
        mistake("g is forgotten", "g is forgotten", "g * slope / n", "slope / n"),
    ),
)  # fmt: skip


# ---- First weights


def _draw(init: Function, n_in: int, n_out: int, seed: int = 0) -> Any:
    return init(np.random.default_rng(seed), n_in, n_out)


def _check_draw(init: Function, name: str, variance: Callable[[int, int], float], suspects: dict[str, Callable[[int, int], float]]) -> None:
    for n_in, n_out in ((300, 100), (50, 400)):
        got = _draw(init, n_in, n_out)
        inputs = f"{name}(rng, n_in = {n_in}, n_out = {n_out})"
        expect(np.shape(got) == (n_in, n_out), f"an array of shape ({n_in}, {n_out}): a layer computes x W", f"shape {np.shape(got)}",
               "x has n_in numbers an example; which shape has W in x @ W?", inputs=inputs,
               suspects={"inputs and outputs are the wrong way round": np.shape(got) == (n_out, n_in)})  # fmt: skip
        std, mean = float(np.std(got)), float(np.mean(got))
        right = np.sqrt(variance(n_in, n_out))
        causes = {cause: abs(std - its(n_in, n_out)) < 0.03 * std for cause, its in suspects.items()}
        expect(abs(mean) < 0.05 * right, f"a mean near 0 (within {0.05 * right:.2g})", mean, "Are half of the weights negative?",
               inputs=inputs, suspects={"all weights are positive": mean > 0})  # fmt: skip
        expect(abs(std - right) < 0.03 * right, f"a standard deviation of {right:.4g}, give or take 3 %", f"{std:.4g}",
               "A variance of v is a standard deviation of √v. Which numbers of inputs and outputs belong in it?",
               inputs=inputs, suspects=causes)  # fmt: skip


def xavier_spread(xavier: Function) -> None:
    """Xavier's weights have mean 0 and variance 2 / (n_in + n_out)."""
    _check_draw(xavier, "xavier", lambda i, o: 2 / (i + o), {
        "the variance is taken for the standard deviation": lambda i, o: 2 / (i + o),
        "1 stands where 2 belongs": lambda i, o: np.sqrt(1 / (i + o)),
        "the outputs are left out": lambda i, o: np.sqrt(2 / i),
        "the outputs are left out ": lambda i, o: np.sqrt(1 / i),
        "the weights are not scaled": lambda i, o: 1.0,
    })  # fmt: skip


def he_spread(he: Function) -> None:
    """He's weights have mean 0 and variance 2 / n_in."""
    _check_draw(he, "he", lambda i, o: 2 / i, {
        "the variance is taken for the standard deviation": lambda i, o: 2 / i,
        "the outputs are counted instead of the inputs": lambda i, o: np.sqrt(2 / o),
        "the 2 for ReLU is missing": lambda i, o: np.sqrt(1 / i),
        "the outputs are counted too": lambda i, o: np.sqrt(2 / (i + o)),
        "the weights are not scaled": lambda i, o: 1.0,
    })  # fmt: skip


def same_seed_same_weights(xavier: Function, he: Function) -> None:
    """The same seed gives the same weights, another one others."""
    for name, init in (("xavier", xavier), ("he", he)):
        first, again, other = (_draw(init, 3, 2, seed) for seed in (0, 0, 1))
        inputs = f"{name}(rng, n_in = 3, n_out = 2), twice with a new rng of seed 0"
        expect(bool(np.array_equal(first, again)), "the same weights twice", again, "Draw from `rng`, which was given.",
               inputs=inputs, suspects={"the generator that was given is not used": True})  # fmt: skip
        expect(not np.array_equal(first, other), "other weights with seed 1", other, "Draw from `rng`, which was given.",
               inputs=f"{name}(rng, n_in = 3, n_out = 2) with seeds 0 and 1")  # fmt: skip


def he_keeps_a_signal(he: Function) -> None:
    """Through 30 layers with ReLU the signal neither dies out nor explodes."""
    rng = np.random.default_rng(3)
    x = rng.standard_normal((64, 128))
    for _ in range(30):
        x = np.maximum(x @ he(rng, 128, 128), 0)
    size = float(np.sqrt((x**2).mean()))
    expect(0.1 < size < 10, "a root mean square between 0.1 and 10 behind 30 layers", f"{size:.3g}",
           "Each layer multiplies the variance by n_in · Var(W) / 2.", inputs="30 layers of 128 units with ReLU")  # fmt: skip


INITIALIZATION = Exercise(
    name="initialization",
    lab=2,
    title="the first weights, after Xavier and after He",
    minutes=15,
    hints=(
        "rng.standard_normal((n_in, n_out)) has variance 1; multiplied by s it has variance s².",
        "Xavier's variance is 2 / (n_in + n_out), He's 2 / n_in: you multiply by their square roots.",
        "return sqrt(2 / (n_in + n_out)) * rng.standard_normal((n_in, n_out)), and He's with 2 / n_in.",
    ),
    why="A factor that is off by two at each layer is off by a thousand after ten (Glorot & Bengio 2010; He, Zhang, Ren & Sun 2015).",
    checks=(xavier_spread, he_spread, same_seed_same_weights, he_keeps_a_signal),
    mistakes=(
        mistake("the variance is taken for the standard deviation", "variance is taken", "sqrt(2 / (n_in + n_out))", "(2 / (n_in + n_out))"),
        mistake("the outputs are left out of Xavier's", "outputs are left out", "sqrt(2 / (n_in + n_out))", "sqrt(2 / n_in)"),
        mistake("the outputs are counted instead of the inputs", "outputs are counted instead", "sqrt(2 / n_in)", "sqrt(2 / n_out)"),
        mistake("the 2 for ReLU is missing", "2 for ReLU is missing", "sqrt(2 / n_in)", "sqrt(1 / n_in)"),
        mistake("the shape is the wrong way round", "wrong way round", "standard_normal((n_in, n_out))", "standard_normal((n_out, n_in))"),
        mistake("all weights are positive", "all weights are positive", "rng.standard_normal((n_in, n_out))",
                "np.abs(rng.standard_normal((n_in, n_out)))"),
        mistake("the generator that was given is not used", "not used", "rng.standard_normal(", "np.random.default_rng().standard_normal("),
        mistake("the weights are not scaled", "not scaled", "sqrt(2 / n_in) * ", ""),
    ),
)  # fmt: skip

EXERCISES = (ACTIVATIONS, SOFTMAX, INITIALIZATION)
