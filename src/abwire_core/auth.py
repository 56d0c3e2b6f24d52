"""The ways in which the vendors' APIs know their callers."""

from __future__ import annotations

import hashlib
import hmac
import math
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, wait
from contextlib import closing
from functools import partial
from typing import Any, Protocol, runtime_checkable
from urllib.parse import urlsplit

from abwire_core import bounds
from abwire_core._http import Auth, Request, Response
from abwire_core.errors import ApiStatusError, AuthenticationError
from abwire_core.forks import renew_after_fork

_LIFE = 2 * 60 * 60.0
"""Seconds that a token lives if the server does not say; so long do those of Kameleoon, by its docs."""

_MARGIN = 60.0
"""Seconds before its end at which a token is renewed; a tenth of its life, if that is less."""

_PATIENCE = 60.0
"""Seconds to wait for another call's token request, which may have died with its event loop."""

_TURNS = 2
"""How many token requests of others to wait for, if they break off, before sending one's own."""

_REASONS = (
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
)
"""With which codes a token request is refused (RFC 6749, section 5.2)."""


class Secret:
    """A text that no ``repr`` shows, and so no report of an error that has the local variables.

    Whatever takes a secret wraps it in its first line; a secret that is wrapped already stays as it is.

    Args:
        text: the secret.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str | Secret) -> None:
        self._text: str = text._text if isinstance(text, Secret) else text

    @classmethod
    def of(cls, text: str | Secret | None) -> Secret | None:
        """Wrap a text that need not be given; an empty one counts as not given."""
        return cls(text) if text else None

    def __repr__(self) -> str:
        return "Secret(...)"

    def __bool__(self) -> bool:
        return bool(self._text)

    def reveal(self) -> str:
        """Return the text, to be used in an expression and not kept in a variable."""
        return self._text


@runtime_checkable
class HasSecrets(Protocol):
    """An authentication that knows which texts must not be shown."""

    def secrets(self) -> Iterator[str]:
        """Yield what has to be cut out of texts of the server."""
        ...


class BearerAuth(Auth):
    """Sends a token as ``Authorization: Bearer <token>`` (RFC 6750).

    Args:
        token: one word of printable ASCII characters.
        parts: secrets that the token is made of.

    Raises:
        ValueError: the token is anything else, such as one that was read with the newline at its end.
    """

    def __init__(self, token: str | Secret, parts: Iterable[Secret] = ()) -> None:
        self._token = token = Secret(token)
        self._parts = (token, *parts)
        # The HTTP library would refuse some of these later, and show the header with the token in its message.
        if not _is_word(token.reveal()):
            raise ValueError("a bearer token is one word of printable ASCII characters (it is not shown here)")

    def __repr__(self) -> str:
        return "BearerAuth(...)"

    def secrets(self) -> Iterator[str]:
        """Yield the token, and what it is made of."""
        for part in self._parts:
            yield part.reveal()

    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        """Add the header."""
        request.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        yield request


class ClientCredentials(Auth):
    """Sends a token that it gets by itself: the client credentials flow of OAuth 2.0 (RFC 6749, section 4.4).

    A token is used until shortly before its end. When the server answers 401, it is replaced and the request sent
    once more, so its body must be one that can be sent twice. Calls that need a new token at the same time, in any
    number of threads, tasks and event loops, share one token request; it takes the connections and the timeouts of the
    call that sends it.

    A token request that fails is an error of the call: :class:`~abwire_core.errors.RateLimitError` (429) or
    :class:`~abwire_core.errors.ServerError` (5xx) if it may go well later, else, also for an answer without a usable
    token, :class:`~abwire_core.errors.AuthenticationError`. The server has then not done what the call asks for, so
    it can be sent again whatever its method.

    Source: https://docs.kameleoon.com/developer-docs/apis/automation-api-rest/get-started

    Args:
        client_id: who asks.
        client_secret: the secret that goes with it; sent to the token URL only.
        token_url: where tokens are given, absolute.
        clock: returns seconds that never go back; for tests.

    Raises:
        ValueError: the token URL is not absolute, or holds credentials; or the id or the secret is not a text.
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str | Secret,
        token_url: str,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client_secret = client_secret = Secret(client_secret)
        self._client_id = client_id
        if not is_text(client_id) or not is_text(client_secret.reveal()):
            raise ValueError("client_id and client_secret must be texts that UTF-8 can encode (not shown here)")
        url = urlsplit(token_url)
        if url.scheme not in ("http", "https") or not url.hostname or "@" in url.netloc:
            raise ValueError("a token URL is absolute, with http or https, and holds no credentials")
        self._token_url = token_url
        self._token_path = url.path or "/"
        self._clock = clock
        self._lock = threading.Lock()  # guards the next two; nothing is waited for while it is held
        self._token: _Token | None = None
        self._renewal: _Renewal | None = None
        renew_after_fork(self)

    def __repr__(self) -> str:
        return f"ClientCredentials(client_id={self._client_id!r})"

    def after_fork(self) -> None:
        """Give up the token request that the parent is waiting for; the token itself serves both."""
        self._lock = threading.Lock()
        self._renewal = None

    def secrets(self) -> Iterator[str]:
        """Yield the client secret, and the token if there is one."""
        yield self._client_secret.reveal()
        if self._token is not None:
            yield self._token.header.removeprefix("Bearer ")

    def sync_auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        """Add the header, with a token that is got or renewed if need be."""
        with closing(self._steps(request)) as steps:
            step = next(steps)
            while True:
                response = None
                if isinstance(step, _Renewal):
                    step.wait()
                else:
                    response = yield step
                    if step is not request or response.status_code == 401:
                        response.read()
                try:
                    step = steps.send(response)
                except StopIteration:
                    return

    async def async_auth_flow(self, request: Request) -> AsyncGenerator[Request, Response]:
        """Add the header, with a token that is got or renewed if need be."""
        with closing(self._steps(request)) as steps:
            step = next(steps)
            while True:
                response = None
                if isinstance(step, _Renewal):
                    await step.wait_async()
                else:
                    response = yield step
                    if step is not request or response.status_code == 401:
                        await response.aread()
                try:
                    step = steps.send(response)
                except StopIteration:
                    return

    def _steps(self, request: Request) -> Generator[Request | _Renewal, Any, None]:
        """The flow as such: yields requests, to be answered, and renewals by other calls, to be waited for."""
        token = self._token
        if token is None or not token.is_fresh(self._clock()):
            token = yield from self._renewed(token, request)
        request.headers["Authorization"] = token.header
        response: Response = yield request
        if response.status_code == 401:
            token = yield from self._renewed(token, request)
            request.headers["Authorization"] = token.header
            yield request

    def _renewed(self, old: _Token | None, request: Request) -> Generator[Request | _Renewal, Any, _Token]:
        """A token other than the old one: what another call has got meanwhile, or is getting; else a new one."""
        theirs = None
        turns = 0
        while True:
            with self._lock:
                token = self._token
                if token is not None and token is not old and token.is_fresh(self._clock()):
                    return token
                # One that is still there after the wait for it is as good as dead.
                if self._renewal is None or self._renewal is theirs or turns == _TURNS:
                    mine = self._renewal = _Renewal()
                    break
                theirs = self._renewal
            yield theirs
            turns += 1
            if theirs.done() and isinstance(outcome := theirs.result(), partial):
                raise outcome()
        return (yield from self._new(mine, request))

    def _new(self, renewal: _Renewal, request: Request) -> Generator[Request, Any, _Token]:
        """A new token, for all who wait for it."""
        outcome = None
        try:
            began = self._clock()
            response: Response = yield self._token_request(request)
            outcome = self._outcome(response, began)
            if isinstance(outcome, partial):
                raise outcome()
            return outcome
        finally:  # also when the call is broken off
            with self._lock:
                if isinstance(outcome, _Token):
                    self._token = outcome
                if self._renewal is renewal:
                    self._renewal = None
            renewal.set_result(outcome)

    def _token_request(self, request: Request) -> Request:
        return Request(
            "POST",
            self._token_url,
            data={
                "grant_type": "client_credentials",
                "client_id": self._client_id,
                "client_secret": self._client_secret.reveal(),
            },
            headers={"Accept": "application/json", "User-Agent": request.headers.get("User-Agent", "abwire")},
            extensions={"timeout": request.extensions.get("timeout", {})},  # without it, it could take forever
        )

    def _outcome(self, response: Response, began: float) -> _Token | partial[ApiStatusError]:
        """Return what a token response says: a token, or the making of an error."""
        answer = _json_object(response)
        token = answer.get("access_token")
        if response.is_success and _is_word(token):
            life = _seconds(answer.get("expires_in"), _LIFE)
            return _Token(f"Bearer {token}", began + life - min(_MARGIN, life / 10))
        reason = "the answer holds no usable token" if response.is_success else answer.get("error")
        status = response.status_code
        return partial(
            ApiStatusError.of(status) if status == 429 or status >= 500 else AuthenticationError,
            status,
            method="POST",
            path=self._token_path,
            # Not the answer itself, which may hold a token.
            body={"message": reason} if response.is_success or reason in _REASONS else None,
            headers={name: response.headers[name] for name in ("Date", "Retry-After") if name in response.headers},
        )


