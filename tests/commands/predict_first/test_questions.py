"""The questions of each lab: they can be answered, and read metrics that the lab has."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import yaml

from nnlabs.cli import lab_files
from nnlabs.commands.predict_first.command import load_questions
from nnlabs.commands.reference import read_reference, reference_path
from nnlabs.commands.reproduce import Step
from nnlabs.config.layers import PRESETS
from nnlabs.labkit.questions.number import Number
from nnlabs.labkit.questions.question import Question

LABS = tuple(lab_files())


@cache
def asked(lab: str, preset: str) -> tuple[Question, ...]:
    settings = Step(lab, lab_files()[lab], preset, Path("results")).settings()
    return load_questions(lab, yaml.safe_load(settings))


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("lab", LABS)
def test_each_lab_asks_three_to_five_questions_that_can_be_answered(lab: str, preset: str) -> None:
    questions = asked(lab, preset)
    assert 3 <= len(questions) == len({question.name for question in questions}) <= 5
    for question in questions:
        answer = question.parse(question.example)
        assert question.parse(question.describe_answer(answer)) == answer
        assert question.text.endswith(("?", ")")) and question.why.endswith(".")
        assert len(set(question.metrics)) == len(question.metrics)
        assert isinstance(question, Number) or len(question.metrics) >= 2


@pytest.mark.parametrize("lab", LABS)
def test_every_question_reads_metrics_that_the_lab_has(lab: str) -> None:
    known = read_reference(reference_path(lab, "smoke"))
    assert known
    for question in asked(lab, "smoke"):
        assert set(question.metrics) <= set(known), question.name
        if isinstance(question, Number) and len(question.metrics) == 1:
            expected = question.scale * known[question.metric].mean
            assert question.low <= expected <= question.high
