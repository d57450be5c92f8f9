"""What lab 4 can be told: who competes, in which spaces, with how many trials; declared before anything runs.

This module has no `if TYPE_CHECKING` imports: jsonargparse would run them to read the types, and with them torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from nnlabs.config.describe import nearest
from nnlabs.config.types import NonNegativeInt, PositiveFloat, PositiveInt, Seed
from nnlabs.errors import ConfigError
from nnlabs.labkit.settings import TrainingLabConfig, check_rising

Changes = dict[str, Any]
Space = dict[str, dict[str, list[float]]]

LONGEST_NAME = 24  # of a competitor: what stands beside the lines and dots of figures


def schedule_in_words(schedule: str, warmup_epochs: float) -> str:
    """What a schedule is called in a sentence.

    Args:
        schedule: its name.
        warmup_epochs: epochs of warm-up before it.

    Example:
        >>> schedule_in_words("stable_decay", 0.5)
        'warm-up + stable decay'
    """
    return f"{'warm-up + ' if warmup_epochs else ''}{schedule.replace('_', ' ')}"


@dataclass(frozen=True)
class PathsConfig:
    """Act 1: the optimizers on surfaces that can be drawn.

    Args:
        steps: steps of each optimizer on each surface; 0 leaves the act out.
        lrs: learning rates of which each optimizer gets its best.
    """

    steps: NonNegativeInt = 0
    lrs: tuple[PositiveFloat, ...] = (3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1, 3)


@dataclass(frozen=True)
class RangeConfig:
    """Act 2: the learning-rate range test (Smith 2015).

    Args:
        low: learning rate of the first step.
        high: learning rate of the last step, unless the loss diverges before.
        steps: how many; 0 leaves the test out of the story.
    """

    low: PositiveFloat = 1e-6
    high: PositiveFloat = 10.0
    steps: NonNegativeInt = 100


@dataclass(frozen=True)
class TuningConfig:
    """Act 3: every competitor is tuned with the same method, the same number of trials and the same epochs.

    Args:
        method: how settings are drawn from the spaces: quasi_random (spread evenly), random, or grid.
        trials: settings tried for each competitor; 0: all run with the settings they have.
        seed: of the draw, and of the weights and batches of the trials; none of `seeds`, which are for the finals.
        spaces: ranges by competitor and setting, `uniform: [low, high]` or `log_uniform: [low, high]`.
    """

    method: Literal["quasi_random", "random", "grid"] = "quasi_random"
    trials: NonNegativeInt = 0
    seed: Seed = 1000
    spaces: dict[str, Space] = field(default_factory=dict)


@dataclass(frozen=True)
class ScheduleConfig:
    """Act 5: each competitor's best setting under each learning-rate schedule.

    Args:
        competitors: whom to try.
        schedules: changes to the configuration, by the name shown.
        seeds: of so many of the lab's seeds, or all where it has fewer, these competitors' finals are trained with a constant rate
            as well, to tell what a falling one is worth; 0: of none.
    """

    competitors: tuple[str, ...] = ()
    schedules: dict[str, Changes] = field(default_factory=dict)
    seeds: NonNegativeInt = 0


@dataclass(frozen=True)
class DecouplingConfig:
    """Act 6: Adam with L2 in the loss against AdamW.

    Args:
        lrs: learning rates, rising.
        weight_decays: lambdas, rising.
    """

    lrs: tuple[PositiveFloat, ...] = ()
    weight_decays: tuple[PositiveFloat, ...] = ()


@dataclass(frozen=True)
class BatchConfig:
    """Act 7: which learning rate suits which batch size, for equally many epochs.

    Args:
        competitor: whose settings are taken.
        sizes: batch sizes, rising.
        lrs: learning rates, rising.
    """

    competitor: str = "nesterov"
    sizes: tuple[PositiveInt, ...] = ()
    lrs: tuple[PositiveFloat, ...] = ()


@dataclass(frozen=True)
class OptimizersConfig(TrainingLabConfig):
    """The lab's settings; those that every training lab has come from `TrainingLabConfig`. `seeds` are those of the finals.

    Args:
        competitors: changes to the configuration, by the name shown.
        trial: changes that make a run small enough to be done often: all runs but the finals have them.
        paths: act 1.
        range_test: act 2.
        tuning: act 3.
        schedules: act 5.
        decoupling: act 6.
        batches: act 7.
        lr_find: do the learning-rate range test with `train.optimizer`, and stop.
    """

    competitors: dict[str, Changes] = field(default_factory=dict)
    trial: Changes = field(default_factory=dict)
    paths: PathsConfig = field(default_factory=PathsConfig)
    range_test: RangeConfig = field(default_factory=RangeConfig)
    tuning: TuningConfig = field(default_factory=TuningConfig)
    schedules: ScheduleConfig = field(default_factory=ScheduleConfig)
    decoupling: DecouplingConfig = field(default_factory=DecouplingConfig)
    batches: BatchConfig = field(default_factory=BatchConfig)
    lr_find: bool = field(default=False, metadata={"hashed": False})

    def check(self) -> None:
        """Find what can be found wrong before anything is computed."""
        super().check()
        if self.range_test.low >= self.range_test.high:
            raise ConfigError(
                f"range_test.low: {self.range_test.low:g} is not below range_test.high, {self.range_test.high:g}",
                "range_test.low",
            )
        if not self.competitors:
            raise ConfigError("competitors: name at least one, such as {adam: {train.optimizer: adam}}", "competitors")
        for name in self.competitors:
            if len(name) > LONGEST_NAME:
                raise ConfigError(
                    f"competitors: '{name}' has {len(name)} letters, and figures have room for "
                    f"{LONGEST_NAME}; give it a shorter name",
                    "competitors",
                )
        self.check_variations("competitors", self.competitors)
        self.check_variations("trial", {"trial": self.trial})
        self._check_acts_1_and_2()
        self.check_variations("schedules.schedules", self.schedules.schedules)
        self._check_names("schedules.competitors", self.schedules.competitors)
        if self.batches.sizes:
            self._check_names("batches.competitor", (self.batches.competitor,))
        for name in ("lrs", "weight_decays"):
            check_rising(f"decoupling.{name}", getattr(self.decoupling, name))
        for name in ("sizes", "lrs"):
            check_rising(f"batches.{name}", getattr(self.batches, name))
        if self.tuning.trials:
            self._check_tuning()

    def _check_acts_1_and_2(self) -> None:
        if self.paths.steps and not self.paths.lrs:
            raise ConfigError(
                "paths.lrs: is empty; give at least one, or leave act 1 out with paths.steps 0", "paths.lrs"
            )
        if self.range_test.steps and not self.schedules.schedules:
            raise ConfigError(
                "schedules.schedules: is empty, and act 2 draws them; name at least one, such as {constant: {}}, "
                "or leave act 2 out with range_test.steps 0",
                "schedules.schedules",
            )

    def _check_names(self, key: str, names: tuple[str, ...]) -> None:
        for name in names:
            if name not in self.competitors:
                raise ConfigError(f"{key}: '{name}' does not compete; {nearest(name, self.competitors)}", key)

    def _check_tuning(self) -> None:
        """Every competitor has a space, a grid as many points as the others', and the trials' seed is none of the finals'."""
        key = "tuning.spaces"
        self._check_names(key, tuple(self.tuning.spaces))
        for name in self.competitors:
            if not self.tuning.spaces.get(name):
                raise ConfigError(f"{key}: '{name}' has none; write {{train.lr: {{log_uniform: [0.001, 1]}}}}", key)
        self.check_variations(key, {name: _lowest(space) for name, space in self.tuning.spaces.items()})
        sizes = {len(space) for space in self.tuning.spaces.values()}
        if self.tuning.method == "grid" and len(sizes) > 1:
            raise ConfigError(
                f"{key}: a grid gives spaces of {min(sizes)} and of {max(sizes)} settings different numbers of trials; give all "
                "competitors equally many settings, or take tuning.method quasi_random",
                key,
            )
        if self.tuning.seed in self.seeds:
            raise ConfigError(
                f"tuning.seed: {self.tuning.seed} is one of seeds, but the finals need fresh ones; choose another",
                "tuning.seed",
            )


def surface_optimizers(competitors: Mapping[str, Changes], default: str) -> list[str]:
    """The optimizers of act 1, each once; of adam and adamw, which are the same without weight decay, adam.

    Args:
        competitors: changes by competitor.
        default: the optimizer of those that do not change it.
    """
    names = dict.fromkeys(str(changes.get("train.optimizer", default)) for changes in competitors.values())
    return [name for name in names if name != "adamw" or "adam" not in names]


def _lowest(space: Mapping[str, Mapping[str, list[float]]]) -> Changes:
    """One setting out of a space, to find misspelt names; what is no range at all is found when it is drawn from."""
    return {name: ends[0] for name, spread in space.items() for ends in spread.values() if ends}
