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
from nnlabs.stats.many_to_one import compare_with
from nnlabs.tables import format_table

RANGES = {"train.lr": {"log_uniform": [1e-4, 1e-1]}, "train.weight_decay": {"log_uniform": [1e-5, 1.0]}}
LRS = np.array([2e-4, 1e-3, 3.16e-3, 3e-2])
SHARED = np.array([0.00, 0.02, -0.01, 0.03, -0.02])
NAN, BOUND = np.nan, 0.11
LOW = np.full(5, 0.3)


def competitor(mean, noise, trials, lr=3.16e-3, decay=1e-2, validation=0.01) -> Competitor:
    test = mean + SHARED + np.array(noise) / 1000
    setting = {"train.lr": lr, "train.weight_decay": decay}
    return Competitor(np.array(trials), LRS, RANGES, setting, test + validation, test, np.array([10.0, 12, 14, 16, 18]))


COMPETITORS = {
    "sgd": competitor(0.80, [1, -1, 2, 0, -2], [0.8, NAN, 0.1, NAN], lr=0.1),
    "adam": competitor(0.90, [0, 1, -1, 2, -1], [0.9, 0.8, 0.7, 0.6]),
    "muon": competitor(0.901, [1, 0, -2, 0, 0], [0.9, 0.8, 0.7, NAN], lr=1.1e-4, decay=1.2e-5, validation=0.005),
    "nadam": competitor(0.85, [0, 0, NAN, 1, 1], [0.9, 0.8, 0.7, 0.6]),
    "idle": competitor(0.08, [1, 2, 1, 0, 0], [0.1, 0.1, 0.1, 0.1]),
    "gone": Competitor(np.full(4, NAN), LRS, RANGES, {}, np.full(5, NAN), np.full(5, NAN), np.full(5, NAN)),
}
ROWS = leaderboard_rows(COMPETITORS, BOUND)


def findings(competitors: dict[str, Competitor]) -> list[str]:
    return leaderboard_findings(leaderboard_rows(competitors, BOUND), BOUND)


def test_the_order_is_that_of_validation_and_the_test_compares_with_the_first():
    assert [row["optimizer"] for row in ROWS] == ["adam", "muon", "sgd", "nadam", "idle", "gone"]
    tested = {name: COMPETITORS[name].test for name in ("adam", "muon", "sgd")}
    differences = compare_with("adam", tested)
    assert [row["verdict"].difference for row in ROWS[1:3]] == [differences["muon"], differences["sgd"]]
    assert [row["verdict"].word for row in ROWS[1:]] == [
        *("not told apart", "worse", "diverged", "did not learn", "diverged"),
    ]
    assert ROWS[2]["validation"] == mean_interval(COMPETITORS["sgd"].validation)
    assert ROWS[0]["seconds"] == 14
    assert [row["at_edge"] for row in ROWS[:4]] == ["", "lr low, weight_decay low", "lr high", ""]
    assert [row["diverged"] for row in ROWS] == ["0/4", "1/4", "2/4", "0/4", "0/4", "4/4"]


def test_a_difference_that_rounds_to_nothing_has_no_minus():
    first, second = competitor(0.9, [0] * 5, [0.9]), competitor(0.9, [0, 0, 0, -1, 0], [0.9], validation=0.005)
    _, row = leaderboard_rows({"adam": first, "muon": second}, BOUND)
    assert -0.0005 < row["verdict"].difference.mean < 0
    assert row["against"].startswith("+0.0 ± ")


def test_the_best_at_the_outermost_rate_tried_is_flagged_though_the_range_goes_on():
    one = competitor(0.9, [0] * 5, [0.5, 0.6, 0.7, 0.8], lr=3e-2)
    (row,) = leaderboard_rows({"adam": one}, BOUND)
    assert (row["at_edge"], row["setting"]) == ("lr highest tried", "lr 0.03↑, decay 0.01")
    (row,) = leaderboard_rows({"adam": replace(one, lrs=LRS[3:])}, BOUND)
    assert row["at_edge"] == ""  # of one trial nothing is outermost


def test_the_console_table_fits_on_100_columns_even_with_all_flags():
    table = leaderboard_table(ROWS, "mnist1d, n = 1,000, 5 seeds")
    lines = format_table(table.rows, table.columns).splitlines()
    assert [line.split("  ")[0] for line in lines[2:]] == ["adam", "muon", "sgd", "nadam", "idle", "gone"]
    for line, words in zip(
        lines[2:], ("first", " ± ", " *", "1/5 diverged", "did not learn", "5/5 diverged"), strict=True
    ):
        assert words in line
    assert "muon       lr 0.00011↓, decay 1.2e-05↓" in lines[3]
    assert max(map(len, [*lines, *table.caption.splitlines()])) <= 100


