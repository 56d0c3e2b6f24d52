"""What goes wrong on the way, over real sockets: what the caller gets, and how often the server was asked."""

from __future__ import annotations

import contextlib
import gzip
import logging
import pickle
import traceback
from dataclasses import dataclass
from typing import Any, Literal

import httpx
import pytest

from abwire_core import errors
from abwire_core.auth import BearerAuth
from abwire_core.errors import AbwireError, ApiConnectionError, ApiStatusError, ApiTimeoutError, DecodeError
from abwire_core.operations import Operation
from tests.core.calls import JITTER, SYNC_AND_ASYNC, Waits, call, connected, operation
from tests.core.faulty import HALF_AN_ANSWER, Faulty, Step, answer, unused_port, zipped

BACKOFF = [0.5 * JITTER, 1.0 * JITTER]

READ, CREATE, LIST = operation("GET"), operation("POST"), operation("POST", idempotent=True)
EVERY_CALL = pytest.mark.parametrize("called", [READ, CREATE, LIST], ids=["GET", "POST", "POST that reads"])
READ_AND_CREATE = pytest.mark.parametrize("called", [READ, CREATE], ids=["GET", "POST"])


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong, and what follows from it.

    Attributes:
        step: what the server does.
        error: what is raised if the call is not repeated.
        repeats: which calls are sent again.
        wait: seconds before the first retry, if the server says so.
        arrives: whether the server has read the request.
    """

    step: Step
    error: type[AbwireError]
    repeats: Literal["every call", "what does no harm", "nothing"]
    wait: float | None = None
    arrives: bool = True

    def is_repeated_for(self, called: Operation[Any]) -> bool:
        """Whether a call is sent again after this."""
        return self.repeats == "every call" or (self.repeats == "what does no harm" and called is not CREATE)

    def waits(self, retries: int) -> list[float]:
        """The waits before some retries."""
        return BACKOFF[:retries] if self.wait is None else [self.wait] * retries


def broken(step: Step, *, arrives: bool = True) -> Fault:
    """A fault after which nobody knows whether the server did what was asked."""
    return Fault(step, ApiConnectionError, "what does no harm", arrives=arrives)


def refused(status: int) -> Fault:
    """A fault that would happen again."""
    return Fault(answer(status), ApiStatusError.of(status), "nothing")


FAULTS = {
    "reset before the request is read": broken(Step(then="reset", reads="nothing"), arrives=False),
    "closed before the request is read": broken(Step(then="close", reads="nothing"), arrives=False),
    "reset after the head of the request": broken(Step(then="reset", reads="head")),
    "reset after the request": broken(Step(then="reset")),
    "closed after the request": broken(Step(then="close")),
    "reset in the head of the answer": broken(Step(b"HTTP/1.1 200 OK\r\nConte", then="reset")),
    "closed in the head of the answer": broken(Step(b"HTTP/1.1 200 OK\r\nConte", then="close")),
    "reset in the body of the answer": broken(Step(HALF_AN_ANSWER, then="reset")),
    "closed in the body of the answer": broken(Step(HALF_AN_ANSWER, then="close")),
    "reset in the body of an error": broken(Step(HALF_AN_ANSWER.replace(b"200", b"404"), then="reset")),
    "reset in the body of a 429": broken(Step(HALF_AN_ANSWER.replace(b"200", b"429"), then="reset")),
    "an answer in another protocol": broken(Step(b"SSH-2.0-made_up\r\n\r\n", then="close")),
    "gzip that is none": broken(answer(200, b"not compressed", Content_Encoding="gzip")),
    "429": Fault(answer(429), errors.RateLimitError, "every call"),
    "429, Retry-After: seconds": Fault(answer(429, Retry_After="7"), errors.RateLimitError, "every call", 7),
    "429, Retry-After: fraction": Fault(answer(429, Retry_After="0.75"), errors.RateLimitError, "every call", 0.75),
    "429, Retry-After: date": Fault(
        answer(429, Retry_After="Sun, 06 Nov 1994 08:49:40 GMT"), errors.RateLimitError, "every call", 3
    ),
    "429, Retry-After: past": Fault(
        answer(429, Retry_After="Sun, 06 Nov 1994 08:49:30 GMT"), errors.RateLimitError, "every call", 0
    ),
    "429, Retry-After: an hour": Fault(answer(429, Retry_After="3600"), errors.RateLimitError, "every call", 60),
    "429, Retry-After: garbage": Fault(answer(429, Retry_After="soon"), errors.RateLimitError, "every call"),
    "429, Retry-After: negative": Fault(answer(429, Retry_After="-5"), errors.RateLimitError, "every call"),
    **{
        str(status): Fault(answer(status), errors.ServerError, "what does no harm")
        for status in (500, 502, 503, 504, 520, 599)
    },
    "503, Retry-After": Fault(answer(503, Retry_After="2"), errors.ServerError, "what does no harm", 2),
    **{str(status): refused(status) for status in (304, 400, 401, 403, 404, 408, 409, 418, 422, 423)},
    "423, Retry-After": Fault(answer(423, Retry_After="2"), errors.ObjectLockedError, "nothing"),
    "redirect": Fault(answer(302, Location="/elsewhere"), ApiStatusError, "nothing"),
    "JSON cut off": Fault(answer(200, b'{"id": 1, "na'), DecodeError, "nothing"),
    "HTML with 200": Fault(answer(200, b"<html></html>", Content_Type="text/html"), DecodeError, "nothing"),
    "gzip cut off": Fault(
        answer(200, gzip.compress(b'{"id": 1}')[:-12], Content_Encoding="gzip"), DecodeError, "nothing"
    ),
    "an empty 200": Fault(answer(200, b""), DecodeError, "nothing"),
    "a list for an object": Fault(answer(200, b"[]"), DecodeError, "nothing"),
}

EVERY_FAULT = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())


@SYNC_AND_ASYNC
@EVERY_CALL
@EVERY_FAULT
def test_a_fault_that_passes_is_got_over_if_repeating_does_no_harm(
    fault: Fault, called: Operation[Any], is_async: bool
) -> None:
    waits = Waits()
    with Faulty.following(fault.step) as server:
        client = connected(server.url, timeout=5)
        request = {"method": called.method, "url": "/goals/7", "json": {"name": "made up"}}
        if fault.is_repeated_for(called):
            assert call(client, called, request, is_async=is_async, waits=waits) == {}
        else:
            with pytest.raises(AbwireError) as raised:
                call(client, called, request, is_async=is_async, waits=waits)
            assert type(raised.value) is fault.error

    retried = fault.is_repeated_for(called)
    assert waits == fault.waits(int(retried))
    assert len(server.received) == fault.arrives + retried
    if fault.step.reads == "all":
        assert {(sent.method, sent.body) for sent in server.received} == {(called.method, b'{"name":"made up"}')}


@SYNC_AND_ASYNC
@READ_AND_CREATE
@EVERY_FAULT
def test_a_fault_that_stays_is_raised_after_the_last_attempt(
    fault: Fault, called: Operation[Any], is_async: bool
) -> None:
    waits = Waits()
    with Faulty.following(*[fault.step] * 3) as server:
        with pytest.raises(AbwireError) as raised:
            call(connected(server.url, timeout=5), called, is_async=is_async, waits=waits)
        assert type(raised.value) is fault.error

    retries = 2 if fault.is_repeated_for(called) else 0
    assert waits == fault.waits(retries)
    assert len(server.received) == fault.arrives * (1 + retries)


@SYNC_AND_ASYNC
@pytest.mark.parametrize("sends", [b"", HALF_AN_ANSWER], ids=["no answer", "slow body"])
@EVERY_CALL
def test_an_answer_that_does_not_come_is_waited_for_no_longer_than_the_timeout(
    called: Operation[Any], sends: bytes, is_async: bool
) -> None:
    waits = Waits()
    with Faulty.following(Step(sends, then="stall")) as server:
        client = connected(server.url)
        timeout = httpx.Timeout(5, read=0.2)
        if called is CREATE:
            with pytest.raises(ApiTimeoutError, match=r"^POST /goals/7: timed out \(ReadTimeout\)$"):
                call(client, called, is_async=is_async, waits=waits, timeout=timeout)
        else:
            assert call(client, called, is_async=is_async, waits=waits, timeout=timeout) == {}

    assert len(server.received) == (1 if called is CREATE else 2)
    assert waits == ([] if called is CREATE else BACKOFF[:1])


@SYNC_AND_ASYNC
@READ_AND_CREATE
def test_where_nobody_listens_every_call_is_tried_again(called: Operation[Any], is_async: bool) -> None:
    waits = Waits()
    with pytest.raises(
        ApiConnectionError, match=rf"^{called.method} /goals/7: no connection \(ConnectError: "
    ) as raised:
        call(connected(f"http://127.0.0.1:{unused_port()}"), called, is_async=is_async, waits=waits)

    assert type(raised.value) is ApiConnectionError
    assert waits == BACKOFF


@SYNC_AND_ASYNC
@READ_AND_CREATE
def test_a_server_that_comes_up_in_between_gets_the_call_once(called: Operation[Any], is_async: bool) -> None:
    port = unused_port()
    with contextlib.ExitStack() as running:
        servers: list[Faulty] = []

        def start(_: float) -> None:
            servers.append(running.enter_context(Faulty.following(port=port)))

        async def start_async(seconds: float) -> None:
            start(seconds)

        client = connected(f"http://127.0.0.1:{port}")
        assert call(client, called, is_async=is_async, sleep=start_async if is_async else start) == {}
        assert [[sent.method for sent in server.received] for server in servers] == [[called.method]]


@SYNC_AND_ASYNC
def test_a_body_that_the_server_refuses_to_read_is_not_sent_again(is_async: bool) -> None:
    waits = Waits()
    with Faulty.following(Step(then="reset", reads="head")) as server:
        request = {"method": "POST", "url": "/images", "content": bytes(32 * 1024 * 1024)}
        with pytest.raises(ApiConnectionError):
            call(connected(server.url, timeout=5), CREATE, request, is_async=is_async, waits=waits)
    assert (len(server.received), waits) == (1, [])


@SYNC_AND_ASYNC
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@READ_AND_CREATE
def test_a_redirect_to_another_host_is_an_error_and_nothing_goes_there(
    status: int, called: Operation[Any], is_async: bool
) -> None:
    with Faulty.following() as other, Faulty.following(answer(status, Location=f"{other.url}/goals/7")) as server:
        client = connected(server.url, auth=BearerAuth("made-up-token"))
        with pytest.raises(ApiStatusError) as raised:
            call(client, called, is_async=is_async)

        assert raised.value.status_code == status
        assert [sent.headers["Authorization"] for sent in server.received] == ["Bearer made-up-token"]
        assert (other.received, other.connections) == ([], 0)


@SYNC_AND_ASYNC
@pytest.mark.parametrize(
    ("step", "parsed"),
    [
        pytest.param(answer(200, b'{"id": 1}'), {"id": 1}, id="200"),
        pytest.param(answer(201, b'{"id": 1}'), {"id": 1}, id="201"),
        pytest.param(Step(b"HTTP/1.1 204 No Content\r\n\r\n"), None, id="an empty 204"),
        pytest.param(zipped(b'{"id": 1}'), {"id": 1}, id="gzip"),
        pytest.param(
            Step(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"id\r\n5\r\n": 1}\r\n0\r\n\r\n'),
            {"id": 1},
            id="chunks",
        ),
        pytest.param(Step(b'HTTP/1.1 200 OK\r\n\r\n{"id": 1}', then="close"), {"id": 1}, id="no length"),
        pytest.param(Step(b"HTTP/1.1 103 Early Hints\r\n\r\n" + answer(200).sends), {}, id="early hints"),
    ],
)
@READ_AND_CREATE
def test_an_answer_of_success_is_parsed_whatever_its_form(
    called: Operation[Any], step: Step, parsed: Any, is_async: bool
) -> None:
    waits = Waits()
    with Faulty.following(step) as server:
        assert call(connected(server.url), called, is_async=is_async, waits=waits) == parsed
    assert (len(server.received), waits) == (1, [])


@SYNC_AND_ASYNC
def test_the_connection_is_used_again_after_an_error_status(is_async: bool) -> None:
    with Faulty.following(answer(503), answer(429)) as server:
        assert call(connected(server.url), READ, is_async=is_async) == {}
    assert (len(server.received), server.connections) == (3, 1)


@SYNC_AND_ASYNC
def test_every_attempt_sends_the_same_body(is_async: bool) -> None:
    class OnlyOnce:
        """A file that cannot be rewound, such as a pipe."""

        def __init__(self) -> None:
            self._chunks = [b"made-up ", b"image"]

        def read(self, _: int = -1) -> bytes:
            return self._chunks.pop(0) if self._chunks else b""

    request = {"method": "POST", "url": "/images", "files": [("image", ("a.png", OnlyOnce(), "image/png"))]}
    with Faulty.following(answer(429), answer(429)) as server:
        call(connected(server.url), CREATE, request, is_async=is_async)

    bodies = {sent.body for sent in server.received}
    assert len(server.received) == 3
    assert len(bodies) == 1
    assert b"\r\n\r\nmade-up image\r\n" in bodies.pop()


TOKEN, QUERY, BODY = "made-up-token", "made-up-query", "made-up-body"
SECRETS = (TOKEN, QUERY, BODY)


@SYNC_AND_ASYNC
@READ_AND_CREATE
@EVERY_FAULT
def test_no_fault_shows_a_secret(
    fault: Fault,
    called: Operation[Any],
    is_async: bool,
    caplog: pytest.LogCaptureFixture,
    recwarn: pytest.WarningsRecorder,
) -> None:
    caplog.set_level(logging.DEBUG)
    request = {"method": called.method, "url": "/goals/7", "params": {"q": QUERY}, "json": {"name": BODY}}
    with Faulty.following(*[fault.step] * 3) as server:
        client = connected(server.url, timeout=5, auth=BearerAuth(TOKEN))
        with pytest.raises(AbwireError) as raised:
            call(client, called, request, is_async=is_async)
        if server.received:
            assert QUERY in server.received[0].target
            assert TOKEN in server.received[0].headers["Authorization"]

    error = raised.value
    assert not isinstance(error.__cause__ or error.__context__, httpx.HTTPError)  # it holds the request
    shown = [str(error), repr(error), "".join(traceback.format_exception(error)), str(pickle.dumps(error))]
    # httpx logs the whole URL at INFO, as all its users know it; the query holds no credentials.
    logged = [record.getMessage() for record in caplog.records if record.name != "httpx"]
    assert not [text for text in caplog.messages if TOKEN in text or BODY in text]
    shown += logged + [str(warning.message) for warning in recwarn]
    assert {record.name.split(".")[0] for record in caplog.records} >= {"abwire", "httpcore"}
    assert [text for text in shown if any(secret in text for secret in SECRETS)] == []


@SYNC_AND_ASYNC
def test_a_header_that_cannot_be_sent_is_no_reason_to_try_again_and_is_not_shown(is_async: bool) -> None:
    waits = Waits()
    with Faulty.following() as server:
        client = connected(server.url, headers={"X-Key": f"{TOKEN}\n"})
        with pytest.raises(ApiConnectionError, match=r"the request cannot be sent \(LocalProtocolError\)$") as raised:
            call(client, READ, is_async=is_async, waits=waits)

    assert (server.received, waits) == ([], [])
    assert TOKEN not in "".join(traceback.format_exception(raised.value))
