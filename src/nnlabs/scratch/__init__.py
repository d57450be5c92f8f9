"""What a learner builds by hand: perceptron and autograd engine with its parts, in NumPy; never imports torch.

Example:
    >>> w = Tensor([1.0, 2.0])
    >>> (w * w).sum().backward()
    >>> w.grad
    array([2., 4.])
"""

from nnlabs.scratch.activation import activation
from nnlabs.scratch.activations import ACTIVATIONS, Activation
from nnlabs.scratch.draw import draw_graph
from nnlabs.scratch.gradcheck import gradcheck
from nnlabs.scratch.init import INITS
from nnlabs.scratch.layers import MLP, BatchNorm1d, Dropout, Linear, Module, Nonlinearity, Sequential
from nnlabs.scratch.losses import (
    LOSSES,
    binary_cross_entropy,
    cross_entropy,
    hinge,
    huber,
    l2_penalty,
    mae,
    mse,
    multiclass_hinge,
)
from nnlabs.scratch.optim import OPTIMIZERS, SGD, AdaGrad, Adam, AdamW, Momentum, Nesterov, Optimizer, RMSprop
from nnlabs.scratch.tensor import Tensor, apply, concatenate, stack, where

__all__ = [
    "ACTIVATIONS",
    "INITS",
    "LOSSES",
    "MLP",
    "OPTIMIZERS",
    "SGD",
    "Activation",
    "AdaGrad",
    "Adam",
    "AdamW",
    "BatchNorm1d",
    "Dropout",
    "Linear",
    "Module",
    "Momentum",
    "Nesterov",
    "Nonlinearity",
    "Optimizer",
    "RMSprop",
    "Sequential",
    "Tensor",
    "activation",
    "apply",
    "binary_cross_entropy",
    "concatenate",
    "cross_entropy",
    "draw_graph",
    "gradcheck",
    "hinge",
    "huber",
    "l2_penalty",
    "mae",
    "mse",
    "multiclass_hinge",
    "stack",
    "where",
]
