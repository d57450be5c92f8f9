"""Pictures as they are embedded in the page: small, with words for those who do not see them.

Figures become PNG with a palette of their own. Animations stay the GIF they are, beside a still picture of their last frame for
paper and for readers who asked for less motion.
"""

from __future__ import annotations

import base64
import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageSequence

from nnlabs.console import shell_line
from nnlabs.errors import RunError
from nnlabs.plotting.style import PHOTOGRAPHS

MOST_COLUMNS, MOST_NAMES, MOST_ROWS = 8, 8, 24


@dataclass(frozen=True)
class Picture:
    """A figure or an animation on the page.

    Attributes:
        title: what one sees.
        line: data set, number of examples, seeds.
        alt: both, and the numbers that the picture shows, in words.
        src: the picture as a data URI.
        width: pixels.
        height: pixels.
        still: for an animation, its last frame as a data URI; empty for a figure.
        header: names of the columns of the numbers behind a figure, where they are few enough to be read.
        rows: these numbers, as text.
        photographs: whether it shows some, which a dark page must not turn into negatives.
    """

    title: str
    line: str
    alt: str
    src: str
    width: int
    height: int
    still: str = ""
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    photographs: bool = False

    @property
    def right(self) -> list[bool]:
        """Which columns hold numbers, which stand flush right."""
        return [all(map(_is_number, column)) for column in zip(*self.rows, strict=True)]


def read_figure(folder: Path, name: str, colors: int) -> Picture:
    """A figure for the page.

    Args:
        folder: a lab's folder.
        name: the figure's files without ending; its CSV has the numbers.
        colors: size of its palette, at most 256.

    Raises:
        RunError: where the PNG is gone or damaged.
    """
    with _opened(folder / f"{name}.png") as image:
        title, line = image.info.get("Title") or _words(name), image.info.get("Description", "")
        header, rows = read_numbers(folder / f"{name}.csv")
        alt = " ".join(filter(None, (_sentence(title), _sentence(line), summary(header, rows))))
        few = len(rows) <= MOST_ROWS and len(header) <= MOST_COLUMNS
        shown = [[short(cell) for cell in row] for row in rows] if few else []
        photographs = image.info.get("Comment") == PHOTOGRAPHS
        src = _png(image, colors)
        return Picture(title, line, alt, src, image.width, image.height, "", header, shown, photographs)


def read_animation(folder: Path, name: str, colors: int) -> Picture:
    """An animation for the page.

    Args:
        folder: a lab's folder.
        name: its GIF without ending.
        colors: size of the palette of its still picture.

    Raises:
        RunError: where the GIF is damaged.
    """
    path = folder / f"{name}.gif"
    with _opened(path) as image:
        title, _, line = image.info.get("comment", b"").decode("utf-8", "replace").partition("\n")
        milliseconds = sum(frame.info.get("duration", 0) for frame in ImageSequence.Iterator(image))
        title = title or _words(name)
        alt = f"Animation of {milliseconds / 1000:.0f} seconds: {_sentence(title)} {_sentence(line)}".rstrip()
        src = _data_uri("image/gif", path.read_bytes())
        # The iterator has left the image at its last frame.
        return Picture(title, line, alt, src, image.width, image.height, still=_png(image, colors))


def _opened(path: Path) -> Image.Image:
    """A picture whose every frame can be decoded, at its first."""
    try:
        image = Image.open(path)
        for frame in ImageSequence.Iterator(image):
            frame.load()
        image.seek(0)
        return image
    except OSError as error:
        raise RunError(f"{path} is missing or damaged; {run_again(path.parent)}") from error


def run_again(folder: Path) -> str:
    """What makes a lab's files anew; `reproduce` takes a lab for complete whose files are all there.

    Args:
        folder: its `LAB/PRESET/`.
    """
    command = shell_line(["nnlabs", "run", folder.parent.name, "--config", str(folder / "config.yaml")])
    return f"run its lab again: {command}"


def _png(image: Image.Image, colors: int) -> str:
    """A picture with a palette as a data URI."""
    data = io.BytesIO()
    small = image.convert("RGB").quantize(colors, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    small.save(data, "PNG", optimize=True)
    return _data_uri("image/png", data.getvalue())


def _data_uri(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def read_numbers(path: Path) -> tuple[list[str], list[list[str]]]:
    """The header and the rows of a CSV file; nothing where there is none.

    Args:
        path: the file.

    Raises:
        RunError: where it is damaged.
    """
    if not path.is_file():
        return [], []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = list(csv.reader(file)) or [[]]
    except (UnicodeDecodeError, csv.Error) as error:
        raise RunError(f"{path} is damaged ({error}); {run_again(path.parent)}") from error
    if any(len(row) != len(header) for row in rows):
        raise RunError(f"{path} is damaged (rows of other lengths); {run_again(path.parent)}")
    return header, rows


def summary(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """What a figure's numbers are, column by column, in a sentence.

    Args:
        header: names of the columns.
        rows: the cells as text.

    Example:
        >>> summary(["technique", "gap"], [["plain", "0.1141"], ["L2", "0.0900"]])
        'Its numbers: technique: plain, L2; gap: 0.09 to 0.1141.'
    """
    if not rows:
        return ""
    columns = list(zip(header, zip(*rows, strict=True), strict=True))
    told = [f"{name}: {_range([cell for cell in cells if cell])}" for name, cells in columns[:MOST_COLUMNS]]
    more = f"; and {len(columns) - MOST_COLUMNS} further columns" if len(columns) > MOST_COLUMNS else ""
    return f"Its numbers: {'; '.join(told).replace('_', ' ')}{more}."


def _range(cells: Sequence[str]) -> str:
    """From where to where numbers go; or which names there are."""
    if not all(map(_is_number, cells)):
        names = list(dict.fromkeys(cells))
        more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        return ", ".join(names[:MOST_NAMES]) + more
    numbers = [number for number in map(_number, cells) if number == number]
    if not numbers:
        return "none"
    low, high = f"{min(numbers):.4g}", f"{max(numbers):.4g}"
    return low if low == high else f"{low} to {high}"


def short(cell: str) -> str:
    """A cell of a CSV file as a reader wants it: numbers with four digits, nothing for nan.

    Args:
        cell: as it stands in the file.
    """
    if not cell or not _is_number(cell):
        return cell
    number = _number(cell)
    if number != number:
        return "–"
    return f"{int(number):,}" if number.is_integer() and abs(number) < 1e15 else f"{number:.4g}"


def _number(cell: str) -> float:
    return math.nan if cell in ("", "–") else float(cell.replace(",", ""))


def _is_number(cell: str) -> bool:
    """Whether a cell is a number, or a place without one."""
    try:
        _number(cell)
    except ValueError:
        return False
    return True


def _words(name: str) -> str:
    """A file's name as words: `1_loss_curves` is `Loss curves`."""
    words = name.lstrip("0123456789_").replace("_", " ")
    return words[:1].upper() + words[1:]


def _sentence(text: str) -> str:
    """The text with a full stop, unless it ends in a mark already; nothing stays nothing."""
    return text if not text or text[-1] in ".?!" else f"{text}."
