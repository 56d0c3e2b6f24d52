"""Polling ends with the results, with an error that says why there are none, or when time is up, and not before."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import math
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, assert_type

import pytest

from abwire_core import polling
from abwire_core.errors import ResultsFailedError, ResultsTimeoutError
from abwire_core.polling import poll, poll_async

CODE = "123456|654321"
LIMIT = 1000  # fetches after which a server takes it that the client never stops


@dataclass
class Answer:
    """An answer of the server, as a model."""

    status: str


def state(answer: Answer) -> str:
    return answer.status


@dataclass
class World:
    """A clock, a way to sleep and a server, which notes what happens and when.

    Attributes:
        ready_at: when the answer changes from ``before`` to ``after``.
        latency: seconds that a fetch takes; the answer is from its end.
        early: seconds that a sleep is too short.
    """

    ready_at: float = math.inf
    before: str = "waiting"
    after: str = "ready"
    latency: float = 0.0
    early: float = 0.0
    now: float = 1000.0
    fetches: list[float] = field(default_factory=list)
    sleeps: list[float] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += max(seconds - self.early, 0.0)

    async def sleep_async(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.sleep(seconds)

    def fetch(self, code: str) -> Answer:
        assert len(self.fetches) < LIMIT, "polls without end"
        self.codes.append(code)
        self.fetches.append(self.now - 1000.0)
        self.now += self.latency
        return Answer(self.after if self.now - 1000.0 >= self.ready_at else self.before)

    async def fetch_async(self, code: str) -> Answer:
        await asyncio.sleep(0)
        return self.fetch(code)


def in_sync(world: World, **options: Any) -> Answer:
    return poll(CODE, world.fetch, state, clock=world.clock, sleep=world.sleep, **options)


def in_async(world: World, **options: Any) -> Answer:
    return asyncio.run(
        poll_async(CODE, world.fetch_async, state, clock=world.clock, sleep=world.sleep_async, **options)
    )


Poll = Callable[..., Answer]
BOTH = pytest.mark.parametrize("run", [in_sync, in_async])


@BOTH
def test_results_that_are_ready_cost_one_fetch_and_no_wait(run: Poll) -> None:
    world = World(ready_at=0)

    assert run(world) == Answer("ready")
    assert (world.fetches, world.sleeps, world.codes) == ([0], [], [CODE])


@BOTH
def test_pauses_grow_by_half_up_to_ten_seconds(run: Poll) -> None:
    world = World(ready_at=30)

    assert run(world) == Answer("ready")
    assert world.sleeps == [2, 3, 4.5, 6.75, 10, 10]
    assert world.fetches == [0, 2, 5, 9.5, 16.25, 26.25, 36.25]
    assert set(world.codes) == {CODE}


@BOTH
@pytest.mark.parametrize(
    ("interval", "pauses"),
    [
        (0, [0, 0, 0, 0]),
        (0.5, [0.5, 0.75, 1.125, 1.6875]),
        (9, [9, 10, 10, 10]),
        (10, [10, 10, 10, 10]),
        (25, [25, 25, 25, 25]),
    ],
)
def test_the_first_pause_is_the_interval_and_none_is_shorter(run: Poll, interval: float, pauses: list[float]) -> None:
    world = World()
    polls: list[int] = []

    def stop(attempt: int, _: float) -> None:
        polls.append(attempt)
        if attempt == 4:
            world.ready_at = 0

    assert run(world, poll_interval=interval, on_poll=stop) == Answer("ready")
    assert world.sleeps == pauses
    assert polls == [1, 2, 3, 4]


@BOTH
def test_the_default_stays_far_below_the_rate_limit(run: Poll) -> None:
    """Kameleoon allows 50 calls in 10 seconds and 1,000 in an hour; the docstring says how many calls it makes."""
    world = World()
    with pytest.raises(ResultsTimeoutError):
        run(world)
    assert len(world.fetches) == 34
    assert "makes 34 calls" in " ".join((poll.__doc__ or "").split())

    world = World()
    with pytest.raises(ResultsTimeoutError):
        run(world, timeout=3600)
    assert len(world.fetches) < 400


@BOTH
@pytest.mark.parametrize("unknown", ["QUEUED", "READY", "", "Failed"])
def test_a_state_that_is_not_known_means_waiting(run: Poll, unknown: str) -> None:
    world = World(ready_at=4, before=unknown)

    assert run(world) == Answer("ready")
    assert world.fetches == [0, 2, 5]


@BOTH
@pytest.mark.parametrize(("at", "fetches"), [(0, [0]), (4, [0, 2, 5])])
def test_a_failure_ends_it_with_the_code_and_the_answer(run: Poll, at: float, fetches: list[float]) -> None:
    world = World(ready_at=at, after="failed")

    with pytest.raises(ResultsFailedError) as caught:
        run(world)

    assert caught.value.data_code == CODE
    assert caught.value.poll == Answer("failed")
    assert world.fetches == fetches


@BOTH
@pytest.mark.parametrize(
    ("timeout", "fetches", "sleeps"),
    [
        (0, [0], []),
        (1, [0, 1], [1]),
        (2, [0, 2], [2]),
        (4, [0, 2, 4], [2, 2]),
        (5, [0, 2, 5], [2, 3]),
        (9, [0, 2, 5, 9], [2, 3, 4]),
    ],
)
def test_the_last_fetch_is_at_the_deadline(
    run: Poll, timeout: float, fetches: list[float], sleeps: list[float]
) -> None:
    world = World()

    with pytest.raises(ResultsTimeoutError) as caught:
        run(world, timeout=timeout)

    assert (world.fetches, world.sleeps) == (fetches, sleeps)
    assert (caught.value.data_code, caught.value.elapsed) == (CODE, timeout)


@BOTH
def test_results_that_the_last_fetch_finds_are_given(run: Poll) -> None:
    world = World(ready_at=4)

    assert run(world, timeout=4) == Answer("ready")
    assert world.fetches == [0, 2, 4]


@BOTH
@pytest.mark.parametrize("answer", ["ready", "failed"])
def test_what_a_late_answer_says_counts_more_than_the_deadline(run: Poll, answer: str) -> None:
    world = World(ready_at=60, after=answer, latency=60)

    if answer == "ready":
        assert run(world, timeout=10) == Answer("ready")
    else:
        with pytest.raises(ResultsFailedError):
            run(world, timeout=10)


@BOTH
def test_a_fetch_that_ends_after_the_deadline_was_the_last(run: Poll) -> None:
    world = World(latency=3)

    with pytest.raises(ResultsTimeoutError) as caught:
        run(world, timeout=6)

    assert (world.fetches, world.sleeps) == ([0, 5], [2])
    assert caught.value.elapsed == 8


@BOTH
@pytest.mark.parametrize(("timeout", "fetches"), [(2, [0, 1.99]), (4, [0, 1.99, 3.99])])
def test_a_sleep_that_ends_a_tick_early_makes_no_further_fetch(run: Poll, timeout: float, fetches: list[float]) -> None:
    world = World(early=0.01)

    with pytest.raises(ResultsTimeoutError):
        run(world, timeout=timeout)

    assert world.fetches == pytest.approx(fetches)


@BOTH
def test_time_that_on_poll_takes_is_not_slept_again(run: Poll) -> None:
    world = World()
    elapsed: list[float] = []

    def slow(_: int, seconds: float) -> None:
        elapsed.append(seconds)
        world.now += 3

    with pytest.raises(ResultsTimeoutError):
        run(world, timeout=6, on_poll=slow)

    assert world.sleeps == [2, 0]
    assert world.fetches == [0, 5, 8]
    assert elapsed == [0, 5, 8]


@BOTH
@pytest.mark.parametrize("timeout", [None, math.inf])
def test_without_a_limit_it_goes_on(run: Poll, timeout: float | None) -> None:
    world = World(ready_at=5000)

    assert run(world, timeout=timeout) == Answer("ready")
    assert world.fetches[-1] >= 5000


@BOTH
def test_on_poll_hears_of_every_fetch_that_found_nothing(run: Poll) -> None:
    heard: list[tuple[int, float]] = []

    run(World(ready_at=5, latency=0.25), on_poll=lambda attempt, elapsed: heard.append((attempt, elapsed)))
    assert heard == [(1, 0.25), (2, 2.5)]

    heard.clear()
    with pytest.raises(ResultsTimeoutError):
        run(World(), timeout=5, on_poll=lambda attempt, elapsed: heard.append((attempt, elapsed)))
    assert heard == [(1, 0), (2, 2), (3, 5)]

    heard.clear()
    with pytest.raises(ResultsFailedError):
        run(World(ready_at=0, after="failed"), on_poll=lambda attempt, elapsed: heard.append((attempt, elapsed)))
    assert heard == []


class Broken(Exception):  # noqa: N818
    """What a callable may raise."""


def breaks(*_: object) -> Any:
    raise Broken


@BOTH
def test_an_error_of_on_poll_passes(run: Poll) -> None:
    world = World()

    with pytest.raises(Broken):
        run(world, on_poll=breaks)

    assert (world.fetches, world.sleeps) == ([0], [])


def test_an_error_of_a_fetch_passes() -> None:
    async def breaks_async(_: str) -> Answer:
        raise Broken

    with pytest.raises(Broken):
        poll(CODE, breaks, state)
    with pytest.raises(Broken):
        asyncio.run(poll_async(CODE, breaks_async, state))


@BOTH
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("timeout", -1),
        ("timeout", -math.inf),
        ("timeout", math.nan),
        ("poll_interval", -0.5),
        ("poll_interval", math.nan),
        ("poll_interval", math.inf),
    ],
)
def test_seconds_that_are_none_are_refused_by_name_before_anything_is_fetched(
    run: Poll, name: str, value: float
) -> None:
    world = World()

    with pytest.raises(ValueError, match=rf"^{name} .*{value}"):
        run(world, **{name: value})

    assert world.fetches == []


@pytest.mark.parametrize("where", ["fetch", "sleep"])
def test_cancelling_passes_at_once_and_leaves_nothing_running(where: str) -> None:
    async def check() -> None:
        world = World()
        reached = asyncio.Event()

        async def wait(_: object) -> Answer:
            reached.set()
            await asyncio.Event().wait()
            return Answer("ready")

        fetch: Callable[[str], Awaitable[Answer]] = wait if where == "fetch" else world.fetch_async
        task = asyncio.create_task(poll_async(CODE, fetch, state, clock=world.clock, sleep=wait))
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert len(world.fetches) == (where == "sleep")

    asyncio.run(check())


def test_by_default_it_goes_by_the_monotonic_clock_and_sleeps_for_real() -> None:
    starts: list[float] = []

    def fetch(_: str) -> Answer:
        starts.append(time.monotonic())
        return Answer("waiting" if len(starts) % 3 else "ready")

    async def fetch_async(code: str) -> Answer:
        return fetch(code)

    poll(CODE, fetch, state, poll_interval=0.01)
    asyncio.run(poll_async(CODE, fetch_async, state, poll_interval=0.01))

    pauses = [later - sooner for sooner, later in itertools.pairwise(starts)]
    assert len(pauses) == 5
    assert min(pauses[0], pauses[3]) >= 0.009
    assert min(pauses[1], pauses[4]) >= 0.014
    for way in (poll, poll_async):
        assert inspect.signature(way).parameters["clock"].default is time.monotonic


def test_both_have_the_same_arguments_and_defaults() -> None:
    ours, other = (dict(inspect.signature(one).parameters) for one in (poll, poll_async))
    assert list(ours) == list(other)
    assert {name: (one.kind, one.default) for name, one in ours.items() if name != "sleep"} == {
        name: (one.kind, one.default) for name, one in other.items() if name != "sleep"
    }


def test_the_sync_client_does_not_load_asyncio_for_it() -> None:
    code = f"import sys; import {polling.__name__}; sys.exit('asyncio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_type_of_the_results_is_known_to_type_checkers() -> None:
    world = World(ready_at=0)

    async def run() -> None:
        assert_type(await poll_async(CODE, world.fetch_async, state), Answer)

    assert_type(poll(CODE, world.fetch, state), Answer)
    asyncio.run(run())
