"""Every diagnosis: a real run made ill on purpose has it, and healthy runs have none."""

from __future__ import annotations

import contextlib
import math
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from nnlabs.commands.doctor.command import gather
from nnlabs.commands.doctor.diagnoses import (
    CHECKS,
    dead_relu,
    diagnose,
    diverged,
    exploding,
    lr_too_low,
    overfitting,
    vanishing,
)
from nnlabs.commands.doctor.doubts import doubts, settled

DEEP = [32] * 8
SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))]

# What was done to the run, and what must be found; the first name is what it was done for, others may follow from it.
ILL = {
    "Inputs all alike": {"data.name": "folder:plain", "data.train_size": None, "train.epochs": 3},
    "Diverged": {"train.optimizer": "sgd", "train.loss": "mse", "train.lr": 100.0},
    "Learning rate too high": {"train.lr": 0.1},
    "Learning rate too low": {"train.lr": 1e-5},
    "Dead ReLU units": {"train.lr": 0.3},
    "Vanishing gradients": {"model.widths": DEEP, "model.activation": "sigmoid", "model.init": "xavier"},
    "Exploding gradients": {"model.widths": [32] * 16, "model.activation": "identity", "model.init": "he"},
    "Inputs not normalized": {"data.normalize": False},
    "Labels not shuffled": {"data.shuffle": False},
    "Overfitting": {"data.label_noise": 0.3, "model.widths": [128], "train.epochs": 40},
    "Underfitting": {"model.widths": [2], "model.activation": "tanh"},
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
    # Agreement with wrong labels is below that with right ones, though many were learned by heart.
    ("Overfitting", {"data.label_noise": 0.4, "model.widths": [128], "train.epochs": 40}),
    ("Underfitting", {"train.weight_decay": 100.0}),
    ("Underfitting", {"train.l1": 2.0}),
    # Labels at random: nothing to learn, but all can be learned by heart; validation stays at chance.
    ("Overfitting", {"data.label_noise": 0.9, "model.widths": [256], "train.epochs": 40}),
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


@pytest.fixture(scope="module", autouse=True)
def plain(tmp_path_factory):
    """Where the tests run, a folder `plain` of two classes of pictures, each of one and the same plain gray."""
    here = tmp_path_factory.mktemp("pictures")
    for i in range(40):
        path = here / "plain" / f"class{i % 2}" / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (20, 20), (9, 9, 9)).save(path)
    with contextlib.chdir(here):
        yield


def names(run) -> list[str]:
    return [found.name for found in diagnose(gather(run))]


# A sign of each seed's gradient, as in the README's example; five epochs of it are merely short.
SHORT = """
from torch import nn, no_grad
from torch.optim import Optimizer

def Net(shape, classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.GELU(), nn.Linear(64, classes))

class SignDescent(Optimizer):
    def __init__(self, params, lr):
        super().__init__(params, {"lr": lr})

    @no_grad()
    def step(self):
        for group in self.param_groups:
            for w in group["params"]:
                w -= group["lr"] * w.grad.sign()
"""


def test_every_check_has_a_run_made_ill_for_it():
    assert len(CHECKS) == len(ILL)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ILL)
def test_an_ill_run_is_told_what_it_has(trained, name, seed):
    found = names(trained({**ILL[name], "train.seed": seed}))
    assert name in found
    assert set(found) <= {name} | TOGETHER.get(name, set())


def test_of_pictures_that_are_all_alike_nothing_else_is_told_and_of_others_that_they_are_not(trained):
    (found,) = diagnose(gather(trained({**ILL["Inputs all alike"], "data.normalize": False})))
    assert found.evidence.startswith("the 19 training images sent through the network are the same, number for number")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "changes"), MORE_ILL)
