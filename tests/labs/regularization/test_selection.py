"""What searches found and what folds tell, in sentences."""

from __future__ import annotations

import numpy as np

from nnlabs.labs.regularization.runs import choose_settings
from nnlabs.labs.regularization.selection import fold_bound, on_folds, on_selection
from nnlabs.records import write_json
from nnlabs.stats.intervals import guessing_bound
from tests.made_runs import Make

BOUND = 0.14
NAN = float("nan")


def test_a_choice_at_an_end_of_what_was_tried_is_told() -> None:
    tried = [{"train.weight_decay": decay, "model.dropout": rate} for decay in (0.1, 1, 10) for rate in (0, 0.2)]
    assert on_selection({"grid search": tried[0]}, {"grid search": tried}) == (
        "Grid search chose lambda of weight decay 0.1 (the lowest tried) and dropout rate 0 (the lowest tried)."
    )
    assert "decay 1 and dropout rate 0.2 (the highest tried)" in on_selection({"a": tried[3]}, {"a": tried})
    assert on_selection({}, {}) == "Every run of the searches diverged."


def test_whether_folds_tell_a_winner_from_the_plain_network_and_which_is_better() -> None:
    plain = np.array([0.70, 0.80, 0.90])
    apart, chance = np.array([0.10, 0.101, 0.099]), np.array([0.02, -0.01, 0.02])
    narrow = "Against plain, fold by fold, by intervals too narrow, as folds share training examples: "
    assert on_folds({"plain": plain, "grid search": plain + chance}, BOUND).endswith(
        f"{narrow}not told apart: grid search."
    )
    assert on_folds({"plain": plain, "grid search": plain + apart}, BOUND).endswith(f"{narrow}better: grid search.")
    assert on_folds({"plain": plain, "grid search": plain - apart}, BOUND).endswith(f"{narrow}worse: grid search.")
    guesses = {"plain": np.array([0.10, 0.11, 0.12]), "grid search": np.array([0.08, 0.09, 0.10])}
    assert on_folds(guesses, BOUND).endswith("9.0 %. Nobody did better than guessing: nothing to compare.")


def test_folds_that_diverged_are_told_and_nothing_is_compared_with_them() -> None:
    assert on_folds({"plain": np.array([NAN, NAN])}, BOUND) == "In 2-fold cross-validation: plain diverged."
    assert on_folds({"plain": np.array([0.8, 0.8, NAN]), "grid search": np.array([0.9, 0.9, 0.9])}, BOUND) == (
        "In 3-fold cross-validation: plain 80.0 % (1 of 3 folds diverged), grid search 90.0 %."
    )


def test_one_candidate_above_guessing_is_enough_to_compare() -> None:
    accuracy = {"plain": np.array([0.10, 0.12, 0.11]), "grid search": np.array([0.5, 0.6, 0.55])}
    said = on_folds(accuracy, BOUND)
    assert said.endswith(
        "Against plain, fold by fold, by intervals too narrow, as folds share training examples: better: grid search."
    )


def test_a_winner_that_did_not_learn_is_named() -> None:
    accuracy = {
        "plain": np.array([0.5, 0.6, 0.52]),
        "grid search": np.array([0.6, 0.65, 0.7]),
        "random search": np.array([0.1, 0.12, 0.11]),
    }
    assert on_folds(accuracy, BOUND).endswith("grid search; did not learn (not above guessing): random search.")


def test_folds_are_held_against_what_guessing_gets_of_a_fold(make_runs: Make) -> None:
    runs = make_runs(0.5, NAN)
    write_json(runs[0].folder / "result.json", {**runs[0].result, "chance": 0.75, "validation_examples": 48})
    assert fold_bound(runs) == guessing_bound(0.75, 48)
    assert fold_bound(make_runs(NAN)) == 1


def test_each_search_chooses_its_best_setting_on_validation(make_runs: Make) -> None:
    tried = [{"model.dropout": rate} for rate in (0.0, 0.2, 0.5)]
    runs = {"grid search": make_runs(0.5, 0.9, float("nan")), "random search": make_runs(*[float("nan")] * 3)}
    assert choose_settings(dict.fromkeys(runs, tried), runs) == {"grid search": {"model.dropout": 0.2}}
