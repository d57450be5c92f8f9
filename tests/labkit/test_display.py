"""What a notebook shows of a lab's and a run's results: their HTML, read as a browser does, without Jupyter."""

from __future__ import annotations

import base64
import io
import pickle
import re
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

import nnlabs
from nnlabs.config.load import with_changes
from nnlabs.labkit.display import LabPage
from nnlabs.plotting.style import new_figure, save, title
from nnlabs.records import write_json

LESSON = {"act": "first", "claim": "b > a", "numbers": "b - a: 3, more than 0 expected", "why": "", "expected": True}
RESULT = {
    "title": "Lab 9, demo",
    "question": "Is a < b & c?",
    "data": "Digits",
    "n": 1200,
    "unit": "images",
    "lessons": [
        LESSON | {"verdict": "shown"},
        LESSON | {"verdict": "contradicted", "why": "it lies on the other side"},
    ],
    "acts": {
        "first": {
            "title": "One <act>",
            "findings": ["It learned."],
            "figures": ["1_line"],
            "animations": ["1_moves"],
            "tables": [
                {
                    "caption": "All of it\nby name",
                    "header": ["network", "test (%)"],
                    "rows": [["<mlp>", "91.0"]],
                    "right": [False, True],
                }
            ],
        }
    },
}


def tree(html: str) -> ElementTree.Element:
    """The elements of a piece of HTML whose only empty ones are images and line breaks."""
    closed = re.sub(r"<(img|br)([^>]*)>", r"<\1\2/>", html)
    return ElementTree.fromstring(f"<body>{closed}</body>")


def pictures(html: str) -> list[Image.Image]:
    found = [element.attrib["src"] for element in tree(html).iter("img")]
    return [Image.open(io.BytesIO(base64.b64decode(source.partition("base64,")[2]))) for source in found]


@pytest.fixture
def page(tmp_path):
    figure, axes = new_figure(4, 3)
    axes[0, 0].plot([0, 1])
    title(figure, "A line", "Digits")
    save(figure, tmp_path, "1_line", {"x": [0, 1]})
    Image.fromarray(np.zeros((8, 6), np.uint8)).save(tmp_path / "1_moves.gif")
    write_json(tmp_path / "result.json", RESULT)
    return LabPage(tmp_path)


def test_a_labs_page_shows_its_sentences_tables_and_figures(page):
    html = page._repr_html_()
    texts = [text.strip() for text in tree(html).itertext() if text.strip()]
    for text in ("Lab 9, demo", "Is a < b & c?", "One <act>", "It learned.", "All of it\nby name", "<mlp>", "91.0"):
        assert text in texts
    assert "Lessons, 1 of 2 shown" in texts
    assert "shown: b > a (b - a: 3, more than 0 expected)" in texts
    assert [(picture.format, picture.size) for picture in pictures(html)] == [("GIF", (6, 8)), ("PNG", (600, 450))]
    assert 'style="text-align: right">91.0<' in html
    assert '<caption style="white-space: pre-line">All of it' in html  # lines stay lines


@pytest.mark.slow
def test_a_lab_run_from_python_gives_its_page(tmp_path, capsys):
    page = nnlabs.run_lab("perceptron", "--preset", "smoke", "--results", tmp_path, "--orders", 2, "--splits", 2)
    assert page.folder.parent == tmp_path / "perceptron"
    html = page._repr_html_()
    assert len(pictures(html)) == sum(
        len(act["figures"]) + len(act["animations"]) for act in page.result["acts"].values()
    )
    assert page.result["acts"]["learning"]["findings"][0] in tree(html).itertext()


def test_a_runs_result_shows_its_curve_and_stays_a_dictionary(tiny, tmp_path):
    run = nnlabs.Run(with_changes(tiny, {"train.epochs": 2}, "test"), tmp_path)
    result = nnlabs.execute(run, show_progress=False)
    assert result == dict(result) == run.result
    (curve,) = pictures(result._repr_html_())
    assert curve.format == "PNG" and curve.size[0] == 1500
    texts = list(tree(result._repr_html_()).itertext())
    assert f"{100 * result['validation_accuracy']:.1f} %" in texts
    assert "mlp on digits: train_size 100, widths 16, epochs 2, batch_size 32, lr 0.005, precision fp32" in texts
    assert pickle.loads(pickle.dumps(result)) == result


@pytest.mark.parametrize("word", ["--help", "--print_config"])
def test_what_is_asked_for_in_place_of_a_run_ends_without_an_error(word, capsys):
    assert nnlabs.run_lab("perceptron", "--preset", "smoke", "--seed", 3, word) is None
    assert "seed" in capsys.readouterr().out


INTERRUPTED = """
import builtins, nnlabs
from nnlabs.errors import RunError

usual = builtins.__import__
def interrupted(name, *rest, **more):
    if name == "torch.nn":  # as far as it got when the button was pressed
        raise KeyboardInterrupt
    return usual(name, *rest, **more)

builtins.__import__ = interrupted
try:
    nnlabs.run_lab("regularization", "--preset", "smoke", "--summary", True)
except KeyboardInterrupt:
    builtins.__import__ = usual
try:
    nnlabs.run_lab("regularization", "--preset", "smoke", "--summary", True)
except RunError as error:
    print(error)
"""


@pytest.mark.slow
def test_a_notebook_that_was_interrupted_while_torch_was_imported_is_told_to_restart():
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, encoding="utf-8")
    assert done.stdout.splitlines()[-1:] == [
        "torch was interrupted while it was imported, which it survives once only; restart Python"
    ], done.stderr
