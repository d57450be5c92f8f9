"""The settings of one experiment: what the page sends, checked value by value.

What may change while a network learns is in `LIVE`; any other change starts the training anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

from nnlabs.errors import UserError
from nnlabs.playground.schedules import SCHEDULES
from nnlabs.playground.sources import SOURCES
from nnlabs.scratch.activations import ACTIVATIONS
from nnlabs.scratch.init import INITS
from nnlabs.scratch.optim import OPTIMIZERS

Point: TypeAlias = tuple[float, float, int]

# Those that make one number of one number: the others (softmax, maxout) have no curve to show.
ELEMENTWISE = {name: entry for name, entry in ACTIVATIONS.items() if entry.elementwise and entry.pieces == 1}
LOSS_NAMES = ("cross_entropy", "hinge", "mse", "mae", "huber")
MOST_LAYERS, MOST_UNITS, MOST_UNITS_IN_ALL = 12, 64, 256
MOST_POINTS, MOST_CLASSES = 1000, 6
LIVE = ("lr", "schedule", "l1", "l2", "dropout", "epochs")


class MessageError(UserError):
    """A message that the engine cannot act upon; its text is the sentence that the page shows."""


@dataclass(frozen=True)
class HiddenLayer:
    """One hidden layer.

    Args:
        units: how many, 1 to 64.
        activation: a name in `ELEMENTWISE`.
    """

    units: int
    activation: str


@dataclass(frozen=True)
class Settings:
    """One experiment; the same settings give the same run, bit for bit.

    Args:
        data: a name in `SOURCES`.
        n: number of examples; Iris and own points have theirs.
        noise: standard deviation of the Gaussian noise on both features, in the features' unit.
        test_share: share of the examples that is kept for testing.
        points: own points (x, y, class), for `data="own"`.
        layers: hidden layers, from the input to the output; none makes a linear model.
        init: a name in `INITS`.
        loss: a name in `LOSS_NAMES`.
        optimizer: a name in `OPTIMIZERS`.
        lr: learning rate η.
        schedule: a name in `SCHEDULES`.
        batch_size: examples in a step.
        l1: λ of the penalty λ Σ|w|.
        l2: λ of the penalty λ/2 Σw²; for AdamW its decoupled weight decay.
        dropout: probability that a hidden unit is left out for a point of a step.
        epochs: where the training stops; 0: nowhere.
        seed: of data, split, weights, batches and dropout.
    """

    data: str = "moons"
    n: int = 300
    noise: float = 0.15
    test_share: float = 0.3
    points: tuple[Point, ...] = ()
    layers: tuple[HiddenLayer, ...] = (HiddenLayer(8, "tanh"), HiddenLayer(8, "tanh"))
    init: str = "xavier"
    loss: str = "cross_entropy"
    optimizer: str = "adam"
    lr: float = 0.01
    schedule: str = "constant"
    batch_size: int = 32
    l1: float = 0.0
    l2: float = 0.0
    dropout: float = 0.0
    epochs: int = 0
    seed: int = 0


@dataclass(frozen=True)
class Bounds:
    """The least and the largest value of a setting; whole where only whole numbers make sense."""

    low: float
    high: float
    whole: bool = False


NUMBERS: dict[str, Bounds] = {
    "n": Bounds(20, MOST_POINTS, whole=True),
    "noise": Bounds(0, 1),
    "test_share": Bounds(0.1, 0.8),
    "lr": Bounds(1e-6, 100),
    "batch_size": Bounds(1, MOST_POINTS, whole=True),
    "l1": Bounds(0, 1),
    "l2": Bounds(0, 1),
    "dropout": Bounds(0, 0.9),
    "epochs": Bounds(0, 100_000, whole=True),
    "seed": Bounds(0, 9999, whole=True),
}
CHOICES: dict[str, Sequence[str]] = {
    "data": tuple(SOURCES),
    "init": tuple(INITS),
    "loss": LOSS_NAMES,
    "optimizer": tuple(OPTIMIZERS),
    "schedule": tuple(SCHEDULES),
}


def read_settings(raw: object) -> Settings:
    """Check what the page sent: the inverse of `dataclasses.asdict`.

    Args:
        raw: a mapping of names to values; what is missing has its default.

    Raises:
        MessageError: for an unknown name, a wrong type, or a value out of bounds; the sentence says which.
    """
    if not isinstance(raw, Mapping):
        raise MessageError("the settings must be an object with a value for each name")
    names = [item.name for item in fields(Settings)]
    if unknown := [name for name in raw if name not in names]:
        raise MessageError(f"there is no setting {str(unknown[0])[:40]!r}; there are {', '.join(names)}")
    settings = Settings(**{name: _read(name, value) for name, value in raw.items()})
    total = sum(layer.units for layer in settings.layers)
    if total > MOST_UNITS_IN_ALL:
        raise MessageError(f"the layers have {total} units in all, and {MOST_UNITS_IN_ALL} is the most")
    return settings


def _read(name: str, value: object) -> Any:
    if name in NUMBERS:
        return read_number(name, value, NUMBERS[name])
    if name in CHOICES:
        return read_choice(name, value, CHOICES[name])
    if name == "layers":
        return _read_list(name, value, MOST_LAYERS, _read_layer)
    return _read_list(name, value, MOST_POINTS, _read_point)


def read_number(name: str, value: Any, bounds: Bounds) -> float | int:
    """A number within its bounds.

    Raises:
        MessageError: where it is none, or lies outside.
    """
    kind = "a whole number" if bounds.whole else "a number"
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    if not numeric or not bounds.low <= value <= bounds.high or (bounds.whole and value != int(value)):
        raise MessageError(f"{name} must be {kind} from {bounds.low:g} to {bounds.high:g}, not {str(value)[:40]!r}")
    return int(value) if bounds.whole else float(value)


def read_choice(name: str, value: object, known: Sequence[str]) -> str:
    """One of several names.

    Raises:
        MessageError: where it is none of them.
    """
    if not isinstance(value, str) or value not in known:
        raise MessageError(f"{name} must be one of {', '.join(known)}, not {str(value)[:40]!r}")
    return value


def _read_list(name: str, value: object, most: int, read: Callable[[object], Any]) -> tuple[Any, ...]:
    if not isinstance(value, list) or len(value) > most:
        raise MessageError(f"{name} must be a list of at most {most} {name}")
    return tuple(map(read, value))


def _read_layer(item: object) -> HiddenLayer:
    if not isinstance(item, Mapping) or set(item) != {"units", "activation"}:
        raise MessageError("each layer must be an object with units and activation")
    units = read_number("units", item["units"], Bounds(1, MOST_UNITS, whole=True))
    return HiddenLayer(int(units), read_choice("activation", item["activation"], tuple(ELEMENTWISE)))


def _read_point(item: object) -> Point:
    if not isinstance(item, list) or len(item) != 3:
        raise MessageError("each point must be a list of x, y and class")
    x, y = (float(read_number("a coordinate of a point", part, Bounds(-1000, 1000))) for part in item[:2])
    return x, y, int(read_number("the class of a point", item[2], Bounds(0, MOST_CLASSES - 1, whole=True)))
