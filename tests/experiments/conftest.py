from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest


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

    def kill(self, number: int = signal.SIGKILL) -> int:
        os.kill(self.pid, number)
        return self.wait()


@pytest.fixture
def fork(tmp_path) -> Callable[[Callable[[], int | None]], Child]:
    """Starts a function in a forked process; what it returns is the exit code."""

    def start(function: Callable[[], int | None]) -> Child:
        stderr = tmp_path / f"stderr-{time.monotonic_ns()}"
        pid = os.fork()
        if pid:
            return Child(pid, stderr)
        code = 99
        try:
            sys.stderr = stderr.open("w", buffering=1)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            code = function() or 0
        finally:
            os._exit(code)

    return start


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], None]:
    """Waits for a condition; five minutes at most."""

    def wait(condition: Callable[[], bool]) -> None:
        end = time.monotonic() + 300
        while not condition():
            assert time.monotonic() < end, "waited for five minutes"
            time.sleep(0.001)

    return wait
