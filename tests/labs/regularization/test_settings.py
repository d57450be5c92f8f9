from __future__ import annotations

import pytest

from nnlabs.config.load import load_lab
from nnlabs.errors import ConfigError
from nnlabs.labs.regularization.runs import describe_steps
from nnlabs.labs.regularization.settings import RegularizationConfig

DECAYS = "train.weight_decay: {log_uniform: [0.01, 10]}"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--sizes.sizes", "[2500, 500]"], r"^sizes\.sizes: give them rising, each once: \[500, 2500\]"),
        (["--strengths.l1", "[0.1, 0, 0.1]"], r"^strengths\.l1: give them rising, each once: \[0\.0, 0\.1\]"),
        (["--selection.folds", "1"], r"^selection\.folds: .* give at least 2"),
        (
            ["--selection.ranges", f"{{{DECAYS}, train.lr: {{log_uniform: [0.001, 0.1]}}}}"],
            r"^selection: grid and ranges are over train\.weight_decay and model\.dropout",
        ),
        (
            ["--selection.grid", "{train.weight_decay: [], model.dropout: [0.1]}"],
            r"^selection\.grid: train\.weight_decay has no values",
        ),
    ],
)
def test_what_a_later_act_would_stumble_over_is_told_before_the_first(words, message):
    with pytest.raises(ConfigError, match=message):
        load_lab(RegularizationConfig, "regularization", words)


def test_changes_may_be_nested_as_in_yaml():
    models = "{mlp: {model: {widths: [60]}, train: {epochs: 2}}, cnn: {model.name: cnn}}"
    config = load_lab(RegularizationConfig, "regularization", ["--preset", "smoke", "--topologies.models", models])
    assert config.topologies.models["mlp"] == {"model.widths": [60], "train.epochs": 2}
    twice = "{mlp: {train: {epochs: 2}, train.epochs: 3}}"
    with pytest.raises(ConfigError, match=r"train\.epochs: is written twice"):
        load_lab(RegularizationConfig, "regularization", ["--preset", "smoke", "--topologies.models", twice])


@pytest.mark.parametrize(
    ("techniques", "together", "parts"),
    [
        ({"a": {"data.augment": ["crop"]}}, {"data.augment": ["crop", "flip"]}, ["a"]),
        ({"a": {"data.augment": ["crop"]}}, {"data.augment": ["cutout"]}, ["data.augment cutout"]),
        ({"a": {"train.l1": 0.1}, "b": {"train.l1": 0.1, "train.max_norm": 1.0}}, {"train.l1": 0.3}, ["a"]),
        ({"a": {"train.optimizer": "sgd"}}, {"train.optimizer": "nadam"}, ["train.optimizer nadam"]),
        ({"a": {"train.l1": 0.1}}, {"train.l1": 0.1, "model.batch_norm": True}, ["a", "model.batch_norm true"]),
        ({"a": {"model.batch_norm": True}}, {"model.batch_norm": False}, ["model.batch_norm false"]),
    ],
)
def test_what_together_is_made_of(techniques, together, parts):
    config = RegularizationConfig(techniques={"plain": {}, **techniques}, together=together)
    assert config.parts == parts


def test_a_technique_that_the_network_has_already_is_known_to_change_nothing():
    config = load_lab(RegularizationConfig, "regularization", ["--preset", "quick"])
    assert config.without_effect == []
    cnn = ["--preset", "quick", "--model.name", "cnn", "--model.widths", "null"]
    assert load_lab(RegularizationConfig, "regularization", cnn).without_effect == ["batch norm"]


def test_steps_are_told_as_they_are():
    assert describe_steps([1000, 3000], 32, 1200) == "about 1,200 steps each"
    assert describe_steps([1000, 50_000], 16, 1200) == "1,197 to 3,125 steps each"
    assert describe_steps([10_000], 128, 100) == "79 steps each"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--techniques", "{plain: {model.dropout: 0.5}}"], r"^techniques\.plain: is the network without any"),
        (["--techniques", "{plain: {}, together: {}}"], r"^techniques\.together: is what the setting together says"),
        (["--strengths.dropout", "[0, 1]"], r"^strengths\.dropout: .* <1"),
    ],
)
def test_names_that_mean_something_and_rates_that_drop_all_are_refused(words, message):
    with pytest.raises(ConfigError, match=message):
        load_lab(RegularizationConfig, "regularization", words)
