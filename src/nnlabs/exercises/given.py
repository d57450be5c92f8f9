"""What the checks of several exercises share."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from nnlabs.exercises.expect import Array, expect, show
from nnlabs.scratch.perceptron_rule import Unit


def make_unit(w: list[float], b: float) -> Unit:
    """A perceptron that has learned these weights and this bias."""
    unit = Unit(len(w))
    unit.w, unit.b = np.array(w), b
    return unit


def new_memory(shape: tuple[int, ...]) -> Any:
    """What an optimizer remembers of a parameter of that shape: nothing yet."""
    return defaultdict(partial(np.zeros, shape))


def two_parts(got: Any, inputs: str) -> tuple[Any, Any]:
    """The rows that are left, and those held out."""
    pair = isinstance(got, tuple | list) and len(got) == 2
    expect(pair, "two arrays: the rows that are left, and those held out", got, "Return both parts.", inputs=inputs)
    left, held_out = np.asarray(got[0]), np.asarray(got[1])
    expect(
        left.dtype != bool,
        "the numbers of the rows",
        got,
        "np.flatnonzero gives the numbers of the rows where a mask is true.",
        inputs=inputs,
        suspects={"masks are returned": True},
    )
    return left, held_out


def expect_division(left: Any, held_out: Any, labels: Array, inputs: str) -> None:
    """Insist that both parts together are the rows of all labels, each once."""
    n = len(labels)
    both = sorted(set(left.tolist()) & set(held_out.tolist()))
    expect(
        not both,
        "no row in both parts",
        f"rows {show(both)} in both",
        "A row that is held out must not be learned from.",
        inputs=inputs,
        suspects={
            "labels are returned, not the numbers of rows": bool(np.isin([*left, *held_out], labels).all()),
            "rows are drawn anew for each part, so that some are in both": True,
        },
    )
    repeated = [row for row, count in Counter([*left.tolist(), *held_out.tolist()]).items() if count > 1]
    expect(
        not repeated,
        "each row once",
        f"rows {show(repeated)} twice or more",
        "Drawing with replacement takes some rows twice.",
        inputs=inputs,
        suspects={"rows are drawn with replacement": True},
    )
    missing = sorted(set(range(n)) - set(left.tolist()) - set(held_out.tolist()))
    expect(
        not missing,
        f"all {n} rows in one part or the other",
        f"rows {show(missing)} in neither",
        "Where are the others?",
        inputs=inputs,
        suspects={"some rows are lost": True},
    )


def expect_shuffled(divide: Callable[[int], Any], called: str, orderly: Callable[[set[int]], str]) -> None:
    """Insist that the rows held out are drawn at random: the same for the same seed, others for another one.

    Args:
        divide: the learner's function, called with a seed.
        called: how it was called, in words.
        orderly: says which rows these are where they are no random ones; "" where they may be.
    """
    first, again, other = (set(two_parts(divide(seed), "")[1].tolist()) for seed in (0, 0, 1))
    twice, ignored = f"{called}, twice with seed 0", {"the seed is ignored": True}
    think = "Make the generator from `seed`, in the function."
    expect(first == again, "the same rows twice", "other rows", think, inputs=twice, suspects=ignored)
    expect(
        not orderly(first),
        "rows from everywhere",
        orderly(first),
        "Data often lies sorted: shuffle first.",
        inputs=twice,
        suspects={"the rows are not shuffled": True},
    )
    both = f"{called} with seeds 0 and 1"
    words = "other rows with seed 1"
    expect(first != other, words, "the same rows", "Does the seed matter?", inputs=both, suspects=ignored)
