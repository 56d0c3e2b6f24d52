"""Client credentials: when tokens are asked for, that one request does for all, and that no secret is shown."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import json
import logging
import pickle
import threading
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from abwire_core import auth as auth_module
from abwire_core.auth import ClientCredentials
from abwire_core.client import Client
from abwire_core.errors import ApiStatusError, AuthenticationError, RateLimitError, ServerError
from tests.core.calls import send_once, send_once_async
from tests.core.loopback import Loopback

# Made up, as are all credentials here.
CLIENT_ID = "made-up-client"
SECRET = "made-up-secret"
BASE_URL = "https://api.example.test"
TOKEN_URL = f"{BASE_URL}/oauth/token"

SYNC_AND_ASYNC = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 5000.0

    def __call__(self) -> float:
        return self.now


class Wire(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Takes a body as a connection does, once and bit by bit; the mock of the HTTP library keeps it."""

    def __init__(self, handle: Callable[[httpx.Request], httpx.Response]) -> None:
        self._handle = handle

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.SyncByteStream)
        return self._handle(httpx.Request(**_parts(request), content=b"".join(request.stream)))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.AsyncByteStream)
        content = b"".join([chunk async for chunk in request.stream])
        for _ in range(50):  # as late as the other tasks let it
            await asyncio.sleep(0)
        return self._handle(httpx.Request(**_parts(request), content=content))


def _parts(request: httpx.Request) -> dict[str, Any]:
    return {"method": request.method, "url": request.url, "headers": request.headers, "extensions": request.extensions}


class Api:
    """A server: gives tokens (token-1, token-2, ...), and takes those that it is told to take."""

    def __init__(self, **answer: Any) -> None:
        self.clock = Clock()
        self.auth = ClientCredentials(CLIENT_ID, SECRET, TOKEN_URL, clock=self.clock)
        self.answer = answer
        self.token_requests: list[httpx.Request] = []
        self.requests: list[httpx.Request] = []
        self.used: list[str] = []
        """The tokens that requests came with."""
        self.refused: set[str] = set()
        self.before_token: Callable[[], object] = lambda: None
        self.handle: Callable[[httpx.Request], httpx.Response] = self._handle
        self.token_response: Callable[[int], httpx.Response] = self._token_response
        self.client: Callable[[], Client] = self._client
        self._numbers = itertools.count(1)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        if str(request.url) == TOKEN_URL:
            self.token_requests.append(request)
            self.before_token()
            return self.token_response(next(self._numbers))
        self.requests.append(request)
        self.used.append(request.headers["Authorization"].removeprefix("Bearer "))
        return httpx.Response(401 if self.used[-1] in self.refused else 200, json={})

    def _token_response(self, number: int) -> httpx.Response:
        answer = {"access_token": f"token-{number}", "token_type": "bearer", **self.answer}
        return httpx.Response(200, content=json.dumps(answer))  # with NaN and the like, unlike json=

    def _client(self) -> Client:
        wire = Wire(self.handle)
        return Client(BASE_URL, auth=self.auth, transport=wire, async_transport=wire)

    def get(self, *, is_async: bool) -> httpx.Response:
        """Send a request with no body."""
        return self.send(is_async=is_async, method="GET", url="/a")

    def send(self, *, is_async: bool, **request: Any) -> httpx.Response:
        """Send a request."""

        async def run() -> httpx.Response:
            async with self.client() as client:
                return await send_once_async(client, **request)

        if is_async:
            return asyncio.run(run())
        with self.client() as client:
            return send_once(client, **request)


@SYNC_AND_ASYNC
def test_a_token_is_asked_for_as_the_standard_has_it(is_async: bool) -> None:
    api = Api()
    api.get(is_async=is_async)
    (request,) = api.token_requests
    assert (request.method, str(request.url)) == ("POST", TOKEN_URL)
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.headers["Accept"] == "application/json"
    assert "Authorization" not in request.headers
    assert parse_qs(request.content.decode(), strict_parsing=True) == {
        "grant_type": ["client_credentials"],
        "client_id": [CLIENT_ID],
        "client_secret": [SECRET],
    }


