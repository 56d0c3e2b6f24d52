"""Rate limits: no more calls than allowed at any moment, no waiting that is not needed, no call lost."""

from __future__ import annotations

import asyncio
import contextlib
import math
import re
import selectors
import shlex
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pyrate_limiter import (
    AbstractBucket,
    BucketAsyncWrapper,
    BucketFactory,
    InMemoryBucket,
    Limiter,
    Rate,
    RateItem,
    RedisBucket,
    SingleBucketFactory,
    SQLiteBucket,
)

from abwire_core import limits
from abwire_core.errors import ApiConnectionError, ConfigurationError
from tests.core.calls import Script, Waits, call, operation

KAMELEOON = [(50, 10.0), (1000, 3600.0)]
SYNC_AND_ASYNC = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


class Clock:
    """Time that passes when somebody waits, and then at once."""

    def __init__(self) -> None:
        self.now = 1000.0

    def sleep(self, seconds: float) -> None:
        self.now += max(seconds, 0.0)

    def run(self, main: Coroutine[Any, Any, Any]) -> None:
        """Run a coroutine in an event loop of this time."""

        class Selector(selectors.SelectSelector):
            def select(self, timeout: float | None = None) -> list[Any]:
                events = super().select(0)
                if not events and timeout:
                    sleep(timeout)
                return events

        sleep = self.sleep

        def loop() -> asyncio.AbstractEventLoop:
            made = asyncio.SelectorEventLoop(Selector())
            made.time = lambda: self.now  # type: ignore[method-assign]
            return made

        with asyncio.Runner(loop_factory=loop) as runner:
            runner.run(main)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that the limiters go by."""
    clock = Clock()
    monkeypatch.setattr("pyrate_limiter.clocks.monotonic_ns", lambda: round(clock.now * 1e9))
    monkeypatch.setattr(limits, "time", SimpleNamespace(sleep=clock.sleep, monotonic=lambda: clock.now))
    return clock


def calls(clock: Clock, limiter: Limiter | limits.Budget, pauses: Sequence[float], *, is_async: bool) -> list[float]:
    """Make calls one after the other, with a pause before each; return when each was allowed, from the start on."""
    start, allowed = clock.now, []

    async def run() -> None:
        for pause in pauses:
            await asyncio.sleep(pause)
            await limits.acquire_async(limiter)
            allowed.append(clock.now - start)

    if is_async:
        clock.run(run())
    else:
        for pause in pauses:
            clock.sleep(pause)
            limits.acquire(limiter)
            allowed.append(clock.now - start)
    return allowed


def most_in_any(seconds: float, moments: Sequence[float]) -> int:
    """The most calls that lie in one window."""
    moments = sorted(moments)
    return max(sum(start <= moment < start + seconds for moment in moments) for start in moments)


@SYNC_AND_ASYNC
def test_calls_within_the_budget_do_not_wait(clock: Clock, is_async: bool) -> None:
    assert calls(clock, limits.limiter(KAMELEOON), [0.0] * 50, is_async=is_async) == [0.0] * 50


@SYNC_AND_ASYNC
def test_a_call_beyond_the_budget_waits_until_the_first_one_is_out_of_the_window(clock: Clock, is_async: bool) -> None:
    allowed = calls(clock, limits.limiter([(3, 10.0)]), [0.0, 4.0, 0.0, 0.0, 0.0, 0.0], is_async=is_async)
    assert allowed == pytest.approx([0, 4, 4, 10, 14, 14], abs=0.01)


@SYNC_AND_ASYNC
def test_all_rates_hold_at_any_moment_and_nothing_waits_longer_than_they_ask(clock: Clock, is_async: bool) -> None:
    allowed = calls(clock, limits.limiter(KAMELEOON), [0.01] * 2100, is_async=is_async)
    assert most_in_any(10, allowed) == 50
    assert most_in_any(3600, allowed) == 1000
    assert allowed[999] == pytest.approx(190, abs=2)
    assert allowed[1000] == pytest.approx(3600, abs=1)
    assert allowed[2000] == pytest.approx(7200, abs=1)


@SYNC_AND_ASYNC
def test_what_is_kept_of_old_calls_does_not_grow(clock: Clock, is_async: bool) -> None:
    limiter = limits.limiter([(5, 1.0), (20, 10.0)])
    calls(clock, limiter, [0.3] * 500, is_async=is_async)
    assert len(limiter._moments) == 20


@pytest.mark.parametrize(
    "rates",
    [
        [],
        [(0, 1.0)],
        [(-1, 1.0)],
        [(1, 0.0)],
        [(1, -1.0)],
        [(1, math.inf)],
        [(1, math.nan)],
        [(5, 1.0), (5, 2.0)],
        [(5, 1.0), (20, 2.0)],
        [(20, 10.0), (5, 1.0)],
    ],
    ids=str,
)
def test_rates_that_say_nothing_are_refused(rates: list[tuple[int, float]]) -> None:
    with pytest.raises(ValueError, match="rate"):
        limits.limiter(rates)


def test_no_thread_is_started() -> None:
    before = threading.enumerate()
    limiter = limits.limiter(KAMELEOON)
    limits.acquire(limiter)
    asyncio.run(limits.acquire_async(limiter))
    assert threading.enumerate() == before


def test_no_thread_is_asked_for_what_is_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(asyncio, "to_thread")
    asyncio.run(limits.acquire_async(limits.limiter(KAMELEOON)))
    asyncio.run(limits.acquire_async(without_thread(InMemoryBucket(RATES))))


def test_the_library_is_not_imported_for_what_is_in_memory() -> None:
    code = (
        "import sys\n"
        "from abwire_core import limits\n"
        "limits.acquire(limits.limiter([(50, 10)]))\n"
        "print(sorted({'pyrate_limiter', 'asyncio'} & set(sys.modules)))\n"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"


@SYNC_AND_ASYNC
def test_a_call_that_could_not_be_made_in_time_is_refused_at_once_and_not_counted(clock: Clock, is_async: bool) -> None:
    limiter = limits.limiter([(1, 10.0)])
    begun = clock.now

    async def run() -> list[bool]:
        return [await limits.acquire_async(limiter, timeout) for timeout in (0.0, 9.0, 0.0, 10.0)]

    async def main() -> None:
        assert await run() == [True, False, False, True]

    if is_async:
        clock.run(main())
    else:
        assert [limits.acquire(limiter, timeout) for timeout in (0.0, 9.0, 0.0, 10.0)] == [True, False, False, True]
    assert clock.now - begun == pytest.approx(10)


def test_tasks_that_wait_go_on_as_soon_as_each_may_and_hold_up_nobody(clock: Clock) -> None:
    limiter = limits.limiter(KAMELEOON)
    start, allowed, ticks = clock.now, [], []

    async def call() -> None:
        await limits.acquire_async(limiter)
        allowed.append(clock.now - start)

    async def tick() -> None:
        for _ in range(30):
            await asyncio.sleep(1)
            ticks.append(clock.now - start)

    async def main() -> None:
        await asyncio.gather(tick(), *[call() for _ in range(180)])

    clock.run(main())
    assert allowed == pytest.approx([0.0] * 50 + [10.0] * 50 + [20.0] * 50 + [30.0] * 30, abs=0.01)
    assert ticks == pytest.approx(list(range(1, 31)), abs=0.01)


def test_tasks_that_are_cancelled_while_they_wait_use_nothing_up(clock: Clock) -> None:
    limiter = limits.limiter([(2, 10.0)])
    start = clock.now

    async def main() -> None:
        for _ in range(2):
            await limits.acquire_async(limiter)
        waiting = [asyncio.create_task(limits.acquire_async(limiter)) for _ in range(5)]
        await asyncio.sleep(5)
        for task in waiting[:3]:
            task.cancel()
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert [isinstance(result, asyncio.CancelledError) for result in results] == [True] * 3 + [False] * 2
        assert clock.now - start == pytest.approx(10, abs=0.01)

    clock.run(main())
    assert len(limiter._moments) == 2


class Recording(InMemoryBucket):
    """Writes down the moments of all calls that it allows, in milliseconds."""

    def __init__(self, rates: list[Rate]) -> None:
        super().__init__(rates)
        self.allowed: list[int] = []
        self._asked_last: RateItem | None = None

    def put(self, item: RateItem) -> bool:
        allowed = super().put(item)
        self._asked_last = item
        time.sleep(0.0001)
        if allowed:
            self.allowed.append(item.timestamp)
        return allowed

    def waiting(self, item: RateItem) -> int | Awaitable[int]:
        assert self._asked_last is item, "the waiting time is that of another call"
        return super().waiting(item)


@pytest.fixture
def switching() -> Iterator[None]:
    """Have threads give way to each other all the time, to find out what they do to each other."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("switching")
