"""Lab 2's real `main()` on tiny data: its files, the registry in them, numbers recomputed, the same bytes again."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nnlabs.cli import lab_files
from nnlabs.labs.activations.gradients import (
    collapse,
    distinct_units,
    gradient_profiles,
    log10_gradients,
    moments,
    value_and_slope,
)
from nnlabs.labs.activations.settings import ELEMENTWISE
from nnlabs.labs.activations.training import PROBLEMS, Job, Recipe, make_problem, train, train_all
from nnlabs.scratch.activation import Activation
from nnlabs.scratch.activations import ACTIVATIONS
from nnlabs.scratch.init import INITS
from tests.results import lab_folder

TINY = f"""
{{seeds: 2, examples: 20, activations: [{", ".join(ELEMENTWISE)}], widths: [8], steps: 4, frames: 3, depths: [2, 3], width: 8,
 rates: [0.01, 0.1], inits: [he], deep_activations: [tanh], fit_widths: [2, 4], fit_depths: [1], workers: 1}}
"""
CODE_VERSION = Recipe((8,), 4, 0.02, 64)

# The lab in a process of its own that says by which functions torch came to be imported.
RUN = """
import runpy, sys, traceback
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            print("torch imported by", [frame.name for frame in traceback.extract_stack()])
if __name__ == "__main__":
    path, *sys.argv[1:] = sys.argv[1:]
    sys.meta_path.insert(0, Watch())
    runpy.run_path(path, run_name="__main__")
"""


def run_lab(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    script = folder / "run.py"
    script.write_text(RUN)
    command = [sys.executable, str(script), str(lab_files()["activations"]), *options]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONIOENCODING": "utf-8"})


@pytest.fixture(scope="module")
def whole_lab(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of one run of the lab on tiny data, and what it printed."""
    top = tmp_path_factory.mktemp("lab2")
    (top / "tiny.yaml").write_text(TINY)
    done = run_lab(top, "--preset", "smoke", "--config", str(top / "tiny.yaml"), "--results", str(top))
    assert done.returncode == 0, done.stderr
    return lab_folder(top / "activations"), done.stdout


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def elementwise() -> dict[str, Activation]:
    return {name: entry for name, entry in ACTIVATIONS.items() if entry.elementwise}


def test_every_figure_is_there_as_picture_drawing_and_numbers(whole_lab: tuple[Path, str]) -> None:
    folder, _ = whole_lab
    names = {
        "1_activations",
        "2_loss_curves",
        "2_accuracy",
        "2_boundaries",
        "3_gradient_by_depth",
        "3_gradient_by_layer",
    }
    names |= {
        "4_saturation",
        "5_dying_units",
        "5_dead_units",
        "6_initializations",
        "7_width_and_depth",
        "8_back_propagation",
        "8_torch_replica",
    }
    assert {path.stem for path in folder.glob("*.png")} == names
    assert {path.stem for path in folder.glob("*.svg")} == names
    assert names | {"activations", "history"} == {path.stem for path in folder.glob("*.csv")}
    assert {path.name for path in folder.glob("*.gif")} == {"2_learning.gif"}


def test_only_the_twin_imports_torch(whole_lab: tuple[Path, str]) -> None:
    (line,) = [line for line in whole_lab[1].splitlines() if line.startswith("torch imported by")]
    assert "'torch_losses'" in line


def test_every_activation_of_the_registry_is_in_figure_table_and_training(whole_lab: tuple[Path, str]) -> None:
    folder, printed = whole_lab
    assert [row["activation"] for row in rows(folder / "activations.csv")] == [e.title for e in ACTIVATIONS.values()]
    assert {row["activation"] for row in rows(folder / "1_activations.csv")} == set(ACTIVATIONS)
    titles = {entry.title for entry in elementwise().values()}
    for name in ("2_accuracy", "2_loss_curves"):
        assert {row["activation"] for row in rows(folder / f"{name}.csv")} == titles
    assert all(entry.title in printed and entry.paper.split()[0] in printed for entry in ACTIVATIONS.values())


def test_the_same_seed_gives_the_same_bytes(whole_lab: tuple[Path, str]) -> None:
    history = rows(whole_lab[0] / "history.csv")
    cases = [("relu", "moons", 1), ("gelu", "digits", 0), ("tanh", "spirals", 0)]
    jobs = [Job(problem, CODE_VERSION, activation, seed) for activation, problem, seed in cases]
    for case, run in zip(cases, train_all(jobs, 20, workers=1), strict=True):
        written = [row for row in history if (row["activation"], row["problem"], int(row["seed"])) == case]
        again = [{key: str(value) for key, value in row.items()} for row in run.history()]
        assert [{key: row[key] for key in ("step", "loss", "accuracy")} for row in written] == again


