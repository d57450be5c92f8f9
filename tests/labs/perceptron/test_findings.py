from __future__ import annotations

import numpy as np

from nnlabs.labs.perceptron.figures.mistake_counts import Task
from nnlabs.labs.perceptron.findings import counted, mistakes_table, on_unseen

LAST, POCKET = np.array([0.30, 0.20, 0.25, 0.27]), np.array([0.05, 0.04, 0.04, 0.06])


def test_what_is_counted_agrees_with_its_number():
    assert [counted(n, "mistake") for n in (0, 1, 2, 1486)] == [
        "0 mistakes",
        "1 mistake",
        "2 mistakes",
        "1,486 mistakes",
    ]


def test_a_winner_is_named_where_every_other_is_told_apart_from_it():
    assert on_unseen({"last": LAST, "pocket": POCKET}, "30 flowers", " (kept)") == (
        "Wrong on 30 flowers, a mean over 4 splits, which share flowers: last 25.5 %, pocket 4.8 % (kept); fewest: pocket."
    )


def test_who_would_win_in_other_splits_is_not_told_apart_from_the_winner():
    errors = {"last": LAST, "pocket": POCKET, "average": POCKET + np.array([0.01, 0, 0, -0.02])}
    assert on_unseen(errors, "30 flowers").endswith("; not told apart by these splits: average, pocket.")
    assert on_unseen({"a": POCKET, "b": POCKET}, "30 flowers").endswith("; not told apart by these splits: a, b.")


def test_differences_are_taken_split_by_split():
    # All splits agree on who errs less, while the errors themselves scatter far more than they differ.
    better = np.array([0.02, 0.30, 0.11, 0.20])
    assert on_unseen({"better": better, "worse": better + np.array([0.03, 0.03, 0.04, 0.03])}, "").endswith(
        "; fewest: better."
    )


def test_one_split_tells_nobody_apart():
    said = on_unseen({"last": LAST[:1], "pocket": POCKET[:1]}, "30 flowers")
    assert (
        said == "Wrong on 30 flowers, one split: last 30.0 %, pocket 5.0 %; not told apart by one split: pocket, last."
    )


def test_the_median_over_orders_is_said_to_be_one() -> None:
    table = mistakes_table([Task("a", 100.4, [60, 40, 44], 50.9, [6, 7, 9])])
    assert "made: median over 3 orders of the flowers" in table.caption
    assert {**table.rows[0]} == {
        "name": "a",
        "raw_bound": 100,
        "raw_made": 44,
        "centered_bound": 50,
        "centered_made": 7,
    }
