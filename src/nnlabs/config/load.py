"""From YAML presets and the command line to one frozen dataclass.

Later layers win: the dataclass's defaults, `common` and the chosen preset in `configs/LAB.yaml`, the user's own `--config FILE`,
and last the command line. Every mistake becomes one `ConfigError` that names the key, where it was set, and what would be right.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import yaml
from jsonargparse import ArgumentParser, Namespace

from nnlabs.config.describe import describe_type, field_types, nearest
from nnlabs.errors import ConfigError
from nnlabs.paths import configs_dir

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

PRESETS = ("smoke", "quick", "full")
Config = TypeVar("Config")


@dataclass(frozen=True)
class _Layer:
    values: dict[str, Any]
    source: str


def load_lab(config_class: type[Config], lab: str, argv: Sequence[str] | None = None) -> Config:
    """Read a lab's configuration: `configs/LAB.yaml`, then `--config FILE`, then the rest of the command line.

    Args:
        config_class: the lab's frozen dataclass; a method `check()`, if it has one, holds checks over several fields.
        lab: the lab's name, also of its YAML file.
        argv: command line without the program's name; default: `sys.argv[1:]`.

    Raises:
        ConfigError: for a misspelt key, a wrong type, a value out of range, a file that cannot be read.
        SystemExit: after `--help` and `--print_config`, with code 0.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    chosen, rest = _choose_layers(arguments)
    parser = _make_parser(config_class, lab)
    layers = list(_read_layers(lab, chosen))
    base = parser.get_defaults()
    for layer in layers:
        _check_keys(config_class, layer)
        with _explained(config_class, layer.values, layer.source):
            base = parser.parse_object(layer.values, cfg_base=base, defaults=False)
    config = _parse_command_line(parser, config_class, base, rest)
    if chosen.print_config:
        print(parser.dump(config), end="")
        raise SystemExit(0)
    return cast(Config, _build(parser, config_class, config, layers))


def with_changes(config: Config, changes: Mapping[str, Any], source: str) -> Config:
    """A copy of a configuration with single settings changed, checked like those of a file.

    Args:
        config: a configuration dataclass.
        changes: new values by dotted name, such as `{"train.weight_decay": 0.1, "model.dropout": 0.5}`.
        source: where the changes were written, for the message.

    Raises:
        ConfigError: for a name that does not exist, a wrong type, or a value out of range.

    Example:
        >>> with_changes(RunConfig(), {"train.lr": 0.1}, "example").train.lr
        0.1
    """
    config_class = type(config)
    layer = _Layer(_nested(changes), source)
    _check_keys(config_class, layer)
    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(config_class, None)
    base = parser.parse_object(asdict(cast("DataclassInstance", config)))
    with _explained(config_class, layer.values, source):
        merged = parser.parse_object(layer.values, cfg_base=base, defaults=False)
    return config_class(**vars(parser.instantiate(merged)))


def _nested(changes: Mapping[str, Any]) -> dict[str, Any]:
    """`{"train.lr": 1}` as `{"train": {"lr": 1}}`."""
    tree: dict[str, Any] = {}
    for key, value in changes.items():
        *groups, name = key.split(".")
        branch = tree
        for group in groups:
            branch = branch.setdefault(group, {})
        branch[name] = value
    return tree


