"""The race of ten optimizers: every line where its numbers are, no name over another, who diverged is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nnlabs.labs.optimizers.figures.line_styles import optimizer_line_styles
from nnlabs.labs.optimizers.figures.race import Racer, race
from nnlabs.plotting.style import describe_data
from nnlabs.stats.intervals import mean_interval

BOUND = 0.11
DATA = describe_data("CIFAR-10", None, 45_000, 5)
ENDS = {
    "sgd": 0.65,
    "momentum": 0.823,
    "nesterov": 0.831,
    "adagrad": 0.64,
    "rmsprop": 0.778,
    "adam": 0.81,
    "adamw": 0.818,
    "nadam": 0.815,
    "radam": 0.798,
    "muon": 0.851,
}


def racer(end: float, seeds: int = 5, epochs: int = 10, diverged: int = 0) -> Racer:
    rng = np.random.default_rng(0)
    epoch = np.arange(1, epochs + 1)
    accuracy = end - 0.6 * np.exp(-epoch / 3) + rng.normal(0, 0.004, (seeds, epochs))
    loss = 3 * (1 - end) + 2 * np.exp(-epoch / 3) + rng.normal(0, 0.01, (seeds, epochs))
    accuracy[:diverged, epochs // 2 :] = np.nan
    loss[:diverged, epochs // 2 :] = np.nan
    bands = mean_interval(loss), mean_interval(accuracy)
    return Racer((10 + 10 * end) * epoch, *bands, float(bands[1].mean[-1]), diverged / seeds)


def lines(panel, color: str, style: str) -> list:
    return [line for line in panel.lines if (line.get_color(), line.get_linestyle()) == (color, style)]


def test_every_optimizer_is_in_all_four_panels_and_named_where_it_ends(check_layout) -> None:
    racers = {name: racer(end) for name, end in ENDS.items()}
    figure, table = race(racers, DATA, BOUND)
    texts = check_layout(figure)
    looks = optimizer_line_styles(ENDS)
    for panel, seconds, quantity in zip(
        figure.axes, (0, 1, 0, 1), ("train_loss",) * 2 + ("validation_accuracy",) * 2, strict=True
    ):
        for name, its in racers.items():
            (line,) = lines(panel, looks[name].color, looks[name].linestyle)
            np.testing.assert_array_equal(line.get_xdata(), its.seconds if seconds else np.arange(1, 11))
            np.testing.assert_array_equal(line.get_ydata(), getattr(its, quantity).mean)
    assert {f"{name} {100 * its.end:.1f}" for name, its in racers.items()} | set(ENDS) <= set(texts)
    assert f"muon ends highest, at {100 * racers['muon'].end:.1f} % on validation; adagrad lowest" in " ".join(texts)
    assert any("bold: the first three and the last" in " ".join(text.split()) for text in texts)
    assert any("95 % confidence interval" in " ".join(text.split()) for text in texts)
    assert {"epoch", "seconds of training", "validation accuracy (%)"} <= set(texts)
    assert len(table) == 100
    assert table[99]["validation_accuracy_low"] == racers["muon"].validation_accuracy.low[-1]
    assert table[9]["seconds"] == racers["sgd"].seconds[-1]


def test_the_first_three_and_the_last_are_bold(check_layout) -> None:
    figure, _ = race({name: racer(end) for name, end in ENDS.items()}, DATA, BOUND)
    check_layout(figure)
    bold = {text.get_text() for text in figure.axes[1].texts if text.get_weight() == "bold"}
    assert bold == {"muon", "nesterov", "momentum", "adagrad"}


def test_each_line_has_the_interval_of_its_end_behind_the_last_epoch(check_layout) -> None:
    racers = {name: racer(end) for name, end in ENDS.items()}
    figure, _ = race(racers, DATA, BOUND)
    check_layout(figure)
    for panel, quantity in ((figure.axes[0], "train_loss"), (figure.axes[2], "validation_accuracy")):
        bars = [bar.get_segments()[0] for bar in panel.collections]
        places = [bar[0, 0] for bar in bars]
        assert places == sorted(places) and places[0] > 10 and len(set(places)) == 10
        for name, bar in zip(sorted(ENDS, key=lambda name: -racers[name].end), bars, strict=True):
            band = getattr(racers[name], quantity)
            np.testing.assert_allclose(bar[:, 1], (band.low[-1], band.high[-1]))


def test_no_lucky_survivor_ends_first_and_nobody_at_chance_level_is_named_last(check_layout) -> None:
    racers = {name: racer(ENDS[name]) for name in ("adam", "momentum")}
    racers |= {"muon": racer(0.9, diverged=4), "sgd": racer(0.1)}
    figure, _ = race(racers, DATA, BOUND)
    texts = check_layout(figure)
    said = " ".join(" ".join(texts).split())
    assert f"momentum ends highest, at {100 * racers['momentum'].end:.1f} % on validation; muon lowest" in said
    assert "lost some seeds, which count as 0 % in the order: muon" in said
    figure, _ = race({name: racer(0.1) for name in ("adam", "sgd")}, DATA, BOUND)
    assert "Training loss and validation accuracy by optimizer" in check_layout(figure)


def test_accuracies_that_lie_close_fill_the_panel(check_layout) -> None:
    figure, _ = race({name: racer(end) for name, end in ENDS.items()}, DATA, BOUND)
    low, high = figure.axes[2].get_ylim()
    ends = [racer(end).end for end in ENDS.values()]
    assert low < min(ends) and max(ends) < high < 1
    assert (max(ends) - min(ends)) / (high - low) > 0.4


def test_intervals_at_the_end_are_whole_and_no_epoch_is_named_behind_the_last(check_layout) -> None:
    racers = {"sgd": racer(0.93, seeds=3), "adam": racer(0.95, seeds=3)}
    figure, table = race(racers, DATA, BOUND)
    check_layout(figure)
    last = {row["optimizer"]: row for row in table}
    for panel, quantity in ((figure.axes[0], "train_loss"), (figure.axes[2], "validation_accuracy")):
        low, high = panel.get_ylim()
        assert all(low <= row[f"{quantity}_low"] and row[f"{quantity}_high"] <= high for row in last.values())
    assert max(figure.axes[2].get_xticks()) <= max(row["epoch"] for row in table)


def test_equals_are_all_named_in_the_title(check_layout) -> None:
    figure, _ = race({"sgd": racer(0.8002), "adam": racer(0.8), "muon": racer(0.7)}, DATA, BOUND)
    assert any(text.startswith("sgd and adam end highest, at ") for text in check_layout(figure))
    figure, _ = race({"sgd": racer(0.8002), "adam": racer(0.8)}, DATA, BOUND)
    assert any(text.startswith("sgd and adam end alike, at ") for text in check_layout(figure))


def test_who_diverged_with_every_seed_is_said_and_not_named_at_a_line(check_layout) -> None:
    racers = {name: racer(end, diverged=5 if name == "sgd" else 1) for name, end in ENDS.items()}
    figure, table = race(racers, DATA, BOUND)
    texts = check_layout(figure)
    assert any("lost every seed: sgd" in " ".join(text.split()) for text in texts)
    assert "sgd" not in texts
    assert np.isnan(table[9]["train_loss"])


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_who_never_finished_an_epoch_is_said_to_be_lost(check_layout) -> None:
    nothing = mean_interval(np.empty((5, 0)))
    racers = {"adam": racer(0.8), "mine": Racer(np.empty(0), nothing, nothing, np.nan, lost=1.0)}
    figure, table = race(racers, DATA, BOUND)
    assert any("lost every seed: mine" in " ".join(text.split()) for text in check_layout(figure))
    assert {row["optimizer"] for row in table} == {"adam"}
    figure, _ = race({"mine": racers["mine"]}, DATA, BOUND)
    check_layout(figure)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_all_diverged_and_one_epoch_of_one_seed(check_layout) -> None:
    figure, _ = race({name: racer(end, diverged=5) for name, end in ENDS.items()}, DATA, BOUND)
    assert "Every optimizer lost every seed" in check_layout(figure)
    figure, _ = race({"adam": racer(0.9, seeds=1, epochs=1)}, DATA, BOUND)
    texts = check_layout(figure)
    assert not any("shaded" in text or "bold" in text for text in texts)
    assert any("adam ends at " in text for text in texts)
    assert figure.axes[0].lines[0].get_marker() == "P"  # a line of one point would not be seen


def test_looks_differ_and_stay_the_same_whoever_else_is_there() -> None:
    looks = optimizer_line_styles([*ENDS, "lion", "sophia"])
    assert len({(look.color, look.linestyle) for look in looks.values()}) == 12
    assert len({look.marker for name, look in looks.items() if name in ENDS}) == 10
    assert all(optimizer_line_styles([name])[name] == looks[name] for name in ENDS)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_loss_of_exactly_0_has_a_place_of_its_own(check_layout) -> None:
    losses = mean_interval(np.array([[0.5, 0.05, 0.0, 0.0], [0.5, 0.06, 0.0, 0.0]]))
    racers = {"sgd": replace(racer(0.8, epochs=4), train_loss=losses), "adam": racer(0.7, epochs=4)}
    figure, _ = race(racers, DATA, BOUND, "hinge loss")
    check_layout(figure)
    panel = figure.axes[0]
    _, height = panel.transAxes.inverted().transform(panel.transData.transform((4, 0)))
    assert 0 <= height < 0.2


def test_others_look_the_same_in_whatever_order_they_come() -> None:
    assert optimizer_line_styles(["a", "b", "sgd"]) == optimizer_line_styles(["sgd", "b", "a"])


def test_the_order_and_the_numbers_are_those_of_the_networks_that_were_kept(check_layout) -> None:
    # One seed of "early" trained on alone, and worse than what early stopping had kept.
    racers = {"early": replace(racer(0.7), end=0.9), "late": racer(0.8)}
    texts = check_layout(race(racers, DATA, BOUND)[0])
    assert any(text.startswith("early ends highest, at 90.0 % on validation; late lowest") for text in texts)
    assert "early 90.0" in texts
