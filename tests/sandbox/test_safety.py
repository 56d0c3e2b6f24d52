"""No way in for web pages, nothing lost on a full disk, and bounds for all that callers can make the sandbox keep."""

from __future__ import annotations

import contextlib
import http.server
import os
import re
import resource
import socket
import sqlite3
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from abwire_sandbox import Sandbox, access, requestlog, serve, server
from abwire_sandbox.access import Tokens
from abwire_sandbox.errors import Refused
from abwire_sandbox.requestlog import Logged, RequestLog
from abwire_sandbox.server import TOKEN_VARIABLE
from abwire_sandbox.store import Store
from scripts.tools import sandbox_process
from tests.sandbox.callers import token
from tests.scripts.diff import browser
from tests.serving import serving

pytestmark = pytest.mark.usefixtures("no_proxies")

FAULT = {"kind": "status", "path": "/goals/*"}


def bearer(sandbox: Sandbox) -> dict[str, str]:
    form = {"grant_type": "client_credentials", "client_id": sandbox.client_id, "client_secret": sandbox.client_secret}
    access_token = httpx.post(f"{sandbox.kameleoon_url}/oauth/token", data=form).json()["access_token"]
    return {"Authorization": f"Bearer {access_token}"}


# --- no way in ---


@pytest.mark.parametrize("path", ["faults", "requests", "locks", "reset", "expire-tokens", "moons", ""])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_the_control_endpoints_want_their_token(sandbox: Sandbox, method: str, path: str) -> None:
    url = f"{sandbox.url}/_sandbox/{path}"
    for headers in ({}, {"Authorization": "Bearer guess"}, {"Authorization": sandbox.control_token}):
        response = httpx.request(method, url, headers=headers, json=FAULT if method == "POST" else None)

        assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert "$ABWIRE_SANDBOX_TOKEN" in response.json()["message"]
    assert len(sandbox.faults) == 0


def test_each_sandbox_has_a_token_of_its_own_unless_it_is_given_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve() as one, serve() as other:
        assert one.control_token != other.control_token
        assert len(one.control_token) >= 32
    monkeypatch.setenv(TOKEN_VARIABLE, "agreed")
    with serve() as sandbox:
        assert httpx.get(f"{sandbox.url}/_sandbox/faults", headers={"Authorization": "Bearer agreed"}).json() == []


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "localhost.evil.example", "", "[", "127.0.0.1.evil"]
)
@pytest.mark.parametrize("path", ["/_sandbox/requests", "/kameleoon/goals", "/convert/api/v1/projects/"])
def test_a_name_that_it_is_not_known_by_is_refused(sandbox: Sandbox, host: str, path: str) -> None:
    response = httpx.get(sandbox.url + path, headers={"Host": host, **token(sandbox)})

    assert response.status_code == 421
    assert "--allow-host" in response.json()["message"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]:80", "LOCALHOST:8080", "10.1.2.3"])
def test_addresses_and_localhost_are_names_of_it(sandbox: Sandbox, host: str) -> None:
    assert httpx.get(f"{sandbox.url}/_sandbox/faults", headers={"Host": host, **token(sandbox)}).status_code == 200


def test_it_may_be_given_other_names() -> None:
    with serve(hosts=["sandbox"]) as sandbox:
        url = f"{sandbox.url}/_sandbox/faults"
        assert httpx.get(url, headers={"Host": "sandbox:8080", **token(sandbox)}).status_code == 200
        assert httpx.get(url, headers={"Host": "other:8080", **token(sandbox)}).status_code == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["/_sandbox/faults", "/kameleoon/oauth/token"])
def test_requests_of_web_pages_are_refused(sandbox: Sandbox, headers: dict[str, str], path: str) -> None:
    response = httpx.post(sandbox.url + path, headers={**headers, **token(sandbox)}, json=FAULT)

    assert response.status_code == 403
    assert len(sandbox.faults) == 0
    assert len(sandbox.requests) == 0


class _Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>A page of somebody</title>")

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name is that of the base class
        pass


ATTACK = """
(async () => {{
  const url = {url!r}, said = [];
  const attempts = [
    ["/_sandbox/faults", {{method: "POST", mode: "no-cors", body: '{{"kind": "drop"}}'}}],
    ["/_sandbox/reset", {{method: "POST", mode: "no-cors"}}],
    ["/_sandbox/requests", {{}}],
    ["/_sandbox/faults", {{method: "POST", headers: {{Authorization: "Bearer {token}"}}, body: '{{"kind": "drop"}}'}}],
    ["/kameleoon/oauth/token", {{method: "POST", body: new URLSearchParams({form})}}],
  ];
  for (const [path, options] of attempts) {{
    try {{
      const response = await fetch(url + path, options);
      said.push(response.type == "opaque" ? "opaque" : await response.text());
    }} catch (error) {{ said.push("refused"); }}
  }}
  return said;
}})()
"""


