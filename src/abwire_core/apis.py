"""What the generated entry classes stand on: credentials, one connection pool, and the sender of all groups.

Whatever differs between vendors is data, in the :class:`Description` of an API.
"""

from __future__ import annotations

import base64
import os
import sys
import warnings
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, Self

from abwire_core import limits
from abwire_core._http import (
    AsyncBaseTransport,
    AsyncClient,
    Auth,
    BaseTransport,
    Request,
    Response,
    SyncClient,
    Timeout,
)
from abwire_core.auth import BearerAuth, ClientCredentials, RequestSigning, Secret, is_text
from abwire_core.bounds import DEFAULT_DEADLINE, DEFAULT_MAX_RESPONSE_BYTES
from abwire_core.client import Client, check_url
from abwire_core.errors import ConfigurationError
from abwire_core.operations import Operation
from abwire_core.sending import AsyncSender, Sender
from abwire_core.types import UNSET, Unset

if TYPE_CHECKING:
    from pyrate_limiter import Limiter

PUBLISHED: Final = UNSET
"""Stands for the rate limits that the vendor publishes."""
MAX_RETRIES: Final = 2

_deprecated: set[str] = set()
"""What users were told to move away from in this process."""

# --- kinds of authentication ---


class OAuth(NamedTuple):
    """OAuth 2 client credentials.

    Attributes:
        arguments: the names of the id and the secret.
        token_path: where tokens come from, relative to the server or absolute.
    """

    arguments: tuple[str, ...]
    token_path: str

    def auth(self, values: Mapping[str, Secret], server: str) -> Auth:
        """Return the authentication for these credentials."""
        url = self.token_path if "://" in self.token_path else f"{server.rstrip('/')}/{self.token_path.lstrip('/')}"
        client_id, client_secret = self.arguments
        return ClientCredentials(values[client_id].reveal(), values[client_secret], url)


class Bearer(NamedTuple):
    """A token that is there already.

    Attributes:
        arguments: the names of what the token is made of.
        value: the token, with these in braces.
    """

    arguments: tuple[str, ...]
    value: str

    def auth(self, values: Mapping[str, Secret], _: str) -> Auth:
        """Return the authentication for these credentials."""
        return BearerAuth(_filled(self.value, values), values.values())


class Basic(NamedTuple):
    """User and password (RFC 7617).

    Attributes:
        arguments: the names of both.
    """

    arguments: tuple[str, ...]

    def auth(self, values: Mapping[str, Secret], _: str) -> Auth:
        """Return the authentication for these credentials."""
        pair = Secret(":".join(values[name].reveal() for name in self.arguments))
        if not is_text(pair.reveal()):
            raise ValueError(f"{' and '.join(self.arguments)} must be texts that UTF-8 can encode (not shown here)")
        key = Secret(f"Basic {base64.b64encode(pair.reveal().encode()).decode()}")
        return KeyAuth("header", "Authorization", key, [values[self.arguments[1]]])


class ApiKey(NamedTuple):
    """A key in a header or in the query.

    Attributes:
        arguments: the names of what the key is made of.
        value: what is sent, with these in braces.
        location: ``header`` or ``query``.
        name: the name of the header or parameter.
    """

    arguments: tuple[str, ...]
    value: str
    location: str
    name: str

    def auth(self, values: Mapping[str, Secret], _: str) -> Auth:
        """Return the authentication for these credentials."""
        return KeyAuth(self.location, self.name, _filled(self.value, values), values.values())


class Signing(NamedTuple):
    """Requests signed with HMAC-SHA256.

    Attributes:
        arguments: the names of the key's id and its secret.
        application_header: the header for the id.
        expires_header: the header for the time until which the request holds.
        signature_header: the header for the signature.
        scheme: the value of that header, with ``{signature}``.
    """

    arguments: tuple[str, ...]
    application_header: str
    expires_header: str
    signature_header: str
    scheme: str

    def auth(self, values: Mapping[str, Secret], _: str) -> Auth:
        """Return the authentication for these credentials."""
        application_id, secret_key = self.arguments
        return RequestSigning(
            values[application_id].reveal(),
            values[secret_key],
            application_header=self.application_header,
            expires_header=self.expires_header,
            signature_header=self.signature_header,
            scheme=self.scheme,
        )


