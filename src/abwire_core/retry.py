"""When a call is sent again, and how long to wait before.

The loop is tenacity's. It is imported at the first retry, because that takes longer than importing all of this package.
"""

from __future__ import annotations

import itertools
import math
import re
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from abwire_core._http import (
    ConnectError,
    ConnectTimeout,
    LocalProtocolError,
    PoolTimeout,
    ProxyError,
    RequestError,
    UnsupportedProtocol,
)
from abwire_core.bounds import seconds_left
from abwire_core.errors import ApiConnectionError, ApiStatusError, ApiTimeoutError
from abwire_core.forks import renew_after_fork

if TYPE_CHECKING:
    from tenacity import RetryCallState

T = TypeVar("T")

FIRST_WAIT: Final = 0.5
"""Seconds that the first wait takes at most; each further one may take twice as long."""

LONGEST_WAIT: Final = 8.0
"""Seconds that a wait takes at most, if the server does not ask for more."""

LONGEST_RETRY_AFTER: Final = 60.0
"""Seconds to wait at most if the server asks for more."""

IDEMPOTENT_METHODS: Final = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
"""The methods that do no more harm when sent twice (RFC 9110, section 9.2.2)."""

NEVER_OPENED: Final = (ConnectError, ConnectTimeout, PoolTimeout, ProxyError)
"""Failures before the first byte of a request. The last one: a proxy did not open the tunnel to the server.

All others may come after the request has arrived, even a failed write: the server may have read enough.
"""

NEVER_SENDABLE: Final = (LocalProtocolError, UnsupportedProtocol)
"""Failures of requests that are wrong in themselves; the same would happen again."""


class Failure(NamedTuple):
    """An attempt that failed.

    Attributes:
        error: what is raised if it is the last one.
        may_retry: whether the call may be sent again, as long as retries are left.
    """

    error: ApiConnectionError | ApiStatusError
    may_retry: bool

    @property
    def retry_after(self) -> float | None:
        """Seconds that the server asks to wait, if it does."""
        return self.error.retry_after if isinstance(self.error, ApiStatusError) else None


class RetryBudget:
    """Retries that the calls of a client may still make together, so that many calls do not multiply an outage.

    A token bucket as in botocore's standard mode: a retry takes tokens, and a call that goes well gives some back.
    Source: https://github.com/boto/botocore/blob/develop/botocore/retries/standard.py (RetryQuotaChecker)
    """

    CAPACITY: Final = 500
    COST: Final = 5
    TIMEOUT_COST: Final = 10

    def __init__(self) -> None:
        self._tokens = self.CAPACITY
        self.after_fork()
        renew_after_fork(self)

    def after_fork(self) -> None:
        """Make a lock that nobody holds."""
        self._lock = threading.Lock()

    def take(self, failure: Failure) -> bool:
        """Take what the retry after a failure costs; return whether there was enough."""
        cost = self.TIMEOUT_COST if isinstance(failure.error, ApiTimeoutError) else self.COST
        with self._lock:
            if self._tokens < cost:
                return False
            self._tokens -= cost
            return True

    def give_back(self, *, was_retried: bool) -> None:
        """Reward a call that went well."""
        with self._lock:
            self._tokens = min(self.CAPACITY, self._tokens + (self.COST if was_retried else 1))


def may_follow_status(status_code: int, *, repeatable: bool) -> bool:
    """Return whether a call may be sent again after an answer.

    Args:
        status_code: the status of the answer.
        repeatable: whether sending the call twice does no harm.
    """
    return status_code == 429 or (status_code >= 500 and repeatable)


def may_follow_error(error: RequestError, *, repeatable: bool) -> bool:
    """Return whether a call may be sent again when no answer came.

    Args:
        error: what the HTTP library raised.
        repeatable: whether sending the call twice does no harm.
    """
    return not isinstance(error, NEVER_SENDABLE) and (repeatable or isinstance(error, NEVER_OPENED))


