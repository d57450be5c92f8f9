"""Exercises of lab 4: how parameters move."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from math import cos, pi, sqrt
from typing import Any

import numpy as np

from nnlabs.exercises.exercise import Exercise, mistake
from nnlabs.exercises.expect import expect, expect_close, show
from nnlabs.scratch.optim import Adam, Momentum, Optimizer
from nnlabs.scratch.tensor import Tensor

Function = Callable[..., Any]


def _memory(shape: tuple[int, ...]) -> Any:
    return defaultdict(partial(np.zeros, shape))


# ---- Momentum


def _momentum_steps(change: Function, gradients: list[float], lrs: list[float], mu: float) -> list[float]:
    """What is subtracted in each of several steps."""
    optimizer, memory, moved = Momentum([Tensor([0.0])], lr=lrs[0], momentum=mu), _memory((1,)), []
    for g, lr in zip(gradients, lrs, strict=True):
        optimizer.lr = lr
        moved.append(float(np.asarray(change(optimizer, np.array([g]), memory)).item()))
    return moved


def from_rest(change: Function) -> None:
    """The first step is that of plain descent: η g."""
    got = _momentum_steps(change, [2.0], [0.1], 0.9)
    suspects = {
        "the gradient is weighted by 1 - μ": [0.02],
        "the learning rate is forgotten": [2.0],
        "the sign is turned round: what is returned is subtracted": [-0.2],
        "the look-ahead of Nesterov is taken": [0.1 * 3.8],
        "the gradient is weighted by μ": [0.18],
    }
    expect_close(got, [0.2], "η g, as the ball starts at rest", "What is v ← μ v + g for v = 0?",
                 inputs="one step with g = 2, η = 0.1, μ = 0.9", suspects=suspects)  # fmt: skip


def velocity_is_kept(change: Function) -> None:
    """The second step keeps a share μ of the first."""
    got = _momentum_steps(change, [2.0, 1.0], [0.1, 0.1], 0.9)
    suspects = {
        "the velocity is not remembered": [0.2, 0.1],
        "1 - μ is kept instead of μ": [0.2, 0.12],
        "all of the velocity is kept": [0.2, 0.3],
        "the velocity takes the gradient's place": [0.2, 0.18],
    }
    expect_close(got, [0.2, 0.28], "0.2, then η (μ · 2 + 1)", "Is v written back into the memory? What share of it is kept?",
                 inputs="g = 2, then g = 1; η = 0.1, μ = 0.9", suspects=suspects)  # fmt: skip


def terminal_velocity(change: Function) -> None:
    """Where the slope stays the same, steps grow towards η g / (1 - μ)."""
    got = _momentum_steps(change, [1.0] * 300, [0.1] * 300, 0.9)[-1]
    expect_close(got, 1.0, "η g / (1 - μ) = 10 times a plain step", "What does v ← 0.9 v + 1 settle at?",
                 inputs="300 steps with g = 1, η = 0.1, μ = 0.9", tolerance=1e-6)  # fmt: skip


def learning_rate_of_the_moment(change: Function) -> None:
    """The learning rate of the moment scales the whole step: the velocity knows nothing of it."""
    got = _momentum_steps(change, [2.0, 1.0], [0.1, 0.01], 0.5)
    expect_close(got, [0.2, 0.02], "0.2, then 0.01 (0.5 · 2 + 1)", "Is η inside v, or outside?",
                 inputs="g = 2 with η = 0.1, then g = 1 with η = 0.01; μ = 0.5",
                 suspects={"the learning rate is part of the velocity": [0.2, 0.11]})  # fmt: skip


def gradient_is_left_alone(change: Function) -> None:
    """The gradient's array stays as it is."""
    g = np.array([2.0, -1.0])
    optimizer, memory = Momentum([Tensor([0.0, 0.0])], lr=0.1), _memory((2,))
    change(optimizer, g, memory)
    change(optimizer, g, memory)
    expect_close(g, [2, -1], "g as it was", "What writes into the array g? Is g itself kept as v, and then changed?",
                 inputs="two steps with g = [2, -1]")  # fmt: skip


