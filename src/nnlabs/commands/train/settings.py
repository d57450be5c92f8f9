"""What `nnlabs train` can be told.

This module has no `if TYPE_CHECKING` imports: jsonargparse would run them to read the types.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from nnlabs.config.schema import DataConfig, ModelConfig, RunConfig, TrainConfig
from nnlabs.errors import ConfigError
from nnlabs.runs.settings import check_run

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class SingleRunConfig:
    """One network. The defaults are those of a quick one on handwritten digits that are built in.

    Args:
        data: the examples.
        model: the network.
        train: how it is trained.
        name: of the run's folder, to call it by; default: model, data and ten digits that stand for all settings.
        test: read the test split at the end, too. For a network that nothing is to be chosen by any more.
        fresh: train anew, even what is done; what has the same name goes.
        results: folder that results are written to; default: NNLABS_RESULTS, else `results/` of the checkout.
    """

    data: DataConfig = field(default_factory=lambda: DataConfig("digits", validation_fraction=0.2, label_noise=0.0))
    model: ModelConfig = field(default_factory=lambda: ModelConfig("mlp", widths=(64,)))
    train: TrainConfig = field(default_factory=lambda: TrainConfig(batch_size=32))
    name: str | None = None
    test: bool = False
    fresh: bool = False
    results: str | None = None

    @property
    def run(self) -> RunConfig:
        """The run's own settings."""
        return RunConfig(self.data, self.model, self.train)

    def check(self) -> None:
        """Find what can be found wrong before anything is computed.

        Raises:
            ConfigError: for settings that contradict each other, and a name that is none of a folder.
        """
        if self.data.name == "auto":
            raise ConfigError(
                "data.name: auto is for labs, which have a stand-in; name one of nnlabs data list", "data.name"
            )
        if self.name is not None and not NAME.fullmatch(self.name):
            raise ConfigError(
                f"name: {self.name!r} cannot be a folder's name everywhere; take letters, digits, '_', '-' and '.'",
                "name",
            )
        check_run(self.run)
