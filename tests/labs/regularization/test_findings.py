from __future__ import annotations

import numpy as np

from nnlabs.labs.regularization.findings import (
    on_gap,
    on_sizes,
    on_strengths,
    on_structure,
    on_test,
    on_together,
    on_validation,
    on_wrong_labels,
)
from nnlabs.labs.regularization.settings import SHUFFLED
from nnlabs.records import read_json, write_json
from nnlabs.stats.intervals import mean_interval
from tests.made_runs import Make

BOUND = 0.14
NAN = float("nan")


def test_wrong_labels_are_told_with_test_accuracies_and_with_what_a_network_without_mistakes_gets(
    make_runs: Make,
) -> None:
    plain, better, worse, idle = make_runs(0.70), make_runs(0.75), make_runs(0.60), make_runs(0.10)
    said = on_wrong_labels({"plain": plain, "L1": worse, "dropout": better, "idle": idle}, 0.4, BOUND)
    assert said.startswith(
        "With 40 % of the training labels wrong, dropout, the best technique on validation, gets 75.0 %"
    )
    assert "the plain network 70.0 %. A network without mistakes agrees with 60 % of the training labels" in said
    for groups in ({"plain": idle, "L1": better}, {"plain": plain, "L1": idle}, {"plain": plain}):
        assert on_wrong_labels(groups, 0.3, BOUND) == (
            "With 30 % of the training labels wrong, too little was learned to compare anything."
        )


def test_lab_3_says_what_it_can_and_never_nan(make_runs: Make) -> None:
    plain, better, idle = (
        make_runs(0.80, 0.81, 0.80),
        make_runs(0.90, 0.90, 0.92),
        make_runs(0.10, 0.10, 0.11, train=0.10),
    )
    lost = make_runs(0.95, NAN, NAN)
    said = on_gap({"plain": plain, "L1": better, "idle": idle, "lost": lost}, 0, BOUND)
    assert "with L1, the best technique on validation, it is 8.3 points; it is narrowest with L1" in said
    assert said.endswith("count as 0 % in this choice, and not in means: lost (2 of 3).")
    said = on_validation({"plain": plain, "L1": better, "idle": idle, "lost": lost}, BOUND)
    assert "over 3 seeds: better: L1; did not learn (not above guessing): idle; diverged" in said
    assert "its gap says nothing" in on_gap({"plain": idle, "L1": better}, 0, BOUND)
    assert "no better than guessing" in on_validation({"plain": idle, "L1": better}, BOUND)
    assert "diverged with 2 of 3 seeds, so that nothing" in on_validation({"plain": lost, "L1": better}, BOUND)
    nobody = on_gap({"plain": plain, "together": make_runs(NAN, NAN, NAN)}, 0, BOUND)
    assert "no technique ended above guessing" in nobody
    same = {"plain": make_runs(0.8, 0.8, 0.8), "L1": make_runs(0.9, 0.9, 0.9)}
    assert on_validation(same, BOUND).endswith(
        "not told apart: L1. The seeds leave no scatter to judge a difference by."
    )
    assert on_structure({"mlp": idle[:1], "gru": lost[1:2]}, BOUND).startswith("No structure did better than guessing")
    assert on_structure({"mlp": plain[:1], "gru": idle[:1]}, BOUND) == "On test mlp: 80.0 %. Not above guessing: gru."
    shuffled = on_structure({"mlp": plain[:1], "cnn": better[:1], SHUFFLED: idle[:1]}, BOUND)
    assert "last “mlp”" in shuffled and shuffled.endswith(f"Not above guessing: {SHUFFLED}.")
    worse = make_runs(0.80, data={"data.name": "mnist1d_shuffled"})
    shuffled = on_structure({"mlp": better[:1], "cnn": better[:1], SHUFFLED: worse}, BOUND)
    assert shuffled == f"On test mlp, cnn: 90.0 %. “{SHUFFLED}”, which learns from other data, gets 80.0 %."
    more = on_structure(
        {"mlp": plain[:1], "cnn": better[:1], "cnn, all": make_runs(0.95, data={"data.train_size": 9})}, BOUND
    )
    assert more.startswith("Best on test of the structures is “cnn” with 90.0 %") and "“cnn, all”, which learns" in more
    assert on_structure({"mlp": plain[:1], "cnn": better[:1]}, BOUND).startswith(
        "Best on test of the structures is “cnn”"
    )
    assert on_structure({"mlp": plain, "cnn": better, "gru": make_runs(0.95, 0.95, NAN)}, BOUND).endswith(
        "Of “gru”, 1 of 3 seeds diverged, which counts as 0 % in the order."
    )
    survivor = on_structure({"mlp": make_runs(0.9, 0.9), "cnn": make_runs(0.7, 0.7), "gru": make_runs(0.9, NAN)}, BOUND)
    assert survivor.startswith("Best on test of the structures is “mlp” with 90.0 %") and "“gru”, 1 of 2" in survivor
    assert on_structure({"gru": make_runs(0.9, NAN)}, BOUND).startswith("On test gru: 90.0 %. Of “gru”, 1 of 2 seeds")
    assert on_strengths({"L2": 0.1, "L1": NAN}).endswith("L2 0.1, L1 none (each lost a seed).")
    gaps = {
        name: mean_interval(np.array(values)) for name, values in (("plain", [[0.1, NAN]]), ("together", [[NAN, NAN]]))
    }
    assert "goes from 10.0 points to unknown (diverged)" in on_sizes([10, 20], gaps, "10 to 20 steps each")


