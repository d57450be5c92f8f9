from __future__ import annotations

import pytest
import torch

from nnlabs.config.schema import ModelConfig
from nnlabs.errors import RunError
from nnlabs.models.build import build
from nnlabs.training.device import autocast, likes_channels_last, pick_device

CPU = torch.device("cpu")


def there(kind):
    return {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}[kind]


def test_auto_takes_cuda_or_the_cpu_and_never_mps(monkeypatch):
    assert pick_device("auto").type == ("cuda" if there("cuda") else "cpu")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert pick_device("auto") == CPU
    assert pick_device("mps").type == "mps"
    assert pick_device("cpu") == CPU


@pytest.mark.parametrize("kind", ["cuda", "mps"])
def test_a_device_asked_for_is_had_or_told_missing(kind):
    if there(kind):
        assert pick_device(kind).type == kind
    else:
        with pytest.raises(RunError, match=rf"finds no {kind} here; it finds .*cpu, or give auto"):
            pick_device(kind)


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_autocast_makes_matrix_products_in_the_precision_and_leaves_weights_alone(precision):
    layer = torch.nn.Linear(4, 4)
    with autocast(CPU, precision):
        assert layer(torch.zeros(2, 4)).dtype == precision
    assert layer.weight.dtype == torch.float32
    assert layer(torch.zeros(2, 4)).dtype == torch.float32


@pytest.mark.parametrize(("name", "answer"), [("cnn", True), ("resnet", True), ("mlp", False), ("lstm", False)])
def test_convolutions_like_channels_last(name, answer):
    assert likes_channels_last(build(ModelConfig(name), (1, 28, 28), 10)) is answer


def test_channels_last_changes_speed_and_not_what_is_computed():
    torch.manual_seed(0)
    model = build(ModelConfig("cnn"), (1, 28, 28), 10).eval()
    images = torch.randn(4, 1, 28, 28)
    before = model(images)
    model = model.to(memory_format=torch.channels_last)
    torch.testing.assert_close(model(images.to(memory_format=torch.channels_last)), before, atol=1e-5, rtol=1e-4)
