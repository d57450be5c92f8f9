"""A sweep is a list of runs: what is done is skipped, the rest is made in parallel, and shared with others on the same sweep."""

from __future__ import annotations

import heapq
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from uuid import uuid4

from nnlabs.errors import RunError
from nnlabs.files import readable_write_errors
from nnlabs.runs.run import Run
from nnlabs.sweeps.costs import Costs
from nnlabs.sweeps.dask_pool import open_pool, workers_for
from nnlabs.sweeps.pools import Pool, call_each, local_pool
from nnlabs.sweeps.progress import Status
from nnlabs.sweeps.results import has_network
from nnlabs.sweeps.settings import SweepConfig
from nnlabs.sweeps.worker import ATTEMPTS, attempt

# After so many seconds a run that another process works on, or that failed, is looked at again.
PAUSE_S = 0.5
# Network file systems show a file to other machines only after some time: NFS after a minute at most.
UNSEEN_S = 90.0


def sweep(
    runs: Sequence[Run], settings: SweepConfig | None = None, label: str = "", costs: Costs | None = None
) -> None:
    """Complete all runs. The same call again, after any interruption, does what is missing.

    Several processes may be given the same sweep: each run is made by one of them at a time (see `runs.lock`), and each process
    ends when all runs are done. A run that fails three times is given up (see `worker`).

    Args:
        runs: what to do; runs with the same configuration are done once.
        settings: where they are made; default: in as many processes as the cores bear.
        label: what the progress bar is called.
        costs: what is known of the runs' costs, for the time left; learns from those that end.

    Raises:
        UserError: from the first run that meets a mistake or a circumstance that others would meet too, such as a full disk;
            what the others finished stays.
    """
    wanted = list({run.folder: run for run in runs}.values())
    missing = [run for run in wanted if not run.done]
    if not missing:
        return
    for folder in {run.lab_folder for run in missing}:
        with readable_write_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
    threads = max(run.config.train.threads for run in missing)
    pool_of = open_pool(settings or SweepConfig(), len(missing), threads)
    with pool_of as pool, Status(wanted, label, costs or Costs()) as status:
        _make(missing, pool, status)


def _make(missing: list[Run], pool: Pool, status: Status) -> None:
    """Hand the runs out in their order; one that comes back undone is handed out again after the others."""
    # Imported here: it imports torch, and a sweep that is done needs none.
    from nnlabs.runs.precision import speeds_for

    name = uuid4().hex[:12]
    due = [(0.0, number) for number in range(len(missing))]
    under_way: dict[Future[bool], int] = {}
    unseen: dict[int, float] = {}
    killed: Counter[int] = Counter()
    while due or under_way:
        while due and due[0][0] <= time.monotonic() and len(under_way) < pool.size():
            number = heapq.heappop(due)[1]
            run = missing[number]
            if not run.done:  # else by another process
                status.begin(run)
                under_way[pool.submit(attempt, run, name, pool.here, speeds_for(run.config.train))] = number
        if not under_way and due:
            time.sleep(PAUSE_S)
        for future in wait(under_way, PAUSE_S, FIRST_COMPLETED).done:
            number = under_way.pop(future)
            is_done = pool.collect(future)
            if is_done:
                _check_seen(missing[number], unseen.setdefault(number, time.monotonic()))
            killed[number] += is_done is None
            if killed[number] > 2 * ATTEMPTS:  # of those that begin, `attempt` gives up the run after half as many
                raise RunError(
                    f"a process was killed {killed[number]} times at the same run, as happens when memory runs out"
                )
            status.end(missing[number])
            if not missing[number].done:
                heapq.heappush(due, (time.monotonic() + PAUSE_S, number))
        status.show(pool.size())


def _check_seen(run: Run, since: float) -> None:
    """A run that a worker calls done must be seen here, too."""
    if not run.done and time.monotonic() - since > UNSEEN_S:
        raise RunError(
            f"a worker says that {run.folder} is complete, but it is not there; "
            "with Dask the results must lie in a folder that all machines share"
        )


def read_test(runs: Iterable[Run], settings: SweepConfig) -> None:
    """Read the test split with each network that has not been there, several at a time on this machine.

    To be called at the very end, as `evaluate_on_test`.

    Args:
        runs: runs that are done; those without a network are left out.
        settings: how many at a time.
    """
    due = [run for run in {run.folder: run for run in runs}.values() if has_network(run) and not run.tested]
    workers = min([len(due), *(workers_for(settings, run.config.train.threads) for run in due)])
    for _ in call_each(local_pool(workers), _read_test, due):
        pass


def _read_test(run: Run) -> None:
    from nnlabs.runs.inspect import evaluate_on_test

    evaluate_on_test(run)
