"""Lists that come in pages, as one. Knows a callable that fetches a page, and nothing of HTTP.

Neither vendor documents how many items a page may have, and neither says which page is the last. So a page with fewer
items than asked for is no proof of the end: the server may have a limit of its own. The rule that never loses items:

* an empty page is past the end;
* a page that equals the one before is past the end: the server ignores the page number, or repeats its last page;
* a page with fewer items than asked for is the last one if a page with as many as asked for came before it, and none
  with more: then the server does honour the size.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing
from typing import Generic, TypeVar

T = TypeVar("T")


class _End(Generic[T]):
    """Finds the end of a list; sees every page once, in order."""

    def __init__(self, size: int | None) -> None:
        self._size = size
        self._longest = 0
        self._before: list[T] = []
        self.is_reached = False
        """Whether the page seen last is the last one."""

    def is_passed(self, page: list[T]) -> bool:
        """Whether a page is past the end, so that its items are not to be given."""
        is_passed = not page or page == self._before
        self._longest = max(self._longest, len(page))
        self.is_reached = len(page) < self._longest == self._size
        self._before = page.copy()  # whoever gets the page may empty it
        return is_passed


class Pages(Generic[T]):
    """All items of a list, fetched a page at a time, when they are wanted.

    Iterate it for the items, or use :meth:`pages` or :meth:`to_list`. Nothing is fetched before the first item is
    wanted, and no page before its own first item is. Each iteration starts anew, with fresh calls.

    An error of a call ends the iteration, whose iterator then gives nothing more; iterate again to start anew. A list
    that changes between two pages may repeat or miss items, since pages are counted by the server. Where a server
    ignores the page number, only equal items show it: change them after the iteration, or copies of them.

    Args:
        fetch: gets the page with a number.
        size: items asked for per page; None if none are asked for.
        first: number of the first page.
    """

    __slots__ = ("_fetch", "_first", "_size")

    def __init__(self, fetch: Callable[[int], list[T]], size: int | None = None, first: int = 1) -> None:
        self._fetch = fetch
        self._size = size
        self._first = first

    def __repr__(self) -> str:
        return f"Pages(size={self._size}, first={self._first})"

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page

    def pages(self) -> Iterator[list[T]]:
        """The pages, each as a list of at least one item."""
        end = _End[T](self._size)
        for number in itertools.count(self._first):
            page = self._fetch(number)
            if end.is_passed(page):
                return
            yield page
            if end.is_reached:
                return

    def to_list(self) -> list[T]:
        """All items."""
        return [item for page in self.pages() for item in page]


class AsyncPages(Generic[T]):
    """All items of a list, fetched a page at a time, when they are wanted: :class:`Pages` for ``async for``.

    Between two pages nothing is running, so an iteration may be left at any item.

    Args:
        fetch: gets the page with a number.
        size: items asked for per page; None if none are asked for.
        first: number of the first page.
    """

    __slots__ = ("_fetch", "_first", "_size")

    def __init__(self, fetch: Callable[[int], Awaitable[list[T]]], size: int | None = None, first: int = 1) -> None:
        self._fetch = fetch
        self._size = size
        self._first = first

    def __repr__(self) -> str:
        return f"AsyncPages(size={self._size}, first={self._first})"

    async def __aiter__(self) -> AsyncGenerator[T, None]:
        # Closing this generator closes the inner one too, which a plain loop would leave to the garbage collector.
        async with aclosing(self.pages()) as pages:
            async for page in pages:
                for item in page:
                    yield item

    async def pages(self) -> AsyncGenerator[list[T], None]:
        """The pages, each as a list of at least one item."""
        end = _End[T](self._size)
        for number in itertools.count(self._first):
            page = await self._fetch(number)
            if end.is_passed(page):
                return
            yield page
            if end.is_reached:
                return

    async def to_list(self) -> list[T]:
        """All items."""
        return [item async for page in self.pages() for item in page]


__all__ = ["AsyncPages", "Pages"]
