"""`nnlabs exercise`: work to do, out of the labs, in plain Python files that check themselves."""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from textwrap import wrap

from nnlabs.config.describe import nearest
from nnlabs.console import line_width
from nnlabs.errors import ConfigError, RunError
from nnlabs.exercises.catalog import LABS, NAMES, all_exercises, find
from nnlabs.exercises.exercise import Exercise
from nnlabs.exercises.grade import grade_command
from nnlabs.exercises.in_lab import describe_hunt, describe_symptoms, run_in_lab, visible_mistakes
from nnlabs.exercises.process import MEMORY, MEMORY_HEAVY, SECONDS, SECONDS_HEAVY, ask, check_file, exercise_of
from nnlabs.exercises.record import digest, progress, read_record, remember, remember_report
from nnlabs.exercises.source import bug, skeleton, solution
from nnlabs.exercises.watch import check_each_save
from nnlabs.exercises.words import describe, describe_verdict, pasted
from nnlabs.exercises.writing import Verdict, check_skeleton
from nnlabs.files import write_text
from nnlabs.paths import results_root

FOLDER = "exercises"
NOT_GUARDED = f"""
Submissions are code, and they are run. Each runs in a process of its own, in an empty folder that is deleted afterwards,
without this shell's environment, and is ended with all that it started. It gets {SECONDS} s of processor time and
{MEMORY // 2**30} GB of memory; where torch or scikit-learn must be loaded, {SECONDS_HEAVY} s and {MEMORY_HEAVY // 2**30} GB.
On Windows only the time is limited, on macOS not always the memory.

Not guarded against: reading or deleting your files elsewhere, using the network, processes that leave their group, and code
written to deceive the checks, which run in the same process. Grade what you do not trust as a user of its own, or in a
container.
"""


def exercise_command(arguments: Sequence[str]) -> int | None:
    """Run `nnlabs exercise ...` and print what it has to say.

    Args:
        arguments: command line after `nnlabs exercise`.

    Returns:
        The exit code; 1 where a check did not pass.

    Raises:
        UserError: for an unknown exercise, a file that is missing or would be overwritten.
    """
    given = _parser().parse_args(arguments)
    code: int | None = given.run(given)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nnlabs exercise",
        description="Exercises out of the labs: write a function, and have it checked.",
        allow_abbrev=False,
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)

    def action(
        name: str, run: Callable[[argparse.Namespace], int | None], about: str, what: str = ""
    ) -> argparse.ArgumentParser:
        """Add an action, with one argument where `what` names it."""
        added = actions.add_parser(name, help=about, description=about, allow_abbrev=False)
        if what:
            added.add_argument("what", metavar=what)
        added.set_defaults(run=run)
        return added

    action("list", _list, "the exercises, in the order of the labs")
    starting = action("start", _start, "write the file of an exercise, with a blank to fill", "NAME")
    action("check", _check, "is it right? If not, say on which input, and where to think", "FILE|NAME")
    hinting = action("hint", _hint, "a hint; each time the next of three", "NAME")
    hinting.add_argument("level", nargs="?", type=int, choices=(1, 2, 3), help="which; default: the next")
    action("watch", _watch, "check on every save, until it is right or Ctrl-C", "FILE|NAME")
    showing = action("progress", _progress, "how all exercises stand")
    showing.add_argument("folder", nargs="?", default=_home(), metavar="DIR", help=f"your folder; default: {FOLDER}")
    solving = action("solution", _solution, "show the labs' own code; asks first", "NAME")
    solving.add_argument("--yes", action="store_true", help="do not ask")
    planting = action("bug", _bug, "write the solution with one mistake in it, to be found and mended", "NAME")
    planting.add_argument("--number", type=int, help="which of the known mistakes, from 1; default: any")
    planting.add_argument("--lab", action="store_true", help="to be found by its symptoms in a running lab")
    running = action("lab", _lab, "run a lab with your functions in place of its own", "FILE|NAME")
    running.add_argument("--minutes", type=float, default=10, help="stop it after so many; before FILE; default: 10")
    running.add_argument("options", nargs=argparse.REMAINDER, help="of the lab, such as --preset smoke --results DIR")
    writing = action("write-check", _write_check, "write a check yourself: the file to begin with", "NAME")
    action("judge", _judge, "which known mistakes does the check that you wrote catch?", "FILE|NAME")
    grading = action("grade", grade_command, "check a folder of submissions, one sub-folder a learner", "DIR")
    grading.epilog, grading.formatter_class = NOT_GUARDED, argparse.RawDescriptionHelpFormatter
    form = grading.add_mutually_exclusive_group()
    form.add_argument(
        "--json", action="store_true", help="print JSON: submissions, and how often each mistake was made"
    )
    form.add_argument("--csv", action="store_true", help="print CSV, a row a submission")
    form.add_argument("--mistakes", action="store_true", help="print CSV of how often each mistake was made")
    grading.add_argument("--page", metavar="FILE", type=Path, help="write one HTML page, too")
    grading.add_argument("--seconds", type=int, help="processor time for each submission")
    for added in (starting, planting, writing):
        added.add_argument("folder", nargs="?", default=_home(), metavar="DIR", help=f"where to; default: {FOLDER}")
    return parser


