from __future__ import annotations

import pytest

from nnlabs import __version__
from nnlabs.cli import DESCRIPTION, lab_files, load_lab_module, main
from nnlabs.errors import ConfigError


@pytest.mark.parametrize("words", [[], ["-h"], ["--help"], ["run", "--help"], ["list", "-h"]])
def test_help(capsys, words):
    assert main(words) == 0
    assert capsys.readouterr().out == DESCRIPTION


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"nnlabs {__version__}\n"


def test_list_shows_each_lab_with_its_question(capsys):
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(lab_files())
    assert any(line.startswith("regularization ") and line.endswith("What stops it?") for line in lines)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["lst"], "error: nnlabs lst: no such command; did you mean 'list'?\n"),
        (["list", "all"], "error: nnlabs list takes nothing more, but got all\n"),
        (["run", "regularisation"], "error: nnlabs run regularisation: no such lab; did you mean 'regularization'?\n"),
        (["reproduce", "nolab"], "error: nnlabs reproduce: there is no 'nolab'; known are "),
        (["run"], "error: nnlabs run: which lab? known are "),
        (["run", "--preset", "smoke"], "error: nnlabs run: which lab? known are "),
        (["run", "regularization", "--train.lrr", "1"], "error: train.lrr: no such setting; did you mean 'train.lr'?"),
    ],
)
def test_a_mistake_is_one_line_and_code_2(capsys, words, message):
    assert main(words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(message)
    assert said.err.count("\n") == 1


def test_a_lab_is_run_with_the_words_that_follow_its_name(tmp_path, monkeypatch):
    lab = tmp_path / "lab9_echo.py"
    lab.write_text(
        "def main(argv):\n    from pathlib import Path\n    Path(argv[0]).write_text(argv[1])\n    return 7\n"
    )
    monkeypatch.setattr("nnlabs.cli.labs_dir", lambda: tmp_path)
    assert main(["run", "echo", str(tmp_path / "heard"), "--loud"]) == 7
    assert (tmp_path / "heard").read_text() == "--loud"


def test_what_is_no_python_file_is_no_lab(tmp_path):
    with pytest.raises(ConfigError, match="is no Python file"):
        load_lab_module(tmp_path / "lab1_x.txt")
