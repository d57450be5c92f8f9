from __future__ import annotations

import os
import pickle
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from contextlib import nullcontext, suppress
from pathlib import Path

import numpy as np
import pytest

from nnlabs.config.load import with_changes
from nnlabs.errors import RunError, UserError
from nnlabs.paths import PACKAGE
from nnlabs.runs import train
from nnlabs.runs.execute import execute
from nnlabs.runs.inspect import evaluate_on_test
from nnlabs.runs.run import Run
from nnlabs.sweeps import progress
from nnlabs.sweeps.costs import Costs
from nnlabs.sweeps.pools import HerePool
from nnlabs.sweeps.results import curves, final
from nnlabs.sweeps.settings import SweepConfig
from nnlabs.sweeps.sweep import read_test, sweep
from nnlabs.training.checkpoint import load_checkpoint


def make(config, folder, **changes) -> Run:
    return Run(with_changes(config, {key.replace("__", "."): value for key, value in changes.items()}, "test"), folder)


def test_one_after_the_other_each_configuration_once(tiny, tmp_path, capfd):
    runs = [make(tiny, tmp_path, train__seed=seed) for seed in (0, 1, 0)]
    sweep(runs, SweepConfig(workers=1))
    assert all(run.done for run in runs)
    assert len({run.folder for run in runs}) == len(list(tmp_path.glob("*/result.json"))) == 2
    assert capfd.readouterr() == ("", "")


def test_a_sweep_goes_on_past_a_run_that_diverges(tiny, tmp_path):
    runs = [make(tiny, tmp_path, train__optimizer="sgd", train__lr=lr) for lr in (1e20, 0.1)]
    sweep(runs, SweepConfig(workers=1))
    assert [run.result["status"] for run in runs] == ["diverged", "finished"]


def test_what_was_finished_before_a_mistake_stays(tiny, tmp_path):
    good, bad = make(tiny, tmp_path), make(tiny, tmp_path, model__batch_norm=True, train__batch_size=33)
    with pytest.raises(UserError, match=r"^train\.batch_size"):
        sweep([good, bad], SweepConfig(workers=1))
    assert good.done
    assert not bad.done


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_the_test_split_is_read_once_with_each_network_that_there_is(tiny, tmp_path, workers):
    seeds = [make(tiny, tmp_path, train__seed=seed) for seed in range(3)]
    diverges = make(tiny, tmp_path, train__optimizer="sgd", train__lr=1e20)
    sweep([*seeds, diverges], SweepConfig(workers=1))
    evaluate_on_test(seeds[0])
    before = (seeds[0].folder / "test.json").stat().st_mtime_ns
    read_test([*seeds, seeds[1], diverges], SweepConfig(workers=workers))
    assert [run.tested for run in (*seeds, diverges)] == [True, True, True, False]
    assert (seeds[0].folder / "test.json").stat().st_mtime_ns == before
    measured = seeds[2].test_result
    assert measured["accuracy"] == evaluate_on_test(seeds[2]).accuracy


