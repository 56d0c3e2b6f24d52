"""Attacks on a client, by servers, by the machine and by mistakes: what must hold, and how often a server is asked.

Each row of the table is one attack, made a number of times, on the sync and on the async client.
"""

from __future__ import annotations

import asyncio
import gc
import gzip
import io
import math
import tempfile
import time
import traceback
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from abwire_core import apis, encoding, errors, limits, plain
from abwire_core.auth import BearerAuth, ClientCredentials, RequestSigning, Secret
from abwire_core.client import Client
from abwire_core.decoding import body as json_of
from abwire_core.encoding import path_segment
from abwire_core.errors import AbwireError, ApiTimeoutError, ConfigurationError, DecodeError, ResponseTooLargeError
from abwire_core.operations import Operation
from abwire_core.pages import AsyncPages, Page, Pages
from abwire_core.polling import poll, poll_async
from abwire_core.sending import AsyncSender, Sender
from abwire_core.types import File
from tests.core.calls import SYNC_AND_ASYNC, Script, connected, operation
from tests.core.faulty import HALF_AN_ANSWER, Faulty, Step, answer
from tests.core.signing import HEADERS

GET, CREATE = operation("GET"), operation("POST")
JSON: Operation[Any] = Operation("get-goal", "GET", "/goals/{goalId}", json_of, lambda _: None)
SECRET = "made-up-secret"
SMALL = 100_000
"""Bytes that a response may have."""


async def _no_sleep(_: float) -> None:
    await asyncio.sleep(0)


class Calls:
    """Makes calls with the sync or the async client, one after the other or together, and gives what comes of each."""

    def __init__(self, is_async: bool, times: int) -> None:
        self.is_async = is_async
        self.times = times

    def __call__(
        self,
        client: Client,
        called: Operation[Any] = GET,
        request: Mapping[str, Any] | None = None,
        *,
        together: bool = False,
        **options: Any,
    ) -> list[Any]:
        request = request or {"method": called.method, "url": "/goals/7"}
        if self.is_async:
            return asyncio.run(self._async(client, called, request, together, {"sleep": _no_sleep, **options}))
        with client, ThreadPoolExecutor(min(self.times, 50) if together else 1) as pool:
            sender = Sender(client, **{"sleep": lambda _: None, **options})
            return list(pool.map(lambda _: outcome(lambda: sender.call(called, request)), range(self.times)))

    async def _async(
        self,
        client: Client,
        called: Operation[Any],
        request: Mapping[str, Any],
        together: bool,
        options: dict[str, Any],
    ) -> list[Any]:
        async with client:
            sender = AsyncSender(client, **options)
            calls = (sender.call(called, request) for _ in range(self.times))
            if together:
                return await asyncio.gather(*calls, return_exceptions=True)
            found: list[Any] = []
            for call in calls:
                found += await asyncio.gather(call, return_exceptions=True)
            return found


def outcome(call: Callable[[], Any]) -> Any:
    """What a call returns or raises."""
    try:
        return call()
    except Exception as error:
        return error


def all_are(results: list[Any], kind: type[AbwireError], text: str = "") -> None:
    """Fail unless all results are errors of a class, with a text in their messages."""
    assert {type(result) for result in results} == {kind}, results
    assert all(text in str(result) for result in results), results


@dataclass(frozen=True)
class Attack:
    """A row of the table.

    Attributes:
        name: what is done to the client.
        holds: what must hold.
        times: how many calls are made.
        requests: how many requests the server may see, at most; None where there is no server.
        run: makes the calls; returns how many requests the server has seen.
    """

    name: str
    holds: str
    times: int
    requests: int | None
    run: Callable[[Calls], int | None]


TABLE: list[Attack] = []


def attack(
    name: str, holds: str, *, requests: int | None, times: int = 1
) -> Callable[[Callable[[Calls], int | None]], Callable[[Calls], int | None]]:
    """Add a row to the table."""

    def add(run: Callable[[Calls], int | None]) -> Callable[[Calls], int | None]:
        TABLE.append(Attack(name, holds, times, requests, run))
        return run

    return add


# --- retries and the rate limit ---


