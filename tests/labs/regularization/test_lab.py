"""Lab 3's real `main()` on tiny data: its files, its figures' numbers, and what it says."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from nnlabs.cli import lab_files, load_lab_module
from nnlabs.commands.doctor.searches import find_tested, read_trials
from tests.results import lab_folder

TINY = """
data: {name: digits, train_size: 200}
model: {widths: [16]}
train: {epochs: 3, batch_size: 32, lr: 5.e-3}
seeds: [0, 1]
sweep: {workers: 1}
noise: {label_noise: 0.3, train_size: 100, epochs: 1}
techniques:
  plain: {}
  L1: {train.l1: 2}
  early stopping: {train.patience: 1}
  hopeless: {train.lr: 1.e+30, train.optimizer: sgd}
together: {train.l1: 2, train.patience: 1}
strengths: {weight_decay: [0, 1], l1: [0, 1.e-3], dropout: [0, 0.5], train_size: 100, epochs: 1}
sizes: {sizes: [50, 200, 5000], steps: 4} # all there are, and more
topologies: {models: {mlp: {}, linear: {model.name: linear, model.widths: null}}, train_size: 100, epochs: 1}
selection:
  grid: {train.weight_decay: [0.1, 1], model.dropout: [0, 0.5]}
  folds: 2
  train_size: 100
  epochs: 1
"""


@pytest.fixture(scope="module")
def lab() -> ModuleType:
    return load_lab_module(lab_files()["regularization"])


@pytest.fixture(scope="module")
def whole_lab(lab: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of one run of the lab on tiny data."""
    top = tmp_path_factory.mktemp("lab3")
    (top / "tiny.yaml").write_text(TINY)
    # The techniques and topologies of configs/ stay beside those of the file only where the file names them too.
    assert lab.main(["--preset", "smoke", "--config", str(top / "tiny.yaml"), "--results", str(top)]) == 0
    return top / "regularization"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def result(whole_lab: Path) -> dict[str, Any]:
    return dict(json.loads((lab_folder(whole_lab) / "result.json").read_text()))


def runs_where(whole_lab: Path, **settings: Any) -> list[Path]:
    """Folders of the runs whose train settings are these and whose other ones are the base's."""
    found = []
    for path in whole_lab.glob("*/config.yaml"):
        config = yaml.safe_load(path.read_text())
        if "techniques" not in config and config["data"]["train_size"] == 200:
            found += [path.parent] if all(config["train"][key] == value for key, value in settings.items()) else []
    return sorted(found)


def test_sizes_up_to_all_there_are_are_learned_from(whole_lab: Path) -> None:
    metrics = json.loads((lab_folder(whole_lab) / "result.json").read_text())["acts"]["sizes"]["metrics"]
    assert metrics["sizes"] == [50, 200]


def test_every_figure_is_there_as_picture_drawing_and_numbers(whole_lab: Path) -> None:
    names = {path.stem for path in lab_folder(whole_lab).glob("*.png")}
    assert names == {
        "1_accuracy_curves", "1_loss_curves", "1_wrong_labels_curves", "1_wrong_labels_gap",
        "1_weight_histograms", "1_first_layer", "1_generalization_gap",
        "2_strengths", "3_training_set_size", "4_topologies", "5_search", "5_cross_validation",
        "6_confusion", "6_mistakes", "6_calibration",
    }  # fmt: skip
    for name in names:
        with Image.open(lab_folder(whole_lab) / f"{name}.png") as picture:
            assert picture.width >= 900 and picture.height >= 500
            assert len(np.unique(np.asarray(picture.convert("L")))) > 20, f"{name} is (nearly) blank"
        assert (lab_folder(whole_lab) / f"{name}.svg").read_text().rstrip().endswith("</svg>")
        assert rows(lab_folder(whole_lab) / f"{name}.csv")


def test_curves_are_the_mean_of_the_runs_histories(whole_lab: Path) -> None:
    drawn = [row for row in rows(lab_folder(whole_lab) / "1_accuracy_curves.csv") if row["technique"] == "L1"]
    histories = [rows(folder / "history.csv") for folder in runs_where(whole_lab, l1=2.0, patience=None)]
    assert len(histories) == 2 and len(drawn) == 3
    for epoch, row in enumerate(drawn):
        for part in ("train", "validation"):
            mean = np.mean([float(history[epoch][f"{part}_accuracy"]) for history in histories])
            assert float(row[part]) == pytest.approx(mean, abs=1e-12)


def test_gap_and_test_accuracy_are_those_of_the_runs(whole_lab: Path) -> None:
    row = next(row for row in rows(lab_folder(whole_lab) / "1_generalization_gap.csv") if row["technique"] == "L1")
    folders = runs_where(whole_lab, l1=2.0, patience=None)
    final = [json.loads((folder / "result.json").read_text()) for folder in folders]
    gaps = [facts["train_accuracy"] - facts["validation_accuracy"] for facts in final]
    tested = [json.loads((folder / "test.json").read_text())["accuracy"] for folder in folders]
    assert float(row["gap"]) == pytest.approx(np.mean(gaps), abs=1e-12)
    assert float(row["test_accuracy"]) == pytest.approx(np.mean(tested), abs=1e-12)


