from __future__ import annotations

import copy
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from nnlabs.config.schema import TrainConfig
from nnlabs.errors import ConfigError
from nnlabs.training.callbacks import ClipGradient, History
from nnlabs.training.loop import Callback, State, train
from nnlabs.training.optimizers import make_optimizer
from nnlabs.training.schedules import Schedule

EPOCHS = 3


class Record(Callback):
    """Notes each hook as it is called, and the weights after each step."""

    def __init__(self, name: str = "", calls: list | None = None) -> None:
        self.name, self.calls = name, [] if calls is None else calls
        self.weights: list[dict[str, torch.Tensor]] = []

    def before_training(self, state):
        self.calls.append(f"{self.name}start {state.epoch}")

    def before_step(self, state):
        self.calls.append(f"{self.name}before")

    def after_step(self, state):
        self.calls.append(f"{self.name}after")
        self.weights.append(copy.deepcopy(state.model.state_dict()))

    def after_epoch(self, state):
        self.calls.append(f"{self.name}epoch {state.epoch}")

    def after_training(self, state):
        self.calls.append(f"{self.name}end")


class StopAfter(Callback):
    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def after_epoch(self, state):
        if state.epoch == self.epoch:
            state.stop = "enough"


def network() -> nn.Module:
    torch.manual_seed(7)
    return nn.Sequential(
        nn.Flatten(), nn.Linear(16, 12), nn.BatchNorm1d(12), nn.ReLU(), nn.Dropout(0.3), nn.Linear(12, 3)
    )


def same(ours, theirs) -> bool:
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_each_step_is_the_one_of_a_plain_torch_loop_to_the_last_bit(make_batches):
    batches = make_batches(augment=["crop", "flip", "cutout"], seed=5)
    settings = TrainConfig(
        epochs=EPOCHS,
        lr=0.1,
        optimizer="momentum",
        weight_decay=0.01,
        decoupled=False,
        schedule="cosine",
        label_smoothing=0.1,
    )
    model, record = network(), Record()
    optimizer = make_optimizer(model, settings)
    schedule = Schedule(optimizer, settings, len(batches))
    history = History(lambda state: {"validation_loss": 0.0})
    loss_function = partial(F.cross_entropy, label_smoothing=0.1)
    train(
        State(model, optimizer, seed=5), batches, loss_function, EPOCHS, [ClipGradient(1.0), history, schedule, record]
    )

    plain, step = network(), 0
    weights = [plain[1].weight, plain[5].weight]
    others = [plain[1].bias, plain[2].weight, plain[2].bias, plain[5].bias]
    sgd = torch.optim.SGD(
        [{"params": weights, "weight_decay": 0.01}, {"params": others}], lr=0.1, momentum=0.9, fused=True
    )
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(sgd, EPOCHS * len(batches))
    for epoch in range(EPOCHS):
        torch.manual_seed(int(np.random.SeedSequence([5, epoch, 0]).generate_state(1)[0]))
        plain.train()
        for x, y in batches.epoch(epoch):
            sgd.zero_grad()
            F.cross_entropy(plain(x), y, label_smoothing=0.1).backward()
            nn.utils.clip_grad_norm_(plain.parameters(), 1.0)
            sgd.step()
            scheduler.step()
            assert same(record.weights[step], plain.state_dict()), f"step {step}"
            step += 1
    assert step == len(record.weights) == EPOCHS * 3


@pytest.mark.parametrize("step", range(1, 7))
def test_training_can_end_after_any_step_and_what_is_no_whole_epoch_does_not_count(make_batches, step):
    class StopAtStep(Callback):
        def after_step(self, state):
            if len(record.weights) == step:
                state.stop = "enough"

    record, model = Record(), network()
    state = State(model, torch.optim.SGD(model.parameters(), lr=0.1))
    train(state, make_batches(), F.cross_entropy, 9, [record, StopAtStep()])
    assert (len(record.weights), state.stop) == (step, "enough")
    assert state.epoch == (step - 1) // 3
    assert record.calls[-2:] == ["after", "end"]


def test_callbacks_see_the_batch(make_batches):
    seen = []

    class Look(Callback):
        def after_step(self, state):
            seen.append((state.inputs, state.targets))

    model, batches = network(), make_batches(augment=["crop"])
    train(State(model, torch.optim.SGD(model.parameters(), lr=0.1)), batches, F.cross_entropy, 1, [Look()])
    for (x, y), (inputs, targets) in zip(batches.epoch(0), seen, strict=True):
        assert torch.equal(x, inputs)
        assert torch.equal(y, targets)


class Writes(Record):
    order = 1


class Reads(Record):
    order, needs = 2, (Writes,)


