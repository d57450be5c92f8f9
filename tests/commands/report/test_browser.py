"""The report as a real browser shows it: nothing from outside, nothing broken, nothing too wide, nothing that cannot be read."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nnlabs.cli import lab_files
from nnlabs.records import read_json

Open = Callable[..., Any]

# WCAG 2.2, 1.4.3: the contrast of every text that is shown, against the nearest background behind it.
CONTRASTS = """() => {
  const channels = color => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const background = element => {
    for (let at = element; at; at = at.parentElement) {
      const found = channels(getComputedStyle(at).backgroundColor);
      if (found.length === 3 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), told = [];
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, text = walker.currentNode.textContent.trim();
    if (!text || !element.checkVisibility()) continue;
    const [a, b] = [channels(getComputedStyle(element).color), background(element)].map(light).sort((x, y) => y - x);
    told.push([text.slice(0, 40), (a + 0.05) / (b + 0.05)]);
  }
  return told;
}"""

# What holds the keyboard's focus: its place in the document, and whether that is seen, on itself or on its label.
FOCUS = """() => {
  const at = document.activeElement;
  const rings = [at, ...(at.labels || [])].map(e => getComputedStyle(e));
  return {
    place: [...document.querySelectorAll('*')].indexOf(at), tag: at.tagName, text: (at.textContent || '').trim().slice(0, 30),
    ring: rings.some(s => s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2),
  };
}"""


UNFOLD = """() => {
  document.querySelectorAll('details').forEach(d => d.open = true);
  document.querySelectorAll('.fold').forEach(box => box.checked = true);
}"""

# What reaches beyond the right edge of a screen of 390 pixels without being in a box that scrolls.
BEYOND = """() => [...document.body.querySelectorAll('*')]
  .filter(e => e.checkVisibility() && !e.closest('.plate, .scroll, .skip, pre, code') && e.getBoundingClientRect().right > 390)
  .map(e => e.outerHTML.slice(0, 80))"""


@pytest.fixture
def show(browser: Any) -> Iterator[Open]:
    """Opens a page; whatever it asks for, complains about or fails at is found in `page.troubles`."""
    contexts = []

    def start(path: Path, width: int = 1280, **options: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 844}, **options)
        contexts.append(context)
        page = context.new_page()
        page.troubles = []
        page.on("console", lambda message: page.troubles.append(message.text))
        page.on("pageerror", lambda error: page.troubles.append(str(error)))
        own = path.as_uri()
        page.on("request", lambda asked: asked.url.startswith((own, "data:")) or page.troubles.append(asked.url))
        page.goto(own)
        return page

    yield start
    for context in contexts:
        context.close()


@pytest.fixture
def pages(report: Path, troubled: Path) -> dict[str, Path]:
    """The two pages by their names."""
    return {"report": report, "troubled": troubled}


@pytest.mark.parametrize("name", ["report", "troubled"])
def test_nothing_comes_from_outside_nothing_fails_and_every_picture_is_decoded(show, name, pages):
    page = show(pages[name])
    sizes = page.evaluate("Promise.all([...document.images].map(i => i.decode().then(() => [i.naturalWidth, i.alt])))")
    assert page.troubles == []
    assert len(sizes) > 10
    for width, alt in sizes:
        assert width > 400
        assert len(alt) > 30 and re.search(r"\d", alt), alt


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["report", "troubled"])
def test_every_text_has_enough_contrast(show, name, scheme, pages):
    page = show(pages[name], color_scheme=scheme)
    page.evaluate(UNFOLD)
    told = page.evaluate(CONTRASTS)
    assert len(told) > 100
    assert [(text, ratio) for text, ratio in told if ratio < 4.5] == []
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 24, 27)"
    assert dark == (scheme == "dark")


@pytest.mark.parametrize("name", ["report", "troubled"])
def test_a_phone_never_scrolls_sideways_but_wide_tables_and_figures_do_in_their_own_box(show, name, pages):
    page = show(pages[name], width=390)
    page.evaluate(UNFOLD)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    beyond = page.evaluate(BEYOND)
    assert beyond == []
    captions = page.evaluate("[...document.querySelectorAll('caption')].map(e => e.getBoundingClientRect().right)")
    assert max(captions) <= 390  # read without scrolling
    wide = page.evaluate("[...document.querySelectorAll('.plate, .scroll')].map(e => [e.scrollWidth, e.clientWidth])")
    assert any(inner > outer for inner, outer in wide)
    texts = "[...document.querySelectorAll('p, li, dd, td, figcaption')]"
    sizes = page.evaluate(f"{texts}.map(e => parseFloat(getComputedStyle(e).fontSize))")
    assert min(sizes) >= 13.5


def test_the_keyboard_reaches_everything_in_order_and_one_sees_where_it_is(show, report):
    page = show(report)
    stops = []
    for _ in range(200):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop["tag"] == "BODY":
            break
        stops.append(stop)
    else:
        pytest.fail("the keyboard never leaves the page")
    assert stops[0]["text"] == "Skip to the labs"
    assert [stop["place"] for stop in stops] == sorted({stop["place"] for stop in stops})
    assert [stop for stop in stops if not stop["ring"]] == []
    found = "[...document.querySelectorAll('a, input, summary, .scroll')]"
    assert len(stops) == page.evaluate(f"{found}.filter(e => e.checkVisibility()).length")


def test_the_skip_link_leads_to_the_labs(show, report):
    page = show(report)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("#main$"))  # the browser tells its new address a little later
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


@pytest.mark.parametrize(("motion", "moves"), [("no-preference", True), ("reduce", False)])
def test_an_animation_stops_and_goes_by_the_keyboard_and_starts_as_the_reader_wishes(show, report, motion, moves):
    page = show(report, reduced_motion=motion)

    def moving() -> bool:
        shown = [
            page.locator(f".plate {which}").first.is_visible() for which in (".moving", ".still", ".pause", ".play")
        ]
        assert shown == [shown[0], not shown[0], shown[0], not shown[0]]
        return shown[0]

    assert moving() == moves
    page.locator(".switch").first.focus()
    page.keyboard.press("Space")
    assert moving() != moves
    page.keyboard.press("Space")
    assert moving() == moves


def test_each_lab_begins_with_one_figure_and_the_others_unfold_by_the_keyboard(show, report):
    page = show(report)
    for lab in page.locator("section.lab").all():
        figures = lab.locator("figure").all()
        assert [figure.is_visible() for figure in figures] == [True] + [False] * (len(figures) - 1)
        for box in lab.locator(".fold").all():
            box.focus()
            page.keyboard.press("Space")
        assert all(figure.is_visible() for figure in figures)


def test_the_summary_fits_on_one_screen_and_says_what_was_shown(show, report, reproduced):
    page = show(report)
    summary = page.locator("nav")
    box = summary.bounding_box()
    assert box["y"] + box["height"] < 844
    for name in lab_files():
        result = read_json(reproduced[0] / name / "smoke" / "result.json")
        shown = sum(lesson["verdict"] == "shown" for lesson in result["lessons"])
        assert f"{result['data']} · {shown} of {len(result['lessons'])} lessons shown" in summary.inner_text()


def test_in_the_dark_no_figure_is_white(show, report):
    page = show(report, color_scheme="dark")
    with Image.open(io.BytesIO(page.locator(".plate img").first.screenshot())) as picture:
        assert np.median(np.asarray(picture.convert("L"))) < 64


def test_in_the_dark_photographs_are_no_negatives(show, report):
    page = show(report, color_scheme="dark")
    looks = "(e => [getComputedStyle(e.querySelector('img')).filter, getComputedStyle(e).backgroundColor])"
    plate = "document.querySelector('.plate')"
    assert page.evaluate(f"{looks}({plate})")[0].startswith("invert")
    page.evaluate(f"{plate}.classList.add('photographs')")
    assert page.evaluate(f"{looks}({plate})") == ["none", "rgb(255, 255, 255)"]


def test_a_tables_caption_keeps_its_lines(show, report, reproduced):
    page = show(report)
    page.evaluate(UNFOLD)
    (folder,) = (reproduced[0] / "optimizers").glob("smoke*")
    (table,) = read_json(folder / "result.json")["acts"]["leaderboard"]["tables"]
    assert table["caption"].count("\n") > 2
    assert page.locator("#optimizers caption").last.inner_text().splitlines() == table["caption"].splitlines()


def test_paper_shows_stills_whole_and_no_controls(show, report, tmp_path):
    page = show(report, width=720)
    page.emulate_media(media="print")
    for selector in (".moving", ".plate label", ".skip", "details"):
        assert not any(found.is_visible() for found in page.locator(selector).all())
    assert all(found.is_visible() for found in page.locator("figure, .still").all())
    heights = page.evaluate(
        "[...document.images].filter(i => i.checkVisibility()).map(i => i.getBoundingClientRect().height)"
    )
    assert max(heights) <= 200 / 25.4 * 96 + 1  # 200 mm of the 265 that a page of A4 has between its margins
    page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    pages = len(re.findall(rb"/Type\s*/Page\b", (tmp_path / "report.pdf").read_bytes()))
    assert pages >= page.locator("section.lab").count()


def test_landmarks_and_headings_tell_the_structure(show, report):
    page = show(report)
    for landmark in ("header.masthead", "nav[aria-label]", "main#main", "body > footer"):
        assert page.locator(landmark).count() == 1
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4')].map(h => Number(h.tagName[1]))")
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    twice = (
        "(ids => ids.filter((id, i) => ids.indexOf(id) !== i))([...document.querySelectorAll('[id]')].map(e => e.id))"
    )
    assert page.evaluate(twice) == []
    names = page.evaluate(
        "[...document.querySelectorAll('[aria-labelledby]')].map(e => e.getAttribute('aria-labelledby'))"
    )
    assert [name for name in names if page.locator(f"[id='{name}']").count() != 1] == []
