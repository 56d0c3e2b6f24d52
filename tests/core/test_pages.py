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
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abwire_core.pages import AsyncPages, Pages

Fetch = Callable[[int], list[int]]
LIMIT = 100  # calls after which a server takes it that the client never stops


class Server:
    """Answers with pages, as a callable that takes a page number, and notes the numbers."""

    def __init__(self, fetch: Fetch) -> None:
        self.fetch = fetch
        self.asked: list[int] = []

    def __call__(self, number: int) -> list[int]:
        self.asked.append(number)
        assert len(self.asked) <= LIMIT, "asks for pages without end"
        return self.fetch(number)

    async def later(self, number: int) -> list[int]:
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
        pytest.param(in_pages(25, 10), 10, 25, 3, id="a short page after full ones is the last"),
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
    assert server.asked == [1, 2, 3]


@EVERY_WAY
def test_a_short_page_is_no_end_where_the_server_has_sent_too_many(collect: Collect) -> None:
    server = Server(given_pages([1, 2], [3, 4, 5], [6], [7, 8]))

    assert collect(server, 2) == [1, 2, 3, 4, 5, 6, 7, 8]


@EVERY_WAY
def test_duplicates_between_pages_are_the_servers_business(collect: Collect) -> None:
    server = Server(given_pages([1, 2], [2, 3], [3]))

    assert collect(server, 2) == [1, 2, 2, 3, 3]


@EVERY_WAY
def test_only_the_page_before_counts_as_a_repetition(collect: Collect) -> None:
    server = Server(given_pages([1, 2], [3, 4], [1, 2]))

    assert collect(server, 2) == [1, 2, 3, 4, 1, 2]


@EVERY_WAY
@pytest.mark.parametrize("first", [0, 1, 5])
def test_pages_are_counted_from_the_first(collect: Collect, first: int) -> None:
    server = Server(lambda number: [number] if number < first + 3 else [])

    assert collect(server, None, first) == [first, first + 1, first + 2]
    assert server.asked == [first, first + 1, first + 2, first + 3]


@attrs.define
class Model:
    """As the generated models are: equal if all fields are."""

    id: int
    additional_properties: dict[str, Any] = attrs.field(init=False, factory=dict)


def test_models_made_anew_from_the_same_answer_count_as_the_same_page() -> None:
    asked: list[int] = []

    def fetch(number: int) -> list[Model]:
        asked.append(number)
        return [Model(1), Model(2)]

    async def fetch_later(number: int) -> list[Model]:
        return fetch(number)

    assert Pages(fetch, 10).to_list() == [Model(1), Model(2)]
    assert asyncio.run(AsyncPages(fetch_later, 10).to_list()) == [Model(1), Model(2)]
    assert asked == [1, 2, 1, 2]


def test_models_that_differ_in_an_unknown_field_only_are_no_repetition() -> None:
    def fetch(number: int) -> list[Model]:
        model = Model(1)
        model.additional_properties["number"] = number
        return [model] if number < 3 else []

    assert len(Pages(fetch).to_list()) == 2


def test_a_page_may_be_emptied_by_its_receiver() -> None:
    server = Server(given_pages([1, 2], [3]))
    seen = []
    for page in Pages(server, 2).pages():
        while page:
            seen.append(page.pop(0))

    assert seen == [1, 2, 3]
    assert server.asked == [1, 2]

    server = Server(lambda _: [1, 2])
    for page in Pages(server, 2).pages():
        page.clear()
    assert server.asked == [1, 2]


def test_a_server_that_fills_one_list_again_and_again_is_understood() -> None:
    page: list[int] = []

    def fetch(number: int) -> list[int]:
        page[:] = [number, number] if number < 3 else []
        return page

    assert Pages(fetch, 2).to_list() == [1, 1, 2, 2]


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
    assert server.asked == [1, 2, 1, 2]


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
    assert server.asked == [1, 2, 1, 2, 3]


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
        assert server.asked == [1, 2, 1, 2, 3]

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

        async def never(number: int) -> list[int]:
            started.set()
            await asyncio.Event().wait()
            return [number]

        task = asyncio.create_task(AsyncPages(never).to_list())
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(check())


def test_repr_is_short_and_fetches_nothing() -> None:
    server = Server(in_pages(25, 10))
    assert repr(Pages(server, 10)) == "Pages(size=10, first=1)"
    assert repr(AsyncPages(server.later, None, first=0)) == "AsyncPages(size=None, first=0)"
    assert server.asked == []


def test_the_type_of_the_items_is_known_to_type_checkers() -> None:
    def fetch(number: int) -> list[str]:
        return [str(number)] if number < 3 else []

    async def fetch_later(number: int) -> list[str]:
        return fetch(number)

    async def collect(pages: AsyncPages[str]) -> list[str]:
        assert_type(pages.pages(), AsyncGenerator[list[str], None])
        return [assert_type(item, str) async for item in pages]

    pages = assert_type(Pages(fetch, size=1), Pages[str])
    assert_type(pages.pages(), Iterator[list[str]])
    assert [assert_type(item, str) for item in pages] == assert_type(pages.to_list(), list[str]) == ["1", "2"]
    later: Callable[[int], Awaitable[list[str]]] = fetch_later
    assert asyncio.run(collect(assert_type(AsyncPages(later, size=1), AsyncPages[str]))) == ["1", "2"]
