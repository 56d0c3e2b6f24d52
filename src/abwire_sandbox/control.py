"""The endpoints that control the sandbox: what is to go wrong, what was asked, what is locked, and the way back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from abwire_sandbox import locks
from abwire_sandbox.access import Tokens
from abwire_sandbox.faults import Faults
from abwire_sandbox.requestlog import RequestLog
from abwire_sandbox.store import Store


class Controlled(Protocol):
    """What is controlled."""

    faults: Faults
    requests: RequestLog
    tokens: Tokens
    store: Store

    def reset(self) -> None:
        """Go back to the seeded state."""

    def lock(self, group: str, key: object) -> None:
        """Lock an object."""

    def unlock(self, group: str, key: object) -> None:
        """Unlock an object."""


def routes(sandbox: Controlled) -> list[BaseRoute]:
    """The endpoints, relative to ``/_sandbox``."""

    async def faults(request: Request) -> Response:
        if request.method == "DELETE":
            sandbox.faults.clear()
        if request.method == "POST":
            try:
                options = _object(await request.body(), ["kind"])
                return JSONResponse(sandbox.faults.add(options.pop("kind"), **options).to_dict(), 201)
            except (ValueError, TypeError) as error:
                return JSONResponse({"message": f"not a fault: {error}"}, 400)
        return JSONResponse([fault.to_dict() for fault in sandbox.faults])

    async def requests(request: Request) -> Response:
        if request.method == "DELETE":
            sandbox.requests.clear()
        return JSONResponse([entry.to_dict() for entry in sandbox.requests])

    async def lock(request: Request) -> Response:
        if request.method != "GET":
            try:
                asked = _object(await request.body(), ["group", "id"])
                (sandbox.lock if request.method == "POST" else sandbox.unlock)(str(asked["group"]), asked["id"])
            except ValueError as error:
                return JSONResponse({"message": f"not an object: {error}"}, 400)
        return JSONResponse(locks.all_of(sandbox.store))

    async def reset(request: Request) -> Response:
        sandbox.reset()
        return JSONResponse({"seed": sandbox.store.number("seed")})

    async def expire_tokens(request: Request) -> Response:
        return JSONResponse({"expired": sandbox.tokens.expire()})

    return [
        Route("/faults", faults, methods=["GET", "POST", "DELETE"]),
        Route("/requests", requests, methods=["GET", "DELETE"]),
        Route("/locks", lock, methods=["GET", "POST", "DELETE"]),
        Route("/reset", reset, methods=["POST"]),
        Route("/expire-tokens", expire_tokens, methods=["POST"]),
    ]


def _object(body: bytes, names: Iterable[str]) -> dict[str, Any]:
    """A JSON object with some members.

    Raises:
        ValueError: it is something else, or a member is missing.
    """
    found = json.loads(body)
    if not isinstance(found, dict):
        raise ValueError("a JSON object is needed")
    missing = [name for name in names if name not in found]
    if missing:
        raise ValueError(f"missing: {', '.join(missing)}")
    return found
