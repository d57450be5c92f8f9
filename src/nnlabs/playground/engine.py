"""The engine behind the page, and the protocol between both.

The page asks, the engine answers: one message, one reply, both JSON objects. A running network is a stream of such questions, each
answered with a frame as soon as it is computed; a page that no longer asks (its tab was closed) no longer trains. How messages
travel is not the engine's business: `server` carries them over HTTP; an engine in the browser itself would need no second page.

A message has a `type`, and all but `open` and `csv` the `session` that `open` gave out:

========= ===================================== =====================================================================
type      beside it                             reply
========= ===================================== =====================================================================
open      settings                              session, data, frame: a new experiment, at step 0
run       steps (0 to 10,000), settings,        frame, after as many steps, or fewer where they would take longer than
          layer, unit, mission (all optional)   25 ms of computing; where the settings are of another experiment, the
                                                frame of its start, and data
reset     the same but for steps                data, frame: the same experiment from its first step
script    address (optional)                    script: the run up to now, as Python; step: the last one
animation                                       gif: the run up to now, in base64; step: the last one
csv       text                                  points, features, classes: of a CSV file
close                                           nothing; the session ends
========= ===================================== =====================================================================

`settings` are those of `nnlabs.playground.settings`; where only what is in `LIVE` differs from before, the network goes on
learning, else the experiment begins anew. `data` is what `points.describe` says, and what the output unit is. `frame` is what
`FrameMaker.make` says, and, when a `mission` is named, what its `Judge` reports. What is wrong with a message is answered by a
sentence, in a `UserError`; over HTTP that is `{"error": sentence}` with a status of 400 and more.
"""

from __future__ import annotations

import secrets
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from nnlabs.errors import UserError
from nnlabs.playground.film import animate
from nnlabs.playground.frames import FrameMaker
from nnlabs.playground.judge import Judge
from nnlabs.playground.missions import MISSIONS
from nnlabs.playground.points import describe, read_csv
from nnlabs.playground.script import make_script
from nnlabs.playground.settings import (
    MOST_CLASSES,
    MOST_LAYERS,
    MOST_POINTS,
    MOST_UNITS,
    Bounds,
    MessageError,
    Settings,
    read_choice,
    read_number,
    read_settings,
)
from nnlabs.playground.training import Trainer, differs_live_only

MOST_SESSIONS = 16
BUDGET_SECONDS = 0.025
MOST_STEPS = 10_000

Reply = dict[str, Any]


class SessionError(UserError):
    """A session that is over, or never was."""


class BusyError(UserError):
    """More sessions than the engine holds."""


class Session:
    """One tab's experiment. Its messages are answered one after another.

    Args:
        settings: of the first experiment.
    """

    def __init__(self, settings: Settings) -> None:
        self.lock = threading.Lock()
        self.used = time.monotonic()
        self.begin(settings)

    def begin(self, settings: Settings) -> None:
        """Start an experiment from its first step."""
        self.trainer = Trainer(settings)
        self.frames = FrameMaker(self.trainer)
        self.judge: Judge | None = None

    def apply(self, settings: Settings) -> bool:
        """Go on with these settings; say whether that began a new experiment."""
        if settings == self.trainer.settings:
            return False
        if differs_live_only(self.trainer.settings, settings):
            self.trainer.change(settings)
            return False
        self.begin(settings)
        return True

    def train(self, steps: int) -> None:
        """Take some steps, or as many of them as the computing time for a frame allows, but one at least."""
        end = time.thread_time() + BUDGET_SECONDS
        if self.judge:
            self.judge.look(self.trainer)  # before the first step, too
        for _ in range(steps):
            if self.trainer.over:
                return
            self.trainer.step()
            if self.judge:
                self.judge.look(self.trainer)
            if time.thread_time() > end:
                return

    def undertake(self, name: object) -> None:
        """Have a mission judged from now on, as it is already where it is the same one; None: no mission."""
        if name is None:
            self.judge = None
        else:
            missions = {mission.name: mission for mission in MISSIONS}
            mission = missions[read_choice("mission", name, list(missions))]
            if self.judge is None or self.judge.mission != mission:
                self.judge = Judge(mission)

    def show(self, message: Mapping[str, Any], new: bool, fine: bool = True) -> Reply:
        """The frame that a message asks for, and the data where they are new."""
        layer = int(read_number("layer", message.get("layer", 0), Bounds(0, MOST_LAYERS, whole=True)))
        unit = message.get("unit")
        unit = None if unit is None else int(read_number("unit", unit, Bounds(0, MOST_UNITS, whole=True)))
        frame = self.frames.make(layer, unit, fine)
        frame["steps_an_epoch"] = self.trainer.steps_an_epoch
        frame["changes"] = len(self.trainer.changes)
        if self.judge:
            self.judge.look(self.trainer)
            frame["mission"] = self.judge.report(self.trainer)
        return {"frame": frame} | ({"data": self._data()} if new else {})

    def _data(self) -> Reply:
        trainer = self.trainer
        about = describe(trainer.table, trainer.train, trainer.test)
        return about | {
            "outputs": trainer.goal.outputs,
            "output": trainer.goal.says,
            "formula": trainer.goal.loss.formula,
        }