@pytest.mark.parametrize("kinds", ["ssssss", "aaaaaa", "sasasa"], ids=["threads", "loops in threads", "both"])
def test_threads_and_event_loops_share_one_budget(kinds: str) -> None:
    bucket = Recording([Rate(6, 20)])
    limiter = without_thread(bucket)
    limiter.buffer_ms = 0
    failed: list[BaseException] = []

    async def tasks() -> None:
        async def one() -> None:
            for _ in range(5):
                await limits.acquire_async(limiter)

        await asyncio.gather(*[one() for _ in range(4)])

    def thread(kind: str) -> None:
        try:
            if kind == "a":
                asyncio.run(tasks())
            else:
                for _ in range(20):
                    limits.acquire(limiter)
        except BaseException as error:
            failed.append(error)

    in_threads(*[lambda kind=kind: thread(kind) for kind in kinds])
    assert failed == []
    assert len(bucket.allowed) == 120
    assert most_in_any(20, bucket.allowed) <= 6


def in_threads(*work: Callable[[], object]) -> None:
    threads = [threading.Thread(target=each) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)


class Redis:
    """What RedisBucket needs of a server, in memory; its script does here in Python what it does there in Lua."""

    def __init__(self) -> None:
        self.moments: list[int] = []

    def script_load(self, script: str) -> str:
        return "hash"

    def evalsha(self, _hash: str, _keys: int, _key: str, *args: Any) -> list[int]:
        now, _, _, count, *rates = args
        for i in range(count):
            window_start, limit, rank = rates[3 * i : 3 * i + 3]
            if sum(moment >= window_start for moment in self.moments) >= limit:
                return [i, sorted(self.moments)[-1 - rank]]
        self.moments.append(now)
        return [-1, -1]

    def zremrangebyscore(self, _key: str, low: int, high: int) -> int:
        return 0


