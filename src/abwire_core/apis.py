"""What the generated entry classes stand on: credentials, one connection pool, and the sender of all groups.

There is a pair of classes, sync and async, for each way to authenticate; everything else that differs between vendors
is data in the generated class.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Self, TypedDict, TypeVar, Unpack

from abwire_core import limits
from abwire_core._http import AsyncBaseTransport, Auth, BaseTransport, Timeout
from abwire_core.auth import BearerAuth, ClientCredentials, RequestSigning, Secret
from abwire_core.bounds import DEFAULT_DEADLINE, DEFAULT_MAX_RESPONSE_BYTES
from abwire_core.client import DEFAULT_TIMEOUT, Client, check_url
from abwire_core.errors import ConfigurationError
from abwire_core.sending import AsyncSender, Sender
from abwire_core.types import UNSET, Unset

if TYPE_CHECKING:
    from pyrate_limiter import Limiter

PUBLISHED: Final = UNSET
"""Stands for the rate limits that the vendor publishes."""
MAX_RETRIES: Final = 2

Transport = TypeVar("Transport", BaseTransport, AsyncBaseTransport)

_deprecated: set[str] = set()
"""What users were told to move away from in this process."""


class _Api:
    CLIENT: ClassVar[type[Client]] = Client
    """The connection; it knows the vendor's server."""
    ENVIRONMENT: ClassVar[str]
    """What the names of the environment variables begin with."""
    RATES: ClassVar[Sequence[tuple[int, float]]] = ()
    """The rate limits that the vendor publishes: calls, in seconds."""
    DEPRECATED: ClassVar[str | None] = None
    """Why users should move to another version, and where to read how."""

    client: Client
    """The connection, for the functions of the low level."""

    def __repr__(self) -> str:
        client = getattr(self, "client", None)  # none, where the constructor has failed
        return f"{type(self).__name__}({f'base_url={client.base_url!r}' if client else ''})"

    @classmethod
    def _completed(cls, options: Mapping[str, Any], *names: str) -> dict[str, Any]:
        """Arguments; those with these names that are not given come from environment variables that are not empty."""
        missing = [name for name in names if options.get(name) is None]
        found = {name: os.environ.get(f"{cls.ENVIRONMENT}_{name.upper()}") for name in missing}
        return {**options, **{name: value for name, value in found.items() if value}}

    @classmethod
    def _limiter(cls, rate_limiter: Limiter | limits.Budget | Unset | None) -> Limiter | limits.Budget | None:
        if not isinstance(rate_limiter, Unset):
            return rate_limiter
        return limits.Budget(cls.RATES) if cls.RATES else None

    @classmethod
    def _check_server(cls, base_url: str | None) -> None:
        """Refuse a server that no request could be sent to."""
        check_url(base_url or cls.CLIENT.BASE_URL, f"base_url (in the environment {cls.ENVIRONMENT}_BASE_URL)")

    def _warn(self) -> None:
        if self.DEPRECATED and self.DEPRECATED not in _deprecated:
            warnings.warn(self.DEPRECATED, DeprecationWarning, stacklevel=_stacklevel())
            _deprecated.add(self.DEPRECATED)  # not before: where warnings are errors, every attempt is one


def _stacklevel() -> int:
    """The level, seen from the caller of this, of the code that uses this module."""
    level = 1
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
        level += 1
    return level


