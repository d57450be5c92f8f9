"""The `nnlabs compare` command: two runs, or two presets of a lab, side by side: settings, numbers, histories."""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnlabs.commands.options import add_results
from nnlabs.config.yaml_text import read_yaml
from nnlabs.data.catalog import lookup
from nnlabs.errors import ConfigError, RunError
from nnlabs.paths import results_root
from nnlabs.plotting.style import describe_data, save
from nnlabs.records import flatten
from nnlabs.runs.lookup import CONFIG, StoredRun, find_folder, is_run, read_facts, read_run
from nnlabs.tables import Column, format_table

NAMES = ("A", "B")
DASH = "–"
SIDES = (Column("A", "A", ".4g"), Column("B", "B", ".4g"))
METRICS = ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy")
# Settings that say on which images a network is validated: unequal ones make a comparison of two questions.
SPLIT = ("data.content", "data.validation_fraction", "data.fold", "data.folds", "data.split_seed")

WIDEST = 24
# Numbers as large as this are written whole, unless they are so large that nobody could read them.
WHOLE, READABLE = 1e4, 1e12


@dataclass(frozen=True)
class Side:
    """One of the two things compared.

    Args:
        folder: where it lies.
        settings: all its settings by dotted name.
        numbers: its metrics by name.
        data: title of what it learned from.
        remark: what must be known of its state; empty for a complete one.
    """

    folder: Path
    settings: dict[str, Any]
    numbers: dict[str, float]
    data: str
    remark: str


def compare_command(arguments: list[str]) -> None:
    """Compare two runs, or two presets of a lab, and print what differs.

    Args:
        arguments: the command line after `nnlabs compare`.

    Raises:
        ConfigError: where one is not found, or the two are not of one kind.
        RunError: where one cannot be read.
    """
    parser = argparse.ArgumentParser(
        prog="nnlabs compare",
        allow_abbrev=False,
        description="Put two runs, or two presets of a lab, side by side: settings, numbers, and a figure of the histories.",
    )
    for name in NAMES:
        parser.add_argument(name.lower(), metavar=f"RUN_{name}", help="a folder, a run's name, or the beginning of it")
    add_results(parser)
    options = parser.parse_args(arguments)
    root = results_root(options.results)
    folders = [find_folder(said, root) for said in (options.a, options.b)]
    for folder in folders:
        _require_settings(folder)
    if is_run(folders[0]) != is_run(folders[1]):
        raise ConfigError("nnlabs compare takes two runs or two presets of labs, but got one of each")
    if is_run(folders[0]):
        runs = [read_run(folder) for folder in folders]
        print(*describe([read_side(run) for run in runs]), sep="\n\n", end="\n\n", flush=True)
        print(f"Figure: {draw(runs, root)}")  # last: whoever may not write there has read the numbers
    else:
        print(*describe([read_preset(folder) for folder in folders]), sep="\n\n")


def _require_settings(folder: Path) -> None:
    if not (folder / CONFIG).is_file():
        raise RunError(
            f"{folder} holds neither a run nor the results of a lab: it has no {CONFIG}; give a run, or LAB/PRESET"
        )


def read_side(run: StoredRun) -> Side:
    """A run, finished or not.

    Args:
        run: the run.

    Raises:
        RunError: where it holds no finished epoch.
    """
    history = run.history
    if not history:
        raise RunError(f"{run.folder} holds no finished epoch, so that there is nothing to compare")
    last = {name: history[name][-1] for name in METRICS}
    done, asked = len(history["epoch"]), run.config.train.epochs
    finished = dict.fromkeys(METRICS, float("nan")) | _numbers(run.result) if run.done else last | {"epochs": done}
    test = {f"test_{name}": value for name, value in _numbers(read_facts(run.folder / "test.json")).items()}
    remark = "" if run.done else f"not finished: its numbers are those of epoch {done} of {asked}"
    settings = dict(flatten(read_yaml(run.folder / CONFIG)))
    return Side(run.folder, settings, finished | test, _title(run), remark)


def read_preset(folder: Path) -> Side:
    """A lab's results for one preset.

    Args:
        folder: `results/LAB/PRESET`.

    Raises:
        RunError: where it holds no results of a lab.
    """
    _require_settings(folder)
    result = read_facts(folder / "result.json")
    remark = "" if result else "not finished: it has no numbers yet"
    numbers = _numbers({act: facts["metrics"] for act, facts in result.get("acts", {}).items()})
    return Side(folder, dict(flatten(read_yaml(folder / CONFIG))), numbers, str(result.get("data", "unknown")), remark)


def _numbers(facts: Mapping[str, Any]) -> dict[str, float]:
    """All numbers in some facts, those of an interval by its mean alone."""
    return {
        key.removesuffix(".mean"): value
        for key, value in flatten(facts)
        if not key.endswith((".low", ".high", ".n")) and isinstance(value, int | float) and not isinstance(value, bool)
    }


def _title(run: StoredRun) -> str:
    """The data of a run, as figures say it: a stand-in is shouted."""
    data = run.config.data
    images = run.result.get("train_examples") if run.done else data.train_size
    name, real = lookup(data.name).title, lookup(data.stand_in_for).title if data.stand_in_for else None
    unit = run.result.get("inputs", {}).get("unit", "examples") if run.done else "examples"
    return describe_data(name, real, images, unit=f"training {unit}") if images else name


