from __future__ import annotations

import pytest

from nnlabs.config.load import load_lab
from nnlabs.errors import ConfigError
from nnlabs.labs.optimizers.settings import OptimizersConfig


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