class SyncApi(_Api):
    """An API, called synchronously."""

    _sender: Sender

    def _open(
        self,
        auth: Auth,
        *,
        base_url: str | None,
        timeout: float | Timeout,
        max_retries: int,
        deadline: float,
        max_response_bytes: int,
        rate_limiter: Limiter | limits.Budget | Unset | None,
        transport: BaseTransport | None,
    ) -> None:
        self._check_server(base_url)
        self._warn()
        self.client = self.CLIENT(base_url, auth=auth, timeout=timeout, transport=transport)
        self._sender = Sender(
            self.client,
            max_retries=max_retries,
            deadline=deadline,
            max_response_bytes=max_response_bytes,
            rate_limiter=self._limiter(rate_limiter),
        )

    def with_options(
        self,
        *,
        timeout: float | Timeout | None = None,
        max_retries: int | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
    ) -> Self:
        """The same API with other options, over the same connections: closing one closes both.

        Args:
            timeout: of every request, in seconds or by phase; as before if it is None, like the others.
            max_retries: how often a request is sent again.
            deadline: seconds that a call may take, with all attempts and waits.
            max_response_bytes: greatest size of a response.
        """
        other = object.__new__(type(self))
        other.client = self.client
        other._sender = self._sender.with_options(
            timeout=timeout, max_retries=max_retries, deadline=deadline, max_response_bytes=max_response_bytes
        )
        return other

    def close(self) -> None:
        """Close all connections."""
        self.client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class AsyncApi(_Api):
    """An API, called from asyncio."""

    _sender: AsyncSender

    def _open(
        self,
        auth: Auth,
        *,
        base_url: str | None,
        timeout: float | Timeout,
        max_retries: int,
        deadline: float,
        max_response_bytes: int,
        rate_limiter: Limiter | limits.Budget | Unset | None,
        transport: AsyncBaseTransport | None,
    ) -> None:
        self._check_server(base_url)
        self._warn()
        self.client = self.CLIENT(base_url, auth=auth, timeout=timeout, async_transport=transport)
        self._sender = AsyncSender(
            self.client,
            max_retries=max_retries,
            deadline=deadline,
            max_response_bytes=max_response_bytes,
            rate_limiter=self._limiter(rate_limiter),
        )

    def with_options(
        self,
        *,
        timeout: float | Timeout | None = None,
        max_retries: int | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
    ) -> Self:
        """The same API with other options, over the same connections: closing one closes both.

        Args:
            timeout: of every request, in seconds or by phase; as before if it is None, like the others.
            max_retries: how often a request is sent again.
            deadline: seconds that a call may take, with all attempts and waits.
            max_response_bytes: greatest size of a response.
        """
        other = object.__new__(type(self))
        other.client = self.client
        other._sender = self._sender.with_options(
            timeout=timeout, max_retries=max_retries, deadline=deadline, max_response_bytes=max_response_bytes
        )
        return other

    async def close(self) -> None:
        """Close all connections."""
        await self.client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()


# --- OAuth 2 ---


class OAuthOptions(TypedDict, Generic[Transport], total=False):
    """The arguments of :class:`OAuthApi` and :class:`AsyncOAuthApi`."""

    client_id: str | None
    client_secret: str | Secret | None
    token: str | Secret | None
    base_url: str | None
    timeout: float | Timeout
    max_retries: int
    deadline: float
    max_response_bytes: int
    rate_limiter: Limiter | limits.Budget | Unset | None
    transport: Transport | None


class _OAuth(_Api):
    TOKEN_PATH: ClassVar[str] = "/oauth/token"  # noqa: S105 - a path
    """Where tokens come from, relative to the server."""

    @classmethod
    def _auth(
        cls, client_id: str | None, client_secret: Secret | None, token: Secret | None, base_url: str | None
    ) -> Auth:
        if token and (client_id or client_secret):
            raise ConfigurationError(f"give either a token or client_id and client_secret, not both; {cls._hint()}")
        if token:
            return BearerAuth(token)
        if client_id and client_secret:
            cls._check_server(base_url)
            server = (base_url or cls.CLIENT.BASE_URL).rstrip("/")
            return ClientCredentials(client_id, client_secret, f"{server}{cls.TOKEN_PATH}")
        missing = "client_secret" if client_id else "client_id" if client_secret else "client_id and client_secret"
        raise ConfigurationError(f"{missing} or token is needed; {cls._hint()}")

    @classmethod
    def _hint(cls) -> str:
        prefix = cls.ENVIRONMENT
        return f"from_env() reads {prefix}_CLIENT_ID and {prefix}_CLIENT_SECRET, or {prefix}_TOKEN"

    @classmethod
    def _arguments(cls, options: Mapping[str, Any]) -> dict[str, Any]:
        names = ["client_id", "client_secret", "token"]
        if options.get("token"):
            names = ["token"]  # whoever gives credentials of one kind does not want the other
        elif options.get("client_id") or options.get("client_secret"):
            names = ["client_id", "client_secret"]
        return cls._completed(options, *names, "base_url")


