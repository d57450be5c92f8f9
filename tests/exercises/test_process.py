"""Files that loop, crash, eat memory, leave, shout or destroy: told, never passed; and the checker goes on."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from nnlabs.errors import RunError
from nnlabs.exercises.catalog import find
from nnlabs.exercises.process import check_file
from nnlabs.exercises.source import solution

ADAM = find("adam")
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limits for single processes")


def check(tmp_path: Path, before: str = "", change: tuple[str, str] = ("", ""), seconds: int | None = None):
    """Check the solution, with lines before it or a change in it."""
    start = "from __future__ import annotations\n"
    path = tmp_path / "adam.py"
    text = solution(ADAM).replace(start, f"{start}{before}\n")
    path.write_text(text.replace(*change) if change[0] else text, encoding="utf-8")
    return check_file(ADAM, path, seconds)


def test_the_solution_passes_in_a_folder_of_its_own_without_our_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "12345")
    report = check(tmp_path, "import os\nprint(os.listdir(), os.environ.get('SECRET_KEY'), os.getcwd() != os.environ['PWD'] "
                             "if 'PWD' in os.environ else True)")  # fmt: skip
    assert report.status == "passed"
    assert report.passed == len(ADAM.checks)
    assert report.printed == "['adam.py'] None True\n"


@pytest.mark.parametrize(
    ("before", "message"),
    [
        ("import sys; sys.exit(0)", "line {line}: the code ended the program"),
        ("import os; os._exit(0)", "it ended by itself (exit code 0) before the checks were done"),
        ("for i in range(1_000_000): print('passed', i)", "it printed 13,888,890 characters"),
        ("import shutil; shutil.rmtree('.', ignore_errors=True)", "it deleted files in its working directory"),
        pytest.param(
            "import numpy; numpy.ones(10 * 2**30 // 8)", "MemoryError: Unable to allocate 10.0 GiB", marks=POSIX
        ),
        pytest.param("import ctypes; ctypes.string_at(0)", "it crashed (SIGSEGV)", marks=POSIX),
        ("1 / 0", "line {line}: ZeroDivisionError: division by zero while the file was read"),
        ("def f(:", "line {line}: Python cannot read this"),
    ],
)
def test_what_does_not_end_well_is_told(tmp_path, before, message):
    report = check(tmp_path, before)
    assert report.status in ("raised", "stopped")
    line = solution(ADAM).partition("from __future__")[0].count("\n") + 2
    assert message.replace("{line}", str(line)) in report.message
    assert report.findings == []


@POSIX
def test_an_endless_loop_is_stopped(tmp_path):
    report = check(tmp_path, change=("return self.lr", "while True: pass\n    return self.lr"), seconds=2)
    assert (report.status, report.message) == (
        "stopped",
        "it was stopped after 2 s: is there a loop that does not end?",
    )


def test_leaving_within_a_check_is_an_error_on_the_learners_line(tmp_path):
    report = check(tmp_path, change=("return self.lr", "import sys; sys.exit(0); return self.lr"))
    assert report.status == "raised"
    assert report.first is not None and report.first.problem is not None
    assert report.first.problem.got == "the code ended the program (sys.exit)"
    line = next(i for i, text in enumerate((tmp_path / "adam.py").read_text().splitlines(), 1) if "sys.exit" in text)
    assert report.first.where == f"{tmp_path / 'adam.py'}, line {line}"


def test_an_answer_without_the_secret_is_none(tmp_path):
    forged = json.dumps({"secret": "guessed", "report": {"exercise": "adam", "status": "passed", "findings": []}})
    report = check(tmp_path, f"import os, pathlib; pathlib.Path('../answer').write_text({forged!r}); os._exit(0)")
    assert report.status == "stopped"


def test_a_report_that_says_passed_without_its_checks_does_not_count(tmp_path):
    skip = "import nnlabs.exercises.checking as c; c._run = None; c.check_text.__globals__['needs'] = None"
    report = check(tmp_path, skip)
    assert report.status != "passed"


def test_files_that_cannot_be_read_are_a_sentence(tmp_path):
    with pytest.raises(RunError, match=r"cannot read .*gone.py: No such file"):
        check_file(ADAM, tmp_path / "gone.py")
    (tmp_path / "latin.py").write_bytes("é".encode("latin-1"))
    with pytest.raises(RunError, match="is no text in UTF-8"):
        check_file(ADAM, tmp_path / "latin.py")
