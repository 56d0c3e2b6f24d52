"""From an operation and its arguments to a parsed answer: every call of a client goes through here.

The order of things: a call has attempts (:mod:`abwire_core.retry`); each waits for the rate limit, is authenticated
afresh, and ends in an answer of success or in a :class:`~abwire_core.retry.Failure`.
"""

from __future__ import annotations

import logging
import random
import sys
import threading
import time
import warnings
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from abwire_core import retry
from abwire_core._http import (
    ConnectError,
    DecodingError,
    InvalidURL,
    ProxyError,
    Request,
    RequestError,
    Response,
    Timeout,
    TimeoutException,
)
from abwire_core.errors import (
    ApiConnectionError,
    ApiStatusError,
    ApiTimeoutError,
    DecodeError,
    UnverifiedOperationWarning,
)
from abwire_core.retry import Failure

if TYPE_CHECKING:
    from pyrate_limiter import Limiter

    from abwire_core._http import AsyncClient, SyncClient
    from abwire_core.client import Client
    from abwire_core.limits import Budget
    from abwire_core.operations import Operation

T = TypeVar("T")

_log = logging.getLogger("abwire")


class _Sender:
    """What senders have in common."""

    def __init__(
        self,
        client: Client,
        *,
        max_retries: int = 2,
        timeout: float | Timeout | None = None,
        rate_limiter: Limiter | Budget | None = None,
        sleep: Callable[[float], Any] | None = None,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        if max_retries < 0:
            raise ValueError("max_retries must not be negative")
        self._client = client
        self._max_retries = max_retries
        self._timeout = timeout
        self._rate_limiter = rate_limiter
        self._sleep = sleep
        self._clock = clock
        self._jitter = jitter

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._client!r}, max_retries={self._max_retries})"

    def with_options(self, *, timeout: float | Timeout | None = None, max_retries: int | None = None) -> Self:
        """The same sender with other options; it shares the connections and the rate limit with this one.

        Args:
            timeout: of every attempt, in seconds or by phase; None leaves it as it is.
            max_retries: how often a call that failed may be sent again; None leaves it as it is.
        """
        return type(self)(
            self._client,
            max_retries=self._max_retries if max_retries is None else max_retries,
            timeout=self._timeout if timeout is None else timeout,
            rate_limiter=self._rate_limiter,
            sleep=self._sleep,
            clock=self._clock,
            jitter=self._jitter,
        )

    def _prepared(
        self, operation: Operation[Any], pool: SyncClient | AsyncClient, request: Mapping[str, Any]
    ) -> Request:
        """The request as it is to be sent in every attempt, except for what authentication adds."""
        if operation.unverified is not None:
            _warn_once(operation, operation.unverified)
        options: dict[str, Any] = {} if self._timeout is None else {"timeout": self._timeout}
        try:
            made = pool.build_request(**request, **options)
        except InvalidURL as error:
            raise ValueError(f"{operation.operation_id}: the URL is not valid: {error}") from None
        made.read()  # a file that can be read only once could not be sent again
        return made

    def _answered(
        self, operation: Operation[Any], request: Request, response: Response, number: int, began: float
    ) -> Response | Failure:
        """The outcome of an attempt that brought an answer."""
        status = response.status_code
        self._debug(operation, status, number, began)
        if response.is_success:
            return response
        error = ApiStatusError.of(status)(
            status,
            method=request.method,
            path=_path(request),
            body=operation.parse_error(response),
            content=response.content,
            headers=response.headers,
            retry_after=retry.seconds_to_wait(response.headers.get("Retry-After"), self._clock()),
        )
        return Failure(error, retry.may_follow_status(status, repeatable=_is_repeatable(operation, request)))

    def _failed(
        self,
        operation: Operation[Any],
        request: Request,
        error: RequestError | ApiStatusError,
        number: int,
        began: float,
    ) -> Failure:
        """The outcome of an attempt that brought no answer to the request.

        The error for the caller is not chained to that of the HTTP library, whose attributes, the request with its
        headers and body, would go wherever a program reports its errors to.
        """
        self._debug(operation, type(error).__name__, number, began)
        if isinstance(error, ApiStatusError):  # raised by auth: a token was refused, and nothing else sent
            if error.retry_after is None:
                error.retry_after = retry.seconds_to_wait(error.headers.get("Retry-After"), self._clock())
            return Failure(error, retry.may_follow_status(error.status_code, repeatable=True))
        failed = _request_of(error) or request
        is_token_request = _place(failed) != _place(request)  # then this request did nothing, or was refused
        repeatable = is_token_request or _is_repeatable(operation, request)
        raised = ApiTimeoutError if isinstance(error, TimeoutException) else ApiConnectionError
        return Failure(
            raised(_what_happened(error), method=failed.method, path=_path(failed)),
            retry.may_follow_error(error, repeatable=repeatable),
        )

    def _debug(self, operation: Operation[Any], outcome: object, number: int, began: float) -> None:
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug(
                "%s %s: %s, attempt %d/%d, %.0f ms",
                operation.method,
                operation.path,
                outcome,
                number,
                self._max_retries + 1,
                (time.perf_counter() - began) * 1000,
            )