def test_the_half_with_wrong_labels_is_of_runs_that_had_them(whole_lab: Path) -> None:
    told = result(whole_lab)["acts"]["techniques"]["metrics"]["wrong labels"]
    accuracies = []
    for path in whole_lab.glob("*/config.yaml"):
        config = yaml.safe_load(path.read_text())
        if "techniques" not in config and config["data"]["label_noise"] and config["train"]["l1"] == 2.0:
            assert (config["data"]["label_noise"], config["data"]["train_size"], config["train"]["epochs"]) == (
                0.3,
                100,
                1,
            )
            if config["train"]["patience"] is None:
                accuracies.append(json.loads((path.parent / "test.json").read_text())["accuracy"])
    assert len(accuracies) == 2
    assert told["L1"]["test"]["mean"] == pytest.approx(np.mean(accuracies), abs=1e-12)


def test_l1_leaves_exact_zeros_and_the_figure_counts_them(whole_lab: Path) -> None:
    import torch

    folder = runs_where(whole_lab, l1=2.0, patience=None, seed=0)[0]
    weights = torch.load(folder / "checkpoint.pt", weights_only=True)["model"]
    first = next(value for name, value in weights.items() if name.endswith("weight"))
    assert (first == 0).double().mean() > 0.5
    drawn = [row for row in rows(lab_folder(whole_lab) / "1_weight_histograms.csv") if row["technique"] == "L1"]
    assert sum(int(row["weights"]) for row in drawn) == first.numel()


def test_nothing_is_left_to_compare_when_plain_diverges(
    lab: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY.replace("lr: 5.e-3}", "lr: 1.e+30, optimizer: sgd}"))
    assert lab.main(["--preset", "smoke", "--config", str(tmp_path / "tiny.yaml"), "--results", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "lower train.lr, which is 1e+30" in said and said.count("\n") == 1


def test_a_technique_that_diverges_is_a_result_and_the_lab_goes_on(whole_lab: Path) -> None:
    statuses = {
        json.loads((folder / "result.json").read_text())["status"] for folder in runs_where(whole_lab, optimizer="sgd")
    }
    assert statuses == {"diverged"}
    networks = result(whole_lab)["acts"]["techniques"]["metrics"]["clean"]
    assert networks["hopeless"]["validation"]["mean"] is None


def test_test_split_is_read_only_by_networks_that_nothing_selects_on_any_more(whole_lab: Path) -> None:
    tested = {path.parent for path in whole_lab.glob("*/test.json")}
    for path in whole_lab.glob("*/config.yaml"):
        config = yaml.safe_load(path.read_text())
        if "techniques" not in config and config["data"]["fold"] is not None:
            assert path.parent not in tested


def test_the_doctor_finds_no_test_split_used_for_selection(whole_lab: Path) -> None:
    trials = read_trials(whole_lab)
    assert sum(trial.tested for trial in trials) > 5
    assert find_tested(trials) == ()


@pytest.mark.slow
def test_the_same_command_again_trains_nothing(
    lab: ModuleType, whole_lab: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.stat().st_mtime_ns for path in whole_lab.glob("*/history.csv")}
    trained = result(whole_lab)["training_minutes"]
    options = ["--preset", "smoke", "--config", str(whole_lab.parent / "tiny.yaml"), "--results", str(whole_lab.parent)]
    assert lab.main(options) == 0
    assert {path: path.stat().st_mtime_ns for path in whole_lab.glob("*/history.csv")} == before
    assert result(whole_lab)["training_minutes"] == trained > 0
    said = capsys.readouterr().out
    assert "10 of them there already" in said and "nothing to do: all runs are in" in said
    assert "Against plain, on validation" in said


@pytest.mark.slow
def test_a_stand_in_is_shouted_everywhere(
    lab: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NNLABS_MIRRORS", "http://127.0.0.1:9/")  # nothing listens there: no network
    text = TINY.replace("name: digits", f"name: auto, root: {tmp_path}, wait_s: 5")
    (tmp_path / "tiny.yaml").write_text(
        text.replace("[0, 1], l1: [0, 1.e-3], dropout: [0, 0.5]", "[], l1: [], dropout: []")
    )
    assert lab.main(["--preset", "smoke", "--config", str(tmp_path / "tiny.yaml"), "--results", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("MNIST-1D stands in for Fashion-MNIST") and "MNIST-1D, STAND-IN for Fashion-MNIST" in said
    facts = result(tmp_path / "regularization")
    assert facts["stand_in_for"] == "fashion_mnist"
    run = json.loads(next((tmp_path / "regularization").glob("mlp-*/result.json")).read_text())
    assert run["stand_in_for"] == "fashion_mnist"


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--train.lrr", "1"], "did you mean 'train.lr'"),
        (["--train.epochs", "0"], "train.epochs: '0' is not a whole number >0"),
        (["--model.heads", "2"], "model.heads means nothing to mlp"),
        (["--techniques", "{dropout: {model.dropout: 0.5}}"], "needs one called 'plain'"),
        (["--techniques", "{plain: {}, odd: {model.droput: 0.5}}"], "did you mean 'model.dropout'"),
        (["--seeds", "[]"], "seeds: is empty"),
        (["--data.name", "digit"], "digits"),
        (["--preset", "fast"], "smoke, quick, full"),
    ],
)
def test_a_mistake_gets_one_line_and_exit_code_2(
    lab: ModuleType, capsys: pytest.CaptureFixture[str], tmp_path: Path, options: list[str], complaint: str
) -> None:
    assert lab.main(["--results", str(tmp_path), *options]) == 2
    said = capsys.readouterr().err
    assert complaint in said
    assert said.count("\n") == 1
    assert not (tmp_path / "regularization").exists()
