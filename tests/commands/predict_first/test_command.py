"""Predict, then run: from the first question to a class's table, on real results of all labs."""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from nnlabs.cli import lab_files, main
from tests.commands.predict_first.test_questions import asked

LABS = tuple(lab_files())
ANSWERS = {"mistakes": "1,000 to 2,000", "bound": 15, "unseen": "last weights", "xor": "3 to 6", "product": [10, 100]}
TYPED = ["many", "1000 to 2000", "15", "1 2", "1", "3 to 6", "10 to 100"]  # two of them are no answers


@pytest.fixture
def desk(reproduced: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A learner's folder, where all labs have run with the preset smoke; nothing is written to their results."""
    monkeypatch.setenv("NNLABS_RESULTS", str(reproduced[0]))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def record(desk: Path, name: str = "perceptron-smoke") -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((desk / "predictions" / f"{name}.json").read_text(encoding="utf-8"))
    return facts


def with_answers(desk: Path, answers: dict[str, Any] | None = None) -> list[str]:
    (desk / "mine.yaml").write_text(yaml.safe_dump(answers or ANSWERS), encoding="utf-8")
    return ["predict-first", "perceptron", "--preset", "smoke", "--answers", "mine.yaml"]


@pytest.mark.parametrize("lab", LABS)
def test_every_question_of_every_lab_gets_its_result(lab: str, desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    questions = asked(lab, "smoke")
    flags = [word for its in questions for word in ("--answer", f"{its.name}={its.example}")]
    assert main(["predict-first", lab, "--preset", "smoke", *flags]) == 0
    said = capsys.readouterr().out
    facts = record(desk, f"{lab}-smoke")
    for its, question in zip(facts["questions"], questions, strict=True):
        assert its["result"] is not None
        assert its["came_out"].split()[0] in said and question.text.split()[0] in said
        points = its["score"]["points"]
        assert its["score"]["words"] and (points is None or 0 <= points <= 100)
    assert sum(its["score"]["points"] is not None for its in facts["questions"]) >= 3
    assert facts["results_before"] and facts["committed"] <= facts["finished"]


def test_a_file_of_answers_is_scored_and_kept(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*with_answers(desk), "--name", "Ada"]) == 0
    facts = record(desk)
    assert (facts["learner"], facts["lab"], facts["preset"], facts["round"]) == ("Ada", "perceptron", "smoke", 1)
    assert (facts["data"], facts["stand_in_for"]) == ("Iris", None)
    by_name = {its["name"]: its for its in facts["questions"]}
    assert by_name["mistakes"]["answer"] == [1000, 2000]
    # log10(2000 / 1000) = 0.301 of the five powers of ten that can be answered
    assert by_name["mistakes"]["score"]["points"] == pytest.approx(100 * (1 - 0.30103 / 5))
    # Three splits tell nothing apart, as the lab says itself.
    assert by_name["unseen"]["score"] == {
        "points": None,
        "rule": "rank distance",
        "value": None,
        "words": "this run cannot tell them apart: their 95 % intervals overlap",
    }
    assert by_name["xor"]["result"] == 4
    points = [its["score"]["points"] for its in facts["questions"] if its["name"] != "unseen"]
    assert facts["points"] == pytest.approx(sum(points) / len(points))
    said = capsys.readouterr().out
    assert f"In all: {facts['points']:.0f} of 100 points, the mean of 4; 1 not counted." in said
    assert all(line in said for line in ("predicted 3 to 6 mistakes", "came out  4 mistakes"))


def test_results_may_lie_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NNLABS_RESULTS", "empty")
    folder = tmp_path / "elsewhere" / "perceptron" / "smoke"
    folder.mkdir(parents=True)
    (folder / "result.json").write_text("{}")
    assert main([*with_answers(tmp_path), "--commit"]) == 0
    assert not record(tmp_path)["results_before"]
    assert main([*with_answers(tmp_path), "--commit", "--again", "--results", "elsewhere"]) == 0
    assert record(tmp_path, "perceptron-smoke-round2")["results_before"]


def test_a_new_round_that_is_not_committed_goes_on_with_again_or_without(desk: Path) -> None:
    assert main([*with_answers(desk), "--commit"]) == 0
    second = "perceptron-smoke-round2"
    command = ["predict-first", "perceptron", "--preset", "smoke", "--again"]
    for typed in ("1000 2000\n", "15\n"):
        done = subprocess.run(
            [sys.executable, "-m", "nnlabs", *command], cwd=desk, input=typed, capture_output=True, text=True
        )
        assert done.returncode == 1, done.stderr
    assert [its["answer"] is not None for its in record(desk, second)["questions"]][:3] == [True, True, False]
    assert not (desk / "predictions" / "perceptron-smoke-round3.json").exists()


def test_what_goes_on_with_a_round_is_told_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    folder, results = tmp_path / "my preds", tmp_path / "the results"
    command = [*with_answers(tmp_path), "--folder", str(folder), "--results", str(results)]
    assert main([*command, "--commit"]) == 0
    told = capsys.readouterr().out.partition("The lab runs with: ")[2]
    assert shlex.split(told) == ["nnlabs", "predict-first", "perceptron", "--preset", "smoke", *command[-4:]]


def test_nobody_sees_the_predictions_of_another_as_his_own(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*with_answers(desk), "--commit", "--name", "Anna"]) == 0
    assert main(["predict-first", "perceptron", "--preset", "smoke", "--name", "Bob"]) == 1
    assert "perceptron-smoke.json is that of Anna; give Bob a --folder" in capsys.readouterr().err
    (desk / "predictions" / "perceptron-smoke.json").write_text('{"lab": "perc')
    assert main(["predict-first", "perceptron", "--preset", "smoke"]) == 1
    assert "is no record of predictions, or damaged; move it away" in capsys.readouterr().err


