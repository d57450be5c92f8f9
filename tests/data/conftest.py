from __future__ import annotations

import gzip
import hashlib
import io
import os
import pickle
import signal
import struct
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from nnlabs.data import catalog as catalog
from nnlabs.data.catalog import File

END_OF_TEST = 20.0


@dataclass
class Mirror:
    """A real HTTP server on this machine that serves some files, and misbehaves as told."""

    files: dict[str, bytes]
    behavior: str
    misbehaves: int = 1_000
    asked: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        name = handler.path.rpartition("/")[2]
        self.asked.append(name)
        content = self.files.get(name)
        if len(self.asked) > self.misbehaves:
            self.behavior = "serves"
        if self.behavior == "is silent":
            self.over.wait(END_OF_TEST)
            return
        if content is None or self.behavior == "answers 403":
            handler.send_error(404 if content is None else 403)
            return
        if self.behavior == "serves wrong bytes":
            content = content[:-1] + bytes([content[-1] ^ 1])
        if self.behavior == "serves a page instead":
            content = b"<html>Please log in to the network of this cafe.</html>"
        if self.behavior == "serves too much":
            content += b"more"
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        self._body(handler, content)

    def _body(self, handler: BaseHTTPRequestHandler, content: bytes) -> None:
        half = content[: len(content) // 2]
        match self.behavior:
            case "breaks off":
                handler.wfile.write(half)
            case "stalls":
                handler.wfile.write(half)
                self.over.wait(END_OF_TEST)
            case "is pressed Ctrl-C upon":
                handler.wfile.write(half)
                os.kill(os.getpid(), signal.SIGINT)
                self.over.wait(END_OF_TEST)
            case "trickles":
                for byte in content[: int(END_OF_TEST / 0.05)]:
                    handler.wfile.write(bytes([byte]))
                    if self.over.wait(0.05):
                        break
            case _:
                handler.wfile.write(content)


@pytest.fixture
def serve() -> Iterator[Callable[..., tuple[str, Mirror]]]:
    """Start servers: `serve(files, behavior)` gives the address and the mirror behind it."""
    started: list[tuple[ThreadingHTTPServer, Mirror]] = []

    def start(files: dict[str, bytes], behavior: str = "serves", misbehaves: int = 1_000) -> tuple[str, Mirror]:
        mirror = Mirror(files, behavior, misbehaves)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with suppress(BrokenPipeError, ConnectionResetError):  # the client has had enough
                    mirror.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        started.append((server, mirror))
        return f"http://127.0.0.1:{server.server_port}/files/", mirror

    yield start
    for server, mirror in started:
        mirror.over.set()
        server.shutdown()
        server.server_close()


def _idx(values: np.ndarray) -> bytes:
    return struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape) + values.tobytes()


@dataclass
class Published:
    """A tiny data set in the published format: its name, its archives, and what they hold."""

    name: str
    archives: dict[str, bytes]
    contents: dict[str, bytes]

    def put(self, root: Path) -> None:
        """Lay it out as an installed data set."""
        for path, content in self.contents.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)


def _enter(monkeypatch: pytest.MonkeyPatch, published: Published, archive_folder: str) -> None:
    """Make the catalog list the tiny set in place of the real one."""
    entry = catalog.IMAGE_SETS[published.name]
    archives = tuple(
        File(archive_folder + name, len(data), hashlib.md5(data).hexdigest())
        for name, data in published.archives.items()
    )
    files = tuple(File(path, len(data), hashlib.sha256(data).hexdigest()) for path, data in published.contents.items())
    tiny = replace(entry, download=replace(entry.download, archives=archives, files=files))
    monkeypatch.setitem(catalog.IMAGE_SETS, published.name, tiny)


@pytest.fixture
def tiny_fashion(monkeypatch: pytest.MonkeyPatch) -> Published:
    """Fashion-MNIST with 100 training and 20 test images, published and read by torchvision's class as the real one is."""
    from torchvision.datasets import FashionMNIST

    random = np.random.RandomState(0)
    contents = {}
    for part, count in (("train", 100), ("t10k", 20)):
        pixels = random.randint(0, 256, (count, 28, 28)).astype(np.uint8)
        contents[f"FashionMNIST/raw/{part}-images-idx3-ubyte"] = _idx(pixels)
        contents[f"FashionMNIST/raw/{part}-labels-idx1-ubyte"] = _idx((np.arange(count) % 10).astype(np.uint8))
    archives = {f"{Path(path).name}.gz": gzip.compress(data, mtime=0) for path, data in contents.items()}
    resources = [(name, hashlib.md5(data).hexdigest()) for name, data in archives.items()]
    monkeypatch.setattr(FashionMNIST, "resources", resources)
    published = Published("fashion_mnist", archives, contents)
    _enter(monkeypatch, published, "FashionMNIST/raw/")
    return published


@pytest.fixture
def tiny_cifar(monkeypatch: pytest.MonkeyPatch) -> Published:
    """CIFAR-10 with 20 images in each of its six files."""
    from torchvision.datasets import CIFAR10

    random = np.random.RandomState(0)
    names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
    contents = {
        f"cifar-10-batches-py/{name}": pickle.dumps(
            {
                "data": random.randint(0, 256, (20, 3072)).astype(np.uint8),
                "labels": [number % 10 for number in range(20)],
            }
        )
        for name in names
    }
    classes = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    contents["cifar-10-batches-py/batches.meta"] = pickle.dumps({"label_names": classes})
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for path, data in contents.items():
            member = tarfile.TarInfo(path)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    md5s = {Path(path).name: hashlib.md5(data).hexdigest() for path, data in contents.items()}
    monkeypatch.setattr(CIFAR10, "train_list", [[name, md5s[name]] for name in names[:5]])
    monkeypatch.setattr(CIFAR10, "test_list", [["test_batch", md5s["test_batch"]]])
    monkeypatch.setattr(CIFAR10, "meta", {**CIFAR10.meta, "md5": md5s["batches.meta"]})
    monkeypatch.setattr(CIFAR10, "tgz_md5", hashlib.md5(packed.getvalue()).hexdigest())
    published = Published("cifar10", {"cifar-10-python.tar.gz": packed.getvalue()}, contents)
    _enter(monkeypatch, published, "")
    return published
