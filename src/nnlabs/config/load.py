"""From YAML presets and the command line to one frozen dataclass.

Later layers win: the dataclass's defaults, `common` and the chosen preset in `configs/LAB.yaml` (each followed by its `stand_in`
where the stand-in data set is taken), the user's own `--config FILE`, and last the command line. Every mistake becomes one
`ConfigError` that names the key, where it was set, and what would be right.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import Field, dataclass, replace
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Protocol, TypeVar, get_args

from jsonargparse import ArgumentParser, DefaultHelpFormatter

from nnlabs.config.describe import describe_type, field_types, nearest
from nnlabs.config.layers import COMMAND_LINE, Layer, choose_layers, own_layers, presets_of, read_layers
from nnlabs.config.yaml_text import to_yaml
from nnlabs.console import print_file
from nnlabs.errors import ConfigError
from nnlabs.records import flatten

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from nnlabs.config.schema import LabConfig


class Checked(Protocol):
    """A configuration dataclass that finds contradictions between its fields by itself."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def check(self) -> None:
        """Find what can be found wrong before anything is computed."""


Config = TypeVar("Config", bound="DataclassInstance")
AnyLab = TypeVar("AnyLab", bound="LabConfig")
AnyChecked = TypeVar("AnyChecked", bound=Checked)


@dataclass(frozen=True)
class DataChoice:
    """Which data set a lab takes.

    Args:
        changes: what names it, settings by dotted name.
        is_stand_in: whether it is the lab's stand-in, so that the presets' `stand_in` sections hold.
    """

    changes: Mapping[str, Any]
    is_stand_in: bool


def load_lab(
    config_class: type[AnyLab],
    lab: str,
    argv: Sequence[str] | None = None,
    choose_data: Callable[[AnyLab, bool], DataChoice] | None = None,
) -> AnyLab:
    """Read a lab's configuration: `configs/LAB.yaml`, then `--config FILE`, then the rest of the command line.

    Args:
        config_class: the lab's frozen dataclass; its `check()` holds checks over several fields.
        lab: the lab's name, also of its YAML file.
        argv: command line without the program's name; default: `sys.argv[1:]`.
        choose_data: names the data set, or a stand-in; given the settings, and whether it may download (not only to print them).

    Raises:
        ConfigError: for a misspelt key, a wrong type, a value out of range, a file that cannot be read.
        SystemExit: after `--help` and `--print_config`, with code 0.
    """
    chosen, rest = choose_layers(sys.argv[1:] if argv is None else argv)
    if chosen.help:
        usage = f"nnlabs run {lab} [--preset {'|'.join(presets_of(lab))}] [--config FILE] [--print_config] [--KEY VALUE ...]"
        says = "A preset gives all values; FILE and the options below change single ones."
        _print_help(config_class, usage, says, read_layers(lab, chosen, ()))
    config = _first_look(config_class, lab, chosen, rest)
    if choose_data is not None:
        choice = choose_data(config, not chosen.print_config)
        layers = read_layers(lab, chosen, rest, choice.is_stand_in)
        config = _stack(config_class, [*layers, Layer(choice.changes, "the data that can be had")])
    return _printed(config) if chosen.print_config else config


def _first_look(config_class: type[AnyLab], lab: str, chosen: argparse.Namespace, rest: Sequence[str]) -> AnyLab:
    """The settings before the data are known, which decide what else holds: mistakes are told before anything is downloaded.

    Settings that fit a stand-in alone are none, and are judged again once the data are known.
    """
    layers = read_layers(lab, chosen, rest)
    try:
        return _stack(config_class, layers)
    except ConfigError as error:
        try:
            _stack(config_class, read_layers(lab, chosen, rest, on_stand_in=True))
        except ConfigError:
            raise error from None
        return _stack(config_class, layers, check=False)


