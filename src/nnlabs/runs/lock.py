"""Claims: of all processes that look at the same results, one works on a run at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nnlabs.files import readable_write_errors


@contextmanager
def run_lock(folder: Path) -> Iterator[bool]:
    """Inside, this process alone works on a run, if it could be had.

    The claim is a lock of the operating system on `LAB_FOLDER/.locks/RUN.lock`: it ends with the process, however that ends. The
    file lies beside the run's folder, so that the folder can be deleted, and stays for ever: deleting it could give two
    processes a lock each. Between machines a claim holds where the file system they share passes locks on (NFS 4, CephFS,
    Lustre with `flock`); a machine that dies keeps its claims until the file server misses it, with NFS 4 after about 90 s.

    Args:
        folder: the run's folder, there or not.

    Yields:
        Whether it is claimed now; False: another process works on it.

    Raises:
        RunError: where the file cannot be written.
    """
    # Imported here: it takes a tenth of a second, and `--help` does not need it.
    from filelock import FileLock, Timeout

    path = folder.parent / ".locks" / f"{folder.name}.lock"
    lock = FileLock(path)
    with readable_write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(Timeout):  # an OSError, which would be read as one of writing
            lock.acquire(blocking=False)
    try:
        yield lock.is_locked
    finally:
        lock.release()
