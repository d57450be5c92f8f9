"""Exercises of lab 3: which examples are learnt from, and which are held out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from nnlabs.exercises.exercise import Exercise, mistake
from nnlabs.exercises.expect import expect, expect_close, show

Function = Callable[..., Any]


def _two_parts(got: Any, inputs: str) -> tuple[Any, Any]:
    """The rows that are left, and those held out."""
    pair = isinstance(got, tuple | list) and len(got) == 2
    expect(pair, "two arrays: the rows that are left, and those held out", got, "Return both parts.", inputs=inputs)
    return np.asarray(got[0]), np.asarray(got[1])


def _expect_division(left: Any, held_out: Any, n: int, inputs: str) -> None:
    """Insist that both parts together are all rows, each once."""
    both = sorted(set(left.tolist()) & set(held_out.tolist()))
    expect(not both, "no row in both parts", f"rows {show(both)} in both", "A row that is held out must not be learnt from.",
           inputs=inputs, suspects={"rows are drawn anew for each part, so that some are in both": True})  # fmt: skip
    repeated = [row for row, count in Counter([*left.tolist(), *held_out.tolist()]).items() if count > 1]
    expect(not repeated, "each row once", f"rows {show(repeated)} twice or more", "Drawing with replacement takes some rows twice.",
           inputs=inputs, suspects={"rows are drawn with replacement": True})  # fmt: skip
    missing = sorted(set(range(n)) - set(left.tolist()) - set(held_out.tolist()))
    expect(not missing, f"all {n} rows in one part or the other", f"rows {show(missing)} in neither", "Where are the others?",
           inputs=inputs, suspects={"some rows are lost": True})  # fmt: skip


# ---- Held-out examples, without leakage

Y = np.array([0, 1] * 6 + [0] * 8)  # 14 of class 0, 6 of class 1


def sizes_and_division(hold_out: Function) -> None:
    """So many rows as wanted are held out, the others are left, none is in both."""
    for count in (5, 10):
        inputs = f"hold_out(y = 20 labels, count = {count}, seed = 0)"
        left, held_out = _two_parts(hold_out(Y, count, 0), inputs)
        swapped = len(left) == count and count != 10
        expect(len(held_out) == count, f"{count} rows held out, {20 - count} left", f"{len(held_out)} held out, {len(left)} left",
               "Which of the two comes first?", inputs=inputs, suspects={"the two parts are the wrong way round": swapped})  # fmt: skip
        _expect_division(left, held_out, 20, inputs)


def each_class_by_the_same_share(hold_out: Function) -> None:
    """Each class is divided by the same share, whichever the seed."""
    for seed in range(5):
        inputs = f"hold_out(y = 14 labels 0 and 6 labels 1, count = 10, seed = {seed})"
        _, held_out = _two_parts(hold_out(Y, 10, seed), inputs)
        ones = int(Y[held_out].sum())
        expect(ones == 3, "3 of the 6 examples of class 1 among the 10 held out", ones,
               "Divide each class for itself (stratify): a rare class may otherwise be missing from a part.", inputs=inputs,
               suspects={"the classes are not divided by the same share": True})  # fmt: skip


def shuffled_by_seed(hold_out: Function) -> None:
    """The rows are drawn at random: the same seed gives the same, another one others."""
    y = np.zeros(100, int)
    first, again, other = (set(_two_parts(hold_out(y, 20, seed), "")[1].tolist()) for seed in (0, 0, 1))
    inputs = "hold_out(y = 100 labels 0, count = 20, seed), twice with seed 0"
    expect(first == again, "the same rows twice", "other rows", "Make the generator from `seed`, in the function.", inputs=inputs,
           suspects={"the seed is ignored": True})  # fmt: skip
    ends = first in (set(range(20)), set(range(80, 100)))
    expect(not ends, "rows from everywhere", "the first or the last 20", "Data often lies sorted: shuffle first.", inputs=inputs,
           suspects={"the rows are not shuffled": True})  # fmt: skip
    expect(first != other, "other rows with seed 1", "the same rows", "Does the seed matter?",
           inputs="hold_out(y = 100 labels 0, count = 20, seed) with seeds 0 and 1", suspects={"the seed is ignored": True})  # fmt: skip


TRAIN, TEST = np.array([[0.0, 10.0], [2.0, 10.0], [4.0, 10.0]]), np.array([[100.0, 10.0], [4.0, 16.0]])


def scale_of_the_training_part(standardize: Function) -> None:
    """Mean and scale come from the training examples, and move all others alike."""
    scale = np.sqrt(8 / 6)
    got = standardize(TRAIN.copy(), TEST.copy())
    expect(isinstance(got, tuple | list) and len(got) == 2, "two arrays, for train and for one other part", got,
           "Return as many arrays as came in, in the same order.")  # fmt: skip
    both = np.vstack([TRAIN, TEST])
    leaked = (TRAIN - both.mean(0)) / (both - both.mean(0)).std()
    suspects = {
        "test data is used for mean and scale: a leak": leaked,
        "test data is used for the mean: a leak": (TRAIN - both.mean(0)) / scale,
        "the variance is divided by, not its square root": (TRAIN - TRAIN.mean(0)) / scale**2,
        "the mean of all features is taken off each": (TRAIN - TRAIN.mean()) / scale,
        "each example's own mean is taken off": (TRAIN - TRAIN.mean(1, keepdims=True)) / scale,
        "nothing is divided": TRAIN - TRAIN.mean(0),
        "the mean is not taken off": TRAIN / scale,
    }
    expect_close(got[0], (TRAIN - TRAIN.mean(0)) / scale, "(train - its mean) / standard deviation over all its centred values",
                 "What may be known when training begins?", suspects=suspects)  # fmt: skip
    suspects = {
        "the other part is scaled by its own mean and spread": (TEST - TEST.mean(0)) / (TEST - TEST.mean(0)).std(),
        "the other part is left as it is": TEST,
        "the other part is not centred": TEST / scale,
    }
    expect_close(got[1], (TEST - TRAIN.mean(0)) / scale, "(test - mean of train) / scale of train",
                 "The same number must mean the same in both parts.", suspects=suspects)  # fmt: skip


def several_parts_and_no_change(standardize: Function) -> None:
    """Validation and test are moved alike, and the arrays that came in stay as they are."""
    train, test = TRAIN.copy(), TEST.copy()
    got = standardize(train, test, test)
    expect(len(got) == 3, "three arrays", len(got), "There may be any number of other parts.", inputs="standardize(train, test, test)",
           suspects={"only one other part is returned": len(got) == 2})  # fmt: skip
    expect_close(got[2], got[1], "the same for the third part as for the second, which is equal", "Is each part scaled alike?",
                 inputs="standardize(train, test, test)")  # fmt: skip
    expect_close(train, TRAIN, "train as it was", "-= and /= write into the array that came in.", inputs="standardize(train, test, test)",
                 suspects={"the data itself is changed": got[0]})  # fmt: skip


SPLIT = Exercise(
    name="split",
    lab=3,
    title="training and test examples, divided and scaled without leakage",
    minutes=25,
    hints=(
        "Divide each class for itself: shuffle its rows by a generator made from the seed, and hold out the same share of each. "
        "Three parts come from two calls.",
        "For scaling, everything that is computed from data comes from train: its mean, feature by feature, and one standard deviation.",
        "sklearn.model_selection.train_test_split(np.arange(len(y)), test_size=count, stratify=y, random_state=seed); and "
        "mean = train.mean(axis=0), scale = (train - mean).std(), [(x - mean) / scale for x in (train, *others)].",
    ),
    why="Whatever test examples have told you before the end makes the last number too good; it is the commonest mistake in "
    "published work (Kapoor & Narayanan 2023).",
    checks=(sizes_and_division, each_class_by_the_same_share, shuffled_by_seed, scale_of_the_training_part, several_parts_and_no_change),
    mistakes=(
        mistake("test data is used for mean and scale", "leak", "mean = train.mean(axis=0)", "train = np.vstack([train, *others])\n    mean = train.mean(axis=0)",
                "for x in (train, *others)]", "for x in (train[: len(train) - sum(map(len, others))], *others)]"),
        mistake("each part is scaled by its own mean", "its own mean", "[(x - mean) / scale for x in", "[(x - x.mean(axis=0)) / (x - x.mean(axis=0)).std() for x in"),
        mistake("nothing is divided", "nothing is divided", "(x - mean) / scale for", "x - mean for"),
        mistake("the mean of all features is taken off", "mean of all features", "train.mean(axis=0)", "train.mean()",
                "(train - mean).std()", "(train - train.mean(axis=0)).std()"),
        mistake("the data itself is changed", "data itself is changed", "return [(x - mean) / scale for x in (train, *others)]",
                "train -= mean\n    train /= scale\n    return [train, *((x - mean) / scale for x in others)]"),
        mistake("the classes are not divided alike", "same share", ", stratify=y", ""),
        mistake("the rows are not shuffled", "not shuffled", "return left, held_out",
                "held_out = np.concatenate([np.flatnonzero(y == k)[: (y[held_out] == k).sum()] for k in np.unique(y)])\n"
                "    return np.setdiff1d(np.arange(len(y)), held_out), held_out"),
        mistake("the seed is ignored", "seed is ignored", "random_state=seed", "random_state=None"),
        mistake("the parts are the wrong way round", "wrong way round", "return left, held_out", "return held_out, left"),
        mistake("some rows are in both", "in both", "return left, held_out", "return np.arange(len(y)), held_out"),
    ),
    needs=("sklearn",),
)  # fmt: skip


# ---- k-fold


def each_example_once(one_fold: Function) -> None:
    """Over all folds, each example is held out exactly once."""
    for n, k in ((6, 3), (10, 3)):
        held = []
        for fold in range(k):
            inputs = f"one_fold(y = {n} labels 0, fold = {fold}, folds = {k}, seed = 0)"
            left, held_out = _two_parts(one_fold(np.zeros(n, int), fold, k, 0), inputs)
            swapped = len(held_out) > len(left)
            expect(len(held_out) in (n // k, n // k + 1), f"{n // k} or {-(-n // k)} of {n} rows held out", len(held_out),
                   "Parts of equal size, or one more.", inputs=inputs, suspects={
                       "the two parts are the wrong way round": swapped and len(left) in (n // k, n // k + 1),
                       "the rest of the division is lost or falls to one part": not swapped})  # fmt: skip
            _expect_division(left, held_out, n, inputs)
            held += held_out.tolist()
        twice = sorted(row for row, count in Counter(held).items() if count > 1)
        expect(not twice, "each row held out in one fold only", f"rows {show(twice)} held out more than once",
               "All folds must come from one and the same shuffling.", inputs=f"one_fold(y = {n} labels 0, fold = 0 ... {k - 1}, folds = {k}, seed = 0)",
               suspects={"the rows are shuffled anew for each fold": True})  # fmt: skip


def folds_alike(one_fold: Function) -> None:
    """Each class is spread evenly over the folds."""
    y = np.array([0] * 12 + [1] * 6)
    for fold in range(3):
        inputs = f"one_fold(y = 12 labels 0, then 6 labels 1, fold = {fold}, folds = 3, seed = 0)"
        ones = int(y[_two_parts(one_fold(y, fold, 3, 0), inputs)[1]].sum())
        expect(ones == 2, "2 of the 6 examples of class 1", ones, "Deal out each class for itself (stratified).", inputs=inputs,
               suspects={"the classes are not spread evenly": True})  # fmt: skip


def seed_shuffles(one_fold: Function) -> None:
    """The folds are drawn at random: the same seed gives the same folds, another one others."""
    y = np.zeros(60, int)
    first, again, other = (set(_two_parts(one_fold(y, 0, 3, seed), "")[1].tolist()) for seed in (0, 0, 1))
    inputs = "one_fold(y = 60 labels 0, fold = 0, folds = 3, seed), twice with seed 0"
    expect(first == again, "the same rows twice", "other rows", "Make the generator from `seed`, in the function.", inputs=inputs,
           suspects={"the seed is ignored": True})  # fmt: skip
    regular = len({b - a for a, b in zip(sorted(first), sorted(first)[1:], strict=False)}) == 1
    expect(not regular, "rows from everywhere", f"rows {show(sorted(first)[:5])} and so on", "Data often lies sorted: shuffle first.",
           inputs=inputs, suspects={"the rows are not shuffled": True})  # fmt: skip
    expect(first != other, "other rows with seed 1", "the same rows", "Does the seed matter?",
           inputs="one_fold(y = 60 labels 0, fold = 0, folds = 3, seed) with seeds 0 and 1", suspects={"the seed is ignored": True})  # fmt: skip


K_FOLD = Exercise(
    name="k_fold",
    lab=3,
    title="one of the divisions of k-fold cross-validation",
    minutes=20,
    hints=(
        "Shuffle the rows by a generator made from the seed, so that all folds see the same order, and deal them out to k parts.",
        "Deal out each class for itself: with its rows shuffled, row number i goes to part i % folds; go on counting over the classes.",
        "list(sklearn.model_selection.StratifiedKFold(folds, shuffle=True, random_state=seed).split(y, y))[fold]; or by hand: order "
        "the shuffled rows by class (a stable argsort), then held_out = order[fold::folds].",
    ),
    why="Each example judges once and teaches k - 1 times, which makes the most of few (Stone 1974).",
    checks=(each_example_once, folds_alike, seed_shuffles),
    mistakes=(
        mistake("the rows are shuffled anew for each fold", "anew for each fold", "random_state=seed", "random_state=seed + fold"),
        mistake("the rows are not shuffled", "not shuffled", ", shuffle=True, random_state=seed", ""),
        mistake("the classes are not spread evenly", "not spread evenly", "parts.split(y, y)", "parts.split(y, np.zeros(len(y), int))"),
        mistake("the parts are the wrong way round", "wrong way round", "return left, held_out", "return held_out, left"),
        mistake("the seed is ignored", "seed is ignored", "random_state=seed", "random_state=0"),
        mistake("held-out rows are learnt from", "in both", "return left, held_out", "return np.arange(len(y)), held_out"),
        mistake("the rest of the division is lost", "rest of the division", "return left, held_out",
                "size = len(y) // folds\n    return np.concatenate([left, held_out[size:]]), held_out[:size]",
                "list(parts.split(y, y))[fold]", "list(parts.split(y, y))[fold]\n    if fold == 0: held_out = held_out[:1]"),
    ),
    needs=("sklearn",),
)  # fmt: skip

EXERCISES = (SPLIT, K_FOLD)
