"""Settings as YAML text: read safely, written so that reading gives the same settings back."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from nnlabs.errors import ConfigError
from nnlabs.files import read_text, write_text

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


if TYPE_CHECKING or not yaml.__with_libyaml__:
    from yaml import SafeLoader
else:
    from yaml import CSafeLoader as SafeLoader  # ten times as fast


DEEPEST = 20  # settings take 4


class _Loader(SafeLoader):
    """Safe, and strict: a name that stands twice is a mistake, not a way to lose the settings under the first one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [name.value for name, _ in node.value]
        for position, (name, _) in enumerate(node.value):
            if name.value in names[:position]:
                raise yaml.constructor.ConstructorError(
                    None, None, f"'{name.value}' stands here twice", name.start_mark
                )
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds a mapping, safely: no tag in it can make Python objects.

    Args:
        path: the file.

    Raises:
        ConfigError: where there is no such file, or it is no YAML, or no mapping.
    """
    try:
        values = yaml.load(read_text(path), _Loader)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except RecursionError as error:
        raise _too_deep(path) from error
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or (
            "it is no text in UTF-8; save it as UTF-8" if isinstance(error, UnicodeDecodeError) else error
        )
        raise ConfigError(f"{path}{where}: not valid YAML: {problem}") from error
    if isinstance(values, dict) and _is_too_deep(values):
        raise _too_deep(path)
    if not isinstance(values, dict | None):
        raise ConfigError(
            f"{path}: holds {type(values).__name__}, not settings; write them as 'name: value', one a line"
        )
    return values or {}


def _is_too_deep(values: Any) -> bool:
    """Whether values nest deeper than settings can, as they do where `&a` and `*a` put them into themselves."""
    level = [values]
    for _ in range(DEEPEST):
        inside = [value for outer in level for value in (outer.values() if isinstance(outer, dict) else outer)]
        # What an alias repeats is looked at once: otherwise a few lines of aliases to aliases would take for ever.
        level = list({id(value): value for value in inside if isinstance(value, dict | list)}.values())
    return bool(level)


def _too_deep(path: Path) -> ConfigError:
    return ConfigError(
        f"{path}: values stand in values more than {DEEPEST} deep, or in themselves by an alias (*name); write them out"
    )


class _Dumper(yaml.SafeDumper):
    """Writes a NumPy number, as `np.logspace` gives them, as the plain number it is."""


for kind in (np.floating, np.integer, np.bool_):
    _Dumper.add_multi_representer(kind, lambda dumper, number: dumper.represent_data(number.item()))


def to_yaml(config: DataclassInstance) -> str:
    """A configuration as YAML that `--config` reads again.

    Args:
        config: a configuration dataclass.
    """
    return yaml.dump(asdict(config), Dumper=_Dumper, sort_keys=False, allow_unicode=True)


def write_config(path: Path, config: DataclassInstance, about: str = "") -> None:
    """Write a configuration as YAML that `--config` reads again.

    Args:
        path: the file.
        config: a configuration dataclass.
        about: one line that says what it is, for the first line of the file.
    """
    write_text(path, (f"# {about}\n" if about else "") + to_yaml(config))
