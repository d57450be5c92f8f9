from __future__ import annotations

import csv
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from nnlabs.errors import RunError
from nnlabs.paths import PACKAGE
from nnlabs.plotting.style import describe_data, new_figure, save, title


def example() -> Figure:
    figure, axes = new_figure(10, 4)
    axes[0, 0].plot([1, 2, 3], [0.5, 0.7, 0.6])
    title(figure, "Example", describe_data("digits", None, 100))
    return figure


def test_save_writes_png_svg_and_the_numbers(tmp_path: Path) -> None:
    table = {"epoch": np.array([1, 2]), "loss": [np.float64(0.1) + 0.2, np.nan], "run": ["plain", "a, b"]}
    png, svg, numbers = save(example(), tmp_path / "new" / "folder", "loss", table)
    assert [path.name for path in (png, svg, numbers)] == ["loss.png", "loss.svg", "loss.csv"]
    assert Image.open(png).size == (1500, 600)
    assert svg.read_text().lstrip().startswith("<?xml")
    with numbers.open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["epoch", "loss", "run"],
            ["1", "0.30000000000000004", "plain"],
            ["2", "nan", "a, b"],
        ]
    assert {path.name for path in png.parent.iterdir()} == {"loss.png", "loss.svg", "loss.csv"}


def test_both_pictures_say_what_they_show(tmp_path: Path) -> None:
    figure = example()
    title(figure, "Loss falls & rests", "Digits · n = 9 images")
    png, svg, _ = save(figure, tmp_path, "loss", {})
    with Image.open(png) as picture:
        assert picture.info["Title"] == "Loss falls & rests"
        assert picture.info["Description"] == "Digits · n = 9 images"
    drawing = svg.read_text(encoding="utf-8")
    assert "<dc:title>Loss falls &amp; rests</dc:title>" in drawing
    assert "<dc:description>Digits · n = 9 images</dc:description>" in drawing


def test_save_takes_rows_that_differ_in_their_columns(tmp_path: Path) -> None:
    *_, numbers = save(example(), tmp_path, "rows", [{"a": 1}, {"a": 2, "b": 3}])
    assert numbers.read_text() == "a,b\n1,\n2,3\n"


@pytest.mark.slow
def test_the_same_figure_gives_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; sys.path.insert(0, sys.argv[1]); import test_style; from nnlabs.plotting.style import save;"
        "save(test_style.example(), pathlib.Path(sys.argv[2]), 'a', {'x': [1]})"
    )
    for hash_seed in ("1", "2"):
        command = [sys.executable, "-c", code, str(Path(__file__).parent), str(tmp_path / hash_seed)]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": hash_seed})
    for ending in ("png", "svg", "csv"):
        digests = {hashlib.sha256((tmp_path / seed / f"a.{ending}").read_bytes()).hexdigest() for seed in ("1", "2")}
        assert len(digests) == 1, ending
    assert "<dc:date>" not in (tmp_path / "1" / "a.svg").read_text()


HOSTILE = """
backend: TkAgg
text.usetex: True
font.family: serif
font.size: 40
axes.prop_cycle: cycler('color', ['red'])
axes.facecolor: black
axes.linewidth: 9
axes.formatter.use_mathtext: True
lines.marker: o
savefig.bbox: tight
savefig.transparent: True
savefig.dpi: 20
figure.dpi: 20
path.sketch: 5, 100, 2
svg.fonttype: none
xtick.direction: in
image.cmap: jet
"""


@pytest.mark.slow
def test_a_users_matplotlibrc_and_backend_change_no_byte_of_a_figure(tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text(HOSTILE)
    code = (
        "import sys, pathlib; sys.path.insert(0, sys.argv[1]); import nnlabs.plotting.style as style, matplotlib;"
        "from matplotlib.figure import Figure; print(matplotlib.rcParams['font.size']);"
        "figure, axes = style.new_figure(6, 4, 1, 2); axes[0, 0].plot([1, 2, 3]); axes[0, 1].set(yscale='log', ylim=(1, 1e6));"
        "axes[0, 1].imshow([[1, 2]], aspect='auto');"
        "style.title(figure, 'A', 'B'); style.save(figure, pathlib.Path(sys.argv[2]), 'a', {})"
    )
    files = []
    for name, folder, backend in (("plain", Path("/"), "agg"), ("hostile", tmp_path, "template")):
        command = [sys.executable, "-c", code, str(Path(__file__).parent), str(tmp_path / name)]
        environment = {**os.environ, "MPLBACKEND": backend, "PYTHONPATH": str(PACKAGE.parent)}
        said = subprocess.run(command, check=True, env=environment, cwd=folder, capture_output=True, text=True)
        files.append([(tmp_path / name / f"a.{ending}").read_bytes() for ending in ("png", "svg")])
        assert said.stdout == ("10.0\n" if name == "plain" else "40.0\n")  # the file was found
    assert files[0] == files[1]


def test_saving_twice_leaves_the_layout_at_work(tmp_path: Path) -> None:
    figure = example()
    first = save(figure, tmp_path, "a", {"x": [1]})[0].read_bytes()
    figure.axes[0].set_ylabel("a label\nof two lines")
    save(figure, tmp_path, "b", {"x": [1]})
    figure.axes[0].set_ylabel("")
    assert save(figure, tmp_path, "c", {"x": [1]})[0].read_bytes() == first


def test_a_table_with_columns_of_two_lengths_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="shorter"):
        save(example(), tmp_path, "bad", {"a": [1, 2], "b": [1]})
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="a part of that path is a file, not a folder"):
        save(example(), tmp_path / "file" / "figures", "a", {"x": [1]})
