"""Ask for predictions in the terminal, or read them from a file and flags."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any

from nnlabs.config.describe import nearest
from nnlabs.config.yaml_text import read_yaml
from nnlabs.console import line_width
from nnlabs.errors import ConfigError, RunError
from nnlabs.labkit.questions.question import Answer, Question

NO_TERMINAL = (
    "there is nobody to ask; --questions prints the questions as a file to fill in, and --answers FILE reads it"
)


def ask_all(
    questions: Sequence[Question], answers: dict[str, Answer], keep: Callable[[dict[str, Answer]], None]
) -> None:
    """Ask what is open, question by question; then show all and let them be changed, until Enter commits to them.

    Args:
        questions: all of them.
        answers: those given already, by name; the others are added.
        keep: called with all answers so far after each, so that none is lost.

    Raises:
        RunError: where there is no terminal to ask in.
    """
    for number, question in enumerate(questions, start=1):
        if question.name not in answers:
            answers[question.name] = ask(question, f"{number} of {len(questions)}")
            keep(answers)
    while (change := _review(questions, answers)) is not None:
        question = questions[change]
        answers[question.name] = ask(question, f"{change + 1} of {len(questions)}")
        keep(answers)


def ask(question: Question, number: str) -> Answer:
    """Ask until the answer is one.

    Args:
        question: which.
        number: which of all it is, in words.

    Raises:
        RunError: where there is no terminal to ask in.
    """
    print(f"\n{number}")
    for line in (question.text, *question.how):
        print("\n".join(wrap(line, line_width() - 2, initial_indent="  ", subsequent_indent="  ")))
    while True:
        try:
            return question.parse(_input("> "))
        except ConfigError as error:
            print(f"  {error}")


def _review(questions: Sequence[Question], answers: Mapping[str, Answer]) -> int | None:
    """Show all answers; the index of the one that is to be changed, None where all stand."""
    print("\nYour predictions:")
    for number, question in enumerate(questions, start=1):
        print(f"  {number}  {question.name:<12} {question.describe_answer(answers[question.name])}")
    while True:
        said = _input("Enter commits to them, and then they stand; a number changes that one: ").strip()
        if not said:
            return None
        if said.isdecimal() and 1 <= int(said) <= len(questions):
            return int(said) - 1
        print(f"  Enter, or a number from 1 to {len(questions)}")


def _input(prompt: str) -> str:
    try:
        return input(prompt)
    except EOFError:
        print()
        raise RunError(NO_TERMINAL) from None


def read_answers(questions: Sequence[Question], file: Path | None, flags: Sequence[str]) -> dict[str, Answer]:
    """The answers of a file and of flags, which win.

    Args:
        questions: all of them; each needs an answer.
        file: YAML, as `template` writes it; None for none.
        flags: `NAME=ANSWER` each.

    Raises:
        ConfigError: for an answer that is none or is missing, and for a name that no question has.
    """
    given = {str(name): value for name, value in (read_yaml(file) if file else {}).items()} | dict(map(_split, flags))
    names = [question.name for question in questions]
    for name in given:
        if name not in names:
            raise ConfigError(f"there is no question '{name}'; {nearest(name, names)}")
    missing = [name for name in names if given.get(name) is None]
    if missing:
        raise ConfigError(f"without an answer: {', '.join(missing)}; all are needed before the lab runs")
    return {question.name: _parse(question, given[question.name]) for question in questions}


def _split(flag: str) -> tuple[str, str]:
    name, equals, answer = flag.partition("=")
    if not equals:
        raise ConfigError(f"--answer {flag}: write it as NAME=ANSWER")
    return name, answer


def _parse(question: Question, value: Any) -> Answer:
    text = " ".join(map(str, value)) if isinstance(value, list) else str(value)
    try:
        return question.parse(text)
    except ConfigError as error:
        raise ConfigError(f"{question.name}: {error}") from error


def template(questions: Sequence[Question]) -> str:
    """The questions as a file to fill in, for `--answers`.

    Args:
        questions: all of them.
    """
    return "\n".join(line for question in questions for line in _in_template(question))


def _in_template(question: Question) -> list[str]:
    lines = [line for text in (question.text, *question.how) for line in wrap(text, line_width() - 2)]
    return [*(f"# {line}" for line in lines), f"{question.name}:", ""]
