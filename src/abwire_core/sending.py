"""From an operation and its arguments to a parsed answer: every call of a client goes through here.

The order of things: a call has attempts (:mod:`abwire_core.retry`); each waits for the rate limit, is authenticated
afresh, and ends in an answer of success or in a :class:`~abwire_core.retry.Failure`.
"""

from __future__ import annotations

import copy
import logging
import math
import random
import sys
import time
import warnings
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing, closing
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar
from urllib.parse import quote_plus

from abwire_core import bounds, decoding, limits, retry
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
from abwire_core.auth import HasSecrets
from abwire_core.bounds import DEFAULT_DEADLINE, DEFAULT_MAX_RESPONSE_BYTES
from abwire_core.errors import (
    AbwireError,
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

_LONG_WAIT: Final = 1.0
"""Seconds from which on a wait for the rate limit is logged."""

_SHORTEST_SECRET: Final = 4
"""Characters of a secret that is cut out of texts; a shorter one would be found in any."""

_log = logging.getLogger("abwire")


class _Sender:
    """What senders have in common."""

    def __init__(
        self,
        client: Client,
        *,
        max_retries: int = 2,
        timeout: float | Timeout | None = None,
        deadline: float = DEFAULT_DEADLINE,
        max_response_bytes: int = DEFAULT_MAX_RESPONSE_BYTES,
        rate_limiter: Limiter | Budget | None = None,
        sleep: Callable[[float], Any] | None = None,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        limits.check(rate_limiter)
        self._client = client
        self._retry_budget = retry.RetryBudget()
        self._rate_limiter = rate_limiter
        self._sleep = sleep
        self._clock = clock
        self._jitter = jitter
        self._set(max_retries, timeout, deadline, max_response_bytes)

    def _set(self, max_retries: int, timeout: float | Timeout | None, deadline: float, max_response_bytes: int) -> None:
        self._max_retries = max_retries
        self._timeout = timeout
        self._deadline = deadline
        self._max_response_bytes = max_response_bytes
        if max_retries < 0:
            raise ValueError("max_retries must not be negative")
        bounds.check(deadline=deadline, max_response_bytes=max_response_bytes)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._client!r}, max_retries={self._max_retries})"

    def with_options(
        self,
        *,
        timeout: float | Timeout | None = None,
        max_retries: int | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
    ) -> Self:
        """Return the same sender with other options; it shares connections, rate limit and retry budget with this one.

        Args:
            timeout: of every attempt, in seconds or by phase; None leaves it as it is, here and below.
            max_retries: how often a call that failed may be sent again.
            deadline: seconds that a call may take, with all attempts and waits.
            max_response_bytes: greatest size of a response.
        """
        other = copy.copy(self)
        other._set(
            self._max_retries if max_retries is None else max_retries,
            self._timeout if timeout is None else timeout,
            self._deadline if deadline is None else deadline,
            self._max_response_bytes if max_response_bytes is None else max_response_bytes,
        )
        return other

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
        except UnicodeEncodeError as error:  # without the error itself, which has the whole text
            raise ValueError(f"{operation.operation_id}: a text cannot be sent as {error.encoding}") from None
        made.headers["Accept-Encoding"] = "gzip"  # what is decompressed in bounds
        if "content" in request or not all(_is_rewindable(part) for _, part in request.get("files", ())):
            made.read()  # else it could not be sent again
        return made

    def _outcome(
        self, operation: Operation[Any], request: Request, response: Response, number: int, began: _Times
    ) -> Response | Failure:
        """The outcome of an attempt that brought an answer."""
        status = response.status_code
        self._debug(operation, status, number, began)
        if response.is_success:
            self._retry_budget.give_back(was_retried=number > 1)
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
        error.hide(self._secrets(response.request))
        return Failure(error, retry.may_follow_status(status, repeatable=_is_repeatable(operation, request)))

    def _failed(
        self, operation: Operation[Any], request: Request, error: Exception, number: int, began: _Times
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
        failed = (_request_of(error) if isinstance(error, RequestError) else None) or request
        if bounds.seconds_left() <= 0:
            return Failure(self._too_late(request), may_retry=False)
        if not isinstance(error, RequestError):
            if not _is_of_connections(error):
                raise error
            what = f"the connections cannot be used ({error}): make a client in each event loop, and close none in use"
            return Failure(ApiConnectionError(what, method=failed.method, path=_path(failed)), may_retry=False)
        is_token_request = _place(failed) != _place(request)  # then this request did nothing, or was refused
        repeatable = is_token_request or _is_repeatable(operation, request)
        raised = ApiTimeoutError if isinstance(error, TimeoutException) else ApiConnectionError
        made = raised(_what_happened(error), method=failed.method, path=_path(failed))
        made.hide(self._secrets(failed))
        return Failure(made, retry.may_follow_error(error, repeatable=repeatable))

    def parse(self, operation: Operation[T], response: Response) -> T:
        """Parse an answer of success.

        Raises:
            DecodeError: the answer has another shape than the spec describes.
        """
        try:
            return operation.parse(response)
        except RecursionError:
            error = decoding.too_deep()
        except DecodeError as raised:
            error = raised
        error.operation = operation.operation_id
        error.hide(self._secrets(response.request))
        raise error

    def _too_late(self, request: Request) -> ApiTimeoutError:
        # The end of a call may have been set by what it is part of, such as a poll.
        return ApiTimeoutError("not finished by the deadline of the call", method=request.method, path=_path(request))

    def _secrets(self, request: Request) -> list[str]:
        """Return what is cut out of texts of the server: it may repeat what it was sent."""
        known = [request.headers.get("Authorization", "").rpartition(" ")[2]]
        if isinstance(self._client.auth, HasSecrets):
            known += self._client.auth.secrets()
        known = [secret for secret in known if len(secret) >= _SHORTEST_SECRET]
        return [*known, *map(quote_plus, known)]  # as in a query or a form

    def _on_retry(self, operation: Operation[Any]) -> Callable[[Failure, int, float], None]:
        def log(failure: Failure, number: int, seconds: float) -> None:
            error = failure.error
            _log.info(
                "%s %s: %s, retry %d/%d in %.1f s",
                operation.method,
                operation.path,
                error.status_code if isinstance(error, ApiStatusError) else type(error).__name__,
                number,
                self._max_retries,
                seconds,
            )

        return log

    def _waited(
        self, operation: Operation[Any], request: Request, times: _Times, outcome: bool | Exception
    ) -> Failure | None:
        """The failure of an attempt that may not be made after its wait for the rate limit."""
        now = time.perf_counter()
        waited = now - times.began
        times.began = now
        times.waited += waited
        if waited > _LONG_WAIT:
            _log.info("%s %s: waited %.1f s for the rate limit", operation.method, operation.path, waited)
        if isinstance(outcome, AbwireError):
            raise outcome
        if isinstance(outcome, Exception):  # of the file or the server that counts
            what = f"the rate limiter failed, and nothing was sent ({type(outcome).__name__}: {outcome})"
            return Failure(ApiConnectionError(what, method=request.method, path=_path(request)), may_retry=True)
        return None if outcome else Failure(self._too_late(request), may_retry=False)

    def _debug(self, operation: Operation[Any], outcome: object, number: int, times: _Times) -> None:
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug(
                "%s %s: %s, attempt %d/%d, %.0f ms%s",
                operation.method,
                operation.path,
                outcome,
                number,
                self._max_retries + 1,
                (time.perf_counter() - times.began) * 1000,
                f" (after {times.waited * 1000:.0f} ms for the rate limit)" if times.waited >= 0.001 else "",
            )


class _Times:
    """When an attempt began, and the seconds that it waited for the rate limit until then."""

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self.waited = 0.0


class Sender(_Sender):
    """Sends the requests of operations: authenticated, within the rate limit, and again when that may help.

    What is sent again: after 429, and when no connection was made, everything; after 5xx, a timeout or a broken
    connection, only what does no harm when it arrives twice (GET, HEAD, PUT, DELETE, OPTIONS, and operations that
    are marked as idempotent). In between it waits as long as ``Retry-After`` says, 60 seconds at most; else up to
    0.5, 1, 2, 4, 8, 8, ... seconds, at random. All calls share a budget of retries, which many failures use up.

    Threads can share one.

    Args:
        client: the connections.
        max_retries: how often a call that failed may be sent again.
        timeout: of every attempt, in seconds or by phase; None: as the client has it.
        deadline: seconds that a call may take, with all attempts and waits; ``math.inf`` for no limit.
        max_response_bytes: greatest size of a response, compressed and not.
        rate_limiter: what each request waits for, from :func:`abwire_core.limits.limiter`; None: nothing.
        sleep: waits for some seconds; for tests.
        clock: returns the UNIX time in seconds; for tests.
        jitter: returns a number from 0 to 1; for tests.

    Raises:
        ValueError: ``max_retries`` is negative, or a bound is not above 0.
    """

    def call(self, operation: Operation[T], request: Mapping[str, Any]) -> T:
        """Send a request and parse the answer.

        Args:
            operation: what is called.
            request: the arguments of the HTTP library for one request.

        Raises:
            DecodeError: the answer has another shape than the spec describes.
            AbwireError: and all that :meth:`send` raises.
        """
        return self.parse(operation, self.send(operation, request))

    def send(self, operation: Operation[Any], request: Mapping[str, Any]) -> Response:
        """Send a request and return the answer, which is one of success (2xx).

        Args:
            operation: what is called.
            request: the arguments of the HTTP library for one request.

        Raises:
            ApiStatusError: the last attempt was answered with another status (also 3xx: redirects are not followed),
                or its token request was.
            ApiTimeoutError: the last attempt was not answered in time, or the deadline of the call has passed.
            ApiConnectionError: the last attempt found no server, or the connection broke.
            ResponseTooLargeError: a response is larger than allowed.
            ConfigurationError: the client is closed, or the environment has unusable settings for connections.
            ValueError: no request can be made of the arguments.
        """
        made = self._prepared(operation, self._client.pool(), request)
        with bounds.deadline(self._deadline):
            outcome = self._attempt(operation, made, 1)
            if isinstance(outcome, Failure) and outcome.may_retry and self._max_retries:
                outcome = retry.again(
                    outcome,
                    lambda number: self._attempt(operation, made, number),
                    max_retries=self._max_retries,
                    budget=self._retry_budget,
                    sleep=self._sleep or time.sleep,
                    jitter=self._jitter,
                    on_retry=self._on_retry(operation),
                )
        if isinstance(outcome, Failure):
            raise outcome.error
        return outcome

    def _attempt(self, operation: Operation[Any], request: Request, number: int) -> Response | Failure:
        times = _Times()
        if (failure := self._wait(operation, request, times)) is not None:
            return failure
        try:
            with closing(self._client.auth.sync_auth_flow(request)) as flow:
                step = next(flow)
                has_waited = True
                while True:
                    if _place(step) == _place(request):  # requests for tokens do not count
                        if not has_waited and (failure := self._wait(operation, request, times)) is not None:
                            return failure
                        has_waited = False
                    response = self._exchange(step)
                    try:
                        step = flow.send(response)
                    except StopIteration:
                        break
        except (RequestError, ApiStatusError, RuntimeError) as error:
            return self._failed(operation, request, error, number, times)
        return self._outcome(operation, request, response, number, times)

    def _wait(self, operation: Operation[Any], request: Request, times: _Times) -> Failure | None:
        if self._rate_limiter is None:
            return None
        times.began = time.perf_counter()
        outcome: bool | Exception
        try:
            outcome = limits.acquire(self._rate_limiter, bounds.seconds_left())
        except Exception as error:
            outcome = error
        return self._waited(operation, request, times, outcome)

    def _exchange(self, request: Request) -> Response:
        bounds.bound_time(request, is_async=False)
        response = self._client.pool().send(request, auth=None, follow_redirects=False, stream=True)
        try:
            bounds.bound_size(response, self._max_response_bytes)
            response.read()
        finally:
            response.close()
        return response


class AsyncSender(_Sender):
    """The same as :class:`Sender`, for async calls; ``sleep`` is async as well. Tasks can share one."""

    async def call(self, operation: Operation[T], request: Mapping[str, Any]) -> T:
        """Send a request and parse the answer; see :meth:`Sender.call`."""
        return self.parse(operation, await self.send(operation, request))

    async def send(self, operation: Operation[Any], request: Mapping[str, Any]) -> Response:
        """Send a request and return the answer, which is one of success (2xx); see :meth:`Sender.send`."""
        import asyncio  # noqa: PLC0415 - the caller has imported it by now

        made = self._prepared(operation, self._client.async_pool(), request)
        with bounds.deadline(self._deadline):
            left = bounds.seconds_left()
            end = asyncio.timeout(None if left == math.inf else left)
            try:
                async with end:
                    outcome = await self._attempts(operation, made)
            except TimeoutError:
                if not end.expired():
                    raise
                outcome = Failure(self._too_late(made), may_retry=False)
        if isinstance(outcome, Failure):
            raise outcome.error
        return outcome

    async def _attempts(self, operation: Operation[Any], request: Request) -> Response | Failure:
        outcome = await self._attempt(operation, request, 1)
        if isinstance(outcome, Failure) and outcome.may_retry and self._max_retries:
            outcome = await retry.again_async(
                outcome,
                lambda number: self._attempt(operation, request, number),
                max_retries=self._max_retries,
                budget=self._retry_budget,
                sleep=self._sleep or _sleep_async,
                jitter=self._jitter,
                on_retry=self._on_retry(operation),
            )
        return outcome

    async def _attempt(self, operation: Operation[Any], request: Request, number: int) -> Response | Failure:
        times = _Times()
        if (failure := await self._wait(operation, request, times)) is not None:
            return failure
        try:
            async with aclosing(self._client.auth.async_auth_flow(request)) as flow:
                step = await anext(flow)
                has_waited = True
                while True:
                    if _place(step) == _place(request):  # requests for tokens do not count
                        if not has_waited and (failure := await self._wait(operation, request, times)) is not None:
                            return failure
                        has_waited = False
                    response = await self._exchange(step)
                    try:
                        step = await flow.asend(response)
                    except StopAsyncIteration:
                        break
        except (RequestError, ApiStatusError, RuntimeError) as error:
            return self._failed(operation, request, error, number, times)
        return self._outcome(operation, request, response, number, times)

    async def _wait(self, operation: Operation[Any], request: Request, times: _Times) -> Failure | None:
        if self._rate_limiter is None:
            return None
        times.began = time.perf_counter()
        outcome: bool | Exception
        try:
            outcome = await limits.acquire_async(self._rate_limiter, bounds.seconds_left())
        except Exception as error:
            outcome = error
        return self._waited(operation, request, times, outcome)

    async def _exchange(self, request: Request) -> Response:
        bounds.bound_time(request, is_async=True)
        response = await self._client.async_pool().send(request, auth=None, follow_redirects=False, stream=True)
        try:
            bounds.bound_size(response, self._max_response_bytes)
            await response.aread()
        finally:
            await response.aclose()
        return response


def _sleep_async(seconds: float) -> Awaitable[None]:
    import asyncio  # noqa: PLC0415 - sync programs do without

    return asyncio.sleep(seconds)


def _is_rewindable(part: Any) -> bool:
    """Return whether a part of a form can be sent again: text, bytes, or a file that goes back to its start."""
    content = part[1] if isinstance(part, tuple) else part
    if content is None or isinstance(content, str | bytes):
        return True
    seekable = getattr(content, "seekable", None)
    return seekable is not None and bool(seekable())


def _is_of_connections(error: Exception) -> bool:
    """Return whether an error says that connections are closed, or belong to an event loop that has ended."""
    text = str(error)
    return type(error) is RuntimeError and ("loop" in text or "client has been closed" in text)


def _is_repeatable(operation: Operation[Any], request: Request) -> bool:
    """Return whether sending a request twice does no harm."""
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


_warned: dict[Operation[Any], object] = {}


def _warn_once(operation: Operation[Any], why: str) -> None:
    """Warn of an operation whose route is a guess, at its first call in this process."""
    mine = object()
    if _warned.setdefault(operation, mine) is not mine:  # one step, so that threads need no lock
        return
    try:
        warnings.warn(
            f"{operation.operation_id}: the route {operation.method} {operation.path} is only a guess. {why} "
            "Silence this with warnings.simplefilter('ignore', abwire.errors.UnverifiedOperationWarning).",
            UnverifiedOperationWarning,
            stacklevel=_stacklevel(),
        )
    except UnverifiedOperationWarning:  # warnings are errors: then every call is one
        del _warned[operation]
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
