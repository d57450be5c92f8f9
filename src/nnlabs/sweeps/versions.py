"""Which version of the code, and of torch, made the runs in a folder: what may not be mixed in silence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nnlabs.records import read_json
from nnlabs.runs.fingerprint import CODE_VERSION
from nnlabs.runs.provenance import describe_environment
from nnlabs.runs.run import Run

Facts = Mapping[str, Any]
"""Of an `environment.json`."""


def version_notices(runs: Sequence[Run]) -> Iterator[str]:
    """What a reader of a sweep's results should know of the versions that made them.

    Args:
        runs: all runs of the sweep, done or not.

    Yields:
        A sentence where the lab's folder holds runs that other code made, by another recipe; their folders have other names,
        so that they are not used. And one where the sweep's own runs come from several versions of torch, or kinds of machine:
        their last bits differ, and their times do not compare.
    """
    for folder in sorted({run.lab_folder for run in runs}):
        # The first recipe was not yet written down.
        recipes = Counter(read_json(path).get("recipe", 1) for path in _run_folders(folder))
        others = sum(count for recipe, count in recipes.items() if recipe != CODE_VERSION)
        if others:
            yield (
                f"{folder} holds {others} runs that another version of this code made, which does not compute the same; "
                "they are not used, and can be deleted"
            )
    yield from _mixed(runs, _torch)
    yield from _mixed(runs, _processor)
    # `auto` is decided for each network: only runs that ask for the same with the same one are to have equal precisions.
    asked = [(run.config.model, run.config.train.precision, run.config.train.device) for run in runs]
    for one in dict.fromkeys(map(repr, asked)):
        yield from _mixed([run for run, each in zip(runs, asked, strict=True) if repr(each) == one], _precision)


def _mixed(runs: Sequence[Run], kind: Callable[[Facts], str]) -> Iterator[str]:
    """A sentence where some runs were made in several ways."""
    ways = Counter(filter(None, (_throughout(run, kind) for run in runs)))
    if len(ways) > 1:
        named = ", ".join(f"{count} {made}" for made, count in sorted(ways.items()))
        yield f"the runs of this sweep are not made alike: {named}; bit-equal results and times that compare need a single one"


def _run_folders(folder: Path) -> list[Path]:
    """What tells where runs were made, of the folders that `run_name` named."""
    return [path for path in folder.glob("*/environment.json") if re.search(r"-[0-9a-f]{10}$", path.parent.name)]


def _throughout(run: Run, kind: Callable[[Facts], str]) -> str:
    """By what a run was begun, or would be, and by what it was continued; empty where that is not known yet."""
    begun = run.environment or describe_environment()
    return ", then ".join(dict.fromkeys(filter(None, map(kind, (begun, *begun.get("continued", ()))))))


def _torch(facts: Facts) -> str:
    return f"with torch {facts['packages']['torch']}"


def _processor(facts: Facts) -> str:
    return f"on {facts['processor']}" if facts.get("processor") else ""


def _precision(facts: Facts) -> str:
    return f"in {facts['precision']}" if facts.get("precision") else ""
