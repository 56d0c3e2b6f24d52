"""The sandbox as an ASGI application: both APIs, and the endpoints that control it.

A request passes faults, authentication, the rate limit, the router and the validator before it is carried out; the
answer passes the validator, too, before it goes out.
"""

from __future__ import annotations

import asyncio
import functools
import io
import json
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send
from werkzeug.datastructures import FileStorage
from werkzeug.formparser import MultiPartParser
from werkzeug.http import parse_options_header

from abwire_sandbox import access, control, locks, seeding, specs
from abwire_sandbox.convert_v1 import api as convert
from abwire_sandbox.engine import Api, Call, Upload, read_query
from abwire_sandbox.errors import Refused
from abwire_sandbox.faults import Fault, Faults
from abwire_sandbox.kameleoon import api as kameleoon
from abwire_sandbox.requestlog import Logged, RequestLog
from abwire_sandbox.specs import Operation, Router
from abwire_sandbox.store import Store
from abwire_sandbox.validation import Validator
from abwire_sandbox.world import World

KAMELEOON_PATH: Final = "/kameleoon"
CONVERT_PATH: Final = "/convert/api/v1"
CONTROL_PATH: Final = "/_sandbox"
CLIENT_ID: Final = "sandbox-client"
CLIENT_SECRET: Final = "sandbox-client-secret"  # noqa: S105 - of the sandbox, and shown to everybody
APPLICATION_ID: Final = "sandbox-application"
SECRET_KEY: Final = "sandbox-secret-key"  # noqa: S105 - as above
_TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path
_JSON = "application/json"

Drop = Callable[[Scope], Awaitable[None]]
"""Ends the connection of a request."""


class _Faulty(Refused):
    """A refusal that was asked for: its status need not be one of the spec."""


@dataclass(frozen=True)
class _Vendor:
    """One of the two APIs, with all that serves it."""

    name: str
    router: Router
    validator: Validator
    api: Api
    authenticate: Callable[[_Received], str | None]
    """Who calls, for the rate limit; None if there is none."""
    error: Callable[[Refused, Operation | None], Any]
    """The body of an error."""
    has_tokens: bool
    """Whether callers are known by access tokens, which it gives."""


@dataclass(frozen=True)
class _Received:
    """A request, as far as it is known before it is routed."""

    method: str
    url: str
    """Absolute, as the client has it."""
    path: str
    """Relative to the base URL of the API, percent-encoded as it was sent."""
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes


