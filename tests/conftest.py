from __future__ import annotations

import os

# The tests' networks are small: on more threads, torch spends its time on handing work out. Set before torch is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest

from nnlabs.config.schema import DataConfig, ModelConfig, RunConfig, TrainConfig


@pytest.fixture(scope="session")
def tiny() -> RunConfig:
    """A run of a tenth of a second, on real handwritten digits."""
    return RunConfig(
        DataConfig(name="digits", train_size=100),
        ModelConfig("mlp", widths=(16,)),
        TrainConfig(epochs=3, batch_size=32, lr=5e-3),
    )