@attack("every token is refused once", "each request counts for the rate limit", times=10, requests=20)
def _(calls: Calls) -> int:
    class Twice(httpx.Auth):
        def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
            yield request
            yield request

    script, limiter = Script(401), limits.limiter([(100, 3600)])
    all_are(calls(script.client(auth=Twice()), rate_limiter=limiter), errors.AuthenticationError)
    assert len(limiter._moments) == len(script.requests) == 20
    return len(script.requests)


@attack("token requests", "do not count for the rate limit", times=5, requests=6)
def _(calls: Calls) -> int:
    script = Script(httpx.Response(200, json={"access_token": "made-up", "expires_in": 7200}), 200)
    limiter = limits.limiter([(100, 3600)])
    auth = ClientCredentials("made-up", SECRET, "https://api.example.test/oauth/token")
    assert calls(script.client(auth=auth), rate_limiter=limiter) == [{}] * 5
    assert len(limiter._moments) == 5
    return len(script.requests)


@attack("429 for everything", "a budget ends the retries of all calls together", times=200, requests=300)
def _(calls: Calls) -> int:
    script = Script(429)
    all_are(calls(script.client(), together=True), errors.RateLimitError)
    return len(script.requests)


@attack("500 for a create", "it is not sent again", times=5, requests=5)
def _(calls: Calls) -> int:
    script = Script(500)
    all_are(calls(script.client(), CREATE), errors.ServerError)
    return len(script.requests)


@attack("Retry-After: a year", "a wait of 60 seconds at most", requests=3)
def _(calls: Calls) -> int:
    script, waits = Script(httpx.Response(429, headers={"Retry-After": "31536000"})), []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    all_are(calls(script.client(), sleep=sleep if calls.is_async else waits.append), errors.RateLimitError)
    assert waits == [60, 60]
    return len(script.requests)


@attack("Retry-After beyond the deadline", "no wait that leads nowhere", requests=1)
def _(calls: Calls) -> int:
    script = Script(httpx.Response(429, headers={"Retry-After": "59"}))
    all_are(calls(script.client(), deadline=30), errors.RateLimitError)
    return len(script.requests)


@attack("a rate limit beyond the deadline", "an error at once, and nothing is sent", times=3, requests=1)
def _(calls: Calls) -> int:
    script = Script(200)
    results = calls(script.client(), rate_limiter=limits.limiter([(1, 3600)]), deadline=30)
    assert results[0] == {}
    all_are(results[1:], ApiTimeoutError, "GET /goals/7: not finished by the deadline of the call")
    return len(script.requests)


@attack("redirects in a circle", "none is followed", times=3, requests=3)
def _(calls: Calls) -> int:
    script = Script(httpx.Response(307, headers={"Location": "/goals/7"}))
    all_are(calls(script.client()), errors.ApiStatusError, "status 307")
    return len(script.requests)


# --- size ---


def bomb(layers: int, size: int = 50_000_000) -> bytes:
    """Zeros, compressed again and again."""
    content = bytes(size)
    for _ in range(layers):
        content = gzip.compress(content)
    return content


def flat(run: Callable[[], Any], most: int) -> Any:
    """Run, and fail if that took more memory than allowed, in bytes."""
    tracemalloc.start()
    try:
        result = run()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < most, f"{peak} bytes"
    return result


@attack("a response that is compressed a thousandfold", "an error, and flat memory", times=2, requests=2)
def _(calls: Calls) -> int:
    with Faulty.following(*[answer(200, bomb(1), Content_Encoding="gzip")] * 2) as server:
        results = flat(lambda: calls(connected(server.url), max_response_bytes=SMALL), 3_000_000)
    all_are(
        results, ResponseTooLargeError, "GET /goals/7: the response is larger than 100000 bytes; to accept it, raise"
    )
    return len(server.received)


@attack("a response that is compressed twice", "an error, and flat memory", requests=3)
def _(calls: Calls) -> int:
    steps = [answer(200, bomb(2), Content_Encoding="gzip, gzip")] * 3
    with Faulty.following(*steps) as server:
        all_are(
            flat(lambda: calls(connected(server.url)), 3_000_000), errors.ApiConnectionError, "compressed and broken"
        )
    return len(server.received)