MOMENTUM = Exercise(
    name="momentum",
    lab=4,
    title="gradient descent with momentum",
    minutes=10,
    hints=(
        "The velocity v lives in `memory` under a name of your choice; what was never written reads as 0.",
        "v ← μ v + g, and what is subtracted from the parameter is η v. μ is self.momentum, η is self.lr.",
        'v = memory["velocity"] = self.momentum * memory["velocity"] + g; return self.lr * v.',
    ),
    why="Along a valley steps add up to ten times their size, across it they cancel (Polyak 1964).",
    checks=(from_rest, velocity_is_kept, terminal_velocity, learning_rate_of_the_moment, gradient_is_left_alone),
    mistakes=(
        mistake("the velocity is not remembered", "not remembered", 'v = memory["velocity"] = ', "v = "),
        mistake("the gradient is weighted by 1 - μ", "weighted by 1 - μ", '["velocity"] + g', '["velocity"] + (1 - self.momentum) * g'),
        mistake("the learning rate is forgotten", "learning rate is forgotten", "return self.lr * v", "return v"),
        mistake("the sign is turned round", "sign is turned round", "return self.lr * v", "return -self.lr * v"),
        mistake("the look-ahead of Nesterov is taken", "Nesterov", "return self.lr * v", "return self.lr * (g + self.momentum * v)"),
        mistake("the learning rate is part of the velocity", "part of the velocity", '["velocity"] + g', '["velocity"] + self.lr * g', "return self.lr * v", "return v"),
        mistake("1 - μ is kept", "1 - μ is kept", "= self.momentum * memory", "= (1 - self.momentum) * memory"),
        mistake("all of the velocity is kept", "all of the velocity", "self.momentum * memory", "memory"),
    ),
)  # fmt: skip


# ---- Adam


def _adam_steps(change: Function, gradients: list[float], **options: Any) -> list[float]:
    optimizer, memory, moved = Adam([Tensor([0.0])], **{"lr": 0.1, **options}), _memory((1,)), []
    for g in gradients:
        optimizer.steps += 1
        moved.append(float(np.asarray(change(optimizer, np.array([g]), memory)).item()))
    return moved


def _adam(gradients: list[float], b1: float = 0.9, b2: float = 0.999, correct_m: bool = True, correct_s: bool = True) -> list[float]:
    """Adam in plain numbers, or with one mistake."""
    m = s = 0.0
    moved = []
    for t, g in enumerate(gradients, start=1):
        m, s = b1 * m + (1 - b1) * g, b2 * s + (1 - b2) * g * g
        moved.append(0.1 * m / (1 - b1**t if correct_m else 1) / (sqrt(s / (1 - b2**t if correct_s else 1)) + 1e-8))
    return moved


def first_step_is_the_sign(change: Function) -> None:
    """The first step is η times the sign of g, whatever its size."""
    for g in (1.0, 400.0, -400.0):
        wanted = 0.1 * float(np.sign(g))
        suspects = {
            "neither mean is corrected for its start at 0": _adam([g], correct_m=False, correct_s=False),
            "the mean gradient is not corrected for its start at 0": _adam([g], correct_m=False),
            "the mean square is not corrected for its start at 0": _adam([g], correct_s=False),
            "the square root is forgotten": [0.1 / g],
            "the sign is turned round: what is returned is subtracted": [-wanted],
            "the learning rate is forgotten": [wanted * 10],
            "the gradient is not squared": [0.1 * g / sqrt(abs(g))],
            "the betas are the wrong way round in the correction": [wanted * 0.01 / sqrt(0.01)],
        }
        expect_close(_adam_steps(change, [g]), [wanted], "η m̂ / (√ŝ + ε) = η g / |g|", "After one step m is (1 - β₁) g: what is m̂?",
                     inputs=f"one step with g = {g:g}, η = 0.1, β = (0.9, 0.999)", tolerance=1e-6, suspects=suspects)  # fmt: skip


