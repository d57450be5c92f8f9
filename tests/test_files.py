from __future__ import annotations

import errno
import os
import re
import signal
from pathlib import Path

import pytest

from nnlabs.errors import RunError
from nnlabs.files import open_whole, readable_write_errors, remove_parts, write_text


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_with_all_it_holds_and_with_the_folders_above_it(tmp_path):
    path = tmp_path / "new" / "folder" / "a.txt"
    write_text(path, "ä\nb\n")
    assert path.read_bytes() == "ä\nb\n".encode()
    assert names(path.parent) == ["a.txt"]
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_writer_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(error), open_whole(path) as file:
        file.write("half of the n")
        file.flush()
        assert path.read_text() == "old"
        raise error
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows forks no process")
def test_a_writer_that_is_killed_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    child = os.fork()
    if child == 0:
        with open_whole(path) as file:
            file.write("half of the n")
            file.flush()
            os.kill(os.getpid(), signal.SIGKILL)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    assert path.read_text() == "old"
    assert len(names(tmp_path)) == 2
    remove_parts(tmp_path)
    assert names(tmp_path) == ["a.txt"]


def test_a_file_in_place_of_a_folder_is_told_with_what_to_do(tmp_path):
    (tmp_path / "results").write_text("")
    for path in (tmp_path / "results" / "run" / "a.txt", tmp_path / "results" / "a.txt"):
        with pytest.raises(RunError, match=f"^cannot write {re.escape(str(path))}: a part of that path is a file"):
            write_text(path, "new")


def test_a_folder_in_place_of_a_file_is_told_with_what_to_do(tmp_path):
    with pytest.raises(
        RunError, match=f"^cannot write {re.escape(str(tmp_path))}: that is a folder; give a file's name$"
    ):
        write_text(tmp_path, "new")


def test_no_temporary_name_is_told(tmp_path):
    with pytest.raises(RunError) as caught:
        write_text(tmp_path / ("a" * 300), "new")
    assert str(caught.value).startswith("cannot write ") and ".part" not in str(caught.value)


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that not even root may write into")
def test_a_folder_that_nobody_may_write_into_is_told():
    with pytest.raises(RunError, match=r"^cannot write /proc/self/nnlabs/a\.txt: "):
        write_text(Path("/proc/self/nnlabs/a.txt"), "new")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_told_with_what_to_do(tmp_path):
    with (
        pytest.raises(RunError, match=r"the disk is full; free some space and give the same command again") as caught,
        readable_write_errors(tmp_path),
        Path("/dev/full").open("w") as file,
    ):
        file.write("x")
        file.flush()
    assert caught.value.__cause__.errno == errno.ENOSPC
