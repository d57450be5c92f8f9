from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tqdm import tqdm

from nnlabs.config.load import with_changes
from nnlabs.runs.run import Run


@dataclass
class Child:
    """A forked process: it has torch already, so that killing twenty of them takes no longer than training does.

    Args:
        pid: its number.
        stderr: the file that its standard error goes to.
    """

    pid: int
    stderr: Path

    def wait(self) -> int:
        """The exit code, or the negative number of the signal that killed it."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def kill(self, number: int | None = None) -> int:
        os.kill(self.pid, signal.SIGKILL if number is None else number)
        return self.wait()


@pytest.fixture
def fork(tmp_path) -> Callable[[Callable[[], int | None]], Child]:
    """Starts a function in a forked process; what it returns is the exit code."""
    if not hasattr(os, "fork"):
        pytest.skip("Windows forks no process")

    def start(function: Callable[[], int | None]) -> Child:
        stderr = tmp_path / f"stderr-{time.monotonic_ns()}"
        pid = os.fork()
        if pid:
            return Child(pid, stderr)
        code = 99
        try:
            sys.stderr = stderr.open("w", buffering=1)
            # tqdm's own lock is a semaphore shared with this process's children: one killed with it in hand stops them all.
            tqdm.set_lock(threading.RLock())
            signal.signal(signal.SIGINT, signal.default_int_handler)
            code = function() or 0
        finally:
            os._exit(code)

    return start


# Models of the user's own that note each call; some kill the process that builds them, as a lack of memory would.
MODELS = """
import os, signal, time
from pathlib import Path
from torch import nn

calls = Path(__file__).with_suffix(".calls")

def noted(name):
    with calls.open("a") as file:
        file.write(name + "\\n")
    return calls.read_text().split().count(name)

def healthy(shape, classes):
    noted("healthy")
    return plain(classes)

def plain(classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(784, classes))

def dies_once(shape, classes):
    if noted("dies_once") == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return plain(classes)

def always_dies(shape, classes):
    noted("always_dies")
    os.kill(os.getpid(), signal.SIGKILL)

class Waits(nn.Linear):
    def forward(self, x):
        while self.training and calls.with_suffix(".wait").exists():
            time.sleep(0.01)
        return super().forward(x.flatten(1))

def waits(shape, classes):
    noted("waits")
    calls.with_suffix(".pid").write_text(str(os.getpid()))
    return Waits(784, classes)

def broken(shape, classes):
    noted("broken")
    return Breaks(784, classes)

class Breaks(nn.Linear):
    # only when it is trained: what fails at once is no run that failed, but a mistake that is told
    def forward(self, x):
        return super().forward(x.flatten(1)[:, : 7 if self.training else 784])
"""


@pytest.fixture
def model(tiny, tmp_path) -> Callable[..., Run]:
    """Makes a run with one of the models above; `calls()` counts how often each was built."""
    file = tmp_path / "models.py"
    file.write_text(MODELS)

    def make(name: str, **train: Any) -> Run:
        changes = {"model.widths": None, "model.name": f"{file}:{name}"}
        changes |= {f"train.{key}": value for key, value in train.items()}
        return Run(with_changes(tiny, changes, "test"), tmp_path / "results")

    return make


@pytest.fixture
def calls(tmp_path) -> Callable[[], Counter[str]]:
    return lambda: Counter((tmp_path / "models.calls").read_text().split())
