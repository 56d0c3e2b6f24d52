"""Lists that come in pages, as one. Knows a callable that fetches a page, and nothing of connections.

Neither vendor documents how many items a page may have, so a page with fewer items than asked for is no proof of the
end: the server may have a limit of its own. A list ends

* with the page whose number is the count of pages that the server gives, if it gives one;
* else before an empty page;
* and before a page without any new item: the server ignores the page number, or repeats pages.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Iterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from abwire_core.errors import DecodeError
from abwire_core.types import UNSET

if TYPE_CHECKING:
    from abwire_core._http import Response

T = TypeVar("T")

MOST_PAGES = 10_000
"""Pages after which a list counts as endless, because the server makes up new items all the time."""


class Page(NamedTuple, Generic[T]):
    """A page as it was fetched.

    Attributes:
        items: what is on it.
        page_count: how many pages there are, as the server says; None if it does not.
    """

    items: list[T]
    page_count: int | None = None


class Count(NamedTuple):
    """Place of the number of pages in a response.

    Attributes:
        header: the name of a header.
        body: a JSON pointer; one of the two is given.
    """

    header: str | None = None
    body: str | None = None

    def read(self, response: Response) -> int | None:
        """Return the number of pages; None where there is none that makes sense."""
        value = response.headers.get(self.header) if self.header else _at(response, self.body or "")
        text = str(value)
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _at(response: Response, pointer: str) -> Any:
    try:
        value = response.json()
    except (ValueError, RecursionError):
        return None
    for key in pointer.split("/")[1:]:
        value = value.get(key.replace("~1", "/").replace("~0", "~")) if isinstance(value, dict) else None
    return value


class _Progress(Generic[T]):
    """Finds the end of a list; sees every page once, in order."""

    def __init__(self, identifier: str, limit: int | None) -> None:
        self._identifier = identifier
        self._left = limit
        self._seen: set[Hashable] = set()
        self.is_over = False
        """Whether the page seen last is the last one."""

    def items(self, number: int, page: Page[T]) -> list[T]:
        """Return the items of a page that are to be given; none if it is past the end."""
        known = len(self._seen)
        self._seen.update(self._identity(item) for item in page.items)
        if len(self._seen) == known:
            return []
        given = page.items[: self._left]  # whoever gets them may empty the list
        # A count below the number of a page that has items is wrong.
        self.is_over = number == page.page_count
        if self._left is not None:
            self._left -= len(given)
            self.is_over = self.is_over or not self._left
        return given

    def _identity(self, item: T) -> Hashable:
        """Return what tells an item from others: its identifier, else its content."""
        value: Any = item
        identifier = value.get(self._identifier) if isinstance(item, dict) else getattr(item, self._identifier, None)
        if identifier not in (None, UNSET, ""):
            return str(identifier)
        content = value.to_dict() if hasattr(value, "to_dict") else value
        return (hash(repr(content)),)  # a tuple, which is no identifier


def _endless() -> DecodeError:
    return DecodeError(expected=f"a list of at most {MOST_PAGES} pages", got="a list without end")


def _checked(limit: int | None) -> int | None:
    if limit is not None and limit < 0:
        raise ValueError(f"limit must be a number of items from 0, or None, not {limit}")
    return limit


class Pages(Generic[T]):
    """All items of a list, fetched a page at a time, when they are wanted.

    Iterate it for the items, or use :meth:`pages`, :meth:`to_list` or :meth:`first`. Nothing is fetched before the
    first item is wanted, and no page before its own first item is. Each iteration starts anew, with fresh calls.

    An error of a call ends the iteration, whose iterator then gives nothing more; iterate again to start anew. A list
    that changes between two pages may repeat or miss items, since pages are counted by the server.

    Args:
        fetch: gets the page with a number.
        size: items asked for per page; None if none are asked for.
        first: number of the first page.
        identifier: name of the attribute that identifies an item; items without it are told by their content.
        limit: greatest number of items; None for all.

    Raises:
        ValueError: the limit is negative.
    """

    __slots__ = ("_fetch", "_first", "_identifier", "_limit", "_size")

    def __init__(
        self,
        fetch: Callable[[int], Page[T]],
        size: int | None = None,
        first: int = 1,
        *,
        identifier: str = "id",
        limit: int | None = None,
    ) -> None:
        self._fetch = fetch
        self._size = size
        self._first = first
        self._identifier = identifier
        self._limit = _checked(limit)

    def __repr__(self) -> str:
        return f"Pages(size={self._size}, first={self._first}, limit={self._limit})"

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page

    def pages(self) -> Iterator[list[T]]:
        """Yield the pages, each as a list of at least one item."""
        progress = _Progress[T](self._identifier, self._limit)
        if self._limit == 0:
            return
        for number in range(self._first, self._first + MOST_PAGES):
            if not (items := progress.items(number, self._fetch(number))):
                return
            yield items
            if progress.is_over:
                return
        raise _endless()

    def to_list(self) -> list[T]:
        """Return all items."""
        return [item for page in self.pages() for item in page]

    def first(self) -> T | None:
        """Return the first item; None if there is none."""
        return next(iter(self), None)


class AsyncPages(Generic[T]):
    """All items of a list, fetched a page at a time, when they are wanted: :class:`Pages` for ``async for``.

    Between two pages nothing is running, so an iteration may be left at any item. See :class:`Pages` for the arguments.
    """

    __slots__ = ("_fetch", "_first", "_identifier", "_limit", "_size")

    def __init__(
        self,
        fetch: Callable[[int], Awaitable[Page[T]]],
        size: int | None = None,
        first: int = 1,
        *,
        identifier: str = "id",
        limit: int | None = None,
    ) -> None:
        self._fetch = fetch
        self._size = size
        self._first = first
        self._identifier = identifier
        self._limit = _checked(limit)

    def __repr__(self) -> str:
        return f"AsyncPages(size={self._size}, first={self._first}, limit={self._limit})"

    async def __aiter__(self) -> AsyncGenerator[T, None]:
        # Closing this generator closes the inner one too, which a plain loop would leave to the garbage collector.
        async with aclosing(self.pages()) as pages:
            async for page in pages:
                for item in page:
                    yield item

    async def pages(self) -> AsyncGenerator[list[T], None]:
        """Yield the pages, each as a list of at least one item."""
        progress = _Progress[T](self._identifier, self._limit)
        if self._limit == 0:
            return
        for number in range(self._first, self._first + MOST_PAGES):
            if not (items := progress.items(number, await self._fetch(number))):
                return
            yield items
            if progress.is_over:
                return
        raise _endless()

    async def to_list(self) -> list[T]:
        """Return all items."""
        return [item async for page in self.pages() for item in page]

    async def first(self) -> T | None:
        """Return the first item; None if there is none."""
        async with aclosing(aiter(self)) as items:
            return await anext(items, None)


__all__ = ["AsyncPages", "Count", "Page", "Pages"]
