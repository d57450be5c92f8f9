from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from nnlabs.config.schema import TrainConfig
from nnlabs.training.checkpoint import Checkpoint
from nnlabs.training.hardest import KeepHardest, examples_until, steps_until
from nnlabs.training.loop import Callback, State, train
from nnlabs.training.schedules import Schedule

EXAMPLES = 22


def make_state(lr: float) -> State:
    torch.manual_seed(3)
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 3))
    return State(model, torch.optim.SGD(model.parameters(), lr, momentum=0.9))


class Watch(Callback):
    """Which examples were seen in each epoch, by their places, and at what rate the last step was made."""

    def __init__(self, batches) -> None:
        self.batches = batches
        self.epochs: list[list[int]] = [[]]
        self.lr = 0.0

    def before_step(self, state):
        self.lr = state.optimizer.param_groups[0]["lr"]

    def after_step(self, state):
        assert len(self.batches.rows) == len(state.targets)
        self.epochs[-1] += self.batches.rows.tolist()

    def after_epoch(self, state):
        self.epochs.append([])


def test_two_whole_epochs_then_those_of_largest_loss(make_batches):
    batches = make_batches()
    state, watch = make_state(lr=0.0), Watch(batches)
    train(state, batches, F.cross_entropy, 4, [KeepHardest(batches, 0.3), watch])
    losses = torch.empty(EXAMPLES)
    for x, y in make_batches().epoch(0):  # the network has not moved: its losses are what they were
        losses[batch_rows(make_batches(), x)] = F.cross_entropy(state.model(x), y, reduction="none").detach()
    hardest = sorted(losses.topk(7).indices.tolist())  # of 22, 6.6 are 0.3
    assert [sorted(seen) for seen in watch.epochs[:4]] == [list(range(EXAMPLES))] * 2 + [hardest] * 2
    assert watch.epochs[2] != watch.epochs[3]  # still mixed


def batch_rows(batches, x: torch.Tensor) -> list[int]:
    """The places of images among all, found by the images themselves."""
    everything = {tuple(image.flatten().tolist()): int(row) for image, row in all_images(batches)}
    return [everything[tuple(image.flatten().tolist())] for image in x]


def all_images(batches):
    for x, _ in batches.epoch(0):
        yield from zip(x, batches.rows, strict=True)


def test_an_example_left_out_comes_back_when_others_are_learned_better(make_batches):
    batches = make_batches()
    watch = Watch(batches)
    train(make_state(lr=0.2), batches, F.cross_entropy, 40, [KeepHardest(batches, 0.5), watch])
    chosen = [frozenset(seen) for seen in watch.epochs[2:-1]]
    assert {len(each) for each in chosen} == {11}
    assert len(set(chosen)) > 5
    assert len(frozenset.union(*chosen)) > 15


@pytest.mark.parametrize("stop", [1, 3])
def test_a_training_that_goes_on_chooses_as_if_it_had_never_stopped(tmp_path, make_batches, stop):
    class Interrupt(Callback):
        def before_step(self, state):
            if state.epoch == stop:
                raise KeyboardInterrupt

    def go(path, *more) -> tuple[State, Watch]:
        batches, state = make_batches(augment=["flip"]), make_state(lr=0.1)
        kept = [KeepHardest(batches, 0.5)]
        watch = Watch(batches)
        train(
            state, batches, F.cross_entropy, 5, [*kept, Checkpoint(path, kept, lambda state: None, 0.0), watch, *more]
        )
        return state, watch

    whole, watch = go(tmp_path / "whole.pt")
    with pytest.raises(KeyboardInterrupt):
        go(tmp_path / "a.pt", Interrupt())
    second, rest = go(tmp_path / "a.pt")
    assert rest.epochs == watch.epochs[stop:]
    assert torch.equal(second.model[1].weight, whole.model[1].weight)


@pytest.mark.parametrize(
    ("share", "steps", "warmup_epochs", "warmup_steps"),
    [(None, 15, 0, 0), (0.1, 9, 0, 0), (0.5, 12, 0, 0), (0.5, 12, 1.5, 4), (None, 15, 4, 12), (0.5, 12, 4, 10)],
)
def test_steps_are_counted_and_the_schedule_ends_with_the_last(make_batches, share, steps, warmup_epochs, warmup_steps):
    batches = make_batches()
    settings = TrainConfig(epochs=5, lr=1.0, schedule="linear", batch_size=8, warmup_epochs=warmup_epochs)
    until = partial(steps_until, batches=batches, share=share)
    assert (until(warmup_epochs), until(5)) == (warmup_steps, steps)
    state, watch = make_state(lr=1.0), Watch(batches)
    chosen = [] if share is None else [KeepHardest(batches, share)]
    schedule = Schedule(state.optimizer, settings, len(batches), until)
    train(state, batches, F.cross_entropy, 5, [*chosen, schedule, watch])
    assert watch.lr == pytest.approx(1 / (steps - warmup_steps))
    assert state.optimizer.param_groups[0]["lr"] == pytest.approx(0)


def test_examples_are_counted_as_the_epochs_have_them(make_batches):
    assert [examples_until(epoch, None) for epoch in (0, 1, 5)] == [0, 1, 5]
    batches, watch = make_batches(), Watch(make_batches())
    watch.batches = batches
    train(make_state(lr=0.1), batches, F.cross_entropy, 4, [KeepHardest(batches, 0.5), watch])
    seen = [sum(map(len, watch.epochs[:epoch])) / EXAMPLES for epoch in range(5)]
    assert seen == [examples_until(epoch, 0.5) for epoch in range(5)] == [0, 1, 2, 2.5, 3]
