"""Calls as generated code makes them, sync or async, with a sleep that only writes down how long it would take."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from abwire_core.client import Client
from abwire_core.errors import DecodeError
from abwire_core.operations import Operation
from abwire_core.sending import AsyncSender, Sender

SYNC_AND_ASYNC = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])

NOW = 784_111_777.0
"""Sunday, 6 November 1994, 08:49:37 UTC; the date in the examples of RFC 9110."""

JITTER = 0.5


def parse(response: httpx.Response) -> Any:
    """Read a JSON object, or nothing."""
    if response.status_code == 204:
        return None
    try:
        value = response.json()
    except ValueError:
        raise DecodeError(expected="JSON", got="something else") from None
    if not isinstance(value, dict):
        raise DecodeError(expected="an object", got=type(value).__name__)
    return value


def parse_error(response: httpx.Response) -> Any:
    """Read JSON, if it is."""
    try:
        return json.loads(response.content)
    except ValueError:
        return None


def operation(method: str = "GET", path: str = "/goals/{goalId}", **more: Any) -> Operation[Any]:
    """A made-up operation."""
    return Operation(f"{method.lower()}-goal", method, path, parse, parse_error, **more)


_CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""One for all clients, and without certificates: reading those takes longer than most tests."""


def connected(url: str, **kwargs: Any) -> Client:
    """A client that makes real connections, quickly."""
    return Client(
        url,
        transport=httpx.HTTPTransport(verify=_CONTEXT),
        async_transport=httpx.AsyncHTTPTransport(verify=_CONTEXT),
        **kwargs,
    )


class Waits(list[float]):
    """The seconds that senders would have slept."""

    def sleep(self, seconds: float) -> None:
        self.append(float(seconds))

    async def sleep_async(self, seconds: float) -> None:
        self.append(float(seconds))


def call(
    client: Client,
    operation: Operation[Any],
    request: Mapping[str, Any] | None = None,
    *,
    is_async: bool,
    waits: Waits | None = None,
    **options: Any,
) -> Any:
    """Call an operation, close the client, and return what was parsed."""
    waits = Waits() if waits is None else waits
    options = {"clock": lambda: NOW, "jitter": lambda: JITTER, **options}
    request = request or {"method": operation.method.lower(), "url": "/goals/7"}

    async def run() -> Any:
        async with client:
            return await AsyncSender(client, **{"sleep": waits.sleep_async, **options}).call(operation, request)

    if is_async:
        return asyncio.run(run())
    with client:
        return Sender(client, **{"sleep": waits.sleep, **options}).call(operation, request)


def send_once(client: Client, **request: Any) -> httpx.Response:
    """Send a request through the connections of a client, without limits and retries."""
    return client.pool().request(auth=client.auth, **request)


async def send_once_async(client: Client, **request: Any) -> httpx.Response:
    """Send a request through the connections of a client, without limits and retries."""
    return await client.async_pool().request(auth=client.auth, **request)


class Script(httpx.MockTransport):
    """Answers with one response after the other, or raises; the last one is repeated.

    Attributes:
        requests: what came.
    """

    def __init__(self, *answers: httpx.Response | BaseException | int) -> None:
        super().__init__(self._answer)
        self._answers = list(answers)
        self.requests: list[httpx.Request] = []

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(
            httpx.Request(
                request.method,
                request.url,
                headers=request.headers,
                content=request.content,
                extensions=request.extensions,
            )
        )
        given = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(given, BaseException):
            raise given
        if isinstance(given, int):
            return httpx.Response(given, json={})
        return httpx.Response(given.status_code, headers=given.headers, content=given.content)

    def client(self, base_url: str = "https://api.example.test", **kwargs: Any) -> Client:
        """A client whose requests come here."""
        return Client(base_url, transport=self, async_transport=self, **kwargs)
