from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from nnlabs.config.schema import TrainConfig
from nnlabs.training.callbacks import (
    ClipGradient,
    DivergenceWatch,
    EarlyStopping,
    History,
    StepClock,
)
from nnlabs.training.loop import Callback, State, train
from nnlabs.training.schedules import Schedule
from tests.training.states import make_state


def play(stopping: EarlyStopping, losses: list[float]) -> State:
    """Epochs with the given validation losses; the weights of epoch e are all e."""
    state = make_state()
    for loss in losses:
        state.epoch += 1
        nn.init.constant_(state.model[1].weight, state.epoch)
        state.history.append({"validation_loss": loss})
        stopping.after_epoch(state)
        if state.stop:
            break
    stopping.after_training(state)
    return state


SEQUENCE = [1.00, 0.90, 0.95, 0.85, 0.86, 0.87, 0.88, 0.10]


@pytest.mark.parametrize(
    ("patience", "min_delta", "losses", "epochs", "kept"),
    [
        (1, 0.0, SEQUENCE, 3, 2),
        (2, 0.0, SEQUENCE, 6, 4),
        (3, 0.0, SEQUENCE, 7, 4),
        (4, 0.0, SEQUENCE, 8, 8),
        (2, 0.1, SEQUENCE, 3, 1),  # 0.90 is not better than 1.00 by more than 0.1
        (3, 0.1, SEQUENCE, 7, 4),  # 0.85 is
        (2, 0.0, [1.0, 1.0, 1.0, 0.5], 3, 1),  # as good is not better
        (2, 0.0, [1.0, math.nan, math.nan, 0.5], 3, 1),
        (9, 0.0, SEQUENCE, 8, 8),
    ],
)
def test_early_stopping_by_hand(patience, min_delta, losses, epochs, kept):
    state = play(EarlyStopping(patience, min_delta), losses)
    assert state.epoch == epochs
    assert state.stop == ("early stopping" if epochs < len(losses) else None)
    assert state.kept_epoch == kept
    assert torch.equal(state.model[1].weight, torch.full((3, 16), float(kept)))


def test_without_any_usable_loss_the_last_weights_stay():
    state = play(EarlyStopping(2), [math.nan, math.nan])
    assert (state.stop, state.kept_epoch) == ("early stopping", None)
    assert torch.equal(state.model[1].weight, torch.full((3, 16), 2.0))


class BreakIn(Callback):
    def __init__(self, epoch: int, error: type[BaseException]) -> None:
        self.epoch, self.error = epoch, error

    def before_step(self, state):
        if state.epoch == self.epoch:
            raise self.error


@pytest.mark.parametrize(
    ("way_out", "epochs", "patience"),
    [(None, 4, 9), (None, 9, 2), (KeyboardInterrupt, 9, 9), (RuntimeError, 9, 9)],
    ids=["done", "stopped", "interrupted", "failed"],
)
def test_the_best_weights_come_back_on_every_way_out(make_batches, way_out, epochs, patience):
    state, best = make_state(), {}

    def measure(state: State) -> dict[str, float]:
        if state.epoch == 2:
            best.update({name: value.clone() for name, value in state.model.state_dict().items()})
        return {"validation_loss": 0.5 if state.epoch == 2 else 1.0}

    around = [EarlyStopping(patience), History(measure), *([BreakIn(3, way_out)] if way_out else [])]
    if way_out:
        with pytest.raises(way_out):
            train(state, make_batches(), F.cross_entropy, epochs, around)
    else:
        train(state, make_batches(), F.cross_entropy, epochs, around)
    assert state.kept_epoch == 2
    assert all(torch.equal(value, best[name]) for name, value in state.model.state_dict().items())


def test_history_averages_over_examples_not_over_batches(make_batches):
    seen = []

    class Note(Callback):
        def after_step(self, state):
            seen.append((state.loss.item(), len(state.targets)))

    state = make_state(lr=0.25)
    train(state, make_batches(), F.cross_entropy, 2, [Note(), History(lambda state: {"found": state.epoch * 10.0})])
    assert [examples for _, examples in seen] == [8, 8, 6] * 2
    for epoch, row in enumerate(state.history):
        of_epoch = seen[3 * epoch : 3 * epoch + 3]
        mean = sum(loss * examples for loss, examples in of_epoch) / 22
        assert row == {
            "epoch": epoch + 1,
            "lr": 0.25,
            "step_loss": pytest.approx(mean, rel=1e-12),
            "found": 10.0 * (epoch + 1),
        }


