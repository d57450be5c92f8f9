"""The judge of a mission, who looks at moments of the training that the page's speed has no say in."""

from __future__ import annotations

from typing import Any

from nnlabs.playground.inspection import inspect_network
from nnlabs.playground.missions import Mission
from nnlabs.playground.settings import Settings
from nnlabs.playground.training import Trainer


class Judge:
    """Looks at a network before its first step, at the end of each epoch, and where the training ends: never in between.

    So it is the same whether the page shows each step or every hundredth. What was accomplished stays so until the run begins
    anew, and the page may miss the frame in which it was.

    Args:
        mission: what is asked for.

    Attributes:
        done: whether it was accomplished.
    """

    def __init__(self, mission: Mission) -> None:
        self.mission, self.done = mission, False
        self._says = "Checked at the end of each epoch."
        self._looked: tuple[int, Settings] | None = None
        self._since: float | None = None

    def look(self, trainer: Trainer) -> None:
        """Judge the network as it is now, where this is a moment to do so."""
        moment = trainer.steps, trainer.settings
        between = trainer.steps % trainer.steps_an_epoch != 0 and not trainer.over
        if self.done or between or moment == self._looked:
            return
        self._looked = moment
        holds, says = self.mission.progress(trainer, inspect_network(trainer))
        if not holds:
            self._since = None
        elif self._since is None:
            self._since = trainer.epoch
        held = 0.0 if self._since is None else trainer.epoch - self._since
        self.done = holds and held >= self.mission.lasting
        lasts = f" Held for {held:g} of {self.mission.lasting} epochs." if self.mission.lasting else ""
        self._says = f"Epoch {trainer.epoch:.4g}: {says}{lasts}"

    def report(self, trainer: Trainer) -> dict[str, Any]:
        """What the page is told: the latest judgment, or at once which rule is broken."""
        says = self._says if self.done else self.mission.objection(trainer) or self._says
        return {"name": self.mission.name, "done": self.done, "says": says}
