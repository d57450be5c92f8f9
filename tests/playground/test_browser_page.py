"""What else the playground shows and takes in a real browser: explanations, own points, missions, downloads, tabs, a phone."""

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
from tests.playground.page import QUICK, at_rest, pixels, settled, slide, state_of, steps, until

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
    downloads: list[Any] = []
    page.on("download", lambda one: downloads.append(one))
    for name in ("png", "gif", "script"):  # of what: the run of the moons is not that of own points
        page.click(f"#{name}")
        until(
            page,
            "document.getElementById('message').textContent.includes('that could be taken away: own data need two')",
        )
    page.wait_for_timeout(300)
    assert downloads == []
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
    with page.expect_download() as download:
        page.click("#script")
    assert download.value.suggested_filename == "playground-own-0.py"
    page.click("#clear-points")
    page.wait_for_selector("#message:not([hidden])")
    page.click("#play")  # does not go on with the points that were cleared
    page.wait_for_timeout(500)
    assert "two classes or more" in page.inner_text("#message")
    assert steps(page) == 0
    page.goto("about:blank")
    page.goto(f"{page.address}#data=own")
    page.wait_for_selector("#message:not([hidden])")
    page.click("#png")
    until(
        page, "document.getElementById('message').textContent.includes('that could be taken away: own data need two')"
    )
    page.troubles[:] = [text for text in page.troubles if "422 (Unprocessable" not in text]


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
    page.troubles[:] = [text for text in page.troubles if "422 (Unprocessable" not in text]


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


def test_the_keyboard_does_not_leave_the_plane(show):
    page = show(f"data=own&noise=0&layers=3.tanh&points={FEW}&test_share=0.5")
    page.focus("#plane")
    for _ in range(60):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    settled(page)
    points = [float(point.split(",")[0]) for point in state_of(page)["points"].split(";")]
    assert len(points) == 5
    assert max(points) == 1.2


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
