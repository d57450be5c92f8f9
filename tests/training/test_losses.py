from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss
from torch.nn import functional as F

from nnlabs.config.schema import TrainConfig
from nnlabs.training.losses import loss_of_ignorance, make_loss

LOGITS = torch.tensor([[2.0, -1.0, 0.5], [0.0, 0.3, -0.2], [1.0, 1.0, 4.0], [-3.0, 2.0, 2.5]])
TARGETS = torch.tensor([0, 2, 2, 1])
Z, T = LOGITS.double().numpy(), TARGETS.numpy()
ONE_HOT = np.eye(3)[T]


def value(logits=LOGITS, **settings):
    return make_loss(TrainConfig(**settings))(logits, TARGETS).item()


def softmax(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def test_cross_entropy_is_scikit_learns_log_loss():
    assert value(loss="cross_entropy") == pytest.approx(log_loss(T, softmax(Z)), rel=1e-6)


def test_label_smoothing_is_cross_entropy_with_a_spread_target():
    q = 0.8 * ONE_HOT + 0.2 / 3
    expected = -(q * np.log(softmax(Z))).sum(1).mean()
    assert value(label_smoothing=0.2) == pytest.approx(expected, rel=1e-6)


def test_binary_cross_entropy_is_the_mean_of_one_log_loss_a_class():
    s = 1 / (1 + np.exp(-Z))
    expected = np.mean([log_loss(ONE_HOT[:, k], s[:, k]) for k in range(3)])
    assert value(loss="binary_cross_entropy") == pytest.approx(expected, rel=1e-6)


def test_mse_compares_raw_logits_with_the_one_hot_target():
    assert value(loss="mse") == pytest.approx(np.mean((Z - ONE_HOT) ** 2), rel=1e-6)


def test_hinge_by_hand():
    # Row 2: target 2 with logit -0.2 against 0.0 and 0.3: (1.2 + 1.5) / 3. Row 4: target 1, 2.0 against 2.5: 1.5 / 3.
    assert value(loss="hinge") == pytest.approx((0 + (1.2 + 1.5) / 3 + 0 + 1.5 / 3) / 4, rel=1e-6)


def test_uniform_logits_cost_the_logarithm_of_the_number_of_classes():
    assert value(torch.zeros(4, 3)) == pytest.approx(math.log(3), rel=1e-6)


@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy", "mse", "hinge"])
def test_the_gradient_is_the_finite_difference(loss):
    function = make_loss(TrainConfig(loss=loss))
    assert torch.autograd.gradcheck(lambda z: function(z, TARGETS), LOGITS.double().requires_grad_())


@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy", "mse", "hinge"])
def test_bf16_logits_are_summed_up_in_float32(loss):
    function = make_loss(TrainConfig(loss=loss))
    rounded = LOGITS.bfloat16()
    assert function(rounded, TARGETS).dtype == torch.float32
    assert function(rounded, TARGETS) == function(rounded.float(), TARGETS)


def test_a_confident_mistake_has_a_gradient_under_mse():
    # The reason for raw logits: through a softmax this gradient would be about 1e-13.
    logits = torch.tensor([[30.0, 0.0, 0.0]], requires_grad=True)
    make_loss(TrainConfig(loss="mse"))(logits, torch.tensor([1])).backward()
    assert logits.grad.abs().max() > 1
    through_softmax = logits.detach().requires_grad_()
    F.mse_loss(through_softmax.softmax(1), torch.tensor([[0.0, 1.0, 0.0]])).backward()
    assert through_softmax.grad.abs().max() < 1e-12


@pytest.mark.parametrize(
    ("settings", "shares", "least"),
    [
        ({}, (0.99, 0.01), -0.99 * math.log(0.99) - 0.01 * math.log(0.01)),
        ({"label_smoothing": 0.1}, (0.99, 0.01), -0.941 * math.log(0.941 / 1.0) - 0.059 * math.log(0.059)),
        ({"loss": "hinge"}, (0.45, 0.45, 0.1), 0.43333333),  # by a linear program
        ({"loss": "hinge"}, (0.48, 0.48, 0.04), 0.37333333),
        # of the logits 2, 1, 0: 0.3 · 2 + 0.1 · (2 + 3) = 1.1, over 3
        ({"loss": "hinge"}, (0.6, 0.3, 0.1), 0.36666667),
        # A class that no example has, as wrong labels may leave one: the values of scipy.optimize.minimize.
        ({}, (0.8, 0.2, 0, 0), 0.50040242),
        ({"loss": "binary_cross_entropy"}, (0.8, 0.2, 0, 0), 0.25020121),
        ({"loss": "mse"}, (0.8, 0.2, 0, 0), 0.08),
        ({"loss": "hinge"}, (0.8, 0.2, 0, 0), 0.1),
    ],
)
def test_the_loss_of_who_tells_nothing_apart_is_the_least_of_all_constant_logits(settings, shares, least):
    targets = torch.repeat_interleave(torch.arange(len(shares)), torch.tensor([round(100 * p) for p in shares]))
    train = TrainConfig(**settings)
    found = loss_of_ignorance(train, targets, len(shares))
    assert found == pytest.approx(least, abs=1e-6)
    loss, generator = make_loss(train), torch.Generator().manual_seed(0)
    others = 3 * torch.randn(500, 1, len(shares), generator=generator, dtype=torch.float64)
    assert all(loss(other.expand(len(targets), -1), targets).item() >= found for other in others)
