from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from nnlabs.errors import RunError
from nnlabs.plotting.style import new_figure
from nnlabs.plotting.worker import FigureWorker


def draw_a_line(height):
    """A drawing function that notes which process it ran in."""
    figure, axes = new_figure(4, 3)
    axes[0, 0].plot([0, 1], [0, height])
    return figure, {"height": [height], "process": [os.getpid()]}


def fail():
    raise ValueError("a figure of nothing")


def test_figures_are_drawn_in_another_process_and_there_when_the_block_ends(tmp_path):
    with FigureWorker(tmp_path) as figure_worker:
        figure_worker.draw("low", draw_a_line, 1)
        figure_worker.draw("high", draw_a_line, 9)
    for name, height in (("low", 1), ("high", 9)):
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert (tmp_path / f"{name}.svg").exists()
        header, numbers = (tmp_path / f"{name}.csv").read_text().splitlines()
        assert header == "height,process"
        assert numbers.startswith(f"{height},")
        assert numbers != f"{height},{os.getpid()}"


@pytest.mark.parametrize(
    "backend",
    [
        "module://matplotlib_inline.backend_inline",
        pytest.param("nonsense", marks=pytest.mark.slow),
        pytest.param("", marks=pytest.mark.slow),
    ],
)
def test_a_backend_that_a_notebook_passes_on_is_no_hindrance(backend, tmp_path, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", backend)
    with FigureWorker(tmp_path) as figure_worker:
        figure_worker.draw("low", draw_a_line, 1)
    assert (tmp_path / "low.png").exists()


def test_what_goes_wrong_in_the_other_process_is_raised_here(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RunError, match="cannot write"), FigureWorker(tmp_path / "file") as figure_worker:
        figure_worker.draw("low", draw_a_line, 1)
    with pytest.raises(ValueError, match="a figure of nothing"), FigureWorker(tmp_path) as figure_worker:
        figure_worker.draw("nothing", fail)


def test_an_error_in_the_block_is_the_one_that_is_seen(tmp_path):
    with pytest.raises(KeyboardInterrupt), FigureWorker(tmp_path) as figure_worker:
        figure_worker.draw("nothing", fail)
        raise KeyboardInterrupt


def test_a_process_that_is_killed_is_told(tmp_path):
    with (
        pytest.raises(
            RunError, match=r"the process that draws the figures ended early \(code -?\d+\); give the command again"
        ),
        FigureWorker(tmp_path) as figure_worker,
    ):
        figure_worker._process.kill()
        figure_worker._process.wait()
        figure_worker.draw("low", draw_a_line, 1)
    with pytest.raises(RunError, match="ended early"), FigureWorker(tmp_path) as figure_worker:
        figure_worker._process.kill()


def test_a_script_without_a_main_guard_can_draw(tmp_path):
    # multiprocessing would run the script again in the other process, and fail.
    script = tmp_path / "script.py"
    script.write_text(
        "from pathlib import Path\n"
        "from nnlabs.plotting.worker import FigureWorker\n"
        "from nnlabs.labs.perceptron.figures.mistake_counts import Task, mistakes_under_bound\n"
        "with FigureWorker(Path(__file__).parent) as figure_worker:\n"
        "    figure_worker.draw('figure', mistakes_under_bound, [Task('a', 9.0, [1], 4.0, [1])], 'n = 2')\n"
        "print('done')\n"
    )
    answer = subprocess.run([sys.executable, str(script)], capture_output=True, text=True)
    assert (answer.stdout, answer.stderr) == ("done\n", "")
    assert (tmp_path / "figure.png").exists()


def draw_once_there(path, _):
    """A drawing that takes until a file is there."""
    end = time.monotonic() + 300
    while not path.exists():
        assert time.monotonic() < end, "waited for five minutes"
        time.sleep(0.01)
    return draw_a_line(1)


def test_who_computes_need_not_wait_for_the_drawing(tmp_path):
    # Each has more to say than a pipe holds. Were they read one by one, the second would wait for the file, which comes after it.
    much, there = b"0" * 1_000_000, tmp_path / "there"
    with FigureWorker(tmp_path) as figure_worker:
        figure_worker.draw("first", draw_once_there, there, much)
        figure_worker.draw("second", draw_once_there, there, much)
        there.touch()
    assert (tmp_path / "second.png").exists()


def write_words(path, words):
    path.write_text(words)


def test_other_files_can_be_written_there_too(tmp_path):
    with FigureWorker(tmp_path) as figure_worker:
        figure_worker.call(write_words, tmp_path / "note.txt", "written")
    assert (tmp_path / "note.txt").read_text() == "written"
