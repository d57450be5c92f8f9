"""Comparisons of groups of runs: who is chosen, who is compared, and what is said of it, on runs that lie on the disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from nnlabs.config.load import with_changes
from nnlabs.config.schema import RunConfig
from nnlabs.labkit.comparison import best_on_validation, compared_with, describe_margin, list_verdicts
from nnlabs.labs.optimizers.figures.descent import Descent, Track
from nnlabs.labs.optimizers.findings import (
    on_batches,
    on_decoupling,
    on_falling,
    on_finals,
    on_grid,
    on_paths,
    on_tuning,
)
from nnlabs.labs.optimizers.protocol import Trials
from nnlabs.labs.regularization.findings import (
    on_folds,
    on_gap,
    on_selection,
    on_sizes,
    on_strengths,
    on_structure,
    on_test,
    on_together,
    on_validation,
    on_wrong_labels,
)
from nnlabs.labs.regularization.settings import SHUFFLED
from nnlabs.records import write_json
from nnlabs.runs.run import Run
from nnlabs.stats.intervals import mean_interval

BOUND = 0.14
NAN = float("nan")
Make = Callable[..., list[Run]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Runs that ended with these validation accuracies, one a seed; nan: diverged."""
    numbers = iter(range(1000))

    def runs(*accuracies: float, train: float = 0.99, data: Mapping[str, Any] = MappingProxyType({})) -> list[Run]:
        made = []
        for seed, accuracy in enumerate(accuracies):
            config = with_changes(RunConfig(), {"train.seed": seed, "train.lr": 1 + next(numbers), **data}, "test")
            run = Run(config, tmp_path)
            run.folder.mkdir(parents=True)
            ended = np.isfinite(accuracy)
            numbers_of_run = {
                "validation_accuracy": accuracy,
                "train_accuracy": train,
                "seconds": 2.0,
                "parameters": 10,
            }
            write_json(run.folder / "result.json", {"status": "completed" if ended else "diverged", **numbers_of_run})
            write_json(run.folder / "test.json", {"accuracy": accuracy})
            made.append(run)
        return made

    return runs


def test_one_lucky_seed_of_five_is_not_chosen(make: Make) -> None:
    groups = {"whole": make(0.7, 0.7, 0.7, 0.7, 0.7), "lucky": make(0.99, NAN, NAN, NAN, NAN), "gone": make(*[NAN] * 5)}
    assert best_on_validation(groups) == "whole"
    assert best_on_validation({name: groups[name] for name in ("gone", "lucky")}) == "lucky"


def test_only_groups_with_all_seeds_above_guessing_are_compared() -> None:
    rng = np.random.default_rng(0)
    scores = {
        name: mean + rng.normal(0, 0.002, 5)
        for name, mean in (("plain", 0.8), ("L1", 0.82), ("L2", 0.8), ("idle", 0.1))
    }
    scores["lost"] = np.array([0.8, 0.8, NAN, 0.8, 0.8])
    verdicts = compared_with("plain", scores, scores, BOUND)
    assert {name: one.word for name, one in verdicts.items()} == {
        "L1": "better",
        "L2": "not told apart",
        "idle": "did not learn",
        "lost": "diverged",
    }
    assert list_verdicts(verdicts) == (
        "better: L1; not told apart: L2; did not learn (not above guessing): idle; "
        "diverged with a seed, so not compared: lost"
    )
    assert "for all 2 comparisons together" in describe_margin(verdicts)
    assert np.isnan(verdicts["idle"].margin)