class _Token:
    """A token as it is sent, and when to renew it."""

    def __init__(self, header: str, renew_at: float) -> None:
        self.header = header
        self.renew_at = renew_at

    def is_fresh(self, now: float) -> bool:
        return now < self.renew_at


class _Renewal(Future["_Token | partial[ApiStatusError] | None"]):
    """A token request under way: ends with its outcome, or with None if it broke off.

    A future of threads, because those of asyncio belong to one event loop.
    """

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()

    def wait(self) -> None:
        if self._thread != threading.get_ident():  # else it cannot go on while this thread waits
            wait([self], max(0.0, min(_PATIENCE, bounds.seconds_left())))

    async def wait_async(self) -> None:
        import asyncio  # noqa: PLC0415 - takes longer than this module, and whoever comes here has imported it

        await asyncio.wait([asyncio.wrap_future(self)], timeout=_PATIENCE)  # cancelled alone, unlike with wait_for


def is_text(value: object) -> bool:
    """Return whether a value is a text that is not empty and that UTF-8 can encode."""
    try:
        return isinstance(value, str) and bool(value.encode())
    except UnicodeEncodeError:  # bytes of the environment that are no UTF-8; the error has the whole text
        return False


def _is_word(token: object) -> bool:
    return isinstance(token, str) and token != "" and " " not in token and token.isascii() and token.isprintable()


