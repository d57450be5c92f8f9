"""The four baselines of the MNIST-1D paper (arXiv:2011.14439) reach the accuracies that its authors publish."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnlabs.config.schema import DataConfig, ModelConfig, RunConfig, TrainConfig
from nnlabs.models.build import build
from nnlabs.runs.execute import execute
from nnlabs.runs.inspect import evaluate_on_test
from nnlabs.runs.run import Run
from nnlabs.stats.intervals import mean_interval

BASELINES = Path(__file__).with_name("mnist1d_baselines.py")
# Number of weights, and published test accuracy in per cent on the signals as they are and shuffled.
PUBLISHED = {"linear": (410, 32, 32), "Mlp": (15_210, 68, 68), "cnn": (5_210, 94, 56), "Gru": (5_134, 91, 57)}
SEEDS = 3
WITHIN = 3.0


def baseline(name: str) -> ModelConfig:
    return ModelConfig("linear" if name == "linear" else f"{BASELINES}:{name}")


@pytest.mark.parametrize("name", PUBLISHED)
def test_baselines_have_as_many_weights_as_the_authors(name):
    model = build(baseline(name), (1, 40, 1), classes=10)
    assert sum(parameter.numel() for parameter in model.parameters()) == PUBLISHED[name][0]


@pytest.mark.slow
@pytest.mark.parametrize("data", ["mnist1d", "mnist1d_shuffled"])
@pytest.mark.parametrize("name", PUBLISHED)
def test_baselines_reach_the_published_accuracy(name, data, tmp_path):
    """By the authors' settings: Adam, lr 0.01, 6,000 steps of 100 signals."""
    # Of the 4,000 training signals 10 are held out, as few as a split can.
    examples = DataConfig(data, validation_fraction=0.0025)
    accuracies = []
    for seed in range(SEEDS):
        train = TrainConfig(epochs=150, batch_size=100, lr=0.01, optimizer="adam", precision="fp32", seed=seed)
        run = Run(RunConfig(examples, baseline(name), train), tmp_path)
        execute(run, show_progress=False)
        evaluate_on_test(run)
        accuracies.append(100 * run.test_result["accuracy"])
    measured, published = mean_interval(accuracies), PUBLISHED[name][1 if data == "mnist1d" else 2]
    print(f"{name} on {data}: {', '.join(f'{a:.1f}' for a in accuracies)}; published {published}")
    assert measured.low - WITHIN <= published <= measured.high + WITHIN
