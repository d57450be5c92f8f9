"""Basins and budgets: widths against a parabola's, who leads against hand-made curves, diverged trials to be seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from nnlabs.labs.optimizers.figures.tuning import Basin, basins, budget
from nnlabs.plotting.style import HIGHLIGHT, describe_data
from nnlabs.stats.expected_best import leaders

BOUND = 0.11
DATA = describe_data("CIFAR-10", None, 45_000, 1)
NAMES = ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "nadam", "radam", "muon"]


def trials(best: float, peak: float = 0.8, curvature: float = 0.08, n: int = 30) -> Basin:
    """Random trials under a parabola in log lr, some as good as it is, others worse; the highest rates diverge."""
    rng = np.random.default_rng(n)
    lr = best * 10 ** rng.uniform(-2, 2, n)
    top = peak - curvature * np.log10(lr / best) ** 2
    accuracy = np.where(lr > 30 * best, np.nan, top - rng.choice([0, 0.05], n))
    return Basin(lr, accuracy)


def test_the_basin_of_many_trials_under_a_parabola_is_as_wide_as_the_parabola() -> None:
    its = trials(1e-2, n=3000)
    low, high = its.basin()
    assert low == pytest.approx(1e-2 * 10**-0.5, rel=0.03)  # 0.08 · log10(x)² = 0.02 at x = 10^±0.5
    assert high == pytest.approx(1e-2 * 10**0.5, rel=0.03)
    assert its.width() == pytest.approx(1, abs=0.03)
    lr, accuracy = its.envelope()
    peak = accuracy.argmax()
    assert (np.diff(accuracy[: peak + 1]) >= 0).all() and (np.diff(accuracy[peak:]) <= 0).all()
    finite = np.isfinite(its.accuracy)
    assert (its.accuracy[finite] <= np.interp(np.log(its.lr[finite]), np.log(lr), accuracy) + 1e-12).all()


def test_the_basin_ends_between_two_trials_where_the_line_crosses_its_edge() -> None:
    its = Basin(np.array([1e-4, 1e-3, 1e-2, 1e-1]), np.array([0.7, 0.80, 0.76, np.nan]))
    low, high = its.basin()
    assert low == pytest.approx(10**-3.2)  # 0.78 lies at 4/5 of the way up from 0.70 to 0.80
    assert high == pytest.approx(10**-2.5)


def test_basins_are_named_with_their_width_and_every_trial_is_to_be_seen(check_layout) -> None:
    rates = np.geomspace(1e-3, 0.3, 10)
    given = {name: trials(lr, 0.7 + 0.015 * i, n=20 + i) for i, (name, lr) in enumerate(zip(NAMES, rates, strict=True))}
    given["nadam"] = Basin(np.array([1e-3, 1e-2, 1e-1]), np.array([0.5, 0.8, 0.79]))
    figure, table = basins(given, DATA, BOUND)
    texts = check_layout(figure)
    assert "nadam: ≥ 1.1 decades" in texts
    assert f"adam: {given['adam'].width():.1f} decades" in texts
    assert any("forgives" in text or "go on beyond" in text for text in texts)
    floor, _ = figure.axes[0].get_ylim()
    for panel, its in zip(figure.axes, given.values(), strict=False):
        points = [line for line in panel.lines if line.get_marker() == "o" and line.get_markersize() == 4]
        np.testing.assert_array_equal(points[0].get_xydata(), np.column_stack([its.lr, its.accuracy]))
        at_foot = {line.get_marker(): line for line in panel.lines if line.get_marker() in ("x", "v")}
        for marker, lr in (("x", its.lr[np.isnan(its.accuracy)]), ("v", its.lr[its.accuracy < floor])):
            found = at_foot[marker].get_xydata().tolist() if marker in at_foot else []
            assert found == [[rate, floor] for rate in lr]
        (ring,) = [
            line for line in panel.lines if line.get_markeredgecolor() == HIGHLIGHT and line.get_markersize() > 9
        ]
        best = np.nanargmax(its.accuracy)
        assert ring.get_xydata().tolist() == [[its.lr[best], its.accuracy[best]]]
    assert len(table) == sum(len(its.lr) for its in given.values())
    assert table[0]["basin_from_lr"] == given["sgd"].basin()[0]


@pytest.mark.parametrize(("third", "marks"), [(0.78, set()), (np.nan, {"×: diverged"}), (0.1, {"▾: below the axis"})])
def test_marks_are_explained_only_where_they_are(check_layout, third: float, marks: set[str]) -> None:
    its, other = (Basin(np.array([1e-3, 1e-2, 1e-1]), np.array([0.75, 0.8, last])) for last in (third, 0.7))
    for given, others in (({"adam": its}, set()), ({"adam": its, "sgd": other}, {"gray: the others"})):
        said = " ".join(" ".join(check_layout(basins(given, DATA, BOUND)[0])).split())
        assert {
            mark for mark in ("×: diverged", "▾: below the axis", "gray: the others") if mark in said
        } == marks | others


@pytest.mark.filterwarnings("error")
@pytest.mark.slow
def test_one_trial_each_makes_basins_of_no_width(check_layout) -> None:
    figure, _ = basins({name: Basin(np.array([0.01]), np.array([0.5])) for name in NAMES}, DATA, BOUND)
    assert "Every basin is ≥ 0.0 decades wide" in check_layout(figure)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_an_optimizer_of_which_every_trial_diverged_has_a_panel_that_says_so(check_layout) -> None:
    lost = Basin(np.array([0.1, 1.0]), np.array([np.nan, np.nan]))
    figure, table = basins({"adam": trials(1e-3), "sgd": lost}, DATA, BOUND)
    assert "sgd: all diverged" in check_layout(figure)
    assert np.isnan(table[-1]["basin_to_lr"])
    figure, _ = basins({"sgd": lost}, DATA, BOUND)
    assert "Validation accuracy against learning rate" in check_layout(figure)


def test_at_chance_level_nobody_forgives_and_nobody_leads(check_layout) -> None:
    idle = Basin(np.array([1e-3, 1e-2, 1e-1]), np.array([0.10, 0.11, 0.10]))
    figure, _ = basins({"adam": trials(1e-3), "radam": trials(1e-2, curvature=0.02), "sgd": idle}, DATA, BOUND)
    texts = check_layout(figure)
    assert "sgd: did not learn" in texts
    (lesson,) = [text for text in texts if "forgives most" in text]
    assert "sgd" not in lesson
    figure, _ = budget({"sgd": np.array([0.1, 0.11]), "adam": np.array([0.1, 0.1])}, [("sgd",), ("sgd",)], DATA, BOUND)
    assert "No trial did better than guessing" in check_layout(figure)
    assert not figure.axes[1].texts


def test_the_leader_by_budget(check_layout) -> None:
    n = np.arange(1, 17)
    expected = {name: 0.7 + 0.01 * i - 0.1 / n for i, name in enumerate(NAMES[:8])}
    expected["radam"] = 0.81 - 0.08 / n
    expected["muon"] = 0.83 - 0.21 / n  # ahead once 0.02 > 0.13 / n
    figure, table = budget(expected, leaders(expected), DATA, BOUND)
    texts = check_layout(figure)
    assert "radam leads with few trials, muon from 7 on" in texts
    curves, strip = figure.axes
    assert {text.get_text() for text in curves.texts} == set(NAMES)
    assert [list(line.get_ydata()) for line in curves.lines] == [list(bests) for bests in expected.values()]
    assert [(text.get_text(), text.get_position()[0]) for text in strip.texts] == [("radam", 3.5), ("muon", 11.5)]
    assert len(table) == 160
    assert table[-1] == {"optimizer": "muon", "trials": 16, "expected_best": expected["muon"][15]}


def test_what_lies_below_the_budgets_axis_is_marked_and_no_marker_is_cut_in_half(check_layout) -> None:
    expected = {"sgd": np.array([0.2, 0.45, 0.7]), "adam": np.array([0.41, 0.6, 0.8])}
    figure, _ = budget(expected, [("adam",)] * 3, DATA, BOUND)
    assert any("▾: below the axis" in text for text in check_layout(figure))
    curves = figure.axes[0]
    floor, _ = curves.get_ylim()
    (marks,) = [line for line in curves.lines if not line.get_clip_on()]
    assert marks.get_xydata().tolist() == [[1, floor]]
    height = curves.transData.transform((1, 0.41))[1] - curves.bbox.y0
    assert height > curves.lines[0].get_markersize() / 2 * figure.dpi / 72
    figure, _ = budget({"adam": expected["adam"]}, [("adam",)] * 3, DATA, BOUND)
    assert not any("▾" in text for text in check_layout(figure))


@pytest.mark.parametrize(
    ("ahead", "what"),
    [
        ("aa", "a leads with any number of trials"),
        ("abc", "a leads with few trials, b from 2 on, c from 3 on"),
        ("abcba", "The lead changes 4 times: a with 1 trial, a with 5"),
        (["c", "abc"], "c leads with few trials; a, b and c alike from 2 on"),
        (["ab", "ab"], "a and b alike lead with any number of trials"),
        (["a", "ab", "b", "bc"], "The lead changes 3 times: a with 1 trial; b and c alike with 4"),
    ],
)
def test_what_the_budget_title_says(check_layout, ahead: Sequence[str], what: str) -> None:
    figure, _ = budget(
        {name: np.linspace(0.1, 0.8, len(ahead)) for name in "abc"}, [tuple(names) for names in ahead], DATA, BOUND
    )
    assert what in check_layout(figure)


def test_a_leader_of_one_trial_has_a_place_in_the_strip_but_no_name_that_would_not_fit(check_layout) -> None:
    figure, _ = budget(
        {"momentum": np.full(40, 0.5), "muon": np.linspace(0.4, 0.6, 40)},
        [("momentum",)] + [("muon",)] * 39,
        DATA,
        BOUND,
    )
    check_layout(figure)
    strip = figure.axes[1]
    assert [text.get_text() for text in strip.texts] == ["muon"]
    assert [patch.get_x() for patch in strip.patches] == [0.5, 1.5]


def test_names_of_24_letters_stay_above_their_own_panel(check_layout) -> None:
    names = [f"nesterov, cosine, bs {i}12" for i in range(8)]
    figure, _ = basins({name: trials(0.01 * i) for i, name in enumerate(names, 1)}, DATA, BOUND)
    texts = [" ".join(text.split()) for text in check_layout(figure)]
    assert all(any(text.startswith(f"{name}: ") for text in texts) for name in names)


def test_one_optimizer_alone_leads_nobody(check_layout) -> None:
    figure, _ = budget({"adam": np.array([0.7, 0.75, 0.8])}, ["adam"] * 3, DATA, BOUND)
    texts = check_layout(figure)
    assert "adam: 70.0 % to be expected with 1 trial, 80.0 % with 3" in texts
    assert not any("lead" in text for text in texts)


@pytest.mark.slow
def test_an_open_basin_is_said_to_be_no_narrower_than_others(check_layout) -> None:
    whole, wider = (Basin(np.geomspace(1e-4, 1, 5), 0.8 - height * np.array([4, 1, 0, 1, 4])) for height in (0.1, 0.05))
    opened = Basin(np.geomspace(1e-4, 1, 5), np.array([0.4, 0.5, 0.6, 0.7, 0.8]))
    half, wide = (
        Basin(wider.lr[:3], 0.8 - 0.04 * np.array([4, 1, 0])),
        Basin(wider.lr[2:], 0.8 - 0.01 * np.array([0, 2, 40])),
    )
    for given, said in (
        ({"adam": whole, "sgd": wider}, "sgd forgives most: a basin of 0.8 decades; adam least: 0.4"),
        ({"adam": whole, "sgd": opened}, "sgd's basin goes on beyond the learning rates tried"),
        ({"adam": whole, "radam": wide, "sgd": opened}, "2 of 3 basins go on beyond the learning rates tried"),
        ({"adam": whole, "sgd": wider, "radam": half}, "adam forgives least: 0.4 decades"),
        ({"adam": whole, "radam": wide}, "radam forgives most: a basin of ≥ 1.0 decades; adam least: 0.4"),
        ({"adam": opened, "sgd": Basin(opened.lr, opened.accuracy - 0.1)}, "Every basin is ≥ 0.2 decades wide"),
    ):
        assert said in check_layout(basins(given, DATA, BOUND)[0]), given


def test_equals_share_the_strip_a_stripe_each(check_layout) -> None:
    expected = {"sgd": np.array([0.4, 0.5, 0.5]), "adam": np.array([0.3, 0.5, 0.5]), "muon": np.array([0.2, 0.3, 0.4])}
    figure, _ = budget(expected, leaders(expected), DATA, BOUND)
    assert "sgd leads with few trials; sgd and adam alike from 2 on" in check_layout(figure)
    strip = figure.axes[1]
    assert [text.get_text() for text in strip.texts] == ["sgd", "sgd and adam alike"]
    boxes = [patch.get_bbox() for patch in strip.patches]
    assert [box.bounds for box in boxes] == [(0.5, 0, 1, 1), (1.5, 0.5, 2, 0.5), (1.5, 0, 2, 0.5)]
    colors = [patch.get_facecolor()[:3] for patch in strip.patches]
    assert colors[0] == colors[1] != colors[2]
