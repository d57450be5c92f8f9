"""Where the runs of a sweep are made: in this process, in processes of this machine, or by Dask on several machines."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from nnlabs.errors import RunError
from nnlabs.experiments.attempts import attempt
from nnlabs.experiments.run import Run
from nnlabs.experiments.settings import SweepConfig

# Idle processes of this machine. To start one takes seconds, in which it imports torch: the next sweep uses it again.
_idle: list[Any] = []
IDLE_S = 300
REACH_S = 10


class Pool(Protocol):
    """Makes runs, several at a time."""

    def size(self) -> int:
        """How many runs can be made at a time, now."""

    def submit(self, run: Run, sweep: str) -> Future[bool]:
        """Have an `attempt` made."""

    def collect(self, future: Future[bool]) -> bool:
        """Take what an attempt gave; False for one that ended with its process.

        Raises:
            UserError: from the run.
        """

    def close(self) -> None:
        """Stop what is under way."""


@contextmanager
def open_pool(settings: SweepConfig, runs: int) -> Iterator[Pool]:
    """The pool that the settings ask for; leaving the block stops what is still under way.

    Args:
        settings: of the sweep.
        runs: how many there are to make.

    Raises:
        RunError: where the Dask scheduler cannot be reached.
    """
    pool: Pool
    if settings.scheduler is not None:
        pool = DaskPool(settings.scheduler)
    else:
        count = min(count_workers(settings), runs)
        pool = LocalPool(count) if count > 1 else HerePool()
    try:
        yield pool
    finally:
        pool.close()


def count_workers(settings: SweepConfig) -> int:
    """How many runs are made at a time, before it is known how many there are.

    Args:
        settings: of the sweep.

    Raises:
        RunError: where the Dask scheduler cannot be reached.
    """
    if settings.scheduler is not None:
        with open_pool(settings, 1) as pool:
            return max(1, pool.size())
    from joblib import cpu_count

    return settings.workers or int(cpu_count())


class HerePool:
    """One run at a time, in this process. It is not safe from being killed, but small runs are made before a worker has started."""

    def size(self) -> int:
        """One."""
        return 1

    def submit(self, run: Run, sweep: str) -> Future[bool]:
        """Make the attempt; the future is done when this returns."""
        future: Future[bool] = Future()
        future.set_result(attempt(run, sweep, show_progress=True))
        return future

    def collect(self, future: Future[bool]) -> bool:
        """What the attempt gave."""
        return future.result()

    def close(self) -> None:
        """Nothing is under way."""


class LocalPool:
    """Processes of joblib's loky, each in an executor of its own, so that one that is killed takes no other with it.

    Args:
        workers: how many.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._busy: dict[Future[bool], Any] = {}

    def size(self) -> int:
        """The number of processes."""
        return self._workers

    def submit(self, run: Run, sweep: str) -> Future[bool]:
        """Give the attempt to an idle process, or to a new one."""
        from joblib.externals.loky.process_executor import BrokenProcessPool, ProcessPoolExecutor

        while True:
            executor = _idle.pop() if _idle else ProcessPoolExecutor(1, timeout=IDLE_S, env={"OMP_NUM_THREADS": "1"})
            with suppress(BrokenProcessPool), _ctrl_c_ignored():  # an idle process may have been killed meanwhile
                future: Future[bool] = executor.submit(attempt, run, sweep)
                self._busy[future] = executor
                return future

    def collect(self, future: Future[bool]) -> bool:
        """What the attempt gave; a process that was killed is replaced at the next `submit`."""
        from joblib.externals.loky.process_executor import BrokenProcessPool

        executor = self._busy.pop(future)
        try:
            done = future.result()
        except BrokenProcessPool:
            executor.shutdown(kill_workers=True)
            return False
        _idle.append(executor)
        return done

    def close(self) -> None:
        """Kill the processes that are at work: what they saved is kept."""
        for executor in self._busy.values():
            executor.shutdown(kill_workers=True)


@contextmanager
def _ctrl_c_ignored() -> Iterator[None]:
    """Processes that are started inside ignore Ctrl-C, even while they import: this one stops them, without tracebacks."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class DaskPool:
    """The workers of a Dask cluster; they may come and go.

    Not through joblib's Dask backend, which waits for ever when a task always kills its worker.

    Args:
        scheduler: its address.

    Raises:
        RunError: where Dask is not installed, or no scheduler answers within ten seconds.
    """

    def __init__(self, scheduler: str) -> None:
        try:
            from distributed import Client
        except ImportError as error:
            raise RunError(
                "sweep.scheduler needs the extra 'dask'; install it with: pip install 'nnlabs[dask]'"
            ) from error
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what goes wrong is said here, in a sentence
        self._scheduler = scheduler
        try:
            self._client = Client(scheduler, timeout=REACH_S, set_as_default=False)
        except (OSError, ValueError) as error:
            raise RunError(
                f"no Dask scheduler answers at {scheduler}; start one with 'dask scheduler', or leave sweep.scheduler out"
            ) from error
        self._executor = self._client.get_executor(pure=False)

    def size(self) -> int:
        """The number of worker processes, at the moment."""
        with self._connected():
            return len(self._client.nthreads())

    def submit(self, run: Run, sweep: str) -> Future[bool]:
        """Send the attempt to the scheduler."""
        with self._connected():
            future: Future[bool] = self._executor.submit(attempt, run, sweep)
            return future

    def collect(self, future: Future[bool]) -> bool:
        """What the attempt gave; the scheduler itself repeats one whose worker was killed, up to its `allowed-failures`."""
        from distributed import KilledWorker

        with self._connected():
            try:
                return future.result()
            except KilledWorker:
                return False

    @contextmanager
    def _connected(self) -> Iterator[None]:
        try:
            yield
        except (OSError, CancelledError) as error:
            raise RunError(
                f"the connection to the Dask scheduler at {self._scheduler} is lost. What was finished is kept: "
                "the same command goes on from there"
            ) from error

    def close(self) -> None:
        """Leave the cluster: what is under way there is finished, what has not begun is dropped."""
        self._client.close()