def _home() -> Path:
    """Where the learner's files are: the folder `exercises`, also for one who stands in it."""
    return Path() if Path.cwd().name == FOLDER else Path(FOLDER)


def _list(given: argparse.Namespace) -> None:
    for lab, about in LABS.items():
        print(f"Lab {lab}: {about}")
        for exercise in all_exercises():
            if exercise.lab == lab:
                first, *rest = wrap(exercise.title, line_width() - 33)
                print(
                    f"  {exercise.name:<22} {exercise.minutes:>2} min  {first}",
                    *(f"{'':<33}{line}" for line in rest),
                    sep="\n",
                )
        print()
    print(f"Begin with: nnlabs exercise start {NAMES[0]}")


def _start(given: argparse.Namespace) -> None:
    exercise = find(given.what)
    path = _write_new(Path(given.folder) / f"{exercise.name}.py", skeleton(exercise))
    print(f"{path} is ready: about {exercise.minutes} minutes. Fill the blank, then:\n")
    print(f"  nnlabs exercise check {_shortest(exercise.name, path)}")


def _write_new(path: Path, text: str) -> Path:
    if path.exists():
        raise RunError(f"{path} is there already and is left as it is; to begin anew, move or rename it first")
    write_text(path, text)
    return path


def _shortest(name: str, path: Path) -> str:
    """What to write for a file: its exercise's name where that is found, else its path."""
    return name if path in _places(name) else pasted(path)


def _places(name: str) -> tuple[Path, Path]:
    return Path(f"{name}.py"), Path(FOLDER) / f"{name}.py"


def find_file(what: str) -> tuple[Exercise, Path]:
    """The learner's file that `FILE|NAME` means, and its exercise.

    Raises:
        UserError: where there is no such file, or it belongs to no exercise.
    """
    path = Path(what)
    if path.suffix != ".py" and not path.is_file():
        exercise = find(what)
        path = next((place for place in _places(what) if place.is_file()), path)
        if path.suffix != ".py":
            raise RunError(f"there is no {what}.py here or in {FOLDER}; `nnlabs exercise start {what}` writes it")
        return exercise, path
    if not path.is_file() and path.name == what:  # files name each other without their folder
        path = Path(FOLDER) / what
    if not path.is_file():
        raise RunError(f"there is no file {what}{f' here or in {FOLDER}' if path.name == what else ''}")
    name = exercise_of(path)
    if name is None:
        raise ConfigError(f"{path}: which exercise is it? Name the file as the exercise; {nearest(path.stem, NAMES)}")
    return find(name), path


def _check(given: argparse.Namespace) -> int:
    exercise, path = find_file(given.what)
    if path.stem.startswith("check_"):
        raise ConfigError(
            f"{path} is a check that you wrote; `nnlabs exercise judge {pasted(path)}` tries it on known mistakes"
        )
    return _check_and_tell(exercise, path)


def _check_and_tell(exercise: Exercise, path: Path) -> int:
    checked = digest(path)  # before the check: what is saved meanwhile is another text
    report = check_file(exercise, path)
    print("\n".join(describe(report, path)), flush=True)
    if path.stem == exercise.name:
        remember_report(path, report, checked)
    return 0 if report.status == "passed" else 1


