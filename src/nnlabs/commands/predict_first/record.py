"""The record of one round: what was predicted, when, and what came out; a JSON file, `predictions/LAB-PRESET.json`.

kind            `predict-first`, by which a teacher's collection knows it
learner         who predicted
lab, preset     what was predicted
folder          name of the lab's folder of results, which tells a stand-in for the data
round           1 for the first time; only then nothing had been seen by this command
begun           when the first question was asked; all times are UTC
committed       when the predictions were made final, before the lab ran; null while answers are still open
results_before  whether results of this preset were there already, so that they may have been seen
questions       name, text and answer (null while open); once the lab has run: result, score
finished        when the results were shown; null until then
data            what the lab learned from; stand_in_for: the data set that it stands in for, if it does
points          mean over the questions that this run could tell
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import Any

from nnlabs.errors import RunError
from nnlabs.labkit.questions.question import Answer, Question
from nnlabs.records import read_json, write_json

KIND = "predict-first"
Record = dict[str, Any]


def now() -> str:
    """This moment, to the second, in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def record_path(folder: Path, name: str, number: int) -> Path:
    """Where the record of a round lies.

    Args:
        folder: of the learner's records.
        name: lab and results folder, such as `perceptron-quick`.
        number: of the round.
    """
    return folder / (f"{name}.json" if number == 1 else f"{name}-round{number}.json")


def last_round(folder: Path, name: str) -> int:
    """The number of the last round that there is; 0 for none.

    Args:
        folder: of the learner's records.
        name: as in `record_path`.
    """
    number = 0
    while record_path(folder, name, number + 1).is_file():
        number += 1
    return number


def begin(learner: str, lab: str, preset: str, folder: str, number: int, questions: Sequence[Question]) -> Record:
    """A record without answers.

    Args:
        learner: who predicts.
        lab: the lab's name.
        preset: the preset's name.
        folder: name of the lab's folder of results.
        number: of the round.
        questions: those asked.
    """
    return {
        "kind": KIND,
        "learner": learner,
        "lab": lab,
        "preset": preset,
        "folder": folder,
        "round": number,
        "begun": now(),
        "committed": None,
        "results_before": None,
        "finished": None,
        "data": None,
        "stand_in_for": None,
        "points": None,
        "questions": [{"name": question.name, "text": question.text, "answer": None} for question in questions],
    }


def read_record(path: Path, questions: Sequence[Question]) -> Record:
    """A record that is there.

    Args:
        path: its file.
        questions: those that the lab asks now.

    Raises:
        RunError: where it is damaged, or made for other questions.
    """
    try:
        record = read_json(path)
        asked = [(question["name"], question["text"]) for question in record["questions"]]
    except (RunError, KeyError, TypeError) as error:
        raise RunError(
            f"{path} is no record of predictions, or damaged; move it away and give the same command again"
        ) from error
    if asked != [(question.name, question.text) for question in questions]:
        raise RunError(
            f"{path}: the lab asks other questions now, as its settings have changed; --again begins a new round"
        )
    return record


def answers_of(record: Record) -> dict[str, Answer]:
    """The answers given so far, by the question's name."""
    return {kept["name"]: kept["answer"] for kept in record["questions"] if kept["answer"] is not None}


def save_answers(path: Path, record: Record, answers: Mapping[str, Answer]) -> None:
    """Write down the answers given so far; they are not final yet.

    Args:
        path: of the record.
        record: it is changed.
        answers: by the question's name.
    """
    for kept in record["questions"]:
        kept["answer"] = answers.get(kept["name"])
    write_json(path, record)


def commit(path: Path, record: Record, results_before: bool) -> None:
    """Make the predictions final.

    Args:
        path: of the record.
        record: it is changed.
        results_before: whether results of this preset were there already.
    """
    record |= {"committed": now(), "results_before": results_before}
    write_json(path, record)


def finish(path: Path, record: Record, questions: Sequence[Question], result: Mapping[str, Any]) -> None:
    """Enter what came out, and the scores.

    Args:
        path: of the record.
        record: it is changed.
        questions: those asked.
        result: the lab's `result.json`.
    """
    metrics = {act: facts["metrics"] for act, facts in result["acts"].items()}
    for kept, question in zip(record["questions"], questions, strict=True):
        score = question.score(kept["answer"], metrics)
        kept |= {
            "predicted": question.describe_answer(kept["answer"]),
            "result": question.measured(metrics),
            "came_out": question.describe_result(metrics),
            "score": vars(score),
        }
    told = [kept["score"]["points"] for kept in record["questions"] if kept["score"]["points"] is not None]
    record |= {
        "finished": now(),
        "data": result["data"],
        "stand_in_for": result["stand_in_for"],
        "points": fmean(told) if told else None,
    }
    write_json(path, record)
