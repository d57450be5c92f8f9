from __future__ import annotations

import json
import math
import os
import sys
from contextlib import suppress

import pytest

from nnlabs.config.load import with_changes
from nnlabs.runs.run import Run
from nnlabs.sweeps import progress
from nnlabs.sweeps.costs import Costs
from nnlabs.sweeps.progress import Status

pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")


@pytest.fixture
def runs(tiny, tmp_path) -> list[Run]:
    """Six runs of two kinds, 10 and 30 epochs."""
    changes = ({"train.epochs": 10}, {"train.epochs": 30, "model.widths": [64]})
    kinds = [with_changes(tiny, change, "test") for change in changes]
    return [Run(with_changes(kind, {"train.lr": lr}, "test"), tmp_path) for kind in kinds for lr in (0.1, 0.2, 0.3)]


def finish(run: Run, accuracy: float, epoch_s: float) -> None:
    facts = {"status": "finished", "validation_accuracy": accuracy, "seconds": epoch_s * run.config.train.epochs}
    run.folder.mkdir()
    (run.folder / "result.json").write_text(json.dumps(facts | {"epochs": run.config.train.epochs}))


def test_time_left_comes_from_the_measured_seconds_of_each_kind(runs):
    finish(runs[0], 0.5, epoch_s=100)
    finish(runs[3], 0.7, epoch_s=1000)
    shown = Status(runs, "demo", Costs())
    # Left: two runs of 10 epochs and 100 s each, two of 30 epochs and 1000 s each.
    assert shown.time_left(1) == pytest.approx(2 * 10 * 100 + 2 * 30 * 1000)
    assert shown.time_left(2) == pytest.approx(10 * 100 + 30 * 1000)
    assert shown.time_left(4) == pytest.approx(30_000)  # no run is made by two
    shown.begin(runs[4])
    assert 30_000 - 60 < shown.time_left(4) <= 30_000
    finish(runs[4], 0.6, epoch_s=2000)
    shown.end(runs[4])
    assert shown.time_left(1) == pytest.approx(2 * 10 * 100 + 30 * 1500)


def test_nothing_is_known_before_the_first_run_ends(runs):
    assert math.isnan(Status(runs, "demo", Costs()).time_left(2))


def test_a_log_gets_a_plain_line_now_and_then(runs, capsys, monkeypatch):
    monkeypatch.setattr(progress, "LINE_EVERY_S", 0.0)
    shown = Status(runs, "demo", Costs())
    shown.begin(runs[0])
    shown.show(2)
    finish(runs[4], 0.7321, epoch_s=4)
    finish(runs[0], 0.5, epoch_s=1)
    shown.end(runs[0])
    shown.show(2)
    assert capsys.readouterr().err.splitlines() == [
        "demo: 0 of 6 runs done, 1 running",
        "demo: 2 of 6 runs done, 0 running, 2 min left, leader 73.2 % (widths 64, epochs 30, lr 0.2)",
    ]
    monkeypatch.setattr(progress, "LINE_EVERY_S", 30.0)
    quiet = Status(runs, "demo", Costs())
    quiet.show(2)
    assert capsys.readouterr().err == ""


def test_a_terminal_gets_a_bar(runs, monkeypatch):
    finish(runs[4], 0.7321, epoch_s=4)
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 160))
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with Status(runs, "demo", Costs()) as shown:
            shown.begin(runs[0])
            shown.show(2)
    seen = b""
    with suppress(OSError):  # as Linux says that there is no more to read
        while piece := os.read(ours, 10_000):
            seen += piece
    os.close(ours)
    assert "demo: 1/6 runs" in seen.decode()
    assert "1 running, 3 min left, leader 73.2 % (widths 64, epochs 30, lr 0.2)" in seen.decode()
