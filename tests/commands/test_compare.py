"""`nnlabs compare` on real tiny runs and on a lab's presets."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from nnlabs.cli import main
from nnlabs.config.load import with_changes
from nnlabs.runs.execute import execute
from nnlabs.runs.run import Run


@pytest.fixture(scope="module")
def trained(tiny, tmp_path_factory) -> dict[str, Path]:
    """Folders of some runs."""
    root = tmp_path_factory.mktemp("compare")
    changes = {
        "slow": {"train.lr": 1e-4},
        "fast": {"train.lr": 1e-2, "train.epochs": 5},
        "signals": {"data.name": "mnist1d"},
        "diverged": {"train.optimizer": "sgd", "train.lr": 1e20},
        "fold": {"data.fold": 1, "data.folds": 3},
        "noisy": {"data.label_noise": 0.4, "data.fold": 1, "data.folds": 3},
        "own noise": {"data.label_noise": 0.2},
        "stand-in": {"data.name": "mnist1d", "data.stand_in_for": "cifar10", "data.folds": 3},
    }
    runs = {name: Run(with_changes(tiny, change, "test"), root / "lab") for name, change in changes.items()}
    for run in runs.values():
        execute(run, show_progress=False)
    return {name: run.folder for name, run in runs.items()}


@pytest.fixture
def compare(tmp_path, monkeypatch, capsys):
    """Compares two folders; gives what was printed, and the figure."""
    monkeypatch.setenv("NNLABS_RESULTS", str(tmp_path))

    def call(a: Path, b: Path) -> tuple[str, Path]:
        assert main(["compare", str(a), str(b)]) == 0
        said = capsys.readouterr().out
        return said, Path(said.rpartition("Figure: ")[2].strip())

    return call


def line(said: str, name: str) -> list[str]:
    return next(row for row in said.splitlines() if row.startswith(name)).split()


def test_what_differs_and_by_how_much(trained, compare):
    said, figure = compare(trained["slow"], trained["fast"])
    settings = said[said.index("setting") : said.index("metric")]
    assert [row.split() for row in settings.splitlines()[2:] if row] == [
        ["train.epochs", "3", "5"],
        ["train.lr", "0.0001", "0.01"],
    ]
    a, b = (json.loads((trained[name] / "result.json").read_text()) for name in ("slow", "fast"))
    shown = line(said, "validation_loss")
    assert shown[1:] == [f"{a['validation_loss']:.4g}", f"{b['validation_loss']:.4g}", shown[3]]
    assert float(shown[3]) == pytest.approx(b["validation_loss"] - a["validation_loss"], rel=0.01)
    with figure.with_suffix(".csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["run"] == "B"]
    with (trained["fast"] / "history.csv").open(newline="") as file:
        history = list(csv.DictReader(file))
    assert [row["validation_accuracy"] for row in rows] == [row["validation_accuracy"] for row in history]
    with Image.open(figure) as picture:
        assert picture.width == 1500 and len(np.unique(np.asarray(picture.convert("L")))) > 20
    assert figure.with_suffix(".svg").is_file()


def test_different_data_are_shouted_and_other_validation_images_are_said(trained, compare):
    said, _ = compare(trained["slow"], trained["signals"])
    assert "DIFFERENT DATA: Digits and MNIST-1D. The metrics below are NOT COMPARABLE." in said
    said, _ = compare(trained["slow"], trained["fold"])
    assert "DIFFERENT VALIDATION IMAGES (data.fold, data.folds)" in said
    assert "NOT COMPARABLE" not in said


def test_the_same_data_are_comparable_as_a_stand_in_too_and_folds_that_nobody_asked_for_divide_nothing(
    trained, compare
):
    said, _ = compare(trained["signals"], trained["stand-in"])
    assert line(said, "data.folds") == ["data.folds", "5", "3"]
    assert "DIFFERENT" not in said
    assert line(said, "validation_loss")[3] == "0"


def test_a_folders_pictures_are_the_same_data_wherever_it_lies_and_others_are_not(tiny, compare, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for i in range(40):
        path = tmp_path / "pictures" / f"class{i % 2}" / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), 6 * i).save(path)
    shutil.copytree("pictures", "copied/elsewhere")
    shutil.copytree("pictures", "other")
    Image.new("L", (8, 8), 255).save("other/class0/0.png")
    names = ("folder:pictures", f"folder:{tmp_path}/pictures", "folder:copied/elsewhere", "folder:other")
    changes = [{"data.name": name, "data.train_size": None} for name in names]
    runs = [Run(with_changes(tiny, change, "test"), tmp_path / "lab") for change in changes]
    for run in runs:
        execute(run, show_progress=False)
    for run in runs[1:3]:
        said, _ = compare(runs[0].folder, run.folder)
        assert "DIFFERENT" not in said and line(said, "validation_loss")[3] == "0"
    said, _ = compare(runs[0].folder, runs[3].folder)
    assert "DIFFERENT DATA: pictures and other. The metrics below are NOT COMPARABLE." in said


def test_what_differs_in_label_noise_and_not_only_in_how_it_is_said_is_told(trained, compare):
    told = "DIFFERENT LABEL NOISE (0.2 and 0.4): training metrics take wrong labels for true, and are NOT COMPARABLE."
    said, _ = compare(trained["fold"], trained["noisy"])
    assert told in said and "VALIDATION IMAGES" not in said
    said, _ = compare(trained["own noise"], trained["noisy"])
    assert told in said and "DIFFERENT VALIDATION IMAGES (data.fold, data.folds)" in said
    said, _ = compare(trained["slow"], trained["own noise"])
    assert line(said, "data.label_noise") == ["data.label_noise", "null", "0.2"]
    assert "DIFFERENT" not in said


def test_the_same_run_twice(trained, compare):
    said, figure = compare(trained["slow"], trained["slow"])
    assert "Both are the same." in said
    assert "All settings are equal." in said
    assert line(said, "validation_accuracy")[-1] == "0"
    assert figure.is_file()


def test_an_unfinished_run_shows_its_last_epoch_and_a_diverged_one_dashes(trained, compare, tmp_path):
    stopped = tmp_path / "stopped"
    shutil.copytree(trained["fast"], stopped)
    (stopped / "result.json").unlink()
    rows = (stopped / "history.csv").read_text().splitlines(keepends=True)
    (stopped / "history.csv").write_text("".join(rows[:3]))
    said, figure = compare(stopped, trained["diverged"])
    assert f"A  {stopped} (not finished: its numbers are those of epoch 2 of 5)" in said
    last = dict(zip(rows[0].strip().split(","), rows[2].strip().split(","), strict=True))
    assert line(said, "validation_loss")[1:] == [f"{float(last['validation_loss']):.4g}", "–", "–"]
    assert figure.is_file()


def test_presets_of_a_lab_by_their_config_and_the_numbers_of_their_acts(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("NNLABS_RESULTS", str(tmp_path))
    for preset, accuracy in (("quick", 0.8), ("full", 0.9)):
        folder = tmp_path / "lab" / preset
        folder.mkdir(parents=True)
        (folder / "config.yaml").write_text(yaml.safe_dump({"preset": preset, "train": {"lr": 0.1}}))
        test = {"mean": accuracy, "low": 0.1, "high": 1.0, "n": 3}
        acts = {"techniques": {"metrics": {"plain": {"test": test, "minutes": None}, "images": 100}}}
        (folder / "result.json").write_text(json.dumps({"data": "Digits", "acts": acts}))
    assert main(["compare", "lab/quick", "lab/full"]) == 0
    said = capsys.readouterr().out
    assert line(said, "preset") == ["preset", "quick", "full"]
    assert line(said, "techniques.plain.test") == ["techniques.plain.test", "0.8", "0.9", "+0.1"]
    assert "train.lr" not in said and "low" not in said and "COMPARABLE" not in said
    (tmp_path / "lab" / "full" / "result.json").unlink()
    assert main(["compare", "lab/quick", "lab/full"]) == 0
    assert "not finished: it has no numbers yet" in capsys.readouterr().out


def test_whole_and_large_numbers_are_written_whole_and_differences_with_their_sign(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("NNLABS_RESULTS", str(tmp_path))
    sides = {"quick": (22134.0, 100, 40000.4, 0.5, 1e20, 7), "full": (20000.0, 1300, 50000.9, 0.5, 2e20, None)}
    for preset, values in sides.items():
        folder = tmp_path / "lab" / preset
        folder.mkdir(parents=True)
        (folder / "config.yaml").write_text("preset: quick\n")
        metrics = dict(zip(("weights", "images", "steps", "right", "loss", "alone"), values, strict=True))
        (folder / "result.json").write_text(json.dumps({"data": "Digits", "acts": {"act": {"metrics": metrics}}}))
    assert main(["compare", "lab/quick", "lab/full"]) == 0
    said = capsys.readouterr().out
    assert [row.split() for row in said[said.index("act.") :].splitlines()] == [
        ["act.weights", "22,134", "20,000", "-2,134"],
        ["act.images", "100", "1,300", "+1,200"],
        ["act.steps", "40,000", "50,001", "+10,000"],
        ["act.right", "0.5", "0.5", "0"],
        ["act.loss", "1e+20", "2e+20", "+1e+20"],
        ["act.alone", "7", "–", "–"],
    ]
    assert len({len(row) for row in said[said.index("act.") :].splitlines()}) == 1, "numbers stand flush right"


def test_what_cannot_be_compared_is_one_sentence(trained, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("NNLABS_RESULTS", str(tmp_path))
    (tmp_path / "lab" / "quick").mkdir(parents=True)
    (tmp_path / "lab" / "quick" / "config.yaml").write_text("preset: quick\n")
    bare = tmp_path / "bare"
    shutil.copytree(trained["slow"], bare)
    (bare / "history.csv").unlink()
    for words, code, message in (
        (("lab/quick", str(trained["slow"])), 2, "two runs or two presets of labs, but got one of each"),
        (("lab", str(trained["slow"])), 1, "has no config.yaml; give a run, or LAB/PRESET"),
        ((str(trained["slow"]), "lab"), 1, f"{tmp_path / 'lab'} holds neither a run nor the results of a lab"),
        (("lab/quick", "lab"), 1, "holds neither a run nor the results of a lab"),
        ((str(bare), str(bare)), 1, "holds no finished epoch"),
        (("nosuch", "lab"), 2, "nosuch: no such folder"),
    ):
        assert main(["compare", *words]) == code
        error = capsys.readouterr().err
        assert message in error and error.count("\n") == 1