@pytest.mark.skipif(browser.find() is None, reason="no Chromium on this machine; CHROMIUM may name one")
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_page_in_a_real_browser_changes_and_reads_nothing(sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    """Even one that has got hold of the token, from the same machine."""
    program = browser.find()
    assert program is not None
    sandbox.lock("goals", 30001)
    form = {"grant_type": "client_credentials", "client_id": sandbox.client_id, "client_secret": sandbox.client_secret}
    attack = ATTACK.format(url=sandbox.url.replace("127.0.0.1", name), token=sandbox.control_token, form=form)
    pages = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    with serving(pages), browser.running(program, tmp_path) as running, running.page() as tab:
        tab.open(f"http://127.0.0.1:{pages.server_port}/")
        said = tab.evaluate(attack)

    assert said == ["opaque", "opaque", "refused", "refused", "refused"]
    assert len(sandbox.faults) == 0
    assert len(sandbox.requests) == 0
    assert "goals:30001" in sandbox.dump()["kameleoon.locks"]


@pytest.mark.parametrize(
    ("host", "is_exposed"),
    [("0.0.0.0", True), ("127.0.0.1", False), ("localhost", False)],  # noqa: S104 - that is the point
)
def test_it_warns_loudly_when_other_machines_reach_it(host: str, is_exposed: bool) -> None:
    with sandbox_process.running("--host", host, stderr=subprocess.PIPE) as sandbox:
        sandbox.process.terminate()
        _, errors = sandbox.process.communicate()

    assert ("*** WARNING: 0.0.0.0" in errors) is is_exposed


# --- nothing lost, and nothing that was not acknowledged ---


def goals(sandbox: Sandbox | sandbox_process.Running, headers: dict[str, str]) -> set[int]:
    """The identifiers of all goals, page by page."""
    found: set[int] = set()
    url = f"{sandbox.environment['KAMELEOON_BASE_URL']}/goals"
    for page in range(1, 1000):
        items = httpx.get(url, params={"page": page}, headers=headers).json()
        if not items:
            break
        found |= {item["id"] for item in items}
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="a process whose files may not grow is a matter of Linux")
def test_on_a_full_disk_what_is_not_acknowledged_is_not_there(tmp_path: Path) -> None:
    state = tmp_path / "state.sqlite"
    with sandbox_process.running("--state", str(state), "--no-rate-limits") as first:
        first.process.terminate()
        first.process.wait(10)
    most = state.stat().st_size + 200_000
    full: dict[str, Any] = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))}
    made: set[int] = set()
    failed = 0
    with sandbox_process.running("--state", str(state), "--no-rate-limits", **full) as sandbox:
        base = sandbox.environment["KAMELEOON_BASE_URL"]
        form = {
            "grant_type": "client_credentials",
            "client_id": sandbox.environment["KAMELEOON_CLIENT_ID"],
            "client_secret": sandbox.environment["KAMELEOON_CLIENT_SECRET"],
        }
        headers = {"Authorization": f"Bearer {httpx.post(f'{base}/oauth/token', data=form).json()['access_token']}"}
        body = {"name": "x" * 20_000, "siteId": 21001, "type": "CUSTOM", "hasMultipleConversions": False}
        while failed < 20:
            response = httpx.post(f"{base}/goals", json=body, headers=headers)
            if response.status_code == 200:
                made.add(response.json()["id"])
                continue
            failed += 1
            assert response.status_code == 503
            assert "the state file cannot be written, and nothing was changed" in response.json()["message"]
        listed = goals(sandbox, headers)
    with sandbox_process.running("--state", str(state), "--no-rate-limits") as sandbox:
        base = sandbox.environment["KAMELEOON_BASE_URL"]
        headers = {"Authorization": f"Bearer {httpx.post(f'{base}/oauth/token', data=form).json()['access_token']}"}
        kept = goals(sandbox, headers)

    assert made
    assert listed == kept
    assert made <= listed
    assert len(listed) == len(made) + 52


