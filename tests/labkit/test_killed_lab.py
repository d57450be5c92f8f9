"""Lab 4, killed several times: its table and the numbers of its figures are those of a lab that nobody touched."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nnlabs.cli import lab_files, load_lab_module
from nnlabs.runs import train
from tests.results import lab_folder

KILLS = 10
TINY = """
data: {name: mnist1d, train_size: 100, validation_fraction: 0.02, augment: [crop]}
model: {widths: [8]}
train: {batch_size: 32, epochs: 4}
seeds: [0, 1, 2]
sweep: {workers: 1}
competitors: {sgd: {train.optimizer: sgd}, muon: {train.optimizer: muon}}
trial: {data.train_size: 80, train.epochs: 2}
paths: {steps: 0}
range_test: {steps: 0}
tuning:
  trials: 3
  spaces: {sgd: {train.lr: {log_uniform: [0.01, 1]}}, muon: {train.lr: {log_uniform: [0.01, 0.3]}}}
schedules:
  competitors: [sgd]
  schedules: {constant: {train.schedule: constant, train.warmup_epochs: 0}, cosine: {train.schedule: cosine}}
decoupling: {lrs: [0.01], weight_decays: [0.01, 0.1]}
batches: {competitor: sgd, sizes: [32, 64], lrs: [0.1]}
"""


def make(top: Path) -> int:
    lab = load_lab_module(lab_files()["optimizers"])
    return int(lab.main(["--preset", "smoke", "--config", str(top.parent / "tiny.yaml"), "--results", str(top)]))


def trained(top: Path) -> int:
    """Bytes of all histories: more after each epoch."""
    return sum(path.stat().st_size for path in top.glob("optimizers/*/history.csv"))


def numbers(top: Path) -> dict[str, bytes]:
    """The table and what the figures were drawn from; the race against the clock is never the same twice."""
    files = lab_folder(top / "optimizers").glob("*.csv")
    return {path.name: path.read_bytes() for path in files if path.name != "4_race.csv"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system with fork")
@pytest.mark.slow
def test_killed_at_random_moments_it_gives_the_same_table_byte_for_byte(
    tmp_path: Path,
    fork: Callable[..., object],
    until: Callable[[Callable[[], bool]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert make(whole) == 0
    monkeypatch.setattr(train, "SAVE_EVERY_S", 0.0)

    def in_a_group_of_its_own() -> None:
        os.setsid()
        make(killed)

    chance, moments = random.Random(0), []
    for _ in range(KILLS):
        before = trained(killed)
        child = fork(in_a_group_of_its_own)
        until(
            lambda before=before: trained(killed) > before or bool([*killed.glob("optimizers/smoke*/leaderboard.csv")])
        )
        time.sleep(chance.uniform(0, 0.3))
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        moments.append(trained(killed))
    assert len(set(moments)) > KILLS / 2, (
        f"bytes of history at each kill: {moments}; too fast to be killed in the middle"
    )
    assert make(killed) == 0
    assert numbers(killed) == numbers(whole)
    assert {"leaderboard.csv", "3_basins.csv", "5_schedules.csv", "8_leaderboard.csv"} <= set(numbers(whole))
