from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnlabs.errors import RunError
from nnlabs.records import flatten, read_csv, read_json, write_csv, write_json
from nnlabs.stats.intervals import mean_interval


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no fault of the table
@given(st.lists(st.tuples(st.integers(0, 2**53), st.floats(allow_nan=False), st.floats(allow_nan=False)), max_size=9))
def test_a_table_comes_back_to_the_last_bit(tmp_path_factory, rows):
    path = tmp_path_factory.getbasetemp() / "a.csv"
    write_csv(path, [{"epoch": epoch, "loss": loss, "numpy": np.float64(other)} for epoch, loss, other in rows])
    read = read_csv(path)
    assert [list(row) for row in read] == [["epoch", "loss", "numpy"]] * len(rows)
    assert np.array([list(row.values()) for row in read]).tobytes() == np.array(rows, dtype=np.float64).tobytes()


def test_nan_comes_back(tmp_path):
    write_csv(tmp_path / "a.csv", [{"loss": math.nan}])
    assert math.isnan(read_csv(tmp_path / "a.csv")[0]["loss"])


def test_a_table_is_plain_text(tmp_path):
    write_csv(tmp_path / "a.csv", [{"epoch": 1, "loss": 0.1}, {"epoch": 2, "loss": math.inf}])
    assert (tmp_path / "a.csv").read_bytes() == b"epoch,loss\n1,0.1\n2,inf\n"


def test_facts_that_json_does_not_know_become_null(tmp_path):
    facts = {"a": math.nan, "b": [math.inf, 1.5, (-math.inf, 2)], "c": {"d": np.float64("nan"), 3: True}, "e": None}
    write_json(tmp_path / "a.json", facts)
    expected = {"a": None, "b": [None, 1.5, [None, 2]], "c": {"d": None, "3": True}, "e": None}
    assert json.loads((tmp_path / "a.json").read_text()) == expected
    assert read_json(tmp_path / "a.json") == expected


def test_an_interval_becomes_its_four_numbers(tmp_path):
    one, several = mean_interval([0.25, 0.75]), mean_interval([[0.0, 1.0]])
    write_json(tmp_path / "a.json", {"one": one, "several": several})
    read = read_json(tmp_path / "a.json")
    assert read["one"] == {"mean": 0.5, "low": float(one.low), "high": float(one.high), "n": 2}
    assert read["several"] == {"mean": [0.0, 1.0], "low": [None, None], "high": [None, None], "n": [1, 1]}


def test_damaged_facts_are_told_with_what_to_do(tmp_path):
    (tmp_path / "a.json").write_text('{"half":')
    with pytest.raises(RunError, match=r"a\.json is damaged .*move its folder away, and make that anew"):
        read_json(tmp_path / "a.json")


@pytest.mark.parametrize("text", ["null", "3", "[1]", '"a"'])
def test_json_that_holds_no_facts_is_damaged(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(RunError, match=r"a\.json is damaged \(it holds no facts by name\)"):
        read_json(tmp_path / "a.json")


@pytest.mark.parametrize("text", ["epoch;lr\n1;0.1\n", "epoch,lr\n1,\n", "epoch,lr\n1\n", "epoch,lr\n1,2,3\n"])
def test_a_table_that_somebody_saved_anew_is_damaged(tmp_path, text):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(RunError, match=r"a\.csv is damaged .*move its folder away"):
        read_csv(tmp_path / "a.csv")


def test_an_empty_mapping_is_a_value():
    assert dict(flatten({"techniques": {"plain": {}, "L2": {"decay": 0.1}}})) == {
        "techniques.plain": {},
        "techniques.L2.decay": 0.1,
    }