class Engine:
    """Answers messages; may be asked from several threads at once.

    Attributes:
        sessions: those that go on, by name.
    """

    def __init__(self) -> None:
        self.sessions: dict[str, Session] = {}
        self._lock = threading.Lock()
        self._answers: dict[str, Callable[[Mapping[str, Any], Session], Reply]] = {
            "run": _run,
            "reset": _reset,
            "script": _script,
            "animation": _animation,
        }

    def ask(self, message: object) -> Reply:
        """Answer one message.

        Args:
            message: as the module's table has it.

        Raises:
            MessageError: for anything that is not in that table; other kinds of `UserError` for data that cannot be used.
            SessionError: when its session is over.
            BusyError: when there are too many sessions already.
        """
        if not isinstance(message, Mapping):
            raise MessageError("a message must be a JSON object")
        kind = read_choice("type", message.get("type"), ("open", "csv", "close", *self._answers))
        with np.errstate(all="ignore"):  # a network that diverges is told so in words
            if kind == "open":
                return self._open(message)
            if kind == "csv":
                return _csv(message)
            if kind == "close":
                with self._lock:
                    self.sessions.pop(str(message.get("session")), None)
                return {}
            session = self._find(message.get("session"))
            with session.lock:
                session.used = time.monotonic()
                return self._answers[kind](message, session)

    def _open(self, message: Mapping[str, Any]) -> Reply:
        self._make_room()
        session = Session(read_settings(message.get("settings", {})))
        session.undertake(message.get("mission"))
        reply = session.show(message, new=True)
        name = secrets.token_urlsafe(16)
        with self._lock:
            self.sessions[name] = session
        return reply | {"session": name}

    def _make_room(self) -> None:
        """Forget the session that was idle for the longest, where there are as many as there may be.

        Raises:
            BusyError: where even that was asked in the last minute.
        """
        with self._lock:
            if len(self.sessions) < MOST_SESSIONS:
                return
            idlest = min(self.sessions, key=lambda name: self.sessions[name].used)
            if time.monotonic() - self.sessions[idlest].used < 60:
                raise BusyError(
                    f"{MOST_SESSIONS} tabs are open already, and that is the most; close one, then load this page again"
                )
            del self.sessions[idlest]

    def _find(self, name: object) -> Session:
        session = self.sessions.get(name) if isinstance(name, str) else None
        if session is None:
            raise SessionError("this session is over, or never was; load the page again")
        return session


def _run(message: Mapping[str, Any], session: Session) -> Reply:
    steps = int(read_number("steps", message.get("steps", 0), Bounds(0, MOST_STEPS, whole=True)))
    settings = message.get("settings")
    new = settings is not None and session.apply(read_settings(settings))
    session.undertake(message.get("mission"))
    if new:  # its start is shown first: what is said later, the curves and the animation begin there
        steps = 0
    session.train(steps)
    return session.show(message, new, fine=steps == 0)


def _reset(message: Mapping[str, Any], session: Session) -> Reply:
    settings = message.get("settings")
    session.begin(session.trainer.settings if settings is None else read_settings(settings))
    session.undertake(message.get("mission"))
    return session.show(message, new=True)


def _script(message: Mapping[str, Any], session: Session) -> Reply:
    address = message.get("address", "")
    if (
        not isinstance(address, str)
        or len(address) > 50_000
        or not address.isprintable()
        or '"""' in address
        or "\\" in address
    ):
        raise MessageError("address must be the page's address, a text of at most 50,000 letters")
    return {"script": make_script(session.trainer, address), "step": session.trainer.steps}


def _animation(message: Mapping[str, Any], session: Session) -> Reply:
    gif = animate(session.frames.film, session.trainer, session.frames.bounds)
    return {"gif": b64encode(gif).decode(), "step": session.trainer.steps}


def _csv(message: Mapping[str, Any]) -> Reply:
    text = message.get("text")
    if not isinstance(text, str):
        raise MessageError("text must be the text of a CSV file")
    return asdict(read_csv(text, MOST_POINTS, MOST_CLASSES))
