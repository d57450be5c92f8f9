"""`nnlabs doctor`: how a run is found, what is printed, and how mistakes are told."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from nnlabs.cli import main
from nnlabs.paths import PACKAGE


@pytest.fixture
def results(trained, tmp_path, monkeypatch):
    """A results folder with a healthy and an ill run of one lab."""
    root = tmp_path / "results"
    monkeypatch.setenv("NNLABS_RESULTS", str(root))
    for run in (trained(), trained({"train.lr": 1e-5})):
        shutil.copytree(run.folder, root / "lab" / run.folder.name)
    (root / "lab" / "quick").mkdir()
    return root


def test_a_healthy_run_is_told_so(results, trained, capsys):
    name = trained().folder.name
    assert main(["doctor", name]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{name}\nmlp on digits, adam, learning rate 0.001; 20 of 20 epochs (finished); right: ")
    assert said.endswith("Healthy: none of 13 known illnesses was found.\n")


def test_an_ill_run_ends_with_code_0_and_fits_into_100_columns(results, trained, capsys):
    run = trained({"train.lr": 1e-5})
    for said in (run.folder.name[:-3], str(results / "lab" / run.folder.name), f"lab/{run.folder.name}"):
        assert main(["doctor", said]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert "LEARNING RATE TOO LOW" in lines
        assert max(map(len, lines)) <= 100
        assert any(line.startswith("  try:    --train.lr 0.001") for line in lines)


def test_a_run_that_was_stopped_is_examined_as_far_as_it_came(results, trained, capsys):
    folder = results / "lab" / trained().folder.name
    (folder / "result.json").unlink()
    assert main(["doctor", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "20 of 20 epochs (unfinished)" in said
    assert "Healthy: none of 13" in said  # what is wrong with the searches of others is not its illness


def test_a_folder_is_named_also_where_it_is_the_working_directory(results, trained, capsys, monkeypatch):
    monkeypatch.chdir(results / "lab" / trained().folder.name)
    assert main(["doctor", "."]) == 0
    assert capsys.readouterr().out.startswith(f"{trained().folder.name}\n")


GUESSING = "the network is no better than guessing: to name the commonest class always gets 1"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"train.epochs": 1}, "1 epoch is too little to tell: the checks need 3."),
        ({"train.epochs": 2}, "2 epochs are too little to tell: the checks need 3."),
        ({"train.epochs": 1, "train.lr": 1e-9}, f"1 epoch is too little to tell: the checks need 3; and {GUESSING}"),
        ({"train.epochs": 3, "train.lr": 1e-9}, GUESSING),
    ],
)
def test_a_run_that_is_too_short_or_guesses_is_not_called_healthy(trained, tmp_path, capsys, changes, told):
    run = trained({"train.lr": 1e-2} | changes, tmp_path / "lab")
    assert main(["doctor", str(run.folder)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"No illness found, but {told}" in said and "Healthy" not in said


def test_a_folder_in_which_runs_lie_but_no_lab_is_not_called_healthy(results, trained, tmp_path, capsys):
    copy = tmp_path / "elsewhere"
    shutil.copytree(trained().folder, copy / "run")
    (copy / "empty").mkdir()
    assert main(["doctor", str(copy)]) == 1
    told = capsys.readouterr().err
    assert f"{copy} is no lab's folder, though runs lie in it; examine one of them, such as {copy / 'run'}" in told
    assert main(["doctor", str(copy / "empty")]) == 1, "what lies beside it is not what was asked for"
    (copy / "smoke").mkdir()
    (copy / "smoke" / "config.yaml").write_text("preset: smoke\n")
    assert main(["doctor", str(copy)]) == 0, "a copy of a lab's folder is one"
    assert "Nothing found" in capsys.readouterr().out


@pytest.mark.parametrize("folder", ["lab", "lab/quick", "lab/quick-mnist1d"])
def test_a_labs_searches_are_examined_by_its_name_or_its_presets(results, capsys, folder):
    (results / "lab" / "quick-mnist1d").mkdir()
    (results / "lab" / "quick-mnist1d" / "config.yaml").write_text("preset: quick\n")
    assert main(["doctor", folder]) == 0
    said = capsys.readouterr().out
    assert said.startswith(
        "lab: 2 finished runs\n\nNothing found: no three runs differ in one setting alone, so that no"
    )


def test_what_cannot_be_found_or_read_is_one_sentence(results, trained, capsys):
    folder = results / "lab" / trained().folder.name
    shutil.copytree(folder, results / "lab" / "mlp-x")
    (results / "lab" / "mlp-x" / "history.csv").write_text("")
    shutil.copytree(folder, results / "lab" / "cut")
    (results / "lab" / "cut" / "checkpoint.pt").write_bytes(b"PK")
    shutil.copytree(folder, results / "lab" / "odd")
    (results / "lab" / "odd" / "config.yaml").write_text("data: {color: red}\nmodel: {}\ntrain: {}\n")
    (results / "empty").mkdir()
    for said, code, message in (
        ("nosuch", 2, "nosuch: no such folder, nor a run of that name below"),
        ("mlp-", 2, "mlp- begins the names of 3 folders"),
        ("mlp-x", 1, "history.csv is empty or gone; move the run's folder away"),
        ("cut", 1, "is no readable checkpoint"),
        ("odd", 2, "data.color: no such setting"),
        ("empty", 1, "holds no finished run of a training lab"),
    ):
        assert main(["doctor", said]) == code
        error = capsys.readouterr().err
        assert error.startswith("error: ") and message in error
        assert error.count("\n") == 1


def test_help_and_mistakes_are_answered_without_torch(tmp_path):
    script = "import sys; from nnlabs.cli import main\n"
    script += "try: main(['doctor', '--help'])\nexcept SystemExit as ended: assert ended.code == 0\n"
    script += "assert main(['doctor', 'nosuch']) == 2; sys.exit('torch' in sys.modules)"
    environment = os.environ | {"PYTHONPATH": str(PACKAGE.parent), "NNLABS_RESULTS": str(tmp_path)}
    ended = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert "RUN" in ended.stdout
    assert "there are no results yet" in ended.stderr


OWN = """
import torch

class Descent(torch.optim.SGD):
    def __init__(self, params, lr):
        super().__init__(params, lr)
"""


def test_trials_are_refused_where_an_optimizer_of_ones_own_was_edited_since(tmp_path, monkeypatch, capsys):
    own = tmp_path / "own.py"
    own.write_text(OWN)
    monkeypatch.setenv("NNLABS_RESULTS", str(tmp_path))
    words = [
        "--data.train_size",
        "100",
        "--train.epochs",
        "2",
        "--train.optimizer",
        f"{own}:Descent",
        "--train.lr",
        "0.1",
    ]
    assert main(["train", *words, "--name", "mine"]) == 0
    assert main(["doctor", "mine"]) == 0
    own.write_text(OWN.replace("lr)\n", "-lr)\n"))
    capsys.readouterr()
    assert main(["doctor", "mine"]) == 1
    assert "own.py:Descent was changed after" in capsys.readouterr().err
