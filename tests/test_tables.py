"""Tables line up, write numbers as a reader expects them, and keep the two forms in step."""

from __future__ import annotations

import numpy as np
import pytest

from nnlabs.stats.intervals import Interval, mean_interval
from nnlabs.tables import Column, format_table, markdown_table

ROWS = [
    {"network": "mlp", "parameters": 669_706, "test": mean_interval([0.899, 0.902, 0.905]), "loss": 0.31},
    {"network": "cnn", "parameters": np.int64(98_442), "test": mean_interval([0.93]), "loss": np.float32(0.25)},
    {"network": "lr 100", "parameters": 669_706, "test": mean_interval([np.nan]), "loss": None},
]
COLUMNS = [
    Column("network", "network"),
    Column("parameters", "parameters"),
    Column("test", "test accuracy"),
    Column("loss", "loss (nats)", ".2f"),
]


def test_console_table() -> None:
    assert format_table(ROWS, COLUMNS).splitlines() == [
        "network  parameters  test accuracy  loss (nats)",
        "-------  ----------  -------------  -----------",
        "mlp         669,706  0.902 ± 0.007         0.31",
        "cnn          98,442          0.930         0.25",
        "lr 100      669,706              –            –",
    ]


def test_markdown_table() -> None:
    assert markdown_table(ROWS, COLUMNS).splitlines() == [
        "| network | parameters | test accuracy | loss (nats) |",
        "|:------- | ----------:| -------------:| -----------:|",
        "| mlp     |    669,706 | 0.902 ± 0.007 |        0.31 |",
        "| cnn     |     98,442 |         0.930 |        0.25 |",
        "| lr 100  |    669,706 |             – |           – |",
    ]


def test_scale_goes_for_the_mean_and_for_the_half() -> None:
    rows = [{"gap": Interval(np.float64(0.114), np.float64(0.104), np.float64(0.124), np.int64(3))}]
    assert format_table(rows, [Column("gap", "gap (points)", ".1f", 100)]).splitlines()[-1] == "  11.4 ± 1.0"


def test_whole_numbers_are_not_scaled_or_given_decimals() -> None:
    assert format_table([{"n": 1234567}], [Column("n", "n", ".3f", 100)]).splitlines()[-1] == "1,234,567"


def test_a_table_without_rows_still_has_its_header() -> None:
    assert format_table([], COLUMNS).splitlines()[0] == "network  parameters  test accuracy  loss (nats)"


@pytest.mark.parametrize("make", [format_table, markdown_table])
def test_every_line_is_of_one_length_whatever_the_cells(make) -> None:
    rows = [{"network": "x" * i, "parameters": 10**i, "test": 0.5, "loss": -(10.0**i)} for i in range(1, 9)]
    assert len({len(line) for line in make(rows, COLUMNS).splitlines()}) == 1


def test_long_texts_go_on_in_further_lines() -> None:
    rows = [{"what": "a sentence that is rather longer than one column of a table should be", "n": 3}]
    assert format_table(rows, [Column("what", "what"), Column("n", "n")]).splitlines() == [
        "what                                  n",
        "------------------------------------  -",
        "a sentence that is rather longer      3",
        "than one column of a table should be",
    ]


def test_many_long_texts_share_the_width_of_a_console() -> None:
    rows = [dict.fromkeys("abcd", "a sentence that is rather longer than one column of a table should be")]
    lines = format_table(rows, [Column(key, key) for key in "abcd"]).splitlines()
    assert max(map(len, lines)) <= 100
    assert " ".join(line[:22].strip() for line in lines[2:]) == rows[0]["a"]


def test_what_is_rounded_to_0_has_no_minus_and_infinity_keeps_its_own() -> None:
    rows = [{"gap": value} for value in (-0.0004, -0.06, -np.inf)]
    assert format_table(rows, [Column("gap", "gap", ".1f")]).splitlines()[2:] == [" 0.0", "-0.1", "-inf"]


def test_a_bar_in_a_cell_does_not_end_the_cell_in_markdown() -> None:
    lines = markdown_table([{"what": "adam | decay", "n": 3}], [Column("what", "what"), Column("n", "n")]).splitlines()
    assert lines[-1] == r"| adam \| decay | 3 |" and len({len(line) for line in lines}) == 1
