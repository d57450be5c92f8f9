"""What else the playground shows and takes in a real browser: explanations, missions, downloads, tabs, a phone."""

from __future__ import annotations

import io
import re
import runpy
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from nnlabs.playground.missions import MISSIONS
from tests.playground.page import QUICK, at_rest, pixels, settled, slide, steps, until

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


@pytest.mark.slow
def test_what_is_pointed_at_is_explained_and_shown(show):
    page = show()
    page.hover("#set-l2")
    assert "pulls large ones more than small ones" in page.inner_text("#tip")
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


def test_a_file_is_called_what_it_holds_whatever_is_changed_meanwhile(show):
    page = show("speed=10000")
    page.click("#play")
    until(page, "Number(document.body.dataset.step) > 20")
    with page.expect_download() as download:
        page.click("#script")
    name = download.value.suggested_filename
    held = re.search(r"^STEPS = (\d+)", download.value.path().read_text(), re.M)
    assert held and name == f"playground-moons-{held[1]}.py"
    with page.expect_download() as download:
        page.click("#gif", no_wait_after=True)
        page.select_option("#set-data", "spirals")
    assert download.value.suggested_filename.startswith("playground-moons-")


def test_missions_done_in_two_tabs_are_two(show):
    show("").evaluate("localStorage.clear()")
    page = show("")
    page.evaluate("""localStorage.setItem("nnlabs-playground-missions", '["vanish"]')""")  # as another tab does
    page.click("#mission-line button")
    settled(page)
    for _ in range(2):
        page.click("#fewer")
        settled(page)
    page.click("#play")
    until(page, "document.getElementById('mission-line').textContent.includes('✓ Done.')")
    page.click("#play")
    kept = page.evaluate("JSON.parse(localStorage.getItem('nnlabs-playground-missions'))")
    page.evaluate("localStorage.clear()")
    assert set(kept) == {"vanish", "line"}
    assert page.inner_text("#missions-done") == "2 of 10 done"


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


@pytest.mark.slow
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


@pytest.mark.slow
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


def test_what_is_gone_to_is_not_covered_on_a_narrow_screen(show):
    page = show()
    page.set_viewport_size({"width": 400, "height": 500})
    page.wait_for_timeout(150)
    for part in ("controls", "missions", "examples", "help"):
        page.click(f"[data-go={part}]")
        bottom, top = page.evaluate(
            "part => [document.querySelector('header'), document.getElementById(part)].map((e, k) => "
            "e.getBoundingClientRect()[k ? 'top' : 'bottom'])",
            part,
        )
        assert top >= bottom, part


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_enough_contrast(show, scheme):
    page = show("init=zeros")
    page.emulate_media(color_scheme=scheme)
    page.wait_for_timeout(250)
    assert page.evaluate(CONTRASTS) == []
    page.emulate_media(color_scheme="light")


@pytest.mark.slow
def test_an_engine_that_hangs_is_told_until_it_answers(show):
    page, held = show(), []
    page.route("**/ask", lambda route: route.continue_() if held else held.append(route))  # the first one hangs
    page.click("#step")
    until(page, "!document.getElementById('message').hidden")
    assert "has not answered for 5 seconds" in page.inner_text("#message")
    held[0].continue_()
    until(page, "document.body.dataset.step === '1' && document.getElementById('message').hidden")
    page.unroute("**/ask")
