"""A call from end to end: what is sent, how often, within which limits, and what the caller gets or can see."""

from __future__ import annotations

import asyncio
import logging
import pickle
import re
import subprocess
import sys
import threading
import traceback
import types
import warnings
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import httpx
import pytest

from abwire_core import errors, limits
from abwire_core.auth import BearerAuth, RequestSigning
from abwire_core.client import Client
from abwire_core.errors import AbwireError, ApiConnectionError, ApiStatusError, ApiTimeoutError, DecodeError
from abwire_core.operations import Operation
from abwire_core.sending import AsyncSender, Sender
from tests.core.calls import JITTER, SYNC_AND_ASYNC, Script, Waits, call, operation
from tests.core.signing import HEADERS

READ, CREATE = operation("GET"), operation("POST")
GET = {"method": "get", "url": "/goals/7"}


def send(client: Client, called: Operation[Any], request: dict[str, Any], *, is_async: bool) -> httpx.Response:
    """Send a request and return the answer as it came."""

    async def run() -> httpx.Response:
        async with client:
            return await AsyncSender(client).send(called, request)

    if is_async:
        return asyncio.run(run())
    with client:
        return Sender(client).send(called, request)


def failed(client: Client, called: Operation[Any] = READ, *args: Any, **kwargs: Any) -> AbwireError:
    """Call what fails, and return the error."""
    with pytest.raises(AbwireError) as raised:
        call(client, called, *args, **kwargs)
    return raised.value


@SYNC_AND_ASYNC
def test_a_call_sends_the_request_and_returns_what_the_operation_parses(is_async: bool) -> None:
    script = Script(httpx.Response(201, json={"id": 7}))
    request = {"method": "post", "url": "/goals", "params": {"q": "a b"}, "json": {"c": 2}, "headers": {"X-D": "3"}}

    assert call(script.client(), CREATE, request, is_async=is_async) == {"id": 7}

    (sent,) = script.requests
    assert (sent.method, str(sent.url)) == ("POST", "https://api.example.test/goals?q=a+b")
    assert (sent.content, sent.headers["X-D"]) == (b'{"c":2}', "3")


@SYNC_AND_ASYNC
def test_sending_returns_the_answer_as_it_came(is_async: bool) -> None:
    script = Script(httpx.Response(200, content=b"\x89PNG", headers={"Content-Type": "image/png"}))
    response = send(script.client(), READ, GET, is_async=is_async)
    assert (response.status_code, response.content, response.headers["Content-Type"]) == (200, b"\x89PNG", "image/png")


@SYNC_AND_ASYNC
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "POST", "PATCH"])
@pytest.mark.parametrize("idempotent", [False, True], ids=["", "marked as idempotent"])
@pytest.mark.parametrize("first", [503, httpx.ReadError("made up")], ids=["503", "broken"])
def test_what_may_have_been_done_is_asked_for_again_if_that_does_no_harm(
    method: str, idempotent: bool, first: int | Exception, is_async: bool
) -> None:
    script = Script(first, 200)
    called = operation(method, idempotent=idempotent)
    if idempotent or method not in ("POST", "PATCH"):
        assert call(script.client(), called, is_async=is_async) == {}
        assert len(script.requests) == 2
    else:
        failed(script.client(), called, is_async=is_async)
        assert len(script.requests) == 1


TEXT = "made-up-secret in a text"


