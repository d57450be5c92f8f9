"""Every mode and depth that Pillow opens gives the picture that a person sees in it."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import PIL
import pytest
from PIL import Image

from nnlabs.data.decode import _to_rgb, read_square, to_eight_bits
from nnlabs.data.examples import read_images
from nnlabs.errors import DataError

DARK, BRIGHT = 40, 200
# Older ones cut such a TIFF short, and find no orientation in EXIF data with damaged entries.
PILLOW_13 = pytest.mark.skipif(int(PIL.__version__.split(".")[0]) < 13, reason="Pillow can since version 13")


def halves() -> np.ndarray:
    """Left half dark, right half bright."""
    gray = np.full((64, 64), DARK, dtype=np.uint8)
    gray[:, 32:] = BRIGHT
    return gray


def assert_halves(read: np.ndarray) -> None:
    assert (read.dtype, read.shape) == (np.uint8, (32, 32, 3))
    assert np.abs(read[:, :14].astype(int) - DARK).max() <= 6
    assert np.abs(read[:, 18:].astype(int) - BRIGHT).max() <= 6


def of_depth(white: float, kind: str) -> Image.Image:
    """The same picture in numbers that reach up to `white`."""
    return Image.fromarray((halves() / 255 * white).astype(kind))


STORED = {
    "float 0 to 1": (lambda: of_depth(1, "f4"), "tiff"),
    "float 0 to 255": (lambda: of_depth(255, "f4"), "tiff"),
    "float 0 to 65535": (lambda: of_depth(65535, "f4"), "tiff"),
    "8 bits in 16": (lambda: of_depth(255, "u2"), "tiff"),
    "12 bits in 16": (lambda: of_depth(4095, "u2"), "tiff"),
    "16 bits": (lambda: of_depth(65535, "u2"), "png"),
    "8 bits in 32": (lambda: of_depth(255, "i4"), "tiff"),
    "16 bits in 32": (lambda: of_depth(65535, "i4"), "tiff"),
    "CMYK": (lambda: Image.fromarray(halves()).convert("CMYK"), "tiff"),
    "YCbCr": (lambda: Image.fromarray(halves()).convert("RGB").convert("YCbCr"), "tiff"),
    "RGBX": (lambda: Image.fromarray(halves()).convert("RGB").convert("RGBX"), "tiff"),
    "palette": (lambda: Image.fromarray(halves()).convert("P"), "gif"),
    "palette, tiff": (lambda: Image.fromarray(halves()).convert("RGB").quantize(4), "tiff"),
}


@pytest.mark.parametrize("name", [pytest.param(name, marks=PILLOW_13 if name == "YCbCr" else ()) for name in STORED])
def test_the_same_picture_comes_out_of_every_mode_and_depth(name, tmp_path):
    make, suffix = STORED[name]
    make().save(tmp_path / f"picture.{suffix}")
    assert_halves(read_square(tmp_path / f"picture.{suffix}", 32))


@pytest.mark.parametrize("mode", ["LA", "La", "PA", "RGBa", "HSV", "I;16", "I;16B", "I", "F"])
def test_modes_that_are_written_by_others_are_read_too(mode):
    gray = Image.fromarray(halves())
    image = {
        "La": lambda: gray.convert("LA").convert("La"),
        "PA": lambda: gray.convert("P").convert("PA"),
        "RGBa": lambda: gray.convert("RGBA").convert("RGBa"),
        "HSV": lambda: gray.convert("RGB").convert("HSV"),
        "I;16B": lambda: Image.frombytes("I;16B", (64, 64), (halves().astype(">u2") * 257).tobytes()),
        "I;16": lambda: Image.fromarray(halves().astype("u2") * 257),
    }.get(mode, lambda: gray.convert(mode))()
    assert image.mode == mode
    assert_halves(np.asarray(_to_rgb(image).resize((32, 32))))


def test_lab_colors_are_those_that_they_were(tmp_path):
    from PIL import ImageCms

    rgb = Image.new("RGB", (40, 40), (200, 40, 90))
    profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    ImageCms.profileToProfile(rgb, *profiles, outputMode="LAB").save(tmp_path / "lab.tiff")
    read = read_square(tmp_path / "lab.tiff", 32)
    assert np.abs(read.astype(int) - (200, 40, 90)).max() <= 3


DRAWINGS = {
    "RGBA": (lambda image: image, ("png", "webp", "gif", "tiff", "ico")),
    "LA": (lambda image: image.convert("LA"), ("png", "webp", "tiff")),
    "palette": (lambda image: image.quantize(8), ("png", "webp")),
}


@pytest.mark.parametrize(("mode", "suffix"), [(mode, suffix) for mode in DRAWINGS for suffix in DRAWINGS[mode][1]])
def test_transparent_drawings_lie_over_white_paper(mode, suffix, tmp_path):
    # Black ink, and black where nothing is drawn: only its opacity tells a drawing from paper.
    pixels = np.zeros((40, 40, 4), dtype=np.uint8)
    pixels[10:30, 10:30, 3] = 255
    path = tmp_path / f"drawing.{suffix}"
    DRAWINGS[mode][0](Image.fromarray(pixels)).save(path)
    read = read_square(path, 40)
    assert read[:8].min() >= 250
    assert read[14:26, 14:26].max() <= 5


def test_white_ink_on_nothing_lies_over_black(tmp_path):
    pixels = np.full((40, 40, 4), 255, dtype=np.uint8)
    pixels[:, :20, 3] = 0
    Image.fromarray(pixels).save(tmp_path / "chalk.png")
    read = read_square(tmp_path / "chalk.png", 40)
    assert read[:, :16].max() <= 5 and read[:, 24:].min() >= 250
    Image.new("RGBA", (40, 40), (255, 255, 255, 0)).save(tmp_path / "nothing.png")
    assert read_square(tmp_path / "nothing.png", 40).min() == 255


def test_a_picture_as_large_as_a_telephones_is_read_without_a_word(tmp_path, monkeypatch, recwarn):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    Image.new("L", (40, 40), 255).save(tmp_path / "large.png")
    assert read_square(tmp_path / "large.png", 32).min() == 255
    assert not recwarn.list


def test_half_transparent_ink_is_half_as_dark(tmp_path):
    Image.new("RGBA", (40, 40), (0, 0, 0, 128)).save(tmp_path / "gray.png")
    assert np.abs(read_square(tmp_path / "gray.png", 32).astype(int) - 127).max() <= 1


def test_one_transparent_color_is_paper(tmp_path):
    pixels = np.zeros((40, 40, 3), dtype=np.uint8)
    pixels[:, :20] = (255, 0, 255)
    Image.fromarray(pixels).save(tmp_path / "keyed.png", transparency=(255, 0, 255))
    read = read_square(tmp_path / "keyed.png", 40)
    assert read[:, :16].min() >= 250
    assert read[:, 24:].max() <= 5


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([-1.0, 0.0, 1.0]), [0, 128, 255]),
        (np.array([-1000, 0, 3000], dtype=np.int32), [0, 64, 255]),
        (np.array([0.0, 1e6]), [0, 0]),  # 32 bits hold a million
        (np.array([0.0, 1e12]), [0, 255]),
        (np.array([0, 1, 255], dtype=np.int32), [0, 1, 255]),
        (np.array([np.nan, 0.0, np.inf, 1.0]), [0, 0, 255, 255]),
        (np.array([np.nan, np.nan]), [0, 0]),
        (np.array([7.5, 7.5]), [8, 8]),
        (np.array([-3.0, -3.0]), [0, 0]),
    ],
)
def test_values_are_scaled_by_the_white_of_their_kind_or_stretched(values, expected):
    assert to_eight_bits(values).tolist() == expected


def with_broken_exif(path: Path) -> None:
    """A JPEG file whose EXIF data say: turn by 180 degrees, and one entry points out of the file, another has no type."""
    pixels = np.zeros((60, 60, 3), dtype=np.uint8)
    pixels[:30] = 255
    entries = [(0x010E, 2, 900, 10**6), (0x0112, 3, 1, 3), (0x9286, 77, 5, 12), (0x8769, 4, 1, 99999)]
    ifd = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    Image.fromarray(pixels).save(path, exif=b"Exif\0\0II*\0\x08\0\0\0" + ifd + struct.pack("<I", 0))


@PILLOW_13
def test_a_broken_note_about_a_picture_does_not_spoil_it_nor_say_a_word(tmp_path, recwarn):
    with_broken_exif(tmp_path / "camera.jpg")
    (read,) = read_images([tmp_path / "camera.jpg"])
    assert read[:, :14].float().mean() < 5 < 250 < read[:, 18:].float().mean()  # and it is turned upright
    assert not recwarn.list


def test_exif_that_is_no_exif_leaves_the_picture_as_it_lies(tmp_path):
    for number, exif in enumerate(
        (b"Exif\0\0nonsense", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\0\x05\1")
    ):
        path = tmp_path / f"{number}.jpg"
        Image.fromarray(halves()).save(path, exif=exif)
        assert_halves(read_square(path, 32))


@pytest.mark.parametrize("turn", range(1, 9))
def test_every_way_to_hold_a_camera_is_undone(turn, tmp_path):
    from PIL import ImageOps

    pixels = np.random.RandomState(0).randint(0, 256, (32, 32, 3)).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = turn
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
    with Image.open(tmp_path / "a.png") as opened:
        expected = np.asarray(ImageOps.exif_transpose(opened))
    assert np.array_equal(read_square(tmp_path / "a.png", 32), expected)


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n" + b"\0" * 50, b"BM" + b"\xff" * 80, b"II*\0" + b"\xff" * 60]
)
def test_damage_of_any_kind_is_a_sentence(content, tmp_path):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(DataError, match=r"a\.png cannot be read as an image"):
        read_square(tmp_path / "a.png", 32)
