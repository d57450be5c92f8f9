"""A run is a value: the settings that decide what it computes give it its name."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import Field, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from nnlabs.config.own import name_anywhere, own_file, own_sources
from nnlabs.config.schema import WHEN_CHANGED
from nnlabs.data.image_files import pin_content
from nnlabs.records import flatten

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from nnlabs.config.schema import RunConfig

# Raised by one when the same settings no longer give the same numbers, so that old folders are not taken for new ones.
CODE_VERSION = 6


def run_name(config: RunConfig) -> str:
    """The name of a run's folder: model, data and ten digits of the SHA-256 over all settings that count.

    Args:
        config: the run, its data set named (not `auto`).

    Example:
        >>> from nnlabs.config.schema import DataConfig, RunConfig
        >>> run_name(RunConfig(data=DataConfig(name="digits")))
        'mlp-digits-...'
    """
    # An edited file of one's own is another network, another optimizer, and so is one that it imports; where it lies is no matter.
    model = replace(config.model, name=name_anywhere(config.model.name))
    train = replace(config.train, optimizer=name_anywhere(config.train.optimizer))
    named = replace(config, data=pin_content(config.data), model=model, train=train)
    facts = {"recipe": CODE_VERSION, **identity(named), **own_digests(config)}
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    words = f"{model.name}-{config.data.name}"
    return f"{re.sub(r'[^A-Za-z0-9_]+', '-', words).strip('-')[-60:]}-{digest[:10]}"


def source_digest(name: str) -> str | None:
    """SHA-256 of the file of one's own that a setting names, and of those it imports; None for a built-in name, and a lost file.

    Args:
        name: a setting's value, such as `my_net.py:Net`.
    """
    own = own_file(name)
    if own is None or not own.is_file():
        return None
    return hashlib.sha256(b"".join(path.read_bytes() for path in own_sources(own))).hexdigest()


def own_digests(config: RunConfig) -> dict[str, str]:
    """`source_digest` of a run's network and optimizer, where they are one's own.

    Args:
        config: the run.
    """
    named = {"model_source": config.model.name, "optimizer_source": config.train.optimizer}
    return {what: source for what, name in named.items() if (source := source_digest(name)) is not None}


def edited(config: RunConfig) -> str:
    """What is said where a file of one's own changed while a command was at work.

    Args:
        config: of a run that this concerns.
    """
    files = " or ".join(str(own) for name in (config.model.name, config.train.optimizer) if (own := own_file(name)))
    return (
        f"{files or config.data.name} was edited after this run was named; give the command again, or make the Run anew"
    )


def identity(config: DataclassInstance) -> dict[str, Any]:
    """The settings that decide what is computed, nested as in the config.

    Those marked `hashed=False` are left out, and those marked `hashed=WHEN_CHANGED` while they hold their default.

    Args:
        config: a configuration dataclass.
    """
    values = ((item.name, getattr(config, item.name)) for item in fields(config) if _counts(config, item))
    return {name: identity(value) if is_dataclass(value) else value for name, value in values}  # type: ignore[arg-type]


def _counts(config: DataclassInstance, item: Field[Any]) -> bool:
    hashed = item.metadata.get("hashed", True)
    return getattr(config, item.name) != item.default if hashed == WHEN_CHANGED else bool(hashed)


def settings_of(config: DataclassInstance) -> dict[str, Any]:
    """The same settings by dotted name.

    Args:
        config: a configuration dataclass.

    Example:
        >>> from nnlabs.config.schema import RunConfig
        >>> settings_of(RunConfig())["train.lr"]
        0.001
    """
    return dict(flatten(identity(config)))


def describe_differences(configs: Sequence[DataclassInstance]) -> list[str]:
    """A few words for each of some configurations: what it sets of those settings in which they differ, but for the seed.

    Args:
        configs: configurations of the same class.

    Example:
        >>> from nnlabs.config.schema import TrainConfig
        >>> describe_differences([TrainConfig(lr=0.1), TrainConfig(optimizer="sgd", l1=0.01)])
        ['lr 0.1, optimizer adam', 'lr 0.001, optimizer sgd, l1 0.01']
    """
    settings = [settings_of(config) for config in configs]
    known = dict.fromkeys(name for each in settings for name in each if not name.endswith("seed"))
    names = [name for name in known if any(each.get(name) != settings[0].get(name) for each in settings)]
    return [
        ", ".join(
            f"{name.rpartition('.')[2]} {_brief(each[name])}"
            for name in names
            if each.get(name) or each.get(name) is False
        )
        for each in settings
    ]


def describe_run(config: RunConfig) -> str:
    """A run in a line: its network, its data, and what it sets otherwise than the defaults do.

    Args:
        config: the run.

    Example:
        >>> from nnlabs.config.schema import DataConfig, ModelConfig, RunConfig
        >>> describe_run(RunConfig(DataConfig("digits"), ModelConfig("mlp", widths=(64, 32))))
        'mlp on digits: widths 64+32'
    """
    usual, settings = (settings_of(each) for each in (type(config)(), config))
    named = ("data.name", "data.stand_in_for", "data.content", "model.name")
    words = [
        f"{name.rpartition('.')[2]} {_brief(value)}"
        for name, value in settings.items()
        if name not in named and value != usual.get(name)
    ]
    stands = f" (stands in for {config.data.stand_in_for})" if config.data.stand_in_for else ""
    line = f"{config.model.name} on {config.data.name}{stands}: {', '.join(words) or 'all settings as usual'}"
    return " ".join(line.split())


def _brief(value: Any) -> str:
    """A value as a person would write it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "+".join(map(str, value))
    return f"{value:.3g}" if isinstance(value, float) else str(value)
