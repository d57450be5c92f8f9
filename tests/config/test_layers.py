from __future__ import annotations

import pytest

from nnlabs.config.layers import choose_layers, read_layers, read_words
from nnlabs.errors import ConfigError


def layers(*words):
    chosen, rest = choose_layers(words)
    return list(read_layers("demo", chosen, rest))


def test_words_become_values_by_name():
    assert read_words(["--a.b", "1", "--c=[2, 3]", "--d", "--e=", "--f", "-1", "--g=x=y"]) == {
        "a.b": "1",
        "c": "[2, 3]",
        "d": True,
        "e": "",
        "f": "-1",
        "g": "x=y",
    }


@pytest.mark.parametrize("words", [["1"], ["--a", "1", "2"], ["--a=1", "2"], ["-x"], ["--"]])
def test_a_value_without_a_name_is_an_error(words):
    with pytest.raises(ConfigError, match="a value without a name"):
        read_words(words)


def test_the_layers_stand_in_the_order_in_which_they_win(presets, tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("workers: 2")
    found = layers("--preset", "smoke", "--config", str(mine), "--fresh")
    path = tmp_path / "demo.yaml"
    assert [layer.source for layer in found] == [
        f"{path}, under common",
        f"{path}, under smoke",
        str(mine),
        "command line",
    ]
    assert [dict(layer.values) for layer in found][1:] == [
        {"train": {"epochs": 1}},
        {"workers": 2},
        {"preset": "smoke", "fresh": True},
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("quick: [1]", r"^quick: \[1\] stands where settings belong"),
        ("common: 3\nquick: {}", "^common: 3 stands where settings belong"),
        ("comon: {}\nquick: {}", "^comon: no such preset; did you mean 'common'"),
    ],
)
def test_a_file_of_presets_holds_presets_only(presets, text, message):
    presets(text)
    with pytest.raises(ConfigError, match=message):
        layers()


def test_a_preset_that_is_empty_changes_nothing(presets):
    presets("common:\n  workers: 1\nquick:\n")
    assert [dict(layer.values) for layer in layers()] == [{"workers": 1}, {}, {}, {"preset": "quick"}]


def test_a_wrong_preset_in_the_users_file_is_told_with_that_file(presets, tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("preset: [full]")
    with pytest.raises(ConfigError, match=r"mine\.yaml\)$"):
        layers("--config", str(mine))


def test_a_lab_may_have_the_preset_fast_and_one_that_has_not_says_so(presets):
    with pytest.raises(ConfigError, match="there is no 'fast'; known are smoke, quick, full"):
        layers("--preset", "fast")
    presets("quick: {}\nfast: {workers: 1}")
    assert dict(layers("--preset", "fast")[1].values) == {"workers": 1}
