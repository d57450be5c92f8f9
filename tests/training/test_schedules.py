from __future__ import annotations

import io
import math

import pytest
import torch
from torch.optim.lr_scheduler import OneCycleLR

from nnlabs.config.schema import TrainConfig
from nnlabs.scratch.schedule import cosine_with_warmup
from nnlabs.training.loop import State
from nnlabs.training.names import SCHEDULES
from nnlabs.training.schedules import Schedule

EPOCHS, STEPS = 14, 5
T = EPOCHS * STEPS
LR = 0.3


def start(**settings):
    settings = {"epochs": EPOCHS, "lr": LR} | settings
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=settings["lr"])
    return optimizer, Schedule(optimizer, TrainConfig(**settings), STEPS)


def run(optimizer, schedule, epochs=range(EPOCHS), validation_losses=None):
    """The learning rate of every batch."""
    rates, state = [], State(torch.nn.Identity(), optimizer)
    for epoch in epochs:
        for _ in range(STEPS):
            rates.append(schedule.lr)
            optimizer.step()
            schedule.after_step(state)
        state.history.append({"validation_loss": validation_losses[epoch] if validation_losses else 1.0})
        schedule.after_epoch(state)
    return rates


def cosine_restarts(t):
    first = math.ceil(T / 7)
    for period in (first, 2 * first, 4 * first):
        if t < period:
            return LR * (1 + math.cos(math.pi * t / period)) / 2
        t -= period
    raise AssertionError


def one_cycle(t):
    """Smith and Topin's one cycle with cosine halves: lr / 25 at first, lr after 30 % of the steps, lr / 25e4 at last."""
    peak = 0.3 * T - 1
    if t <= peak:
        low, share = LR / 25, t / peak
        return LR + (low - LR) * (1 + math.cos(math.pi * share)) / 2
    low, share = LR / 25e4, (t - peak) / (T - 1 - peak)
    return low + (LR - low) * (1 + math.cos(math.pi * share)) / 2


