from __future__ import annotations

import math
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml

from nnlabs.config.load import load_lab, with_changes
from nnlabs.config.schema import DataConfig, RunConfig
from nnlabs.config.yaml_text import to_yaml
from nnlabs.errors import ConfigError
from nnlabs.labkit.settings import TrainingLabConfig
from nnlabs.paths import checkout


@dataclass(frozen=True)
class Config(TrainingLabConfig):
    """A lab with every kind of setting.

    Args:
        techniques: changes by name.
    """

    techniques: dict[str, dict[str, Any]] = field(default_factory=dict)


def load(*words: str) -> Config:
    return load_lab(Config, "demo", words)


def test_later_layers_win(presets, tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("train: {lr: 0.3, momentum: 0.5, optimizer: momentum}")
    assert load().train.batch_size == 128  # the dataclass's own
    assert load().train.lr == 1e-3  # common
    assert load().train.epochs == 2  # the preset
    assert load("--preset", "full").train.epochs == 50
    from_file = load("--config", str(mine))
    assert (from_file.train.lr, from_file.train.momentum, from_file.train.epochs) == (0.3, 0.5, 2)
    on_top = load("--config", str(mine), "--train.lr", "0.7", "--train.epochs=9")
    assert (on_top.train.lr, on_top.train.momentum, on_top.train.epochs) == (0.7, 0.5, 9)


def test_a_mapping_of_ones_own_replaces_the_one_before(presets):
    presets("common:\n  techniques: {plain: {}, L2: {train.weight_decay: 0.1}}\nquick: {}")
    assert load("--techniques", "{mine: {train.lr: 1}}").techniques == {"mine": {"train.lr": 1}}


def test_the_users_file_may_name_its_preset_and_the_command_line_another(presets, tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("preset: smoke")
    config = load("--config", str(mine))
    assert (config.preset, config.train.epochs) == ("smoke", 1)
    config = load("--config", str(mine), "--preset", "full")
    assert (config.preset, config.train.epochs) == ("full", 50)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--fresh"], True),
        (["--fresh", "--train.lr", "1"], True),
        (["--fresh", "false"], False),
        (["--fresh=true"], True),
    ],
)
def test_a_switch_needs_no_value(presets, words, expected):
    assert load(*words).fresh is expected


def test_numbers_are_pythons_own_because_a_checkpoint_may_hold_no_others(presets):
    config = load(
        "--train.weight_decay", "0", "--model.widths", "[8, 4]", "--model.dropout", "0.5", "--train.lr", "1e-2"
    )
    values = [config.train.weight_decay, config.train.lr, config.model.dropout, *config.model.widths, *config.seeds]
    assert [type(value) for value in values] == [float, float, float, int, int, int, int]
    assert values[:5] == [0.0, 0.01, 0.5, 8, 4]


# What stands in the preset "quick", and the message but for the file's name.
MISTAKES = {
    "trian: {lr: 1}": "trian: no such setting; did you mean 'train'?",
    "train: {lrr: 1}": "train.lrr: no such setting; did you mean 'train.lr'?",
    "lr: 1": "lr: no such setting; did you mean 'train.lr'?",
    "zzz: {0: 2}": "zzz: no such setting; known are preset, results, seeds",
    "train: 3": "train: 3 stands where a group of settings belongs",
    "train:": "train: None stands where a group of settings belongs",
    "train: {lr: fast}": "train.lr: 'fast' is not a number >0",
    "train: {lr: -1}": "train.lr: -1 is not a number >0",
    "train: {lr: .nan}": "train.lr: nan is not a number >0",
    "train: {lr: [1]}": "train.lr: [1] is not a number >0",
    "train: {epochs: 0}": "train.epochs: 0 is not a whole number >0",
    "train: {epochs: 1.5}": "train.epochs: 1.5 is not a whole number >0",
    "train: {epochs: true}": "train.epochs: True is not a whole number >0",
    "train: {decoupled: 1}": "train.decoupled: 1 is not true or false",
    "train: {label_smoothing: 1}": "train.label_smoothing: 1 is not a number >=0 and <1",
    "train: {loss: hinges}": "train.loss: 'hinges' is not one of cross_entropy, binary_cross_entropy, mse, hinge",
    "train: {device: gpu}": "train.device: 'gpu' is not one of auto, cpu, cuda, mps",
    "train: {optimizer: adamm}": "train.optimizer: 'adamm' is unknown; did you mean 'adam'?",
    "model: {name: mpl}": "model.name: no model is called 'mpl'; did you mean 'mlp'?",
    "model: {heads: 4}": "model.heads means nothing to mlp",
    "model: {widths: 64}": "model.widths: 64 is not a list [a, b] (each a whole number >0) or null",
    "model: {widths: [64, -1]}": "model.widths: [64, -1] is not a list [a, b] (each a whole number >0) or null",
    "data: {augment: [corp]}": "data.augment: ['corp'] is not a list [a, b] (each one of crop, flip, cutout)",
    "data: {augment: null}": "data.augment: None is not a list",
    "data: {name: 3}": "data.name: 3 is not a text",
    "techniques: [1]": "techniques: [1] is not a mapping",
    "seeds: 20240101": "is not a number of repetitions (at most 1000), or a list",
    "seeds: '[0, 1'": "is not a number of repetitions (at most 1000), or a list",
    "seeds: [0, 20240101123456]": "list of their seeds (each >=0 and <2147483648)",
    "data: {split_seed: 2147483648}": "data.split_seed: 2147483648 is not a whole number >=0 and <2147483648",
    "train: {seed: 20240101123456}": "train.seed: 20240101123456 is not a whole number >=0 and <2147483648",
    "train: {lr: 1}\n  train.lr: 2": "train.lr: is written twice, as 'train: lr' and as 'train.lr'; keep one of them",
    "train.lr: 2\n  train: {lr: 2}": "train.lr: is written twice, as 'train.lr' and as 'train: lr'; keep one of them",
    "seeds: []": "seeds: is empty; give at least one, such as [0]",
}


