"""The leaderboard as a dot plot, from the rows of the leaderboard itself: order, what is told apart, what diverged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nnlabs.labs.optimizers.figures.leaderboard import leaderboard
from nnlabs.labs.optimizers.figures.line_styles import optimizer_line_styles
from nnlabs.labs.optimizers.leaderboard import Competitor, leaderboard_rows
from nnlabs.plotting.style import NEUTRAL, describe_data

BOUND = 0.11
DATA = describe_data("CIFAR-10", None, 45_000, 5)
SPACE = {"train.lr": {"log_uniform": [1e-3, 1e-1]}}


def competitor(test: list[float], diverged: int = 0, lr: float = 0.01) -> Competitor:
    trials = np.array([np.nan] * diverged + [0.7] * (16 - diverged))
    lrs, seconds = np.geomspace(1e-3, 0.1, 16), np.full(len(test), 60.0)
    return Competitor(trials, lrs, SPACE, {"train.lr": lr}, np.array(test), np.array(test), seconds)


def rows(ends: dict[str, float], **others: Competitor) -> list[dict]:
    """Rows of optimizers whose test accuracies differ by a little noise of their own."""
    rng = np.random.default_rng(0)
    tested = {name: competitor(list(end + rng.normal(0, 0.001, 5))) for name, end in ends.items()}
    return leaderboard_rows({**tested, **others}, BOUND)


def test_the_leaderboard_in_order_with_settings_differences_and_diverged_trials(check_layout) -> None:
    ends = {"sgd": 0.75, "momentum": 0.83, "nesterov": 0.8593, "adam": 0.81, "adamw": 0.82, "rmsprop": 0.1}
    others = {
        "muon": competitor([0.860, 0.861, 0.859, 0.862, 0.858], diverged=3, lr=0.099),
        "adagrad": competitor([np.nan, 0.70, 0.71, 0.70, 0.71]),
        "nadam": competitor([np.nan] * 5, diverged=16),
    }
    table_rows = rows(ends, **others)
    figure, table = leaderboard(table_rows, DATA, BOUND)
    texts = check_layout(figure)
    panel, margin = figure.axes
    names = [row["optimizer"] for row in table_rows]
    assert names == ["muon", "nesterov", "momentum", "adamw", "adam", "sgd", "adagrad", "rmsprop", "nadam"]
    assert "muon leads on validation; on test 4 of 5 others are worse" in texts
    assert {"muon\nlr 0.099↑", "momentum\nlr 0.01", "nadam\nlr 0.01"} <= set(texts)
    assert {"3/16", "1/5 diverged", "5/5 diverged", "did not learn", "first", "86.0", "to first (points)"} <= set(texts)
    looks = optimizer_line_styles(names)
    points = {round(float(line.get_ydata()[0])): line for line in panel.lines if line.get_markersize() == 8}
    for i, row in enumerate(table_rows):
        np.testing.assert_array_equal(points[i].get_xydata()[0], [row["test"].mean, i])
        trained = row["state"] == "trained"
        assert points[i].get_color() == (looks[row["optimizer"]].color if trained else NEUTRAL)
        assert (points[i].get_markerfacecolor() == "white") == (row["optimizer"] == "nesterov")
    assert [text.get_text() for text in margin.texts[:18:2]] == [row["against"].replace("-", "−") for row in table_rows]
    assert any("hollow: not told apart" in " ".join(text.split()) for text in texts)
    assert [row["optimizer"] for row in table] == names
    assert table[0]["test_accuracy_low"] == table_rows[0]["test"].low


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize(
    ("tests", "lesson"),
    [
        ({"adam": [0.8], "sgd": [0.7]}, "adam leads on validation; test tells it from nobody"),
        ({"adam": [0.8], "sgd": [0.8]}, "adam and sgd alike lead on validation; test tells it from nobody"),
        ({"adam": [0.8, 0.81]}, "adam gets 80.5 % on test"),
        ({"adam": [np.nan] * 3, "sgd": [np.nan] * 3}, "Every run diverged"),
        ({"adam": [0.1, 0.11], "sgd": [0.09, 0.1]}, "No optimizer did better than guessing"),
        (
            {"adam": [0.8, 0.81, 0.8], "sgd": [0.1, 0.1, 0.1]},
            "adam leads on validation; nobody else learned with every seed",
        ),
        (
            {"adam": [0.8, 0.81, 0.8], "sgd": [0.7, 0.7, 0.71], "nadam": [np.nan, 0.7, 0.7]},
            "adam leads on validation; on test all others that are compared are worse",
        ),
        (
            {"adam": [0.9, np.nan, 0.9], "sgd": [0.5, 0.51, 0.5]},
            "adam leads on validation, but lost a seed: nobody is compared with it",
        ),
    ],
)
def test_what_the_title_says(check_layout, tests: dict[str, list[float]], lesson: str) -> None:
    found = leaderboard_rows({name: competitor(test) for name, test in tests.items()}, BOUND)
    figure, _ = leaderboard(found, DATA, BOUND)
    texts = check_layout(figure)
    assert lesson in texts
    compared = {any("order of validation" in text for text in texts), "diverged" in texts}
    assert compared == {len(tests) > 1}  # of one alone neither order nor difference is told


def test_five_tuned_settings_stand_in_several_lines_and_leave_room_for_the_rest(check_layout) -> None:
    keys = ("lr", "weight_decay", "momentum", "label_smoothing", "clip_norm")
    setting = {f"train.{key}": 0.0123 for key in keys}
    space = {key: {"log_uniform": [1e-3, 1e-1]} for key in setting}
    several = {
        name: replace(competitor(test), ranges=space, setting=setting)
        for name, test in {"muon": [0.9, 0.91, 0.92], "adam": [0.8, 0.82, 0.81], "sgd": [0.72, 0.7, 0.71]}.items()
    }
    figure, _ = leaderboard(leaderboard_rows(several, BOUND), DATA, BOUND)
    texts = check_layout(figure)
    assert any(text.startswith("muon\nlr 0.012") and text.count("\n") > 1 for text in texts)
