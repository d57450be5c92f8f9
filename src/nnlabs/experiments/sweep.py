"""A sweep is a list of runs: what is done is skipped, the rest is trained in parallel, one torch thread a worker."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

from nnlabs.errors import RunError, UserError
from nnlabs.experiments.run import Run, execute


def sweep(runs: Sequence[Run], workers: int | None = None, label: str = "") -> None:
    """Complete all runs. The same call again, after any interruption, does what is missing.

    Args:
        runs: what to do; runs with the same configuration are done once.
        workers: processes; default: one a CPU core, at most one a run. 1 stays in this process.
        label: what the progress bar is called.

    Raises:
        UserError: from the first run that cannot be done; what the others finished stays.
        RunError: where a run's process was killed, as happens when memory runs out, and killed again when it ran alone.
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
    """Hand out the runs; those that were under way when a worker was killed get a second try, each one alone."""
    lost: list[Run] = []
    while missing:
        for run in _hand_out(missing, workers, bar):
            lost += _hand_out([run], workers, bar)
        missing = [run for run in missing if not run.done and run not in lost]
    if lost:
        names = ", ".join(run.folder.name for run in lost)
        raise RunError(f"the process of a run was killed twice, perhaps for lack of memory; not done: {names}")


def _hand_out(runs: list[Run], workers: int, bar: tqdm[Any]) -> list[Run]:
    """Train runs in worker processes; give those that were under way when a worker was killed, as joblib drops them all."""
    from joblib import Parallel, delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    begun: list[Run] = []

    def tasks() -> Iterator[Any]:
        for run in runs:
            begun.append(run)
            yield delayed(_execute_in_worker)(run)

    options = {"backend": "loky", "return_as": "generator_unordered", "batch_size": 1, "pre_dispatch": "n_jobs"}
    try:
        with _ctrl_c_ignored():
            failures = Parallel(n_jobs=workers, **options)(tasks())
        with _closing_quietly(failures):
            for failure in failures:
                if failure is not None:
                    raise failure
                bar.update()
    except TerminatedWorkerError:
        return [run for run in begun if not run.done]
    return []


@contextmanager
def _closing_quietly(results: Generator[Any, None, None]) -> Iterator[None]:
    """Stop the other workers at once when one run cannot be done, without joblib's advice on what it threw away."""
    try:
        yield
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            results.close()


@contextmanager
def _ctrl_c_ignored() -> Iterator[None]:
    """Processes that are started inside ignore Ctrl-C, even while they import: this one stops them, without tracebacks."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _execute_in_worker(run: Run) -> UserError | None:
    """Train quietly; a user's error is handed back rather than printed as a traceback."""
    try:
        execute(run, show_progress=False)
    except UserError as error:
        return error
    return None
