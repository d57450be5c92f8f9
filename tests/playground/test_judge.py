"""A mission is judged at moments that do not depend on how the page shows the run."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace

import pytest

from nnlabs.playground import engine as engine_module
from nnlabs.playground.engine import Engine
from nnlabs.playground.missions import MISSIONS


@pytest.fixture
def engine() -> Engine:
    return Engine()


RACE = next(mission for mission in MISSIONS if mission.name == "race")


@pytest.mark.slow
def test_how_many_steps_a_frame_takes_changes_nothing_in_a_mission(engine, monkeypatch):
    monkeypatch.setattr(engine_module, "BUDGET_SECONDS", float("inf"))
    won = asdict(replace(RACE.start, optimizer="adam", lr=0.1, batch_size=16))
    reports = []
    for steps in (1, 10, 500):
        reply = engine.ask({"type": "open", "settings": json.loads(json.dumps(won)), "mission": "race"})
        assert not reply["frame"]["mission"]["done"]
        message = {"type": "run", "session": reply["session"], "steps": steps, "mission": "race"}
        for _ in range(500 // steps):
            frame = engine.ask(message)["frame"]
        assert frame["step"] == 500 and frame["epoch"] > 10
        reports.append(frame["mission"])
    assert reports[0]["done"]
    assert re.match(r"Epoch \d: Test accuracy 9\d\.\d %", reports[0]["says"])
    assert reports[0] == reports[1] == reports[2]


def test_what_was_accomplished_stays_so_until_the_run_begins_anew(engine):
    start = json.loads(json.dumps(asdict(replace(MISSIONS[0].start, layers=()))))
    session = engine.ask({"type": "open", "settings": start})["session"]
    message = {"type": "run", "session": session, "mission": MISSIONS[0].name}
    for _ in range(100):
        frame = engine.ask(message | {"steps": 7})["frame"]
    assert frame["mission"]["done"]
    worse = engine.ask(message | {"settings": start | {"l1": 1.0}, "steps": 100})["frame"]
    assert worse["mission"] == frame["mission"]
    again = engine.ask(message | {"type": "reset", "settings": start})["frame"]
    assert not again["mission"]["done"]
    broken = engine.ask(message | {"settings": start | {"noise": 0.1}})["frame"]["mission"]
    assert broken["says"].startswith("Against the rules: noise must stay")