def test_a_rollback_restores_memory_as_it_was(tmp_path: Path) -> None:
    for path in (None, tmp_path / "state.sqlite"):
        store = Store(path)
        for number in (1, 2, 3):
            store.put("things", number, {"id": number})
        store.set_number("seen", 3)
        store.commit()
        before = store.dump()

        store.remove("things", 1)
        store.put("things", 2, {"id": 2, "name": "new"})
        store.put("things", 4, {"id": 4})
        store.put("others", 1, {"id": 1})
        assert store.next_number("seen") == 4
        store.rollback()
        assert [list(items) for items in store.dump().values() if items] == [["1", "2", "3"]]
        assert store.dump()["things"] == before["things"]
        assert store.number("seen") == 3

        store.clear()
        store.put("things", 9, {"id": 9})
        store.rollback()
        assert store.dump()["things"] == before["things"]
        store.close()


DAMAGE: list[tuple[Callable[[sqlite3.Connection], object], str]] = [
    (lambda database: database.execute("UPDATE item SET body = 'x' WHERE position = 5"), "in it is not a JSON object"),
    (lambda database: database.execute("UPDATE item SET body = '[]' WHERE position = 5"), "in it is not a JSON object"),
    (lambda database: database.execute("PRAGMA user_version = 1"), "another version of abwire has made it"),
    (lambda database: database.execute("DELETE FROM number"), "it does not say its seed"),
    (lambda database: database.execute("ALTER TABLE item DROP COLUMN body"), "cannot be used: no such column: body"),
]


@pytest.mark.parametrize(("damage", "said"), DAMAGE)
def test_a_state_that_is_damaged_is_refused_with_a_message(
    tmp_path: Path, damage: Callable[[sqlite3.Connection], object], said: str
) -> None:
    state = tmp_path / "state.sqlite"
    with serve(state=state):
        pass
    with contextlib.closing(sqlite3.connect(state)) as database:
        damage(database)
        database.commit()

    with pytest.raises(ValueError, match=re.escape(said)) as raised, serve(state=state):
        pass
    assert str(state) in str(raised.value)


def test_a_folder_is_not_a_state(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"cannot be used: .* \(it is a folder\)"), serve(state=tmp_path):
        pass


# --- bounds ---


@contextlib.contextmanager
def connected(sandbox: Sandbox) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", sandbox.port), 20) as connection:
        yield connection


def test_nothing_is_read_from_callers_who_are_not_known(sandbox: Sandbox) -> None:
    """The answer comes while the body has not."""
    head = f"POST /kameleoon/goals HTTP/1.1\r\nHost: 127.0.0.1:{sandbox.port}\r\nContent-Length: 1000000\r\n\r\n"
    with connected(sandbox) as connection:
        connection.sendall(head.encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 401 ")


def test_a_signed_body_is_not_read_for_another_application(sandbox: Sandbox) -> None:
    head = (
        f"POST /convert/api/v1/goals/10010 HTTP/1.1\r\nHost: 127.0.0.1:{sandbox.port}\r\nContent-Length: 1000000\r\n"
        f"Convert-Application-ID: other\r\nExpires: {time.time() + 9:.0f}\r\n"
        "Authorization: Convert-HMAC-SHA256 Signature=x\r\n\r\n"
    )
    with connected(sandbox) as connection:
        connection.sendall(head.encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 401 ")


def test_a_body_that_is_too_long_is_refused_before_and_while_it_is_read(sandbox: Sandbox) -> None:
    headers = "".join(f"{name}: {value}\r\n" for name, value in bearer(sandbox).items())
    head = f"POST /kameleoon/goals HTTP/1.1\r\nHost: 127.0.0.1:{sandbox.port}\r\n{headers}"
    with connected(sandbox) as connection:
        connection.sendall(f"{head}Content-Length: 999999999999\r\n\r\n".encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 413 ")

    with connected(sandbox) as connection:
        connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
        with contextlib.suppress(OSError):
            for _ in range(40):
                connection.sendall(chunk)
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(1000).startswith(b"HTTP/1.1 413 ")
    assert all(len(entry.body) < 1000 for entry in sandbox.requests)


def test_a_token_request_is_short(sandbox: Sandbox) -> None:
    response = httpx.post(f"{sandbox.kameleoon_url}/oauth/token", data={"client_id": "x" * 100_000})
    assert response.status_code == 413


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"POST /kameleoon/goals HTTP/1.1\r\nHost: 127",
        b"POST /kameleoon/oauth/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n\r\ngrant",
        b"GET /kameleoon/moons HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /kame",
    ],
)
def test_a_request_that_does_not_arrive_ends_its_connection(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(server, "_REQUEST", 0.3)
    with serve() as sandbox, connected(sandbox) as connection:
        connection.sendall(sent)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(10_000):
                answer += part

    assert answer.startswith(b"HTTP/1.1 401 ") == sent.startswith(b"GET")


def test_slow_requests_and_idle_connections_are_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_REQUEST", 0.3)
    with serve() as sandbox, httpx.Client() as client:
        headers = bearer(sandbox)
        sandbox.faults.add("latency", seconds=0.6, path="/goals/30001")
        assert client.get(f"{sandbox.kameleoon_url}/goals/30001", headers=headers).status_code == 200
        time.sleep(0.6)
        assert client.get(f"{sandbox.kameleoon_url}/goals/30002", headers=headers).status_code == 200
        assert len(sandbox._app.requests) == 3


def test_the_table_of_tokens_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "_MOST_TOKENS", 3)
    now = 0.0
    tokens = Tokens("id", "secret", 10.0, lambda: now)
    body = b"grant_type=client_credentials&client_id=id&client_secret=secret"

    def give() -> str:
        return f"Bearer {tokens.give('application/x-www-form-urlencoded', body)['access_token']}"

    given = [give() for _ in range(5)]
    for header in given[2:]:
        tokens.check(header)
    for header in given[:2]:
        with pytest.raises(Refused, match="is not known here"):
            tokens.check(header)
    now = 21.0
    last = give()
    assert len(tokens._ends) == 1
    tokens.check(last)


def test_callers_are_counted_up_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "_MOST_CALLERS", 3)
    limits = access.RateLimits([(1, 60.0)], lambda: 0.0)
    for number in range(10):
        limits.count(str(number))
    assert len(limits._calls) == 3
    with pytest.raises(Refused):
        limits.count("9")


