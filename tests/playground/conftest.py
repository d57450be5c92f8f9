from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from nnlabs.playground.engine import Engine
from nnlabs.playground.server import PlaygroundServer
from tests.playground.page import QUICK, settled


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture(scope="session")
def server() -> Iterator[PlaygroundServer]:
    """The playground, on a free port of this process."""
    with PlaygroundServer(0) as running:
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture(scope="module")
def tab(browser: Any, server: Any) -> Iterator[Any]:
    """A tab for all tests; whatever it complains about, fails at, or asks from outside is in `tab.troubles`."""
    context = browser.new_context(viewport={"width": 1366, "height": 860}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.troubles = []
    page.address = f"http://127.0.0.1:{server.port}/"
    page.on("console", lambda message: page.troubles.append(message.text))
    page.on("pageerror", lambda error: page.troubles.append(str(error)))
    inside = (page.address, "data:", "blob:")
    page.on("request", lambda asked: asked.url.startswith(inside) or page.troubles.append(asked.url))
    yield page
    context.close()


@pytest.fixture
def show(tab: Any) -> Iterator[Any]:
    """Opens the page with a state; at the end nothing must have gone wrong."""
    tab.troubles.clear()
    tab.set_viewport_size({"width": 1366, "height": 860})

    def start(state: str = QUICK) -> Any:
        tab.goto("about:blank")
        tab.goto(f"{tab.address}#{state}")
        settled(tab)
        return tab

    yield start
    assert tab.troubles == []
