"""Networks without any notion of an image's geometry: softmax regression and the multi-layer perceptron."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import prod

from torch import Tensor, nn

from nnlabs.models.options import ACTIVATIONS


def linear(shape: tuple[int, int, int], classes: int, *, init: str) -> nn.Module:
    """Softmax regression: logits = Wx + b.

    Its loss is convex, so that all-zero weights are as good a start as any.

    Args:
        shape: channels, height and width of one image.
        classes: number of classes.
        init: how weights are drawn, see `init_weights`.
    """
    layer = nn.Linear(prod(shape), classes)
    init_weights(layer, init)
    return nn.Sequential(nn.Flatten(), layer)


def mlp(
    shape: tuple[int, int, int],
    classes: int,
    *,
    widths: tuple[int, ...],
    activation: str,
    dropout: float,
    batch_norm: bool,
    init: str,
) -> nn.Module:
    """A multi-layer perceptron: for each width a linear layer, batch norm if wanted, the activation and dropout.

    Args:
        shape: channels, height and width of one image.
        classes: number of classes.
        widths: units of each hidden layer.
        activation: name of the non-linearity.
        dropout: probability with which a hidden unit is dropped in training.
        batch_norm: whether a batch norm follows each hidden linear layer.
        init: how weights are drawn, see `init_weights`.
    """
    layers: list[nn.Module] = [nn.Flatten()]
    inputs = prod(shape)
    for units in widths:
        # A bias before a batch norm would be subtracted again with the batch's mean.
        layers.append(nn.Linear(inputs, units, bias=not batch_norm))
        if batch_norm:
            layers.append(nn.BatchNorm1d(units))
        layers += [make_activation(activation), make_dropout(dropout)]
        inputs = units
    layers.append(nn.Linear(inputs, classes))
    for layer in layers:
        init_weights(layer, init)
    return nn.Sequential(*layers)


def make_activation(name: str) -> nn.Module:
    """The module of a non-linearity.

    Args:
        name: one of `nnlabs.models.options.ACTIVATIONS`.
    """
    module: nn.Module = getattr(nn, ACTIVATIONS[name])()
    return module


def make_dropout(probability: float) -> nn.Module:
    """The module that drops numbers in training; for probability 0 one that does nothing, and draws no random numbers.

    Args:
        probability: with which each number is set to 0; the others grow so that the expected value stays.
    """
    return nn.Dropout(probability) if probability else nn.Identity()


def _pass_on_(weight: Tensor) -> None:
    nn.init.kaiming_normal_(weight, nonlinearity="relu")
    set_identity = nn.init.eye_ if weight.dim() == 2 else nn.init.dirac_
    set_identity(weight.detach()[: weight.shape[1]])


_DRAW: dict[str, Callable[[Tensor], object]] = {
    "he": partial(nn.init.kaiming_normal_, nonlinearity="relu"),
    "xavier": nn.init.xavier_normal_,
    "lecun": partial(nn.init.kaiming_normal_, nonlinearity="linear"),
    "orthogonal": nn.init.orthogonal_,
    "normal": partial(nn.init.normal_, std=0.01),
    "identity": _pass_on_,
    "zeros": nn.init.zeros_,
}


def init_weights(layer: nn.Module, init: str) -> None:
    """Draw the weights of a linear layer or a convolution anew and set its bias to zero; leave other layers alone.

    With n_in and n_out the numbers of inputs and outputs of a unit:

    - he: N(0, 2 / n_in), keeps the size of the signal through ReLUs (He et al. 2015, arXiv:1502.01852);
    - xavier: N(0, 2 / (n_in + n_out)), for tanh (Glorot and Bengio 2010);
    - lecun: N(0, 1 / n_in), for SELU and linear units (LeCun et al. 1998, "Efficient BackProp");
    - orthogonal: orthonormal rows or columns (Saxe et al. 2014, arXiv:1312.6120);
    - identity: as he, but of a layer's units the first n_in (of a convolution's, as many as channels come in) each pass one
      input on as it is (Jordan 2024, arXiv:2404.00498);
    - normal: N(0, 0.01²), whatever the size of the layer, as was usual before;
    - zeros: all weights 0. No gradient comes through them: with ReLU or tanh, which are 0 at 0, only the last biases learn.

    Args:
        layer: the layer, changed in place.
        init: one of the names above.
    """
    if not isinstance(layer, nn.Linear | nn.Conv2d):
        return
    _DRAW[init](layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