def test_what_is_committed_stands(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = desk / "predictions" / "perceptron-smoke.json"
    assert main([*with_answers(desk), "--commit"]) == 0
    said = capsys.readouterr().out
    assert "came out" not in said and "1,486" not in said
    committed = path.read_bytes()
    assert main(with_answers(desk, ANSWERS | {"xor": 4})) == 1
    assert "was committed at" in capsys.readouterr().err
    assert path.read_bytes() == committed
    assert main(["predict-first", "perceptron", "--preset", "smoke"]) == 0
    assert record(desk)["committed"] == json.loads(committed)["committed"]
    assert record(desk)["questions"][3]["answer"] == [3, 6]
    finished = path.read_bytes()
    assert main(["predict-first", "perceptron", "--preset", "smoke"]) == 0  # shows it once more
    assert "This round is finished" in capsys.readouterr().out
    assert main([*with_answers(desk, ANSWERS | {"xor": 4}), "--again"]) == 0
    assert path.read_bytes() == finished
    assert record(desk, "perceptron-smoke-round2")["questions"][3]["answer"] == [4, 4]


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({name: answer for name, answer in ANSWERS.items() if name != "xor"}, "without an answer: xor"),
        (ANSWERS | {"xro": 4}, "there is no question 'xro'; did you mean 'xor'?"),
        (ANSWERS | {3: 4}, "there is no question '3'"),
        (ANSWERS | {"xor": 0}, "xor: it lies between 1 and 1,000 mistakes"),
        (ANSWERS | {"unseen": ["last weights", "pocket"]}, "unseen: 1 of the 3 are asked for, and these are 2"),
        (["xor"], "mine.yaml: holds list, not settings; write them as 'name: value'"),
    ],
)
def test_an_answer_that_is_none_ends_the_command_before_anything_is_shown(
    answers: Any, says: str, desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(with_answers(desk, answers)) == 2
    said = capsys.readouterr()
    assert says in said.err and "came out" not in said.out
    assert not (desk / "predictions").exists()


def test_the_questions_as_a_file_are_what_answers_reads(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict-first", "perceptron", "--preset", "smoke", "--questions"]) == 0
    file = capsys.readouterr().out
    assert yaml.safe_load(file) == dict.fromkeys(ANSWERS)
    for name, answer in ANSWERS.items():
        file = file.replace(f"\n{name}:\n", f"\n{name}: {answer}\n")
    (desk / "filled.yaml").write_text(file, encoding="utf-8")
    assert main(["predict-first", "perceptron", "--preset", "smoke", "--answers", "filled.yaml"]) == 0


def test_a_class_is_collected(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for learner, xor in (("ada", 4), ("bob", 400)):
        answers = with_answers(desk, ANSWERS | {"xor": xor})
        assert main([*answers, "--folder", f"class/{learner}", "--name", learner]) == 0
    (desk / "class" / "bob" / "broken.json").write_text('{"kind": "predict-first"}', encoding="utf-8")
    (desk / "class" / "bob" / "progress.json").write_text("{}", encoding="utf-8")
    capsys.readouterr()
    assert main(["predict-first", "--collect", "class", "--csv"]) == 0
    said = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert "broken.json is no record" in said.err and "progress.json" not in said.err
    assert len(rows) == 10
    points = {row["learner"]: float(row["points"]) for row in rows if row["question"] == "xor"}
    assert points == {"ada": 100, "bob": 0}
    assert main(["predict-first", "--collect", "class"]) == 0
    text = capsys.readouterr().out
    assert "results were there before" in text
    assert "    50  perceptron, smoke: xor (2)" in text
    assert main(["predict-first", "--collect", "class", "--json"]) == 0
    assert [its["learner"] for its in json.loads(capsys.readouterr().out)] == ["ada", "bob"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "which lab? known are perceptron"),
        (["perceptrn"], "which lab? did you mean 'perceptron'?"),
        (["perceptron", "--preset", "smok"], "did you mean 'smoke'?"),
        (["perceptron", "--preset", "smoke", "--answer", "xor"], "write it as NAME=ANSWER"),
        (["perceptron", "--preset", "smoke", "--answers", "none.yaml"], "none.yaml: cannot be read"),
        (["--collect", "nowhere"], "there is no folder nowhere"),
        (["--collect", "."], "holds no record"),
    ],
)
def test_mistakes_are_told_in_a_sentence(
    words: list[str], says: str, desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict-first", *words]) in (1, 2)
    assert says in capsys.readouterr().err


def start(desk: Path, results: Path) -> subprocess.Popen[str]:
    """The command, waiting for what is typed."""
    environment = os.environ | {"NNLABS_RESULTS": str(results), "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "nnlabs", "predict-first", "perceptron", "--preset", "smoke"]
    return subprocess.Popen(
        command,
        cwd=desk,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )


def interrupt(process: subprocess.Popen[str]) -> str:
    """What Ctrl-C in a terminal does: the signal reaches the command and all that it started."""
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 130
    return said


def read_until(process: subprocess.Popen[str], text: str) -> str:
    said = ""
    assert process.stdout is not None
    while text not in said:
        letter = process.stdout.read(1)
        assert letter, said
        said += letter
    return said


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals to a group of processes")
def test_asked_in_a_terminal_interrupted_twice_and_run_at_last(tmp_path: Path) -> None:
    results = tmp_path / "results"
    process = start(tmp_path, results)
    assert process.stdin is not None
    process.stdin.write("\n".join(TYPED[:2]) + "\n")
    process.stdin.flush()
    said = read_until(process, "2 of 5")
    assert "many is no number" in said
    read_until(process, "> ")
    interrupt(process)
    facts = record(tmp_path)
    assert [its["answer"] is not None for its in facts["questions"]] == [True, False, False, False, False]
    assert facts["committed"] is None and not results.exists()

    process = start(tmp_path, results)
    assert process.stdin is not None
    process.stdin.write("\n".join([*TYPED[2:], "9", "4", "4", "", ""]))
    process.stdin.flush()
    said = read_until(process, "perceptron (smoke) runs now.")
    assert "1 of 5" not in said.partition("Your predictions")[0]
    committed = record(tmp_path)  # written before the lab began
    assert committed["committed"] and committed["finished"] is None and not committed["results_before"]
    interrupt(process)
    assert record(tmp_path) == committed

    process = start(tmp_path, results)
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert " of 5\n" not in said
    facts = record(tmp_path)
    answers = [its["answer"] for its in facts["questions"]]
    assert answers == [its["answer"] for its in committed["questions"]]
    assert answers == [[1000, 2000], [15, 15], ["last weights"], [4, 4], [10, 100]]
    assert facts["committed"] == committed["committed"] and facts["finished"]
    assert said.index("Lessons, ") < said.index("Predicted and found") < said.index("In all: ")


def test_without_anybody_to_ask_it_says_how_else(desk: Path) -> None:
    command = [sys.executable, "-m", "nnlabs", "predict-first", "perceptron", "--preset", "smoke"]
    done = subprocess.run(command, cwd=desk, stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 1 and "--answers FILE" in done.stderr and "came out" not in done.stdout
