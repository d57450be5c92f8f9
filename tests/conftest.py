from __future__ import annotations

import os

# The tests' networks are small: on more threads, torch spends its time on handing work out. Set before torch is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nnlabs.config.schema import DataConfig, ModelConfig, RunConfig, TrainConfig

pytest_plugins = ("tests.browser", "tests.layout", "tests.made_runs", "tests.processes")

if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):  # a shell's `&`: Ctrl-C would be lost on what the tests start, too
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)  # before xdist and the choice by marks read them
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two processes share the tests: those that need all labs' results go to one of them, the others file by file.

    The former come first, since they take longest, so that neither waits for the other at the end. What needs a whole lab is slow.
    """
    items.sort(key=lambda item: "reproduced" not in getattr(item, "fixturenames", ()))
    for item in items:
        needed = {"reproduced", "whole_lab"} & {*getattr(item, "fixturenames", ())}
        if needed:
            item.add_marker(pytest.mark.slow)
        item.add_marker(
            pytest.mark.xdist_group("reproduced" if "reproduced" in needed else "/".join(item.path.parts[-2:]))
        )


@pytest.fixture(scope="session")
def tiny() -> RunConfig:
    """A run of a tenth of a second, on real handwritten digits."""
    return RunConfig(
        DataConfig(name="digits", train_size=100),
        ModelConfig("mlp", widths=(16,)),
        TrainConfig(epochs=3, batch_size=32, lr=5e-3, precision="fp32"),
    )


@pytest.fixture(scope="session")
def reproduced(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The results of `nnlabs reproduce --preset smoke`, all labs in one go, and what it printed. For reading only."""
    root = tmp_path_factory.mktemp("results")
    environment = os.environ | {"NNLABS_RESULTS": str(root), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "nnlabs", "reproduce", "--preset", "smoke"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    return root, done.stdout


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], None]:
    """Waits for a condition; five minutes at most."""

    def wait(condition: Callable[[], bool]) -> None:
        end = time.monotonic() + 300
        while not condition():
            assert time.monotonic() < end, "waited for five minutes"
            time.sleep(0.001)

    return wait