@SYNC_AND_ASYNC
def test_a_token_request_has_the_timeouts_and_the_name_of_the_call_that_needs_it(is_async: bool) -> None:
    api = Api()
    api.send(is_async=is_async, method="GET", url="/a", timeout=7.5, headers={"User-Agent": "made-up/1"})
    (request,) = api.token_requests
    assert request.extensions["timeout"] == {"connect": 7.5, "read": 7.5, "write": 7.5, "pool": 7.5}
    assert request.headers["User-Agent"] == "made-up/1"


@SYNC_AND_ASYNC
def test_a_token_serves_many_requests(is_async: bool) -> None:
    api = Api(expires_in=3600)
    for _ in range(3):
        api.get(is_async=is_async)
    assert api.used == ["token-1"] * 3
    assert len(api.token_requests) == 1


def test_sync_and_async_requests_share_a_token() -> None:
    api = Api()
    api.get(is_async=False)
    api.get(is_async=True)
    assert api.used == ["token-1"] * 2


@SYNC_AND_ASYNC
@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        pytest.param({"expires_in": 3600}, 3540, id="a minute before its end"),
        pytest.param({"expires_in": 100}, 90, id="a short one after nine tenths of its life"),
        pytest.param({"expires_in": "3600"}, 3540, id="string of digits"),
        pytest.param({"expires_in": 3600.5}, 3540.5, id="fraction"),
        pytest.param({}, 7140, id="no life given: two hours"),
        *[
            pytest.param({"expires_in": junk}, 7140, id=f"no number: {junk!r:.20}")
            for junk in (None, "", "soon", True, [3600], float("nan"), float("inf"), 10**400, "9" * 400)
        ],
    ],
)
def test_a_token_is_renewed_before_its_end(answer: dict[str, Any], seconds: float, is_async: bool) -> None:
    api = Api(**answer)
    api.get(is_async=is_async)
    api.clock.now += seconds - 0.1
    api.get(is_async=is_async)
    api.clock.now += 0.1
    api.get(is_async=is_async)
    api.get(is_async=is_async)
    assert api.used == ["token-1", "token-1", "token-2", "token-2"]


@SYNC_AND_ASYNC
def test_the_life_of_a_token_counts_from_when_it_was_asked_for(is_async: bool) -> None:
    api = Api(expires_in=3600)

    def slowly() -> None:
        api.clock.now += 40

    api.before_token = slowly
    api.get(is_async=is_async)
    api.clock.now += 3500
    api.get(is_async=is_async)
    assert api.used == ["token-1", "token-2"]


@SYNC_AND_ASYNC
@pytest.mark.parametrize("life", [0, -5, "0", "-5"])
def test_a_token_without_life_is_used_once(life: object, is_async: bool) -> None:
    api = Api(expires_in=life)
    for _ in range(3):
        assert api.get(is_async=is_async).status_code == 200
    assert api.used == ["token-1", "token-2", "token-3"]


@SYNC_AND_ASYNC
def test_after_a_401_the_token_is_renewed_and_the_request_sent_again(is_async: bool) -> None:
    api = Api()
    api.refused = {"token-1"}
    assert api.send(is_async=is_async, method="POST", url="/a", json={"a": 1}).status_code == 200
    assert api.used == ["token-1", "token-2"]
    assert [json.loads(request.content) for request in api.requests] == [{"a": 1}] * 2
    api.get(is_async=is_async)
    assert api.used == ["token-1", "token-2", "token-2"]


@SYNC_AND_ASYNC
def test_a_second_401_is_the_answer(is_async: bool) -> None:
    api = Api()
    api.refused = {"token-1", "token-2"}
    assert api.get(is_async=is_async).status_code == 401
    assert api.used == ["token-1", "token-2"]
    assert len(api.token_requests) == 2


def _chunks() -> Iterator[bytes]:
    yield from (b"made", b"-", b"up")


async def _chunks_async() -> AsyncIterator[bytes]:
    for chunk in _chunks():
        yield chunk


