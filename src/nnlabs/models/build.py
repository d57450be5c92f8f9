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
        ConfigError: for an unknown name or option, one that does not fit the shape of the images, or a network beyond memory.

    Example:
        >>> import torch
        >>> build(ModelConfig("linear"), (1, 28, 28), 10)(torch.zeros(5, 1, 28, 28)).shape
        torch.Size([5, 10])
    """
    check_model(config)
    builder = _find_builder(config.name)
    if config.name in MODELS:
        try:
            model = builder(shape, classes, **model_options(config))
        except (RuntimeError, MemoryError, OverflowError) as error:
            raise ConfigError(f"model: there is no memory for a {config.name} of this size; make it smaller") from error
        assert isinstance(model, nn.Module)
        return model
    return _build_own(config.name, builder, shape, classes)


def _build_own(name: str, builder: Callable[..., object], shape: tuple[int, int, int], classes: int) -> nn.Module:
    """A network of one's own, of which every mistake is told as a sentence."""
    try:
        model = builder(shape, classes)
    except Exception as error:
        raise ConfigError(f"model.name: {name}(shape, classes) fails: {error}", "model.name") from error
    if not isinstance(model, nn.Module):
        raise ConfigError(
            f"model.name: {name} returned {type(model).__name__}; it has to return a torch.nn.Module", "model.name"
        )
    _check_outputs(name, model, shape, classes)
    return model


def _check_outputs(name: str, model: nn.Module, shape: tuple[int, int, int], classes: int) -> None:
    """Refuse a network of one's own that does not give a logit for each class."""
    training = model.training
    try:
        # no_grad, not inference_mode: lazy layers make their weights here, which are to be trained
        with torch.no_grad():
            device = next(iter(model.parameters()), torch.empty(0)).device
            model.eval()
            logits = model(torch.zeros(2, *shape, device=device))
    except Exception as error:
        raise ConfigError(
            f"model.name: {name} fails on two examples of shape {(2, *shape)}: {error}", "model.name"
        ) from error
    model.train(training)
    if not isinstance(logits, torch.Tensor):
        raise ConfigError(f"model.name: {name} gives a {type(logits).__name__}; it has to give logits", "model.name")
    if tuple(logits.shape) != (2, classes):
        raise ConfigError(
            f"model.name: {name} gives of two examples an output of shape {tuple(logits.shape)}; for {classes} classes it has "
            f"to be (2, {classes})",
            "model.name",
        )
    if not any(weights.requires_grad for weights in model.parameters()):
        raise ConfigError(
            f"model.name: {name} has nothing that learns; layers in a plain list are not found: put them into nn.Sequential or "
            "nn.ModuleList",
            "model.name",
        )


def _find_builder(name: str) -> Callable[..., object]:
    builder: object = pkgutil.resolve_name(MODELS[name].builder) if name in MODELS else load_own("model.name", name)
    if not callable(builder):
        raise ConfigError(f"model.name: {name} is no function or class", "model.name")
    return builder
