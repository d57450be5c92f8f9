from __future__ import annotations

import math

from nnlabs.labs.activations.findings import on_depth


def test_a_gradient_of_which_nothing_is_left_is_said_to_be_0():
    (sentence,) = on_depth(5, {"tanh and zeros": -math.inf, "tanh and lecun": -0.3, "ReLU and normal": -91.2})
    assert sentence.endswith("changes by a factor of 0 with tanh and zeros, 0.5 with tanh and lecun.")
