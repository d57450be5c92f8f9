"""Pools that call functions on this machine: in this process, or in several at a time."""

from __future__ import annotations

import atexit
import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, TypeVar

from nnlabs.errors import RunError

T = TypeVar("T")
Job = TypeVar("Job")

# Idle processes of this machine. To start one takes seconds, in which it imports torch: the next sweep uses it again.
_idle: list[Any] = []
IDLE_S = 300
# Loky ends them before; what is left are objects that would complain if they went after the modules they use.
atexit.register(lambda: _idle.clear())
# A call whose process was killed is made again, until it was made so many times.
CALLS = 3


class Pool(Protocol):
    """Calls functions, several at a time.

    Attributes:
        here: whether in this process, where a bar over the steps of a run can be seen.
    """

    here: bool

    def size(self) -> int:
        """How many calls can be made at a time, now."""

    def submit(self, function: Callable[..., T], *arguments: Any) -> Future[T]:
        """Have a call made; functions and arguments go to other processes as pickles."""

    def collect(self, future: Future[T]) -> T | None:
        """What the call gave; None where its process was killed.

        Raises:
            Exception: what the function raised.
        """

    def close(self) -> None:
        """Stop what is under way."""


class HerePool:
    """One call at a time, in this process. It is not safe from being killed, but makes small runs before a worker has started."""

    here = True

    def size(self) -> int:
        """One."""
        return 1

    def submit(self, function: Callable[..., T], *arguments: Any) -> Future[T]:
        """Make the call; the future is done when this returns."""
        future: Future[T] = Future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future

    def collect(self, future: Future[T]) -> T | None:
        """What the call gave."""
        return future.result()

    def close(self) -> None:
        """Nothing is under way."""


class LocalPool:
    """Processes of loky, each in an executor of its own, so that one that is killed takes no other with it.

    Args:
        workers: how many.
    """

    here = False

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._busy: dict[Future[Any], Any] = {}

    def size(self) -> int:
        """The number of processes."""
        return self._workers

    def submit(self, function: Callable[..., T], *arguments: Any) -> Future[T]:
        """Give the call to an idle process, or to a new one."""
        from loky import BrokenProcessPool

        while True:
            executor = _idle.pop() if _idle else _new_executor()
            with suppress(BrokenProcessPool), _ctrl_c_ignored():  # an idle process may have been killed meanwhile
                future: Future[T] = executor.submit(_call_from, _surroundings(), function, *arguments)
                self._busy[future] = executor
                return future

    def collect(self, future: Future[T]) -> T | None:
        """What the call gave; a process that was killed is replaced at the next `submit`."""
        from loky import BrokenProcessPool

        executor = self._busy.pop(future)
        if isinstance(future.exception(), BrokenProcessPool):
            executor.shutdown(kill_workers=True)
            return None
        _idle.append(executor)
        return future.result()

    def close(self) -> None:
        """Kill the processes that are at work: what they saved is kept."""
        for executor in self._busy.values():
            executor.shutdown(kill_workers=True)


def _surroundings() -> tuple[str | None, dict[str, str]]:
    """Where relative paths begin, and what this package is told by the environment: a notebook may change both."""
    try:
        folder = str(Path.cwd())
    except FileNotFoundError:  # it was deleted
        folder = None
    return folder, {name: value for name, value in os.environ.items() if name.startswith("NNLABS_")}


def _call_from(surroundings: tuple[str | None, dict[str, str]], function: Callable[..., T], *arguments: Any) -> T:
    """Make a call in another process, which may have been started long before, as it would be made in this one."""
    folder, told = surroundings
    if folder is not None:
        os.chdir(folder)
    for name in _surroundings()[1].keys() - told:
        del os.environ[name]
    os.environ.update(told)
    return function(*arguments)


def local_pool(workers: int) -> Pool:
    """A pool on this machine.

    Args:
        workers: how many calls are made at a time; 1 makes them in this process.
    """
    return LocalPool(workers) if workers > 1 else HerePool()


