from __future__ import annotations

import numpy as np
import pytest
import torch

from nnlabs.config.schema import ModelConfig
from nnlabs.models.build import build


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_rnn_is_the_recurrence_over_rows_written_out():
    torch.manual_seed(0)
    model = build(ModelConfig("rnn", widths=(5,)), (2, 4, 3), classes=3)
    image = torch.randn(1, 2, 4, 3)
    p = {name.split(".")[-1]: value.detach().double().numpy() for name, value in model.named_parameters()}
    h = np.zeros(5)
    for row in range(4):
        x = image[0, :, row].double().numpy().ravel()  # both channels of one row of pixels
        h = np.tanh(p["weight_ih_l0"] @ x + p["bias_ih_l0"] + p["weight_hh_l0"] @ h + p["bias_hh_l0"])
    np.testing.assert_allclose(model(image)[0].detach().numpy(), p["weight"] @ h + p["bias"], atol=1e-5)


def test_lstm_is_the_recurrence_over_rows_written_out():
    torch.manual_seed(0)
    model = build(ModelConfig("lstm", widths=(5,)), (1, 4, 3), classes=3)
    image = torch.randn(1, 1, 4, 3)
    p = {name.split(".")[-1]: value.detach().double().numpy() for name, value in model.named_parameters()}
    h, c = np.zeros(5), np.zeros(5)
    for x in image[0, 0].double().numpy():
        gates = p["weight_ih_l0"] @ x + p["bias_ih_l0"] + p["weight_hh_l0"] @ h + p["bias_hh_l0"]
        i, f, g, o = np.split(gates, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    np.testing.assert_allclose(model(image)[0].detach().numpy(), p["weight"] @ h + p["bias"], atol=1e-5)


@pytest.mark.parametrize(("name", "gates"), [("rnn", 1), ("gru", 3), ("lstm", 4)])
def test_each_layer_has_its_own_width(name, gates):
    model = build(ModelConfig(name, widths=(7, 5)), (1, 28, 28), classes=10)
    first, second = (sum(p.numel() for p in layer.parameters()) for layer in model.layers)
    assert first == gates * (28 * 7 + 7 * 7 + 7 + 7)
    assert second == gates * (7 * 5 + 5 * 5 + 5 + 5)
    assert model.classifier.weight.shape == (10, 5)


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_the_order_of_rows_matters(name):
    torch.manual_seed(0)
    model = build(ModelConfig(name), (1, 28, 28), classes=10)
    image = torch.randn(1, 1, 28, 28)
    assert not torch.allclose(model(image), model(image.flip(2)), atol=1e-3)