@pytest.mark.parametrize("schedule", ["constant", "step", "cosine", "one_cycle", "plateau"])
def test_the_historys_rate_is_the_one_its_epoch_was_trained_with(make_batches, schedule):
    """With plain SGD, step by step: the change of the weights over the gradient."""
    rates = []

    class Measure(Callback):
        order = 0  # before the schedule moves on

        def before_step(self, state):
            self.bias = state.model[1].bias.detach().clone()

        def after_step(self, state):
            moved, gradient = self.bias - state.model[1].bias.detach(), state.model[1].bias.grad
            rates.append(float(moved.norm() / gradient.norm()))

    batches, state = make_batches(), make_state(lr=0.1)
    moves = Schedule(state.optimizer, TrainConfig(epochs=6, lr=0.1, schedule=schedule), len(batches))
    # Never better after the first epoch, so that the plateau is left after four.
    train(state, batches, F.cross_entropy, 6, [moves, Measure(), History(lambda state: {"validation_loss": 1.0})])
    for epoch, row in enumerate(state.history):
        assert row["lr"] == pytest.approx(sum(rates[3 * epoch : 3 * epoch + 3]) / 3, rel=1e-4)
    if schedule == "constant":
        assert {row["lr"] for row in state.history} == {0.1}


def test_clipping_by_the_formula():
    state = make_state()
    for wanted, limit in ((10.0, 2.0), (1.0, 2.0)):
        parameters = list(state.model.parameters())
        for parameter in parameters:
            parameter.grad = torch.randn_like(parameter)
        norm = math.sqrt(sum(float((parameter.grad.double() ** 2).sum()) for parameter in parameters))
        for parameter in parameters:
            parameter.grad *= wanted / norm
        before = [parameter.grad.clone() for parameter in parameters]
        ClipGradient(limit).before_step(state)
        for gradient, parameter in zip(before, parameters, strict=True):
            torch.testing.assert_close(parameter.grad, gradient * min(1.0, limit / wanted), rtol=1e-5, atol=0)


@pytest.mark.parametrize("column", ["step_loss", "train_loss", "validation_loss"])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_no_number_is_divergence_and_not_early_stopping(column, value):
    state = make_state()
    state.epoch = 2
    state.history = [{"step_loss": 1.0, "train_loss": 1.0, "validation_loss": 1.0, column: value}]
    for callback in (DivergenceWatch(), EarlyStopping(1)):
        callback.after_epoch(state)
    assert state.stop == "diverged"


def test_a_network_that_blows_up_is_stopped_after_its_epoch(make_batches):
    state = make_state(lr=1e38)
    around = [History(lambda state: {"validation_loss": 0.0}), DivergenceWatch()]
    train(state, make_batches(), F.cross_entropy, 9, around)
    assert (state.epoch, state.stop) == (1, "diverged")


@pytest.mark.parametrize("stop_at", [1, 3, 5])
def test_a_second_training_with_the_same_callbacks_is_as_the_first(make_batches, stop_at):
    """What the first one left behind, within an epoch too, is forgotten."""

    class Break(Callback):
        def before_step(self, state):
            self.steps += 1
            if self.steps == stop_at:
                raise KeyboardInterrupt

    around = [History(lambda state: {"validation_loss": 1.0 / state.epoch}), EarlyStopping(1)]
    first, fresh = make_state(), make_state()
    broken = Break()
    broken.steps = 0
    with pytest.raises(KeyboardInterrupt):
        train(first, make_batches(), F.cross_entropy, 3, [*around, broken])
    again = make_state()
    train(again, make_batches(), F.cross_entropy, 3, around)
    train(fresh, make_batches(), F.cross_entropy, 3, [History(around[0].measure), EarlyStopping(1)])
    assert again.history == fresh.history
    assert (again.stop, again.kept_epoch) == (fresh.stop, fresh.kept_epoch) == (None, 3)


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_the_clock_ends_training_after_its_steps(make_batches, steps):
    state, clock = make_state(), StepClock(steps, 60.0)
    count = []

    class Count(Callback):
        def after_step(self, state):
            count.append(1)

    train(state, make_batches(), F.cross_entropy, 2, [clock, Count()])
    assert (len(count), state.epoch) == (steps, steps // 3)
    assert clock.seconds > 0
    train(make_state(), make_batches(), F.cross_entropy, 2, [StepClock(5, 0.0), Count()])
    assert len(count) == steps + 1
