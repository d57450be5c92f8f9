"""The playground's animation: which moments it keeps, and what it shows."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from nnlabs.playground import film as film_module
from nnlabs.playground.film import MOST_MOMENTS, Film, Moment
from tests.playground.messages import opened


def test_a_film_keeps_few_moments_spread_over_the_whole_run():
    film = Film()
    for step in range(5000):
        film.add(Moment(step, "", np.zeros(1, np.uint8), np.zeros(1, np.uint8)))
    steps = [moment.step for moment in film.moments]
    assert MOST_MOMENTS / 2 <= len(steps) <= MOST_MOMENTS
    assert steps[0] == 0 and steps[-1] > 4700
    assert max(np.diff(steps)) <= 2 * min(np.diff(steps))


@pytest.mark.slow
def test_the_animation_ends_with_the_present_of_a_long_run_too(engine, monkeypatch):
    shown = []
    picture = film_module._picture
    monkeypatch.setattr(film_module, "_picture", lambda moment, *rest: shown.append(moment) or picture(moment, *rest))
    session = opened(engine)
    for _ in range(253):
        engine.ask({"type": "run", "session": session, "steps": 3})
    present = engine.sessions[session].trainer.steps
    engine.sessions[session].frames.make(0, None)  # the sharp picture of the same step is none of its own
    gif = base64.b64decode(engine.ask({"type": "animation", "session": session})["gif"])
    steps = [moment.step for moment in shown]
    assert steps[-1] == present > steps[-2]
    assert steps == sorted(set(steps))
    with Image.open(io.BytesIO(gif)) as image:
        assert image.n_frames <= MOST_MOMENTS + 1


def test_the_animation_shows_own_classes_in_their_colors(engine):
    points = [[x, y, k] for k, x in ((1, -1.0), (2, 1.0)) for y in (-0.5, 0.0, 0.5)]
    session = opened(engine, data="own", noise=0.0, points=points, test_share=0.4)
    frames = engine.sessions[session].frames
    picture = film_module._picture(frames.film.moments[0], frames.trainer, frames.bounds).convert("RGB")
    red, _, blue = np.asarray(picture, float).transpose(2, 0, 1)
    assert (red - blue).max() < 15  # blue and green of the second and third class, and no orange of the first


def test_the_animation_moves_and_ends_with_the_present(engine):
    session = opened(engine)
    for _ in range(5):
        engine.ask({"type": "run", "session": session, "steps": 10})
    gif = base64.b64decode(engine.ask({"type": "animation", "session": session})["gif"])
    with Image.open(io.BytesIO(gif)) as image:
        assert image.n_frames == 6
        first = np.asarray(image.convert("RGB")).copy()
        image.seek(5)
        assert (np.asarray(image.convert("RGB")) != first).any()