def _filled(template: str, values: Mapping[str, Secret]) -> Secret:
    return Secret(template.format(**{name: value.reveal() for name, value in values.items()}))


Kind = OAuth | Bearer | Basic | ApiKey | Signing


class KeyAuth(Auth):
    """Sends a key with every request.

    Args:
        location: ``header`` or ``query``.
        name: the name of the header or parameter.
        key: what is sent.
        parts: secrets that the key is made of.

    Raises:
        ValueError: the key has characters that cannot be sent.
    """

    def __init__(self, location: str, name: str, key: str | Secret, parts: Iterable[Secret] = ()) -> None:
        self._key = key = Secret(key)
        self._parts = (key, *parts)
        if not (key.reveal().isascii() and key.reveal().isprintable()):
            raise ValueError("a key must have printable ASCII characters only (it is not shown here)")
        self._location = location
        self._name = name

    def secrets(self) -> Iterator[str]:
        """Yield the key, and what it is made of."""
        for part in self._parts:
            yield part.reveal()

    def __repr__(self) -> str:
        return "KeyAuth(...)"

    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        """Add the key."""
        if self._location == "header":
            request.headers[self._name] = self._key.reveal()
        else:
            request.url = request.url.copy_set_param(self._name, self._key.reveal())
        yield request


class Description(NamedTuple):
    """What the runtime has to know of an API.

    Attributes:
        server: the server that the vendor documents.
        environment: what the names of the environment variables begin with.
        kinds: the ways to authenticate; which one is used follows from the credentials that are given.
        rates: the rate limits that the vendor publishes: calls, in seconds.
        deprecated: why users should move to another version, and where to read how.
    """

    server: str
    environment: str
    kinds: tuple[Kind, ...]
    rates: Sequence[tuple[int, float]] = ()
    deprecated: str | None = None

    def auth(self, credentials: Mapping[str, str | Secret | None], server: str) -> Auth | None:
        """Return the authentication for credentials.

        Raises:
            ConfigurationError: some are missing, or too many are given.
        """
        given = {name: Secret(value) for name, value in credentials.items() if value}
        if not self.kinds:
            return None
        for kind in self.kinds:
            if given.keys() == set(kind.arguments):
                return kind.auth(given, server)
        fitting = [kind for kind in self.kinds if given.keys() <= set(kind.arguments)]
        prefix = self.environment
        variables = ", or ".join(_and([f"{prefix}_{name.upper()}" for name in kind.arguments]) for kind in self.kinds)
        if not fitting:
            either = " or ".join(_and(list(kind.arguments)) for kind in self.kinds)
            raise ConfigurationError(f"give either {either}, not both; from_env() reads {variables}")
        needed = " or ".join(_and([name for name in kind.arguments if name not in given]) for kind in fitting)
        is_one = len(fitting) == 1 and needed.count(" ") == 0
        raise ConfigurationError(
            f"{needed} {'is' if is_one or len(fitting) > 1 else 'are'} needed; from_env() reads {variables}"
        )

    def from_env(self, given: Mapping[str, str | Secret | None]) -> dict[str, Any]:
        """Return credentials and server; what is not given comes from environment variables that are not empty.

        Credentials that are given exclude the variables of other kinds.
        """
        names = {name for kind in self.kinds for name in kind.arguments}
        wanted = {name for name in names if given.get(name)}
        if wanted:
            names = {name for kind in self.kinds if wanted <= set(kind.arguments) for name in kind.arguments} | wanted
        found = dict(given)
        for name in [name for name in given if name in {*names, "base_url"} and not given[name]]:
            found[name] = Secret.of(os.environ.get(f"{self.environment}_{name.upper()}"))
        server = found.get("base_url")
        if isinstance(server, Secret):
            found["base_url"] = server.reveal()
        required = self.kinds[0].arguments if len(self.kinds) == 1 else ()
        return {name: value or "" if name in required else value for name, value in found.items()}


