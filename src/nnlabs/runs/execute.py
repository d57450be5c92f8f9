"""To do a run: train it unless that is done. Torch is imported only where there is something to train."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from nnlabs.console import make_printing_safe
from nnlabs.data.image_files import pin_content
from nnlabs.errors import RunError
from nnlabs.runs.fingerprint import edited
from nnlabs.runs.lock import run_lock
from nnlabs.runs.run import Run, RunResult
from nnlabs.runs.settings import check_run

if TYPE_CHECKING:
    from nnlabs.runs.precision import Speeds
    from nnlabs.training.loop import Callback


def execute(
    run: Run, show_progress: bool = True, watchers: Sequence[Callback] = (), speeds: Speeds | None = None
) -> RunResult:
    """Train, unless `result.json` is there already; go on from the last checkpoint where there is one.

    Args:
        run: what to do.
        show_progress: whether to draw a bar over the steps; in a sweep's workers the bar over the runs is enough.
        watchers: callbacks that show how it goes, and change nothing.
        speeds: what decides the precision where that is `auto`; a sweep gives all its workers the same. Default: those of this
            machine.

    Returns:
        The facts in `result.json`; a notebook shows them with the learning curve.

    Raises:
        UserError: where the data cannot be had, a file cannot be written, a file of one's own was edited since `run` was made, or
            another process works on the run; what was finished stays.
    """
    if run.done:
        return run.result
    with run_lock(run.folder) as claimed:
        if not claimed:
            raise RunError(f"another process works on {run.folder} just now; when it has ended, ask again")
        return execute_claimed(run, show_progress, watchers, speeds)


def execute_claimed(
    run: Run, show_progress: bool, watchers: Sequence[Callback] = (), speeds: Speeds | None = None
) -> RunResult:
    """The same for who holds the run's claim, from `run_lock`, already; arguments, result and errors as for `execute`."""
    if run.done:
        return run.result
    check_run(run.config)
    # Imported here: torch takes seconds, and a finished run does not need it.
    from nnlabs.runs.train import train_run

    make_printing_safe()
    pinned = replace(run, config=replace(run.config, data=pin_content(run.config.data)))
    if pinned.folder != run.folder:
        raise RunError(edited(run.config))
    train_run(pinned, show_progress, watchers, speeds)
    return run.result
