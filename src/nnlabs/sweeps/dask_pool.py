"""Where the runs of a sweep are made: on this machine, or by Dask on several."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any

from tqdm import tqdm

from nnlabs.errors import RunError
from nnlabs.sweeps.pools import Pool, T, local_pool
from nnlabs.sweeps.settings import SweepConfig

# A scheduler that does not answer within so many seconds is not there.
REACH_S = 10
# Schedulers that were last seen without a worker: it is said once, though an estimate and a sweep each open a pool.
_without_workers: set[str] = set()


def open_pool(settings: SweepConfig, runs: int, threads: int = 1) -> AbstractContextManager[Pool]:
    """The pool that the settings ask for; leaving the block stops what is still under way.

    Args:
        settings: of the sweep.
        runs: how many there are to make.
        threads: that each of them computes with; unless the settings say how many workers, they share the cores.

    Raises:
        RunError: where the Dask scheduler cannot be reached.
    """
    if settings.scheduler is not None:
        return closing(DaskPool(settings.scheduler))
    return closing(local_pool(min(workers_for(settings, threads), runs)))


def workers_for(settings: SweepConfig, threads: int = 1) -> int:
    """How many processes make runs on this machine.

    Args:
        settings: of the sweep.
        threads: that each run computes with.
    """
    from loky import cpu_count

    return settings.workers or max(1, int(cpu_count()) // threads)


class DaskPool:
    """The workers of a Dask cluster; they may come and go.

    Not through joblib's Dask backend, which waits for ever when a task always kills its worker.

    Args:
        scheduler: its address.

    Raises:
        RunError: where Dask is not installed, or no scheduler answers within ten seconds.
    """

    here = False

    def __init__(self, scheduler: str) -> None:
        try:
            from distributed import Client
        except ImportError as error:
            raise RunError(
                "sweep.scheduler needs the extra 'dask'; install it with: pip install 'nnlabs[dask]'"
            ) from error
        for logger in ("distributed", "distributed.client"):  # what goes wrong is said here, in a sentence
            logging.getLogger(logger).setLevel(logging.CRITICAL)
        self._scheduler = scheduler
        try:
            self._client = Client(scheduler, timeout=REACH_S, set_as_default=False)
        except (OSError, ValueError) as error:
            raise RunError(
                f"no Dask scheduler answers at {scheduler}; start one with 'dask scheduler', or leave sweep.scheduler out"
            ) from error
        self._executor = self._client.get_executor(pure=False)

    def size(self) -> int:
        """The number of worker processes, at the moment; that there are none is said, as nothing goes on until one comes."""
        with self._connected():
            workers = len(self._client.nthreads())
        if workers:
            _without_workers.discard(self._scheduler)
        elif self._scheduler not in _without_workers:
            _without_workers.add(self._scheduler)
            tqdm.write(
                f"notice: the Dask scheduler at {self._scheduler} has no workers, and the runs wait for one; "
                f"start it, where nnlabs is installed, with: dask worker {self._scheduler}",
                file=sys.stderr,
            )
        return workers

    def submit(self, function: Callable[..., T], *arguments: Any) -> Future[T]:
        """Send the call to the scheduler."""
        with self._connected():
            future: Future[T] = self._executor.submit(function, *arguments)
            return future

    def collect(self, future: Future[T]) -> T | None:
        """What the call gave; the scheduler itself repeats one whose worker was killed, up to its `allowed-failures`."""
        from distributed import KilledWorker

        with self._connected():
            try:
                return future.result()
            except KilledWorker:
                return None

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
