from __future__ import annotations

import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nnlabs.data.catalog import lookup
from nnlabs.data.fetch import STALL_S, ensure, fetch
from nnlabs.data.integrity import damages
from nnlabs.errors import DataError, RunError
from nnlabs.paths import data_root

BAD = {
    "is silent": "stalled",
    "stalls": "stalled",
    "trickles": "gave only",
    "breaks off": "broke off",
    "answers 403": "403",
    "serves wrong bytes": "something else",
    "serves a page instead": "broke off",
    "serves too much": "something else",
}


# Only of these does a test wait until their time is up; the others get the usual time, however slow this machine is.
SLOW = ("is silent", "stalls", "trickles")


@pytest.fixture
def fast_clock(monkeypatch):
    """Whoever downloads sees time pass thirty times as fast, and still waits for an answer as long as it says."""
    clock = SimpleNamespace(time=time.time, monotonic=lambda: 30 * time.monotonic())
    monkeypatch.setattr("nnlabs.data.fetch.time", clock)


def everything_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "behavior", [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in BAD]
)
def test_next_mirror_is_tried_after_one_that(behavior, serve, tiny_fashion, tmp_path):
    bad_address, bad = serve(tiny_fashion.archives, behavior, misbehaves=1)
    good_address, good = serve(tiny_fashion.archives)
    fetch(lookup("fashion_mnist"), tmp_path, [bad_address, good_address], 3 if behavior in SLOW else STALL_S)
    assert everything_in(tmp_path) == tiny_fashion.contents
    assert bad.asked == list(tiny_fashion.archives), "it comes first again for the next file"
    assert good.asked == ["train-images-idx3-ubyte.gz"]


@pytest.mark.parametrize(("behavior", "reason"), BAD.items())
def test_nothing_stays_when_the_only_mirror(behavior, reason, serve, tiny_fashion, tmp_path, until, request):
    if behavior == "trickles":
        request.getfixturevalue("fast_clock")
    address, mirror = serve(tiny_fashion.archives, behavior)
    with pytest.raises(DataError, match=reason) as error:
        fetch(lookup("fashion_mnist"), tmp_path, [address], 0.5 if behavior in SLOW[:2] else STALL_S)
    assert list(tmp_path.iterdir()) == []
    until(lambda: mirror.asked)  # one that is given up at once may hear of it later
    assert len(mirror.asked) == 1, "one file that cannot be had ends it"
    for word in ("Fashion-MNIST", "train-images-idx3-ubyte.gz", "127.0.0.1", "NNLABS_DATA", "--data.name digits"):
        assert word in str(error.value)


def test_break_in_the_last_archive_leaves_nothing_of_the_others(serve, tiny_fashion, tmp_path):
    files = dict(tiny_fashion.archives)
    del files["t10k-labels-idx1-ubyte.gz"]
    address, _ = serve(files)
    with pytest.raises(DataError, match=r"t10k-labels-idx1-ubyte.gz.*404"):
        fetch(lookup("fashion_mnist"), tmp_path, [address])
    assert list(tmp_path.iterdir()) == []


def test_cifar10_is_fetched_and_unpacked(serve, tiny_cifar, tmp_path):
    address, _ = serve(tiny_cifar.archives)
    fetch(lookup("cifar10"), tmp_path, [address])
    assert everything_in(tmp_path) == tiny_cifar.contents


def test_all_mirrors_together_keep_within_the_time_given(serve, tiny_fashion, fast_clock, tmp_path):
    served = [serve(tiny_fashion.archives, behavior) for behavior in ("trickles", "is silent", "stalls")]
    with pytest.raises(DataError, match=r"127\.0\.0\.1 took longer.*want of time"):
        fetch(lookup("fashion_mnist"), tmp_path, [address for address, _ in served], stall_s=60, wait_s=20)
    assert [len(mirror.asked) for _, mirror in served] == [1, 0, 0]


def test_without_a_network_nobody_waits_for_a_name_to_be_found(tiny_fashion, tmp_path, monkeypatch):
    over, look_up = threading.Event(), socket.getaddrinfo

    def endless(host: str, *more: Any) -> Any:
        if host == "nowhere.invalid":  # a resolver may try for half a minute, whatever the timeout of the socket
            over.wait()
        return look_up(host, *more)

    monkeypatch.setattr(socket, "getaddrinfo", endless)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        refused = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        with pytest.raises(DataError, match=r"nowhere\.invalid stalled"):
            fetch(lookup("fashion_mnist"), tmp_path, [refused, "http://nowhere.invalid/"], stall_s=0.5)
    over.set()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("classroom/share", "unknown url type"),
        ("http://[::1", r"http://\[::1/train-images-idx3-ubyte\.gz failed \(Invalid IPv6 URL\)"),
        ("http:///share", "no host given"),
        ("http://a:b/", r"a failed \(nonnumeric port: 'b'\)"),
    ],
)
def test_mirror_that_is_no_address_is_reported(address, words, tiny_fashion, tmp_path):
    with pytest.raises(DataError, match=words):
        fetch(lookup("fashion_mnist"), tmp_path, [address])


def test_environment_names_mirrors_and_folders_will_do(tiny_fashion, tmp_path, monkeypatch):
    share = tmp_path / "classroom share"
    share.mkdir()
    for name, content in tiny_fashion.archives.items():
        (share / name).write_bytes(content)
    monkeypatch.setenv("NNLABS_MIRRORS", f"http://127.0.0.1:9/ {share.as_uri()}")
    fetch(lookup("fashion_mnist"), tmp_path / "data")
    assert everything_in(tmp_path / "data") == tiny_fashion.contents