def _hint(given: argparse.Namespace) -> None:
    exercise = find(given.what)
    folder = next((place.parent for place in _places(exercise.name) if place.is_file()), None)
    given_before = read_record(folder).get(exercise.name, {}).get("hints", 0) if folder else 0
    level = given.level or min(given_before + 1, 3)
    print("\n".join(wrap(f"Hint {level} of 3: {exercise.hints[level - 1]}", line_width())))
    if folder:
        remember(folder, exercise.name, hints=max(level, given_before))
    if level == 3 and given_before >= 3:
        print(f"\nThat was the last one. The labs' own code: nnlabs exercise solution {exercise.name}")


def _watch(given: argparse.Namespace) -> int:
    exercise, path = find_file(given.what)
    print(f"Watching {path}: it is checked whenever you save it. Ctrl-C ends this.\n", flush=True)
    try:
        return check_each_save(path, lambda: _check_and_tell(exercise, path))
    except KeyboardInterrupt:
        print(f"\n{path} is watched no longer.")
        return 1


def _progress(given: argparse.Namespace) -> None:
    folder = Path(given.folder)
    if not folder.is_dir():
        raise RunError(f"there is no folder {folder}; `nnlabs exercise start {NAMES[0]}` makes it")
    print("\n".join(progress(folder)))


def _solution(given: argparse.Namespace) -> int | None:
    exercise = find(given.what)
    states = [read_record(place.parent).get(exercise.name, {}).get("status") for place in _places(exercise.name)]
    if not given.yes and "passed" not in states and not _agreed(exercise.name):
        print(f"Not shown. Perhaps a hint? nnlabs exercise hint {exercise.name}")
        return 1
    print(solution(exercise), end="")
    return None


def _agreed(name: str) -> bool:
    try:
        reply = input(f"{name} is not passed yet. Show the solution all the same? [y/N] ")
    except EOFError:
        print()
        return False
    return reply.strip().lower() in ("y", "yes")


def _bug(given: argparse.Namespace) -> None:
    exercise = find(given.what)
    count = len(exercise.mistakes)
    numbers = visible_mistakes(exercise) if given.lab else range(1, count + 1)
    number = random.choice(numbers) if given.number is None else given.number
    if not 1 <= number <= count:
        raise ConfigError(f"nnlabs exercise bug {exercise.name}: --number goes from 1 to {count}, and is {number}")
    if given.lab and not exercise.seen_in:
        seen = ", ".join(entry.name for entry in all_exercises() if entry.seen_in)
        raise ConfigError(f"no lab's figures show {exercise.name} at work; those that they show: {seen}")
    if number not in numbers:
        raise ConfigError(f"the lab {exercise.seen_in} shows mistakes {numbers} of {exercise.name}, and not {number}")
    path = _write_new(Path(given.folder) / f"bug_{exercise.name}.py", bug(exercise, exercise.mistakes[number - 1]))
    if given.lab:
        print("\n".join(describe_hunt(exercise, path)))
    else:
        print(f"{path} has one mistake in it. Find it, mend it, then:\n\n  nnlabs exercise check {pasted(path)}")


def _lab(given: argparse.Namespace) -> None:
    exercise, path = find_file(given.what)
    own = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    own.add_argument("--results")
    found, options = own.parse_known_args(given.options)
    root = results_root(found.results)
    results = run_in_lab(exercise, path, options, given.minutes, root)
    print("\n".join(["", *describe_symptoms(results, exercise, path, root, options)]))


def _write_check(given: argparse.Namespace) -> None:
    exercise = find(given.what)
    path = _write_new(Path(given.folder) / f"check_{exercise.name}.py", check_skeleton(exercise))
    print(f"{path} is ready. Write a check that {len(exercise.mistakes)} known mistakes do not pass, then:\n")
    print(f"  nnlabs exercise judge {pasted(path)}")


def _judge(given: argparse.Namespace) -> int:
    exercise, path = find_file(f"check_{given.what}.py" if given.what in NAMES else given.what)
    report = ask(exercise, path, "judge", None)
    # Where the process was stopped, it is a `Report` that says so, which has other fields beside those in common.
    own = {field.name for field in fields(Verdict)}
    verdict = Verdict(**{name: value for name, value in report.items() if name in own})
    print("\n".join(describe_verdict(verdict)))
    return 0 if verdict.good else 1
