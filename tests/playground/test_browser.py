"""The playground as a real browser shows it: each control has its effect, the keyboard suffices, nothing is asked from outside."""

from __future__ import annotations

import base64
import io
import re
import runpy
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nnlabs.playground.missions import MISSIONS

# Small and quick, unless a test says otherwise.
QUICK = "n=60&layers=3.tanh&speed=1"

# Own points, as few as will do.
FEW = "0,0,0;0.1,0,0;1,1,1;1,0.9,1"

# WCAG 2.2, 1.4.3: the contrast of every text that is shown, against the nearest background behind it.
CONTRASTS = """() => {
  const channels = color => color.match(/[\\d.]+/g).map(Number);
  const light = color => channels(color).slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const background = at => {
    for (; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor, found = channels(color);
      if (found.length === 3 || found[3] === 1) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const low = [];
  const all = "h1, h2, p, span, b, label, button, select, dt, dd, legend, th, td, summary, footer, output";
  for (const at of document.querySelectorAll(all)) {
    if (!at.checkVisibility() || at.disabled) continue;
    if (![...at.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    const [x, y] = [light(getComputedStyle(at).color), light(background(at))].sort((a, b) => b - a);
    if ((x + 0.05) / (y + 0.05) < 4.5) low.push([at.textContent.slice(0, 30), (x + 0.05) / (y + 0.05)]);
  }
  return low;
}"""

# What a person can do something with, but is not told about: neither by a sentence, nor by a label, nor by a text beside it.
UNEXPLAINED = """() => [...document.querySelectorAll("button, select, input")]
  .filter(e => !e.closest("[data-tip], label, nav, #missions, #examples, #drawing, #mission-now") && !e.ariaLabel)
  .map(e => e.outerHTML)"""

# What reaches beyond the right edge of a screen of 390 pixels without being in a box that scrolls.
BEYOND = """() => [...document.body.querySelectorAll("*")]
  .filter(e => e.checkVisibility() && !e.closest(".scroll, #tip") && e.getBoundingClientRect().right > 391)
  .map(e => e.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def tab(browser: Any, server: Any) -> Iterator[Any]:
    """A tab for all tests; whatever it complains about, fails at, or asks from outside is in `tab.troubles`."""
    context = browser.new_context(viewport={"width": 1366, "height": 860}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.troubles = []
    page.address = f"http://127.0.0.1:{server.port}/"
    page.on("console", lambda message: page.troubles.append(message.text))
    page.on("pageerror", lambda error: page.troubles.append(str(error)))
    inside = (page.address, "data:", "blob:")
    page.on("request", lambda asked: asked.url.startswith(inside) or page.troubles.append(asked.url))
    yield page
    context.close()


@pytest.fixture
def show(tab: Any) -> Iterator[Any]:
    """Opens the page with a state; at the end nothing must have gone wrong."""
    tab.troubles.clear()
    tab.set_viewport_size({"width": 1366, "height": 860})

    def start(state: str = QUICK) -> Any:
        tab.goto("about:blank")
        tab.goto(f"{tab.address}#{state}")
        settled(tab)
        return tab

    yield start
    assert tab.troubles == []


def until(page: Any, condition: str) -> None:
    """Waits for a condition in JavaScript; `wait_for_function` would need `eval`, which the page's policy forbids."""
    end = time.monotonic() + 120
    while not page.evaluate(condition):
        assert time.monotonic() < end, condition
        page.wait_for_timeout(10)


def at_rest(page: Any, steps: Callable[[], int]) -> int:
    """Waits until the number of steps rises no more, which a training that goes on never lets happen."""
    end, seen = time.monotonic() + 120, -1
    while seen != (seen := steps()):
        assert time.monotonic() < end, "it trains on"
        page.wait_for_timeout(500)
    return seen


def settled(page: Any) -> None:
    """Waits until all that was changed is drawn."""
    until(
        page,
        "document.body?.dataset.step && Number(document.body.dataset.drawn || 0) >= Number(document.body.dataset.heard || 0)",
    )


def pixels(page: Any, canvas: str) -> Any:
    """What a canvas shows, as an array of shape (height, width, 4)."""
    url = page.evaluate("selector => document.querySelector(selector).toDataURL()", canvas)
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGBA"), float)


def steps(page: Any) -> int:
    return int(page.evaluate("document.body.dataset.step"))


def state_of(page: Any) -> dict[str, str]:
    """The state in the address, once all that was changed is written there."""
    until(page, "document.body.dataset.written === document.body.dataset.heard")
    return dict(part.split("=") for part in page.evaluate("location.hash").lstrip("#").split("&") if part)


def slide(page: Any, name: str, key: str = "ArrowRight") -> None:
    """Moves a slider by the keyboard."""
    page.focus(f"#set-{name}")
    page.keyboard.press(key)
    settled(page)


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
    until(page, "document.getElementById('play').getAttribute('aria-pressed') === 'false'")
    assert page.inner_text("#epochs") == "2.0"
    first, address = page.inner_text("#loss-now"), page.evaluate("location.hash")
    assert page.is_checked("#decide")
    show(address.lstrip("#")).click("#play")
    until(page, "document.getElementById('epochs').textContent === '2.0'")
    assert page.inner_text("#loss-now") == first


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


