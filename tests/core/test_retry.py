"""When a call is sent again, and after what wait (RFC 9110, sections 9.2.2 and 10.2.3)."""

from __future__ import annotations

import asyncio
import itertools
import math
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abwire_core import bounds, retry
from abwire_core.errors import ApiConnectionError, ApiStatusError, ApiTimeoutError
from abwire_core.retry import Failure, RetryBudget
from tests.core.calls import NOW, SYNC_AND_ASYNC, Waits


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("3", 3),
        ("120", 120),
        ("86400", 86400),
        ("007", 7),
        ("0.25", 0.25),
        ("1.5", 1.5),
        (" 3 ", 3),
        ("Sun, 06 Nov 1994 08:49:40 GMT", 3),
        ("Sunday, 06-Nov-94 08:49:40 GMT", 3),
        ("Sun Nov  6 08:49:40 1994", 3),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
        ("Sun, 06 Nov 1994 09:49:37 GMT", 3600),
        ("Sun, 06 Nov 1994 08:49:36 GMT", 0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
    ],
)
def test_retry_after_is_seconds_or_a_date_in_any_form_of_http(header: str, seconds: float) -> None:
    assert retry.seconds_to_wait(header, NOW) == seconds


@pytest.fixture
def far_from_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have the machine stand in another time zone."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone of a process is fixed on this system")
@pytest.mark.usefixtures("far_from_utc")
@pytest.mark.parametrize("header", ["Sun, 06 Nov 1994 08:49:40 GMT", "Sun Nov  6 08:49:40 1994"])
def test_dates_are_in_utc_wherever_the_machine_is(header: str) -> None:
    assert retry.seconds_to_wait(header, NOW) == 3


@pytest.mark.parametrize(
    "header",
    [
        *(None, "", " ", "soon", "-1", "-0.5", "+1", "nan", "inf", "1e3", "1_0", "0x10", "1,5", "1.", ".5", "1.5.2"),
        *("5 seconds", "3, 4", "٣", "²", "9" * 400),
        *("Sun, 99 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 99999 08:49:37 GMT"),
    ],
    ids=lambda header: repr(header)[:40],
)
def test_a_retry_after_that_is_neither_is_ignored(header: str | None) -> None:
    assert retry.seconds_to_wait(header, NOW) is None


@given(st.text())
def test_no_retry_after_is_an_error(header: str) -> None:
    seconds = retry.seconds_to_wait(header, NOW)
    assert seconds is None or 0 <= seconds < math.inf


@given(st.integers(0, 2_000_000_000))
def test_dates_are_read_as_they_are_written(then: int) -> None:
    assert retry.seconds_to_wait(formatdate(then, usegmt=True), NOW) == max(0, then - NOW)


@pytest.mark.parametrize(
    ("status", "of_what_is_repeatable", "of_the_rest"),
    [
        *[(status, False, False) for status in (301, 302, 304, 400, 401, 403, 404, 408, 409, 418, 422, 423, 425, 451)],
        (429, True, True),
        *[(status, True, False) for status in (500, 501, 502, 503, 504, 511, 520, 529, 599)],
    ],
)
def test_what_may_be_sent_again_after_a_status(status: int, of_what_is_repeatable: bool, of_the_rest: bool) -> None:
    assert retry.may_follow_status(status, repeatable=True) is of_what_is_repeatable
    assert retry.may_follow_status(status, repeatable=False) is of_the_rest


ANY_CALL = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
NO_CALL = (httpx.LocalProtocolError, httpx.UnsupportedProtocol)


def _subclasses(cls: type[httpx.RequestError]) -> list[type[httpx.RequestError]]:
    return [cls, *(below for child in cls.__subclasses__() for below in _subclasses(child))]


@pytest.mark.parametrize("error", _subclasses(httpx.RequestError), ids=lambda error: error.__name__)
def test_what_may_be_sent_again_when_no_answer_came(error: type[httpx.RequestError]) -> None:
    # Every class of the library: one that it adds later counts as a request that may have arrived.
    assert retry.may_follow_error(error("made up"), repeatable=True) is (error not in NO_CALL)
    assert retry.may_follow_error(error("made up"), repeatable=False) is (error in ANY_CALL)


BROKEN = Failure(ApiConnectionError("broken", method="GET", path="/a"), may_retry=True)
HOPELESS = Failure(ApiConnectionError("broken", method="GET", path="/a"), may_retry=False)


def asked(seconds: float | None) -> Failure:
    """A failure whose answer asked to wait."""
    return Failure(ApiStatusError.of(429)(429, method="GET", path="/a", retry_after=seconds), may_retry=True)


