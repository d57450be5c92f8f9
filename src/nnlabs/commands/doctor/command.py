"""The `nnlabs doctor` command: what went wrong in a run or in a lab's searches, each with the number that shows it."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import fill

from nnlabs.commands.doctor.diagnoses import CHECKS, diagnose
from nnlabs.commands.doctor.diagnosis import Diagnosis, Facts
from nnlabs.commands.doctor.doubts import doubts
from nnlabs.commands.doctor.pictures import find_pictures
from nnlabs.commands.doctor.searches import (
    SEARCH_CHECKS,
    Trial,
    diagnose_searches,
    find_searches,
    learned_nothing,
    read_trials,
)
from nnlabs.commands.options import add_results
from nnlabs.config.layers import PRESETS
from nnlabs.config.yaml_text import read_yaml
from nnlabs.console import line_width
from nnlabs.errors import RunError
from nnlabs.paths import results_root
from nnlabs.runs.lookup import CONFIG, StoredRun, find_folder, is_run, read_run


def doctor_command(arguments: list[str]) -> None:
    """Find what is wrong with a run, or with the searches of a lab, and print it.

    Args:
        arguments: the command line after `nnlabs doctor`.

    Raises:
        UserError: where there is no such run, or it cannot be read.
    """
    parser = argparse.ArgumentParser(
        prog="nnlabs doctor",
        allow_abbrev=False,
        description="Say what went wrong in a run, each illness with the number that shows it, where to read about it, "
        "and what to try; or what went wrong in the searches of a lab.",
    )
    parser.add_argument("run", metavar="RUN", help="a run's folder, its name or the beginning of it; or a lab's name")
    add_results(parser)
    options = parser.parse_args(arguments)
    root = results_root(options.results)
    folder = find_folder(options.run, root).resolve()
    print(*(examine_run(read_run(folder)) if is_run(folder) else examine_lab(folder, root)), sep="\n\n")


def examine_run(run: StoredRun) -> list[str]:
    """A run's state and its illnesses, as paragraphs.

    Args:
        run: done or not; its checkpoint is there.

    Raises:
        UserError: where something of it cannot be read.
    """
    facts = gather(run)
    trials = read_trials(run.lab_folder)
    own = next((trial for trial in trials if trial.folder == run.folder), None)
    found = [*diagnose(facts), *(diagnose_searches(trials, own) if own else [])]
    return [describe(run, facts), *(write_down(found) or [_verdict(facts)])]


def _verdict(facts: Facts) -> str:
    """What is said of a run in which no illness was found."""
    if told := doubts(facts):
        return _wrap(f"No illness found, but {'; and '.join(told)}.")
    return f"Healthy: none of {len(CHECKS) + len(SEARCH_CHECKS)} known illnesses was found."


def gather(run: StoredRun) -> Facts:
    """Read a run's folder, and look into its network.

    Args:
        run: done or not.

    Raises:
        RunError: where no epoch is finished, the run failed, or the checkpoint cannot be read.
        DataError: where its data cannot be had.
    """
    history = run.history
    if run.status == "failed":
        raise RunError(f"{run.folder.name} was given up without a network: {run.result['reason']}")
    if not history:
        if run.done:
            raise RunError(
                f"{run.folder / 'history.csv'} is empty or gone; move the run's folder away, and train it anew"
            )
        raise RunError(f"{run.folder} holds no finished epoch yet; let the run go on, then ask again")
    data = find_pictures(run.config.data, run.folder.absolute())
    # Imported here: torch takes seconds, and mistakes are told without it.
    from nnlabs.commands.doctor.probe import probe

    epochs = len(history["epoch"])
    kept = run.result["kept_epoch"] if run.done else epochs
    anywhere = replace(run.config, data=data, train=replace(run.config.train, device="auto", compile=False))
    return Facts(run.config, history, run.status, kept, probe(replace(run, config=anywhere), epochs))


def describe(run: StoredRun, facts: Facts) -> str:
    """A run in two lines: its name, what it did, and how far it came.

    Args:
        run: the run.
        facts: what is known of it.
    """
    train = run.config.train
    did = f"{run.config.model.name} on {run.config.data.name}, {train.optimizer}, learning rate {train.lr:g}"
    done = len(facts.history["epoch"])
    kept = f", weights of epoch {facts.kept}" if facts.kept != done else ""
    epochs = f"{done} of {train.epochs} epochs ({facts.status}{kept})"
    train_right, validation_right = (100 * facts.now(f"{split}_accuracy") for split in ("train", "validation"))
    right = f"right: {train_right:.1f} % of training, {validation_right:.1f} % of validation images"
    return f"{run.folder.name}\n{_wrap(f'{did}; {epochs}; {right}.')}"


def examine_lab(folder: Path, root: Path) -> list[str]:
    """The illnesses of a lab's searches, as paragraphs.

    Args:
        folder: `results/LAB`, or one of its presets' folders.
        root: folder of all results.

    Raises:
        RunError: where no finished run lies there, or it is no lab's.
    """
    told = folder.name in PRESETS or _tells_a_story(folder)
    lab = folder.parent if told and not _holds_runs(folder) else folder
    trials = read_trials(lab)
    if not trials:
        raise RunError(f"{folder} holds no finished run of a training lab, so that there is nothing to examine")
    if not _is_lab(lab, root):
        raise RunError(
            f"{lab} is no lab's folder, though runs lie in it; examine one of them, such as {trials[0].folder}"
        )
    found = write_down([*learned_nothing(trials), *diagnose_searches(trials)])
    return [f"{lab.name}: {len(trials)} finished run{'s' * (len(trials) != 1)}", *(found or [_wrap(_healthy(trials))])]


def _healthy(trials: Sequence[Trial]) -> str:
    """What was examined where nothing was found: an edge shows along one setting only, and random searches have no such rows."""
    count = len(find_searches(trials))
    edges = (
        f"of {count} search{'es' * (count != 1)} along one setting none was won at an edge"
        if count
        else "no three runs differ in one setting alone, so that no search could be examined for a winner at an edge"
    )
    lost = [trial.folder.name for trial in trials if trial.learned_nothing]
    idle = f" {len(lost)} of {len(trials)} runs learned nothing, such as {lost[0]}." if lost else ""
    return f"Nothing found: {edges}; no search had its trials tested.{idle}"


def _is_lab(folder: Path, root: Path) -> bool:
    """Whether a folder lies where labs put theirs, or holds results of a lab's preset, as a copy of one does."""
    return folder.resolve().parent == root.resolve() or any(
        path.parent.name in PRESETS or _tells_a_story(path.parent) for path in folder.glob(f"*/{CONFIG}")
    )


def _tells_a_story(folder: Path) -> bool:
    """Whether it is a lab's folder of figures, `results/LAB/PRESET` or one for changed settings, and no run's."""
    return (folder / CONFIG).is_file() and "preset" in read_yaml(folder / CONFIG)


def _holds_runs(folder: Path) -> bool:
    return any(is_run(path.parent) for path in folder.glob(f"*/{CONFIG}"))


def write_down(found: Iterable[Diagnosis]) -> list[str]:
    """Diagnoses as paragraphs for the console.

    Args:
        found: causes first.
    """
    return [
        "\n".join(
            [
                diagnosis.name.upper(),
                _wrap(diagnosis.evidence[:1].upper() + diagnosis.evidence[1:], "  shows:  "),
                _wrap(diagnosis.read, "  read:   "),
                _wrap(diagnosis.advice, "  try:    "),
            ]
        )
        for diagnosis in found
    ]


def _wrap(text: str, begin: str = "") -> str:
    return fill(text, line_width(), initial_indent=begin, subsequent_indent=" " * len(begin), break_on_hyphens=False)