def test_callbacks_are_sorted_by_their_order_however_they_are_given(make_batches):
    calls: list[str] = []
    model = network()
    state = State(model, torch.optim.SGD(model.parameters(), lr=0.1))
    around = [Record("c ", calls), Reads("b ", calls), Record("d ", calls), Writes("a ", calls)]
    train(state, make_batches(batch_size=22), F.cross_entropy, 1, around)
    steps = ["start 0", "before", "after", "epoch 1", "end"]
    assert calls == [f"{name} {step}" for step in steps for name in "abcd"]


class TooEarly(Reads):
    order = 1


@pytest.mark.parametrize("around", [[Reads()], [Writes(), TooEarly()]])
def test_a_callback_without_what_it_needs_is_told_before_anything_is_trained(make_batches, around):
    model = network()
    state = State(model, torch.optim.SGD(model.parameters(), lr=0.1))
    name = type(around[-1]).__name__
    with pytest.raises(ConfigError, match=rf"^the callback {name} needs a Writes that is called before it; add one"):
        train(state, make_batches(), F.cross_entropy, 1, around)
    assert not around[-1].calls


@pytest.mark.parametrize("schedule", ["constant", "plateau"])
def test_a_schedule_is_no_index_error_wherever_it_stands(make_batches, schedule):
    settings, batches = TrainConfig(schedule=schedule, epochs=2), make_batches()

    def around(*others):
        model = network()
        optimizer = make_optimizer(model, settings)
        callbacks = [Schedule(optimizer, settings, len(batches)), *others]
        return train(State(model, optimizer), batches, F.cross_entropy, 2, callbacks)

    assert around(History(lambda state: {"validation_loss": 1.0})).epoch == 2
    if schedule == "constant":  # it reads nothing
        assert around().epoch == around(History(lambda state: {})).epoch == 2
        return
    with pytest.raises(ConfigError, match="the callback Schedule needs a History"):
        around()
    with pytest.raises(ConfigError, match="the history has no validation_loss; it has epoch, lr, step_loss"):
        around(History(lambda state: {}))


def test_callbacks_are_called_in_their_order_at_each_hook(make_batches):
    calls: list[str] = []
    batches = make_batches(batch_size=11)
    model = network()
    state = State(model, torch.optim.SGD(model.parameters(), lr=0.1))
    train(state, batches, F.cross_entropy, 2, [Record("a ", calls), Record("b ", calls)])
    step = ["a before", "b before", "a after", "b after"]
    assert calls == [
        *["a start 0", "b start 0"],
        *[*step, *step, "a epoch 1", "b epoch 1"],
        *[*step, *step, "a epoch 2", "b epoch 2"],
        *["a end", "b end"],
    ]


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_the_end_is_called_when_something_breaks_in_the_middle(make_batches, error):
    class Break(Callback):
        def before_step(self, state):
            raise error

    record, model = Record(), network()
    with pytest.raises(error):
        train(State(model, torch.optim.SGD(model.parameters())), make_batches(), F.cross_entropy, 2, [record, Break()])
    assert record.calls == ["start 0", "before", "end"]


def test_a_callback_can_stop_it_and_a_stopped_training_stays_stopped(make_batches):
    record, model = Record(), network()
    state = State(model, torch.optim.SGD(model.parameters(), lr=0.1))
    train(state, make_batches(), F.cross_entropy, 9, [record, StopAfter(2)])
    assert (state.epoch, state.stop, len(record.weights)) == (2, "enough", 6)
    train(state, make_batches(), F.cross_entropy, 9, [record])
    assert (state.epoch, len(record.weights)) == (2, 6)


def test_epochs_are_the_same_whether_trained_at_once_or_one_by_one(make_batches):
    batches = make_batches(augment=["crop"])
    once, bit_by_bit = network(), network()
    train(State(once, torch.optim.SGD(once.parameters(), lr=0.1)), batches, F.cross_entropy, 3)
    state = State(bit_by_bit, torch.optim.SGD(bit_by_bit.parameters(), lr=0.1))
    for epochs in (1, 2, 3):
        torch.rand(epochs)  # somebody else draws from torch's generator
        state.model.eval()
        train(state, batches, F.cross_entropy, epochs)
    assert same(once.state_dict(), bit_by_bit.state_dict())


def test_another_seed_drops_other_units(make_batches):
    first, second = network(), network()
    for seed, model in enumerate((first, second)):
        train(State(model, torch.optim.SGD(model.parameters(), lr=0.1), seed=seed), make_batches(), F.cross_entropy, 1)
    assert not same(first.state_dict(), second.state_dict())


def test_predictions_are_made_in_the_precision_that_was_asked_for(make_batches):
    seen = set()

    def loss(logits, targets):
        seen.add(logits.dtype)
        return F.cross_entropy(logits.float(), targets)

    model = network()
    state = State(model, torch.optim.SGD(model.parameters(), lr=0.1))
    train(state, make_batches(), loss, 1, autocast=partial(torch.autocast, "cpu", dtype=torch.bfloat16))
    assert seen == {torch.bfloat16}
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
