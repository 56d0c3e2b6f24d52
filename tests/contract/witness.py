"""Clients that talk to Prism, and what Prism has to say about their requests."""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack
from typing import Any, Self

import httpx

from abwire_core.errors import ApiStatusError
from abwire_core.groups import _Recording
from abwire_core.types import Response
from tests.client.apis import Api, Operation
from tests.client.methods import call_method, entry

# Prism takes every part of a form for a string: it does not read the media type that a part has, nor the one that the
# spec gives it in its encoding. So it calls a part of JSON, which is an object, one of another type.
JSON_PARTS = {"kameleoon:upload-image-multiple": "arg0"}


def violations_of(response: httpx.Response) -> list[str]:
    """What Prism objects to in the request, each as place and message; in its answers this is in a header."""
    said = response.headers.get("sl-violations", "[]")
    try:
        found = json.loads(said)
    except ValueError:  # Prism cuts a long list off
        return [said]
    return [f"{'.'.join(violation['location'])}: {violation['message']}" for violation in found]


def wrong_violations(operation: Operation, arguments: dict[str, Any]) -> list[str]:
    """What Prism objects to although it is right, see ``JSON_PARTS``."""
    part = JSON_PARTS.get(str(operation))
    if part is None or part not in arguments["body"].to_dict():
        return []
    return [f"request.body.{part}: Request body property {part} must be object"]


class Exchange:
    """What went between a client and Prism in the last call."""

    def __init__(self) -> None:
        self.begin("")

    def begin(self, prefer: str) -> None:
        """Forget the last call.

        Args:
            prefer: the answer that Prism is to give, as its header ``Prefer`` has it.
        """
        self._prefer = prefer
        self.requests: list[httpx.Request] = []
        self.violations: list[str] = []

    def sending(self, request: httpx.Request) -> httpx.Request:
        """Note a request and have it say which answer is wanted."""
        request.headers["Prefer"] = self._prefer
        self.requests.append(request)
        return request

    def received(self, response: httpx.Response) -> httpx.Response:
        """Note what Prism says of a request."""
        self.violations += violations_of(response)
        return response


class _Transport(httpx.HTTPTransport):
    def __init__(self, exchange: Exchange) -> None:
        super().__init__()
        self._exchange = exchange

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._exchange.received(super().handle_request(self._exchange.sending(request)))


class _AsyncTransport(httpx.AsyncHTTPTransport):
    def __init__(self, exchange: Exchange) -> None:
        super().__init__()
        self._exchange = exchange

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self._exchange.received(await super().handle_async_request(self._exchange.sending(request)))


class Witnessed:
    """A client of one API, connected to Prism.

    Args:
        api: the API.
        address: of its Prism.
        is_async: call asynchronously, in an event loop of its own.
    """

    def __init__(self, api: Api, address: str, *, is_async: bool) -> None:
        self.exchange = Exchange()
        self._stack = ExitStack()
        self._runner = self._stack.enter_context(asyncio.Runner()) if is_async else None
        transport = _AsyncTransport(self.exchange) if is_async else _Transport(self.exchange)
        self._entry = entry(api, is_async=is_async, base_url=address, timeout=10.0, transport=transport)

    def call(self, operation: Operation, arguments: dict[str, Any], *, prefer: str = "dynamic=false") -> Any:
        """Call the operation once, without paging; returns the whole response, one of an error, too."""
        return self.send(operation, operation.module.build(**arguments), prefer=prefer)

    def send(self, operation: Operation, request: Any, *, prefer: str = "dynamic=false") -> Any:
        """Send a request, which no method need be able to make; returns the whole response."""
        self.exchange.begin(prefer)
        recording = _Recording(self._entry._sender)

        async def run() -> Any:
            return recording.response(await recording.call(operation.module.OPERATION, request))

        try:
            if self._runner is None:
                return recording.response(recording.call(operation.module.OPERATION, request))
            return self._runner.run(run())
        except ApiStatusError as error:
            return Response(error.status_code, error.content, error.headers, error.body)  # type: ignore[arg-type]

    def call_method(self, operation: Operation, arguments: dict[str, Any], *, prefer: str = "dynamic=false") -> Any:
        """Call the method of the entry class."""
        self.exchange.begin(prefer)
        if self._runner is None:
            return call_method(self._entry, operation, arguments)

        async def run() -> Any:
            return await call_method(self._entry, operation, arguments)

        return self._runner.run(run())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._runner is None:
            self._entry.close()
        else:
            self._runner.run(self._entry.close())
        self._stack.close()