def test_accuracies_are_means_over_the_seeds_of_the_last_step_with_students_interval(
    whole_lab: tuple[Path, str],
) -> None:
    history = rows(whole_lab[0] / "history.csv")
    for row in rows(whole_lab[0] / "2_accuracy.csv"):
        (name,) = (name for name, entry in ACTIVATIONS.items() if entry.title == row["activation"])
        a, b = (
            float(r["accuracy"])
            for r in history
            if (r["activation"], r["problem"], r["step"]) == (name, row["problem"], "4")
        )
        mean = (a + b) / 2
        assert float(row["accuracy"]) == pytest.approx(mean)
        # t(1 degree of freedom, 97.5 %) = 12.706; s / √2 = |a - b| / 2; no accuracy lies above 1 or below 0
        half = 12.7062 * abs(a - b) / 2
        ends = float(row["accuracy_low"]), float(row["accuracy_high"])
        assert ends == pytest.approx((max(0, mean - half), min(1, mean + half)), rel=1e-5, abs=1e-5)


def test_the_drawn_slopes_agree_with_finite_differences(whole_lab: tuple[Path, str]) -> None:
    for name in elementwise():
        its = [row for row in rows(whole_lab[0] / "1_activations.csv") if row["activation"] == name]
        x, value, slope = (np.array([float(row[key]) for row in its]) for key in ("x", "value", "slope"))
        differences = (value[2:] - value[:-2]) / (x[2:] - x[:-2])
        # Kinks and jumps lie at whole numbers: leave out their neighbors, a step h = 0.02 away.
        smooth = np.abs(x[1:-1] - np.round(x[1:-1])) > 0.03
        # A central difference is wrong by h²/6 f‴, and no f‴ here exceeds 6.
        np.testing.assert_allclose(slope[1:-1][smooth], differences[smooth], atol=0.02**2, err_msg=name)