def several_steps(change: Function) -> None:
    """Later steps weigh what came before by β₁ and β₂."""
    gradients = [1.0, -2.0, 0.5, 3.0, 0.1]
    suspects = {
        "β₁ and β₂ are the wrong way round": _adam(gradients, 0.999, 0.9),
        "the correction is always that of the first step": _first_only(gradients),
        "the mean gradient is not remembered": _forgetful(gradients, mean=True),
        "the mean square is not remembered": _forgetful(gradients, mean=False),
    }
    expect_close(_adam_steps(change, gradients), _adam(gradients), "the five steps of the formula",
                 "Are m and s written back into the memory? Which t is in the correction?",
                 inputs=f"g = {show(gradients)}, one after the other; η = 0.1, β = (0.9, 0.999)", tolerance=1e-6, suspects=suspects)  # fmt: skip


def _first_only(gradients: list[float]) -> list[float]:
    m = s = 0.0
    moved = []
    for g in gradients:
        m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g * g
        moved.append(0.1 * m / 0.1 / (sqrt(s / 0.001) + 1e-8))
    return moved


def _forgetful(gradients: list[float], mean: bool) -> list[float]:
    m = s = 0.0
    moved = []
    for t, g in enumerate(gradients, start=1):
        m, s = (0.0 if mean else 0.9 * m) + 0.1 * g, (0.999 * s if mean else 0.0) + 0.001 * g * g
        moved.append(0.1 * m / (1 - 0.9**t) / (sqrt(s / (1 - 0.999**t)) + 1e-8))
    return moved


def scale_does_not_matter(change: Function) -> None:
    """A loss a thousand times as large gives the same steps."""
    gradients = [1.0, -2.0, 0.5]
    small, large = _adam_steps(change, gradients), _adam_steps(change, [1000 * g for g in gradients])
    expect_close(large, small, "the same steps as for gradients of a thousandth", "g stands above and, squared under a root, below.",
                 inputs="g = 1000, -2000, 500", tolerance=1e-6)  # fmt: skip


def epsilon_outside_the_root(change: Function) -> None:
    """ε is added behind the square root: it halves the step where |g| = ε."""
    got = _adam_steps(change, [1e-3], eps=1e-3)
    suspects = {"ε is added inside the square root": [0.1 * 1e-3 / sqrt(1e-6 + 1e-3)], "ε is forgotten": [0.1]}
    suspects["ε is subtracted"] = [np.inf]
    expect_close(got, [0.05], "η g / (|g| + ε) = η / 2", "Where does ε go?", inputs="one step with g = 0.001 and eps = 0.001",
                 tolerance=1e-6, suspects=suspects)  # fmt: skip


ADAM = Exercise(
    name="adam",
    lab=4,
    title="one step of Adam",
    minutes=25,
    hints=(
        "Two running means live in `memory`: m of the gradients, with β₁, and s of their squares, with β₂. Both begin at 0.",
        "As they begin at 0 they are too small at first: m̂ = m / (1 - β₁ᵗ), ŝ = s / (1 - β₂ᵗ), where t = self.steps counts from 1.",
        'm = memory["mean"] = b1 * memory["mean"] + (1 - b1) * g, s likewise with g * g; return self.lr * m_hat / (np.sqrt(s_hat) + self.eps).',
    ),
    why="Steps no longer depend on the size of the gradient, only on how steady it is (Kingma & Ba 2015).",
    checks=(first_step_is_the_sign, several_steps, scale_does_not_matter, epsilon_outside_the_root),
    mistakes=(
        mistake("neither mean is corrected", "neither mean is corrected", "m / (1 - b1**self.steps), s / (1 - b2**self.steps)", "m, s"),
        mistake("the mean gradient is not corrected", "mean gradient is not corrected", "m / (1 - b1**self.steps)", "m"),
        mistake("the mean square is not corrected", "mean square is not corrected", "s / (1 - b2**self.steps)", "s"),
        mistake("the square root is forgotten", "square root is forgotten", "np.sqrt(s_hat)", "s_hat"),
        mistake("ε is inside the square root", "inside the square root", "(np.sqrt(s_hat) + self.eps)", "np.sqrt(s_hat + self.eps)"),
        mistake("the betas are the wrong way round", "wrong way round", "b1, b2 = self.betas", "b2, b1 = self.betas"),
        mistake("the gradient is not squared", "not squared", "(1 - b2) * g * g", "(1 - b2) * np.abs(g)"),
        mistake("the correction is that of the first step", "first step", "b1**self.steps", "b1", "b2**self.steps", "b2"),
        mistake("the mean gradient is not remembered", "mean gradient is not remembered", 'm = memory["mean"] = ', "m = "),
        mistake("the sign is turned round", "sign is turned round", "return self.lr", "return -self.lr"),
    ),
)  # fmt: skip


