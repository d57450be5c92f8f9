"""`nnlabs exercise grade`: the exercises of a class."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest

from nnlabs.cli import main
from nnlabs.exercises.catalog import find
from nnlabs.exercises.source import solution
from tests.exercises.typed import run

pytestmark = pytest.mark.usefixtures("desk")


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four submissions of three learners: two with the same mistake, one with an end of its own."""
    top = tmp_path_factory.mktemp("school")
    exercise = find("adamw")
    wrong = exercise.mistakes[0].plant(solution(exercise))
    for learner, text in {"ada": solution(exercise), "ben": wrong, "cy": wrong}.items():
        (top / learner / "exercises").mkdir(parents=True)
        (top / learner / "exercises" / "adamw.py").write_text(text, encoding="utf-8")
    (top / "cy" / "momentum.py").write_text("def change(self, g, memory):\n    quit()\n", encoding="utf-8")
    (top / "cy" / "notes.py").write_text("raise SystemExit\n", encoding="utf-8")
    return top


def test_grade(capsys, school, tmp_path):
    code, out, _ = run(capsys, "grade", str(school), "--json", "--page", str(tmp_path / "class.html"))
    assert code == 0
    said = json.loads(out)
    found = {(row["learner"], row["exercise"]): row["status"] for row in said["submissions"]}
    assert found == {
        ("ada", "adamw"): "passed",
        ("ben", "adamw"): "wrong",
        ("cy", "adamw"): "wrong",
        ("cy", "momentum"): "raised",
    }
    first = said["mistakes"][0]
    assert (first["exercise"], first["submissions"]) == ("adamw", 2)
    assert first["mistake"].startswith("the decay is put into the gradient")
    page = (tmp_path / "class.html").read_text(encoding="utf-8")
    assert "1 of 4 submissions pass." in page and "the decay is put into the gradient" in page
    assert "http" not in page and "<script" not in page


def test_one_file_that_cannot_be_read_does_not_cost_the_class_its_grades(capsys, school, tmp_path):
    shutil.copytree(school, tmp_path / "class")
    unreadable = solution(find("adamw")).encode() + b"# \xe9\n"
    (tmp_path / "class" / "ben" / "exercises" / "adamw.py").write_bytes(unreadable)
    (tmp_path / "class" / "dot" / "adam.py").mkdir(parents=True)
    code, out, err = run(capsys, "grade", "class", "--page", "no_folder.html/page.html")
    assert code == 0 and Path("no_folder.html/page.html").is_file(), err
    (tmp_path / "file").touch()
    code, out, err = run(capsys, "grade", "class", "--page", "file/page.html")
    assert code == 1 and "file" in err  # the page cannot be written, but what was found is told
    assert "ada: 1 of 1 passed" in out
    assert "raised: " in out and "is no text in UTF-8; save it as UTF-8" in out and "cannot read" in out


def test_grade_as_text_and_csv(capsys, school):
    out = run(capsys, "grade", str(school / "ben"))[1]
    assert out.startswith(
        "exercises: 0 of 1 passed\n  adamw                  wrong: the decay is put into the gradient"
    )
    rows = list(csv.DictReader(io.StringIO(run(capsys, "grade", str(school / "ben"), "--csv")[1])))
    assert [(row["exercise"], row["checks"]) for row in rows] == [("adamw", "6")]
    counts = list(csv.DictReader(io.StringIO(run(capsys, "grade", str(school / "ben"), "--mistakes")[1])))
    assert [row["submissions"] for row in counts] == ["1"]


def test_grade_says_in_its_help_what_it_does_not_guard_against(capsys):
    with pytest.raises(SystemExit):
        main(["exercise", "grade", "--help"])
    out = " ".join(capsys.readouterr().out.split())
    assert "Submissions are code, and they are run." in out
    assert "Not guarded against: reading or deleting your files elsewhere, using the network" in out