ENDLESS = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + bytes(20_000_000)
LARGE = {
    "a large response": Step(ENDLESS, then="close"),
    "a response that says it is large": Step(HALF_AN_ANSWER.replace(b"100", b"99999999999"), then="close"),
    "a large error": Step(ENDLESS.replace(b"200", b"404"), then="close"),
    "garbage after the end of a compressed response": Step(
        ENDLESS[:-20_000_000].replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n")
        + gzip.compress(b"{}")
        + bytes(20_000_000),
        then="close",
    ),
}
for _name, _step in LARGE.items():

    @attack(_name, "an error, and flat memory", requests=1)
    def _(calls: Calls, step: Step = _step) -> int:
        with Faulty.following(step) as server:
            client = connected(server.url)
            all_are(flat(lambda: calls(client, max_response_bytes=SMALL), 3_000_000), ResponseTooLargeError)
        return len(server.received)


@attack("a large token response", "an error, and flat memory", requests=1)
def _(calls: Calls) -> int:
    with Faulty.following(Step(ENDLESS, then="close")) as server:
        client = connected(server.url, auth=ClientCredentials("made-up", SECRET, f"{server.url}/oauth/token"))
        results = flat(lambda: calls(client, max_response_bytes=SMALL), 3_000_000)
    all_are(results, ResponseTooLargeError, "POST /oauth/token: the response is larger")
    return len(server.received)


@attack("a response as large as allowed", "is read", times=2, requests=2)
def _(calls: Calls) -> int:
    plain, zipped = (
        answer(200, b"{}".ljust(SMALL)),
        answer(200, gzip.compress(b"{}".ljust(SMALL)), Content_Encoding="gzip"),
    )
    with Faulty.following(plain, zipped) as server:
        assert calls(connected(server.url), max_response_bytes=SMALL) == [{}, {}]
    return len(server.received)


# --- time ---

TRICKLES = {
    "head": (b"HTTP/1.1 200 OK\r\n", b"X"),
    "hints": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "body": (HALF_AN_ANSWER, b" "),
    "error": (HALF_AN_ANSWER.replace(b"200", b"503"), b" "),
}
for _name, (_first, _more) in TRICKLES.items():

    @attack(f"a {_name} of one byte now and then", "the deadline ends the call", requests=1)
    def _(calls: Calls, first: bytes = _first, more: bytes = _more) -> int:
        with Faulty.following(Step(first, then="trickle", more=more)) as server:
            all_are(
                calls(connected(server.url), timeout=5, deadline=0.3), ApiTimeoutError, "by the deadline of the call"
            )
        return len(server.received)


@attack("a token response of one byte now and then", "the deadline ends the call", requests=1)
def _(calls: Calls) -> int:
    with Faulty.following(Step(HALF_AN_ANSWER, then="trickle", more=b" ")) as server:
        client = connected(server.url, auth=ClientCredentials("made-up", SECRET, f"{server.url}/oauth/token"))
        all_are(calls(client, timeout=5, deadline=0.3), ApiTimeoutError, "by the deadline of the call")
    return len(server.received)


@attack("a server that does not read", "the deadline ends the call", requests=1)
def _(calls: Calls) -> int:
    request = {"method": "POST", "url": "/images", "content": bytes(64 * 1024 * 1024)}
    with Faulty.following(Step(then="wait", reads="head")) as server:
        all_are(calls(connected(server.url), CREATE, request, timeout=5, deadline=0.3), ApiTimeoutError)
    return len(server.received)


@attack("a poll of one byte now and then", "the timeout of the results ends it, with their code", requests=1)
def _(calls: Calls) -> int:
    async def run(client: Client) -> None:
        async with client:
            sender = AsyncSender(client, timeout=5)
            await poll_async("made-up", lambda _: sender.call(GET, {"method": "GET", "url": "/a"}), str, timeout=0.3)

    def run_sync(client: Client) -> None:
        with client:
            sender = Sender(client, timeout=5)
            poll("made-up", lambda _: sender.call(GET, {"method": "GET", "url": "/a"}), str, timeout=0.3)

    with (
        pytest.MonkeyPatch.context() as patch,
        Faulty.following(Step(HALF_AN_ANSWER, then="trickle", more=b" ")) as server,
    ):
        patch.setattr("abwire_core.polling.SHORTEST_FETCH", 0.1)
        with pytest.raises(errors.ResultsTimeoutError, match="made-up"):
            asyncio.run(run(connected(server.url))) if calls.is_async else run_sync(connected(server.url))
    return len(server.received)


