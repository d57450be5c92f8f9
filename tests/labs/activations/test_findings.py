from __future__ import annotations

import math

import numpy as np

from nnlabs.labs.activations.findings import (
    accuracy_table,
    on_death,
    on_depth,
    on_replica,
    on_saturation,
    on_start,
    on_training,
)
from nnlabs.labs.activations.training import PROBLEMS
from nnlabs.stats.intervals import mean_interval
from nnlabs.tables import format_table


def test_a_gradient_of_which_nothing_is_left_is_said_to_be_0():
    (sentence,) = on_depth(5, {"tanh and zeros": -math.inf, "tanh and lecun": -0.3, "ReLU and normal": -91.2})
    assert sentence.endswith("changes by a factor of 0 with tanh and zeros, 0.5 with tanh and lecun.")


def test_the_best_first_weights_are_those_with_the_lowest_loss():
    (sentence,) = on_start("Tanh", 8, {"he": 1.61, "orthogonal": 1.534, "zeros": 2.303}, distinct=1, width=32)
    assert "after 8 steps is 1.53 from orthogonal and 2.30 from zeros" in sentence and "1 of 32" in sentence


def test_where_no_unit_died_none_is_said_to_have():
    (sentence,) = on_death(
        0.003, [0, 8], np.zeros(2), {"ReLU": 0.0, "Leaky ReLU": 0.0}, {"ReLU": 0.9, "Leaky ReLU": 0.9}
    )
    assert sentence == "At a learning rate of 0.003, every ReLU unit still answers to some image after 8 steps."


def test_two_engines_differ_by_the_largest_difference_of_any_activation():
    (rounding,) = on_replica(8, {"Tanh": 2e-16, "ReLU": 8.2e-16})
    (more,) = on_replica(8, {"Tanh": 2e-16, "ReLU": 3e-4})
    assert "at most 9e-16 (Tanh, ReLU; float64), as rounding does" in rounding
    assert "at most 3e-04 (Tanh, ReLU; float64), more than rounding does" in more


def test_beside_an_accuracy_stands_half_of_its_whole_interval_also_where_that_ends_above_100():
    scores = {"ReLU": {name: mean_interval([0.98, 1, 1]) for name in PROBLEMS}}
    table = accuracy_table(scores, 3, dict.fromkeys(PROBLEMS, 100))
    assert format_table(table.rows, table.columns).count("99.3 ± 2.9") == len(PROBLEMS)


def test_whose_interval_overlaps_the_bests_is_not_said_to_be_worse():
    seeds = {"ReLU": [0.96, 0.98], "Tanh": [0.95, 0.98], "Step": [0.5, 0.51]}
    scores = {title: mean_interval(values) for title, values in seeds.items()}
    best, xor = on_training(scores, scores)
    assert best == (
        "Over the 5 problems ReLU got most right (97.0 %), but its 95 % interval overlaps with those of 1 more; "
        "Step got least right (50.5 %)."
    )
    assert xor == "XOR, on which one unit failed: 97.0 % with ReLU."
    (alike, _) = on_training(scores, {title: scores[title] for title in ("ReLU", "Tanh")})
    assert alike.endswith("ReLU got most right (97.0 %), but its 95 % interval overlaps with those of 1 more.")


def test_of_one_activation_nobody_is_said_to_be_better_or_worse():
    alone = {"Identity": mean_interval([0.5, 0.52])}
    assert on_training(alone, alone) == [
        "Over the 5 problems Identity got 51.0 % right.",
        "XOR, on which one unit failed: 51.0 % with Identity.",
    ]
    (sentence,) = on_saturation(8, {"Tanh": 0.1}, {"Tanh": 0.4})
    assert sentence.endswith("no gradient comes through (10 % before them).")


def test_one_seed_ranks_but_says_that_it_is_one():
    scores = {title: mean_interval([value]) for title, value in (("ReLU", 0.9), ("Step", 0.5))}
    best, _ = on_training(scores, scores)
    assert "ReLU got most right (90.0 %) with the one seed there was, Step least (50.0 %)." in best
