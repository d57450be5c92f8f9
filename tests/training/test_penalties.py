from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import Lasso
from torch import nn

from nnlabs.config.schema import ModelConfig, TrainConfig
from nnlabs.models.build import build
from nnlabs.models.options import MODELS
from nnlabs.training.optimizers import make_optimizer
from nnlabs.training.penalties import max_norm_, soft_threshold_, split_parameters


def names_of(model, parameters):
    chosen = {id(p) for p in parameters}
    return {name for name, p in model.named_parameters() if id(p) in chosen}


@pytest.mark.parametrize("name", MODELS)
def test_every_parameter_is_a_weight_or_else_and_no_bias_is_a_weight(name):
    model = build(ModelConfig(name), (1, 28, 28), 10)
    weights, others = split_parameters(model)
    assert len(weights) + len(others) == len(list(model.parameters()))
    assert not any("bias" in n or "norm" in n or "positions" in n for n in names_of(model, weights))
    assert all("weight" in n for n in names_of(model, weights))


def test_norms_positions_and_biases_are_no_weights():
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.LayerNorm((4, 2, 2)), nn.Embedding(5, 3), nn.GRU(3, 2)
    )
    weights, others = split_parameters(model)
    assert names_of(model, weights) == {"0.weight", "4.weight_ih_l0", "4.weight_hh_l0"}
    assert {"0.bias", "1.weight", "2.weight", "3.weight", "4.bias_ih_l0"} <= names_of(model, others)


class OwnTransformer(nn.Module):
    """The names that people give to what their networks hold."""

    def __init__(self) -> None:
        super().__init__()
        self.patch_embed = nn.Conv2d(1, 8, 4)
        self.token_mixer = nn.Linear(8, 8)
        self.pos_embed = nn.Parameter(torch.ones(1, 16, 8))
        self.positional_encoding = nn.Parameter(torch.ones(16, 8))
        self.cls_token = nn.Parameter(torch.ones(1, 1, 8))
        self.relative_position_bias_table = nn.Parameter(torch.ones(49, 2))
        self.bias = nn.Parameter(torch.ones(8, 1, 1))
        self.compose = nn.Parameter(torch.ones(8, 3))


def test_positions_and_tokens_of_ones_own_network_are_not_decayed_but_its_matrices_are():
    model = OwnTransformer()
    optimizer = make_optimizer(model, TrainConfig(lr=0.1, optimizer="sgd", weight_decay=0.5))
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    decayed = {name for name, parameter in model.named_parameters() if not torch.equal(parameter, before[name])}
    assert decayed == {"patch_embed.weight", "token_mixer.weight", "compose"}


def test_shared_and_frozen_parameters():
    first, second = nn.Linear(3, 3), nn.Linear(3, 3)
    second.weight = first.weight
    first.bias.requires_grad_(False)
    weights, others = split_parameters(nn.Sequential(first, second))
    assert [id(p) for p in weights] == [id(first.weight)]
    assert [id(p) for p in others] == [id(second.bias)]


def test_a_threshold_beyond_all_floats_leaves_zeros():
    weight = torch.tensor([1e30, -2.0, 0.0])
    soft_threshold_([weight], 1e300)
    assert weight.tolist() == [0, 0, 0]


def test_soft_threshold_is_the_closed_formula_with_exact_zeros():
    weights = [torch.randn(50, 40, dtype=torch.float64), torch.randn(7, 3, 2, dtype=torch.float64)]
    expected = [w.sign() * (w.abs() - 0.5).clamp(min=0) for w in weights]
    soft_threshold_(weights, 0.5)
    for weight, formula in zip(weights, expected, strict=True):
        torch.testing.assert_close(weight, formula, atol=1e-15, rtol=0)
        assert torch.equal(weight == 0, formula == 0)