def run(
    *outcomes: Failure | str,
    is_async: bool,
    max_retries: int = 2,
    jitter: Callable[[], float] = lambda: 1.0,
    budget: RetryBudget | None = None,
) -> tuple[Failure | str, list[float], list[int]]:
    """Repeat what had these outcomes; returns the last one, the waits, and the numbers of the attempts."""
    first, *others = outcomes
    assert isinstance(first, Failure)
    waits = Waits()
    numbers: list[int] = []

    def attempt(number: int) -> Failure | str:
        numbers.append(number)
        return others[len(numbers) - 1]

    async def attempt_async(number: int) -> Failure | str:
        return attempt(number)

    options: dict[str, Any] = {
        "max_retries": max_retries,
        "jitter": jitter,
        "budget": RetryBudget() if budget is None else budget,
        "on_retry": lambda *_: None,
    }
    if is_async:
        last = asyncio.run(retry.again_async(first, attempt_async, sleep=waits.sleep_async, **options))
    else:
        last = retry.again(first, attempt, sleep=waits.sleep, **options)
    return last, list(waits), numbers


@SYNC_AND_ASYNC
def test_the_outcome_is_the_first_that_is_no_failure(is_async: bool) -> None:
    assert run(BROKEN, "done", "never made", is_async=is_async) == ("done", [0.5], [2])


@SYNC_AND_ASYNC
def test_a_failure_that_must_not_be_repeated_is_the_outcome(is_async: bool) -> None:
    last, waits, numbers = run(BROKEN, HOPELESS, "never made", is_async=is_async)
    assert last is HOPELESS
    assert (waits, numbers) == ([0.5], [2])


@SYNC_AND_ASYNC
@pytest.mark.parametrize("max_retries", [1, 2, 5])
def test_the_last_failure_is_the_outcome_when_no_retry_is_left(max_retries: int, is_async: bool) -> None:
    failures = [asked(0.0) for _ in range(max_retries + 1)]
    last, waits, numbers = run(*failures, "never made", is_async=is_async, max_retries=max_retries)
    assert last is failures[-1]
    assert waits == [0] * max_retries
    assert numbers == list(range(2, max_retries + 2))


@SYNC_AND_ASYNC
@pytest.mark.parametrize("jitter", [0, 0.25, 0.5, 1])
def test_each_wait_may_be_twice_as_long_as_the_one_before_up_to_8_seconds(jitter: float, is_async: bool) -> None:
    _, waits, _ = run(*[BROKEN] * 8, is_async=is_async, max_retries=7, jitter=lambda: jitter)
    assert waits == [jitter * longest for longest in (0.5, 1, 2, 4, 8, 8, 8)]


@SYNC_AND_ASYNC
def test_each_wait_is_drawn_anew(is_async: bool) -> None:
    drawn = itertools.cycle([0.1, 0.9, 0.3])
    _, waits, _ = run(*[BROKEN] * 4, is_async=is_async, max_retries=3, jitter=lambda: next(drawn))
    assert waits == pytest.approx([0.1 * 0.5, 0.9 * 1, 0.3 * 2])


@SYNC_AND_ASYNC
@pytest.mark.parametrize(
    ("asked_for", "wait"), [(0, 0), (0.25, 0.25), (3, 3), (59, 59), (60, 60), (61, 60), (86400, 60), (None, 0.5)]
)
def test_the_server_may_ask_for_up_to_60_seconds_which_no_jitter_changes(
    asked_for: float | None, wait: float, is_async: bool
) -> None:
    _, waits, _ = run(asked(asked_for), "done", is_async=is_async)
    assert waits == [wait]


@SYNC_AND_ASYNC
def test_a_wait_that_was_asked_for_counts_as_one_of_the_growing_waits(is_async: bool) -> None:
    _, waits, _ = run(BROKEN, asked(30), BROKEN, "done", is_async=is_async, max_retries=3)
    assert waits == [0.5, 30, 2]


TIMED_OUT = Failure(ApiTimeoutError("timed out", method="GET", path="/a"), may_retry=True)


@SYNC_AND_ASYNC
@pytest.mark.parametrize(("failure", "retries"), [(BROKEN, 100), (asked(0), 100), (TIMED_OUT, 50)])
def test_all_calls_together_have_a_budget_of_retries(failure: Failure, retries: int, is_async: bool) -> None:
    budget = RetryBudget()
    made = sum(len(run(*[failure] * 3, is_async=is_async, budget=budget)[2]) for _ in range(200))
    assert made == retries


def test_calls_that_go_well_fill_the_budget_up_to_what_it_was() -> None:
    budget = RetryBudget()
    while budget.take(BROKEN):
        pass
    for _ in range(4):
        budget.give_back(was_retried=False)
    assert not budget.take(BROKEN)
    budget.give_back(was_retried=False)
    assert budget.take(BROKEN)
    budget.give_back(was_retried=True)
    assert [budget.take(BROKEN), budget.take(BROKEN)] == [True, False]
    for _ in range(1000):
        budget.give_back(was_retried=True)
    assert [budget.take(BROKEN) for _ in range(101)] == [True] * 100 + [False]


@SYNC_AND_ASYNC
@pytest.mark.parametrize(("seconds", "attempts"), [(29, [2]), (31, [])])
def test_a_wait_that_would_outlast_the_deadline_is_not_begun(
    seconds: float, attempts: list[int], is_async: bool
) -> None:
    with bounds.deadline(30):
        _, waits, numbers = run(asked(seconds), BROKEN, is_async=is_async, max_retries=1)
    assert numbers == attempts
    assert waits == [seconds] * len(attempts)
