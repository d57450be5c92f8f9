from __future__ import annotations

import math

import numpy as np

from nnlabs.labs.activations.findings import (
    accuracy_table,
    on_death,
    on_depth,
    on_replica,
    on_saturation,
    on_size,
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
    ends = {"he": [1.6, 1.61, 1.62], "orthogonal": [1.53, 1.534, 1.538], "zeros": [2.303] * 3}
    loss = {init: mean_interval(values) for init, values in ends.items()}
    (sentence,) = on_start("Tanh", 8, loss, distinct=1, width=32)
    assert "after 8 steps is 1.53 from orthogonal and 2.30 from zeros. " in sentence and "1 of 32" in sentence


def test_the_best_first_weights_stand_beside_those_that_are_not_told_apart_from_them():
    ends = {"he": [0.04, 0.06], "xavier": [0.039, 0.059], "zeros": [2.303, 2.302], "lecun": [0.05, 0.055]}
    (sentence,) = on_start("Tanh", 8, {init: mean_interval(values) for init, values in ends.items()}, 1, 32)
    assert (
        "is 0.05 from xavier (the 95 % intervals of he, lecun overlap with its own) and 2.30 from zeros. " in sentence
    )
    (single,) = on_start("Tanh", 8, {init: mean_interval(values[:1]) for init, values in ends.items()}, 1, 32)
    assert "is 0.04 from xavier and 2.30 from zeros, with the one seed there was. " in single


def test_where_no_unit_died_none_is_said_to_have():
    none = np.zeros((2, 2, 2))
    (sentence,) = on_death(0.003, [0, 8], {"ReLU": none, "Leaky ReLU": none}, {"ReLU": 0.9, "Leaky ReLU": 0.9})
    assert sentence == "At a learning rate of 0.003, every ReLU unit still answers to some image after 8 steps."


def died(relu: list[list[float]], leaky: list[list[float]]) -> list[str]:
    """What is said of networks by the dead shares of their layers at the end; before the first step none is dead."""
    ends = {"ReLU": np.array(relu), "Leaky ReLU": np.array(leaky)}
    shares = {title: np.stack([np.zeros_like(end), end / 2, end], axis=1) for title, end in ends.items()}
    return on_death(0.3, [0, 4, 8], shares, {"ReLU": 0.1, "Leaky ReLU": 0.84})


def test_dead_units_are_told_layer_by_layer_and_a_layer_dead_as_a_whole_cuts_all_off():
    where, whole, leaky = died([[0, 1], [0, 0.96]], [[0, 0.5], [0, 0.3]])
    assert where == (
        "At a learning rate of 0.3, of the ReLU units 0 % in hidden layer 1 and 98 % in hidden layer 2 are negative for every "
        "image after 8 steps, so that no image moves their weights; at least half as many were by step 4, "
        "the first at which they were counted."
    )
    assert whole.startswith("In 1 of 2 networks that is a whole layer. ")
    assert "0 % in hidden layer 1 and 40 % in hidden layer 2 are, and it gets 84 % of the unseen images right" in leaky


def test_where_no_layer_is_dead_as_a_whole_none_is_said_to_be():
    where, leaky = died([[0.1, 0.2, 0.96]], [[0, 0, 0]])
    assert "10 % in hidden layer 1, 20 % in hidden layer 2 and 96 % in hidden layer 3 are" in where
    assert leaky.startswith("With Leaky ReLU")
    assert "of the ReLU units 50 % in hidden layer 1 are" in died([[0.5]], [[0]])[0]


def test_networks_that_diverged_are_said_to_have_and_not_counted_as_awake():
    nan = math.nan
    assert died([[nan, nan]], [[nan, nan]]) == [
        "At a learning rate of 0.3, 2 of 2 networks diverged: their numbers are no longer finite.",
        "No network with ReLU is left whose dead units could be counted.",
    ]
    lost, where, *_ = died([[nan, nan], [0, 0.5]], [[0, 0], [0, 0]])
    assert lost.endswith("1 of 4 networks diverged: their numbers are no longer finite (1 of 2 with ReLU).")
    assert "of the ReLU units 0 % in hidden layer 1 and 50 % in hidden layer 2 are" in where
    assert "nan" not in " ".join(died([[0, 0.5]], [[nan, nan]]))


def test_of_networks_that_all_diverged_no_comparison_is_left():
    after = {"Sigmoid": math.nan, "ReLU": math.nan}
    assert on_saturation(8, {"Sigmoid": 0.02, "ReLU": 0.5}, after) == []
    assert on_saturation(1, {"Tanh": 0.1}, {"Tanh": 0.4})[0].startswith("After 1 step, ")
    (one,) = on_saturation(8, {"Sigmoid": 0.02, "ReLU": 0.5}, after | {"Sigmoid": 0.4})
    assert "40 % of what goes into Sigmoid units" in one and "ReLU" not in one
    sizes = {(1, 2): 0.5, (2, 2): 0.9}
    assert on_size(sizes, {(1, 2): 12, (2, 2): 18}, dict.fromkeys(sizes, 3), 3) == [
        "6 of 6 networks diverged: their numbers are no longer finite."
    ]
    lost, _ = on_size(sizes, {(1, 2): 12, (2, 2): 18}, {(1, 2): 1, (2, 2): 0}, 3)
    assert lost.endswith("(1 of 3 with 1 hidden layer of 2 units).")
    (one,) = on_size({(1, 2): 0.5}, {(1, 2): 12}, {(1, 2): 0}, 3)
    assert one.endswith("50.0 % of the unseen points right.")
    (nothing,) = on_replica(8, {"Tanh": 2e-16, "ReLU": math.nan}, math.nan)
    assert "not all losses stay finite" in nothing


def test_activations_that_are_all_right_alike_are_not_ranked():
    alike = {title: mean_interval([0.42, 0.42]) for title in ("Identity", "ReLU")}
    assert on_training(alike, alike)[0] == "Over the 5 problems all got 42.0 % right."


def test_two_engines_differ_by_the_largest_difference_of_any_activation():
    (rounding,) = on_replica(8, {"Tanh": 2e-16, "ReLU": 8.2e-16}, 2e-16)
    (more,) = on_replica(8, {"Tanh": 2e-16, "ReLU": 3e-4}, 1e-5)
    (grown,) = on_replica(800, {"Tanh": 2e-16, "ReLU": 0.9}, 1e-15)
    assert grown.endswith("as rounding does (1e-15 over the first 10 steps) that an unstable training makes grow.")
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


def test_what_no_non_linearity_gets_of_xor_is_told() -> None:
    scores = {title: mean_interval(values) for title, values in {"ReLU": [0.96, 0.98], "Identity": [0.5, 0.51]}.items()}
    assert on_training(scores, scores)[1] == (
        "XOR, on which one unit failed: 97.0 % with ReLU, 50.5 % without a non-linearity."
    )


def test_the_most_and_the_least_saturated_are_told_with_before_and_after() -> None:
    (said,) = on_saturation(8, {"Tanh": 0.05, "Sigmoid": 0.02}, {"Tanh": 0.1, "Sigmoid": 0.4})
    assert said.startswith("After 8 steps, 40 % of what goes into Sigmoid units lies where its slope is below 0.05")
    assert said.endswith("(2 % before them); with Tanh 10 % (5 %).")


def test_how_many_examples_judge_is_told() -> None:
    scores = {"ReLU": {name: mean_interval([0.98, 1, 1]) for name in PROBLEMS}}
    first, *others = PROBLEMS
    caption = accuracy_table(scores, 3, dict.fromkeys(PROBLEMS, 100) | {first: 1500}).caption
    assert caption.endswith(f"judged: {first} by 1,500 examples; {', '.join(others)} by 100 examples")


def test_the_smallest_network_within_a_point_of_the_best_is_told() -> None:
    scores = {(1, 2): 0.6, (1, 8): 0.895, (2, 8): 0.9, (3, 8): 0.885}
    weights = {(1, 2): 12, (1, 8): 42, (2, 8): 114, (3, 8): 186}
    assert on_size(scores, weights, dict.fromkeys(scores, 0), 3) == [
        "The smallest network within a point of the best has 1 hidden layer of 8 units: 42 weights and biases, "
        "89.5 % of the unseen points right. The worst has 1 hidden layer of 2 units: 60.0 %."
    ]


def test_where_the_gradient_dies_explodes_and_stays_is_told() -> None:
    (said,) = on_depth(10, {"sigmoid": -5.0, "ReLU and normal": 2.0, "ReLU and he": 0.1, "tanh": -0.5})
    assert said == (
        "From the last of 10 layers back to the first, the gradient changes by a factor of 10⁻⁵ with sigmoid, "
        "100 with ReLU and normal, 1.3 with ReLU and he."
    )
