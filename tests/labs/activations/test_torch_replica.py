"""The scratch engine and PyTorch, from the same weights and with the same batches, have the same losses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from nnlabs.labs.activations.torch_replica import TORCH_MODULES, apart, our_losses, torch_losses, torch_replica
from nnlabs.labs.activations.training import Recipe, build, make_problem

CODE_VERSION = Recipe((16, 16), 200, 0.02, 32)


@pytest.mark.parametrize("activation", TORCH_MODULES)
def test_200_steps_of_both_have_the_same_losses(activation: str) -> None:
    spirals = make_problem("spirals", 100, 1)
    ours, theirs = (losses(spirals, CODE_VERSION, activation, 1) for losses in (our_losses, torch_losses))
    assert ours.shape == theirs.shape == (201,)
    assert ours[-1] < 0.5 * ours[0]
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-10)


def test_another_learning_rate_would_be_seen() -> None:
    spirals = make_problem("spirals", 100, 1)
    ours = our_losses(spirals, replace(CODE_VERSION, steps=5), "tanh", 1)
    theirs = torch_losses(spirals, replace(CODE_VERSION, steps=5, lr=0.0201), "tanh", 1)
    assert ours[0] == pytest.approx(theirs[0], abs=1e-14)
    assert np.abs(ours - theirs).max() > 1e-5


@pytest.mark.parametrize("activation", TORCH_MODULES)
def test_the_twin_computes_what_the_network_computes(activation: str) -> None:
    digits = make_problem("digits", 0, 0)
    model = build(digits, CODE_VERSION, activation, np.random.default_rng(0), dtype=np.float64)
    x = digits.x[:50].astype(np.float64)
    twin = torch_replica(model, activation)(torch.tensor(x))
    np.testing.assert_allclose(model(x).data, twin.detach().numpy(), rtol=1e-12, atol=1e-12)


def test_losses_above_1_lie_apart_by_a_share_of_them_and_those_that_are_not_finite_by_nothing_known() -> None:
    ours, theirs = np.array([0.5, 2e30, np.inf, 1.0]), np.array([0.25, 1e30, np.inf, np.nan])
    np.testing.assert_array_equal(apart(ours, theirs), [0.25, 1.0, np.nan, np.nan])