def _and(names: Sequence[str]) -> str:
    return " and ".join(names)


# --- entry classes ---


class _Api:
    _API: ClassVar[Description]

    _client: Client
    """The connections."""
    _headers: Mapping[str, str]
    """Headers of ``with_options``."""

    def __repr__(self) -> str:
        client = getattr(self, "_client", None)  # none, where the constructor has failed
        return f"{type(self).__name__}({f'base_url={client.base_url!r}' if client else ''})"

    @classmethod
    def _limiter(cls, rate_limiter: Limiter | limits.Budget | Unset | None) -> Limiter | limits.Budget | None:
        if not isinstance(rate_limiter, Unset):
            return rate_limiter
        return limits.Budget(cls._API.rates) if cls._API.rates else None

    @classmethod
    def _server(cls, base_url: str | None) -> str:
        """Return the server; raise if no request could be sent to it."""
        server = base_url or cls._API.server
        check_url(server, f"base_url (in the environment {cls._API.environment}_BASE_URL)")
        return server

    def _warn(self) -> None:
        deprecated = self._API.deprecated
        if deprecated and deprecated not in _deprecated:
            warnings.warn(deprecated, DeprecationWarning, stacklevel=_stacklevel())
            _deprecated.add(deprecated)  # not before: where warnings are errors, every attempt is one


def _stacklevel() -> int:
    """Return the level, seen from the caller of this, of the code that uses abwire."""
    level = 1
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _OURS:
        frame = frame.f_back
        level += 1
    return level


_OURS: Final = ("abwire", "abwire_core")


class SyncApi(_Api):
    """An API, called synchronously."""

    _base: Sender
    """The sender without the headers of ``with_options``."""
    _sender: Any

    def _open(
        self,
        credentials: Mapping[str, str | Secret | None],
        *,
        base_url: str | None,
        headers: Mapping[str, str] | None,
        timeout: float | Timeout,
        max_retries: int,
        deadline: float = DEFAULT_DEADLINE,
        max_response_bytes: int = DEFAULT_MAX_RESPONSE_BYTES,
        rate_limiter: Limiter | limits.Budget | Unset | None,
        http_client: SyncClient | None,
        transport: BaseTransport | None,
    ) -> None:
        server = self._server(base_url)
        auth = self._API.auth(credentials, server)
        if http_client is not None:
            _check_one(transport)
            transport = _Through(http_client)
        self._warn()
        self._client = Client(server, auth=auth, headers=headers, timeout=timeout, transport=transport)
        self._base = Sender(
            self._client,
            max_retries=max_retries,
            deadline=deadline,
            max_response_bytes=max_response_bytes,
            rate_limiter=self._limiter(rate_limiter),
        )
        self._headers = {}
        self._sender = self._base

    def with_options(
        self,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float | Timeout | None = None,
        max_retries: int | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
    ) -> Self:
        """Return the same API with other options, over the same connections: closing one closes both.

        Args:
            headers: sent with every request, besides those that are sent already.
            timeout: seconds for each phase of a request; as before if it is None, like the others.
            max_retries: how often a call that failed is sent again.
            deadline: seconds that a call may take, with all attempts and waits.
            max_response_bytes: greatest size of a response, compressed and not.
        """
        other = object.__new__(type(self))
        other._client = self._client
        other._base = self._base.with_options(
            timeout=timeout, max_retries=max_retries, deadline=deadline, max_response_bytes=max_response_bytes
        )
        other._headers = {**self._headers, **(headers or {})}
        other._sender = _WithHeaders(other._base, other._headers) if other._headers else other._base
        return other

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class AsyncApi(_Api):
    """An API, called from asyncio."""

    _base: AsyncSender
    """The sender without the headers of ``with_options``."""
    _sender: Any

    def _open(
        self,
        credentials: Mapping[str, str | Secret | None],
        *,
        base_url: str | None,
        headers: Mapping[str, str] | None,
        timeout: float | Timeout,
        max_retries: int,
        deadline: float = DEFAULT_DEADLINE,
        max_response_bytes: int = DEFAULT_MAX_RESPONSE_BYTES,
        rate_limiter: Limiter | limits.Budget | Unset | None,
        http_client: AsyncClient | None,
        transport: AsyncBaseTransport | None,
    ) -> None:
        server = self._server(base_url)
        auth = self._API.auth(credentials, server)
        if http_client is not None:
            _check_one(transport)
            transport = _AsyncThrough(http_client)
        self._warn()
        self._client = Client(server, auth=auth, headers=headers, timeout=timeout, async_transport=transport)
        self._base = AsyncSender(
            self._client,
            max_retries=max_retries,
            deadline=deadline,
            max_response_bytes=max_response_bytes,
            rate_limiter=self._limiter(rate_limiter),
        )
        self._headers = {}
        self._sender = self._base

    def with_options(
        self,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float | Timeout | None = None,
        max_retries: int | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
    ) -> Self:
        """Return the same API with other options; see :meth:`SyncApi.with_options`."""
        other = object.__new__(type(self))
        other._client = self._client
        other._base = self._base.with_options(
            timeout=timeout, max_retries=max_retries, deadline=deadline, max_response_bytes=max_response_bytes
        )
        other._headers = {**self._headers, **(headers or {})}
        other._sender = _WithHeaders(other._base, other._headers) if other._headers else other._base
        return other

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()


