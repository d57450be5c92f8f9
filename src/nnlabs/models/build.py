"""A model from its configuration."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable

import torch
from torch import nn

from nnlabs.config.own import load_own
from nnlabs.config.schema import ModelConfig
from nnlabs.errors import ConfigError
from nnlabs.models.options import MODELS, check_model, model_options


def build(config: ModelConfig, shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Make the network that a configuration describes, with fresh weights from torch's global generator.

    Args:
        config: which network; `nnlabs.models.options` lists names and options, and tells how to bring your own.
        shape: channels, height and width of one image.
        classes: number of classes.

    Returns:
        A module from images, float (n, channels, height, width), to logits, float (n, classes).

    Raises:
        ConfigError: for an unknown name or option, or one that does not fit the shape of the images.

    Example:
        >>> import torch
        >>> build(ModelConfig("linear"), (1, 28, 28), 10)(torch.zeros(5, 1, 28, 28)).shape
        torch.Size([5, 10])
    """
    check_model(config)
    model = _find_builder(config.name)(shape, classes, **model_options(config))
    if not isinstance(model, nn.Module):
        raise ConfigError(
            f"model.name: {config.name} returned {type(model).__name__}; it has to return a torch.nn.Module",
            "model.name",
        )
    if config.name not in MODELS:
        _check_outputs(config.name, model, shape, classes)
    return model


def _check_outputs(name: str, model: nn.Module, shape: tuple[int, int, int], classes: int) -> None:
    """Refuse a network of one's own that does not give a logit for each class."""
    training = model.training
    with torch.inference_mode():
        logits = model.eval()(torch.zeros(2, *shape))
    model.train(training)
    if tuple(logits.shape) != (2, classes):
        raise ConfigError(
            f"model.name: {name} gives of two examples an output of shape {tuple(logits.shape)}; for {classes} classes it has "
            f"to be (2, {classes})",
            "model.name",
        )


def _find_builder(name: str) -> Callable[..., object]:
    builder: object = pkgutil.resolve_name(MODELS[name].builder) if name in MODELS else load_own("model.name", name)
    if not callable(builder):
        raise ConfigError(f"model.name: {name} is no function or class", "model.name")
    return builder
