from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from nnlabs.errors import ConfigError, DataError, RunError, UserError, run_as_script
from nnlabs.paths import PACKAGE


@pytest.mark.parametrize(("returned", "code"), [(None, 0), (0, 0), (3, 3)])
def test_what_a_command_returns_is_its_exit_code(returned, code):
    assert run_as_script(lambda: returned) == code


@pytest.mark.parametrize(("error", "code"), [(ConfigError, 2), (DataError, 1), (RunError, 1), (UserError, 1)])
def test_an_error_of_the_users_is_one_line_and_a_code(capsys, error, code):
    def fail():
        raise error("the bottle is empty; open another")

    assert run_as_script(fail) == code
    assert capsys.readouterr() == ("", "error: the bottle is empty; open another\n")


def test_what_one_may_not_read_or_write_is_a_sentence(capsys):
    def fail():
        raise PermissionError(13, "Permission denied", "/shared/results")

    assert run_as_script(fail) == 1
    assert capsys.readouterr().err == "error: /shared/results: you may not read or write this; change its permissions\n"


@pytest.mark.parametrize(
    ("words", "again"),
    [([], "again makes"), *(([word], "again, without --fresh, makes") for word in ("--fresh", "--fresh=true"))],
)
def test_whoever_stopped_a_command_reads_how_it_goes_on(capsys, monkeypatch, words, again):
    def stop():
        raise KeyboardInterrupt

    monkeypatch.setattr("sys.argv", ["nnlabs", "run", "perceptron", *words])
    assert run_as_script(stop) == 130
    assert capsys.readouterr().err == f"\nStopped by Ctrl-C. The same command {again} what is not finished.\n"


def test_a_name_that_no_file_system_takes_is_a_sentence(capsys):
    assert run_as_script(lambda: Path("a" * 3000).is_dir()) == 2
    assert capsys.readouterr().err.startswith("error: a name is too long for the file system: aaa")


def test_a_command_draws_whatever_backend_a_notebook_passes_on():
    code = "import sys; from nnlabs.errors import run_as_script\nsys.exit(run_as_script(lambda: __import__('matplotlib') and 3))"
    environment = os.environ | {
        "PYTHONPATH": str(PACKAGE.parent),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }
    assert subprocess.run([sys.executable, "-c", code], env=environment).returncode == 3


def test_ctrl_c_is_130_and_says_that_nothing_is_lost(capsys):
    def interrupt():
        raise KeyboardInterrupt

    assert run_as_script(interrupt) == 130
    said = capsys.readouterr().err
    assert "The same command again makes what is not finished" in said
    assert "Traceback" not in said


def test_a_mistake_of_ours_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        run_as_script(lambda: 1 // 0)


def test_where_a_reader_went_away_nothing_is_said_and_the_exit_code_is_the_shells():
    reading, writing = os.pipe()
    os.close(reading)
    script = "import sys; from nnlabs.errors import run_as_script; sys.exit(run_as_script(lambda: print('x')))"
    environment = os.environ | {"PYTHONPATH": str(PACKAGE.parent)}
    ended = subprocess.run([sys.executable, "-c", script], stdout=writing, stderr=subprocess.PIPE, env=environment)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_output_that_does_not_fit_on_the_disk_is_a_sentence():
    script = "import sys; from nnlabs.errors import run_as_script; sys.exit(run_as_script(lambda: print('x')))"
    environment = os.environ | {"PYTHONPATH": str(PACKAGE.parent)}
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run([sys.executable, "-c", script], stdout=full, stderr=subprocess.PIPE, env=environment)
    assert ended.returncode == 1
    assert ended.stderr.rstrip() == b"error: what was to be printed could not be written: the disk is full"


def test_an_error_comes_back_from_another_process_as_it_was():
    error = pickle.loads(pickle.dumps(ConfigError("train.lr: no", "train.lr")))
    assert (str(error), error.key) == ("train.lr: no", "train.lr")
