"""What is printed must never be a reason for a command to fail: whatever the console's encoding, and where there is none."""

from __future__ import annotations

import codecs
import io
import os
import shlex
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Sequence

# Lines are no longer than that, as far as their words allow; in a narrower terminal they are shorter, down to the second number.
COLUMNS, FEWEST_COLUMNS = 100, 60

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


def line_width() -> int:
    """How many letters a line has: those of the terminal, within bounds; what goes to a file does not hang on it."""
    if not sys.stdout.isatty():
        return COLUMNS
    return max(FEWEST_COLUMNS, min(COLUMNS, shutil.get_terminal_size().columns))


def print_file(text: str) -> None:
    """Print what another command reads again: in UTF-8 where it goes to a file or a pipe, whatever the console's encoding is.

    Args:
        text: all of the file.
    """
    if not sys.stdout.isatty() and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    print(text, end="")


def shell_line(words: Sequence[str]) -> str:
    """A command as it can be pasted into a shell: what has blanks in it is quoted, on Windows as its shells take it.

    Args:
        words: the command's.

    Example:
        >>> shell_line(["nnlabs", "report", "--results", "my results"])
        "nnlabs report --results 'my results'"
    """
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)


def _nearest(error: UnicodeError) -> tuple[str, int]:
    """What stands for the characters that could not be encoded, and where to go on behind them."""
    assert isinstance(error, UnicodeEncodeError)
    text = error.object[error.start : error.end]
    return "".join(_stand_in(letter, error.encoding) for letter in text), error.end


def _stand_in(letter: str, encoding: str) -> str:
    plain = _ASCII.get(letter) or unicodedata.normalize("NFKD", letter)
    return plain.encode(encoding, "ignore").decode(encoding) or "?"
