"""Waits for results that a server computes. Knows a callable that asks for them, and nothing of connections."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from abwire_core import bounds
from abwire_core.errors import ApiTimeoutError, ResultsFailedError, ResultsTimeoutError

T = TypeVar("T")

_GROWTH = 1.5
_LONGEST_PAUSE = 10.0
SHORTEST_FETCH = 10.0
"""Seconds that a fetch may take, however little time is left."""


async def _sleep(seconds: float) -> None:
    import asyncio  # noqa: PLC0415 - takes longer to load than the rest of the core, and is for the async client only

    await asyncio.sleep(seconds)


def poll(
    code: str,
    fetch: Callable[[str], T],
    state: Callable[[T], str],
    *,
    timeout: float | None = 300.0,
    poll_interval: float = 2.0,
    on_poll: Callable[[int, float], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> T:
    """Fetch results until they are ready.

    The first fetch is made at once, the second after ``poll_interval`` seconds. Each further pause is half as long
    again as the one before, up to 10 seconds; a longer ``poll_interval`` stays as it is. So the default makes 34 calls
    in the 5 minutes of its timeout, where a steady 2 seconds would make 151. When time is up, one last fetch is made.
    Each fetch has a deadline: the end of the timeout, or 10 seconds if there is less time left.

    Args:
        code: the code of the computation.
        fetch: asks for the results of a code.
        state: says what an answer means: ``"ready"``, ``"failed"`` or ``"waiting"``. Anything else means waiting too,
            so that a status that a vendor adds does not end the polling.
        timeout: seconds until the last fetch; 0 for a single fetch, None for no limit.
        poll_interval: seconds between the first two fetches.
        on_poll: called after each fetch that found no results, with the number of fetches so far and the seconds since
            the start.
        clock: returns seconds; for tests.
        sleep: waits for seconds; for tests.

    Returns:
        The first answer that is ready.

    Raises:
        ResultsFailedError: an answer says that there will be no results.
        ResultsTimeoutError: time is up; it has the code, to poll on with.
        ApiTimeoutError: a fetch timed out, and there is time left.
        ValueError: a number of seconds is negative or NaN, or the interval is infinite.
        Exception: whatever ``fetch``, ``state`` and ``on_poll`` raise.
    """
    polling = _Polling(code, state, timeout=timeout, poll_interval=poll_interval, on_poll=on_poll, clock=clock)
    while True:
        with polling.fetching():
            result = fetch(code)
        if (pause := polling.pause_after(result)) is None:
            return result
        sleep(pause)


async def poll_async(
    code: str,
    fetch: Callable[[str], Awaitable[T]],
    state: Callable[[T], str],
    *,
    timeout: float | None = 300.0,
    poll_interval: float = 2.0,
    on_poll: Callable[[int, float], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[object]] = _sleep,
) -> T:
    """Fetch results until they are ready, as :func:`poll` does. Nothing runs on when it is cancelled."""
    polling = _Polling(code, state, timeout=timeout, poll_interval=poll_interval, on_poll=on_poll, clock=clock)
    while True:
        with polling.fetching():
            result = await fetch(code)
        if (pause := polling.pause_after(result)) is None:
            return result
        await sleep(pause)


def check(timeout: float | None, poll_interval: float) -> None:
    """Raise ``ValueError`` if one of the numbers of seconds that :func:`poll` takes is not valid."""
    if timeout is not None and not timeout >= 0:  # so that NaN is refused, too
        raise ValueError(f"timeout must be a number of seconds from 0, or None, not {timeout!r}")
    if not 0 <= poll_interval < math.inf:
        raise ValueError(f"poll_interval must be a finite number of seconds from 0, not {poll_interval!r}")


class _Polling(Generic[T]):
    """Decides what follows on an answer; that it neither fetches nor sleeps lets both ways of doing so share it."""

    def __init__(
        self,
        code: str,
        state: Callable[[T], str],
        *,
        timeout: float | None,
        poll_interval: float,
        on_poll: Callable[[int, float], None] | None,
        clock: Callable[[], float],
    ) -> None:
        check(timeout, poll_interval)
        self._timeout = math.inf if timeout is None else timeout
        self._code = code
        self._state = state
        self._on_poll = on_poll
        self._clock = clock
        self._start = clock()
        self._attempt = 0
        self._pause = poll_interval
        self._is_last = False

    @contextmanager
    def fetching(self) -> Iterator[None]:
        """Bound a fetch, and raise that the results are late if it is cut off after the timeout."""
        left = self._timeout - (self._clock() - self._start)
        try:
            with bounds.deadline(max(left, SHORTEST_FETCH)):
                yield
        except ApiTimeoutError:
            elapsed = self._clock() - self._start
            if elapsed < self._timeout:
                raise
            raise ResultsTimeoutError(self._code, elapsed) from None

    def pause_after(self, result: T) -> float | None:
        """Seconds to wait before the next fetch; None if the result is the final one. Raises if none will be."""
        state = self._state(result)
        if state == "ready":
            return None
        if state == "failed":
            raise ResultsFailedError(self._code, result)
        self._attempt += 1
        elapsed = self._clock() - self._start
        if self._on_poll is not None:
            self._on_poll(self._attempt, elapsed)
        # Not by the clock alone: a sleep may end a tick before the deadline, which then would get two last fetches.
        if self._is_last or elapsed >= self._timeout:
            raise ResultsTimeoutError(self._code, elapsed)
        left = max(self._timeout - (self._clock() - self._start), 0.0)  # by a new look: on_poll may have taken its time
        pause = self._pause
        self._pause = max(pause, min(pause * _GROWTH, _LONGEST_PAUSE))
        self._is_last = left <= pause
        return min(pause, left)


__all__ = ["poll", "poll_async"]
