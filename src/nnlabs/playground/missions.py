"""Ten missions: small challenges, each checked while the network learns, at moments that `judge` chooses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from nnlabs.playground.diagnosis import FAINT, gradient_ratio
from nnlabs.playground.inspection import NetworkState
from nnlabs.playground.settings import HiddenLayer, Settings
from nnlabs.playground.training import Trainer

Check = Callable[[Trainer, NetworkState], tuple[bool, str]]


@dataclass(frozen=True)
class Mission:
    """One challenge.

    Args:
        name: for the address.
        title: short.
        task: what is to be done.
        hint: for those who are stuck.
        start: the settings to begin with.
        free: the settings that may be changed; all others stay as in `start`.
        check: whether it is done, and how far one is, in words.
        lesson: where to read on.
        lasting: for how many epochs on end it must hold, where a lucky moment would not prove it.
    """

    name: str
    title: str
    task: str
    hint: str
    start: Settings
    free: tuple[str, ...]
    check: Check = field(compare=False)
    lesson: str
    lasting: int = 0

    def progress(self, trainer: Trainer, state: NetworkState) -> tuple[bool, str]:
        """Whether the network is as it is asked for now, and in words how far one is, or which rule is broken."""
        objection = self.objection(trainer)
        return (False, objection) if objection else self.check(trainer, state)

    def objection(self, trainer: Trainer) -> str:
        """Which rule is broken, in words; "" for none."""
        free = f"(to change: {', '.join(self.free)})"
        if changed := self._broken(trainer.settings):
            return f"Against the rules: {', '.join(changed)} must stay as at the start {free}."
        for before in (trainer.first, *(settings for _, settings in trainer.changes)):
            if changed := self._broken(before):
                return f"Against the rules: {', '.join(changed)} was changed on the way {free}: reset."
        return ""

    def _broken(self, settings: Settings) -> list[str]:
        """What differs from the start and is not free."""
        fixed = [name for name in vars(self.start) if name not in self.free]
        return [name for name in fixed if getattr(settings, name) != getattr(self.start, name)]


def same(units: Sequence[int], activation: str) -> tuple[HiddenLayer, ...]:
    """Hidden layers with one activation."""
    return tuple(HiddenLayer(n, activation) for n in units)


def _units(trainer: Trainer) -> int:
    return sum(layer.units for layer in trainer.settings.layers)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _test_accuracy(least: float, most_units: int = 256, most_epochs: float = float("inf"), only: str = "") -> Check:
    """Asks for a share of the test points, within limits; a broken limit is named before the accuracy."""

    def check(trainer: Trainer, state: NetworkState) -> tuple[bool, str]:
        if _units(trainer) > most_units:
            return False, f"{_units(trainer)} hidden units; at most {most_units} are allowed."
        if only and any(layer.activation != only for layer in trainer.settings.layers):
            return False, f"Only {only} is allowed as activation."
        if trainer.epoch > most_epochs:
            return False, f"More than {most_epochs:g} epochs: reset, and try other settings."
        enough, luck = state.accuracy[1] >= least, "" if trainer.steps else ", of a network that has learned"
        says = f"Test accuracy {_percent(state.accuracy[1])}; {_percent(least)} is asked for{luck}."
        return enough and trainer.steps > 0, says

    return check


def _vanished(trainer: Trainer, state: NetworkState) -> tuple[bool, str]:
    """Asks for next to no gradient in the first layer, whatever the last one's: where the signal vanishes, that one's does too."""
    gradient, loss = state.layers[0].gradient, state.loss[0]
    return 0 < gradient < FAINT and loss > 0.1, (
        f"Gradient of the first layer {gradient:.1e}, loss {loss:.3g}; "
        f"a gradient between 0 and {FAINT:.0e}, and a loss above 0.1, are asked for."
    )


def _repaired(trainer: Trainer, state: NetworkState) -> tuple[bool, str]:
    """Asks for a first layer that gets a gradient and learns with it."""
    first, last, accuracy = state.layers[0].gradient, state.layers[-2].gradient, state.accuracy[1]
    done = first > FAINT and gradient_ratio(state) > 0.1 and accuracy >= 0.9
    return done, (
        f"Gradient of the first layer {first:.1e}, of the last hidden one {last:.1e}, test accuracy {_percent(accuracy)}; in the "
        f"first above {FAINT:.0e} and a tenth of the last one's, and 90 % on test, are asked for."
    )


def _dead(trainer: Trainer, state: NetworkState) -> tuple[bool, str]:
    dead, units = sum(len(layer.dead) for layer in state.layers), _units(trainer)
    return 2 * dead >= units > 0, f"{dead} of {units} units are dead; half is asked for."


def _diverged(trainer: Trainer, state: NetworkState) -> tuple[bool, str]:
    says = "The network has diverged." if trainer.diverged else f"The loss is still a number: {state.loss[0]:.3g}."
    return trainer.diverged, says


def _gap(state: NetworkState) -> float:
    """Points of the hundred by which training exceeds test; without the last digits, since 1 - 54/60 is 0.09999999999999998."""
    return round(100 * (state.accuracy[0] - state.accuracy[1]), 6)


def _memorized(trainer: Trainer, state: NetworkState) -> tuple[bool, str]:
    train, test = state.accuracy
    says = f"Train {_percent(train)}, test {_percent(test)}; 99 % on train, and 10 points less on test, are asked for."
    return train >= 0.99 and _gap(state) >= 10, says


def _regular(trainer: Trainer, state: NetworkState) -> tuple[bool, str]:
    (train, test), settings = state.accuracy, trainer.settings
    if not (settings.l1 or settings.l2 or settings.dropout):
        return False, "L1, L2 and dropout are all 0: one of them must be above it."
    done = trainer.epoch >= 100 and _gap(state) <= 5 and test >= 0.8
    return done, (
        f"Train {_percent(train)}, test {_percent(test)}; from epoch 100 on, "
        "at most 5 points between them, and 80 % on test, are asked for."
    )


DEEP = Settings("circles", layers=same([8] * 10, "tanh"), init="lecun", lr=0.003)
NOISY = Settings("moons", n=120, noise=0.35, test_share=0.5, layers=same([32, 32], "relu"), init="he", lr=0.01)
OVERFIT_FREE = ("layers", "lr", "optimizer", "batch_size", "epochs")

MISSIONS: tuple[Mission, ...] = (
    Mission(
        "line",
        "One line is enough",
        "Separate the two blobs without any hidden layer: 97 % on test.",
        "Remove both hidden layers, and press play.",
        Settings("blobs", noise=0.6),
        ("layers", "lr", "optimizer", "epochs", "batch_size", "init", "seed", "loss"),
        _test_accuracy(0.97, most_units=0),
        "lab 1, act 1",
    ),
    Mission(
        "xor",
        "XOR with few units",
        "Solve XOR with at most four hidden units: 95 % on test.",
        "One layer of four units will do; some seeds get stuck, others do not.",
        Settings("xor", noise=0.15, layers=same([1], "tanh"), lr=0.03),
        ("layers", "lr", "optimizer", "epochs", "batch_size", "init", "seed", "loss"),
        _test_accuracy(0.95, most_units=4),
        "lab 1, act 5: 5_xor",
    ),
    Mission(
        "spirals",
        "Spirals with ReLU",
        "Separate the spirals with ReLU only, in at most 40 hidden units: 95 % on test.",
        "Two or three layers are better than one wide one; Adam at 0.01, He's initialization.",
        Settings("spirals", n=400, noise=0.03, layers=same([8], "relu"), init="he"),
        ("layers", "lr", "optimizer", "schedule", "epochs", "batch_size", "init", "seed", "loss"),
        _test_accuracy(0.95, most_units=40, only="relu"),
        "lab 2, act 2: 2_boundaries",
    ),
    Mission(
        "race",
        "A race",
        "Separate the moons within ten epochs: 97 % on test.",
        "A larger learning rate, or smaller batches: more steps in the same epochs.",
        Settings("moons", noise=0.1, optimizer="sgd", lr=0.01),
        ("lr", "optimizer", "schedule", "batch_size", "layers", "init", "epochs"),
        _test_accuracy(0.97, most_epochs=10),
        "lab 4, act 3: 3_basins",
    ),
    Mission(
        "vanish",
        "Make the gradient vanish",
        "Ten layers of tanh. Let the first layer's gradient be below a millionth, though there is a loss to learn from.",
        "Weights that are too small shrink the signal at every layer, on its way forward and back.",
        DEEP,
        ("init",),
        _vanished,
        "lab 2, act 3: 3_gradient_by_depth",
    ),
    Mission(
        "repair",
        "Repair it by initialization only",
        "The same ten layers with vanished gradients: change the initialization only, and get 90 % on test.",
        "What keeps the length of a signal exactly?",
        replace(DEEP, init="normal"),
        ("init", "seed", "epochs"),
        _repaired,
        "lab 2, act 6: 6_initializations",
    ),
    Mission(
        "dead",
        "A graveyard of ReLUs",
        "Kill half of the units: none of them may answer to any training point.",
        "One step that is far too large pushes every input below zero.",
        Settings("circles", layers=same([16], "relu"), init="he", optimizer="sgd", lr=0.1),
        ("lr", "batch_size", "seed", "loss"),
        _dead,
        "lab 2, act 5: 5_dead_units",
    ),
    Mission(
        "diverge",
        "Too fast",
        "Let the loss grow beyond all bounds, by the learning rate only.",
        "Squared error and plain gradient descent: above a certain rate each step overshoots more than the last.",
        Settings("moons", layers=same([8, 8], "relu"), init="he", optimizer="sgd", loss="mse", lr=0.01),
        ("lr",),
        _diverged,
        "lab 4, act 3: 3_basins",
    ),
    Mission(
        "memorize",
        "By heart",
        "Noisy moons, 60 points to learn from: get 99 % of them right, and at least 10 points less on test.",
        "A large network and much time; no regularization.",
        replace(NOISY, layers=same([4], "relu")),
        OVERFIT_FREE,
        _memorized,
        "lab 3, act 1: 1_generalization_gap",
    ),
    Mission(
        "regularize",
        "Not by heart",
        "The same points and a large network: with L1, L2 or dropout above 0, and nothing else, 80 % on test and no more than "
        "5 points between train and test, for 20 epochs on end after the first 100.",
        "Try L2 at 0.03, or more.",
        NOISY,
        ("l1", "l2", "dropout", "epochs"),
        _regular,
        "lab 3, act 2: 2_strengths",
        lasting=20,
    ),
)
