"""Lab 1's real `main()`, in a process of its own as a user runs it: its files, its numbers, and what it never imports."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import yaml
from PIL import Image

from nnlabs.cli import lab_files, load_lab_module
from nnlabs.data.tabular import iris
from nnlabs.labs.perceptron.runs import choose_frames, count_by_epoch, learn_step_by_step, random_orders

RUN = """
import sys
from nnlabs.cli import lab_files, load_lab_module
code = load_lab_module(lab_files()["perceptron"]).main(sys.argv[1:])
assert "torch" not in sys.modules
sys.exit(code)
"""
FIGURES = ("1_film_strip", "2_mistakes_under_bound", "3_never_settling", "4_three_species", "5_xor")


@pytest.fixture(scope="module")
def lab() -> ModuleType:
    return load_lab_module(lab_files()["perceptron"])


@pytest.fixture(scope="module")
def whole_lab(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of one run of the lab, and what it printed."""
    top = tmp_path_factory.mktemp("lab1")
    command = [sys.executable, "-c", RUN, "--preset", "smoke", "--results", str(top)]
    answer = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert answer.returncode == 0, answer.stderr
    assert answer.stderr == ""
    return top / "perceptron" / "smoke", answer.stdout


@pytest.fixture(scope="module")
def acts(whole_lab: tuple[Path, str]) -> dict:
    return json.loads((whole_lab[0] / "result.json").read_text())["acts"]


@pytest.fixture(scope="module")
def metrics(acts: dict) -> dict:
    return {name: act["metrics"] for name, act in acts.items()}


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def test_each_figure_is_there_with_its_numbers(whole_lab):
    folder, _ = whole_lab
    for name in FIGURES:
        with Image.open(folder / f"{name}.png") as picture:
            assert picture.width == 1500
        assert (folder / f"{name}.svg").read_text().startswith("<?xml")
        assert len(rows(folder / f"{name}.csv")) >= 4
    assert yaml.safe_load((folder / "config.yaml").read_text())["preset"] == "smoke"


def test_the_animation_shows_one_mistake_a_frame_at_first_and_holds_the_end(whole_lab):
    folder, _ = whole_lab
    config = yaml.safe_load((folder / "config.yaml").read_text())
    with Image.open(folder / "1_learning.gif") as gif:
        assert config["slow"] < gif.n_frames <= config["frames"]
        gif.seek(config["slow"] - 1)
        slow = gif.info["duration"]
        gif.seek(gif.n_frames - 2)
        quick = gif.info["duration"]
        gif.seek(gif.n_frames - 1)
        assert quick < slow < gif.info["duration"] == 5000


def test_mistakes_are_those_of_a_plain_loop(whole_lab, metrics):
    # The lab's first act once more, one example at a time.
    table = iris().only(["setosa", "versicolor"], ["sepal length", "sepal width"])
    rng, w, b, counts = np.random.default_rng(0), [0.0, 0.0], 0.0, []
    while not counts or counts[-1]:
        counts.append(0)
        for i in rng.permutation(100):
            (x1, x2), y = table.x[i], 1 if table.y[i] == 1 else -1
            if y * (w[0] * x1 + w[1] * x2 + b) <= 0:
                w, b = [w[0] + y * x1, w[1] + y * x2], b + y
                counts[-1] += 1
    history = rows(whole_lab[0] / "history.csv")
    assert [int(row["mistakes"]) for row in history] == counts
    assert [int(row["mistakes_so_far"]) for row in history] == np.cumsum(counts).tolist()
    assert metrics["learning"]["settled"]
    assert (metrics["learning"]["mistakes"], metrics["learning"]["epochs"]) == (sum(counts), len(counts))


def test_no_task_made_more_mistakes_than_theory_allows(metrics):
    assert len(metrics["theory"]["tasks"]) == 6
    for task in metrics["theory"]["tasks"]:
        assert max(task["raw_mistakes"]) <= task["raw_bound"]
        assert max(task["centered_mistakes"]) <= task["centered_bound"]
        assert len(task["raw_mistakes"]) == len(task["centered_mistakes"]) == 2
    assert metrics["theory"]["closest_to_bound"] <= 1