def test_proximal_gradient_descent_finds_scikit_learns_lasso():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 12))
    y = X @ np.where(np.arange(12) % 3, 0.0, rng.normal(size=12)) + 0.1 * rng.normal(size=60)
    lasso = Lasso(alpha=0.1, fit_intercept=False, tol=1e-12, max_iter=100_000).fit(X, y)

    model = nn.Linear(12, 1, bias=False).double()
    inputs, targets = torch.from_numpy(X), torch.from_numpy(y)
    lr = 1 / np.linalg.eigvalsh(X.T @ X / 60).max()
    optimizer = make_optimizer(model, TrainConfig(optimizer="sgd", lr=lr, l1=0.1))
    for _ in range(2000):
        optimizer.zero_grad()
        # Lasso minimizes ‖y - Xw‖² / (2n) + α ‖w‖₁.
        ((model(inputs).squeeze(1) - targets).square().mean() / 2).backward()
        optimizer.step()
    found = model.weight.detach().numpy()[0]
    np.testing.assert_allclose(found, lasso.coef_, atol=1e-10)
    assert 0 < (found == 0).sum() < 12
    np.testing.assert_array_equal(found == 0, lasso.coef_ == 0)


def test_max_norm_shortens_only_what_is_too_long():
    weight = torch.tensor([[3.0, 4.0], [0.3, 0.4], [0.0, 0.0]])
    max_norm_([weight], 1.0)
    torch.testing.assert_close(weight, torch.tensor([[0.6, 0.8], [0.3, 0.4], [0.0, 0.0]]))


def test_max_norm_takes_all_inputs_of_an_output_channel_together():
    weight = torch.randn(6, 3, 5, 5)
    expected = torch.renorm(weight, p=2, dim=0, maxnorm=2.0)
    max_norm_([weight], 2.0)
    torch.testing.assert_close(weight, expected, rtol=1e-5, atol=1e-6)
    assert weight.flatten(1).norm(dim=1).max() <= 2.0 * (1 + 1e-6)


def step_once(train, gradient=0.0):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5))
    nn.init.ones_(model[0].bias)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    optimizer = make_optimizer(model, train)
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, gradient)
    optimizer.step()
    return before, dict(model.named_parameters())


@pytest.mark.parametrize(
    "penalty", [{"weight_decay": 0.5}, {"weight_decay": 0.5, "decoupled": False}, {"l1": 0.5}, {"max_norm": 0.1}]
)
def test_penalties_act_on_weights_and_on_nothing_else(penalty):
    before, after = step_once(TrainConfig(optimizer="sgd", lr=0.1, **penalty))
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"0.weight"}


def test_l1_follows_the_learning_rate_of_the_moment():
    model = nn.Linear(1, 1)
    nn.init.ones_(model.weight)
    optimizer = make_optimizer(model, TrainConfig(optimizer="sgd", lr=0.1, l1=0.5))
    for lr, expected in [(0.1, 0.95), (0.2, 0.85)]:
        optimizer.param_groups[0]["lr"] = lr
        model.weight.grad = torch.zeros_like(model.weight)
        optimizer.step()
        assert model.weight.item() == pytest.approx(expected)


def test_decay_comes_before_the_update_and_l1_after_it():
    before, after = step_once(TrainConfig(optimizer="momentum", lr=0.1, weight_decay=0.5, l1=0.2), gradient=0.3)
    updated = before["0.weight"] * (1 - 0.1 * 0.5) - 0.1 * 0.3
    expected = updated.sign() * (updated.abs() - 0.1 * 0.2).clamp(min=0)
    torch.testing.assert_close(after["0.weight"], expected)
    torch.testing.assert_close(after["0.bias"], before["0.bias"] - 0.1 * 0.3)


def test_max_norm_holds_after_every_step():
    torch.manual_seed(0)
    model = build(ModelConfig("mlp", widths=(32,)), (1, 8, 8), 10)
    optimizer = make_optimizer(model, TrainConfig(lr=0.1, max_norm=1.5))
    for _ in range(5):
        optimizer.zero_grad()
        model(torch.randn(16, 1, 8, 8)).square().sum().backward()
        optimizer.step()
        lengths = torch.cat([layer.weight.norm(dim=1) for layer in model if isinstance(layer, nn.Linear)])
        assert lengths.max() <= 1.5 * (1 + 1e-6)
    assert lengths.max() > 1.49