# ---- AdamW


def _decayed(AdamW: Callable[..., Optimizer], w: list[float], g: list[float], steps: int = 1, **options: Any) -> Any:
    parameters = [Tensor([number]) for number in w]
    optimizer = AdamW(parameters, **{"lr": 0.1, "weight_decay": 0.5, **options})
    for _ in range(steps):
        for parameter, gradient in zip(parameters, g, strict=True):
            parameter.grad = np.array([gradient])
        optimizer.step()
    return np.array([parameter.data.item() for parameter in parameters])


def decay_without_gradient(AdamW: Function) -> None:
    """Where the gradient is 0, each weight shrinks by the share η λ, and by nothing else."""
    got = _decayed(AdamW, [4.0, -2.0], [0.0, 0.0])
    suspects = {
        "the decay is put into the gradient, as in Adam with L2": [3.9, -1.9],
        "λ alone is used, without the learning rate": [2, -1],
        "the weights do not decay": [4, -2],
        "the weights grow": [4.2, -2.1],
        "the decay is applied twice": [4 * 0.95**2, -2 * 0.95**2],
        "only the first parameter decays": [3.8, -2],
        "the learning rate alone is used": [3.6, -1.8],
    }
    expect_close(got, [3.8, -1.9], "(1 - η λ) w", "Who sees the decay: the weights, or the gradient that is divided by its own size?",
                 inputs="one step from w = 4 and w = -2, gradients 0, η = 0.1, λ = 0.5", tolerance=1e-6, suspects=suspects)  # fmt: skip


def decay_then_step(AdamW: Function) -> None:
    """The weights shrink first, then Adam's step follows, once."""
    got = _decayed(AdamW, [4.0], [10.0])
    suspects = {
        "the decay comes after the step": [(4 - 0.1) * 0.95],
        "Adam's own step is missing": [3.8],
        "the step is made twice": [3.6],
        "the decay is put into the gradient, as in Adam with L2": [3.9],
    }
    expect_close(got, [3.7], "(1 - η λ) w - η = 3.8 - 0.1", "In which order do decay and step come?",
                 inputs="one step from w = 4, gradient 10, η = 0.1, λ = 0.5", tolerance=1e-6, suspects=suspects)  # fmt: skip


def decay_ignores_the_gradient(AdamW: Function) -> None:
    """A weight with large gradients decays by the same share as one with small ones: that is what decoupling changes."""
    for g in (0.01, 100.0):
        with_decay, without = _decayed(AdamW, [4.0], [g], 3), _decayed(AdamW, [4.0], [g], 3, weight_decay=0.0)
        right = 4.0
        for _ in range(3):
            right = 0.95 * right - 0.1
        expect_close(without, [3.7], "4 - 3 η without decay", "With λ = 0, AdamW is Adam.", inputs=f"three steps with gradient {g:g}, λ = 0",
                     tolerance=1e-5)  # fmt: skip
        expect_close(with_decay, [right], "three times (1 - η λ) w - η", "Does the decay pass through Adam's division?",
                     inputs=f"three steps from w = 4 with gradient {g:g}, η = 0.1, λ = 0.5", tolerance=1e-5)  # fmt: skip


def learning_rate_of_now(AdamW: Function) -> None:
    """The decay follows the learning rate of the moment, as a schedule sets it."""
    parameter = Tensor([4.0])
    optimizer = AdamW([parameter], lr=0.1, weight_decay=0.5)
    optimizer.lr, parameter.grad = 0.01, np.array([0.0])
    optimizer.step()
    expect_close(parameter.data, [3.98], "(1 - 0.01 · 0.5) 4", "Is self.lr read in each step?",
                 inputs="w = 4, gradient 0, λ = 0.5; made with η = 0.1, then η set to 0.01", tolerance=1e-9,
                 suspects={"the first learning rate is used for ever": [3.8]})  # fmt: skip


