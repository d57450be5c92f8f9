"""`nnlabs exercise`, as it is typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnlabs.cli import main


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """The exit code, and what was printed to both streams."""
    code = main(["exercise", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def write(name: str, text: str, folder: str = "exercises") -> Path:
    """A file in the learner's folder."""
    path = Path(folder) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