def load_flags(config_class: type[AnyChecked], command: str, about: str, argv: Sequence[str]) -> AnyChecked:
    """Read the configuration of a command without presets: the dataclass's defaults, `--config FILE`, the command line.

    Args:
        config_class: a frozen dataclass; its `check()` holds checks over several fields.
        command: what stands before the options, as `nnlabs train`.
        about: what it does, a sentence for `--help`.
        argv: the command line after it.

    Raises:
        ConfigError: as `load_lab`.
        SystemExit: after `--help` and `--print_config`, with code 0.
    """
    chosen, rest = choose_layers(argv)
    if chosen.preset:
        raise ConfigError(f"preset: {command} has none; give the settings themselves, see {command} --help")
    if chosen.help:
        usage = f"{command} [--config FILE] [--print_config] [--KEY VALUE ...]"
        _print_help(config_class, usage, about, ())
    config = _stack(config_class, own_layers(chosen, rest))
    return _printed(config) if chosen.print_config else config


def _printed(config: DataclassInstance) -> NoReturn:
    """Print the settings in place of going on."""
    print_file(to_yaml(config))
    raise SystemExit(0)


def load_preset(config_class: type[AnyLab], lab: str, preset: str, on_stand_in: bool = False) -> AnyLab:
    """A preset as it stands in `configs/LAB.yaml`, nothing changed.

    Args:
        config_class: the lab's frozen dataclass.
        lab: the lab's name.
        preset: the preset's name.
        on_stand_in: whether the settings for the stand-in data set hold.
    """
    chosen, _ = choose_layers(["--preset", preset])
    return _stack(config_class, read_layers(lab, chosen, (), on_stand_in))


def _stack(config_class: type[AnyChecked], layers: Iterable[Layer], check: bool = True) -> AnyChecked:
    """The configuration that some layers make, checked unless others are to come."""
    config = config_class()
    sources: dict[str, str] = {}
    # All names are looked at before the first value: a misspelt one is the most frequent mistake.
    named = [(dict(_settings(config_class, layer)), layer.source) for layer in layers]
    for settings, source in named:
        config = _apply(config, settings, source)
        sources |= dict.fromkeys(settings, source)
    if not check:
        return config
    try:
        config.check()
    except ConfigError as error:
        where = f" ({sources[error.key]})" if error.key in sources else ""
        raise ConfigError(f"{error}{where}", error.key) from error
    return config


def with_changes(config: Config, changes: Mapping[str, Any], source: str) -> Config:
    """A copy of a configuration with single settings changed, checked like those of a file.

    Args:
        config: a configuration dataclass.
        changes: new values by dotted name, such as `{"train.weight_decay": 0.1, "model.dropout": 0.5}`.
        source: where the changes were written, for the message.

    Raises:
        ConfigError: for a name that does not exist, a wrong type, or a value out of range.

    Example:
        >>> from nnlabs.config.schema import RunConfig
        >>> with_changes(RunConfig(), {"train.lr": 0.1}, "example").train.lr
        0.1
    """
    return _apply(config, dict(_settings(type(config), Layer(changes, source))), source)


def _settings(config_class: type[DataclassInstance], layer: Layer) -> Iterator[tuple[str, Any]]:
    """A layer's values by dotted name; one that is no setting is an error, and so is one that is written twice."""
    written: dict[str, str] = {}
    known = _types(config_class)
    groups = {key[:dot] for key in known for dot, sign in enumerate(key) if sign == "."}

    def walk(values: Mapping[Any, Any], prefix: str, place: str) -> Iterator[tuple[str, Any]]:
        """The settings of one group and of those in it; `prefix` is its dotted name, `place` the way to it in the file."""
        for name, value in values.items():
            key = f"{prefix}{name}"
            if key in groups and isinstance(value, Mapping):
                yield from walk(value, f"{key}.", f"{place}{name}: ")
            elif key in written:
                ways = f"'{written[key]}' and as '{place}{name}'"
                raise ConfigError(f"{key}: is written twice, as {ways}; keep one of them ({layer.source})", key)
            elif key in groups:
                raise ConfigError(f"{key}: {value!r} stands where a group of settings belongs ({layer.source})", key)
            elif key not in known:
                raise ConfigError(f"{key}: no such setting; {_hint(key, [*known, *groups])} ({layer.source})", key)
            else:
                written[key] = f"{place}{name}"
                yield key, value

    return walk(layer.values, "", "")