@SYNC_AND_ASYNC
@pytest.mark.parametrize(
    ("error", "expected", "message"),
    [
        (
            httpx.ConnectError("[Errno 111] refused"),
            ApiConnectionError,
            "no connection (ConnectError: [Errno 111] refused)",
        ),
        (httpx.ConnectError(""), ApiConnectionError, "no connection (ConnectError)"),
        (httpx.ProxyError("502 Bad Gateway"), ApiConnectionError, "no connection (ProxyError: 502 Bad Gateway)"),
        (httpx.ConnectTimeout(TEXT), ApiTimeoutError, "timed out (ConnectTimeout)"),
        (httpx.PoolTimeout(TEXT), ApiTimeoutError, "timed out (PoolTimeout)"),
        (httpx.ReadTimeout(TEXT), ApiTimeoutError, "timed out (ReadTimeout)"),
        (httpx.WriteTimeout(TEXT), ApiTimeoutError, "timed out (WriteTimeout)"),
        (httpx.ReadError(TEXT), ApiConnectionError, "the connection broke (ReadError)"),
        (httpx.WriteError(TEXT), ApiConnectionError, "the connection broke (WriteError)"),
        (httpx.CloseError(TEXT), ApiConnectionError, "the connection broke (CloseError)"),
        (httpx.RemoteProtocolError(TEXT), ApiConnectionError, "the connection broke (RemoteProtocolError)"),
        (httpx.DecodingError(TEXT), ApiConnectionError, "the answer is compressed and broken (DecodingError)"),
        (httpx.LocalProtocolError(TEXT), ApiConnectionError, "the request cannot be sent (LocalProtocolError)"),
        (httpx.UnsupportedProtocol(TEXT), ApiConnectionError, "the request cannot be sent (UnsupportedProtocol)"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_errors_of_the_http_library_become_our_own(
    error: Exception, expected: type[ApiConnectionError], message: str, is_async: bool
) -> None:
    raised = failed(Script(error).client(), CREATE, is_async=is_async)

    assert isinstance(raised, ApiConnectionError)
    assert type(raised) is expected
    assert str(raised) == f"POST /goals/7: {message}"
    assert (raised.method, raised.path) == ("POST", "/goals/7")
    assert (raised.__cause__, raised.__context__) == (None, None)  # those hold the request, with all its headers


@SYNC_AND_ASYNC
def test_an_error_status_is_raised_with_all_that_came_with_it(is_async: bool) -> None:
    answer = httpx.Response(
        429, json={"message": "slow down"}, headers={"Retry-After": "86400", "X-Request-Id": "made-up"}
    )
    request = {"method": "post", "url": "/goals/a%2Fb", "params": {"q": "made-up-query"}}

    error = failed(Script(answer).client("https://api.example.test/api/v1"), CREATE, request, is_async=is_async)

    assert isinstance(error, errors.RateLimitError)
    assert str(error) == "POST /api/v1/goals/a%2Fb: status 429 (slow down)"
    assert (error.status_code, error.method, error.path) == (429, "POST", "/api/v1/goals/a%2Fb")
    assert (error.body, error.content) == ({"message": "slow down"}, answer.content)
    assert error.headers["x-request-id"] == "made-up"
    assert error.retry_after == 86400


@SYNC_AND_ASYNC
def test_the_error_body_is_what_the_operation_makes_of_it(is_async: bool) -> None:
    class Model:
        message = "no such goal"

    called = Operation("get-goal", "GET", "/goals/{goalId}", lambda _: None, lambda _: Model())
    error = failed(Script(404).client(), called, is_async=is_async)
    assert isinstance(error, errors.NotFoundError)
    assert isinstance(error.body, Model)
    assert str(error) == "GET /goals/7: status 404 (no such goal)"


@SYNC_AND_ASYNC
def test_an_error_without_json_has_its_content_and_no_body(is_async: bool) -> None:
    error = failed(Script(httpx.Response(502, html="<h1>Bad Gateway</h1>")).client(), is_async=is_async)
    assert isinstance(error, errors.ServerError)
    assert (error.body, error.content, error.retry_after) == (None, b"<h1>Bad Gateway</h1>", None)


@SYNC_AND_ASYNC
@pytest.mark.parametrize("status", [200, 203, 299])
def test_every_2xx_is_a_success(status: int, is_async: bool) -> None:
    assert call(Script(status).client(), READ, is_async=is_async) == {}


@SYNC_AND_ASYNC
@pytest.mark.parametrize("status", [300, 304, 306, 399, 499, 520, 530, 599, 600, 999])
def test_every_other_status_is_an_error_registered_or_not(status: int, is_async: bool) -> None:
    error = failed(Script(status).client(), is_async=is_async)
    assert isinstance(error, ApiStatusError)
    assert type(error) is ApiStatusError.of(status)
    assert error.status_code == status


@SYNC_AND_ASYNC
def test_an_answer_that_cannot_be_parsed_names_the_operation_and_is_not_asked_for_again(is_async: bool) -> None:
    script = Script(httpx.Response(200, json=[]))
    error = failed(script.client(), is_async=is_async)
    assert isinstance(error, DecodeError)
    assert str(error) == "get-goal: the answer: expected an object, got list"
    assert len(script.requests) == 1


@SYNC_AND_ASYNC
@pytest.mark.parametrize("max_retries", [0, 1, 2, 5])
def test_there_is_one_attempt_more_than_retries(max_retries: int, is_async: bool) -> None:
    script, waits = Script(503), Waits()
    failed(script.client(), is_async=is_async, waits=waits, max_retries=max_retries)
    assert len(script.requests) == 1 + max_retries
    assert waits == [JITTER * longest for longest in (0.5, 1, 2, 4, 8)][:max_retries]


@SYNC_AND_ASYNC
def test_a_call_is_repeated_twice_at_most_unless_told_otherwise(is_async: bool) -> None:
    script = Script(503)
    failed(script.client(), is_async=is_async)
    assert len(script.requests) == 3


@SYNC_AND_ASYNC
def test_the_error_is_that_of_the_last_attempt(is_async: bool) -> None:
    waits = Waits()
    script = Script(httpx.ConnectError("made up"), httpx.Response(429, headers={"Retry-After": "9"}), 404, 200)
    error = failed(script.client(), CREATE, is_async=is_async, waits=waits, max_retries=5)
    assert isinstance(error, errors.NotFoundError)
    assert len(script.requests) == 3
    assert waits == [0.5 * JITTER, 9]


@SYNC_AND_ASYNC
def test_a_create_is_not_repeated_once_it_may_have_arrived(is_async: bool) -> None:
    script = Script(429, httpx.ConnectError("made up"), 503, 200)
    error = failed(script.client(), CREATE, is_async=is_async, max_retries=5)
    assert isinstance(error, errors.ServerError)
    assert len(script.requests) == 3


def test_the_number_of_retries_is_not_negative() -> None:
    for sender in (Sender, AsyncSender):
        with pytest.raises(ValueError, match="max_retries must not be negative"):
            sender(Script(200).client(), max_retries=-1)


@SYNC_AND_ASYNC
def test_a_url_that_is_none_is_a_value_error_before_anything_is_sent(is_async: bool) -> None:
    script = Script(200)
    request = {"method": "get", "url": "/goals", "params": {"filter": "x" * 100_000}}
    with pytest.raises(ValueError, match=r"^get-goal: the URL is not valid: .*too long"):
        call(script.client(), READ, request, is_async=is_async)
    assert script.requests == []


# Options


ALL_PHASES = ["connect", "read", "write", "pool"]


@SYNC_AND_ASYNC
def test_options_of_a_copy_are_its_own_and_connections_and_limiter_are_shared(is_async: bool) -> None:
    script = Script(200)
    client = script.client(timeout=9)
    sender: Sender | AsyncSender = (AsyncSender if is_async else Sender)(client)
    senders = [sender, sender.with_options(timeout=2), sender.with_options(timeout=2).with_options(max_retries=0)]

    async def run() -> None:
        async with client:
            for each in senders:
                await cast("AsyncSender", each).call(READ, GET)
            assert len({id(each._client.async_pool()) for each in senders}) == 1

    if is_async:
        asyncio.run(run())
    else:
        with client:
            for each in senders:
                cast("Sender", each).call(READ, GET)
            assert len({id(each._client.pool()) for each in senders}) == 1

    assert [sent.extensions["timeout"] for sent in script.requests] == [
        dict.fromkeys(ALL_PHASES, 9),
        dict.fromkeys(ALL_PHASES, 2),
        dict.fromkeys(ALL_PHASES, 2),
    ]


@SYNC_AND_ASYNC
@pytest.mark.parametrize(
    ("options", "attempts", "seconds"),
    [({}, 2, 7), ({"max_retries": 0}, 1, 7), ({"timeout": 3}, 2, 3), ({"max_retries": 4, "timeout": 3}, 5, 3)],
    ids=str,
)
def test_an_option_that_is_not_given_stays_as_it_is(
    options: dict[str, Any], attempts: int, seconds: float, is_async: bool
) -> None:
    script, waits = Script(503), Waits()
    client = script.client()

    async def run() -> None:
        async with client:
            sender = AsyncSender(client, max_retries=1, timeout=7, sleep=waits.sleep_async)
            await sender.with_options(**options).call(READ, GET)

    def run_sync() -> None:
        with client:
            Sender(client, max_retries=1, timeout=7, sleep=waits.sleep).with_options(**options).call(READ, GET)

    with pytest.raises(errors.ServerError):
        asyncio.run(run()) if is_async else run_sync()
    assert len(script.requests) == attempts
    assert {sent.extensions["timeout"]["read"] for sent in script.requests} == {seconds}


# Rate limits


@SYNC_AND_ASYNC
def test_each_attempt_first_waits_for_the_rate_limit(is_async: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    limiter: Any = limits.limiter([(1, 1)])
    script = Script(429, 503, 200)
    events: list[tuple[str, int]] = []

    def acquire(given: object, timeout: float) -> bool:
        assert given is limiter
        assert 7000 < timeout <= 7200
        events.append(("acquire", len(script.requests)))
        return True

    async def acquire_async(given: object, timeout: float) -> bool:
        acquire(given, timeout)
        events[-1] = ("acquire_async", len(script.requests))
        return True

    monkeypatch.setattr("abwire_core.limits.acquire", acquire)
    monkeypatch.setattr("abwire_core.limits.acquire_async", acquire_async)

    assert call(script.client(), READ, is_async=is_async, rate_limiter=limiter) == {}
    assert events == [("acquire_async" if is_async else "acquire", sent) for sent in range(3)]


@SYNC_AND_ASYNC
def test_copies_share_the_rate_limit(is_async: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    limiter: Any = limits.limiter([(1, 1)])
    seen: list[object] = []

    def acquire(given: object, _: float) -> bool:
        seen.append(given)
        return True

    async def acquire_async(given: object, _: float) -> bool:
        return acquire(given, _)

    monkeypatch.setattr("abwire_core.limits.acquire", acquire)
    monkeypatch.setattr("abwire_core.limits.acquire_async", acquire_async)
    client = Script(200).client()

    async def run() -> None:
        async with client:
            await AsyncSender(client, rate_limiter=limiter).with_options(timeout=2).call(READ, GET)

    if is_async:
        asyncio.run(run())
    else:
        with client:
            Sender(client, rate_limiter=limiter).with_options(timeout=2).call(READ, GET)
    assert seen == [limiter]


# Authentication


class TokenFirst(httpx.Auth):
    """Asks for a token before each request, and gives up as told."""

    def __init__(self, refuse: Callable[[], Exception | None] = lambda: None) -> None:
        self._refuse = refuse

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        yield httpx.Request("POST", "https://api.example.test/oauth/token?q=made-up-query")
        if (error := self._refuse()) is not None:
            raise error
        yield request


def paths(script: Script) -> list[str]:
    """Which paths were called."""
    return [sent.url.path for sent in script.requests]


@SYNC_AND_ASYNC
@pytest.mark.parametrize("error", [httpx.ConnectError("made up"), httpx.ReadTimeout(""), httpx.ReadError("")], ids=repr)
def test_a_broken_token_request_is_tried_again_even_for_a_create_which_was_not_sent(
    error: Exception, is_async: bool
) -> None:
    script = Script(error, 200)
    assert call(script.client(auth=TokenFirst()), CREATE, is_async=is_async) == {}
    assert paths(script) == ["/oauth/token", "/oauth/token", "/goals/7"]


@SYNC_AND_ASYNC
def test_a_create_that_broke_after_its_token_came_is_not_tried_again(is_async: bool) -> None:
    script = Script(200, httpx.ReadError("made up"), 200)
    failed(script.client(auth=TokenFirst()), CREATE, is_async=is_async)
    assert paths(script) == ["/oauth/token", "/goals/7"]


@SYNC_AND_ASYNC
@pytest.mark.parametrize(
    ("error", "expected", "message"),
    [
        (httpx.ConnectError("refused"), ApiConnectionError, "no connection (ConnectError: refused)"),
        (httpx.ReadTimeout(""), ApiTimeoutError, "timed out (ReadTimeout)"),
    ],
)
def test_the_error_of_a_token_request_says_that_it_is_one(
    error: Exception, expected: type[ApiConnectionError], message: str, is_async: bool
) -> None:
    raised = failed(Script(error).client(auth=TokenFirst()), is_async=is_async)
    assert type(raised) is expected
    assert str(raised) == f"POST /oauth/token: {message}"


@SYNC_AND_ASYNC
@pytest.mark.parametrize(
    ("status", "headers", "waits"),
    [
        (429, {}, [0.5 * JITTER, 1 * JITTER]),
        (429, {"Retry-After": "9"}, [9, 9]),
        (503, {"Retry-After": "Sun, 06 Nov 1994 08:49:40 GMT"}, [3, 3]),
        (400, {"Retry-After": "9"}, []),
        (401, {}, []),
    ],
)
def test_a_token_that_is_refused_for_now_is_asked_for_again_even_for_a_create(
    status: int, headers: dict[str, str], waits: list[float], is_async: bool
) -> None:
    def refuse() -> Exception:
        return ApiStatusError.of(status)(status, method="POST", path="/oauth/token", headers=headers)

    script, waited = Script(200), Waits()
    error = failed(script.client(auth=TokenFirst(refuse)), CREATE, is_async=is_async, waits=waited)

    assert type(error) is ApiStatusError.of(status)
    assert error.path == "/oauth/token"
    assert waited == waits
    assert paths(script) == ["/oauth/token"] * (1 + len(waits))


@SYNC_AND_ASYNC
def test_a_request_that_auth_sends_as_a_copy_of_its_own_is_still_the_request(is_async: bool) -> None:
    class QuerySigning(httpx.Auth):
        def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
            yield httpx.Request(request.method, request.url.copy_merge_params({"signature": "made-up"}))

    script = Script(httpx.ReadError("made up"), 200)
    failed(script.client(auth=QuerySigning()), CREATE, is_async=is_async)
    assert len(script.requests) == 1


@SYNC_AND_ASYNC
def test_an_error_that_auth_raises_for_no_request_counts_as_one_of_the_request(is_async: bool) -> None:
    class Broken(httpx.Auth):
        def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
            yield request
            raise httpx.ReadError("made up")

    script = Script(200)
    error = failed(script.client(auth=Broken()), CREATE, is_async=is_async)
    assert str(error) == "POST /goals/7: the connection broke (ReadError)"
    assert len(script.requests) == 1


@SYNC_AND_ASYNC
def test_every_attempt_is_signed_afresh(is_async: bool) -> None:
    times = iter([1000, 2000, 3000])
    auth = RequestSigning("made-up-id", "made-up-secret", **HEADERS, lifetime=60, clock=lambda: next(times))
    script = Script(429, 429, 200)

    call(script.client(auth=auth), CREATE, {"method": "post", "url": "/goals", "json": {}}, is_async=is_async)

    assert [sent.headers["Expires"] for sent in script.requests] == ["1060", "2060", "3060"]
    assert len({sent.headers["Authorization"] for sent in script.requests}) == 3
    assert {sent.content for sent in script.requests} == {b"{}"}


# Breaking off


@SYNC_AND_ASYNC
@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, asyncio.CancelledError, MemoryError, RuntimeError])
@pytest.mark.parametrize("before", [0, 1], ids=["first attempt", "second attempt"])
def test_what_is_no_fault_of_the_connection_passes_at_once(
    error: type[BaseException], before: int, is_async: bool
) -> None:
    script, waits = Script(*[503] * before, error(), 200), Waits()
    client = script.client()

    async def run() -> None:
        # Within the loop, because some of these would end it.
        with pytest.raises(error):
            await AsyncSender(client, sleep=waits.sleep_async).call(READ, GET)
        await client.aclose()

    if is_async:
        asyncio.run(run())
    else:
        with pytest.raises(error):
            call(client, READ, is_async=False, waits=waits)
    assert len(script.requests) == before + 1
    assert len(waits) == before


@SYNC_AND_ASYNC
def test_a_wait_can_be_broken_off(is_async: bool) -> None:
    script = Script(503, 200)

    def sleep(_: float) -> None:
        raise KeyboardInterrupt

    async def run() -> None:
        async with script.client() as client:
            waiting = asyncio.Event()

            async def sleep_long(_: float) -> None:
                waiting.set()
                await asyncio.sleep(3600)

            task = asyncio.create_task(AsyncSender(client, sleep=sleep_long).call(READ, GET))
            await waiting.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    if is_async:
        asyncio.run(run())
    else:
        with pytest.raises(KeyboardInterrupt):
            call(script.client(), READ, is_async=False, sleep=sleep)
    assert len(script.requests) == 1


def test_a_task_that_is_cancelled_while_the_server_takes_its_time_sends_nothing_more() -> None:
    class Slow(httpx.AsyncBaseTransport):
        def __init__(self) -> None:
            self.requests = 0

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            self.requests += 1
            if self.requests == 1:
                await asyncio.sleep(3600)
            return httpx.Response(200, json={})

    async def run() -> None:
        transport = Slow()
        async with Client("https://api.example.test", async_transport=transport) as client:
            sender = AsyncSender(client)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(sender.call(READ, GET), timeout=0.01)
            assert transport.requests == 1
            assert await sender.call(READ, GET) == {}
            assert transport.requests == 2

    asyncio.run(run())


# Sharing


def test_threads_that_share_a_sender_have_their_own_attempts_and_waits() -> None:
    attempts: dict[str, int] = {}
    lock = threading.Lock()

    def answer(request: httpx.Request) -> httpx.Response:
        with lock:
            attempts[request.url.path] = attempts.get(request.url.path, 0) + 1
            return httpx.Response(200 if attempts[request.url.path] == 3 else 503, json={"path": request.url.path})

    waits = Waits()
    with (
        Client("https://api.example.test", transport=httpx.MockTransport(answer)) as client,
        ThreadPoolExecutor(8) as pool,
    ):
        sender = Sender(client, sleep=waits.sleep, jitter=lambda: 1)
        urls = [f"/goals/{number}" for number in range(40)]
        found = list(pool.map(lambda url: sender.call(READ, {"method": "get", "url": url}), urls))

    assert found == [{"path": url} for url in urls]
    assert set(attempts.values()) == {3}
    assert sorted(waits) == [0.5] * 40 + [1.0] * 40


def test_tasks_that_share_a_sender_have_their_own_attempts_and_waits() -> None:
    attempts: dict[str, int] = {}

    def answer(request: httpx.Request) -> httpx.Response:
        attempts[request.url.path] = attempts.get(request.url.path, 0) + 1
        return httpx.Response(200 if attempts[request.url.path] == 3 else 503, json={"path": request.url.path})

    async def run() -> None:
        waits = Waits()
        async with Client("https://api.example.test", async_transport=httpx.MockTransport(answer)) as client:
            sender = AsyncSender(client, sleep=waits.sleep_async, jitter=lambda: 1)
            urls = [f"/goals/{number}" for number in range(40)]
            found = await asyncio.gather(*[sender.call(READ, {"method": "get", "url": url}) for url in urls])
        assert found == [{"path": url} for url in urls]
        assert sorted(waits) == [0.5] * 40 + [1.0] * 40

    asyncio.run(run())


@SYNC_AND_ASYNC
def test_without_hooks_a_retry_really_waits(is_async: bool) -> None:
    script = Script(httpx.Response(429, headers={"Retry-After": "0.05"}), 200)
    response = send(script.client(), READ, GET, is_async=is_async)
    assert response.status_code == 200
    assert len(script.requests) == 2


# What can be seen


@SYNC_AND_ASYNC
def test_each_attempt_is_one_line_in_the_debug_log(is_async: bool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "abwire")
    script = Script(503, httpx.ReadTimeout("made-up text"), 200)
    request = {"method": "get", "url": "/goals/made-up-goal", "params": {"q": "made-up-query"}}

    call(script.client(), READ, request, is_async=is_async)

    records = [record for record in caplog.records if (record.name, record.levelno) == ("abwire", logging.DEBUG)]
    assert [re.sub(r"\d+ ms$", "0 ms", record.getMessage()) for record in records] == [
        "GET /goals/{goalId}: 503, attempt 1/3, 0 ms",
        "GET /goals/{goalId}: ReadTimeout, attempt 2/3, 0 ms",
        "GET /goals/{goalId}: 200, attempt 3/3, 0 ms",
    ]


@SYNC_AND_ASYNC
def test_each_retry_is_one_line_in_the_info_log(is_async: bool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "abwire")
    answers: list[httpx.Response | BaseException | int] = [
        httpx.Response(429, headers={"Retry-After": "9"}),
        httpx.ReadTimeout("made-up text"),
        200,
    ]
    call(Script(*answers).client(), READ, is_async=is_async)
    call(Script(200).client(), READ, is_async=is_async)
    assert [record.getMessage() for record in caplog.records if record.name == "abwire"] == [
        "GET /goals/{goalId}: 429, retry 1/2 in 9.0 s",
        "GET /goals/{goalId}: ApiTimeoutError, retry 2/2 in 0.5 s",
    ]


@SYNC_AND_ASYNC
@pytest.mark.parametrize(("seconds", "is_logged"), [(0.2, False), (1.2, True)])
def test_a_long_wait_for_the_rate_limit_is_logged_apart_from_the_call(
    seconds: float, is_logged: bool, is_async: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "abwire")
    limiter = limits.limiter([(1, seconds)])
    for _ in range(2):
        call(Script(200).client(), READ, is_async=is_async, rate_limiter=limiter)

    texts = [re.sub(r"\d+ ms, ", "0 ms, ", record.getMessage()) for record in caplog.records if record.name == "abwire"]
    infos = [text for text in texts if "attempt" not in text]
    assert infos == (
        ["the rate limit allows the next call in 1.2 s", "GET /goals/{goalId}: waited 1.2 s for the rate limit"]
        if is_logged
        else []
    )
    (waited,) = re.findall(r" 200, attempt 1/3, \d+ ms \(after (\d+) ms for the rate limit\)", texts[-1])
    assert seconds * 900 < int(waited) < seconds * 1000 + 1000


@SYNC_AND_ASYNC
@pytest.mark.parametrize("answer", [404, 503, httpx.ReadError(TEXT), httpx.LocalProtocolError(TEXT)], ids=str)
def test_no_error_holds_the_request(answer: int | Exception, is_async: bool) -> None:
    client = Script(answer).client(auth=BearerAuth("made-up-secret-token"))
    request = {**GET, "params": {"q": "made-up-secret-query"}, "json": {"a": "made-up-secret-body"}}
    error = failed(client, READ, request, is_async=is_async)
    shown = [str(error), repr(error), "".join(traceback.format_exception(error)), str(pickle.dumps(error))]
    assert [text for text in shown if "made-up-secret" in text] == []


def test_the_representation_of_a_sender_shows_the_server_and_no_secret() -> None:
    client = Client("https://api.example.test", auth=BearerAuth("made-up-token"), headers={"X-Key": "made-up-key"})
    assert repr(Sender(client)) == "Sender(Client(base_url='https://api.example.test'), max_retries=2)"
    assert repr(AsyncSender(client)) == "AsyncSender(Client(base_url='https://api.example.test'), max_retries=2)"


LIGHT = """
import contextlib
import sys
import httpx
from abwire_core import client, errors, operations, sending

heavy = [name for name in ("tenacity", "pyrate_limiter", "asyncio", "importlib.metadata") if name in sys.modules]
assert not heavy, heavy

read = operations.Operation("get-goal", "GET", "/goals", lambda _: 1, lambda _: None)
for status, max_retries in [(200, 2), (404, 2), (503, 0)]:
    transport = httpx.MockTransport(lambda _: httpx.Response(status))
    with client.Client("https://api.example.test", transport=transport) as used:
        with contextlib.suppress(errors.ApiStatusError):
            sending.Sender(used, max_retries=max_retries).call(read, {"method": "get", "url": "/goals"})

heavy = [name for name in ("tenacity", "pyrate_limiter") if name in sys.modules]
assert not heavy, heavy
"""


def test_what_only_retries_and_limits_need_is_not_imported_before() -> None:
    subprocess.run([sys.executable, "-c", LIGHT], check=True)


# Operations whose route is a guess


def guess(name: str) -> Operation[Any]:
    """An operation whose route is a guess; each has a name of its own, because one warning is for the whole process."""
    return operation("GET", f"/{name}", unverified="The docs lack the route.")


@pytest.fixture
def generated() -> types.ModuleType:
    """A module of the generated package, as far as a warning can see."""
    module = types.ModuleType("abwire.made_up.api")
    source = """
def get(sender, operation, request):
    return sender.call(operation, request)

async def get_async(sender, operation, request):
    return await sender.call(operation, request)
"""
    exec(compile(source, "generated.py", "exec"), module.__dict__)  # noqa: S102
    return module


@SYNC_AND_ASYNC
def test_the_first_call_of_a_guess_warns_at_the_line_of_the_caller(is_async: bool, generated: types.ModuleType) -> None:
    called = guess(f"warns-{is_async}")
    client = Script(200).client()

    async def run() -> None:
        async with client:
            for _ in range(2):
                await generated.get_async(AsyncSender(client), called, GET)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if is_async:
            asyncio.run(run())
        else:
            with client:
                for _ in range(2):
                    generated.get(Sender(client), called, GET)

    (warning,) = caught
    assert warning.category is errors.UnverifiedOperationWarning
    assert warning.filename == __file__
    assert str(warning.message) == (
        f"get-goal: the route GET /warns-{is_async} is only a guess. The docs lack the route. Silence this with "
        "warnings.simplefilter('ignore', abwire.errors.UnverifiedOperationWarning)."
    )


@SYNC_AND_ASYNC
def test_a_warning_that_is_an_error_stops_every_call_before_anything_is_sent(is_async: bool) -> None:
    script, called = Script(200), guess(f"stops-{is_async}")
    for _ in range(2):
        with pytest.raises(errors.UnverifiedOperationWarning, match="is only a guess"):
            call(script.client(), called, is_async=is_async)
    assert script.requests == []


@SYNC_AND_ASYNC
def test_a_warning_can_be_silenced(is_async: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", errors.UnverifiedOperationWarning)
        assert call(Script(200).client(), guess(f"silent-{is_async}"), is_async=is_async) == {}


@SYNC_AND_ASYNC
def test_each_guess_has_its_warning_and_other_operations_have_none(is_async: bool) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for called in (guess(f"one-{is_async}"), READ, guess(f"two-{is_async}"), guess(f"one-{is_async}")):
            call(Script(200).client(), called, is_async=is_async)
    assert [re.findall(r"/\w+", str(warning.message)) for warning in caught] == [["/one"], ["/two"]]


def test_threads_that_call_a_guess_together_cause_one_warning() -> None:
    called = guess("together")
    together = threading.Barrier(8)

    def run(client: Client) -> None:
        together.wait()
        Sender(client).call(called, GET)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with Script(200).client() as client, ThreadPoolExecutor(8) as pool:
            list(pool.map(run, [client] * 8))
    assert len(caught) == 1
