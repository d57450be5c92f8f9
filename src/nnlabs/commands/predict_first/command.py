"""`nnlabs predict-first`: commit to numbers and rankings, then let the lab run, and see both side by side."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

from nnlabs.commands.options import add_results, command_line
from nnlabs.commands.predict_first.ask import ask_all, read_answers, template
from nnlabs.commands.predict_first.collect import collect_command
from nnlabs.commands.predict_first.record import (
    Record,
    answers_of,
    begin,
    commit,
    finish,
    last_round,
    read_record,
    record_path,
    save_answers,
)
from nnlabs.commands.predict_first.show import describe_round
from nnlabs.commands.reproduce import DONE, Step
from nnlabs.config.describe import nearest
from nnlabs.config.layers import PRESETS
from nnlabs.console import print_file
from nnlabs.data.catalog import lookup
from nnlabs.data.fetch import fetch
from nnlabs.errors import ConfigError, RunError, UserError
from nnlabs.labkit.questions.question import Question
from nnlabs.paths import data_root, expand_home, results_root
from nnlabs.records import read_json

FOLDER = "predictions"
EPILOG = f"""
Points, 0 to 100 a question. A range from l to u that holds the result y with 80 % is scored by Gneiting and Raftery's interval
score, u - l, plus ten times the distance where y lies outside; 100 points for 0, none for as much as all allowed answers are
wide. An order gets the share of its pairs that came out as predicted (Kendall); pairs that the run cannot tell apart do not
count.

