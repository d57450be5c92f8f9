"""A small residual network (He et al. 2015, arXiv:1512.03385)."""

from __future__ import annotations

from torch import Tensor, nn

from nnlabs.models.cnn import along, conv, conv3, lay_along_width
from nnlabs.models.mlp import init_weights, make_activation, make_dropout


class ResidualBlock(nn.Module):
    """A basic block: y = act(x' + F(x)), with F two 3x3 convolutions and x' the input, brought to the size of F(x).

    Args:
        inputs: channels that come in.
        outputs: channels that go out.
        activation: name of the non-linearity.
        axes: height and width of the network's images.
        stride: 2 halves height and width.
    """

    def __init__(self, inputs: int, outputs: int, activation: str, axes: tuple[int, int], stride: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            *conv(inputs, outputs, activation, axes, stride=stride),
            conv3(outputs, outputs, axes),
            nn.BatchNorm2d(outputs),
        )
        # Every second pixel is taken here: oneDNN's 1x1 convolution with a stride writes past its memory where few channels come in
        # (uxlfoundation/oneDNN#6035).
        self.step = along(axes, stride)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut.append(nn.Conv2d(inputs, outputs, 1, bias=False))
            self.shortcut.append(nn.BatchNorm2d(outputs))
        self.activation = make_activation(activation)

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, inputs, h, w) to features (n, outputs, h / stride, w / stride)."""
        down, right = self.step
        out: Tensor = self.activation(self.shortcut(x[:, :, ::down, ::right]) + self.residual(x))
        return out


def resnet(
    shape: tuple[int, int, int], classes: int, *, widths: tuple[int, ...], activation: str, dropout: float
) -> nn.Module:
    """A residual network: a convolution, for each width one residual block, the mean over all pixels, a linear layer.

    The convolution and every block but the first halve height and width.

    Args:
        shape: channels, height and width of one image.
        classes: number of classes.
        widths: channels of each block.
        activation: name of the non-linearity.
        dropout: probability with which a feature is dropped before the classifier.
    """
    layers, axes = lay_along_width(shape[1:])
    inputs = widths[0]
    layers += conv(shape[0], inputs, activation, axes, pool=True)
    for position, channels in enumerate(widths):
        layers.append(ResidualBlock(inputs, channels, activation, axes, stride=2 if position else 1))
        inputs = channels
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), make_dropout(dropout), nn.Linear(inputs, classes)]
    model = nn.Sequential(*layers)
    for layer in model.modules():
        init_weights(layer, "he")
    return model