def hand_out(pool: Pool, function: Callable[[Job], T], jobs: Iterator[Job]) -> Iterator[tuple[Job, Future[T]]]:
    """Call a function with each of some arguments, as many at a time as the pool has room for.

    Args:
        pool: where.
        function: what to call.
        jobs: its argument, once for each call; the next one is asked for when there is room for it.

    Yields:
        A job and its call, which is for `pool.collect`, as they end.
    """
    under_way: dict[Future[T], Job] = {}
    while True:
        for job in islice(jobs, max(0, pool.size() - len(under_way))):
            under_way[pool.submit(function, job)] = job
        if not under_way:
            return
        for call in wait(under_way, return_when=FIRST_COMPLETED).done:
            yield under_way.pop(call), call


def call_each(pool: Pool, function: Callable[[Job], T], jobs: Sequence[Job]) -> Iterator[tuple[int, T]]:
    """Call a function with each of some arguments; a call whose process is killed is made again after the others.

    Args:
        pool: where; what is under way there is stopped in the end.
        function: what to call.
        jobs: its argument, once for each call.

    Yields:
        The number of a job and what came of it, as they end.

    Raises:
        RunError: for a job that killed its process `CALLS` times.
        Exception: what the function raised.
    """
    due = dict(enumerate(jobs))
    try:
        for _ in range(CALLS):
            for _, call in hand_out(pool, partial(_numbered, function), iter(list(due.items()))):
                if (ended := pool.collect(call)) is not None:
                    del due[ended[0]]
                    yield ended
        if due:
            raise RunError(f"a process was killed {CALLS} times at the same work, as happens when memory runs out")
    finally:
        pool.close()


def _numbered(function: Callable[[Job], T], job: tuple[int, Job]) -> tuple[int, T]:
    """The number beside the result, which then cannot be taken for that of a killed process, None."""
    number, argument = job
    return number, function(argument)


@contextmanager
def processes_started(workers: int) -> Iterator[None]:
    """Start processes that are needed after this block: they import what runs need while it does; an error in it stops them.

    Args:
        workers: how many there are to be; 1 needs none.
    """
    while 1 < workers > len(_idle):
        executor = _new_executor()
        with _ctrl_c_ignored():
            executor.submit(_import_packages)
        _idle.append(executor)
    try:
        yield
    except BaseException:
        stop_processes()
        raise


def stop_processes() -> None:
    """Kill the idle processes, for which the end of this one would have to wait while they import."""
    while _idle:
        _idle.pop().shutdown(kill_workers=True)


def _import_packages() -> None:
    import sklearn.model_selection  # noqa: F401  splits the data
    import torch

    torch.optim.SGD([torch.zeros(1, requires_grad=True)])  # the first optimizer imports as much again


def _new_executor() -> Any:
    from loky import ProcessPoolExecutor

    # Loky replaces a process that has come to hold this much more than at first, which costs seconds: not for a data set.
    environment = {"OMP_NUM_THREADS": "1", "LOKY_MAX_MEMORY_LEAK_SIZE": "1e9"}
    warnings.filterwarnings("ignore", "A worker (stopped|was restarted) while some jobs were given to the executor")
    ignore_ctrl_c = (signal.SIGINT, signal.SIG_IGN)
    with _tracker_quiet():
        return ProcessPoolExecutor(
            1, timeout=IDLE_S, env=environment, initializer=signal.signal, initargs=ignore_ctrl_c
        )


@contextmanager
def _tracker_quiet() -> Iterator[None]:
    """The process that removes what loky leaves behind, when started inside, does so without warnings.

    Where Ctrl-C falls between the end of a semaphore and the word of it, that process warns of a leak that is none.
    """
    before = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = ",".join(filter(None, [before, "ignore:resource_tracker:UserWarning"]))
    try:
        yield
    finally:
        del os.environ["PYTHONWARNINGS"]
        if before is not None:
            os.environ["PYTHONWARNINGS"] = before


@contextmanager
def _ctrl_c_ignored() -> Iterator[None]:
    """Processes that are started inside ignore Ctrl-C, even while they import: this one stops them, without tracebacks."""
    if threading.current_thread() is not threading.main_thread():  # signals are the main thread's affair
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