ADAMW = Exercise(
    name="adamw",
    lab=4,
    title="AdamW: weight decay that Adam's division never sees",
    minutes=15,
    hints=(
        "Adam divides the gradient by its own size. A decay that is part of the gradient is divided too; one that shrinks the weights "
        "themselves is not.",
        "First multiply the data of each parameter by 1 - η λ; then let Adam take its step. η is self.lr, λ is self.decay.",
        "for parameter in self.parameters: parameter.data = parameter.data * (1 - self.lr * self.decay); then super().step().",
    ),
    why="For plain descent L2 and weight decay are one; for Adam they differ, and decay generalizes better (Loshchilov & Hutter 2019).",
    checks=(decay_without_gradient, decay_then_step, decay_ignores_the_gradient, learning_rate_of_now),
    mistakes=(
        mistake("the decay is put into the gradient", "put into the gradient", "parameter.data = parameter.data * (1 - self.lr * self.decay)",
                "parameter.grad = parameter.grad + self.decay * parameter.data"),
        mistake("λ alone is used", "without the learning rate", "1 - self.lr * self.decay", "1 - self.decay"),
        mistake("the decay comes after the step", "after the step", "        super().step()\n", "", "        for parameter in self.parameters:",
                "        super().step()\n        for parameter in self.parameters:", "* self.decay)", "* self.decay)\n"),
        mistake("the weights grow", "weights grow", "1 - self.lr", "1 + self.lr"),
        mistake("Adam's own step is missing", "own step is missing", "        super().step()\n", ""),
        mistake("only the first parameter decays", "only the first", "for parameter in self.parameters:", "for parameter in self.parameters[:1]:"),
        mistake("the decay is applied twice", "applied twice", "(1 - self.lr * self.decay)", "(1 - self.lr * self.decay) ** 2"),
        mistake("the weights do not decay", "do not decay", "parameter.data = parameter.data * (1 - self.lr * self.decay)", "parameter.data * (1 - self.lr * self.decay)"),
    ),
)  # fmt: skip


# ---- Cosine with warm-up


def _curve(function: Function, steps: int, warmup: int, last: int) -> list[float]:
    return [function(t, steps, warmup, 0.8) for t in range(last)]


def up_in_a_line(cosine_with_warmup: Function) -> None:
    """The warm-up goes up in equal parts, and its last step has the full rate."""
    got = _curve(cosine_with_warmup, 12, 4, 4)
    suspects = {
        "the first step has a rate of 0": [0, 0.2, 0.4, 0.6],
        "there is no warm-up": [0.8] * 4,
        "the warm-up follows the cosine too": [0.8 * (1 + cos(pi * t / 12)) / 2 for t in range(4)],
        "the learning rate is forgotten": [0.25, 0.5, 0.75, 1],
        "the warm-up is divided by all steps": [0.8 * (t + 1) / 12 for t in range(4)],
    }
    expect_close(got, [0.2, 0.4, 0.6, 0.8], "lr/4, 2 lr/4, 3 lr/4, lr", "t counts from 0: which share has the first step?",
                 inputs="t = 0, 1, 2, 3 with steps = 12, warmup = 4, lr = 0.8", suspects=suspects)  # fmt: skip


