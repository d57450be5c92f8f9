from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from nnlabs.config.load import load_preset, with_changes
from nnlabs.config.schema import LabConfig
from nnlabs.errors import RunError
from nnlabs.labkit.folder import changed_settings, claims_released, open_lab
from nnlabs.labkit.results import Act, LabResult, close_lab

pytestmark = pytest.mark.usefixtures("demo")


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


def test_a_folder_that_cannot_be_made_is_told_at_once(tmp_path):
    (tmp_path / "results").write_text("")
    with pytest.raises(RunError, match="a part of that path is a file, not a folder; choose another folder"):
        open_lab("demo", LabConfig(results=str(tmp_path / "results")))


SECOND = """
import sys
from nnlabs.config.schema import LabConfig
from nnlabs.labkit import folder
folder.load_preset = lambda *_: LabConfig(preset="smoke")
print(folder.open_lab("demo", LabConfig(preset="smoke", results=sys.argv[1])))
"""


def test_a_second_start_of_a_lab_that_is_at_work_leaves_its_figures(tmp_path):
    folder = open_lab("demo", LabConfig(preset="smoke", results=str(tmp_path)))
    (folder / "1_first.svg").touch()
    start = [sys.executable, "-c", SECOND, str(tmp_path)]
    assert subprocess.run(start, check=True, capture_output=True, text=True).stdout.strip() == str(folder)
    act = Act("One", ["It learned."], {}, runs=1)
    close_lab(folder, LabResult("Lab 9, demo: what is it?", "Digits", 10, "images", range(2), {"first": act}, []))
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
