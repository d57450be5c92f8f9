"""Dead and saturated units of lab 2, on networks whose units are known to be dead or saturated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nnlabs.labs.activations.hidden_units import (
    FLAT,
    dead_shares,
    hidden_inputs,
    hidden_slopes,
    saturation,
    units_dying,
)
from nnlabs.labs.activations.training import Recipe, build, by_seed, make_problem, measure
from nnlabs.scratch.activations import ACTIVATIONS
from nnlabs.scratch.layers import Nonlinearity
from nnlabs.scratch.losses import cross_entropy

MOONS = make_problem("moons", 60, 0)
CODE_VERSION = Recipe((8, 8), 10, 0.02, 32, records=3)


def network(activation: str = "relu", seed: int = 0):
    return build(MOONS, CODE_VERSION, activation, np.random.default_rng(seed))


def test_units_pushed_far_below_0_are_dead_and_get_no_gradient() -> None:
    model = network()
    alive = dead_shares(model, MOONS.x)
    first = model.layers[0]
    first.b.data[:3] = -1000
    already = [np.all(z <= 0, axis=0).sum() for z in hidden_inputs(network(), MOONS.x)]
    assert alive.tolist() == [count / 8 for count in already]
    assert np.all(hidden_inputs(model, MOONS.x)[0][:, :3] < 0)
    assert dead_shares(model, MOONS.x)[0] >= 3 / 8
    cross_entropy(model(MOONS.x), MOONS.y).backward()
    np.testing.assert_array_equal(first.W.grad[:, :3], 0)
    assert np.all(np.abs(first.W.grad[:, 3:]).sum(axis=0)[~np.all(hidden_inputs(model, MOONS.x)[0][:, 3:] <= 0, 0)] > 0)


def test_hidden_inputs_are_what_the_linear_layers_put_out() -> None:
    model = network("tanh")
    first, second = hidden_inputs(model, MOONS.x)
    W1, b1, W2, b2 = (parameter.data for parameter in model.parameters()[:4])
    np.testing.assert_allclose(first, MOONS.x @ W1 + b1, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(second, np.tanh(first) @ W2 + b2, rtol=1e-5, atol=1e-6)


def test_dying_is_watched_from_before_the_first_step_and_a_huge_learning_rate_kills() -> None:
    problems = {0: MOONS, 1: make_problem("moons", 60, 1)}
    recipes = [Recipe((8, 8), 10, lr, 32, records=3) for lr in (0.001, 10.0)]
    shares, right = units_dying(problems, recipes, "relu")
    assert shares.shape == (2, 2, 3, 2)
    assert right.shape == (2, 2)
    np.testing.assert_array_equal(shares[0, :, 0], shares[1, :, 0])
    assert shares[0, 0, 0].tolist() == dead_shares(network(), MOONS.x).tolist()
    assert (shares[1, :, -1].mean(axis=-1) > shares[0, :, -1].mean(axis=-1)).all()


@pytest.mark.filterwarnings("ignore:(overflow|invalid value) encountered:RuntimeWarning")
def test_of_a_network_that_diverged_no_unit_is_counted_as_awake() -> None:
    shares, _ = units_dying(by_seed("digits", 0, (0,)), [Recipe((32, 32), 30, 1e20, 64, records=3)], "relu")
    assert np.isfinite(shares[0, 0, 0]).all() and np.isnan(shares[0, 0, 1:]).all()
    model = network()
    model.layers[2].b.data[0] = np.inf  # one unit of the second layer alone
    assert np.isnan(dead_shares(model, MOONS.x)).all()


@pytest.mark.filterwarnings("ignore:(overflow|invalid value) encountered:RuntimeWarning")
def test_of_saturation_after_training_networks_that_diverged_are_left_out() -> None:
    for layer in saturation({0: MOONS}, Recipe((8, 8), 5, 1e20, 32), "relu"):
        assert np.isfinite(layer.edges).all() and layer.before.sum() > 0.98 and np.isfinite(layer.share_before.mean)
        assert np.isnan(layer.after).all() and np.isnan(layer.share_after.mean) and layer.share_after.n == 0
    # A feature that is not finite takes one seed's network along, before and after.
    broken = replace(MOONS, x=np.where(np.arange(len(MOONS.x))[:, None] == 0, np.inf, MOONS.x).astype(np.float32))
    both, alone = (saturation(its, CODE_VERSION, "relu") for its in ({0: MOONS, 1: broken}, {0: MOONS}))
    for layer, same in zip(both, alone, strict=True):
        assert layer.share_after.n == 1 and layer.share_after.mean == same.share_after.mean
        np.testing.assert_array_equal(layer.after, same.after)


def flat(activation: str, z: np.ndarray) -> list[bool]:
    slopes: list[bool] = (np.abs(Nonlinearity(ACTIVATIONS[activation]).slope(z)) < FLAT).tolist()
    return slopes


def test_slopes_are_those_of_what_was_learned() -> None:
    model = network("prelu")
    (slope,) = model.layers[1].learned
    slope.data = np.asarray(0.01, slope.data.dtype)
    first, _ = hidden_slopes(model, MOONS.x)
    below = hidden_inputs(model, MOONS.x)[0] < 0
    assert below.any() and np.allclose(first[below], 0.01) and (first[~below] == 1).all()


@pytest.mark.parametrize(
    ("activation", "edge"),
    [
        ("sigmoid", 2.887),  # s (1 - s) = 0.05
        ("tanh", 2.178),  # 1 - tanh² = 0.05
        ("hard_tanh", 1.0),
    ],
)
def test_flat_begins_where_the_slope_falls_below_the_bound(activation: str, edge: float) -> None:
    assert FLAT == 0.05
    z = np.array([-edge - 0.01, -edge + 0.01, 0.0, edge - 0.01, edge + 0.01])
    assert flat(activation, z) == [True, False, False, False, True]


def test_under_relu_everything_below_0_is_saturated_and_nothing_under_leaky_relu_with_a_steeper_slope() -> None:
    z = np.array([-3.0, -0.1, 0.1, 3.0])
    assert flat("relu", z) == [True, True, False, False]
    assert flat("prelu", z) == [False] * 4


def test_saturation_counts_all_inputs_of_each_layer_before_and_after() -> None:
    problems = {seed: make_problem("moons", 60, seed) for seed in (0, 1)}
    layers = saturation(problems, CODE_VERSION, "relu")
    assert len(layers) == 2
    for i, layer in enumerate(layers):
        z = [
            hidden_inputs(build(its, CODE_VERSION, "relu", np.random.default_rng(seed)), its.x)[i]
            for seed, its in problems.items()
        ]
        before = np.array(z)
        assert layer.share_before.mean == pytest.approx((before <= 0).mean())
        assert 0.98 < layer.before.sum() <= 1
        assert 0.98 < layer.after.sum() <= 1
        assert len(layer.edges) == len(layer.before) + 1
        in_bins = np.histogram(before[before <= 0], layer.edges)[0]
        np.testing.assert_allclose(layer.before_saturated, in_bins / before.size)
    assert not np.array_equal(layers[0].before, layers[0].after)


def test_what_is_saturated_in_the_bins_adds_up_to_the_share_also_where_the_slope_crosses_0_within_a_bin() -> None:
    problems = {seed: make_problem("moons", 60, seed) for seed in (0, 1)}
    for layer in saturation(problems, CODE_VERSION, "gelu"):
        assert layer.before_saturated.sum() == pytest.approx(layer.share_before.mean, abs=0.01)
        assert layer.after_saturated.sum() == pytest.approx(layer.share_after.mean, abs=0.01)
        assert ((layer.after_saturated > 0) & (layer.after_saturated < layer.after)).any()


def test_a_trained_network_is_judged_by_examples_it_has_not_seen() -> None:
    _, accuracy = measure(network(), MOONS)
    right = network()(MOONS.validation_x).data.argmax(axis=1) == MOONS.validation_y
    assert accuracy == right.mean()