class Sender(_Sender):
    """Sends the requests of operations: authenticated, within the rate limit, and again when that may help.

    What is sent again: after 429, and when no connection was made, everything; after 5xx, a timeout or a broken
    connection, only what does no harm when it arrives twice (GET, HEAD, PUT, DELETE, OPTIONS, and operations that
    are marked as idempotent). In between it waits as long as ``Retry-After`` says, 60 seconds at most; else up to
    0.5, 1, 2, 4, 8, 8, ... seconds, at random.

    Threads can share one.

    Args:
        client: the connections.
        max_retries: how often a call that failed may be sent again.
        timeout: of every attempt, in seconds or by phase; None: as the client has it.
        rate_limiter: what each attempt waits for, from :func:`abwire_core.limits.limiter`; None: nothing.
        sleep: waits for some seconds; for tests.
        clock: returns the UNIX time in seconds; for tests.
        jitter: returns a number from 0 to 1; for tests.

    Raises:
        ValueError: ``max_retries`` is negative.
    """

    def call(self, operation: Operation[T], request: Mapping[str, Any]) -> T:
        """Send a request and parse the answer.

        Args:
            operation: what is called.
            request: the arguments of :meth:`abwire_core.client.Client.request`.

        Raises:
            DecodeError: the answer has another shape than the spec describes.
            AbwireError: and all that :meth:`send` raises.
        """
        return _parsed(operation, self.send(operation, request))

    def send(self, operation: Operation[Any], request: Mapping[str, Any]) -> Response:
        """Send a request and return the answer, which is one of success (2xx).

        Args:
            operation: what is called.
            request: the arguments of :meth:`abwire_core.client.Client.request`.

        Raises:
            ApiStatusError: the last attempt was answered with another status (also 3xx: redirects are not followed),
                or its token request was.
            ApiTimeoutError: the last attempt was not answered in time.
            ApiConnectionError: the last attempt found no server, or the connection broke.
            ValueError: no URL can be made of the arguments.
        """
        made = self._prepared(operation, self._client.pool(), request)
        outcome = self._attempt(operation, made, 1)
        if isinstance(outcome, Failure) and outcome.may_retry and self._max_retries:
            outcome = retry.again(
                outcome,
                lambda number: self._attempt(operation, made, number),
                max_retries=self._max_retries,
                sleep=self._sleep or time.sleep,
                jitter=self._jitter,
            )
        if isinstance(outcome, Failure):
            raise outcome.error
        return outcome

    def _attempt(self, operation: Operation[Any], request: Request, number: int) -> Response | Failure:
        if self._rate_limiter is not None:
            from abwire_core import limits  # noqa: PLC0415

            limits.acquire(self._rate_limiter)
        began = time.perf_counter()
        try:
            response = self._client.pool().send(request)
        except (RequestError, ApiStatusError) as error:
            return self._failed(operation, request, error, number, began)
        return self._answered(operation, request, response, number, began)


