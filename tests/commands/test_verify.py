"""`nnlabs verify` with a lab of one metric, run for real in processes of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nnlabs import cli
from nnlabs.cli import main
from nnlabs.commands.verify import SHIFT, differences, seed_options

# Writes what a lab writes; its metric follows from its seed, and from a file that a test can change.
LAB = """
import argparse, json, os, random, sys
from pathlib import Path
parser = argparse.ArgumentParser()
parser.add_argument("--preset"); parser.add_argument("--results"); parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--print_config", action="store_true")
options = parser.parse_args()
if options.print_config:
    sys.exit(print("seed: 0"))
factor = float((Path(__file__).parent / "factor").read_text())
if factor < 0:
    sys.exit("error: the factor is negative")
noise = random.Random() if factor == 7 else random.Random(options.seed)
loss = factor * noise.gauss(1, 0.01)
folder = Path(options.results) / "echo" / options.preset
folder.mkdir(parents=True)
(folder / "history.csv").write_text(f"epoch,loss\\n1,{loss!r}\\n")
acts = {"only": {"metrics": {"loss": loss, "seconds": random.random()}}}
verdict = "shown" if factor < 9 else "contradicted"
lesson = {"claim": "It counts", "verdict": verdict, "numbers": "loss", "why": "", "expected": True}
facts = {"data": "none", "stand_in_for": None, "minutes": random.random(), "acts": acts}
facts |= {"lessons": [lesson], "preset": options.preset}
(folder / "result.json").write_text(json.dumps(facts))
"""


@pytest.fixture
def lab(tmp_path, monkeypatch) -> Path:
    """A folder with one lab, and with the factor of its metric; reference values go there too."""
    (tmp_path / "lab1_echo.py").write_text(LAB)
    (tmp_path / "factor").write_text("1")
    monkeypatch.setattr(cli, "labs_dir", lambda: tmp_path)
    monkeypatch.setattr("nnlabs.commands.reference.PACKAGE", tmp_path)
    monkeypatch.setenv("NNLABS_RESULTS", str(tmp_path / "results"))
    return tmp_path


@pytest.fixture
def updated(lab, capsys) -> Path:
    assert main(["verify", "--update", "smoke"]) == 0
    assert "echo (smoke): 1 reference values in" in capsys.readouterr().out
    return lab


def test_reference_values_come_from_repetitions_with_other_seeds(updated):
    import random

    facts = json.loads((updated / "labs" / "echo" / "reference" / "smoke.json").read_text())
    values = [random.Random(SHIFT * number).gauss(1, 0.01) for number in range(8)]
    assert facts["metrics"]["only.loss"]["mean"] == pytest.approx(sum(values) / 8)
    assert facts["metrics"]["only.loss"]["n"] == 8
    assert set(facts["made_with"]) == {"processor", "python", "packages"}


def test_every_seed_of_a_lab_is_moved_but_that_of_the_split():
    settings = {"seeds": [0, 1], "data": {"split_seed": 0}, "train": {"seed": 3}, "tuning": {"seed": 1000}}
    assert seed_options(settings, 0) == ["--seeds", "[0, 1]", "--train.seed", "3", "--tuning.seed", "1000"]
    assert seed_options(settings, 2) == ["--seeds", "[200, 201]", "--train.seed", "203", "--tuning.seed", "1200"]
    assert seed_options({"seeds": 3, "seed": 0}, 1) == ["--seed", "100"]


def test_equal_bits_within_tolerance_are_verified(updated, capsys):
    assert main(["verify"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "echo (smoke), twice: 2 files equal bit for bit",
        "echo (smoke): 1 of 1 metrics within tolerance",
        "echo (smoke): 1 of 1 lessons shown",
        "Verified.",
    ]


def test_a_lesson_that_smoke_is_to_show_and_does_not_is_named(updated, capsys):
    (updated / "factor").write_text("9")
    assert main(["verify"]) == 1
    said = capsys.readouterr()
    assert "echo (smoke): 0 of 1 lessons shown" in said.out
    assert "echo does not show: It counts (loss; )" in said.err


def test_a_metric_that_is_off_is_named_in_a_table(updated, capsys):
    (updated / "factor").write_text("1.5")
    assert main(["verify", "echo"]) == 1
    said = capsys.readouterr()
    row = next(line for line in said.out.splitlines() if line.startswith("echo/smoke")).split()
    assert row[:2] == ["echo/smoke", "only.loss"]
    assert float(row[2]) == pytest.approx(1.5, abs=0.1) and float(row[3]) == pytest.approx(1, abs=0.1)
    assert said.err == "error: not verified: metrics off their reference values: 1\n"


def test_other_numbers_the_second_time_are_named(updated, capsys):
    (updated / "factor").write_text("7")
    assert main(["verify"]) == 1
    said = capsys.readouterr()
    assert "NOT EQUAL: echo/smoke/history.csv, echo/smoke/result.json" in said.out
    assert "echo gives other numbers the second time" in said.err


def test_full_results_on_real_data_are_held_against_their_own_reference(updated, capsys):
    def write_full(mean: float, stand_in_for: str | None = None) -> None:
        test = {"mean": mean, "low": mean - 0.01, "high": mean + 0.01, "n": 5.0}
        acts = {"only": {"metrics": {"test": test, "single": 1.0}}}
        folder = updated / "results" / "echo" / "full"
        folder.mkdir(parents=True, exist_ok=True)
        facts = {"data": "Fashion-MNIST", "stand_in_for": stand_in_for, "acts": acts}
        (folder / "result.json").write_text(json.dumps(facts))

    assert main(["verify", "--update", "full"]) == 1
    assert "there are no results of echo on real data" in capsys.readouterr().err
    write_full(0.9)
    assert main(["verify", "--update", "full"]) == 0
    assert main(["verify"]) == 0
    assert "echo (full): 1 of 1 metrics within tolerance" in capsys.readouterr().out
    write_full(0.7)
    assert main(["verify"]) == 1
    assert any(line.split()[:2] == ["echo/full", "only.test"] for line in capsys.readouterr().out.splitlines())
    write_full(0.7, "fashion_mnist")
    assert main(["verify"]) == 0
    assert "full" not in capsys.readouterr().out


def test_without_reference_values_it_says_how_to_make_them(lab, capsys):
    assert main(["verify"]) == 1
    assert "make them with: nnlabs verify --update smoke echo" in capsys.readouterr().err


def test_a_lab_that_fails_and_one_that_does_not_exist_are_one_sentence(updated, capsys):
    (updated / "factor").write_text("-1")
    assert main(["verify"]) == 1
    assert capsys.readouterr().err == "error: lab1_echo.py ended with exit code 1: error: the factor is negative\n"
    assert main(["verify", "ecko"]) == 2
    assert "there is no 'ecko'; did you mean 'echo'?" in capsys.readouterr().err


def test_a_file_that_one_side_lacks_is_a_difference(tmp_path):
    for root, loss in (("a", 1), ("b", 1)):
        (tmp_path / root / "run").mkdir(parents=True)
        (tmp_path / root / "run" / "result.json").write_text(json.dumps({"loss": loss, "seconds": root}))
    assert differences(tmp_path / "a", tmp_path / "b") == ([], 1)
    (tmp_path / "b" / "run" / "history.csv").write_text("")
    assert differences(tmp_path / "a", tmp_path / "b") == (["run/history.csv"], 2)
