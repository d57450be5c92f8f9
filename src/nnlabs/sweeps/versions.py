"""Which version of the code, and of torch, made the runs in a folder: what may not be mixed in silence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from nnlabs.records import read_json
from nnlabs.runs.fingerprint import CODE_VERSION
from nnlabs.runs.provenance import describe_environment
from nnlabs.runs.run import Run


def version_notices(runs: Sequence[Run]) -> Iterator[str]:
    """What a reader of a sweep's results should know of the versions that made them.

    Args:
        runs: all runs of the sweep, done or not.

    Yields:
        A sentence where the lab's folder holds runs that other code made, by another recipe; their folders have other names,
        so that they are not used. And one where the sweep's own runs come from several versions of torch.
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
    torches = Counter(map(_torch, runs))
    if len(torches) > 1:
        named = ", ".join(f"{count} with torch {version}" for version, count in sorted(torches.items()))
        yield f"the runs of this sweep are of different versions: {named}; bit-equal results need a single one"


def _run_folders(folder: Path) -> list[Path]:
    """What tells where runs were made, of the folders that `run_name` named."""
    return [path for path in folder.glob("*/environment.json") if re.search(r"-[0-9a-f]{10}$", path.parent.name)]


def _torch(run: Run) -> str:
    """The version of torch that a run was begun with, or would be, and those that it was continued with."""
    begun = run.environment or describe_environment()
    return ", then ".join(
        dict.fromkeys(str(facts["packages"]["torch"]) for facts in (begun, *begun.get("continued", ())))
    )
