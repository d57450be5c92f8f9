from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest
from sklearn.datasets import make_moons

from nnlabs.scratch.micrograd import MLP, Layer, Neuron, Value


def test_an_expression_of_values_has_the_published_results() -> None:
    # micrograd's README gives these three numbers for this expression at a = -4, b = 2
    a, b = Value(-4.0), Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    assert [f"{number:.4f}" for number in (g.data, a.grad, b.grad)] == ["24.7041", "138.8338", "645.5773"]


def test_networks_print_and_count_like_micrograds() -> None:
    model = MLP(2, [16, 16, 1])
    assert len(model.parameters()) == 337
    assert repr(MLP(2, [2, 1])) == ("MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]")


def test_weights_are_drawn_in_micrograds_order() -> None:
    random.seed(1337)
    drawn = [random.uniform(-1, 1) for _ in range(7)]
    random.seed(1337)
    layer = Layer(3, 2)
    expected = [*drawn[:3], 0.0, *drawn[3:6], 0.0]
    assert [p.data.item() for p in layer.parameters()] == expected


def test_one_neuron_alone_gives_a_value_and_several_a_list() -> None:
    x = [Value(1.0), Value(-2.0)]
    assert isinstance(Neuron(2)(x), Value)
    assert isinstance(Layer(2, 1)(x), Value)
    assert [type(v) for v in Layer(2, 3)(x)] == [Value] * 3


def moons_demo(steps: int, units: int, examples: int) -> list[tuple[float, float]]:
    """The training of micrograd's demo notebook, with its calling conventions; loss and accuracy before each step."""
    random.seed(1337)
    X, y = make_moons(n_samples=examples, noise=0.1, random_state=1337)
    y = y * 2 - 1
    model = MLP(2, [units, units, 1])
    seen = []
    for k in range(steps):
        inputs = [list(map(Value, row)) for row in X]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * score).relu() for yi, score in zip(y, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        total_loss = data_loss + 1e-4 * sum(p * p for p in model.parameters())
        accuracy = [(yi > 0) == (score.data > 0) for yi, score in zip(y, scores, strict=True)]
        model.zero_grad()
        total_loss.backward()
        for p in model.parameters():
            p.data -= (1.0 - 0.9 * k / 100) * p.grad
        seen.append((float(total_loss.data), sum(accuracy) / len(accuracy)))
    return seen


def whole_tensor_demo(steps: int, units: int, examples: int) -> list[float]:
    """The same training, from the same weights, written out in plain NumPy with the derivatives by hand."""
    random.seed(1337)
    X, y = make_moons(n_samples=examples, noise=0.1, random_state=1337)
    t = (y * 2 - 1)[:, None]
    sizes = [2, units, units, 1]
    W = [np.array([[random.uniform(-1, 1) for _ in range(a)] for _ in range(b)]).T for a, b in pairwise(sizes)]
    b = [np.zeros(n) for n in sizes[1:]]
    seen = []
    for k in range(steps):
        h1 = np.maximum(X @ W[0] + b[0], 0)
        h2 = np.maximum(h1 @ W[1] + b[1], 0)
        margin = 1 - t * (h2 @ W[2] + b[2])
        seen.append(np.maximum(margin, 0).mean() + 1e-4 * sum((p**2).sum() for p in W + b))
        g3 = -t * (margin > 0) / examples
        g2 = g3 @ W[2].T * (h2 > 0)
        g1 = g2 @ W[1].T * (h1 > 0)
        lr = 1.0 - 0.9 * k / 100
        for i, (h, g) in enumerate([(X, g1), (h1, g2), (h2, g3)]):
            W[i] = W[i] - lr * (h.T @ g + 2e-4 * W[i])
            b[i] = b[i] - lr * (g.sum(0) + 2e-4 * b[i])
    return seen


def test_the_moons_demo_runs_and_follows_the_same_network_in_plain_numpy() -> None:
    seen = moons_demo(steps=6, units=5, examples=30)
    losses = [loss for loss, _ in seen]
    assert losses == pytest.approx(whole_tensor_demo(steps=6, units=5, examples=30), rel=1e-10)
    assert losses[-1] < losses[0]
    assert seen[-1][1] > 0.7
