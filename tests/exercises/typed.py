"""`nnlabs exercise`, as it is typed."""

from __future__ import annotations

import pytest

from nnlabs.cli import main


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """The exit code, and what was printed to both streams."""
    code = main(["exercise", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err
