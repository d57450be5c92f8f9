"""Letters: which fonts they come from, how wide a text is, and where it is broken into lines."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache

# It comes with matplotlib: the same letters, and so the same layout, on every machine.
FONT = "DejaVu Sans"
# For the letters of names that it lacks, where one of these is installed; what they lack too becomes a box.
FONTS_OF_OTHER_SCRIPTS = (
    *(f"Noto Sans CJK {region}" for region in ("SC", "TC", "JP", "KR")),
    *("Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "Leelawadee UI", "Nirmala UI"),  # Windows
    *("PingFang SC", "Hiragino Sans", "Apple SD Gothic Neo", "Arial Unicode MS"),  # macOS
    *("WenQuanYi Zen Hei", "IPAGothic", "NanumGothic", "Noto Sans Devanagari", "Noto Sans Thai"),
    *("Noto Emoji", "Segoe UI Emoji", "Symbola"),  # matplotlib draws no colored letters
)


@cache
def font_families() -> list[str]:
    """The fonts that letters are looked for in, one after the other: DejaVu Sans, and what there is for other scripts."""
    from matplotlib.font_manager import fontManager

    installed = set(fontManager.get_font_names())
    return [FONT, *(name for name in FONTS_OF_OTHER_SCRIPTS if name in installed)]


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """How wide a line of text is, in points of 1/72 inch.

    Args:
        text: one line.
        size: of the letters, in points.
        weight: "normal" or "bold".
    """
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    letters = FontProperties(family=font_families(), size=size, weight=weight)
    return float(text_to_path.get_text_width_height_descent(text, letters, ismath=False)[0])


def wrap(text: str, size: float, weight: str, width: float) -> list[str]:
    """Break `text` between words, and inside one that is longer than a line, into lines of at most `width` points.

    A percent sign stays with its number.
    """
    lines = [""]
    for word in (part for whole in re.split(r"\s+(?!%)", text.strip()) for part in _parts(whole, size, weight, width)):
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and text_width(longer, size, weight) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _parts(word: str, size: float, weight: str, width: float) -> Iterator[str]:
    """A word, or pieces of it that fit into a line, as even as it goes."""
    count = math.ceil(text_width(word, size, weight) / (0.9 * width))
    if count <= 1:
        yield word
        return
    length = math.ceil(len(word) / count)
    yield from (word[start : start + length] for start in range(0, len(word), length))