class OAuthApi(SyncApi, _OAuth):
    """An API that takes OAuth 2 access tokens.

    Args:
        client_id: with client_secret, the credentials that tokens are fetched with when they are needed.
        client_secret: see client_id.
        token: an access token that is there already; it is not renewed.
        base_url: the server; the vendor's by default.
        timeout: of every request, in seconds or by phase.
        max_retries: how often a request is sent again; see :mod:`abwire_core.retry`.
        deadline: seconds that a call may take, with all attempts and waits; two hours by default, ``math.inf`` for no
            limit.
        max_response_bytes: greatest size of a response, compressed and not; 64 MiB by default.
        rate_limiter: waits so that calls stay within its rates; those that the vendor publishes by default, None for
            none.
        transport: an HTTP transport, for tests.

    Raises:
        ConfigurationError: no credentials, or too many, or a server whose URL is not absolute.
        ValueError: the token is malformed, or the server's URL holds credentials.
    """

    def __init__(
        self,
        client_id: str | None = None,
        client_secret: str | Secret | None = None,
        *,
        token: str | Secret | None = None,
        base_url: str | None = None,
        timeout: float | Timeout = DEFAULT_TIMEOUT,
        max_retries: int = MAX_RETRIES,
        deadline: float = DEFAULT_DEADLINE,
        max_response_bytes: int = DEFAULT_MAX_RESPONSE_BYTES,
        rate_limiter: Limiter | limits.Budget | Unset | None = PUBLISHED,
        transport: BaseTransport | None = None,
    ) -> None:
        client_secret, token = Secret.of(client_secret), Secret.of(token)
        auth = self._auth(client_id, client_secret, token, base_url)
        self._open(
            auth,
            base_url=base_url,
            timeout=timeout,
            max_retries=max_retries,
            deadline=deadline,
            max_response_bytes=max_response_bytes,
            rate_limiter=rate_limiter,
            transport=transport,
        )

    @classmethod
    def from_env(cls, **options: Unpack[OAuthOptions[BaseTransport]]) -> Self:
        """Make one with the credentials in the environment.

        Read are the variables ``..._CLIENT_ID``, ``..._CLIENT_SECRET``, ``..._TOKEN`` and ``..._BASE_URL``.

        Args:
            options: arguments as for the class; they go before the environment.

        Raises:
            ConfigurationError: variables are missing, or too many; the message names them.
        """
        return cls(**cls._arguments(options))


class AsyncOAuthApi(AsyncApi, _OAuth):
    """An API that takes OAuth 2 access tokens, for asyncio; see :class:`OAuthApi` for the arguments."""

    def __init__(
        self,
        client_id: str | None = None,
        client_secret: str | Secret | None = None,
        *,
        token: str | Secret | None = None,
        base_url: str | None = None,
        timeout: float | Timeout = DEFAULT_TIMEOUT,
        max_retries: int = MAX_RETRIES,
        deadline: float = DEFAULT_DEADLINE,
        max_response_bytes: int = DEFAULT_MAX_RESPONSE_BYTES,
        rate_limiter: Limiter | limits.Budget | Unset | None = PUBLISHED,
        transport: AsyncBaseTransport | None = None,
    ) -> None:
        client_secret, token = Secret.of(client_secret), Secret.of(token)
        auth = self._auth(client_id, client_secret, token, base_url)
        self._open(
            auth,
            base_url=base_url,
            timeout=timeout,
            max_retries=max_retries,
            deadline=deadline,
            max_response_bytes=max_response_bytes,
            rate_limiter=rate_limiter,
            transport=transport,
        )

    @classmethod
    def from_env(cls, **options: Unpack[OAuthOptions[AsyncBaseTransport]]) -> Self:
        """Make one with the credentials in the environment; see :meth:`OAuthApi.from_env`."""
        return cls(**cls._arguments(options))


# --- request signing ---


class SignedOptions(TypedDict, Generic[Transport], total=False):
    """The arguments of :class:`SignedApi` and :class:`AsyncSignedApi`."""

    application_id: str
    secret_key: str | Secret
    base_url: str | None
    timeout: float | Timeout
    max_retries: int
    deadline: float
    max_response_bytes: int
    rate_limiter: Limiter | limits.Budget | Unset | None
    transport: Transport | None