# --- lists ---


def everything(calls: Calls, fetch: Callable[[int], list[Any]]) -> tuple[list[Any], int]:
    """All items of a list, and the number of pages that were asked for."""
    asked: list[int] = []

    def page(number: int) -> Page[Any]:
        asked.append(number)
        return Page(fetch(number))

    async def later(number: int) -> Page[Any]:
        return page(number)

    found = asyncio.run(AsyncPages(later, 20).to_list()) if calls.is_async else Pages(page, 20).to_list()
    return found, len(asked)


@attack("a list that ignores the page number and changes a value", "ends, and gives each item once", requests=2)
def _(calls: Calls) -> int:
    found, asked = everything(calls, lambda number: [{"id": n, "value": number} for n in range(20)])
    assert [item["id"] for item in found] == list(range(20))
    return asked


@attack("a list that alternates two pages", "ends, and gives each item once", requests=3)
def _(calls: Calls) -> int:
    found, asked = everything(calls, lambda number: [{"id": n + 20 * (number % 2)} for n in range(20)])
    assert sorted(item["id"] for item in found) == list(range(40))
    return asked


@attack("pages of 20, 7, 20 and 3 items", "no item is lost", requests=5)
def _(calls: Calls) -> int:
    pages = {1: range(20), 2: range(20, 27), 3: range(27, 47), 4: range(47, 50)}
    found, asked = everything(calls, lambda number: [{"id": n} for n in pages.get(number, ())])
    assert [item["id"] for item in found] == list(range(50))
    return asked


# --- what is sent ---


@attack("line breaks in a media type", "refused, and nothing is sent", requests=0)
def _(calls: Calls) -> None:
    for mime_type in ("image/png\r\nX-Made-Up: 1", "image/png\n", "image/\u2028png"):
        with pytest.raises(ValueError, match="a line break would add headers"):
            File(b"made-up", "a.png", mime_type).to_tuple()


@attack("numbers that are none, and paths that lead elsewhere", "refused, and nothing is sent", requests=0)
def _(calls: Calls) -> None:
    for value in (math.nan, math.inf, -math.inf, "", ".", "..", None):
        with pytest.raises(ValueError, match="must"):
            path_segment("goal_id", value)
    for number in (math.nan, math.inf, -math.inf):
        for query in ({"least": number}, {"ids": [1, number]}):
            with pytest.raises(ValueError, match=r"^the query argument (least|ids) must be finite"):
                encoding.request("GET", "/goals", query=query)


@attack("text that no encoding can write", "a ValueError without the text", times=3, requests=0)
def _(calls: Calls) -> int:
    script = Script(200)
    requests: list[dict[str, Any]] = [
        {"json": {"name": f"{SECRET}\ud800"}},
        {"headers": {"X-Name": f"{SECRET}\u2028"}},
        {"params": {"q": f"{SECRET}\ud800"}},
    ]
    for request in requests:
        for error in calls(script.client(), GET, {"method": "GET", "url": "/goals/7", **request}):
            assert type(error) is ValueError
            assert SECRET not in "".join(traceback.format_exception(error))
    return len(script.requests)


@attack("an upload that is sent again", "the whole file each time, in flat memory", requests=3)
def _(calls: Calls) -> int:
    size = 30_000_000
    with Faulty.following(answer(429), answer(429), keeps_bodies=False) as server:
        file = io.BytesIO(bytes(size))
        request = {"method": "POST", "url": "/images", "files": [("image", ("a.png", file, "image/png"))]}
        assert flat(lambda: calls(connected(server.url), CREATE, request), 3_000_000) == [{}]
    assert len(set(server.sizes)) == 1
    assert size < server.sizes[0] < size + 1000
    return len(server.received)


