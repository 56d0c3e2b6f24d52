"""Who may call: OAuth 2.0 tokens for Kameleoon, signed requests for Convert, and how often a token may be used."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from abwire_sandbox.errors import Refused

_SCHEME = "Convert-HMAC-SHA256 Signature="
_LONGEST_EXPIRY = 24 * 60 * 60
"""Seconds after which an expiry time is surely in another unit."""


class TokenRefused(Exception):  # noqa: N818 - an answer
    """A token request that is refused, as RFC 6749 has it in section 5.2."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.body = {"error": error, "error_description": description}


class Tokens:
    """Gives and knows access tokens, by the client credentials flow of OAuth 2.0.

    Args:
        client_id: the one client there is.
        client_secret: its secret.
        lifetime: seconds that a token lives; two hours, by the vendor's docs.
        clock: returns seconds that never go back.
    """

    def __init__(self, client_id: str, client_secret: str, lifetime: float, clock: Callable[[], float]) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._lifetime = lifetime
        self._clock = clock
        self._ends: dict[str, float] = {}

    def give(self, content_type: str, body: bytes) -> dict[str, Any]:
        """Answer a token request.

        Raises:
            TokenRefused: it is not one, or the client is not known.
        """
        if content_type.split(";", maxsplit=1)[0].strip().lower() != "application/x-www-form-urlencoded":
            raise TokenRefused(
                400, "invalid_request", "a token request is a form: Content-Type application/x-www-form-urlencoded"
            )
        form = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
        missing = [name for name in ("grant_type", "client_id", "client_secret") if not form.get(name)]
        if missing:
            raise TokenRefused(400, "invalid_request", f"missing: {', '.join(missing)}")
        if form["grant_type"] != "client_credentials":
            raise TokenRefused(
                400, "unsupported_grant_type", "the sandbox knows the grant type client_credentials only"
            )
        if not (_same(form["client_id"], self._client_id) and _same(form["client_secret"], self._client_secret)):
            raise TokenRefused(401, "invalid_client", "client_id and client_secret do not belong together")
        token = secrets.token_urlsafe(32)
        now = self._clock()
        self._ends = {known: end for known, end in self._ends.items() if end > now - self._lifetime}
        self._ends[token] = now + self._lifetime
        return {"access_token": token, "token_type": "bearer", "expires_in": int(self._lifetime)}

    def check(self, authorization: str | None) -> str:
        """The token of a request.

        Raises:
            Refused: it is missing, unknown or expired.
        """
        if not authorization:
            raise _unauthorized("the header Authorization is missing; get a token from /oauth/token")
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _unauthorized("the header Authorization is not of the form: Bearer <token>")
        end = self._ends.get(token)
        if end is None:
            raise _unauthorized("the access token is not known here; get one from /oauth/token")
        if end <= self._clock():
            raise _unauthorized("the access token has expired; get a new one from /oauth/token")
        return token

    def expire(self, authorization: str | None = None) -> int:
        """Have the token of a request expire, or all of them; returns how many had life left."""
        now = self._clock()
        given = [authorization.partition(" ")[2]] if authorization else list(self._ends)
        alive = [token for token in given if self._ends.get(token, 0.0) > now]
        self._ends.update(dict.fromkeys(alive, now))
        return len(alive)


def _unauthorized(message: str) -> Refused:
    return Refused(401, message, headers={"WWW-Authenticate": "Bearer"})


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def check_signature(
    headers: Mapping[str, str], url: str, body: bytes, *, application_id: str, secret_key: str, now: float
) -> None:
    """Check the signature of a request to Convert.

    Source: https://support.convert.com/hc/en-us/articles/360045754791-Convert-API-authorization-using-Python

    Args:
        headers: of the request.
        url: absolute, as the client has it.
        body: exactly as it was sent.
        application_id: the one that is known.
        secret_key: its secret.
        now: UNIX time in seconds.

    Raises:
        Refused: the request is not signed, or not rightly; the message says why.
    """
    names = ("Convert-Application-ID", "Expires", "Authorization")
    missing = [name for name in names if not headers.get(name)]
    if missing:
        raise Refused(401, f"missing headers: {', '.join(missing)}; a signed request has {', '.join(names)}")
    application, expires, authorization = (headers[name] for name in names)
    if not authorization.startswith(_SCHEME):
        raise Refused(401, f"the header Authorization is not of the form: {_SCHEME}<64 hexadecimal digits>")
    if not _same(application, application_id):
        raise Refused(401, "the header Convert-Application-ID names an application that is not known here")
    try:
        end = float(expires)
    except ValueError:
        raise Refused(401, "the header Expires is not a UNIX time in seconds") from None
    if not end > now:
        raise Refused(401, f"the signature has expired: Expires is {expires}, and here it is {int(now)}")
    if end > now + _LONGEST_EXPIRY:
        raise Refused(401, f"Expires is {expires}, more than a day ahead; it is a UNIX time in seconds")
    signed = f"{application}\n{expires}\n{url}\n".encode() + body
    expected = hmac.new(secret_key.encode(), signed, hashlib.sha256).hexdigest()
    if not _same(authorization.removeprefix(_SCHEME), expected):
        raise Refused(
            401,
            "the signature is wrong: it is the HMAC-SHA256, in lower-case hexadecimal, with the secret key as key, of"
            " application id, Expires, URL and body, joined by line feeds;"
            f" here the URL is {url} and the body has {len(body)} bytes",
        )


class RateLimits:
    """Refuses calls that go beyond a rate, for each caller apart.

    Args:
        rates: how many calls in how many seconds; all of them hold.
        clock: returns seconds that never go back.
    """

    def __init__(self, rates: Sequence[tuple[int, float]], clock: Callable[[], float]) -> None:
        self._rates = tuple(rates)
        self._clock = clock
        self._calls: dict[str, deque[float]] = {}

    def count(self, caller: str) -> None:
        """Count a call.

        Raises:
            Refused: it is one too many, and does not count; ``Retry-After`` says when to try again.
        """
        if not self._rates:
            return
        now = self._clock()
        calls = self._calls.setdefault(caller, deque())
        longest = max(seconds for _, seconds in self._rates)
        while calls and calls[0] <= now - longest:
            calls.popleft()
        waits = [calls[-limit] + seconds - now for limit, seconds in self._rates if len(calls) >= limit]
        wait = max(waits, default=0.0)
        if wait > 0:
            raise Refused(
                429,
                "too many calls: " + " and ".join(f"{limit} in {seconds:g} seconds" for limit, seconds in self._rates),
                headers={"Retry-After": str(int(wait) + 1)},
            )
        calls.append(now)

    def clear(self) -> None:
        """Forget all calls."""
        self._calls.clear()