@SYNC_AND_ASYNC
def test_after_a_401_a_token_that_another_call_has_got_meanwhile_is_used(is_async: bool) -> None:
    api = Api()
    api.refused = {"token-1"}
    handle = api.handle

    def with_another_call(request: httpx.Request) -> httpx.Response:
        response = handle(request)
        if response.status_code == 401 and len(api.requests) == 1:
            with api.client() as client:
                assert send_once(client, method="GET", url="/other").status_code == 200
        return response

    api.handle = with_another_call
    assert api.get(is_async=is_async).status_code == 200
    assert [request.url.path for request in api.requests] == ["/a", "/other", "/other", "/a"]
    assert api.used == ["token-1", "token-1", "token-2", "token-2"]
    assert len(api.token_requests) == 2


class Waiting:
    """Counts the flows that wait for the token request of another."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._count = threading.Semaphore(0)
        renewal: Any = auth_module._Renewal
        wait, wait_async = renewal.wait, renewal.wait_async

        def counted(of: Any) -> None:
            self._count.release()
            wait(of)

        async def counted_async(of: Any) -> None:
            self._count.release()
            await wait_async(of)

        monkeypatch.setattr(renewal, "wait", counted)
        monkeypatch.setattr(renewal, "wait_async", counted_async)

    def until(self, number: int) -> None:
        """Let so many more come to wait."""
        for _ in range(number):
            assert self._count.acquire(timeout=10)

    def no_more(self) -> bool:
        """Whether nobody has come since."""
        return not self._count.acquire(blocking=False)


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> Waiting:
    """How many wait."""
    return Waiting(monkeypatch)


def in_threads(*work: Callable[[], object]) -> list[BaseException]:
    """Run all at once; return what they raise."""
    raised: list[BaseException] = []

    def run(each: Callable[[], object]) -> None:
        try:
            each()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=[each]) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)
    return raised


async def in_tasks(api: Api, number: int) -> list[httpx.Response | BaseException]:
    """Send requests at once."""
    async with api.client() as client:
        tasks = [send_once_async(client, method="GET", url="/a") for _ in range(number)]
        return await asyncio.gather(*tasks, return_exceptions=True)


def test_threads_share_one_token_request(waiting: Waiting) -> None:
    api = Api()
    api.before_token = lambda: waiting.until(9)
    assert in_threads(*[lambda: api.get(is_async=False)] * 10) == []
    assert len(api.token_requests) == 1
    assert api.used == ["token-1"] * 10


def test_tasks_share_one_token_request() -> None:
    api = Api()
    asyncio.run(in_tasks(api, 10))
    assert len(api.token_requests) == 1
    assert api.used == ["token-1"] * 10


def test_threads_and_event_loops_share_one_token_request(waiting: Waiting) -> None:
    api = Api()
    api.before_token = lambda: waiting.until(9)
    loops = [lambda: asyncio.run(in_tasks(api, 2))] * 3
    assert in_threads(*loops, *[lambda: api.get(is_async=False)] * 4) == []
    assert len(api.token_requests) == 1
    assert api.used == ["token-1"] * 10


def test_tasks_of_an_event_loop_that_is_not_the_first_share_one_token_request() -> None:
    api = Api(expires_in=0)
    asyncio.run(in_tasks(api, 1))
    api.answer = {}
    asyncio.run(in_tasks(api, 5))
    assert len(api.token_requests) == 2
    assert api.used == ["token-1"] + ["token-2"] * 5


def test_threads_that_all_get_a_401_share_one_renewal() -> None:
    api = Api()
    api.get(is_async=False)
    api.refused = {"token-1"}
    all_sent = threading.Barrier(8)
    handle = api.handle

    def together(request: httpx.Request) -> httpx.Response:
        if request.headers.get("Authorization") == "Bearer token-1":
            all_sent.wait(timeout=10)
        return handle(request)

    api.handle = together
    assert in_threads(*[lambda: api.get(is_async=False)] * 8) == []
    assert len(api.token_requests) == 2
    assert sorted(api.used) == ["token-1"] * 9 + ["token-2"] * 8


def test_tasks_that_all_get_a_401_share_one_renewal() -> None:
    api = Api()
    api.get(is_async=False)
    api.refused = {"token-1"}
    results = asyncio.run(in_tasks(api, 8))
    assert [result.status_code for result in results if isinstance(result, httpx.Response)] == [200] * 8
    assert len(api.token_requests) == 2


@SYNC_AND_ASYNC
def test_a_token_request_that_breaks_off_is_taken_over_by_one_of_those_who_wait(
    waiting: Waiting, is_async: bool
) -> None:
    api = Api()

    def break_off_once() -> None:
        if len(api.token_requests) == 1:
            if not is_async:
                waiting.until(4)
            raise httpx.ConnectError("made-up failure")

    api.before_token = break_off_once
    if is_async:
        raised = [result for result in asyncio.run(in_tasks(api, 5)) if isinstance(result, BaseException)]
    else:
        raised = in_threads(*[lambda: api.get(is_async=False)] * 5)
    assert [type(error) for error in raised] == [httpx.ConnectError]
    assert len(api.token_requests) == 2
    assert api.used == ["token-1"] * 4


def test_a_task_that_is_cancelled_in_its_token_request_leaves_it_to_the_others() -> None:
    api = Api()

    async def main() -> list[httpx.Response | BaseException]:
        async with api.client() as client:
            tasks = [asyncio.create_task(send_once_async(client, method="GET", url="/a")) for _ in range(5)]
            for _ in range(20):
                await asyncio.sleep(0)
            tasks[0].cancel()
            return await asyncio.gather(*tasks, return_exceptions=True)

    results = asyncio.run(main())
    assert [type(result) for result in results] == [asyncio.CancelledError] + [httpx.Response] * 4
    assert api.used == ["token-1"] * 4
    assert len(api.token_requests) == 1  # the one that was cancelled did not come to the end


def test_a_waiting_task_that_is_cancelled_disturbs_nobody() -> None:
    api = Api()

    async def main() -> list[httpx.Response | BaseException]:
        async with api.client() as client:
            tasks = [asyncio.create_task(send_once_async(client, method="GET", url="/a")) for _ in range(5)]
            for _ in range(20):
                await asyncio.sleep(0)
            for task in tasks[1:4]:
                task.cancel()
            return await asyncio.gather(*tasks, return_exceptions=True)

    results = asyncio.run(main())
    assert [isinstance(result, httpx.Response) for result in results] == [True, False, False, False, True]
    assert api.used == ["token-1"] * 2
    assert len(api.token_requests) == 1


def test_while_token_requests_break_off_nobody_waits_for_more_than_two(waiting: Waiting) -> None:
    api = Api()
    at_once = threading.Barrier(6)

    def break_off() -> None:
        number = len(api.token_requests)
        if number <= 2:
            waiting.until(8 - number)
        else:
            at_once.wait(timeout=10)
        raise httpx.ConnectError("made-up failure")

    api.before_token = break_off
    raised = in_threads(*[lambda: api.get(is_async=False)] * 8)
    assert [str(error) for error in raised] == ["made-up failure"] * 8
    assert len(api.token_requests) == 8
    api.before_token = lambda: None
    assert api.get(is_async=False).status_code == 200


def test_a_refusal_goes_to_all_who_wait_for_it(waiting: Waiting) -> None:
    api = Api()
    api.token_response = lambda _: httpx.Response(401, json={"error": "invalid_client"})
    api.before_token = lambda: waiting.until(9)
    raised = in_threads(*[lambda: api.get(is_async=False)] * 10)
    assert [type(error) for error in raised] == [AuthenticationError] * 10
    assert len(set(map(id, raised))) == 10  # one of its own for each, because tracebacks grow in them
    assert len(api.token_requests) == 1
    assert api.requests == []


def test_a_refusal_goes_to_all_tasks_who_wait_for_it() -> None:
    api = Api()
    api.token_response = lambda _: httpx.Response(503)
    raised = asyncio.run(in_tasks(api, 10))
    assert [type(error) for error in raised] == [ServerError] * 10
    assert len(api.token_requests) == 1


def test_a_sync_call_within_an_event_loop_does_not_wait_for_a_task_of_that_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    api = Api()

    def fail(*_: Any) -> None:
        raise AssertionError("would wait forever")

    monkeypatch.setattr(auth_module, "wait", fail)

    async def main() -> None:
        async with api.client() as client:
            task = asyncio.create_task(send_once_async(client, method="GET", url="/async"))
            for _ in range(20):
                await asyncio.sleep(0)
            with api.client() as sync_client:
                send_once(sync_client, method="GET", url="/sync")
            await task

    asyncio.run(main())
    assert [request.url.path for request in api.requests] == ["/sync", "/async"]
    assert api.used == ["token-1", "token-2"]


def test_an_event_loop_that_ends_while_its_task_waits_disturbs_nobody(
    waiting: Waiting, caplog: pytest.LogCaptureFixture
) -> None:
    api = Api()

    async def give_up() -> None:
        async with api.client() as client:
            await asyncio.wait_for(send_once_async(client, method="GET", url="/a"), timeout=0.05)

    def meanwhile() -> None:
        assert [type(error) for error in in_threads(lambda: asyncio.run(give_up()))] == [TimeoutError]
        waiting.until(1)

    api.before_token = meanwhile
    assert api.get(is_async=False).status_code == 200
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@SYNC_AND_ASYNC
def test_a_token_request_that_died_with_its_event_loop_does_not_hold_up_calls_forever(
    monkeypatch: pytest.MonkeyPatch, waiting: Waiting, is_async: bool
) -> None:
    monkeypatch.setattr(auth_module, "_PATIENCE", 0.05)
    api = Api()
    flow = api.auth.async_auth_flow(httpx.Request("GET", f"{BASE_URL}/a"))

    async def begin() -> None:
        await anext(flow)

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=lambda: loop.run_until_complete(begin()))  # and never goes on
    thread.start()
    thread.join()
    loop.close()
    assert api.get(is_async=is_async).status_code == 200
    waiting.until(1)
    assert waiting.no_more()
    assert api.get(is_async=is_async).status_code == 200
    assert api.used == ["token-1"] * 2
    assert len(api.token_requests) == 1


def shown(error: BaseException) -> str:
    """All that a person may come to see of an error, with the variables of our functions on its way."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    variables = [frame.f_locals for frame in frames if frame.f_globals.get("__name__") == auth_module.__name__]
    return f"{error!r} {''.join(traceback.format_exception(error))} {vars(error)} {variables}"


