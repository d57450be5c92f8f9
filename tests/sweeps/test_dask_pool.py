"""A sweep on a real Dask cluster: a scheduler, and two workers that are processes of their own."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from dataclasses import replace

import pytest

from nnlabs.config.load import with_changes
from nnlabs.errors import RunError
from nnlabs.runs.run import Run
from nnlabs.sweeps import dask_pool, progress
from nnlabs.sweeps.costs import Costs
from nnlabs.sweeps.dask_pool import open_pool
from nnlabs.sweeps.estimate import estimate
from nnlabs.sweeps.settings import SweepConfig
from nnlabs.sweeps.sweep import sweep


@pytest.fixture(scope="module")
def dask():
    distributed = pytest.importorskip("distributed", reason="needs the extra dask")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as started:
        yield started


@pytest.fixture
def settings(dask, monkeypatch) -> SweepConfig:
    monkeypatch.setattr(progress, "LINE_EVERY_S", 600)
    return SweepConfig(scheduler=dask.scheduler_address)


@pytest.mark.slow
def test_the_same_sweep_gives_the_same_results_byte_for_byte(tiny, tmp_path, settings):
    config = with_changes(tiny, {"model.dropout": 0.3, "data.augment": ["crop"], "train.optimizer": "momentum"}, "test")
    alone, there = (
        [Run(replace(config, train=replace(config.train, seed=seed)), tmp_path / where) for seed in range(4)]
        for where in ("alone", "there")
    )
    sweep(alone, SweepConfig(workers=1))
    sweep(there, settings)
    for one, other in zip(alone, there, strict=True):
        for name in ("history.csv", "config.yaml"):
            assert (one.folder / name).read_bytes() == (other.folder / name).read_bytes()
        assert one.result | {"seconds": 0} == other.result | {"seconds": 0}


@pytest.mark.slow
def test_costs_are_measured_on_the_cluster(tiny, tmp_path, settings):
    found = estimate([Run(tiny, tmp_path)], settings, Costs())
    assert (found.runs, found.workers) == (1, 2)
    assert 0 < found.seconds < 60


@pytest.mark.slow
def test_killed_workers_cost_a_retry_and_a_run_that_always_kills_ends_as_failed(
    model, calls, settings, tmp_path, until
):
    (tmp_path / "models.wait").touch()
    waiting, deadly = model("waits"), model("always_dies")
    healthy = [model("healthy", seed=seed) for seed in range(4)]

    def kill_one_in_the_middle() -> None:
        until((waiting.folder / "config.yaml").exists)
        until(lambda: calls()["healthy"] == 4)
        os.kill(int((tmp_path / "models.pid").read_text()), signal.SIGKILL)
        (tmp_path / "models.wait").unlink()

    killer = threading.Thread(target=kill_one_in_the_middle)
    killer.start()
    sweep([waiting, *healthy, deadly], settings)
    killer.join()
    assert {run.result["status"] for run in (waiting, *healthy)} == {"finished"}
    assert (deadly.result["status"], len(deadly.result["failures"])) == ("failed", 3)
    # A worker that is lost on the way to building the network has cost an attempt, too: then it was built twice only.
    assert calls() in [{"waits": 2, "healthy": 4, "always_dies": times} for times in (2, 3)]


def test_a_task_that_the_scheduler_gives_up_is_no_error(dask, monkeypatch):
    monkeypatch.setattr(dask.scheduler, "allowed_failures", 0)
    with open_pool(SweepConfig(scheduler=dask.scheduler_address), 1) as pool:
        assert pool.collect(pool.submit(os.abort)) is None
        assert pool.collect(pool.submit(os.cpu_count)) == os.cpu_count()


def test_without_dask_the_extra_is_named(monkeypatch, tmp_path, tiny):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(RunError, match=r"needs the extra 'dask'; install it with: pip install 'nnlabs\[dask\]'"):
        sweep([Run(tiny, tmp_path)], SweepConfig(scheduler="tcp://127.0.0.1:9"))


def test_a_scheduler_that_is_not_there_is_told_within_seconds(monkeypatch, tmp_path, tiny):
    pytest.importorskip("distributed", reason="needs the extra dask")
    monkeypatch.setattr(dask_pool, "REACH_S", 1)
    begun = time.monotonic()
    with pytest.raises(RunError, match=r"^no Dask scheduler answers at tcp://127\.0\.0\.1:9; start one with"):
        sweep([Run(tiny, tmp_path)], SweepConfig(scheduler="tcp://127.0.0.1:9"))
    assert time.monotonic() - begun < 30


def without_workers():
    distributed = pytest.importorskip("distributed", reason="needs the extra dask")
    return distributed.LocalCluster(n_workers=0, threads_per_worker=1, host="127.0.0.1", dashboard_address=None)


def test_a_scheduler_without_workers_is_told_once_with_what_to_do(tiny, tmp_path, capfd):
    with without_workers() as cluster:
        settings = SweepConfig(scheduler=cluster.scheduler_address)
        found = estimate([Run(tiny, tmp_path)], settings, Costs())
        with open_pool(settings, 1) as pool:
            assert pool.size() == 0
    assert found.sentence(tmp_path, 9.0) == f"1 run to do, in {tmp_path}"
    told = [line for line in capfd.readouterr().err.splitlines() if "no workers" in line]
    assert len(told) == 1 and told[0].endswith(f"with: dask worker {settings.scheduler}")


@pytest.mark.slow
def test_a_sweep_waits_for_the_first_worker_and_says_so(tiny, tmp_path, until, capfd):
    run = Run(tiny, tmp_path)
    with without_workers() as cluster:
        address = cluster.scheduler_address

        def bring_one() -> None:
            until(lambda: address in dask_pool._without_workers)
            cluster.scale(1)

        helper = threading.Thread(target=bring_one)
        helper.start()
        sweep([run], SweepConfig(scheduler=address))
        helper.join()
        assert address not in dask_pool._without_workers  # should they all go, it is said again
    assert run.result["status"] == "finished"
    assert f"the Dask scheduler at {address} has no workers, and the runs wait for one" in capfd.readouterr().err


@pytest.mark.slow
def test_a_scheduler_that_goes_away_is_told_in_a_sentence(dask, settings, model, until, tmp_path, capfd):
    (tmp_path / "models.wait").touch()
    run = model("waits")

    def close() -> None:
        until((run.folder / "config.yaml").exists)
        dask.close()

    closer = threading.Thread(target=close)
    closer.start()
    with pytest.raises(
        RunError, match=r"^the connection to the Dask scheduler at tcp:.* is lost\. What was finished is"
    ):
        sweep([run], settings)
    closer.join()
    said = capfd.readouterr().err.splitlines()  # its workers may be gone a moment before it
    assert [line for line in said if "has no workers, and the runs wait for one" not in line] == []
