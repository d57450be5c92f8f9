"""A second process that draws, so that the first one can go on computing."""

from __future__ import annotations

import gc
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from nnlabs.plotting.bands import Drawn
from nnlabs.plotting.style import save


class Painter:
    """Draws figures on a second core; leaving the `with` block waits until all are written.

    Args:
        folder: where figures go.

    Example:
        >>> with Painter(Path("results")) as painter:
        ...     painter.draw("1_curves", learning_curves, panels, "Iris · n = 150 flowers")
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # A fresh interpreter rather than a fork: the same on every system, and safe beside the threads of a BLAS. Without garbage
        # collection, as it lives for seconds only.
        self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=gc.disable)
        self._jobs: list[Future[Any]] = [self._pool.submit(_import_matplotlib)]

    def draw(self, name: str, function: Callable[..., Drawn], *arguments: Any) -> None:
        """Have a figure drawn and saved as `name.png`, `name.svg` and `name.csv`, some time soon.

        Args:
            name: the files' name without ending.
            function: a drawing function of this room, which returns a figure and its numbers.
            *arguments: what it is given; copied to the other process.
        """
        self._jobs.append(self._pool.submit(_draw, self.folder, name, function, arguments))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the figures.

        Raises:
            RunError: where one could not be written.
        """
        self._pool.shutdown(cancel_futures=error is not None)
        if error is None:
            for job in self._jobs:
                job.result()


def _import_matplotlib() -> None:
    """Get the slow import over with while the first process has something else to do."""
    import matplotlib.backends.backend_agg
    import matplotlib.backends.backend_svg  # noqa: F401


def _draw(folder: Path, name: str, function: Callable[..., Drawn], arguments: tuple[Any, ...]) -> None:
    figure, table = function(*arguments)
    save(figure, folder, name, table)