def test_the_result_holds_what_the_sentences_say(whole_lab: tuple[Path, str]) -> None:
    folder, printed = whole_lab
    acts = json.loads((folder / "result.json").read_text(encoding="utf-8"))["acts"]
    sentences = [sentence for act in acts.values() for sentence in act["findings"]]
    assert list(acts) == ["shapes", "training", "depth", "saturation", "death", "start", "size", "replica"]
    assert all(act["findings"] and act["figures"] for act in acts.values())
    assert acts["training"]["animations"] == ["2_learning"]
    assert all(sentence in " ".join(printed.split()) for sentence in sentences)  # printed in lines of 100
    assert acts["start"]["metrics"]["distinct_units_from_zeros"] == 1
    assert set(acts["start"]["metrics"]["loss"]) == set(INITS)
    assert set(acts["training"]["metrics"]["validation_accuracy"]["ReLU"]) == set(PROBLEMS)
    assert acts["shapes"]["metrics"]["collapse_difference"] < 1e-12
    assert max(acts["replica"]["metrics"]["largest_difference"].values()) < 1e-10


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--activations", "[swish]"], "activations: there is no 'swish'; it is called 'silu' here"),
        (["--inits", "[hee]"], "inits: there is no 'hee'; did you mean 'he'?"),
        (["--deep_activations", "[rellu]"], "deep_activations: there is no 'rellu'; did you mean 'relu'?"),
        (["--activations", "[softmax]"], "activations: there is no 'softmax'"),
        (["--examples", "3"], "examples: 3 leave too few to judge by"),
        (["--frames", "1"], "frames: 1 makes no animation"),
        (["--widths", "[]"], "widths: name at least one"),
        (["--depths", "[50, 2]"], "depths: give them rising, each once: [2, 50]"),
        (["--rates", "[0.3, 0.01]"], "rates: give them rising, each once: [0.01, 0.3]"),
    ],
)
def test_a_wrong_option_is_one_line_and_exit_code_2(
    options: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from nnlabs.cli import load_lab_module

    code = load_lab_module(lab_files()["activations"]).main([*options, "--results", str(tmp_path)])
    lines = capsys.readouterr().err.strip().splitlines()
    assert code == 2
    assert len(lines) == 1 and said in lines[0]
    assert not list(tmp_path.iterdir())


def test_softmax_of_x_and_0_is_drawn_as_the_sigmoid_it_equals() -> None:
    x = np.linspace(-4, 4, 9)
    for of_two, of_one in zip(
        value_and_slope(ACTIVATIONS["softmax"], x), value_and_slope(ACTIVATIONS["sigmoid"], x), strict=True
    ):
        np.testing.assert_allclose(of_two, of_one, atol=1e-12)


def test_ten_linear_layers_equal_one() -> None:
    assert collapse(10, 16, seed=0) < 1e-12


def test_units_that_start_at_zero_stay_equal_and_others_do_not() -> None:
    moons = make_problem("moons", 60, 0)
    assert distinct_units(train(moons, CODE_VERSION, "tanh", 0, "zeros").model) == 1
    assert distinct_units(train(moons, CODE_VERSION, "tanh", 0, "he").model) == 8


def test_the_gradient_vanishes_through_sigmoids_and_not_through_relu_from_he() -> None:
    moons = make_problem("moons", 100, 0)
    sigmoid, relu = (log10_gradients(moons, name, "he", 12, 32, 0) for name in ("sigmoid", "relu"))
    assert sigmoid.shape == (12,)
    assert sigmoid[0] < sigmoid[-1] - 4
    assert abs(relu[0] - relu[-1]) < 1
    profiles = gradient_profiles(moons, ["sigmoid", "relu"], "he", 12, 32, [0])
    np.testing.assert_allclose(profiles, [sigmoid - sigmoid[-1], relu - relu[-1]], atol=1e-12)


def test_a_gradient_too_small_to_be_squared_is_still_measured() -> None:
    moons = make_problem("moons", 100, 0)
    half, whole = (log10_gradients(moons, "sigmoid", "normal", depth, 32, 0) for depth in (50, 100))
    assert whole[0] - whole[-1] == pytest.approx(2 * (half[0] - half[-1]), rel=0.1)  # some 1.9 powers of ten a layer
    assert np.isneginf(log10_gradients(moons, "tanh", "zeros", 5, 32, 0)[0])


def test_moments_are_the_network_before_training_on_the_way_and_at_its_end() -> None:
    moons = make_problem("moons", 60, 0)
    shown = moments(moons, CODE_VERSION, "tanh", 0, 3)
    run = train(moons, CODE_VERSION, "tanh", 0)
    assert [moment.step for moment in shown] == [0, 2, 4]
    assert (shown[0].loss, shown[-1].loss) == (run.loss[0], run.loss[-1])
    assert shown[-1].accuracy == run.final_accuracy
    assert shown[0].scores.shape == (80, 80)
    assert not np.array_equal(shown[0].scores, shown[-1].scores)


def test_a_network_learns_xor_and_a_linear_one_does_not() -> None:
    xor = make_problem("XOR", 200, 0)
    recipe = Recipe((16, 16), 100, 0.02, 64, records=2)
    assert train(xor, recipe, "relu", 0).final_accuracy > 0.95
    assert train(xor, recipe, "identity", 0).final_accuracy < 0.8


@pytest.mark.slow
@pytest.mark.parametrize("option", [("--lr", "1e20"), ("--rates", "[0.01, 1e20]")])
def test_a_run_that_diverges_ends_well_and_says_so(option: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY.replace(", ".join(ELEMENTWISE), "relu").replace("[tanh]", "[relu]"))
    given = ["--preset", "smoke", "--config", str(tmp_path / "tiny.yaml"), "--results", str(tmp_path), *option]
    done = run_lab(tmp_path, *given)
    assert (done.returncode, done.stderr) == (0, "")
    acts = json.loads((lab_folder(tmp_path / "activations") / "result.json").read_text(encoding="utf-8"))["acts"]
    said = {name: "networks diverged" in " ".join(act["findings"]) for name, act in acts.items()}
    by_rate = {"training", "saturation", "size"} if option[0] == "--lr" else {"death"}
    assert {name for name, yes in said.items() if yes} == by_rate
    assert all("nan" not in " ".join(act["findings"]) for act in acts.values())


def test_a_loss_that_is_rounded_to_nothing_is_no_run_that_diverged() -> None:
    (run,) = train_all([Job("XOR", Recipe((2,), 1, 0.1, 4), "tanh", 0)], 20, 1)
    perfect = replace(run, loss=np.array([1.0, 0.0, np.nan], np.float32))
    with np.errstate(all="raise"):
        logs = perfect.log10_loss
    assert logs[:2].tolist() == pytest.approx([0, -9]) and np.isnan(logs[2])
