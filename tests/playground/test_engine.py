from __future__ import annotations

import base64
import json
import threading
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlabs.errors import UserError
from nnlabs.playground import engine as engine_module
from nnlabs.playground.engine import BusyError, Engine, SessionError
from nnlabs.playground.settings import CHOICES, ELEMENTWISE, NUMBERS, MessageError
from tests.playground.messages import FAST, opened


def decoded(text: str, kind: Any = np.uint8) -> Any:
    return np.frombuffer(base64.b64decode(text), kind)


def test_an_experiment_opens_with_data_and_a_frame_at_step_0(engine):
    reply = engine.ask({"type": "open", "settings": FAST})
    data, frame = reply["data"], reply["frame"]
    assert len(data["train"]) + len(data["test"]) == 40
    assert frame["step"] == 0 and not frame["over"] and frame["fine"]
    assert decoded(frame["winner"]).size == decoded(frame["confidence"]).size == 128**2
    assert [decoded(text, np.float32).size for text in frame["weights"]] == [6, 3]
    assert [decoded(text).size for text in frame["units"]] == [3 * 32**2, 32**2]
    assert sum(frame["histogram"]) == 3 * len(data["train"])
    json.dumps(reply, allow_nan=False)


def test_steps_are_taken_and_shown_in_a_smaller_picture(engine):
    session = opened(engine)
    first = engine.ask({"type": "run", "session": session, "steps": 3})["frame"]
    assert first["step"] == 3
    assert decoded(first["winner"]).size == 64**2
    assert engine.ask({"type": "run", "session": session})["frame"]["step"] == 3


def test_the_winner_is_on_the_side_of_its_points(engine):
    reply = engine.ask({"type": "open", "settings": {"data": "blobs", "noise": 0.2, "layers": []}})
    for _ in range(20):
        frame = engine.ask({"type": "run", "session": reply["session"], "steps": 20})["frame"]
    winner = decoded(frame["winner"]).reshape(64, 64)
    left, right, bottom, top = reply["data"]["extent"]
    for x, y, k in reply["data"]["train"]:
        assert winner[int(64 * (top - y) / (top - bottom)), int(64 * (x - left) / (right - left))] == k


def test_the_rate_changes_on_the_way_and_the_seed_only_from_the_start(engine):
    session = opened(engine)
    engine.ask({"type": "run", "session": session, "steps": 5})
    reply = engine.ask({"type": "run", "session": session, "settings": FAST | {"lr": 0.5}})
    assert (reply["frame"]["step"], reply["frame"]["lr"]) == (5, 0.5)
    assert "data" not in reply
    reply = engine.ask({"type": "run", "session": session, "settings": FAST | {"seed": 1}})
    assert reply["frame"]["step"] == 0
    assert "data" in reply


def test_an_experiment_that_is_begun_while_it_plays_is_shown_from_its_start(engine):
    session = opened(engine)
    run = {"type": "run", "session": session, "steps": 50}
    begun = engine.ask(run | {"settings": FAST | {"seed": 1}})
    assert begun["frame"]["step"] == 0 and begun["frame"]["fine"]
    assert engine.ask(run)["frame"]["step"] > 0
    frames = engine.sessions[session].frames
    assert frames.seen.first_loss == begun["frame"]["loss"][0]
    assert frames.film.moments[0].step == 0


def test_what_is_taken_away_says_of_which_step_it_is(engine):
    session = opened(engine)
    frame = engine.ask({"type": "run", "session": session, "steps": 5})["frame"]
    assert frame["changes"] == 0
    changed = engine.ask({"type": "run", "session": session, "settings": FAST | {"lr": 0.5}})["frame"]
    assert changed["changes"] == 1
    for kind in ("script", "animation"):
        assert engine.ask({"type": kind, "session": session})["step"] == frame["step"]


def test_what_an_activation_has_learned_is_shown_with_its_curves(engine):
    layers = [{"units": 3, "activation": "prelu"}, {"units": 3, "activation": "tanh"}]
    session = opened(engine, layers=layers, lr=0.1)
    frame = engine.ask({"type": "run", "session": session, "steps": 20})["frame"]
    a = engine.sessions[session].trainer.network.layers[1].learned[0].data.item()
    assert frame["learned"]["layer"] == 0
    assert frame["learned"]["a"] == a != 0.25
    assert frame["learned"]["curve"][0] == pytest.approx(-6 * a, abs=1e-3)
    assert frame["learned"]["slope"][0] == pytest.approx(a, abs=1e-3)
    assert engine.ask({"type": "run", "session": session, "layer": 1})["frame"]["learned"] is None


def test_a_reset_gives_the_same_run_again(engine):
    session = opened(engine)
    first = engine.ask({"type": "run", "session": session, "steps": 9})["frame"]
    assert engine.ask({"type": "reset", "session": session})["frame"]["step"] == 0
    assert engine.ask({"type": "run", "session": session, "steps": 9})["frame"] == first


def test_a_frame_takes_no_more_time_than_it_may(engine):
    session = opened(engine)
    start = time.thread_time()
    frame = engine.ask({"type": "run", "session": session, "steps": 10_000})["frame"]
    assert 0 < frame["step"] < 10_000
    assert time.thread_time() - start < 0.5