def test_the_csv_holds_the_numbers_themselves(tmp_path):
    write_leaderboard(tmp_path, "5_leaderboard", ROWS)
    with (tmp_path / "5_leaderboard.csv").open(newline="") as file:
        read = list(csv.DictReader(file))
    assert list(read[0]) == [
        *("optimizer", "setting", "validation", "validation_low", "validation_high", "test", "test_low", "test_high"),
        *(
            "verdict",
            "state",
            "diverged",
            "at_edge",
            "test_minus_first",
            "test_minus_first_low",
            "test_minus_first_high",
        ),
    ]
    for row, source in zip(read, ROWS, strict=True):
        np.testing.assert_array_equal(float(row["test"]), source["test"].mean)
        np.testing.assert_array_equal(float(row["validation_high"]), source["validation"].high)
    assert float(read[2]["test_minus_first_high"]) == ROWS[2]["verdict"].difference.high < 0
    assert [row["verdict"] for row in read[:3]] == ["first", "not told apart", "worse"]
    metrics = leaderboard_metrics(ROWS)["sgd"]
    assert (metrics["test"], metrics["seconds"]) == (ROWS[2]["test"], ROWS[2]["seconds"])


def test_the_files_do_not_depend_on_how_long_the_runs_took(tmp_path):
    slower = leaderboard_rows({name: replace(one, seconds=2 * one.seconds) for name, one in COMPETITORS.items()}, BOUND)
    assert slower[0]["seconds"] == 2 * ROWS[0]["seconds"]
    for name, rows in (("5_leaderboard", ROWS), ("5_slower", slower)):
        write_leaderboard(tmp_path, name, rows)
    for ending in ("csv", "md"):
        assert (tmp_path / f"5_leaderboard.{ending}").read_bytes() == (tmp_path / f"5_slower.{ending}").read_bytes()


def test_what_it_says_follows_from_the_rows():
    lead, listed, margin, edges = findings(COMPETITORS)
    assert lead == (
        "adam leads on validation, with 91.4 % as the mean over seeds; on test, which chose nobody, it gets 90.4 %."
    )
    assert listed == (
        "Against adam, on test: worse: sgd; not told apart: muon; did not learn (not above guessing): idle; "
        "diverged with a seed, so not compared: nadam, gone."
    )
    assert (
        margin.startswith("To be told from what other seeds change, a difference must exceed 0.")
        and "for all 2 comparisons together" in margin
    )
    assert "The largest not told apart is that of muon, +0.06 ± " in margin
    assert edges.endswith("muon (lr low, weight_decay low), sgd (lr high).")


def test_equals_lead_together_and_one_of_them_is_what_the_others_are_compared_with():
    equals = dict.fromkeys(("adam", "muon"), COMPETITORS["adam"]) | {"sgd": COMPETITORS["sgd"]}
    assert findings(equals)[0] == (
        "adam and muon alike lead on validation, with 91.4 % as the mean over seeds; on test, which chose nobody, adam, with "
        "which the others are compared, gets 90.4 %."
    )


def test_what_it_says_of_few():
    assert findings({"adam": COMPETITORS["adam"]}) == ["adam gets 90.4 % on test."]
    assert findings({name: COMPETITORS[name] for name in ("idle", "gone")}) == [
        "No optimizer did better than guessing on validation (11.0 % at most): nothing to compare."
    ]
    partly = findings({name: COMPETITORS[name] for name in ("nadam", "idle")})
    assert partly[1] == "It diverged with a seed (1/5 diverged), so that nobody is compared with it."
    beaten = leaderboard_rows(
        {"nadam": COMPETITORS["nadam"], "sgd": replace(COMPETITORS["sgd"], validation=LOW)}, BOUND
    )
    assert [row["optimizer"] for row in beaten] == ["nadam", "sgd"]
    assert beaten[1]["verdict"].word == "not compared"
    one = {
        name: replace(c, validation=c.validation[:1], test=c.test[:1], seconds=c.seconds[:1])
        for name, c in COMPETITORS.items()
    }
    assert findings(one)[2] == "One seed tells nothing of what chance does."
    assert not any("nan" in sentence.replace("nadam", "") for some in (COMPETITORS, one) for sentence in findings(some))


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


def test_who_did_not_learn_is_not_said_to_be_perhaps_better_beyond_the_end() -> None:
    rows = leaderboard_rows(
        {
            "adam": competitor(0.9, [0, 1, -1, 2, -1], [0.9, 0.8, 0.7, 0.6]),
            "sgd": competitor(0.8, [1, -1, 2, 0, -2], [0.8, 0.7, 0.1, 0.1], lr=0.1),
            "idle": competitor(0.08, [1, 2, 1, 0, 0], [0.1, 0.1, 0.1, 0.1], lr=0.1),
        },
        0.11,
    )
    assert leaderboard_findings(rows, 0.11)[-1] == (
        "Best at an end of its range or of the rates tried, so perhaps better beyond it: sgd (lr high)."
    )
