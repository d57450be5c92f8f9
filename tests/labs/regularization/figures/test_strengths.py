"""Strength sweeps: 0 has its place on the logarithmic axis, the true minimum is ringed."""

from __future__ import annotations

import numpy as np
import pytest

from nnlabs.labs.regularization.figures.strengths import Sweep, strength_sweeps
from nnlabs.plotting.style import HIGHLIGHT, TRAIN, VALIDATION, describe_data
from nnlabs.stats.intervals import mean_interval

DATA = describe_data("Fashion-MNIST", None, 5000, 3)
LAMBDAS = np.array([0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2])
RATES = np.array([0, 0.1, 0.3, 0.5, 0.7])


def sweep(strength: np.ndarray, errors: list[float], label: str, log: bool) -> Sweep:
    noise = np.random.default_rng(0).normal(0, 0.001, (3, len(errors)))
    validation = np.array(errors) + noise
    best = float(strength[np.nanargmin(errors)])
    return Sweep(strength, mean_interval(validation - 0.08), mean_interval(validation), best, label, log)


SWEEPS = {
    "L2": sweep(LAMBDAS, [0.12, 0.118, 0.115, 0.104, 0.112, 0.2], "lambda of the L2 penalty", True),
    "L1": sweep(LAMBDAS, [0.12, 0.118, 0.105, 0.115, 0.16, np.nan], "lambda of the L1 penalty", True),
    "dropout": sweep(RATES, [0.12, 0.11, 0.102, 0.1, 0.115], "dropout rate", False),
}


def test_a_panel_a_technique_with_its_minimum_ringed(check_layout) -> None:
    figure, table = strength_sweeps(SWEEPS, DATA)
    texts = check_layout(figure)
    assert [panel.get_title("left").split("\n")[1][:20] for panel in figure.axes] == [
        "lowest at 0.0001: 0.",
        "lowest at 1e-05: 0.1",
        "lowest at 0.5: 0.100",
    ]
    assert {"train", "validation", "cross-entropy (nats)", "dropout rate", "lambda of the L2 penalty"} <= set(texts)
    for panel, given, best in zip(figure.axes, SWEEPS.values(), (3, 2, 3), strict=True):
        curves = {
            line.get_color(): line
            for line in panel.lines
            if line.get_color() in (TRAIN, VALIDATION) and line.get_marker() != "x"
        }
        np.testing.assert_array_equal(curves[TRAIN].get_ydata(), given.train.mean)
        np.testing.assert_array_equal(curves[VALIDATION].get_xdata(), given.strength)
        (ring,) = [line for line in panel.lines if line.get_markeredgecolor() == HIGHLIGHT]
        assert ring.get_xydata().tolist() == [[given.strength[best], given.validation.mean[best]]]
    assert len(table) == 6 + 6 + 5
    assert table[3]["validation_loss"] == SWEEPS["L2"].validation.mean[3]


def test_zero_stands_left_of_the_smallest_strength_as_far_as_a_power_of_ten(check_layout) -> None:
    figure, _ = strength_sweeps({"L2": SWEEPS["L2"]}, DATA)
    check_layout(figure)
    x = figure.axes[0].transData.transform(np.column_stack([LAMBDAS, np.zeros(6)]))[:, 0]
    steps = np.diff(x)
    assert steps.min() > 0
    np.testing.assert_allclose(steps[1:], steps[1])
    assert steps[0] == pytest.approx(steps[1], rel=0.15)


def test_all_diverged(check_layout) -> None:
    nothing = mean_interval(np.full((3, 6), np.nan))
    figure, _ = strength_sweeps({"L2": Sweep(LAMBDAS, nothing, nothing, np.nan, "lambda")}, DATA)
    texts = check_layout(figure)
    assert any("each lost a seed" in text for text in texts)
    assert not any("ringed" in text for text in texts) and any("×: every seed diverged" in text for text in texts)
    assert [line.get_xdata()[0] for line in figure.axes[0].lines if line.get_marker() == "x"] == LAMBDAS.tolist()


def test_what_is_ringed_is_what_the_act_calls_the_best_and_no_lucky_survivor(check_layout) -> None:
    losses = np.tile([0.5, 0.4, 0.3, 0.45, 0.6, 0.7], (3, 1))
    losses[:2, 2] = np.nan
    figure, _ = strength_sweeps(
        {"L2": Sweep(LAMBDAS, mean_interval(losses), mean_interval(losses), LAMBDAS[1], "lambda")}, DATA
    )
    assert any(f"lowest at {LAMBDAS[1]:g}: 0.400" in text for text in check_layout(figure))
    (ring,) = [line for line in figure.axes[0].lines if line.get_markeredgecolor() == HIGHLIGHT]
    assert ring.get_xydata().tolist() == [[LAMBDAS[1], pytest.approx(0.4)]]


def test_intervals_of_losses_stay_above_0(check_layout) -> None:
    wide = mean_interval([[0.1, 0.5, 0.9], [0.3, 0.1, 0.4]])
    figure, table = strength_sweeps({"dropout": Sweep(RATES[:3], wide, wide, RATES[1], "dropout rate", False)}, DATA)
    check_layout(figure)
    assert wide.low.min() < 0
    ends = [row[f"validation_loss_{end}"] for row in table for end in ("low", "high")]
    assert (min(ends), max(ends)) == (0, wide.high.max())
