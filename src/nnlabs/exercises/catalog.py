"""All exercises by name, in the order of the labs.

Each is a line in `solutions.SOLUTIONS`, a sheet of words and mistakes, `sheets/NAME.yaml`, and checks, `checks/NAME.py`.
"""

from __future__ import annotations

import inspect
from functools import cache
from importlib import import_module
from pathlib import Path

import yaml

from nnlabs.config.describe import nearest
from nnlabs.errors import ConfigError
from nnlabs.exercises.exercise import Check, Exercise, Mistake
from nnlabs.exercises.solutions import SOLUTIONS

LABS = {1: "the perceptron", 2: "activations and the engine", 3: "regularization", 4: "optimizers"}
NAMES = tuple(SOLUTIONS)
_SHEETS = Path(__file__).parent / "sheets"
# The loader in C is ten times as fast; not every installation has it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def find(name: str) -> Exercise:
    """The exercise of that name.

    Raises:
        ConfigError: for a name that is none.
    """
    if name not in NAMES:
        raise ConfigError(f"there is no exercise '{name}'; {nearest(name, NAMES)}")
    sheet = yaml.load((_SHEETS / f"{name}.yaml").read_text(encoding="utf-8"), _LOADER)
    first, second, third = sheet["hints"]
    return Exercise(
        name,
        sheet["lab"],
        sheet["title"],
        sheet["minutes"],
        (first, second, third),
        sheet["why"],
        _checks(name),
        tuple(
            Mistake(mistake["name"], mistake["says"], tuple((old, new) for old, new in mistake["edits"]))
            for mistake in sheet["mistakes"]
        ),
        tuple(sheet.get("needs", ())),
        sheet.get("about", "").strip(),
        tuple(sheet.get("tools", ())),
        sheet.get("seen_in", ""),
        tuple(sheet.get("unseen", ())),
    )


def _checks(name: str) -> tuple[Check, ...]:
    """The public functions that the exercise's module of checks defines, in their order there."""
    module = import_module(f"nnlabs.exercises.checks.{name}")
    functions = [it for it in vars(module).values() if inspect.isfunction(it) and it.__module__ == module.__name__]
    return tuple(function for function in functions if not function.__name__.startswith("_"))


def all_exercises() -> list[Exercise]:
    """All of them, in the order of the labs."""
    return [find(name) for name in NAMES]
