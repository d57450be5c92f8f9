from __future__ import annotations

import json
import re
import socket
from http.client import HTTPConnection
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlabs.playground.server import PlaygroundServer

OPEN = json.dumps({"type": "open", "settings": {"n": 20, "layers": []}})
JSON = {"Content-Type": "application/json"}


def request(
    server: PlaygroundServer, method: str, path: str, body: Any = None, **headers: str
) -> tuple[int, bytes, Any]:
    """Status, body and headers of an answer; headers are given with _ for -."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=300)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    answer = response.status, response.read(), response.headers
    connection.close()
    return answer


def test_the_page_is_one_response_that_needs_nothing_more(server):
    status, body, headers = request(server, "GET", "/")
    page = body.decode()
    assert status == 200
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert not re.findall(r"""(?:src|href)=["'](?!data:)""", page)
    assert "https://" not in page
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert len(body) < 200_000


def test_a_message_is_answered(server):
    status, body, _ = request(server, "POST", "/ask", OPEN, **JSON)
    assert status == 200
    assert json.loads(body)["frame"]["step"] == 0


def test_it_listens_on_the_loopback_address_only(server):
    assert server.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize(
    "path",
    ["/../../etc/passwd", "/static/style.css", "//etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/ask", "/.git/config"],
)
def test_no_path_on_disk_is_served(server, path):
    status, body, _ = request(server, "GET", path)
    assert status == 404
    assert json.loads(body) == {"error": "there is one page here, at /"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Host": "evil.example:8777"}, 403),
        ({"Host": "127.0.0.1"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://127.0.0.1"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Content_Type": "text/plain"}, 415),
        ({"Transfer_Encoding": "chunked"}, 411),
    ],
)
def test_what_another_page_can_send_is_refused(server, headers, status):
    before = len(server.engine.sessions)
    answer, body, _ = request(server, "POST", "/ask", OPEN, **({"Content_Type": "application/json"} | headers))
    assert answer == status
    assert "error" in json.loads(body)
    assert len(server.engine.sessions) == before


def test_its_own_page_is_answered_under_both_of_its_names(server):
    for host in server.hosts:
        headers = {"Host": host, "Origin": f"http://{host}", "Sec_Fetch_Site": "same-origin"}
        assert request(server, "POST", "/ask", OPEN, Content_Type="application/json", **headers)[0] == 200
    # browsers leave out the port that is meant anyway
    assert type(server).hosts.fget(SimpleNamespace(port=80)) == ("127.0.0.1", "localhost")
    # a link on a teacher's page leads here
    assert request(server, "GET", "/", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate")[0] == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "HEAD"])
def test_other_methods_are_refused(server, method):
    assert request(server, method, "/")[0] == 405


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 400),
        (b"\xff\xfe", {}, 400),
        (b"[" * 100_000, {}, 400),
        (b"1" * 10_000, {}, 400),
        (b"[]", {}, 400),
        (b"{}", {"Content_Length": "-1"}, 411),
        (b"{}", {"Content_Length": "two"}, 411),
        (b"{}", {"Content_Length": "99999999999999"}, 413),
        (b" " * 400_001, {}, 413),
        (b'{"type":"run","session":"none"}', {}, 410),
        (b'{"type":"open","settings":{"lr":NaN}}', {}, 400),
        (b'{"type":"open","settings":{"data":"own","lr":7777}}', {}, 400),
        (b'{"type":"open","settings":{"data":"own"}}', {}, 422),
    ],
)
def test_broken_messages_are_refused_in_a_sentence(server, body, headers, status):
    try:
        answer, text, _ = request(server, "POST", "/ask", body, **({"Content_Type": "application/json"} | headers))
    except (BrokenPipeError, ConnectionResetError):
        assert status == 413  # refused before it was sent whole
        return
    assert answer == status
    assert len(json.loads(text)["error"]) > 10


def raw(server: PlaygroundServer, sent: bytes) -> bytes:
    """What the server says to these bytes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=300) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65536):
            answer += part
    return answer


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.binary(max_size=200), st.sampled_from(["POST", "GET", "PUT", "BREW"]), st.sampled_from(["/ask", "/", "/x", "*"])
)
def test_no_bytes_make_it_fail(server, body, method, path):
    head = f"{method} {path} HTTP/1.1\r\nHost: {server.hosts[0]}\r\nContent-Type: application/json\r\nConnection: close\r\n"
    answer = raw(server, f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    assert re.match(rb"HTTP/1.1 (200|4\d\d|501|505) ", answer)
    if method == "POST" and path == "/ask":
        assert answer.startswith(b"HTTP/1.1 400")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.binary(max_size=120))
def test_no_bytes_at_all_make_it_fail(server, sent):
    assert not re.match(rb"HTTP/1.1 500", raw(server, sent))
    assert request(server, "GET", "/")[0] == 200
