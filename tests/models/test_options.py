from __future__ import annotations

import subprocess
import sys
from dataclasses import fields, replace

import pytest

from nnlabs.config.schema import ModelConfig
from nnlabs.errors import ConfigError
from nnlabs.models.options import MODELS, check_model, model_options


@pytest.mark.parametrize("name", MODELS)
def test_every_model_passes_with_its_own_defaults_spelt_out(name):
    short, spelt_out = ModelConfig(name), ModelConfig(name, **MODELS[name].options)
    check_model(short)
    check_model(spelt_out)
    assert model_options(short) == model_options(spelt_out) == MODELS[name].options


@pytest.mark.parametrize("name", MODELS)
def test_an_option_that_a_model_does_not_take_is_named_with_those_it_takes(name):
    values = {"widths": (8,), "activation": "relu", "dropout": 0.1, "batch_norm": True, "init": "he"}
    values |= {"patch": 4, "width": 8, "depth": 1, "heads": 2}
    assert set(values) == {field.name for field in fields(ModelConfig)} - {"name"}
    for option in set(values) - set(MODELS[name].options):
        with pytest.raises(ConfigError, match=rf"^model\.{option} means nothing to {name}; it takes ") as caught:
            check_model(replace(ModelConfig(name), **{option: values[option]}))
        assert caught.value.key == f"model.{option}"


def test_the_message_of_an_option_out_of_place():
    with pytest.raises(ConfigError) as caught:
        check_model(ModelConfig("mlp", heads=4))
    assert str(caught.value) == (
        "model.heads means nothing to mlp; it takes widths, activation, dropout, batch_norm, init"
    )


@pytest.mark.parametrize(
    ("config", "key", "hint"),
    [
        (ModelConfig("mpl"), "model.name", "did you mean 'mlp'"),
        (ModelConfig("xyz"), "model.name", "known are linear, mlp, cnn"),
        (ModelConfig("mlp", activation="rleu"), "model.activation", "did you mean 'relu'"),
        (ModelConfig("mlp", init="xaver"), "model.init", "did you mean 'xavier'"),
        (ModelConfig("cnn", widths=()), "model.widths", "at least one"),
        (ModelConfig("transformer", width=50, heads=4), "model.heads", "4 heads cannot share a width of 50"),
        (ModelConfig("no/such/net.py:Net"), "model.name", "there is no file no/such/net.py"),
    ],
)
def test_a_mistake_is_told_with_its_key_and_a_way_out(config, key, hint):
    with pytest.raises(ConfigError) as caught:
        check_model(config)
    assert key in str(caught.value) and hint in str(caught.value)
    assert caught.value.key == key


def test_options_given_replace_defaults_even_when_they_are_false_or_empty():
    options = model_options(ModelConfig("mlp", widths=(), dropout=0.0, init="zeros"))
    assert options == {"widths": (), "activation": "relu", "dropout": 0.0, "batch_norm": False, "init": "zeros"}


def test_a_model_of_ones_own_takes_no_options(tmp_path):
    path = tmp_path / "net.py"
    path.write_text("Net = None")
    check_model(ModelConfig(f"{path}:Net"))
    with pytest.raises(ConfigError, match=r"model\.dropout means nothing to"):
        check_model(ModelConfig(f"{path}:Net", dropout=0.1))


def test_checking_names_needs_no_torch():
    code = """
import sys
from nnlabs.config.schema import ModelConfig, TrainConfig
from nnlabs.models.options import check_model
from nnlabs.training.names import check_train
check_model(ModelConfig())
check_train(TrainConfig())
heavy = {"torch", "torchvision", "sklearn", "scipy", "matplotlib"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True)
