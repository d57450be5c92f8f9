"""Which files of a class `nnlabs exercise grade` takes for submissions, and what it says of the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nnlabs.cli import main
from nnlabs.exercises.catalog import find
from nnlabs.exercises.source import solution


def test_submissions_are_known_by_their_first_line_too_and_what_is_left_out_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = solution(find("adamw"))
    files = {
        "bob/adamw (1).py": text,
        "bob/bug_adamw.py": text,
        "cid/check_adamw.py": text,
        "cid/cid_adamw.py": f"# Cid\n{text}",
        "cid/notes.py": "# Exercise adamw: hard\n",
        "dan/mine.py": text.replace("super().step()", "super().step("),
        "dan/latin.py": "# é\n",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content.encode("latin-1" if "latin" in name else "utf-8"))
    assert main(["exercise", "grade", str(tmp_path), "--json"]) == 0
    said = capsys.readouterr()
    found = {Path(row["file"]): (row["learner"], row["status"]) for row in json.loads(said.out)["submissions"]}
    assert found == {
        tmp_path / "bob" / "adamw (1).py": ("bob", "passed"),
        tmp_path / "cid" / "cid_adamw.py": ("cid", "passed"),
        tmp_path / "dan" / "mine.py": ("dan", "raised"),  # Python cannot read it, but it is a submission
    }
    left_out = [line.split(" is left out: ")[0] for line in said.err.splitlines()]
    names = ("bob/bug_adamw.py", "cid/check_adamw.py", "cid/notes.py", "dan/latin.py")
    assert left_out == [f"notice: {tmp_path / name}" for name in names]
    assert "is no text in UTF-8" in said.err
    assert "neither its name nor its first line says which exercise it is" in said.err


def test_a_folder_without_a_submission_is_told_after_what_was_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.py").write_text("x = 1\n", encoding="utf-8")
    assert main(["exercise", "grade", str(tmp_path)]) == 1
    said = capsys.readouterr()
    notice, error = said.err.splitlines()
    assert said.out == "" and notice.startswith(f"notice: {tmp_path / 'notes.py'} is left out: ")
    assert error.startswith(f"error: {tmp_path} holds no submission: files are named as exercises, such as ")
    assert error.endswith("or begin with the line that `nnlabs exercise start` writes")


def test_a_name_that_is_no_utf8_costs_nobody_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    learner = tmp_path / "gr\udcfcn"
    try:
        learner.mkdir()
    except (OSError, UnicodeError):
        pytest.skip("the file system takes no such name")
    (learner / "cosine_warmup.py").write_text(solution(find("cosine_warmup")), encoding="utf-8")
    page = tmp_path / "page.html"
    assert main(["exercise", "grade", str(tmp_path), "--page", str(page)]) == 0
    assert "1 of 1 passed" in capsys.readouterr().out
    assert "<td>gr?n</td><td>cosine_warmup</td>" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("seconds", ["0", "-3", str(10**30)])
def test_nobody_is_judged_in_no_time(tmp_path: Path, capsys: pytest.CaptureFixture[str], seconds: str) -> None:
    assert main(["exercise", "grade", str(tmp_path), "--seconds", seconds]) == 2
    said = capsys.readouterr()
    assert said.err == f"error: nnlabs exercise grade: --seconds goes from 1 to 86400, and is {seconds}\n"


def test_no_learner_is_passed_over_and_errors_are_called_by_their_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = solution(find("momentum"))
    files = {
        "lea/MOMENTUM.PY": text,
        "max/momentum.py.txt": text,
        "noa/momentum.ipynb": "{}",
        "pia/momentum.py": text.replace("return self.lr * ", "return rate * "),
        "quy/momentum.py": text.replace("return self.lr * ", "return 3 * "),
        ".git/config": "",
    }
    assert text.count("return self.lr * ") == 1
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    (tmp_path / "rob").mkdir()
    assert main(["exercise", "grade", str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert "lea: 1 of 1 passed" in said.out and "max: 1 of 1 passed" in said.out
    assert "1  momentum: NameError: name 'rate' is not defined" in said.out
    assert "1  momentum: does not hold: The first step is that of plain descent" in said.out
    assert [line.split(": ")[1] for line in said.err.splitlines()] == [
        f"{tmp_path / 'noa' / 'momentum.ipynb'} is left out",
        "noa has handed in nothing that can be graded",
        "rob has handed in nothing that can be graded",
    ]
