from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest

from nnlabs.labs.optimizers.leaderboard import (
    Competitor,
    leaderboard_findings,
    leaderboard_metrics,
    leaderboard_rows,
    leaderboard_table,
    short_setting,
    write_leaderboard,
)
from nnlabs.stats.intervals import mean_interval
from nnlabs.stats.ranking import rank
from nnlabs.tables import format_table

RANGES = {"train.lr": {"log_uniform": [1e-4, 1e-1]}, "train.weight_decay": {"log_uniform": [1e-5, 1.0]}}
SHARED = np.array([0.00, 0.02, -0.01, 0.03, -0.02])
NAN = np.nan


def competitor(mean, noise, trials, lr=3.16e-3, decay=1e-2) -> Competitor:
    test = mean + SHARED + np.array(noise) / 1000
    setting = {"train.lr": lr, "train.weight_decay": decay}
    return Competitor(np.array(trials), RANGES, setting, test + 0.01, test, np.array([10.0, 12, 14, 16, 18]))


COMPETITORS = {
    "sgd": competitor(0.80, [1, -1, 2, 0, -2], [0.8, NAN, 0.1, NAN], lr=0.1),
    "adam": competitor(0.90, [0, 1, -1, 2, -1], [0.9, 0.8, 0.7, 0.6]),
    "muon": competitor(0.90, [1, 0, -2, 0, 0], [0.9, 0.8, 0.7, NAN], lr=1.1e-4, decay=1.2e-5),
    "gone": Competitor(np.full(4, NAN), RANGES, {}, np.full(5, NAN), np.full(5, NAN), np.full(5, NAN)),
}
ROWS = leaderboard_rows(COMPETITORS)


def test_the_rows_are_the_ranking_with_what_else_is_known():
    ranking = rank({name: one.test for name, one in COMPETITORS.items()})
    assert [row["optimizer"] for row in ROWS] == [one.name for one in ranking] == ["adam", "muon", "sgd", "gone"]
    assert [row["place"] for row in ROWS] == ["1=", "1=", "3", "4"]
    for row, one in zip(ROWS, ranking, strict=True):
        assert row["test"] == one.score or row["optimizer"] == "gone"
    assert ROWS[2]["validation"] == mean_interval(COMPETITORS["sgd"].validation)
    assert ROWS[0]["seconds"] == 14
    assert [row["tied_with"] for row in ROWS] == ["muon", "adam", "", ""]
    assert [row["at_edge"] for row in ROWS] == ["", "lr low, weight_decay low", "lr high", ""]
    assert [row["diverged"] for row in ROWS] == ["0/4", "1/4", "2/4", "4/4, seeds 5/5"]


def test_the_console_table_fits_on_100_columns_even_with_all_flags():
    table = leaderboard_table(ROWS, "mnist1d, n = 1,000, 5 seeds")
    lines = format_table(table.rows, table.columns).splitlines()
    assert lines[2:6] == [
        "1=    adam       lr 0.0032, decay 0.01            91.4 ± 2.7  90.4 ± 2.7       14  0/4",
        "1=    muon       lr 0.00011↓, decay 1.2e-05↓      91.4 ± 2.6  90.4 ± 2.6       14  1/4",
        "3     sgd        lr 0.1↑, decay 0.01              81.4 ± 2.6  80.4 ± 2.6       14  2/4",
        "4     gone       –                                         –           –        –  4/4, seeds 5/5",
    ]
    assert max(map(len, [*lines, *table.caption.splitlines()])) <= 100


def test_the_csv_holds_the_numbers_themselves(tmp_path):
    write_leaderboard(tmp_path, "5_league", ROWS)
    with (tmp_path / "5_league.csv").open(newline="") as file:
        read = list(csv.DictReader(file))
    assert list(read[0]) == [
        *("optimizer", "rank", "setting", "validation", "validation_low", "validation_high"),
        *("test", "test_low", "test_high", "diverged", "at_edge", "tied_with"),
    ]
    for row, source in zip(read, ROWS, strict=True):
        np.testing.assert_array_equal(float(row["test"]), source["test"].mean)
        np.testing.assert_array_equal(float(row["validation_high"]), source["validation"].high)
    assert [row["rank"] for row in read] == ["1", "1", "3", "4"]
    metrics = leaderboard_metrics(ROWS)["sgd"]
    assert (metrics["test"], metrics["seconds"]) == (ROWS[2]["test"], ROWS[2]["seconds"])
    assert "place" not in metrics


def test_the_files_do_not_depend_on_how_long_the_runs_took(tmp_path):
    slower = leaderboard_rows({name: replace(one, seconds=2 * one.seconds) for name, one in COMPETITORS.items()})
    assert slower[0]["seconds"] == 2 * ROWS[0]["seconds"]
    for name, rows in (("5_league", ROWS), ("5_slower", slower)):
        write_leaderboard(tmp_path, name, rows)
    for ending in ("csv", "md"):
        assert (tmp_path / f"5_league.{ending}").read_bytes() == (tmp_path / f"5_slower.{ending}").read_bytes()


def test_the_markdown_table_says_who_is_tied_with_whom(tmp_path):
    write_leaderboard(tmp_path, "5_league", ROWS)
    lines = (tmp_path / "5_league.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[0][-1] == "tied with"
    assert [row[1] for row in cells[2:]] == ["adam", "muon", "sgd", "gone"]
    assert [row[-1] for row in cells[2:]] == ["muon", "adam", "", ""]
    assert cells[4][2:5] == ["lr 0.1↑, decay 0.01", "81.4 ± 2.6", "80.4 ± 2.6"]


def test_what_it_says_follows_from_the_rows():
    said = leaderboard_findings(ROWS)
    assert said == [
        "adam leads and is not told apart from muon "
        "(paired t tests over 5 seeds, Holm's correction for 6 pairs, p ≤ 0.05).",
        "To show at all, a difference must be 2.2 times its standard deviation over seeds.",
        "Best at an end of the range, so perhaps better beyond it: muon (lr low, weight_decay low), sgd (lr high).",
    ]
    assert leaderboard_findings(leaderboard_rows({"adam": COMPETITORS["adam"]})) == ["adam gets 90.4 % on test."]
    alone = leaderboard_findings(leaderboard_rows({name: COMPETITORS[name] for name in ("sgd", "adam")}))
    assert alone[0].startswith("adam leads and is better than every other (")


def test_one_seed_says_nothing():
    one = {
        name: Competitor(c.trials, c.ranges, c.setting, c.validation[:1], c.test[:1], c.seconds[:1])
        for name, c in COMPETITORS.items()
    }
    rows = leaderboard_rows(one)
    assert [row["place"] for row in rows] == ["1=", "1=", "1=", "4"]
    assert leaderboard_findings(rows)[-1] == "No two seeds ended, and from fewer nothing can be told apart."


@pytest.mark.parametrize(
    ("setting", "edges", "text"),
    [
        ({"train.lr": 0.00316}, {}, "lr 0.0032"),
        ({"train.lr": 1.0, "train.momentum": 0.95}, {"train.momentum": "high"}, "lr 1, momentum 0.95↑"),
        ({}, {}, "–"),
    ],
)
def test_a_setting_in_short(setting, edges, text):
    assert short_setting(setting, edges) == text
