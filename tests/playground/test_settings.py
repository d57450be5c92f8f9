from __future__ import annotations

import json
from dataclasses import asdict, fields

import pytest

from nnlabs.playground.settings import (
    CHOICES,
    ELEMENTWISE,
    LIVE,
    NUMBERS,
    HiddenLayer,
    MessageError,
    Settings,
    read_settings,
)


def test_what_is_sent_comes_back():
    settings = Settings("own", points=((0.5, -0.25, 3),), layers=(HiddenLayer(3, "gelu"),), lr=0.5, epochs=7)
    assert read_settings(json.loads(json.dumps(asdict(settings)))) == settings
    assert read_settings({}) == Settings()


def test_every_setting_is_checked_by_one_table():
    assert {item.name for item in fields(Settings)} == set(NUMBERS) | set(CHOICES) | {"layers", "points"}
    assert set(LIVE) < set(NUMBERS) | set(CHOICES)


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_are_bounded_on_both_sides(name):
    bounds = NUMBERS[name]
    for good in (bounds.low, bounds.high):
        assert getattr(read_settings({name: good}), name) == good
    for bad in (bounds.low - 1, bounds.high * 1.01 + 1, float("nan"), float("inf"), "1", None, True, [1]):
        with pytest.raises(MessageError, match=f"{name} must be a (whole )?number from"):
            read_settings({name: bad})


@pytest.mark.parametrize("name", CHOICES)
def test_choices_are_those_of_the_tables(name):
    assert all(getattr(read_settings({name: known}), name) == known for known in CHOICES[name])
    for bad in ("nonsense", "", None, 3, ["sgd"]):
        with pytest.raises(MessageError, match=f"{name} must be one of {CHOICES[name][0]}"):
            read_settings({name: bad})


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ([], "must be an object"),
        ({"lernrate": 1}, "no setting 'lernrate'; there are data"),
        ({"layers": [{"units": 1, "activation": "tanh"}] * 13}, "at most 12 layers"),
        ({"layers": [{"units": 64, "activation": "tanh"}] * 5}, "320 units in all, and 256"),
        ({"layers": [{"units": 65, "activation": "tanh"}]}, "units must be a whole number from 1 to 64"),
        ({"layers": [{"units": 2, "activation": "softmax"}]}, "activation must be one of identity"),
        ({"layers": [{"units": 2}]}, "units and activation"),
        ({"layers": {}}, "list of at most"),
        ({"points": [[0, 0, 0]] * 1001}, "at most 1000 points"),
        ({"points": [[0, 0, 6]]}, "class of a point must be a whole number from 0 to 5"),
        ({"points": [[0, 1e9, 0]]}, "coordinate"),
        ({"points": [[0, 0]]}, "x, y and class"),
    ],
)
def test_mistakes_are_told_in_a_sentence(raw, says):
    with pytest.raises(MessageError, match=says):
        read_settings(raw)


def test_softmax_and_maxout_have_no_curve_and_are_not_offered():
    assert {"relu", "tanh", "gelu", "step"} < set(ELEMENTWISE)
    assert not {"softmax", "log_softmax", "maxout"} & set(ELEMENTWISE)
