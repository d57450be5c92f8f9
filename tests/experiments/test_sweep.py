from __future__ import annotations

import os
import pickle
import re
import signal
import subprocess
import sys
from contextlib import suppress

import pytest

from nnlabs.config.load import with_changes
from nnlabs.errors import RunError, UserError
from nnlabs.experiments.run import Run, execute
from nnlabs.experiments.sweep import sweep
from nnlabs.paths import PACKAGE
from nnlabs.training.checkpoint import load_checkpoint

# Models of the user's own that kill the process that builds them, as a lack of memory would: the first time, or always.
DEADLY = """
import os, signal, time
from pathlib import Path
from torch import nn

marker = Path(__file__).with_suffix(".marker")

def once(shape, classes):
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return nn.Sequential(nn.Flatten(), nn.Linear(784, classes))

def always(shape, classes):
    while not marker.exists():
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def make(config, folder, **changes) -> Run:
    return Run(with_changes(config, {key.replace("__", "."): value for key, value in changes.items()}, "test"), folder)


def test_one_after_the_other_each_configuration_once(tiny, tmp_path, capfd):
    runs = [make(tiny, tmp_path, train__seed=seed) for seed in (0, 1, 0)]
    sweep(runs, workers=1)
    assert all(run.done for run in runs)
    assert len({run.folder for run in runs}) == len(list(tmp_path.iterdir())) == 2
    assert capfd.readouterr() == ("", "")


def test_a_sweep_goes_on_past_a_run_that_diverges(tiny, tmp_path):
    runs = [make(tiny, tmp_path, train__optimizer="sgd", train__lr=lr) for lr in (1e20, 0.1)]
    sweep(runs, workers=1)
    assert [run.result["status"] for run in runs] == ["diverged", "finished"]


def test_what_was_finished_before_a_mistake_stays(tiny, tmp_path):
    good, bad = make(tiny, tmp_path), make(tiny, tmp_path, model__batch_norm=True, train__batch_size=33)
    with pytest.raises(UserError, match=r"^train\.batch_size"):
        sweep([good, bad], workers=1)
    assert good.done
    assert not bad.done


def test_two_workers_give_what_one_gives_and_hand_a_mistake_back(tiny, tmp_path, capfd):
    alone = [make(tiny, tmp_path / "alone", train__seed=seed) for seed in (0, 1, 2)]
    together = [make(tiny, tmp_path / "together", train__seed=seed) for seed in (0, 1, 2)]
    sweep(alone, workers=1)
    sweep(together, workers=2)
    for one, other in zip(alone, together, strict=True):
        assert (one.folder / "history.csv").read_bytes() == (other.folder / "history.csv").read_bytes()
    bad = make(tiny, tmp_path / "together", model__batch_norm=True, train__batch_size=33)
    with pytest.raises(UserError, match=r"^train\.batch_size"):
        sweep([make(tiny, tmp_path / "together", train__seed=3), bad], workers=2)
    assert capfd.readouterr() == ("", "")


def test_a_killed_worker_costs_a_retry_and_one_that_always_dies_is_named(tiny, tmp_path):
    file = tmp_path / "deadly.py"
    file.write_text(DEADLY)
    always, once = (
        make(with_changes(tiny, {"model.widths": None}, "test"), tmp_path / "results", model__name=f"{file}:{name}")
        for name in ("always", "once")
    )
    with pytest.raises(RunError) as caught:
        sweep([once, always], workers=2)
    assert once.done
    assert str(caught.value) == (
        f"the process of a run was killed twice, perhaps for lack of memory; not done: {always.folder.name}"
    )


STOPPED = "Stopped by Ctrl-C. What was finished is kept: the same command goes on from there."
SCRIPT = """
import pickle, signal, sys
from pathlib import Path
from nnlabs.errors import run_as_script
from nnlabs.experiments.sweep import sweep

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # where pytest runs in the background it is ignored
    runs = pickle.loads(Path(sys.argv[1]).read_bytes())
    sys.exit(run_as_script(lambda: sweep(runs, workers=2)))
"""


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
        assert (process.returncode, said.strip()) == (130, STOPPED)
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