class _Bound:
    """Groups of an API whose methods share path arguments.

    Args:
        sender: sends the requests.
        bound: the arguments, by their names in the spec.
    """

    def __init__(self, sender: Any, bound: Mapping[str, Any]) -> None:
        self._sender = sender
        self._bound = bound

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._bound.items())})"


class Bound(_Bound):
    """Groups of an API whose methods share path arguments."""


class AsyncBound(_Bound):
    """Groups of an API whose methods share path arguments, for asyncio."""


# --- options ---


class _WithHeaders:
    """Sender that adds headers to each request; for asyncio, ``call`` returns what to await."""

    def __init__(self, sender: Any, headers: Mapping[str, str]) -> None:
        self._sender = sender
        self._added = headers

    def call(self, operation: Operation[Any], request: Mapping[str, Any]) -> Any:
        return self._sender.call(operation, {**request, "headers": {**request.get("headers", {}), **self._added}})


def _check_one(transport: object) -> None:
    if transport is not None:
        raise ConfigurationError("give either http_client or transport, not both")


def _prepare(request: Request, client: SyncClient | AsyncClient) -> Request:
    """Return a request with the headers of the user's HTTP client that it does not have."""
    for name, value in client.headers.items():
        request.headers.setdefault(name, value)
    return request


class _Through(BaseTransport):
    """Transport that sends through the user's HTTP client, without its authentication and redirects."""

    def __init__(self, client: SyncClient) -> None:
        self._through = client

    def handle_request(self, request: Request) -> Response:
        """Send a request."""
        return self._through.send(
            _prepare(request, self._through), stream=True, auth=_unauthenticated, follow_redirects=False
        )


class _AsyncThrough(AsyncBaseTransport):
    """The same for asyncio."""

    def __init__(self, client: AsyncClient) -> None:
        self._through = client

    async def handle_async_request(self, request: Request) -> Response:
        """Send a request."""
        return await self._through.send(
            _prepare(request, self._through), stream=True, auth=_unauthenticated, follow_redirects=False
        )


def _unauthenticated(request: Request) -> Request:
    return request