def _hint(key: str, settings: Sequence[str]) -> str:
    """What may have been meant: the same name in a group (`lr`: `train.lr`), one that resembles it, or its neighbors."""
    inside = [name for name in settings if name.endswith(f".{key}")]
    if inside:
        return f"did you mean '{inside[0]}'?"
    group = key.rpartition(".")[0]
    close = difflib.get_close_matches(key, settings, n=1)
    return nearest(key, close or [name for name in settings if name.rpartition(".")[0] == group])


def _apply(config: Config, settings: Mapping[str, Any], source: str) -> Config:
    kinds = _types(type(config))
    for key, value in settings.items():
        value = _convert(kinds[key], value, key, source)
        if kinds[key] == dict[str, Any]:
            value = _by_dotted_name(value)
        elif kinds[key] == dict[str, dict[str, Any]]:
            value = {name: _by_dotted_name(changes) for name, changes in value.items()}
        config = _replaced(config, key, value)
    return config


def _by_dotted_name(changes: dict[str, Any]) -> dict[str, Any]:
    """Changes, nested as in YAML or not, by dotted name; as they are where one is written twice, which is told later."""
    pairs = list(flatten(changes))
    return dict(pairs) if len(dict(pairs)) == len(pairs) else changes


def _replaced(config: Config, key: str, value: Any) -> Config:
    """A copy of nested dataclasses with the value at a dotted name exchanged."""
    first, _, rest = key.partition(".")
    return replace(config, **{first: _replaced(getattr(config, first), rest, value) if rest else value})


def _convert(kind: Any, value: Any, key: str, source: str) -> Any:
    """A value, or the text of one, as the type of its setting."""
    if value is True and source == COMMAND_LINE and bool not in (kind, *get_args(kind)):
        raise ConfigError(f"{key}: needs a value, {describe_type(kind)} ({source})", key)
    try:
        # jsonargparse itself takes null for every list.
        if value is None and type(None) not in get_args(kind):
            raise ValueError("null")
        return _plain(_parser(kind).parse_object({"value": value}).value)
    except (argparse.ArgumentError, ValueError) as error:
        raise ConfigError(f"{key}: {value!r} is not {describe_type(kind)} ({source})", key) from error


_types = cache(field_types)


@cache
def _parser(kind: Any) -> ArgumentParser:
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--value", type=kind)
    return parser


def _plain(value: Any) -> Any:
    """Numbers of jsonargparse's range-checked types as Python's own: a checkpoint may hold no others."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return (list if isinstance(value, list) else tuple)(map(_plain, value))
    for base in (float, int):
        if isinstance(value, base) and not isinstance(value, bool):
            return base(value)
    return value


class _Help(DefaultHelpFormatter):
    """Help without jsonargparse's own option for a whole group, which we do not offer."""

    def add_argument(self, action: argparse.Action) -> None:
        if action.metavar != "CONFIG":
            super().add_argument(action)


def _print_help(config_class: type[AnyChecked], usage: str, about: str, layers: Iterable[Layer]) -> NoReturn:
    """Print all options, with the defaults that some layers give them."""
    config = _stack(config_class, layers, check=False)
    about = f"{about} --print_config prints what comes out, and stops."
    parser = ArgumentParser(usage=usage, description=about, formatter_class=_Help)
    parser.add_class_arguments(config_class, None, fail_untyped=True)
    parser.set_defaults({key: attrgetter(key)(config) for key in _types(config_class)})
    print(parser.format_help().replace("<class 'Seeds'>", "Seeds"), end="")
    raise SystemExit(0)
