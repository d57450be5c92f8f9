"""A learner's own activations in lab 2, beside the built-in ones."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nnlabs.cli import lab_files
from nnlabs.errors import ConfigError
from nnlabs.exercises.catalog import find
from nnlabs.exercises.solutions import SOLUTIONS
from nnlabs.exercises.source import skeleton, solution
from nnlabs.labs.activations.gradients import value_and_slope
from nnlabs.labs.activations.mine import read_mine, with_mine
from nnlabs.labs.activations.settings import ActivationsConfig
from nnlabs.scratch.activations import ACTIVATIONS

EXERCISE = find("activations")
TINY = "seeds: 1, examples: 20, activations: [identity, tanh, relu], widths: [4], steps: 2, frames: 2, depths: [2], width: 4"
REST = "rates: [0.1], inits: [he], deep_activations: [tanh], fit_widths: [2], fit_depths: [1], workers: 2"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "activations.py").write_text(solution(EXERCISE), encoding="utf-8")
    return tmp_path


def test_the_finished_exercise_computes_what_the_labs_own_does(folder: Path) -> None:
    x = np.linspace(-3, 3, 50)
    mine = read_mine(folder)
    assert list(mine) == ["tanh", "leaky_relu", "elu"]
    for name, entry in mine.items():
        assert (entry.name, entry.title) == (f"my_{name}", f"Your {ACTIVATIONS[name].title}")
        for ours, theirs in zip(value_and_slope(ACTIVATIONS[name], x), value_and_slope(entry, x), strict=True):
            assert np.array_equal(ours, theirs)


def test_activations_that_another_function_makes_are_found(folder: Path) -> None:
    made = "\n\ndef made(f, df):\n    return lambda x: (f(x), lambda g: g * df(x))\n\n\n"
    made += "tanh = made(np.tanh, lambda x: 1 - np.tanh(x) ** 2)\n"
    (folder / "activations.py").write_text(f"import numpy as np\n{made}", encoding="utf-8")
    assert list(read_mine(folder)) == ["tanh"]


def test_what_is_still_a_blank_is_left_out(folder: Path) -> None:
    path = folder / "activations.py"
    path.write_text(path.read_text(encoding="utf-8").replace("    y = np.tanh(x)", "    raise NotImplementedError"))
    assert list(read_mine(folder)) == ["leaky_relu", "elu"]
    path.write_text(skeleton(EXERCISE), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"mine: no activation in .*activations.py is written yet"):
        read_mine(folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "def tanh(x, /):\n    return 1 / 0, None\n",
            r"mine: tanh in .* does not run: division by zero; `nnlabs exercise check",
        ),
        ("def tanh(x, /):\n    return x.sum(), lambda g: g\n", "mine: tanh in .* changes the shape of its input"),
        (
            "import math\n\n\ndef tanh(x, /):\n    return [math.tanh(v) for v in x], lambda g: g\n",
            r"mine: tanh in .* does not run: .*; `nnlabs exercise check",
        ),
        ("def tanh(x, /):\n    return x.ravel(), lambda g: g\n", "mine: tanh in .* changes the shape of its input"),
        ("def tanh(x\n", r"mine: .*activations.py, line 1: Python cannot read this"),
        (b"# caf\xe9\ndef tanh(x):\n", r"mine: .*activations.py.*: Python cannot read this"),
    ],
)
def test_mistakes_are_a_sentence(folder: Path, text: str | bytes, message: str) -> None:
    (folder / "activations.py").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError, match=message):
        read_mine(folder)


def test_a_helper_may_be_called_as_an_activation_is(folder: Path) -> None:
    path = folder / "activations.py"
    helper = "\n\ndef sigmoid(x):\n    return 1 / (1 + np.exp(-x))\n"
    path.write_text(path.read_text(encoding="utf-8") + helper, encoding="utf-8")
    assert list(read_mine(folder)) == ["tanh", "leaky_relu", "elu"] == list(SOLUTIONS["activations"])


def test_a_folder_without_the_exercise_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"mine: there is no file .*activations.py"):
        with_mine(ActivationsConfig(mine=str(tmp_path)))


def test_in_a_notebook_the_file_as_it_is_now_counts_and_without_it_none(folder: Path) -> None:
    built_in, path = list(ACTIVATIONS), folder / "activations.py"
    config = ActivationsConfig(mine=str(folder))
    first = with_mine(config)
    assert ACTIVATIONS["my_tanh"].rule(np.ones(1))[0] == np.tanh(1)
    path.write_text(path.read_text(encoding="utf-8").replace("    y = np.tanh(x)", "    y = 2 * np.tanh(x)"))
    assert with_mine(config) == first
    assert ACTIVATIONS["my_tanh"].rule(np.ones(1))[0] == 2 * np.tanh(1)
    with_mine(ActivationsConfig())
    assert list(ACTIVATIONS) == built_in


def test_a_file_with_a_byte_order_mark_is_read(folder: Path) -> None:
    path = folder / "activations.py"
    path.write_text(path.read_text(encoding="utf-8"), encoding="utf-8-sig")
    assert "tanh" in read_mine(folder)


def test_without_the_setting_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ACTIVATIONS, "my_gauss", ACTIVATIONS["tanh"])  # entered by somebody else
    config = ActivationsConfig()
    assert with_mine(config) is config
    assert "my_gauss" in ACTIVATIONS


@pytest.mark.slow
def test_they_are_in_the_labs_figures_beside_the_built_in_ones(folder: Path) -> None:
    (folder / "tiny.yaml").write_text(f"{{{TINY}, {REST}}}")
    command = [
        sys.executable,
        str(lab_files()["activations"]),
        "--preset",
        "smoke",
        "--config",
        str(folder / "tiny.yaml"),
    ]
    words = ["--mine", str(folder), "--results", str(folder / "results")]
    environment = os.environ | {"PYTHONIOENCODING": "utf-8"}
    done = subprocess.run([*command, *words], capture_output=True, text=True, encoding="utf-8", env=environment)
    assert done.returncode == 0, done.stderr
    (csv,) = folder.glob("results/activations/*/2_accuracy.csv")
    rows = [line.split(",") for line in csv.read_text(encoding="utf-8").splitlines()]
    where = rows[0].index("activation")
    titles = list(dict.fromkeys(row[where] for row in rows[1:]))
    assert {"Identity", "Tanh", "Your Tanh", "ReLU", "Leaky ReLU", "Your Leaky ReLU", "ELU", "Your ELU"} == set(titles)
    rest = {title: [row[:where] + row[where + 1 :] for row in rows[1:] if row[where] == title] for title in titles}
    assert rest["Tanh"] == rest["Your Tanh"] and rest["ELU"] == rest["Your ELU"]
    shapes = (csv.parent / "1_activations.csv").read_text(encoding="utf-8")
    assert shapes.index("\nmy_tanh,") < shapes.index("\nhard_tanh,")
