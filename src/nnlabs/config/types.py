"""Types of configuration values: plain `int` and `float` to a type checker, range-checked by jsonargparse."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    PositiveInt = int
    NonNegativeInt = int
    PositiveFloat = float
    NonNegativeFloat = float
    Fraction = float
    OpenFraction = float
    Seed = int
    Seeds = tuple[int, ...]
    Threads = int
else:
    import yaml
    from jsonargparse.typing import (
        NonNegativeFloat,
        NonNegativeInt,
        OpenUnitInterval,
        PositiveFloat,
        PositiveInt,
        register_type,
        restricted_number_type,
    )

    # Dropout, label smoothing, momentum: 1 itself would drop everything.
    Fraction = restricted_number_type(
        "Fraction", float, [(">=", 0), ("<", 1)], docstring="float restricted to be >=0 and <1"
    )
    # NumPy's older generators and scikit-learn take 32 bits; half of them leaves room for seed + 1, seed + 2 and so on.
    Seed = restricted_number_type(
        "Seed", int, [(">=", 0), ("<", 2**31)], docstring="int restricted to be >=0 and <2147483648"
    )

    # As many as any machine has; torch starts them one by one, and a million of them take hours or all memory.
    Threads = restricted_number_type(
        "Threads", int, [(">=", 1), ("<=", 1024)], docstring="int restricted to be >=1 and <=1024"
    )

    MOST_REPETITIONS = 1000  # more is a seed where a number was meant

    class Seeds(tuple):
        """Number of repetitions (at most 1000), or a list of their seeds (each >=0 and <2147483648), such as 3 or [0, 1, 2]."""

    def _read_seeds(value):
        """`3` as (0, 1, 2), and `[4, 7]` as (4, 7)."""
        try:
            given = yaml.safe_load(value) if isinstance(value, str) else value
        except yaml.YAMLError as error:
            raise ValueError(value) from error
        if isinstance(given, int) and not isinstance(given, bool):
            if given > MOST_REPETITIONS:
                raise ValueError(f"{given} repetitions")
            return Seeds(range(PositiveInt(given)))
        if not isinstance(given, list | tuple):
            raise ValueError(value)
        return Seeds(map(Seed, given))

    register_type(Seeds, serializer=list, deserializer=_read_seeds)
    # A share of the examples that must leave some on both sides.
    OpenFraction = OpenUnitInterval

__all__ = [
    "Fraction",
    "NonNegativeFloat",
    "NonNegativeInt",
    "OpenFraction",
    "PositiveFloat",
    "PositiveInt",
    "Seed",
    "Seeds",
    "Threads",
]
