from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from nnlabs.config.schema import ModelConfig
from nnlabs.models.build import build
from nnlabs.models.mlp import init_weights


@pytest.mark.parametrize(
    ("init", "std"),
    [
        ("he", math.sqrt(2 / 400)),
        ("xavier", math.sqrt(2 / (400 + 600))),
        ("lecun", math.sqrt(1 / 400)),
        ("normal", 0.01),
        ("zeros", 0.0),
    ],
)
def test_the_spread_of_drawn_weights_is_the_formulas(init, std):
    torch.manual_seed(0)
    layer = nn.Linear(400, 600)
    init_weights(layer, init)
    # The standard error of a standard deviation from 240,000 draws is std / sqrt(480,000): 1 % is seven of them.
    assert layer.weight.std().item() == pytest.approx(std, rel=0.01)
    assert abs(layer.weight.mean().item()) <= 0.01 * std
    assert torch.count_nonzero(layer.bias) == 0


def test_he_counts_all_inputs_of_a_convolution():
    torch.manual_seed(0)
    layer = nn.Conv2d(64, 128, 3)
    init_weights(layer, "he")
    assert layer.weight.std().item() == pytest.approx(math.sqrt(2 / (64 * 9)), rel=0.01)


def test_orthogonal_weights_are():
    layer = nn.Linear(30, 20)
    init_weights(layer, "orthogonal")
    torch.testing.assert_close(layer.weight @ layer.weight.T, torch.eye(20), atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    "layer", [nn.Linear(4, 6), nn.Linear(6, 4), nn.Conv2d(4, 6, 3, padding=1), nn.Conv2d(6, 4, 3, padding=1)]
)
def test_from_identity_each_input_is_passed_on_as_it_is_as_far_as_there_are_units(layer):
    torch.manual_seed(0)
    init_weights(layer, "identity")
    inputs, outputs = layer.weight.shape[1], layer.weight.shape[0]
    x = torch.randn(3, inputs, *([5, 5] if isinstance(layer, nn.Conv2d) else []))
    passed = min(inputs, outputs)
    assert torch.equal(layer(x)[:, :passed], x[:, :passed])
    drawn = layer.weight[passed:]
    assert drawn.numel() == 0 or 0.5 < drawn.std().item() / math.sqrt(2 / layer.weight[0].numel()) < 1.5


def test_he_keeps_the_size_of_the_signal_through_twenty_relu_layers():
    torch.manual_seed(0)
    layers = [part for _ in range(20) for part in (nn.Linear(512, 512), nn.ReLU())]
    for layer in layers:
        init_weights(layer, "he")
    out = nn.Sequential(*layers)(torch.randn(256, 512))
    # The mean square after a ReLU stays where it was before it: 1/2 of the variance 2.
    assert 0.3 < out.square().mean().item() < 3


def test_default_sizes():
    model = build(ModelConfig("mlp"), (1, 28, 28), 10)
    assert sum(p.numel() for p in model.parameters()) == 784 * 512 + 512 + 512 * 512 + 512 + 512 * 10 + 10


def test_batch_norm_stands_between_linear_layer_and_activation_and_takes_the_bias():
    model = build(ModelConfig("mlp", widths=(8,), batch_norm=True, dropout=0.1), (1, 4, 4), 3)
    kinds = [type(layer).__name__ for layer in model]
    assert kinds == ["Flatten", "Linear", "BatchNorm1d", "ReLU", "Dropout", "Linear"]
    assert model[1].bias is None and model[5].bias is not None
    assert model[4].p == 0.1


def test_linear_starts_with_all_classes_alike():
    model = build(ModelConfig("linear"), (1, 28, 28), 10)
    logits = model(torch.randn(3, 1, 28, 28))
    assert torch.count_nonzero(logits) == 0


def test_an_mlp_without_hidden_layers_is_linear():
    model = build(ModelConfig("mlp", widths=()), (1, 28, 28), 10)
    assert [type(layer).__name__ for layer in model] == ["Flatten", "Linear"]
