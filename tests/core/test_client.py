"""The connection: where requests go, what goes with them, and how long it lasts."""

from __future__ import annotations

import asyncio
import gc
import math
import re
import socket
import sys
import threading
import time
import tomllib
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

import abwire_core
from abwire_core import client as client_module
from abwire_core.auth import BearerAuth, RequestSigning
from abwire_core.client import DEFAULT_TIMEOUT, Client
from abwire_core.errors import ConfigurationError
from tests.core.calls import send_once, send_once_async
from tests.core.loopback import Loopback
from tests.core.signing import HEADERS

BASE_URL = "https://api.example.test/v1"
GET = {"method": "GET", "url": "/projects/"}

SYNC_AND_ASYNC = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


class Transport(httpx.MockTransport):
    """Writes down the requests, and how often it was closed."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response] = lambda _: httpx.Response(200)) -> None:
        super().__init__(self._record)
        self._answer = answer
        self.requests: list[httpx.Request] = []
        self.closed = 0

    def _record(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._answer(request)

    def close(self) -> None:
        self.closed += 1

    async def aclose(self) -> None:
        self.closed += 1


def exchange(client: Client, *requests: dict[str, Any], is_async: bool) -> list[httpx.Response]:
    """Send requests, close the client, and return the answers."""

    async def run() -> list[httpx.Response]:
        async with client:
            return [await send_once_async(client, **request) for request in requests]

    if is_async:
        return asyncio.run(run())
    with client:
        return [send_once(client, **request) for request in requests]


def make(transport: httpx.MockTransport, base_url: str = BASE_URL, **kwargs: Any) -> Client:
    """A client whose requests all go to a transport."""
    return Client(base_url, transport=transport, async_transport=transport, **kwargs)


@SYNC_AND_ASYNC
@pytest.mark.parametrize(
    ("base_url", "path", "url"),
    [
        ("https://api.example.test/v1", "/projects/", "https://api.example.test/v1/projects/"),
        ("https://api.example.test/v1/", "/projects/", "https://api.example.test/v1/projects/"),
        ("https://api.example.test/v1", "/projects", "https://api.example.test/v1/projects"),
        ("https://api.example.test/v1/", "/projects", "https://api.example.test/v1/projects"),
        ("https://api.example.test", "/projects/7/goals", "https://api.example.test/projects/7/goals"),
        ("https://api.example.test/", "/projects/7/goals", "https://api.example.test/projects/7/goals"),
        ("http://127.0.0.1:8080/a/b", "/projects/", "http://127.0.0.1:8080/a/b/projects/"),
        ("https://api.example.test/v1", "/projects/a%2Fb", "https://api.example.test/v1/projects/a%2Fb"),
        ("https://api.example.test/v1", "/projects/...", "https://api.example.test/v1/projects/..."),
        ("https://api.example.test/v1", "/projects/?page=1", "https://api.example.test/v1/projects/?page=1"),
    ],
)
def test_paths_are_joined_to_the_base_url(base_url: str, path: str, url: str, is_async: bool) -> None:
    transport = Transport()
    exchange(make(transport, base_url), {"method": "GET", "url": path}, is_async=is_async)
    assert [str(request.url) for request in transport.requests] == [url]


@SYNC_AND_ASYNC
def test_arguments_reach_the_request_and_the_answer_comes_back(is_async: bool) -> None:
    transport = Transport(lambda _: httpx.Response(201, json={"id": 7}))
    request = {"method": "post", "url": "/a", "params": {"b": 1}, "json": {"c": 2}, "headers": {"X-D": "3"}}

    (response,) = exchange(make(transport), request, is_async=is_async)

    (sent,) = transport.requests
    assert (sent.method, str(sent.url), sent.content) == ("POST", f"{BASE_URL}/a?b=1", b'{"c":2}')
    assert sent.headers["X-D"] == "3"
    assert (response.status_code, response.json()) == (201, {"id": 7})


@SYNC_AND_ASYNC
def test_sync_and_async_requests_each_have_their_transport(is_async: bool) -> None:
    ours, other = Transport(), Transport()
    transports = (other, ours) if is_async else (ours, other)
    exchange(Client(BASE_URL, transport=transports[0], async_transport=transports[1]), GET, is_async=is_async)
    assert (len(ours.requests), len(other.requests)) == (1, 0)


@pytest.mark.parametrize("phase", ["connect", "read", "write", "pool"])
def test_the_default_timeout_is_finite_in_every_phase(phase: str) -> None:
    seconds = DEFAULT_TIMEOUT.as_dict()[phase]
    assert seconds is not None
    assert math.isfinite(seconds)
    assert seconds == (5 if phase == "connect" else 60)


@SYNC_AND_ASYNC
@pytest.mark.parametrize(
    ("of_client", "of_request", "seconds"),
    [
        pytest.param({}, {}, {"connect": 5, "read": 60, "write": 60, "pool": 60}, id="default"),
        pytest.param({"timeout": 7}, {}, dict.fromkeys(["connect", "read", "write", "pool"], 7), id="seconds"),
        pytest.param(
            {"timeout": httpx.Timeout(9, read=300)},
            {},
            {"connect": 9, "read": 300, "write": 9, "pool": 9},
            id="by phase",
        ),
        pytest.param(
            {"timeout": 7}, {"timeout": 2}, dict.fromkeys(["connect", "read", "write", "pool"], 2), id="of one request"
        ),
    ],
)
def test_timeouts_reach_the_transport(
    of_client: dict[str, Any], of_request: dict[str, Any], seconds: dict[str, float], is_async: bool
) -> None:
    transport = Transport()
    exchange(make(transport, **of_client), {**GET, **of_request}, is_async=is_async)
    (sent,) = transport.requests
    assert sent.extensions["timeout"] == seconds


@SYNC_AND_ASYNC
@pytest.mark.usefixtures("no_proxies")
def test_a_server_that_does_not_answer_is_given_up(is_async: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(httpx.ReadTimeout):
        exchange(Client(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.1), GET, is_async=is_async)


@SYNC_AND_ASYNC
def test_headers_are_sent_with_every_request(is_async: bool) -> None:
    transport = Transport()
    client = make(transport, headers={"X-Made-Up": "of the client", "X-Other": "stays"})
    own = {**GET, "headers": {"X-Made-Up": "of the request"}}

    exchange(client, GET, own, GET, is_async=is_async)

    assert [request.headers["X-Made-Up"] for request in transport.requests] == [
        "of the client",
        "of the request",
        "of the client",
    ]
    assert {request.headers["X-Other"] for request in transport.requests} == {"stays"}


@SYNC_AND_ASYNC
def test_requests_say_who_sends_them(is_async: bool) -> None:
    transport = Transport()
    exchange(make(transport), GET, is_async=is_async)
    (sent,) = transport.requests
    assert re.fullmatch(rf"abwire/\S+ python/3\.{sys.version_info.minor}", sent.headers["User-Agent"])


@SYNC_AND_ASYNC
@pytest.mark.parametrize("name", ["User-Agent", "user-agent"])
def test_a_user_agent_of_the_user_takes_its_place(name: str, is_async: bool) -> None:
    transport = Transport()
    client = make(transport, headers={name: "made-up/1.0"})
    exchange(client, GET, {**GET, "headers": {name: "made-up/2.0"}}, is_async=is_async)
    assert [request.headers.get_list("User-Agent") for request in transport.requests] == [
        ["made-up/1.0"],
        ["made-up/2.0"],
    ]


def test_the_version_is_that_of_the_package() -> None:
    with (Path(__file__).parents[2] / "pyproject.toml").open("rb") as stream:
        declared = tomllib.load(stream)["project"]["version"]

    assert declared == abwire_core.__version__
    assert f"abwire/{declared} python/{sys.version_info.major}.{sys.version_info.minor}" == client_module.USER_AGENT


@pytest.mark.parametrize("value", ["made-up-secret \u20ac", 5, None], ids=repr)
def test_headers_that_cannot_be_sent_are_refused_and_not_shown(value: Any) -> None:
    with pytest.raises(ConfigurationError, match="headers must be texts of ASCII characters") as caught:
        Client(BASE_URL, headers={"X-Made-Up": value})
    assert "made-up-secret" not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None or caught.value.__suppress_context__


@SYNC_AND_ASYNC
def test_requests_are_authenticated_whatever_the_headers_say(is_async: bool) -> None:
    transport = Transport()
    client = make(transport, auth=BearerAuth("made-up-token"), headers={"Authorization": "made-up-other"})
    exchange(client, GET, is_async=is_async)
    assert [request.headers.get_list("Authorization") for request in transport.requests] == [["Bearer made-up-token"]]


@SYNC_AND_ASYNC
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["https://elsewhere.example.test/a", "/v1/other"])
def test_no_redirect_is_followed(status: int, location: str, is_async: bool) -> None:
    transport = Transport(lambda _: httpx.Response(status, headers={"Location": location}))
    (response,) = exchange(make(transport, auth=BearerAuth("made-up-token")), GET, is_async=is_async)
    assert response.status_code == status
    assert [str(request.url) for request in transport.requests] == [f"{BASE_URL}/projects/"]


@pytest.mark.parametrize(
    "kwargs",
    [
        {},
        {"auth": BearerAuth("made-up-secret")},
        {"auth": RequestSigning("made-up-id", "made-up-secret", **HEADERS)},
        {"headers": {"Authorization": "Bearer made-up-secret", "X-Api-Key": "made-up-secret"}},
    ],
    ids=["nothing", "bearer", "signing", "headers"],
)
def test_representations_show_class_and_server_and_no_secret(kwargs: dict[str, Any]) -> None:
    client = Client(BASE_URL, **kwargs)
    for shown in (repr(client), str(client), f"{client}", f"{[client]}"):
        assert f"Client(base_url={BASE_URL!r})" in shown
        assert "made-up-secret" not in shown


CLOSED = pytest.raises(ConfigurationError, match="this client is closed: make a new one")


def test_connections_are_used_again_until_closed_and_not_after_that(server: Loopback) -> None:
    client = Client(server.url)
    for _ in range(3):
        send_once(client, **GET)
    assert server.connections == 1

    client.close()
    client.close()
    for _ in range(2):
        with CLOSED:
            send_once(client, **GET)
    assert (len(server.received), server.connections) == (3, 1)


def test_connections_of_async_requests_are_used_again_until_closed_and_not_after_that(server: Loopback) -> None:
    async def run() -> None:
        client = Client(server.url)
        for _ in range(3):
            await send_once_async(client, **GET)
        assert server.connections == 1

        await client.aclose()
        await client.aclose()
        for _ in range(2):
            with CLOSED:
                await send_once_async(client, **GET)
        assert (len(server.received), server.connections) == (3, 1)

    asyncio.run(run())


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # a loop that ended leaves its connection open
def test_each_event_loop_has_connections_of_its_own(server: Loopback) -> None:
    client = Client(server.url)

    async def run() -> list[int]:
        return [(await send_once_async(client, **GET)).status_code for _ in range(2)]

    async def both() -> None:
        assert await run() == [200, 200]
        assert await asyncio.to_thread(asyncio.run, run()) == [200, 200]
        assert await run() == [200, 200]
        await client.aclose()

    assert asyncio.run(run()) == [200, 200]
    asyncio.run(both())
    gc.collect()
    assert server.connections == 3


def test_closing_what_was_never_used_does_nothing() -> None:
    transport = Transport()
    client = make(transport)
    client.close()
    asyncio.run(client.aclose())
    assert exchange(client, is_async=False) == exchange(client, is_async=True) == []
    assert transport.closed == 0


@SYNC_AND_ASYNC
def test_a_context_manager_gives_the_client_itself_and_closes_it_once(is_async: bool) -> None:
    transport = Transport()
    client = make(transport)

    async def run() -> None:
        async with client as entered:
            assert entered is client
            await send_once_async(client, **GET)
            assert transport.closed == 0
        assert transport.closed == 1
        await client.aclose()

    if is_async:
        asyncio.run(run())
    else:
        with client as entered:
            assert entered is client
            send_once(client, **GET)
            assert transport.closed == 0
        assert transport.closed == 1
        client.close()
    assert transport.closed == 1


class MadeUpError(Exception):
    """Raised by a test, caught by it."""


@SYNC_AND_ASYNC
def test_a_context_manager_closes_and_lets_errors_through(is_async: bool) -> None:
    transport = Transport()

    async def run() -> None:
        async with make(transport) as client:
            await send_once_async(client, **GET)
            raise MadeUpError

    def run_sync() -> None:
        with make(transport) as client:
            send_once(client, **GET)
            raise MadeUpError

    with pytest.raises(MadeUpError):
        asyncio.run(run()) if is_async else run_sync()
    assert transport.closed == 1


@SYNC_AND_ASYNC
def test_a_failed_request_leaves_the_client_usable(is_async: bool) -> None:
    answers: Iterator[httpx.Response | Exception] = iter([httpx.ConnectError("made-up failure"), httpx.Response(200)])

    def answer(_: httpx.Request) -> httpx.Response:
        given = next(answers)
        if isinstance(given, Exception):
            raise given
        return given

    client = make(Transport(answer))

    async def run() -> None:
        async with client:
            with pytest.raises(httpx.ConnectError, match="made-up failure"):
                await send_once_async(client, **GET)
            assert (await send_once_async(client, **GET)).status_code == 200

    def run_sync() -> None:
        with client:
            with pytest.raises(httpx.ConnectError, match="made-up failure"):
                send_once(client, **GET)
            assert send_once(client, **GET).status_code == 200

    asyncio.run(run()) if is_async else run_sync()


@SYNC_AND_ASYNC
def test_a_client_whose_closing_failed_is_closed(is_async: bool) -> None:
    class Stuck(Transport):
        def close(self) -> None:
            raise MadeUpError

        async def aclose(self) -> None:
            raise MadeUpError

    client = make(Stuck())
    with pytest.raises(MadeUpError):
        exchange(client, GET, is_async=is_async)
    with CLOSED:
        exchange(client, GET, is_async=is_async)


def test_a_request_made_while_the_client_closes_is_refused() -> None:
    class Slow(Transport):
        async def aclose(self) -> None:
            await asyncio.sleep(0)
            await super().aclose()

    async def run() -> None:
        transport = Slow()
        async with make(transport) as client:
            await send_once_async(client, **GET)
            closing = asyncio.create_task(client.aclose())
            await asyncio.sleep(0)
            with CLOSED:
                await send_once_async(client, **GET)
            await closing
        assert transport.closed == 1

    asyncio.run(run())


def test_threads_that_start_together_share_one_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[httpx.Client] = []

    class SlowToOpen(httpx.Client):
        def __init__(self, **kwargs: Any) -> None:
            time.sleep(0.05)
            super().__init__(**kwargs)
            opened.append(self)

    monkeypatch.setattr(client_module, "SyncClient", SlowToOpen)
    together = threading.Barrier(8)
    transport = Transport()

    def run(client: Client) -> int:
        together.wait()
        return send_once(client, **GET).status_code

    with make(transport) as client, ThreadPoolExecutor(8) as pool:
        assert list(pool.map(run, [client] * 8)) == [200] * 8
    assert len(opened) == 1
    assert (len(transport.requests), transport.closed) == (8, 1)


def test_a_slow_request_of_one_thread_does_not_hold_up_another() -> None:
    together = threading.Barrier(2, timeout=5)

    def answer(_: httpx.Request) -> httpx.Response:
        together.wait()
        return httpx.Response(200)

    with make(Transport(answer)) as client, ThreadPoolExecutor(2) as pool:
        assert [response.status_code for response in pool.map(lambda _: send_once(client, **GET), range(2))] == [
            200,
            200,
        ]


def test_credentials_in_the_base_url_are_refused_without_being_shown() -> None:
    with pytest.raises(ConfigurationError, match="credentials") as raised:
        Client("https://made-up-user:made-up-password@example.test")

    assert "made-up" not in str(raised.value)
