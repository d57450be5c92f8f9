"""Runs made ill on purpose, and healthy ones, each trained once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nnlabs.config.load import with_changes
from nnlabs.config.schema import DataConfig, ModelConfig, RunConfig, TrainConfig
from nnlabs.runs.execute import execute
from nnlabs.runs.lookup import StoredRun, read_run
from nnlabs.runs.run import Run

HEALTHY = RunConfig(
    DataConfig(name="digits", train_size=300, validation_fraction=0.4, label_noise=0.0),
    ModelConfig("mlp", widths=(64,)),
    TrainConfig(epochs=20, batch_size=32, lr=1e-3),
)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., StoredRun]:
    """Trains the healthy run with some changes; the same changes again give the same folder."""
    lab_folder = tmp_path_factory.mktemp("doctor") / "lab"

    def make(changes: dict[str, Any] | None = None, folder: Path | None = None) -> StoredRun:
        run = Run(with_changes(HEALTHY, changes or {}, "test"), folder or lab_folder)
        execute(run, show_progress=False)
        return read_run(run.folder)

    return make
