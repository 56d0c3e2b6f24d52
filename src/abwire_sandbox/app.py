"""The sandbox as an ASGI application: all APIs whose effective specs there are, and the endpoints that control it.

A request passes faults, the router, authentication, the rate limit and the validator before it is carried out; the
response passes the validator, too, before it goes out.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import io
import json
import logging
import math
import re
import secrets
import sqlite3
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send
from werkzeug.datastructures import FileStorage
from werkzeug.formparser import MultiPartParser
from werkzeug.http import parse_options_header

from abwire_sandbox import access, control, data, generic, locks, seeding, specs
from abwire_sandbox.api import Api, code, undescribed
from abwire_sandbox.engine import CODE, Call, Engine, Upload, read_query
from abwire_sandbox.errors import Refused, error_body
from abwire_sandbox.faults import Fault, Faults
from abwire_sandbox.origins import Origins
from abwire_sandbox.requestlog import Logged, RequestLog
from abwire_sandbox.specs import Operation, Router
from abwire_sandbox.store import Store
from abwire_sandbox.validation import Validator
from abwire_sandbox.world import World

CONTROL_PATH: Final = "/_sandbox"
ACCESS_LOG: Final = logging.getLogger("abwire_sandbox.access")
"""Says a line for each request at INFO."""
MADE_FROM: Final = "Abwire-Sandbox-Made-From"
"""The header of responses that nobody wrote code for: ``shape`` or ``schema``."""
_LARGEST_BODY: Final = 16 * 1024 * 1024
"""Bytes; the largest upload that a vendor allows has 5 MiB."""
_LARGEST_TOKEN_REQUEST: Final = 64 * 1024

Drop = Callable[[Scope], Awaitable[None]]
"""Ends the connection of a request."""


class _Faulty(Refused):
    """A refusal that was asked for: its status need not be one of the spec."""


@dataclass(frozen=True)
class _Known:
    """What follows from a spec alone."""

    spec: Mapping[str, Any]
    router: Router
    validator: Validator
    error: Mapping[str, Any]
    """The properties of the body that most errors have."""


@dataclass(frozen=True)
class _Served:
    """One of the APIs, with all that serves it."""

    name: str
    known: _Known
    api: Api
    guard: access.Guard
    tokens: access.Tokens
    limits: access.RateLimits


@dataclass(frozen=True)
class _Received:
    """A request, as far as it is known before it is routed."""

    method: str
    path: str
    """Relative to the base URL of the API, percent-encoded as it was sent."""
    sent: access.Sent


class SandboxApp:
    """All APIs, as one ASGI application.

    Args:
        world: what the sandbox is to be like.
        drop: ends the connection of a request; only a server can.
        token: what requests to the control endpoints have to hold; drawn by default.

    Raises:
        ValueError: the state file is not one, or belongs to another seed.
    """

    def __init__(self, world: World, drop: Drop, token: str | None = None) -> None:
        self.world = world
        self._known = {name: _known(path, path.stat().st_mtime_ns) for name, path in specs.paths(world.specs).items()}
        self.mounts = mounts({name: known.spec for name, known in self._known.items()})
        """Where each API is, by the name of its spec."""
        self.faults = Faults(world.seed, tuple(self.mounts))
        self.requests = RequestLog()
        self.bugs: list[str] = []
        """Mistakes of the sandbox itself."""
        self.control_token = token or secrets.token_urlsafe(24)
        """What requests to the control endpoints have to hold."""
        self._drop = drop
        self._ending = asyncio.Event()
        self.store = Store(world.state)
        try:
            self._open_state()
        except BaseException:
            self.store.close()
            raise
        self.apis = {name: self._made(name, known) for name, known in self._known.items()}
        guarded = control.guarded(self, lambda: self.control_token)
        self._asgi = Starlette(
            routes=[
                *(Mount(path, app=self._serving(self.apis[name])) for name, path in self.mounts.items()),
                Mount(CONTROL_PATH, app=guarded),
            ],
            exception_handlers={404: self._nowhere, 405: _not_so},
        )
        self._asgi.router.redirect_slashes = False
        self._origins = Origins(world.hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        refusal = self._origins.refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        await self._asgi(scope, receive, send)

    async def _nowhere(self, request: Request, error: Exception) -> Response:
        served = [*self.mounts.values(), *(CONTROL_PATH + path for path in control.METHODS)]
        return JSONResponse({"message": f"the sandbox serves {', '.join(served)}"}, 404)

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
        for served in self.apis.values():
            served.limits.clear()
        self.bugs.clear()
        self.store.clear()
        self._seed()

    def expire_tokens(self) -> int:
        """Have all access tokens expire; returns how many had life left."""
        return sum(served.tokens.expire() for served in self.apis.values())

    def lock(self, group: str, key: object, api: str = "kameleoon") -> None:
        """Lock an object, as if somebody had it open in the app: changes are answered with 423.

        Args:
            group: the group of its operations, such as ``goals``.
            key: its identifier.
            api: the name of its spec.

        Raises:
            ValueError: there is no such object.
        """
        if api not in self.apis:
            raise ValueError(f"there is no API {api}; there are {', '.join(self.apis)}")
        engine = self.apis[api].api.engine
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
            if list(self.store):
                raise ValueError(f"{self.world.state} is not a state of the sandbox: it does not say its seed")
            self._seed()
        elif seed != self.world.seed:
            raise ValueError(
                f"{self.world.state} was made with seed {seed}, not {self.world.seed}; give that seed, or another file"
            )

    def _seed(self) -> None:
        self.store.copy(seeding.seeded(self.world.seed, self.world.specs))
        self.store.commit()

    # --- the APIs ---

    def _made(self, name: str, known: _Known) -> _Served:
        own = code(name)
        handlers = getattr(own, "HANDLERS", {})
        resources = data.resources(name, getattr(own, "MAKERS", {}), known.router.operations)
        parents = {
            parameter: kind
            for kind, resource in resources.items()
            for parameter, field in resource.by.items()
            if field == resource.key
        }
        for kind in undescribed(known.router.operations, resources, handlers).values():
            resources[kind.name] = generic.resource(kind)
            if kind.own:
                parents.setdefault(kind.own, kind.name)
        engine = Engine(self.store, self.world, name, resources, parents)

        def is_valid(operation: Operation, payload: Any) -> bool:
            return not known.validator.response_faults(operation, operation.status, _dumped(payload))

        api = Api(engine, known.router.operations, handlers, getattr(own, "check", _no_check), is_valid)
        tokens = access.Tokens(access.CLIENT_ID, access.CLIENT_SECRET, self.world.token_lifetime, time.monotonic)
        guard = access.Guard(known.spec, tokens, lambda: self.world.now().timestamp())
        published = known.spec.get("x-sdk-client", {}).get("rates", {})
        rates = [(int(calls), float(seconds)) for seconds, calls in published.items()]
        if rates and self.world.rate_limits is not None:
            rates = list(self.world.rate_limits)
        return _Served(name, known, api, guard, tokens, access.RateLimits(rates, time.monotonic))

    # --- a request on its way ---

    def _serving(self, served: _Served) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            received = _received(served, scope)
            began = time.perf_counter()
            entry = Logged(served.name, received.method, received.path, tuple(received.sent.query))
            self.requests.add(entry)

            def hit(kind: str) -> Fault | None:
                """The fault of a kind, if the request meets one; asked for where it would have an effect."""
                fault = self.faults.hit(kind, served.name, received.method, received.path)
                entry.faults += (kind,) if fault else ()
                return fault

            def keep(body: bytes) -> None:
                if received.path != served.guard.token_path:  # what is in it is secret
                    self.requests.keep_body(entry, body)

            body = _Body(Request(scope, receive), keep)
            try:
                latency = hit("latency")
                if latency is not None or self.faults.waits("drop"):
                    # What the client sends is done even if it leaves meanwhile, and logged even if nothing is done.
                    with contextlib.suppress(Refused):
                        await body.read()
                if (latency is not None and await self._ends_within(latency.seconds)) or hit("drop"):
                    await self._drop(scope)
                    return
                response = await self._response(served, received, entry, hit, body)
            except ClientDisconnect:
                return  # nobody is there to be answered
            entry.status, entry.seconds = response.status_code, time.perf_counter() - began
            if ACCESS_LOG.isEnabledFor(logging.INFO):
                ACCESS_LOG.info("%s", entry.line(scope["root_path"]))
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
        self, served: _Served, received: _Received, entry: Logged, hit: Callable[[str], Fault | None], body: _Body
    ) -> Response:
        operation: Operation | None = None
        try:
            status = hit("status")
            if status is not None:
                await body.read()
                raise _Faulty(status.status, status.message, headers=status.headers)
            if received.path == served.guard.token_path:
                return await self._token(served, received, body)
            if served.guard.token_path and hit("expired_token"):
                served.tokens.expire(received.sent.headers.get("Authorization"))
            found = served.known.router.find(received.method, received.path)
            requirements = found[0].security if found else served.known.spec.get("security", [])
            # What the headers tell comes first: nothing is read from callers who are not known.
            caller, verifications = served.guard.check(requirements, received.sent)
            content = await body.read()
            for verify in verifications:
                verify(content)
            if caller is not None:
                served.limits.count(caller)
            operation, arguments = found or _unrouted(served.known.router, received)
            entry.operation = operation.id
            call = _call(served, operation, arguments, received, content)
            call.goes_wrong = lambda kind: hit(kind) is not None
            answer = served.api.handle(call)
            self.store.commit()
            payload = await asyncio.to_thread(answer.payload) if callable(answer.payload) else answer.payload
            content = _content(operation, payload)
            entry.made_from = answer.made_by
            if answer.made_by != CODE:
                answer.headers[MADE_FROM] = answer.made_by
            return self._checked(served, operation, operation.status, content, answer.headers)
        except Refused as refused:
            self.store.rollback()
            return self._refused(served, operation, refused)
        except sqlite3.Error as error:
            self.store.rollback()
            message = f"the state file cannot be written, and nothing was changed: {error}"
            return self._refused(served, operation, _Faulty(503, message))
        except ClientDisconnect:
            raise
        except Exception as error:
            self.store.rollback()
            return self._bug(served, operation, f"{type(error).__name__}: {error}")

    def _refused(self, served: _Served, operation: Operation | None, refused: Refused) -> Response:
        content = _dumped(self._error(served, operation, refused))
        is_free = operation is None or isinstance(refused, _Faulty) or not operation.answers(refused.status)
        if operation is None or is_free:
            return Response(content, refused.status, {**refused.headers, "Content-Type": specs.JSON})
        return self._checked(served, operation, refused.status, content, refused.headers)

    def _error(self, served: _Served, operation: Operation | None, refused: Refused) -> Any:
        schema = operation.response_schema(refused.status) if operation and operation.answers(refused.status) else None
        properties = specs.members(served.known.spec, schema)[0] if schema else served.known.error
        resolved = {name: specs.resolve(served.known.spec, found) for name, found in properties.items()}
        return error_body(refused, resolved, self.world.now(), operation.group if operation else served.name)

    def _checked(
        self, served: _Served, operation: Operation, status: int, content: bytes, headers: Mapping[str, str]
    ) -> Response:
        declared = operation.content(status)
        media = declared[0] if declared and declared[0] != "*/*" else specs.JSON
        faults = served.known.validator.response_faults(operation, status, content, media)
        if faults:
            return self._bug(served, operation, f"status {status}: {'; '.join(faults)}")
        return Response(content, status, {**headers, "Content-Type": media} if content else dict(headers))

    def _bug(self, served: _Served, operation: Operation | None, what: str) -> Response:
        message = f"a mistake of the sandbox in {operation.id if operation else served.name}: {what}"
        self.bugs.append(message)
        content = _dumped(self._error(served, operation, Refused(500, message)))
        return Response(content, 500, {"Content-Type": specs.JSON})

    async def _token(self, served: _Served, received: _Received, body: _Body) -> Response:
        if received.method != "POST":
            raise Refused(405, "a token request is a POST", headers={"Allow": "POST"})
        headers = {"Cache-Control": "no-store"}
        content = await body.read(_LARGEST_TOKEN_REQUEST)
        try:
            content_type = received.sent.headers.get("Content-Type", "")
            return JSONResponse(served.tokens.give(content_type, content), headers=headers)
        except access.TokenRefused as refused:
            return JSONResponse(refused.body, refused.status, headers=headers)

    async def _send_cut(self, response: Response, scope: Scope, send: Send) -> None:
        """Send half of the body that the headers announce."""
        await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
        half = bytes(response.body)[: len(response.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await self._drop(scope)


def mounts(documents: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return where each API is, by the name of its spec: its name without a version, and the path of its server."""
    paths: dict[str, str] = {}
    for name, spec in documents.items():
        servers = spec.get("servers") or [{"url": ""}]
        server = urlsplit(str(servers[0].get("url", ""))).path.rstrip("/")
        path = f"/{re.sub(r'-v[0-9]+$', '', name)}{server}"
        paths[name] = f"/{name}{server}" if path in paths.values() else path
    return paths