The record of a round is a JSON file in `{FOLDER}/`, written before the lab runs. It belongs to the learner, and is no proof
against somebody who edits it. Results that were there before are noted in it.
"""


def predict_first_command(words: Sequence[str], scripts: Mapping[str, Path]) -> None:
    """Run `nnlabs predict-first ...`.

    Args:
        words: command line after `nnlabs predict-first`.
        scripts: all labs' files by their names, in order.

    Raises:
        UserError: for a lab or an answer that is none, a prediction that stands already, a lab that fails.
    """
    given = _parser().parse_args(words)
    if given.collect:
        collect_command(given.collect, "csv" if given.csv else "json" if given.json else "text")
        return
    for what, name, known in (("lab", given.lab or "", scripts), ("preset", given.preset, PRESETS)):
        if name not in known:
            raise ConfigError(f"nnlabs predict-first: which {what}? {nearest(name, known)}")
    step = Step(given.lab, scripts[given.lab], given.preset, results_root(given.results))
    settings = step.settings()
    if _get_data(_parsed(step, settings)):
        settings = step.settings()
    questions = load_questions(given.lab, _parsed(step, settings))
    if given.questions:
        print_file(template(questions))
    else:
        _predict(given, step, step.folder_for(settings), questions)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nnlabs predict-first",
        description="Predict what a lab will show; then it runs, and prediction and result stand side by side.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("lab", nargs="?", metavar="LAB", help="name of a lab; `nnlabs list` has them")
    parser.add_argument("--preset", default="quick", help=f"{', '.join(PRESETS)}; default: quick")
    parser.add_argument("--questions", action="store_true", help="print the questions as a file to fill in, no more")
    parser.add_argument("--answers", type=expand_home, metavar="FILE", help="that file, filled in: nothing is asked")
    parser.add_argument(
        "--answer", action="append", default=[], metavar="NAME=ANSWER", help="one answer; may be repeated"
    )
    parser.add_argument(
        "--commit", action="store_true", help="predict now, run later: by the same command without this"
    )
    parser.add_argument("--again", action="store_true", help="a new round; the earlier ones stay")
    parser.add_argument("--name", metavar="WHO", help="who predicts; default: your name on this machine")
    parser.add_argument(
        "--folder", type=expand_home, default=Path(FOLDER), metavar="DIR", help=f"of the records; default: {FOLDER}"
    )
    parser.add_argument(
        "--collect",
        type=expand_home,
        metavar="DIR",
        help="for a teacher: the records below a folder, one sub-folder a learner",
    )
    add_results(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="with --collect: CSV, a row a question")
    form.add_argument("--json", action="store_true", help="with --collect: JSON, the records as they are")
    return parser


def _parsed(step: Step, text: str) -> dict[str, Any]:
    settings = yaml.safe_load(text)
    if not isinstance(settings, dict):
        command = f"nnlabs run {step.lab} --preset {step.preset} --print_config"
        raise RunError(f"the lab {step.lab} gives no settings; why, says: {command}")
    return settings


def _get_data(settings: Mapping[str, Any]) -> bool:
    """Download now what the lab would download when it runs: the questions are about the data that it will learn from.

    Returns:
        Whether that was tried, as the lab would take a stand-in.
    """
    data = settings.get("data") or {}
    if real := data.get("stand_in_for"):
        with suppress(UserError):
            fetch(lookup(real), data_root(data["root"]), wait_s=data["wait_s"])
    return bool(real)


def load_questions(lab: str, settings: Mapping[str, Any]) -> tuple[Question, ...]:
    """A lab's own questions, from `nnlabs/labs/LAB/questions.py`.

    Args:
        lab: the lab's name.
        settings: as its `--print_config` gives them.

    Raises:
        ConfigError: where the lab brings none.
    """
    name = f"nnlabs.labs.{lab}.questions"
    try:
        module = import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not name.startswith(error.name):
            raise
        raise ConfigError(
            f"the lab {lab} asks nothing; its questions would be in {name.replace('.', '/')}.py"
        ) from error
    questions: tuple[Question, ...] = module.questions(settings)
    return questions


def _predict(given: argparse.Namespace, step: Step, folder: Path, questions: Sequence[Question]) -> None:
    """One round, from wherever it stands to its end."""
    name = f"{given.lab}-{folder.name}"
    number = last_round(given.folder, name) or 1
    if given.again and _stands(record_path(given.folder, name, number), questions):
        number += 1
    path = record_path(given.folder, name, number)
    if path.is_file():
        record = read_record(path, questions)
    else:
        record = begin(given.name or _user(), given.lab, given.preset, folder.name, number, questions)
    if given.name and given.name != record["learner"]:
        raise RunError(
            f"{path} is that of {record['learner']}; give {given.name} a --folder, or begin a round with --again"
        )
    if not record["committed"]:
        _commit(given, folder, path, record, questions)
    elif given.answers or given.answer:
        raise RunError(
            f"{path} was committed at {record['committed']} and stands; without answers the lab runs, --again begins a new round"
        )
    if given.commit and not record["finished"]:
        print(f"Committed: {path}. The lab runs with: {_goes_on(given)}")
        return
    if record["finished"]:
        print("This round is finished; --again begins another one.")
    else:
        finish(path, record, questions, _result(step, folder, _goes_on(given)))
    print("\n".join(["", *describe_round(record, questions)]))
    print(f"\nYour record: {path}\nThe lab's figures: {folder}")


def _stands(path: Path, questions: Sequence[Question]) -> bool:
    """Whether a round can no longer be answered: it is committed, or was asked other questions."""
    try:
        return path.is_file() and read_record(path, questions)["committed"] is not None
    except RunError:
        return True


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container, or Windows without the variables
        return "unknown"


def _commit(given: argparse.Namespace, folder: Path, path: Path, record: Record, questions: Sequence[Question]) -> None:
    """Get the predictions, and write them down for good."""
    results_before = (folder / "result.json").is_file()
    if given.answers or given.answer:
        save_answers(path, record, read_answers(questions, given.answers, given.answer))
    else:
        print(
            f"{len(questions)} questions before {given.lab} ({given.preset}) runs. Ctrl-C keeps what you have answered."
        )
        if results_before:
            print(f"Results of it are in {folder} already: do not look there now. The record notes it.")
        ask_all(questions, answers_of(record), lambda answers: save_answers(path, record, answers))
    commit(path, record, results_before)


def _goes_on(given: argparse.Namespace) -> str:
    """The command that goes on with the round."""
    elsewhere = [] if given.folder == Path(FOLDER) else ["--folder", str(given.folder)]
    words = "nnlabs", "predict-first", given.lab, "--preset", given.preset, *elsewhere
    return command_line(*words, results=given.results)


def _result(step: Step, folder: Path, goes_on: str) -> dict[str, Any]:
    """The lab's `result.json`; it runs, unless all is there, made by this code with these settings."""
    settings = step.settings()
    if not step.complete(settings):
        print(f"\nYour predictions stand. {step.lab} ({step.preset}) runs now.\n", flush=True)
        state = step.run(settings)
        if state != DONE:
            raise RunError(f"{step.lab}: {state}; your predictions are kept, and this goes on from there: {goes_on}")
    if step.folder() != folder or not (folder / "result.json").is_file():
        raise RunError(
            f"{step.lab} took other data than when you predicted: {step.folder()}; --again begins a new round"
        )
    return read_json(folder / "result.json")
