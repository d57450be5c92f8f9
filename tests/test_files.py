from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from nnlabs.errors import RunError
from nnlabs.files import encodable, find_below, open_whole, readable_write_errors, remove_parts, write_text
from nnlabs.paths import PACKAGE


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


def test_a_name_that_is_no_utf8_is_told_with_what_to_do(tmp_path):
    write_text(tmp_path / "a.yaml", "old")
    message = (
        r"^cannot write .*a\.yaml: the name in 'name: folder:lat\\udcedn' is not UTF-8; rename that file or folder$"
    )
    with pytest.raises(RunError, match=message):
        write_text(tmp_path / "a.yaml", "data:\n  name: folder:lat\udcedn\n  root: null\n")
    assert (tmp_path / "a.yaml").read_text() == "old"
    write_text(tmp_path / "a.yaml", encodable("grün, gr\udcfcn"))
    assert (tmp_path / "a.yaml").read_text(encoding="utf-8") == "grün, gr?n"


def test_all_below_a_folder_is_found_by_the_end_of_its_name(tmp_path, capsys):
    (tmp_path / "b" / "folder.py" / "deep").mkdir(parents=True)
    for name in ("b/folder.py/deep/one.py", "a.py", "a.pyc"):
        (tmp_path / name).touch()
    (tmp_path / "gone.py").symlink_to("nowhere")
    (tmp_path / "round").symlink_to(tmp_path)
    found = find_below(tmp_path, ".py")
    assert found == sorted(tmp_path / name for name in ("a.py", "b/folder.py", "b/folder.py/deep/one.py", "gone.py"))
    assert capsys.readouterr() == ("", "")


FIND_AS_NOBODY = """
import os, sys
from pathlib import Path
from nnlabs.files import find_below
os.geteuid() or os.setuid(65534)  # root may read everything
print(*(path.name for path in find_below(Path(sys.argv[1]), ".py")))
"""


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows has other permissions")
def test_a_folder_that_one_may_not_read_is_left_out_with_a_notice():
    with tempfile.TemporaryDirectory() as folder:  # others may go into it, unlike pytest's own
        for learner in ("ada", "ben", "cy"):
            write_text(Path(folder) / learner / f"{learner}.py", "")
        Path(folder).chmod(0o755)
        closed = Path(folder) / "ben"
        closed.chmod(0)
        command = [sys.executable, "-c", FIND_AS_NOBODY, folder]
        environment = os.environ | {"PYTHONPATH": str(PACKAGE.parent)}
        ended = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (ended.returncode, ended.stdout.split()) == (0, ["ada.py", "cy.py"])
    told = f"notice: {closed} cannot be read and is left out (Permission denied); check its permissions\n"
    assert ended.stderr == told
