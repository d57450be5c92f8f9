from __future__ import annotations

import json
import shlex
from dataclasses import replace

import pytest
import yaml

from nnlabs.cli import lab_files, load_lab_module, main
from nnlabs.config.load import load_preset, with_changes
from nnlabs.config.schema import LabConfig
from nnlabs.errors import RunError
from nnlabs.labkit.lessons import Lesson
from nnlabs.labkit.results import Act, LabResult, Table, close_lab, open_lab
from nnlabs.labkit.settings import TrainingLabConfig
from nnlabs.labkit.study import load_training_lab
from nnlabs.tables import Column

ROWS = [{"network": "mlp", "test": 0.9}, {"network": "cnn", "test": float("nan")}]
TABLE = Table("Digits", ROWS, [Column("network", "network"), Column("test", "test (%)", ".1f", 100)])
ACTS = {
    "first": Act("One", ["It learned."], {"test_accuracy": 0.9}, runs=2, tables=[TABLE]),
    "second": Act("Two", ["And", "rested."], {"loss": float("nan")}, runs=1),
}
ACCOUNT = LabResult(
    "Lab 9, demo: what is it?\n\nMore.", "Digits", 10, "images", range(2), ACTS, [("More.", "nnlabs list")]
)


def test_a_labs_folder_is_complete_only_when_it_is_closed(presets, tmp_path):
    config = LabConfig(preset="smoke", results=str(tmp_path))
    folder = open_lab("demo", config)
    assert folder == tmp_path / "demo" / "smoke"
    assert yaml.safe_load((folder / "config.yaml").read_text()) == {"preset": "smoke", "results": str(tmp_path)}
    assert "python" in json.loads((folder / "environment.json").read_text())
    assert not (folder / "result.json").exists()
    close_lab(folder, ACCOUNT)
    assert (folder / "result.json").exists()
    open_lab("demo", config)
    assert not (folder / "result.json").exists()


def test_every_account_has_the_same_form(presets, tmp_path, capsys):
    folder = open_lab("demo", LabConfig(preset="smoke", results=str(tmp_path)))
    for name in ("1_b.svg", "1_b.png", "1_a.svg", "1_a.gif", "2_c.svg", "10_d.svg", "history.csv"):
        (folder / name).touch()
    close_lab(folder, ACCOUNT)
    result = json.loads((folder / "result.json").read_text())
    environment = json.loads((folder / "environment.json").read_text())
    assert (result["title"], result["question"]) == ("Lab 9, demo", "What is it?")
    assert (result["data"], result["n"], result["unit"], result["seeds"]) == ("Digits", 10, "images", [0, 1])
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


def test_what_an_interrupted_run_left_goes_when_the_next_begins(presets, tmp_path):
    config = LabConfig(preset="smoke", results=str(tmp_path))
    folder = open_lab("demo", config)
    figures = [folder / name for name in ("1_old.png", "1_old.csv", "12_old.gif", ".1_old.svg.k3.part", "result.json")]
    kept = [folder / name for name in ("notes.txt", "history.csv", "3D.png")]
    for path in (*figures, *kept):
        path.touch()
    assert open_lab("demo", config) == folder
    assert [path.name for path in figures if path.exists()] == []
    assert all(path.exists() for path in kept)


def test_lessons_are_judged_printed_and_kept(presets, tmp_path, capsys):
    lessons = [
        Lesson("first", "It learns", "accuracy", lambda metrics: metrics["first"]["test_accuracy"], since="smoke"),
        Lesson("second", "It forgets", "loss", lambda metrics: metrics["second"]["loss"], since="full"),
    ]
    folder = open_lab("demo", LabConfig(preset="smoke", results=str(tmp_path)))
    close_lab(folder, replace(ACCOUNT, lessons=lessons))
    kept = json.loads((folder / "result.json").read_text())["lessons"]
    assert [(it["claim"], it["verdict"], it["why"], it["expected"]) for it in kept] == [
        ("It learns", "shown", "", True),
        ("It forgets", "not shown by this run", "nothing was measured", False),
    ]
    assert "Lessons, 1 of 2 shown:\n  shown: It learns (accuracy: 90 points, more than 0 expected)\n" in (
        capsys.readouterr().out
    )


def test_the_folder_is_named_after_what_was_changed_and_nothing_else(presets, tmp_path):
    presets("common: {seeds: [0, 1]}\nsmoke: {train: {lr: 0.5}}\n")
    plain = replace(load_preset(TrainingLabConfig, "demo", "smoke"), results=str(tmp_path))
    same = with_changes(plain, {"sweep.workers": 1, "fresh": True, "data.root": "x", "results": str(tmp_path)}, "")
    assert open_lab("demo", plain).name == open_lab("demo", same).name == "smoke"
    changes = [{"train.lr": 0.1}, {"train.lr": 0.2}, {"seeds": [5]}, {"train.lr": 0.1, "seeds": [5]}]
    folders = [open_lab("demo", with_changes(plain, change, "")) for change in changes]
    assert len({folder.name for folder in folders}) == len(changes)
    assert folders[0].name.startswith("smoke-train.lr-0.1-") and folders[2].name.startswith("smoke-seeds-5-")
    assert json.loads((folders[3] / "changed.json").read_text()) == {"train.lr": 0.1, "seeds": [5]}


def test_the_folder_on_a_stand_in_names_it_and_its_own_settings_are_no_changes(presets, tmp_path):
    presets("common: {data: {name: auto}, stand_in: {train: {lr: 0.5}}}\n")
    taken = {"data.name": "mnist1d", "data.stand_in_for": "cifar10", "results": str(tmp_path)}
    config = with_changes(load_preset(TrainingLabConfig, "demo", "quick", on_stand_in=True), taken, "")
    assert config.train.lr == 0.5
    assert open_lab("demo", config).name == "quick-mnist1d"
    assert open_lab("demo", with_changes(config, {"train.lr": 0.1}, "")).name.startswith("quick-mnist1d-train.lr-0.1-")
    real = with_changes(load_preset(TrainingLabConfig, "demo", "quick"), {"data.name": "cifar10"}, "")
    assert open_lab("demo", replace(real, results=str(tmp_path))).name == "quick"


def test_a_preset_that_names_the_stand_in_is_not_changed_by_its_settings(presets, tmp_path):
    presets("common: {data: {name: auto}, stand_in: {train: {lr: 0.5}}}\nsmoke: {data: {name: mnist1d}}\n")
    for preset, name in (("smoke", "smoke"), ("quick", "quick-data.name-mnist1d-")):
        words = ["--preset", preset, "--data.name", "mnist1d", "--results", str(tmp_path)]
        config = load_training_lab(TrainingLabConfig, "demo", words, "cifar10", "mnist1d")
        assert config.train.lr == 0.5
        folder = open_lab("demo", config).name
        assert folder == name if preset == "smoke" else folder.startswith(name)


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


def test_a_folder_that_cannot_be_made_is_told_at_once(presets, tmp_path):
    (tmp_path / "results").write_text("")
    with pytest.raises(RunError, match="a part of that path is a file, not a folder; choose another folder"):
        open_lab("demo", LabConfig(results=str(tmp_path / "results")))
