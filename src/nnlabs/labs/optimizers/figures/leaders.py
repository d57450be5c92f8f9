"""Who leads, in words: one, or several who are equal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from nnlabs.plotting.intervals import names_of


def name_leaders(names: Sequence[str]) -> str:
    """Who leads, in words.

    Args:
        names: several where they are equal.

    Example:
        >>> name_leaders(["muon"]), name_leaders(["sgd", "momentum", "muon"])
        ('muon', 'sgd, momentum and muon alike')
    """
    return f"{names_of(dict.fromkeys(names, 1.0), 1.0)}{' alike' if len(names) > 1 else ''}"


def who_lead(names: Sequence[str]) -> str:
    """The beginning of a sentence that says who leads.

    Args:
        names: several where they are equal.
    """
    return f"{name_leaders(names)} lead{'s' if len(names) == 1 else ''}"


def lead_together(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Who leads on validation: the first of the leaderboard, and whoever has the same mean; seeds that were lost have no equal.

    Args:
        rows: what `leaderboard_rows` gave.
    """
    first = rows[0]
    top = float(first["validation"].mean)
    equals = [row for row in rows if math.isclose(row["validation"].mean, top) and row["state"] != "diverged"]
    return [str(row["optimizer"]) for row in equals] if first["state"] != "diverged" else [str(first["optimizer"])]
