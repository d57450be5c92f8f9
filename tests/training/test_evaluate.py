from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from nnlabs.training.evaluate import Predictions, predict, shifted


def test_all_batches_come_out_as_one_without_noise_and_without_a_graph():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 3))
    x, y = torch.randn(10, 1, 2, 2), torch.arange(10) % 3
    statistics = model[2].running_mean.clone()
    said = predict(model, zip(x.split(4), y.split(4), strict=True))
    flat = x.flatten(1) @ model[1].weight.T + model[1].bias
    normal = (flat - 0) / math.sqrt(1 + model[2].eps)  # running mean 0 and variance 1 of a batch norm that saw nothing
    expected = normal @ model[4].weight.T + model[4].bias
    torch.testing.assert_close(said.logits, expected.detach(), rtol=1e-5, atol=1e-6)
    assert said.targets.tolist() == y.tolist()
    assert torch.equal(model[2].running_mean, statistics)
    assert not said.logits.requires_grad


def test_logits_are_float32_whatever_the_precision():
    said = predict(nn.Linear(2, 2), [(torch.ones(1, 2), torch.zeros(1))], lambda: torch.autocast("cpu", torch.bfloat16))
    assert said.logits.dtype == torch.float32


def test_an_image_and_its_mirror_image_are_asked_and_their_logits_averaged():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 3))
    x, y = torch.randn(5, 1, 3, 4), torch.arange(5) % 3
    said = predict(model, [(x, y)], average_flip=True)
    mirrored = x[:, :, :, [3, 2, 1, 0]]
    torch.testing.assert_close(said.logits, ((model(x) + model(mirrored)) / 2).detach())
    assert torch.equal(predict(model, [(mirrored, y)], average_flip=True).logits, said.logits)


def test_half_the_weight_goes_to_images_moved_by_a_pixel():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 3))
    x, y = torch.randn(5, 1, 3, 4), torch.arange(5) % 3
    down, up = x[:, :, [0, 0, 1]][..., [0, 0, 1, 2]], x[:, :, [1, 2, 2]][..., [1, 2, 3, 3]]
    expected = (model(x) / 2 + model(down) / 4 + model(up) / 4).detach()
    torch.testing.assert_close(predict(model, [(x, y)], average_shift=True).logits, expected)
    both = predict(model, [(x, y)], average_flip=True, average_shift=True).logits
    mirrored = predict(model, [(x.flip(-1), y)], average_shift=True).logits
    # A mirror image moved to the right is the image moved to the left, so the corners differ: each is asked for itself.
    expected = sum(weight * (model(z) + model(z.flip(-1))) / 2 for weight, z in ((0.5, x), (0.25, down), (0.25, up)))
    torch.testing.assert_close(both, expected.detach())
    assert not torch.allclose(mirrored, both)


def test_a_signal_is_moved_along_its_own_axis_alone():
    (down, up) = shifted(torch.arange(4.0).view(1, 1, 4, 1))
    assert (down.flatten().tolist(), up.flatten().tolist()) == ([0, 0, 1, 2], [1, 2, 3, 3])


def test_accuracy_and_loss_by_hand():
    logits = torch.tensor([[0.0, math.log(3.0)], [0.0, math.log(3.0)], [math.log(7.0), 0.0]])
    said = Predictions(logits, torch.tensor([1, 0, 0]))
    assert said.accuracy == pytest.approx(2 / 3)
    # The softmax gives the true class 3/4, 1/4 and 7/8.
    expected = -(math.log(3 / 4) + math.log(1 / 4) + math.log(7 / 8)) / 3
    assert said.loss(F.cross_entropy) == pytest.approx(expected, rel=1e-7)


def test_the_mean_of_very_many_losses_keeps_its_digits():
    said = Predictions(torch.tensor([[0.0, 1.0]]).repeat(1_000_000, 1), torch.zeros(1_000_000, dtype=torch.int64))
    assert said.loss(F.cross_entropy) == pytest.approx(math.log1p(math.e), rel=1e-12)
