"""Runs that lie on the disk as if they had been trained, for what is computed from results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from nnlabs.config.load import with_changes
from nnlabs.config.schema import RunConfig
from nnlabs.records import write_json
from nnlabs.runs.run import Run

Make = Callable[..., list[Run]]


@pytest.fixture
def make_runs(tmp_path: Path) -> Make:
    """Runs that ended with these validation accuracies, one a seed; nan: diverged."""
    numbers = iter(range(1000))

    def runs(*accuracies: float, train: float = 0.99, data: Mapping[str, Any] = MappingProxyType({})) -> list[Run]:
        made = []
        for seed, accuracy in enumerate(accuracies):
            config = with_changes(RunConfig(), {"train.seed": seed, "train.lr": 1 + next(numbers), **data}, "test")
            run = Run(config, tmp_path)
            run.folder.mkdir(parents=True)
            ended = np.isfinite(accuracy)
            numbers_of_run = {
                "validation_accuracy": accuracy,
                "train_accuracy": train,
                "seconds": 2.0,
                "parameters": 10,
            }
            write_json(run.folder / "result.json", {"status": "completed" if ended else "diverged", **numbers_of_run})
            write_json(run.folder / "test.json", {"accuracy": accuracy})
            made.append(run)
        return made

    return runs


def changed(config: RunConfig, folder: Path, **changes: Any) -> Run:
    """A run that differs in some settings: `train__lr=0.1` stands for `train.lr`."""
    return Run(
        with_changes(config, {name.replace("__", "."): value for name, value in changes.items()}, "test"), folder
    )