def refused(api: Api, *, is_async: bool) -> ApiStatusError:
    """The error of a call that gets no token."""
    with pytest.raises(ApiStatusError) as raised:
        api.get(is_async=is_async)
    assert api.requests == []
    return raised.value


@SYNC_AND_ASYNC
@pytest.mark.parametrize("status", [300, 302, 400, 401, 403, 404, 405, 415, 422])
def test_a_refused_token_request_is_an_authentication_error(status: int, is_async: bool) -> None:
    api = Api()
    answer = httpx.Response(status, json={"access_token": "token-x"}, headers={"Location": "https://other.test/"})
    api.token_response = lambda _: answer
    error = refused(api, is_async=is_async)
    assert type(error) is AuthenticationError
    assert (error.status_code, error.method, error.path) == (status, "POST", "/oauth/token")
    assert str(error) == f"POST /oauth/token: status {status}"


UNUSABLE = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b'"token-x"',
    b"{",
    b"\xff\xfe",
    b"[" * 100_000,
    b"<html><body>token-x</body></html>",
    b'{"access_token": null}',
    b'{"access_token": 17}',
    b'{"access_token": ["token-x"]}',
    b'{"access_token": ""}',
    b'{"access_token": " token-x"}',
    b'{"access_token": "token-x\\r\\nX-Header: 1"}',
    b'{"access_token": "token-x\\u0000"}',
    b'{"access_token": "t\\u00f6ken-x"}',
    b'{"token": "token-x"}',
]


