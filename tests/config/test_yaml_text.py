from __future__ import annotations

from itertools import pairwise

import pytest

from nnlabs.config.schema import DataConfig, ModelConfig, RunConfig, TrainConfig
from nnlabs.config.yaml_text import read_yaml, to_yaml
from nnlabs.errors import ConfigError


def read(tmp_path, text):
    path = tmp_path / "a.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_yaml(path)


def test_tags_cannot_make_objects(tmp_path):
    hit = tmp_path / "hit"
    for tag in (
        f"!!python/object/apply:os.mkdir ['{hit}']",
        f"!!python/object/new:os.mkdir ['{hit}']",
        "!!python/name:os.system ''",
    ):
        with pytest.raises(ConfigError, match="could not determine a constructor"):
            read(tmp_path, f"train: {tag}")
    assert not hit.exists()


def test_a_syntax_error_names_line_and_column(tmp_path):
    with pytest.raises(ConfigError, match=r"a\.yaml, line 3, column 5: not valid YAML: .*expected ','"):
        read(tmp_path, "train:\n  lr: [1, 2\ndata: {}\n")


def test_a_name_that_stands_twice_is_a_mistake_and_not_a_loss(tmp_path):
    with pytest.raises(ConfigError, match=r"a\.yaml, line 4, column 1: not valid YAML: 'train' stands here twice"):
        read(tmp_path, "train:\n  lr: 1\ndata: {}\ntrain:\n  epochs: 2\n")
    assert read(tmp_path, "a: {b: 1}\nc: {b: 1}") == {"a": {"b": 1}, "c": {"b": 1}}


@pytest.mark.parametrize(
    ("text", "message"),
    [("- 1\n- 2", "holds list, not settings"), ("lr", "holds str, not settings"), (b"gr\xfcn: 1", "no text in UTF-8")],
)
def test_what_is_no_mapping_is_said_to_be_none(tmp_path, text, message):
    with pytest.raises(ConfigError, match=message):
        read(tmp_path, text)


LAUGHS = "".join(f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in pairwise("abcdefghi"))


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [*a]",
        "train: &t {lr: 1, more: *t}",
        "a: &a {b: [{c: *a}]}",
        "a: " + "[" * 30 + "]" * 30,
        "a: " + "[" * 5000,
    ],
)
def test_values_in_themselves_and_too_deep_ones_are_a_sentence(tmp_path, text):
    with pytest.raises(ConfigError, match=r"a\.yaml.*(in themselves by an alias|not valid YAML)"):
        read(tmp_path, text)


def test_aliases_are_fine_and_many_of_them_take_no_time(tmp_path):
    assert read(tmp_path, "a: &a {b: 1}\nc: *a\nd: [*a, *a]") == {"a": {"b": 1}, "c": {"b": 1}, "d": [{"b": 1}] * 2}
    assert len(read(tmp_path, f"a: &a [1]\n{LAUGHS}")) == 9


def test_a_date_that_is_none_is_a_sentence(tmp_path):
    with pytest.raises(ConfigError, match=r"a\.yaml: not valid YAML: month must be in 1\.\.12"):
        read(tmp_path, "a: 2024-13-45")


def test_an_empty_file_sets_nothing(tmp_path):
    assert read(tmp_path, "# nothing\n") == {}


def test_a_folder_cannot_be_read(tmp_path):
    with pytest.raises(ConfigError, match="Is a directory"):
        read_yaml(tmp_path)


def test_settings_read_back_as_they_were_written(tmp_path):
    config = RunConfig(
        DataConfig("folder:/ä b: c", train_size=7, augment=("crop", "flip")),
        ModelConfig("mlp", widths=(3, 2), dropout=0.1),
        TrainConfig(lr=1e-05, weight_decay=1e22, momentum=None, l1=5e-324),
    )
    read_back = read(tmp_path, to_yaml(config))
    assert read_back["data"]["name"] == "folder:/ä b: c"
    assert read_back["data"]["augment"] == ["crop", "flip"]
    assert read_back["model"]["widths"] == [3, 2]
    assert [read_back["train"][name] for name in ("lr", "weight_decay", "momentum", "l1")] == [
        1e-05,
        1e22,
        None,
        5e-324,
    ]