def seconds_to_wait(retry_after: str | None, now: float) -> float | None:
    """Return what a ``Retry-After`` header says (RFC 9110, section 10.2.3).

    Args:
        retry_after: the header: seconds, which may be fractional, or a date in any of the three forms of HTTP.
        now: the UNIX time in seconds.

    Returns:
        Seconds, 0 for a date in the past; None for a header that is absent or says neither.
    """
    if retry_after is None:
        return None
    text = retry_after.strip()
    if _SECONDS.fullmatch(text):
        seconds = float(text)
        return seconds if math.isfinite(seconds) else None
    try:
        date = parsedate_to_datetime(text)
        # The third form, of C's asctime(), names no zone; all three are in UTC.
        then = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return max(0.0, then - now)


_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")


def again(
    first: Failure,
    attempt: Callable[[int], T | Failure],
    *,
    max_retries: int,
    budget: RetryBudget,
    sleep: Callable[[float], None],
    jitter: Callable[[], float],
    on_retry: Callable[[Failure, int, float], None],
) -> T | Failure:
    """Repeat a call whose first attempt failed, until it goes well, must not be repeated, or no retry is left.

    No retry is left either when the wait before it would outlast the deadline of the call, or the budget is spent.

    Args:
        first: how the first attempt failed.
        attempt: makes another one; its argument is which: 2, 3, ...
        max_retries: how many there may be.
        budget: what all calls of the client share.
        sleep: waits for some seconds.
        jitter: which part of the longest wait to take, 0 to 1.
        on_retry: called before each wait with the failure, the number of the retry, and the seconds to wait.

    Returns:
        The outcome of the last attempt.
    """
    from tenacity import Retrying  # noqa: PLC0415

    numbers = itertools.count(1)

    def next_outcome() -> T | Failure:
        number = next(numbers)
        return first if number == 1 else attempt(number)

    return Retrying(sleep=sleep, **_policy(max_retries, budget, jitter, on_retry))(next_outcome)


async def again_async(
    first: Failure,
    attempt: Callable[[int], Awaitable[T | Failure]],
    *,
    max_retries: int,
    budget: RetryBudget,
    sleep: Callable[[float], Awaitable[None]],
    jitter: Callable[[], float],
    on_retry: Callable[[Failure, int, float], None],
) -> T | Failure:
    """The same as :func:`again`, for async calls."""
    from tenacity import AsyncRetrying  # noqa: PLC0415

    numbers = itertools.count(1)

    async def next_outcome() -> T | Failure:
        number = next(numbers)
        return first if number == 1 else await attempt(number)

    policy = _policy(max_retries, budget, jitter, on_retry)
    outcome: T | Failure = await AsyncRetrying(sleep=sleep, **policy)(next_outcome)
    return outcome


def _policy(
    max_retries: int,
    budget: RetryBudget,
    jitter: Callable[[], float],
    on_retry: Callable[[Failure, int, float], None],
) -> dict[str, Any]:
    """The arguments for tenacity. Attempts return their failures, so whatever they raise passes at once."""
    from tenacity import retry_if_result, wait_exponential  # noqa: PLC0415

    longest = wait_exponential(multiplier=FIRST_WAIT, max=LONGEST_WAIT)

    def wait(state: RetryCallState) -> float:
        asked = _outcome(state).retry_after
        return jitter() * longest(state) if asked is None else min(asked, LONGEST_RETRY_AFTER)

    def stop(state: RetryCallState) -> bool:
        return (
            state.attempt_number > max_retries
            or state.upcoming_sleep >= seconds_left()
            or not budget.take(_outcome(state))
        )

    return {
        "retry": retry_if_result(lambda outcome: isinstance(outcome, Failure) and outcome.may_retry),
        "stop": stop,
        "wait": wait,
        "before_sleep": lambda state: on_retry(_outcome(state), state.attempt_number, state.upcoming_sleep),
        "retry_error_callback": _outcome,
    }


def _outcome(state: RetryCallState) -> Any:
    assert state.outcome is not None  # noqa: S101 - there was an attempt
    return state.outcome.result()
