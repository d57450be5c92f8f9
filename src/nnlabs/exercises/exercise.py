"""What an exercise is: what is asked, how it is checked, what helps, and the mistakes that people make in it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Function = Callable[..., Any]
"""A function of a learner's."""
Check = Callable[..., None]
"""Takes the learner's functions that its parameters name, and raises `WrongError`; its docstring says what it checks."""


@dataclass(frozen=True)
class Mistake:
    """A mistake that learners really make, as a change of the solution's text.

    Args:
        name: what is wrong, in words that go on from "That is what comes out when".
        says: what the message that catches it must mention.
        edits: texts of the solution and what stands there instead.
    """

    name: str
    says: str
    edits: tuple[tuple[str, str], ...]

    def plant(self, solution: str) -> str:
        """The solution's text with this mistake in it.

        Raises:
            ValueError: for an edit that does not apply, because the solution has changed.
        """
        for old, new in self.edits:
            if old not in solution:
                raise ValueError(f"the mistake '{self.name}' cannot be planted: there is no {old!r} in the solution")
            solution = solution.replace(old, new)
        return solution


@dataclass(frozen=True)
class Exercise:
    """One exercise; its solutions are in `nnlabs.exercises.solutions`.

    Args:
        name: also of the learner's file.
        lab: number of the lab that it belongs to.
        title: what is to be written.
        minutes: how long it takes about.
        hints: three; the last nearly tells.
        why: what it is good for, and the paper; shown after success.
        checks: from the simplest to the most particular.
        mistakes: six or more.
        needs: libraries beyond NumPy that its checks import.
        about: what a learner must know beyond the docstrings.
        tools: private functions of the solution's module that the learner may use.
        seen_in: name of the lab whose figures and numbers change with the solution; "" for none.
        unseen: of its functions, by their names in the learner's file, those that the lab does not call.
    """

    name: str
    lab: int
    title: str
    minutes: int
    hints: tuple[str, str, str]
    why: str
    checks: tuple[Check, ...]
    mistakes: tuple[Mistake, ...]
    needs: tuple[str, ...] = ()
    about: str = ""
    tools: tuple[str, ...] = ()
    seen_in: str = ""
    unseen: tuple[str, ...] = ()


def needs(check: Check) -> list[str]:
    """The names of the learner's functions that a check takes."""
    return list(inspect.signature(check).parameters)


def title_of(check: Check) -> str:
    """What a check checks, in words."""
    return (check.__doc__ or "").strip()
