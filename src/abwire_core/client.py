"""The connection that generated operations send their requests through."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import urlsplit

from abwire_core import __version__
from abwire_core._http import (
    URL,
    AsyncBaseTransport,
    AsyncClient,
    Auth,
    BaseTransport,
    Headers,
    InvalidURL,
    SyncClient,
    Timeout,
)
from abwire_core.errors import ConfigurationError
from abwire_core.forks import renew_after_fork

if TYPE_CHECKING:
    import asyncio

Pool = TypeVar("Pool")

DEFAULT_TIMEOUT = Timeout(60.0, connect=5.0)
"""Seconds: 5 to connect, 60 for everything else."""

USER_AGENT = f"abwire/{__version__} python/{sys.version_info.major}.{sys.version_info.minor}"
"""Who sends the requests, for the logs of the server."""


def check_url(url: str, name: str = "base_url") -> None:
    """Raise if a URL is not that of a server.

    Args:
        url: scheme, host, and perhaps port and path.
        name: where it comes from, for the message, which does not show the URL: it may hold credentials.

    Raises:
        ConfigurationError: the URL is anything else.
    """
    try:
        parts = urlsplit(url)
        is_wrong = {
            "must not hold credentials: give them as arguments": "@" in parts.netloc,
            "must begin with http:// or https:// and a host": not (
                parts.scheme in ("http", "https") and parts.hostname
            ),
            "must not have a query or a fragment": "?" in url or "#" in url,
            "must not have blanks, control characters or backslashes": not url.isprintable() or {" ", "\\"} & {*url},
            "must have a port from 1 to 65535": parts.port == 0,
        }
        problem = next((text for text, applies in is_wrong.items() if applies), None)
        URL(url)
    except (ValueError, InvalidURL):  # their texts quote the URL
        problem = "is not a valid URL (is the port a number up to 65535?)"
    if problem:
        raise ConfigurationError(f"{name} {problem}")


class Client:
    """A pool of connections to one server, for the operations of one API, sync and async.

    Use it as a context manager (``with`` or ``async with``), or call :meth:`close` (:meth:`aclose`) at the end. A
    closed client cannot be used again.

    Any number of threads and event loops can share one; each event loop has connections of its own, and so has each
    process after a fork. Cookies are neither kept nor sent.

    Args:
        base_url: the server, without a slash at the end.
        auth: how requests are authenticated, such as :class:`abwire_core.auth.BearerAuth`.
        headers: sent with every request; ``User-Agent`` names abwire unless it is one of them.
        timeout: of every request, in seconds or by phase.
        transport: an HTTP transport for sync requests, for tests.
        async_transport: the same for async requests.

    Raises:
        ConfigurationError: the base URL is not that of a server, or a header cannot be sent.
    """

    def __init__(
        self,
        base_url: str,
        *,
        auth: Auth | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | Timeout = DEFAULT_TIMEOUT,
        transport: BaseTransport | None = None,
        async_transport: AsyncBaseTransport | None = None,
    ) -> None:
        self.base_url = ""  # for the repr of a client that cannot be made
        check_url(base_url)
        self.base_url = base_url
        self.auth = auth or Auth()
        self._headers = Headers({"User-Agent": USER_AGENT})
        try:
            self._headers.update(headers)
        except (TypeError, UnicodeEncodeError):  # the error has the whole text
            raise ConfigurationError("headers must be texts of ASCII characters (not shown here)") from None
        self._timeout = timeout
        self._transport = transport
        self._async_transport = async_transport
        self._is_closed = False
        self._process = os.getpid()
        self.after_fork()
        renew_after_fork(self)

    def after_fork(self) -> None:
        """Begin with no connections, and with a lock that nobody holds."""
        self._lock = threading.Lock()
        self._sync: SyncClient | None = None
        self._async: dict[asyncio.AbstractEventLoop, AsyncClient] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r})"

    def pool(self) -> SyncClient:
        """Return the connections of sync requests, which are opened when they are needed.

        Raises:
            ConfigurationError: the client is closed, the environment has unusable settings for connections, or those
                that were given belong to the process that this one was forked from.
        """
        with self._lock:  # threads that start together must not open a pool each
            if self._sync is None:
                self._sync = self._open(SyncClient, self._transport)
            return self._sync

    def async_pool(self) -> AsyncClient:
        """Return the connections of the running event loop; see :meth:`pool`."""
        import asyncio  # noqa: PLC0415 - sync programs do without

        loop = asyncio.get_running_loop()
        with self._lock:
            if loop not in self._async:
                self._async = {known: pool for known, pool in self._async.items() if not known.is_closed()}
                self._async[loop] = self._open(AsyncClient, self._async_transport)
            return self._async[loop]

    def _open(self, kind: Callable[..., Pool], transport: object) -> Pool:
        if self._is_closed:
            raise ConfigurationError("this client is closed: make a new one")
        if transport is not None and self._process != os.getpid():  # its connections may be in use by the parent
            raise ConfigurationError(
                "this client has an http_client or a transport that was made before the process was forked: make a "
                "client in each process"
            )
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        try:
            return kind(
                transport=transport,
                base_url=self.base_url,
                headers=self._headers,
                timeout=self._timeout,
                cookies=no_cookies,
            )
        except ImportError as error:  # of an optional part of the HTTP library, such as that for SOCKS proxies
            raise ConfigurationError(f"no connection can be made: {error}") from None
        except (InvalidURL, OSError, ValueError) as error:  # texts of the first may quote a proxy's password
            raise ConfigurationError(
                f"no connection can be made ({type(error).__name__}): check the environment variables for proxies "
                "(HTTPS_PROXY, HTTP_PROXY, ALL_PROXY) and certificates (SSL_CERT_FILE, SSL_CERT_DIR)"
            ) from None

    def close(self) -> None:
        """Close the connections of sync requests; no request can be made after that."""
        with self._lock:
            self._is_closed = True
            client, self._sync = self._sync, None
        if client is not None:
            client.close()

    async def aclose(self) -> None:
        """Close the connections of async requests; no request can be made after that."""
        import asyncio  # noqa: PLC0415 - see above

        with self._lock:
            self._is_closed = True
            pools, self._async = self._async, {}
        for loop, pool in pools.items():
            if loop is asyncio.get_running_loop():
                await pool.aclose()
            elif loop.is_running():
                await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(pool.aclose(), loop))

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
