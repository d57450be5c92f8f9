"""A learner's file in a process of its own: with limits, in an empty folder, and never trusted to say itself that it passed."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import signal
import site
import subprocess
import sys
import tempfile
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nnlabs.errors import RunError
from nnlabs.exercises.checking import Report
from nnlabs.exercises.exercise import Exercise
from nnlabs.exercises.solutions import SOLUTIONS
from nnlabs.files import read_text
from nnlabs.paths import PACKAGE

SECONDS, SECONDS_HEAVY = 10, 60
WALL = 3  # so many times as long on the clock, for code that waits or a machine that is busy
MEMORY, MEMORY_HEAVY = 3 * 2**30, 12 * 2**30
PRINTED, MOST_PRINTED = 4000, 200_000
_FIRST_LINE = re.compile(r"^\ufeff?(?:\"{3}|'{3})\s*(?:Exercise|Find the mistake in) (\w+):", re.MULTILINE)
# What the other process needs of this one's environment; nothing else, such as keys to services, is handed on.
_HANDED_ON = (
    "PATH",
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "COMSPEC",
    "PATHEXT",
    "LANG",
    "LD_LIBRARY_PATH",
    "VIRTUAL_ENV",
)


def check_file(exercise: Exercise, path: Path, seconds: int | None = None) -> Report:
    """Check a learner's file.

    Args:
        exercise: which exercise it is.
        path: the file.
        seconds: of processor time that it may take; default: 10, or 60 where torch or scikit-learn must be loaded.

    Raises:
        RunError: where the file cannot be read.
    """
    report = Report.from_json(ask(exercise, path, "check", seconds))
    ran_all = len(report.findings) == len(exercise.checks) and all(f.status == "passed" for f in report.findings)
    if report.status == "passed" and not ran_all:
        return Report(exercise.name, "stopped", message="not all checks ran, so nothing counts as passed")
    return report


def ask(exercise: Exercise, path: Path, do: str, seconds: int | None = None) -> dict[str, Any]:
    """What the other process says of a file, as plain values; where it says nothing, a report that it was stopped.

    Args:
        exercise: which exercise it is.
        path: the file.
        do: `check` it, or `judge` it as a check that a learner wrote.
        seconds: as in `check_file`.
    """
    limit = seconds or (SECONDS_HEAVY if exercise.needs else SECONDS)
    with tempfile.TemporaryDirectory(prefix="nnlabs-", ignore_cleanup_errors=True) as top:
        desk, answer, secret = Path(top) / "desk", Path(top) / "answer", secrets.token_hex(16)
        desk.mkdir()
        order: dict[str, Any] = {
            "do": do,
            "exercise": exercise.name,
            "text": read_learners(path),
            "file": str(path),
            "seconds": limit,
            "memory": MEMORY_HEAVY if exercise.needs else MEMORY,
            "answer": str(answer),
            "secret": secret,
        }
        (desk / path.name).write_text(order["text"], encoding="utf-8")
        ended, printed, length = _run(json.dumps(order), desk, WALL * limit)
        report, kept = _read_answer(answer, secret), (desk / path.name).is_file()
    why = _why(ended, limit) if report is None else _misbehaved(length, kept)
    if report is None or why:
        report = asdict(Report(exercise.name, "stopped", message=why))
    return {**report, "printed": printed}


def read_learners(path: Path) -> str:
    """A learner's file.

    Raises:
        RunError: where it cannot be read.
    """
    try:
        return read_text(path)
    except UnicodeDecodeError as error:
        raise RunError(f"{path} is no text in UTF-8; save it as UTF-8") from error
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror}") from error


def exercise_of(path: Path) -> str | None:
    """The exercise that a file belongs to, by its name or by the first line of its text; None for none.

    Raises:
        RunError: where neither can be read.
    """
    bare = path.name.partition(".")[0].removeprefix("bug_").removeprefix("check_")
    if bare in SOLUTIONS:
        return bare
    # searched for as text: what Python cannot read is somebody's work, too
    found = _FIRST_LINE.search(read_learners(path))
    return found[1] if found and found[1] in SOLUTIONS else None


def _misbehaved(printed: int, kept: bool) -> str:
    """What is wrong with a file beside its functions; "" for nothing."""
    if printed > MOST_PRINTED:
        return f"it printed {printed:,} characters: take the printing out of the function, or of its loop"
    return (
        "" if kept else "it deleted files in its working directory: what is a function that computes doing with files?"
    )


def _run(order: str, desk: Path, wall_seconds: int) -> tuple[int | None, str, int]:
    """Start the process and wait.

    Returns:
        Its exit code, None when it had to be stopped; the beginning of what it printed; how many characters that was in all.
    """
    environment = {key: value for key, value in os.environ.items() if key.upper() in _HANDED_ON} | {
        "PYTHONPATH": str(PACKAGE.parent),
        "PYTHONUSERBASE": site.getuserbase(),
        "PYTHONIOENCODING": "utf-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        **dict.fromkeys(("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"), str(desk)),
    }
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "nnlabs.exercises.child"],
        cwd=desk,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    printed: list[str] = []
    lengths: list[int] = []
    reader = threading.Thread(target=_drain, args=(process, printed, lengths), daemon=True)
    reader.start()
    try:
        with contextlib.suppress(BrokenPipeError):
            assert process.stdin is not None
            process.stdin.write(order + "\n")
            process.stdin.close()
        code: int | None = process.wait(wall_seconds)
    except subprocess.TimeoutExpired:
        code = None
    finally:
        _stop(process)
    reader.join(2)
    return code, "".join(printed)[:PRINTED], sum(lengths)


def _drain(process: subprocess.Popen[str], printed: list[str], lengths: list[int]) -> None:
    """Read all that is printed, so that nobody waits for it, and keep the beginning."""
    assert process.stdout is not None
    while text := process.stdout.read(8192):
        lengths.append(len(text))
        if len(lengths) == 1:
            printed.append(text)


def _stop(process: subprocess.Popen[str]) -> None:
    """End the process and, where the system knows groups of processes, all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _read_answer(path: Path, secret: str) -> dict[str, Any] | None:
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return written["report"] if isinstance(written, dict) and written.get("secret") == secret else None


def _why(code: int | None, seconds: int) -> str:
    """Why there was no answer, in words."""
    if code is None:
        return f"it was stopped after {WALL * seconds} s: is there a loop that does not end, or does it wait for something?"
    if sys.platform != "win32" and code in (-signal.SIGXCPU, -signal.SIGKILL):
        return f"it was stopped after {seconds} s: is there a loop that does not end?"
    if code < 0:
        return f"it crashed ({signal.Signals(-code).name}): did it run out of memory, or call itself without end?"
    return f"it ended by itself (exit code {code}) before the checks were done: does it call exit, or os._exit?"
