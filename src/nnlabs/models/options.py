"""The models by name, each with its options and their defaults. Torch-free, so that a wrong name is told at once.

A model of your own needs no entry here: write a function or class that takes `(shape, classes)` and returns a
`torch.nn.Module`, say `Net` in the file `my_net.py`, and give `my_net.py:Net` as `model.name`:

    from torch import nn

    def Net(shape, classes):
        channels, height, width = shape
        return nn.Sequential(nn.Flatten(), nn.Linear(channels * height * width, classes))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nnlabs.config.describe import check_name, nearest
from nnlabs.config.own import check_own_file, own_file
from nnlabs.config.schema import ModelConfig
from nnlabs.errors import ConfigError


@dataclass(frozen=True)
class ModelEntry:
    """A model that can be had by name.

    Args:
        builder: where the function is that builds it, `module:function`, called with shape, classes and the options.
        options: the fields of `ModelConfig` that it takes, with their defaults.
    """

    builder: str
    options: Mapping[str, Any]


# Adding a model: one function that builds it, and one entry here. At 1 x 28 x 28 and ten classes all but linear, mlp and
# whitened_cnn have about 95,000 parameters by default, from 88,570 (transformer) to 96,610 (lstm); an mlp as large has
# widths 108, 80.
MODELS: dict[str, ModelEntry] = {
    "linear": ModelEntry("nnlabs.models.mlp:linear", {"init": "zeros"}),
    "mlp": ModelEntry(
        "nnlabs.models.mlp:mlp",
        {"widths": (512, 512), "activation": "relu", "dropout": 0.0, "batch_norm": False, "init": "he"},
    ),
    "cnn": ModelEntry(
        "nnlabs.models.cnn:cnn", {"widths": (16, 32, 72), "activation": "relu", "dropout": 0.0, "batch_norm": True}
    ),
    "resnet": ModelEntry("nnlabs.models.resnet:resnet", {"widths": (16, 40, 68), "activation": "relu", "dropout": 0.0}),
    "whitened_cnn": ModelEntry(
        "nnlabs.models.whitened:whitened_cnn",
        {"widths": (16, 32, 64), "activation": "gelu", "dropout": 0.0, "init": "he"},
    ),
    "rnn": ModelEntry("nnlabs.models.recurrent:rnn", {"widths": (172, 172), "dropout": 0.0}),
    "lstm": ModelEntry("nnlabs.models.recurrent:lstm", {"widths": (140,), "dropout": 0.0}),
    "gru": ModelEntry("nnlabs.models.recurrent:gru", {"widths": (160,), "dropout": 0.0}),
    "transformer": ModelEntry(
        "nnlabs.models.transformer:transformer",
        {"patch": 4, "width": 48, "depth": 3, "heads": 4, "activation": "gelu", "dropout": 0.0},
    ),
}

# Name of each non-linearity in torch.nn.
ACTIVATIONS: dict[str, str] = {
    "relu": "ReLU",
    "leaky_relu": "LeakyReLU",
    "elu": "ELU",
    "selu": "SELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "mish": "Mish",
    "softplus": "Softplus",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "identity": "Identity",
}

# Each is described in nnlabs.models.mlp.init_weights.
INITS = ("he", "xavier", "lecun", "orthogonal", "identity", "normal", "zeros")


def check_model(config: ModelConfig) -> None:
    """Say what is wrong with the choice of a model, as far as that can be known without data.

    Args:
        config: the model that was asked for.

    Raises:
        ConfigError: for an unknown name or option value, an option that the model has no use for, a missing file.
    """
    given = _given(config)
    if path := own_file(config.name):
        _check_own(config.name, path, given)
        return
    if config.name not in MODELS:
        raise ConfigError(
            f"model.name: no model is called '{config.name}'; {nearest(config.name, MODELS)}", "model.name"
        )
    _check_meaning(config.name, given)
    options = model_options(config)
    for option, known in (("activation", ACTIVATIONS), ("init", INITS)):
        if option in options:
            check_name(f"model.{option}", options[option], known)
    _check_sizes(config.name, options)


def model_options(config: ModelConfig) -> dict[str, Any]:
    """The options a model is built with: those given, and its own defaults for the rest.

    Args:
        config: a model of `MODELS`, or one of the user's own (which has no options).

    Example:
        >>> model_options(ModelConfig("gru", dropout=0.2))
        {'widths': (160,), 'dropout': 0.2}
    """
    if own_file(config.name):
        return {}
    defaults = MODELS[config.name].options
    given = _given(config)
    return {name: given.get(name, default) for name, default in defaults.items()}


def _given(config: ModelConfig) -> dict[str, Any]:
    return {name: value for name, value in asdict(config).items() if name != "name" and value is not None}


def _check_own(name: str, path: Path, given: dict[str, Any]) -> None:
    check_own_file("model.name", path)
    for option in given:
        raise ConfigError(f"model.{option} means nothing to {name}; write it into {path}", f"model.{option}")


def _check_meaning(name: str, given: dict[str, Any]) -> None:
    known = MODELS[name].options
    for option in given:
        if option not in known:
            key = f"model.{option}"
            raise ConfigError(f"{key} means nothing to {name}; it takes {', '.join(known)}", key)


def _check_sizes(name: str, options: dict[str, Any]) -> None:
    if not options.get("widths", True) and name != "mlp":
        raise ConfigError(f"model.widths: {name} needs at least one", "model.widths")
    if "heads" in options and options["width"] % options["heads"]:
        width, heads = options["width"], options["heads"]
        raise ConfigError(f"model.heads: {heads} heads cannot share a width of {width} equally", "model.heads")
