"""Prediction beside result, and all records of a class, as text."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

from nnlabs.commands.predict_first.record import Record
from nnlabs.console import line_width
from nnlabs.labkit.questions.question import Question, in_words

_INDENT = 13


def describe_round(record: Record, questions: Sequence[Question]) -> list[str]:
    """Question by question what was predicted, what came out, the points, and why; as lines.

    Args:
        record: of a round that is finished.
        questions: those asked.
    """
    data = record["data"] + (f", standing in for {record['stand_in_for']}" if record["stand_in_for"] else "")
    lines = [f"Predicted and found: {record['lab']}, {record['preset']} ({data})"]
    for number, (its, question) in enumerate(zip(record["questions"], questions, strict=True), start=1):
        lines += ["", *_wrapped(f"{number}", its["text"], 3)]
        lines += _wrapped("   predicted", its["predicted"])
        lines += _wrapped("   came out", its["came_out"])
        lines += _wrapped("   points", _points(its["score"]))
        lines += _wrapped("   why", question.why)
    return [*lines, "", *_in_all(record)]


def _wrapped(label: str, text: str, indent: int = _INDENT) -> list[str]:
    return wrap(text, line_width(), initial_indent=f"{label:<{indent}}", subsequent_indent=" " * indent)


def _points(score: dict[str, Any]) -> str:
    if score["points"] is None:
        return f"not counted: {score['words']}"
    return f"{score['points']:.0f} of 100: {score['words']} ({score['rule']} {in_words(score['value'])}, 0 is best)"


def _in_all(record: Record) -> list[str]:
    told = [its for its in record["questions"] if its["score"]["points"] is not None]
    if not told:
        return ["No question counts: this run could tell none of them."]
    rest = len(record["questions"]) - len(told)
    left_out = f"; {rest} not counted" if rest else ""
    return [f"In all: {record['points']:.0f} of 100 points, the mean of {len(told)}{left_out}."]
