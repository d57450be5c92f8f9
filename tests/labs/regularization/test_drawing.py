"""What the runs of lab 3 give its figures."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from nnlabs.labs.regularization.drawing import draw_topologies, draw_weights
from tests.made_runs import Make


def test_the_first_layer_of_color_images_is_the_mean_over_colors_and_says_so(monkeypatch) -> None:
    weights = np.random.default_rng(0).normal(size=(30, 3 * 4 * 4)).astype(np.float32)
    monkeypatch.setattr("nnlabs.runs.inspect.first_layer", lambda run: weights)
    monkeypatch.setattr("nnlabs.labs.regularization.drawing.has_network", lambda run: True)
    drawn: dict[str, tuple] = {}
    for channels, said in ((3, " · mean over the colors"), (1, "")):
        study = SimpleNamespace(
            splits=SimpleNamespace(train=SimpleNamespace(shape=(channels, 4, 12 // channels))),
            data_line=lambda **_: "CIFAR-10",
            draw=lambda name, function, *arguments: drawn.update({name: arguments}),
        )
        draw_weights(study, {"plain": ["a run"]})
        maps, line = drawn["1_first_layer"]
        whole = weights[:24].reshape(24, channels, 4, 12 // channels)
        np.testing.assert_allclose(maps["plain"], whole.mean(axis=1))
        assert line == f"CIFAR-10{said}"


def test_the_figure_of_topologies_knows_who_learns_from_other_data(make_runs: Make, monkeypatch) -> None:
    monkeypatch.setattr("nnlabs.runs.inspect.count_model", lambda run: (10, 20))
    drawn: list[tuple] = []
    study = SimpleNamespace(data_line=lambda *sizes, **_: "", draw=lambda *arguments: drawn.append(arguments))
    more = make_runs(0.95, data={"data.train_size": 9})
    draw_topologies(study, {"mlp": make_runs(0.8), "cnn": make_runs(0.9), "cnn, all": more})
    assert {name: network.other_data for name, network in drawn[0][2].items()} == {
        "mlp": False,
        "cnn": False,
        "cnn, all": True,
    }
