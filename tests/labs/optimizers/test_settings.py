from __future__ import annotations

import pytest

from nnlabs.config.load import load_lab
from nnlabs.errors import ConfigError
from nnlabs.labs.optimizers.settings import OptimizersConfig, surface_optimizers


@pytest.mark.parametrize(
    ("words", "message", "without"),
    [
        (["--paths.lrs", "[]"], r"paths\.lrs: is empty; give at least one", ["--paths.steps", "0"]),
        (["--schedules.schedules", "{}"], r"schedules\.schedules: is empty", ["--range_test.steps", "0"]),
    ],
)
def test_what_an_act_needs_is_asked_for_before_it_begins(words, message, without):
    with pytest.raises(ConfigError, match=message):
        load_lab(OptimizersConfig, "optimizers", words)
    assert load_lab(OptimizersConfig, "optimizers", [*words, *without])


@pytest.mark.parametrize("setting", ["batches.sizes", "batches.lrs", "decoupling.lrs", "decoupling.weight_decays"])
@pytest.mark.parametrize("values", ["[32, 16]", "[16, 16, 32]"])
def test_what_figures_join_is_given_rising(setting, values):
    with pytest.raises(ConfigError, match=rf"^{setting}: give them rising, each once: \[16(\.0)?, 32"):
        load_lab(OptimizersConfig, "optimizers", [f"--{setting}", values])


def test_a_grid_gives_every_competitor_as_many_trials():
    rates = "train.lr: {log_uniform: [0.01, 1]}"
    spaces = f"{{sgd: {{{rates}}}, momentum: {{{rates}}}, adamw: {{{rates}, train.weight_decay: {{log_uniform: [0.1, 1]}}}}}}"
    words = ["--tuning.spaces", spaces]
    assert load_lab(OptimizersConfig, "optimizers", words)
    with pytest.raises(ConfigError, match=r"spaces of 1 and of 2 settings different numbers of trials"):
        load_lab(OptimizersConfig, "optimizers", [*words, "--tuning.method", "grid"])


def test_adam_stands_for_adamw_on_surfaces_where_nothing_decays():
    competitors = {"a": {"train.optimizer": "adam"}, "b": {"train.optimizer": "adamw"}, "c": {"train.lr": 1}}
    assert surface_optimizers(competitors, "sgd") == ["adam", "sgd"]
    del competitors["a"]
    assert surface_optimizers(competitors, "sgd") == ["adamw", "sgd"]


def test_a_range_test_goes_up():
    with pytest.raises(ConfigError, match=r"range_test\.low: 1 is not below range_test\.high, 0\.001"):
        load_lab(OptimizersConfig, "optimizers", ["--range_test.low", "1", "--range_test.high", "0.001"])