@pytest.mark.slow
def test_two_workers_give_what_one_gives_and_hand_a_mistake_back(tiny, tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(progress, "LINE_EVERY_S", 600)
    alone = [make(tiny, tmp_path / "alone", train__seed=seed) for seed in (0, 1, 2)]
    together = [make(tiny, tmp_path / "together", train__seed=seed) for seed in (0, 1, 2)]
    sweep(alone, SweepConfig(workers=1))
    sweep(together, SweepConfig(workers=2))
    for one, other in zip(alone, together, strict=True):
        assert (one.folder / "history.csv").read_bytes() == (other.folder / "history.csv").read_bytes()
    bad = make(tiny, tmp_path / "together", model__batch_norm=True, train__batch_size=33)
    with pytest.raises(UserError, match=r"^train\.batch_size"):
        sweep([make(tiny, tmp_path / "together", train__seed=3), bad], SweepConfig(workers=2))
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_a_killed_worker_costs_its_run_a_retry_and_a_run_that_always_fails_is_given_up(model, calls):
    runs = {name: model(name, epochs=60) for name in ("dies_once", "always_dies", "broken", "healthy")}
    sweep(list(runs.values()), SweepConfig(workers=2))
    ends = {name: run.result["status"] for name, run in runs.items()}
    assert ends == {"dies_once": "finished", "always_dies": "failed", "broken": "failed", "healthy": "finished"}
    # Each kill took one process with it: the others were built no second time.
    assert calls() == {"dies_once": 2, "always_dies": 3, "broken": 3, "healthy": 1}
    assert runs["always_dies"].result["reason"] == "its process was killed, as happens when memory runs out"
    assert re.match("RuntimeError: .*shapes cannot be multiplied", runs["broken"].result["reason"])
    assert "training/loop.py" in runs["broken"].result["failures"][0]["traceback"]
    assert not list(runs["dies_once"].lab_folder.glob("*/attempts.json"))
    sweep(list(runs.values()), SweepConfig(workers=2))
    assert calls()["broken"] == 3
    runs["broken"].forget()
    sweep([runs["broken"]], SweepConfig(workers=1))
    assert calls()["broken"] == 6


def test_a_failed_run_counts_as_nan_and_teaches_no_cost(model):
    run = model("broken")
    sweep([run], SweepConfig(workers=1))
    assert np.isnan(final([run], "validation_accuracy")).all()
    assert curves([run], "train_loss").shape == (1, 0)
    costs = Costs()
    costs.learn(run)
    assert not costs.known


def test_sweeps_that_were_killed_as_a_whole_are_no_failures_of_their_runs(model, fork, monkeypatch):
    run = model("healthy")
    monkeypatch.setattr(train, "_facts", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    for _ in range(4):
        assert fork(lambda: sweep([run], SweepConfig(workers=1))).wait() == -signal.SIGKILL
    monkeypatch.undo()
    assert not run.done
    sweep([run], SweepConfig(workers=1))
    assert run.result["status"] == "finished"


def test_processes_share_a_sweep_and_take_over_from_one_that_died(model, calls, fork, until, tmp_path):
    (tmp_path / "models.wait").touch()
    waiting, runs = model("waits"), [model("healthy", seed=seed) for seed in range(12)]
    owner = fork(lambda: sweep([waiting], SweepConfig(workers=1)))
    until(lambda: (waiting.folder / "config.yaml").exists())
    others = [fork(lambda: sweep([waiting, *runs], SweepConfig(workers=1))) for _ in range(2)]
    until(lambda: all(run.done for run in runs))
    time.sleep(1)  # they look at the run that is left, again and again
    assert calls() == {"waits": 1, "healthy": 12}
    owner.kill()
    (tmp_path / "models.wait").unlink()
    assert [other.wait() for other in others] == [0, 0]
    assert calls() == {"waits": 2, "healthy": 12}
    assert waiting.result["status"] == "finished"


def test_a_fresh_start_leaves_alone_what_another_process_works_on(model, fork, until, tmp_path):
    (tmp_path / "models.wait").touch()
    run = model("waits")
    owner = fork(lambda: sweep([run], SweepConfig(workers=1)))
    until(lambda: (run.folder / "config.yaml").exists())
    run.forget()
    assert (run.folder / "config.yaml").exists()
    owner.kill()
    run.forget()
    assert not run.folder.exists()


STOPPED = "Stopped by Ctrl-C. The same command again makes what is not finished."
SCRIPT = """
import pickle, signal, sys
from pathlib import Path
from nnlabs.errors import run_as_script
from nnlabs.sweeps.settings import SweepConfig
from nnlabs.sweeps.sweep import read_test, sweep

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # where pytest runs in the background it is ignored
    runs = pickle.loads(Path(sys.argv[1]).read_bytes())
    sys.exit(run_as_script(lambda: sweep(runs, SweepConfig(workers=2))))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs process groups")
def test_ctrl_c_stops_all_workers_with_one_sentence_and_loses_nothing(tiny, tmp_path, until, fork):
    runs = [make(tiny, tmp_path / "results", train__seed=seed, train__epochs=1_000_000) for seed in (0, 1)]
    (tmp_path / "sweep.py").write_text(SCRIPT)
    (tmp_path / "runs").write_bytes(pickle.dumps(runs))
    environment = os.environ | {"PYTHONPATH": str(PACKAGE.parent)}
    command = [sys.executable, str(tmp_path / "sweep.py"), str(tmp_path / "runs")]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        until(lambda: all((run.folder / "history.csv").exists() for run in runs))
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does it: to the command and to its workers
        said, _ = process.communicate(timeout=300)
        errors = [line for line in said.splitlines() if line and not line.startswith("sweep: 0 of 2 runs done")]
        assert (process.returncode, errors) == (130, [STOPPED])
        with pytest.raises(ProcessLookupError):
            until(lambda: os.killpg(process.pid, 0))  # no worker is left behind
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    saved = [load_checkpoint(run.folder / "checkpoint.pt")["epoch"] for run in runs]
    assert min(saved) > 0
    before = (runs[0].folder / "history.csv").read_text()
    child = fork(lambda: execute(runs[0], show_progress=False) and None)
    until(lambda: (runs[0].folder / "history.csv").read_text() != before)
    child.kill()
    assert (runs[0].folder / "history.csv").read_text().startswith(before)
    assert not re.search("diverged|damaged", " ".join(path.name for path in runs[0].folder.iterdir()))


class DeadlyPool(HerePool):
    """Its process is killed before the call begins, again and again."""

    def collect(self, future):
        return None


def test_a_process_that_is_killed_before_it_begins_is_not_replaced_for_ever(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(HerePool, "submit", lambda self, function, *arguments: done(None))
    monkeypatch.setattr("nnlabs.sweeps.sweep.PAUSE_S", 0.01)
    monkeypatch.setattr("nnlabs.sweeps.sweep.open_pool", lambda *_: nullcontext(DeadlyPool()))
    with pytest.raises(RunError, match="killed 7 times at the same run, as happens when memory runs out"):
        sweep([make(tiny, tmp_path)], SweepConfig(workers=1))


def done(result: object) -> Future[object]:
    future: Future[object] = Future()
    future.set_result(result)
    return future


NETWORK = """
from torch import nn


def build(input_shape, classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(input_shape[0] * input_shape[1] * input_shape[2], classes))
"""


def test_a_network_edited_between_the_command_and_its_run_is_told_and_makes_no_second_folder(
    tiny, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    Path("my_net.py").write_text(NETWORK)
    run = make(tiny, tmp_path / "results", model__name="my_net.py:build", model__widths=None)
    assert not run.folder.exists()
    Path("my_net.py").write_text(NETWORK + "\n\nEDITED = True\n")
    with pytest.raises(RunError, match=r"my_net\.py was edited after this run was named; give the command again"):
        sweep([run], SweepConfig(workers=1))
    assert [path.name for path in (tmp_path / "results").glob("[!.]*")] == [run.folder.name]