class AsyncRedis(Redis):
    """The same for an event loop."""

    async def script_load(self, script: str) -> str:  # type: ignore[override]
        return "hash"

    async def evalsha(self, *args: Any) -> list[int]:  # type: ignore[override]
        await asyncio.sleep(0)
        return super().evalsha(*args)

    async def zremrangebyscore(self, *args: Any) -> int:  # type: ignore[override]
        return 0


class OneForAll(BucketFactory):
    """A factory of a user's own, with a bucket where nobody looks for it."""

    def __init__(self, bucket: AbstractBucket) -> None:
        self.only = bucket

    def wrap_item(self, name: str, weight: int = 1) -> RateItem:
        return RateItem(name, time.monotonic_ns() // 1_000_000, weight)

    def get(self, item: RateItem) -> AbstractBucket:
        return self.only


RATES = [Rate(3, 60), Rate(5, 120)]


@contextlib.contextmanager
def sqlite_limiter(folder: Path) -> Iterator[Limiter]:
    """A limiter that shares its budget with other processes."""
    bucket = SQLiteBucket.init_from_file(RATES, db_path=str(folder / "budget.sqlite"), use_file_lock=True)
    with Limiter(bucket) as limiter:
        yield limiter


def redis_bucket() -> AbstractBucket:
    init: Any = RedisBucket.init
    bucket: AbstractBucket = init(RATES, Redis(), "key")
    return bucket


def async_redis_bucket() -> AbstractBucket:
    async def make() -> AbstractBucket:
        init: Any = RedisBucket.init
        bucket: AbstractBucket = await init(RATES, AsyncRedis(), "key")
        return bucket

    return asyncio.run(make())


def without_thread(bucket: AbstractBucket) -> Limiter:
    return Limiter(SingleBucketFactory(bucket, schedule_leak=False))


OWN: dict[str, Callable[[Path], contextlib.AbstractContextManager[Limiter]]] = {
    "memory": lambda _: without_thread(InMemoryBucket(RATES)),
    "factory": lambda _: Limiter(OneForAll(InMemoryBucket(RATES))),
    "SQLite": sqlite_limiter,
    "Redis": lambda _: without_thread(redis_bucket()),
    "async Redis": lambda _: without_thread(async_redis_bucket()),
    "async": lambda _: without_thread(BucketAsyncWrapper(InMemoryBucket(RATES))),
}


@pytest.fixture
def own(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Limiter]:
    """A limiter of a user's own, of the kind that the test asks for."""
    with OWN[request.param](tmp_path) as limiter:
        yield limiter


@pytest.mark.parametrize("own", ["memory", "factory", "SQLite", "Redis"], indirect=True)
def test_a_limiter_of_ones_own_is_waited_for(own: Limiter) -> None:
    moments = []
    for _ in range(8):
        limits.acquire(own)
        moments.append(time.monotonic())
    assert 0.12 <= moments[7] - moments[0] < 2


@pytest.mark.parametrize("own", ["memory", "factory", "SQLite", "Redis", "async Redis", "async"], indirect=True)
def test_a_limiter_of_ones_own_is_waited_for_by_tasks(own: Limiter) -> None:
    moments = []

    async def call() -> None:
        await limits.acquire_async(own)
        moments.append(time.monotonic())

    async def main() -> None:
        await asyncio.gather(*[call() for _ in range(8)])

    asyncio.run(main())
    assert len(moments) == 8
    assert 0.12 <= max(moments) - min(moments) < 2


@pytest.mark.parametrize("own", ["async"], indirect=True)
def test_an_asynchronous_limiter_is_refused_where_there_is_no_event_loop(own: Limiter) -> None:
    with pytest.raises(ConfigurationError, match="asynchronous"):
        limits.acquire(own)


def test_a_budget_in_a_file_does_not_hold_up_the_event_loop(tmp_path: Path) -> None:
    others_went_on = threading.Event()

    class Slow(SQLiteBucket):
        def put(self, item: RateItem) -> bool:
            assert others_went_on.wait(timeout=10)
            return super().put(item)

    async def main(limiter: Limiter) -> None:
        call = asyncio.create_task(limits.acquire_async(limiter))
        await asyncio.sleep(0.01)
        others_went_on.set()
        await call

    bucket = Slow.init_from_file(RATES, db_path=str(tmp_path / "budget.sqlite"))
    with without_thread(bucket) as limiter:
        asyncio.run(main(limiter))
        assert bucket.count() == 1


def test_a_task_that_is_cancelled_leaves_a_budget_in_a_file_usable(tmp_path: Path) -> None:
    async def main(limiter: Limiter) -> None:
        for _ in range(3):
            await limits.acquire_async(limiter)
        waiting = [asyncio.create_task(limits.acquire_async(limiter)) for _ in range(10)]
        await asyncio.sleep(0.01)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await limits.acquire_async(limiter)

    with sqlite_limiter(tmp_path) as limiter:
        asyncio.run(asyncio.wait_for(main(limiter), timeout=10))


RECIPES = Path(__file__).parents[2] / "docs" / "rate-limits.md"

# What the recipes are tried with: the limits are those of the page, only shorter. Each process makes its calls through
# senders, and writes down when the budget had them.
USE = """
import asyncio, sys, time
from abwire_core.client import Client
from abwire_core.errors import ApiConnectionError
from abwire_core.operations import Operation
from abwire_core.sending import AsyncSender, Sender
import httpx

where, kind, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
moments, failed = [], 0
put = Bucket.put

def note(self, item):
    counted = put(self, item)
    if counted:
        moments.append(item.timestamp)
    return counted

Bucket.put = note
transport = httpx.MockTransport(lambda _: httpx.Response(200))
client = Client("https://api.example.test", transport=transport, async_transport=transport)
operation = Operation("get", "GET", "/", lambda _: None, lambda _: None)
request = {"method": "GET", "url": "/"}

with shared_limiter(where, [Rate(5, 50), Rate(40, 800)]) as limiter:
    print("ready", flush=True)
    sys.stdin.readline()

    def call(sender):
        global failed
        while True:
            try:
                return sender.call(operation, request)
            except ApiConnectionError as error:
                assert "the rate limiter failed, and nothing was sent" in str(error)
                failed += 1

    async def tasks():
        sender = AsyncSender(client, rate_limiter=limiter, deadline=60)
        async def one():
            global failed
            while True:
                try:
                    return await sender.call(operation, request)
                except ApiConnectionError as error:
                    assert "the rate limiter failed, and nothing was sent" in str(error)
                    failed += 1
        await asyncio.gather(*[one() for _ in range(number)])

    if kind == "async":
        asyncio.run(tasks())
    else:
        sender = Sender(client, rate_limiter=limiter, deadline=60)
        for _ in range(number):
            call(sender)
print(failed, *moments)
"""


def recipe(of: str) -> str:
    """The code of the page that makes a shared limiter of a kind of bucket."""
    (code,) = [code for code in python_of(RECIPES) if f"class Bucket({of})" in code]
    return code


def shared(code: str, where: str, number: int, meanwhile: Callable[[], object] = lambda: None) -> tuple[int, list[int]]:
    """Make calls in four processes; return how many failed, and when the budget had the others."""
    with contextlib.ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-W", "error", "-c", code + USE, where, kind, str(number)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            for kind in ("sync", "async", "sync", "async")
        ]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        meanwhile()
        outputs = [process.communicate(timeout=120) for process in processes]

    assert [errors for _, errors in outputs] == [""] * 4
    said = [[int(word) for word in output.split()] for output, _ in outputs]
    return sum(failed for failed, *_ in said), [moment for _, *moments in said for moment in moments]


