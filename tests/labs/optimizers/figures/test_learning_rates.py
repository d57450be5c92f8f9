"""Schedules, range tests and batch sizes: the numbers given are those drawn, and what they say stands in the title."""

from __future__ import annotations

import numpy as np
import pytest

from nnlabs.labs.optimizers.figures.learning_rates import RangeTest, batch_sizes, lr_range, schedules
from nnlabs.plotting.style import HIGHLIGHT, NEUTRAL, describe_data
from nnlabs.stats.intervals import mean_interval

DATA = describe_data("CIFAR-10", None, 45_000, 1)
BOUND = 0.11
EPOCHS = np.linspace(0, 20, 200, endpoint=False)
SCHEDULES = ["constant", "step", "cosine_restarts", *(f"schedule {i}" for i in range(8))]


@pytest.mark.slow
def test_a_panel_a_schedule_with_its_mean(check_layout) -> None:
    rates = {name: (EPOCHS, np.ones(200)) for name in SCHEDULES}
    rates["step"] = (EPOCHS, 0.1 ** (EPOCHS // 10))
    figure, table = schedules(rates, "20 epochs of 10 batches")
    texts = check_layout(figure)
    assert {"constant (1.00)", "step (0.55)", "cosine restarts (1.00)", "epoch"} <= set(texts)
    assert "11 schedules: what becomes of the learning rate" in texts
    one = check_layout(schedules({"step": rates["step"]}, "20 epochs of 10 batches")[0])
    assert "1 schedule: what becomes of the learning rate" in one
    long = {f"warm-up for {i}, then a long linear decay": rates["step"] for i in range(4)}
    check_layout(schedules(long, "20 epochs of 10 batches")[0])
    check_layout(lr_range({name[:24]: range_test(0.001) for name in long}, DATA)[0])
    np.testing.assert_array_equal(figure.axes[1].lines[0].get_xydata(), np.column_stack(rates["step"]))
    assert len(table) == 11 * 200
    assert table[399] == {"schedule": "step", "epoch": EPOCHS[199], "multiple_of_peak": 0.1}


def range_test(suggestion: float) -> RangeTest:
    lr = np.geomspace(1e-6, 10, 100)
    smoothed = 2.3 - 1.2 / (1 + 1e-3 / lr) + (lr / 0.05) ** 2
    return RangeTest(lr, smoothed + np.random.default_rng(0).normal(0, 0.1, 100), smoothed, suggestion)


def test_a_range_test_marks_its_suggestion_and_cuts_off_the_explosion(check_layout) -> None:
    test = range_test(0.0013)
    figure, table = lr_range({"adam": test}, DATA)
    texts = check_layout(figure)
    assert {"Learning-rate range test: 0.0013 is suggested for adam", "adam", "0.0013"} <= set(texts)
    (panel,) = figure.axes
    assert [list(line.get_ydata()) for line in panel.lines[:2]] == [list(test.loss), list(test.smoothed)]
    (dot,) = [line for line in panel.lines if line.get_marker() == "o"]
    assert dot.get_xdata()[0] == 0.0013
    assert dot.get_ydata()[0] == pytest.approx(2.3 - 1.2 / (1 + 1 / 1.3), abs=0.02)
    assert panel.get_ylim()[1] < 3.5 < test.smoothed.max()
    assert panel.get_xscale() == "log"
    assert table[0]["suggested_lr"] == 0.0013
    assert len(table) == 100


def test_the_whole_way_down_is_shown_though_the_loss_rises_first(check_layout) -> None:
    lr = np.geomspace(1e-6, 10, 100)
    smoothed = 2.31 + 0.47 * np.exp(-((np.log10(lr) + 4) ** 2)) - 0.5 / (1 + 1e-2 / lr) + (lr / 0.5) ** 2
    lowest = int(smoothed.argmin())
    figure, _ = lr_range({"sgd": RangeTest(lr, smoothed, smoothed, 0.1)}, DATA)
    check_layout(figure)
    top = figure.axes[0].get_ylim()[1]
    assert smoothed[0] + (smoothed[0] - smoothed[lowest]) / 2 < smoothed[:lowest].max() < top < smoothed.max()


def test_ten_range_tests_and_one_without_a_suggestion(check_layout) -> None:
    tests = {f"optimizer {i}": range_test(10.0 ** (i - 6)) for i in range(9)}
    figure, _ = lr_range({**tests, "sgd": range_test(np.nan)}, DATA)
    texts = check_layout(figure)
    assert "Learning-rate range tests suggest from 1e-06 (optimizer 0) to 1e+02 (optimizer 8)" in texts
    marked = [any(line.get_color() == HIGHLIGHT for line in panel.lines) for panel in figure.axes]
    assert marked[:10] == [True] * 9 + [False]


def test_no_suggestion_at_all_is_said(check_layout) -> None:
    nothing = np.array([])
    for test in (range_test(np.nan), RangeTest(nothing, nothing, nothing, np.nan)):
        figure, _ = lr_range({"sgd": test}, DATA)
        assert "Learning-rate range test: no learning rate can be suggested" in check_layout(figure)


LR = np.geomspace(0.01, 1, 9)


def accuracy(best: float) -> np.ndarray:
    """Accuracies of three seeds with their peak at a learning rate; above ten times that they diverge."""
    mean = np.where(10 * best < LR, np.nan, 0.84 - 0.05 * np.log10(LR / best) ** 2)
    return mean + np.array([[-0.001], [0.0], [0.001]])


def test_the_best_learning_rate_by_batch_size_beside_both_rules(check_layout) -> None:
    sizes = {512: LR[4], 32: LR[0], 128: LR[2]}
    bands = {size: mean_interval(accuracy(best)) for size, best in sizes.items()}
    figure, table = batch_sizes(LR, bands, DATA, BOUND)
    texts = [" ".join(text.split()) for text in check_layout(figure)]
    assert f"Best of the rates tried: {LR[0]:.3g} with batches of 32, {LR[4]:.3g} with batches of 512" in texts
    assert {"32", "128", "512", "linear rule", "square-root rule", "best learning rate"} <= set(texts)
    scores, bests = figure.axes
    for size in sizes:
        assert any(np.array_equal(line.get_ydata(), bands[size].mean, equal_nan=True) for line in scores.lines)
    points = [line for line in bests.lines if line.get_marker() in ("o", "s", "^")]
    assert [tuple(line.get_xydata()[0]) for line in points] == [(32, LR[0]), (128, LR[2]), (512, LR[4])]
    linear, root = [line.get_ydata() for line in bests.lines if line.get_color() == NEUTRAL]
    np.testing.assert_allclose(linear, LR[0] * np.array([1, 4, 16]))
    np.testing.assert_allclose(root, LR[0] * np.array([1, 2, 4]))
    # 0.05 · log10(x)² = 0.01 at x = 2.8; neighbors on the grid are a factor of 1.8 apart.
    (bar,) = [line.get_ydata() for line in bests.lines if list(line.get_xdata()) == [128, 128]]
    np.testing.assert_allclose(bar, [LR[1], LR[3]])
    assert len(table) == 27
    assert (table[0]["batch_size"], table[26]["lr"]) == (32, LR[8])


def test_of_equal_rates_each_has_its_mark_and_no_rule_starts_from_one(check_layout) -> None:
    flat = np.array([0.5, 0.9, 0.8, 0.9, 0.5, 0.4, 0.3, 0.3, 0.3])
    figure, _ = batch_sizes(LR, {16: mean_interval(flat[None]), 128: mean_interval(flat[None, ::-1])}, DATA, BOUND)
    texts = check_layout(figure)
    assert "Best of the rates tried: 2 alike with batches of 16, 2 alike with batches of 128" in texts
    assert "linear rule" not in texts
    marks = [tuple(line.get_xydata()[0]) for line in figure.axes[1].lines if line.get_marker() in ("o", "s")]
    assert marks == [(16, LR[1]), (16, LR[3]), (128, LR[5]), (128, LR[7])]


def test_no_rule_is_told_from_a_batch_size_that_taught_nothing(check_layout) -> None:
    scores = {16: mean_interval(accuracy(LR[2])), 1000: mean_interval(accuracy(LR[2]) - 0.8)}
    figure, _ = batch_sizes(LR, scores, DATA, BOUND)
    texts = check_layout(figure)
    assert "Accuracy against learning rate by batch size" in texts
    assert "16" in texts and "1,000" not in texts


def test_rates_that_do_far_worse_are_marked_on_the_lower_edge(check_layout) -> None:
    low = np.array([0.9, 0.9, 0.9, 0.85, 0.8, 0.7, 0.5, np.nan, 0.1])
    figure, _ = batch_sizes(LR, {16: mean_interval(low[None])}, DATA, BOUND)
    assert any("▾: below the axis" in text for text in check_layout(figure))
    (triangles,) = [line for line in figure.axes[0].lines if line.get_marker() == "v"]
    assert triangles.get_xdata().tolist() == [LR[6], LR[8]]
    assert set(triangles.get_ydata()) == {figure.axes[0].get_ylim()[0]}
    (crosses,) = [line for line in figure.axes[0].lines if line.get_marker() == "x"]
    assert crosses.get_xdata().tolist() == [LR[7]]
    lost = np.append(
        low[:7], [np.nan, np.nan]
    )  # the highest rates are on the axis, although every run with them diverged
    figure, _ = batch_sizes(LR, {16: mean_interval(lost[None])}, DATA, BOUND)
    assert any("×: diverged" in text for text in check_layout(figure)) and figure.axes[0].get_xlim()[1] >= LR[8]
    figure, _ = batch_sizes(LR[:6], {16: mean_interval(low[None, :6])}, DATA, BOUND)
    assert not any("below the axis" in text for text in check_layout(figure))


def test_batch_sizes_with_which_every_run_diverged(check_layout) -> None:
    nothing = mean_interval(np.full((3, 9), np.nan))
    figure, _ = batch_sizes(LR, {32: mean_interval(accuracy(LR[2])), 64: nothing}, DATA, BOUND)
    assert "Accuracy against learning rate by batch size" in check_layout(figure)
    figure, _ = batch_sizes(LR, {64: nothing}, DATA, BOUND)
    check_layout(figure)
