"""A learner's own activations, written as the exercise `activations`, beside the built-in ones of the same names."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nnlabs.config.own import check_own_file, load_own
from nnlabs.errors import ConfigError
from nnlabs.labs.activations.settings import ActivationsConfig
from nnlabs.scratch.activation import Activation
from nnlabs.scratch.activations import ACTIVATIONS

MINE = "my_"
ASKED = ("tanh", "leaky_relu", "elu")
"""What the exercise asks for; anything else in the file may be a helper, whatever its name."""
_ENTERED: set[str] = set()
"""Names that an earlier call in this process, a notebook's, has entered."""


def with_mine(config: ActivationsConfig) -> ActivationsConfig:
    """Enter the activations of the folder `mine`, if one is named, and compare each beside its namesake.

    Args:
        config: the lab's settings.

    Returns:
        Settings with them among the activations. Training stays in this process, as others know the built-in ones only.

    Raises:
        ConfigError: where the folder holds no such file, or the file no activation that works.
    """
    for name in _ENTERED:
        ACTIVATIONS.pop(name, None)
    _ENTERED.clear()
    if config.mine is None:
        return config
    own = read_mine(Path(config.mine))
    entries = dict(ACTIVATIONS)
    ACTIVATIONS.clear()
    for name, entry in entries.items():
        ACTIVATIONS[name] = entry
        if name in own:
            ACTIVATIONS[own[name].name] = own[name]
            _ENTERED.add(own[name].name)
    compared = [*config.activations, *(name for name in own if name not in config.activations)]
    both = [shown for name in compared for shown in ([name, own[name].name] if name in own else [name])]
    return replace(config, activations=tuple(both), workers=1)


def read_mine(folder: Path) -> dict[str, Activation]:
    """The learner's activations, by the names of the built-in ones; what is still a blank is left out.

    Args:
        folder: holds `activations.py`, as `nnlabs exercise start activations` writes it.

    Raises:
        ConfigError: as in `with_mine`.
    """
    path = folder / "activations.py"
    check_own_file("mine", path)
    try:
        tree = ast.parse(path.read_bytes())
    except SyntaxError as error:
        where = f", line {error.lineno}" if error.lineno else ""
        raise ConfigError(f"mine: {path}{where}: Python cannot read this: {error.msg}", "mine") from error
    names = [name for name in ASKED if _is_bound(name, tree)]
    found = {name: entry for name in names if (entry := _entry(path, name)) is not None}
    if not found:
        raise ConfigError(f"mine: no activation in {path} is written yet", "mine")
    return found


def _is_bound(name: str, tree: ast.Module) -> bool:
    """Whether the file defines the name, or gives it to what it has made: `tanh = rule_of(...)`."""
    return any(
        (isinstance(node, ast.FunctionDef) and node.name == name)
        or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == name)
        for statement in tree.body
        for node in ([statement] if isinstance(statement, ast.FunctionDef) else ast.walk(statement))
    )


def _entry(path: Path, name: str) -> Activation | None:
    """The learner's function as an `Activation`; None while it is a blank."""
    rule: Any = load_own("mine", f"{path}:{name}")
    try:
        # the lab's batches have a row for each example
        value, back = rule(np.linspace(-1, 1, 6).reshape(2, 3))
        fits = np.shape(value) == (2, 3) and np.shape(back(np.ones((2, 3)))) == (2, 3)
    except NotImplementedError:
        return None
    except Exception as error:
        raise ConfigError(
            f"mine: {name} in {path} does not run: {error}; `nnlabs exercise check {path}`", "mine"
        ) from error
    if not fits:
        raise ConfigError(
            f"mine: {name} in {path} changes the shape of its input; `nnlabs exercise check {path}`", "mine"
        )
    rule.__name__ = f"{MINE}{name}"
    builtin = ACTIVATIONS[name]
    return replace(builtin, title=f"Your {builtin.title}", rule=rule)
