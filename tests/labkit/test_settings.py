from __future__ import annotations

import pytest

from nnlabs.config.load import with_changes
from nnlabs.config.schema import RunConfig
from nnlabs.errors import ConfigError
from nnlabs.labkit.settings import TrainingLabConfig
from nnlabs.runs.settings import check_run


def test_the_base_of_all_runs_is_made_of_the_three_groups():
    config = with_changes(TrainingLabConfig(), {"train.lr": 0.5, "data.name": "digits", "model.widths": [3]}, "test")
    assert config.base == RunConfig(config.data, config.model, config.train)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"model.name": "mpl"}, "model.name"),
        ({"train.optimizer": "adm"}, "train.optimizer"),
        ({"data.name": "fashion"}, "data.name"),
    ],
)
def test_contradictions_are_found_before_anything_is_computed(changes, key):
    with pytest.raises(ConfigError) as caught:
        check_run(with_changes(RunConfig(), changes, "test"))
    assert caught.value.key == key


def test_seeds_must_be_given():
    with pytest.raises(ConfigError, match=r"^seeds: is empty"):
        TrainingLabConfig(seeds=()).check()


def test_a_seed_given_twice_is_no_repetition():
    with pytest.raises(ConfigError, match=r"^seeds: 7 is there more than once"):
        TrainingLabConfig(seeds=(0, 7, 7)).check()


def test_a_mistake_in_a_variation_names_it():
    config = TrainingLabConfig()
    config.check_variations("techniques", {"fine": {"train.lr": 0.1}})
    with pytest.raises(
        ConfigError, match=r"^techniques: in 'L2': train\.weight_dcay: no such setting; did you mean"
    ) as caught:
        config.check_variations("techniques", {"fine": {}, "L2": {"train.weight_dcay": 0.1}})
    assert caught.value.key == "techniques"
    with pytest.raises(ConfigError, match=r"^topologies: in 'gru': model\.activation means nothing to gru"):
        config.check_variations("topologies", {"gru": {"model.name": "gru", "model.activation": "relu"}})
