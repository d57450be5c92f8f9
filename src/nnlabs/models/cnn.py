"""A plain convolutional network."""

from __future__ import annotations

from math import prod

from torch import Tensor, nn

from nnlabs.errors import ConfigError
from nnlabs.models.mlp import init_weights, make_activation, make_dropout


class AlongWidth(nn.Module):
    """Lays a signal along the width: (n, channels, length, 1) becomes (n, channels, 1, length).

    What is computed stays the same; a CPU's convolutions take several places of a row at once, and those of a column one by one.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Height and width exchanged."""
        return x.transpose(2, 3)


def lay_along_width(axes: tuple[int, int]) -> tuple[list[nn.Module], tuple[int, int]]:
    """The layers with which a convolutional network begins so that a signal lies along the width, and the axes after them.

    Args:
        axes: height and width of the network's images.

    Example:
        >>> lay_along_width((28, 28)), lay_along_width((40, 1))
        (([], (28, 28)), ([AlongWidth()], (1, 40)))
    """
    height, width = axes
    return ([AlongWidth()], (width, height)) if height > width == 1 else ([], axes)


def cnn(
    shape: tuple[int, int, int],
    classes: int,
    *,
    widths: tuple[int, ...],
    activation: str,
    dropout: float,
    batch_norm: bool,
) -> nn.Module:
    """A convolutional network: for each width two 3x3 convolutions, the first of which halves the image by max-pooling.

    A signal, of length 1 along one axis, is convolved with 3 numbers and halved along the other.

    The classifier sees each feature at each place that is left, 3x3 of them for an image of 28x28: in pictures that are
    centered, where something is says much of what it is.

    Args:
        shape: channels, height and width of one image.
        classes: number of classes.
        widths: channels of each block.
        activation: name of the non-linearity.
        dropout: probability with which a feature is dropped before the classifier.
        batch_norm: whether a batch norm follows each convolution.

    Raises:
        ConfigError: where the image is too small for so many blocks.
    """
    check_blocks(shape, len(widths))
    layers, axes = lay_along_width(shape[1:])
    inputs = shape[0]
    for channels in widths:
        layers += conv(inputs, channels, activation, axes, pool=True, batch_norm=batch_norm)
        layers += conv(channels, channels, activation, axes, batch_norm=batch_norm)
        inputs = channels
    places = prod(max(1, length >> len(widths)) for length in axes)
    layers += [nn.Flatten(), make_dropout(dropout), nn.Linear(inputs * places, classes)]
    for layer in layers:
        init_weights(layer, "he")
    return nn.Sequential(*layers)


def conv(
    inputs: int,
    outputs: int,
    activation: str,
    axes: tuple[int, int],
    *,
    stride: int = 1,
    pool: bool = False,
    batch_norm: bool = True,
) -> list[nn.Module]:
    """A 3x3 convolution with its batch norm and non-linearity.

    Args:
        inputs: channels that come in.
        outputs: channels that go out.
        activation: name of the non-linearity.
        axes: height and width of the network's images.
        stride: step of the convolution in pixels; 2 halves height and width.
        pool: whether the largest of each 2x2 pixels is kept, which halves height and width as well; right after the
            convolution, so that batch norm and activation have only a quarter to do.
        batch_norm: whether there is a batch norm; without it the convolution has a bias.
    """
    # A bias before a batch norm would be subtracted again with the batch's mean.
    layers: list[nn.Module] = [conv3(inputs, outputs, axes, stride, bias=not batch_norm)]
    if pool:
        layers.append(nn.MaxPool2d(along(axes, 2)))
    if batch_norm:
        layers.append(nn.BatchNorm2d(outputs))
    return [*layers, make_activation(activation)]


def conv3(inputs: int, outputs: int, axes: tuple[int, int], stride: int = 1, bias: bool = False) -> nn.Conv2d:
    """A convolution over 3 pixels along each axis that leaves height and width as they are, but for its stride.

    Args:
        inputs: channels that come in.
        outputs: channels that go out.
        axes: height and width of the network's images.
        stride: step in pixels.
        bias: whether it has a bias.
    """
    return nn.Conv2d(inputs, outputs, along(axes, 3), along(axes, stride), along(axes, 1, flat=0), bias=bias)


def along(axes: tuple[int, int], size: int, flat: int = 1) -> tuple[int, int]:
    """A size along each axis on which an image, or a signal, extends.

    Args:
        axes: height and width of the network's images.
        size: along an axis longer than 1.
        flat: along an axis of length 1.

    Example:
        >>> along((28, 28), 3), along((40, 1), 3)
        ((3, 3), (3, 1))
    """
    height, width = (size if length > 1 else flat for length in axes)
    return height, width


def check_blocks(shape: tuple[int, int, int], halvings: int) -> None:
    """Say so when an image would shrink to nothing.

    Args:
        shape: channels, height and width of one image.
        halvings: how often height and width are halved.

    Raises:
        ConfigError: when fewer than one pixel would be left.
    """
    side = min((length for length in shape[1:] if length > 1), default=1)
    if side >> halvings == 0:
        raise ConfigError(
            f"model.widths: {halvings} blocks halve {side} pixels to nothing; "
            f"give at most {side.bit_length() - 1} widths",
            "model.widths",
        )
