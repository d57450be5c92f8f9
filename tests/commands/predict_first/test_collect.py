"""A class's records: what is none costs the others nothing, and is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nnlabs.cli import main
from nnlabs.commands.predict_first.record import begin, commit


def hand_in(folder: Path, learner: str) -> None:
    """A learner's record of a round that is committed."""
    record = begin(learner, "perceptron", "smoke", "smoke", 1, [])
    record["questions"] = [{"name": "xor", "text": "How many?", "answer": [4, 4]}]
    commit(folder / learner / "perceptron-smoke.json", record, False)


def test_what_cannot_be_read_is_left_out_with_a_notice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hand_in(tmp_path, "ada")
    (tmp_path / "ben" / "folder.json").mkdir(parents=True)
    (tmp_path / "ben" / "gone.json").symlink_to("nowhere.json")
    (tmp_path / "ben" / "half.json").write_text('{"kind": "predict-first"', encoding="utf-8")
    (tmp_path / "ben" / "nest.json").write_text("[" * 100_000, encoding="utf-8")
    hand_in(tmp_path, "cy")
    for form in ("--json", "--csv"):
        assert main(["predict-first", "--collect", str(tmp_path), form]) == 0
        said = capsys.readouterr()
        assert [line.partition(" (")[0].removesuffix(", and is left out") for line in said.err.splitlines()] == [
            f"notice: {tmp_path / 'ben' / 'folder.json'} cannot be read",
            f"notice: {tmp_path / 'ben' / 'gone.json'} cannot be read",
            f"notice: {tmp_path / 'ben' / 'half.json'} is no record of predictions",
            f"notice: {tmp_path / 'ben' / 'nest.json'} is no record of predictions",
        ]
        assert said.err.count(", and is left out\n") == 4
        if form == "--json":
            assert [record["learner"] for record in json.loads(said.out)] == ["ada", "cy"]