def test_the_recipe_for_one_machine_holds_for_four_processes(tmp_path: Path) -> None:
    failed, moments = shared(recipe("SQLiteBucket"), str(tmp_path / "budget.sqlite"), 20)
    assert (failed, len(moments)) == (0, 80)
    assert most_in_any(50, moments) == 5
    assert most_in_any(800, moments) == 40


def test_the_recipe_for_one_machine_goes_by_a_clock_that_nobody_sets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: dict[str, Any] = {}
    exec(compile(recipe("SQLiteBucket"), str(RECIPES), "exec"), made)  # noqa: S102
    with made["shared_limiter"](str(tmp_path / "budget.sqlite"), [Rate(3, 60)]) as limiter:
        for hours in (0, -1, 1):
            moment = time.time_ns() + hours * 3600 * 10**9
            with monkeypatch.context() as patch:
                patch.setattr("pyrate_limiter.buckets.sqlite_bucket.time_ns", lambda moment=moment: moment)
                assert [limits.acquire(limiter, 10) for _ in range(5)] == [True] * 5


def test_the_recipe_for_one_machine_forgets_what_was_before_a_restart_of_the_machine(tmp_path: Path) -> None:
    made: dict[str, Any] = {}
    exec(compile(recipe("SQLiteBucket"), str(RECIPES), "exec"), made)  # noqa: S102
    path = str(tmp_path / "budget.sqlite")
    with made["shared_limiter"](path, [Rate(1, 3_600_000)]) as limiter:
        limiter.bucket_factory.bucket.put(RateItem("abwire", limiter.bucket_factory.bucket.now() + 10**9))
        assert not limits.acquire(limiter, 0)
    with made["shared_limiter"](path, [Rate(1, 3_600_000)]) as limiter:
        assert limits.acquire(limiter, 0)
        assert not limits.acquire(limiter, 0)


