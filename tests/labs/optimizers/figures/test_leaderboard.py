"""The league as a dot plot, from the rows of the league table itself: ranks, brackets over ties, what diverged."""

from __future__ import annotations

import numpy as np
import pytest

from nnlabs.labs.optimizers.figures.leaderboard import league
from nnlabs.labs.optimizers.figures.line_styles import optimizer_line_styles
from nnlabs.labs.optimizers.leaderboard import Competitor, leaderboard_rows
from nnlabs.plotting.style import describe_data

DATA = describe_data("CIFAR-10", None, 45_000, 5)
SPACE = {"train.lr": {"log_uniform": [1e-3, 1e-1]}}


def competitor(test: list[float], diverged: int = 0, lr: float = 0.01) -> Competitor:
    trials = np.array([np.nan] * diverged + [0.7] * (16 - diverged))
    return Competitor(trials, SPACE, {"train.lr": lr}, np.array(test), np.array(test), np.full(len(test), 60.0))


def rows(ends: dict[str, float], **others: Competitor) -> list[dict]:
    """Rows of optimizers whose test accuracies differ by a little noise of their own."""
    rng = np.random.default_rng(0)
    tested = {name: competitor(list(end + rng.normal(0, 0.001, 5))) for name, end in ends.items()}
    return leaderboard_rows({**tested, **others})


def brackets(margin) -> list[tuple[float, float]]:
    return [(min(line.get_ydata()) + 0.25, max(line.get_ydata()) - 0.25) for line in margin.lines]


def test_the_league_in_order_with_ranks_settings_and_diverged_trials(check_layout) -> None:
    ends = {"sgd": 0.75, "momentum": 0.83, "nesterov": 0.8301, "adam": 0.81, "adamw": 0.82, "radam": 0.80}
    others = {
        "muon": competitor([0.860, 0.861, 0.859, 0.862, 0.858], diverged=3, lr=0.099),
        "adagrad": competitor([np.nan, 0.70, 0.71, 0.70, 0.71]),
        "nadam": competitor([np.nan] * 5, diverged=16),
    }
    table_rows = rows(ends, **others)
    figure, table = league(table_rows, DATA)
    texts = check_layout(figure)
    panel, margin = figure.axes
    names = [row["optimizer"] for row in table_rows]
    assert "muon leads with 86.0 % on test, better than every other" in texts
    assert {"1 muon\nlr 0.099↑", "2= momentum\nlr 0.01", "2= nesterov\nlr 0.01", "9 nadam\nlr 0.01"} <= set(texts)
    assert {"3/16", "0/16, seeds 1/5", "16/16, seeds 5/5", "86.0", "trials diverged"} <= set(texts)
    looks = optimizer_line_styles(names)
    points = {
        name: line.get_xydata()[0]
        for name in names
        for line in panel.lines
        if (line.get_marker(), line.get_color()) == (looks[name].marker, looks[name].color)
    }
    for i, row in enumerate(table_rows):
        np.testing.assert_array_equal(points[row["optimizer"]], [row["test"].mean, i])
    assert brackets(margin) == [(1, 2)]
    assert any("↑↓: at an end" in " ".join(text.split()) for text in texts)
    assert [row["optimizer"] for row in table] == names
    assert table[0]["test_accuracy_low"] == table_rows[0]["test"].low


def test_ties_that_overlap_have_brackets_side_by_side(check_layout) -> None:
    band = competitor([0.8, 0.81, 0.82]).test
    ties = {"a": "b", "b": "a, c, d", "c": "b, d", "d": "b, c", "e": ""}
    base = leaderboard_rows({name: competitor(list(band)) for name in ties})
    figure, _ = league([{**row, "tied_with": ties[name]} for row, name in zip(base, ties, strict=True)], DATA)
    texts = check_layout(figure)
    assert brackets(figure.axes[1]) == [(0, 1), (1, 3)]
    assert "a leads with 81.0 % on test, not told apart from b" in texts


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_league_of_one_seed_and_one_in_which_all_diverged(check_layout) -> None:
    figure, _ = league(leaderboard_rows({"adam": competitor([0.8]), "sgd": competitor([0.7])}), DATA)
    texts = check_layout(figure)
    assert not any("bars:" in text for text in texts)
    lost = {name: competitor([np.nan] * 3, diverged=16) for name in ("adam", "sgd")}
    figure, _ = league(leaderboard_rows(lost), DATA)
    assert "Every run diverged" in check_layout(figure)
