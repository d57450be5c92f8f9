"""What every lab that trains torch networks can be told.

This module has no `if TYPE_CHECKING` imports: jsonargparse would run them to read the types, and with them torch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nnlabs.config.load import with_changes
from nnlabs.config.schema import DataConfig, LabConfig, ModelConfig, RunConfig, TrainConfig
from nnlabs.config.types import Seeds
from nnlabs.errors import ConfigError
from nnlabs.runs.settings import check_run
from nnlabs.sweeps.settings import SweepConfig


@dataclass(frozen=True)
class TrainingLabConfig(LabConfig):
    """What every lab that trains torch networks can be told.

    Args:
        data: the images.
        model: the network.
        train: how it is trained.
        seeds: one repetition each, `[0, 1]`, or how many, `2`; figures show their mean and its 95 % confidence interval.
        sweep: where the runs are made.
        fresh: train everything anew, even what is there already.
        summary: print the network's layers, parameters and multiply-adds, and stop.
        estimate: say how long training all of it would take on this machine, from a few steps that are tried, and stop.
    """

    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    seeds: Seeds = (0, 1, 2)
    sweep: SweepConfig = field(default_factory=SweepConfig, metadata={"hashed": False})
    fresh: bool = field(default=False, metadata={"hashed": False})
    summary: bool = field(default=False, metadata={"hashed": False})
    estimate: bool = field(default=False, metadata={"hashed": False})

    @property
    def base(self) -> RunConfig:
        """The run that all others are variations of."""
        return RunConfig(self.data, self.model, self.train)

    def check(self) -> None:
        """Find what can be found wrong before anything is computed.

        Raises:
            ConfigError: for settings that contradict each other, and for no seeds or the same one twice.
        """
        check_seeds(self.seeds)
        self.sweep.check()
        check_run(self.base)

    def check_variations(self, key: str, variations: Mapping[str, Mapping[str, Any]]) -> None:
        """Check the base configuration with each of some changes.

        Args:
            key: the setting that holds the variations, for messages.
            variations: changes by name.

        Raises:
            ConfigError: naming the variation at fault.
        """
        for name, changes in variations.items():
            try:
                check_run(with_changes(self.base, changes, f"{key}.{name}"))
            except ConfigError as error:
                raise ConfigError(f"{key}: in '{name}': {error}", key) from error


def check_rising(key: str, values: Sequence[float]) -> None:
    """Refuse values in no order, or twice the same: figures join neighbors, and lessons compare the ends.

    Args:
        key: the setting, for the message.
        values: what it holds.

    Raises:
        ConfigError: with the right order.
    """
    rising = sorted(set(values))
    if list(values) != rising:
        raise ConfigError(f"{key}: give them rising, each once: {rising}", key)


def check_seeds(seeds: Sequence[int]) -> None:
    """Refuse repetitions that are none.

    Args:
        seeds: one a repetition.

    Raises:
        ConfigError: for no seeds, or the same one twice.
    """
    if not seeds:
        raise ConfigError("seeds: is empty; give at least one, such as [0]", "seeds")
    twice = [seed for seed, count in Counter(seeds).items() if count > 1]
    if twice:
        raise ConfigError(
            f"seeds: {twice[0]} is there more than once; the same run again tells nothing of chance, so give each seed once",
            "seeds",
        )
