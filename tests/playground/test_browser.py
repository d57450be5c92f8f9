"""Running the playground in a real browser: each control has its effect, and the keyboard suffices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnlabs.playground.settings import ELEMENTWISE
from tests.playground.page import at_rest, pixels, settled, slide, state_of, steps, until


def test_it_opens_with_a_network_a_plane_and_no_trouble(show):
    page = show("")
    assert page.locator("#columns .unit").count() == 2 + 8 + 8 + 1
    assert page.inner_text("#troubles") == "No trouble: gradients arrive, no unit is dead."
    assert np.ptp(pixels(page, "#plane")[..., 0]) > 100
    assert pixels(page, "#columns > canvas")[..., 3].any()
    assert steps(page) == 0


def test_play_pause_step_epoch_and_reset(show):
    page = show()
    page.click("#step")
    until(page, "document.body.dataset.step === '1'")
    page.click("#epoch")
    until(page, "document.getElementById('epochs').textContent === '1.0'")
    before = pixels(page, "#loss")
    page.click("#play")
    assert page.inner_text("#play") == "❚❚ Pause"
    until(page, "Number(document.body.dataset.step) > 12")
    page.click("#play")
    assert at_rest(page, lambda: steps(page)) > 12
    assert (pixels(page, "#loss") != before).any()
    page.click("#reset")
    until(page, "document.body.dataset.step === '0'")


def test_steps_in_quick_succession_all_count(show):
    page = show()
    page.evaluate("for (let i = 0; i < 3; i++) document.getElementById('step').click()")
    until(page, "document.body.dataset.step === '3'")
    assert at_rest(page, lambda: steps(page)) == 3


def test_an_epoch_that_is_asked_for_while_it_plays_ends_where_epochs_end(show):
    page = show("n=60&layers=3.tanh&speed=3&batch_size=1")
    page.click("#play")
    until(page, "Number(document.body.dataset.step) > 12")
    page.keyboard.press("e")
    assert at_rest(page, lambda: steps(page)) % 42 == 0


def test_a_link_that_is_pasted_into_an_open_tab_starts_its_run(show):
    page = show("n=60&layers=3.tanh&speed=1")
    page.click("#epoch")
    until(page, "document.getElementById('epochs').textContent === '1.0'")
    page.evaluate("location.hash = '#n=60&layers=3.tanh&speed=1&lr=0.1'")
    until(page, "document.getElementById('lr-now').textContent === '0.1'")
    assert at_rest(page, lambda: steps(page)) == 0


def test_what_is_wrong_with_the_view_in_an_address_costs_no_setting(show):
    page = show("n=60&layers=3.tanh&mission=moon&speed=0.5&layer=0.5")
    assert page.is_hidden("#message")
    assert page.locator("#columns .unit").count() == 2 + 3 + 1
    page.click("#play")
    until(page, "Number(document.body.dataset.step) > 3")
    page.click("#play")
    assert page.is_hidden("#message")


@pytest.mark.slow
def test_more_units_than_there_may_be_are_not_offered(show):
    page = show("n=60&layers=64.tanh_64.tanh_64.tanh_63.tanh")
    assert page.is_disabled("#more")
    page.click("[id='units-3-1']")
    settled(page)
    page.click("[id='units-0--1']")
    settled(page)
    assert page.is_enabled("[id='units-0-1']")
    page.click("[id='units-0-1']")
    settled(page)
    assert page.is_hidden("#message")
    page.goto("about:blank")
    page = show("n=60&layers=60.tanh_60.tanh_60.tanh_60.tanh_16.tanh")
    assert page.is_disabled("#more") and page.is_disabled("[id='units-4-1']")


def test_the_histogram_is_of_a_layer_that_is_there(show):
    page = show("n=60&layers=3.tanh_3.tanh&layer=1")
    asked: list[Any] = []
    page.on("request", lambda request: asked.append(request.post_data_json))
    page.click("#fewer")
    settled(page)
    assert {message["layer"] for message in asked} == {0}


def test_the_slope_that_prelu_has_learned_is_shown(show):
    page = show("n=60&layers=3.prelu&lr=0.3")
    before, text = pixels(page, "#activation"), page.inner_text("#activation-text")
    assert "now a = 0.250" in text
    page.click("#epoch")
    until(page, "document.getElementById('epochs').textContent === '1.0'")
    assert "now a = " in page.inner_text("#activation-text")
    assert page.inner_text("#activation-text") != text
    assert (pixels(page, "#activation") != before).any()


def test_the_keyboard_alone_suffices(show):
    page = show()
    page.keyboard.press("s")
    until(page, "document.body.dataset.step === '1'")
    page.keyboard.press("e")
    until(page, "document.getElementById('epochs').textContent === '1.0'")
    page.keyboard.press(" ")
    until(page, "Number(document.body.dataset.step) > 5")
    page.keyboard.press(" ")
    page.keyboard.press("r")
    until(page, "document.body.dataset.step === '0'")
    page.evaluate("document.activeElement.blur()")
    reached, rings = [], []
    for _ in range(90):
        page.keyboard.press("Tab")
        at = page.evaluate(
            "[document.activeElement.tagName, document.activeElement.id, getComputedStyle(document.activeElement).outlineStyle]"
        )
        if at[0] == "BODY":
            break
        reached.append(at[1] or at[0])
        rings.append(at[2])
    wanted = {
        "play",
        "step",
        "set-data",
        "set-lr",
        "set-seed",
        "units-0-1",
        "activation-0",
        "more",
        "link",
        "script",
        "plane",
    }
    assert wanted <= set(reached)
    assert reached.count("BUTTON") >= 2 + 3 + 1 + 1 + 20  # units, layers, missions, examples
    assert "none" not in rings


def test_a_slider_that_begins_anew_shows_its_effect_at_once(show):
    page = show()
    for name in ("n", "noise", "test_share", "batch_size", "seed"):
        page.click("#step")
        until(page, "document.body.dataset.step === '1'")
        before = page.inner_text("#loss-now"), page.inner_text(f"label:has(#set-{name}) output")
        slide(page, name)
        assert steps(page) == 0
        assert page.inner_text(f"label:has(#set-{name}) output") != before[1]
        assert page.inner_text("#loss-now") != before[0]
    assert {"n", "noise", "test_share", "batch_size", "seed"} < set(state_of(page))


def test_a_slider_that_may_change_while_learning_does_not_reset(show):
    page = show()
    page.click("#epoch")
    until(page, "document.getElementById('epochs').textContent === '1.0'")
    for name in ("lr", "l1", "l2", "dropout", "epochs"):
        before, rate = steps(page), page.inner_text("#lr-now")
        slide(page, name)
        assert steps(page) == before > 0
        assert (page.inner_text("#lr-now") != rate) == (name == "lr")
    assert {"lr", "l1", "l2", "dropout", "epochs"} < set(state_of(page))


@pytest.fixture
def lists() -> dict[tuple[str, str], Callable[[Any], bool]]:
    """Choices by their list and name, and how one sees that they were made."""
    return {
        ("data", "iris"): lambda page: page.inner_text("#plane-legend").startswith("setosa"),
        ("data", "clouds"): lambda page: page.locator(".column").last.locator(".unit").count() == 5,
        ("loss", "hinge"): lambda page: "should exceed each other" in page.inner_text("#output-text"),
        ("optimizer", "sgd"): lambda page: (
            "SGD: " in page.locator("label:has(#set-optimizer)").get_attribute("data-tip")
        ),
        ("schedule", "warmup"): lambda page: page.inner_text("#lr-now") == "0",
        ("init", "zeros"): lambda page: "Twin units" in page.inner_text("#troubles"),
    }


def test_every_list_has_its_effect(show, lists):
    page = show()
    for (name, value), effect in lists.items():
        page.select_option(f"#set-{name}", value)
        settled(page)
        assert effect(page), name
    wanted = dict(lists.keys())
    assert wanted.items() <= state_of(page).items()


def test_layers_and_units_come_and_go_and_each_has_its_activation(show):
    page = show()
    page.click("#more")
    settled(page)
    page.click("[id='units-1-1']")
    settled(page)
    page.select_option("#activation-1", "relu")
    settled(page)
    assert state_of(page)["layers"] == "3.tanh_4.relu"
    assert page.locator("#layers tbody tr").count() == 3
    page.click("#fewer")
    settled(page)
    page.click("[id='units-0--1']")
    settled(page)
    assert state_of(page)["layers"] == "2.tanh"
    page.click("#fewer")
    settled(page)
    assert "one linear map" in page.inner_text("#activation-text")


def test_the_address_holds_all_and_gives_the_same_run(show):
    page = show("data=xor&noise=0.1&layers=4.relu_3.gelu&init=he&lr=0.03&l2=0.001&seed=7&epochs=2&speed=100&decide=1")
    page.click("#play")
    until(page, "document.getElementById('play').textContent.includes('Play')")
    assert page.inner_text("#epochs") == "2.0"
    first, address = page.inner_text("#loss-now"), page.evaluate("location.hash")
    assert page.is_checked("#decide")
    show(address.lstrip("#")).click("#play")
    until(page, "document.getElementById('epochs').textContent === '2.0'")
    assert page.inner_text("#loss-now") == first


def test_activations_with_an_underscore_in_their_name_come_back_from_a_link(show):
    names = ["tanh", *(name for name in ELEMENTWISE if "_" in name), "relu"]
    assert len(names) > 5
    layers = "_".join(f"2.{name}" for name in names)
    page = show(f"n=60&layers={layers}")
    assert page.is_hidden("#message")
    shown = [page.input_value(f"#activation-{k}") for k in range(len(names))]
    assert shown == names
    slide(page, "seed")
    assert state_of(page)["layers"] == layers


def test_a_wrong_address_is_told_in_a_sentence(show):
    page = show("lr=banana&nonsense=1&layers=3.tanh")
    page.wait_for_selector("#message:not([hidden])")
    assert "lr must be a number from 1e-06 to 100" in page.inner_text("#message")
    assert page.locator("#columns .unit").count() == 19
    page.troubles[:] = [text for text in page.troubles if "400 (Bad Request)" not in text]


def test_an_address_with_data_that_do_not_exist_is_told_too(show):
    page = show("data=spiral")
    page.wait_for_selector("#message:not([hidden])")
    assert "data" in page.inner_text("#message") and "these are the defaults" in page.inner_text("#message")
    assert page.locator("#columns .unit").count() == 19
    page.troubles[:] = [text for text in page.troubles if "400 (Bad Request)" not in text]


@pytest.mark.parametrize(
    ("link", "says"), [("n=60&layers=foo", "each layer must be"), ("data=own&lr=banana", "lr must be a number")]
)
def test_a_wrong_link_locks_neither_an_open_tab_nor_a_fresh_one(show, link, says):
    page = show(link)
    for tab in ("fresh", "open"):
        if tab == "open":
            page.evaluate("location.hash = '#n=60&layers=3.tanh'")
            until(
                page,
                "document.querySelectorAll('#columns .unit').length === 6 && document.body.dataset.busy === 'false'",
            )
            page.evaluate("link => { location.hash = link; }", link)
        until(page, f"document.getElementById('message').textContent.includes('{says}')")
        assert "these are the defaults" in page.inner_text("#message")
        until(page, "document.body.dataset.busy === 'false'")
        assert page.locator("#columns .unit").count() == 19
        page.click("#step")
        until(page, "document.body.dataset.step === '1' && document.body.dataset.busy === 'false'")
    page.troubles[:] = [text for text in page.troubles if "400 (Bad Request)" not in text]


def test_a_session_that_the_engine_has_forgotten_begins_again(show, server):
    page = show()
    page.click("#step")
    until(
        page, "document.body.dataset.step === '1' && document.body.dataset.busy === 'false'"
    )  # or the sharp frame would find out
    server.engine.sessions.clear()
    page.click("#step")
    until(page, "document.body.dataset.step === '0' && document.body.dataset.busy === 'false'")
    assert "it began again" in page.inner_text("#message")
    page.click("#step")
    until(page, "document.body.dataset.step === '1'")
    page.troubles[:] = [text for text in page.troubles if "410 (Gone)" not in text]
