"""Exercises of lab 3: what stops a network from memorizing."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nnlabs.exercises.exercise import Exercise, mistake
from nnlabs.exercises.expect import expect, expect_close, expect_rule, slopes

Function = Callable[..., Any]


# ---- L2 and L1


def _after(function: Function, numbers: Sequence[float], amount: float) -> tuple[Any, str]:
    """Weights after a penalty has acted on them in place, and how it was called."""
    import torch

    weight = torch.tensor(numbers, dtype=torch.float64)
    function([weight], amount)
    return weight, f"{function.__name__}([tensor({list(numbers)})], {amount:g})"


def decay_shrinks_all_alike(shrink_: Function) -> None:
    """Weight decay multiplies every weight by 1 - share, in place."""
    weight, called = _after(shrink_, [2.0, -1.0], 0.25)
    suspects = {
        "a new tensor is made: the weights themselves stay as they were": [2, -1],
        "the weights are multiplied by the share": [0.5, -0.25],
        "the share is subtracted": [1.75, -1.25],
        "the share is subtracted, towards 0": [1.75, -0.75],
        "the weights grow": [2.5, -1.25],
        "the share is counted twice": [1, -0.5],
    }
    expect_close(weight, [1.5, -0.75], "(1 - share) w", "What is left of w when a quarter of it goes? Is w itself changed?",
                 inputs=called, suspects=suspects)  # fmt: skip


def decay_of_several(shrink_: Function) -> None:
    """All weights of the list are shrunk, of any shape."""
    import torch

    weights = [torch.ones(2, dtype=torch.float64), torch.ones(2, 3, dtype=torch.float64)]
    shrink_(weights, 0.5)
    for weight in weights:
        expect_close(weight, np.full(tuple(weight.shape), 0.5), "1/2 everywhere", "Do you go through the whole list?",
                     inputs="shrink_([ones of shape (2,), ones of shape (2, 3)], 0.5)",
                     suspects={"only the first of the weights is changed": np.ones(tuple(weight.shape))})  # fmt: skip


def threshold_by_hand(soft_threshold_: Function) -> None:
    """L1 moves every weight towards 0 by the threshold, and not beyond."""
    numbers = np.array([0.5, -0.25, 0.0625, -0.0625, 0.125])
    weight, called = _after(soft_threshold_, numbers.tolist(), 0.125)
    sign = np.sign(numbers)
    suspects = {
        "small weights jump across 0": numbers - 0.125 * sign,
        "the weights move away from 0": numbers + 0.125 * sign,
        "large weights are left as they are (a hard threshold)": np.where(np.abs(numbers) > 0.125, numbers, 0),
        "the sign of the weights is lost": np.maximum(np.abs(numbers) - 0.125, 0),
        "negative weights become 0": np.maximum(numbers - 0.125, 0),
        "the weights are shrunk in proportion, as by L2": numbers * (1 - 0.125),
        "a new tensor is made: the weights themselves stay as they were": numbers,
        "the threshold is subtracted whatever the sign": numbers - 0.125,
        "large weights are cut off": np.clip(numbers, -0.125, 0.125),
    }
    expect_close(weight, [0.375, -0.125, 0, 0, 0], "sign(w) max(|w| - threshold, 0)",
                 "Where does a step of 0.125 towards 0 take a weight of 0.0625?", inputs=called, suspects=suspects)  # fmt: skip


def zero_is_exact(soft_threshold_: Function) -> None:
    """What falls within the threshold is 0 exactly; the same step again changes nothing there."""
    import torch

    weight = torch.linspace(-1, 1, 101, dtype=torch.float64)
    soft_threshold_([weight], 0.3)
    zeros = int((weight == 0).sum())
    expect(zeros >= 29, "29 or more weights of exactly 0", f"{zeros} of them",
           "x - x is 0 exactly; a sum of rounded numbers may not be.",
           inputs="101 weights evenly spaced from -1 to 1, threshold 0.3")  # fmt: skip


PENALTIES = Exercise(
    name="penalties",
    lab=3,
    title="weight decay (L2) and the proximal step of L1",
    minutes=15,
    hints=(
        "Both work in place: the weights themselves must change, as in weight.mul_(...) or weight.sub_(...).",
        "L2 shrinks every weight by the same share. L1 moves every weight by the same amount towards 0, and stops there.",
        "for weight in weights: weight.mul_(1 - share); and weight.sub_(weight.clamp(-threshold, threshold)), which is w - w = 0 inside.",
    ),
    why="L2 makes weights small, L1 makes them 0: that difference is the whole of lab 3's act on sparsity (Tibshirani 1996; "
    "Beck & Teboulle 2009).",
    checks=(decay_shrinks_all_alike, decay_of_several, threshold_by_hand, zero_is_exact),
    mistakes=(
        mistake("the weights are multiplied by the share", "multiplied by the share", "torch._foreach_mul_(weights, 1 - share)",
                "torch._foreach_mul_(weights, share)"),
        mistake("the share is subtracted", "share is subtracted", "torch._foreach_mul_(weights, 1 - share)", "torch._foreach_sub_(weights, share)"),
        mistake("a new tensor is made", "stay as they were", "torch._foreach_mul_(weights, 1 - share)", "weights = [w * (1 - share) for w in weights]"),
        mistake("the weights grow", "grow", "1 - share", "1 + share"),
        mistake("only the first is changed", "only the first", "torch._foreach_mul_(weights, 1 - share)", "weights[0].mul_(1 - share)"),
        mistake("small weights jump across 0", "jump across 0", "weight.sub_(weight.clamp(-threshold, threshold))", "weight.sub_(threshold * weight.sign())"),
        mistake("the threshold is hard", "hard threshold", "weight.sub_(weight.clamp(-threshold, threshold))", "weight.mul_(weight.abs() > threshold)"),
        mistake("the sign is lost", "sign of the weights is lost", "weight.sub_(weight.clamp(-threshold, threshold))",
                "weight.copy_((weight.abs() - threshold).clamp(min=0))"),
        mistake("negative weights become 0", "negative weights become 0", "weight.sub_(weight.clamp(-threshold, threshold))",
                "weight.sub_(threshold).clamp_(min=0)"),
        mistake("L1 shrinks in proportion", "in proportion", "weight.sub_(weight.clamp(-threshold, threshold))", "weight.mul_(1 - threshold)"),
    ),
    needs=("torch",),
)  # fmt: skip


# ---- Inverted dropout


def _drop(dropout: Function, x: Any, p: float, seed: int = 0) -> Any:
    result = dropout(x, p=p, rng=np.random.default_rng(seed))
    expect_rule(result, 1, "Return y and one function of g.")
    return result


def about_p_are_dropped(dropout: Function) -> None:
    """About a share p of the numbers becomes 0."""
    for p in (0.2, 0.5, 0.8):
        y = np.asarray(_drop(dropout, np.ones(10_000), p)[0])
        share = float((y == 0).mean())
        suspects = {"p is the share that is kept, not the share that is dropped": abs(share - (1 - p)) < 0.02 and p != 0.5,
                    "nothing is dropped": share == 0}  # fmt: skip
        expect(abs(share - p) < 0.02, f"{p:.0%} zeros, give or take 2 points", f"{share:.1%} zeros",
               "With rng.random(...) between 0 and 1: which numbers are kept?", inputs=f"10,000 ones, p = {p}", suspects=suspects)  # fmt: skip


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
    expect_close(got, 3.75, "3 / (1 - 0.2) for what is kept", "The mean over kept and dropped must stay 3.",
                 inputs="10,000 times 3, p = 0.2", suspects=suspects)  # fmt: skip


def each_number_for_itself(dropout: Function) -> None:
    """Each number is dropped or kept for itself, not a whole row or column at once."""
    y = np.asarray(_drop(dropout, np.ones((40, 50)), 0.5)[0])
    rows, columns = (y == 0).all(axis=1) | (y != 0).all(axis=1), (y == 0).all(axis=0) | (y != 0).all(axis=0)
    expect(not rows.any() and not columns.any(), "zeros and others in each row and each column", "whole rows or columns of one kind",
           "Which shape must the draw have?", inputs="ones of shape (40, 50), p = 0.5",
           suspects={"all examples share one draw": bool(columns.any()), "all units share one draw": bool(rows.any())})  # fmt: skip


def gradient_through_the_same_choices(dropout: Function) -> None:
    """A gradient comes back through what was kept, scaled alike, and not through what was dropped."""
    x = np.arange(1.0, 9.0)
    y, back = _drop(dropout, x, 0.5)
    kept = np.asarray(y) != 0
    got = back(np.ones(8))
    suspects = {
        "the gradient is not scaled": kept.astype(float),
        "the gradient passes whole, dropped or not": np.ones(8),
        "x is multiplied in": np.asarray(y),
    }
    inputs = f"x = 1 ... 8, p = 0.5; kept were {show_kept(kept)}; g = 1 arrives everywhere"
    expect_close(got, 2.0 * kept, "2 where x was kept, 0 where it was dropped", "Keep the choices for the way back: no second draw.",
                 inputs=inputs, suspects=suspects)  # fmt: skip
    expect_close(back(np.full(8, 3.0)), 6.0 * kept, "6 where x was kept, for g = 3", "Does g count?", inputs=inputs,
                 suspects={"g is forgotten: the chain rule multiplies by what arrives": 2.0 * kept})  # fmt: skip


def show_kept(kept: Any) -> str:
    """Which of the numbers 1 ... 8 were kept."""
    return ", ".join(str(i + 1) for i in np.flatnonzero(kept))


def from_the_generator(dropout: Function) -> None:
    """The same seed drops the same numbers; nothing is dropped for p = 0; float32 stays float32."""
    first, again = (_drop(dropout, np.ones(50), 0.5, seed=7)[0] for _ in range(2))
    expect_close(again, first, "the same zeros twice", "Draw from `rng`, which was given.", inputs="50 ones, p = 0.5, twice with seed 7",
                 suspects={"the generator that was given is not used": again})  # fmt: skip
    expect_close(_drop(dropout, np.ones(50), 0.0)[0], np.ones(50), "all of them, unchanged", "What is kept for p = 0?")
    y = np.asarray(_drop(dropout, np.ones(5, np.float32), 0.5)[0])
    expect(y.dtype == np.float32, "float32, as x", str(y.dtype), "A float64 scale makes the result float64.", inputs="five float32 ones")


DROPOUT = Exercise(
    name="dropout",
    lab=3,
    title="inverted dropout, forward and backward",
    minutes=15,
    hints=(
        "rng.random(x.shape) is below p with probability p: those are dropped.",
        "What is kept is divided by 1 - p: then the mean stays, and nothing has to be done when the network is used.",
        "scale = ((rng.random(x.shape) >= p) / (1 - p)).astype(x.dtype); return x * scale, lambda g: g * scale.",
    ),
    why="Each step trains another thinned network, and the scaling makes the whole one their average (Srivastava et al. 2014).",
    checks=(about_p_are_dropped, the_rest_is_scaled, each_number_for_itself, gradient_through_the_same_choices, from_the_generator),
    mistakes=(
        mistake("what is kept is not scaled", "not scaled", "(kept / (1 - p))", "(kept / 1)"),
        mistake("p is the share that is kept", "share that is kept", ">= p", "< p"),
        mistake("it is multiplied by 1 - p", "multiplied by 1 - p", "kept / (1 - p)", "kept * (1 - p)"),
        mistake("it is divided by p", "divided by p", "kept / (1 - p)", "kept / p"),
        mistake("the gradient passes whole", "passes whole", "lambda g: g * scale", "lambda g: g"),
        mistake("the gradient is not scaled", "gradient is not scaled", "lambda g: g * scale", "lambda g: g * kept"),
        mistake("all examples share one draw", "share one draw", "rng.random(x.shape)", "np.broadcast_to(rng.random(x.shape[-1]), x.shape)"),
        mistake("the generator that was given is not used", "not used", "rng.random(x.shape)", "np.random.default_rng().random(x.shape)"),
        mistake("g is forgotten", "g is forgotten", "lambda g: g * scale", "lambda g: scale"),
    ),
)  # fmt: skip


# ---- Early stopping


def best_of_a_few(best_epoch: Function) -> None:
    """The epoch with the lowest loss so far, counted from 1."""
    for losses, right in (([0.5], 1), ([0.5, 0.4, 0.6], 2), ([0.9, 0.7, 0.8, 0.5, 0.6], 4)):
        suspects = {
            "epochs are counted from 0": right - 1,
            "the lowest loss is returned, not its epoch": min(losses),
            "the last epoch is taken": len(losses),
            "the highest loss is searched for": int(np.argmax(losses)) + 1,
            "a loss below the one just before counts as an improvement":
                max(i + 1 for i in range(len(losses)) if i == 0 or losses[i] < losses[i - 1]),
        }  # fmt: skip
        expect_close(best_epoch(losses), right, "the epoch of the lowest loss", "Compare with the best so far, and keep its number.",
                     suspects=suspects)  # fmt: skip


def below_all_before(best_epoch: Function) -> None:
    """Better than the epoch before is not enough: better than the best counts."""
    losses = [0.5, 0.9, 0.8, 0.7]
    expect_close(best_epoch(losses), 1, "epoch 1: none after it fell below 0.5", "With what do you compare a loss?",
                 suspects={"a loss below the one just before counts as an improvement": 4})  # fmt: skip


def as_good_is_not_better(best_epoch: Function) -> None:
    """An equal loss is no improvement; min_delta asks for more than a hair."""
    expect_close(best_epoch([0.5, 0.5]), 1, "epoch 1, as the same loss is no improvement", "< or ≤ ?",
                 suspects={"an equal loss counts as an improvement": 2})  # fmt: skip
    losses = [1.0, 0.95, 0.85, 0.84]
    expect_close(best_epoch(losses, 0.1), 3, "epoch 3: 0.95 is not below 1 - 0.1, 0.85 is, 0.84 is not below 0.85 - 0.1",
                 "What is subtracted from the best, and when does the best change?",
                 suspects={"min_delta is ignored": 4, "the best so far changes without an improvement": 1,
                           "min_delta is added": 4})  # fmt: skip


def nothing_and_nan(best_epoch: Function) -> None:
    """No epoch, or nothing but nan, has no best: 0; a nan is never better."""
    expect_close(best_epoch([]), 0, "0", "What is returned when the loop never runs?")
    expect_close(best_epoch([math.nan, math.nan]), 0, "0, as nan is no improvement", "Every comparison with nan is False: which way do you ask?",
                 suspects={"a nan counts as an improvement": 1, "a nan counts as an improvement ": 2})  # fmt: skip
    expect_close(best_epoch([0.5, math.nan, 0.4]), 3, "3", "Does the best survive a nan?",
                 suspects={"a nan counts as an improvement": 2, "a nan becomes the best": 1})  # fmt: skip


def waits_for_patience(best_epoch: Function, is_over: Function) -> None:
    """Training stops when the last `patience` epochs brought no improvement, not sooner and not later."""
    losses = [1.0, 0.8, 0.9, 0.85, 0.81, 0.7]
    for patience, first in ((2, 4), (3, 5), (1, 3), (4, 7)):
        for epochs in range(1, min(first, len(losses)) + 1):
            got = is_over(losses[:epochs], patience)
            right = epochs >= first
            best = int(np.argmin(losses[:epochs])) + 1
            words = f"{right}: the best of {epochs} epochs is number {best}, and patience is {patience}"
            expect(bool(got) == right, words, got, "How many epochs have passed since the best one?", suspects={
                "it stops an epoch too early": bool(got) and not right and epochs - best == patience - 1,
                "it stops an epoch too late": not got and right and epochs - best == patience,
                "all epochs are counted, not those since the best": bool(got) and not right and epochs >= patience,
                "it never stops": not got})  # fmt: skip


def min_delta_counts_for_patience_too(is_over: Function) -> None:
    """Improvements smaller than min_delta do not buy more time."""
    got = is_over([1.0, 0.99, 0.98], 2, 0.1)
    expect(bool(got), "True: neither 0.99 nor 0.98 is below 1 - 0.1", got, "Is min_delta passed on?",
           suspects={"min_delta is not passed on": True})  # fmt: skip


EARLY_STOPPING = Exercise(
    name="early_stopping",
    lab=3,
    title="which epoch is best, and when patience is over",
    minutes=15,
    hints=(
        "Keep two things while going through the losses: the best so far, which begins at infinity, and its epoch.",
        "A loss improves if loss < best - min_delta; only then both change. Patience is over when enough epochs have passed since.",
        "for epoch, loss in enumerate(losses, start=1): if loss < best - min_delta: best, found = loss, epoch. And: "
        "len(losses) - best_epoch(losses, min_delta) >= patience.",
    ),
    why="The number of epochs is a setting like any other, and this finds it in one run (Prechelt 1998).",
    checks=(best_of_a_few, below_all_before, as_good_is_not_better, nothing_and_nan, waits_for_patience, min_delta_counts_for_patience_too),
    mistakes=(
        mistake("epochs are counted from 0", "counted from 0", "start=1", "start=0"),
        mistake("an equal loss counts", "equal loss counts", "loss < best - min_delta", "loss <= best - min_delta"),
        mistake("min_delta is ignored", "min_delta", "loss < best - min_delta", "loss < best"),
        mistake("it compares with the epoch before", "just before", "            best, found = loss, epoch\n", "            found = epoch\n        best = loss\n"),
        mistake("a nan counts", "nan counts", "if loss < best - min_delta", "if not loss >= best - min_delta"),
        mistake("it stops an epoch too late", "too late", ">= patience", "> patience"),
        mistake("it stops an epoch too early", "too early", ">= patience", ">= patience - 1"),
        mistake("all epochs are counted", "all epochs are counted", "len(losses) - best_epoch(losses, min_delta)", "len(losses)"),
        mistake("min_delta is not passed on", "not passed on", "best_epoch(losses, min_delta) >=", "best_epoch(losses) >="),
    ),
)  # fmt: skip


# ---- Batch norm


EPS = 1e-3
BATCH = np.array([[1.0, 10.0], [3.0, 10.0], [5.0, 40.0]])
GAMMA, BETA = np.array([2.0, 0.5]), np.array([1.0, -1.0])


def normalized_columns(batch_norm: Function) -> None:
    """Each column gets mean 0 and variance 1 over the batch, then γ and β."""
    result = batch_norm(BATCH, GAMMA, BETA, eps=EPS)
    expect_rule(result, 3, "Return y, then a function of g for each of x, gamma and beta.")
    centred = BATCH - BATCH.mean(0)
    right = GAMMA * centred / np.sqrt(BATCH.var(0) + EPS) + BETA
    rows = BATCH - BATCH.mean(1, keepdims=True)
    suspects = {
        "each example is normalized, not each column (layer norm)": GAMMA * rows / np.sqrt(BATCH.var(1, keepdims=True) + EPS) + BETA,
        "the variance stands where its square root belongs": GAMMA * centred / (BATCH.var(0) + EPS) + BETA,
        "the divisor of the variance is n - 1": GAMMA * centred / np.sqrt(BATCH.var(0, ddof=1) + EPS) + BETA,
        "γ and β are forgotten": centred / np.sqrt(BATCH.var(0) + EPS),
        "β is forgotten": right - BETA,
        "the mean is not taken off": GAMMA * BATCH / np.sqrt(BATCH.var(0) + EPS) + BETA,
        "ε is added behind the square root": GAMMA * centred / (BATCH.std(0) + EPS) + BETA,
        "ε is forgotten": GAMMA * centred / BATCH.std(0) + BETA,
    }
    expect_close(result[0], right, "γ (x - mean) / √(variance + ε) + β", "Over which axis do mean and variance run?", suspects=suspects)


def constant_column(batch_norm: Function) -> None:
    """A column that is the same everywhere becomes β, not nan."""
    with np.errstate(all="ignore"):
        got = batch_norm(np.full((3, 1), 7.0), np.ones(1), np.full(1, 0.5), eps=EPS)[0]
    expect_close(got, np.full((3, 1), 0.5), "β, as x - mean is 0", "What is ε for?", suspects={"ε is forgotten": np.full((3, 1), np.nan)})


def back_to_gamma_and_beta(batch_norm: Function) -> None:
    """To γ comes back Σ g x̂, to β Σ g, over the batch."""
    g = np.array([[1.0, 2.0], [0.0, 1.0], [3.0, -1.0]])
    normed = (BATCH - BATCH.mean(0)) / np.sqrt(BATCH.var(0) + EPS)
    _, _, to_gamma, to_beta = batch_norm(BATCH, GAMMA, BETA, eps=EPS)
    inputs = "a batch of 3 examples with 2 columns; g = [[1, 2], [0, 1], [3, -1]] arrives"
    expect_close(to_gamma(g), (g * normed).sum(0), "Σ g x̂ over the batch", "y = γ x̂ + β: what is its slope in γ?", inputs=inputs, suspects={
        "the sum over the batch is forgotten": g * normed, "the mean over the batch is taken": (g * normed).mean(0),
        "x stands where the normalized x̂ belongs": (g * BATCH).sum(0)})  # fmt: skip
    expect_close(to_beta(g), g.sum(0), "Σ g over the batch", "β was added to every example.", inputs=inputs, suspects={
        "the sum over the batch is forgotten": g, "the mean over the batch is taken": g.mean(0)})  # fmt: skip


def back_to_x(batch_norm: Function) -> None:
    """To x comes back what two evaluations nearby show: mean and variance hang on x, too."""
    rng = np.random.default_rng(0)
    for x, g in ((BATCH[:, :1], np.array([[1.0], [0.0], [0.0]])), (rng.normal(size=(5, 2)), rng.normal(size=(5, 2)))):
        gamma, beta = GAMMA[: x.shape[1]], BETA[: x.shape[1]]
        measured = slopes(lambda *its: batch_norm(*its, eps=EPS), (x, gamma, beta), 0, g)
        std = np.sqrt(x.var(0) + EPS)
        normed, centred = (x - x.mean(0)) / std, g - g.mean(0)
        suspects = {
            "mean and variance are taken for constants": gamma / std * g,
            "the variance is taken for a constant": gamma / std * centred,
            "the mean is taken for a constant": gamma / std * (g - normed * (g * normed).mean(0)),
            "γ is forgotten": measured / gamma,
            "the sums over the batch are not divided by n": gamma / std * (g - g.sum(0) - normed * (g * normed).sum(0)),
            "it is not divided by the standard deviation": measured * std,
        }
        expect_close(batch_norm(x, gamma, beta, eps=EPS)[1](g), measured, "the measured slopes",
                     "Changing one x moves the mean and the variance of its column, and with them all examples.",
                     inputs=f"a batch of shape {x.shape}" + ("; g = [1, 0, 0] arrives" if x.shape[1] == 1 else ""),
                     tolerance=1e-6, suspects=suspects)  # fmt: skip


BATCH_NORM = Exercise(
    name="batch_norm",
    lab=3,
    title="batch norm, forward and backward",
    minutes=30,
    hints=(
        "Forward: mean and variance of each column over the batch (axis 0); x̂ = (x - mean) / √(var + ε); y = γ x̂ + β.",
        "γ and β are easy: Σ g x̂ and Σ g over the batch. For x, mind that every x moves the column's mean and variance: what g does "
        "to either must come off again.",
        "dL/dx = γ / std · (g - mean(g) - x̂ mean(g x̂)), with means over the batch.",
    ),
    why="The two terms that come off are what makes batch norm more than a scaling; forgetting them is a favourite in examinations "
    "(Ioffe & Szegedy 2015).",
    checks=(normalized_columns, constant_column, back_to_gamma_and_beta, back_to_x),
    mistakes=(
        mistake("each example is normalized", "layer norm", "x.var(0) + eps", "x.var(1, keepdims=True) + eps", "(x - x.mean(0))", "(x - x.mean(1, keepdims=True))"),
        mistake("the square root is forgotten", "square root", "np.sqrt(x.var(0) + eps)", "(x.var(0) + eps)"),
        mistake("the divisor is n - 1", "n - 1", "x.var(0)", "x.var(0, ddof=1)"),
        mistake("ε is forgotten", "ε is forgotten", "x.var(0) + eps", "x.var(0)"),
        mistake("β is forgotten", "β is forgotten", "gamma * normed + beta", "gamma * normed"),
        mistake("mean and variance are taken for constants", "taken for constants", "(g - g.mean(0) - normed * (g * normed).mean(0))", "g"),
        mistake("the variance is taken for a constant", "variance is taken for a constant", " - normed * (g * normed).mean(0)", ""),
        mistake("γ is forgotten on the way back", "γ is forgotten", "gamma / std * (", "1 / std * ("),
        mistake("the sum over the batch is forgotten", "sum over the batch is forgotten", "lambda g: (g * normed).sum(0)", "lambda g: g * normed"),
        mistake("β gets the mean", "mean over the batch is taken", "lambda g: g.sum(0)", "lambda g: g.mean(0)"),
    ),
)  # fmt: skip

EXERCISES = (PENALTIES, DROPOUT, EARLY_STOPPING, BATCH_NORM)
