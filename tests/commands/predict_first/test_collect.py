"""A class's records: what is none costs the others nothing, and is named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nnlabs.cli import main
from nnlabs.commands.predict_first.record import begin, commit
from nnlabs.config.yaml_text import read_yaml


def hand_in(folder: Path, learner: str, name: str = "perceptron-smoke.json", number: int = 1) -> None:
    """A learner's record of a round that is committed."""
    record = begin(learner, "perceptron", "smoke", "smoke", number, [])
    record["questions"] = [{"name": "xor", "text": "How many?", "answer": [4, 4]}]
    commit(folder / learner / name, record, False)


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


def test_rounds_stand_in_their_order_and_who_handed_in_nothing_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hand_in(tmp_path, "ada", "perceptron-smoke.JSON")
    hand_in(tmp_path, "ada", "perceptron-smoke-round2.json", 2)
    (tmp_path / "ben").mkdir()
    (tmp_path / ".git").mkdir()
    assert main(["predict-first", "--collect", str(tmp_path), "--json"]) == 0
    said = capsys.readouterr()
    assert [record["round"] for record in json.loads(said.out)] == [1, 2]
    assert said.err == "notice: ben has handed in no record\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])  # the last one is what > writes in PowerShell 5
def test_questions_that_are_redirected_into_a_file_are_read_as_answers(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], encoding: str
) -> None:
    command = [sys.executable, "-m", "nnlabs", "predict-first", "perceptron", "--preset", "smoke", "--questions"]
    printed = subprocess.run(command, env=os.environ | {"PYTHONIOENCODING": "cp1252"}, capture_output=True).stdout
    file = tmp_path / "mine.yaml"
    file.write_bytes(printed.decode("utf-8").encode(encoding))
    given = read_yaml(file)
    assert "xor" in given and set(given.values()) == {None}
    file.write_bytes(file.read_bytes() + "xor: 4\nxor: 7\n".encode("utf-16-le" if encoding == "utf-16" else "utf-8"))
    assert main(["predict-first", "perceptron", "--preset", "smoke", "--answers", str(file)]) == 2
    assert "'xor' stands here twice" in capfd.readouterr().err
