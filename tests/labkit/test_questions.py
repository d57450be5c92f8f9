from __future__ import annotations

import pytest

from nnlabs.errors import ConfigError
from nnlabs.labkit.questions.number import Number
from nnlabs.labkit.questions.ranking import Ranking

GAP = Number("gap", "How much?", "So.", "act.a.gap", "points", low=-20, high=100, minus="act.b.gap", scale=100)
COUNT = Number("count", "How many?", "So.", "act.count", "mistakes", low=1, high=10_000, log=True)
NETS = ("mlp", "cnn", "cnn, order shuffled")
BEST = Ranking("best", "Which?", "So.", "nets.{}.test", NETS, "% right", "the most right answers", places=3, scale=100)
FIRST = Ranking(
    "first", "Which?", "So.", "steps.{}", ("sgd", "adam", "muon"), "steps", "the fewest", places=1, lowest=True
)


def band(mean: float, half: float | None) -> dict[str, float | int | None]:
    return {"mean": mean, "low": half and mean - half, "high": half and mean + half, "n": 1 if half is None else 5}


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("12", [12, 12]),
        ("5 to 20", [5, 20]),
        ("5-20", [5, 20]),
        ("5 – 20 points", [5, 20]),
        ("[5 to 20] %", [5, 20]),
        ("-12.5 to -3", [-12.5, -3]),
        ("-12--3", [-12, -3]),
        ("-2e0 – 1e1 points", [-2, 10]),
    ],
)
def test_a_number_or_a_range(text, ends):
    assert GAP.parse(text) == ends


def test_thousands_may_be_separated():
    assert COUNT.parse("1,200 to 2,000 mistakes") == [1200, 2000]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no number"),
        ("many", "no number"),
        ("1 2 3", "no number"),
        ("3,5", "no number"),
        ("nan", "no number"),
        ("20 to 5", "5 to 20?"),
        ("50 to 101", "between -20 and 100"),
        ("1e999", "between -20 and 100"),
    ],
)
def test_what_is_no_number_is_told(text, says):
    with pytest.raises(ConfigError, match=says.replace("?", r"\?")):
        GAP.parse(text)


def test_a_point_that_may_separate_thousands_is_asked_about():
    with pytest.raises(ConfigError, match=r"1\.486 could be 1\.486 or 1,486; write the one you mean"):
        COUNT.parse("1.486")
    assert GAP.parse("1.486") == [1.486, 1.486]  # no thousands there
    assert COUNT.parse("1486") == [1486, 1486]


@pytest.mark.parametrize("question", [GAP, COUNT, BEST, FIRST], ids=lambda question: question.name)
def test_the_example_of_how_to_answer_is_an_answer(question):
    answer = question.parse(question.example)
    assert question.describe_answer(answer)
    assert any(question.example in line for line in question.how) or question.places == 1


@pytest.mark.parametrize(
    "text", ["2 3 1", "2,3,1", "2 > 3 > 1", "cnn, cnn, order shuffled, mlp", "CNN > cnn, Order shuffled > mlp"]
)
def test_an_order_by_numbers_or_names(text):
    assert BEST.parse(text) == ["cnn", "cnn, order shuffled", "mlp"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "3 of the 3 are asked for, and these are 0"),
        ("1 2", "these are 2"),
        ("1 1 2", "mlp stands there twice"),
        ("0 1 2", "from 1 to 3, and one is 0"),
        ("4 1 2", "one is 4"),
        ("mpl, cnn", "did you mean 'mlp'"),
        ("mlps, cnn", "^mlps is none of them; did you mean 'mlp'"),
    ],
)
def test_what_is_no_order_is_told(text, says):
    with pytest.raises(ConfigError, match=says):
        BEST.parse(text)


def test_points_of_a_range():
    metrics = {"act": {"a": {"gap": 0.5}, "b": {"gap": band(0.2, 0.03)}}}
    assert GAP.measured(metrics) == pytest.approx(30)
    assert GAP.describe_result(metrics) == "30 ± 3 points"
    # 120 points can be answered: a range of 12 costs a tenth of them, 2 points below it another 20.
    inside, outside = GAP.score([24, 36], metrics), GAP.score([32, 44], metrics)
    assert (inside.points, inside.value) == (pytest.approx(90), pytest.approx(12))
    assert (outside.points, outside.value) == (pytest.approx(100 * (1 - 32 / 120)), pytest.approx(32))
    assert outside.words == "2 points below what you said"
    assert GAP.score([30, 30], metrics).points == pytest.approx(100)
    assert GAP.score([90, 100], metrics).points == 0


def test_counts_are_judged_by_their_ratio():
    found = COUNT.score([100, 1000], {"act": {"count": 10_000}})
    # One power of ten wide, one above: 1 + 10 of the four that can be answered.
    assert found.value == pytest.approx(11)
    assert found.points == 0
    assert found.words == "a factor 10 above what you said"
    assert COUNT.score([200, 800], {"act": {"count": 300}}).points == pytest.approx(
        COUNT.score([20, 80], {"act": {"count": 30}}).points
    )
    assert COUNT.score([1, 1], {"act": {"count": 0}}).points == 100  # less than can be answered


def test_points_of_an_order():
    metrics = {"nets": {"mlp": {"test": 0.5}, "cnn": {"test": band(0.9, 0.1)}, NETS[2]: {"test": band(0.6, 0.2)}}}
    # cnn lies from 0.8, the shuffled one to 0.8: they touch, and cannot be told apart; mlp lies in the interval of the latter.
    assert BEST.score(BEST.parse("2 3 1"), metrics).points == 100
    assert BEST.score(BEST.parse("1 2 3"), metrics).words == "0 of 1 pairs right"
    assert BEST.describe_result(metrics) == "cnn 90 > cnn, order shuffled 60 > mlp 50 % right"


def test_what_has_no_value_comes_last():
    metrics = {"steps": {"sgd": 60, "muon": 20}}
    assert [FIRST.score([name], metrics).points for name in ("muon", "sgd", "adam")] == [100, 50, 0]
    assert FIRST.describe_result(metrics) == "muon 20 > sgd 60 > adam – steps"


@pytest.mark.parametrize("question", [GAP, COUNT, BEST, FIRST], ids=lambda question: question.name)
def test_a_run_without_the_act_gives_no_points(question):
    metrics = {"other": {}, "act": {"count": None}}
    assert question.measured(metrics) is None
    assert question.describe_result(metrics) == "not measured in this run"
    score = question.score(question.parse(question.example), metrics)
    assert (score.points, score.value) == (None, None)


def test_where_all_overlap_it_does_not_count():
    metrics = {"nets": {name: {"test": band(0.5, 0.1)} for name in NETS}}
    score = BEST.score(BEST.parse("1 2 3"), metrics)
    assert score.points is None and "cannot tell" in score.words
