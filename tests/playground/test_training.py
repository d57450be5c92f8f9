from __future__ import annotations

import io
from contextlib import redirect_stdout
from dataclasses import replace

import numpy as np
import pytest
import torch

from nnlabs.playground.missions import same
from nnlabs.playground.schedules import SCHEDULES
from nnlabs.playground.script import fingerprint, make_script
from nnlabs.playground.settings import CHOICES, LOSS_NAMES, HiddenLayer, Settings
from nnlabs.playground.training import Trainer, differs_live_only, make_goal
from nnlabs.scratch.layers import MLP, Dropout
from nnlabs.scratch.losses import LOSSES

SMALL = Settings(n=40, layers=same([4, 3], "tanh"), batch_size=8)
OWN = tuple((x, y, k) for k in range(3) for x, y in ((k, 0.0), (k, 0.5), (k + 0.2, 1.0), (k, 0.7)))


def trained(settings: Settings, steps: int) -> Trainer:
    trainer = Trainer(settings)
    for _ in range(steps):
        trainer.step()
    return trainer


def run_script(trainer: Trainer) -> str:
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(make_script(trainer, "http://127.0.0.1:8777/#seed=1"), "experiment.py", "exec"), {})
    return printed.getvalue()


@pytest.mark.parametrize(
    "settings",
    [
        SMALL,
        replace(SMALL, data="clouds", loss="hinge", optimizer="sgd", lr=0.1),
        replace(SMALL, data="iris", noise=0.2, loss="mse", optimizer="adamw", l2=0.1, schedule="cosine", epochs=9),
        replace(SMALL, data="own", points=OWN, noise=0.05, test_share=0.4, loss="cross_entropy", dropout=0.3),
        replace(SMALL, data="blobs", noise=0.0),
        replace(SMALL, data="xor", n=20, noise=0.0, test_share=0.8, seed=0),
        replace(SMALL, data="own", points=tuple((0.1, y, k) for _, y, k in OWN), noise=0.0),
        replace(SMALL, data="spirals", l1=0.01, l2=0.02, schedule="warmup", layers=()),
        replace(SMALL, loss="huber", layers=(HiddenLayer(3, "prelu"), HiddenLayer(4, "selu")), init="lecun"),
    ],
)
def test_the_script_repeats_the_run_to_the_same_bits(settings):
    trainer = trained(settings, 33)
    printed = run_script(trainer)
    assert f"weights {fingerprint(trainer)} as on the page" in printed
    shown = trainer.goal.loss(trainer.network(trainer.x), trainer.targets).item() if not settings.dropout else None
    assert shown is None or f"train loss {shown:.6g}" in printed


@pytest.mark.parametrize("optimizer", ["adam", "adamw"])
def test_the_script_repeats_what_was_changed_by_hand_on_the_way(optimizer):
    trainer = trained(replace(SMALL, optimizer=optimizer), 5)
    trainer.change(replace(trainer.settings, lr=0.3, l2=0.1))
    trainer.change(replace(trainer.settings, lr=0.2))  # at the same step: what counts is the last
    for _ in range(6):
        trainer.step()
    trainer.change(replace(trainer.settings, dropout=0.4, l1=0.01, schedule="cosine", epochs=20))
    for _ in range(7):
        trainer.step()
    unchanged = fingerprint(trained(replace(SMALL, optimizer=optimizer), 18))
    assert fingerprint(trainer) != unchanged
    assert "as on the page" in run_script(trainer)


def test_what_is_changed_before_the_first_step_is_as_if_it_had_been_so():
    trainer = Trainer(SMALL)
    trainer.change(replace(SMALL, lr=0.05, l2=0.1))
    for _ in range(9):
        trainer.step()
    assert fingerprint(trainer) == fingerprint(trained(replace(SMALL, lr=0.05, l2=0.1), 9))


def test_the_network_is_the_engines_own_with_one_activation():
    trainer = Trainer(replace(SMALL, init="he"))
    rng = np.random.default_rng(SMALL.seed)
    theirs = MLP([2, 4, 3, 1], rng, activation="tanh", init="he")
    assert np.array_equal(trainer.network(trainer.x).data, theirs(trainer.x).data)