class AsyncSender(_Sender):
    """The same as :class:`Sender`, for async calls; ``sleep`` is async as well. Tasks can share one."""

    async def call(self, operation: Operation[T], request: Mapping[str, Any]) -> T:
        """Send a request and parse the answer.

        Args:
            operation: what is called.
            request: the arguments of :meth:`abwire_core.client.Client.request_async`.

        Raises:
            DecodeError: the answer has another shape than the spec describes.
            AbwireError: and all that :meth:`send` raises.
        """
        return _parsed(operation, await self.send(operation, request))

    async def send(self, operation: Operation[Any], request: Mapping[str, Any]) -> Response:
        """Send a request and return the answer, which is one of success (2xx).

        Args:
            operation: what is called.
            request: the arguments of :meth:`abwire_core.client.Client.request_async`.

        Raises:
            ApiStatusError: the last attempt was answered with another status (also 3xx: redirects are not followed),
                or its token request was.
            ApiTimeoutError: the last attempt was not answered in time.
            ApiConnectionError: the last attempt found no server, or the connection broke.
            ValueError: no URL can be made of the arguments.
        """
        made = self._prepared(operation, self._client.async_pool(), request)
        outcome = await self._attempt(operation, made, 1)
        if isinstance(outcome, Failure) and outcome.may_retry and self._max_retries:
            outcome = await retry.again_async(
                outcome,
                lambda number: self._attempt(operation, made, number),
                max_retries=self._max_retries,
                sleep=self._sleep or _sleep_async,
                jitter=self._jitter,
            )
        if isinstance(outcome, Failure):
            raise outcome.error
        return outcome

    async def _attempt(self, operation: Operation[Any], request: Request, number: int) -> Response | Failure:
        if self._rate_limiter is not None:
            from abwire_core import limits  # noqa: PLC0415

            await limits.acquire_async(self._rate_limiter)
        began = time.perf_counter()
        try:
            response = await self._client.async_pool().send(request)
        except (RequestError, ApiStatusError) as error:
            return self._failed(operation, request, error, number, began)
        return self._answered(operation, request, response, number, began)


def _parsed(operation: Operation[T], response: Response) -> T:
    try:
        return operation.parse(response)
    except DecodeError as error:
        error.operation = operation.operation_id
        raise


def _sleep_async(seconds: float) -> Awaitable[None]:
    import asyncio  # noqa: PLC0415 - sync programs do without

    return asyncio.sleep(seconds)


def _is_repeatable(operation: Operation[Any], request: Request) -> bool:
    """Whether sending a request twice does no harm."""
    return operation.idempotent or request.method in retry.IDEMPOTENT_METHODS


def _request_of(error: RequestError) -> Request | None:
    """The request that failed; a custom auth may raise errors without one."""
    try:
        return error.request
    except RuntimeError:
        return None


def _path(request: Request) -> str:
    """The path as it was called, without its query, which may hold secrets."""
    return request.url.raw_path.partition(b"?")[0].decode("ascii")


def _place(request: Request) -> tuple[str, str]:
    # Not the request itself: auth may send a copy of it, with a signature in the query.
    return request.url.host, _path(request)


_PHRASES: Final[tuple[tuple[type[RequestError] | tuple[type[RequestError], ...], str], ...]] = (
    (TimeoutException, "timed out"),
    (retry.NEVER_OPENED, "no connection"),
    (retry.NEVER_SENDABLE, "the request cannot be sent"),
    (DecodingError, "the answer is compressed and broken"),
    (RequestError, "the connection broke"),
)


def _what_happened(error: RequestError) -> str:
    phrase = next(phrase for classes, phrase in _PHRASES if isinstance(error, classes))
    # Why there is no connection is said by the system, TLS or a proxy; other texts may quote what was sent or received.
    why = f": {error}" if isinstance(error, ConnectError | ProxyError) and str(error) else ""
    return f"{phrase} ({type(error).__name__}{why})"


_warned: set[Operation[Any]] = set()
_warned_lock = threading.Lock()


def _warn_once(operation: Operation[Any], why: str) -> None:
    """Warn of an operation whose route is a guess, at its first call in this process."""
    with _warned_lock:
        if operation in _warned:
            return
        _warned.add(operation)
    try:
        warnings.warn(
            f"{operation.operation_id}: the route {operation.method} {operation.path} is only a guess. {why} "
            "Silence this with warnings.simplefilter('ignore', abwire.errors.UnverifiedOperationWarning).",
            UnverifiedOperationWarning,
            stacklevel=_stacklevel(),
        )
    except UnverifiedOperationWarning:  # warnings are errors: then every call is one
        with _warned_lock:
            _warned.discard(operation)
        raise


def _stacklevel() -> int:
    """The level, seen from the caller of this, of the code that called abwire."""
    level = 1
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _OURS:
        frame = frame.f_back
        level += 1
    return level


_OURS: Final = ("abwire", "abwire_core")
