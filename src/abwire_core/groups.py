"""What the generated groups of methods stand on: calls, pages and results through one sender."""

from __future__ import annotations

import copy
import functools
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from typing import Any, Generic, NamedTuple, ParamSpec, Protocol, TypeVar, overload

from abwire_core import _http, bounds, polling
from abwire_core.encoding import Request
from abwire_core.errors import AbwireError, DecodeError, shown
from abwire_core.operations import Operation
from abwire_core.pages import AsyncPages, Count, Page, Pages
from abwire_core.polling import poll, poll_async
from abwire_core.progress import showing
from abwire_core.types import Response, Unset

T = TypeVar("T")
W = TypeVar("W")
P = ParamSpec("P")
BuildPage = Callable[[Any], Request]
"""Builds the request for a page; UNSET for the first one."""
OnPoll = Callable[[int, float], None]
"""Called after each poll that found no results, with the number of polls and the seconds since the first."""


class Caller(Protocol):
    """Sender of the requests of a group: :class:`abwire_core.sending.Sender`, or one around it."""

    def call(self, operation: Operation[T], request: Mapping[str, Any]) -> T:
        """Send a request and parse the response."""
        ...


class AsyncCaller(Protocol):
    """The same for asyncio."""

    async def call(self, operation: Operation[T], request: Mapping[str, Any]) -> T:
        """Send a request and parse the response."""
        ...


class Results(NamedTuple, Generic[T]):
    """How results that take time are asked for: a request gives a code, and the results are polled for with it.

    Attributes:
        request: starts the computation.
        poll: fetches the state of the computation, and its outcome.
        poll_request: makes the poll's request for a code.
        code: reads the code in the answer to the request.
        state: reads the state in the answer to a poll.
        states: what the states mean, ``waiting``, ``ready`` or ``failed``; one that is not here means waiting.
        outcome: reads the outcome in the answer to a poll.
        pointer: where the outcome stands in that answer, as a JSON pointer.
    """

    request: Operation[Any]
    poll: Operation[Any]
    poll_request: Callable[[str], Request]
    code: Callable[[Any], str]
    state: Callable[[Any], object]
    states: Mapping[str, str]
    outcome: Callable[[Any], T | Unset | None]
    pointer: str

    def meaning(self, answer: Any) -> str:
        """Return what the answer to a poll means."""
        return self.states.get(str(self.state(answer)), "waiting")

    def result(self, answer: Any) -> T:
        """The outcome in the answer to the last poll.

        Raises:
            DecodeError: there is none, although the computation is over.
        """
        outcome = self.outcome(answer)
        if outcome is None or isinstance(outcome, Unset):
            got = "null" if outcome is None else "nothing"
            raise DecodeError(expected="the results", got=got, pointer=self.pointer, operation=self.poll.operation_id)
        return outcome


class Group:
    """Operations that belong together.

    Args:
        sender: sends the requests.
        bound: path arguments that are the same in all calls, by their names in the spec.
    """

    def __init__(self, sender: Caller, bound: Mapping[str, Any] | None = None) -> None:
        self._sender = sender
        self._bound = bound or {}

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    @overload
    def _pages(
        self,
        operation: Operation[list[T]],
        request: BuildPage,
        page: int | Unset,
        size: int | Unset | None,
        *,
        count: Count | None = None,
        identifier: str = "id",
        limit: int | None = None,
    ) -> Pages[T]: ...
    @overload
    def _pages(
        self,
        operation: Operation[W],
        request: BuildPage,
        page: int | Unset,
        size: int | Unset | None,
        items: Callable[[W], list[T] | Unset | None],
        *,
        count: Count | None = None,
        identifier: str = "id",
        limit: int | None = None,
    ) -> Pages[T]: ...
    def _pages(
        self,
        operation: Operation[Any],
        request: BuildPage,
        page: int | Unset,
        size: int | Unset | None,
        items: Callable[[Any], list[T] | Unset | None] | None = None,
        *,
        count: Count | None = None,
        identifier: str = "id",
        limit: int | None = None,
    ) -> Pages[T]:
        request(page)  # arguments that do not fit are refused by the call, not by the first iteration
        paged = _paged(operation, items, count)

        def fetch(page: int) -> Page[T]:
            return self._sender.call(paged, request(page))

        first = 1 if isinstance(page, Unset) else page
        return Pages(fetch, size=size or None, first=first, identifier=identifier, limit=limit)

    def _fetch(
        self,
        results: Results[T],
        request: Request,
        *,
        timeout: float | None,
        poll_interval: float,
        on_poll: OnPoll | None,
        progress: bool = False,
    ) -> T:
        polling.check(timeout, poll_interval)
        with bounds.deadline(math.inf if timeout is None else max(timeout, polling.SHORTEST_FETCH)):
            code = results.code(self._sender.call(results.request, request))

        def fetch(code: str) -> Any:
            return self._sender.call(results.poll, results.poll_request(code))

        with showing(progress, results.request, on_poll) as told:
            try:
                answer = poll(code, fetch, results.meaning, timeout=timeout, poll_interval=poll_interval, on_poll=told)
                return results.result(answer)
            except AbwireError as error:
                error.add_note(shown(f"data code: {code}"))  # so that nothing is lost: polling can go on with it
                raise


