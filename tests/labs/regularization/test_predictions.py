from __future__ import annotations

import numpy as np
import pytest
import torch

from nnlabs.data.examples import Examples
from nnlabs.labs.regularization.predictions import calibration, mistakes
from nnlabs.training.evaluate import Predictions
from nnlabs.training.metrics import calibration_error

N = 500


@pytest.fixture
def said() -> Predictions:
    generator = torch.Generator().manual_seed(0)
    targets = torch.randint(0, 4, (N,), generator=generator)
    logits = 2 * torch.randn(N, 4, generator=generator)
    return Predictions(logits + 2 * torch.nn.functional.one_hot(targets, 4), targets)


def test_the_bins_of_a_reliability_diagram_make_up_the_calibration_error(said):
    error = calibration_error(said.logits.numpy(), said.targets.numpy())
    bins = calibration(said, error)
    assert bins.count.sum() == N
    full = bins.count > 0
    apart = np.abs(bins.accuracy[full] - bins.confidence[full])
    assert (bins.count[full] / N * apart).sum() == pytest.approx(error, rel=1e-12)
    edges = np.arange(16) / 15
    assert np.all((edges[:-1][full] < bins.confidence[full]) & (bins.confidence[full] <= edges[1:][full]))
    assert np.isnan(bins.confidence[~full]).all()


def test_mistakes_are_wrong_and_the_most_confident_of_all(said):
    x = torch.arange(N, dtype=torch.int64).remainder(256).byte().view(N, 1, 1, 1).expand(N, 1, 2, 2)
    found = mistakes(said, Examples(x, said.targets), most=7)
    probability = said.logits.softmax(1).numpy()
    answers = probability.argmax(1)
    wrong = np.flatnonzero(answers != said.targets.numpy())
    worst = sorted(wrong, key=lambda row: -probability[row].max())[:7]
    assert found.index.tolist() == [int(row) for row in worst]
    assert found.predicted.tolist() == answers[worst].tolist()
    assert found.true.tolist() == said.targets[worst].tolist()
    assert found.images[:, 0, 0].tolist() == [row % 256 for row in worst]
    assert found.images.shape == (7, 2, 2)


def test_a_network_without_mistakes_has_none_to_show():
    perfect = Predictions(torch.eye(3) * 9, torch.arange(3))
    assert len(mistakes(perfect, Examples(torch.zeros(3, 1, 2, 2, dtype=torch.uint8), torch.arange(3))).index) == 0
