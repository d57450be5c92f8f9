"""To do a run: train it unless that is done. Torch is imported only where there is something to train."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nnlabs.console import make_printing_safe
from nnlabs.data.image_files import pin_content
from nnlabs.runs.run import Run

if TYPE_CHECKING:
    from nnlabs.runs.precision import Speeds


def execute(run: Run, show_progress: bool = True, speeds: Speeds | None = None) -> dict[str, Any]:
    """Train, unless `result.json` is there already; go on from the last checkpoint where there is one.

    Args:
        run: what to do.
        show_progress: whether to draw a bar over the steps; in a sweep's workers the bar over the runs is enough.

        speeds: what decides the precision where that is `auto`; a sweep gives all its workers the same. Default: those of this
            machine.

    Returns:
        The facts in `result.json`.

    Raises:
        UserError: where the data cannot be had or a file cannot be written; what was finished stays.
    """
    if run.done:
        return run.result
    # Imported here: torch takes seconds, and a finished run does not need it.
    from nnlabs.runs.train import train_run

    make_printing_safe()
    pinned = replace(run.config, data=pin_content(run.config.data))
    return train_run(replace(run, config=pinned), show_progress, speeds)