class AsyncGroup:
    """Operations that belong together, for asyncio; the arguments are those of :class:`Group`."""

    def __init__(self, sender: AsyncCaller, bound: Mapping[str, Any] | None = None) -> None:
        self._sender = sender
        self._bound = bound or {}

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    @overload
    def _pages(
        self,
        operation: Operation[list[T]],
        request: BuildPage,
        page: int | Unset,
        size: int | Unset | None,
        *,
        count: Count | None = None,
        identifier: str = "id",
        limit: int | None = None,
    ) -> AsyncPages[T]: ...
    @overload
    def _pages(
        self,
        operation: Operation[W],
        request: BuildPage,
        page: int | Unset,
        size: int | Unset | None,
        items: Callable[[W], list[T] | Unset | None],
        *,
        count: Count | None = None,
        identifier: str = "id",
        limit: int | None = None,
    ) -> AsyncPages[T]: ...
    def _pages(
        self,
        operation: Operation[Any],
        request: BuildPage,
        page: int | Unset,
        size: int | Unset | None,
        items: Callable[[Any], list[T] | Unset | None] | None = None,
        *,
        count: Count | None = None,
        identifier: str = "id",
        limit: int | None = None,
    ) -> AsyncPages[T]:
        request(page)  # arguments that do not fit are refused by the call, not by the first iteration
        paged = _paged(operation, items, count)

        def fetch(page: int) -> Awaitable[Page[T]]:
            return self._sender.call(paged, request(page))

        first = 1 if isinstance(page, Unset) else page
        return AsyncPages(fetch, size=size or None, first=first, identifier=identifier, limit=limit)

    async def _fetch(
        self,
        results: Results[T],
        request: Request,
        *,
        timeout: float | None,
        poll_interval: float,
        on_poll: OnPoll | None,
        progress: bool = False,
    ) -> T:
        polling.check(timeout, poll_interval)
        with bounds.deadline(math.inf if timeout is None else max(timeout, polling.SHORTEST_FETCH)):
            code = results.code(await self._sender.call(results.request, request))

        def fetch(code: str) -> Awaitable[Any]:
            return self._sender.call(results.poll, results.poll_request(code))

        with showing(progress, results.request, on_poll) as told:
            try:
                answer = await poll_async(
                    code, fetch, results.meaning, timeout=timeout, poll_interval=poll_interval, on_poll=told
                )
                return results.result(answer)
            except AbwireError as error:
                error.add_note(shown(f"data code: {code}"))
                raise


# --- pages ---


def _paged(
    operation: Operation[Any], items: Callable[[Any], list[T] | Unset | None] | None, count: Count | None
) -> Operation[Page[T]]:
    """Return an operation for a list whose response is read as a page."""

    def parse(response: _http.Response) -> Page[T]:
        parsed = operation.parse(response)
        found = parsed if items is None else items(parsed) or []
        return Page(found, count.read(response) if count else None)

    return operation._replace(parse=parse)


# --- whole responses ---


class _Recording:
    """Sender that keeps the last response."""

    def __init__(self, sender: Any) -> None:
        self._sender = sender
        self._last: _http.Response | None = None

    def call(self, operation: Operation[T], request: Mapping[str, Any]) -> Any:
        """Send a request and parse the response; for asyncio, return what to await."""

        def parse(response: _http.Response) -> T:
            self._last = response
            return operation.parse(response)

        return self._sender.call(operation._replace(parse=parse), request)

    def response(self, parsed: T) -> Response[T]:
        """Return the last response with what its method makes of it."""
        last = self._last
        assert last is not None, "every method makes a call"  # noqa: S101
        return Response(last.status_code, last.content, last.headers, parsed)


def _recorded(method: Callable[P, T]) -> tuple[Callable[P, T], _Recording]:
    """Return a method with a sender of its own, for one call, and that sender."""
    bound: Any = method
    group = copy.copy(bound.__self__)
    group._sender = recording = _Recording(group._sender)
    return bound.__func__.__get__(group), recording


def raw(method: Callable[P, T]) -> Callable[P, Response[T]]:
    """Return a method of a group as one that returns the whole response, the last one of several."""

    @functools.wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> Response[T]:
        recorded, recording = _recorded(method)
        return recording.response(recorded(*args, **kwargs))

    return call


def raw_pages(method: Callable[P, Pages[T]]) -> Callable[P, Iterator[Response[list[T]]]]:
    """Return a method for a list as one that gives the response of each page."""

    @functools.wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> Iterator[Response[list[T]]]:
        recorded, recording = _recorded(method)
        return map(recording.response, recorded(*args, **kwargs).pages())

    return call


def async_raw(method: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, Response[T]]]:
    """Return an async method as one that returns the whole response; see :func:`raw`."""

    @functools.wraps(method)
    async def call(*args: P.args, **kwargs: P.kwargs) -> Response[T]:
        recorded, recording = _recorded(method)
        return recording.response(await recorded(*args, **kwargs))

    return call


def async_raw_pages(method: Callable[P, AsyncPages[T]]) -> Callable[P, AsyncIterator[Response[list[T]]]]:
    """Return an async method for a list as one that gives the response of each page."""

    @functools.wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> AsyncIterator[Response[list[T]]]:
        recorded, recording = _recorded(method)
        pages = recorded(*args, **kwargs)

        async def responses() -> AsyncIterator[Response[list[T]]]:
            async for page in pages.pages():
                yield recording.response(page)

        return responses()

    return call
