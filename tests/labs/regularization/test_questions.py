"""What lab 3 asks, of the settings that the presets really have."""

from __future__ import annotations

import yaml

from nnlabs.config.load import load_preset
from nnlabs.config.yaml_text import to_yaml
from nnlabs.labs.regularization.questions import questions
from nnlabs.labs.regularization.settings import RegularizationConfig


def test_only_structures_that_learn_from_the_same_examples_are_put_in_order():
    for on_stand_in in (False, True):
        config = load_preset(RegularizationConfig, "regularization", "full", on_stand_in)
        asked = {question.name: question for question in questions(yaml.safe_load(to_yaml(config)))}
        assert {"mlp", "cnn", "resnet", "gru", "transformer"} <= set(asked["structure"].options)
        assert not {"cnn, all images", "cnn, order shuffled"} & set(asked["structure"].options)
