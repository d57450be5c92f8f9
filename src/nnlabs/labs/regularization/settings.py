"""What lab 3 can be told: which techniques, strengths, sizes and structures it compares, and how it searches.

This module has no `if TYPE_CHECKING` imports: jsonargparse would run them to read the types, and with them torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nnlabs.config.load import with_changes
from nnlabs.config.types import Fraction, NonNegativeFloat, PositiveInt
from nnlabs.errors import ConfigError
from nnlabs.labkit.settings import TrainingLabConfig, check_rising
from nnlabs.runs.settings import computes_the_same

PLAIN, TOGETHER = "plain", "together"
SEARCHED = {"train.weight_decay": "lambda of weight decay", "model.dropout": "dropout rate"}
"""The two settings that act 5 searches, with what a figure calls them."""
SHUFFLED = "cnn, order shuffled"
"""The structure that learns from signals in which no number has its neighbors any more."""


def learns_from_other_data(changes: Mapping[str, Any]) -> bool:
    """Whether a structure of act 4 learns from more, augmented or shuffled examples, so that no credit is its structure's alone.

    Args:
        changes: its entry in `topologies.models`.
    """
    return any(name.startswith("data.") for name in changes)


def in_yaml(value: Any) -> str:
    """A setting's value in a sentence: lists with a plus, all else as in YAML."""
    return "+".join(map(str, value)) if isinstance(value, list) else str(value).lower()


def _is_part(changes: Mapping[str, Any], whole: Mapping[str, Any]) -> bool:
    """Whether a technique is among what several set: numbers may differ, for they are strengths, names and switches may not."""
    return all(setting in whole and _alike(value, whole[setting]) for setting, value in changes.items())


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return set(one) <= set(other)
    strengths = all(isinstance(each, int | float) and not isinstance(each, bool) for each in (one, other))
    return bool(one and other) if strengths else bool(one == other)


@dataclass(frozen=True)
class NoiseConfig:
    """Act 1, second half: the same techniques on training labels of which some are wrong.

    Args:
        label_noise: the share of wrong ones; 0 leaves this half out.
        train_size: training examples; default: as in the first half.
        epochs: epochs a run; default: as in the first half.
    """

    label_noise: Fraction = 0.0
    train_size: PositiveInt | None = None
    epochs: PositiveInt | None = None


@dataclass(frozen=True)
class StrengthConfig:
    """Act 2: how strong should it be?

    Args:
        weight_decay: values of L2's lambda to try, rising; with `train.decoupled`, of weight decay beside the gradient.
        l1: values of L1's lambda to try, rising.
        dropout: dropout rates to try, rising.
        train_size: training images; few, so that overfitting is strong and runs are short.
        epochs: epochs a run.
    """

    weight_decay: tuple[NonNegativeFloat, ...] = ()
    l1: tuple[NonNegativeFloat, ...] = ()
    dropout: tuple[Fraction, ...] = ()
    train_size: PositiveInt = 5000
    epochs: PositiveInt = 20


@dataclass(frozen=True)
class SizeConfig:
    """Act 3: how much data?

    Args:
        sizes: numbers of training images to try, rising.
        steps: optimizer steps a run, as near as whole epochs come to it: more data must not mean more training.
    """

    sizes: tuple[PositiveInt, ...] = ()
    steps: PositiveInt = 2000


@dataclass(frozen=True)
class TopologyConfig:
    """Act 4: which structure?

    Args:
        models: changes to the configuration, by the name shown.
        train_size: training images.
        epochs: epochs a run.
        seeds: how many of the lab's seeds each structure is trained with.
    """

    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    train_size: PositiveInt | None = None
    epochs: PositiveInt = 5
    seeds: PositiveInt = 1


@dataclass(frozen=True)
class SelectionConfig:
    """Act 5: how to choose?

    Args:
        grid: values to combine, by the setting's name.
        ranges: for random search, `uniform: [low, high]` or `log_uniform: [low, high]` by the setting's name.
        folds: k of the cross-validation that compares the winners with the plain network.
        train_size: training images.
        epochs: epochs a run.
    """

    grid: dict[str, list[Any]] = field(default_factory=dict)
    ranges: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    folds: PositiveInt = 5
    train_size: PositiveInt = 5000
    epochs: PositiveInt = 10


@dataclass(frozen=True)
class RegularizationConfig(TrainingLabConfig):
    """The lab's settings; those that every training lab has come from `TrainingLabConfig`.

    Args:
        techniques: act 1: changes to the configuration, by the name shown; `plain` is the one without any.
        together: act 1: the changes of some techniques at once.
        noise: act 1, second half.
        strengths: act 2.
        sizes: act 3.
        topologies: act 4.
        selection: act 5.
    """

    techniques: dict[str, dict[str, Any]] = field(default_factory=dict)
    together: dict[str, Any] = field(default_factory=dict)
    noise: NoiseConfig = field(default_factory=NoiseConfig)
    strengths: StrengthConfig = field(default_factory=StrengthConfig)
    sizes: SizeConfig = field(default_factory=SizeConfig)
    topologies: TopologyConfig = field(default_factory=TopologyConfig)
    selection: SelectionConfig = field(default_factory=SelectionConfig)

    @property
    def parts(self) -> list[str]:
        """What `together` is made of: techniques of which it sets all that they set, be it with other strengths; then the rest."""
        found = [name for name, changes in self.techniques.items() if changes and _is_part(changes, self.together)]
        covered = {setting for name in found for setting in self.techniques[name]}
        return found + [f"{name} {in_yaml(value)}" for name, value in self.together.items() if name not in covered]

    @property
    def without_effect(self) -> list[str]:
        """Techniques that change nothing, as the plain network has all that they set: a cnn its own batch norm."""
        return [
            name
            for name, changes in self.techniques.items()
            if changes and computes_the_same(with_changes(self.base, changes, "techniques"), self.base)
        ]

    def check(self) -> None:
        """Find what can be found wrong before anything is computed."""
        super().check()
        if PLAIN not in self.techniques:
            raise ConfigError(
                f"techniques: needs one called '{PLAIN}', with which the others are compared", "techniques"
            )
        if self.techniques[PLAIN]:
            raise ConfigError(f"techniques.{PLAIN}: is the network without any; leave it {{}}", "techniques")
        if TOGETHER in self.techniques:
            raise ConfigError(f"techniques.{TOGETHER}: is what the setting {TOGETHER} says; change that", "techniques")
        self.check_variations("techniques", self.techniques)
        self.check_variations("together", {TOGETHER: self.together})
        self.check_variations("topologies.models", self.topologies.models)
        if not self.topologies.models:
            raise ConfigError("topologies.models: is empty; name at least one, such as {mlp: {}}", "topologies.models")
        check_rising("sizes.sizes", self.sizes.sizes)
        for name in ("weight_decay", "l1", "dropout"):
            check_rising(f"strengths.{name}", getattr(self.strengths, name))
        self._check_selection()

    def _check_selection(self) -> None:
        selection = self.selection
        if not set(selection.grid) == set(selection.ranges) == set(SEARCHED):
            raise ConfigError(f"selection: grid and ranges are over {' and '.join(SEARCHED)}", "selection.grid")
        for name, values in selection.grid.items():
            if not values:
                raise ConfigError(f"selection.grid: {name} has no values; give at least one", "selection.grid")
        if selection.folds < 2:
            raise ConfigError(
                "selection.folds: one part is left out and the others are learned from; give at least 2",
                "selection.folds",
            )