@SYNC_AND_ASYNC
@pytest.mark.parametrize(
    ("status", "content"),
    [*((200, content) for content in UNUSABLE), (201, b"{}"), (204, b"")],
    ids=lambda value: repr(value)[:40],
)
def test_an_answer_without_a_usable_token_is_an_authentication_error(
    status: int, content: bytes, is_async: bool
) -> None:
    api = Api()
    api.token_response = lambda _: httpx.Response(status, content=content)
    error = refused(api, is_async=is_async)
    assert type(error) is AuthenticationError
    assert error.status_code == status
    assert str(error) == f"POST /oauth/token: status {status} (the answer holds no usable token)"
    assert "token-x" not in shown(error)


@SYNC_AND_ASYNC
@pytest.mark.parametrize(
    ("status", "kind"), [(429, RateLimitError), (500, ServerError), (503, ServerError), (520, ServerError)]
)
def test_a_token_request_that_may_go_well_later_is_the_error_of_its_status(
    status: int, kind: type[ApiStatusError], is_async: bool
) -> None:
    api = Api()
    answer = httpx.Response(status, headers={"Retry-After": "7", "Set-Cookie": "session=made-up"}, text="token-x")
    api.token_response = lambda _: answer
    error = refused(api, is_async=is_async)
    assert type(error) is kind
    assert (error.status_code, error.method, error.path) == (status, "POST", "/oauth/token")
    assert dict(error.headers) == {"retry-after": "7"}
    assert "token-x" not in shown(error)


