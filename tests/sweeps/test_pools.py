from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import wait
from functools import partial
from pathlib import Path

import pytest

from nnlabs.errors import RunError
from nnlabs.sweeps import pools
from nnlabs.sweeps.pools import CALLS, HerePool, LocalPool, call_each, local_pool, processes_started, stop_processes


def half(number: int) -> int | None:
    """Nothing for odd numbers: None is a result, too."""
    return None if number % 2 else number // 2


def killed_at_first(folder: Path, name: str) -> str:
    """Note the call; of the first call with a name, kill the process."""
    calls = len(list(folder.glob(f"{name}-*")))
    (folder / f"{name}-{calls}").touch()
    if name == "never" or (name == "once" and not calls):
        os.kill(os.getpid(), signal.SIGKILL)
    return f"{name}, call {calls + 1}"


@pytest.fixture
def no_processes(monkeypatch):
    """No processes of tests before this one, and none left for those after it."""
    monkeypatch.setattr(pools, "_idle", [])
    yield
    stop_processes()


@pytest.mark.parametrize("workers", [1, 2])
def test_each_job_has_its_result(workers, no_processes):
    pool = local_pool(workers)
    assert isinstance(pool, HerePool if workers == 1 else LocalPool)
    assert dict(call_each(pool, half, range(7))) == {0: 0, 1: None, 2: 1, 3: None, 4: 2, 5: None, 6: 3}


def test_what_a_call_raises_is_raised(no_processes):
    with pytest.raises(TypeError):
        list(call_each(local_pool(1), half, ["no number"]))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a system with SIGKILL")
def test_a_killed_call_is_made_again_and_in_the_end_given_up(tmp_path, no_processes):
    call = partial(killed_at_first, tmp_path)
    assert dict(call_each(local_pool(2), call, ["a", "once", "b"])) == {
        0: "a, call 1",
        1: "once, call 2",
        2: "b, call 1",
    }
    with pytest.raises(RunError, match=f"killed {CALLS} times"):
        list(call_each(local_pool(2), call, ["never"]))
    assert len(list(tmp_path.glob("never-*"))) == CALLS


def process_after_taking(megabytes: int) -> int:
    """Hold memory for good, as a data set that was read, and tell which process it is."""
    globals().setdefault("held", []).append(b"x" * (megabytes << 20))
    return os.getpid()


@pytest.mark.slow
def test_a_process_that_has_read_a_data_set_is_used_again(no_processes):
    pool = LocalPool(1)
    processes = []
    for pause_s, megabytes in ((0, 1), (1.1, 500), (0, 1)):
        time.sleep(pause_s)  # loky looks at the memory of its processes once a second
        future = pool.submit(process_after_taking, megabytes)
        wait([future])
        processes.append(pool.collect(future))
    assert len(set(processes)) == 1


ENDLESS = """
import os, time
from pathlib import Path
from nnlabs.errors import run_as_script
from nnlabs.sweeps.pools import call_each, local_pool

def endless(number):
    Path(str(os.getpid())).touch()
    time.sleep(600)

raise SystemExit(run_as_script(lambda: list(call_each(local_pool(2), endless, range(2)))))
"""


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_told_to_end_a_program_ends_its_processes(number, code, tmp_path, until):
    program = subprocess.Popen([sys.executable, "-c", ENDLESS], cwd=tmp_path)
    until(lambda: len(list(tmp_path.iterdir())) == 2)
    program.send_signal(number)
    assert program.wait() == code
    until(lambda: not any(is_alive(int(path.name)) for path in tmp_path.iterdir()))


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.slow
def test_processes_started_beforehand_are_those_that_are_used(no_processes):
    with processes_started(1):
        assert not pools._idle
    with processes_started(2):
        executors = list(pools._idle)
    assert len(executors) == 2
    assert dict(call_each(local_pool(2), half, range(4)))[2] == 1
    assert set(pools._idle) == set(executors)


def test_an_error_stops_the_processes_that_were_started_for_later(no_processes):
    with pytest.raises(KeyError), processes_started(2):
        pids = [pid for executor in pools._idle for pid in executor._processes]
        assert len(pids) == 2
        raise KeyError
    assert not pools._idle
    assert not any(is_alive(pid) for pid in pids)


# As where Ctrl-C falls after a semaphore has gone, and before the process that tracks it was told.
GONE_BUT_TRACKED = """
from loky.backend import resource_tracker
from nnlabs.sweeps.pools import processes_started, stop_processes

with processes_started(2):
    pass
resource_tracker.register("/nnlabs-gone", "semlock")
stop_processes()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="semaphores have no names there")
@pytest.mark.parametrize("asked", [None, "default"])
def test_a_semaphore_that_has_gone_is_no_news(asked):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    environment |= {"PYTHONWARNINGS": asked} if asked else {}
    done = subprocess.run([sys.executable, "-c", GONE_BUT_TRACKED], env=environment, capture_output=True, text=True)
    assert done.returncode == 0
    assert "resource_tracker" not in done.stderr


def where_it_works() -> tuple[str, str | None]:
    return str(Path.cwd()), os.environ.get("NNLABS_DATA")


def test_a_process_started_before_works_where_this_one_is_now_and_with_what_it_is_told(
    tmp_path, no_processes, monkeypatch
):
    """As in a notebook between two labs: `%cd` elsewhere, other data."""
    pool = LocalPool(2)
    monkeypatch.setenv("NNLABS_DATA", "one")
    assert pool.collect(pool.submit(where_it_works)) == (str(Path.cwd()), "one")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NNLABS_DATA")
    assert pool.collect(pool.submit(where_it_works)) == (str(Path.cwd()), None)


def test_a_pool_serves_a_thread_too(no_processes):
    def ask() -> None:
        pool = LocalPool(2)
        answers.append(pool.collect(pool.submit(half, 8)))

    answers: list[int | None] = []
    thread = threading.Thread(target=ask)
    thread.start()
    thread.join(120)
    assert answers == [4]
