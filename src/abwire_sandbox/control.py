"""The endpoints that control the sandbox: what is to go wrong, what was asked, what is locked, and the way back."""

from __future__ import annotations

import dataclasses
import hmac
import json
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from abwire_sandbox import locks
from abwire_sandbox.faults import Fault, Faults
from abwire_sandbox.requestlog import RequestLog
from abwire_sandbox.store import Store

_TOKEN = "Bearer "  # noqa: S105 - a scheme
METHODS: Final = {
    "/faults": ["GET", "POST", "DELETE"],
    "/requests": ["GET", "DELETE"],
    "/locks": ["GET", "POST", "DELETE"],
    "/reset": ["POST"],
    "/expire-tokens": ["POST"],
}
"""What the endpoints take, by their paths relative to ``/_sandbox``."""

_FAULT = [option.name for option in dataclasses.fields(Fault) if option.init]
_LOCK = ["group", "id"]


class Controlled(Protocol):
    """What is controlled."""

    faults: Faults
    requests: RequestLog
    store: Store

    def expire_tokens(self) -> int:
        """Have all access tokens expire."""
        ...

    def reset(self) -> None:
        """Go back to the seeded state."""

    def lock(self, group: str, key: object, api: str = "kameleoon") -> None:
        """Lock an object."""

    def unlock(self, group: str, key: object) -> None:
        """Unlock an object."""


def guarded(sandbox: Controlled, token: Callable[[], str]) -> ASGIApp:
    """The endpoints, for those who have the token.

    Args:
        sandbox: what is controlled.
        token: returns the token.
    """
    endpoints = Router(routes(sandbox), redirect_slashes=False)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        sent = Headers(scope=scope).get("Authorization", "")
        is_known = sent.startswith(_TOKEN) and hmac.compare_digest(sent[len(_TOKEN) :].encode(), token().encode())
        if not is_known:
            message = "the control endpoints take the header Authorization: Bearer $ABWIRE_SANDBOX_TOKEN"
            headers = {"WWW-Authenticate": "Bearer"}
            await JSONResponse({"message": f"{message}; the sandbox prints it at start"}, 401, headers)(
                scope, receive, send
            )
            return
        await endpoints(scope, receive, send)

    return serve


def routes(sandbox: Controlled) -> list[BaseRoute]:
    """The endpoints, relative to ``/_sandbox``."""

    async def faults(request: Request) -> Response:
        if request.method == "DELETE":
            sandbox.faults.clear()
        if request.method == "POST":
            try:
                options = _object(await request.body(), _FAULT, needed=["kind"])
                return JSONResponse(sandbox.faults.add(**options).to_dict(), 201)
            except ValueError as error:
                return JSONResponse({"message": f"not a fault: {error}"}, 400)
        return JSONResponse([fault.to_dict() for fault in sandbox.faults])

    async def requests(request: Request) -> Response:
        if request.method == "DELETE":
            sandbox.requests.clear()
        return JSONResponse([entry.to_dict() for entry in sandbox.requests])

    async def lock(request: Request) -> Response:
        if request.method in ("POST", "DELETE"):
            try:
                asked = _object(await request.body(), _LOCK, needed=_LOCK)
                (sandbox.lock if request.method == "POST" else sandbox.unlock)(str(asked["group"]), asked["id"])
            except ValueError as error:
                return JSONResponse({"message": f"not an object: {error}"}, 400)
        return JSONResponse(locks.all_of(sandbox.store))

    async def reset(request: Request) -> Response:
        sandbox.reset()
        return JSONResponse({"seed": sandbox.store.number("seed")})

    async def expire_tokens(request: Request) -> Response:
        return JSONResponse({"expired": sandbox.expire_tokens()})

    handlers = (faults, requests, lock, reset, expire_tokens)
    return [Route(path, handle, methods=METHODS[path]) for path, handle in zip(METHODS, handlers, strict=True)]


def _object(body: bytes, known: Sequence[str], *, needed: Sequence[str]) -> dict[str, Any]:
    """A JSON object with some members.

    Raises:
        ValueError: it is something else, a member is missing, or there is another one.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the body is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise ValueError("the body is not a JSON object")
    missing = [name for name in needed if name not in found]
    if missing:
        raise ValueError(f"{' and '.join(missing)} must be given")
    unknown = [name for name in found if name not in known]
    if unknown:
        raise ValueError(f"there is no {unknown[0]!r}; there are {', '.join(known)}")
    return found
