from __future__ import annotations

import math

import pytest

from nnlabs.labkit.lessons import CONTRADICTED, NOT_SHOWN, SHOWN, judge
from nnlabs.labs.activations.lessons import LESSONS
from nnlabs.stats.intervals import mean_interval

RIGHT = {"ReLU": 0.1, "Leaky ReLU": 0.84}


def verdicts(**death: object) -> list[str]:
    return [outcome.verdict for outcome in judge(LESSONS, {"death": {"validation_accuracy": RIGHT, **death}}, "quick")]


@pytest.mark.parametrize(
    ("gained", "verdict"),
    [([0.5, 0.48, 0.5], SHOWN), ([0.5, 0.0, 0.1], NOT_SHOWN), ([-0.2, -0.21, -0.2], CONTRADICTED)],
)
def test_death_is_what_the_highest_rate_adds_to_the_lowest(gained, verdict):
    assert verdicts(dead_share_gained=mean_interval(gained)) == [verdict]
    lost = {"dead_share_gained": mean_interval(gained), "validation_accuracy": dict.fromkeys(RIGHT, 0.1)}
    assert verdicts(**lost) == [NOT_SHOWN]  # a rate at which nothing learns shows nothing


def test_where_all_networks_diverged_no_unit_is_shown_to_die():
    assert verdicts(dead_share_gained=mean_interval([math.nan, math.nan])) == [NOT_SHOWN]


def test_losses_that_are_not_finite_are_no_proof_of_two_equal_engines():
    def verdict(at_first: float) -> list[str]:
        replica = {"largest_difference": {"Tanh": 0.9}, "at_first": at_first}
        return [outcome.verdict for outcome in judge(LESSONS, {"replica": replica}, "quick")]

    assert verdict(math.nan) == [NOT_SHOWN]
    assert (verdict(1e-12), verdict(1e-3)) == ([SHOWN], [CONTRADICTED])  # whatever rounding grows to later


def test_of_the_two_engines_no_more_steps_are_named_than_were_made():
    (found,) = judge(LESSONS, {"replica": {"largest_difference": {"Tanh": 0.0}, "at_first": 0.0}}, "smoke")
    assert "losses over at most 10 steps" in found.numbers  # smoke makes eight


def test_a_shallow_network_says_nothing_of_deep_ones():
    change = {"Sigmoid and normal": -3.7, "ReLU and he": 0.0, "ReLU and normal": -1.4}
    depth = {"layers": 3, "log10_first_to_last": change}
    assert list(judge(LESSONS, {"depth": depth}, "quick")) == []
    found = [outcome.verdict for outcome in judge(LESSONS, {"depth": depth | {"layers": 10}}, "quick")]
    assert found == [CONTRADICTED, CONTRADICTED]


def test_of_a_single_rate_nothing_is_said():
    assert verdicts() == []


def test_spirals_must_be_learned_before_the_bend_is_shown() -> None:
    def verdict(relu: list[float]) -> str:
        right = {"ReLU": {"spirals": mean_interval(relu)}, "Identity": {"spirals": mean_interval([0.5, 0.51, 0.5])}}
        (found,) = judge(LESSONS, {"training": {"validation_accuracy": right}}, "quick")
        return found.verdict

    assert verdict([0.97, 0.98, 0.99]) == SHOWN
    assert verdict([0.58, 0.59, 0.6]) == "not shown by this run"
