from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nnlabs.paths import labs_dir
from nnlabs.playground import diagnosis
from nnlabs.playground.diagnosis import Seen, diagnose, gradient_ratio
from nnlabs.playground.inspection import confidence, inspect_network, predict
from nnlabs.playground.missions import MISSIONS, same
from nnlabs.playground.settings import HiddenLayer, Settings
from nnlabs.playground.training import Trainer
from nnlabs.scratch.layers import Linear

TANH = Settings(n=60, layers=same([4, 4], "tanh"))


def troubles(settings: Settings, steps: int = 0) -> dict[str, str]:
    """What is said of a network after some steps, by name."""
    trainer, seen = Trainer(settings), Seen()
    with np.errstate(all="ignore"):
        seen.note(inspect_network(trainer))
        for _ in range(steps):
            if not trainer.over:
                trainer.step()
            if trainer.steps % 20 == 0:
                seen.note(inspect_network(trainer))
        return {one.name: one.says for one in diagnose(trainer, inspect_network(trainer), seen)}


def test_looking_changes_nothing():
    trainer, watched = Trainer(TANH), Trainer(TANH)
    for _ in range(10):
        trainer.step()
        inspect_network(watched)
        watched.step()
    for w, v in zip(trainer.network.parameters(), watched.network.parameters(), strict=True):
        assert np.array_equal(w.data, v.data)


def test_gradients_are_the_slopes_of_the_loss():
    trainer = Trainer(TANH)
    state = inspect_network(trainer)
    for layer, shown in zip((m for m in trainer.network.layers if isinstance(m, Linear)), state.layers, strict=True):
        slopes = []
        for at in np.ndindex(layer.W.shape):
            losses = []
            for sign in (1, -1):
                layer.W.data[at] += sign * 1e-6
                losses.append(inspect_network(trainer).loss[0])
                layer.W.data[at] -= sign * 1e-6
            slopes.append((losses[0] - losses[1]) / 2e-6)
        assert shown.gradient == pytest.approx(np.sqrt(np.mean(np.square(slopes))), rel=1e-5)


def test_a_unit_far_below_zero_is_dead_and_one_far_out_is_flat():
    trainer = Trainer(replace(TANH, layers=same([4], "relu")))
    first = trainer.network.layers[0]
    first.b.data[1] = -100
    state = inspect_network(trainer)
    assert state.layers[0].dead == (1,)
    tanh = Trainer(replace(TANH, layers=same([4], "tanh")))
    tanh.network.layers[0].b.data[:] = 5
    assert inspect_network(tanh).layers[0].flat > 0.9


def test_confidence_is_that_of_the_probabilities():
    z = np.array([[-3.0], [0.0], [2.0]])
    p = 1 / (1 + np.exp(-z[:, 0]))
    assert confidence(z, True) == pytest.approx(np.abs(2 * p - 1))
    assert predict(z).tolist() == [0, 0, 1]
    scores = np.array([[0.0, 0.0, 0.0], [9.0, 0.0, 0.0]])
    softmax = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    assert confidence(scores, True) == pytest.approx((softmax.max(1) - 1 / 3) / (2 / 3))
    assert confidence(scores, False).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("settings", "steps", "name", "says"),
    [
        (replace(TANH, layers=same([8] * 10, "sigmoid")), 0, "Vanishing gradients", r"[\d,]+ times smaller"),
        (replace(TANH, init="zeros"), 5, "Twin units", "units of layer 1 compute the same"),
        (
            replace(TANH, layers=same([16], "relu"), optimizer="sgd", lr=100.0),
            5,
            "Dead units",
            r"\d+ of 16 hidden units are flat",
        ),
        (
            replace(TANH, optimizer="sgd", lr=50.0, layers=same([8], "tanh")),
            20,
            "Saturation",
            "% of the inputs of layer 1",
        ),
        (replace(TANH, data="circles", layers=()), 100, "Only straight lines", "one linear map"),
        (replace(TANH, optimizer="sgd", lr=1e-5), 100, "Hardly moving", r"from 0\.\d+ to 0\.\d+ only"),
        (replace(TANH, layers=same([4], "step")), 0, "No slope", "slope 0 everywhere"),
        (replace(TANH, loss="mse", optimizer="sgd", lr=50.0, layers=same([8], "relu")), 60, "Diverged", r"now 50"),
        (
            replace(TANH, noise=0.5, test_share=0.6, layers=same([40, 40], "relu"), init="he"),
            300,
            "Overfitting",
            "by heart",
        ),
    ],
)
def test_troubles_are_told_in_words(settings, steps, name, says):
    found = troubles(settings, steps)
    assert name in found
    assert re.search(says, found[name])


