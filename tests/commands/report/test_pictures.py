"""Pictures on the page: small, true to the original, and told in words."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from nnlabs.commands.report.pictures import read_animation, read_figure, short, summary
from nnlabs.errors import RunError
from nnlabs.plotting.animation import save_gif
from nnlabs.plotting.style import PHOTOGRAPHS, new_figure, save, title

TABLE = {"technique": ["plain", "L2"], "gap": [0.1141, 0.09]}


def pixels(uri: str) -> np.ndarray:
    with Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))) as image:
        return np.asarray(image.convert("RGB")).astype(int)


@pytest.fixture
def drawn(tmp_path):
    figure, axes = new_figure(6, 4)
    title(figure, "The gap closes", "Digits · n = 9 images")
    axes[0, 0].plot([0, 1], [0.1, 0.9])
    save(figure, tmp_path, "1_gap", TABLE)
    return tmp_path


def test_a_figure_keeps_its_looks_and_says_what_it_shows(drawn):
    picture = read_figure(drawn, "1_gap", 256)
    with Image.open(drawn / "1_gap.png") as image:
        original = np.asarray(image.convert("RGB")).astype(int)
    assert (picture.width, picture.height) == (900, 600)
    assert np.abs(pixels(picture.src) - original).mean() < 0.3
    assert pixels(picture.src)[-1, -1].tolist() == [255, 255, 255]
    assert len(base64.b64decode(picture.src.partition(",")[2])) < 0.7 * (drawn / "1_gap.png").stat().st_size
    assert (picture.title, picture.line) == ("The gap closes", "Digits · n = 9 images")
    assert picture.alt == (
        "The gap closes. Digits · n = 9 images. Its numbers: technique: plain, L2; gap: 0.09 to 0.1141."
    )
    assert (picture.header, picture.rows) == (["technique", "gap"], [["plain", "0.1141"], ["L2", "0.09"]])
    assert picture.right == [False, True]


def test_photographs_are_known_by_their_own_file(drawn):
    figure, _ = new_figure(6, 4)
    figure.set_gid(PHOTOGRAPHS)
    save(figure, drawn, "6_mistakes", TABLE)
    assert [read_figure(drawn, name, 256).photographs for name in ("1_gap", "6_mistakes")] == [False, True]


def test_an_animation_stays_as_it_is_and_has_its_last_frame_as_a_still(tmp_path):
    frames = [np.full((40, 60, 4), 252, dtype=np.uint8) for _ in range(4)]
    for place, frame in enumerate(frames):
        frame[:, 10 * place : 10 * place + 10, :3] = 0
    save_gif(tmp_path / "1_move.gif", frames, [100, 200, 300, 4000], "A bar moves\nno data")
    picture = read_animation(tmp_path, "1_move", 256)
    assert (
        base64.b64decode(picture.src.removeprefix("data:image/gif;base64,")) == (tmp_path / "1_move.gif").read_bytes()
    )
    np.testing.assert_array_equal(pixels(picture.still), frames[-1][..., :3])
    assert picture.alt == "Animation of 5 seconds: A bar moves. no data."


def test_a_picture_that_is_gone_or_damaged_is_told(drawn):
    with pytest.raises(RunError, match=r"2_gone.png is missing or damaged; run its lab again"):
        read_figure(drawn, "2_gone", 256)
    whole = (drawn / "1_gap.png").read_bytes()
    (drawn / "1_gap.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RunError, match="missing or damaged"):
        read_figure(drawn, "1_gap", 256)
    (drawn / "1_gap.png").write_bytes(b"no picture")
    with pytest.raises(
        RunError, match=rf"nnlabs run {drawn.parent.name} --config '?{re.escape(str(drawn))}/config.yaml"
    ):
        read_figure(drawn, "1_gap", 256)


@pytest.mark.parametrize("text", [b"a,b\n1,2\n3", "a,b\nM\xfcller,2\n".encode("latin-1")])
def test_damaged_numbers_are_told(drawn, text):
    (drawn / "1_gap.csv").write_bytes(text)
    with pytest.raises(RunError, match=r"1_gap\.csv is damaged .*run its lab again"):
        read_figure(drawn, "1_gap", 256)


def test_a_summary_tells_ranges_names_and_what_it_leaves_out():
    header = [f"c{k}" for k in range(10)]
    assert summary(header, [["1"] * 10, ["2.5"] * 10]).endswith("c7: 1 to 2.5; and 2 further columns.")
    assert (
        summary(["name"], [[f"n{k}"] for k in range(10)])
        == "Its numbers: name: n0, n1, n2, n3, n4, n5, n6, n7 and 2 more."
    )
    assert summary(["x", "y"], [["nan", "3"], ["", "3"]]) == "Its numbers: x: none; y: 3."
    assert summary(["x"], []) == ""


def test_cells_are_as_exact_as_a_reader_wants_them():
    cells = ["–", "1,000", "64,64", "1234567", "0.30000000000000004", "nan", "", "plain", "1e-07", "-3.0"]
    assert [short(cell) for cell in cells] == [
        "–",
        "1,000",
        "6,464",
        "1,234,567",
        "0.3",
        "–",
        "",
        "plain",
        "1e-07",
        "-3",
    ]
