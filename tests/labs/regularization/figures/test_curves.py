"""Learning curves and the gap by size hold the numbers they were given, and stay readable in bad cases."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nnlabs.labs.regularization.figures.curves import LearningCurves, gap_by_size, learning_curves
from nnlabs.plotting.style import FAINT, STAND_IN, TRAIN, VALIDATION, describe_data
from nnlabs.stats.intervals import mean_interval

DATA = describe_data("scikit-learn digits", "Fashion-MNIST", 1347, 3)
NAMES = [
    "plain",
    "L2 (weight decay)",
    "L1 (proximal)",
    "dropout",
    "batch norm",
    "early stopping",
    "augmentation",
    "label smoothing",
    "all that helped together, early stopping left out",
]


def curves(final: float, seeds: int = 3, epochs: int = 12, note: str = "") -> LearningCurves:
    rng = np.random.default_rng(0)
    epoch = np.arange(1, epochs + 1)
    train = 1 - 0.3 * np.exp(-epoch / 3) + rng.normal(0, 0.004, (seeds, epochs))
    validation = final - 0.2 * np.exp(-epoch / 2) + rng.normal(0, 0.004, (seeds, epochs))
    lowest = [4, 5, 6][:seeds]
    heights = [float(validation[seed, best - 1]) for seed, best in enumerate(lowest)]
    return LearningCurves(epoch, mean_interval(np.minimum(train, 1)), mean_interval(validation), lowest, heights, note)


def lines(panel, color: str) -> list:
    return [line for line in panel.lines if line.get_color() == color]


def test_a_panel_a_technique_with_its_numbers(check_layout) -> None:
    techniques = {name: curves(0.80 + 0.01 * i) for i, name in enumerate(NAMES)}
    figure, table = learning_curves(techniques, DATA, reference="plain")
    texts = check_layout(figure)
    titles = [" ".join(panel.get_title("left").split()) for panel in figure.axes if panel.get_visible()]
    assert titles == NAMES
    for panel, (name, given) in zip(figure.axes, techniques.items(), strict=True):
        for color, band in ((TRAIN, given.train), (VALIDATION, given.validation)):
            (line,) = lines(panel, color)
            np.testing.assert_array_equal(line.get_xdata(), given.epochs)
            np.testing.assert_array_equal(line.get_ydata(), band.mean)
            assert f"{100 * band.mean[-1]:.1f} %" in " ".join(text.get_text() for text in panel.texts)
        shades = [shade.get_paths()[0].vertices for shade in panel.collections]
        assert shades[1][:, 1].max() == pytest.approx(given.validation.high.max())
        (diamonds,) = (line for line in panel.lines if line.get_marker() == "D")
        assert list(diamonds.get_xdata()) == [4, 5, 6]
        assert list(diamonds.get_ydata()) == given.heights
        gray = [list(line.get_ydata()) for line in lines(panel, FAINT)]
        plain = techniques["plain"]
        assert gray == ([] if name == "plain" else [list(plain.train.mean), list(plain.validation.mean)])
    limits = {(panel.get_xlim(), panel.get_ylim()) for panel in figure.axes}
    assert len(limits) == 1
    assert any(STAND_IN in text and "95 % confidence interval" in text for text in map(" ".join, map(str.split, texts)))
    assert "accuracy (%)" in texts
    assert len(table) == 9 * 12
    assert table[12]["technique"] == NAMES[1]
    assert table[12]["validation_low"] == techniques[NAMES[1]].validation.low[0]


def test_one_seed_has_no_shade_and_names_none(check_layout) -> None:
    figure, table = learning_curves({name: curves(0.9, seeds=1, epochs=5) for name in NAMES[:4]}, DATA)
    texts = check_layout(figure)
    assert not any("shaded" in text for text in texts)
    assert np.isnan(table[0]["train_low"])


def test_where_training_was_stopped_early_the_labels_are_those_of_the_weights_kept(check_layout) -> None:
    stopped = replace(curves(0.88), kept=(0.929, 0.894), ends=[12, 15, 20])
    texts = check_layout(learning_curves({"plain": curves(0.88), "early stopping": stopped}, DATA)[0])
    assert "early stopping, after 12, 15,\n20 epochs" in texts
    assert {"train 92.9 % kept", "validation 89.4 % kept", "validation 88.2 %"} <= set(texts)


def test_a_diverged_run_leaves_a_panel_with_a_remark(check_layout) -> None:
    nothing = mean_interval(np.full((3, 12), np.nan))
    diverged = LearningCurves(np.arange(1, 13), nothing, nothing, note="3 of 3 seeds diverged")
    figure, _ = learning_curves({"plain": curves(0.88), "lr 100": diverged}, DATA, reference="plain")
    assert "3 of 3 seeds diverged" in check_layout(figure)
    assert np.isfinite(figure.axes[0].get_ylim()).all()


def test_perfect_accuracy_from_the_first_epoch_is_drawn_inside_the_panel(check_layout) -> None:
    ones = mean_interval(np.ones((3, 4)))
    figure, _ = learning_curves({"plain": LearningCurves(np.arange(1, 5), ones, ones)}, DATA)
    check_layout(figure)
    low, high = figure.axes[0].get_ylim()
    assert low < 1 < high


def test_loss_is_in_nats(check_layout) -> None:
    loss = curves(0.5)
    figure, _ = learning_curves({"plain": loss}, DATA, quantity="loss")
    texts = check_layout(figure)
    assert "cross-entropy (nats)" in texts
    assert f"train {loss.train.mean[-1]:.3f}" in texts


def test_a_run_that_stopped_early_is_named_where_it_ends(check_layout) -> None:
    figure, _ = learning_curves({"plain": curves(0.9, epochs=40), "early stopping": curves(0.9, epochs=6)}, DATA)
    check_layout(figure)
    names = [text for text in figure.axes[1].texts if "validation" in text.get_text()]
    assert names[0].xy[0] == 6
    assert names[0].get_ha() == "left"


def test_a_name_that_fits_neither_before_nor_behind_the_end_begins_at_the_left_edge(check_layout) -> None:
    stopped = replace(curves(0.9, epochs=11), kept=(0.68, 0.44))
    figure, _ = learning_curves({"plain": curves(0.9, epochs=20), "early stopping": stopped}, DATA)
    check_layout(figure)
    (name,) = [text for text in figure.axes[1].texts if text.get_text() == "validation 44.0 % kept"]
    assert name.xy[0] == figure.axes[1].get_xlim()[0]
    assert name.xy[1] == stopped.validation.mean.min()


def test_gap_by_size(check_layout) -> None:
    sizes = [500, 1000, 5000, 50_000]
    rng = np.random.default_rng(0)
    gaps = {
        name: mean_interval(0.3 / np.sqrt(sizes) * 20 / (i + 1) + rng.normal(0, 0.003, (3, 4)))
        for i, name in enumerate(NAMES)
    }
    gaps["diverged"] = mean_interval(np.full((3, 4), np.nan))
    figure, table = gap_by_size(sizes, gaps, DATA)
    texts = check_layout(figure)
    panel = figure.axes[0]
    assert panel.get_xscale() == "log"
    assert {"500", "1,000", "5,000", "50,000", *NAMES} <= set(texts)
    drawn = [list(line.get_ydata()) for line in panel.lines]
    assert all(list(gaps[name].mean) in drawn for name in NAMES)
    assert len(table) == 10 * 4
    assert table[3] == {
        "technique": "plain",
        "images": 50_000,
        "gap": gaps["plain"].mean[3],
        "gap_low": gaps["plain"].low[3],
        "gap_high": gaps["plain"].high[3],
    }