def test_two_tabs_do_not_disturb_one_another(engine):
    alone = opened(engine)
    for _ in range(20):
        expected = engine.ask({"type": "run", "session": alone, "steps": 2})["frame"]
    frames: dict[str, Any] = {}

    def tab(session: str) -> None:
        for _ in range(20):
            frames[session] = engine.ask({"type": "run", "session": session, "steps": 2})["frame"]

    sessions = [opened(engine), opened(engine, seed=3)]
    threads = [threading.Thread(target=tab, args=(session,)) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert frames[sessions[0]] == expected
    assert frames[sessions[1]]["loss"] != expected["loss"]


def test_two_messages_of_one_tab_come_one_after_the_other(engine):
    session, results = opened(engine), []

    def ask() -> None:
        results.append(engine.ask({"type": "run", "session": session, "steps": 1})["frame"]["step"])

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [1, 2, 3, 4, 5, 6]


def test_a_closed_session_is_over(engine):
    session = opened(engine)
    engine.ask({"type": "close", "session": session})
    assert len(engine.sessions) == 0
    with pytest.raises(SessionError, match="load the page again"):
        engine.ask({"type": "run", "session": session})
    engine.ask({"type": "close", "session": session})


def test_sessions_are_bounded_and_the_idlest_makes_room(engine, monkeypatch):
    monkeypatch.setattr(engine_module, "MOST_SESSIONS", 2)
    first, second = opened(engine), opened(engine)
    with pytest.raises(BusyError, match="2 tabs are open"):
        opened(engine)
    engine.sessions[first].used -= 61
    third = opened(engine)
    assert set(engine.sessions) == {second, third}


def test_a_session_that_rests_is_kept_as_long_as_there_is_room(engine):
    first = opened(engine)
    engine.ask({"type": "run", "session": first, "steps": 3})
    engine.sessions[first].used -= 100_000
    opened(engine)
    assert engine.ask({"type": "run", "session": first})["frame"]["step"] == 3


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("run", "a message must be a JSON object"),
        ({}, "type must be one of open, csv, close, run"),
        ({"type": ["open"]}, "type must be one of"),
        ({"type": "csv", "text": 3}, "text must be"),
        ({"type": "open", "settings": {"data": "own"}}, "two classes or more"),
        ({"type": "open", "settings": {"data": "clouds", "n": 20, "test_share": 0.1}}, "cannot be split"),
        ({"type": "open", "layer": -1}, "layer must be a whole number"),
        ({"type": "open", "unit": "first"}, "unit must be a whole number"),
        ({"type": "open", "mission": "moon"}, "mission must be one of line, xor"),
    ],
)
def test_what_is_wrong_with_a_message_is_told_and_leaves_no_session(engine, message, says):
    with pytest.raises(UserError, match=says):
        engine.ask(message)
    assert len(engine.sessions) == 0


def test_wrong_steps_and_addresses_are_refused(engine):
    session = opened(engine)
    for steps in (-1, 10_001, 0.5, "3", None):
        with pytest.raises(MessageError, match="steps must be a whole number from 0 to 10000"):
            engine.ask({"type": "run", "session": session, "steps": steps})
    for address in (3, 'x"""\nimport os', "a\\b", "line\nline", "x" * 50_001):
        with pytest.raises(MessageError, match="address"):
            engine.ask({"type": "script", "session": session, "address": address})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inside: st.lists(inside, max_size=3),
    max_leaves=4,
)
layer = st.fixed_dictionaries({"units": st.integers(1, 12), "activation": st.sampled_from(sorted(ELEMENTWISE))})
good = st.fixed_dictionaries(
    {},
    optional={
        **{
            name: st.integers(int(b.low), min(int(b.high), 300)) if b.whole else st.floats(b.low, b.high)
            for name, b in NUMBERS.items()
        },
        **{name: st.sampled_from(list(known)) for name, known in CHOICES.items()},
        "layers": st.lists(layer, max_size=4),
        "points": st.lists(st.tuples(st.floats(-2, 2), st.floats(-2, 2), st.integers(0, 5)).map(list), max_size=30),
    },
)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(good, st.integers(0, 3))
def test_any_settings_within_the_bounds_give_frames_that_json_can_hold(experiment, steps):
    engine = Engine()
    try:
        reply = engine.ask({"type": "open", "settings": experiment})
    except UserError as error:
        assert "own data need" in str(error) or "cannot be split" in str(error)
        return
    for _ in range(2):
        reply |= engine.ask({"type": "run", "session": reply["session"], "steps": steps, "layer": 1, "unit": 2})
    json.dumps(reply, allow_nan=False)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.dictionaries(
        st.sampled_from(["type", "session", "settings", "steps", "layer", "unit", "mission", "text", "address"]),
        json_values
        | st.sampled_from(["open", "run", "csv", "close", "script"])
        | st.dictionaries(st.sampled_from([*NUMBERS, *CHOICES, "layers", "points"]), json_values),
    )
)
def test_any_message_is_answered_or_refused_in_a_sentence(message):
    try:
        reply = Engine().ask(message)
    except UserError as error:
        assert len(str(error)) > 10
    else:
        json.dumps(reply, allow_nan=False)
