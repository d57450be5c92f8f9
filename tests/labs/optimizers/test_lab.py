"""Lab 4's real `main()` on tiny data: its files, its figures' numbers, its table, and what it says."""

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
from tests.results import lab_folder

TINY = """
data: {name: mnist1d, train_size: 150, augment: [crop]}
model: {widths: [8]}
train: {batch_size: 64, epochs: 2}
seeds: [0, 1, 2]
sweep: {workers: 1}
competitors:
  sgd: {train.optimizer: sgd}
  adam: {train.optimizer: adam, train.decoupled: false}
trial: {data.train_size: 100, train.epochs: 1}
paths: {steps: 20, lrs: [0.01, 0.1]}
range_test: {low: 1.e-4, high: 10, steps: 12}
tuning:
  trials: 2
  spaces:
    sgd: {train.lr: {log_uniform: [1.e-12, 1.e+30]}} # 0.2 and 2e20
    adam: {train.lr: {log_uniform: [0.001, 0.1]}}
schedules:
  seeds: 2
  competitors: [adam]
  schedules: {constant: {train.schedule: constant, train.warmup_epochs: 0}, cosine: {train.schedule: cosine}}
decoupling: {lrs: [0.01, 0.03], weight_decays: [0.01, 0.1]}
batches: {competitor: adam, sizes: [32, 64], lrs: [0.003, 0.01]}
"""


@pytest.fixture(scope="module")
def lab() -> ModuleType:
    return load_lab_module(lab_files()["optimizers"])