def test_wrong_labels_are_told_with_test_accuracies_and_with_what_a_network_without_mistakes_gets(make: Make) -> None:
    plain, better, worse, idle = make(0.70), make(0.75), make(0.60), make(0.10)
    said = on_wrong_labels({"plain": plain, "L1": worse, "dropout": better, "idle": idle}, 0.4, BOUND)
    assert said.startswith(
        "With 40 % of the training labels wrong, dropout, the best technique on validation, gets 75.0 %"
    )
    assert "the plain network 70.0 %. A network without mistakes agrees with 60 % of the training labels" in said
    for groups in ({"plain": idle, "L1": better}, {"plain": plain, "L1": idle}, {"plain": plain}):
        assert on_wrong_labels(groups, 0.3, BOUND) == (
            "With 30 % of the training labels wrong, too little was learned to compare anything."
        )


def test_lab_3_says_what_it_can_and_never_nan(make: Make) -> None:
    plain, better, idle = make(0.80, 0.81, 0.80), make(0.90, 0.90, 0.92), make(0.10, 0.10, 0.11, train=0.10)
    lost = make(0.95, NAN, NAN)
    said = on_gap({"plain": plain, "L1": better, "idle": idle, "lost": lost}, BOUND)
    assert "with L1, the best technique on validation, it is 8.3 points; it is narrowest with L1" in said
    assert said.endswith("count as 0 % in this choice, and not in means: lost (2 of 3).")
    said = on_validation({"plain": plain, "L1": better, "idle": idle, "lost": lost}, BOUND)
    assert "over 3 seeds: better: L1; did not learn (not above guessing): idle; diverged" in said
    assert "its gap says nothing" in on_gap({"plain": idle, "L1": better}, BOUND)
    assert "no better than guessing" in on_validation({"plain": idle, "L1": better}, BOUND)
    assert "diverged with 2 of 3 seeds, so that nothing" in on_validation({"plain": lost, "L1": better}, BOUND)
    assert "no technique ended above guessing" in on_gap({"plain": plain, "together": make(NAN, NAN, NAN)}, BOUND)
    same = {"plain": make(0.8, 0.8, 0.8), "L1": make(0.9, 0.9, 0.9)}
    assert on_validation(same, BOUND).endswith(
        "not told apart: L1. The seeds leave no scatter to judge a difference by."
    )
    assert on_structure({"mlp": idle[:1], "gru": lost[1:2]}, BOUND).startswith("No structure did better than guessing")
    assert on_structure({"mlp": plain[:1], "gru": idle[:1]}, BOUND) == "On test mlp: 80.0 %. Not above guessing: gru."
    shuffled = on_structure({"mlp": plain[:1], "cnn": better[:1], SHUFFLED: idle[:1]}, BOUND)
    assert "last “mlp”" in shuffled and shuffled.endswith(f"Not above guessing: {SHUFFLED}.")
    worse = make(0.80, data={"data.name": "mnist1d_shuffled"})
    shuffled = on_structure({"mlp": better[:1], "cnn": better[:1], SHUFFLED: worse}, BOUND)
    assert shuffled == f"On test mlp, cnn: 90.0 %. “{SHUFFLED}”, which learns from other data, gets 80.0 %."
    more = on_structure(
        {"mlp": plain[:1], "cnn": better[:1], "cnn, all": make(0.95, data={"data.train_size": 9})}, BOUND
    )
    assert more.startswith("Best on test of the structures is “cnn” with 90.0 %") and "“cnn, all”, which learns" in more
    assert on_structure({"mlp": plain[:1], "cnn": better[:1]}, BOUND).startswith(
        "Best on test of the structures is “cnn”"
    )
    assert on_structure({"mlp": plain, "cnn": better, "gru": make(0.95, 0.95, NAN)}, BOUND).endswith(
        "Of “gru”, 1 of 3 seeds diverged, which counts as 0 % in the order."
    )
    survivor = on_structure({"mlp": make(0.9, 0.9), "cnn": make(0.7, 0.7), "gru": make(0.9, NAN)}, BOUND)
    assert survivor.startswith("Best on test of the structures is “mlp” with 90.0 %") and "“gru”, 1 of 2" in survivor
    assert on_structure({"gru": make(0.9, NAN)}, BOUND).startswith("On test gru: 90.0 %. Of “gru”, 1 of 2 seeds")
    assert on_strengths({"L2": 0.1, "L1": NAN}).endswith("L2 0.1, L1 none (each lost a seed).")
    gaps = {
        name: mean_interval(np.array(values)) for name, values in (("plain", [[0.1, NAN]]), ("together", [[NAN, NAN]]))
    }
    assert "goes from 10.0 points to unknown (diverged)" in on_sizes([10, 20], gaps, "10 to 20 steps each")
    assert on_selection({}, {}) == "Every run of the searches diverged."
    assert on_folds({"plain": np.array([NAN, NAN])}, BOUND) == "In 2-fold cross-validation: plain diverged."
    assert on_folds({"plain": np.array([0.8, 0.8, NAN]), "grid search": np.array([0.9, 0.9, 0.9])}, BOUND) == (
        "In 3-fold cross-validation: plain 80.0 % (1 of 3 folds diverged), grid search 90.0 %."
    )


