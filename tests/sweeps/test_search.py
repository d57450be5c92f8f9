from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import torch

from nnlabs.config.schema import DataConfig, RunConfig
from nnlabs.data.load import image_set
from nnlabs.data.split import split_rows
from nnlabs.errors import ConfigError
from nnlabs.paths import data_root
from nnlabs.sweeps.search import at_edge, draw, even_grid, folds, grid, quasi_random, random_search


def test_a_grid_is_all_combinations():
    found = grid({"train.lr": [0.1, 0.2, 0.3], "model.dropout": (0.0, 0.5)})
    assert len(found) == 6
    assert {(setting["train.lr"], setting["model.dropout"]) for setting in found} == {
        (lr, dropout) for lr in (0.1, 0.2, 0.3) for dropout in (0.0, 0.5)
    }


def test_random_search_stays_within_its_ranges_and_fills_them_evenly():
    ranges = {"train.weight_decay": {"log_uniform": [1e-4, 1e2]}, "model.dropout": {"uniform": [0.2, 0.8]}}
    found = random_search(ranges, trials=600, seed=0)
    decays = [setting["train.weight_decay"] for setting in found]
    rates = [setting["model.dropout"] for setting in found]
    assert len(set(decays)) == len(set(rates)) == 600
    assert 1e-4 <= min(decays) < max(decays) <= 1e2
    assert 0.2 <= min(rates) < max(rates) <= 0.8
    for decade in range(-4, 2):  # a sixth each, five standard deviations on both sides
        assert 54 < sum(10.0**decade <= decay < 10.0 ** (decade + 1) for decay in decays) < 146
    assert 240 < sum(rate < 0.5 for rate in rates) < 360
    assert {type(value) for setting in found for value in setting.values()} == {float}
    assert found == random_search(ranges, trials=600, seed=0)
    assert found != random_search(ranges, trials=600, seed=1)


RANGES = {"train.lr": {"log_uniform": [1e-4, 1e-1]}, "model.dropout": {"uniform": [0.2, 0.8]}}


def shares(found) -> np.ndarray:
    """Where settings lie in RANGES, as shares of the ranges' lengths, shape (trials, 2)."""
    return np.array([[(math.log10(s["train.lr"]) + 4) / 3, (s["model.dropout"] - 0.2) / 0.6] for s in found])


@pytest.mark.parametrize("trials", [5, 9, 16, 30])
def test_quasi_random_trials_fill_the_space_more_evenly_than_random_ones(trials):
    from scipy.stats.qmc import discrepancy

    with warnings.catch_warnings():
        warnings.simplefilter("error")  # such as scipy's on counts that are no power of two
        found = [quasi_random(RANGES, trials, seed) for seed in range(20)]
    uneven = [discrepancy(shares(settings)) for settings in found]
    by_chance = [discrepancy(shares(random_search(RANGES, trials, seed))) for seed in range(20)]
    assert np.mean(uneven) < 0.5 * np.mean(by_chance)
    assert all(shares(settings).min() >= -1e-5 and shares(settings).max() <= 1 + 1e-5 for settings in found)


def test_quasi_random_trials_put_one_value_into_each_part_of_a_range():
    """The first side has base 2: of 8 points one lies in each eighth; the second base 3: of 9 one in each ninth."""
    for seed in range(5):
        places = shares(quasi_random(RANGES, 9, seed))
        assert sorted((places[:8, 0] * 8).astype(int)) == list(range(8))
        assert sorted((places[:, 1] * 9).astype(int)) == list(range(9))


@pytest.mark.parametrize("method", ["quasi_random", "random"])
def test_a_larger_budget_only_adds_trials_and_a_seed_decides_them(method):
    assert draw(method, RANGES, 7, seed=3) == draw(method, RANGES, 20, seed=3)[:7]
    assert draw(method, RANGES, 7, seed=3) != draw(method, RANGES, 7, seed=4)


def test_a_method_by_its_name():
    assert draw("quasi_random", RANGES, 4, 1) == quasi_random(RANGES, 4, 1)
    assert draw("random", RANGES, 4, 1) == random_search(RANGES, 4, 1)
    assert draw("grid", RANGES, 4, 1) == even_grid(RANGES, 4)


def test_an_even_grid_is_even_on_each_ranges_own_scale():
    assert even_grid(RANGES, 6) == grid({"train.lr": [1e-4, 0.00316228, 1e-1], "model.dropout": [0.2, 0.8]})
    assert even_grid({"train.lr": RANGES["train.lr"]}, 4) == grid({"train.lr": [1e-4, 1e-3, 1e-2, 1e-1]})
    assert even_grid({"train.lr": RANGES["train.lr"]}, 1) == [{"train.lr": 0.00316228}]


@pytest.mark.parametrize(
    ("trials", "points"), [(1, 1), (2, 2), (3, 3), (5, 4), (8, 8), (9, 9), (11, 9), (16, 16), (30, 30)]
)
def test_a_grid_keeps_to_the_budget(trials, points):
    assert len(even_grid(RANGES, trials)) == points


@pytest.mark.parametrize(
    ("lr", "dropout", "flags"),
    [
        (1e-2, 0.5, {}),
        (1.4e-4, 0.23, {"train.lr": "low", "model.dropout": "low"}),  # 10^(-4 + 0.05 * 3) = 1.413e-4
        (1.42e-4, 0.231, {}),
        (0.07, 0.76, {}),
        (0.071, 0.771, {"train.lr": "high", "model.dropout": "high"}),
        (1e-1, 0.5, {"train.lr": "high"}),
    ],
)
def test_the_outer_twentieth_of_a_range_on_its_own_scale_is_its_edge(lr, dropout, flags):
    assert at_edge({"train.lr": lr, "model.dropout": dropout}, RANGES) == flags


def test_the_outermost_values_of_a_grid_are_its_edge_and_no_others():
    ends = {setting["train.lr"]: at_edge(setting, RANGES).get("train.lr") for setting in even_grid(RANGES, 16)}
    assert ends == {1e-4: "low", 1e-3: None, 1e-2: None, 1e-1: "high"}


@pytest.mark.parametrize(
    "search", [random_search, quasi_random, lambda ranges, trials, seed: even_grid(ranges, trials)]
)
@pytest.mark.parametrize(
    "spread",
    [
        {"normal": [0, 1]},
        {"uniform": [1, 0]},
        {"uniform": [1]},
        {"log_uniform": [0, 1]},
        {},
        {"uniform": [0, 1], "x": [1, 2]},
    ],
    ids=str,
)
def test_what_is_no_range_is_told(spread, search):
    with pytest.raises(ConfigError, match=r"^model\.dropout: a range is written as 'uniform: \[low, high\]' or"):
        search({"model.dropout": spread}, trials=1, seed=0)


@pytest.mark.parametrize("count", [2, 3, 5])
def test_folds_hold_every_training_example_out_exactly_once(count):
    base = RunConfig(DataConfig(name="digits"))
    labels = image_set("digits", data_root()).train.y
    runs = folds(base, {"train.lr": 0.5}, count)
    parts = [split_rows(labels, run.data) for run in runs]
    assert torch.equal(torch.cat([held_out for _, held_out in parts]).sort().values, torch.arange(len(labels)))
    for train, held_out in parts:
        assert torch.equal(torch.cat([train, held_out]).sort().values, torch.arange(len(labels)))
        shares = torch.bincount(labels[held_out], minlength=10) / len(held_out)
        torch.testing.assert_close(shares, torch.bincount(labels, minlength=10) / len(labels), atol=0.01, rtol=0)
    assert {run.train.lr for run in runs} == {0.5}
