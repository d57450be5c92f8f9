from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nnlabs.config.load import with_changes
from nnlabs.config.schema import ModelConfig
from nnlabs.errors import ConfigError
from nnlabs.runs.execute import execute
from nnlabs.runs.lr_finder import find_lr
from nnlabs.runs.run import Run

SLOWER = [pytest.param(name, marks=pytest.mark.slow) for name in ("nesterov", "muon")]
CHANGES = {"data.train_size": None, "train.epochs": 3, "model.widths": [64]}


@pytest.mark.parametrize("optimizer", ["sgd", "adam", *SLOWER[1:]])
def test_the_suggestion_trains_and_far_lower_or_higher_does_not(tiny, tmp_path, optimizer):
    config = with_changes(tiny, CHANGES | {"train.optimizer": optimizer}, "test")
    seen = find_lr(config)

    def accuracy(lr):
        run = Run(with_changes(config, {"train.lr": lr}, "test"), tmp_path)
        return execute(run, show_progress=False)["validation_accuracy"]

    assert accuracy(seen.suggestion) > 0.75
    assert accuracy(seen.suggestion / 300) < accuracy(seen.suggestion) - 0.2
    assert accuracy(min(seen.suggestion * 300, 10.0)) < accuracy(seen.suggestion) - 0.1


def test_it_is_a_function_of_the_configuration(tiny):
    noisy = with_changes(tiny, {"model.dropout": 0.3, "data.augment": ["crop"]}, "test")
    first, again = find_lr(noisy, steps=20), find_lr(replace(noisy, train=replace(noisy.train, lr=0.5)), steps=20)
    np.testing.assert_array_equal(first.loss, again.loss)
    other = find_lr(with_changes(noisy, {"train.seed": 1}, "test"), steps=20)
    assert not np.array_equal(first.loss, other.loss)


def test_it_takes_the_ends_and_steps_it_is_given(tiny):
    seen = find_lr(tiny, low=1e-5, high=1e-4, steps=12)
    np.testing.assert_allclose(seen.lr, np.geomspace(1e-5, 1e-4, 12), rtol=1e-12)


def test_a_clipped_run_is_tested_clipped(tiny):
    free, clipped = (find_lr(with_changes(tiny, {"train.clip_norm": norm}, "test"), steps=30) for norm in (None, 1e-3))
    assert free.loss[0] == clipped.loss[0]
    assert not np.array_equal(free.loss, clipped.loss)


def test_any_network_will_do(tiny):
    seen = find_lr(replace(tiny, model=ModelConfig("cnn", widths=(4, 8))), steps=10)
    assert np.isfinite(seen.loss).all()


LEARNS = {"data.train_size": None, "train.batch_size": 32, "model.widths": [64]}


@pytest.mark.parametrize("optimizer", ["sgd", "adam", *SLOWER])
def test_five_seeds_suggest_about_the_same(tiny, optimizer):
    found = [
        find_lr(with_changes(tiny, LEARNS | {"train.optimizer": optimizer, "train.seed": seed}, "test")).suggestion
        for seed in range(5)
    ]
    assert max(found) < 3 * min(found), found


@pytest.mark.parametrize("steps", [30, 100])
@pytest.mark.parametrize("optimizer", ["sgd", "adam", *SLOWER])
def test_labels_that_are_noise_suggest_nothing(tiny, optimizer, steps):
    noise = LEARNS | {"data.label_noise": 0.9, "train.optimizer": optimizer}
    for seed in range(3):
        assert np.isnan(find_lr(with_changes(tiny, noise | {"train.seed": seed}, "test"), steps=steps).suggestion)


def test_a_network_without_gradient_suggests_nothing(tiny):
    assert np.isnan(find_lr(with_changes(tiny, LEARNS | {"model.init": "zeros"}, "test")).suggestion)


def test_a_test_of_one_step_is_refused_by_a_sentence(tiny):
    with pytest.raises(ConfigError, match="needs 2 steps at least"):
        find_lr(tiny, steps=1)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (1.0, 0.1), (0.1, 0.1)])
def test_rates_that_do_not_rise_are_told(tiny, low, high):
    with pytest.raises(ConfigError, match="goes from a rate above 0 to a higher one; not from"):
        find_lr(tiny, low, high)
