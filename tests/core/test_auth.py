"""How requests are authenticated: what is sent, what is signed, and that no secret is shown."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import io
import itertools
import json
import logging
import socket
import time
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest

from abwire_core.auth import BearerAuth, RequestSigning
from abwire_core.client import Client
from tests.core.calls import send_once, send_once_async
from tests.core.loopback import Loopback, Received
from tests.core.signing import HEADERS

# Made up, as are all credentials here; the test vectors of the facts use these, and this time.
APPLICATION_ID = "example-app-id"
SECRET = "example-secret"
TOKEN = "made-up-token"
EXPIRES = 1_700_000_000
BASE_URL = "https://api.convert.com/api/v1"

SYNC_AND_ASYNC = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


def signing(*, now: float = EXPIRES - 60, **kwargs: Any) -> RequestSigning:
    """Signing by a clock that stands still."""
    return RequestSigning(APPLICATION_ID, SECRET, **HEADERS, clock=lambda: now, **kwargs)


def send(auth: httpx.Auth, *requests: dict[str, Any], is_async: bool, base_url: str = BASE_URL) -> list[httpx.Request]:
    """Send requests through a client, and return them as the transport got them."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200)

    _send(Client(base_url, auth=auth, **_transports(answer)), requests, is_async=is_async)
    return sent


def _transports(answer: Callable[[httpx.Request], httpx.Response]) -> dict[str, Any]:
    return {"transport": httpx.MockTransport(answer), "async_transport": httpx.MockTransport(answer)}


def _send(client: Client, requests: tuple[dict[str, Any], ...], *, is_async: bool) -> None:
    async def run() -> None:
        async with client:
            for request in requests:
                await send_once_async(client, **request)

    if is_async:
        asyncio.run(run())
    else:
        with client:
            for request in requests:
                send_once(client, **request)


def signature_of(url: str, body: bytes, expires: int = EXPIRES) -> str:
    """The Authorization header by the published format, written anew."""
    signed = b"\n".join([APPLICATION_ID.encode(), str(expires).encode(), url.encode(), body])
    return "Convert-HMAC-SHA256 Signature=" + hmac.digest(SECRET.encode(), signed, hashlib.sha256).hex()


@SYNC_AND_ASYNC
def test_a_bearer_token_is_sent_with_every_request(is_async: bool) -> None:
    sent = send(BearerAuth(TOKEN), *[{"method": "GET", "url": "/a"}] * 2, is_async=is_async)
    assert [request.headers["Authorization"] for request in sent] == [f"Bearer {TOKEN}"] * 2


@pytest.mark.parametrize("token", ["abc.DEF-123_~+/==", "key-id:key-secret", "x"])
def test_bearer_tokens_of_every_kind_are_sent_as_they_are(token: str) -> None:
    (sent,) = send(BearerAuth(token), {"method": "GET", "url": "/a"}, is_async=False)
    assert sent.headers["Authorization"] == f"Bearer {token}"


@pytest.mark.parametrize(
    "token",
    ["", f"{TOKEN}\n", f"{TOKEN}\r\nX: y", f" {TOKEN}", f"{TOKEN} x", f"{TOKEN}\0", f"{TOKEN}\x7f", f"{TOKEN}ä"],
    ids=ascii,
)
def test_a_token_that_no_header_can_hold_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(ValueError, match="a bearer token is one word") as raised:
        BearerAuth(token)
    assert TOKEN not in _shown(raised.value)


@SYNC_AND_ASYNC
@pytest.mark.parametrize(
    ("request_", "signature"),
    [
        pytest.param(
            {"method": "GET", "url": "/projects/"},
            "80afeb89dcfbf33bf260465878b87b2a3755ee368ae3f63282d8ddaa7c4cac87",
            id="no body",
        ),
        pytest.param(
            {"method": "POST", "url": "/audiences/10010", "json": {"page": 1, "results_per_page": 50}},
            "96405e6e4b7c1edd6e41d24e0369633d175d1604002e1048452ed4f0fa86949b",
            id="JSON body",
        ),
    ],
)
def test_signatures_are_those_of_the_test_vectors(request_: dict[str, Any], signature: str, is_async: bool) -> None:
    (sent,) = send(signing(), request_, is_async=is_async)
    assert sent.headers["Convert-Application-ID"] == APPLICATION_ID
    assert sent.headers["Expires"] == "1700000000"
    assert sent.headers["Authorization"] == f"Convert-HMAC-SHA256 Signature={signature}"


UNICODE = {"name": "Größe 日本 🙂", "url": "https://example.test/a?b", "note": 'quote " and \\', "score": 3.5}

