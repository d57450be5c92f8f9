"""`nnlabs exercise write-check` and `judge`: a check that the learner writes, held against known mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnlabs.exercises import process
from nnlabs.exercises.catalog import find
from nnlabs.exercises.writing import judge_text
from tests.exercises.typed import run, write

pytestmark = pytest.mark.usefixtures("desk")


def test_judge_by_name_takes_the_learners_check_and_not_the_exercise(capsys):
    run(capsys, "start", "adam")
    assert run(capsys, "judge", "adam")[2].startswith("error: there is no file check_adam.py here or in exercises")
    run(capsys, "write-check", "adam")
    by_name, by_file = run(capsys, "judge", "adam"), run(capsys, "judge", "exercises/check_adam.py")
    assert by_name == by_file and by_name[0] == 1


def test_a_check_that_the_learner_writes(capsys):
    assert run(capsys, "write-check", "cosine_warmup")[0] == 0
    path = Path("exercises/check_cosine_warmup.py")
    assert run(capsys, "judge", str(path))[1] == "cosine_warmup: your check is not begun.\n"
    path.write_text("def check(f):\n    assert abs(f(0, 12, 4, 0.8) - 0.2) < 1e-9, 'first step'\n", encoding="utf-8")
    code, out, _ = run(capsys, "judge", str(path))
    assert code == 1
    assert out.startswith(
        "cosine_warmup: your check accepts the labs' own code, and catches 2 of 9 known mistakes.\nIt lets"
    )
    assert "  it is not halved\n" in out and "rate of 0" not in out
    assert "is a check that you wrote; `nnlabs exercise judge" in run(capsys, "check", str(path))[2]


def test_a_check_must_accept_the_solution_and_a_thorough_one_catches_all():
    exercise = find("cosine_warmup")
    harsh = judge_text(exercise, "def check(f):\n    assert False, 'never'\n", "mine.py")
    assert (harsh.accepts, harsh.good, harsh.message) == (False, False, "mine.py, line 2: AssertionError: never")
    thorough = """
from nnlabs.exercises.catalog import find

def check(f):
    for its in find("cosine_warmup").checks:
        its(f)
"""
    verdict = judge_text(exercise, thorough, "mine.py")
    assert verdict.good and len(verdict.caught) == len(exercise.mistakes)


def test_a_check_of_the_learners_that_never_ends_is_not_told_to_refuse_the_labs_code(capsys, monkeypatch):
    monkeypatch.setattr(process, "SECONDS", 1)
    path = write(
        "check_cosine_warmup.py", "def check(f):\n    print('on')\n    while f(0, 12, 4, 0.8) != 0.2:\n        pass\n"
    )
    code, out, _ = run(capsys, "judge", str(path))
    assert code == 1
    assert "your check was not tried to its end: it was stopped after" in out
    assert "does not accept" not in out
    path.write_text("def check(f):\n    print(f(0, 12, 4, 0.8))\n    assert False\n", encoding="utf-8")
    out = run(capsys, "judge", str(path))[1]
    assert "does not accept the labs' own code" in out and "It printed:\n  0.2" in out
