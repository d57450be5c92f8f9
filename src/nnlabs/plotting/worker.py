"""A second process that draws, so that the first one can go on computing."""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import IO, Any, Self, cast

from nnlabs.errors import RunError
from nnlabs.plotting.intervals import Drawn
from nnlabs.plotting.style import save

# Ctrl-C reaches both processes. The first one says what there is to say, and ends the second.
_PROGRAM = (
    "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); from nnlabs.plotting.worker import paint; paint()"
)


class FigureWorker:
    """Draws figures on a second core; leaving the `with` block waits until all are written.

    Args:
        folder: where figures go.

    Example, with a drawing function of an installed module, which the other process can import::

        with FigureWorker(Path("results")) as figure_worker:
            figure_worker.draw("1_curves", learning_curves, panels, "Iris · n = 150 flowers")
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # A program of its own, not multiprocessing: that would import the user's main script a second time, and fail where the
        # script has no `if __name__ == "__main__"`. A fork is not safe beside the threads of a BLAS.
        command = [sys.executable, "-c", _PROGRAM]
        # A notebook passes on a backend that may not be there; files are drawn by backends of their own.
        here = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "MPLBACKEND": "agg"}
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=here)

    def draw(self, name: str, function: Callable[..., Drawn], *arguments: Any) -> None:
        """Have a figure drawn and saved as `name.png`, `name.svg` and `name.csv`, some time soon.

        Args:
            name: the files' name without ending.
            function: a drawing function of this room, which returns a figure and its numbers.
            *arguments: what it is given; copied to the other process.

        Raises:
            RunError: where the other process is no more.
        """
        self.call(_draw, self.folder, name, function, arguments)

    def call(self, function: Callable[..., object], *arguments: Any) -> None:
        """Have a function called that writes a file by itself, such as an animation; as `draw` else.

        Args:
            function: of an installed module.
            *arguments: what it is given; copied to the other process.

        Raises:
            RunError: where the other process is no more.
        """
        jobs = cast("IO[bytes]", self._process.stdin)
        try:
            jobs.write(pickle.dumps(pickle.dumps((function, arguments))))
            jobs.flush()
        except OSError as error:
            raise self._ended() from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the figures; after an error, wait for none.

        Raises:
            RunError: where one could not be written.
        """
        if error is not None:
            self._process.kill()
        answer, _ = self._process.communicate()
        if error is None and answer:
            raise pickle.loads(answer)
        if error is None and self._process.returncode != 0:
            raise self._ended()

    def _ended(self) -> RunError:
        code = self._process.wait()
        return RunError(
            f"{self.folder}: the process that draws the figures ended early (code {code}); give the command again"
        )


def _draw(folder: Path, name: str, function: Callable[..., Drawn], arguments: tuple[Any, ...]) -> None:
    figure, table = function(*arguments)
    save(figure, folder, name, table)


def paint() -> None:
    """Draw what comes in on standard input until it ends; then write the first error, if there was any, to standard output."""
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    gc.disable()  # this process lives for seconds only
    jobs: SimpleQueue[bytes | None] = SimpleQueue()
    Thread(target=_read, args=(jobs,), daemon=True).start()
    import matplotlib.backends.backend_agg
    import matplotlib.backends.backend_svg  # noqa: F401  imported now, while nothing is there to be drawn

    failed: Exception | None = None
    while (job := jobs.get()) is not None:
        try:
            function, arguments = pickle.loads(job)
            function(*arguments)
        except Exception as error:
            failed = failed or error
    if failed:
        answers.write(pickle.dumps(failed))
        answers.flush()


def _read(jobs: SimpleQueue[bytes | None]) -> None:
    """Take in what there is to do at once: a pipe holds 64 kB, and with more in it the process that computes would wait."""
    with contextlib.suppress(EOFError):
        while True:
            jobs.put(pickle.load(sys.stdin.buffer))
    jobs.put(None)
