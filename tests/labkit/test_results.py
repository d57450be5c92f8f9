from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys

import pytest
import yaml

from nnlabs.cli import lab_files, load_lab_module, main
from nnlabs.config.load import load_preset, with_changes
from nnlabs.config.schema import LabConfig
from nnlabs.errors import RunError
from nnlabs.labkit.lessons import Lesson
from nnlabs.labkit.results import Act, LabResult, ResultTable, changed_settings, claims_released, close_lab, open_lab
from nnlabs.paths import configs_dir
from nnlabs.tables import Column

ROWS = [{"network": "mlp", "test": 0.9}, {"network": "cnn", "test": float("nan")}]
TABLE = ResultTable("Digits", ROWS, [Column("network", "network"), Column("test", "test (%)", ".1f", 100)])
ACTS = {
    "first": Act("One", ["It learned."], {"test_accuracy": 0.9}, runs=2, tables=[TABLE]),
    "second": Act("Two", ["And", "rested."], {"loss": float("nan")}, runs=1),
}
LESSONS = [
    Lesson(
        "first", "It learns", "test accuracy", lambda metrics: metrics["first"]["test_accuracy"], above=0.5, unit="%"
    ),
    Lesson("third", "It dreams", "dreams", lambda metrics: 1.0),
]
RESULT = LabResult(
    "Lab 9, demo: what is it?\n\nMore.", "Digits", 10, "images", range(2), ACTS, [("More.", "nnlabs list")], LESSONS
)


