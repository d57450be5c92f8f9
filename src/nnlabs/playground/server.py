"""The playground's web server: one page, and one place that answers the page's messages. For this machine only.

It is bound to the loopback address. Requests that another page, or another name for this machine (DNS rebinding), sends are refused
by their `Host`, `Origin` and `Sec-Fetch-Site`; messages must be JSON, which a page of another origin cannot send without asking
first, and is not answered. No path on disk is ever looked at.
"""

from __future__ import annotations

import json
import os
import socketserver
import sys
from http.server import BaseHTTPRequestHandler
from typing import Any, NoReturn

from nnlabs.errors import DataError, UserError
from nnlabs.playground.engine import BusyError, Engine, SessionError
from nnlabs.playground.page import Page

MOST_BYTES = 400_000
LOOPBACK = "127.0.0.1"
# Of what the engine does not take; 400 for a message that is wrong, 422 where only its data, which may be drawn by hand, are.
STATUS: dict[type[UserError], int] = {SessionError: 410, BusyError: 503, DataError: 422}


class RefusedError(UserError):
    """A request that is refused.

    Args:
        status: of HTTP.
        message: the sentence.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class PlaygroundServer(socketserver.ThreadingTCPServer):
    """Serves the page and its messages on the loopback address.

    Args:
        port: where; 0 for a free one.

    Raises:
        OSError: when the port is taken.
    """

    daemon_threads = True
    allow_reuse_address = os.name == "posix"

    def __init__(self, port: int) -> None:
        self.engine, self.page = Engine(), Page()
        super().__init__((LOOPBACK, port), Handler)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    @property
    def hosts(self) -> tuple[str, str]:
        """The names under which it may be asked."""
        port = "" if self.port == 80 else f":{self.port}"  # browsers leave out the port that is meant anyway
        return f"{LOOPBACK}{port}", f"localhost{port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up is no error worth a traceback; anything else is a bug, and shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """Answers one connection, which may carry many requests."""

    server: PlaygroundServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "nnlabs", ""
    timeout = 60
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """The page."""
        self._answer(self._get)

    def do_POST(self) -> None:
        """A message."""
        self._answer(self._post)

    def _other_method(self) -> None:
        self._answer(self._refuse_method)

    do_HEAD = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_TRACE = do_CONNECT = _other_method  # noqa: N815

    def _answer(self, make: Any) -> None:
        """Send what `make` returns, or say in a sentence why not."""
        try:
            self._check_sender()
            kind, body = make()
            self._send(200, kind, body)
        except RefusedError as error:
            self.close_connection = True  # what the client still sends is not read
            self._send(error.status, "application/json", _json({"error": str(error)}))
        except UserError as error:
            status = next((status for kind, status in STATUS.items() if isinstance(error, kind)), 400)
            self._send(status, "application/json", _json({"error": str(error)}))

    def _check_sender(self) -> None:
        hosts, origin = self.server.hosts, self.headers.get("Origin")
        if self.headers.get_all("Host") not in ([hosts[0]], [hosts[1]]):
            raise RefusedError(403, f"this server answers to http://{hosts[0]} only")
        if origin is not None and origin not in [f"http://{host}" for host in hosts]:
            raise RefusedError(403, "this server answers to its own page only")

    def _get(self) -> tuple[str, bytes]:
        if self.path.partition("?")[0] != "/":
            raise RefusedError(404, "there is one page here, at /")
        return "text/html; charset=utf-8", self.server.page.body

    def _post(self) -> tuple[str, bytes]:
        if self.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise RefusedError(403, "this server answers to its own page only")
        if self.path != "/ask":
            raise RefusedError(404, "messages go to /ask")
        if self.headers.get_content_type() != "application/json":
            raise RefusedError(415, "a message must be JSON")
        return "application/json", _json(self.server.engine.ask(self._read_message()))

    def _refuse_method(self) -> NoReturn:
        raise RefusedError(405, "this server answers GET / and POST /ask")

    def _read_message(self) -> object:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or "Transfer-Encoding" in self.headers:
            raise RefusedError(411, "a message must state its length")
        if len(length) > 9 or int(length) > MOST_BYTES:
            raise RefusedError(413, f"a message must have at most {MOST_BYTES:,} bytes")
        try:
            return json.loads(self.rfile.read(int(length)).decode())
        except (ValueError, RecursionError) as error:
            raise RefusedError(400, "a message must be JSON") from error

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in self.server.page.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: dozens of messages a second."""


def _json(value: object) -> bytes:
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()