class _Signed(_Api):
    @classmethod
    def _auth(cls, application_id: str, secret_key: Secret) -> Auth:
        missing = [
            name for name, value in (("application_id", application_id), ("secret_key", secret_key)) if not value
        ]
        if missing:
            raise ConfigurationError(
                f"{' and '.join(missing)} must not be empty; from_env() reads {cls.ENVIRONMENT}_APPLICATION_ID and "
                f"{cls.ENVIRONMENT}_SECRET_KEY"
            )
        return RequestSigning(application_id, secret_key)

    @classmethod
    def _arguments(cls, options: Mapping[str, Any]) -> dict[str, Any]:
        empty = {"application_id": "", "secret_key": ""}
        return {**empty, **cls._completed(options, "application_id", "secret_key", "base_url")}


class SignedApi(SyncApi, _Signed):
    """An API that takes signed requests.

    Args:
        application_id: the id of the key that requests are signed with.
        secret_key: the key's secret.
        base_url: the server; the vendor's by default.
        timeout: of every request, in seconds or by phase.
        max_retries: how often a request is sent again; see :mod:`abwire_core.retry`.
        deadline: seconds that a call may take, with all attempts and waits; two hours by default, ``math.inf`` for no
            limit.
        max_response_bytes: greatest size of a response, compressed and not; 64 MiB by default.
        rate_limiter: waits so that calls stay within its rates; None for none.
        transport: an HTTP transport, for tests.

    Raises:
        ConfigurationError: a credential is empty, or the server's URL is not absolute.
        ValueError: the server's URL holds credentials.
    """

    def __init__(
        self,
        application_id: str,
        secret_key: str | Secret,
        *,
        base_url: str | None = None,
        timeout: float | Timeout = DEFAULT_TIMEOUT,
        max_retries: int = MAX_RETRIES,
        deadline: float = DEFAULT_DEADLINE,
        max_response_bytes: int = DEFAULT_MAX_RESPONSE_BYTES,
        rate_limiter: Limiter | limits.Budget | Unset | None = PUBLISHED,
        transport: BaseTransport | None = None,
    ) -> None:
        secret_key = Secret(secret_key)
        auth = self._auth(application_id, secret_key)
        self._open(
            auth,
            base_url=base_url,
            timeout=timeout,
            max_retries=max_retries,
            deadline=deadline,
            max_response_bytes=max_response_bytes,
            rate_limiter=rate_limiter,
            transport=transport,
        )

    @classmethod
    def from_env(cls, **options: Unpack[SignedOptions[BaseTransport]]) -> Self:
        """Make one with the credentials in the environment.

        Read are the variables ``..._APPLICATION_ID``, ``..._SECRET_KEY`` and ``..._BASE_URL``.

        Args:
            options: arguments as for the class; they go before the environment.

        Raises:
            ConfigurationError: variables are missing, or too many; the message names them.
        """
        return cls(**cls._arguments(options))


class AsyncSignedApi(AsyncApi, _Signed):
    """An API that takes signed requests, for asyncio; see :class:`SignedApi` for the arguments."""

    def __init__(
        self,
        application_id: str,
        secret_key: str | Secret,
        *,
        base_url: str | None = None,
        timeout: float | Timeout = DEFAULT_TIMEOUT,
        max_retries: int = MAX_RETRIES,
        deadline: float = DEFAULT_DEADLINE,
        max_response_bytes: int = DEFAULT_MAX_RESPONSE_BYTES,
        rate_limiter: Limiter | limits.Budget | Unset | None = PUBLISHED,
        transport: AsyncBaseTransport | None = None,
    ) -> None:
        secret_key = Secret(secret_key)
        auth = self._auth(application_id, secret_key)
        self._open(
            auth,
            base_url=base_url,
            timeout=timeout,
            max_retries=max_retries,
            deadline=deadline,
            max_response_bytes=max_response_bytes,
            rate_limiter=rate_limiter,
            transport=transport,
        )

    @classmethod
    def from_env(cls, **options: Unpack[SignedOptions[AsyncBaseTransport]]) -> Self:
        """Make one with the credentials in the environment; see :meth:`SignedApi.from_env`."""
        return cls(**cls._arguments(options))
