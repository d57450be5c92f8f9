"""A new lab is a script, a YAML file and a folder, and nothing else: every command knows it then."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nnlabs.paths import checkout

SCRIPT = '''"""Lab 5, demo: how exact is the mean of many numbers?"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nnlabs.config.load import load_lab
from nnlabs.config.schema import LabConfig
from nnlabs.config.types import PositiveInt, Seed
from nnlabs.errors import run_as_script
from nnlabs.labkit.display import LabPage
from nnlabs.labkit.folder import open_lab
from nnlabs.labkit.results import Act, LabResult, close_lab
from nnlabs.labs.demo.figures import means_figure
from nnlabs.labs.demo.findings import describe
from nnlabs.labs.demo.lessons import LESSONS
from nnlabs.plotting.style import describe_data
from nnlabs.plotting.worker import FigureWorker


@dataclass(frozen=True)
class Config(LabConfig):
    """The lab's settings.

    Args:
        n: numbers behind a mean.
        seed: of the numbers.
    """

    n: PositiveInt = 100
    seed: Seed = 0


def main(argv: Sequence[str] | None = None) -> int:
    return run_as_script(lambda: run(argv))


def run(argv: Sequence[str] | None = None) -> LabPage:
    return run_lab(load_lab(Config, "demo", argv))


def run_lab(config: Config) -> LabPage:
    folder = open_lab("demo", config)
    draws = np.random.default_rng(config.seed).uniform(size=(200, config.n))
    means = draws.mean(axis=1)
    with FigureWorker(folder) as figure_worker:
        figure_worker.draw("1_means", means_figure, means, describe_data("Random numbers", None, config.n, unit="numbers"))
    metrics = {"ratio": float(means.std() * (12 * config.n) ** 0.5)}
    acts = {"means": Act("Means scatter less", [describe(metrics)], metrics, runs=200)}
    following = [("More numbers.", "nnlabs run demo --n 1000")]
    return close_lab(folder, LabResult(__doc__, "Random numbers", config.n, "numbers", [config.seed], acts, following, LESSONS))


if __name__ == "__main__":
    sys.exit(main())
'''
FIGURES = '''"""The figure of lab 5."""

import numpy as np

from nnlabs.plotting.intervals import Drawn, to_rows
from nnlabs.plotting.style import new_figure, title


def means_figure(means: np.ndarray, data_line: str) -> Drawn:
    figure, axes = new_figure()
    panel = np.atleast_1d(axes).ravel()[0]
    panel.hist(means)
    panel.set(xlabel="mean", ylabel="how often")
    title(figure, "Means lie close together", data_line)
    return figure, to_rows(mean=means)
'''
FINDINGS = '''"""What the numbers of lab 5 say."""


def describe(metrics: dict[str, float]) -> str:
    return f"The scatter is {metrics['ratio']:.2f} times what theory says."
'''
LESSONS = '''"""What lab 5 is to show."""

from nnlabs.labkit.lessons import Lesson

LESSONS = (
    Lesson(
        "means",
        "The scatter of a mean is what theory says",
        "off",
        lambda metrics: abs(metrics["means"]["ratio"] - 1),
        above=None,
        below=0.2,
        unit="%",
        since="smoke",
    ),
)
'''
QUESTIONS = '''"""What lab 5 asks before it runs."""

from nnlabs.labkit.questions.number import Number


def questions(settings):
    text = f"The means of {settings['n']} numbers scatter. How many times as much as theory says?"
    return (Number("ratio", text, "They are independent.", "means.ratio", "times", low=0, high=10),)
'''
FILES = {
    "labs/lab5_demo.py": SCRIPT,
    "configs/demo.yaml": "common: {seed: 1}\nsmoke: {n: 20}\nquick: {n: 50}\nfull: {n: 400}\n",
    "src/nnlabs/labs/demo/__init__.py": '"""Lab 5, demo."""\n',
    "src/nnlabs/labs/demo/figures.py": FIGURES,
    "src/nnlabs/labs/demo/findings.py": FINDINGS,
    "src/nnlabs/labs/demo/lessons.py": LESSONS,
    "src/nnlabs/labs/demo/questions.py": QUESTIONS,
}


@pytest.fixture(scope="module")
def fifth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout with a fifth lab, nothing that was there changed."""
    top, copy = checkout(), tmp_path_factory.mktemp("checkout")
    assert top is not None
    for name in ("src", "labs", "configs"):
        shutil.copytree(top / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(top / name, copy)
    for name, text in FILES.items():
        assert not (copy / name).exists()
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text(text, encoding="utf-8")
    return copy


def nnlabs(copy: Path, *words: str) -> str:
    """What a command prints in the copy, which must end well."""
    here = os.environ | {"PYTHONPATH": str(copy / "src"), "PYTHONIOENCODING": "utf-8"}
    here |= {"NNLABS_RESULTS": str(copy / "results")}
    done = subprocess.run(
        [sys.executable, "-m", "nnlabs", *words],
        env=here,
        cwd=copy,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_every_command_knows_a_fifth_lab(fifth):
    assert nnlabs(fifth, "list").splitlines()[-1].startswith("demo             Lab 5, demo: how exact")
    assert "shown: The scatter of a mean is what theory says" in nnlabs(fifth, "run", "demo", "--preset", "smoke")
    folder = fifth / "results" / "demo" / "smoke"
    result = json.loads((folder / "result.json").read_text())
    assert result["acts"]["means"]["figures"] == ["1_means"] and (folder / "1_means.png").is_file()
    predicted = nnlabs(fifth, "predict-first", "demo", "--preset", "smoke", "--answer", "ratio=0.9 to 1.1")
    assert "The means of 20 numbers scatter." in predicted and "inside your range" in predicted
    assert "demo (smoke) · complete before" in nnlabs(fifth, "reproduce", "demo", "--preset", "smoke")
    nnlabs(fifth, "report", "--preset", "smoke")
    page = (fifth / "results" / "report-smoke.html").read_text(encoding="utf-8")
    assert result["acts"]["means"]["findings"][0] in page and "Lab 4" in page
    nnlabs(fifth, "verify", "--update", "smoke", "demo")
    reference = json.loads((fifth / "src/nnlabs/labs/demo/reference/smoke.json").read_text())["metrics"]
    assert reference["means.ratio"]["n"] == 8 and reference["means.ratio"]["spread"] > 0
    verified = nnlabs(fifth, "verify", "demo").splitlines()
    assert verified == [
        "demo (smoke), twice: 1 files equal bit for bit",
        "demo (smoke): 1 of 1 metrics within tolerance",
        "demo (smoke): 1 of 1 lessons shown",
        "Verified.",
    ]
