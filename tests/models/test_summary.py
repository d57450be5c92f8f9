from __future__ import annotations

import pytest
import torch
from torch import nn

from nnlabs.config.schema import ModelConfig
from nnlabs.models.build import build
from nnlabs.models.options import MODELS
from nnlabs.models.summary import format_summary, summarize


def costs(model, shape):
    return {row.kind: row.multiply_adds for row in summarize(model, shape)}


def test_linear_layers_by_hand():
    rows = summarize(build(ModelConfig("mlp"), (1, 28, 28), 10), (1, 28, 28))
    layers = [(row.kind, row.output, row.parameters, row.multiply_adds) for row in rows]
    assert layers == [
        ("Flatten", (784,), 0, 0),
        ("Linear", (512,), 784 * 512 + 512, 784 * 512),
        ("Linear", (512,), 512 * 512 + 512, 512 * 512),
        ("Linear", (10,), 512 * 10 + 10, 512 * 10),
    ]


def test_convolutions_by_hand():
    model = nn.Sequential(nn.Conv2d(3, 8, 5, stride=2, padding=2), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2))
    rows = summarize(model, (3, 32, 32))
    layers = [(row.kind, row.output, row.parameters, row.multiply_adds) for row in rows]
    assert layers == [
        ("Conv2d", (8, 16, 16), 8 * 3 * 25 + 8, 16 * 16 * 8 * 3 * 25),
        ("BatchNorm2d", (8, 16, 16), 16, 0),
        ("MaxPool2d", (8, 8, 8), 0, 0),
    ]


def test_depthwise_convolutions_by_hand():
    model = nn.Conv2d(6, 6, 3, padding=1, groups=6, bias=False)
    assert costs(model, (6, 10, 10)) == {"Conv2d": 10 * 10 * 6 * 9}


@pytest.mark.parametrize(("name", "gates"), [("rnn", 1), ("gru", 3), ("lstm", 4)])
def test_recurrent_layers_by_hand(name, gates):
    model = build(ModelConfig(name, widths=(16, 24)), (1, 28, 20), 10)
    reader, second, classifier = summarize(model, (1, 28, 20))
    # Each of 28 rows is multiplied by W (units x inputs), the hidden state by U (units x units), for every gate.
    assert reader.multiply_adds == 28 * gates * (20 * 16 + 16 * 16)
    assert second.multiply_adds == 28 * gates * (16 * 24 + 24 * 24)
    assert classifier.multiply_adds == 24 * 10
    assert (reader.output, second.output) == ((28, 16), (28, 24))


def test_attention_by_hand():
    model = build(ModelConfig("transformer", patch=4, width=12, depth=1, heads=3), (1, 28, 28), 10)
    rows = {row.name: row for row in summarize(model, (1, 28, 28))}
    patches = 49
    assert rows["patches.project"].multiply_adds == patches * 16 * 12
    assert rows["blocks.0.attention.query_key_value"].multiply_adds == patches * 12 * 36
    # Q K^T and the weighted sum of V: each one product of length 12 (over all heads) for every pair of patches.
    assert rows["blocks.0.attention"].multiply_adds == 2 * patches * patches * 12
    assert rows["blocks.0.attention.output"].multiply_adds == patches * 12 * 12
    assert rows["blocks.0.mlp.0"].multiply_adds == patches * 12 * 48
    assert rows["patches"].parameters == patches * 12  # the positions


def test_layers_that_are_given_by_name_or_give_a_dictionary():
    class Named(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = nn.MultiheadAttention(28, 4, batch_first=True)
            self.inner, self.last = Boxed(), nn.Linear(28, 10)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            rows = x.squeeze(1)
            seen, _ = self.attention(query=rows, key=rows, value=rows)
            return self.last(self.inner(x=seen)["mean"])

    class Boxed(nn.Module):
        def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
            return {"mean": x.mean(1)}

    rows = {row.name: row for row in summarize(Named(), (1, 28, 28))}
    assert rows["last"].multiply_adds == 280
    assert (rows["attention"].output, rows["inner"].output) == ((28, 28), (28,))


@pytest.mark.parametrize("name", MODELS)
def test_totals_are_the_models_own(name):
    model = build(ModelConfig(name), (1, 28, 28), 10)
    assert sum(row.parameters for row in summarize(model, (1, 28, 28))) == sum(p.numel() for p in model.parameters())


def test_the_model_and_the_random_state_are_left_as_they_were():
    torch.manual_seed(0)
    model = build(ModelConfig("cnn", dropout=0.5), (1, 28, 28), 10)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    random_state = torch.get_rng_state()
    summarize(model, (1, 28, 28))
    assert model.training
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert torch.equal(random_state, torch.get_rng_state())
    assert not any(layer._forward_hooks for layer in model.modules())
    assert torch._C._get_mkldnn_enabled()


@pytest.mark.parametrize("name", MODELS)
def test_the_table_fits_a_console_and_ends_with_the_totals(name):
    rows = summarize(build(ModelConfig(name), (3, 32, 32), 10), (3, 32, 32))
    lines = format_summary(rows).splitlines()
    assert len({len(line) for line in lines}) == 1 and len(lines[0]) <= 100
    parameters, multiply_adds = sum(row.parameters for row in rows), sum(row.multiply_adds for row in rows)
    assert lines[-1].split() == ["total", f"{parameters:,}", f"{multiply_adds:,}"]
    assert len(lines) == len(rows) + 4


def test_the_products_of_torchs_own_attention_are_counted_by_hand():
    class Attends(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = nn.MultiheadAttention(32, 4, batch_first=True)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            rows = x.flatten(1, 2)
            return self.attention(rows, rows, rows)[0]

    # queries, keys and values; scores and their mixture; what comes out
    assert costs(Attends(), (1, 32, 32))["MultiheadAttention"] == 32 * 32 * 96 + 2 * 32 * 32 * 32 + 32 * 32 * 32
