from __future__ import annotations

import numpy as np
import pytest

from nnlabs.config.load import with_changes
from nnlabs.labs.regularization.predictions import learning_curve
from nnlabs.runs.execute import execute
from nnlabs.runs.inspect import evaluate_on_test
from nnlabs.runs.run import Run
from nnlabs.sweeps import results
from nnlabs.sweeps.results import all_runs, curves, diverged, final, gap, median_seconds


@pytest.fixture(scope="module")
def runs(tiny, tmp_path_factory) -> list[Run]:
    """Three real runs: one to the end, one stopped early, one that diverges."""
    changes = (
        {"train.epochs": 6},
        {"train.epochs": 40, "train.patience": 1, "train.lr": 0.2},
        {"train.epochs": 6, "train.optimizer": "sgd", "train.lr": 1e20},
    )
    folder = tmp_path_factory.mktemp("runs")
    made = [Run(with_changes(tiny, change, "test"), folder) for change in changes]
    for run in made:
        execute(run, show_progress=False)
        evaluate_on_test(run)
    return made


def test_a_diverged_run_counts_as_nan_everywhere(runs):
    assert [diverged(run) for run in runs] == [False, False, True]
    for values in (final(runs, "validation_accuracy"), gap(runs), results.tested(runs, "accuracy")):
        assert np.isnan(values).tolist() == [False, False, True]
    expected = runs[0].result["train_accuracy"] - runs[0].result["validation_accuracy"]
    assert gap(runs)[0] == expected
    assert results.tested(runs, "accuracy")[1] == runs[1].test_result["accuracy"]


def test_why_runs_were_lost(runs, tiny, tmp_path):
    broken = Run(with_changes(tiny, {"train.seed": 9}, "test"), tmp_path)
    broken.folder.mkdir(parents=True)
    (broken.folder / "result.json").write_text('{"status": "failed", "reason": "RuntimeError: no"}')
    assert results.why_lost([runs[2]]) == "diverged"
    assert results.why_lost([runs[2], broken]) == "failed: RuntimeError: no"


def test_curves_of_unequal_length_are_filled_up_with_nan(runs):
    found = curves(runs, "train_loss")
    lengths = [len(run.history["epoch"]) for run in runs]
    assert found.shape == (3, max(lengths))
    for row, run, length in zip(found, runs, lengths, strict=True):
        assert row[:length].tolist() == pytest.approx(run.history["train_loss"], nan_ok=True)
        assert np.isnan(row[length:]).all()


def test_a_learning_curve_knows_the_best_epochs_and_what_diverged(runs):
    panel = learning_curve(runs, "accuracy")
    best = [int(np.argmin(run.history["validation_loss"])) for run in runs[:2]]
    assert list(panel.lowest) == [epoch + 1 for epoch in best]
    assert list(panel.heights) == [
        run.history["validation_accuracy"][epoch] for run, epoch in zip(runs, best, strict=False)
    ]
    assert panel.note == "1 of 3 seeds diverged"


def test_a_mean_over_seeds_ends_with_the_first_of_them(runs):
    panel = learning_curve(runs[:2], "loss")
    ends = sorted(len(run.history["epoch"]) for run in runs[:2])
    assert ends[0] < ends[1]
    assert list(panel.epochs) == list(range(1, ends[0] + 1))
    assert np.isfinite(panel.validation.low).all()
    assert list(panel.ends) == ends


def test_where_training_was_stopped_early_a_learning_curve_tells_what_was_kept(runs):
    assert learning_curve(runs[:1], "accuracy").kept == ()
    history = runs[1].history
    best = int(np.argmin(history["validation_loss"]))
    assert best < len(history["epoch"]) - 1
    kept = learning_curve(runs[1:2], "accuracy").kept
    assert kept == (history["train_accuracy"][best], history["validation_accuracy"][best])


def test_groups_become_one_list_in_which_their_seeds_take_turns(runs):
    assert all_runs({"a": runs[:1], "b": runs[1:]}) == runs
    assert all_runs({"a": runs[:2], "b": runs[2:]}) == [runs[0], runs[2], runs[1]]


def test_a_run_that_was_held_up_does_not_change_how_long_runs_take():
    assert median_seconds(np.array([40.0, 2.0, 3.0])) == 3
    assert median_seconds(np.array([np.nan, 2.0, 3.0])) == 2.5
    assert np.isnan(median_seconds(np.array([np.nan])))


def test_a_run_that_two_groups_share_is_there_once(tiny, tmp_path):
    plain, other = (Run(with_changes(tiny, {"train.seed": seed}, "test"), tmp_path) for seed in (0, 1))
    again = Run(with_changes(tiny, {"train.seed": 0}, "test"), tmp_path)
    assert all_runs({"L1 0": [plain], "L2 0": [again, other]}) == [again, other]
