"""Checks of `penalties`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlabs.exercises.exercise import Function
from nnlabs.exercises.expect import expect, expect_close


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
    expect_close(
        weight,
        [1.5, -0.75],
        "(1 - share) w",
        "What is left of w when a quarter of it goes? Is w itself changed?",
        inputs=called,
        suspects=suspects,
    )


def decay_of_several(shrink_: Function) -> None:
    """All weights of the list are shrunk, of any shape."""
    import torch

    weights = [torch.ones(2, dtype=torch.float64), torch.ones(2, 3, dtype=torch.float64)]
    shrink_(weights, 0.5)
    for weight in weights:
        expect_close(
            weight,
            np.full(tuple(weight.shape), 0.5),
            "1/2 everywhere",
            "Do you go through the whole list?",
            inputs="shrink_([ones of shape (2,), ones of shape (2, 3)], 0.5)",
            suspects={"only the first of the weights is changed": np.ones(tuple(weight.shape))},
        )


def threshold_by_hand(soft_threshold_: Function) -> None:
    """L1 moves every weight towards 0 by the threshold, and not beyond."""
    numbers = np.array([0.5, -0.3125, 0.1875, 0.0625, -0.0625, 0.125])
    weight, called = _after(soft_threshold_, numbers.tolist(), 0.125)
    sign = np.sign(numbers)
    suspects = {
        "small weights jump across 0": numbers - 0.125 * sign,
        "the weights move away from 0": numbers + 0.125 * sign,
        "large weights are left as they are (a hard threshold)": np.where(np.abs(numbers) > 0.125, numbers, 0),
        "weights up to twice the threshold become 0": np.where(np.abs(numbers) < 0.25, 0, numbers - 0.125 * sign),
        "the sign of the weights is lost": np.maximum(np.abs(numbers) - 0.125, 0),
        "negative weights become 0": np.maximum(numbers - 0.125, 0),
        "the weights are shrunk in proportion, as by L2": numbers * (1 - 0.125),
        "a new tensor is made: the weights themselves stay as they were": numbers,
        "the threshold is subtracted whatever the sign": numbers - 0.125,
        "large weights are cut off": np.clip(numbers, -0.125, 0.125),
    }
    expect_close(
        weight,
        [0.375, -0.1875, 0.0625, 0, 0, 0],
        "sign(w) max(|w| - threshold, 0)",
        "Where does a step of 0.125 towards 0 take a weight of 0.0625?",
        inputs=called,
        suspects=suspects,
    )


def threshold_of_several(soft_threshold_: Function) -> None:
    """All weights of the list are moved, of any shape."""
    import torch

    weights = [torch.ones(2, dtype=torch.float64), -torch.ones(2, 3, dtype=torch.float64)]
    soft_threshold_(weights, 0.25)
    for weight, sign in zip(weights, (1.0, -1.0), strict=True):
        expect_close(
            weight,
            np.full(tuple(weight.shape), 0.75 * sign),
            f"{0.75 * sign:g} everywhere",
            "Do you go through the whole list?",
            inputs="soft_threshold_([ones of shape (2,), -1 everywhere in shape (2, 3)], 0.25)",
            suspects={"only the first of the weights is moved": np.full(tuple(weight.shape), sign)},
        )


def zero_is_exact(soft_threshold_: Function) -> None:
    """What falls within the threshold is 0 exactly, and nothing else; the same step again changes nothing there."""
    import torch

    weight = torch.linspace(-1, 1, 100, dtype=torch.float64)  # none of them is 0.3, where rounding would decide
    within = weight.abs() < 0.3
    soft_threshold_([weight], 0.3)
    zeros = int((weight == 0).sum())
    inputs = "100 weights evenly spaced from -1 to 1, 30 of them within the threshold of 0.3"
    expect(
        torch.equal(weight == 0, within),
        "exactly 0 where a weight was within the threshold, and nowhere else: 30 times",
        f"{zeros} zeros{', not all of them within' if zeros == 30 else ''}",
        "x - x is 0 exactly; a sum of rounded numbers may not be.",
        inputs=inputs,
        suspects={"weights beyond the threshold become 0": zeros > 30},
    )
    before = weight == 0
    soft_threshold_([weight], 0.3)
    after = weight[before]
    expect(
        bool((after == 0).all()),
        f"all {zeros} weights of 0 still 0",
        f"{int((after != 0).sum())} of them moved or nan",
        "What becomes of a weight that is 0 already? Is it divided by its own size?",
        inputs=f"{inputs}, twice",
        suspects={"a weight of 0 is divided by 0": bool(after.isnan().any())},
    )
