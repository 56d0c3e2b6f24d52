"""The two ways in which the vendors' APIs know their callers."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Generator

from abwire_core._http import Auth, Request, Response


class BearerAuth(Auth):
    """Sends a token as ``Authorization: Bearer <token>`` (RFC 6750).

    Args:
        token: one word of printable ASCII characters.

    Raises:
        ValueError: the token is anything else, such as one that was read with the newline at its end.
    """

    def __init__(self, token: str) -> None:
        # The HTTP library would refuse some of these later, and show the header with the token in its message.
        if not token or " " in token or not token.isascii() or not token.isprintable():
            raise ValueError("a bearer token is one word of printable ASCII characters (it is not shown here)")
        self._token = token

    def __repr__(self) -> str:
        return "BearerAuth(...)"

    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        """Add the header."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


class RequestSigning(Auth):
    """Signs every request with HMAC-SHA256, as the Convert API wants it.

    Signed are the application id, the expiry time, the absolute URL and the body, exactly as sent.
    Source: https://support.convert.com/hc/en-us/articles/360045754791-Convert-API-authorization-using-Python

    Args:
        application_id: the key's id, sent as ``Convert-Application-ID``.
        secret_key: the key's secret.
        lifetime: seconds from now after which the server refuses the request.
        clock: returns the UNIX time in seconds; for tests.
    """

    requires_request_body = True

    def __init__(
        self, application_id: str, secret_key: str, *, lifetime: int = 60, clock: Callable[[], float] = time.time
    ) -> None:
        self._application_id = application_id
        self._secret_key = secret_key
        self._lifetime = lifetime
        self._clock = clock

    def __repr__(self) -> str:
        return f"RequestSigning(application_id={self._application_id!r})"

    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        """Add the three headers."""
        expires = str(int(self._clock()) + self._lifetime)
        head = f"{self._application_id}\n{expires}\n{request.url}\n".encode()
        signature = hmac.new(self._secret_key.encode(), head + request.content, hashlib.sha256).hexdigest()
        request.headers["Convert-Application-ID"] = self._application_id
        request.headers["Expires"] = expires
        request.headers["Authorization"] = f"Convert-HMAC-SHA256 Signature={signature}"
        yield request