def test_a_step_is_that_of_torch():
    trainer = Trainer(replace(SMALL, optimizer="sgd", lr=0.1, l2=0.01, batch_size=1000))
    weights = [torch.tensor(w.data, requires_grad=True) for w in trainer.network.parameters()]
    x, y = torch.tensor(trainer.x), torch.tensor(trainer.targets, dtype=torch.float64)
    optimizer = torch.optim.SGD(weights, lr=0.1, weight_decay=0.01)
    for _ in range(3):
        trainer.step()
        optimizer.zero_grad()
        hidden = torch.tanh(torch.tanh(x @ weights[0] + weights[1]) @ weights[2] + weights[3])
        torch.nn.functional.binary_cross_entropy_with_logits(hidden @ weights[4] + weights[5], y).backward()
        optimizer.step()
    for ours, theirs in zip(trainer.network.parameters(), weights, strict=True):
        assert np.allclose(ours.data, theirs.detach().numpy(), atol=1e-12)


def test_an_epoch_shows_every_training_point_once():
    trainer = Trainer(SMALL)
    seen = []
    for _ in range(trainer.steps_an_epoch):
        seen += trainer._next_batch().tolist()
        trainer.steps += 1
    assert sorted(seen) == list(range(len(trainer.x)))
    assert trainer.epoch == 1


def test_training_stops_after_its_epochs_and_goes_on_when_allowed_more():
    trainer = trained(replace(SMALL, epochs=2), 2 * Trainer(SMALL).steps_an_epoch - 1)
    assert not trainer.over
    trainer.step()
    assert trainer.over
    trainer.change(replace(trainer.settings, epochs=0))
    assert not trainer.over


def test_a_loss_that_is_no_number_ends_the_training():
    trainer = Trainer(replace(SMALL, loss="mse", optimizer="sgd", lr=100.0, layers=same([4], "relu")))
    with np.errstate(all="ignore"):
        for _ in range(200):
            if trainer.over:
                break
            trainer.step()
    assert trainer.diverged and trainer.over


def test_a_weight_that_is_no_number_ends_the_training_before_the_loss_shows_it(monkeypatch):
    trainer = Trainer(SMALL)
    monkeypatch.setattr(trainer.optimizer, "step", lambda: trainer.optimizer.parameters[0].data.fill(np.nan))
    trainer.step()
    assert trainer.diverged


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("name", LOSS_NAMES)
def test_every_loss_has_targets_of_its_kind_and_a_sentence(name, classes):
    y = np.arange(6) % classes
    goal = make_goal(name, classes)
    scores = np.zeros((6, goal.outputs))
    from nnlabs.scratch.tensor import Tensor

    assert np.isfinite(goal.loss(Tensor(scores), goal.encode(y)).item())
    assert goal.outputs == (1 if classes == 2 else 3)
    assert goal.loss.name in LOSSES
    assert goal.says.endswith(".")


def test_what_may_change_while_learning():
    assert differs_live_only(SMALL, replace(SMALL, lr=1.0, dropout=0.5, schedule="step"))
    assert not differs_live_only(SMALL, replace(SMALL, lr=1.0, seed=1))
    trainer = Trainer(SMALL)
    trainer.change(replace(SMALL, dropout=0.5))
    assert [layer.p for layer in trainer.network.layers if isinstance(layer, Dropout)] == [0.5, 0.5]


def test_schedules_begin_and_end_where_their_formulas_say():
    at = {name: (rule(0.0), rule(0.5), rule(1.0)) for name, rule in SCHEDULES.items()}
    assert at["constant"] == (1, 1, 1)
    assert at["step"] == (1, 0.25, 0.0625)
    assert at["exponential"] == pytest.approx((1, 0.1, 0.01))
    assert at["cosine"] == pytest.approx((1, 0.5, 0))
    assert at["warmup"] == pytest.approx((0, 0.5, 0))
    assert tuple(at) == CHOICES["schedule"]
