"""The `nnlabs train` command: one network from flags, a line an epoch, its curve as a figure, and the doctor's verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from textwrap import fill
from typing import TYPE_CHECKING

from nnlabs.commands.options import command_line
from nnlabs.commands.train.settings import SingleRunConfig
from nnlabs.config.load import load_flags
from nnlabs.config.own import named_in, own_mistakes_told
from nnlabs.console import line_width
from nnlabs.data.catalog import lookup
from nnlabs.data.image_files import left_out, pin_content
from nnlabs.errors import ConfigError, RunError
from nnlabs.paths import results_root
from nnlabs.plotting.style import describe_data
from nnlabs.runs.fingerprint import describe_run, run_name, settings_of
from nnlabs.runs.lock import run_lock
from nnlabs.runs.lookup import StoredRun, is_run, read_facts, read_run
from nnlabs.runs.run import Run

if TYPE_CHECKING:
    from nnlabs.data.split import Splits

FOLDER = "train"
ABOUT = (
    "Train one network, see how it learns, and hear what the doctor says of it. Every setting of the labs' runs has its option; "
    "FILE may be the config.yaml of any run. The same command again goes on where it was stopped."
)


def train_command(arguments: Sequence[str]) -> None:
    """Run `nnlabs train ...`.

    Args:
        arguments: the command line after it.

    Raises:
        UserError: for settings that cannot be, data that cannot be had, and a name that another run has.
    """
    config = load_flags(SingleRunConfig, "nnlabs train", ABOUT, arguments)
    run = find_run(config)
    if config.fresh:
        run.forget()
    with run_lock(run.folder) as claimed:
        if not claimed:
            raise RunError(f"another process trains {run.folder}; wait for it, or give this run another --name")
        train_and_tell(run, config.test)


def find_run(config: SingleRunConfig) -> StoredRun:
    """The run in its folder, `results/train/NAME/`.

    Args:
        config: the command's settings.

    Raises:
        ConfigError: where a run of other settings has that name, and is not to be replaced.
    """
    top = results_root(config.results) / FOLDER
    settings = replace(config.run, data=pin_content(config.data))
    run = StoredRun(settings, top, top / (config.name or run_name(settings)))
    if config.name and is_run(run.folder) and not config.fresh:
        _check_same(run)
    return run


def _check_same(run: StoredRun) -> None:
    """Refuse to go on with a run that has the same name and computes something else."""
    there = read_run(run.folder)
    if read_facts(run.folder / "environment.json").get("run") == run_name(run.config):
        return
    before, now = settings_of(there.config), settings_of(run.config)
    differing = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    words = ", ".join(f"{name} {before.get(name)} against {now.get(name)}" for name in differing)
    raise ConfigError(
        f"name: {run.folder.name} is another run already ({words or 'made by other code'}); choose another name, or replace it "
        "with --fresh",
        "name",
    )


def train_and_tell(run: StoredRun, test: bool) -> None:
    """Train what is not done yet, and print what came of it.

    Args:
        run: the run, which this process alone works on.
        test: whether to read the test split, too.
    """
    # Imported here: torch takes seconds, and mistakes are told without it.
    from nnlabs.commands.doctor.command import examine_run
    from nnlabs.commands.train.watch import CURVE
    from nnlabs.data.load import load_cached
    from nnlabs.runs.inspect import evaluate_on_test

    splits = load_cached(run.config.data)
    for line in filter(None, (left_out(run.config.data), describe_run(run.config), judges(splits))):
        print(fill(line, line_width(), subsequent_indent="  ", break_on_hyphens=False))
    print(flush=True)
    if run.done:
        print("Done before; --fresh trains it anew.\n")
    else:
        _train(run, splits)
    print(*examine_run(read_run(run.folder)), sep="\n\n")
    if test and not run.tested:
        evaluate_on_test(run)
    if run.tested:
        print(
            f"\nTest, read once: {100 * run.test_result['accuracy']:.1f} % of {len(splits.test):,} {splits.unit} are right."
        )
    print(f"\nFolder: {run.folder}\nCurve:  {run.folder / CURVE}.png")
    if splits.unit == "images":
        called = f"{FOLDER}/{run.folder.name}" if run.lab_folder == results_root() / FOLDER else run.folder
        print(f"Your own pictures: {command_line('nnlabs', 'predict', str(called))} IMAGE ...")


def judges(splits: Splits) -> str:
    """How many examples a network learns from, and how many judge it, in a sentence.

    Args:
        splits: its data.
    """
    parts = (splits.train, splits.validation, splits.test)
    train, validation, test = (f"{len(part):,}" for part in parts)
    learns = f"learns from {train} {splits.unit} of {len(splits.classes)} classes"
    return f"{splits.title}: {learns}; {validation} judge it, {test} more are kept for the end."


def _train(run: Run, splits: Splits) -> None:
    from nnlabs.commands.train.watch import EpochLines, LiveCurve
    from nnlabs.runs.execute import execute_claimed

    config = run.config
    real = lookup(config.data.stand_in_for).title if config.data.stand_in_for else None
    name, noise = lookup(config.data.name).title, splits.label_noise
    line = describe_data(name, real, len(splits.train), unit=f"training {splits.unit}", label_noise=noise)
    what = f"{run.folder.name}: {config.model.name}, {config.train.optimizer}, learning rate {config.train.lr:g}"
    curve = LiveCurve(run.folder, what, f"{line} · judged by {len(splits.validation):,} validation {splits.unit}")
    with own_mistakes_told(named_in(config)):
        execute_claimed(run, show_progress=True, watchers=[EpochLines(config.train.epochs), curve])
    print()
