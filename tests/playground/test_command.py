from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import urllib.request
import webbrowser

import pytest

from nnlabs.cli import main
from nnlabs.playground.command import serve


@pytest.mark.slow
def test_the_command_says_where_the_page_is_serves_it_and_ends_with_ctrl_c():
    command = [sys.executable, "-m", "nnlabs", "playground", "--port", "0", "--no_browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        line = process.stdout.readline()
        found = re.fullmatch(
            r"The playground is at (http://127\.0\.0\.1:\d+/), for this machine only\. Ctrl-C ends it\.\n", line
        )
        assert found, line
        with urllib.request.urlopen(found[1], timeout=300) as page:
            assert b"<title>nnlabs playground</title>" in page.read()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=300) == 0
        assert process.stderr.read() == ""
        assert process.stdout.read() == "\nThe playground is closed.\n"


def test_a_browser_that_returns_only_when_it_is_closed_gets_its_page(monkeypatch):
    pages: list[bytes] = []

    def browse(address: str) -> None:
        try:
            with urllib.request.urlopen(address, timeout=30) as page:
                pages.append(page.read())
        finally:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(webbrowser, "open", browse)
    serve(0, browser=True)
    assert b"<title>nnlabs playground</title>" in pages[0]


def test_a_port_that_is_taken_is_told_so(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["playground", "--port", str(port), "--no_browser"]) == 2
    assert f"port {port} is taken; choose another one, or --port 0" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["-1", "65536"])
def test_a_port_that_cannot_be_is_told_so(port, capsys):
    assert main(["playground", "--no_browser", f"--port={port}"]) == 2
    assert "from 0 to 65535" in capsys.readouterr().err