def test_no_wait_is_longer_than_what_the_rate_counts_even_if_a_clock_is_set_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite_limiter(tmp_path) as limiter:
        for _ in range(3):
            limits.acquire(limiter)
        earlier = time.time_ns() - 3600 * 10**9
        monkeypatch.setattr("pyrate_limiter.buckets.sqlite_bucket.time_ns", lambda: earlier)
        seconds = limits._count(limiter)
        assert isinstance(seconds, float)
        assert seconds <= 0.12 + limiter.buffer_ms / 1000


class RedisServer:
    """A real server on the loopback interface, which writes down each command before it answers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as unused:
            self._port = unused.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which("redis-server")
        assert program is not None
        options = f"--port {self._port} --bind 127.0.0.1 --appendonly yes --appendfsync always --save ''"
        self._process = subprocess.Popen(
            [program, *shlex.split(options), "--dir", str(self._folder)], stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port)) as connection:
                connection.sendall(b"PING\r\n")
                if connection.recv(100).startswith(b"+PONG"):
                    return
            time.sleep(0.01)
        raise AssertionError("the server does not start")

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis server, if there is one on this machine."""
    if shutil.which("redis-server") is None:
        pytest.skip("there is no redis-server on this machine: apt-get install redis-server")
    server = RedisServer(tmp_path)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def test_the_recipe_for_several_machines_holds_for_four_processes_and_a_server_that_is_killed(
    redis: RedisServer,
) -> None:
    def restart() -> None:
        time.sleep(0.7)
        redis.kill()
        time.sleep(0.3)
        redis.start()

    _, moments = shared(recipe("RedisBucket"), redis.url, 30, restart)
    assert len(moments) == 120
    assert most_in_any(50, moments) <= 5
    assert most_in_any(800, moments) <= 40
    assert max(moments) - min(moments) >= 1600


