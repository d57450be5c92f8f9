"""What is known of a run, and what is found wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnlabs.config.schema import RunConfig

if TYPE_CHECKING:
    from nnlabs.commands.doctor.probe import Probe


@dataclass(frozen=True)
class Facts:
    """What is known of a run.

    Args:
        config: its settings.
        history: the columns of `history.csv`, one value a finished epoch.
        status: `finished`, `early stopping`, `diverged` or `unfinished`.
        kept: number of the epoch whose weights the network has, from 1.
        probe: what a look into the network showed.
    """

    config: RunConfig
    history: dict[str, list[float]]
    status: str
    kept: int
    probe: Probe

    def now(self, name: str) -> float:
        """A column's value for the weights that the network has."""
        return self.history[name][self.kept - 1]


@dataclass(frozen=True)
class Diagnosis:
    """An illness.

    Args:
        name: what it is called.
        evidence: the number that shows it, in a sentence.
        read: the lab's act and figure in which it can be seen.
        advice: what to try.
    """

    name: str
    evidence: str
    read: str
    advice: str
