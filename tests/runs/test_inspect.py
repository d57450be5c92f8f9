from __future__ import annotations

import numpy as np

from nnlabs.runs.execute import execute
from nnlabs.runs.inspect import count_model, describe_model, first_layer
from nnlabs.training.checkpoint import load_checkpoint
from tests.made_runs import changed


def test_a_network_can_be_looked_into(tiny, tmp_path):
    run = changed(tiny, tmp_path)
    execute(run)
    weights = first_layer(run)
    assert np.array_equal(weights, next(iter(load_checkpoint(run.folder / "checkpoint.pt")["model"].values())).numpy())
    assert count_model(run) == (run.result["parameters"], 784 * 16 + 16 * 10)
    assert "12,730" in describe_model(run.config)


def test_only_a_first_layer_over_all_inputs_is_looked_into(tiny, tmp_path):
    run = changed(tiny, tmp_path, model={"name": "cnn", "widths": [4]}, train__epochs=1)
    execute(run)
    assert first_layer(run) is None
