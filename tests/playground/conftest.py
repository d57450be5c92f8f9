from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from nnlabs.playground.server import PlaygroundServer


@pytest.fixture(scope="session")
def server() -> Iterator[PlaygroundServer]:
    """The playground, on a free port of this process."""
    with PlaygroundServer(0) as running:
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield running
        running.shutdown()