def describe(sides: list[Side]) -> list[str]:
    """What differs, as paragraphs for the console.

    Args:
        sides: the two.
    """
    named = list(zip(NAMES, sides, strict=True))
    head = [f"{name}  {side.folder}{f' ({side.remark})' if side.remark else ''}" for name, side in named]
    if sides[0].folder.resolve() == sides[1].folder.resolve():
        head.append("Both are the same.")
    warning = incomparable(sides)
    return ["\n".join(head), *([warning] if warning else []), _settings(sides), _metrics(sides)]


def incomparable(sides: list[Side]) -> str:
    """Why the metrics must not be compared; nothing where they may.

    Args:
        sides: the two.
    """
    titles = [side.data.partition(" · ")[0] for side in sides]
    names = {side.settings.get("data.name", title) for side, title in zip(sides, titles, strict=True)}
    # A folder's pictures are the same wherever they lie, and whatever the folder is called there.
    contents = {side.settings.get("data.content") for side in sides}
    if len(names) == 2 and (len(contents) == 2 or None in contents):
        return f"DIFFERENT DATA: {' and '.join(titles)}. The metrics below are NOT COMPARABLE."
    found = []
    if differing := _differing_split(*(side.settings for side in sides)):
        found.append(f"DIFFERENT VALIDATION IMAGES ({', '.join(differing)}): small differences below mean nothing.")
    a, b = (_label_noise(side.settings) for side in sides)
    if a != b:
        found.append(
            f"DIFFERENT LABEL NOISE ({a:g} and {b:g}): training metrics take wrong labels for true, and are NOT COMPARABLE."
        )
    return "\n".join(found)


def _label_noise(settings: Mapping[str, Any]) -> float:
    """Share of the training labels that are wrong: as set, else the data set's own."""
    noise = settings.get("data.label_noise")
    if noise is None and settings.get("data.name") == "digits":
        from nnlabs.data.standins import LABEL_NOISE  # imports torch, which takes seconds

        return LABEL_NOISE
    return float(noise or 0)


def _differing_split(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    """The settings of the validation split that differ, of those that either side has read."""
    folds = {each.get("data.fold") is not None for each in (a, b)}
    unread = {"data.validation_fraction"} if folds == {True} else {"data.folds"} if folds == {False} else set()
    return [key for key in SPLIT if key not in unread and a.get(key) != b.get(key)]


def _settings(sides: list[Side]) -> str:
    """The settings that differ, as a table."""
    keys = dict.fromkeys([*sides[0].settings, *sides[1].settings])
    shown = {key: [_shown(side.settings, key) for side in sides] for key in keys}
    rows = [{"setting": key, "A": a, "B": b} for key, (a, b) in shown.items() if a != b]
    return format_table(rows, (Column("setting", "setting"), *SIDES)) if rows else "All settings are equal."


def _shown(settings: Mapping[str, Any], key: str) -> str:
    if key not in settings:
        return "-"
    value = settings[key]
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _short(settings: Mapping[str, Any], key: str) -> str:
    """A setting as it fits into a title."""
    said = _shown(settings, key)
    return said if len(said) <= WIDEST else f"{said[: WIDEST - 4]} ..."


def _metrics(sides: list[Side]) -> str:
    """The numbers of both, with B - A."""
    a, b = (side.numbers for side in sides)
    keys = dict.fromkeys([*a, *b])
    differences = [_difference(a.get(key), b.get(key)) for key in keys]
    # The sign makes texts of them, which a table sets flush left.
    width = max(map(len, ["B - A", *differences]))
    rows = [
        {"metric": key, "A": _whole(a.get(key)), "B": _whole(b.get(key)), "difference": difference.rjust(width)}
        for key, difference in zip(keys, differences, strict=True)
    ]
    return format_table(rows, (Column("metric", "metric"), *SIDES, Column("difference", "B - A".rjust(width))))


def _whole(value: float | None) -> float | None:
    """A number without its decimals where it has none, or where it is so large that they do not matter."""
    if value is None or not abs(value) < READABLE:
        return value
    return round(value) if value == round(value) or abs(value) >= WHOLE else value


def _difference(a: float | None, b: float | None) -> str:
    """B - A with its sign: `+0.1`, `-1,200`, `0`; a dash where it is no number."""
    if a is None or b is None or math.isnan(b - a):
        return DASH
    difference = _whole(b - a)
    return "0" if difference == 0 else f"{difference:+,}" if isinstance(difference, int) else f"{difference:+.3g}"


def draw(runs: list[StoredRun], root: Path) -> Path:
    """Draw both histories, and write the figure to `results/comparisons/`.

    Args:
        runs: the two, each with a finished epoch.
        root: folder of all results.

    Returns:
        The PNG file; an SVG and the numbers as CSV lie beside it.
    """
    from nnlabs.commands.compare_figure import compare_histories

    sides = [read_side(run) for run in runs]
    keys = [key for key in sides[0].settings if _shown(sides[0].settings, key) != _shown(sides[1].settings, key)]
    told = ", ".join(f"{key} {' and '.join(_short(side.settings, key) for side in sides)}" for key in keys[:2])
    more = f", and {len(keys) - 2} more" if len(keys) > 2 else ""
    what = f"A and B: {told}{more}" if keys else "A and B have the same settings"
    titles = [_title(run) for run in runs]
    line = titles[0] if titles[0] == titles[1] else " | ".join(map(": ".join, zip(NAMES, titles, strict=True)))
    histories = {name: run.history for name, run in zip(NAMES, runs, strict=True)}
    figure, table = compare_histories(histories, what, line)
    name = "-and-".join(run.folder.name for run in runs)
    return save(figure, root / "comparisons", name, table)[0]