def test_with_wrong_labels_the_narrowest_gap_is_that_of_a_network_without_mistakes(make_runs: Make) -> None:
    plain, better = make_runs(0.70, 0.70, train=0.75), make_runs(0.90, 0.90, train=0.71)
    said = on_gap({"plain": plain, "L1": better}, 0.2, BOUND)
    assert "it is nearest to -20, that of a network without mistakes, with L1, -19.0 points" in said
    assert "it is narrowest without any technique" in on_gap({"plain": plain, "L1": better}, 0, BOUND)


def test_equally_good_techniques_are_not_called_the_best(make_runs: Make) -> None:
    groups = {"plain": make_runs(0.8, 0.8), "L1": make_runs(0.9, 0.9), "L2": make_runs(0.9, 0.9)}
    assert "with L1, the first of 2 equally good techniques on validation, it is" in on_gap(groups, 0, BOUND)
    assert "L1, the first of 2 equally good techniques on validation, gets" in on_wrong_labels(groups, 0.3, BOUND)


def test_equally_narrow_gaps_are_told_as_equal(make_runs: Make) -> None:
    def said(noise: float = 0, **accuracies: float) -> str:
        return on_gap({name: make_runs(its, its) for name, its in accuracies.items()}, noise, BOUND)

    for noise in (0, 0.2):
        assert said(noise, plain=0.9, L1=0.9, L2=0.9).endswith("it is 9.0 points; all gaps are equal.")
    assert said(plain=0.9, L1=0.9, L2=0.8).endswith("it is narrowest without any technique and, equally, with L1.")
    assert "it is narrowest with L1, the first of 2 equals, 9.0 points (" in said(plain=0.8, L1=0.9, L2=0.9)
    assert said(plain=0.9, L1=0.9, idle=0.1).endswith("narrowest without any technique and, equally, with L1.")


def test_what_together_stands_for_is_said() -> None:
    assert on_together([], {}) == "“together” is the plain network with nothing changed."
    crop = {"data.augment": ["crop"]}
    assert on_together(["data.augment crop"], crop) == "“together” is the plain network with data.augment crop."
    assert on_together(["norm", "data.augment crop"], {**crop, "model.batch_norm": True}) == (
        "“together” is norm and data.augment crop (data.augment crop, model.batch_norm true)."
    )
    assert on_together([], {}, ["norm"]).endswith("“norm” changes nothing: the plain network has all that it sets.")
    changes = {"data.augment": ["crop", "flip"], "model.batch_norm": True}
    assert on_together(["augmentation", "batch norm"], changes) == (
        "“together” is augmentation and batch norm (data.augment crop+flip, model.batch_norm true)."
    )


def test_a_perfect_network_confuses_nothing() -> None:
    assert on_test("L1", 1.0, [[5, 0], [0, 5]], ["cat", "dog"]).endswith("right; it confuses nothing.")
    assert on_test("L1", 0.9, [[5, 0], [1, 4]], ["cat", "dog"]).endswith(
        "“dog” for “cat”: 20.0 % of that class (1 example)."
    )


def test_the_test_accuracy_is_told() -> None:
    assert on_test("L1", 0.9, [[5, 0], [1, 4]], ["cat", "dog"]).startswith(
        "Chosen on validation, L1 (one of its seeds) gets 90.0 % of the test split right; "
    )


def test_one_seed_makes_no_technique_better(make_runs: Make) -> None:
    assert on_validation({"plain": make_runs(0.8), "L1": make_runs(0.9)}, BOUND) == (
        "One seed tells nothing of what chance does, so that no technique can be called better."
    )


def test_each_structure_is_told_with_its_own_weights(make_runs: Make) -> None:
    topologies = {"mlp": make_runs(0.8), "cnn": make_runs(0.9)}
    for name, weights in (("mlp", 1234), ("cnn", 5678)):
        path = topologies[name][0].folder / "result.json"
        write_json(path, read_json(path) | {"parameters": weights})
    assert on_structure(topologies, BOUND) == (
        "Best on test of the structures is “cnn” with 90.0 % (5,678 weights), last “mlp” with 80.0 % (1,234)."
    )