def test_the_same_illness_in_another_network_is_found(trained, name, changes):
    assert name in names(trained(changes))


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_run_is_told_so(trained, name):
    assert names(trained(HEALTHY[name])) == []


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("data", [{}, {"data.train_size": None, "train.batch_size": 128, "train.epochs": 5}])
def test_a_rate_ten_thousand_times_too_high_is_told(trained, data, seed):
    assert "Learning rate too high" in names(trained({"train.lr": 10.0, **data, "train.seed": seed}))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_run_that_still_learns_is_not_told_that_more_epochs_bring_nothing(trained, tmp_path, seed):
    own = tmp_path / "own.py"
    own.write_text(SHORT)
    changes = {"data.train_size": None, "data.label_noise": None, "data.validation_fraction": 0.1, "train.seed": seed}
    changes |= {"model.name": f"{own}:Net", "model.widths": None, "train.optimizer": f"{own}:SignDescent"}
    short, longer = (
        trained({**changes, "train.batch_size": 128, "train.epochs": epochs}, tmp_path) for epochs in (5, 20)
    )
    # The loss, for accuracy goes by whole points, with 100 examples, and code paths differ by two: 91 % before, 91 to 93 after.
    best = [min(run.history["validation_loss"]) for run in (short, longer)]
    assert best[1] < best[0], "more epochs do bring something"
    assert diagnose(gather(short)) == []
    assert "give it more epochs, --train.epochs 10" in " ".join(doubts(gather(short)))


@pytest.mark.parametrize(
    ("right", "images", "told"),
    [
        (0.345, 14, "the network is no better than guessing: to name the commonest class always gets 34.5 % right"),
        (
            0.643,
            14,
            "14 validation images are too few to tell the network from guessing: to name the commonest class "
            "always gets 34.5 % right, and with luck up to 71.4 %",
        ),
        (0.643, 1, "1 validation image is too few to tell the network from guessing"),
        (0.643, 100, ""),
    ],
)
def test_a_network_that_few_images_cannot_tell_from_guessing_is_not_said_to_guess(trained, right, images, told):
    run = trained()
    facts = gather(run)
    assert facts.probe.chance == pytest.approx(run.result["chance"])  # of the images that judge
    history = facts.history | dict.fromkeys(("train_accuracy", "validation_accuracy"), [right] * 20)
    probe = replace(facts.probe, chance=0.345, validation_images=images)
    found = "; ".join(doubts(replace(facts, history=history, probe=probe)))
    assert found.startswith(told) and bool(found) == bool(told)


def test_units_that_were_dead_before_the_first_step_are_the_fault_of_the_first_weights(trained):
    for illness in diagnose(gather(trained({"model.init": "zeros"}))):
        assert illness.advice.startswith("--model.init he")


def test_where_most_units_are_dropped_less_dropout_is_what_helps(trained):
    facts = gather(trained({"model.dropout": 0.9}))
    ill = replace(facts, probe=replace(facts.probe, end=replace(facts.probe.end, dead=[0.95])))
    assert dead_relu(ill).advice.startswith("less dropout, --model.dropout 0.5")


def test_a_loss_that_rises_is_not_told_to_go_on(trained):
    facts = gather(trained({"train.l1": 2.0, "train.epochs": 5}))
    history = {**facts.history, "train_loss": [0.7, 0.7, 0.9, 1.1, 1.2]}
    ill = replace(facts, history=history, probe=replace(facts.probe, accuracy=0.5, centroid_accuracy=0.9))
    (doubt,) = doubts(ill)
    assert doubt.startswith("its training loss rose, from 0.700 after the first epoch to 1.200")
    assert "give it more epochs" not in doubt


def test_a_channel_that_is_the_same_everywhere_is_normalized(trained, tmp_path):
    rng = np.random.default_rng(0)
    for label in range(2):
        (tmp_path / "two_dyes" / f"class{label}").mkdir(parents=True)
        for i in range(30):
            pixels = rng.integers(0, 120, (8, 8, 3), dtype=np.uint8) + np.uint8(100 * label)
            pixels[..., 2] = 0
            Image.fromarray(pixels).save(tmp_path / "two_dyes" / f"class{label}" / f"{i}.png")
    changes = {"data.name": f"folder:{tmp_path / 'two_dyes'}", "data.train_size": None, "train.epochs": 3}
    assert "Inputs not normalized" not in names(trained(changes, tmp_path))