def _choose_layers(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Take the options that decide which files are read off the command line; the rest sets single values."""
    options = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    options.add_argument("--preset", default="quick")
    options.add_argument("--config", default=None)
    options.add_argument("--print_config", action="store_true")
    try:
        return options.parse_known_args(arguments)
    except argparse.ArgumentError as error:
        raise ConfigError(f"{error.argument_name}: {error.message} (command line)") from error


def _make_parser(config_class: type, lab: str) -> ArgumentParser:
    parser = ArgumentParser(
        prog=f"nnlabs run {lab}",
        usage=f"nnlabs run {lab} [--preset {'|'.join(PRESETS)}] [--config FILE] [--print_config] [--KEY VALUE ...]",
        description="A preset gives all values; FILE and the options below change single ones. "
        "--print_config prints what comes out, and stops.",
        exit_on_error=False,
    )
    parser.add_class_arguments(config_class, None, fail_untyped=True)
    return parser


def _read_layers(lab: str, chosen: argparse.Namespace) -> Iterator[_Layer]:
    path = configs_dir() / f"{lab}.yaml"
    presets = read_yaml(path)
    if chosen.preset not in presets or chosen.preset == "common":
        known = [name for name in presets if name != "common"]
        raise ConfigError(f"--preset {chosen.preset}: no such preset; {nearest(chosen.preset, known)} (command line)")
    yield _Layer(presets.get("common") or {}, f"{path}, under common")
    yield _Layer(presets[chosen.preset] or {}, f"{path}, under {chosen.preset}")
    yield _Layer({"preset": chosen.preset}, "command line")
    if chosen.config:
        yield _Layer(read_yaml(Path(chosen.config)), chosen.config)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds a mapping, safely: no tag in it can make Python objects.

    Args:
        path: the file.

    Raises:
        ConfigError: where there is no such file, or it is no YAML, or no mapping.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "not a text file"
        raise ConfigError(f"{path}{where}: not valid YAML: {problem}") from error
    if not isinstance(values, dict | None):
        raise ConfigError(
            f"{path}: holds {type(values).__name__}, not settings; write them as 'name: value', one a line"
        )
    return values or {}


def _check_keys(config_class: type, layer: _Layer) -> None:
    """Find keys that do not exist, and single values where a group of settings belongs."""
    known = field_types(config_class)
    groups = {key[:dot] for key in known for dot, sign in enumerate(key) if sign == "."}
    for key, value in _walk(layer.values, groups):
        if key in groups:
            raise ConfigError(f"{key}: {value!r} stands where a group of settings belongs ({layer.source})", key)
        if key not in known:
            inside = key.rpartition(".")[0]
            siblings = [name.rpartition(".")[2] for name in known if name.rpartition(".")[0] == inside]
            siblings += [name for name in groups if name.rpartition(".")[0] == inside]
            raise ConfigError(
                f"{key}: no such setting; {nearest(key.rpartition('.')[2], siblings)} ({layer.source})", key
            )


def _walk(values: dict[str, Any], groups: set[str], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        key = f"{prefix}{name}"
        if key in groups and isinstance(value, dict):
            yield from _walk(value, groups, f"{key}.")
        else:
            yield key, value


def _parse_command_line(parser: ArgumentParser, config_class: type, base: Namespace, rest: list[str]) -> Namespace:
    known = field_types(config_class)
    for word in rest:
        name = word.removeprefix("--").partition("=")[0]
        if word.startswith("--") and name not in known and name != "help":
            raise ConfigError(f"--{name}: no such option; {nearest(name, known)} (command line)")
    given = {word.removeprefix("--"): value for word, value in pairwise(rest)}
    given |= {name.removeprefix("--"): value for name, _, value in (word.partition("=") for word in rest) if value}
    with _explained(config_class, given, "command line"):
        return parser.parse_args(rest, namespace=base)


@contextmanager
def _explained(config_class: type, values: dict[str, Any], source: str) -> Iterator[None]:
    """Turn what jsonargparse says of a wrong value into one line that names key, value, what is allowed, and the source."""
    try:
        yield
    except argparse.ArgumentError as error:
        kinds = field_types(config_class)
        match = re.search(r'key "([^"]+)"', str(error))
        if match is None or match.group(1) not in kinds:
            raise ConfigError(f"{' '.join(str(error).split())} ({source})") from error
        key = match.group(1)
        raise ConfigError(
            f"{key}: {_find(values, key)!r} is not {describe_type(kinds[key])} ({source})", key
        ) from error


def _find(values: dict[str, Any], key: str) -> Any:
    """The value at a dotted name, whether the mapping is nested (YAML) or flat (command line)."""
    if key in values:
        return values[key]
    first, _, rest = key.partition(".")
    inner = values.get(first)
    return _find(inner, rest) if rest and isinstance(inner, dict) else None


def _build(parser: ArgumentParser, config_class: type, config: Namespace, layers: list[_Layer]) -> Any:
    """Make the dataclass and let it check what holds between fields; an error is told with the place of its key."""
    built = config_class(**vars(parser.instantiate(config)))
    try:
        if hasattr(built, "check"):
            built.check()
    except ConfigError as error:
        found = [layer.source for layer in layers if error.key and _find(layer.values, error.key) is not None]
        source = found[-1] if found else "command line"
        raise ConfigError(f"{error} ({source})", error.key) from error
    return built
