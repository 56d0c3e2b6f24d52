"""The sandbox as a server: in a thread, for tests, or in the foreground."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import ipaddress
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

import h11
import uvicorn
from starlette.types import Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

from abwire_sandbox.access import APPLICATION_ID, CLIENT_ID, CLIENT_SECRET, SECRET_KEY
from abwire_sandbox.app import SandboxApp
from abwire_sandbox.errors import SandboxError
from abwire_sandbox.faults import Faults
from abwire_sandbox.requestlog import RequestLog
from abwire_sandbox.store import Item
from abwire_sandbox.world import World

T = TypeVar("T")

_LOGGER = logging.getLogger(__name__)
_LOGGER.setLevel(logging.ERROR)  # what clients send that is not HTTP is no news

_BACKLOG = 2048
_PATIENCE = 10.0
"""Seconds to wait for the server to start, and to stop."""
_LAST_REQUESTS = 5
"""Seconds in which requests that are under way may end when the server stops."""
_CLOSING = 2.0
"""Seconds in which the client may take what was sent before its connection is dropped."""
_REQUEST = 30.0
"""Seconds in which a request has to arrive; it would hold its connection for ever."""
TOKEN_VARIABLE = "ABWIRE_SANDBOX_TOKEN"  # noqa: S105 - a name
"""The environment variable with the token of the control endpoints."""


class _Connections:
    """The open connections, by the address of the client."""

    def __init__(self) -> None:
        self._open: dict[Any, tuple[asyncio.Transport, asyncio.Event]] = {}

    def opened(self, transport: asyncio.Transport) -> None:
        self._open[_address(transport)] = (transport, asyncio.Event())

    def closed(self, transport: asyncio.Transport) -> None:
        found = self._open.pop(_address(transport), None)
        if found is not None:
            found[1].set()

    async def drop(self, scope: Scope) -> None:
        """End the connection of a request; what was sent already still goes out."""
        found = self._open.get(tuple(scope["client"]))
        if found is not None:
            transport, closed = found
            transport.close()
            # Until it is closed, the server would take a missing answer for a mistake.
            try:
                await asyncio.wait_for(closed.wait(), _CLOSING)
            except TimeoutError:  # the client does not take what was sent already
                transport.abort()
                await closed.wait()


def _address(transport: asyncio.Transport) -> tuple[Any, ...]:
    return tuple(transport.get_extra_info("peername")[:2])


def _protocol(connections: _Connections, patience: float) -> type[asyncio.Protocol]:
    """HTTP over connections that can be dropped, and that end when a request does not arrive in time."""

    class Protocol(H11Protocol):
        _timer: asyncio.TimerHandle | None = None

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.logger = _LOGGER

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._made = transport
            connections.opened(transport)
            self._await_request()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._watch()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            self._watch()

        def _watch(self) -> None:
            """Give a request that has begun its time."""
            state = self.conn.their_state
            is_begun = state is h11.SEND_BODY or (state is h11.IDLE and bool(self.conn.trailing_data[0]))
            if not is_begun:
                self._cancel()
            elif self._timer is None:
                self._await_request()

        def connection_lost(self, exc: Exception | None) -> None:
            self._cancel()
            connections.closed(self._made)
            super().connection_lost(exc)

        def _await_request(self) -> None:
            self._timer = asyncio.get_running_loop().call_later(patience, self._made.abort)

        def _cancel(self) -> None:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    return Protocol


class Sandbox:
    """A sandbox that listens; a context manager that serves and stops it.

    Args:
        world: what it is to be like.
        host: the address to listen at.
        port: the port to listen at; a free one, if it is 0.

    Raises:
        OSError: the address or the port cannot be had.
        ValueError: the state file is not one, or belongs to another seed.
    """

    client_id = CLIENT_ID
    client_secret = CLIENT_SECRET
    application_id = APPLICATION_ID
    secret_key = SECRET_KEY

    def __init__(self, world: World, host: str = "127.0.0.1", port: int = 0) -> None:
        connections = _Connections()
        self._socket = _listening(host, port)
        try:
            names = (*world.hosts, host)
            self._app = SandboxApp(
                dataclasses.replace(world, hosts=names), connections.drop, os.environ.get(TOKEN_VARIABLE)
            )
        except BaseException:
            self._socket.close()
            raise
        self._host = host
        self.is_exposed = not _is_loopback(self._socket.getsockname()[0])
        """Whether other machines reach it."""
        self.port: int = self._socket.getsockname()[1]
        """The port that it listens at."""
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._app,
                http=_protocol(connections, _REQUEST),
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_LAST_REQUESTS,
                timeout_keep_alive=60,
            )
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    # --- where it is ---

    @property
    def url(self) -> str:
        """Return where it listens, without a path."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self.port}"

    @property
    def urls(self) -> dict[str, str]:
        """The base URLs of the APIs, by the names of their specs, such as ``kameleoon``."""
        return {name: self.url + path for name, path in self._app.mounts.items()}

    @property
    def kameleoon_url(self) -> str:
        """The base URL of the Kameleoon Automation API."""
        return self.urls["kameleoon"]

    @property
    def convert_url(self) -> str:
        """The base URL of the Convert API, version 1."""
        return self.urls["convert-v1"]

    @property
    def control_token(self) -> str:
        """Return what requests to the control endpoints have to hold, as a bearer token."""
        return self._app.control_token

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables with which ``from_env()`` finds the sandbox, and scripts its control endpoints."""
        found = {"ABWIRE_SANDBOX_URL": self.url, TOKEN_VARIABLE: self.control_token}
        for name, url in self.urls.items():
            client = self._app.apis[name].known.spec.get("x-sdk-client", {})
            prefix = str(client.get("environment") or name.upper().replace("-", "_"))
            credentials = (
                {"CLIENT_ID": self.client_id, "CLIENT_SECRET": self.client_secret}
                if self._app.apis[name].guard.token_path
                else {"APPLICATION_ID": self.application_id, "SECRET_KEY": self.secret_key}
            )
            for variable, value in {"BASE_URL": url, **credentials}.items():
                found.setdefault(f"{prefix}_{variable}", value)
        return found

    # --- what it did, and is to do ---

    @property
    def faults(self) -> Faults:
        """Return what is to go wrong."""
        return self._app.faults

    @property
    def requests(self) -> RequestLog:
        """Return what was asked."""
        return self._app.requests

    @property
    def bugs(self) -> list[str]:
        """Mistakes of the sandbox itself, such as answers that the spec does not allow."""
        return self._app.bugs

    def reset(self) -> None:
        """Go back to the seeded state: no faults, no log, nothing counted, no request that waits. Tokens stay valid."""
        self._do(self._app.reset)

    def expire_tokens(self) -> int:
        """Have all access tokens expire; returns how many had life left."""
        return self._do(self._app.expire_tokens)

    def lock(self, group: str, key: object) -> None:
        """Lock an object of Kameleoon, as if somebody had it open in the app: changes are answered with 423.

        Args:
            group: the group of its operations, such as ``goals``.
            key: its identifier.

        Raises:
            ValueError: there is no such object.
        """
        self._do(lambda: self._app.lock(group, key))

    def unlock(self, group: str, key: object) -> None:
        """Unlock an object; nothing happens if it is not locked."""
        self._do(lambda: self._app.unlock(group, key))

    def dump(self) -> dict[str, dict[str, Item]]:
        """All objects, by collection and key."""
        return self._do(self._app.store.dump)

    def _do(self, change: Callable[[], T]) -> T:
        """Do something in the thread that serves requests, between two of them."""
        if self._loop is None:
            return change()

        async def run() -> T:
            return change()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(_PATIENCE)

    # --- running ---

    def start(self) -> None:
        """Serve in a thread of its own.

        Raises:
            SandboxError: the server does not start.
        """

        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            await self._server.serve(sockets=[self._socket])

        self._thread = threading.Thread(target=lambda: asyncio.run(serve()), name="abwire-sandbox", daemon=True)
        self._thread.start()
        end = time.monotonic() + _PATIENCE
        while not self._server.started:
            if time.monotonic() > end or not self._thread.is_alive():
                raise SandboxError("the sandbox does not start")
            time.sleep(0.002)

    def stop(self) -> None:
        """Stop serving; everything that was opened is closed."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._app.end)
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(_PATIENCE)
        self._thread = self._loop = None
        self._socket.close()
        self._app.close()

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """Serve for the time of a ``with`` statement, whatever mistakes are made."""
        self.start()
        try:
            yield
        finally:
            self.stop()

    def run(self, ready: Callable[[], object]) -> None:
        """Serve until SIGINT or SIGTERM; for the main thread.

        Args:
            ready: is called when it serves, and a signal would end it.
        """
        ended = threading.Event()
        before = {number: signal.signal(number, lambda *_: ended.set()) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            self.start()
            ready()
            ended.wait()
        finally:
            self.stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
        if self.bugs and exc is None:
            raise SandboxError("\n".join(self.bugs))


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends small answers at once only where the protocol is named.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


def start(*, host: str = "127.0.0.1", port: int = 0, **options: Any) -> Sandbox:
    """Serve all APIs in a thread until :meth:`Sandbox.stop`, where a ``with`` statement is in the way.

    Args:
        host: the address to listen at.
        port: the port to listen at; a free one, if it is 0.
        options: what the sandbox is to be like, as for :class:`~abwire_sandbox.world.World`.

    Returns:
        The running sandbox; ``bugs`` lists its mistakes, if it makes any.
    """
    sandbox = Sandbox(World(**options), host, port)
    sandbox.start()
    return sandbox


@contextlib.contextmanager
def serve(*, host: str = "127.0.0.1", port: int = 0, **options: Any) -> Iterator[Sandbox]:
    """Serve all APIs in a thread, for the time of a ``with`` statement.

    Args:
        host: the address to listen at.
        port: the port to listen at; a free one, if it is 0.
        options: what the sandbox is to be like, as for :class:`~abwire_sandbox.world.World`.

    Yields:
        The running sandbox.

    Raises:
        SandboxError: at the end, if the sandbox has made a mistake, such as an answer that the spec does not allow.
    """
    with Sandbox(World(**options), host, port) as sandbox:
        yield sandbox
