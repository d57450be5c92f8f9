from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from nnlabs.errors import ConfigError
from nnlabs.training.loop import Callback, State
from nnlabs.training.lr_range import LrRange, find_halfway, range_test, smooth


class Targets:
    """Batches of one input, 1, whose target is `target`, or drawn anew for each batch with that mean."""

    def __init__(self, target=0.0, noise=0.0, batches=7) -> None:
        self.target, self.noise, self.batches = target, noise, batches
        self.examples = batches

    def __len__(self) -> int:
        return self.batches

    def epoch(self, epoch):
        generator = torch.Generator().manual_seed(epoch)
        for _ in range(self.batches):
            noise = self.noise * torch.randn(1, 1, generator=generator, dtype=torch.float64)
            yield torch.ones(1, 1, dtype=torch.float64), self.target + noise


def quadratic(low: float, start: float = 3.0) -> State:
    """One weight w, optimizer SGD at the lowest learning rate."""
    model = nn.Linear(1, 1, bias=False, dtype=torch.float64)
    nn.init.constant_(model.weight, start)
    return State(model, torch.optim.SGD(model.parameters(), lr=low))


def half_square(curvature: float):
    return lambda outputs, targets: curvature / 2 * ((outputs - targets) ** 2).mean()


@pytest.mark.parametrize("curvature", [0.5, 8.0, 300.0])
@pytest.mark.parametrize(("steps", "late"), [(100, 1.6), (400, 1.3), (800, 1.25)])
def test_on_a_quadratic_it_diverges_at_two_by_curvature(curvature, steps, late):
    """w ← (1 - lr c) w grows once lr > 2 / c: there the loss turns; seen it is a few steps later, when it has grown."""
    low, high = 1e-3 / curvature, 1e2 / curvature
    seen = range_test(quadratic(low), Targets(), half_square(curvature), high, steps)
    turn = seen.lr[np.argmin(seen.loss)] * curvature / 2
    assert 1 <= turn < seen.lr[1] / seen.lr[0]
    assert 1 <= seen.diverges * curvature / 2 < late


@pytest.mark.parametrize("curvature", [0.5, 8.0, 300.0])
def test_so_it_does_where_every_batch_has_a_quadratic_of_its_own(curvature):
    low, high = 1e-3 / curvature, 1e2 / curvature
    batches = Targets(noise=0.3)
    seen = range_test(quadratic(low), batches, half_square(curvature), high, 200)
    assert 0.7 < seen.diverges * curvature / 2 < 1.5
    assert seen.suggestion < 0.11 * 2 / curvature


def test_the_learning_rate_rises_by_the_same_factor_and_the_losses_are_those_of_the_weights():
    curvature, low, high, steps = 2.0, 1e-3, 0.5, 30
    seen = range_test(quadratic(low), Targets(), half_square(curvature), high, steps)
    np.testing.assert_allclose(seen.lr, np.geomspace(low, high, steps), rtol=1e-12)
    w = 3.0 * np.concatenate([[1.0], np.cumprod(1 - seen.lr * curvature)[:-1]])
    np.testing.assert_allclose(seen.loss, curvature / 2 * w**2, rtol=1e-9)
    assert seen.smoothed.shape == (steps,)
    assert math.isnan(seen.diverges)  # 0.5 is below 2 / 2
    assert seen.suggestion == seen.halfway


def test_half_way_down_a_quadratic_is_where_theory_has_it():
    """With h = log(high / low) / (steps - 1) between steps, w² = exp(-2 lr c / h): it is 1/2 at lr = h ln 2 / (2 c)."""
    curvature, low, high, steps = 1.0, 1e-4, 1.0, 600
    seen = range_test(quadratic(low), Targets(), half_square(curvature), high, steps)
    h = math.log(high / low) / (steps - 1)
    assert seen.halfway == pytest.approx(h * math.log(2) / 2 / curvature, rel=0.05)


def test_what_never_falls_has_nothing_to_suggest():
    seen = range_test(quadratic(1e-6), Targets(), lambda outputs, targets: (outputs * 0).sum() + 1.0, 10.0, 40)
    assert len(seen.lr) == 40
    assert all(map(math.isnan, (seen.halfway, seen.diverges, seen.suggestion)))


def test_a_loss_that_is_no_number_ends_it_at_once():
    seen = range_test(quadratic(1.0), Targets(), lambda o, t: torch.exp(o**4).sum(), 1e6, 50)
    assert len(seen.lr) < 5
    assert np.isfinite(seen.loss).all()
    assert seen.diverges > seen.lr[-1]


