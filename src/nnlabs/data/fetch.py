"""Download a published data set: mirror after mirror, checked, and put in place whole or not at all.

torch is imported only at the very end, when torchvision unpacks what was downloaded.
"""

from __future__ import annotations

import hashlib
import http.client
import math
import os
import shutil
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from tqdm import tqdm

from nnlabs.data.catalog import Download, Entry, File
from nnlabs.data.integrity import damages, is_absent
from nnlabs.errors import DataError
from nnlabs.files import readable_write_errors

# A mirror that is silent for this long, or slower than SLOWEST over such a time, is given up.
STALL_S = 15.0
SLOWEST = 1024  # bytes a second
CHUNK = 1 << 16
DAY_S = 86_400


class MirrorError(Exception):
    """One mirror did not give one file; says why."""


def ensure(entry: Entry, root: Path) -> None:
    """Have a published data set in place, as published: download it when it is missing, and check every file's sha256.

    Args:
        entry: a data set with a `download`.
        root: folder of the data sets.

    Raises:
        DataError: where it cannot be had, or where a file that is there is not the published one.
    """
    assert entry.download is not None
    if is_absent(entry.download, root):
        fetch(entry, root)
    elif damaged := damages(entry.download, root):
        raise DataError(
            f"{entry.title} is damaged: {'; '.join(damaged)}. "
            f"Fetch it anew with `nnlabs data get {entry.name}`, or choose another data root with --data.root"
        )


def fetch(
    entry: Entry,
    root: Path,
    mirrors: Sequence[str] | None = None,
    stall_s: float = STALL_S,
    wait_s: float = math.inf,
) -> None:
    """Download a data set, check it, and put it in place in one step.

    All happens in a hidden folder beside the place, which vanishes on every way out. Archives that lie in the data root
    already, because somebody copied them there, are used like a mirror.

    Args:
        entry: a data set with a `download`.
        root: folder of the data sets.
        mirrors: addresses of folders that hold the archives (http, https or file); default: those in the environment variable
            NNLABS_MIRRORS, separated by spaces, or the one folder that it names, else the catalog's.
        stall_s: seconds of silence after which a mirror is given up.
        wait_s: seconds that all of it may take.

    Raises:
        DataError: no mirror gave all files in time; says what was tried and what to do.
        RunError: the data root cannot be written.
    """
    download, deadline = entry.download, time.monotonic() + wait_s
    assert download is not None
    bases = mirrors or _own_mirrors() or download.mirrors
    with readable_write_errors(root), _staging(root, entry.name) as staging:
        for archive in download.archives:
            local = root / archive.path
            urls = [local.as_uri()] if local.is_file() else []
            urls += [f"{base.rstrip('/')}/{local.name}" for base in bases]
            try:
                _from_any_mirror(archive, urls, staging, stall_s, deadline)
            except MirrorError as error:
                raise DataError(f"{entry.title} could not be downloaded: {error}. {_advice(entry)}") from error
        _unpack(entry, staging)
        _put_in_place(download, staging, root)


def _own_mirrors() -> list[str]:
    """The addresses in NNLABS_MIRRORS; a folder's path, which may have blanks in it, is one, too."""
    named = os.environ.get("NNLABS_MIRRORS", "")
    words = [named] if Path(named).is_dir() and named else named.split()
    return [word if "://" in word else Path(word).absolute().as_uri() for word in words]


def _advice(entry: Entry) -> str:
    return (
        f"Try `nnlabs data get {entry.name}` later, point --data.root or NNLABS_DATA at a folder that holds {entry.title}, "
        "name a mirror of your own in NNLABS_MIRRORS, or use --data.name digits or mnist1d, which need no network"
    )