@pytest.fixture(autouse=True)
def demo(tmp_path, monkeypatch):
    """A lab's file of presets, in which nothing but their names stands."""
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "demo.yaml").write_text("common: {}\nsmoke: {}\nquick: {}\nfull: {}\n")
    for path in configs_dir().glob("*.yaml"):
        (tmp_path / "configs" / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr("nnlabs.config.layers.configs_dir", lambda: tmp_path / "configs")


def test_a_labs_folder_is_complete_only_when_it_is_closed(tmp_path):
    config = LabConfig(preset="smoke", results=str(tmp_path))
    folder = open_lab("demo", config)
    assert folder == tmp_path / "demo" / "smoke"
    assert yaml.safe_load((folder / "config.yaml").read_text()) == {"preset": "smoke", "results": str(tmp_path)}
    assert "python" in json.loads((folder / "environment.json").read_text())
    assert not (folder / "result.json").exists()
    close_lab(folder, RESULT)
    assert (folder / "result.json").exists()
    open_lab("demo", config)
    assert not (folder / "result.json").exists()


def test_every_account_has_the_same_form(tmp_path, capsys):
    folder = open_lab("demo", LabConfig(preset="smoke", results=str(tmp_path)))
    for name in ("1_b.svg", "1_b.png", "1_a.svg", "1_a.gif", "2_c.svg", "10_d.svg", "history.csv"):
        (folder / name).touch()
    close_lab(folder, RESULT)
    result = json.loads((folder / "result.json").read_text())
    environment = json.loads((folder / "environment.json").read_text())
    assert (result["title"], result["question"]) == ("Lab 9, demo", "What is it?")
    assert (result["data"], result["n"], result["unit"], result["seeds"]) == ("Digits", 10, "images", [0, 1])
    assert (result["preset"], result["changed"]) == ("smoke", {})
    assert result["lessons"] == [
        {
            "act": "first",
            "claim": "It learns",
            "verdict": "shown",
            "numbers": "test accuracy: 90 %, more than 50 expected",
            "why": "",
            "expected": False,
        }
    ]
    assert (result["runs"], result["device"], result["stand_in_for"]) == (3, "cpu", None)
    assert (result["processor"], result["cores"]) == (environment["processor"], environment["cores"])
    assert 0 <= result["minutes"] < 1
    assert result["next"] == [["More.", "nnlabs list"]]
    first, second = result["acts"]["first"], result["acts"]["second"]
    assert (first["number"], first["figures"], first["animations"]) == (1, ["1_a", "1_b"], ["1_a"])
    assert (second["number"], second["figures"], second["metrics"]) == (2, ["2_c"], {"loss": None})
    assert first["tables"] == [
        {
            "caption": "Digits",
            "header": ["network", "test (%)"],
            "rows": [["mlp", "90.0"], ["cnn", "–"]],
            "right": [False, True],
        }
    ]
    printed = capsys.readouterr().out
    assert "First: It learned.\nSecond: And rested.\n" in printed
    assert "mlp          90.0" in printed
    assert "Lessons, 1 of 1 shown:\n  shown: It learns (test accuracy: 90 %, more than 50 expected)\n" in printed


def test_figures_of_an_earlier_run_go_when_the_next_begins(tmp_path):
    config = LabConfig(preset="smoke", results=str(tmp_path))
    folder = open_lab("demo", config)
    for name in ("1_old.png", "leaderboard.csv", "leaderboard.md", "lr_range.svg", "notes.txt"):
        (folder / name).touch()
    open_lab("demo", config)
    left = {path.name for path in folder.iterdir()}
    assert left == {"notes.txt", "config.yaml", "changed.json", "environment.json"}


def test_results_of_other_settings_have_a_folder_of_their_own(tmp_path):
    from nnlabs.labs.optimizers.settings import OptimizersConfig

    plain = load_preset(OptimizersConfig, "optimizers", "quick")
    on_stand_in = load_preset(OptimizersConfig, "optimizers", "quick", on_stand_in=True)
    real, stand_in = {"data.name": "cifar10"}, {"data.name": "mnist1d", "data.stand_in_for": "cifar10"}
    cases = {
        "quick": with_changes(plain, real, "test"),
        "quick-mnist1d": with_changes(on_stand_in, stand_in, "test"),
        "quick-train.epochs-7-": with_changes(plain, real | {"train.epochs": 7}, "test"),
        "quick-mnist1d-seeds-5-": with_changes(on_stand_in, stand_in | {"seeds": [5]}, "test"),
        "quick-data.name-mnist1d-": with_changes(on_stand_in, {"data.name": "mnist1d"}, "test"),
    }
    for name, config in cases.items():
        free = with_changes(config, {"results": str(tmp_path), "fresh": True, "sweep.workers": 1}, "test")
        folder = open_lab("optimizers", free, real="cifar10").name
        assert folder == name or (name.endswith("-") and re.fullmatch(re.escape(name) + "[0-9a-f]{4}", folder))


@pytest.mark.parametrize("name", lab_files())
def test_what_to_try_next_are_commands_that_work(name, capsys):
    lab = load_lab_module(lab_files()[name])
    assert 2 <= len(lab.NEXT) <= 3
    for sentence, command in lab.NEXT:
        program, *words = shlex.split(command)
        assert program == "nnlabs" and sentence.endswith((".", "?"))
        with pytest.raises(SystemExit) as ended:
            main([*words, "--print_config"])
        assert ended.value.code == 0
        assert "preset: quick" in capsys.readouterr().out


def test_a_folder_that_cannot_be_made_is_told_at_once(tmp_path):
    (tmp_path / "results").write_text("")
    with pytest.raises(RunError, match="a part of that path is a file, not a folder; choose another folder"):
        open_lab("demo", LabConfig(results=str(tmp_path / "results")))


SECOND = """
import sys
from nnlabs.config.schema import LabConfig
from nnlabs.labkit import results
results.load_preset = lambda *_: LabConfig(preset="smoke")
print(results.open_lab("demo", LabConfig(preset="smoke", results=sys.argv[1])))
"""


def test_a_second_start_of_a_lab_that_is_at_work_leaves_its_figures(tmp_path):
    folder = open_lab("demo", LabConfig(preset="smoke", results=str(tmp_path)))
    (folder / "1_first.svg").touch()
    start = [sys.executable, "-c", SECOND, str(tmp_path)]
    assert subprocess.run(start, check=True, capture_output=True, text=True).stdout.strip() == str(folder)
    close_lab(folder, RESULT)
    assert json.loads((folder / "result.json").read_text())["acts"]["first"]["figures"] == ["1_first"]
    subprocess.run(start, check=True)  # now nobody is at work there
    assert not (folder / "1_first.svg").exists()


def test_a_lab_that_failed_holds_its_folder_no_longer_though_the_process_lives_on(tmp_path):
    config = LabConfig(preset="smoke", results=str(tmp_path))
    with pytest.raises(RuntimeError), claims_released():
        folder = open_lab("demo", config)
        raise RuntimeError
    (folder / "1_first.svg").touch()
    subprocess.run([sys.executable, "-c", SECOND, str(tmp_path)], check=True, capture_output=True)
    assert not (folder / "1_first.svg").exists()


def test_what_a_learner_keeps_beside_a_labs_figures_stays(tmp_path):
    config = LabConfig(preset="smoke", results=str(tmp_path))
    folder = open_lab("demo", config)
    (folder / "1_backup").mkdir()
    for name in ("2_notes.txt", "2022_my_plot.png", "1_old.png"):
        (folder / name).touch()
    open_lab("demo", config)
    assert {path.name for path in folder.glob("[0-9]*")} == {"1_backup", "2_notes.txt", "2022_my_plot.png"}


def test_the_real_data_with_the_stand_ins_settings_are_not_the_preset():
    from nnlabs.labs.optimizers.settings import OptimizersConfig

    on_stand_in = load_preset(OptimizersConfig, "optimizers", "quick", on_stand_in=True)
    real = with_changes(on_stand_in, {"data.name": "cifar10"}, "test")
    assert len(changed_settings("optimizers", real, "cifar10")) > 1
    plain = load_preset(OptimizersConfig, "optimizers", "quick")
    other = with_changes(plain, {"data.name": "mnist1d", "data.stand_in_for": "cifar10"}, "test")
    assert len(changed_settings("optimizers", other, "cifar10")) > 1