def down_along_a_cosine(cosine_with_warmup: Function) -> None:
    """After the warm-up, half a cosine from lr down to 0, over the steps that are left."""
    got = [cosine_with_warmup(t, 12, 4, 0.8) for t in (4, 6, 8, 10, 12)]
    def curve(f: Callable[[float], float]) -> list[float]:
        return [0.8 * f(t) for t in (4, 6, 8, 10, 12)]  # fmt: skip
    suspects = {
        "the cosine begins at step 0, not behind the warm-up": curve(lambda t: (1 + cos(pi * t / 12)) / 2),
        "it is spread over all steps, not over those that are left": curve(lambda t: (1 + cos(pi * (t - 4) / 12)) / 2),
        "it is not halved": curve(lambda t: 1 + cos(pi * (t - 4) / 8)),
        "the 1 is missing": curve(lambda t: cos(pi * (t - 4) / 8)),
        "a quarter of a period is taken": curve(lambda t: cos(pi / 2 * (t - 4) / 8)),
        "a whole period is taken": curve(lambda t: (1 + cos(2 * pi * (t - 4) / 8)) / 2),
        "π is forgotten": curve(lambda t: (1 + cos((t - 4) / 8)) / 2),
        "it goes down in a straight line": curve(lambda t: 1 - (t - 4) / 8),
        "it goes up": curve(lambda t: (1 - cos(pi * (t - 4) / 8)) / 2),
    }
    half = 0.8 * (1 + cos(pi / 4)) / 2
    expect_close(got, [0.8, half, 0.4, 0.8 - half, 0], "lr (1 + cos(π s / S)) / 2 for s = 0, 2, 4, 6, 8 of S = 8",
                 "How many steps are left behind the warm-up, and how many of them are done?",
                 inputs="t = 4, 6, 8, 10, 12 with steps = 12, warmup = 4, lr = 0.8", suspects=suspects)  # fmt: skip


def without_warmup(cosine_with_warmup: Function) -> None:
    """Without warm-up, the first step has the full rate."""
    try:
        got = cosine_with_warmup(0, 10, 0, 0.8)
    except ZeroDivisionError:
        got = "a division by 0"
    expect(not isinstance(got, str), "0.8", got, "With warmup = 0, no t is below it.", suspects={"the warm-up divides by 0": True})
    expect_close(got, 0.8, "lr", "What is s at the first step?")


def never_jumps(cosine_with_warmup: Function) -> None:
    """From the last step of the warm-up to the first behind it there is no jump."""
    for steps, warmup in ((10, 1), (100, 7)):
        before, after = (cosine_with_warmup(t, steps, warmup, 1.0) for t in (warmup - 1, warmup))
        expect_close(after, before, "the full rate at both", "What is s = t - warmup at t = warmup?",
                     inputs=f"t = {warmup - 1} and {warmup}, steps = {steps}, warmup = {warmup}, lr = 1")  # fmt: skip


COSINE = Exercise(
    name="cosine_warmup",
    lab=4,
    title="the learning rate over a training: warm-up, then a cosine",
    minutes=15,
    hints=(
        "Two cases: t < warmup, and all others. t counts the steps that are done, so the first step has t = 0.",
        "In the warm-up the share is (t + 1) / warmup. Behind it s = t - warmup of S = steps - warmup are done.",
        "if t < warmup: return lr * (t + 1) / warmup; else lr * (1 + cos(pi * s / S)) / 2.",
    ),
    why="The first steps are the most dangerous, the last ones the most exact; lab 4 finds 9 to 11 points between the best schedule and "
    "the worst (Loshchilov & Hutter 2016).",
    checks=(up_in_a_line, down_along_a_cosine, without_warmup, never_jumps),
    mistakes=(
        mistake("the first step has a rate of 0", "rate of 0", "lr * (t + 1) / warmup", "lr * t / warmup"),
        mistake("the cosine begins at step 0", "begins at step 0", "pi * (t - warmup) / (steps - warmup)", "pi * t / steps"),
        mistake("it is spread over all steps", "spread over all steps", "(t - warmup) / (steps - warmup)", "(t - warmup) / steps"),
        mistake("it is not halved", "not halved", "(steps - warmup))) / 2", "(steps - warmup)))"),
        mistake("π is forgotten", "π is forgotten", "cos(pi * (t", "cos((t"),
        mistake("a whole period is taken", "whole period", "cos(pi * (t", "cos(2 * pi * (t"),
        mistake("there is no warm-up", "no warm-up", "return lr * (t + 1) / warmup", "return lr"),
        mistake("it goes up", "goes up", "1 + cos", "1 - cos"),
        mistake("the warm-up divides by 0", "divides by 0", "if t < warmup:", "if (t + 1) / warmup <= 1:"),
    ),
)  # fmt: skip

EXERCISES = (MOMENTUM, ADAM, ADAMW, COSINE)
