"""Contradictions in a run's settings, found before anything is read or imported."""

from __future__ import annotations

from nnlabs.config.schema import RunConfig
from nnlabs.data.catalog import check_data
from nnlabs.models.options import check_model
from nnlabs.training.names import check_train


def check_run(config: RunConfig) -> None:
    """Find contradictions in a run's settings, without importing torch.

    Args:
        config: the run.

    Raises:
        ConfigError: naming the setting.
    """
    check_data(config.data)
    check_model(config.model)
    check_train(config.train)
