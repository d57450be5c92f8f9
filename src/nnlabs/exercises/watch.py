"""Check a learner's file whenever it is saved."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from time import sleep, strftime

from nnlabs.errors import RunError

POLL_S = 0.5


def check_each_save(path: Path, check: Callable[[], int]) -> int:
    """Check a file on every save, until it is right as it was saved last.

    Args:
        path: the file, which may be gone for a moment: some editors write another one and rename it.
        check: checks it, and tells what it found; 0: it is right.

    Returns:
        0.
    """
    seen = None
    while True:
        saved = _saved_at(path)
        if saved not in (None, seen):
            seen = saved
            print(strftime("%H:%M:%S"))
            try:
                if check() == 0 and _saved_at(path) == seen:
                    return 0
            except (RunError, OSError) as error:  # as of a file that is just being written; the next save may be read
                print(f"error: {error}", file=sys.stderr)
            print(flush=True)
        sleep(POLL_S)


def _saved_at(path: Path) -> int | None:
    """When it was saved, in nanoseconds; None while there is no such file."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None