@SYNC_AND_ASYNC
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"error": "invalid_client", "error_description": f"wrong secret {SECRET}"}, " (invalid_client)"),
        ({"error": f"unknown secret {SECRET}"}, ""),
        ({"error": ["invalid_client"]}, ""),
        ({"message": f"unknown secret {SECRET}"}, ""),
    ],
    ids=["code of the standard", "other code", "no code", "other body"],
)
def test_a_refusal_says_why_in_the_words_of_the_standard_only(body: object, reason: str, is_async: bool) -> None:
    api = Api()
    api.token_response = lambda _: httpx.Response(400, json=body)
    error = refused(api, is_async=is_async)
    assert str(error) == f"POST /oauth/token: status 400{reason}"
    assert SECRET not in shown(error)


@SYNC_AND_ASYNC
def test_after_a_refusal_the_next_call_asks_again(is_async: bool) -> None:
    api = Api()
    give = api.token_response
    api.token_response = lambda _: httpx.Response(503)
    refused(api, is_async=is_async)
    api.token_response = give
    assert api.get(is_async=is_async).status_code == 200


@SYNC_AND_ASYNC
def test_a_renewal_that_is_refused_is_an_error_and_not_the_401_before_it(is_async: bool) -> None:
    api = Api()
    api.get(is_async=is_async)
    api.refused = {"token-1"}
    api.token_response = lambda _: httpx.Response(403)
    with pytest.raises(AuthenticationError) as raised:
        api.get(is_async=is_async)
    assert raised.value.status_code == 403
    assert "token-1" not in shown(raised.value)


@SYNC_AND_ASYNC
def test_neither_secret_nor_token_follows_a_redirect_to_another_host(is_async: bool) -> None:
    api = Api()
    elsewhere: list[httpx.Request] = []
    handle = api.handle

    def redirect(request: httpx.Request) -> httpx.Response:
        if request.url.host == "other.test":
            elsewhere.append(request)
            return httpx.Response(200)
        response = handle(request)
        if request.url.path == "/a":
            return httpx.Response(307, headers={"Location": "https://other.test/a"})
        return response

    api.handle = redirect
    assert api.get(is_async=is_async).status_code == 307
    assert elsewhere == []
    assert api.send(is_async=is_async, method="GET", url="/a", follow_redirects=True).status_code == 200
    assert "Authorization" not in elsewhere[0].headers


@pytest.mark.parametrize(
    "token_url",
    [
        "",
        "/oauth/token",
        "api.example.test/oauth/token",
        "ftp://api.example.test/",
        "https:///oauth/token",
        f"https://{CLIENT_ID}:{SECRET}@api.example.test/oauth/token",
    ],
)
def test_a_token_url_that_is_none_is_refused(token_url: str) -> None:
    with pytest.raises(ValueError, match="a token URL is absolute") as raised:
        ClientCredentials(CLIENT_ID, SECRET, token_url)
    assert SECRET not in str(raised.value)


