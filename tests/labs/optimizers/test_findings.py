from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nnlabs.labs.optimizers.figures.descent import Descent, Track
from nnlabs.labs.optimizers.findings import (
    on_decoupling,
    on_falling,
    on_finals,
    on_grid,
    on_paths,
    on_tuning,
)
from nnlabs.labs.optimizers.protocol import Trials
from nnlabs.labs.optimizers.rates import on_batches
from tests.made_runs import Make

BOUND = 0.14
NAN = float("nan")
TUNED = "settings tuned with cosine"


def test_who_leads_with_few_trials_and_with_many_and_what_the_median_is(make_runs: Make) -> None:
    trials = {
        "A": Trials([{}] * 4, make_runs(0.9, 0.88, NAN, NAN)),
        "B": Trials([{}] * 4, make_runs(0.8, 0.8, 0.7, 0.6)),
    }

    def said(**expected: list[float]) -> str:
        return on_tuning(trials, {name: np.array(curve) for name, curve in expected.items()}, BOUND)[-1]

    assert said(A=[0.5, 0.6, 0.9], B=[0.4, 0.7, 0.8]).endswith("A leads with one trial and with 3, between them B.")
    assert said(A=[0.3, 0.8], B=[0.4, 0.7]).endswith("B leads with one trial and A with 2.")
    assert said(A=[0.5, 0.8], B=[0.4, 0.7]).endswith("A leads with every number of trials.")
    assert said(A=[0.3, 0.8], B=[0.4, 0.8]).endswith("B leads with one trial and A and B alike with 2.")
    assert said(A=[0.4, 0.8], B=[0.4, 0.8]).endswith("A and B alike lead with every number of trials.")
    between = said(A=[0.4, 0.5, 0.8], B=[0.3, 0.5, 0.7])
    assert between.endswith("A leads with one trial and with 3, between them A and B alike.")
    medians = on_tuning(trials, {name: np.array([0.5]) for name in trials}, BOUND)[0]
    one_each = {"A": Trials([{}], make_runs(0.9)), "B": Trials([{}], make_runs(0.8))}
    assert on_tuning(one_each, {name: np.array([0.5]) for name in one_each}, BOUND) == [
        "Of 2 trials none diverged. One trial each says nothing of what tuning is worth."
    ]
    assert "The median of B's trials is 75.0 %, of A's 44.0 % (a diverged one counts as 0 %)" in medians


def test_all_who_come_down_first_are_named() -> None:
    def track(*values: float) -> Track:
        return Track(np.zeros((len(values), 2)), np.array(values), 0.1)

    tracks = {"sgd": track(1, 0.5, 0), "momentum": track(1, 0.2, 0), "adam": track(1, 1, 1)}
    nowhere = np.zeros(1)
    (said,), _ = on_paths({"Ravine": Descent(nowhere, nowhere, np.zeros((1, 1)), np.zeros((1, 2)), 0.0, tracks)}, 1.0)
    assert said == "First to be 99 % of the way down, and to stay there: Ravine: sgd and momentum (2 steps)."


def test_lab_4_ranks_nobody_at_chance_level_and_never_says_nan(make_runs: Make) -> None:
    finals = {
        "sgd": make_runs(0.10, 0.11),
        "adam": make_runs(0.6, 0.7),
        "muon": make_runs(0.9, NAN),
        "radam": make_runs(NAN, NAN),
    }
    (said,), _ = on_finals(finals, BOUND)
    assert said == (
        "On validation adam ends at 65.0 %, muon ends at 90.0 % (but 1 of 2 seeds diverged, which counts); "
        "not above guessing: sgd, radam. "
        "A run took 2 s in the median over seeds; 3 of 8 did not end with a network."
    )
    assert on_finals({"radam": finals["radam"]}, BOUND)[0] == [
        "On validation nobody did better than guessing (14.0 % at most). 2 of 2 did not end with a network."
    ]
    assert on_finals({"muon": make_runs(0.9)}, BOUND)[0] == [
        "On validation muon ends at 90.0 %. A run took 2 s; it ended with a network."
    ]
    grid = np.array([[0.5, 0.6, NAN], [0.1, 0.1, 0.1], [NAN, NAN, NAN]])
    (said,), _ = on_grid(grid, ("adam", "sgd", "radam"), ("constant", "cosine", "step"), TUNED, BOUND)
    assert said.startswith("By schedule, with settings tuned with cosine, one seed each: adam")
    assert (
        "adam does best with cosine, 10.0 points above its worst (1 diverged); sgd did no better than guessing" in said
    )
    assert "nan" not in said
    (said,), _ = on_grid(np.array([[0.6, 0.5, 0.6004]]), ("adam",), ("constant", "cosine", "step"), TUNED, BOUND)
    assert "adam does best with constant and step, 10.0 points above its worst" in said
    constant, cosine = (
        {"adam": make_runs(0.5, 0.6), "sgd": make_runs(0.4, 0.5)},
        {"adam": make_runs(0.7, 0.7), "sgd": make_runs(0.5, NAN)},
    )
    (said,), numbers = on_falling(constant, {**cosine, "muon": make_runs(0.9, 0.9)}, TUNED)
    assert numbers["gained_by_falling"].mean == pytest.approx((0.15 - 0.2) / 2)  # who diverged has 0 %
    assert said.startswith(
        "The finals of adam, sgd, with settings tuned with cosine, less the same with a constant rate: -2.5 ± "
    )
    (said,), _ = on_falling(
        {"adam": constant["adam"][:1]}, cosine, "settings as given"
    )  # of so many seeds as there are of it
    assert (
        said
        == "The finals of adam, with settings as given, less the same with a constant rate: +20.0 points in the mean."
    )
    sentences, _ = on_decoupling({"AdamW": np.full((1, 2), NAN)}, (0.1, 0.2), (0.1,), BOUND, 500)
    assert sentences == ["AdamW did no better than guessing with any setting."]
    (said,), _ = on_batches({32: np.array([0.5, 0.6]), 64: np.array([0.1, NAN])}, (0.1, 0.2), BOUND, 500)
    assert said.startswith("Fewer than two batch sizes did better than guessing")
    (said,), _ = on_batches({32: np.array([0.5, 0.6])}, (0.1, 0.2), BOUND, 500)
    assert said == "One batch size was tried, which shows no rule for the rate."