@attack("an upload of a path that is sent again", "the whole file each time, in flat memory, closed", requests=3)
def _(calls: Calls) -> int:
    size = 30_000_000
    with (
        Faulty.following(answer(429), answer(429), keeps_bodies=False) as server,
        tempfile.NamedTemporaryFile() as written,
    ):
        written.truncate(size)

        @plain.arguments("images.upload")
        def build(file: File) -> dict[str, Any]:
            return {"method": "POST", "url": "/images", "files": [("image", file.to_tuple())]}

        # The file that is left open would be a warning, and warnings are errors.
        assert flat(lambda: calls(connected(server.url), CREATE, build(file=written.name)), 3_000_000) == [{}]
        gc.collect()
    assert len(set(server.sizes)) == 1
    assert size < server.sizes[0] < size + 1000
    return len(server.received)


@attack("an upload from a pipe that is refused with its token", "the whole content each time", requests=4)
def _(calls: Calls) -> int:
    class OneWay(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: Any) -> int:
            raise io.UnsupportedOperation

    token = httpx.Response(200, json={"access_token": "made-up"})
    for content in (
        {"files": [("image", ("a.png", OneWay(b"made-up"), "image/png"))]},
        {"content": iter([b"made-", b"up"])},
    ):
        script = Script(token, 401, token, 200)
        auth = ClientCredentials("made-up", SECRET, "https://api.example.test/oauth/token")
        assert calls(script.client(auth=auth), CREATE, {"method": "POST", "url": "/images", **content}) == [{}]
        bodies = [sent.content for sent in script.requests if sent.url.path == "/images"]
        assert bodies[0] == bodies[1]
        assert b"made-up" in bodies[0]
    return len(script.requests)


@attack("cookies", "none is kept or sent", times=20, requests=20)
def _(calls: Calls) -> int:
    script = Script(httpx.Response(200, json={}, headers={"Set-Cookie": f"made-up={'x' * 4000}; Path=/"}))
    client = script.client()
    assert calls(client) == [{}] * 20
    assert not [sent for sent in script.requests if "Cookie" in sent.headers]
    return len(script.requests)


# --- what is read ---


@attack("JSON of 100,000 levels", "an error of the response", times=2, requests=2)
def _(calls: Calls) -> int:
    def too_deep(_: httpx.Response) -> Any:
        raise RecursionError

    script = Script(httpx.Response(200, text="[" * 100_000 + "]" * 100_000))
    all_are(calls(script.client(), JSON), DecodeError)
    script = Script(httpx.Response(200, text="[" * 900 + "]" * 900))
    all_are(calls(script.client(), Operation("get-goal", "GET", "/", too_deep, lambda _: None)), DecodeError, "nesting")
    return len(script.requests)


@attack("a message of a megabyte with control characters", "cut and escaped", requests=1)
def _(calls: Calls) -> int:
    script = Script(httpx.Response(404, json={"message": "\x1b[31m\r\nmade-up" * 100_000}))
    (error,) = calls(script.client())
    for text in (str(error), repr(error), *traceback.format_exception_only(error)):
        assert len(text) < 10_000
        assert text.rstrip("\n").isprintable()
        assert "made-up" in text
    return len(script.requests)


def made_of(kind: apis.Kind, secret: str = SECRET) -> httpx.Auth:
    """The authentication of a kind, with made-up credentials."""
    return kind.auth({name: Secret(secret if name == "secret" else "made-up") for name in kind.arguments}, "")


