"""What is printed must never be a reason for a command to fail: whatever the console's encoding, and where there is none."""

from __future__ import annotations

import codecs
import os
import sys
import unicodedata

# Lines are no longer than that, as far as their words allow.
COLUMNS = 100

_REPLACER = "nnlabs.nearest"
_ASCII = {"–": "-", "−": "-", "±": "+-", "·": "*", "×": "x", "→": "->", "“": '"', "”": '"', "’": "'", "…": "..."}


def make_printing_safe() -> None:
    """See to it that `print` and progress bars cannot fail in this process; to be called before the first of them.

    A character that the console's encoding lacks (cp1252 on Windows, ASCII under `LC_ALL=C`) is replaced by the nearest that it
    has: `₁` by `1`, `→` by `->`, else by `?`. A stream that is missing or closed, as under `pythonw` or `2>&-`, swallows all.
    """
    codecs.register_error(_REPLACER, _nearest)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None or stream.closed:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123  open as long as the process
        elif hasattr(stream, "reconfigure"):  # a notebook's stream takes every character as it is
            stream.reconfigure(errors=_REPLACER)


def _nearest(error: UnicodeError) -> tuple[str, int]:
    """What stands for the characters that could not be encoded, and where to go on behind them."""
    assert isinstance(error, UnicodeEncodeError)
    text = error.object[error.start : error.end]
    return "".join(_stand_in(letter, error.encoding) for letter in text), error.end


def _stand_in(letter: str, encoding: str) -> str:
    plain = _ASCII.get(letter) or unicodedata.normalize("NFKD", letter)
    return plain.encode(encoding, "ignore").decode(encoding) or "?"