REQUESTS = [
    pytest.param({"method": "GET", "url": "/projects/"}, b"", id="no body, slash at the end"),
    pytest.param({"method": "DELETE", "url": "/a"}, b"", id="DELETE"),
    pytest.param({"method": "POST", "url": "/a"}, b"", id="POST without body"),
    pytest.param({"method": "POST", "url": "/a", "json": {"page": 1, "b": []}}, b'{"page":1,"b":[]}', id="JSON"),
    pytest.param(
        {"method": "PUT", "url": "/a", "json": UNICODE},
        json.dumps(UNICODE, ensure_ascii=False, separators=(",", ":")).encode(),
        id="JSON with unicode and slashes, neither escaped",
    ),
    pytest.param({"method": "POST", "url": "/a", "json": {}}, b"{}", id="empty object"),
    pytest.param({"method": "PATCH", "url": "/a", "content": b"\x00\xff\r\n"}, b"\x00\xff\r\n", id="bytes"),
    pytest.param({"method": "POST", "url": "/a", "data": {"a": "b c"}}, b"a=b+c", id="form"),
    pytest.param(
        {"method": "POST", "url": "/a", "files": [("image", ("ä.png", io.BytesIO(b"bytes"), "image/png"))]},
        None,
        id="multipart",
    ),
    pytest.param(
        {"method": "GET", "url": "/a", "params": {"q": "a b&c=ä", "r": ["1", "2"]}}, b"", id="query of many kinds"
    ),
    pytest.param({"method": "GET", "url": "/a?x=%2F%20y&z"}, b"", id="query in the URL"),
    pytest.param({"method": "GET", "url": "/a%2Fb%3F%23/stra%C3%9Fe"}, b"", id="encoded path segments"),
    pytest.param({"method": "GET", "url": "/a//b/..."}, b"", id="double slash"),
]


@SYNC_AND_ASYNC
@pytest.mark.parametrize(("request_", "body"), REQUESTS)
def test_url_and_body_are_signed_exactly_as_they_come_over_the_wire(
    server: Loopback, request_: dict[str, Any], body: bytes | None, is_async: bool
) -> None:
    _send(Client(f"{server.url}/api/v1", auth=signing()), (request_,), is_async=is_async)

    (received,) = server.received
    assert received.headers["Authorization"] == signature_of(received.url, received.body)
    assert received.target.startswith("/api/v1/a") or received.target == "/api/v1/projects/"
    if body is not None:
        assert received.body == body


@SYNC_AND_ASYNC
def test_a_body_that_can_be_read_only_once_is_signed_and_sent(is_async: bool) -> None:
    def chunks() -> Iterator[bytes]:
        yield from (b"made", b"-", b"up")

    async def chunks_async() -> AsyncIterator[bytes]:
        for chunk in chunks():
            yield chunk

    content = chunks_async() if is_async else chunks()
    (sent,) = send(signing(), {"method": "POST", "url": "/a", "content": content}, is_async=is_async)
    assert sent.content == b"made-up"
    assert sent.headers["Authorization"] == signature_of(f"{BASE_URL}/a", b"made-up")


def test_the_query_is_part_of_what_is_signed() -> None:
    one, other = send(
        signing(),
        {"method": "GET", "url": "/a", "params": {"page": 1}},
        {"method": "GET", "url": "/a", "params": {"page": 2}},
        is_async=False,
    )
    assert one.headers["Authorization"] == signature_of(f"{BASE_URL}/a?page=1", b"")
    assert other.headers["Authorization"] == signature_of(f"{BASE_URL}/a?page=2", b"")


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("https://api.example.test:443/v1", "https://api.example.test/v1/a"),
        ("https://api.example.test:8443/v1", "https://api.example.test:8443/v1/a"),
        ("https://API.Example.TEST/V1", "https://api.example.test/V1/a"),
        ("https://bücher.example.test", "https://xn--bcher-kva.example.test/a"),
    ],
)
def test_the_host_is_signed_as_it_is_sent(base_url: str, url: str) -> None:
    (sent,) = send(signing(), {"method": "GET", "url": "/a"}, is_async=False, base_url=base_url)
    assert f"https://{sent.headers['Host']}{sent.url.raw_path.decode()}" == url
    assert sent.headers["Authorization"] == signature_of(url, b"")


@pytest.mark.parametrize("now", [EXPIRES - 60, EXPIRES - 60 + 0.001, EXPIRES - 60 + 0.999], ids=str)
def test_expires_is_in_whole_seconds_and_never_later_than_asked(now: float) -> None:
    (sent,) = send(signing(now=now), {"method": "GET", "url": "/a"}, is_async=False)
    assert sent.headers["Expires"] == str(EXPIRES)
    assert sent.headers["Authorization"] == signature_of(f"{BASE_URL}/a", b"")


def test_the_lifetime_can_be_chosen() -> None:
    (sent,) = send(signing(now=EXPIRES - 300, lifetime=300), {"method": "GET", "url": "/a"}, is_async=False)
    assert sent.headers["Expires"] == str(EXPIRES)


