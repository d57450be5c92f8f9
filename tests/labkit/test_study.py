from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnlabs.errors import DataError, RunError, UserError
from nnlabs.labkit.settings import TrainingLabConfig
from nnlabs.labkit.study import open_study
from nnlabs.runs.run import Run
from nnlabs.sweeps.settings import SweepConfig


@pytest.fixture
def config(tiny, tmp_path) -> TrainingLabConfig:
    return TrainingLabConfig(
        preset="smoke",
        results=str(tmp_path),
        data=tiny.data,
        model=tiny.model,
        train=tiny.train,
        seeds=(3, 4),
        sweep=SweepConfig(workers=1),
    )


def test_a_variation_is_one_run_a_seed(config, tmp_path):
    study = open_study("demo", config, "fashion_mnist", "smoke")
    runs = study.variation({"train.lr": 0.5, "model.dropout": 0.1})
    assert study.folder == tmp_path / "demo" / "smoke"
    assert [run.config.train.seed for run in runs] == [3, 4]
    assert {(run.config.train.lr, run.config.model.dropout, run.lab_folder) for run in runs} == {
        (0.5, 0.1, tmp_path / "demo")
    }


def test_a_subset_larger_than_the_set_is_the_whole_set(config):
    data = replace(config.data, train_size=5000)
    study = open_study("demo", replace(config, data=data), "fashion_mnist", "smoke")
    assert study.base.data.train_size is None
    assert len(study.splits.train) == 900
    assert study.train_size(900) is None
    assert study.train_size(899) == 899


def test_a_subset_larger_than_what_the_lab_takes_is_what_the_lab_takes(config):
    data = replace(config.data, train_size=100)
    study = open_study("demo", replace(config, data=data), "fashion_mnist", "smoke")
    assert [study.train_size(size) for size in (99, 100, 101, None)] == [99, 100, 100, 100]
    assert [study.train_size(size, folds=3) for size in (99, 100, 101)] == [99, 100, 100]


def test_runs_are_completed_once_and_fresh_ones_once_in_each_lab(config, capsys):
    study = open_study("demo", config, "fashion_mnist", "smoke")
    runs = study.variation({})
    study.complete("plain", runs)
    study.complete("plain", [*runs, *study.variation({"train.lr": 0.5})])
    assert capsys.readouterr().out.splitlines() == ["plain: 2 runs", "plain: 4 runs, 2 of them there already"]
    trained = [(run.folder / "result.json").stat().st_mtime_ns for run in runs]
    fresh = open_study("demo", replace(config, fresh=True), "fashion_mnist", "smoke")
    fresh.complete("plain", runs)
    anew = [(run.folder / "result.json").stat().st_mtime_ns for run in runs]
    assert all(after > before for before, after in zip(trained, anew, strict=True))
    fresh.complete("plain", runs)
    assert [(run.folder / "result.json").stat().st_mtime_ns for run in runs] == anew


HOLD = """
import sys
from pathlib import Path
from nnlabs.runs.lock import run_lock
with run_lock(Path(sys.argv[1])) as claimed:
    print(claimed, flush=True)
    sys.stdin.read()
"""


def test_a_second_fresh_start_of_a_lab_leaves_what_the_first_has_finished_and_says_so(config, tmp_path, capsys):
    study = open_study("demo", config, "fashion_mnist", "smoke")
    runs = study.variation({})
    study.complete("plain", runs)
    trained = [(run.folder / "result.json").stat().st_mtime_ns for run in runs]
    command = [sys.executable, "-c", HOLD, str(tmp_path / "demo" / "held")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout.readline() == "True\n"
        second = open_study("demo", replace(config, fresh=True), "fashion_mnist", "held")
        second.complete("plain", runs)
        first.communicate("")
    assert "is at work in" in capsys.readouterr().out
    assert [(run.folder / "result.json").stat().st_mtime_ns for run in runs] == trained


def test_a_lab_announces_what_it_is_going_to_do(config, capsys, tmp_path):
    study = open_study("demo", replace(config, fresh=True), "fashion_mnist", "smoke")
    runs = study.variation({})
    study.announce(runs)
    study.complete("plain", runs)
    study.announce(runs)
    first, _, last = capsys.readouterr().out.splitlines()
    assert re.fullmatch(
        rf"2 runs and figures to do: about \d+ s with 1 worker, 5 MB in {re.escape(str(tmp_path / 'demo'))}", first
    )
    assert last == f"nothing to do: all runs are in {tmp_path / 'demo'}"


def test_runs_that_failed_are_named_with_the_reason(config, capsys, model):
    broken = model("broken", lr=0.5)
    study = open_study("demo", config, "fashion_mnist", "smoke")
    study.complete("both", [broken, model("healthy", lr=0.1)])
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "both: 2 runs"
    assert said[1].startswith(f"failed: {broken.folder.name} (name ")
    assert re.search(
        r"lr 0\.5\): RuntimeError: .* cannot be multiplied .*; --fresh, or deleting it, tries again", said[1]
    )


def test_where_guessing_can_get_all_right_the_lab_says_so_before_it_touches_a_folder(config, tmp_path):
    for number in range(40):
        path = tmp_path / "photos" / ("rare" if number < 8 else "usual") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((8, 8), number, dtype="uint8")).save(path)
    data = replace(config.data, name=f"folder:{tmp_path / 'photos'}", train_size=None, validation_fraction=0.2)
    own = replace(config, data=data, seeds=(0,), results=str(tmp_path / "results"))
    with pytest.raises(DataError, match=r"photos: \d validation images are too few .* Raise data.validation_fraction"):
        open_study("demo", own, "fashion_mnist", "smoke")
    assert not (tmp_path / "results").exists()
    assert open_study("demo", own, "fashion_mnist", "range_test", judged=False).folder.is_dir()


