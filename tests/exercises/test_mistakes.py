"""Every solution passes, every blank reads as not begun, every planted mistake is caught by a message that names its cause."""

from __future__ import annotations

import warnings

import pytest

from nnlabs.exercises.catalog import LABS, NAMES, all_exercises, find
from nnlabs.exercises.checking import Report, check_text
from nnlabs.exercises.exercise import Exercise, Mistake
from nnlabs.exercises.source import bug, skeleton, solution

PLANTED = [(exercise.name, mistake) for exercise in all_exercises() for mistake in exercise.mistakes]


def check(exercise: Exercise, text: str) -> Report:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # overflows are among the mistakes
        return check_text(exercise, text, f"{exercise.name}.py")


def test_there_are_enough_in_the_order_of_the_labs() -> None:
    exercises = all_exercises()
    assert len(exercises) >= 24
    assert [exercise.lab for exercise in exercises] == sorted(exercise.lab for exercise in exercises)
    assert {exercise.lab for exercise in exercises} == set(LABS)
    assert all(10 <= exercise.minutes <= 30 for exercise in exercises)
    assert all(len(exercise.mistakes) >= 6 and len(exercise.checks) >= 2 for exercise in exercises)


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_passes_and_the_blank_is_not_begun(name: str) -> None:
    exercise = find(name)
    report = check(exercise, solution(exercise))
    assert report.status == "passed", report
    assert report.passed == len(exercise.checks)
    blank = check(exercise, skeleton(exercise))
    assert (blank.status, blank.findings) == ("not begun", [])


@pytest.mark.parametrize("name", NAMES)
def test_a_blank_that_returns_nothing_is_wrong_everywhere_it_is_asked(name: str) -> None:
    exercise = find(name)
    text = "\n".join(
        line.replace(line.strip(), "return None") if "raise NotImplementedError" in line else line
        for line in skeleton(exercise).splitlines()
        if not line.startswith("Put your own code")
    )
    report = check(exercise, text)
    assert report.status in ("wrong", "raised")
    assert report.first is not None and report.first == report.findings[0]


@pytest.mark.parametrize(("name", "mistake"), PLANTED, ids=[f"{name}: {its.name}" for name, its in PLANTED])
def test_a_planted_mistake_is_caught_by_its_cause(name: str, mistake: Mistake) -> None:
    exercise = find(name)
    report = check(exercise, mistake.plant(solution(exercise)))
    assert report.status in ("wrong", "raised")
    assert report.first is not None and report.first.problem is not None
    problem = report.first.problem
    said = " ".join([report.first.check, problem.inputs, problem.expected, problem.got, problem.think, problem.cause])
    assert mistake.says in said
    assert problem.inputs and problem.expected and problem.got and problem.think
    assert "Error" not in problem.inputs


def test_a_mistake_that_cannot_be_planted_any_more_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"'drifted' cannot be planted: there is no 'nowhere'"):
        Mistake("drifted", "", (("nowhere", "x"),)).plant(solution(find("adam")))


def test_a_bug_hunt_begins_with_code_that_fails_and_says_nothing_of_where() -> None:
    exercise = find("dropout")
    for mistake in exercise.mistakes:
        text = bug(exercise, mistake)
        assert check(exercise, text).status in ("wrong", "raised")
        assert mistake.name not in text and "NotImplementedError" not in text