def test_a_choice_at_an_end_of_what_was_tried_is_told() -> None:
    tried = [{"train.weight_decay": decay, "model.dropout": rate} for decay in (0.1, 1, 10) for rate in (0, 0.2)]
    assert on_selection({"grid search": tried[0]}, {"grid search": tried}) == (
        "Grid search chose lambda of weight decay 0.1 (the lowest tried) and dropout rate 0 (the lowest tried)."
    )
    assert "decay 1 and dropout rate 0.2 (the highest tried)" in on_selection({"a": tried[3]}, {"a": tried})


def test_folds_that_do_not_tell_a_winner_from_the_plain_network_say_so() -> None:
    plain = np.array([0.70, 0.80, 0.90])
    chance, better = plain + np.array([0.02, -0.01, 0.02]), plain + np.array([0.10, 0.101, 0.099])
    assert on_folds({"plain": plain, "grid search": chance}, BOUND).endswith(
        "Not told apart from plain by these folds: grid search."
    )
    assert on_folds({"plain": plain, "grid search": better}, BOUND).endswith(
        "Told apart from plain, fold by fold, by intervals too narrow, as folds share training examples: grid search."
    )
    guesses = {"plain": np.array([0.10, 0.11, 0.12]), "grid search": np.array([0.08, 0.09, 0.10])}
    assert on_folds(guesses, BOUND).endswith("9.0 %. Nobody did better than guessing: nothing to compare.")


def test_what_together_stands_for_is_said() -> None:
    assert on_together([], {}) == "“together” is the network with settings of its own (nothing changed)."
    assert on_together([], {}, ["norm"]).endswith("“norm” changes nothing: the plain network has all that it sets.")
    changes = {"data.augment": ["crop", "flip"], "model.batch_norm": True}
    assert on_together(["augmentation", "batch norm"], changes) == (
        "“together” is augmentation and batch norm (data.augment crop+flip, model.batch_norm true)."
    )


def test_a_perfect_network_confuses_nothing() -> None:
    assert on_test("L1", 1.0, [[5, 0], [0, 5]], ["cat", "dog"]).endswith("right; it confuses nothing.")
    assert on_test("L1", 0.9, [[5, 0], [1, 4]], ["cat", "dog"]).endswith("takes “dog” for “cat” (1 example).")


def test_who_leads_with_few_trials_and_with_many_and_what_the_median_is(make: Make) -> None:
    trials = {"A": Trials([{}] * 4, make(0.9, 0.88, NAN, NAN)), "B": Trials([{}] * 4, make(0.8, 0.8, 0.7, 0.6))}

    def said(**expected: list[float]) -> str:
        return on_tuning(trials, {name: np.array(curve) for name, curve in expected.items()}, BOUND)[-1]

    assert said(A=[0.5, 0.6, 0.9], B=[0.4, 0.7, 0.8]).endswith("A leads with one trial and with 3, between them B.")
    assert said(A=[0.3, 0.8], B=[0.4, 0.7]).endswith("B leads with one trial and A with 2.")
    assert said(A=[0.5, 0.8], B=[0.4, 0.7]).endswith("A leads with every number of trials.")
    medians = on_tuning(trials, {name: np.array([0.5]) for name in trials}, BOUND)[0]
    assert "The median of B's trials is 75.0 %, of A's 44.0 % (a diverged one counts as 0 %)" in medians