def test_the_request_log_keeps_so_many_requests_and_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("_KEPT", 5), ("_KEPT_BYTES", 1000), ("_KEPT_BODY", 400)):
        monkeypatch.setattr(requestlog, name, value)
    log = RequestLog()
    for number in range(9):
        entry = Logged("kameleoon", "GET", f"/{number}")
        log.add(entry)
        log.keep_body(entry, b"x" * 1000)
        assert len(entry.body) == 400
    assert [entry.path for entry in log] == ["/7", "/8"]
    for number in range(9):
        log.add(Logged("kameleoon", "GET", f"/{number}"))
    assert len(log) == 5
    log.clear()
    assert len(log) == 0


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 32, 8, 2, 0, 0, 0)), (64, 32)),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">II", 2**32 - 1, 1)), (None, None)),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">II", 0, 1)), (None, None)),
        (b"GIF89a" + struct.pack("<HH", 7, 9), (7, 9)),
        (b"\x89PNG\r\n\x1a\n", (None, None)),
    ],
)
def test_what_the_head_of_an_image_says_is_believed_within_reason(
    sandbox: Sandbox, content: bytes, size: tuple[int | None, int | None]
) -> None:
    url = f"{sandbox.kameleoon_url}/images/21001/uploadImage"
    image = httpx.post(url, headers=bearer(sandbox), files={"image-to-upload": ("a.png", content)}).json()

    assert (image.get("width"), image.get("height")) == size


@pytest.mark.parametrize("more", [{"note": "plain"}, {"note": "{"}, {"arg1": ""}])
def test_a_part_of_a_form_that_the_spec_does_not_know_is_ignored(sandbox: Sandbox, more: dict[str, str]) -> None:
    url = f"{sandbox.kameleoon_url}/images/21001/uploadImage"
    response = httpx.post(url, headers=bearer(sandbox), files={"image-to-upload": ("a.png", b"x")}, data=more)

    assert response.status_code == 200


def test_clients_that_leave_print_nothing() -> None:
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    options: dict[str, Any] = {"python": ["-W", "error"], "stderr": subprocess.PIPE, "env": environment}
    with sandbox_process.running("--no-rate-limits", **options) as sandbox:
        port = int(sandbox.url.rpartition(":")[2])
        head = b"POST /kameleoon/oauth/token HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        for sent in (b"", b"GET", head, head + b"Content-Length: 9\r\n\r\nx", b"\x16\x03\x01", b"\x00" * 70_000):
            for is_reset in (False, True):
                with socket.create_connection(("127.0.0.1", port)) as connection:
                    if is_reset:
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    connection.sendall(sent)
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.sendall(b"GET /kameleoon/goals HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 20)
        assert httpx.get(f"{sandbox.url}/_sandbox/faults", headers=token(sandbox)).json() == []
        sandbox.process.terminate()
        _, errors = sandbox.process.communicate()

    assert errors == ""
