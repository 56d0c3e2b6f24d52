"""Results that the server computes for a while: the clients poll for them over real sockets, and lose none."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from abwire.kameleoon import models

from abwire_core.errors import (
    ApiConnectionError,
    BadRequestError,
    NotFoundError,
    ResultsFailedError,
    ResultsTimeoutError,
    ServerError,
)
from abwire_sandbox import Sandbox, serve
from abwire_sandbox.requestlog import Logged
from tests.sandbox.callers import Caller

pytestmark = pytest.mark.filterwarnings("ignore:Convert superseded:DeprecationWarning")

WAITS = 3
"""How often results are not there yet."""
SOON = 0.001
"""Seconds between polls, so that tests do not take long."""
OCTOBER = models.DateInterval(
    start=datetime.datetime(2026, 10, 1, tzinfo=datetime.UTC), end=datetime.datetime(2026, 10, 4, tzinfo=datetime.UTC)
)
COUNTED = models.ConversionType.CONVERTED_VISITS
FLAG, EXPERIMENT, SITE = 9001, 188001, 21001
DAY = datetime.date(2026, 10, 1)

Fetch = Callable[..., Any]
"""Fetches results with a caller and the options of polling."""


def of_flag(call: Caller, **options: Any) -> Any:
    request = models.ResultsRequest(date_intervals=[OCTOBER], conversion_type=COUNTED)
    return call("kameleoon.feature_flags.fetch_results", FLAG, request, **options)


def of_experiment(call: Caller, **options: Any) -> Any:
    request = models.ExperimentResultsRequest(date_intervals=[OCTOBER], conversion_type=COUNTED)
    return call("kameleoon.experiments.fetch_results", EXPERIMENT, request, **options)


def of_audience(call: Caller, **options: Any) -> Any:
    level = models.AnalyticsLevel.VISIT
    return call(
        "kameleoon.audiences.fetch_global",
        site_id=SITE,
        start_date=DAY,
        end_date=DAY,
        analytics_level=level,
        **options,
    )


FETCHES: dict[Fetch, tuple[str, str]] = {
    of_flag: (f"/feature-flags/{FLAG}/results", "/results"),
    of_experiment: (f"/experiments/{EXPERIMENT}/results", "/results"),
    of_audience: ("/audiences/global", "/audiences/poll"),
}
"""Where each asks for the computation, and where it polls."""
EVERY_FETCH = pytest.mark.parametrize("fetch", FETCHES, ids=lambda fetch: fetch.__name__)
POLLS = {"/results": "kameleoon.results.poll", "/audiences/poll": "kameleoon.audiences.poll"}


@pytest.fixture(scope="module", autouse=True)
def running() -> Iterator[Sandbox]:
    """A sandbox that takes its time, in place of the one that other tests share."""
    with serve(rate_limits=(), waiting_polls=WAITS) as sandbox:
        yield sandbox


def asked(sandbox: Sandbox, fetch: Fetch) -> list[Logged]:
    """The requests for a computation."""
    return [entry for entry in sandbox.requests if entry.path == FETCHES[fetch][0]]


def polls(sandbox: Sandbox, fetch: Fetch) -> list[Logged]:
    """The polls for its results."""
    return [entry for entry in sandbox.requests if entry.path == FETCHES[fetch][1]]


# --- until they are there ---


@EVERY_FETCH
def test_results_are_polled_for_until_they_are_there(any_call: Caller, sandbox: Sandbox, fetch: Fetch) -> None:
    heard: list[tuple[int, float]] = []

    found = fetch(any_call, poll_interval=SOON, on_poll=lambda attempt, elapsed: heard.append((attempt, elapsed)))

    assert found.to_dict()
    assert [attempt for attempt, _ in heard] == list(range(1, WAITS + 1))
    assert [elapsed for _, elapsed in heard] == sorted(elapsed for _, elapsed in heard)
    assert len(asked(sandbox, fetch)) == 1
    assert [entry.status for entry in polls(sandbox, fetch)] == [200] * (WAITS + 1)
    assert len({entry.query for entry in polls(sandbox, fetch)}) == 1


@EVERY_FETCH
def test_the_same_question_has_the_same_answer(any_call: Caller, sandbox: Sandbox, fetch: Fetch) -> None:
    assert fetch(any_call, poll_interval=SOON) == fetch(any_call, poll_interval=SOON)
    codes = {entry.query for entry in polls(sandbox, fetch)}
    assert len(codes) == len(asked(sandbox, fetch)) == 2


def test_the_time_between_polls_is_what_was_asked_for_and_grows(any_call: Caller, sandbox: Sandbox) -> None:
    heard: list[float] = []

    of_flag(any_call, poll_interval=0.1, on_poll=lambda attempt, elapsed: heard.append(elapsed))

    assert heard[1] - heard[0] >= 0.1
    assert heard[2] - heard[1] >= 0.15


# --- when time is up ---


@EVERY_FETCH
def test_when_time_is_up_polling_can_go_on_with_the_code(any_call: Caller, sandbox: Sandbox, fetch: Fetch) -> None:
    with pytest.raises(ResultsTimeoutError) as raised:
        fetch(any_call, timeout=0)

    code = raised.value.data_code
    assert code in str(raised.value)
    assert [dict(entry.query) for entry in polls(sandbox, fetch)] == [{"dataCode": code}]
    answers = [any_call(POLLS[FETCHES[fetch][1]], data_code=code) for _ in range(WAITS)]
    assert [answer.status for answer in answers] == ["WAITING"] * (WAITS - 1) + ["READY"]
    assert answers[-1].data == fetch(any_call, poll_interval=SOON)
    assert len(asked(sandbox, fetch)) == 2


def test_a_timeout_is_kept_and_the_last_poll_is_at_its_end(any_call: Caller, sandbox: Sandbox) -> None:
    with pytest.raises(ResultsTimeoutError) as raised:
        of_flag(any_call, timeout=1.0, poll_interval=0.5)

    assert raised.value.elapsed >= 1.0
    assert len(polls(sandbox, of_flag)) == 3  # at once, after the interval, and at the end


# --- when there will be none ---


@EVERY_FETCH
@pytest.mark.parametrize("count", [None, 1])
def test_a_computation_that_fails_is_an_error_with_the_code(
    any_call: Caller, sandbox: Sandbox, fetch: Fetch, count: int | None
) -> None:
    sandbox.faults.add("failed_results", count=count)

    with pytest.raises(ResultsFailedError) as raised:
        fetch(any_call, poll_interval=SOON)

    assert raised.value.poll.status == "ERROR"
    assert dict(polls(sandbox, fetch)[-1].query) == {"dataCode": raised.value.data_code}
    assert len(polls(sandbox, fetch)) == WAITS + 1


def test_a_computation_whose_subject_is_removed_meanwhile_fails(any_call: Caller, sandbox: Sandbox) -> None:
    draft = next(found for found in any_call("kameleoon.experiments.list") if found.status == "DRAFT")
    sandbox.unlock("experiments", draft.id)
    request = models.ExperimentResultsRequest(conversion_type=COUNTED)
    code = any_call("kameleoon.experiments.request_results", draft.id, request).data_code
    any_call("kameleoon.experiments.delete", draft.id)

    states = [str(any_call("kameleoon.results.poll", data_code=code).status) for _ in range(WAITS + 1)]

    assert states == ["WAITING"] * WAITS + ["ERROR"]


def test_what_is_not_there_is_not_polled_for(any_call: Caller, sandbox: Sandbox) -> None:
    request = models.ResultsRequest(date_intervals=[OCTOBER], conversion_type=COUNTED)
    with pytest.raises(NotFoundError):
        any_call("kameleoon.feature_flags.fetch_results", 17, request)
    with pytest.raises(BadRequestError):
        any_call("kameleoon.results.poll", data_code="17")

    assert len(polls(sandbox, of_flag)) == 1


# --- faults on the way ---


@EVERY_FETCH
@pytest.mark.parametrize(
    "options",
    [
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 429},
        {"kind": "drop"},
        {"kind": "cut"},
        {"kind": "expired_token"},
    ],
    ids=lambda options: str(options.get("status", options["kind"])),
)
def test_a_fault_in_mid_poll_does_not_ask_for_the_computation_anew(
    insistent: Caller, sandbox: Sandbox, fetch: Fetch, options: dict[str, Any]
) -> None:
    whole = fetch(insistent, poll_interval=SOON)
    faults = [sandbox.faults.add(**options, path=FETCHES[fetch][1], count=1)]

    def break_down(attempt: int, elapsed: float) -> None:
        faults.append(sandbox.faults.add(**options, path=FETCHES[fetch][1], count=1))

    assert fetch(insistent, poll_interval=SOON, on_poll=break_down) == whole
    assert all(fault.hits for fault in faults)
    assert len(asked(sandbox, fetch)) == 2


@EVERY_FETCH
@pytest.mark.parametrize(("kind", "error"), [("status", ServerError), ("drop", ApiConnectionError)])
def test_a_poll_that_fails_for_good_says_with_which_code_to_go_on(
    insistent: Caller, sandbox: Sandbox, fetch: Fetch, kind: str, error: type[Exception]
) -> None:
    sandbox.faults.add(kind, path=FETCHES[fetch][1])

    with pytest.raises(error) as raised:
        fetch(insistent, poll_interval=SOON)

    (code,) = {dict(entry.query)["dataCode"] for entry in polls(sandbox, fetch)}
    assert raised.value.__notes__ == [f"data code: {code}"]
    assert len(polls(sandbox, fetch)) == 3
    sandbox.faults.clear()
    states = [str(insistent(POLLS[FETCHES[fetch][1]], data_code=code).status) for _ in range(WAITS + 1)]
    assert states == ["WAITING"] * WAITS + ["READY"]


@pytest.mark.parametrize("options", [{"kind": "status", "status": 503}, {"kind": "drop"}, {"kind": "cut"}], ids=str)
def test_a_computation_may_be_asked_for_twice(insistent: Caller, sandbox: Sandbox, options: dict[str, Any]) -> None:
    """It changes nothing that anybody sees; its spec says so."""
    sandbox.faults.add(**options, path=FETCHES[of_flag][0], count=1)

    assert of_flag(insistent, poll_interval=SOON).to_dict()
    assert len(asked(sandbox, of_flag)) == 2
