from __future__ import annotations

import os
import pickle
import random
from collections import deque
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from nnlabs.config.schema import TrainConfig
from nnlabs.errors import RunError
from nnlabs.training.callbacks import EarlyStopping, History
from nnlabs.training.checkpoint import Checkpoint, UnusableCheckpointError, load_checkpoint, save_checkpoint
from nnlabs.training.loop import Callback, State, train
from nnlabs.training.names import OPTIMIZERS, SCHEDULES
from nnlabs.training.optimizers import make_optimizer
from nnlabs.training.schedules import Schedule

EPOCHS = 4


class Training:
    """A small training with all that a checkpoint has to keep, made anew as a new process would make it."""

    def __init__(self, path: Path, batches, every_s: float = 0.0, units: int = 5, **settings) -> None:
        torch.manual_seed(3)
        self.batches = batches
        self.model = nn.Sequential(
            nn.Flatten(), nn.Linear(16, units), nn.BatchNorm1d(units), nn.Dropout(0.2), nn.Linear(units, 3)
        )
        config = TrainConfig(**{"epochs": EPOCHS, "lr": 0.01, "batch_size": 8, **settings})
        optimizer = make_optimizer(self.model, config)
        self.state = State(self.model, optimizer)
        # Improves in epochs 1 and 3 only.
        history = History(lambda state: {"validation_loss": [0.9, 1.0, 0.5, 0.6][state.epoch - 1]})
        kept = [history, EarlyStopping(9), Schedule(optimizer, config, len(batches))]
        self.saves: list[int] = []
        self.checkpoint = Checkpoint(path, kept, lambda state: self.saves.append(state.epoch), every_s)

    def train(self, epochs: int = EPOCHS, *more: Callback) -> None:
        around = [*self.checkpoint.callbacks, self.checkpoint, *more]
        train(self.state, self.batches, F.cross_entropy, epochs, around)


def same(a: Training, b: Training) -> bool:
    weights, others = a.model.state_dict(), b.model.state_dict()
    return a.state.history == b.state.history and all(torch.equal(weights[name], others[name]) for name in weights)


@pytest.mark.parametrize(
    "settings",
    [{"optimizer": name, "weight_decay": 0.01} for name in OPTIMIZERS]
    + [{"schedule": name} for name in SCHEDULES]
    + [{"schedule": "cosine", "warmup_epochs": 1.5, "l1": 0.01, "max_norm": 0.5}],
    ids=lambda settings: "-".join(map(str, settings.values())),
)
@pytest.mark.parametrize("stop", [1, 3])
def test_a_training_that_goes_after_trainings_as_if_it_had_never_stopped(tmp_path, make_batches, settings, stop):
    batches = make_batches(augment=["flip"])
    whole = Training(tmp_path / "whole.pt", batches, **settings)
    whole.train()

    class Interrupt(Callback):
        def before_step(self, state):
            if state.epoch == stop:
                raise KeyboardInterrupt

    path = tmp_path / "a.pt"
    first = Training(path, batches, **settings)
    with pytest.raises(KeyboardInterrupt):
        first.train(EPOCHS, Interrupt())
    second = Training(path, batches, **settings)
    second.train()
    assert same(second, whole)
    assert second.state.kept_epoch == whole.state.kept_epoch == 3


def test_a_finished_training_stays_as_it_is_and_takes_less_room(tmp_path, make_batches):
    path = tmp_path / "a.pt"
    done = Training(path, make_batches())
    done.train()
    size = path.stat().st_size
    done.checkpoint.finish(done.state)
    assert path.stat().st_size < size
    again = Training(path, make_batches())
    again.checkpoint.before_training(again.state)
    again.train()
    assert same(again, done)
    assert (again.state.epoch, again.state.kept_epoch) == (EPOCHS, 3)


def test_without_a_file_it_begins_at_the_beginning(tmp_path, make_batches):
    training = Training(tmp_path / "none.pt", make_batches())
    training.checkpoint.before_training(training.state)
    assert (training.state.epoch, training.state.history) == (0, [])


@pytest.mark.parametrize(("every_s", "saves"), [(0.0, [1, 2, 3, 4]), (3600.0, [])])
def test_short_epochs_are_not_spent_on_writing(tmp_path, make_batches, every_s, saves):
    training = Training(tmp_path / "a.pt", make_batches(), every_s)
    training.train()
    assert training.saves == saves
    assert (tmp_path / "a.pt").exists() == bool(saves)


