"""Checks of `random_search`."""

from __future__ import annotations

import numpy as np

from nnlabs.exercises.exercise import Function
from nnlabs.exercises.expect import expect, show

RANGES = {"lr": {"log_uniform": [1e-4, 1.0]}, "dropout": {"uniform": [0.0, 0.5]}}


def as_many_and_in_range(random_search: Function) -> None:
    """As many settings as trials, each with a number for each name, within its range."""
    for trials in (1, 7):
        got = random_search(RANGES, trials, 0)
        inputs = (
            f"random_search(lr from 1e-4 to 1 log-uniform, dropout from 0 to 0.5 uniform; trials = {trials}, seed = 0)"
        )
        expect(
            isinstance(got, list) and len(got) == trials,
            f"a list of {trials}",
            got,
            "One dictionary a trial.",
            inputs=inputs,
            suspects={
                "there is one trial too few": isinstance(got, list) and len(got) == trials - 1,
                "all combinations of a grid are returned": isinstance(got, list) and len(got) == trials**2,
            },
        )
        for setting in got:
            expect(
                set(setting) == set(RANGES),
                "a value for each of lr and dropout",
                setting,
                "Every name needs a value.",
                inputs=inputs,
            )
            inside = 1e-4 <= setting["lr"] <= 1 and 0 <= setting["dropout"] <= 0.5
            expect(
                inside,
                "lr in [1e-4, 1], dropout in [0, 0.5]",
                setting,
                "Is a range [low, high], or a start and a length?",
                inputs=inputs,
                suspects={"the exponent is returned, not the number": setting["lr"] < 0},
            )


def new_values_each_time(random_search: Function) -> None:
    """Each trial tries a new value of each setting, and the settings are drawn one apart from the other."""
    got = random_search(RANGES, 100, 0)
    inputs = "random_search(the same ranges, trials = 100, seed = 0)"
    lr, dropout = (np.array([setting[key] for setting in got]) for key in ("lr", "dropout"))
    distinct = len(set(lr.tolist()))
    expect(
        distinct > 95,
        "100 different learning rates",
        f"{distinct} different ones",
        "That is what random search has over a grid.",
        inputs=inputs,
        suspects={"one setting is drawn and repeated": distinct == 1, "values come from a grid": 1 < distinct < 50},
    )
    together = float(abs(np.corrcoef(np.log(lr), dropout)[0, 1]))
    expect(
        together < 0.35,
        "no connection between lr and dropout (a correlation below 0.35)",
        f"{together:.2f}",
        "Draw a number of its own for each setting.",
        inputs=inputs,
        suspects={"one draw is shared by all settings": together > 0.9},
    )
    steps = np.diff(np.log(lr))
    expect(
        not (steps >= 0).all(),
        "rates in no order",
        "rates that only rise",
        "Evenly spaced values are a grid, not a random draw.",
        inputs=inputs,
        suspects={"values come from a grid": True},
    )


def log_uniform_is_even_in_the_exponent(random_search: Function) -> None:
    """Of a log-uniform range from 1e-4 to 1, half of the draws lie below 0.01; of a uniform one, half below the middle."""
    got = random_search(RANGES, 400, 0)
    inputs = "random_search(the same ranges, trials = 400, seed = 0)"
    rates = np.array([setting["lr"] for setting in got])
    low, high = float((rates < 0.01).mean()), float((rates > 0.5).mean())
    expect(
        0.4 < low < 0.6,
        "about half of the learning rates below 0.01 (40 to 60 %)",
        f"{low:.0%}",
        "Draw the exponent evenly: log lr between log low and log high.",
        inputs=inputs,
        suspects={
            "a log-uniform range is drawn uniformly": low < 0.1 and high > 0.4,
            "the logarithm is to the base of 10, and its inverse to e": bool(rates.min() >= np.exp(-4)),
        },
    )
    small = float(np.mean([setting["dropout"] < 0.25 for setting in got]))
    expect(
        0.4 < small < 0.6,
        "about half of the dropouts below 0.25 (40 to 60 %)",
        f"{small:.0%}",
        "Is this range drawn uniformly?",
        inputs=inputs,
        suspects={"a uniform range is not drawn uniformly": True},
    )


def other_names_and_ends(random_search: Function) -> None:
    """Names, kinds and ends are those of the ranges that were given, whichever these are."""
    ranges = {
        "lr": {"uniform": [0.05, 0.95]},
        "smoothing": {"uniform": [2.0, 3.0]},
        "decay": {"log_uniform": [0.01, 10.0]},
    }
    got = random_search(ranges, 200, 0)
    inputs = f"random_search({ranges}, trials = 200, seed = 0)"
    for key, spread in ranges.items():
        (kind, (low, high)), values = next(iter(spread.items())), [float(setting[key]) for setting in got]
        expect(
            all(low <= value <= high for value in values),
            f"{key} in [{low:g}, {high:g}]",
            f"{key} from {min(values):g} to {max(values):g}",
            "A range is [low, high], and both are read from what was given.",
            inputs=inputs,
            suspects={
                "the second end is taken for a length": low <= min(values) < high < max(values) <= low + high,
                "low is forgotten": kind == "uniform" and 0 <= min(values) < low and max(values) <= high,
                "the ends are written in the function, not read": True,
            },
        )
        middle = (low + high) / 2 if kind == "uniform" else (low * high) ** 0.5
        share = float(np.mean([value < middle for value in values]))
        expect(
            0.35 < share < 0.65,
            f"about half of {key} below {middle:g} (35 to 65 %)",
            f"{share:.0%}",
            "Which kind of range is it, and what does that say about the draw?",
            inputs=inputs,
            suspects={"the name decides how a range is drawn, not its kind": True},
        )


def seeds_decide(random_search: Function) -> None:
    """The same seed gives the same settings, another one others."""
    first, again, other = (random_search(RANGES, 5, seed) for seed in (0, 0, 1))
    inputs = "random_search(the same ranges, trials = 5, seed), twice with seed 0"
    expect(
        first == again,
        "the same settings twice",
        again,
        "Make a generator from `seed`.",
        inputs=inputs,
        suspects={"the seed is ignored": True},
    )
    expect(
        first != other,
        "other settings with seed 1",
        other,
        "Does the seed matter?",
        inputs="seeds 0 and 1",
        suspects={"the seed is ignored": True},
    )
    for key in RANGES:
        values, others = ([setting[key] for setting in settings] for settings in (first, other))
        expect(
            sorted(values) != sorted(others),
            f"other values of {key} with seed 1",
            f"the same five in another order: {show(others)} after {show(values)}",
            "What is drawn: the values, or the order of values that stand fast?",
            inputs="seeds 0 and 1",
            suspects={"values come from a grid, which the seed only shuffles": True},
        )


def plain_numbers(random_search: Function) -> None:
    """Values are Python's own floats."""
    (setting,) = random_search(RANGES, 1, 0)
    expect(
        all(type(value) is float for value in setting.values()),
        "Python's own floats, which a YAML file can hold",
        ", ".join(f"{name}: a {type(value).__module__}.{type(value).__name__}" for name, value in setting.items()),
        "float(...) makes one of a NumPy number.",
        inputs="random_search(the same ranges, trials = 1, seed = 0)",
        suspects={"NumPy's numbers are returned": all(isinstance(value, np.generic) for value in setting.values())},
    )
