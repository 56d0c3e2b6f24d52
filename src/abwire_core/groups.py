"""What the generated groups of methods stand on: calls, pages and results through one sender."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from abwire_core import bounds, polling
from abwire_core.errors import AbwireError, DecodeError, shown
from abwire_core.operations import Operation
from abwire_core.pages import AsyncPages, Count, Page, Pages
from abwire_core.polling import poll, poll_async
from abwire_core.sending import AsyncSender, Sender
from abwire_core.types import UNSET, Unset

T = TypeVar("T")
Request = dict[str, Any]
"""The arguments of one HTTP request."""
OnPoll = Callable[[int, float], None]
"""Called after each poll that found no results, with the number of polls and the seconds since the first."""


class _Body(Protocol):
    def to_dict(self) -> dict[str, Any]: ...


Body = TypeVar("Body", bound=_Body)


def unless_empty(body: Body) -> Body | Unset:
    """A body that need not be sent, absent if it says nothing."""
    return body if body.to_dict() else UNSET


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
        """What the answer to a poll means."""
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
    """Operations that belong together."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def _pages(
        self,
        operation: Operation[list[T]],
        request: Callable[[int], Request],
        page: int | Unset,
        size: int | Unset,
        *,
        count: Count | None = None,
        identifier: str = "id",
        limit: int | None = None,
    ) -> Pages[T]:
        def fetch(page: int) -> Page[T]:
            response = self._sender.send(operation, request(page))
            return Page(self._sender.parse(operation, response), count.read(response) if count else None)

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
    ) -> T:
        with bounds.deadline(math.inf if timeout is None else max(timeout, polling.SHORTEST_FETCH)):
            code = results.code(self._sender.call(results.request, request))

        def fetch(code: str) -> Any:
            return self._sender.call(results.poll, results.poll_request(code))

        try:
            answer = poll(code, fetch, results.meaning, timeout=timeout, poll_interval=poll_interval, on_poll=on_poll)
            return results.result(answer)
        except AbwireError as error:
            error.add_note(shown(f"data code: {code}"))  # so that nothing is lost: polling can go on with it
            raise


class AsyncGroup:
    """Operations that belong together, for asyncio."""

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def _pages(
        self,
        operation: Operation[list[T]],
        request: Callable[[int], Request],
        page: int | Unset,
        size: int | Unset,
        *,
        count: Count | None = None,
        identifier: str = "id",
        limit: int | None = None,
    ) -> AsyncPages[T]:
        async def fetch(page: int) -> Page[T]:
            response = await self._sender.send(operation, request(page))
            return Page(self._sender.parse(operation, response), count.read(response) if count else None)

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
    ) -> T:
        with bounds.deadline(math.inf if timeout is None else max(timeout, polling.SHORTEST_FETCH)):
            code = results.code(await self._sender.call(results.request, request))

        def fetch(code: str) -> Awaitable[Any]:
            return self._sender.call(results.poll, results.poll_request(code))

        try:
            answer = await poll_async(
                code, fetch, results.meaning, timeout=timeout, poll_interval=poll_interval, on_poll=on_poll
            )
            return results.result(answer)
        except AbwireError as error:
            error.add_note(shown(f"data code: {code}"))
            raise
