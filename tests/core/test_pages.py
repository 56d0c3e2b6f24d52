"""Pages never lose items, never give one twice that the server sent once, and ask for no page before it is wanted."""

from __future__ import annotations

import asyncio
import gc
import itertools
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing
from typing import Any, assert_type

import attrs
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abwire_core import pages as pages_module
from abwire_core.errors import DecodeError
from abwire_core.pages import AsyncPages, Count, Page, Pages

Fetch = Callable[[int], list[int]]
LIMIT = 100  # calls after which a server takes it that the client never stops


class Server:
    """Answers with pages, as a callable that takes a page number, and notes the numbers."""

    def __init__(self, fetch: Fetch, count: int | None = None) -> None:
        self.fetch = fetch
        self.count = count
        self.asked: list[int] = []

    def __call__(self, number: int) -> Page[int]:
        self.asked.append(number)
        assert len(self.asked) <= LIMIT, "asks for pages without end"
        return Page(self.fetch(number), self.count)

    async def later(self, number: int) -> Page[int]:
        """The same, for async clients."""
        await asyncio.sleep(0)
        return self(number)


def in_pages(items: int, size: int, *, clamps: bool = False) -> Fetch:
    """A list of numbers in pages; past the end come empty pages, or the last one again if the server clamps."""

    def fetch(number: int) -> list[int]:
        last = max(1, -(-items // size))
        start = (min(number, last) if clamps else number) - 1
        return list(range(items))[start * size : (start + 1) * size]

    return fetch


def given_pages(*pages: list[int]) -> Fetch:
    """These pages, and empty ones after them."""
    return lambda number: list(pages[number - 1]) if number <= len(pages) else []


def sync_items(server: Server, size: int | None, first: int = 1) -> list[int]:
    return list(Pages(server, size, first))


def sync_to_list(server: Server, size: int | None, first: int = 1) -> list[int]:
    return Pages(server, size, first).to_list()


def sync_pages(server: Server, size: int | None, first: int = 1) -> list[int]:
    return list(itertools.chain.from_iterable(Pages(server, size, first).pages()))


def async_items(server: Server, size: int | None, first: int = 1) -> list[int]:
    async def collect() -> list[int]:
        return [item async for item in AsyncPages(server.later, size, first)]

    return asyncio.run(collect())


def async_to_list(server: Server, size: int | None, first: int = 1) -> list[int]:
    return asyncio.run(AsyncPages(server.later, size, first).to_list())


def async_pages(server: Server, size: int | None, first: int = 1) -> list[int]:
    async def collect() -> list[int]:
        return [item async for page in AsyncPages(server.later, size, first).pages() for item in page]

    return asyncio.run(collect())


Collect = Callable[..., list[int]]
WAYS: list[Collect] = [sync_items, sync_to_list, sync_pages, async_items, async_to_list, async_pages]
EVERY_WAY = pytest.mark.parametrize("collect", WAYS, ids=lambda way: way.__name__)


@EVERY_WAY
@pytest.mark.parametrize(
    ("fetch", "size", "items", "calls"),
    [
        pytest.param(in_pages(0, 10), 10, 0, 1, id="nothing"),
        pytest.param(in_pages(0, 10), None, 0, 1, id="nothing, without a size"),
        pytest.param(in_pages(25, 10), 10, 25, 4, id="a short page after full ones is no proof"),
        pytest.param(in_pages(20, 10), 10, 20, 3, id="full pages only: an empty one ends them"),
        pytest.param(in_pages(20, 10, clamps=True), 10, 20, 3, id="full pages only: the last one again ends them"),
        pytest.param(in_pages(10, 10), 10, 10, 2, id="one full page"),
        pytest.param(in_pages(4, 10), 10, 4, 2, id="one short page is no proof"),
        pytest.param(in_pages(4, 10, clamps=True), 10, 4, 2, id="one short page, again and again"),
        pytest.param(in_pages(25, 4), 10, 25, 8, id="the server has a limit below the size"),
        pytest.param(in_pages(24, 4), 10, 24, 7, id="the server has a limit below the size, full pages only"),
        pytest.param(in_pages(25, 4, clamps=True), 10, 25, 8, id="the server has a limit, and repeats the last page"),
        pytest.param(in_pages(65, 30), 10, 65, 4, id="the server has a size of its own, above the one asked for"),
        pytest.param(in_pages(61, 30), 1, 61, 4, id="its last page happens to have the size asked for"),
        pytest.param(in_pages(60, 30), 10, 60, 3, id="the server has a size of its own, full pages only"),
        pytest.param(in_pages(25, 10), None, 25, 4, id="no size: a short page is no proof"),
        pytest.param(in_pages(25, 10, clamps=True), None, 25, 4, id="no size, and the last page again"),
        pytest.param(lambda _: list(range(7)), 10, 7, 2, id="no paging at all, fewer items than asked for"),
        pytest.param(lambda _: list(range(10)), 10, 10, 2, id="no paging at all, as many items as asked for"),
        pytest.param(lambda _: list(range(70)), 10, 70, 2, id="no paging at all, more items than asked for"),
        pytest.param(lambda _: list(range(70)), None, 70, 2, id="no paging at all, without a size"),
    ],
)
def test_all_items_are_given_once_whatever_the_server_does(
    collect: Collect, fetch: Fetch, size: int | None, items: int, calls: int
) -> None:
    server = Server(fetch)

    assert collect(server, size) == list(range(items))
    assert server.asked == list(range(1, calls + 1))


@given(items=st.integers(0, 60), limit=st.integers(1, 70), size=st.none() | st.integers(1, 70), clamps=st.booleans())
def test_no_combination_of_sizes_loses_or_repeats_an_item(
    items: int, limit: int, size: int | None, clamps: bool
) -> None:
    honoured = limit if size is None else min(limit, size)
    assert sync_items(Server(in_pages(items, honoured, clamps=clamps)), size) == list(range(items))
    assert sync_items(Server(in_pages(items, limit, clamps=clamps)), size) == list(range(items))


@EVERY_WAY
def test_a_short_page_before_a_full_one_is_no_end(collect: Collect) -> None:
    server = Server(given_pages([1], [2, 3], [4]))

    assert collect(server, 2) == [1, 2, 3, 4]
    assert server.asked == [1, 2, 3, 4]


@EVERY_WAY
def test_pages_of_any_sizes_lose_no_item(collect: Collect) -> None:
    items = iter(range(50))
    pages = [list(itertools.islice(items, size)) for size in (20, 7, 20, 3)]

    assert collect(Server(given_pages(*pages)), 20) == list(range(50))


@EVERY_WAY
def test_a_short_page_is_no_end_where_the_server_has_sent_too_many(collect: Collect) -> None:
    server = Server(given_pages([1, 2], [3, 4, 5], [6], [7, 8]))

    assert collect(server, 2) == [1, 2, 3, 4, 5, 6, 7, 8]


@EVERY_WAY
def test_duplicates_between_pages_are_the_servers_business(collect: Collect) -> None:
    server = Server(given_pages([1, 2], [2, 3], [3]))

    assert collect(server, 2) == [1, 2, 2, 3]


@EVERY_WAY
def test_pages_that_alternate_are_given_once(collect: Collect) -> None:
    server = Server(lambda number: [1, 2] if number % 2 else [3, 4])

    assert collect(server, 2) == [1, 2, 3, 4]
    assert server.asked == [1, 2, 3]


@EVERY_WAY
@pytest.mark.parametrize(
    ("count", "calls"),
    [
        pytest.param(3, 3, id="as it is"),
        pytest.param(None, 4, id="none"),
        pytest.param(0, 4, id="nonsense"),
        pytest.param(1000, 4, id="too high"),
    ],
)
def test_the_count_of_the_server_is_used_where_it_gives_one(collect: Collect, count: int | None, calls: int) -> None:
    server = Server(in_pages(25, 10), count)

    assert collect(server, 10) == list(range(25))
    assert server.asked == list(range(1, calls + 1))


@EVERY_WAY
def test_a_server_that_makes_up_items_all_the_time_is_an_error(
    collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages_module, "MOST_PAGES", 20)
    server = Server(lambda number: [number])

    with pytest.raises(DecodeError, match="at most 20 pages, got a list without end"):
        collect(server, 1)
    assert len(server.asked) == 20


@pytest.mark.parametrize(
    ("limit", "items", "calls"),
    [(0, 0, 0), (1, 1, 1), (10, 10, 1), (11, 11, 2), (25, 25, 3), (99, 25, 4), (None, 25, 4)],
)
def test_no_more_is_given_or_fetched_than_the_limit(limit: int | None, items: int, calls: int) -> None:
    server, later = Server(in_pages(25, 10)), Server(in_pages(25, 10))

    assert Pages(server, 10, limit=limit).to_list() == list(range(items))
    assert asyncio.run(AsyncPages(later.later, 10, limit=limit).to_list()) == list(range(items))
    assert server.asked == later.asked == list(range(1, calls + 1))


def test_a_negative_limit_is_refused() -> None:
    for kind in (Pages, AsyncPages):
        with pytest.raises(ValueError, match="limit must be a number of items from 0, or None, not -1"):
            kind(Server(in_pages(25, 10)), limit=-1)  # type: ignore[arg-type]


def test_the_first_item_takes_one_call() -> None:
    server, nothing = Server(in_pages(25, 10)), Server(in_pages(0, 10))

    assert Pages(server, 10).first() == asyncio.run(AsyncPages(server.later, 10).first()) == 0
    assert server.asked == [1, 1]
    assert Pages(nothing, 10).first() is asyncio.run(AsyncPages(nothing.later, 10).first()) is None


@pytest.mark.parametrize(
    ("count", "found"),
    [
        (Count(header="X-Pages"), 7),
        (Count(header="X-Other"), None),
        (Count(header="X-Text"), None),
        (Count(header="X-Long"), None),
        (Count(body="/extra/page~1s"), 9),
        (Count(body="/extra/more"), None),
        (Count(body="/extra/page~1s/more"), None),
    ],
    ids=str,
)
def test_the_count_is_in_a_header_or_in_the_body(count: Count, found: int | None) -> None:
    headers = {"x-pages": "7", "X-Text": "\u0663", "X-Long": "9" * 5000}
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]

    assert count.read(httpx.Response(200, headers=encoded, json={"extra": {"page/s": 9}})) == found


def test_a_body_that_is_not_json_has_no_count() -> None:
    for body in ("text", "[" * 100_000, "[]"):
        assert Count(body="/extra/pages").read(httpx.Response(200, text=body)) is None


@EVERY_WAY
@pytest.mark.parametrize("first", [0, 1, 5])
def test_pages_are_counted_from_the_first(collect: Collect, first: int) -> None:
    server = Server(lambda number: [number] if number < first + 3 else [])

    assert collect(server, None, first) == [first, first + 1, first + 2]
    assert server.asked == [first, first + 1, first + 2, first + 3]


@attrs.define
class Model:
    """As the generated models are."""

    id: int | None
    value: int = 0

    def to_dict(self) -> dict[str, Any]:
        return attrs.asdict(self)


ITEMS = pytest.mark.parametrize(
    "make", [Model, lambda id_, value=0: {"id": id_, "value": value}], ids=["model", "dict"]
)


@ITEMS
def test_an_item_is_told_by_its_identifier_whatever_else_changes(make: Callable[..., Any]) -> None:
    """A server that ignores the page number and changes any value."""
    asked: list[int] = []

    def fetch(number: int) -> Page[Any]:
        asked.append(number)
        return Page([make(1, number), make(2, number)])

    async def fetch_later(number: int) -> Page[Any]:
        return fetch(number)

    assert Pages(fetch, 10).to_list() == [make(1, 1), make(2, 1)]
    assert asyncio.run(AsyncPages(fetch_later, 10).to_list()) == [make(1, 1), make(2, 1)]
    assert asked == [1, 2, 1, 2]


@ITEMS
@pytest.mark.parametrize("identifier", ["", None])
def test_an_item_without_identifier_is_told_by_its_content(make: Callable[..., Any], identifier: Any) -> None:
    pages = [[make(identifier, 1)], [make(identifier, 2)], [make(identifier, 1)]]

    assert Pages(lambda number: Page(pages[number - 1])).to_list() == pages[0] + pages[1]


@ITEMS
def test_the_identifier_may_have_another_name(make: Callable[..., Any]) -> None:
    pages = [[make(1, 1)], [make(1, 2)], [make(2, 1)]]

    assert Pages(lambda number: Page(pages[number - 1]), identifier="value").to_list() == pages[0] + pages[1]


def test_a_page_may_be_emptied_by_its_receiver() -> None:
    server = Server(given_pages([1, 2], [3]))
    seen = []
    for page in Pages(server, 2).pages():
        while page:
            seen.append(page.pop(0))

    assert seen == [1, 2, 3]
    assert server.asked == [1, 2, 3]

    server = Server(lambda _: [1, 2])
    for page in Pages(server, 2).pages():
        page.clear()
    assert server.asked == [1, 2]


def test_a_server_that_fills_one_list_again_and_again_is_understood() -> None:
    page: list[int] = []

    def fetch(number: int) -> Page[int]:
        page[:] = [number, number] if number < 3 else []
        return Page(page)

    assert Pages(fetch, 2).to_list() == [1, 1, 2, 2]
    assert list(Pages(fetch, 2).pages()) == [[1, 1], [2, 2]]


def test_a_page_is_fetched_when_its_first_item_is_wanted() -> None:
    server = Server(in_pages(25, 10))
    pages = Pages(server, 10)
    assert server.asked == []
    items = iter(pages)
    assert server.asked == []
    assert next(items) == 0
    assert server.asked == [1]
    assert list(itertools.islice(items, 9)) == list(range(1, 10))
    assert server.asked == [1]
    assert next(items) == 10
    assert server.asked == [1, 2]


def test_an_async_page_is_fetched_when_its_first_item_is_wanted() -> None:
    async def check() -> None:
        server = Server(in_pages(25, 10))
        pages = AsyncPages(server.later, 10)
        async with aclosing(aiter(pages)) as items:
            assert server.asked == []
            assert [await anext(items) for _ in range(10)] == list(range(10))
            assert server.asked == [1]
            assert await anext(items) == 10
            assert server.asked == [1, 2]

    asyncio.run(check())


def test_lists_of_pages_come_lazily_too() -> None:
    server = Server(in_pages(25, 10))
    pages = Pages(server, 10).pages()
    assert server.asked == []
    assert next(pages) == list(range(10))
    assert server.asked == [1]


@EVERY_WAY
def test_iterating_again_starts_anew(collect: Collect) -> None:
    server = Server(in_pages(3, 2))
    assert collect(server, 2) == collect(server, 2) == [0, 1, 2]
    assert server.asked == [1, 2, 3] * 2


def test_one_object_can_be_iterated_twice_at_a_time() -> None:
    server = Server(in_pages(3, 2))
    pages = Pages(server, 2)
    assert list(zip(pages, pages, strict=True)) == [(0, 0), (1, 1), (2, 2)]
    assert pages.to_list() == [0, 1, 2]
    assert list(pages.pages()) == [[0, 1], [2]]


def test_one_async_object_can_be_iterated_by_several_tasks() -> None:
    async def check() -> None:
        pages = AsyncPages(Server(in_pages(25, 10)).later, 10)
        assert [*await asyncio.gather(pages.to_list(), pages.to_list())] == [list(range(25))] * 2
        assert [page async for page in pages.pages()] == [list(range(10)), list(range(10, 20)), list(range(20, 25))]

    asyncio.run(check())


class Broken(Exception):  # noqa: N818
    """What a call may raise."""


def breaks_once(at: int) -> Fetch:
    broken: list[int] = []

    def fetch(number: int) -> list[int]:
        if number == at and not broken:
            broken.append(number)
            raise Broken
        return in_pages(25, 10)(number)

    return fetch


def test_an_error_of_a_call_passes_and_a_new_iteration_starts_anew() -> None:
    server = Server(breaks_once(at=2))
    pages = Pages(server, 10)
    items = iter(pages)
    assert [next(items) for _ in range(10)] == list(range(10))
    with pytest.raises(Broken):
        next(items)
    assert list(items) == []
    assert pages.to_list() == list(range(25))
    assert server.asked == [1, 2, 1, 2, 3, 4]


def test_an_error_of_an_async_call_passes_and_a_new_iteration_starts_anew() -> None:
    async def check() -> None:
        server = Server(breaks_once(at=2))
        pages = AsyncPages(server.later, 10)
        items = aiter(pages)
        assert [await anext(items) for _ in range(10)] == list(range(10))
        with pytest.raises(Broken):
            await anext(items)
        assert [item async for item in items] == []
        assert await pages.to_list() == list(range(25))
        assert server.asked == [1, 2, 1, 2, 3, 4]

    asyncio.run(check())


@pytest.mark.parametrize("broken", [sync_to_list, async_to_list])
def test_a_whole_list_is_never_given_in_part(broken: Collect) -> None:
    with pytest.raises(Broken):
        broken(Server(breaks_once(at=3)), 10)


def test_closing_an_async_iteration_leaves_nothing_to_the_garbage_collector() -> None:
    async def check() -> None:
        server = Server(in_pages(25, 10))
        left: list[object] = []
        sys.set_asyncgen_hooks(finalizer=left.append)
        async with aclosing(aiter(AsyncPages(server.later, 10))) as items:
            assert await anext(items) == 0
        assert [item async for item in items] == []
        del items
        gc.collect()
        assert left == []
        assert server.asked == [1]

    asyncio.run(check())


def test_an_async_iteration_may_be_left_at_any_item() -> None:
    async def leave() -> list[asyncio.Task[Any]]:
        async for item in AsyncPages(Server(in_pages(25, 10)).later, 10):
            if item == 12:
                break
        return [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]

    assert asyncio.run(leave()) == []


def test_cancelling_passes_and_leaves_nothing_running() -> None:
    async def check() -> None:
        started = asyncio.Event()

        async def never(number: int) -> Page[int]:
            started.set()
            await asyncio.Event().wait()
            return Page([number])

        task = asyncio.create_task(AsyncPages(never).to_list())
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(check())


def test_repr_is_short_and_fetches_nothing() -> None:
    server = Server(in_pages(25, 10))
    assert repr(Pages(server, 10)) == "Pages(size=10, first=1, limit=None)"
    assert repr(AsyncPages(server.later, None, first=0, limit=3)) == "AsyncPages(size=None, first=0, limit=3)"
    assert server.asked == []


def test_the_type_of_the_items_is_known_to_type_checkers() -> None:
    def fetch(number: int) -> Page[str]:
        return Page([str(number)] if number < 3 else [])

    async def fetch_later(number: int) -> Page[str]:
        return fetch(number)

    async def collect(pages: AsyncPages[str]) -> list[str]:
        assert_type(pages.pages(), AsyncGenerator[list[str], None])
        return [assert_type(item, str) async for item in pages]

    pages = assert_type(Pages(fetch, size=1), Pages[str])
    assert_type(pages.pages(), Iterator[list[str]])
    assert [assert_type(item, str) for item in pages] == assert_type(pages.to_list(), list[str]) == ["1", "2"]
    later: Callable[[int], Awaitable[Page[str]]] = fetch_later
    assert asyncio.run(collect(assert_type(AsyncPages(later, size=1), AsyncPages[str]))) == ["1", "2"]
