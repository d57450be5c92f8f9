from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays, mutually_broadcastable_shapes

from nnlabs.scratch import ops
from nnlabs.scratch.activations import ACTIVATIONS
from nnlabs.scratch.gradients import gradcheck
from nnlabs.scratch.tensor import Tensor, apply, stack, where
from tests.scratch import cases
from tests.scratch.cases import ALL, Case

TOLERANCE = {np.float64: 1e-12, np.float32: 2e-6}


def test_every_operation_of_the_table_is_tried() -> None:
    assert {case.operation for case in ALL} == set(ops.OPERATIONS)


@pytest.mark.parametrize("case", ALL, ids=str)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_forward_and_backward_equal_torch(case: Case, dtype: type) -> None:
    inputs = case.inputs(dtype)
    value, gradients = cases.values_and_gradients(case, inputs)
    torch_value, torch_gradients = cases.torch_values_and_gradients(case, inputs)
    assert value.dtype == dtype
    for ours, theirs in zip([value, *gradients], [torch_value, *torch_gradients], strict=True):
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
    assert all(g.dtype == dtype for g in gradients)


@pytest.mark.parametrize("case", ALL, ids=str)
def test_gradients_equal_central_differences(case: Case) -> None:
    gradcheck(case.ours, [Tensor(a) for a in case.inputs()])


@pytest.mark.parametrize("case", ALL, ids=str)
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_any_numbers_have_torchs_value_and_gradients_kinks_and_zeros_too(case: Case, data) -> None:
    # What slope torch gives clip at its very ends depends on torch's version.
    ends = {-0.5, 0.5, 1.0} if case.operation == "clip" else set()
    numbers = st.floats(*case.draw).filter(lambda x: x not in ends)
    inputs = [data.draw(arrays(np.float64, shape, elements=numbers)) for shape in case.shapes]
    value, gradients = cases.values_and_gradients(case, inputs)
    torch_value, torch_gradients = cases.torch_values_and_gradients(case, inputs)
    for ours, theirs in zip([value, *gradients], [torch_value, *torch_gradients], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-12)


NUMBERS = st.floats(-3, 3).filter(lambda x: abs(x) > 1e-2)
BINARY = {"add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "div": lambda a, b: a / b}


@pytest.mark.parametrize("name", BINARY)
@settings(max_examples=30, deadline=None)
@given(shapes=mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3), data=st.data())
def test_any_shapes_that_broadcast_have_torchs_gradients(name: str, shapes, data) -> None:
    inputs = [data.draw(arrays(np.float64, shape, elements=NUMBERS)) for shape in shapes.input_shapes]
    case = cases.same(name, BINARY[name], *shapes.input_shapes)
    value, gradients = cases.values_and_gradients(case, inputs)
    torch_value, torch_gradients = cases.torch_values_and_gradients(case, inputs)
    np.testing.assert_allclose(value, torch_value, rtol=1e-13)
    for ours, theirs in zip(gradients, torch_gradients, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-13)


@settings(max_examples=50, deadline=None)
@given(x=arrays(np.float64, (3, 4), elements=st.integers(-2, 2).map(float)), axis=st.sampled_from([None, 0, 1]))
def test_equal_extremes_share_the_gradient_as_in_torch(x: np.ndarray, axis: int | None) -> None:
    ours, theirs = Tensor(x), torch.tensor(x, requires_grad=True)
    (ours.max(axis).sum() - ours.min(axis).sum()).backward()
    dim = () if axis is None else axis
    (theirs.amax(dim).sum() - theirs.amin(dim).sum()).backward()
    np.testing.assert_allclose(ours.grad, theirs.grad.numpy(), atol=1e-15)


@settings(max_examples=50, deadline=None)
@given(x=arrays(np.float64, (4, 3), elements=NUMBERS), rows=st.lists(st.integers(-4, 3), max_size=8))
def test_rows_taken_several_times_add_up(x: np.ndarray, rows: list[int]) -> None:
    tensor = Tensor(x)
    tensor[np.array(rows, int)].sum().backward()
    counts = np.bincount(np.array(rows, int) % 4, minlength=4)
    np.testing.assert_array_equal(np.broadcast_to(tensor.grad, (4, 3)), np.repeat(counts[:, None], 3, 1))


def test_powers_of_zero_have_no_nan() -> None:
    x, p = Tensor([0.0, 0.0, 2.0]), Tensor([0.0, 2.0, 0.0])
    (x**p).sum().backward()
    np.testing.assert_allclose(x.grad, [0, 0, 0])
    np.testing.assert_allclose(p.grad, [0, 0, np.log(2)])


def test_x_to_the_one_has_slope_one_at_zero() -> None:
    x = Tensor(0.0)
    (x**1).backward()
    assert x.grad == 1


@pytest.mark.parametrize(
    ("expression", "slope"),
    [
        (lambda x: x.relu().sqrt(), 0),
        (lambda x: x.clip(0, 1).sqrt(), 0),
        (lambda x: 1 / x.relu(), 0),
        (lambda x: where(x > 0, x, 0.0).sqrt(), 0),
        (lambda x: (x + 1).abs().sqrt(), 0),
        (lambda x: stack([x, 0.0]).max().sqrt(), 0),
        (lambda x: apply(ACTIVATIONS["hard_sigmoid"].rule, x - 3).sqrt(), 0),
        (lambda x: (apply(ACTIVATIONS["hard_tanh"].rule, x) + 1).sqrt(), 0),
    ],
)
def test_no_nan_comes_from_the_branch_that_was_not_taken(expression, slope) -> None:
    x = Tensor(-1.0)
    with np.errstate(divide="ignore"):
        expression(x).backward()
    assert x.grad == slope


@pytest.mark.parametrize("axes", [(-1, 0, 1), (0, -1, 1), (-1, -3, -2), (2, 0, -2), (-2, -1, -3)])
def test_axes_counted_from_the_end_are_turned_back_rightly(axes: tuple[int, ...]) -> None:
    x = Tensor(np.random.default_rng(0).normal(size=(3, 3, 3)))  # equal lengths: a wrong order keeps the shape
    gradcheck(lambda t: t.transpose(*axes), [x])
