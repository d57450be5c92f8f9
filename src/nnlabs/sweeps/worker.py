"""One attempt at one run of a sweep, in a worker. A run that fails three times is given up, so that the sweep can go on.

`attempts.json` in the run's folder tells of the attempts until the run is done: why those failed that came to an end, and which
sweeps began one that did not. A sweep that meets an attempt of its own in there lives, but the attempt does not: its process was
killed alone, and that is a failure of the run. Attempts of other sweeps say nothing: these were stopped as a whole, by Ctrl-C
or a power cut, or go on.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nnlabs.errors import RunError, UserError
from nnlabs.records import read_json, write_json
from nnlabs.runs.execute import execute_claimed
from nnlabs.runs.lock import run_lock
from nnlabs.runs.run import Run

if TYPE_CHECKING:
    from nnlabs.runs.precision import Speeds

ATTEMPTS = 3
KILLED = "its process was killed, as happens when memory runs out"

# A Dask worker may have several threads, but torch's generator and its number of threads belong to the whole process.
_one_a_process = threading.Lock()


def attempt(run: Run, sweep: str, show_progress: bool = False, speeds: Speeds | None = None) -> bool:
    """Make a run, unless it is done or another process works on it.

    Args:
        run: what to do.
        sweep: name of the sweep that wants it, different for each process.
        show_progress: whether to draw a bar over the steps.
        speeds: as for `execute`.

    Returns:
        Whether the run is done, perhaps as failed; if not, it is to be tried again.

    Raises:
        UserError: where no run of the sweep would do better: a mistake in the settings, no data, no room on the disk.
    """
    if not run.lab_folder.is_dir():
        raise RunError(f"{run.lab_folder} is not there; with Dask it must be a folder that all machines share")
    with _one_a_process, run_lock(run.folder) as claimed:
        if claimed and not run.done:
            _make(run, sweep, show_progress, speeds)
        return run.done


def _make(run: Run, sweep: str, show_progress: bool, speeds: Speeds | None) -> None:
    path = run.folder / "attempts.json"
    noted = read_json(path) if path.exists() else {"failures": [], "begun_by": []}
    failures, others = noted["failures"], [name for name in noted["begun_by"] if name != sweep]
    if sweep in noted["begun_by"]:
        failures.append({"reason": KILLED})
    _note(run, failures, [*others, sweep])
    if run.done:
        return
    try:
        execute_claimed(run, show_progress, speeds=speeds)
    except UserError:
        raise
    except Exception as error:
        failures.append({"reason": f"{type(error).__name__}: {error}", "traceback": traceback.format_exc()})
        _note(run, failures, others)
    else:
        path.unlink(missing_ok=True)


def _note(run: Run, failures: Sequence[dict[str, str]], begun_by: Sequence[str]) -> None:
    """Write down how the attempts went so far; one failure too many completes the run as failed."""
    path = run.folder / "attempts.json"
    if len(failures) < ATTEMPTS:
        write_json(path, {"failures": failures, "begun_by": begun_by})
    else:
        facts = {"status": "failed", "reason": failures[-1]["reason"], "failures": failures}
        write_json(run.folder / "result.json", facts)
        path.unlink(missing_ok=True)
