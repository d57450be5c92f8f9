"""Bars and dots: sorted, with their numbers and intervals, also where runs diverged."""

from __future__ import annotations

import numpy as np
import pytest

from nnlabs.labs.regularization.figures.gaps import fold_scores, generalization_gap
from nnlabs.plotting.style import describe_data
from nnlabs.stats.intervals import mean_interval

DATA = describe_data("scikit-learn digits", "Fashion-MNIST", 1347, 3)
GAPS = {
    "dropout": mean_interval([0.02, 0.021, 0.022]),
    "plain": mean_interval([0.11, 0.115, 0.114]),
    "L2 (weight decay), lambda 100": mean_interval([np.nan] * 3),
    "all that helped": mean_interval([-0.012, -0.011, -0.013]),
}
TEST = {name: mean_interval([0.9, 0.9 + 0.01 * i, 0.9]) for i, name in enumerate(GAPS)}
TEST["L2 (weight decay), lambda 100"] = mean_interval([np.nan] * 3)


def test_gaps_are_sorted_and_have_their_numbers_and_intervals(check_layout) -> None:
    figure, table = generalization_gap(GAPS, TEST, DATA)
    texts = check_layout(figure)
    assert "Generalization gap: 11.3 points (plain) to −1.2 (all that helped)" in texts
    gap, accuracy = figure.axes
    order = ["plain", "dropout", "all that helped", "L2 (weight decay), lambda 100"]
    names = [" ".join(label.get_text().split()) for label in gap.get_yticklabels()]
    assert names == order == [row["technique"] for row in table]
    assert gap.get_ylim()[0] > gap.get_ylim()[1]  # the first row on top
    np.testing.assert_allclose([bar.get_width() for bar in gap.patches], [GAPS[name].mean for name in order])
    (dots,) = [line for line in accuracy.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(dots.get_xdata(), [TEST[name].mean for name in order])
    for panel, bands in ((gap, GAPS), (accuracy, TEST)):
        drawn = [segment[:, 0] for segment in panel.collections[0].get_segments() if len(segment)]
        np.testing.assert_allclose(drawn, [[bands[name].low, bands[name].high] for name in order[:3]])
        said = [text.get_text() for text in panel.texts]
        assert said == [f"{100 * bands[name].mean:.1f}".replace("-", "−") for name in order[:3]] + ["diverged"]
    assert table[0]["gap_low"] == GAPS["plain"].low
    assert table[1]["test_accuracy"] == TEST["dropout"].mean


def test_where_labels_are_wrong_the_title_is_about_test_and_the_gap_of_a_network_without_mistakes_is_said(check_layout):
    figure, _ = generalization_gap(GAPS, TEST, DATA, label_noise=0.3)
    texts = check_layout(figure)
    assert "With 30 % wrong labels, right on test: 91.0 % (all that helped) to 90.0 (dropout)" in texts
    assert "train minus validation accuracy\n(percentage points; without a mistake: −30.0)" in texts


def test_gaps_that_read_alike_are_all_named(check_layout) -> None:
    gaps = {name: mean_interval([gap]) for name, gap in (("batch norm", 0.0912), ("plain", 0.0911), ("L1", 0.065))}
    test = dict.fromkeys(gaps, mean_interval([0.9]))
    texts = check_layout(generalization_gap(gaps, test, DATA)[0])
    assert "Generalization gap: 9.1 points (batch norm and plain) to 6.5 (L1)" in texts
    texts = check_layout(generalization_gap(gaps, test, DATA, label_noise=0.3)[0])
    assert "With 30 % wrong labels, right on test: 90.0 % (batch norm, plain and L1)" in texts


def test_one_seed_has_no_bars_and_names_none(check_layout) -> None:
    one = {"plain": mean_interval([0.1]), "dropout": mean_interval([0.02])}
    figure, _ = generalization_gap(one, {"plain": mean_interval([0.9]), "dropout": mean_interval([1.0])}, DATA)
    texts = check_layout(figure)
    assert not any("interval" in text for text in texts)
    assert {"90.0", "100.0"} <= set(texts)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_all_diverged(check_layout) -> None:
    nothing = {name: mean_interval([np.nan]) for name in ("plain", "dropout")}
    figure, _ = generalization_gap(nothing, nothing, DATA)
    assert check_layout(figure).count("diverged") == 4


def test_ten_long_names(check_layout) -> None:
    names = [f"technique number {i} with a very long name indeed" for i in range(10)]
    gaps = {name: mean_interval([0.1 / (i + 1), 0.09 / (i + 1)]) for i, name in enumerate(names)}
    figure, _ = generalization_gap(gaps, {name: mean_interval([1.0, 1.0]) for name in names}, DATA)
    texts = [" ".join(text.split()) for text in check_layout(figure)]
    assert [text for text in texts if text in names] == names  # none shortened, the widest gap on top


def test_folds(check_layout) -> None:
    folds = {
        "plain": np.array([0.87, 0.88, 0.86, 0.87, 0.91]),
        "dropout 0.5, weight decay 0.001": np.array([0.89, 0.90, 0.88, 0.89, 0.90]),
        "diverged candidate": np.full(5, np.nan),
    }
    figure, table = fold_scores(folds, {name: mean_interval(x) for name, x in folds.items()}, DATA)
    texts = check_layout(figure)
    what = "5-fold cross-validation: 89.2 % (dropout 0.5, weight decay 0.001) to 87.8 (plain)"
    assert what in [" ".join(text.split()) for text in texts]
    dots = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    np.testing.assert_array_equal(dots[0].get_xdata(), folds["dropout 0.5, weight decay 0.001"])
    np.testing.assert_array_equal(dots[1].get_xdata(), folds["plain"])
    means = dots[-1]
    for row, points in enumerate(dots[:2]):  # no fold is under its mean's dot
        y = [figure.axes[0].transData.transform((0.88, at))[1] for at in (points.get_ydata()[0], row)]
        sizes = (points.get_markersize() + means.get_markersize()) / 2
        assert abs(y[0] - y[1]) > sizes * figure.dpi / 72
    assert len(table) == 15
    assert table[9] == {
        "candidate": "plain",
        "mean": mean_interval(folds["plain"]).mean,
        "mean_low": mean_interval(folds["plain"]).low,
        "mean_high": mean_interval(folds["plain"]).high,
        "fold": 5,
        "accuracy": 0.91,
    }


def test_intervals_over_two_seeds_end_where_accuracy_does(check_layout) -> None:
    wide = {"plain": mean_interval([0.9, 0.6]), "dropout": mean_interval([0.95, 0.94])}
    assert wide["plain"].high > 1.5
    figure, table = generalization_gap(wide, wide, DATA)
    check_layout(figure)
    ends = np.concatenate([segment[:, 0] for segment in figure.axes[1].collections[0].get_segments()])
    assert (ends.min(), ends.max()) == (0, 1)
    (plain,) = [row for row in table if row["technique"] == "plain"]
    assert (plain["test_accuracy_low"], plain["test_accuracy_high"]) == (0, 1)
    assert (plain["gap_low"], plain["gap_high"]) == (-1, 1)


def test_the_interval_over_folds_is_said_to_be_too_narrow(check_layout) -> None:
    folds = {"plain": np.array([0.8, 0.82, 0.84])}
    figure, _ = fold_scores(folds, {name: mean_interval(x) for name, x in folds.items()}, DATA)
    said = " ".join(" ".join(check_layout(figure)).split())
    assert "interval over folds, too narrow, as folds share training examples" in said


def test_folds_of_which_every_one_diverged(check_layout) -> None:
    lost = {name: np.full(3, np.nan) for name in ("plain", "dropout")}
    figure, _ = fold_scores(lost, {name: mean_interval(x) for name, x in lost.items()}, DATA)
    assert "3-fold cross-validation: every candidate diverged" in check_layout(figure)


def test_a_small_share_of_wrong_labels_is_not_said_to_be_none(check_layout) -> None:
    figure, _ = generalization_gap(GAPS, TEST, DATA, label_noise=0.005)
    assert any(text.startswith("With 0.5 % wrong labels") for text in check_layout(figure))
