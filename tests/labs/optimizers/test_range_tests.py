from __future__ import annotations

from nnlabs.labs.optimizers.protocol import Trials
from nnlabs.labs.optimizers.range_tests import on_suggestions
from nnlabs.labs.optimizers.rates import with_end
from tests.made_runs import Make

NAN = float("nan")


def test_suggestions_are_held_against_the_best_rates_tried(make_runs: Make) -> None:
    def tried(*accuracies: float) -> Trials:
        return Trials([{"train.lr": lr} for lr in (0.1, 1.0)], make_runs(*accuracies))

    trials = {"sgd": tried(0.5, 0.9), "adam": tried(0.9, NAN), "muon": tried(0.1, 0.11)}
    said = on_suggestions({"sgd": 0.2, "adam": 0.025, "muon": 0.1}, trials, 0.14)
    assert said == [
        "The best learning rate tried is 4 (adam) to 5 (sgd) times the one that the range test suggested. It finds where to "
        "search, and is no substitute for a search."
    ]
    assert on_suggestions({"sgd": 0.8, "adam": NAN}, trials, 0.14) == [
        "The best learning rate tried is 1.2 (sgd) times the one that the range test suggested."
    ]
    # Neither a network at chance level nor an optimizer without range test or rate says anything of it.
    assert on_suggestions({"muon": 0.1, "adam": NAN}, trials, 0.14) == []
    assert on_suggestions({"sgd": 0.1}, {"sgd": Trials([{}], make_runs(0.9))}, 0.14) == []


def test_a_value_at_an_end_of_those_tried_is_told_to_be_there() -> None:
    said = [with_end(value, [0.01, 0.1, 1]) for value in (0.01, 0.1, 1)]
    assert said == ["0.01 (the lowest tried)", "0.1", "1 (the highest tried)"]
    assert with_end(0.1, [0.1]) == "0.1"