FORMULAS = {
    "constant": lambda t: LR,
    "step": lambda t: LR * 0.1 ** (t // STEPS // 5),  # ceil(14 / 3) = 5 epochs
    "exponential": lambda t: LR * 0.01 ** ((t // STEPS) / EPOCHS),
    "polynomial": lambda t: LR * (1 - t / T) ** 2,
    "linear": lambda t: LR * (1 - t / T),
    "cosine": lambda t: LR * (1 + math.cos(math.pi * t / T)) / 2,
    "cosine_restarts": cosine_restarts,
    "one_cycle": one_cycle,
    "stable_decay": lambda t: LR * min(1, (T - t) / (0.2 * T)),
    "plateau": lambda t: (
        LR * 0.5 ** (max(0, t // STEPS - 1) // 3)
    ),  # the first loss is the best; then 3 bad epochs each
}


def test_every_schedule_has_a_formula_here():
    assert set(FORMULAS) == set(SCHEDULES)


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_batch_has_the_rate_of_the_closed_formula(name):
    rates = run(*start(schedule=name))
    assert rates == pytest.approx([FORMULAS[name](t) for t in range(T)], rel=1e-10)


@pytest.mark.parametrize("name", [name for name in SCHEDULES if name != "one_cycle"])
def test_warm_up_rises_to_the_rate_and_leaves_the_rest_to_the_schedule(name):
    rates = run(*start(schedule=name, epochs=EPOCHS + 2, warmup_epochs=2.0), epochs=range(EPOCHS + 2))
    warmup, rest = rates[: 2 * STEPS], rates[2 * STEPS :]
    assert warmup == pytest.approx([LR * (t + 1) / 10 for t in range(10)], rel=1e-12)
    assert rest == pytest.approx([FORMULAS[name](t) for t in range(T)], rel=1e-10)


def test_after_a_warm_up_of_part_of_an_epoch_a_schedule_by_epoch_begins_with_the_next_whole_one():
    rates = run(*start(schedule="step", epochs=4, warmup_epochs=0.4), epochs=range(4))
    assert rates == pytest.approx([LR / 2, LR, *[LR] * 3, *[LR] * 5, *[LR / 10] * 5, *[LR / 100] * 5])


def test_plateau_halves_after_three_epochs_without_a_better_loss():
    losses = [1.0, 0.9, 0.95, 0.9, 0.91, 0.8, 0.81, 0.82, 0.79, 0.7, 0.6, 0.5, 0.4, 0.3]
    rates = run(*start(schedule="plateau"), validation_losses=losses)
    assert rates[::STEPS] == [LR] * 5 + [LR / 2] * 9


def test_one_cycle_is_torchs_with_its_defaults():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=LR)
    theirs = OneCycleLR(optimizer, max_lr=LR, total_steps=T, cycle_momentum=False)
    expected = []
    for _ in range(T):
        expected.append(theirs.get_last_lr()[0])
        optimizer.step()
        theirs.step()
    assert run(*start(schedule="one_cycle")) == expected


def test_one_cycle_leaves_the_momentum_alone():
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr=LR)
    schedule = Schedule(optimizer, TrainConfig(epochs=EPOCHS, lr=LR, schedule="one_cycle"), STEPS)
    run(optimizer, schedule)
    assert optimizer.param_groups[0]["betas"] == (0.9, 0.999)


def test_all_parameter_groups_move_together():
    parameters = [torch.nn.Parameter(torch.zeros(1)) for _ in range(2)]
    optimizer = torch.optim.SGD([{"params": [p]} for p in parameters], lr=LR)
    schedule = Schedule(optimizer, TrainConfig(epochs=EPOCHS, lr=LR, schedule="cosine", warmup_epochs=1), STEPS)
    for _ in range(30):
        optimizer.step()
        schedule.after_step(State(torch.nn.Identity(), optimizer))
        assert optimizer.param_groups[0]["lr"] == optimizer.param_groups[1]["lr"] == schedule.lr


@pytest.mark.parametrize("name", [name for name in SCHEDULES if name != "plateau"])
def test_a_rate_that_an_optimizer_keeps_as_a_tensor_moves_as_any(name):
    rates = []
    for lr in (LR, torch.tensor(LR, dtype=torch.float64)):
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
        warmup = 0.0 if name == "one_cycle" else 1.6
        schedule = Schedule(optimizer, TrainConfig(epochs=EPOCHS, lr=LR, schedule=name, warmup_epochs=warmup), STEPS)
        schedule.before_training(State(torch.nn.Identity(), optimizer))
        rates.append(run(optimizer, schedule))
    assert rates[0] == pytest.approx(rates[1])


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("left_after", [1, 9])
def test_a_second_training_begins_with_the_first_rate(name, left_after):
    warmup = 0.0 if name == "one_cycle" else 1.6
    optimizer, schedule = start(schedule=name, warmup_epochs=warmup)
    run(optimizer, schedule, range(left_after))
    schedule.before_training(State(torch.nn.Identity(), optimizer))
    assert run(optimizer, schedule) == run(*start(schedule=name, warmup_epochs=warmup))


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("killed_after", [1, 2, 9])
def test_a_schedule_read_from_a_file_goes_on_bit_for_bit(name, killed_after):
    warmup = 0.0 if name == "one_cycle" else 1.6
    losses = [1.0, 0.9, 0.8, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9]
    whole = run(*start(schedule=name, warmup_epochs=warmup), validation_losses=losses)

    optimizer, schedule = start(schedule=name, warmup_epochs=warmup)
    run(optimizer, schedule, range(killed_after), losses)
    file = io.BytesIO()
    torch.save({"optimizer": optimizer.state_dict(), "schedule": schedule.state_dict()}, file)

    file.seek(0)
    saved = torch.load(file, weights_only=True)
    optimizer, schedule = start(schedule=name, warmup_epochs=warmup)
    optimizer.load_state_dict(saved["optimizer"])
    schedule.load_state_dict(saved["schedule"])
    assert run(optimizer, schedule, range(killed_after, EPOCHS), losses) == whole[killed_after * STEPS :]


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_training_of_one_batch_works(name):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=LR)
    schedule = Schedule(optimizer, TrainConfig(epochs=1, lr=LR, schedule=name), steps_per_epoch=1)
    optimizer.step()
    state = State(torch.nn.Identity(), optimizer, history=[{"validation_loss": 1.0}])
    schedule.after_step(state)
    schedule.after_epoch(state)
    assert 0 <= schedule.lr <= LR


def test_a_warm_up_and_linear_make_a_triangle():
    rates = run(*start(schedule="linear", warmup_epochs=3.0))
    up, down = 3 * STEPS, T - 3 * STEPS
    expected = [LR * (t + 1) / up for t in range(up)] + [LR * (1 - t / down) for t in range(down)]
    assert rates == pytest.approx(expected, rel=1e-9)
    assert rates.index(max(rates)) == up - 1


@pytest.mark.parametrize("warmup_epochs", [0.0, 0.4, 1.0, 3.0])
def test_the_formula_that_learners_write_is_the_schedule_that_labs_run(warmup_epochs):
    warmup = round(warmup_epochs * STEPS)
    written = [cosine_with_warmup(t, T, warmup, LR) for t in range(T)]
    assert run(*start(schedule="cosine", warmup_epochs=warmup_epochs)) == pytest.approx(written, rel=1e-10)
