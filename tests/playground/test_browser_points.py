"""Own points in a real browser: drawn by pointer and keyboard, read from a CSV file, and what is told of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.playground.page import pixels, settled, state_of, steps, until

# Own points, as few as will do.
FEW = "0,0,0;0.1,0,0;1,1,1;1,0.9,1"


@pytest.mark.slow
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
    (tmp_path / "long.csv").write_text("\n".join(f"{i},{i % 7},{'ab'[i % 2]}" for i in range(1234)), encoding="utf-8")
    page.set_input_files("#csv", tmp_path / "long.csv")
    part = "1,000 of 1,234 points, drawn at random; A: a, B: b; across: x₁, up: x₂"
    until(page, f"document.getElementById('message').textContent === '{part}'")


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


@pytest.mark.slow
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
