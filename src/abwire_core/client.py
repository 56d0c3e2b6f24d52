"""The connection that generated operations send their requests through."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from abwire_core import __version__
from abwire_core._http import (
    AsyncBaseTransport,
    AsyncClient,
    Auth,
    BaseTransport,
    Headers,
    Response,
    SyncClient,
    Timeout,
)

DEFAULT_TIMEOUT = Timeout(60.0, connect=5.0)
"""Seconds: 5 to connect, 60 for everything else."""

USER_AGENT = f"abwire/{__version__} python/{sys.version_info.major}.{sys.version_info.minor}"
"""Who sends the requests, for the logs of the server."""


class Client:
    """A pool of connections to one server, for the operations of one API, sync and async.

    Use it as a context manager (``with`` or ``async with``), or call :meth:`close` (:meth:`aclose`) at the end. A
    closed client can be used again.

    Any number of threads can share one. Async connections belong to the event loop in which they were opened: call
    :meth:`aclose` before that loop ends and another one begins, and give loops that run at the same time a client
    each. Otherwise requests fail with errors of the event loop, such as ``RuntimeError: Event loop is closed``.

    Args:
        base_url: the server, without a slash at the end; by default the one of the class.
        auth: how requests are authenticated, such as :class:`abwire_core.auth.BearerAuth`.
        headers: sent with every request; ``User-Agent`` names abwire unless it is one of them.
        timeout: of every request, in seconds or by phase.
        transport: an HTTP transport for sync requests, for tests.
        async_transport: the same for async requests.
    """

    BASE_URL: ClassVar[str] = ""
    """The server that the vendor documents."""

    def __init__(
        self,
        base_url: str | None = None,
        *,
        auth: Auth | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | Timeout = DEFAULT_TIMEOUT,
        transport: BaseTransport | None = None,
        async_transport: AsyncBaseTransport | None = None,
    ) -> None:
        if not (base_url or self.BASE_URL):
            raise ValueError("base_url is needed: this class leads to no server of its own")
        self.base_url = base_url or self.BASE_URL
        if "@" in urlsplit(self.base_url).netloc:  # it would be shown in repr and logs
            raise ValueError("base_url must not hold credentials: they belong in auth")
        self._auth = auth
        self._headers = dict(headers or {})
        self._timeout = timeout
        self._transport = transport
        self._async_transport = async_transport
        self._lock = threading.Lock()
        self._sync: SyncClient | None = None
        self._async: AsyncClient | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r})"

    def request(self, **kwargs: Any) -> Response:
        """Send a request, once and as it is; the arguments are those of the HTTP library."""
        return self.pool().request(**kwargs)

    async def request_async(self, **kwargs: Any) -> Response:
        """Send a request, once and as it is; the arguments are those of the HTTP library."""
        return await self.async_pool().request(**kwargs)

    def pool(self) -> SyncClient:
        """The connections of sync requests, opened at their first use."""
        with self._lock:  # threads that start together must not open a pool each
            if self._sync is None:
                self._sync = SyncClient(transport=self._transport, **self._options())
            return self._sync

    def async_pool(self) -> AsyncClient:
        """The connections of async requests, opened at their first use."""
        with self._lock:
            if self._async is None:
                self._async = AsyncClient(transport=self._async_transport, **self._options())
            return self._async

    def _options(self) -> dict[str, Any]:
        headers = Headers({"User-Agent": USER_AGENT})
        headers.update(self._headers)
        return {"base_url": self.base_url, "auth": self._auth, "headers": headers, "timeout": self._timeout}

    def close(self) -> None:
        """Close the connections of sync requests; the next request opens new ones."""
        with self._lock:
            client, self._sync = self._sync, None
        if client is not None:
            client.close()

    async def aclose(self) -> None:
        """Close the connections of async requests; the next request opens new ones."""
        with self._lock:
            client, self._async = self._async, None
        if client is not None:
            await client.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()