def test_gradients_that_have_vanished_in_every_layer_are_told_so():
    vanish, repair = (next(one for one in MISSIONS if one.name == name) for name in ("vanish", "repair"))
    trainer = Trainer(repair.start)
    state = inspect_network(trainer)
    assert gradient_ratio(state) > 1 > 1e-15 > state.layers[0].gradient
    (found,) = diagnose(trainer, state, Seen())
    assert found.name == "Vanishing gradients"
    assert re.search(r"The largest gradient of a hidden layer is \de-18:", found.says)
    assert vanish.check(trainer, state)[0]
    assert not repair.check(trainer, state)[0]
    sound = Trainer(vanish.start)
    assert diagnose(sound, inspect_network(sound), Seen()) == []
    assert not vanish.check(sound, inspect_network(sound))[0]


def test_units_that_are_all_dead_are_no_twins_and_no_matter_of_depth():
    dead = Trainer(replace(TANH, layers=same([4, 4], "relu")))
    for layer in dead.network.layers:
        if isinstance(layer, Linear) and layer.W.shape[1] == 4:
            layer.b.data[:] = -100
    seen = Seen()
    seen.note(inspect_network(dead))
    found = {one.name for one in diagnose(dead, inspect_network(dead), seen)}
    assert "Dead units" in found
    assert not {"Twin units", "Vanishing gradients"} & found
    assert "Vanishing gradients" not in troubles(replace(TANH, layers=(*same([4], "tanh"), *same([4], "step"))))


LINE = next(mission.start for mission in MISSIONS if mission.name == "line")


def test_a_line_that_has_not_settled_yet_is_slow_and_not_at_its_limit():
    slow = replace(LINE, layers=(), seed=3, optimizer="sgd", lr=1e-3)
    found = troubles(slow, 31 * Trainer(slow).steps_an_epoch)
    assert "Only straight lines" not in found
    slower = replace(slow, lr=1e-4)
    assert "Raise the learning rate" in troubles(slower, 31 * Trainer(slower).steps_an_epoch)["Hardly moving"]


@pytest.mark.parametrize(
    "settings",
    [
        Settings("spirals", n=100, noise=0.03, layers=same([8, 8], "leaky_relu"), init="he", optimizer="sgd", lr=3.0),
        Settings(l1=1.0),
    ],
)
def test_a_loss_that_has_risen_asks_for_less_and_not_for_more(settings):
    found = troubles(settings, 30 * Trainer(settings).steps_an_epoch)
    assert "Lower the learning rate" in found["Getting worse"]
    assert "Hardly moving" not in found


def test_a_schedule_at_its_end_is_no_reason_to_raise_the_rate():
    ended = Settings("circles", noise=0.1, layers=same([1], "tanh"), schedule="cosine", lr=1e-5, epochs=30)
    assert troubles(ended, 30 * Trainer(ended).steps_an_epoch) == {}
    endless = replace(ended, epochs=0)
    assert troubles(endless, 200 * Trainer(endless).steps_an_epoch) == {}


