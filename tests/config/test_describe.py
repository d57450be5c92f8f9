from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from nnlabs.config.describe import describe_type, field_types, nearest
from nnlabs.config.schema import RunConfig
from nnlabs.config.types import Fraction, NonNegativeInt, OpenFraction, PositiveFloat


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (int, "a whole number"),
        (bool | None, "true or false or null"),
        (PositiveFloat | None, "a number >0 or null"),
        (NonNegativeInt, "a whole number ≥0"),
        (Fraction, "a number >=0 and <1"),
        (OpenFraction, "a number >0 and <1"),
        (Literal["a", "b"], "one of a, b"),
        (tuple[Literal["a", "b"], ...], "a list [a, b] (each one of a, b)"),
        (dict[str, Any], "a mapping"),
    ],
)
def test_types_in_words(kind, words):
    assert describe_type(kind) == words


def test_settings_are_found_through_all_groups():
    @dataclass(frozen=True)
    class Outer:
        run: RunConfig = field(default_factory=RunConfig)
        name: str = ""

    found = field_types(Outer)
    assert found["name"] is str
    assert found["run.train.lr"] is PositiveFloat
    assert "run.train" not in found


def test_the_nearest_name_or_all():
    assert nearest("adm", ["sgd", "adam"]) == "did you mean 'adam'?"
    assert nearest("xyz", ["sgd", "adam"]) == "known are sgd, adam"
