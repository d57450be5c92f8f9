from __future__ import annotations

import json
import os
import random
import signal
import time

import pytest
import torch

from nnlabs.config.load import with_changes
from nnlabs.config.schema import RunConfig
from nnlabs.errors import RunError, run_as_script
from nnlabs.records import read_csv
from nnlabs.runs import train
from nnlabs.runs.execute import execute
from nnlabs.runs.lock import run_lock
from nnlabs.runs.run import Run
from nnlabs.training.checkpoint import load_checkpoint

resource = pytest.importorskip("resource", reason="needs a system with fork and resource limits")

KILLS = 20
# All that draws from a generator or keeps a state.
CHANGES = {
    "data.name": "digits",
    "data.train_size": 100,
    "model.widths": [16],
    "train.batch_size": 32,
    "data.augment": ["crop", "flip"],
    "model.dropout": 0.3,
    "model.batch_norm": True,
    "train.epochs": 80,
    "train.optimizer": "momentum",
    "train.schedule": "cosine",
    "train.warmup_epochs": 2.5,
    "train.patience": 70,
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Run:
    """The run as it is when nobody interrupts it."""
    run = Run(with_changes(RunConfig(), CHANGES, "test"), tmp_path_factory.mktemp("whole"))
    execute(run, show_progress=False)
    return run


@pytest.fixture
def config(whole, monkeypatch) -> RunConfig:
    monkeypatch.setattr(train, "SAVE_EVERY_S", 0.0)
    return whole.config


def saved_epochs(run: Run) -> int:
    path = run.folder / "history.csv"
    return len(read_csv(path)) if path.exists() else 0


def assert_same(run: Run, whole: Run) -> None:
    for name in ("history.csv", "config.yaml"):
        assert (run.folder / name).read_bytes() == (whole.folder / name).read_bytes()
    assert run.result | {"seconds": 0} == whole.result | {"seconds": 0}
    weights, expected = (load_checkpoint(each.folder / "checkpoint.pt")["model"] for each in (run, whole))
    assert all(torch.equal(weights[name], expected[name]) for name in expected)
    assert {path.name for path in run.folder.iterdir()} == {path.name for path in whole.folder.iterdir()}


@pytest.mark.slow
def test_a_run_killed_at_twenty_random_moments_ends_as_if_never_killed(
    config, whole, tmp_path, fork, until, monkeypatch
):
    run, chance = Run(config, tmp_path / "killed"), random.Random(0)

    def train_but_never_finish() -> None:
        monkeypatch.setattr(train.Checkpoint, "finish", lambda *_: time.sleep(600))
        execute(run, show_progress=False)

    killed_at = []
    for number in range(KILLS):
        before = saved_epochs(run)
        child = fork(train_but_never_finish)
        if number % 2:  # half of them in the beginning, wherever that is; the others after at least one more epoch
            until(lambda before=before: saved_epochs(run) > before or before == len(whole.history["epoch"]))
        time.sleep(chance.uniform(0, 0.03))
        assert child.kill() == -signal.SIGKILL
        killed_at.append(saved_epochs(run))
    assert not run.done
    assert len(set(killed_at)) > 5, f"killed after epochs {killed_at}: too fast to be killed in the middle"
    execute(run, show_progress=False)
    assert_same(run, whole)


def test_a_whitened_network_goes_on_with_the_filters_it_had(tmp_path, fork, until, monkeypatch):
    """Its first layer comes from the data; it has to come out of the checkpoint, as all else does."""
    changes = {"data.name": "mnist1d", "data.augment": ["crop"], "model.name": "whitened_cnn", "model.widths": [8]}
    changes |= {"model.dropout": 0.0, "model.batch_norm": None, "train.epochs": 12}
    config = with_changes(RunConfig(), CHANGES | changes, "test")
    whole, killed = Run(config, tmp_path / "whole"), Run(config, tmp_path / "killed")
    execute(whole, show_progress=False)
    monkeypatch.setattr(train, "SAVE_EVERY_S", 0.0)
    for epochs in (1, 3, 6):
        child = fork(lambda: execute(killed, show_progress=False) and None)
        until(lambda epochs=epochs: saved_epochs(killed) >= epochs)
        assert child.kill() == -signal.SIGKILL
    assert not killed.done
    execute(killed, show_progress=False)
    assert_same(killed, whole)


@pytest.mark.slow
def test_a_run_killed_between_its_last_checkpoint_and_its_result_is_completed(
    config, whole, tmp_path, fork, monkeypatch
):
    run = Run(config, tmp_path / "killed")

    def die_before_the_result() -> None:
        monkeypatch.setattr(train, "_facts", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        execute(run, show_progress=False)

    assert fork(die_before_the_result).wait() == -signal.SIGKILL
    assert "optimizer" not in load_checkpoint(run.folder / "checkpoint.pt")
    assert not run.done
    execute(run, show_progress=False)
    assert_same(run, whole)


@pytest.mark.slow
def test_a_disk_that_is_full_costs_nothing_but_time(config, whole, tmp_path, fork, until):
    run = Run(config, tmp_path / "full")
    child = fork(lambda: execute(run, show_progress=False) and None)
    until(lambda: saved_epochs(run) >= 3)
    child.kill()
    before = load_checkpoint(run.folder / "checkpoint.pt")["epoch"]
    size = (run.folder / "checkpoint.pt").stat().st_size

    def train_without_room() -> int:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, resource.RLIM_INFINITY))
        return run_as_script(lambda: execute(run, show_progress=False) and None)

    child = fork(train_without_room)
    assert child.wait() == RunError.exit_code
    said = child.stderr.read_text()
    assert said.startswith(f"error: cannot write {run.folder / 'checkpoint.pt'}: ")
    assert said.endswith("raise the limit or free some space\n")
    assert load_checkpoint(run.folder / "checkpoint.pt")["epoch"] == before
    execute(run, show_progress=False)
    assert_same(run, whole)


def test_ctrl_c_keeps_what_is_finished_and_the_same_command_goes_on(config, whole, tmp_path, fork, until):
    run = Run(config, tmp_path / "stopped")
    child = fork(lambda: run_as_script(lambda: execute(run, show_progress=False) and None))
    until(lambda: saved_epochs(run) >= 2)
    assert child.kill(signal.SIGINT) == 130
    assert child.stderr.read_text().strip() == ("Stopped by Ctrl-C. The same command again makes what is not finished.")
    epochs = load_checkpoint(run.folder / "checkpoint.pt")["epoch"]
    assert epochs >= 2
    assert not run.done
    begun = run.environment
    execute(run, show_progress=False)
    assert_same(run, whole)
    (continued,) = run.environment["continued"]
    assert continued["started"] > begun["started"]
    same = ("packages", "commit", "source", "processor", "cores", "device", "threads")
    assert {key: continued[key] for key in same} == {key: begun[key] for key in same}
    assert run.environment == begun | {"continued": [continued]}  # where it began is not forgotten
    assert json.loads((run.folder / "result.json").read_text())["seconds"] > 0


def test_what_another_process_works_on_is_left_to_it(whole, tmp_path):
    run = Run(whole.config, tmp_path)
    with run_lock(run.folder) as claimed:  # as a sweep's worker has it
        assert claimed
        with pytest.raises(RunError, match=f"^another process works on {run.folder} just now; when it has ended, ask"):
            execute(run, show_progress=False)
    assert not run.folder.exists()