def test_what_is_pointed_at_is_explained_and_shown(show):
    page = show()
    page.hover("#set-l2")
    assert "pulls large weights" in page.inner_text("#tip")
    decision = pixels(page, "#plane")
    page.hover("[aria-label='unit 2 of layer 1']")
    assert "Unit 2 of layer 1: what it answers" in page.inner_text("#tip")
    assert page.inner_text("#output-of") == "unit 2 of layer 1"
    assert (pixels(page, "#plane") != decision).any()
    first = page.locator("[aria-label='unit 1 of layer 1']").bounding_box()
    page.mouse.move(first["x"] + first["width"] + 4, first["y"] + first["height"] / 2)
    assert re.match(r"Weight -?\d[\d.e-]*: what unit 1 of layer 1 answers is multiplied by it", page.inner_text("#tip"))
    page.keyboard.press("Escape")
    assert page.is_hidden("#tip")
    assert page.evaluate(UNEXPLAINED) == []


def test_a_unit_that_is_clicked_shows_its_inputs(show):
    page = show()
    before = pixels(page, "#activation")
    page.click("[aria-label='unit 2 of layer 1']")
    until(page, "document.getElementById('activation-text').textContent.includes('unit 2')")
    assert (pixels(page, "#activation") != before).any()


def test_own_points_are_drawn_by_pointer_and_by_keyboard(show):
    page = show("layers=3.tanh&test_share=0.5")
    page.select_option("#set-data", "own")
    page.wait_for_selector("#message:not([hidden])")
    assert "two classes or more" in page.inner_text("#message")
    box = page.locator("#plane").bounding_box()
    for k, (x, y) in enumerate([(0.2, 0.2), (0.3, 0.25), (0.25, 0.3), (0.7, 0.7), (0.8, 0.75)]):
        page.check(f"input[name=brush][value='{k // 3}']")
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    page.focus("#plane")
    for key in ("ArrowLeft", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    page.wait_for_selector("#message", state="hidden")
    settled(page)
    assert len(state_of(page)["points"].split(";")) == 6
    page.click("#clear-points")
    page.wait_for_selector("#message:not([hidden])")
    page.click("#play")  # does not go on with the points that were cleared
    page.wait_for_timeout(500)
    assert "two classes or more" in page.inner_text("#message")
    assert steps(page) == 0
    page.troubles[:] = [text for text in page.troubles if "400 (Bad Request)" not in text]


def test_points_are_read_from_a_csv_file(show, tmp_path):
    page = show(f"data=own&layers=3.tanh&points={FEW}&test_share=0.5")
    lines = [f"{i},{(i * 7) % 10},{'red' if i < 10 else 'green' if i < 20 else 'gray'}" for i in range(30)]
    (tmp_path / "points.csv").write_text("\n".join(["w,h,color", *lines]), encoding="utf-8")
    page.set_input_files("#csv", tmp_path / "points.csv")
    names = "A: gray, B: green, C: red; across: w, up: h"
    until(page, f"document.getElementById('message').textContent === '{names}'")
    until(page, "document.querySelectorAll('#columns .column:last-child .unit').length === 3")
    points = [point.split(",") for point in state_of(page)["points"].split(";")]
    assert [sum(kind == name for _, _, kind in points) for name in "012"] == [10, 10, 10]  # gray, green, red
    assert (points[0][0], points[-1][0], points[0][2]) == ("-1", "1", "2")


def test_an_error_stays_to_be_read_while_answers_come_in(show, tmp_path):
    page = show(f"data=own&layers=3.tanh&points={FEW}&test_share=0.5")
    (tmp_path / "large.csv").write_text("0.1,0.2,a\n" * 60_000, encoding="utf-8")
    page.set_input_files("#csv", tmp_path / "large.csv")
    page.wait_for_selector("#message:not([hidden])")
    assert "has 600,000 bytes, which is too much" in page.inner_text("#message")
    (tmp_path / "short.csv").write_text("1,2", encoding="utf-8")
    begun = page.evaluate("performance.now()")
    page.set_input_files("#csv", tmp_path / "short.csv")
    until(page, "document.getElementById('message').textContent.includes('three columns')")
    before = page.evaluate("document.body.dataset.frames")
    page.click("#step")
    until(page, f"Number(document.body.dataset.frames) > {before} && document.body.dataset.busy === 'false'")
    stalled = page.evaluate("performance.now()") - begun > 7000  # it stays 8 seconds
    assert stalled or "three columns" in page.inner_text("#message")
    page.troubles[:] = [text for text in page.troubles if "400 (Bad Request)" not in text]


def test_own_points_keep_their_colors_in_the_legend(show):
    page = show("data=own&layers=3.tanh&points=0,0,1;0.1,0,1;1,1,2;1,0.9,2&test_share=0.5")
    colors = page.evaluate("[...document.querySelectorAll('#plane-legend [data-color]')].map(e => e.dataset.color)")
    assert colors == ["1", "2"]
    blue = (pixels(page, "#plane")[..., :3] == [0x00, 0x72, 0xB2]).all(axis=-1)
    orange = (pixels(page, "#plane")[..., :3] == [0xE6, 0x9F, 0x00]).all(axis=-1)
    assert blue.any() and not orange.any()


def test_a_pointer_that_leaves_the_plane_draws_at_its_edge(show):
    page = show(f"data=own&layers=3.tanh&points={FEW}&test_share=0.5")
    box = page.locator("#plane").bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 0.6 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] - 200, box["y"] + 0.6 * box["height"])
    page.mouse.up()
    settled(page)
    points = [float(point.split(",")[0]) for point in state_of(page)["points"].split(";")]
    assert len(points) == 6
    assert min(points) > -1.3