def test_it_counts_as_diverged_when_all_that_was_learnt_is_lost():
    """A classifier that knows nothing costs log(classes), so its loss does not grow fourfold."""

    def saturating(outputs, targets):
        return 2.3 * torch.tanh((outputs - targets) ** 2).mean()

    seen = range_test(quadratic(1e-4, start=1.2), Targets(), saturating, 1e3, 200)
    assert seen.loss.max() < 2.31
    assert len(seen.lr) < 200
    assert 0.1 < seen.diverges < 100


@pytest.mark.parametrize("steps", [6, 7, 8, 30])
def test_it_goes_over_as_many_epochs_as_it_takes_and_no_step_further(steps):
    state = quadratic(1e-4)
    drawn = []

    class Count(Callback):
        def after_step(self, state):
            drawn.append(float(state.targets))

    batches = Targets(noise=0.3)
    seen = range_test(state, batches, half_square(1.0), 0.1, steps, [Count()])
    assert len(seen.lr) == len(drawn) == steps
    expected = [float(y) for epoch in range(5) for _, y in batches.epoch(epoch)]
    assert drawn == expected[:steps]


def test_the_suggestion_is_the_lower_of_the_two():
    lr = np.array([0.1])
    assert LrRange(lr, lr, lr, halfway=0.3, diverges=1.0).suggestion == 0.1
    assert LrRange(lr, lr, lr, halfway=0.03, diverges=1.0).suggestion == 0.03


def test_where_nothing_falls_clearly_the_rate_at_which_it_diverges_suggests_nothing():
    lr = np.array([0.1])
    assert math.isnan(LrRange(lr, lr, lr, halfway=math.nan, diverges=1.0).suggestion)


def test_of_a_thousand_curves_that_only_jump_about_none_falls_clearly():
    rng = np.random.default_rng(0)
    for noise in (0.02, 0.1, 0.5):
        for _ in range(333):
            loss = 2.3 * np.exp(noise * rng.standard_normal(100))
            assert find_halfway(loss, smooth(loss, 3.0), 3.0) is None


@pytest.mark.parametrize("noise", [0.02, 0.1, 0.2])
def test_a_fall_to_a_third_is_clear_however_the_batches_jump(noise):
    rng, place = np.random.default_rng(0), np.arange(100)
    falling = 2.3 - 1.5 / (1 + np.exp((50 - place) / 4))
    for _ in range(100):
        loss = falling * np.exp(noise * rng.standard_normal(100))
        assert find_halfway(loss, smooth(loss, 3.0), 3.0) == pytest.approx(50, abs=6)


def test_a_fall_to_what_it_costs_to_know_nothing_is_not_learning():
    loss = np.linspace(3.5, 2.3, 100)
    assert find_halfway(loss, loss, 3.0) is not None
    assert find_halfway(loss, loss, 3.0, ignorance=2.3) is None


@pytest.mark.filterwarnings("error")
def test_losses_of_exactly_0_do_not_switch_the_criterion_off():
    rng = np.random.default_rng(0)
    loss = np.concatenate([np.exp(rng.standard_normal(40)), np.zeros(60)])
    assert find_halfway(loss[:40], smooth(loss[:40], 3.0), 3.0) is None
    assert find_halfway(loss, smooth(loss, 3.0), 3.0) is not None  # a fall to 0 is one


@pytest.mark.parametrize("steps", [0, 1])
def test_one_step_is_no_test(steps):
    with pytest.raises(ConfigError, match="needs 2 steps at least"):
        range_test(quadratic(1e-3), Targets(), half_square(1.0), 1.0, steps)


def test_smoothing_neither_lags_nor_lets_one_explosion_smear():
    falling = np.exp(-np.linspace(0, 3, 61))  # straight on a log scale
    np.testing.assert_allclose(smooth(falling, 2.0)[10:-10], falling[10:-10], rtol=1e-6)
    exploded = np.append(falling, 1e30)
    np.testing.assert_allclose(smooth(exploded, 2.0)[:50], smooth(falling, 2.0)[:50], rtol=1e-3)


def test_other_callbacks_take_part():
    class NoGradient(Callback):
        def before_step(self, state):
            state.optimizer.zero_grad()

    seen = range_test(quadratic(1e-3), Targets(), half_square(1.0), 1.0, 20, [NoGradient()])
    np.testing.assert_array_equal(seen.loss, seen.loss[0])
