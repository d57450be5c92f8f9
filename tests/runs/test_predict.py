from __future__ import annotations

import numpy as np
import pytest

from nnlabs.data.load import load_cached
from nnlabs.errors import RunError
from nnlabs.runs.execute import execute
from nnlabs.runs.inspect import open_trained
from nnlabs.runs.lookup import read_run
from nnlabs.runs.predict import Predictor
from tests.made_runs import changed

OWN = """
from torch import nn

def Net(shape, classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 8), nn.ReLU(), nn.Linear(8, classes))
"""


def test_weights_are_not_put_into_a_network_that_was_edited_since(tiny, tmp_path):
    own = tmp_path / "my_net.py"
    own.write_text(OWN)
    run = changed(tiny, tmp_path, model={"name": f"{own}:Net", "widths": None}, train__epochs=1)
    execute(run)
    stored = read_run(run.folder)
    images = load_cached(tiny.data).validation.x[:3]
    before = stored.predict(images).probabilities
    own.write_text(OWN.replace("ReLU", "Sigmoid"))
    for use in (lambda: Predictor(stored), lambda: open_trained(stored)):
        with pytest.raises(RunError, match=r"was changed after .* was trained, whose weights belong to it as it was"):
            use()
    own.write_text(OWN)
    assert np.array_equal(read_run(run.folder).predict(images).probabilities, before)


def test_arrays_in_any_order_are_predicted(tiny, tmp_path):
    run = changed(tiny, tmp_path)
    execute(run)
    predictor, images = Predictor(run), load_cached(tiny.data).validation.x[:5].numpy()
    mirrored = predictor(images[..., ::-1]).probabilities
    assert np.array_equal(mirrored, predictor(images[..., ::-1].copy()).probabilities)
    assert not np.array_equal(mirrored, predictor(images).probabilities)
