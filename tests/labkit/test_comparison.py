"""Comparisons of groups of runs: who is chosen, who is compared, and what is said of it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from nnlabs.labkit.comparison import (
    Verdict,
    best_on_validation,
    compared_with,
    describe_margin,
    list_verdicts,
    networks_table,
)
from nnlabs.stats.intervals import Interval, mean_interval
from nnlabs.tables import format_table
from tests.made_runs import Make

BOUND = 0.14
NAN = float("nan")


def test_one_lucky_seed_of_five_is_not_chosen(make_runs: Make) -> None:
    groups = {
        "whole": make_runs(0.7, 0.7, 0.7, 0.7, 0.7),
        "lucky": make_runs(0.99, NAN, NAN, NAN, NAN),
        "gone": make_runs(*[NAN] * 5),
    }
    assert best_on_validation(groups) == "whole"
    assert best_on_validation({name: groups[name] for name in ("gone", "lucky")}) == "lucky"


def test_only_groups_with_all_seeds_above_guessing_are_compared() -> None:
    rng = np.random.default_rng(0)
    scores = {
        name: mean + rng.normal(0, 0.002, 5)
        for name, mean in (("plain", 0.8), ("L1", 0.82), ("L2", 0.8), ("idle", 0.1))
    }
    scores["lost"] = np.array([0.8, 0.8, NAN, 0.8, 0.8])
    verdicts = compared_with("plain", scores, scores, BOUND)
    assert {name: one.word for name, one in verdicts.items()} == {
        "L1": "better",
        "L2": "not told apart",
        "idle": "did not learn",
        "lost": "diverged",
    }
    assert list_verdicts(verdicts) == (
        "better: L1; not told apart: L2; did not learn (not above guessing): idle; "
        "diverged with a seed, so not compared: lost"
    )
    assert "for all 2 comparisons together" in describe_margin(verdicts)
    assert np.isnan(verdicts["idle"].margin)


def test_a_difference_just_told_apart_exceeds_the_margin_that_is_told() -> None:
    nearly = Interval(np.float64(0.00390), np.float64(0.00011), np.float64(0.00769), np.int64(5))
    said = describe_margin({"L2": Verdict("better", nearly)})
    assert said == "To be told from what other seeds change, a difference must exceed 0.38 points (95 % intervals)."


def test_accuracies_stand_in_percent_in_the_table_of_networks() -> None:
    shares = {"train": 0.987, "validation": 0.85, "gap": 0.137, "test": 0.841}
    row = {"parameters": 1234, **{name: mean_interval([value]) for name, value in shares.items()}}
    table = networks_table(SimpleNamespace(judges="500 judge"), {"plain": row}, "mnist1d")
    assert table.caption.startswith("mnist1d · 500 judge; accuracies: mean ± half")
    assert format_table(table.rows, table.columns).splitlines()[-1].split() == [
        "plain",
        "1,234",
        "98.7",
        "85.0",
        "13.7",
        "84.1",
    ]
