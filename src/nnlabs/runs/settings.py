"""Contradictions in a run's settings, found before anything is read or imported."""

from __future__ import annotations

from nnlabs.config.schema import RunConfig
from nnlabs.data.catalog import check_data
from nnlabs.models.options import check_model, model_options
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


def computes_the_same(one: RunConfig, other: RunConfig) -> bool:
    """Whether two runs differ at most in settings that say what their network's own default is, as a cnn's batch norm.

    Args:
        one: a run.
        other: another one.
    """
    network, its = (model_options(run.model) for run in (one, other))
    return (one.data, one.train, one.model.name, network) == (other.data, other.train, other.model.name, its)
