from __future__ import annotations

import numpy as np
import pytest
import torch

from nnlabs.scratch.gradients import gradcheck
from nnlabs.scratch.layers import MLP, BatchNorm1d, Dropout, Linear, Module, Nonlinearity, Sequential
from nnlabs.scratch.losses import cross_entropy
from nnlabs.scratch.optim import SGD
from nnlabs.scratch.rectifying import prelu
from nnlabs.scratch.tensor import Tensor


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_the_docstrings_example(rng: np.random.Generator) -> None:
    model = MLP([2, 16, 16, 1], activation="tanh", init="xavier", rng=rng)
    assert model(np.zeros((5, 2))).shape == (5, 1)
    assert [p.shape for p in model.parameters()] == [(2, 16), (16,), (16, 16), (16,), (16, 1), (1,)]


def test_linear_is_x_w_plus_b(rng: np.random.Generator) -> None:
    layer = Linear(3, 2, rng)
    x = rng.standard_normal((4, 3))
    layer.b.data = np.array([1.0, 2.0])
    np.testing.assert_allclose(layer(x).data, x @ layer.W.data + [1, 2])


@pytest.mark.parametrize("training", [True, False])
def test_batch_norm_equals_torchs_output_gradients_and_running_statistics(rng, training: bool) -> None:
    ours, theirs = BatchNorm1d(3), torch.nn.BatchNorm1d(3, dtype=torch.float64)
    for _ in range(3):
        batch = rng.normal(2, 3, (6, 3))
        ours(batch)
        theirs(torch.tensor(batch))
    ours.train(training)
    theirs.train(training)
    x, weights = rng.normal(1, 2, (5, 3)), rng.standard_normal((5, 3))
    x_ours, x_theirs = Tensor(x), torch.tensor(x, requires_grad=True)
    (ours(x_ours) * weights).sum().backward()
    (theirs(x_theirs) * torch.tensor(weights)).sum().backward()
    np.testing.assert_allclose(ours.mean, theirs.running_mean.numpy(), rtol=1e-12)
    np.testing.assert_allclose(ours.variance, theirs.running_var.numpy(), rtol=1e-12)
    np.testing.assert_allclose(x_ours.grad, x_theirs.grad.numpy(), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(ours.gamma.grad, theirs.weight.grad.numpy(), rtol=1e-10)
    np.testing.assert_allclose(ours.beta.grad, theirs.bias.grad.numpy(), rtol=1e-10)


def test_batch_norm_refuses_a_single_example_in_training() -> None:
    with pytest.raises(ValueError, match="at least 2 examples"):
        BatchNorm1d(3)(np.ones((1, 3)))


def test_dropout_drops_its_share_keeps_the_mean_and_is_off_in_use(rng: np.random.Generator) -> None:
    layer, x = Dropout(0.3, rng), np.ones((200, 200))
    out = layer(x).data
    # 40,000 draws: a standard error of 0.0023 in the share, of 0.0033 in the mean
    assert (out == 0).mean() == pytest.approx(0.3, abs=0.01)
    assert out.mean() == pytest.approx(1, abs=0.015)
    layer.train(False)
    np.testing.assert_array_equal(layer(x).data, x)


def test_dropouts_gradient_comes_through_what_was_kept(rng: np.random.Generator) -> None:
    x = Tensor(np.ones((5, 5)))
    out = Dropout(0.5, rng)(x)
    out.sum().backward()
    np.testing.assert_array_equal(x.grad, out.data)


@pytest.mark.parametrize("p", [-0.1, 1.0])
def test_dropout_refuses_what_is_no_probability(rng: np.random.Generator, p: float) -> None:
    with pytest.raises(ValueError, match="probability of dropout"):
        Dropout(p, rng)


def test_prelus_slope_is_a_parameter_and_learns(rng: np.random.Generator) -> None:
    model = Sequential(Linear(2, 4, rng), Nonlinearity(prelu), Linear(4, 2, rng))
    slope = model.parameters()[2]
    assert slope.item() == 0.25
    cross_entropy(model(rng.standard_normal((8, 2))), rng.integers(0, 2, 8)).backward()
    SGD(model.parameters(), lr=0.1).step()
    assert slope.item() != 0.25


def test_maxout_doubles_the_linear_units_before_it(rng: np.random.Generator) -> None:
    model = MLP([2, 5, 1], rng, activation="maxout")
    assert [p.shape for p in model.parameters()] == [(2, 10), (10,), (5, 1), (1,)]


def test_train_and_use_reach_every_layer(rng: np.random.Generator) -> None:
    model = MLP([2, 4, 1], rng, dropout=0.5, batch_norm=True)
    model.train(False)
    assert [layer.training for layer in model.layers] == [False] * 5
    model.train()
    assert [type(layer).__name__ for layer in model.layers] == [
        *("Linear", "BatchNorm1d", "Nonlinearity", "Dropout", "Linear")
    ]
    assert all(layer.training for layer in model.layers)


def test_the_gradients_of_a_whole_network_equal_central_differences(rng: np.random.Generator) -> None:
    model = MLP([3, 4, 4, 2], rng, activation="silu", batch_norm=True)
    X, y = rng.standard_normal((6, 3)), rng.integers(0, 2, 6)
    gradcheck(lambda *parameters: cross_entropy(model(X), y), model.parameters())


def test_float32_from_end_to_end(rng: np.random.Generator) -> None:
    model = MLP([3, 4, 2], rng, activation="prelu", dropout=0.1, batch_norm=True, dtype=np.float32)
    loss = cross_entropy(model(rng.standard_normal((6, 3)).astype(np.float32)), [0, 1, 0, 1, 0, 1])
    loss.backward()
    assert loss.dtype == np.float32
    assert {p.grad.dtype for p in model.parameters()} == {np.dtype(np.float32)}


def test_zero_grad_forgets_every_gradient(rng: np.random.Generator) -> None:
    model = MLP([2, 3, 1], rng)
    model(np.ones((2, 2))).sum().backward()
    model.zero_grad()
    assert [p.grad for p in model.parameters()] == [None] * 4


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"activation": "rellu"}, "no activation called 'rellu'; .*relu"),
        ({"init": "hee"}, "no initialization.*'hee'; .*he,"),
    ],
)
def test_a_name_that_is_in_no_table_is_answered_with_the_table(rng, options: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        MLP([2, 3, 1], rng, **options)


def test_a_module_of_your_own_needs_call_only(rng: np.random.Generator) -> None:
    class Scale(Module):
        def __init__(self) -> None:
            self.factor = Tensor(2.0)

        def __call__(self, x):
            return x * self.factor

    model = Sequential(Linear(2, 2, rng), Scale())
    assert model.parameters()[-1].item() == 2
    with pytest.raises(NotImplementedError, match="define __call__"):
        Module()(1.0)


def test_a_layer_held_twice_is_listed_stepped_and_penalized_once(rng: np.random.Generator) -> None:
    shared = Linear(2, 2, rng)
    model = Sequential(shared, shared)
    assert model.parameters() == [shared.W, shared.b]
    theirs = torch.nn.Linear(2, 2)
    assert len(list(torch.nn.Sequential(theirs, theirs).parameters())) == 2
    with pytest.raises(ValueError, match="same parameter twice"):
        SGD([shared.W, shared.W], lr=0.1)


def test_layers_in_dictionaries_tuples_and_nested_lists_are_found(rng: np.random.Generator) -> None:
    class Nested(Module):
        def __init__(self) -> None:
            self.heads = {"a": Linear(2, 1, rng), "b": [Linear(2, 1, rng), (Dropout(0.5, rng), Linear(2, 1, rng))]}
            self.scale = Tensor(1.0)

    model = Nested()
    assert [p.shape for p in model.parameters()] == [(), *[(2, 1), (1,)] * 3]
    assert len(model.modules()) == 5
    model.train(False)
    assert not any(module.training for module in model.modules())
