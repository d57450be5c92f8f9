"""Types and names in words, for messages about configuration."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from nnlabs.errors import ConfigError

_PLAIN = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "a text",
    dict: "a mapping",
    type(None): "null",
}


def describe_type(kind: Any) -> str:
    """Say in words what values a type allows: `float | None` is "a number or null".

    Args:
        kind: a type as it stands in a configuration dataclass.
    """
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal:
        return "one of " + ", ".join(map(str, inner))
    if origin in (Union, types.UnionType):
        return " or ".join(describe_type(option) for option in inner)
    if origin is tuple:
        return f"a list [a, b] (each {describe_type(inner[0])})"
    if origin is dict:
        return _PLAIN[dict] if inner[1] is Any else f"{_PLAIN[dict]} (each value {describe_type(inner[1])})"
    if isinstance(kind, type) and issubclass(kind, int | float) and kind not in _PLAIN:
        base = int if issubclass(kind, int) else float
        return f"{_PLAIN[base]} {(kind.__doc__ or '').partition('restricted to be ')[2]}"
    if isinstance(kind, type) and issubclass(kind, tuple):
        about = (kind.__doc__ or "").rstrip(".")
        return f"a {about[:1].lower()}{about[1:]}"
    return _PLAIN.get(kind, getattr(kind, "__name__", str(kind)))


def field_types(config_class: type, prefix: str = "") -> dict[str, Any]:
    """The type of every setting below a configuration dataclass, by dotted name: `{"train.lr": PositiveFloat, ...}`.

    Args:
        config_class: a dataclass, whose fields may be dataclasses in turn.
        prefix: what stands before each name.
    """
    found: dict[str, Any] = {}
    hints = get_type_hints(config_class)
    for item in fields(config_class):
        kind = hints[item.name]
        if is_dataclass(kind) and isinstance(kind, type):
            found |= field_types(kind, f"{prefix}{item.name}.")
        else:
            found[prefix + item.name] = kind
    return found


def nearest(word: str, known: Iterable[str]) -> str:
    """The hint "did you mean 'lr'?" when one of `known` resembles `word`, else the whole list.

    Args:
        word: what was written.
        known: what would have been right.
    """
    known = list(known)
    close = closest(word, known)
    return f"did you mean '{close}'?" if close else "known are " + ", ".join(known)


def check_name(key: str, name: str, known: Iterable[str]) -> None:
    """Refuse a name that is none of those there are.

    Args:
        key: the setting that holds it, as `train.schedule`.
        name: its value.
        known: what would have been right.

    Raises:
        ConfigError: with the nearest one that there is.
    """
    if name not in known:
        raise ConfigError(f"{key}: '{name}' is unknown; {nearest(name, known)}", key)


def closest(word: str, known: Iterable[str]) -> str | None:
    """The one of `known` that resembles `word` most; None where none does.

    Args:
        word: what was written.
        known: what would have been right.
    """
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)), None)
