"""Checks of `split`."""

from __future__ import annotations

import numpy as np

from nnlabs.exercises.exercise import Function
from nnlabs.exercises.expect import expect, expect_close
from nnlabs.exercises.given import expect_division, expect_shuffled, two_parts

Y = np.array([0, 1] * 6 + [0] * 8)  # 14 of class 0, 6 of class 1


def sizes_and_division(hold_out: Function) -> None:
    """So many rows as wanted are held out, the others are left, none is in both."""
    for count in (5, 10):
        inputs = f"hold_out(y = 20 labels, count = {count}, seed = 0)"
        left, held_out = two_parts(hold_out(Y, count, 0), inputs)
        share = count / 20
        swapped = len(left) == count and count != 10
        expect(
            len(held_out) == count,
            f"{count} rows held out, {20 - count} left",
            f"{len(held_out)} held out, {len(left)} left",
            "Which of the two comes first?"
            if swapped
            else f"Do you round for each class by itself? {share * 14:g} of 14 and {share * 6:g} of 6 must add up to {count}.",
            inputs=inputs,
            suspects={
                "the two parts are the wrong way round": swapped,
                "each class is rounded by itself": abs(len(held_out) - count) == 1,
            },
        )
        expect_division(left, held_out, Y, inputs)


def each_class_by_the_same_share(hold_out: Function) -> None:
    """Each class is divided by the same share, whichever the seed."""
    for seed in range(5):
        inputs = f"hold_out(y = 14 labels 0 and 6 labels 1, count = 10, seed = {seed})"
        _, held_out = two_parts(hold_out(Y, 10, seed), inputs)
        ones = int(Y[held_out].sum())
        expect(
            ones == 3,
            "3 of the 6 examples of class 1 among the 10 held out",
            ones,
            "Divide each class for itself (stratify): a rare class may otherwise be missing from a part.",
            inputs=inputs,
            suspects={"the classes are not divided by the same share": True},
        )


def what_is_left_over_is_spread(hold_out: Function) -> None:
    """Where a share is no whole number, each class has it rounded up or down, and none has more than its part."""
    y = np.repeat(np.arange(10), 19)
    inputs = "hold_out(y = 19 labels of each of 10 classes, count = 95, seed = 0)"
    _, held_out = two_parts(hold_out(y, 95, 0), inputs)
    counts = np.bincount(y[np.asarray(held_out)], minlength=10)
    expect(
        set(counts.tolist()) <= {9, 10},
        "9 or 10 of each class among the 95 held out, as 9.5 is the share",
        counts,
        "Each class gets the whole part of its share first: which classes get the examples that are left over?",
        inputs=inputs,
        suspects={"one class gets all that is left over": int(counts.max()) == 14 and int(counts.min()) == 9},
    )


def shuffled_by_seed(hold_out: Function) -> None:
    """The rows are drawn at random: the same seed gives the same, another one others."""
    y = np.zeros(100, int)
    called = "hold_out(y = 100 labels 0, count = 20, seed)"
    expect_shuffled(lambda seed: hold_out(y, 20, seed), called, _at_an_end)


def _at_an_end(rows: set[int]) -> str:
    return "the first or the last 20" if rows in (set(range(20)), set(range(80, 100))) else ""


TRAIN, TEST = np.array([[0.0, 10.0], [2.0, 10.0], [4.0, 10.0]]), np.array([[100.0, 10.0], [4.0, 16.0]])


def scale_of_the_training_part(standardize: Function) -> None:
    """Mean and scale come from the training examples, and move all others alike."""
    scale = np.sqrt(8 / 6)
    got = standardize(TRAIN.copy(), TEST.copy())
    expect(
        isinstance(got, tuple | list) and len(got) == 2,
        "two arrays, for train and for one other part",
        got,
        "Return as many arrays as came in, in the same order.",
    )
    both = np.vstack([TRAIN, TEST])
    leaked = (TRAIN - both.mean(0)) / (both - both.mean(0)).std()
    first = (TRAIN - TRAIN.mean(0))[:, 0] / TRAIN[:, 0].std()  # the second feature is always 10: its deviation is 0
    own = "each feature is divided by its own standard deviation, not all by one"
    suspects = {
        own: np.column_stack([first, np.full(3, np.nan)]),
        f"{own}, and by 1 where that is 0": np.column_stack([first, np.zeros(3)]),
        "the standard deviation is that of values that are not centered": (TRAIN - TRAIN.mean(0)) / TRAIN.std(),
        "test data is used for mean and scale: a leak": leaked,
        "test data is used for the mean: a leak": (TRAIN - both.mean(0)) / scale,
        "the variance is divided by, not its square root": (TRAIN - TRAIN.mean(0)) / scale**2,
        "the mean of all features is taken off each": (TRAIN - TRAIN.mean()) / scale,
        "each example's own mean is taken off": (TRAIN - TRAIN.mean(1, keepdims=True)) / scale,
        "nothing is divided": TRAIN - TRAIN.mean(0),
        "the mean is not taken off": TRAIN / scale,
    }
    expect_close(
        got[0],
        (TRAIN - TRAIN.mean(0)) / scale,
        "(train - its mean) / standard deviation over all its centered values",
        "What is the one number to divide by, and what may be known when training begins?",
        suspects=suspects,
    )
    suspects = {
        "the other part is scaled by its own mean and spread": (TEST - TEST.mean(0)) / (TEST - TEST.mean(0)).std(),
        "the other part is left as it is": TEST,
        "the other part is not centered": TEST / scale,
    }
    expect_close(
        got[1],
        (TEST - TRAIN.mean(0)) / scale,
        "(test - mean of train) / scale of train",
        "The same number must mean the same in both parts.",
        suspects=suspects,
    )


def several_parts_and_no_change(standardize: Function) -> None:
    """Validation and test are moved alike, and the arrays that came in stay as they are."""
    train, test = TRAIN.copy(), TEST.copy()
    got = standardize(train, test, test)
    expect(
        len(got) == 3,
        "three arrays",
        len(got),
        "There may be any number of other parts.",
        inputs="standardize(train, test, test)",
        suspects={"only one other part is returned": len(got) == 2},
    )
    expect_close(
        got[2],
        got[1],
        "the same for the third part as for the second, which is equal",
        "Is each part scaled alike?",
        inputs="standardize(train, test, test)",
    )
    expect_close(
        train,
        TRAIN,
        "train as it was",
        "-= and /= write into the array that came in.",
        inputs="standardize(train, test, test)",
        suspects={"the data itself is changed": got[0]},
    )
