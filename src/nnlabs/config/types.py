"""Types of configuration values: plain `int`, `float` and `str` to a type checker, range-checked by jsonargparse."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    PositiveInt = int
    NonNegativeInt = int
    PositiveFloat = float
    NonNegativeFloat = float
    Fraction = float
    OpenFraction = float
else:
    from jsonargparse.typing import (
        NonNegativeFloat,
        NonNegativeInt,
        PositiveFloat,
        PositiveInt,
        restricted_number_type,
    )

    # Dropout, label smoothing, momentum: 1 itself would drop everything.
    Fraction = restricted_number_type("Fraction", float, [(">=", 0), ("<", 1)], docstring="number from 0 up to, not including, 1")
    # A share of the examples that must leave some on both sides.
    OpenFraction = restricted_number_type("OpenFraction", float, [(">", 0), ("<", 1)], docstring="number between 0 and 1")

__all__ = ["Fraction", "NonNegativeFloat", "NonNegativeInt", "OpenFraction", "PositiveFloat", "PositiveInt"]