def test_representations_show_the_client_id_and_no_secret() -> None:
    api = Api()
    api.get(is_async=False)
    assert repr(api.auth) == "ClientCredentials(client_id='made-up-client')"
    for text in (str(api.auth), f"{[api.auth]}", repr(vars(api.client())), repr(vars(api.auth)["_token"])):
        assert SECRET not in text
        assert "token-1" not in text


@SYNC_AND_ASYNC
@pytest.mark.parametrize("status", [200, 400, 401, 429, 503])
def test_errors_show_neither_secret_nor_token(status: int, is_async: bool) -> None:
    everything = {"error": f"{SECRET} token-x", "token": "token-x", "message": f"{SECRET} token-x"}
    api = Api()
    api.token_response = lambda _: httpx.Response(status, json=everything, headers={"X-Token": f"token-x {SECRET}"})
    error = refused(api, is_async=is_async)
    for text in (shown(error), repr(pickle.loads(pickle.dumps(error)).__dict__)):  # noqa: S301
        assert SECRET not in text
        assert "token-x" not in text


@SYNC_AND_ASYNC
@pytest.mark.usefixtures("no_proxies")
def test_the_error_of_a_token_request_that_breaks_off_shows_no_secret(is_async: bool) -> None:
    api = Api()

    def break_off() -> None:
        raise httpx.ReadError("made-up failure")

    api.before_token = break_off
    with pytest.raises(httpx.ReadError) as raised:
        api.get(is_async=is_async)
    assert SECRET not in f"{shown(raised.value)} {raised.value.request!r} {raised.value.request.headers!r}"
    assert str(raised.value.request.url) == TOKEN_URL


@SYNC_AND_ASYNC
def test_logs_show_no_secret(server: Loopback, is_async: bool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    api = Api()
    api.auth = ClientCredentials(CLIENT_ID, SECRET, f"{server.url}/oauth/token")
    api.client = lambda: Client(server.url, auth=api.auth)
    with pytest.raises(AuthenticationError, match="POST /oauth/token: status 200"):
        api.get(is_async=is_async)
    (received,) = server.received
    assert SECRET.encode() in received.body
    assert {"httpx", "httpcore"} <= {record.name.split(".")[0] for record in caplog.records}
    assert SECRET not in caplog.text


@SYNC_AND_ASYNC
def test_a_connection_is_given_back_before_a_renewal_is_waited_for(is_async: bool, waiting: Waiting) -> None:
    """Else a token request could wait for a connection of one that waits for the token."""
    api = Api()
    request = httpx.Request("GET", f"{BASE_URL}/a")
    unread = httpx.Response(401, content=_chunks_async() if is_async else _chunks(), request=request)
    give = httpx.Response(200, json={"access_token": "token-1"})

    def run() -> None:
        flow, other = api.auth.sync_auth_flow(request), api.auth.sync_auth_flow(request)
        next(flow)
        flow.send(give)
        with contextlib.closing(flow), contextlib.closing(other):
            api.clock.now += 10_000
            next(other)  # asks for a token
            assert not unread.is_closed
            flow.send(unread)  # does not wait, because it is the same thread
            assert unread.is_closed

    async def run_async() -> None:
        flow, other = api.auth.async_auth_flow(request), api.auth.async_auth_flow(request)
        await anext(flow)
        await flow.asend(give)
        async with contextlib.aclosing(flow), contextlib.aclosing(other):
            api.clock.now += 10_000
            await anext(other)
            task = asyncio.create_task(flow.asend(unread))
            for _ in range(20):
                await asyncio.sleep(0)
            assert unread.is_closed
            await other.asend(httpx.Response(200, json={"access_token": "token-2"}))
            assert (await task).headers["Authorization"] == "Bearer token-2"

    if is_async:
        asyncio.run(run_async())
    else:
        run()
    waiting.until(1)


def test_a_flow_that_nobody_goes_on_with_leaves_nothing_behind() -> None:
    api = Api()
    next(api.auth.sync_auth_flow(httpx.Request("GET", f"{BASE_URL}/a")))
    gc.collect()
    assert api.get(is_async=False).status_code == 200
    assert len(api.token_requests) == 1