class SandboxApp:
    """Both APIs, as one ASGI application.

    Args:
        world: what the sandbox is to be like.
        drop: ends the connection of a request; only a server can.

    Raises:
        ValueError: the state file is not one, or belongs to another seed.
    """

    def __init__(self, world: World, drop: Drop) -> None:
        self.world = world
        self.faults = Faults(world.seed)
        self.requests = RequestLog()
        self.bugs: list[str] = []
        """Mistakes of the sandbox itself."""
        self.tokens = access.Tokens(CLIENT_ID, CLIENT_SECRET, world.token_lifetime, time.monotonic)
        self._drop = drop
        self._ending = asyncio.Event()
        self._limits = access.RateLimits(world.rate_limits, time.monotonic)
        self.store = Store(world.state)
        try:
            self._open_state()
        except BaseException:
            self.store.close()
            raise
        self._kameleoon = self._make_kameleoon()
        self._asgi = Starlette(
            routes=[
                Mount(KAMELEOON_PATH, app=self._serving(self._kameleoon)),
                Mount(CONVERT_PATH, app=self._serving(self._make_convert())),
                Mount(CONTROL_PATH, routes=control.routes(self)),
            ],
            exception_handlers={404: _nowhere, 405: _not_so},
        )
        self._asgi.router.redirect_slashes = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        await self._asgi(scope, receive, send)

    def end(self) -> None:
        """Drop the requests that wait for their latency."""
        self._ending.set()

    def close(self) -> None:
        """Close the state file."""
        self.store.close()

    def reset(self) -> None:
        """Go back to the seeded state: no faults, no log, nothing counted, no request that waits. Tokens stay valid."""
        self.end()
        self._ending = asyncio.Event()
        self.faults.clear()
        self.requests.clear()
        self._limits.clear()
        self.bugs.clear()
        self.store.clear()
        self._seed()

    def lock(self, group: str, key: object) -> None:
        """Lock an object of Kameleoon, as if somebody had it open in the app: changes are answered with 423.

        Args:
            group: the group of its operations, such as ``goals``.
            key: its identifier.

        Raises:
            ValueError: there is no such object.
        """
        engine = self._kameleoon.api.engine
        if group not in engine.resources:
            raise ValueError(f"there is no group {group}; there are {', '.join(engine.resources)}")
        if engine.get(group, key) is None:
            raise ValueError(f"there is no {engine.resources[group].noun} {key}")
        locks.lock(self.store, group, key)
        self.store.commit()

    def unlock(self, group: str, key: object) -> None:
        """Unlock an object; nothing happens if it is not locked."""
        locks.unlock(self.store, group, key)
        self.store.commit()

    def _open_state(self) -> None:
        seed = self.store.number("seed")
        if seed is None:
            self._seed()
        elif seed != self.world.seed:
            raise ValueError(
                f"{self.world.state} was made with seed {seed}, not {self.world.seed}; give that seed, or another file"
            )

    def _seed(self) -> None:
        self.store.copy(seeding.seeded(self.world.seed))
        self.store.commit()

    # --- the two APIs ---

    def _make_kameleoon(self) -> _Vendor:
        router, validator = _known("kameleoon")
        api = kameleoon.make(self.store, self.world, router.operations)

        def authenticate(received: _Received) -> str:
            return self.tokens.check(received.headers.get("Authorization"))

        def error(refused: Refused, operation: Operation | None) -> Any:
            return kameleoon.error_body(refused, operation, api.engine)

        return _Vendor("kameleoon", router, validator, api, authenticate, error, has_tokens=True)

    def _make_convert(self) -> _Vendor:
        router, validator = _known("convert-v1")
        api = convert.make(self.store, self.world, router.operations)

        def authenticate(received: _Received) -> None:
            now = self.world.now().timestamp()
            keys = {"application_id": APPLICATION_ID, "secret_key": SECRET_KEY}
            access.check_signature(received.headers, received.url, received.body, now=now, **keys)

        def error(refused: Refused, operation: Operation | None) -> Any:
            return convert.error_body(refused)

        return _Vendor("convert", router, validator, api, authenticate, error, has_tokens=False)

    # --- a request on its way ---

    def _serving(self, vendor: _Vendor) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            received = await _received(vendor, scope, receive)
            began = time.perf_counter()
            body = b"" if received.path == _TOKEN_PATH else received.body
            entry = Logged(vendor.name, received.method, received.path, received.query, body)
            self.requests.add(entry)

            def hit(kind: str) -> Fault | None:
                """The fault of a kind, if the request meets one; asked for where it would have an effect."""
                fault = self.faults.hit(kind, vendor.name, received.method, received.path)
                entry.faults += (kind,) if fault else ()
                return fault

            latency = hit("latency")
            if (latency is not None and await self._ends_within(latency.seconds)) or hit("drop"):
                await self._drop(scope)
                return
            response = await self._response(vendor, received, entry, hit)
            entry.status, entry.seconds = response.status_code, time.perf_counter() - began
            if response.body and hit("cut"):
                await self._send_cut(response, scope, send)
            else:
                await response(scope, receive, send)

        return serve

    async def _ends_within(self, seconds: float) -> bool:
        """Wait for some seconds, or until the sandbox ends or is reset; whether it is."""
        try:
            await asyncio.wait_for(self._ending.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def _response(
        self, vendor: _Vendor, received: _Received, entry: Logged, hit: Callable[[str], Fault | None]
    ) -> Response:
        operation: Operation | None = None
        try:
            status = hit("status")
            if status is not None:
                raise _Faulty(status.status, status.message, headers=status.headers)
            if vendor.has_tokens and received.path == _TOKEN_PATH:
                return self._token(received)
            if vendor.has_tokens and hit("expired_token"):
                self.tokens.expire(received.headers.get("Authorization"))
            caller = vendor.authenticate(received)
            if caller is not None:
                self._limits.count(caller)
            operation, arguments = _routed(vendor.router, received)
            entry.operation = operation.id
            call = _call(vendor, operation, arguments, received)
            call.goes_wrong = lambda kind: hit(kind) is not None
            answer = vendor.api.handle(call)
            self.store.commit()
            payload = await asyncio.to_thread(answer.payload) if callable(answer.payload) else answer.payload
            is_json = operation.media_type(operation.status) == _JSON
            content = b"" if payload is None else _dumped(payload) if is_json else str(payload).encode()
            return self._checked(vendor, operation, operation.status, content, answer.headers)
        except Refused as refused:
            content = _dumped(vendor.error(refused, operation))
            if operation is None or isinstance(refused, _Faulty):
                return Response(content, refused.status, {**refused.headers, "Content-Type": _JSON})
            return self._checked(vendor, operation, refused.status, content, refused.headers)
        except Exception as error:
            return self._bug(vendor, operation, f"{type(error).__name__}: {error}")

    def _checked(
        self, vendor: _Vendor, operation: Operation, status: int, content: bytes, headers: Mapping[str, str]
    ) -> Response:
        faults = vendor.validator.response_faults(operation, status, content)
        if faults:
            return self._bug(vendor, operation, f"status {status}: {'; '.join(faults)}")
        media_type = {"Content-Type": operation.media_type(status)} if content else {}
        return Response(content, status, {**headers, **media_type})

    def _bug(self, vendor: _Vendor, operation: Operation | None, what: str) -> Response:
        message = f"a mistake of the sandbox in {operation.id if operation else vendor.name}: {what}"
        self.bugs.append(message)
        return Response(_dumped(vendor.error(Refused(500, message), operation)), 500, {"Content-Type": _JSON})

    def _token(self, received: _Received) -> Response:
        if received.method != "POST":
            raise Refused(405, "a token request is a POST", headers={"Allow": "POST"})
        headers = {"Cache-Control": "no-store"}
        try:
            return JSONResponse(
                self.tokens.give(received.headers.get("Content-Type", ""), received.body), headers=headers
            )
        except access.TokenRefused as refused:
            return JSONResponse(refused.body, refused.status, headers=headers)

    async def _send_cut(self, response: Response, scope: Scope, send: Send) -> None:
        """Send half of the body that the headers announce."""
        await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
        half = bytes(response.body)[: len(response.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await self._drop(scope)


async def _nowhere(request: Request, error: Exception) -> Response:
    served = [KAMELEOON_PATH, CONVERT_PATH, *(CONTROL_PATH + path for path in control.METHODS)]
    return JSONResponse({"message": f"the sandbox serves {', '.join(served)}"}, 404)


async def _not_so(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - which handler is for which is said above
    allowed = ", ".join(sorted((error.headers or {}).get("Allow", "").split(", ")))
    return JSONResponse({"message": f"{request.url.path} takes {allowed}"}, 405, {"Allow": allowed})


@functools.cache
def _known(name: str) -> tuple[Router, Validator]:
    """What follows from a spec alone; the validator remembers what was valid, whichever sandbox it was for."""
    return Router(specs.document(name)), Validator(specs.document(name))


async def _received(vendor: _Vendor, scope: Scope, receive: Receive) -> _Received:
    request = Request(scope, receive)
    raw_path: str = scope["raw_path"].decode("ascii")
    query_string: str = scope["query_string"].decode("latin-1")
    path = raw_path.removeprefix(scope["root_path"]) or "/"
    if vendor.name == "kameleoon" and path.startswith("/v1/"):
        path = path.removeprefix("/v1")  # the vendor takes the version or leaves it
    target = f"{raw_path}?{query_string}" if query_string else raw_path
    return _Received(
        request.method,
        f"{scope['scheme']}://{request.headers.get('host', '')}{target}",
        path,
        tuple(parse_qsl(query_string, keep_blank_values=True)),
        request.headers,
        await request.body(),
    )


def _routed(router: Router, received: _Received) -> tuple[Operation, dict[str, str]]:
    found = router.find(received.method, received.path)
    if found is not None:
        return found
    allowed = ", ".join(router.methods(received.path))
    if allowed:
        headers = {"Allow": allowed}
        raise Refused(405, f"{received.path} takes {allowed}, not {received.method}", headers=headers)
    raise Refused(404, f"the API has no operation {received.method} {received.path}")


def _call(vendor: _Vendor, operation: Operation, arguments: dict[str, str], received: _Received) -> Call:
    """The request, read.

    Raises:
        Refused: it is not what the spec says.
    """
    content_type = received.headers.get("Content-Type", "")
    faults = vendor.validator.request_faults(operation, arguments, received.query, content_type, received.body)
    if faults:
        raise Refused(400, "; ".join(faults))
    body = _read_body(operation, content_type, received.body)
    return Call(operation, arguments, read_query(operation, received.query), body)


def _read_body(operation: Operation, content_type: str, body: bytes) -> Any:
    if not body or "requestBody" not in operation.definition:
        return None
    if not operation.is_multipart:
        return _loaded(body)
    parser = MultiPartParser(stream_factory=lambda *_, **__: io.BytesIO())
    boundary = parse_options_header(content_type)[1]["boundary"].encode()
    form, files = parser.parse(io.BytesIO(body), boundary, len(body))
    parts: dict[str, Any] = {name: _upload(file) for name, file in files.items()}
    return parts | {name: _loaded(text) for name, text in form.items()}


def _loaded(text: str | bytes) -> Any:
    """JSON, to the letter: Python also reads numbers that JSON does not have, and that no answer could hold."""

    def finite(number: str) -> float:
        value = float(number)
        if not math.isfinite(value):
            raise Refused(400, f"body: {number} is not a number that can be kept")
        return value

    return json.loads(text, parse_float=finite, parse_constant=finite)


def _upload(file: FileStorage) -> Upload:
    return Upload(file.filename or "image", file.content_type or "", file.read())


def _dumped(value: Any) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except UnicodeEncodeError:  # half of a character, which JSON can hold and UTF-8 cannot
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()