def test_a_step_layer_is_the_only_trouble_that_it_is_blamed_for():
    for layers in (same([4], "step"), (*same([4], "step"), *same([4], "tanh")), same([4, 4], "step")):
        assert set(troubles(replace(TANH, layers=layers))) == {"No slope"}


def test_dead_and_twin_units_are_not_told_to_stay_so_for_ever():
    dead = troubles(replace(TANH, layers=same([16], "relu"), optimizer="sgd", lr=100.0), 5)["Dead units"]
    assert "layers before it may wake" in dead and "no way back" not in dead
    assert "stay equal:" in troubles(replace(TANH, init="zeros"), 5)["Twin units"]


@pytest.mark.parametrize(
    ("activations", "apart"), [("sigmoid sigmoid", True), ("tanh tanh", False), ("sigmoid tanh", False)]
)
def test_dropout_tells_twins_apart_where_it_has_something_to_leave_out(activations, apart):
    layers = tuple(HiddenLayer(4, name) for name in activations.split())
    settings = replace(TANH, init="zeros", dropout=0.5, layers=layers)
    told = troubles(settings)["Twin units"]
    assert ("only dropout can tell them apart" in told, "stay equal:" in told) == (apart, not apart)
    trainer = Trainer(settings)
    for _ in range(500):
        trainer.step()
    first = next(layer for layer in trainer.network.layers if isinstance(layer, Linear)).W.data
    assert (np.ptp(first, axis=1).max() > 0) == apart


def test_units_that_were_dead_at_the_start_are_not_put_down_to_the_rate():
    settings = Settings(layers=same([4, 4, 4], "relu"), init="he", seed=0)
    for steps in (0, 1):
        assert "No step has killed them" in troubles(settings, steps)["Dead units"]
    killed = replace(TANH, layers=same([16], "relu"), optimizer="sgd", lr=100.0)
    assert "Lower the learning rate" in troubles(killed, 5)["Dead units"]


@pytest.mark.parametrize(("optimizer", "still"), [("sgd", True), ("adam", False)])
def test_a_small_gradient_holds_up_sgd_and_not_adam(optimizer, still):
    settings = Settings(layers=same([8] * 5, "sigmoid"), optimizer=optimizer, lr=0.01)
    told = troubles(settings)["Vanishing gradients"]
    assert ("so it hardly learns" in told, "Adam divides by the gradient's size" in told) == (still, not still)
    trainer = Trainer(settings)
    layers = [layer for layer in trainer.network.layers if isinstance(layer, Linear)][:-1]
    before = [layer.W.data.copy() for layer in layers]
    for _ in range(trainer.steps_an_epoch):
        trainer.step()
    moved = [np.sqrt(np.mean((layer.W.data - start) ** 2)) for layer, start in zip(layers, before, strict=True)]
    assert (moved[0] < moved[-1] / 50) == still


def test_a_good_network_is_not_blamed():
    assert troubles(Settings(), 0) == {}
    assert troubles(Settings(), 200) == {}


def test_lessons_name_acts_and_figures_that_the_labs_have():
    scripts = {path.name[3]: path.read_text(encoding="utf-8") for path in labs_dir().glob("lab*.py")}
    source = Path(diagnosis.__file__).read_text(encoding="utf-8")
    lessons = [mission.lesson for mission in MISSIONS] + re.findall(r'"(lab \d, act[^"]+)"', source)
    assert len(lessons) >= 18
    for lab, act, figures in re.findall(r"lab (\d), acts? (\d)((?:[:,] \d_\w+)*)", "; ".join(lessons)):
        assert f"def act_{act}" in scripts[lab], (lab, act)
        for figure in re.findall(r"\d_\w+", figures):
            assert figure in scripts[lab], figure


def test_the_ratio_of_gradients_is_one_where_there_is_nothing_to_compare():
    assert gradient_ratio(inspect_network(Trainer(replace(TANH, layers=same([4], "tanh"))))) == 1