def _json_object(response: Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _seconds(value: object, default: float) -> float:
    """A JSON number or a string with one; the default for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return default
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return default
    return seconds if math.isfinite(seconds) else default


class RequestSigning(Auth):
    """Signs every request with HMAC-SHA256.

    Signed are the application id, the expiry time, the absolute URL and the body, exactly as sent.

    Args:
        application_id: the key's id.
        secret_key: the key's secret.
        application_header: the header for the id.
        expires_header: the header for the time until which the request holds, in UNIX seconds.
        signature_header: the header for the signature.
        scheme: the value of that header, with ``{signature}``.
        lifetime: seconds from now after which the server refuses the request.
        clock: returns the UNIX time in seconds; for tests.

    Raises:
        ValueError: the id is not one word of printable ASCII characters, or the secret is not a text.
    """

    requires_request_body = True

    def __init__(
        self,
        application_id: str,
        secret_key: str | Secret,
        *,
        application_header: str,
        expires_header: str,
        signature_header: str,
        scheme: str,
        lifetime: int = 60,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._secret_key = secret_key = Secret(secret_key)
        self._application_id = application_id
        self._application_header = application_header
        self._expires_header = expires_header
        self._signature_header = signature_header
        self._scheme = scheme
        if not _is_word(application_id):
            raise ValueError("an application id is one word of printable ASCII characters")
        if not is_text(secret_key.reveal()):
            raise ValueError("a secret key must be a text that UTF-8 can encode (it is not shown here)")
        self._lifetime = lifetime
        self._clock = clock

    def __repr__(self) -> str:
        return f"RequestSigning(application_id={self._application_id!r})"

    def secrets(self) -> Iterator[str]:
        """Yield the secret key."""
        yield self._secret_key.reveal()

    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        """Add the three headers."""
        expires = str(int(self._clock()) + self._lifetime)
        head = f"{self._application_id}\n{expires}\n{request.url}\n".encode()
        signature = hmac.new(self._secret_key.reveal().encode(), head + request.content, hashlib.sha256).hexdigest()
        request.headers[self._application_header] = self._application_id
        request.headers[self._expires_header] = expires
        request.headers[self._signature_header] = self._scheme.format(signature=signature)
        yield request