def test_all_runs_learn_from_the_images_that_the_folder_held_when_the_lab_began(config, tmp_path):
    for number in range(24):  # of which 12 judge: guessing hardly gets all of them right
        path = tmp_path / "photos" / f"class {number % 2}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((8, 8), 10 * number, dtype="uint8")).save(path)
    data = replace(config.data, name=f"folder:{tmp_path / 'photos'}", train_size=None, validation_fraction=0.6)
    study = open_study("demo", replace(config, data=data, seeds=(0,)), "fashion_mnist", "smoke")
    (run,) = study.variation({})
    assert run.config.data.content is not None
    assert run.folder == Run(replace(run.config, data=replace(run.config.data, content=None)), run.lab_folder).folder
    (tmp_path / "photos" / "class 0" / "0.png").unlink()
    study.complete("plain", [run])
    assert run.environment["data_checksum"] == study.splits.checksum
    assert study.variation({})[0].folder == run.folder


def test_the_line_under_a_figure_says_the_share_of_wrong_labels_once(config):
    study = open_study("demo", replace(config, data=replace(config.data, label_noise=0.2)), "fashion_mnist", "smoke")
    assert study.data_line().endswith(" · 20 % of the training labels are wrong")
    assert study.data_line(label_noise=0.3) == study.data_line().replace("20 %", "30 %")


def test_the_line_under_a_figure_counts_images_and_seeds(config):
    line = open_study("demo", config, "fashion_mnist", "smoke").data_line()
    assert "Digits" in line
    assert "100 training images" in line
    assert "2 seeds" in line
    assert "stand-in" not in line.lower()


def test_where_networks_that_are_compared_learnt_from_different_numbers_the_line_says_so(config):
    line = open_study("demo", config, "fashion_mnist", "smoke").data_line(20, None, 50, seeds=1)
    assert "n = 20 to 100 training images · 1 seed" in line


def test_a_fold_gets_as_many_images_as_it_has(config):
    study = open_study("demo", config, "fashion_mnist", "smoke")
    whole = len(study.splits.labels)
    assert study.train_size(60, folds=5) == 60
    study = open_study("demo", replace(config, data=replace(config.data, train_size=None)), "fashion_mnist", "smoke")
    left = whole - -(-whole // 3)
    assert (study.train_size(left - 1, folds=3), study.train_size(left, folds=3)) == (left - 1, None)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data.train_size": 99_999}, "data.train_size is 99999"),
        ({"data.fold": 0, "data.folds": 900}, "900 parts need one each"),
        ({"data.augment": ("crop",), "data.crop_pad": 28}, "data.crop_pad: 28 is too much"),
        ({"train.warmup_epochs": 3, "train.epochs": 3}, "leaves none of train.epochs"),
        (
            {"model.batch_norm": True, "data.train_size": 97},
            "97 examples in batches of 32 leave a batch of a single one",
        ),
        ({"model.name": "transformer", "model.widths": None, "model.patch": 5}, "model.patch"),
    ],
)
def test_what_a_later_run_would_refuse_is_refused_before_the_first(changes, words, config):
    study = open_study("demo", config, "fashion_mnist", "smoke")
    runs = [*study.variation({}), *study.variation(changes)]
    with pytest.raises(UserError, match=words):
        study.announce(runs)
    assert not any(run.folder.exists() for run in runs)


def test_few_images_that_judge_are_told(config, capsys):
    open_study("demo", replace(config, data=replace(config.data, validation_fraction=0.03)), "fashion_mnist", "smoke")
    assert "validation images decide between networks, so that one more or less is" in capsys.readouterr().out


def test_earlier_results_stay_where_the_data_cannot_be_had(config, monkeypatch):
    folder = open_study("demo", config, "fashion_mnist", "smoke").folder
    (folder / "result.json").write_text("{}")

    def damaged(_: object) -> None:
        raise DataError("damaged")

    monkeypatch.setattr("nnlabs.data.load.load_cached", damaged)
    with pytest.raises(DataError):
        open_study("demo", config, "fashion_mnist", "smoke")
    assert (folder / "result.json").exists()


def test_an_own_network_that_was_edited_between_two_acts_is_not_mixed(config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("my_net.py").write_text("def build(input_shape, classes): ...\n")
    own = replace(config, model=replace(config.model, name="my_net.py:build", widths=None))
    study = open_study("demo", own, "fashion_mnist", "smoke")
    study._begin(study.variation({}))
    Path("my_net.py").write_text("def build(input_shape, classes): return None\n")
    with pytest.raises(RunError, match=r"my_net\.py was edited after this run was named"):
        study.complete("second", study.variation({"train.lr": 0.5}))
