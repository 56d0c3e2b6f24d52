"""Rate limits: calls wait, first come, first served, until one more is allowed.

A :class:`Budget` counts in memory. Where several processes share one, pyrate-limiter counts, in a file or on a server;
its own waiting (4.5.1) is not used: event loops in several threads run into an assertion of it, a budget that is kept
in a file or on a server holds up the loop, and a clock that is set back makes it wait for as long.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future, wait
from contextlib import AbstractContextManager
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from weakref import WeakKeyDictionary

from abwire_core.errors import ConfigurationError
from abwire_core.forks import renew_after_fork

if TYPE_CHECKING:
    from pyrate_limiter import AbstractBucket, Limiter, RateItem

_NAME = "abwire"
"""Under which name calls are counted; one, because all of them use up the same budget."""

_PATIENCE = 1.0
"""Seconds after which a call that does not take its turn loses it, such as a task whose event loop has ended."""

_LONG = 1.0
"""Seconds from which on a wait is logged."""

_log = logging.getLogger("abwire")


class Budget:
    """Rate limits for any number of threads, tasks and clients of one process; a child process has a budget of its own.

    Args:
        rates: how many calls are allowed in how many seconds, such as ``[(50, 10), (1000, 3600)]``. All hold at any
            moment; of two, the longer one allows more calls, and fewer per second.

    Raises:
        ValueError: there are no rates, or they are not like that.
    """

    def __init__(self, rates: Sequence[tuple[int, float]]) -> None:
        if not rates or any(calls < 1 or not 0.001 <= seconds < math.inf for calls, seconds in rates):
            raise ValueError("a rate is a number of calls, at least 1, and a number of seconds, at least 0.001")
        for (calls, seconds), (more, longer) in pairwise(rates):
            if not (longer > seconds and more > calls and more / longer < calls / seconds):
                raise ValueError(
                    "of two rates, the one for a longer time comes last, with more calls, and fewer per second"
                )
        self._rates = tuple(rates)
        self._moments: deque[float] = deque(maxlen=rates[-1][0])
        self.line = _Line()
        self.after_fork()
        renew_after_fork(self)

    def __repr__(self) -> str:
        return f"Budget({list(self._rates)!r})"

    def after_fork(self) -> None:
        """Make a lock that nobody holds."""
        self._lock = threading.Lock()

    def count(self) -> float | None:
        """Count a call, if one is allowed now, and return None; else return the seconds until it may be."""
        with self._lock:
            now = time.monotonic()
            made = len(self._moments)
            # The call that has to be out of a window is as many calls ago as the window allows.
            until = max(self._moments[-calls] + seconds if made >= calls else now for calls, seconds in self._rates)
            if until > now:
                return until - now
            self._moments.append(now)
            return None


def limiter(rates: Sequence[tuple[int, float]]) -> Budget:
    """Return rate limits for the calls of one process; see :class:`Budget`."""
    return Budget(rates)


class _Line:
    """Calls in the order in which they came; only the first may ask whether it is allowed."""

    def __init__(self) -> None:
        self.is_of_parent = False
        """Whether the process was forked since."""
        self._lock = threading.Lock()
        self._tickets: deque[_Ticket] = deque()
        renew_after_fork(self)

    def after_fork(self) -> None:
        """Begin with nobody waiting: whoever does so, does so in the parent."""
        self.is_of_parent = True
        self._lock = threading.Lock()
        self._tickets = deque()

    def enter(self) -> _Ticket:
        """Stand in line."""
        with self._lock:
            ticket = _Ticket(is_first=not self._tickets)
            self._tickets.append(ticket)
            return ticket

    def leave(self, ticket: _Ticket) -> None:
        """Give the turn to the next; a call that has lost its turn gives up nothing."""
        with self._lock:
            was_first = bool(self._tickets) and self._tickets[0] is ticket
            if ticket in self._tickets:
                self._tickets.remove(ticket)
            if was_first and self._tickets:
                self._tickets[0].take_turn()

    def pass_by(self) -> None:
        """Take the turn from a call that does not make use of it."""
        with self._lock:
            first = self._tickets[0] if self._tickets else None
        if first is not None and time.monotonic() > first.due + _PATIENCE:
            self.leave(first)


class _Ticket:
    """Place of a call in the line."""

    def __init__(self, *, is_first: bool) -> None:
        self.turn: Future[None] | None = None if is_first else Future()
        self.due = time.monotonic()
        """When the call is expected to ask, once it is the first."""

    def take_turn(self) -> None:
        self.due = time.monotonic()
        if self.turn is not None and not self.turn.done():
            self.turn.set_result(None)


_lines: WeakKeyDictionary[Limiter, _Line] = WeakKeyDictionary()


def _line(limiter: Limiter | Budget) -> _Line:
    if isinstance(limiter, Budget):
        return limiter.line
    line = _lines.get(limiter) or _lines.setdefault(limiter, _Line())
    if line.is_of_parent:
        raise ConfigurationError("this rate limiter was made before the process was forked: make one in each process")
    return line


def check(limiter: Limiter | Budget | None) -> None:
    """Have a limiter known from when its client is made, so that its use after a fork is noticed."""
    if limiter is not None:
        _line(limiter)


def acquire(limiter: Limiter | Budget, timeout: float = math.inf) -> bool:
    """Wait until a call is allowed, and count it; return False if none will be before the timeout.

    Raises:
        ConfigurationError: the limiter is one for event loops only, or was made before a fork.
    """
    end = time.monotonic() + timeout
    line = _line(limiter)
    ticket = line.enter()
    try:
        while ticket.turn is not None and not ticket.turn.done():
            if (left := end - time.monotonic()) <= 0:
                return False
            wait([ticket.turn], min(left, _PATIENCE))
            line.pass_by()
        while (answer := _count(limiter)) is not None:
            if isinstance(answer, _Asynchronous):
                answer.close()
                raise ConfigurationError("this rate limiter is asynchronous: only async clients can use it")
            if not _may_wait(answer, ticket, end):
                return False
            time.sleep(answer)
        return True
    finally:
        line.leave(ticket)


async def acquire_async(limiter: Limiter | Budget, timeout: float = math.inf) -> bool:
    """The same as :func:`acquire`, for tasks; other tasks go on meanwhile.

    A task that is cancelled while it waits has counted nothing; where the budget is kept in a file or on a server, it
    may have counted its one call.
    """
    import asyncio  # noqa: PLC0415 - the caller has imported it by now

    end = time.monotonic() + timeout
    line = _line(limiter)
    in_memory = isinstance(limiter, Budget) or _is_in_memory(limiter)
    ticket = line.enter()
    try:
        if ticket.turn is not None:
            turn = asyncio.wrap_future(ticket.turn)
            while not turn.done():
                if (left := end - time.monotonic()) <= 0:
                    return False
                await asyncio.wait([turn], timeout=min(left, _PATIENCE))
                line.pass_by()
        while True:
            answer = _count(limiter) if in_memory else await asyncio.to_thread(_count, limiter)
            seconds = await answer.get() if isinstance(answer, _Asynchronous) else answer
            if seconds is None:
                return True
            if not _may_wait(seconds, ticket, end):
                return False
            await asyncio.sleep(seconds)
    finally:
        line.leave(ticket)


def _may_wait(seconds: float, ticket: _Ticket, end: float) -> bool:
    now = time.monotonic()
    ticket.due = now + seconds
    if seconds > _LONG:
        _log.info("the rate limit allows the next call in %.1f s", seconds)
    return ticket.due <= end


def _count(limiter: Limiter | Budget) -> float | _Asynchronous | None:
    """Count a call, if one is allowed now, and return None; else return the seconds until it may be."""
    if isinstance(limiter, Budget):
        return limiter.count()
    with _locked(limiter):  # because a bucket knows the waiting time of its last refusal only
        item: Any = limiter.bucket_factory.wrap_item(_NAME)
        bucket: Any = limiter.bucket_factory.get(item)
        counted = bucket.put(item)
        if counted is True:
            return None
        if counted is False:
            return _seconds(limiter, bucket, bucket.waiting(item))
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
        return _seconds(self.limiter, self.bucket, waiting if isinstance(waiting, int) else await waiting)

    def close(self) -> None:
        self.counted.close()


def _seconds(limiter: Limiter, bucket: AbstractBucket, milliseconds: int) -> float:
    # No call has to wait for longer than its rate counts, unless a clock was set back.
    longest = (bucket.failing_rate or bucket.rates[-1]).interval
    return max(0, min(milliseconds, longest) + limiter.buffer_ms) / 1000


def _locked(limiter: Limiter) -> AbstractContextManager[object]:
    lock = limiter.lock
    if isinstance(lock, tuple):
        from pyrate_limiter.limiter import combined_lock  # noqa: PLC0415

        return combined_lock(lock, blocking=True)
    return cast("AbstractContextManager[object]", lock)


def _is_in_memory(limiter: Limiter) -> bool:
    """Return whether counting a call takes no file and no network."""
    from pyrate_limiter import InMemoryBucket, MultiprocessBucket  # noqa: PLC0415

    bucket = getattr(limiter.bucket_factory, "bucket", None)  # a user's factory need not have one
    return isinstance(bucket, InMemoryBucket) and not isinstance(bucket, MultiprocessBucket)
