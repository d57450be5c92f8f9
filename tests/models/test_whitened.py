from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from nnlabs.config.schema import ModelConfig
from nnlabs.models.build import build
from nnlabs.models.whitened import Whitening


def smooth_images(channels: int) -> torch.Tensor:
    """Noise in which neighbors, and channels, are strongly correlated, as in photographs."""
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(200, channels, 20, 20, generator=generator)
    return F.avg_pool2d(noise, 5, 1) * 3 + noise.mean((1, 2, 3), keepdim=True) * 20 + 0.1 * noise[:, :, 2:-2, 2:-2]


def covariance(features: torch.Tensor) -> torch.Tensor:
    """Between channels, over all images (n, channels, ...) and pixels."""
    return torch.cov(features.double().transpose(0, 1).flatten(1))


@pytest.mark.parametrize("channels", [1, 3])
def test_what_leaves_the_layer_is_white(channels):
    images = smooth_images(channels)
    before = covariance(F.unfold(images, 2))
    assert (before - before.diagonal().diag()).abs().max() > 0.5
    layer = Whitening(channels)
    layer.fit(images)
    white, opposite = layer(images).chunk(2, dim=1)
    assert torch.equal(white, -opposite)
    # Each variance is λ / (λ + ε), in the order of the eigenvalues.
    eigenvalues = torch.linalg.eigvalsh(before)
    expected = (eigenvalues / (eigenvalues + layer.eps)).diag()
    torch.testing.assert_close(covariance(white), expected, rtol=0, atol=1e-4)
    torch.testing.assert_close(expected, torch.eye(4 * channels, dtype=torch.float64), rtol=0, atol=0.1)


def test_what_leaves_the_layer_is_white_for_signals_too():
    generator = torch.Generator().manual_seed(0)
    signals = F.avg_pool2d(torch.randn(500, 1, 44, 1, generator=generator), (5, 1), 1) * 2
    layer = Whitening(1, (4, 1))
    layer.fit(signals)
    white, opposite = layer(signals).chunk(2, dim=1)
    assert white.shape == (500, 4, 37, 1) and torch.equal(white, -opposite)
    torch.testing.assert_close(covariance(white), torch.eye(4, dtype=torch.float64), rtol=0, atol=0.02)


def test_a_pixel_that_never_changes_is_not_blown_up():
    layer = Whitening(1)
    layer.fit(torch.full((3, 1, 6, 6), 0.7))
    assert torch.isfinite(layer.weight).all()
    assert layer.weight.abs().max() <= layer.eps**-0.5 * 1.001


def test_its_convolutions_can_start_as_the_identity():
    net = build(ModelConfig("whitened_cnn", init="identity"), (1, 28, 28), 10)
    convolutions = [layer for layer in net if isinstance(layer, torch.nn.Conv2d)]
    assert len(convolutions) == 6
    for layer in convolutions:
        passed = min(layer.in_channels, layer.out_channels)
        assert torch.equal(layer.weight[:passed, :, 1, 1], torch.eye(layer.in_channels)[:passed])
        assert layer.weight[:passed].count_nonzero() == passed


def test_an_unfitted_layer_passes_pixels_on():
    images = torch.randn(2, 3, 5, 5)
    expected = F.unfold(images, 2).view(2, 12, 4, 4)
    assert torch.equal(Whitening(3)(images), torch.cat([expected, -expected], dim=1))


def test_whitening_learns_nothing_and_is_saved():
    model = build(ModelConfig("whitened_cnn"), (3, 32, 32), 10)
    first = model[0]
    assert not any(parameter is first.weight for parameter in model.parameters())
    assert torch.equal(model.state_dict()["0.weight"], first.weight)
    before = first.weight.clone()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model(torch.randn(8, 3, 32, 32)).square().sum().backward()
    optimizer.step()
    assert torch.equal(first.weight, before)


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 28, 28), (1, 8, 8), (1, 3, 5)])
def test_images_of_any_size_fit(shape):
    model = build(ModelConfig("whitened_cnn", widths=(16, 32, 64, 64)), shape, 5)
    assert model(torch.randn(2, *shape)).shape == (2, 5)


def test_the_classifier_cannot_see_where_a_thing_is():
    """Features are the largest over all pixels: the order of pixels does not matter to what follows."""
    model = build(ModelConfig("whitened_cnn"), (3, 32, 32), 10).eval()
    features = model[:-5](torch.randn(2, 3, 32, 32))
    assert features.shape == (2, 64, 3, 3)
    assert torch.equal(model[-5:](features), model[-5:](features.flip(-1).transpose(-1, -2)))