def test_medians_worst_and_best_trials_are_told_with_their_distances(make_runs: Make) -> None:
    trials = {
        "A": Trials([{}] * 3, make_runs(0.9, 0.8, 0.3)),
        "B": Trials([{}] * 3, make_runs(0.7, 0.6, 0.5)),
    }
    said = on_tuning(trials, {name: np.array([0.5]) for name in trials}, BOUND)[0]
    assert said == (
        "Of 6 trials none diverged. The median of A's trials is 80.0 %, of B's 60.0 %; their best get 90.0 % and 70.0 %. "
        "Between a competitor's median and its best trial lie 10.0 points in the mean, between its worst and its best 40.0, "
        "between the best of the first and of the last competitor 20.0."
    )


def test_a_rate_at_the_end_of_those_tried_is_told_on_the_paths() -> None:
    track = Track(np.zeros((3, 2)), np.array([1, 0.5, 0]), 0.1)
    nowhere = np.zeros(1)
    surface = Descent(
        nowhere, nowhere, np.zeros((1, 1)), np.zeros((1, 2)), 0.0, {"sgd": track, "adam": replace(track, lr=0.01)}
    )
    assert on_paths({"Ravine": surface}, 0.1)[0][1:] == [
        "Best with the highest learning rate tried, 0.1, so perhaps better beyond it: Ravine: sgd."
    ]


def test_finals_that_all_ended_are_counted(make_runs: Make) -> None:
    (said,), _ = on_finals({"adam": make_runs(0.6, 0.7), "sgd": make_runs(0.5, 0.5)}, BOUND)
    assert said.endswith("A run took 2 s in the median over seeds; all 4 ended with a network.")


def test_all_who_end_alike_are_named(make_runs: Make) -> None:
    alike = {name: make_runs(1.0, 1.0) for name in ("sgd", "momentum", "adamw")}
    (said,), _ = on_finals(alike, BOUND)
    assert said.startswith("On validation sgd, momentum and adamw alike end at 100.0 %. ")
    (said,), _ = on_finals(alike | {"muon": make_runs(0.5, 0.7), "adam": make_runs(0.7, 0.5)}, BOUND)
    assert "sgd, momentum and adamw alike end at 100.0 %, muon and adam alike end at 60.0 %. " in said


def test_of_rates_that_are_equally_good_none_is_held_against_the_rules() -> None:
    scores = {16: np.array([0.6, NAN, 0.6]), 128: np.array([0.4, 0.5, 0.6])}
    (rule, _), _ = on_batches(scores, (0.01, 0.1, 1), BOUND, 500)
    assert rule == "With batches of 16, 2 of the rates tried are equally good: which is the best cannot be told."


def test_both_rules_for_larger_batches_are_computed() -> None:
    scores = {32: np.array([0.4, 0.6, 0.5]), 128: np.array([0.4, 0.5, 0.6])}
    (rule, _), _ = on_batches(scores, (0.01, 0.1, 1), BOUND, 500)
    assert rule == (
        "From batches of 32 to batches of 128 the best learning rate goes from 0.1 to 1 (the highest tried); "
        "the linear rule says 0.4, the square-root rule 0.2."
    )


def test_the_best_cell_of_a_map_is_told_with_its_rate_and_its_decay() -> None:
    scores = np.array([[0.5, 0.6, 0.7], [0.5, 0.695, 0.6], [0.2, 0.2, 0.2]])
    sentences, numbers = on_decoupling({"AdamW": scores}, (0.001, 0.01, 0.1), (0.3, 1.0, 3.0), BOUND, 500)
    assert sentences == [
        "AdamW is best with a learning rate of 0.1 (the highest tried) and lambda 0.3 (the lowest tried): 70.0 %; "
        "2 of 9 settings come within a point."
    ]
    found = numbers["AdamW"]
    assert (found["lr"], found["weight_decay"], found["near"]) == (0.1, 0.3, 2)
