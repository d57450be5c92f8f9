from __future__ import annotations

import math

import numpy as np

from nnlabs.labs.activations.findings import on_death, on_depth, on_replica, on_start


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
