"""Searches judged by the folders they left: real tiny runs over a setting, some with their test split read."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from nnlabs.cli import main
from nnlabs.commands.doctor.command import gather
from nnlabs.commands.doctor.diagnoses import diagnose
from nnlabs.commands.doctor.searches import diagnose_searches, find_edges, find_searches, find_tested, read_trials
from nnlabs.runs.inspect import evaluate_on_test

QUICK = {"data.train_size": 100, "train.epochs": 3, "model.widths": [16]}


def search(trained, folder: Path, key: str, values, **changes):
    return [trained({**QUICK, key: value, **changes}, folder) for value in values]


def names(folder: Path) -> list[str]:
    return [found.name for found in diagnose_searches(read_trials(folder))]


def test_a_search_won_by_its_outermost_value_is_told_with_the_number(trained, tmp_path):
    runs = search(trained, tmp_path, "train.lr", [1e-5, 1e-4, 1e-2])
    (edge,) = find_edges(read_trials(tmp_path))
    assert (edge.setting, edge.values, edge.best.folder) == ("train.lr", (1e-5, 1e-4, 1e-2), runs[-1].folder)
    assert edge.best.score == max(run.result["validation_accuracy"] for run in runs)
    (found,) = diagnose_searches(read_trials(tmp_path))
    assert found.name == "Best value at the edge"
    assert "of 3 values of train.lr, from 1e-05 to 0.01, the outermost one, 0.01" in found.evidence
    assert f"run {runs[-1].folder.name})" in found.evidence
    own = {trial.folder: trial for trial in read_trials(tmp_path)}
    assert len(diagnose_searches(list(own.values()), own[runs[-1].folder])) == 1
    assert diagnose_searches(list(own.values()), own[runs[0].folder]) == []


def test_a_search_won_inside_its_range_is_healthy(trained, tmp_path):
    search(trained, tmp_path, "train.lr", [1e-5, 1e-2, 10.0])
    assert names(tmp_path) == []
    (won,) = find_searches(read_trials(tmp_path))
    assert won.best.settings["train.lr"] == 1e-2


def test_nothing_lies_below_zero_and_two_values_are_a_comparison(trained, tmp_path):
    search(trained, tmp_path, "model.dropout", [0.0, 0.6, 0.95], **{"train.lr": 1e-2})
    search(trained, tmp_path, "train.lr", [1e-5, 1e-4], **{"train.seed": 7})
    assert names(tmp_path) == []


def test_of_a_grid_the_row_of_the_winner_counts(trained, tmp_path):
    for decay in (0.1, 1.0, 3.0):
        search(trained, tmp_path, "train.lr", [1e-5, 1e-4, 1e-2], **{"train.weight_decay": decay})
    trials = read_trials(tmp_path)
    best = max(trial.score for trial in trials)
    edges = {edge.setting: edge for edge in find_edges(trials)}
    assert edges["train.lr"].best.score == best
    assert len([edge for edge in find_edges(trials) if edge.setting == "train.lr"]) == 1


@pytest.mark.parametrize(("tested", "ill"), [(3, True), (2, False), (1, False), (0, False)])
def test_the_test_split_read_for_the_trials_of_a_search_is_told(trained, tmp_path, tested, ill):
    runs = search(trained, tmp_path, "train.lr", [1e-5, 1e-2, 10.0])
    for run in runs[:tested]:
        evaluate_on_test(run)
    assert names(tmp_path) == ["Test split used for selection"] * ill
    assert len(find_tested(read_trials(tmp_path))) == 3 * ill


def test_points_of_a_random_search_are_trials_too(trained, tmp_path):
    for lr, dropout in ((1e-2, 0.1), (1e-3, 0.2), (3e-3, 0.5)):
        evaluate_on_test(trained({**QUICK, "train.lr": lr, "model.dropout": dropout}, tmp_path))
    (found,) = diagnose_searches(read_trials(tmp_path))
    assert found.name == "Test split used for selection"
    assert "3 runs that differ in model.dropout and train.lr alone" in found.evidence


def test_variants_that_are_compared_and_a_winners_seeds_may_all_be_tested(trained, tmp_path):
    variants = [
        {},
        {"train.weight_decay": 0.4},
        {"train.l1": 0.02},
        {"model.dropout": 0.3},
        {"train.label_smoothing": 0.1},
    ]
    others = [{"train.patience": 3}, {"data.augment": ["crop"]}, {"model.batch_norm": True}]
    for changes in (*variants, *others):
        for seed in (0, 1):
            evaluate_on_test(trained({**QUICK, "train.lr": 1e-2, "train.seed": seed, **changes}, tmp_path))
    assert names(tmp_path) == []


def test_an_unfinished_trial_does_not_count_and_a_diverged_one_comes_last(trained, tmp_path):
    runs = search(trained, tmp_path, "train.lr", [1e-5, 1e-2, 10.0])
    (runs[0].folder / "result.json").unlink()
    diverged = runs[2].folder / "result.json"
    diverged.write_text(json.dumps(runs[2].result | {"validation_accuracy": None}))
    assert sorted(trial.score for trial in read_trials(tmp_path))[0] == -1
    assert len(read_trials(tmp_path)) == 2
    shutil.rmtree(runs[1].folder)
    assert names(tmp_path) == []


def test_a_lab_with_half_its_runs_at_chance_is_not_healthy(trained, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("NNLABS_RESULTS", str(tmp_path))
    # Batches differ, so that no three runs are a search.
    for size, lr in ((16, 1e-9), (32, 1e-2), (64, 1e-9), (128, 1e-2)):
        trained({**QUICK, "train.epochs": 12, "train.batch_size": size, "train.lr": lr}, tmp_path / "lab")
    assert main(["doctor", "lab"]) == 0
    printed = capsys.readouterr().out
    assert "RUNS THAT LEARNED NOTHING" in printed and "Healthy" not in printed
    assert "2 of 4 runs diverged or cannot be told from guessing" in printed and "learning rates: 1e-09." in printed


def test_one_run_of_five_at_chance_is_told_and_no_illness(trained, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("NNLABS_RESULTS", str(tmp_path))
    for size, lr in ((16, 1e-9), (32, 1e-2), (64, 1e-2), (20, 1e-2), (24, 1e-2)):
        trained({**QUICK, "train.epochs": 12, "train.batch_size": size, "train.lr": lr}, tmp_path / "lab")
    assert main(["doctor", "lab"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "Nothing found: " in printed and "1 of 5 runs learned nothing, such as mlp-digits-" in printed


def test_diverged_runs_learned_nothing_and_old_ones_that_do_not_say_are_not_judged(trained, tmp_path):
    run = trained({**QUICK, "train.optimizer": "sgd", "train.lr": 1e20}, tmp_path)
    old = trained({**QUICK, "train.lr": 1e-9}, tmp_path)
    facts = {name: value for name, value in old.result.items() if name != "chance"}
    (old.folder / "result.json").write_text(json.dumps(facts))
    assert {trial.folder: trial.learned_nothing for trial in read_trials(tmp_path)} == {
        run.folder: True,
        old.folder: False,
    }


def test_adam_at_ten_is_told_its_rate_is_too_high(trained, tmp_path):
    run = trained({"train.optimizer": "adam", "train.lr": 10.0}, tmp_path)
    assert "Learning rate too high" in [found.name for found in diagnose(gather(run))]