def test_the_hard_pair_never_settles_and_the_easy_one_does(whole_lab):
    by_task = {task: [] for task in ("setosa/versicolor", "versicolor/virginica")}
    for row in rows(whole_lab[0] / "3_never_settling.csv"):
        if row["mistakes"]:
            by_task[row["task"]].append(float(row["mistakes"]))
    assert by_task["setosa/versicolor"][-1] == 0
    assert min(by_task["versicolor/virginica"]) > 0


def test_xor_goes_round_in_a_circle_until_a_third_feature_helps(metrics):
    assert metrics["XOR"] == {"period": 4, "with_product": {"settled": True, "mistakes": 29}}


def test_what_is_said_is_what_was_computed(whole_lab, acts, metrics):
    _, printed = whole_lab
    sentences = [sentence for act in acts.values() for sentence in act["findings"]]
    assert all(sentence in " ".join(printed.split()) for sentence in sentences)  # printed in lines of 100
    learning, theory, _, settling, _, species, _ = sentences
    assert f"{metrics['learning']['mistakes']:,} mistakes in {metrics['learning']['epochs']:,} epochs" in learning
    assert f"that was made is {100 * metrics['theory']['closest_to_bound']:.1f} %" in theory
    for sentence, act in ((settling, "settling"), (species, "species")):
        found = metrics[act]["test_error"]
        assert all(f"{name} {100 * error['mean']:.1f} %" in sentence for name, error in found.items())
    assert "setosa/virginica, sepals" in printed
    assert str(whole_lab[0]) in printed


def test_all_orders_that_run_out_are_told_as_not_settled():
    table = iris().only(["versicolor", "virginica"])
    moments = list(learn_step_by_step(table, random_orders(100, 3, 0)))
    assert moments[-1].example is not None
    counts = count_by_epoch(moments, 100)
    assert [row["epoch"] for row in counts] == [1, 2, 3]
    assert counts[-1]["mistakes_so_far"] == len(moments) == moments[-1].mistakes


@pytest.mark.parametrize(("frames", "slow"), [(2, 1), (30, 24), (60, 24), (3000, 1000)])
def test_frames_begin_with_single_mistakes_and_end_with_the_last_moment(frames, slow):
    table = iris().only(["setosa", "versicolor"], ["sepal length", "sepal width"])
    moments = list(learn_step_by_step(table, random_orders(100, 5000, 1)))
    chosen = choose_frames(moments, 100, frames, slow)
    assert slow < len(chosen) <= frames
    assert chosen[:slow] == moments[:slow]
    assert chosen[-1] is moments[-1]
    assert [moment.shown for moment in chosen] == sorted({moment.shown for moment in chosen})


def test_an_easy_task_gives_few_frames():
    table = iris().only(["setosa", "versicolor"])
    moments = list(learn_step_by_step(table, random_orders(100, 50, 0)))
    assert len(moments) < 24
    assert choose_frames(moments, 100, 60, 24) == moments


@pytest.mark.slow
def test_of_one_split_one_order_and_one_epoch_nothing_is_counted_in_the_plural(lab, tmp_path, capsys):
    least = {"splits": 1, "orders": 1, "epochs": 1, "max_epochs": 1, "frames": 2, "slow": 1}
    options = [word for name, number in least.items() for word in (f"--{name}", str(number))]
    assert lab.main(["--preset", "smoke", *options, "--results", str(tmp_path)]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert not re.findall(r"\b1 (?:\w+s|more mistakes)\b", printed.split("Lessons,")[0])
    assert "mistakes in 1 epoch:" in printed and "one split: last weights" in printed
    assert "made: in one order of the flowers" in printed


def test_settings_that_cannot_be_are_told(lab, capsys):
    assert lab.main(["--frames", "10", "--slow", "10"]) == 2
    assert "slow: 10 of 10 frames leave none for the rest" in capsys.readouterr().err
    assert lab.main(["--frames", "1", "--slow", "1"]) == 2
    assert "frames: 1 makes no animation; take 2 or more" in capsys.readouterr().err
    assert lab.main(["--orders", "0"]) == 2
    assert "orders" in capsys.readouterr().err
