"""A learner's record never stands between the learner and what was found."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnlabs.cli import main
from nnlabs.exercises.catalog import find
from nnlabs.exercises.record import NAME, read_record, remember
from nnlabs.exercises.source import solution


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a solved exercise; in the place of the record lies a folder, which not even root can write to."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "exercises"
    (folder / NAME).mkdir(parents=True)
    (folder / "cosine_warmup.py").write_text(solution(find("cosine_warmup")), encoding="utf-8")
    return folder


@pytest.mark.parametrize("action", ["check", "watch"])
def test_what_was_found_is_told_though_it_cannot_be_remembered(
    desk: Path, capsys: pytest.CaptureFixture[str], action: str
) -> None:
    assert main(["exercise", action, "cosine_warmup"]) == 0
    said = capsys.readouterr()
    assert "cosine_warmup: right. All 4 checks passed." in said.out
    record = Path("exercises", NAME)
    assert said.err.startswith(f"notice: how cosine_warmup stands is not remembered: cannot write {record}: ")
    assert said.err.count("\n") == 1


def test_a_hint_is_given_though_it_cannot_be_remembered(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):  # the first one twice, as nobody knows that it was given
        assert main(["exercise", "hint", "cosine_warmup"]) == 0
        said = capsys.readouterr()
        assert said.out.startswith("Hint 1 of 3: ") and "is not remembered" in said.err


def test_what_is_remembered_is_read_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    remember(tmp_path, "adam", hints=1)
    remember(tmp_path, "adam", status="passed")
    assert read_record(tmp_path) == {"adam": {"hints": 1, "status": "passed"}}
    assert capsys.readouterr() == ("", "")