def test_a_server_that_counts_and_is_not_there_is_an_error_of_the_call(redis: RedisServer) -> None:
    made: dict[str, Any] = {}
    exec(compile(recipe("RedisBucket"), str(RECIPES), "exec"), made)  # noqa: S102
    script, waits = Script(200), Waits()
    with made["shared_limiter"](redis.url, [Rate(100, 10_000)]) as limiter:
        redis.kill()
        with pytest.raises(ApiConnectionError, match="the rate limiter failed, and nothing was sent"):
            call(script.client(), operation("POST"), is_async=False, waits=waits, rate_limiter=limiter)
        assert (len(script.requests), len(waits)) == (0, 2)


# First come, first served


@pytest.mark.parametrize("kinds", ["ssssss", "aaaaaa", "sasasa"], ids=["threads", "tasks", "both"])
def test_calls_are_served_in_the_order_in_which_they_came(kinds: str, monkeypatch: pytest.MonkeyPatch) -> None:
    is_open = threading.Event()
    limiter = limits.limiter([(1000, 1)])
    served: list[int] = []
    monkeypatch.setattr(limiter, "count", lambda: None if is_open.is_set() else 0.001)

    def of_thread(number: int) -> None:
        limits.acquire(limiter)
        served.append(number)

    async def of_task(number: int) -> None:
        await limits.acquire_async(limiter)
        served.append(number)

    work = [
        lambda number=number, kind=kind: asyncio.run(of_task(number)) if kind == "a" else of_thread(number)
        for number, kind in enumerate(kinds * 3)
    ]
    threads = [threading.Thread(target=each) for each in work]
    for number, thread in enumerate(threads):
        thread.start()
        while len(limiter.line._tickets) <= number:
            time.sleep(0.001)
    is_open.set()
    for thread in threads:
        thread.join(timeout=30)
    assert served == list(range(len(work)))


def test_a_call_whose_event_loop_does_not_go_on_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_PATIENCE", 0.02)
    limiter = limits.limiter([(1, 0.1)])

    async def main() -> None:
        await limits.acquire_async(limiter)
        task = asyncio.create_task(limits.acquire_async(limiter))
        await asyncio.sleep(0.01)
        assert limits.acquire(limiter, 10)  # holds up the loop, and so the task that is before it in the line
        assert await task

    asyncio.run(main())


def python_of(page: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("number", range(4))
def test_the_code_of_the_page_is_python(number: int) -> None:
    codes = python_of(RECIPES)
    assert len(codes) == 4
    compile(codes[number], str(RECIPES), "exec")
