from __future__ import annotations

import inspect
from inspect import signature
from typing import Any

import numpy as np
import pytest
import torch

from nnlabs.labs.activations.torch_replica import torch_replica
from nnlabs.scratch import optim
from nnlabs.scratch.layers import MLP
from nnlabs.scratch.losses import cross_entropy
from nnlabs.scratch.optim import OPTIMIZERS, SGD, Adam
from nnlabs.scratch.tensor import Tensor

# ours with its options, and torch's with the same
PAIRS: list[tuple[str, dict[str, Any], type, dict[str, Any]]] = [
    ("sgd", {"lr": 0.05}, torch.optim.SGD, {}),
    ("sgd", {"lr": 0.05, "weight_decay": 0.02}, torch.optim.SGD, {}),
    ("momentum", {"lr": 0.02}, torch.optim.SGD, {"momentum": 0.9}),
    ("momentum", {"lr": 0.02, "momentum": 0.5, "weight_decay": 0.02}, torch.optim.SGD, {}),
    ("nesterov", {"lr": 0.02}, torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    ("nesterov", {"lr": 0.02, "momentum": 0.5, "weight_decay": 0.02}, torch.optim.SGD, {"nesterov": True}),
    ("adagrad", {"lr": 0.1}, torch.optim.Adagrad, {}),
    ("adagrad", {"lr": 0.1, "eps": 1e-3, "weight_decay": 0.02}, torch.optim.Adagrad, {}),
    ("rmsprop", {"lr": 0.01}, torch.optim.RMSprop, {}),
    # With a higher rate it goes round the minimum, and each time around makes the last bits' difference larger.
    ("rmsprop", {"lr": 0.003, "alpha": 0.8, "eps": 1e-3, "weight_decay": 0.02}, torch.optim.RMSprop, {}),
    ("adam", {"lr": 0.02}, torch.optim.Adam, {}),
    ("adam", {"lr": 0.02, "betas": (0.8, 0.9), "eps": 1e-3, "weight_decay": 0.02}, torch.optim.Adam, {}),
    ("adamw", {"lr": 0.02}, torch.optim.AdamW, {}),
    ("adamw", {"lr": 0.02, "betas": (0.8, 0.9), "eps": 1e-3, "weight_decay": 0.1}, torch.optim.AdamW, {}),
]


def test_every_optimizer_and_each_of_its_options_has_a_pair() -> None:
    for name, kind in OPTIMIZERS.items():
        options = {option for pair, given, _, _ in PAIRS if pair == name for option in given}
        assert options == set(inspect.signature(kind).parameters) - {"parameters"}, name


@pytest.mark.parametrize(("name", "options", "theirs", "more"), PAIRS, ids=[f"{p[0]}-{len(p[1])}" for p in PAIRS])
def test_200_steps_of_a_network_equal_torchs(name: str, options: dict, theirs: type, more: dict) -> None:
    rng = np.random.default_rng(3)
    X, y = rng.standard_normal((30, 4)), rng.integers(0, 3, 30)
    model = MLP([4, 8, 3], rng, activation="tanh", init="xavier")
    twin, X_torch, y_torch = torch_replica(model, "tanh"), torch.tensor(X), torch.tensor(y)
    ours = OPTIMIZERS[name](model.parameters(), **options)
    other = theirs(twin.parameters(), **options, **more)
    losses = np.empty((200, 2))
    for step in range(200):
        ours.zero_grad()
        loss = cross_entropy(model(X), y)
        loss.backward()
        ours.step()
        other.zero_grad()
        torch_loss = torch.nn.functional.cross_entropy(twin(X_torch), y_torch)
        torch_loss.backward()
        other.step()
        losses[step] = loss.item(), torch_loss.item()
    assert losses[-1, 0] < losses[0, 0]
    np.testing.assert_allclose(losses[:, 0], losses[:, 1], rtol=0, atol=1e-10)
    for parameter, twin_parameter in zip(model.parameters(), twin.parameters(), strict=True):
        np.testing.assert_allclose(parameter.data, twin_parameter.detach().numpy().T, rtol=0, atol=1e-10)


@pytest.mark.parametrize("lr", [0.1, np.float64(0.1)])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_float32_stays_float32(name: str, lr: float) -> None:
    w = Tensor(np.ones(3, np.float32))
    optimizer = OPTIMIZERS[name]([w], lr=lr, weight_decay=type(lr)(0.01))
    optimizer.lr = lr
    for _ in range(3):
        optimizer.zero_grad()
        (w * w).sum().backward()
        optimizer.step()
    assert w.dtype == np.float32
    assert (w.data < 1).all()


def test_a_new_learning_rate_holds_from_the_next_step() -> None:
    w = Tensor(1.0)
    optimizer = SGD([w], lr=0.1)
    for lr, expected in [(0.1, 0.9), (0.5, 0.4)]:
        optimizer.lr = lr
        optimizer.zero_grad()
        (w * 1).backward()
        optimizer.step()
        assert w.item() == pytest.approx(expected)


def test_a_parameter_without_gradient_stays_where_it_is() -> None:
    used, unused = Tensor(1.0), Tensor(1.0)
    optimizer = Adam([used, unused], lr=0.1)
    (used * 2).backward()
    optimizer.step()
    assert (used.item() < 1, unused.item()) == (True, 1.0)


@pytest.mark.parametrize(("parameters", "lr", "words"), [([], 0.1, "no parameters"), ([Tensor(1.0)], 0.0, "positive")])
def test_mistakes_are_named(parameters: list[Tensor], lr: float, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SGD(parameters, lr=lr)


def test_a_rule_of_your_own_is_one_method() -> None:
    class SignSGD(optim.Optimizer):
        def change(self, g, memory):
            return self.lr * np.sign(g)

    w = Tensor([5.0, -5.0])
    (w * w).sum().backward()
    SignSGD([w], lr=0.1).step()
    np.testing.assert_allclose(w.data, [4.9, -4.9])
    with pytest.raises(NotImplementedError, match="define change"):
        optim.Optimizer([w], lr=0.1).step()


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        ("sgd", {"lr": np.inf}, "lr must be positive and finite"),
        ("sgd", {"lr": np.nan}, "lr must be positive"),
        ("sgd", {"lr": "0.1"}, "lr must be positive"),
        ("sgd", {"lr": 0.1, "weight_decay": -1.0}, "weight_decay must be positive"),
        ("momentum", {"lr": 0.1, "momentum": 1.0}, "momentum is a share"),
        ("nesterov", {"lr": 0.1, "momentum": -0.1}, "momentum is a share"),
        ("rmsprop", {"alpha": 1.0}, "alpha is a share"),
        ("adagrad", {"eps": 0.0}, "eps must be positive"),
        ("adam", {"betas": (1.0, 0.9)}, "beta1 is a share"),
        ("adamw", {"betas": (0.9, 1.0)}, "beta2 is a share"),
        ("adamw", {"weight_decay": np.inf}, "weight_decay must be positive and finite"),
    ],
)
def test_options_outside_their_range_are_sentences(kind: str, options: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        OPTIMIZERS[kind]([Tensor(1.0)], **options)


@pytest.mark.parametrize(("name", "options", "theirs", "more"), PAIRS, ids=[f"{p[0]}-{len(p[1])}" for p in PAIRS])
def test_a_parameter_that_gets_a_gradient_now_and_then_moves_as_in_torch(name, options, theirs, more) -> None:
    w, v = Tensor(1.0), Tensor(-2.0)
    w_torch, v_torch = (torch.tensor(t.item(), dtype=torch.float64, requires_grad=True) for t in (w, v))
    ours, other = OPTIMIZERS[name]([w, v], **options), theirs([w_torch, v_torch], **options, **more)
    for step in range(20):
        for optimizer, a, b in ((ours, w, v), (other, w_torch, v_torch)):
            optimizer.zero_grad()
            (a * a + b * b if step % 3 == 0 else a * a).backward()
            optimizer.step()
    np.testing.assert_allclose([w.item(), v.item()], [w_torch.item(), v_torch.item()], rtol=1e-12)


def test_defaults_are_torchs() -> None:
    pairs = {"AdaGrad": "Adagrad", "RMSprop": "RMSprop", "Adam": "Adam", "AdamW": "AdamW"}
    for ours, theirs in pairs.items():
        mine, torchs = (signature(kind).parameters for kind in (getattr(optim, ours), getattr(torch.optim, theirs)))
        options = [name for name in mine if name != "parameters"]
        assert {name: mine[name].default for name in options} == {name: torchs[name].default for name in options}, ours
