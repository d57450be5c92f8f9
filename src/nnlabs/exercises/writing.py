"""The other way round: the learner writes the check, which must accept the solution and reject every planted mistake."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from nnlabs.exercises.checking import line_of
from nnlabs.exercises.exercise import Exercise
from nnlabs.exercises.solutions import SOLUTIONS
from nnlabs.exercises.source import origins, solution


@dataclass(frozen=True)
class Verdict:
    """What a learner's check is worth.

    Attributes:
        exercise: its name.
        accepts: whether it accepts the solution.
        caught: names of the planted mistakes that it rejects.
        missed: names of those that it lets through.
        message: why it could not be run, or what it said against the solution.
        status: `judged`; `no check` where the file is none that can be run, `stopped` where its process ended before it was done.
        printed: what it printed, cut short.
    """

    exercise: str
    accepts: bool = False
    caught: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    message: str = ""
    status: str = "judged"
    printed: str = ""

    @property
    def good(self) -> bool:
        """Whether it tells right from wrong everywhere."""
        return self.status == "judged" and self.accepts and not self.missed and bool(self.caught)


def check_skeleton(exercise: Exercise) -> str:
    """The file in which a learner writes a check.

    Args:
        exercise: what it is to check.
    """
    names = ", ".join(SOLUTIONS[exercise.name])
    return f'''"""Write a check of {exercise.name}: {exercise.title}.

`check` gets {names}: the labs' own, or with a mistake in it that learners make. Return for the right one; raise an
AssertionError that says what is wrong for all others. `nnlabs exercise start {exercise.name}` writes down what each must do.

    nnlabs exercise judge check_{exercise.name}.py     which mistakes does it catch?
"""

import numpy as np


def check({names}):
    raise NotImplementedError("write check here")
'''


def judge_text(exercise: Exercise, text: str, file: str) -> Verdict:
    """Try a learner's check on the solution and on every planted mistake.

    Args:
        exercise: what it checks.
        text: of the learner's file; it is run.
        file: its name, for messages.
    """
    module = ModuleType("learners_check")
    try:
        exec(compile(text, file, "exec"), module.__dict__)
        check = getattr(module, "check", None)
    except BaseException as error:
        return Verdict(exercise.name, message=_describe(error, file), status="no check")
    if not callable(check):
        begins = f"`nnlabs exercise write-check {exercise.name}` writes the file to begin with"
        return Verdict(exercise.name, message=f"{file} holds no function `check`; {begins}", status="no check")
    right = solution(exercise)
    refusal = _refusal(check, exercise, right, file)
    if refusal:
        return Verdict(exercise.name, message=refusal)
    mistakes = {mistake.name: _refusal(check, exercise, mistake.plant(right), file) for mistake in exercise.mistakes}
    caught = [name for name, message in mistakes.items() if message]
    return Verdict(exercise.name, True, caught, [name for name in mistakes if name not in caught])


def _refusal(check: Any, exercise: Exercise, text: str, file: str) -> str:
    """What the learner's check says against a text; "" where it accepts it."""
    module = ModuleType("under_test")
    exec(compile(text, "solution", "exec"), module.__dict__)
    try:
        check(*(getattr(module, origin.key) for origin in origins(exercise.name)))
    except BaseException as error:
        return _describe(error, file)
    return ""


def _describe(error: BaseException, file: str) -> str:
    return f"{line_of(error, file)}{type(error).__name__}{f': {error}' if str(error) else ''}"
