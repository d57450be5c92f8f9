"""Every diagnosis: a real run made ill on purpose has it, and healthy runs have none."""

from __future__ import annotations

import pytest

from nnlabs.commands.doctor.command import gather
from nnlabs.commands.doctor.diagnoses import CHECKS, diagnose

DEEP = [32] * 8

# What was done to the run, and what must be found; the first name is what it was done for, others may follow from it.
ILL = {
    "Diverged": {"train.optimizer": "sgd", "train.loss": "mse", "train.lr": 100.0},
    "Learning rate too high": {"train.lr": 0.1},
    "Learning rate too low": {"train.lr": 1e-5},
    "Dead ReLU units": {"train.lr": 0.3},
    "Vanishing gradients": {"model.widths": DEEP, "model.activation": "sigmoid", "model.init": "xavier"},
    "Exploding gradients": {"model.widths": [32] * 16, "model.activation": "identity", "model.init": "he"},
    "Inputs not normalized": {"data.normalize": False},
    "Labels not shuffled": {"data.shuffle": False},
    "Overfitting": {"data.label_noise": 0.3, "model.widths": [128], "train.epochs": 40},
    "Underfitting": {"model.widths": [2]},
}
# Illnesses that cannot be told apart by what they do: a rate that is far too high kills ReLU units.
TOGETHER = {
    "Diverged": {"Learning rate too high", "Dead ReLU units"},
    "Learning rate too high": {"Dead ReLU units"},
    "Dead ReLU units": {"Learning rate too high"},
    "Inputs not normalized": {"Dead ReLU units"},
    "Labels not shuffled": {"Dead ReLU units", "Learning rate too high"},
}
MORE_ILL = [
    ("Learning rate too high", {"train.optimizer": "sgd", "train.lr": 3.0}),
    ("Learning rate too high", {"model.name": "cnn", "model.widths": [8, 16], "train.epochs": 6, "train.lr": 1.0}),
    ("Learning rate too low", {"train.optimizer": "sgd", "train.lr": 1e-4}),
    ("Vanishing gradients", {"model.init": "zeros"}),
    ("Underfitting", {"train.weight_decay": 30.0}),
    ("Underfitting", {"train.l1": 2.0}),
    ("Overfitting", {"data.name": "mnist1d"}),  # its validation loss does not rise, its accuracy stays at chance
    ("Labels not shuffled", {"data.shuffle": False, "train.batch_size": 8, "train.optimizer": "sgd"}),
]
HEALTHY = {
    "plain": {},
    "another seed": {"train.seed": 1},
    "short": {"train.epochs": 3},
    "one epoch": {"train.epochs": 1},
    "early stopping": {"train.patience": 3, "train.epochs": 40},
    "dropout": {"model.dropout": 0.2},
    "batch norm": {"model.batch_norm": True},
    "batch norm, which would bear a hundred times the rate": {
        "model.batch_norm": True,
        "model.widths": [32],
        "train.seed": 5,
    },
    "bf16": {"train.precision": "bf16"},
    "cnn": {"model.name": "cnn", "model.widths": [8, 16], "train.epochs": 6, "train.lr": 3e-3},
    "one-cycle": {"train.schedule": "one_cycle", "train.lr": 3e-3},
    "crop": {"data.augment": ["crop"]},
    "momentum": {"train.optimizer": "momentum", "train.lr": 0.01},
    "all examples in one batch": {"train.batch_size": 5000, "train.epochs": 40, "train.lr": 5e-3},
    "linear": {"model.name": "linear", "model.widths": None},
    "label smoothing": {"train.label_smoothing": 0.1},
}


def names(run) -> list[str]:
    return [found.name for found in diagnose(gather(run))]


def test_every_check_has_a_run_made_ill_for_it():
    assert len(CHECKS) == len(ILL)


@pytest.mark.parametrize("name", ILL)
def test_an_ill_run_is_told_what_it_has(trained, name):
    found = names(trained(ILL[name]))
    assert name in found
    assert set(found) <= {name} | TOGETHER.get(name, set())


@pytest.mark.parametrize(("name", "changes"), MORE_ILL)
def test_the_same_illness_in_another_network_is_found(trained, name, changes):
    assert name in names(trained(changes))


@pytest.mark.filterwarnings("ignore:train.precision")
@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_run_is_told_so(trained, name):
    assert names(trained(HEALTHY[name])) == []
