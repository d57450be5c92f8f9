"""Pools that call functions on this machine: in this process, or in several at a time."""

from __future__ import annotations

import signal
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

# Idle processes of this machine. To start one takes seconds, in which it imports torch: the next sweep uses it again.
_idle: list[Any] = []
IDLE_S = 300


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
    """Processes of joblib's loky, each in an executor of its own, so that one that is killed takes no other with it.

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
        from joblib.externals.loky.process_executor import BrokenProcessPool

        while True:
            executor = _idle.pop() if _idle else _new_executor()
            with suppress(BrokenProcessPool), _ctrl_c_ignored():  # an idle process may have been killed meanwhile
                future: Future[T] = executor.submit(function, *arguments)
                self._busy[future] = executor
                return future

    def collect(self, future: Future[T]) -> T | None:
        """What the call gave; a process that was killed is replaced at the next `submit`."""
        from joblib.externals.loky.process_executor import BrokenProcessPool

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


def _new_executor() -> Any:
    from joblib.externals.loky.process_executor import ProcessPoolExecutor

    # Loky replaces a process that has come to hold much more memory than at first, between two runs: no news for anybody.
    warnings.filterwarnings("ignore", "A worker stopped while some jobs were given to the executor")
    ignore_ctrl_c = (signal.SIGINT, signal.SIG_IGN)
    return ProcessPoolExecutor(
        1, timeout=IDLE_S, env={"OMP_NUM_THREADS": "1"}, initializer=signal.signal, initargs=ignore_ctrl_c
    )


@contextmanager
def _ctrl_c_ignored() -> Iterator[None]:
    """Processes that are started inside ignore Ctrl-C, even while they import: this one stops them, without tracebacks."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
