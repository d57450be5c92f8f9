from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
from scipy.special import ndtr

from nnlabs.scratch.activation import activation
from nnlabs.scratch.activations import ACTIVATIONS, Activation
from nnlabs.scratch.layers import MLP
from nnlabs.scratch.ops import OPERATIONS
from nnlabs.scratch.rectifying import elu, gelu, gelu_tanh, leaky_relu, maxout, selu
from nnlabs.scratch.squashing import log_softmax, sigmoid, softmax
from nnlabs.scratch.tensor import Tensor

EVERY = pytest.mark.parametrize("entry", ACTIVATIONS.values(), ids=ACTIVATIONS)
EXTREMES = [-1000.0, -100.0, -30.0, -1.0, 0.0, 1.0, 30.0, 100.0, 1000.0, 0.5]


def test_all_that_the_lab_promises_are_there() -> None:
    assert set(ACTIVATIONS) == {
        *("identity", "step", "sigmoid", "hard_sigmoid", "tanh", "hard_tanh", "softsign", "softplus", "relu"),
        *("leaky_relu", "prelu", "elu", "selu", "celu", "gelu", "gelu_tanh", "silu", "hard_swish", "mish"),
        *("maxout", "softmax", "log_softmax"),
    }


@EVERY
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_value_and_derivative_are_finite_far_out_and_nothing_warns(entry: Activation, dtype: type) -> None:
    x = Tensor(np.array([EXTREMES, EXTREMES[::-1]], dtype))
    with warnings.catch_warnings(), np.errstate(over="warn", invalid="warn", divide="warn"):
        warnings.simplefilter("error")
        y = entry(x)
        y.sum().backward()
    assert y.dtype == x.grad.dtype == dtype
    assert np.isfinite(y.data).all()
    assert np.isfinite(x.grad).all()


@EVERY
def test_values_lie_in_the_range_given_and_come_near_its_ends(entry: Activation) -> None:
    low, high = entry.range
    line = np.linspace(-50, 50, 20_001)
    beside = np.where(line < 0, line, 0)
    y = entry(Tensor(np.stack([line, beside], axis=1))).data
    assert y.min() >= low - 1e-6
    assert y.max() <= high + 1e-6
    # 50 away from 0 an end is reached, up to what softsign's slow approach leaves
    assert y.min() <= (low + 0.02 if np.isfinite(low) else -0.4)
    assert y.max() >= (high - 0.02 if np.isfinite(high) else 49)


@EVERY
def test_each_says_what_it_is(entry: Activation) -> None:
    assert all(
        isinstance(text, str) and text for text in (entry.title, entry.formula, entry.good, entry.bad, entry.torch)
    )
    assert any(year in entry.paper for year in map(str, range(1943, 2027)))
    assert OPERATIONS[entry.name] is entry.rule


@EVERY
def test_each_works_between_the_layers_of_an_mlp(entry: Activation) -> None:
    model = MLP([2, 6, 6, 1], np.random.default_rng(0), activation=entry.name)
    out = model(np.ones((4, 2)))
    out.sum().backward()
    assert out.shape == (4, 1)
    assert all(np.shape(p.grad) == p.shape for p in model.parameters())


def test_one_function_is_all_that_a_new_activation_needs() -> None:
    try:

        @activation("Cube", formula="x³", range=(-1, 1), paper="2026", good="a test", bad="none", torch="x**3")
        def cube(x, /):
            return x**3, lambda g: g * 3 * x**2

        x = Tensor(2.0)
        ACTIVATIONS["cube"](x).backward()
        assert x.grad == 12
        assert OPERATIONS["cube"] is cube.rule
    finally:
        del ACTIVATIONS["cube"], OPERATIONS["cube"]


def test_options_are_passed_by_name() -> None:
    x = Tensor([-2.0, 1.0])
    np.testing.assert_allclose(leaky_relu(x, slope=0.2).data, [-0.4, 1])
    np.testing.assert_allclose(elu(x, alpha=2.0).data, [2 * np.expm1(-2), 1])
    np.testing.assert_allclose(maxout(Tensor([1.0, 5.0, 3.0, 2.0, 4.0, 6.0]), pieces=3).data, [5, 6])


def test_sigmoid_keeps_its_relative_accuracy_in_the_tail() -> None:
    x = Tensor([-40.0, 40.0])
    y = sigmoid(x)
    y.sum().backward()
    np.testing.assert_allclose(y.data, [np.exp(-40), 1], rtol=1e-15)
    np.testing.assert_allclose(x.grad, [np.exp(-40), np.exp(-40)], rtol=1e-15)


def test_gelus_differ_by_less_than_their_note_says() -> None:
    x = Tensor(np.linspace(-6, 6, 5001))
    gap = np.abs(gelu(x).data - gelu_tanh(x).data).max()
    assert 1e-4 < gap < 5e-4


def test_selu_keeps_mean_0_and_variance_1() -> None:
    # the fixed point that its two constants are made for, as an integral over the normal density
    x = np.linspace(-12, 12, 200_001)
    density = np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi) * (x[1] - x[0])
    y = selu(Tensor(x)).data
    assert (y * density).sum() == pytest.approx(0, abs=1e-8)
    assert (y * y * density).sum() == pytest.approx(1, abs=1e-8)


def test_softmax_sums_to_1_along_its_axis_and_log_softmax_is_exact_where_it_rounds_to_0() -> None:
    x = Tensor([[0.0, 1000.0], [1.0, 1.0]])
    np.testing.assert_allclose(softmax(x).data.sum(axis=1), [1, 1])
    np.testing.assert_allclose(softmax(x, axis=0).data.sum(axis=0), [1, 1])
    assert softmax(x).data[0, 0] == 0
    assert log_softmax(x).data[0, 0] == -1000


@pytest.mark.parametrize("entry", [e for e in ACTIVATIONS.values() if e.elementwise], ids=lambda e: e.name)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_at_infinity_there_is_the_limit_and_no_nan(entry: Activation, dtype: type) -> None:
    far = np.finfo(dtype).max / 2
    ends = {}
    for x in map(Tensor, np.array([-np.inf, -far, far, np.inf], dtype)):
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            y = entry(x)
            y.backward()
        ends[x.item()] = y.item(), float(x.grad)
    assert not np.isnan(list(ends.values())).any()
    assert ends[np.inf][0] == entry.range[1]
    assert [ends[-np.inf][1], ends[np.inf][1]] == pytest.approx([ends[-far][1], ends[far][1]], abs=1e-30)


@EVERY
def test_an_mlp_comes_back_from_a_pickle_as_it_was(entry: Activation) -> None:
    model = MLP([2, 6, 6, 1], np.random.default_rng(0), activation=entry.name, dropout=0.1, batch_norm=True)
    copy = pickle.loads(pickle.dumps(model))
    assert len(copy.parameters()) == len(model.parameters())
    X = np.random.default_rng(1).standard_normal((5, 2))
    np.testing.assert_array_equal(copy(X).data, model(X).data)


def test_gelu_is_scipys_to_rounding() -> None:
    x = np.linspace(-37, 37, 2001)
    np.testing.assert_allclose(gelu(x).data, x * ndtr(x), rtol=1e-13)
    near = x[np.abs(x) < 5]
    np.testing.assert_allclose(gelu(near).data, near * ndtr(near), rtol=4e-15)
