"""What a sweep can be told.

This module has no `if TYPE_CHECKING` imports: jsonargparse would run them to read the types, and with them torch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from nnlabs.config.types import PositiveInt
from nnlabs.errors import ConfigError


@dataclass(frozen=True)
class SweepConfig:
    """Where the runs of a sweep are made.

    Args:
        workers: processes that train at the same time on this machine; default: as many as the cores bear, with the
            threads of each run. 1 trains in the lab's own process.
        scheduler: address of a Dask scheduler, `tcp://HOST:8786`, whose workers train instead (needs the extra `dask`).
    """

    workers: PositiveInt | None = None
    scheduler: str | None = None

    def check(self) -> None:
        """Find what can be found wrong before anything is computed.

        Raises:
            ConfigError: for an address that is none.
        """
        if self.scheduler is not None and not re.fullmatch(r"[a-z]+://[^\s/]+:\d+", self.scheduler):
            raise ConfigError(
                f"sweep.scheduler: '{self.scheduler}' is no address of a scheduler, such as tcp://192.168.0.7:8786",
                "sweep.scheduler",
            )