def test_what_no_checkpoint_can_hold_is_told_at_the_first_save(tmp_path, make_batches):
    class Remembers(torch.optim.SGD):
        def step(self):
            super().step()
            self.state["past"]["gradients"] = deque([1.0])

    training = Training(tmp_path / "a.pt", make_batches())
    training.state.optimizer = Remembers(training.model.parameters(), lr=0.1)
    training.checkpoint.callbacks = ()
    with pytest.raises(RunError, match=r"^Remembers remembers what no checkpoint can hold \(collections\.deque\)"):
        training.train()
    assert training.state.epoch == 1
    assert not (tmp_path / "a.pt").exists()


def test_seconds_add_up_over_interruptions(tmp_path, make_batches):
    class Slow(Callback):
        def before_step(self, state):
            first.checkpoint._started -= 100 / 6

    first = Training(tmp_path / "a.pt", make_batches())
    first.train(2, Slow())
    second = Training(tmp_path / "a.pt", make_batches())
    second.checkpoint.before_training(second.state)
    assert 100 < second.checkpoint.seconds < 200


def test_a_checkpoint_of_another_network_is_refused(tmp_path, make_batches):
    Training(tmp_path / "a.pt", make_batches()).train(1)
    other = Training(tmp_path / "a.pt", make_batches(), units=6)
    with pytest.raises(RunError, match=r"a\.pt belongs to another run"):
        other.checkpoint.before_training(other.state)


@pytest.mark.parametrize("content", [{}, {"model": 3}, {"model": {}}], ids=str)
def test_a_file_that_holds_something_else_is_refused(tmp_path, make_batches, content):
    save_checkpoint(tmp_path / "a.pt", content)
    training = Training(tmp_path / "a.pt", make_batches())
    with pytest.raises(RunError, match=r"a\.pt belongs to another run"):
        training.checkpoint.before_training(training.state)


def test_damage_is_noticed_wherever_it_is(tmp_path):
    path, weights = tmp_path / "a.pt", torch.arange(300.0)
    save_checkpoint(path, {"weights": weights, "epoch": 3})
    whole, chance = path.read_bytes(), random.Random(0)
    refused = 0
    for _ in range(120):
        damaged = bytearray(whole)
        damaged[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        try:
            content = load_checkpoint(path)
        except RunError as error:
            assert str(path) in str(error)
            refused += 1
        else:  # a bit that means nothing, such as the date of an entry
            assert torch.equal(content["weights"], weights)
            assert content["epoch"] == 3
    assert refused > 60


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_file_that_was_cut_off_is_refused(tmp_path, share):
    path = tmp_path / "a.pt"
    save_checkpoint(path, {"weights": torch.zeros(500)})
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(RunError, match=r"a\.pt is no readable checkpoint"):
        load_checkpoint(path)


class Bomb:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_code_in_a_file_is_never_run(tmp_path):
    path, hit = tmp_path / "a.pt", tmp_path / "hit"
    torch.save({"model": Bomb(hit)}, path)
    with pytest.raises(
        RunError, match=r"a\.pt is no checkpoint of ours \(it holds more than tensors and plain values\)$"
    ):
        load_checkpoint(path)
    path.write_bytes(pickle.dumps(Bomb(hit)))
    with pytest.raises(RunError, match="no readable checkpoint"):
        load_checkpoint(path)
    assert not hit.exists()


def test_a_file_that_is_no_run_at_all_is_refused(tmp_path):
    torch.save([1, 2], tmp_path / "a.pt")
    with pytest.raises(RunError, match=r"a\.pt is no checkpoint of a run"):
        load_checkpoint(tmp_path / "a.pt")
    with pytest.raises(RunError, match=r"none\.pt is no readable checkpoint"):
        load_checkpoint(tmp_path / "none.pt")


def test_a_good_file_that_the_machine_cannot_read_just_now_is_not_called_damaged(tmp_path):
    resource = pytest.importorskip("resource")  # Windows has none
    path = tmp_path / "a.pt"
    save_checkpoint(path, {"epoch": 1})
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.open(os.devnull, os.O_RDONLY)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, before[1]))
    try:
        with pytest.raises(RunError, match=r"a\.pt cannot be read now \(Too many open files\)") as caught:
            load_checkpoint(path)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert not isinstance(caught.value, UnusableCheckpointError)  # which would set it aside, and start over
    assert load_checkpoint(path) == {"epoch": 1}
