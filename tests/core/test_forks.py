"""Forks: a client of the parent is right in its children, or refused, and never stuck."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.core.calls import SYNC_AND_ASYNC
from tests.serving import serving

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")


class _Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # it has each response wait for an acknowledgement of its head
    timeout = 10

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
        """Say nothing."""

    def do_GET(self) -> None:
        content = b'{"path": "%s"}' % self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        content = b'{"access_token": "made-up", "expires_in": 7200}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def url(no_proxies: None) -> Iterator[str]:
    """A server that says which path was called."""
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), _Echo)) as server:
        yield f"http://127.0.0.1:{server.server_address[1]}"


START = """
import asyncio, os, signal, sys, threading
import httpx
from abwire_core import apis, limits
from abwire_core.auth import ClientCredentials
from abwire_core.client import Client
from abwire_core.errors import ConfigurationError
from abwire_core.operations import Operation
from abwire_core.sending import AsyncSender, Sender

url, is_async = sys.argv[1], sys.argv[2] == "True"
client = Client(url, auth=ClientCredentials("made-up", "made-up", f"{url}/oauth/token"))
limiter = limits.limiter([(100_000, 3600)])
sender = (AsyncSender if is_async else Sender)(client, rate_limiter=limiter, deadline=20)
operation = Operation("get", "GET", "/{who}/{number}", lambda response: response.json(), lambda response: None)

def calls(who):
    async def run():
        for number in range(20):
            path = f"/{who}/{number}"
            assert await sender.call(operation, {"method": "GET", "url": path}) == {"path": path}

    if is_async:
        return asyncio.run(run())
    for number in range(20):
        path = f"/{who}/{number}"
        assert sender.call(operation, {"method": "GET", "url": path}) == {"path": path}

def children(number, work):
    pids = []
    for child in range(number):
        pid = os.fork()
        if not pid:
            signal.alarm(30)  # ends a child that is stuck
            status = 1
            try:
                work(child)
                status = 0
            except BaseException:
                sys.excepthook(*sys.exc_info())
            finally:
                os._exit(status)
        pids.append(pid)
    return pids

def all_went_well(pids):
    return [os.waitpid(pid, 0)[1] for pid in pids] == [0] * len(pids)
"""

CONNECTIONS = """
calls("before")
pids = children(6, lambda child: calls(f"child-{child}"))
calls("after")
assert all_went_well(pids)
"""

LOCKS = """
calls("before")
locks = [client._lock, client.auth._lock, sender._retry_budget._lock, limiter._lock, limiter.line._lock]
held, done = threading.Event(), threading.Event()

def hold():
    for lock in locks:
        lock.acquire()
    limiter.line._tickets.append(limits._Ticket(is_first=True))  # a call of the parent, which is about to be made
    held.set()
    done.wait(60)
    limiter.line._tickets.clear()
    for lock in locks:
        lock.release()

thread = threading.Thread(target=hold)
thread.start()
held.wait()
assert all_went_well(children(2, lambda child: calls(f"child-{child}")))
done.set()
thread.join()
calls("after")
"""

LIMITER = """
from pyrate_limiter import InMemoryBucket, Limiter, Rate, SingleBucketFactory

shared = Limiter(SingleBucketFactory(InMemoryBucket([Rate(1000, 1000)]), schedule_leak=False))
sender = type(sender)(client, rate_limiter=shared)
calls("before")

def refused(_):
    try:
        calls("child")
    except ConfigurationError as error:
        assert "made before the process was forked: make one in each process" in str(error)
        sender._rate_limiter = None
        calls("child")
    else:
        raise AssertionError("not refused")

assert all_went_well(children(2, refused))
calls("after")
"""

OWN = """
class Entry(apis.AsyncApi if is_async else apis.SyncApi):
    _API = apis.Description(url, "MINI", ())

    def __init__(self, **given):
        options = {"http_client": None, "transport": None, "rate_limiter": None, "base_url": None, "headers": None}
        self._open({}, timeout=5, max_retries=0, **{**options, **given})

def refused(_):
    try:
        calls("child")
    except ConfigurationError as error:
        assert "made before the process was forked: make a client in each process" in str(error)
    else:
        raise AssertionError("not refused")

for name, own in {
    "http_client": (httpx.AsyncClient if is_async else httpx.Client)(),
    "transport": (httpx.AsyncHTTPTransport if is_async else httpx.HTTPTransport)(),
}.items():
    sender = Entry(**{name: own})._sender
    calls("before")
    assert all_went_well(children(2, refused))
    if not is_async:  # else the connections have ended with their event loop
        calls("after")
"""


@SYNC_AND_ASYNC
@pytest.mark.parametrize(
    "code",
    [CONNECTIONS, LOCKS, LIMITER, OWN],
    ids=["connections", "locks", "limiter of one's own", "connections of one's own"],
)
def test_a_client_of_the_parent_is_right_in_its_children_or_refused(code: str, url: str, is_async: bool) -> None:
    # Forking with several threads is what is tested, and Python 3.12 and later warn of it.
    ran = subprocess.run(
        [sys.executable, "-c", START + code, url, str(is_async)],
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stderr
