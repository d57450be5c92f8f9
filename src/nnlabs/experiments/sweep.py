"""A sweep is a list of runs: what is done is skipped, the rest is trained in parallel, one torch thread a worker."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

from tqdm import tqdm

from nnlabs.errors import RunError, UserError
from nnlabs.experiments.run import Run, execute

TRIES = 3


def sweep(runs: Sequence[Run], workers: int | None = None, label: str = "") -> None:
    """Complete all runs. The same call again, after any interruption, does what is missing.

    Args:
        runs: what to do; runs with the same configuration are done once.
        workers: processes; default: one a CPU core, at most one a run. 1 stays in this process.
        label: what the progress bar is called.

    Raises:
        UserError: from the first run that cannot be done; what the others finished stays.
        RunError: where a run's process was killed three times, as happens when memory runs out.
    """
    missing = list({run.folder: run for run in runs if not run.done}.values())
    count = min(workers or os.cpu_count() or 1, len(missing))
    bar: tqdm[Any] = tqdm(
        total=len(runs), initial=len(runs) - len(missing), desc=label, unit="run", disable=not sys.stderr.isatty()
    )
    with bar:
        if count <= 1:
            for run in missing:
                execute(run)
                bar.update()
        else:
            _in_parallel(missing, count, bar)


def _in_parallel(missing: list[Run], workers: int, bar: tqdm[Any]) -> None:
    """Hand out the runs; when a worker is killed, joblib drops all it holds, and what is not on disk is tried again."""
    from joblib import Parallel, delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    for _ in range(TRIES):
        try:
            parallel = Parallel(n_jobs=workers, backend="loky", return_as="generator_unordered", batch_size=1)
            for failure in parallel(delayed(_execute_in_worker)(run) for run in missing):
                if failure is not None:
                    raise failure
                bar.update()
            return
        except TerminatedWorkerError:
            missing = [run for run in missing if not run.done]
    names = ", ".join(run.folder.name for run in missing)
    raise RunError(f"the process of a run was killed {TRIES} times, perhaps for lack of memory; not done: {names}")


def _execute_in_worker(run: Run) -> UserError | None:
    """Train quietly; Ctrl-C is left to the parent, and a user's error is handed back rather than printed as a traceback."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        execute(run, show_progress=False)
    except UserError as error:
        return error
    return None
