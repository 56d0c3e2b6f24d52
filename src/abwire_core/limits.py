"""Rate limits: pyrate-limiter counts the calls, and this module waits until one more is allowed.

The library's own waiting (4.5.1) is not used: event loops in several threads run into an assertion of it, and a budget
that is kept in a file or on a server holds up the loop.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Coroutine, Sequence
from contextlib import AbstractContextManager
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from abwire_core.errors import ConfigurationError

if TYPE_CHECKING:  # else imported when there is a limiter, because it takes longer than all of this package
    from pyrate_limiter import AbstractBucket, Limiter, RateItem

_NAME = "abwire"
"""Under which name calls are counted; one, because all of them use up the same budget."""


def limiter(rates: Sequence[tuple[int, float]]) -> Limiter:
    """A limiter that counts in memory, for any number of threads, tasks and clients of one process.

    Args:
        rates: how many calls are allowed in how many seconds, such as ``[(50, 10), (1000, 3600)]``. All hold at any
            moment; of two, the longer one allows more calls, and fewer per second.

    Raises:
        ValueError: there are no rates, or they are not like that.
    """
    from pyrate_limiter import InMemoryBucket, Limiter, Rate, SingleBucketFactory  # noqa: PLC0415

    class Bucket(InMemoryBucket):
        """Forgets old calls when a new one comes; the library would run a thread for it."""

        def put(self, item: RateItem) -> bool:
            self.leak(item.timestamp)
            return super().put(item)

    _check(rates)
    bucket = Bucket([Rate(calls, math.ceil(seconds * 1000)) for calls, seconds in rates])
    return Limiter(SingleBucketFactory(bucket, schedule_leak=False), buffer_ms=0)


def _check(rates: Sequence[tuple[int, float]]) -> None:
    if not rates or any(calls < 1 or not 0.001 <= seconds < math.inf for calls, seconds in rates):
        raise ValueError("a rate is a number of calls, at least 1, and a number of seconds, at least 0.001")
    for (calls, seconds), (more, longer) in pairwise(rates):
        if not (longer > seconds and more > calls and more / longer < calls / seconds):
            raise ValueError(
                "of two rates, the one for a longer time comes last, with more calls, and fewer per second"
            )


class Budget:
    """Rate limits whose limiter is made when it matters: the first calls are few, and the library takes long to load.

    Args:
        rates: as for :func:`limiter`.

    Raises:
        ValueError: as for :func:`limiter`.
    """

    def __init__(self, rates: Sequence[tuple[int, float]]) -> None:
        _check(rates)
        self._rates = rates
        self._free = min(_FREE, *(calls - 1 for calls, _ in rates))
        self._calls: list[float] = []
        self._limiter: Limiter | None = None
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Budget({self._rates!r})"

    def limiter(self) -> Limiter | None:
        """The limiter that the next call has to wait for; None if that call is counted already."""
        with self._lock:
            if self._limiter is None:
                if len(self._calls) < self._free:
                    self._calls.append(time.monotonic())
                    return None
                self._limiter = _with_calls(limiter(self._rates), self._calls)
            return self._limiter


_FREE = 20
"""Calls that are only written down; far fewer than any limit that a vendor publishes."""


def _with_calls(limiter: Limiter, moments: Sequence[float]) -> Limiter:
    """A limiter that knows of calls which were made without it."""
    now = time.monotonic()
    for moment in moments:
        item: Any = limiter.bucket_factory.wrap_item(_NAME)
        item.timestamp -= round((now - moment) * 1000)
        bucket: Any = limiter.bucket_factory.get(item)
        bucket.put(item)
    return limiter


def acquire(limiter: Limiter | Budget) -> None:
    """Wait until a call is allowed, however long that takes, and count it.

    Raises:
        ConfigurationError: the limiter is one for event loops only.
    """
    counting = limiter.limiter() if isinstance(limiter, Budget) else limiter
    while counting is not None and (answer := _count(counting)) is not None:
        if isinstance(answer, _Asynchronous):
            answer.close()
            raise ConfigurationError("this rate limiter is asynchronous: only async clients can use it")
        time.sleep(answer)


async def acquire_async(limiter: Limiter | Budget) -> None:
    """Wait until a call is allowed, however long that takes, and count it; other tasks go on meanwhile.

    A task that is cancelled while it waits has counted nothing; where the budget is kept in a file or on a server, it
    may have counted its one call.
    """
    import asyncio  # noqa: PLC0415 - the caller has imported it by now

    counting = limiter.limiter() if isinstance(limiter, Budget) else limiter
    if counting is None:
        return
    in_memory = _is_in_memory(counting)
    while True:
        answer = _count(counting) if in_memory else await asyncio.to_thread(_count, counting)
        seconds = await answer.get() if isinstance(answer, _Asynchronous) else answer
        if seconds is None:
            return
        await asyncio.sleep(seconds)


def _count(limiter: Limiter) -> float | _Asynchronous | None:
    """Count a call, if one is allowed now, and return None; else return the seconds until it may be."""
    with _locked(limiter):  # because a bucket knows the waiting time of its last refusal only
        item: Any = limiter.bucket_factory.wrap_item(_NAME)
        bucket: Any = limiter.bucket_factory.get(item)
        counted = bucket.put(item)
        if counted is True:
            return None
        if counted is False:
            return _seconds(limiter, bucket.waiting(item))
    return _Asynchronous(limiter, bucket, item, counted)


class _Asynchronous(NamedTuple):
    """The answer of a bucket that must be awaited."""

    limiter: Limiter
    bucket: AbstractBucket
    item: RateItem
    counted: Coroutine[Any, Any, bool]

    async def get(self) -> float | None:
        if await self.counted:
            return None
        waiting = self.bucket.waiting(self.item)
        return _seconds(self.limiter, waiting if isinstance(waiting, int) else await waiting)

    def close(self) -> None:
        self.counted.close()


def _seconds(limiter: Limiter, milliseconds: int) -> float:
    return max(0, milliseconds + limiter.buffer_ms) / 1000


def _locked(limiter: Limiter) -> AbstractContextManager[object]:
    lock = limiter.lock
    if isinstance(lock, tuple):
        from pyrate_limiter.limiter import combined_lock  # noqa: PLC0415

        return combined_lock(lock, blocking=True)
    return cast("AbstractContextManager[object]", lock)


def _is_in_memory(limiter: Limiter) -> bool:
    """Whether counting a call takes no file and no network."""
    from pyrate_limiter import InMemoryBucket, MultiprocessBucket  # noqa: PLC0415

    bucket = getattr(limiter.bucket_factory, "bucket", None)  # a user's factory need not have one
    return isinstance(bucket, InMemoryBucket) and not isinstance(bucket, MultiprocessBucket)