async def _not_so(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - which handler is for which is said above
    allowed = ", ".join(sorted((error.headers or {}).get("Allow", "").split(", ")))
    return JSONResponse({"message": f"{request.url.path} takes {allowed}"}, 405, {"Allow": allowed})


def _no_check(engine: Engine, call: Call) -> None:
    return None


@functools.lru_cache(16)
def _known(path: Path, changed: int) -> _Known:
    """Return what follows from a spec alone; the validator remembers what was valid, whichever sandbox it was for."""
    spec = specs.document(path)
    router = Router(spec)
    errors: Counter[str] = Counter()
    schemas: dict[str, Mapping[str, Any]] = {}
    for operation in router.operations:
        for status in operation.statuses:
            schema = None if status.startswith("2") else operation.response_schema(_number(status))
            if schema is not None:
                key = json.dumps(schema, sort_keys=True)
                errors[key] += 1
                schemas[key] = schema
    common = schemas[errors.most_common(1)[0][0]] if errors else {}
    return _Known(spec, router, Validator(spec), specs.members(spec, common)[0])


def _number(status: str) -> int:
    return 500 if status == "default" else int(status.upper().replace("X", "0"))


def _received(served: _Served, scope: Scope) -> _Received:
    request = Request(scope)
    raw_path: str = scope["raw_path"].decode("ascii")
    query_string: str = scope["query_string"].decode("latin-1")
    # Some clients put two slashes where one belongs, and sign the URL as they send it.
    path = re.sub("/+", "/", raw_path.removeprefix(scope["root_path"])) or "/"
    if path.startswith("/v1/") and not served.known.router.methods(path):
        path = path.removeprefix("/v1")  # Kameleoon takes the version or leaves it
    target = f"{raw_path}?{query_string}" if query_string else raw_path
    url = f"{scope['scheme']}://{request.headers.get('host', '')}{target}"
    query = tuple(parse_qsl(query_string, keep_blank_values=True))
    return _Received(request.method, path, access.Sent(request.headers, url, query))


class _Body:
    """The body of a request, which is read when it is needed, and logged.

    Args:
        request: the request.
        keep: is called with it.
    """

    def __init__(self, request: Request, keep: Callable[[bytes], None]) -> None:
        self._request = request
        self._keep = keep
        self._content: bytes | None = None

    async def read(self, most: int = _LARGEST_BODY) -> bytes:
        """The body.

        Args:
            most: bytes that it may have.

        Raises:
            Refused: it is longer; the rest is not read.
            ClientDisconnect: it does not come.
        """
        if self._content is None:
            self._content = await self._read(most)
            self._keep(self._content)
        return self._content

    async def _read(self, most: int) -> bytes:
        too_long = Refused(413, f"a body has {most} bytes at most", headers={"Connection": "close"})
        length = self._request.headers.get("Content-Length", "0")
        if length.isdigit() and int(length) > most:
            raise too_long
        parts: list[bytes] = []
        size = 0
        async for part in self._request.stream():
            size += len(part)
            if size > most:
                raise too_long
            parts.append(part)
        return b"".join(parts)


def _unrouted(router: Router, received: _Received) -> tuple[Operation, dict[str, str]]:
    allowed = ", ".join(router.methods(received.path))
    if allowed:
        headers = {"Allow": allowed}
        raise Refused(405, f"{received.path} takes {allowed}, not {received.method}", headers=headers)
    raise Refused(404, f"the API has no operation {received.method} {received.path}")


def _call(served: _Served, operation: Operation, arguments: dict[str, str], received: _Received, body: bytes) -> Call:
    """The request, read.

    Raises:
        Refused: it is not what the spec says.
    """
    content_type = received.sent.headers.get("Content-Type", "")
    query = tuple(received.sent.query)
    faults = served.known.validator.request_faults(operation, arguments, query, content_type, body)
    if faults:
        raise Refused(400, "; ".join(faults))
    read = _read_body(operation, content_type, body)
    return Call(operation, arguments, read_query(operation, query), read)


def _read_body(operation: Operation, content_type: str, body: bytes) -> Any:
    if not body or not operation.body:
        return None
    media = content_type.partition(";")[0].strip().lower()
    if media != "multipart/form-data":
        return _loaded(body) if specs.is_json(media or specs.JSON) else body
    parser = MultiPartParser(stream_factory=lambda *_, **__: io.BytesIO())
    boundary = parse_options_header(content_type)[1]["boundary"].encode()
    form, files = parser.parse(io.BytesIO(body), boundary, len(body))
    parts: dict[str, Any] = {name: _upload(file) for name, file in files.items()}
    return parts | {name: _part(operation, name, text) for name, text in form.items()}


def _part(operation: Operation, name: str, text: str) -> Any:
    """A text in a form: JSON where the spec says so, as it is elsewhere."""
    schema = specs.members(operation.spec, operation.body["multipart/form-data"])[0].get(name, {})
    kind = specs.resolve(operation.spec, schema).get("type", "string")
    try:
        return text if kind == "string" else _loaded(text)
    except ValueError:
        raise Refused(400, f"the part {name} is not JSON") from None


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


def _content(operation: Operation, payload: Any) -> bytes:
    """A payload as it is sent: JSON, unless the spec has another media type."""
    if payload is None or isinstance(payload, bytes):
        return payload or b""
    declared = operation.content(operation.status)
    return _dumped(payload) if declared is None or specs.is_json(declared[0]) else str(payload).encode()


def _dumped(value: Any) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except UnicodeEncodeError:  # half of a character, which JSON can hold and UTF-8 cannot
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()