def test_gradients_beyond_all_numbers_explode_and_do_not_vanish(trained):
    facts = gather(trained())
    for gradients in ((math.inf, math.inf), (math.nan, math.nan), (math.inf, 1.0)):
        start = replace(facts.probe.start, gradients=gradients)
        ill = replace(facts, probe=replace(facts.probe, start=start))
        assert vanishing(ill) is None
        assert "is too large for a number" in exploding(ill).evidence


def test_a_run_that_diverged_is_not_told_to_learn_faster(trained):
    facts = gather(trained())
    end = replace(facts.probe.end, loss=math.nan)
    ill = replace(facts, status="diverged", probe=replace(facts.probe, end=end, trials={1e-3: 1.5, 1e-2: 0.6}))
    assert diverged(ill) is not None and lr_too_low(ill) is None


CONV1D = """
from torch import nn

class Net(nn.Module):
    def __init__(self, shape, classes):
        super().__init__()
        self.layer = nn.Conv1d(28, classes, 3, padding=1)

    def forward(self, x):
        return self.layer(x.flatten(1, 2)).mean(2)

def Scale(shape, classes):
    return nn.Sequential(nn.Flatten(), nn.LazyBatchNorm1d(), nn.AdaptiveAvgPool1d(classes))
"""


@pytest.mark.parametrize("name", ["Net", "Scale"])
def test_a_network_of_other_layers_can_be_looked_into(trained, tmp_path, name):
    (tmp_path / "own.py").write_text(CONV1D)
    run = trained({"model.name": f"{tmp_path}/own.py:{name}", "model.widths": None, "train.epochs": 3}, tmp_path)
    assert len(gather(run).probe.start.gradients) == (name == "Net")
    assert isinstance(diagnose(gather(run)), list)


def test_the_gap_is_told_in_points(trained):
    facts = gather(trained())
    history = facts.history | {"train_accuracy": [0.95] * 20, "validation_accuracy": [0.7] * 20}
    ill = replace(facts, history=history, probe=replace(facts.probe, validation_images=1000, label_noise=0.0))
    assert overfitting(ill).evidence.startswith(
        "95.0 % of the training images are right and 70.0 % of those held out, a gap of 25.0 points"
    )


def test_a_short_run_is_told_how_far_it_got_and_how_far_the_means_get(trained):
    facts = gather(trained({"train.epochs": 5}))
    short = replace(facts, probe=replace(facts.probe, accuracy=0.5, centroid_accuracy=0.9))
    (doubt,) = doubts(short)
    assert doubt == (
        "its losses had not come to rest when it ended, with 50.0 % of its own training images right (to compare each with "
        "the mean image of every class gets 90.0 %): give it more epochs, --train.epochs 10"
    )


def test_whether_losses_came_to_rest_is_measured_by_all_that_they_fell(trained):
    facts = gather(trained())

    def rests(falls: float, whole: float) -> bool:
        """Losses that fall by `falls` in the last ten of twenty epochs, and by `whole` in all."""
        losses = [1 + whole - (whole - falls) * i / 9 for i in range(10)] + [1 + falls * (9 - i) / 9 for i in range(10)]
        history = facts.history | {"train_loss": losses, "validation_loss": losses, "lr": [1e-3] * 20}
        start = replace(facts.probe.start, loss=1 + whole)
        return settled(replace(facts, history=history, probe=replace(facts.probe, start=start)))

    assert rests(0.02, 0.2) and not rests(0.04, 0.2)
    assert rests(0.28, 2) and not rests(0.32, 2)