@pytest.mark.parametrize("written", MISTAKES)
def test_a_mistake_in_a_preset_is_one_line_with_key_remedy_and_place(presets, written):
    path = presets(f"common: {{}}\nquick:\n  {written}\n")
    with pytest.raises(ConfigError) as caught:
        load()
    message = str(caught.value)
    assert MISTAKES[written] in message
    assert message.endswith(f"({path}, under quick)")
    assert "\n" not in message


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("--train.lrr 1", "train.lrr: no such setting; did you mean 'train.lr'? (command line)"),
        ("--epochs 1", "epochs: no such setting; did you mean 'train.epochs'? (command line)"),
        ("--train.lr", "train.lr: needs a value, a number >0 (command line)"),
        ("--train.lr --fresh", "train.lr: needs a value, a number >0 (command line)"),
        ("--train.lr x", "train.lr: 'x' is not a number >0 (command line)"),
        ("--train.lr=-1", "train.lr: '-1' is not a number >0 (command line)"),
        (
            "--train.threads 100000",
            "train.threads: '100000' is not a whole number >=1 and <=1024 (command line)",
        ),
        ("--train.lr -1", "train.lr: '-1' is not a number >0 (command line)"),
        (
            "--data.augment crop",
            "data.augment: 'crop' is not a list [a, b] (each one of crop, flip, cutout) (command line)",
        ),
        ("--train {lr:1}", "train: '{lr:1}' stands where a group of settings belongs (command line)"),
        ("smoke", "smoke: a value without a name; write --NAME VALUE (command line)"),
        ("--train.lr 1 2", "2: a value without a name; write --NAME VALUE (command line)"),
        ("--preset smok", "preset: there is no 'smok'; did you mean 'smoke'? (command line)"),
        ("--preset common", "preset: there is no 'common'; known are smoke, quick, full (command line)"),
        ("--preset", "--preset: expected one argument (command line)"),
        ("--config /nowhere/a.yaml", "/nowhere/a.yaml: cannot be read (No such file or directory); check the path"),
    ],
)
def test_a_mistake_on_the_command_line_is_one_line(presets, words, expected):
    with pytest.raises(ConfigError) as caught:
        load(*words.split())
    assert str(caught.value) == expected


def test_a_contradiction_is_told_with_the_place_of_its_last_word(presets, tmp_path):
    path = presets("common:\n  model: {name: mlp}\nquick:\n  model: {heads: 4}")
    with pytest.raises(ConfigError, match=re.escape(f"({path}, under quick)")):
        load()
    with pytest.raises(ConfigError, match=r"'mpl'.*\(command line\)$"):
        load("--model.name", "mpl")
    mine = tmp_path / "mine.yaml"
    mine.write_text("model: {name: mpl}")
    with pytest.raises(ConfigError, match=re.escape(f"({mine})")):
        load("--config", str(mine))


def test_printed_settings_given_back_are_the_same_settings(presets, tmp_path, capsys):
    words = ["--preset", "smoke", "--train.lr", "0.3", "--model.widths", "[3]", "--data.augment", "[flip, crop]"]
    words += ["--techniques", "{plain: {}, L2: {train.weight_decay: 1e-5}}", "--results", "a: b"]
    with pytest.raises(SystemExit) as ended:
        load(*words, "--print_config")
    assert ended.value.code == 0
    mine = tmp_path / "printed.yaml"
    mine.write_text(capsys.readouterr().out)
    assert load("--config", str(mine)) == load(*words)


def test_printed_settings_undo_what_a_preset_sets(presets, tmp_path, capsys):
    presets("common: {}\nquick:\n  train: {patience: 3}")
    with pytest.raises(SystemExit):
        load("--train.patience", "null", "--print_config")
    mine = tmp_path / "printed.yaml"
    mine.write_text(capsys.readouterr().out)
    assert load("--config", str(mine)).train.patience is None