@contextmanager
def _staging(root: Path, name: str) -> Iterator[Path]:
    root.mkdir(parents=True, exist_ok=True)
    for left_over in root.glob(f".{name}.*.part"):  # by a process that was killed
        if time.time() - left_over.stat().st_mtime > DAY_S:
            shutil.rmtree(left_over, ignore_errors=True)
    staging = Path(tempfile.mkdtemp(dir=root, prefix=f".{name}.", suffix=".part"))
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _from_any_mirror(file: File, urls: Sequence[str], staging: Path, stall_s: float, deadline: float) -> None:
    failures = []
    target = staging / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    for url in urls:
        try:
            with target.open("wb") as opened:
                _download(url, file, opened, stall_s, deadline)
            return
        except MirrorError as error:
            failures.append(f"{_host(url)} {error}{_proxy(url)}")
    raise MirrorError(f"{target.name}: {', '.join(failures)}")


def _host(url: str) -> str:
    """What a message calls a mirror: its host, or all of an address that has none or is none."""
    with suppress(ValueError):
        return urlsplit(url).hostname or url
    return url


def _proxy(url: str) -> str:
    """Through which proxy an address is asked, to be added to what failed; empty for none."""
    with suppress(ValueError):  # an address that is none
        where = urlsplit(url)
        proxy = urllib.request.getproxies().get(where.scheme)
        if proxy and not urllib.request.proxy_bypass(where.hostname or ""):
            return f", asked through the proxy {proxy}, which NO_PROXY={where.hostname} goes around"
    return ""


def _download(url: str, file: File, opened: IO[bytes], stall_s: float, deadline: float) -> None:
    """Write the file at `url` to `opened`; a MirrorError says why that failed, an OSError that writing did."""
    received, md5 = 0, hashlib.md5(usedforsecurity=False)
    bar = tqdm(desc=Path(file.path).name, total=file.size, unit="B", unit_scale=True, disable=None, leave=False)
    with bar:
        for chunk in _chunks(url, stall_s, deadline):
            opened.write(chunk)
            md5.update(chunk)
            bar.update(len(chunk))
            received += len(chunk)
            if received > file.size:
                break
    if received < file.size:
        raise MirrorError(f"broke off after {received:,} of {file.size:,} bytes")
    if md5.hexdigest() != file.digest:
        raise MirrorError("gave something else than the published file")


def _chunks(url: str, stall_s: float, deadline: float) -> Iterator[bytes]:
    try:
        with _open(url, min(stall_s, deadline - time.monotonic())) as response:
            since, count = time.monotonic(), 0
            while chunk := response.read1(CHUNK):
                yield chunk
                now, count = time.monotonic(), count + len(chunk)
                if now > deadline:
                    raise MirrorError("took longer than there was time")
                if now - since > stall_s:
                    if count < SLOWEST * stall_s:
                        raise MirrorError(f"gave only {count:,} bytes in {now - since:.0f} s")
                    since, count = now, 0
    except TimeoutError as error:
        raise MirrorError("stalled") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise MirrorError(f"failed ({error})") from error


def _open(url: str, timeout_s: float) -> Any:
    """Open `url` in a thread of its own: looking up a host name can take far longer than any timeout of a socket."""
    if timeout_s <= 0:
        raise MirrorError("was not tried for want of time")
    answer: Future[Any] = Future()

    def ask() -> None:
        try:
            request = urllib.request.Request(url, headers={"User-Agent": "nnlabs"})
            answer.set_result(urllib.request.urlopen(request, timeout=timeout_s))
        except Exception as error:  # handed on, whatever it is
            answer.set_exception(error)

    threading.Thread(target=ask, daemon=True).start()
    return answer.result(timeout_s)


def _unpack(entry: Entry, staging: Path) -> None:
    """Let torchvision's own class check the archives once more and unpack them."""
    from torchvision import datasets

    assert entry.download is not None
    getattr(datasets, entry.download.dataset_class)(staging, download=True)
    for archive in entry.download.archives:
        (staging / archive.path).unlink()
    if damaged := damages(entry.download, staging):
        raise DataError(f"{entry.title} was downloaded, but does not hold what was published: {'; '.join(damaged)}")


def _put_in_place(download: Download, staging: Path, root: Path) -> None:
    """Rename the folder into place; file by file where a folder stands there already: damaged, or by a quicker process."""
    try:
        (staging / download.folder).rename(root / download.folder)
    except OSError:
        for file in download.files:
            (root / file.path).parent.mkdir(parents=True, exist_ok=True)
            (staging / file.path).replace(root / file.path)
