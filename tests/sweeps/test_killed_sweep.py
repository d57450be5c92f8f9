"""A sweep that is killed with all its processes, some times, ends like one that nobody touched."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest
from loky.backend.context import set_start_method

from nnlabs.config.load import with_changes
from nnlabs.config.schema import RunConfig
from nnlabs.runs import train
from nnlabs.runs.execute import execute
from nnlabs.runs.run import Run
from nnlabs.sweeps import pools
from nnlabs.sweeps.settings import SweepConfig
from nnlabs.sweeps.sweep import sweep

# All that draws from a generator or keeps a state.
KILLS = 5
CHANGES = {
    "data.name": "digits",
    "data.train_size": 100,
    "data.augment": ["crop"],
    "model.widths": [16],
    "model.dropout": 0.3,
    "train.batch_size": 32,
    "train.epochs": 25,
    "train.optimizer": "momentum",
    "train.schedule": "cosine",
}


def runs_in(folder, n) -> list[Run]:
    base = with_changes(RunConfig(), CHANGES, "test")
    return [Run(with_changes(base, {"train.seed": seed}, "test"), folder) for seed in range(n)]


def facts(run: Run) -> tuple[bytes, bytes, dict[str, object]]:
    """All that a run leaves behind for readers, but for the time it took."""
    history, config = ((run.folder / name).read_bytes() for name in ("history.csv", "config.yaml"))
    return history, config, run.result | {"seconds": 0}


def trained(runs: list[Run]) -> int:
    """Bytes of all histories: more after each epoch."""
    return sum(path.stat().st_size for run in runs if (path := run.folder / "history.csv").exists())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system with fork")
@pytest.mark.slow
def test_killed_at_random_moments_it_gives_the_same_byte_for_byte(tmp_path, fork, until, monkeypatch):
    whole, killed = (runs_in(tmp_path / name, 2 * KILLS + 2) for name in ("whole", "killed"))
    for run in whole:
        execute(run, show_progress=False)
    monkeypatch.setattr(train, "SAVE_EVERY_S", 0.0)
    monkeypatch.setattr(pools, "_idle", [])  # workers of tests before this one

    def in_a_group_of_its_own() -> None:
        os.setsid()
        # Forked workers have torch already, so that they are killed while they train, and not while they import it.
        set_start_method("fork", force=True)
        sweep(killed, SweepConfig(workers=2))

    chance, done = random.Random(0), []
    for number in range(KILLS):
        before = trained(killed)
        child = fork(in_a_group_of_its_own)
        if number % 2:  # half of them wherever that is, in the beginning; the others after at least one more epoch
            until(lambda before=before: trained(killed) > before or all(run.done for run in killed))
        time.sleep(chance.uniform(0, 0.2))
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        done.append(sum(run.done for run in killed))
    assert done[-1] < len(killed), f"done after each kill: {done}; too fast to be killed in the middle"
    assert any((run.folder / "checkpoint.pt").exists() and not run.done for run in killed)
    sweep(killed, SweepConfig(workers=2))
    assert list(map(facts, killed)) == list(map(facts, whole))
    left = {path.name for run in killed for path in run.folder.iterdir()} - {
        "attempts.json"
    }  # killed just before deleting it
    assert left == {path.name for run in whole for path in run.folder.iterdir()}