AUTHS = {
    "a token": (lambda: BearerAuth(SECRET), SECRET),
    "a client secret": (lambda: ClientCredentials("made-up", SECRET, "https://api.example.test/oauth/token"), SECRET),
    "the token of a client": (
        lambda: ClientCredentials("made-up", "x" * 9, "https://api.example.test/oauth/token"),
        "made-up-token",
    ),
    "a secret key": (lambda: RequestSigning("made-up", SECRET, **HEADERS), SECRET),
    "a part of a token": (lambda: made_of(apis.Bearer(("key", "secret"), "{key}:{secret}")), SECRET),
    "a password": (lambda: made_of(apis.Basic(("key", "secret"))), SECRET),
    "a part of a key": (lambda: made_of(apis.ApiKey(("secret",), "Key {secret}", "header", "X-Key")), SECRET),
    "a key of the query": (
        lambda: made_of(apis.ApiKey(("secret",), "{secret}", "query", "key"), f"{SECRET}/+"),
        f"{SECRET}%2F%2B",
    ),
}
for _name, (_auth, _secret) in AUTHS.items():

    @attack(f"a message with {_name}", "it is cut out", times=2, requests=3)
    def _(calls: Calls, auth: Callable[[], httpx.Auth] = _auth, secret: str = _secret) -> int:
        made = auth()
        script = Script(404)

        def respond(request: httpx.Request) -> httpx.Response:
            script.requests.append(request)
            if request.url.path == "/oauth/token":
                return httpx.Response(200, json={"access_token": "made-up-token"})
            text = f"{request.headers.get('Authorization', request.url.query)} {secret}"
            return httpx.Response(404, json={"message": f"not good: {text}"})

        transport = httpx.MockTransport(respond)
        client = Client("https://api.example.test", auth=made, transport=transport, async_transport=transport)
        results = calls(client)
        all_are(results, errors.NotFoundError, "not good")
        sent = script.requests[-1].headers.get("Authorization", secret).split(" ")[-1]
        assert not [error for error in results if secret in str(error) or sent in repr(error)]
        return len(script.requests)


# --- the client itself ---


@attack("a password that no encoding can write", "a ValueError without it", requests=0)
def _(calls: Calls) -> None:
    with pytest.raises(ValueError, match="key and secret must be texts that UTF-8 can encode") as caught:
        made_of(apis.Basic(("key", "secret")), f"{SECRET}\udc80")
    assert type(caught.value) is ValueError
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@attack("base URLs that lead elsewhere", "refused, and not shown", requests=0)
def _(calls: Calls) -> None:
    wrong = ["https://h:99999", "https://h:port", "https://h:0", "https://h\r\nX: 1", "https://h/\n", "https://h/a?b=1"]
    wrong += [
        "https://h/#a",
        "https://h/?",
        "https://u:p@h",
        "ftp://h",
        "https://",
        "//h",
        "h",
        "https://h/a b",
        "https://h\t",
        " https://h",
        "https://\\h",
    ]
    for base_url in wrong:
        with pytest.raises(ConfigurationError, match=r"^base_url "):
            Client(base_url)


PROXIES = {
    "a SOCKS proxy without the library for it": ("socks5://127.0.0.1:1", "socks"),
    "a proxy of no known kind": (f"ftp://user:{SECRET}@127.0.0.1:1", "HTTPS_PROXY"),
    "a proxy with a bad port": (f"http://user:{SECRET}@127.0.0.1:{SECRET}", "HTTPS_PROXY"),
}
for _name, (_proxy, _text) in PROXIES.items():

    @attack(_name, "a ConfigurationError without its password", requests=0)
    def _(calls: Calls, proxy: str = _proxy, text: str = _text) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ALL_PROXY", proxy)
            results = calls(Client("https://api.example.test"))
        all_are(results, ConfigurationError, text)
        assert SECRET not in "".join(traceback.format_exception(results[0]))


@attack("certificates that are not there", "a ConfigurationError", requests=0)
def _(calls: Calls) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", "/made-up/certificates")
        all_are(calls(Client("https://api.example.test")), ConfigurationError, "SSL_CERT_FILE")


@attack("a closed client", "raises at every call", times=3, requests=0)
def _(calls: Calls) -> int:
    script = Script(200)
    client = script.client()
    asyncio.run(client.aclose()) if calls.is_async else client.close()
    all_are(calls(client), ConfigurationError, "closed")
    return len(script.requests)


UNENCODABLE = {
    "a token": lambda: BearerAuth(f"{SECRET}\udc80"),
    "a client secret": lambda: ClientCredentials("made-up", f"{SECRET}\udc80", "https://api.example.test/token"),
    "a client id": lambda: ClientCredentials(f"{SECRET}\udc80", "made-up", "https://api.example.test/token"),
    "a secret key": lambda: RequestSigning("made-up", f"{SECRET}\udc80", **HEADERS),
    "an application id": lambda: RequestSigning(f"{SECRET}\u00e9", "made-up", **HEADERS),
}
for _name, _make in UNENCODABLE.items():

    @attack(f"{_name} that cannot be encoded", "a ValueError without it", requests=0)
    def _(calls: Calls, make: Callable[[], Any] = _make) -> None:
        with pytest.raises(ValueError, match=r"shown|printable") as caught:
            make()
        assert type(caught.value) is ValueError
        assert SECRET not in "".join(traceback.format_exception(caught.value))


