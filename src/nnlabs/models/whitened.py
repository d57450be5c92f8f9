"""A small, fast convolutional network whose first layer is not learned: it whitens patches of 2x2 pixels."""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nnlabs.models.cnn import along, conv
from nnlabs.models.mlp import init_weights, make_activation, make_dropout


class Whitening(nn.Module):
    r"""A frozen convolution after which neighboring pixels are no longer correlated.

    With $\Sigma = V \Lambda V^T$ the covariance of all 2x2 patches, the output at a patch $p$ is

    $$z_k = v_k^T p \,/\, \sqrt{\lambda_k + \epsilon}$$

    for each eigenvector $v_k$, and then $-z$: the two signs let a ReLU after it lose nothing. Each $z_k$ has variance
    $\lambda_k / (\lambda_k + \epsilon)$, no two of them covary, and gradient descent on what follows is better conditioned
    (Page 2019, "How to train your ResNet"; Jordan 2024, arXiv:2404.00498).

    The filters are a buffer, not a parameter: no optimizer moves them, and they lie in the state_dict. Until `fit`
    is called or a state_dict is loaded, each passes one pixel of the patch on, as for images that are white already.

    Args:
        channels: channels of an image; there are 8 filters for each.
        patch: height and width of a patch: 4 pixels, in a square or, of a signal, in a row.
        eps: $\epsilon$, the variance below which a direction counts as noise that is not to be blown up.
    """

    weight: Tensor

    def __init__(self, channels: int, patch: tuple[int, int] = (2, 2), eps: float = 5e-4) -> None:
        super().__init__()
        self.patch = patch
        self.eps = eps
        pixels = torch.eye(channels * prod(patch)).view(-1, channels, *patch)
        self.register_buffer("weight", torch.cat([pixels, -pixels]))

    @torch.no_grad()
    def fit(self, images: Tensor) -> None:
        """Compute the filters.

        Args:
            images: normalized training images, float (n, channels, height, width), on any device.
        """
        patches = F.unfold(images.cpu().double(), self.patch).transpose(1, 2).flatten(0, 1)
        variances, vectors = torch.linalg.eigh(torch.cov(patches.T))
        # Rounding can leave the variance of a pixel that is always the same a little below zero.
        filters = (vectors / (variances.clamp(min=0) + self.eps).sqrt()).T.view(-1, *self.weight.shape[1:])
        self.weight.copy_(torch.cat([filters, -filters]))

    def forward(self, x: Tensor) -> Tensor:
        """Images (n, channels, h, w) to whitened patches (n, 8 channels, h - 1, w - 1); signals (h, 1) to (h - 3, 1)."""
        return F.conv2d(x, self.weight)


class Scale(nn.Module):
    """Multiplies by a constant.

    Args:
        factor: the constant.
    """

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        """Any tensor, times the factor."""
        return x * self.factor


def whitened_cnn(
    shape: tuple[int, int, int], classes: int, *, widths: tuple[int, ...], activation: str, dropout: float, init: str
) -> nn.Module:
    """Whitening, then for each width two 3x3 convolutions, the largest of each feature over all pixels, a linear layer.

    The first convolution of a block halves the image by max-pooling, as long as there are two pixels to pool. That of the
    first block, on CIFAR-10 half of all multiply-adds, needs no gradient for its inputs, because nothing before it learns. The
    logits are divided by 9, so that the network starts unsure. Of a signal it whitens patches of 4 numbers. After Jordan's
    wider networks for CIFAR-10 (arXiv:2404.00498).

    Args:
        shape: channels, height and width of one image.
        classes: number of classes.
        widths: channels of each block; multiples of 16 are the fastest on a CPU.
        activation: name of the non-linearity.
        dropout: probability with which a feature is dropped before the classifier.
        init: how the convolutions' weights are drawn, see `init_weights`.
    """
    axes = shape[1:]
    whitening = Whitening(shape[0], (2, 2) if min(axes) > 1 else along(axes, 4))
    layers: list[nn.Module] = [whitening, make_activation(activation)]
    inputs = len(whitening.weight)
    side = min((long - size + 1 for long, size in zip(axes, whitening.patch, strict=True) if long > 1), default=1)
    for channels in widths:
        layers += [
            *conv(inputs, channels, activation, axes, pool=side > 1),
            *conv(channels, channels, activation, axes),
        ]
        inputs, side = channels, side // 2
    head = nn.Linear(inputs, classes, bias=False)
    layers += [nn.AdaptiveMaxPool2d(1), nn.Flatten(), make_dropout(dropout), head, Scale(1 / 9)]
    for layer in layers:
        init_weights(layer, init if isinstance(layer, nn.Conv2d) else "he")
    return nn.Sequential(*layers)
