from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from nnlabs.config.load import with_changes
from nnlabs.config.schema import DataConfig, ModelConfig, RunConfig, TrainConfig
from nnlabs.paths import PACKAGE
from nnlabs.runs.fingerprint import identity, run_name

# Names of folders that people have: they change only together with CODE_VERSION, or with a new setting.
DEFAULT = "mlp-digits-6d1f89d009"
UNHASHED = {"data.root", "data.wait_s", "train.tensorboard"}
# A value other than the default for each setting.
OTHER: dict[str, Any] = {
    "data.name": "cifar10",
    "data.root": "/elsewhere",
    "data.wait_s": 1.0,
    "data.stand_in_for": "fashion_mnist",
    "data.content": "0123456789abcdef",
    "data.train_size": 10,
    "data.validation_fraction": 0.2,
    "data.label_noise": 0.0,
    "data.augment": ["flip"],
    "data.crop_pad": 2,
    "data.fold": 0,
    "data.folds": 3,
    "data.split_seed": 1,
    "data.normalize": False,
    "data.shuffle": False,
    "model.name": "cnn",
    "model.widths": [8],
    "model.activation": "tanh",
    "model.dropout": 0.1,
    "model.batch_norm": True,
    "model.init": "zeros",
    "model.patch": 7,
    "model.width": 8,
    "model.depth": 1,
    "model.heads": 2,
    "train.epochs": 1,
    "train.batch_size": 1,
    "train.lr": 0.5,
    "train.optimizer": "sgd",
    "train.momentum": 0.5,
    "train.schedule": "cosine",
    "train.warmup_epochs": 1.0,
    "train.weight_decay": 0.1,
    "train.decoupled": False,
    "train.l1": 0.1,
    "train.max_norm": 1.0,
    "train.loss": "mse",
    "train.label_smoothing": 0.1,
    "train.clip_norm": 1.0,
    "train.keep_hardest": 0.5,
    "train.average_flip": True,
    "train.average_shift": True,
    "train.patience": 3,
    "train.min_delta": 0.1,
    "train.seed": 1,
    "train.device": "cpu",
    "train.precision": "fp32",
    "train.compile": True,
    "train.threads": 2,
    "train.tensorboard": True,
}


@pytest.fixture
def config() -> RunConfig:
    return RunConfig(DataConfig(name="digits"))


def settings(config: Any, prefix: str = "") -> list[str]:
    found = []
    for item in fields(config):
        value = getattr(config, item.name)
        found += settings(value, f"{prefix}{item.name}.") if is_dataclass(value) else [prefix + item.name]
    return found


def test_every_setting_is_thought_of(config):
    assert sorted(OTHER) == sorted(settings(config))


@pytest.mark.parametrize("key", OTHER)
def test_what_decides_the_numbers_changes_the_name_and_nothing_else_does(config, key):
    changed = run_name(with_changes(config, {key: OTHER[key]}, "test"))
    assert (changed == run_name(config)) == (key in UNHASHED)


def test_the_name_is_the_same_in_every_process(config):
    script = "from nnlabs.config.schema import *; from nnlabs.runs.fingerprint import run_name;"
    script += "print(run_name(RunConfig(DataConfig(name='digits'))))"
    environment = os.environ | {"PYTHONPATH": str(PACKAGE.parent), "PYTHONHASHSEED": "7"}
    said = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == run_name(config) == DEFAULT


def test_the_name_can_be_a_folder_whatever_the_data_and_the_model_are_called(config):
    path = "folder:C:\\Users\\ä ö\\" + "long/" * 60
    name = run_name(
        replace(config, data=DataConfig(name=path, content="0"), model=replace(config.model, name="../my net.py:Net"))
    )
    assert len(name) <= 71
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def test_the_same_settings_from_text_and_from_numbers_are_the_same_run(config):
    by_text = with_changes(config, {"train.lr": "1", "model.widths": "[3]", "train.weight_decay": "1e-1"}, "test")
    by_number = with_changes(config, {"train.lr": 1.0, "model.widths": (3,), "train.weight_decay": 0.1}, "test")
    assert run_name(by_text) == run_name(by_number)


def test_identity_keeps_the_groups(config):
    facts = identity(config)
    assert set(facts) == {"data", "model", "train"}
    assert facts["train"]["lr"] == 1e-3
    assert "root" not in facts["data"]


def test_an_edited_file_of_ones_own_model_is_another_run(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    config = RunConfig(data=DataConfig(name="digits"), model=ModelConfig(name=f"{file}:Net"))
    file.write_text("Net = 1\n")
    first = run_name(config)
    assert run_name(config) == first
    file.write_text("Net = 2\n")
    assert run_name(config) != first


def test_a_file_of_ones_own_is_the_same_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "net.py").write_text("Net = 1\n")
    (tmp_path / "below").mkdir()

    def names(folder: Path, path: str) -> str:
        monkeypatch.chdir(folder)
        own = f"{path}:Net"
        return run_name(RunConfig(DataConfig("digits"), ModelConfig(own), TrainConfig(optimizer=own)))

    ways = [
        (tmp_path, "net.py"),
        (tmp_path, "./net.py"),
        (tmp_path / "below", "../net.py"),
        (tmp_path, str(tmp_path / "net.py")),
    ]
    assert len({names(*way) for way in ways}) == 1
