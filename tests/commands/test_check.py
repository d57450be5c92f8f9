"""`nnlabs check`: what it says is true of this machine."""

from __future__ import annotations

import os
import platform
import re

import pytest
import torch

from nnlabs import __version__
from nnlabs.cli import main
from nnlabs.commands.check import check_command
from nnlabs.errors import ConfigError, DataError
from nnlabs.paths import results_root
from nnlabs.records import write_json
from nnlabs.runs.precision import kept_speeds
from nnlabs.runs.provenance import describe_environment
from nnlabs.training.device import pick_device


def ask(lab: str, *words: str) -> None:
    """What labs answer: one that cannot be asked, one that can, one whose data are damaged."""
    assert words == ("--preset", "quick", "--estimate")
    if lab == "short":
        raise ConfigError("estimate: no such setting", "estimate")
    if lab == "broken":
        raise DataError("the data are damaged")
    print("Digits: 12 runs, about 40 s with 2 workers")


@pytest.fixture
def checked(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("NNLABS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NNLABS_RESULTS", str(tmp_path / "results"))

    def call() -> str:
        check_command([], ["short", "long", "broken"], ask)
        return capsys.readouterr().out

    return call


def test_versions_device_threads_and_places_are_those_of_this_machine(checked, tmp_path):
    printed = checked()
    lines = dict(re.findall(r"^(\w+) {2,}(.+)$", printed, re.M))
    assert lines["nnlabs"].startswith(__version__)
    assert lines["Python"].startswith(platform.python_version())
    assert f"torch {torch.__version__.partition('+')[0]}" in lines["packages"]
    device = pick_device("auto")
    assert lines["device"].startswith(device.type)
    for layer, times in (("linear", kept_speeds(1).linear), ("convolution", kept_speeds(1).convolution)):
        assert f"{times['fp32']:.3g} ms in fp32 or {times['bf16']:.3g} ms in bf16" in lines[layer]
    assert f"{os.cpu_count()} runs at a time" in lines["threads"]
    assert lines["data"].startswith(str(tmp_path / "data"))
    assert max(map(len, printed.replace(str(tmp_path), "").splitlines())) <= 100


def test_data_sets_are_told_as_they_are(checked):
    printed = checked()
    assert re.search(r"^  cifar10 +not here; nnlabs data get cifar10 downloads it$", printed, re.M)
    assert re.search(r"^  digits +built in$", printed, re.M)


def test_labs_are_tried_or_their_last_time_is_told(checked):
    printed = checked()
    assert re.search(r"^  short +not tried: its networks take seconds each", printed, re.M)
    assert re.search(r"^  long +Digits: 12 runs, about 40 s with 2 workers$", printed, re.M)
    assert re.search(r"^  broken +the data are damaged$", printed, re.M)
    facts = {"processor": describe_environment()["processor"], "minutes": 0.5}
    write_json(results_root() / "short" / "quick" / "result.json", facts)
    assert re.search(r"^  short +the whole lab took 30 s when it was last run here$", checked(), re.M)


def test_a_preset_that_does_not_exist_is_told(capsys):
    assert main(["check", "--preset", "quik"]) == 2
    assert "there is no preset 'quik'; did you mean 'quick'?" in capsys.readouterr().err


def test_a_lab_says_how_long_it_would_take_and_writes_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("NNLABS_RESULTS", str(tmp_path / "results"))
    words = [
        "--preset",
        "smoke",
        "--data.name",
        "digits",
        "--data.train_size",
        "200",
        "--train.epochs",
        "1",
        "--estimate",
    ]
    assert main(["run", "regularization", *words]) == 0
    printed = capsys.readouterr().out
    assert re.fullmatch(r"Digits: \d+ runs, about [\d.]+ (s|min|h) with \d+ workers?\n", printed)
    assert not (tmp_path / "results").exists()