def test_by_default_requests_expire_a_minute_from_now() -> None:
    before = int(time.time())
    (sent,) = send(RequestSigning(APPLICATION_ID, SECRET, **HEADERS), {"method": "GET", "url": "/a"}, is_async=False)
    assert before + 60 <= int(sent.headers["Expires"]) <= int(time.time()) + 60


@SYNC_AND_ASYNC
def test_every_send_is_signed_afresh(is_async: bool) -> None:
    seconds = itertools.count(EXPIRES - 60)
    auth = RequestSigning(APPLICATION_ID, SECRET, **HEADERS, clock=lambda: next(seconds))
    sent = send(auth, *[{"method": "POST", "url": "/a", "json": [1]}] * 3, is_async=is_async)
    assert [request.headers["Expires"] for request in sent] == [str(EXPIRES + late) for late in range(3)]
    assert [request.headers["Authorization"] for request in sent] == [
        signature_of(f"{BASE_URL}/a", b"[1]", EXPIRES + late) for late in range(3)
    ]


def test_a_request_object_that_is_sent_again_is_signed_afresh() -> None:
    seconds = itertools.count(EXPIRES - 60)
    auth = RequestSigning(APPLICATION_ID, SECRET, **HEADERS, clock=lambda: next(seconds))
    request = httpx.Request("POST", f"{BASE_URL}/a", json=[1])
    signatures = []
    with httpx.Client(auth=auth, transport=httpx.MockTransport(lambda _: httpx.Response(503))) as client:
        for _ in range(2):
            signatures.append(client.send(request).request.headers.get_list("Authorization"))  # noqa: PERF401
    assert signatures == [[signature_of(f"{BASE_URL}/a", b"[1]", EXPIRES + late)] for late in range(2)]


def test_a_key_is_taken_as_text_in_utf_8() -> None:
    (sent,) = send(
        RequestSigning(APPLICATION_ID, "geheim-ä", **HEADERS, clock=lambda: 0.0),
        {"method": "GET", "url": "/a"},
        is_async=False,
    )
    signed = f"{APPLICATION_ID}\n60\n{BASE_URL}/a\n".encode()
    expected = hmac.digest("geheim-ä".encode(), signed, hashlib.sha256).hex()
    assert sent.headers["Authorization"] == f"Convert-HMAC-SHA256 Signature={expected}"


EITHER_AUTH = pytest.mark.parametrize("auth", [BearerAuth(TOKEN), signing()], ids=["bearer", "signing"])


@EITHER_AUTH
def test_representations_show_no_secret(auth: httpx.Auth) -> None:
    for shown in (repr(auth), str(auth), f"{auth}", f"{[auth]}", f"{vars(Client(BASE_URL, auth=auth))}"):
        assert type(auth).__name__ in shown
        assert _secrets_in(shown) == []


@EITHER_AUTH
@SYNC_AND_ASYNC
@pytest.mark.usefixtures("no_proxies")
def test_the_error_of_a_refused_connection_shows_no_secret(auth: httpx.Auth, is_async: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = Client(f"http://127.0.0.1:{port}", auth=auth)
    with pytest.raises(httpx.ConnectError) as raised:
        _send(client, ({"method": "GET", "url": "/a"},), is_async=is_async)
    assert _secrets_in(_shown(raised.value)) == []


@EITHER_AUTH
@SYNC_AND_ASYNC
def test_the_error_of_an_answer_that_breaks_off_shows_no_secret(auth: httpx.Auth, is_async: bool) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("made-up failure", request=request)

    with pytest.raises(httpx.ReadError) as raised:
        _send(Client(BASE_URL, auth=auth, **_transports(answer)), ({"method": "GET", "url": "/a"},), is_async=is_async)
    assert _secrets_in(f"{_shown(raised.value)} {raised.value.request!r} {raised.value.request.headers!r}") == []


@EITHER_AUTH
@SYNC_AND_ASYNC
def test_logs_show_no_secret(
    auth: httpx.Auth, is_async: bool, server: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    _send(Client(server.url, auth=auth), ({"method": "GET", "url": "/a"},), is_async=is_async)
    assert {"httpx", "httpcore"} <= {record.name.split(".")[0] for record in caplog.records}
    assert _secrets_in(caplog.text) == []


def _secrets_in(text: str) -> list[str]:
    return [secret for secret in (TOKEN, SECRET) if secret in text]


def _shown(error: BaseException) -> str:
    return f"{error!r} {''.join(traceback.format_exception(error))}"


def test_the_loopback_server_shows_what_was_sent(server: Loopback) -> None:
    _send(Client(server.url), ({"method": "POST", "url": "/a", "json": [1]},), is_async=False)
    (received,) = server.received
    assert isinstance(received, Received)
    assert (received.method, received.url, received.body) == ("POST", f"{server.url}/a", b"[1]")
