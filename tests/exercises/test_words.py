"""What learners are told can be pasted, and blames nobody for what he did not do."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nnlabs.cli import main
from nnlabs.exercises.catalog import find
from nnlabs.exercises.in_lab import describe_symptoms

FOLDER = "my exercises"


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def commands(said: str) -> list[list[str]]:
    """The commands that a text tells, as a shell reads them."""
    lines = said.replace("`", "\n").splitlines()
    return [shlex.split(line[line.index("nnlabs ") :]) for line in lines if "nnlabs " in line]


@pytest.mark.parametrize(
    ("words", "file"),
    [
        (["start", "adam"], "adam.py"),
        (["write-check", "adam"], "check_adam.py"),
        (["bug", "adam"], "bug_adam.py"),
        (["bug", "novikoff", "--lab"], "bug_novikoff.py"),
    ],
)
def test_commands_about_a_folder_with_a_blank_can_be_pasted(
    capsys: pytest.CaptureFixture[str], words: list[str], file: str
) -> None:
    assert main(["exercise", *words[:2], FOLDER, *words[2:]]) == 0
    told = [command for command in commands(capsys.readouterr().out) if command[1] == "exercise"]
    assert told and all(f"{FOLDER}/{file}" in command for command in told)


def test_what_is_said_of_files_in_such_a_folder_can_be_pasted(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["write-check", "adam"], ["start", "cosine_warmup"]):
        assert main(["exercise", *words, FOLDER]) == 0
    capsys.readouterr()
    assert main(["exercise", "check", f"{FOLDER}/check_adam.py"]) == 2
    assert commands(capsys.readouterr().err)[0][:4] == ["nnlabs", "exercise", "judge", f"{FOLDER}/check_adam.py"]
    assert main(["exercise", "lab", f"{FOLDER}/cosine_warmup.py"]) == 1
    assert commands(capsys.readouterr().err)[0][:4] == ["nnlabs", "exercise", "check", f"{FOLDER}/cosine_warmup.py"]


def test_where_to_look_after_a_lab_can_be_pasted() -> None:
    root, path = Path("my results"), Path(FOLDER, "adam.py")
    results = root / "with-adam" / "activations"
    for folder in (root / "activations" / "smoke", results / "smoke", results / "run"):
        folder.mkdir(parents=True)
    (results / "smoke" / "result.json").touch()
    (results / "run" / "checkpoint.pt").touch()
    assert commands("\n".join(describe_symptoms(results, find("adam"), path, root, ["--preset", "smoke"]))) == [
        ["nnlabs", "compare", "my results/activations/smoke", "my results/with-adam/activations/smoke"],
        ["nnlabs", "doctor", "my results/with-adam/activations/run"],
        ["nnlabs", "exercise", "check", f"{FOLDER}/adam.py"],
    ]
    (root / "activations" / "smoke").rmdir()
    missing = commands("\n".join(describe_symptoms(results, find("adam"), path, root, ["--preset", "smoke"])))
    assert missing[:2] == [
        ["nnlabs", "run", "activations", "--preset", "smoke"],
        ["nnlabs", "compare", "my results/activations/smoke", "my results/with-adam/activations/smoke"],
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "def chek(f):\n    pass\n",
            "holds no function `check`; `nnlabs exercise write-check cosine_warmup` writes the file",
        ),
        ("check = 3\n", "holds no function `check`; `nnlabs exercise write-check cosine_warmup` writes the file"),
        ("x = 1\ndef check(f:\n", "SyntaxError: "),
    ],
)
def test_a_file_without_a_check_is_not_said_to_refuse_the_labs_code(
    capsys: pytest.CaptureFixture[str], text: str, why: str
) -> None:
    Path("check_cosine_warmup.py").write_text(text, encoding="utf-8")
    assert main(["exercise", "judge", "check_cosine_warmup.py"]) == 1
    said = capsys.readouterr().out
    assert said.startswith("cosine_warmup: your check was not tried: ") and why in said
    assert "does not accept" not in said and "AttributeError" not in said


@pytest.mark.skipif(os.name != "posix", reason="Windows has no SIGINT to send")
def test_who_ends_watching_is_told_nothing_else(until: Callable[[Callable[[], bool]], None]) -> None:
    assert main(["exercise", "start", "cosine_warmup"]) == 0
    path, said = Path("exercises", "cosine_warmup.py"), Path("said")
    command = [sys.executable, "-m", "nnlabs", "exercise", "watch", "cosine_warmup"]
    with said.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
    until(lambda: "not begun" in said.read_text(encoding="utf-8"))
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 1
    text = said.read_text(encoding="utf-8")
    assert text.endswith(f"\n{path} is watched no longer.\n")
    assert "Stopped" not in text and "Traceback" not in text
