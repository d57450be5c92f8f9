"""The layers that a configuration is made of, each a set of values and the place where they were written."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnlabs.config.describe import nearest
from nnlabs.config.yaml_text import read_yaml
from nnlabs.errors import ConfigError
from nnlabs.paths import configs_dir

PRESETS = ("smoke", "quick", "full")  # every lab has these
OPTIONAL = ("fast",)  # and a lab may have this one
COMMAND_LINE = "command line"
STAND_IN = "stand_in"  # in a section: settings that hold where the stand-in data set is taken


@dataclass(frozen=True)
class Layer:
    """Values that were written in one place.

    Args:
        values: nested as in YAML, or by dotted name (`train.lr`), or both.
        source: the place, for messages.
    """

    values: Mapping[Any, Any]
    source: str


def read_layers(
    lab: str, chosen: argparse.Namespace, rest: Sequence[str] = (), on_stand_in: bool = False
) -> Iterator[Layer]:
    """All that decides a lab's settings; later layers win.

    Args:
        lab: the lab's name, also of its YAML file.
        chosen: from `choose_layers`.
        rest: from `choose_layers`.
        on_stand_in: whether the lab's data are the stand-in, for which a preset may have settings of its own.

    Yields:
        `common` and the chosen preset of `configs/LAB.yaml`, each followed by its `stand_in` where that holds; the user's own
        file; the command line.

    Raises:
        ConfigError: for a file that cannot be read, or a preset that does not exist.
    """
    path = configs_dir() / f"{lab}.yaml"
    presets = read_yaml(path)
    own = Layer(read_yaml(Path(chosen.config)), chosen.config) if chosen.config is not None else Layer({}, "")
    preset = own.values.get("preset", "quick") if chosen.preset is None else chosen.preset
    known = _names(presets)
    if preset not in known:
        source = own.source if chosen.preset is None else COMMAND_LINE
        raise ConfigError(f"preset: there is no '{preset}'; {nearest(str(preset), known)} ({source})", "preset")
    for name in presets:
        if name not in ("common", *known):
            raise ConfigError(f"{name}: no such preset; {nearest(str(name), ('common', *known))} ({path})")
    for name in ("common", preset):
        yield from _sections(presets, name, path, on_stand_in)
    yield own
    yield Layer({"preset": preset, **read_words(rest)}, COMMAND_LINE)


def own_layers(chosen: argparse.Namespace, rest: Sequence[str]) -> Iterator[Layer]:
    """What a user says without any preset: the file of `--config`, then the command line.

    Args:
        chosen: from `choose_layers`.
        rest: from `choose_layers`.

    Raises:
        ConfigError: for a file that cannot be read.
    """
    if chosen.config is not None:
        yield Layer(read_yaml(Path(chosen.config)), chosen.config)
    yield Layer(read_words(rest), COMMAND_LINE)


def presets_of(lab: str) -> tuple[str, ...]:
    """The names of the presets that a lab has.

    Args:
        lab: the lab's name, also of its YAML file.

    Raises:
        ConfigError: where the file cannot be read.
    """
    return _names(read_yaml(configs_dir() / f"{lab}.yaml"))


def _names(presets: Mapping[str, Any]) -> tuple[str, ...]:
    return (*PRESETS, *(name for name in OPTIONAL if name in presets))


def _sections(presets: dict[str, Any], name: str, path: Path, on_stand_in: bool) -> Iterator[Layer]:
    """A section of a lab's file, and what it says of the stand-in where that is taken."""
    values = _settings_in(presets, name, path)
    yield Layer({key: value for key, value in values.items() if key != STAND_IN}, f"{path}, under {name}")
    if on_stand_in:
        yield Layer(_settings_in(values, STAND_IN, path), f"{path}, under {name}, {STAND_IN}")


def _settings_in(values: dict[str, Any], name: str, path: Path) -> dict[str, Any]:
    inner = values.get(name) or {}
    if not isinstance(inner, dict):
        raise ConfigError(f"{name}: {inner!r} stands where settings belong ({path})", name)
    return inner


def choose_layers(words: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """Take the options that are no settings off a command line.

    Args:
        words: the command line.

    Returns:
        `preset` and `config`, None where not given, `print_config` and `help`; and the words that are left.

    Raises:
        ConfigError: for one without its value.
    """
    options = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    options.add_argument("--preset")
    options.add_argument("--config")
    options.add_argument("--print_config", action="store_true")
    options.add_argument("-h", "--help", action="store_true")
    try:
        return options.parse_known_args(words)
    except argparse.ArgumentError as error:
        raise ConfigError(f"{error.argument_name}: {error.message} ({COMMAND_LINE})") from error


def read_words(words: Sequence[str]) -> dict[str, Any]:
    """`--train.lr 0.1 --seeds=[0,1] --fresh` as `{"train.lr": "0.1", "seeds": "[0,1]", "fresh": True}`.

    Args:
        words: a command line without the options of `choose_layers`.

    Raises:
        ConfigError: for a value without a name before it.
    """
    values: dict[str, Any] = {}
    waiting = None
    for word in words:
        if word.startswith("--") and word != "--":
            name, sign, value = word.removeprefix("--").partition("=")
            name = name.replace("-", "_")  # as one writes options elsewhere
            values[name] = value if sign else True
            waiting = None if sign else name
        elif waiting is None:
            raise ConfigError(f"{word}: a value without a name; write --NAME VALUE ({COMMAND_LINE})")
        else:
            values[waiting], waiting = word, None
    return values
