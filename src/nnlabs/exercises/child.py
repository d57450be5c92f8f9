"""The process in which a learner's file runs: `process` starts it, hands it one order on its input, and waits for the answer."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from nnlabs.exercises.catalog import find
from nnlabs.exercises.checking import Report, check_text
from nnlabs.exercises.writing import Verdict, judge_text

FILE_BYTES = 64 * 2**20


def main() -> None:
    """Carry out one order, and write the answer, with the order's secret, only when all of it is done."""
    order = json.loads(sys.stdin.readline())
    sys.stdin = io.StringIO()
    exercise = find(order["exercise"])
    for library in exercise.needs:
        __import__(library)
    limit(order["seconds"], order["memory"])
    runs: dict[str, Callable[..., Report | Verdict]] = {"check": check_text, "judge": judge_text}
    report = runs[order["do"]](exercise, order["text"], order["file"])
    with contextlib.suppress(Exception):
        sys.stdout.flush()
    answer = {"secret": order["secret"], "report": asdict(report)}
    Path(order["answer"]).write_text(json.dumps(answer), encoding="utf-8")
    # What the learner's code left for the end of the program, such as threads, does not get its turn.
    os._exit(0)


def limit(seconds: int, memory: int) -> None:
    """Bound processor time, memory and the size of files, where the system can (Windows cannot, macOS not all).

    Args:
        seconds: of processor time.
        memory: bytes of address space.
    """
    if sys.platform == "win32":
        return
    import resource

    limits = {
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_FSIZE: FILE_BYTES,
        resource.RLIMIT_CORE: 0,
    }
    for what, most in limits.items():
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    main()
