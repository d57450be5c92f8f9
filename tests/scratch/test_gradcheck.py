from __future__ import annotations

import numpy as np
import pytest

from nnlabs.scratch.gradients import gradcheck
from nnlabs.scratch.optim import SGD, AdamW
from nnlabs.scratch.tensor import Tensor, apply


def wrong_cube(x):
    # 2x² for 3x²
    return x**3, lambda g: g * 2 * x**2


def test_a_right_gradient_passes_with_a_small_difference() -> None:
    difference = gradcheck(lambda a, b: (a @ b).tanh(), [Tensor(np.ones((2, 3))), Tensor(np.ones((3, 2)))])
    assert difference < 1e-8


def test_a_wrong_gradient_is_reported_with_input_index_and_both_numbers() -> None:
    inputs = [Tensor(1.0), Tensor([[0.0, 0.0, 2.0]])]
    with pytest.raises(RuntimeError) as caught:
        gradcheck(lambda a, b: (a + apply(wrong_cube, b)).sum(), inputs)
    message = str(caught.value)
    assert "input 1 at index (0, 2), where it is 2" in message
    assert "backward says 8" in message
    assert "differences say 12 (" in message
    assert "1 of 3 elements" in message


def test_a_gradient_that_is_not_a_number_is_wrong() -> None:
    with pytest.raises(RuntimeError, match="backward says nan"):
        gradcheck(lambda x: apply(lambda v: (v * 1.0, lambda g: g * np.nan), x), [Tensor(1.0)])


def test_a_forgotten_input_is_found() -> None:
    # .data cuts the graph: b gets no gradient although the result depends on it
    with pytest.raises(RuntimeError, match="input 1"):
        gradcheck(lambda a, b: a * b.data, [Tensor(2.0), Tensor(3.0)])


def test_a_parameter_without_axes_can_be_checked_after_it_was_moved() -> None:
    w = Tensor(5.0)
    for optimizer in (SGD([w], lr=0.1), AdamW([w], lr=0.1)):
        optimizer.zero_grad()
        (w * w).backward()
        optimizer.step()
        assert isinstance(w.data, np.ndarray)
        assert gradcheck(lambda w: w * w, [w]) < 1e-6


def test_inputs_are_left_as_they_were() -> None:
    x = Tensor([1.0, 2.0])
    gradcheck(lambda v: v * v, [x])
    np.testing.assert_array_equal(x.data, [1, 2])


@pytest.mark.parametrize("bad", [Tensor(np.ones(2, np.float32)), np.ones(2)])
def test_float32_and_arrays_are_refused(bad) -> None:
    with pytest.raises(TypeError, match="float64"):
        gradcheck(lambda x: x * 2, [bad])


def test_inputs_are_left_as_they_were_when_the_function_raises() -> None:
    x = Tensor([1.0, 2.0])

    def fails(v):
        if v.data[1] != 2:
            raise KeyError("here")
        return v * v

    with pytest.raises(KeyError):
        gradcheck(fails, [x])
    np.testing.assert_array_equal(x.data, [1, 2])