def test_archives_already_in_the_data_root_need_no_network(tiny_fashion, tmp_path, monkeypatch):
    raw = tmp_path / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for name, content in tiny_fashion.archives.items():
        (raw / name).write_bytes(content)
    monkeypatch.setenv("NNLABS_MIRRORS", "http://127.0.0.1:9/")
    ensure(lookup("fashion_mnist"), tmp_path)
    own = {f"FashionMNIST/raw/{name}": content for name, content in tiny_fashion.archives.items()}
    assert everything_in(tmp_path) == tiny_fashion.contents | own


def test_damaged_set_is_repaired_and_a_users_other_files_stay(serve, tiny_fashion, tmp_path):
    tiny_fashion.put(tmp_path)
    (tmp_path / "FashionMNIST/raw/train-images-idx3-ubyte").write_bytes(b"cut")
    (tmp_path / "FashionMNIST/raw/t10k-images-idx3-ubyte").unlink()
    (tmp_path / "FashionMNIST/notes.txt").write_text("mine")
    fetch(lookup("fashion_mnist"), tmp_path, [serve(tiny_fashion.archives)[0]])
    assert everything_in(tmp_path) == tiny_fashion.contents | {"FashionMNIST/notes.txt": b"mine"}


def test_two_at_once_do_not_disturb_each_other(serve, tiny_fashion, tmp_path):
    address, _ = serve(tiny_fashion.archives)
    together = threading.Barrier(3)

    def one(_: int) -> None:
        together.wait()
        fetch(lookup("fashion_mnist"), tmp_path, [address])

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(one, range(3)))
    assert everything_in(tmp_path) == tiny_fashion.contents


def test_ctrl_c_in_the_middle_leaves_nothing(serve, tiny_fashion, tmp_path):
    address, _ = serve(tiny_fashion.archives, "is pressed Ctrl-C upon")
    with pytest.raises(KeyboardInterrupt):
        fetch(lookup("fashion_mnist"), tmp_path, [address])
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_swept_after_a_day(serve, tiny_fashion, tmp_path):
    old, new = tmp_path / ".fashion_mnist.old.part", tmp_path / ".fashion_mnist.new.part"
    old.mkdir()
    new.mkdir()
    os.utime(old, (time.time() - 100_000,) * 2)
    fetch(lookup("fashion_mnist"), tmp_path, [serve(tiny_fashion.archives)[0]])
    assert not old.exists()
    assert new.exists(), "it may belong to a process that is still downloading"


def test_data_root_that_cannot_be_written_is_a_sentence(tiny_fashion, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"cannot write .*file.*choose another folder"):
        fetch(lookup("fashion_mnist"), tmp_path / "file" / "data", ["http://127.0.0.1:9/"])


def test_disk_that_takes_no_more_is_not_blamed_on_the_mirror(serve, tiny_fashion, tmp_path):
    resource = pytest.importorskip("resource", reason="Windows has no limits on file sizes")
    address, mirror = serve(tiny_fashion.archives)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(RunError, match="cannot write"):
            fetch(lookup("fashion_mnist"), tmp_path, [address, address])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert len(mirror.asked) == 1
    assert list(tmp_path.iterdir()) == []


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _alter(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


@pytest.mark.parametrize(
    ("damage", "words"), [(_cut, "bytes instead of"), (_alter, "sha256"), (Path.unlink, "is missing")]
)
def test_damaged_file_is_named_with_what_to_do(damage, words, tiny_fashion, tmp_path):
    tiny_fashion.put(tmp_path)
    path = tmp_path / "FashionMNIST/raw/t10k-labels-idx1-ubyte"
    damage(path)
    with pytest.raises(DataError, match=f"{path}.*{words}.*nnlabs data get fashion_mnist"):
        ensure(lookup("fashion_mnist"), tmp_path)


def test_undamaged_set_is_left_alone(tiny_fashion, tmp_path, monkeypatch):
    monkeypatch.setenv("NNLABS_MIRRORS", "http://127.0.0.1:9/")
    tiny_fashion.put(tmp_path)
    ensure(lookup("fashion_mnist"), tmp_path)
    assert everything_in(tmp_path) == tiny_fashion.contents


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["fashion_mnist", "cifar10"])
def test_installed_files_are_the_published_ones(name):
    download = lookup(name).download
    assert download is not None
    assert damages(download, data_root()) == []
    assert sum(file.size for file in download.files) > 50_000_000


@pytest.mark.real_data
def test_real_fashion_mnist_comes_whole_over_http(serve, tmp_path):
    raw = data_root() / "FashionMNIST" / "raw"
    download = lookup("fashion_mnist").download
    assert download is not None
    address, _ = serve({Path(file.path).name: (raw / Path(file.path).name).read_bytes() for file in download.archives})
    fetch(lookup("fashion_mnist"), tmp_path, [address])
    assert damages(download, tmp_path) == []


def test_a_proxy_is_named_and_a_folder_is_a_mirror(tiny_fashion, tmp_path, monkeypatch):
    share = tmp_path / "the share"
    share.mkdir()
    for name, content in tiny_fashion.archives.items():
        (share / name).write_bytes(content)
    monkeypatch.setenv("NNLABS_MIRRORS", str(share))
    fetch(lookup("fashion_mnist"), tmp_path / "data")
    assert everything_in(tmp_path / "data") == tiny_fashion.contents
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with pytest.raises(
        DataError,
        match=r"mirror\.invalid failed .* through the proxy http://127\.0\.0\.1:9, which NO_PROXY=mirror\.invalid",
    ):
        fetch(lookup("fashion_mnist"), tmp_path / "other", ["http://mirror.invalid/"])
