"""Settings that hold where a lab takes its stand-in data set."""

from __future__ import annotations

import pytest
import yaml

from nnlabs.config.layers import choose_layers, read_layers
from nnlabs.labkit.settings import TrainingLabConfig
from nnlabs.labkit.study import load_training_lab

PRESETS = """
common:
  data: {name: auto}
  train: {lr: 0.1, epochs: 1, batch_size: 10}
  stand_in: {train: {lr: 0.2, epochs: 2, batch_size: 20}}
quick:
  train: {epochs: 3, batch_size: 30}
  stand_in: {train: {batch_size: 40}}
"""


@pytest.fixture
def offline(presets, monkeypatch, tmp_path):
    """The presets above, no data set on this machine, and none to be had."""
    presets(PRESETS)
    monkeypatch.setenv("NNLABS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NNLABS_MIRRORS", "http://127.0.0.1:9/")
    return tmp_path


def load(*words: str) -> TrainingLabConfig:
    return load_training_lab(TrainingLabConfig, "demo", words, "fashion_mnist", "mnist1d")


def test_each_section_is_followed_by_its_stand_in(offline):
    mine = offline / "mine.yaml"
    mine.write_text("train: {lr: 0.5}")
    chosen, rest = choose_layers(["--config", str(mine), "--seeds", "[1]"])
    path = offline / "demo.yaml"
    on_stand_in = [layer.source for layer in read_layers("demo", chosen, rest, on_stand_in=True)]
    on_real = [layer.source for layer in read_layers("demo", chosen, rest)]
    places = [f"{path}, under common", f"{path}, under quick"]
    assert on_real == [*places, str(mine), "command line"]
    assert on_stand_in == [
        places[0],
        f"{places[0]}, stand_in",
        places[1],
        f"{places[1]}, stand_in",
        str(mine),
        "command line",
    ]


def test_the_stand_ins_settings_hold_where_it_is_taken_and_only_there(offline, capsys):
    taken = load()
    assert (taken.data.name, taken.data.stand_in_for) == ("mnist1d", "fashion_mnist")
    assert (taken.train.lr, taken.train.epochs, taken.train.batch_size) == (0.2, 3, 40)
    assert capsys.readouterr().out.startswith("MNIST-1D stands in for Fashion-MNIST")
    other = load("--data.name", "digits")
    assert (other.train.lr, other.train.epochs, other.train.batch_size) == (0.1, 3, 30)
    assert capsys.readouterr().out == ""


def test_one_who_names_the_stand_in_gets_its_settings_too(offline, capsys):
    named = load("--data.name", "mnist1d")
    assert (named.data.name, named.data.stand_in_for) == ("mnist1d", None)
    assert (named.train.lr, named.train.batch_size) == (0.2, 40)
    assert capsys.readouterr().out == ""


def test_what_the_user_says_wins(offline):
    mine = offline / "mine.yaml"
    mine.write_text("train: {lr: 0.5, batch_size: 50}")
    config = load("--config", str(mine), "--train.batch_size", "60")
    assert (config.train.lr, config.train.batch_size) == (0.5, 60)


def test_printing_the_settings_names_the_data_and_downloads_nothing(offline, monkeypatch, capsys):
    def never(*_: object, **__: object) -> None:
        raise AssertionError("it wanted to download")

    monkeypatch.setattr("nnlabs.data.auto.fetch", never)
    with pytest.raises(SystemExit) as ended:
        load("--print_config")
    assert ended.value.code == 0
    printed = yaml.safe_load(capsys.readouterr().out)
    assert (printed["data"]["name"], printed["data"]["stand_in_for"]) == ("mnist1d", "fashion_mnist")
    assert printed["train"]["lr"] == 0.2
    assert not (offline / "data").exists()