def test_all_who_come_down_first_are_named() -> None:
    def track(*values: float) -> Track:
        return Track(np.zeros((len(values), 2)), np.array(values), 0.1)

    tracks = {"sgd": track(1, 0.5, 0), "momentum": track(1, 0.2, 0), "adam": track(1, 1, 1)}
    nowhere = np.zeros(1)
    (said,), _ = on_paths({"Ravine": Descent(nowhere, nowhere, np.zeros((1, 1)), np.zeros((1, 2)), 0.0, tracks)}, 1.0)
    assert said == "First to come 99 % of the way down: Ravine: sgd and momentum (2 steps)."


def test_lab_4_ranks_nobody_at_chance_level_and_never_says_nan(make: Make) -> None:
    finals = {"sgd": make(0.10, 0.11), "adam": make(0.6, 0.7), "muon": make(0.9, NAN), "radam": make(NAN, NAN)}
    (said,), _ = on_finals(finals, BOUND)
    assert said == (
        "On validation adam ends at 65.0 %, muon ends at 90.0 % (but 1 of 2 seeds diverged, which counts); "
        "not above guessing: sgd, radam. "
        "A run took 2 s in the median over seeds; 3 of 8 did not end with a network."
    )
    assert on_finals({"radam": finals["radam"]}, BOUND)[0] == [
        "On validation nobody did better than guessing (14.0 % at most). 2 of 2 did not end with a network."
    ]
    assert on_finals({"muon": make(0.9)}, BOUND)[0] == [
        "On validation muon ends at 90.0 %. A run took 2 s; it ended with a network."
    ]
    grid = np.array([[0.5, 0.6, NAN], [0.1, 0.1, 0.1], [NAN, NAN, NAN]])
    (said,), _ = on_grid(grid, ("adam", "sgd", "radam"), ("constant", "cosine", "step"), BOUND)
    assert (
        "adam does best with cosine, 10.0 points above its worst (1 diverged); sgd did no better than guessing" in said
    )
    assert "nan" not in said
    (said,), _ = on_grid(np.array([[0.6, 0.5, 0.6]]), ("adam",), ("constant", "cosine", "step"), BOUND)
    assert "adam does best with constant and step, 10.0 points above its worst" in said
    constant, cosine = {"adam": make(0.5, 0.6), "sgd": make(0.4, 0.5)}, {"adam": make(0.7, 0.7), "sgd": make(0.5, NAN)}
    (said,), numbers = on_falling(constant, {**cosine, "muon": make(0.9, 0.9)})
    assert numbers["gained_by_falling"].mean == pytest.approx((0.15 - 0.2) / 2)  # who diverged has 0 %
    assert said.startswith("The finals of adam, sgd less the same with a constant rate: -2.5 ± ")
    (said,), _ = on_falling({"adam": constant["adam"][:1]}, cosine)  # of so many seeds as there are of it
    assert said == "The finals of adam less the same with a constant rate: +20.0 points in the mean."
    sentences, _ = on_decoupling({"AdamW": np.full((1, 2), NAN)}, (0.1, 0.2), (0.1,), BOUND, 500)
    assert sentences == ["AdamW did no better than guessing with any setting."]
    (said,), _ = on_batches({32: np.array([0.5, 0.6]), 64: np.array([0.1, NAN])}, (0.1, 0.2), BOUND, 500)
    assert said.startswith("Fewer than two batch sizes did better than guessing")
