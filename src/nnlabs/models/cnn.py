"""A plain convolutional network."""

from __future__ import annotations

from torch import nn

from nnlabs.errors import ConfigError
from nnlabs.models.mlp import init_weights, make_activation, make_dropout


def cnn(
    shape: tuple[int, int, int], classes: int, *, widths: tuple[int, ...], activation: str, dropout: float
) -> nn.Module:
    """A convolutional network: for each width two 3x3 convolutions, the first of which halves the image by max-pooling.

    The classifier sees each feature at each place that is left, 3x3 of them for an image of 28x28: in pictures that are
    centered, where something is says much of what it is.

    Args:
        shape: channels, height and width of one image.
        classes: number of classes.
        widths: channels of each block.
        activation: name of the non-linearity.
        dropout: probability with which a feature is dropped before the classifier.

    Raises:
        ConfigError: where the image is too small for so many blocks.
    """
    check_blocks(shape, len(widths))
    layers: list[nn.Module] = []
    inputs, height, width = shape
    for channels in widths:
        layers += [*conv(inputs, channels, activation, pool=True), *conv(channels, channels, activation)]
        inputs, height, width = channels, height // 2, width // 2
    layers += [nn.Flatten(), make_dropout(dropout), nn.Linear(inputs * height * width, classes)]
    for layer in layers:
        init_weights(layer, "he")
    return nn.Sequential(*layers)


def conv(inputs: int, outputs: int, activation: str, *, stride: int = 1, pool: bool = False) -> list[nn.Module]:
    """A 3x3 convolution with its batch norm and non-linearity.

    Args:
        inputs: channels that come in.
        outputs: channels that go out.
        activation: name of the non-linearity.
        stride: step of the convolution in pixels; 2 halves height and width.
        pool: whether the largest of each 2x2 pixels is kept, which halves height and width as well; right after the
            convolution, so that batch norm and activation have only a quarter to do.
    """
    # No bias: the batch norm would subtract it again.
    layers: list[nn.Module] = [nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)]
    if pool:
        layers.append(nn.MaxPool2d(2))
    return [*layers, nn.BatchNorm2d(outputs), make_activation(activation)]


def check_blocks(shape: tuple[int, int, int], halvings: int) -> None:
    """Say so when an image would shrink to nothing.

    Args:
        shape: channels, height and width of one image.
        halvings: how often height and width are halved.

    Raises:
        ConfigError: when fewer than one pixel would be left.
    """
    side = min(shape[1:])
    if side >> halvings == 0:
        raise ConfigError(
            f"model.widths: {halvings} blocks halve an image of {side} pixels to nothing; "
            f"give at most {side.bit_length() - 1} widths",
            "model.widths",
        )