@pytest.fixture(scope="module")
def whole_lab(lab: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of one run of the lab on tiny data."""
    top = tmp_path_factory.mktemp("lab4")
    (top / "tiny.yaml").write_text(TINY)
    assert lab.main(["--preset", "smoke", "--config", str(top / "tiny.yaml"), "--results", str(top)]) == 0
    return top / "optimizers"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def facts(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text()))


def runs_where(whole_lab: Path, **train: Any) -> list[Path]:
    """Folders of the runs with these train settings."""
    found = []
    for path in whole_lab.glob("*/config.yaml"):
        config = yaml.safe_load(path.read_text())
        if "competitors" not in config:
            found += [path.parent] if all(config["train"][key] == value for key, value in train.items()) else []
    return sorted(found)


def finals_of(whole_lab: Path, **train: Any) -> set[Path]:
    """Folders of the runs from fresh seeds with the schedule that all have."""
    return {folder for seed in (0, 1, 2) for folder in runs_where(whole_lab, schedule="cosine", seed=seed, **train)}


def test_every_figure_is_there_as_picture_drawing_and_numbers(whole_lab: Path) -> None:
    names = {path.stem for path in lab_folder(whole_lab).glob("*.png")}
    assert names == {
        "1_paths", "2_schedules", "2_lr_range", "3_basins", "3_budget", "4_race", "5_schedules", "6_decoupling",
        "7_batch_sizes", "8_leaderboard",
    }  # fmt: skip
    for name in names:
        with Image.open(lab_folder(whole_lab) / f"{name}.png") as picture:
            assert picture.width >= 900 and picture.height >= 300
            assert len(np.unique(np.asarray(picture.convert("L")))) > 20, f"{name} is (nearly) blank"
        assert (lab_folder(whole_lab) / f"{name}.svg").read_text().rstrip().endswith("</svg>")
        assert rows(lab_folder(whole_lab) / f"{name}.csv")
    with Image.open(lab_folder(whole_lab) / "1_paths.gif") as animation:
        assert animation.n_frames > 5


def test_every_competitor_has_the_same_trials_and_a_diverged_one_counts(whole_lab: Path) -> None:
    drawn = rows(lab_folder(whole_lab) / "3_basins.csv")
    assert [row["optimizer"] for row in drawn] == ["sgd"] * 2 + ["adam"] * 2
    leaderboard = {row["optimizer"]: row for row in rows(lab_folder(whole_lab) / "leaderboard.csv")}
    statuses = [facts(folder / "result.json")["status"] for folder in runs_where(whole_lab, optimizer="sgd", seed=1000)]
    assert "diverged" in statuses
    assert leaderboard["sgd"]["diverged"] == f"{statuses.count('diverged')}/2"


def test_the_finals_have_fresh_seeds_and_the_setting_that_did_best_on_validation(whole_lab: Path) -> None:
    trials = [
        (facts(folder / "result.json")["validation_accuracy"], yaml.safe_load((folder / "config.yaml").read_text()))
        for folder in runs_where(
            whole_lab, optimizer="adam", decoupled=False, seed=1000, schedule="cosine", batch_size=64
        )
        if facts(folder / "result.json")["train_examples"] == 100
    ]
    lrs = {config["train"]["lr"] for _, config in trials} - {0.01, 0.03}  # those of act 6
    best = max((accuracy, config["train"]["lr"]) for accuracy, config in trials if config["train"]["lr"] in lrs)[1]
    finals = finals_of(whole_lab, optimizer="adam")
    assert len(finals) == 3
    assert {yaml.safe_load((folder / "config.yaml").read_text())["train"]["lr"] for folder in finals} == {best}


def test_test_split_is_read_by_the_finals_only(whole_lab: Path) -> None:
    tested = {path.parent for path in whole_lab.glob("*/test.json")}
    finals = finals_of(whole_lab)
    assert tested == {folder for folder in finals if facts(folder / "result.json")["status"] != "diverged"}


def test_what_a_falling_rate_is_worth_is_the_finals_less_the_same_with_a_constant_one(whole_lab: Path) -> None:
    constant = [runs_where(whole_lab, optimizer="adam", seed=seed, schedule="constant") for seed in (0, 1, 2)]
    assert [len(folders) for folders in constant] == [1, 1, 0]  # of two of the three seeds
    gains = []
    for seed, (folder,) in enumerate(constant[:2]):
        (falling,) = runs_where(whole_lab, optimizer="adam", seed=seed, schedule="cosine")
        ours, theirs = (yaml.safe_load((each / "config.yaml").read_text()) for each in (folder, falling))
        assert ours == {**theirs, "train": {**theirs["train"], "schedule": "constant"}}
        low, high = (facts(each / "result.json")["validation_accuracy"] for each in (folder, falling))
        gains.append(high - low)
    metrics = facts(lab_folder(whole_lab) / "result.json")["acts"]["grid"]["metrics"]
    assert metrics["gained_by_falling"]["mean"] == pytest.approx(np.mean(gains), abs=1e-12)


def test_the_leaderboard_holds_the_means_of_the_tests(whole_lab: Path) -> None:
    leaderboard = {row["optimizer"]: row for row in rows(lab_folder(whole_lab) / "leaderboard.csv")}
    for name in ("sgd", "adam"):
        folders = finals_of(whole_lab, optimizer=name)
        accuracy = [facts(folder / "test.json")["accuracy"] for folder in folders]
        assert float(leaderboard[name]["test"]) == pytest.approx(np.mean(accuracy), abs=1e-12)
    written = (lab_folder(whole_lab) / "leaderboard.md").read_text()
    assert "| adam" in written and "to first" in written


@pytest.mark.slow
def test_the_same_command_again_trains_nothing_and_gives_the_same_table(
    lab: ModuleType, whole_lab: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = [path for name in ("*/history.csv", "*/test.json", "range_tests/*.json") for path in whole_lab.glob(name)]
    before = {path: path.stat().st_mtime_ns for path in kept}
    names = ("leaderboard.csv", "leaderboard.md", "2_lr_range.csv")
    table = {name: (lab_folder(whole_lab) / name).read_bytes() for name in names}
    options = ["--preset", "smoke", "--config", str(whole_lab.parent / "tiny.yaml"), "--results", str(whole_lab.parent)]
    assert lab.main(options) == 0
    assert {path: path.stat().st_mtime_ns for path in kept} == before
    assert {name: (lab_folder(whole_lab) / name).read_bytes() for name in names} == table
    said = capsys.readouterr().out
    assert "nothing to do" in said and "4 of them there already" in said
    assert "range tests: 2, 2 of them there already" in said
    assert "on validation" in said


@pytest.mark.slow
def test_the_preset_fast_trains_one_network_and_leaves_the_comparisons_out(lab: ModuleType, tmp_path: Path) -> None:
    small = ["--data.name", "digits", "--data.train_size", "100", "--model.widths", "[8]", "--train.threads", "1"]
    short = ["--train.epochs", "1", "--train.warmup_epochs", "0", "--results", str(tmp_path)]
    assert lab.main(["--preset", "fast", *small, *short]) == 0
    folder = lab_folder(tmp_path / "optimizers", "fast")
    assert {path.stem for path in folder.glob("*.png")} == {"4_race", "8_leaderboard"}
    acts = facts(folder / "result.json")["acts"]
    assert {name: act["number"] for name, act in acts.items()} == {"finals": 4, "leaderboard": 8}
    assert facts(folder / "result.json")["lessons"] == []  # of one network there is nothing to compare
    assert len(list((tmp_path / "optimizers").glob("*/test.json"))) == 1
    (sentence,) = acts["leaderboard"]["findings"]  # after one epoch on 100 digits
    assert sentence.startswith("No optimizer did better than guessing on validation")


def test_the_range_test_alone(lab: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY)
    options = ["--preset", "smoke", "--config", str(tmp_path / "tiny.yaml"), "--results", str(tmp_path), "--lr-find"]
    assert lab.main(options) == 0
    assert (tmp_path / "optimizers" / "lr_find" / "lr_range.png").exists()
    assert not (tmp_path / "optimizers" / "smoke").exists()  # where an earlier account may lie
    assert "range test" in capsys.readouterr().out
    assert not list((tmp_path / "optimizers").glob("*/checkpoint.pt"))


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--competitors", "{}"], "competitors: name at least one"),
        (
            ["--competitors", "{a_name_that_is_much_too_long: {train.optimizer: adam}}"],
            "has 28 letters, and figures have room for 24; give it a shorter name",
        ),
        (["--schedules.competitors", "[adamw, mon]"], "'mon' does not compete"),
        (["--tuning.seed", "0"], "the finals need fresh ones"),
        (["--tuning.method", "bayes"], "tuning.method: 'bayes' is not"),
        (["--tuning.spaces", "{sgd: {train.lr: {log_uniform: [0.1, 1]}}}"], "'momentum' has none"),
    ],
)
def test_a_mistake_gets_one_line_and_exit_code_2(
    lab: ModuleType, capsys: pytest.CaptureFixture[str], tmp_path: Path, options: list[str], complaint: str
) -> None:
    assert lab.main(["--results", str(tmp_path), "--preset", "smoke", *options]) == 2
    said = capsys.readouterr().err
    assert complaint in said
    assert said.count("\n") == 1
    assert not (tmp_path / "optimizers").exists()