def locals_of(error: BaseException) -> Iterator[tuple[str, Any]]:
    """The local variables of our own code, as a report of an error has them."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if "abwire" in frame.f_globals.get("__name__", ""):
            yield from frame.f_locals.items()


@attack("constructors that fail", "no secret in their local variables, and each has a repr", requests=0)
def _(calls: Calls) -> None:
    from abwire.convert_v1 import AsyncConvert, Convert  # noqa: PLC0415
    from abwire.kameleoon import AsyncKameleoon, Kameleoon  # noqa: PLC0415

    kameleoon, convert = (AsyncKameleoon, AsyncConvert) if calls.is_async else (Kameleoon, Convert)
    failing: list[Callable[[], Any]] = [
        lambda: kameleoon("made-up", SECRET, base_url="nonsense"),
        lambda: kameleoon(token=SECRET, base_url="nonsense"),
        lambda: kameleoon("made-up", SECRET, token=SECRET),  # type: ignore[call-overload]
        lambda: kameleoon(None, SECRET),  # type: ignore[call-overload]
        lambda: kameleoon(token=f"{SECRET} "),
        lambda: kameleoon(token=SECRET, max_retries=-1),
        lambda: kameleoon(token=SECRET, deadline=0),
        lambda: kameleoon(token=SECRET, max_response_bytes=0),
        lambda: convert("made-up", SECRET, base_url="nonsense"),
        lambda: convert("", SECRET),
        lambda: convert("made-up", f"{SECRET}\udc80"),
        lambda: convert("made-up", SECRET, deadline=math.nan),
    ]
    for make in failing:
        with pytest.raises((AbwireError, ValueError)) as caught:
            make()
        shown = {name: repr(value) for name, value in locals_of(caught.value)}
        assert shown
        assert not [name for name, text in shown.items() if SECRET in text]


@attack("an event loop that ends", "the client works in the next one", times=3, requests=3)
def _(calls: Calls) -> int:
    if not calls.is_async:
        return 0
    with Faulty.following() as server:
        sender = AsyncSender(connected_by_default(server.url))
        for _ in range(calls.times):
            assert asyncio.run(sender.call(GET, {"method": "GET", "url": "/goals/7"})) == {}
        del sender
        gc.collect()  # closes the connections of loops that have ended
    return len(server.received)


@attack("connections of an event loop that has ended", "an error that says what to do", times=2, requests=2)
def _(calls: Calls) -> int:
    if not calls.is_async:
        return 0
    with Faulty.following() as server:
        sender = AsyncSender(connected(server.url))  # its transport, and so the connection, is the same in each loop
        assert asyncio.run(sender.call(GET, {"method": "GET", "url": "/goals/7"})) == {}
        with pytest.raises(errors.ApiConnectionError, match="make a client in each event loop"):
            asyncio.run(sender.call(GET, {"method": "GET", "url": "/goals/7"}))
        del sender
        gc.collect()
    return len(server.received)


def connected_by_default(url: str) -> Client:
    """A client that makes real connections, without a transport of its own, and without certificates."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("httpx._config.create_ssl_context", lambda **_: None)
        return Client(url)


@pytest.mark.filterwarnings("ignore::DeprecationWarning:tests")  # of a version of an API
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # an event loop that ends leaves its connections open
@pytest.mark.usefixtures("no_proxies")
@SYNC_AND_ASYNC
@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_an_attack_does_no_harm(row: Attack, is_async: bool) -> None:
    began = time.monotonic()
    seen = row.run(Calls(is_async, row.times))
    assert (seen or 0) <= (row.requests or 0), f"{row.holds}; the server saw {seen} requests"
    assert time.monotonic() - began < 60


def test_no_attack_stands_in_the_table_twice() -> None:
    assert len({row.name for row in TABLE}) == len(TABLE)