def test_help_names_every_setting_and_nothing_else(presets, capsys):
    with pytest.raises(SystemExit) as ended:
        load("--help")
    said = capsys.readouterr().out
    options = set(re.findall(r"^  --([a-z0-9_.]+)", said, flags=re.MULTILINE))
    assert ended.value.code == 0
    assert {"train.lr", "data.name", "model.widths", "seeds", "fresh"} <= options
    assert not {"train", "data", "model"} & options
    assert "learning rate" in said


def test_help_shows_the_defaults_of_the_preset(presets, tmp_path, capsys):
    mine = tmp_path / "mine.yaml"
    mine.write_text("train: {epochs: 7}")
    for words, expected in (([], 2), (["--preset", "full"], 50), (["--config", str(mine)], 7)):
        with pytest.raises(SystemExit):
            load("--help", *words)
        said = " ".join(capsys.readouterr().out.split())
        assert f"training examples. (type: PositiveInt, default: {expected})" in said
        assert "learning rate. (type: PositiveFloat, default: 0.001)" in said


def test_the_same_setting_twice_in_one_place_is_told_where_variations_are_written():
    with pytest.raises(
        ConfigError, match=r"^train\.lr: is written twice, as 'train: lr' and as 'train\.lr'; .*\(here\)$"
    ):
        with_changes(RunConfig(), {"train": {"lr": 1}, "train.lr": 1}, "here")
    assert with_changes(RunConfig(), {"train": {"lr": 1}, "train.epochs": 1}, "here").train.epochs == 1


def test_changes_are_checked_like_a_file():
    config = with_changes(RunConfig(), {"train.lr": 1, "model.widths": [3], "data.augment": ["flip"]}, "here")
    assert (config.train.lr, config.model.widths, config.data.augment) == (1.0, (3,), ("flip",))
    assert isinstance(config.train.lr, float)
    assert with_changes(RunConfig(), {"data": {"train_size": 5}}, "here").data == DataConfig(train_size=5)
    with pytest.raises(ConfigError, match=r"^train\.lr: 0 is not a number >0 \(here\)$"):
        with_changes(RunConfig(), {"train.lr": 0}, "here")
    with pytest.raises(
        ConfigError, match=r"^train\.weigth_decay: no such setting; did you mean 'train\.weight_decay'\?"
    ):
        with_changes(RunConfig(), {"train.weigth_decay": 0}, "here")


def test_changes_leave_the_original_alone():
    config = RunConfig()
    with_changes(config, {"train.lr": 0.5}, "here")
    assert config == RunConfig()


def test_infinity_survives_where_it_is_allowed(presets):
    assert load("--train.clip_norm", "inf").train.clip_norm == math.inf


HEAVY = {"torch", "torchvision", "sklearn", "scipy", "matplotlib"}


@pytest.mark.parametrize(
    ("words", "code"),
    [(["--help"], 0), (["run", "regularization", "--train.lrr", "1"], 2), (["run", "regularization", "--help"], 0)],
)
def test_help_and_mistakes_are_answered_without_heavy_imports(words, code):
    script = "import sys; from nnlabs.cli import main\ntry: code = main(sys.argv[1:])\nexcept SystemExit as end: code = end.code\n"
    script += "print('loaded:', *sys.modules); sys.exit(code)"
    environment = os.environ | {"PYTHONPATH": str(checkout() / "src")}
    ended = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, env=environment)
    loaded = set(ended.stdout.partition("loaded:")[2].split())
    assert ended.returncode == code
    assert "Traceback" not in ended.stderr
    assert not HEAVY & loaded
    assert "nnlabs.cli" in loaded


def test_the_labs_own_presets_are_valid():
    for path in sorted((checkout() / "configs").glob("*.yaml")):
        assert set(yaml.safe_load(path.read_text())) >= {"common", "smoke", "quick", "full"}, path


@pytest.mark.parametrize(
    ("given", "seeds"), [("2", (0, 1)), ("[0, 1]", (0, 1)), ("[7]", (7,)), ("3", (0, 1, 2)), ("[5, 2]", (5, 2))]
)
def test_seeds_are_a_list_or_their_number_in_every_lab(given, seeds):
    from nnlabs.labs.activations.settings import ActivationsConfig
    from nnlabs.labs.regularization.settings import RegularizationConfig

    for config_class, lab in ((ActivationsConfig, "activations"), (RegularizationConfig, "regularization")):
        config = load_lab(config_class, lab, ["--seeds", given])
        assert config.seeds == seeds and type(config.seeds) is tuple
        assert with_changes(config, yaml.safe_load(to_yaml(config)), "again") == config


@pytest.mark.parametrize("given", ["0", "-1", "2.5", "true", "two", "[-1]", "[a]", "null"])
def test_seeds_that_are_none_are_told(given):
    with pytest.raises(ConfigError, match=r"^seeds: .* is not a number of repetitions.*such as 3 or \[0, 1, 2\]"):
        with_changes(TrainingLabConfig(), {"seeds": given}, "test")
