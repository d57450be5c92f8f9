"""Every mission can be accomplished, by the rules, and is not accomplished from the start."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from nnlabs.playground.examples import EXAMPLES
from nnlabs.playground.inspection import NetworkState, inspect_network
from nnlabs.playground.judge import Judge
from nnlabs.playground.missions import MISSIONS, Mission, same
from nnlabs.playground.points import make_table
from nnlabs.playground.settings import Settings, read_settings
from nnlabs.playground.sources import SOURCES
from nnlabs.playground.training import Trainer

SOLUTIONS: dict[str, dict[str, Any]] = {
    "line": {"layers": ()},
    "xor": {"layers": same([4], "tanh")},
    "spirals": {"layers": same([16, 16, 8], "relu")},
    "race": {"optimizer": "adam", "lr": 0.1, "batch_size": 16},
    "vanish": {"init": "normal"},
    "repair": {"init": "orthogonal"},
    "dead": {"lr": 100.0},
    "diverge": {"lr": 50.0},
    "memorize": {"layers": same([32, 32], "relu")},
    "regularize": {"l2": 0.03},
}


def accomplished(mission: Mission, settings: Settings, steps: int) -> tuple[bool, str]:
    """Whether a network gets there within some steps, and what was said last."""
    trainer, judge = Trainer(settings), Judge(mission)
    with np.errstate(all="ignore"):
        judge.look(trainer)
        while not judge.done and trainer.steps < steps and not trainer.diverged:
            trainer.step()
            judge.look(trainer)
    return judge.done, judge.report(trainer)["says"]


def test_there_are_ten_with_names_of_their_own():
    assert len({mission.name for mission in MISSIONS}) == 10 == len(SOLUTIONS)


@pytest.mark.parametrize("mission", MISSIONS, ids=lambda mission: mission.name)
def test_a_solution_by_the_rules_accomplishes_it_and_the_start_does_not(mission):
    change = SOLUTIONS[mission.name]
    assert set(change) <= set(mission.free)
    done, says = accomplished(mission, replace(mission.start, **change), 600)
    assert done, says
    done, says = accomplished(mission, mission.start, 150)
    assert not done
    assert any(letter.isdigit() for letter in says)


def test_what_is_against_the_rules_does_not_count():
    mission = next(one for one in MISSIONS if one.name == "line")
    done, says = accomplished(mission, replace(mission.start, layers=(), noise=0.1), 50)
    assert not done
    assert "Against the rules: noise must stay" in says


def test_a_network_that_is_right_by_luck_before_it_has_learned_does_not_count():
    mission = next(one for one in MISSIONS if one.name == "line")
    trainer = Trainer(replace(mission.start, layers=(), seed=17))
    assert inspect_network(trainer).accuracy[1] == 1
    done, says = accomplished(mission, trainer.settings, 0)
    assert not done and "100.0 %" in says and "of a network that has learned" in says


def test_a_setting_that_was_changed_on_the_way_and_back_does_not_count():
    mission = next(one for one in MISSIONS if one.name == "vanish")
    trainer = Trainer(replace(mission.start, init="normal"))
    trainer.change(replace(trainer.settings, lr=1e-6))
    trainer.step()
    trainer.change(replace(trainer.settings, lr=mission.start.lr))
    done, says = mission.progress(trainer, inspect_network(trainer))
    assert not done
    assert "lr was changed on the way" in says and "reset" in says
    trainer = Trainer(replace(mission.start, init="normal"))
    trainer.step()
    trainer.change(replace(trainer.settings, lr=1e-6))
    trainer.change(replace(trainer.settings, lr=mission.start.lr))  # at the same step: it was never in force
    assert mission.progress(trainer, inspect_network(trainer))[0]


@pytest.mark.parametrize(
    ("name", "change"), [("dead", {"init": "zeros"}), ("vanish", {"layers": same([8] * 12, "sigmoid")})]
)
def test_shortcuts_are_against_the_rules(name, change):
    mission = next(one for one in MISSIONS if one.name == name)
    done, says = accomplished(mission, replace(mission.start, **change), 10)
    assert not done
    assert says.startswith("Against the rules")


@pytest.mark.parametrize("change", [{}, {"l2": 1e-5}])
def test_what_an_unregularized_network_gets_by_luck_is_no_regularization(change):
    mission = next(one for one in MISSIONS if one.name == "regularize")
    trainer, judge, gaps = Trainer(mission.start), Judge(mission), []
    while trainer.steps < 260:
        trainer.step()
        judge.look(trainer)
        train, test = inspect_network(trainer).accuracy
        if 212 <= trainer.steps <= 215:
            gaps.append(train - test)
        if trainer.steps == 213 and change:  # while the gap happens to be small
            trainer.change(replace(mission.start, **change))
    assert min(gaps) < 0.05
    assert not judge.done
    assert ("must be above it" in judge.report(trainer)["says"]) == (not change)


def test_a_gap_of_just_as_much_as_is_asked_for_is_enough():
    def right(train: int, test: int) -> NetworkState:
        return NetworkState((0.1, 0.5), (train / 60, test / 60), ())

    memorize, regularize = (next(one for one in MISSIONS if one.name == name) for name in ("memorize", "regularize"))
    trainer = Trainer(replace(regularize.start, l2=0.03))
    trainer.steps = 100 * trainer.steps_an_epoch
    assert 1 - 54 / 60 < 0.1 and 56 / 60 - 53 / 60 > 0.05
    assert memorize.check(trainer, right(60, 54))[0] and not memorize.check(trainer, right(60, 55))[0]
    assert regularize.check(trainer, right(56, 53))[0] and not regularize.check(trainer, right(57, 53))[0]


@pytest.mark.parametrize("settings", [one.start for one in MISSIONS] + [one.settings for one in EXAMPLES])
def test_missions_and_examples_are_settings_that_the_page_can_send(settings):
    raw = asdict(settings)
    raw["layers"], raw["points"] = list(raw["layers"]), list(raw["points"])
    assert read_settings(raw) == settings


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_good_examples_learn_and_bad_ones_do_not(example):
    trainer = Trainer(example.settings)
    with np.errstate(all="ignore"):
        for _ in range(900 if example.good else 250):
            if not trainer.over:
                trainer.step()
        accuracy = inspect_network(trainer).accuracy[1]
    assert (accuracy > 0.92) == example.good, accuracy


@pytest.mark.parametrize("example", [one for one in EXAMPLES if "epochs" in one.says], ids=lambda one: one.title)
def test_examples_are_done_after_as_many_epochs_as_they_say(example):
    (epochs,) = map(int, re.findall(r"in some (\d+) epochs", example.says))
    trainer, accuracies = Trainer(example.settings), []
    for end in (epochs // 2, epochs):
        while trainer.epoch < end:
            trainer.step()
        accuracies.append(inspect_network(trainer).accuracy[0])
    assert accuracies[0] < 0.95 < accuracies[1]


def test_the_best_line_through_the_circles_gets_two_thirds():
    table = make_table(Settings("circles", noise=SOURCES["circles"].noise))
    angles, offsets = np.linspace(0, 2 * np.pi, 90), np.linspace(-1.5, 1.5, 90)
    across = table.x @ np.array([np.cos(angles), np.sin(angles)])
    best = max(((across > offset) == table.y[:, None]).mean(axis=0).max() for offset in offsets)
    assert best == pytest.approx(2 / 3, abs=0.03)
