from __future__ import annotations

import pytest
import torch

from nnlabs.config.schema import DataConfig, RunConfig
from nnlabs.data.load import image_set
from nnlabs.data.split import split_rows
from nnlabs.errors import ConfigError
from nnlabs.experiments.selection import folds, grid, random_search
from nnlabs.paths import data_root


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
def test_what_is_no_range_is_told(spread):
    with pytest.raises(ConfigError, match=r"^model\.dropout: a range is written as 'uniform: \[low, high\]' or"):
        random_search({"model.dropout": spread}, trials=1, seed=0)


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
