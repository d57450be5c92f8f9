"""Exercises of lab 4: how settings are chosen, and how the winners are compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nnlabs.exercises.exercise import Exercise, mistake
from nnlabs.exercises.expect import expect, expect_close

Function = Callable[..., Any]


# ---- Reading a learning-rate range test


def falling_is_harmless(first_diverged: Function) -> None:
    """A loss that only falls is no reason, however far."""
    got = first_diverged([1.0, 2.0, 3.0], np.array([9.0, 2.0, 1.0]))
    expect_close(got, np.nan, "nan, as the loss only falls", "The lowest so far, not the lowest of all.",
                 suspects={"the lowest of all is taken, which comes later": 1.0})  # fmt: skip


def back_where_it_began(first_diverged: Function) -> None:
    """A rate is too high where the loss, having fallen, is back at its beginning."""
    got = first_diverged([1.0, 2.0, 3.0, 4.0], np.array([1.0, 0.5, 1.2, 0.4]))
    suspects = {
        "a later rate is taken than the first": 4.0,
        "the number of the rate is returned, not the rate": 2.0,
        "a loss that is back at its beginning is not noticed": np.nan,
        "the lowest loss is taken for the end": 2.0,
    }
    expect_close(got, 3.0, "3, the first rate at which the loss is 1 or more again", "When has all that was learnt come to nothing?",
                 suspects=suspects)  # fmt: skip


def far_above_the_lowest(first_diverged: Function) -> None:
    """A rate is too high where the loss is more than four times the lowest so far."""
    got = first_diverged([1.0, 2.0, 3.0, 4.0], np.array([1.0, 0.1, 0.39, 0.41]))
    suspects = {
        "the loss is compared with the first, not with the lowest": np.nan,
        "any rise counts": 3.0,
        "the number of the rate is returned, not the rate": 3.0,
        "the rate of the lowest loss is returned": 2.0,
    }
    expect_close(got, 4.0, "4, as 0.41 is more than 4 · 0.1", "What is the lowest loss so far at each rate?", suspects=suspects)


def never_learnt(first_diverged: Function) -> None:
    """A loss that never fell by a tenth cannot come to nothing, and no losses at all are no reason."""
    got = first_diverged([1.0, 2.0, 3.0], np.array([1.0, 0.95, 1.0]))
    expect_close(got, np.nan, "nan, as 0.95 is not below 0.9 of the first", "Noise alone takes a loss back to its beginning.",
                 suspects={"a fall of less than a tenth counts as learning": 3.0, "every rate at the first loss counts": 1.0})  # fmt: skip
    expect_close(first_diverged([1.0, 2.0], np.array([])), np.nan, "nan, where no loss is known yet", "What is smoothed[0] of nothing?")


RATES = 10 ** np.linspace(-5, 0, 101)


def _test_curve(middle: float) -> Any:
    """A loss that falls fastest, over log lr, at 10**middle, and rises beyond lr = 0.1."""
    x = np.log10(RATES)
    return 2.3 - 2 / (1 + np.exp(-4 * (x - middle))) + np.where(x > -1, 3 * (x + 1) ** 2, 0)


def fastest_fall(steepest: Function) -> None:
    """The rate at which the loss falls fastest over the logarithm of the rate."""
    smoothed = _test_curve(-2.5)
    got = float(steepest(RATES, smoothed, np.nan))
    lowest, plain = RATES[smoothed.argmin()], RATES[np.gradient(smoothed, RATES).argmin()]
    rise = RATES[np.gradient(smoothed, np.log(RATES)).argmax()]

    def near(rate: float) -> bool:
        return abs(np.log10(max(got, 1e-12) / rate)) < 0.11

    suspects = {
        "the rate of the lowest loss is taken": near(float(lowest)),
        "the slope is taken over lr, not over log lr": near(float(plain)),
        "the steepest rise is taken": near(float(rise)),
        "the number of the rate is returned, not the rate": got == int(got),
    }
    expect(abs(np.log10(max(got, 1e-12)) + 2.5) < 0.11, "0.00316, or one of its neighbours", got,
           "The rates are evenly spaced on a logarithmic axis: slope over np.log(lr).",
           inputs="101 rates from 1e-5 to 1, a loss that falls fastest at 0.00316", suspects=suspects)  # fmt: skip


def nothing_behind_the_end(steepest: Function) -> None:
    """What lies behind the lowest loss, or behind the rate that diverges, does not count."""
    smoothed = _test_curve(-2.5)
    smoothed[95:] = [3.0, 2.0, 0.31, 1.0, 2.0, 3.0]
    got = float(steepest(RATES, smoothed, np.nan))
    expect(abs(np.log10(max(got, 1e-12)) + 2.5) < 0.11, "0.00316, or one of its neighbours", got,
           "Behind the lowest loss a wild curve may fall fast, too.", inputs="the same loss, wild behind 0.56",
           suspects={"what comes behind the lowest loss counts too": got > 0.1})  # fmt: skip
    falls = np.linspace(2.0, 1.9, 101) - np.where(np.arange(101) > 80, np.arange(101) - 80, 0)
    got = float(steepest(RATES, falls, float(RATES[60])))
    expect(got < RATES[60], f"a rate below {RATES[60]:g}, from which on nothing counts", got, "Cut the loss off at `diverges` first.",
           inputs=f"a loss that falls slowly, and fast behind 0.1; diverges = {RATES[60]:g}",
           suspects={"`diverges` is ignored": got >= RATES[60]})  # fmt: skip


def never_falls(steepest: Function) -> None:
    """Where the loss never falls, there is no such rate: nan."""
    got = steepest(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.5, 2.0]), np.nan)
    expect_close(got, np.nan, "nan", "What if the first loss is the lowest?",
                 suspects={"a loss that never falls has a steepest fall": 1.0})  # fmt: skip


LR_RANGE = Exercise(
    name="lr_range",
    lab=4,
    title="what a learning-rate range test says: where the loss falls fastest, and where it is lost",
    minutes=25,
    hints=(
        "np.minimum.accumulate(smoothed) is the lowest loss so far at each rate; np.flatnonzero(condition) says where something holds.",
        "Too high: smoothed > TOO_HIGH * lowest, or (lowest < LEARNT * smoothed[0]) and smoothed >= smoothed[0]. The steepest fall is "
        "the smallest np.gradient(smoothed, np.log(lr)), before the lowest point.",
        "first_diverged: lr[too_high[0]] if len(too_high) else nan. steepest: cut at np.searchsorted(lr, diverges), find lowest = "
        "argmin; nan if that is 0; else lr[np.argmin(np.gradient(smoothed, np.log(lr))[:lowest])].",
    ),
    why="A minute of training on rising rates replaces most of a search (Smith 2015, arXiv:1506.01186).",
    checks=(falling_is_harmless, back_where_it_began, far_above_the_lowest, never_learnt, fastest_fall, nothing_behind_the_end, never_falls),
    mistakes=(
        mistake("a loss back at its beginning is not noticed", "not noticed", "lost | (smoothed", "(smoothed"),
        mistake("the loss is compared with the first", "with the first", "smoothed > TOO_HIGH * lowest", "smoothed > TOO_HIGH * smoothed[0]"),
        mistake("the lowest of all is taken", "lowest of all", "np.minimum.accumulate(smoothed)", "np.full(len(smoothed), smoothed.min())"),
        mistake("the number is returned", "number of the rate", "return lr[too_high[0]]", "return float(too_high[0])"),
        mistake("a small fall counts as learning", "less than a tenth", "LEARNT * smoothed[0]", "smoothed[0]"),
        mistake("a later rate is taken", "a later rate", "lr[too_high[0]]", "lr[min(too_high[-1] + 1, len(lr) - 1)]"),
        mistake("the slope is taken over lr", "over lr, not over log lr", "np.gradient(smoothed, np.log(lr))", "np.gradient(smoothed, lr)"),
        mistake("the rate of the lowest loss is taken", "lowest loss is taken", "lr[np.argmin(np.gradient(smoothed, np.log(lr))[:lowest])]", "lr[lowest]"),
        mistake("what comes behind the lowest counts", "behind the lowest", "np.log(lr))[:lowest]", "np.log(lr))"),
        mistake("diverges is ignored", "is ignored", "int(np.argmin(before)) if len(before) else 0", "int(np.argmin(smoothed))"),
        mistake("a loss that never falls has a steepest fall", "never falls", "if not lowest:\n        return math.nan", "lowest = max(lowest, 1)"),
    ),
)  # fmt: skip


# ---- Random search

RANGES = {"lr": {"log_uniform": [1e-4, 1.0]}, "dropout": {"uniform": [0.0, 0.5]}}


def as_many_and_in_range(random_search: Function) -> None:
    """As many settings as trials, each with a plain number for each name, within its range."""
    for trials in (1, 7):
        got = random_search(RANGES, trials, 0)
        inputs = f"random_search(lr from 1e-4 to 1 log-uniform, dropout from 0 to 0.5 uniform; trials = {trials}, seed = 0)"
        expect(isinstance(got, list) and len(got) == trials, f"a list of {trials}", got, "One dictionary a trial.", inputs=inputs,
               suspects={"there is one trial too few": isinstance(got, list) and len(got) == trials - 1,
                         "all combinations of a grid are returned": isinstance(got, list) and len(got) == trials**2})  # fmt: skip
        for setting in got:
            expect(set(setting) == set(RANGES), "a value for each of lr and dropout", setting, "Every name needs a value.", inputs=inputs)
            inside = 1e-4 <= setting["lr"] <= 1 and 0 <= setting["dropout"] <= 0.5
            expect(inside, "lr in [1e-4, 1], dropout in [0, 0.5]", setting, "Is a range [low, high], or a start and a length?",
                   inputs=inputs, suspects={"the exponent is returned, not the number": setting["lr"] < 0})  # fmt: skip
            expect(all(type(value) is float for value in setting.values()), "plain floats", setting,
                   "A YAML file cannot hold NumPy's numbers: float(...).", inputs=inputs,
                   suspects={"NumPy's numbers are returned": True})  # fmt: skip


def log_uniform_is_even_in_the_exponent(random_search: Function) -> None:
    """Of a log-uniform range from 1e-4 to 1, half of the draws lie below 0.01; of a uniform one, half below the middle."""
    got = random_search(RANGES, 400, 0)
    inputs = "random_search(the same ranges, trials = 400, seed = 0)"
    low = float(np.mean([setting["lr"] < 0.01 for setting in got]))
    expect(0.4 < low < 0.6, "about half of the learning rates below 0.01 (40 to 60 %)", f"{low:.0%}",
           "Draw the exponent evenly: log lr between log low and log high.", inputs=inputs,
           suspects={"a log-uniform range is drawn uniformly": low < 0.1})  # fmt: skip
    small = float(np.mean([setting["dropout"] < 0.25 for setting in got]))
    expect(0.4 < small < 0.6, "about half of the dropouts below 0.25 (40 to 60 %)", f"{small:.0%}", "Is this range drawn uniformly?",
           inputs=inputs, suspects={"a uniform range is not drawn uniformly": True})  # fmt: skip


def new_values_each_time(random_search: Function) -> None:
    """Each trial tries a new value of each setting, and the settings are drawn one apart from the other."""
    got = random_search(RANGES, 100, 0)
    inputs = "random_search(the same ranges, trials = 100, seed = 0)"
    lr, dropout = (np.array([setting[key] for setting in got]) for key in ("lr", "dropout"))
    distinct = len(set(lr.tolist()))
    expect(distinct > 95, "100 different learning rates", f"{distinct} different ones", "That is what random search has over a grid.",
           inputs=inputs, suspects={"one setting is drawn and repeated": distinct == 1, "values come from a grid": 1 < distinct < 50})  # fmt: skip
    together = float(abs(np.corrcoef(np.log(lr), dropout)[0, 1]))
    expect(together < 0.35, "no connection between lr and dropout (a correlation below 0.35)", f"{together:.2f}",
           "Draw a number of its own for each setting.", inputs=inputs,
           suspects={"one draw is shared by all settings": together > 0.9})  # fmt: skip
    steps = np.diff(np.log(lr))
    expect(not (steps >= 0).all(), "rates in no order", "rates that only rise", "Evenly spaced values are a grid, not a random draw.",
           inputs=inputs, suspects={"values come from a grid": True})  # fmt: skip


def seeds_decide(random_search: Function) -> None:
    """The same seed gives the same settings, another one others."""
    first, again, other = (random_search(RANGES, 5, seed) for seed in (0, 0, 1))
    inputs = "random_search(the same ranges, trials = 5, seed), twice with seed 0"
    expect(first == again, "the same settings twice", again, "Make a generator from `seed`.", inputs=inputs,
           suspects={"the seed is ignored": True})  # fmt: skip
    expect(first != other, "other settings with seed 1", other, "Does the seed matter?", inputs="seeds 0 and 1",
           suspects={"the seed is ignored": True})  # fmt: skip


RANDOM_SEARCH = Exercise(
    name="random_search",
    lab=4,
    title="settings drawn at random from their ranges",
    minutes=20,
    hints=(
        "A generator made from the seed; for each trial, for each name, one number of its own.",
        "uniform: [low, high] is a straight draw. log_uniform: draw evenly between log low and log high, and take exp of it.",
        "rng = np.random.default_rng(seed); for each trial {key: float(...)} with rng.uniform(low, high), or "
        "np.exp(rng.uniform(np.log(low), np.log(high))). `dict(spread)` has one key, the kind of range.",
    ),
    why="With as many trials as a grid, each setting that matters is tried at more different values (Bergstra & Bengio 2012).",
    checks=(as_many_and_in_range, new_values_each_time, log_uniform_is_even_in_the_exponent, seeds_decide),
    mistakes=(
        mistake("a log-uniform range is drawn uniformly", "drawn uniformly", "_spaces(ranges)",
                '_spaces({key: {"uniform": next(iter(spread.values()))} for key, spread in ranges.items()})'),
        mistake("the seed is ignored", "seed is ignored", "random_state=seed", "random_state=None"),
        mistake("every search has the same seed", "seed is ignored", "random_state=seed", "random_state=0"),
        mistake("one trial too few", "one trial too few", "n_iter=trials", "n_iter=trials - 1"),
        mistake("one setting is drawn and repeated", "drawn and repeated", "n_iter=trials, random_state=seed)", "n_iter=1, random_state=seed)",
                "for setting in drawn]", "for setting in list(drawn) * trials]"),
        mistake("NumPy's numbers are returned", "NumPy's numbers", "key: float(value)", "key: np.float64(value)",
                "from __future__ import annotations\n", "from __future__ import annotations\n\nimport numpy as np\n"),
        mistake("one draw is shared by all settings", "shared by all settings", "for setting in drawn]", "for setting in shared]",
                "    drawn = ParameterSampler(_spaces(ranges), n_iter=trials, random_state=seed)\n",
                "    import numpy as np\n\n    spaces = _spaces(ranges)\n    shares = np.random.default_rng(seed).random(trials)\n"
                "    shared = [{key: its.ppf(share) for key, its in spaces.items()} for share in shares]\n"),
        mistake("values come from a grid", "grid", "for setting in drawn]", "for setting in even]",
                "    drawn = ParameterSampler(_spaces(ranges), n_iter=trials, random_state=seed)\n",
                "    spaces = list(_spaces(ranges).items())\n"
                "    even = [{key: its.ppf((i + 0.5) / trials if j else (i * 37 % trials + 0.5) / trials) for j, (key, its) in "
                "enumerate(spaces[::-1])} for i in range(trials)]\n"),
    ),
    needs=("scipy", "sklearn"),
)  # fmt: skip


# ---- A fair comparison


def _t_interval(differences: Any, confidence: float) -> tuple[float, float, float]:
    from scipy.special import stdtrit

    n = len(differences)
    half = float(stdtrit(n - 1, (1 + confidence) / 2) * np.std(differences, ddof=1) / np.sqrt(n))
    mean = float(np.mean(differences))
    return mean, mean - half, mean + half


def _ends(interval: Any) -> list[float]:
    return [float(interval.mean), float(interval.low), float(interval.high)]


A = np.array([0.91, 0.80, 0.87, 0.95])
NOISE = np.array([0.001, -0.001, 0.002, 0.0])


def what_seeds_share_cancels(paired_difference: Function) -> None:
    """The interval is that of the differences seed by seed: what both share, an easy or a hard split, cancels."""
    b = A - 0.01 + NOISE
    right = _t_interval(A - b, 0.95)
    spread = np.sqrt(np.var(A, ddof=1) / 4 + np.var(b, ddof=1) / 4)
    mean, width = right[0], 2.446911848791681 * spread  # t of 6 degrees of freedom
    suspects = {
        "the difference is turned round: b - a": _t_interval(b - A, 0.95),
        "the seeds are not paired: both spreads are added": (mean, mean - width, mean + width),
        "the confidence is not 95 %": _t_interval(A - b, 0.9),
        "the size of the difference is taken, without its sign": _t_interval(np.abs(A - b), 0.95),
        "the pairs are sorted apart": _t_interval(np.sort(A) - np.sort(b)[::-1], 0.95),
        "only the best seeds are compared": _t_interval(np.full(4, A.max() - b.max()), 0.95),
    }
    got = _ends(paired_difference(A, b))
    think = "Subtract first, seed by seed; then ask for mean and interval of that."
    expect_close(got, right, "mean, lower and upper end of the interval of a - b", think, suspects=suspects)
    other = _ends(paired_difference(b, A))
    expect_close(other, _t_interval(b - A, 0.95), "the same with the sign turned, for b - a", "A loser's difference is negative.",
                 suspects={"the size of the difference is taken, without its sign": _t_interval(np.abs(A - b), 0.95)})  # fmt: skip


def confidence_is_passed_on(paired_difference: Function) -> None:
    """A confidence of 50 % gives a narrower interval than one of 99 %."""
    b = A - 0.01 + NOISE
    for confidence in (0.5, 0.99):
        got = _ends(paired_difference(A, b, confidence))
        expect_close(got, _t_interval(A - b, confidence), f"mean and ends at {confidence:.0%}", "Is `confidence` passed on?",
                     suspects={"the confidence asked for is ignored": _t_interval(A - b, 0.95)})  # fmt: skip


def pairs_stay_pairs(paired_difference: Function) -> None:
    """A seed that diverged on either side does not count, on both sides; other lengths are a mistake."""
    b = A - 0.01 + NOISE
    a = A.copy()
    a[0], b[1] = np.nan, np.nan
    got = paired_difference(a, b)
    expect(int(got.n) == 2, "2 pairs that count", int(got.n), "A pair with a nan on one side is no pair.",
           inputs="a with nan in its first place, b in its second, four seeds")  # fmt: skip
    expect_close(_ends(got), _t_interval((a - b)[2:], 0.95), "mean and ends over the two whole pairs", "Are the right two left?",
                 inputs="a with nan in its first place, b in its second, four seeds")  # fmt: skip
    try:
        got = paired_difference(np.ones(1), np.ones(3))
    except ValueError:
        return
    expect(False, "a ValueError, as 1 and 3 seeds cannot be paired", got, "NumPy stretches one value over three, without a word.",
           inputs="paired_difference(one seed, three seeds)", suspects={"different numbers of seeds are accepted": True})  # fmt: skip


def corrected_for_their_number(holm: Function) -> None:
    """The smallest p is multiplied by m, the next by m - 1, and so on; none ends below a smaller one."""
    p = np.array([0.01, 0.04, 0.03])
    suspects = {
        "nothing is corrected": p,
        "all are multiplied by m, which is Bonferroni's way": 3 * p,
        "a larger p may end below a smaller one": [0.03, 0.04, 0.06],
        "the multipliers run the wrong way": [0.01, 0.12, 0.06],
        "the multipliers begin at m - 1": [0.02, 0.03, 0.03],
    }
    expect_close(holm(p), [0.03, 0.06, 0.06], "3 · 0.01; then 2 · 0.03; then the larger of 1 · 0.04 and what came before",
                 "Sort first; np.maximum.accumulate keeps the order.", suspects=suspects)  # fmt: skip


def in_the_order_given(holm: Function) -> None:
    """Each corrected value stands where its p stood, and none exceeds 1."""
    got = holm(np.array([0.5, 0.001, 0.2]))
    expect_close(got, [0.5, 0.003, 0.4], "0.5, 0.003, 0.4", "Sort, correct, and put each back in its place.",
                 suspects={"the order of the result is that of the sorted p": [0.003, 0.4, 0.5]})  # fmt: skip
    expect_close(holm(np.array([0.9, 0.8])), [1, 1], "1 and 1, as no p is above 1", "What is the largest a probability can be?",
                 suspects={"values above 1 are left": [1.6, 1.6]})  # fmt: skip


FAIR = Exercise(
    name="fair_comparison",
    lab=4,
    title="who is better: differences seed by seed, corrected for the number of comparisons",
    minutes=25,
    hints=(
        "Both competitors ran with the same seeds. Subtract seed by seed, and hand the differences to mean_interval; but see first that "
        "there are as many on both sides.",
        "Holm: sort the p values; multiply the smallest by m, the next by m - 1, ... the largest by 1; then let none fall below the one "
        "before, and none exceed 1.",
        "order = np.argsort(p); corrected[order] = np.maximum.accumulate(np.arange(m, 0, -1) * p[order]); return np.minimum(corrected, 1).",
    ),
    why="With ten optimizers there are 45 pairs, and two of them differ at 5 % by chance alone (Student 1908; Holm 1979).",
    checks=(what_seeds_share_cancels, confidence_is_passed_on, pairs_stay_pairs, corrected_for_their_number, in_the_order_given),
    mistakes=(
        mistake("the difference is turned round", "turned round", "mean_interval(left - right, confidence)", "mean_interval(right - left, confidence)"),
        mistake("the confidence is ignored", "confidence asked for is ignored", "left - right, confidence)", "left - right)"),
        mistake("different numbers of seeds are accepted", "are accepted", "if left.shape != right.shape:", "if False:"),
        mistake("the sign is lost", "without its sign", "mean_interval(left - right", "mean_interval(np.abs(left - right)"),
        mistake("the seeds are not paired", "sorted apart", "mean_interval(left - right", "mean_interval(np.sort(left) - np.sort(right)[::-1]"),
        mistake("all are multiplied by m", "Bonferroni", "np.maximum.accumulate(np.arange(len(values), 0, -1) * values[order])", "len(values) * values[order]"),
        mistake("a larger p may end below a smaller one", "below a smaller one", "np.maximum.accumulate(np.arange(len(values), 0, -1) * values[order])",
                "np.arange(len(values), 0, -1) * values[order]"),
        mistake("the order is that of the sorted p", "sorted p", "corrected[order] =", "corrected[:] ="),
        mistake("values above 1 are left", "above 1", "np.minimum(corrected, 1.0)", "corrected"),
        mistake("the multipliers run the wrong way", "wrong way", "np.arange(len(values), 0, -1)", "np.arange(1, len(values) + 1)"),
    ),
    needs=("scipy",),
)  # fmt: skip

EXERCISES = (LR_RANGE, RANDOM_SEARCH, FAIR)
