"""What lab 2 can be told: which activations it compares, on how many examples, and how its networks are built and trained.

This module has no `if TYPE_CHECKING` imports: jsonargparse would run them to read the types.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from nnlabs.config.describe import nearest
from nnlabs.config.schema import LabConfig
from nnlabs.config.types import PositiveFloat, PositiveInt, Seeds
from nnlabs.errors import ConfigError
from nnlabs.labkit.settings import check_rising, check_seeds
from nnlabs.labs.activations.training import Recipe
from nnlabs.scratch.activations import ACTIVATIONS
from nnlabs.scratch.init import INITS

ELEMENTWISE = {name: entry.title for name, entry in ACTIVATIONS.items() if entry.elementwise}
"""Titles of the activations that look at one input only, by their names: those that can stand between two layers."""


@dataclass(frozen=True)
class ActivationsConfig(LabConfig):
    """The lab's settings.

    Args:
        seeds: one repetition of everything each, `[0, 1]`, or how many, `2`; with its own weights and batches, and
            (but in act 3) examples.
        examples: points of XOR, moons, circles and spirals; 70 % of them are learned from.
        activations: act 2: those compared.
        widths: act 2: units of each hidden layer.
        steps: steps of Adam.
        lr: its learning rate, where an act has none of its own.
        batch_size: examples drawn at random for each step.
        frames: act 2: frames of the animation.
        depths: act 3: linear layers of the networks, rising.
        width: acts 3 to 6: units of each hidden layer.
        deep_activations: acts 3 and 4: their activations.
        inits: act 3: how their weights are drawn.
        rates: act 5: learning rates, rising.
        fit_widths: act 7: units of each hidden layer, rising.
        fit_depths: act 7: numbers of hidden layers, rising.
        workers: acts 2, 6 and 7: processes that train at the same time.
        mine: acts 1 and 2: folder with your exercise `activations`, drawn beside the built-in ones.
    """

    seeds: Seeds = (0, 1, 2)
    examples: PositiveInt = 300
    activations: tuple[str, ...] = tuple(ELEMENTWISE)
    widths: tuple[PositiveInt, ...] = (16, 16)
    steps: PositiveInt = 200
    lr: PositiveFloat = 0.02
    batch_size: PositiveInt = 64
    frames: PositiveInt = 48
    depths: tuple[PositiveInt, ...] = (2, 5, 10, 20, 50)
    width: PositiveInt = 32
    deep_activations: tuple[str, ...] = ("sigmoid", "tanh", "relu", "selu", "gelu", "silu")
    inits: tuple[str, ...] = ("normal", "lecun", "xavier", "he", "orthogonal")
    rates: tuple[PositiveFloat, ...] = (0.003, 0.01, 0.03, 0.1, 0.3)
    fit_widths: tuple[PositiveInt, ...] = (2, 4, 8, 16, 32)
    fit_depths: tuple[PositiveInt, ...] = (1, 2, 3, 4)
    workers: PositiveInt = field(default=2, metadata={"hashed": False})
    mine: str | None = None

    def check(self) -> None:
        """Find what can be found wrong before anything is computed."""
        check_seeds(self.seeds)
        if self.frames < 2:
            raise ConfigError(f"frames: {self.frames} makes no animation; take 2 or more", "frames")
        if self.examples < 20:
            raise ConfigError(f"examples: {self.examples} leave too few to judge by; take 20 or more", "examples")
        for key, known in (("activations", ELEMENTWISE), ("deep_activations", ELEMENTWISE), ("inits", INITS)):
            for name in getattr(self, key):
                if name not in known:
                    # SiLU is also called Swish.
                    called = [own for own, title in ELEMENTWISE.items() if f"({name.lower()})" in title.lower()]
                    hint = f"it is called '{called[0]}' here" if called else nearest(name, known)
                    raise ConfigError(f"{key}: there is no {name!r}; {hint}", key)
        for key, value in vars(self).items():
            if value == ():
                raise ConfigError(f"{key}: name at least one", key)
        for key in ("depths", "rates", "fit_widths", "fit_depths"):
            check_rising(key, getattr(self, key))

    def recipe(self) -> Recipe:
        """How the networks of act 2 are trained."""
        return Recipe(self.widths, self.steps, self.lr, self.batch_size)

    def wider(self, layers: int, lr: float) -> Recipe:
        """How those of acts 4 to 6 are."""
        return Recipe((self.width,) * layers, self.steps, lr, self.batch_size)

    @property
    def seed(self) -> int:
        """The first repetition's, whose networks are shown."""
        return self.seeds[0]