def test_a_mission_is_checked_live(show):
    page = show("")
    page.click("#mission-line button")
    settled(page)
    for _ in range(2):
        page.click("#fewer")
        settled(page)
    slide(page, "noise")
    assert "Against the rules: noise must stay" in page.inner_text("#mission-line")
    slide(page, "noise", "ArrowLeft")
    page.click("#play")
    until(page, "document.getElementById('mission-line').textContent.includes('✓ Done.')")
    page.click("#play")
    assert page.inner_text("#missions-done") == "1 of 10 done"
    assert page.inner_text("#mission-now").startswith("✓ Mission: One line is enough. Separate the two blobs")
    page.click("#mission-now button")
    settled(page)
    assert page.is_hidden("#mission-now")
    assert page.locator("#missions li").count() == len(MISSIONS)


def test_an_example_that_fails_is_told_why(show):
    page = show("")
    page.click("text=Ten layers of sigmoid")
    settled(page)
    until(page, "document.getElementById('troubles').textContent.includes('Vanishing gradients')")
    assert page.locator("#layers .meter.low").count() >= 5


def test_picture_animation_and_script_are_taken_away(show, tmp_path):
    page = show()
    page.click("#epoch")
    until(page, "document.getElementById('epochs').textContent === '1.0'")
    files = {}
    for name in ("png", "gif", "script"):
        with page.expect_download() as download:
            page.click(f"#{name}")
        files[name] = Path(tmp_path / download.value.suggested_filename)
        download.value.save_as(files[name])
    with Image.open(files["png"]) as picture:
        assert picture.width > 1200
        assert len(picture.convert("RGB").getcolors(10**7)) > 500
    with Image.open(files["gif"]) as animation:
        assert animation.n_frames >= 2
    assert files["script"].suffix == ".py"
    with redirect_stdout(io.StringIO()) as printed:
        runpy.run_path(str(files["script"]))
    assert printed.getvalue().splitlines()[-1].endswith("as on the page")


def test_a_link_is_copied_or_put_into_the_address(show):
    page = show()
    slide(page, "seed")
    page.click("#link")
    until(page, "document.getElementById('link').textContent !== 'Copy link'")
    assert "seed=1" in page.evaluate("location.hash")


@pytest.fixture
def other(browser: Any, server: Any) -> Iterator[tuple[Any, str]]:
    """A second tab, and the name of its session."""
    before = set(server.engine.sessions)
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{server.port}/#{QUICK}&seed=3")
    settled(page)
    (name,) = set(server.engine.sessions) - before
    yield page, name
    page.close()


def test_two_tabs_do_not_disturb_one_another_and_a_closed_one_trains_no_more(show, other, server):
    page, (second, name) = show(), other
    second.click("#play")
    page.click("#step")
    until(page, "document.body.dataset.step === '1'")
    until(second, "Number(document.body.dataset.step) > 3")
    assert steps(page) == 1
    session = server.engine.sessions[name]
    second.close()
    assert at_rest(page, lambda: session.trainer.steps) > 3


def test_a_page_that_is_left_says_so(show, other, server):
    page, (second, name) = show(), other
    second.goto("about:blank")
    end = time.monotonic() + 120
    while name in server.engine.sessions:
        assert time.monotonic() < end, "its training is kept"
        page.wait_for_timeout(50)


def test_a_phone_never_scrolls_sideways(show):
    page = show("layers=8.tanh_8.tanh_8.tanh_8.tanh_8.tanh_8.tanh")
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(150)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate(BEYOND) == []
    page.click("#step")
    until(page, "document.body.dataset.step === '1'")
    sizes = page.evaluate(
        "[...document.querySelectorAll('p, label, button, dd, td')].map(e => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(sizes) >= 13.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_enough_contrast(show, scheme):
    page = show("init=zeros")
    page.emulate_media(color_scheme=scheme)
    page.wait_for_timeout(250)
    assert page.evaluate(CONTRASTS) == []
    page.emulate_media(color_scheme="light")
