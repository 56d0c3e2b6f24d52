"""Groups: calls, pages and results go through one sender, and are the same for both twins."""

from __future__ import annotations

import asyncio
import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, assert_type

import httpx
import pytest

from abwire_core import groups
from abwire_core.encoding import unless_empty
from abwire_core.errors import ApiStatusError, DecodeError, ResultsFailedError, ResultsTimeoutError
from abwire_core.groups import AsyncGroup, Group, Results
from abwire_core.operations import Operation
from abwire_core.pages import AsyncPages, Count, Pages
from abwire_core.types import UNSET, Unset


def read(answer: Any) -> Any:
    """Parse an answer of the script, which is a response or what is read from one."""
    return answer.json() if isinstance(answer, httpx.Response) else answer


LIST: Operation[list[str]] = Operation("list-things", "GET", "/things", read, lambda response: None)
REQUEST: Operation[Any] = Operation("request-report", "POST", "/reports", read, lambda response: None)
POLL: Operation[Any] = Operation("get-report", "GET", "/report", read, lambda response: None)
CODE = "123|456"


@dataclass
class Script:
    """Stands for a sender: notes what is to be sent, and answers as it is told."""

    answers: list[Any]
    calls: list[tuple[Operation[Any], dict[str, Any]]] = field(default_factory=list)

    def call(self, operation: Operation[Any], request: dict[str, Any]) -> Any:
        self.calls.append((operation, request))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return operation.parse(answer)


class AsyncScript(Script):
    """The same for async groups."""

    async def call(self, operation: Operation[Any], request: dict[str, Any]) -> Any:
        await asyncio.sleep(0)
        return super().call(operation, request)


class ThingsGroup(Group):
    """A group as it is generated."""


class AsyncThingsGroup(AsyncGroup):
    """Its twin."""


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def is_async(request: pytest.FixtureRequest) -> bool:
    """Which of the twins is tested."""
    return bool(request.param)


def made(is_async: bool, *answers: Any) -> tuple[Any, Script]:
    """A group, and the script of what it is answered with."""
    script = (AsyncScript if is_async else Script)(list(answers))
    return (AsyncThingsGroup if is_async else ThingsGroup)(script), script  # type: ignore[arg-type]


def outcome(result: Any) -> Any:
    """What comes of a call of either twin."""
    return asyncio.run(result) if inspect.iscoroutine(result) else result


def test_a_group_shows_its_class_and_nothing_else(is_async: bool) -> None:
    group, _ = made(is_async)

    assert repr(group) == ("<AsyncThingsGroup>" if is_async else "<ThingsGroup>")


# --- pages ---


def numbered(page: int) -> dict[str, Any]:
    """The request for a page."""
    return {"method": "get", "url": "/things", "params": {"page": page}}


def listed(is_async: bool, page: int | Unset, size: int | Unset, *answers: list[str]) -> tuple[list[str], Script]:
    """The items of a list, and what was sent for them."""
    group, script = made(is_async, *answers)
    pages = group._pages(LIST, numbered, page, size)
    assert isinstance(pages, AsyncPages if is_async else Pages)
    assert script.calls == []
    return outcome(pages.to_list()), script


def test_pages_are_called_for_one_after_the_other(is_async: bool) -> None:
    items, script = listed(is_async, UNSET, UNSET, ["a", "b"], ["c"], [])

    assert items == ["a", "b", "c"]
    assert [request for _, request in script.calls] == [numbered(1), numbered(2), numbered(3)]
    assert {operation.operation_id for operation, _ in script.calls} == {LIST.operation_id}


@pytest.mark.parametrize("page", [0, 1, 3])
def test_the_first_page_is_the_one_that_is_asked_for(is_async: bool, page: int) -> None:
    items, script = listed(is_async, page, UNSET, ["a"], [])

    assert items == ["a"]
    assert [request for _, request in script.calls] == [numbered(page), numbered(page + 1)]


def test_the_count_of_pages_comes_from_the_response(is_async: bool) -> None:
    answers = [httpx.Response(200, headers={"X-Pages": "2"}, json=[name]) for name in "abc"]
    group, script = made(is_async, *answers)
    pages = group._pages(LIST, numbered, UNSET, 2, count=Count(header="X-Pages"))

    assert outcome(pages.to_list()) == ["a", "b"]
    assert len(script.answers) == 1


def test_the_identifier_and_the_limit_are_those_of_the_list(is_async: bool) -> None:
    group, _ = made(is_async, [{"key": 1, "n": 1}], [{"key": 2, "n": 2}], [{"key": 1, "n": 3}])
    assert outcome(group._pages(LIST, numbered, UNSET, 2, identifier="key").to_list()) == [
        {"key": 1, "n": 1},
        {"key": 2, "n": 2},
    ]
    group, script = made(is_async, ["a", "b"], ["c"])
    assert outcome(group._pages(LIST, numbered, UNSET, 2, limit=1).to_list()) == ["a"]
    assert len(script.calls) == 1


@pytest.mark.parametrize("size", [UNSET, 0, -1, 5])
def test_without_a_page_of_the_size_that_is_asked_for_the_list_goes_on(is_async: bool, size: int | Unset) -> None:
    items, script = listed(is_async, UNSET, size, ["a", "b"], ["c"], [])

    assert items == ["a", "b", "c"]
    assert script.answers == []


def test_a_list_that_is_iterated_again_is_fetched_again(is_async: bool) -> None:
    group, script = made(is_async, ["a"], [], ["b"], [])
    pages = group._pages(LIST, numbered, UNSET, UNSET)

    assert outcome(pages.to_list()) == ["a"]
    assert outcome(pages.to_list()) == ["b"]
    assert len(script.calls) == 4


def test_pages_are_typed() -> None:
    group, twin = Group(Script([])), AsyncGroup(AsyncScript([]))  # type: ignore[arg-type]

    assert_type(group._pages(LIST, numbered, UNSET, UNSET), Pages[str])
    assert_type(twin._pages(LIST, numbered, UNSET, UNSET), AsyncPages[str])


# --- bodies ---


@dataclass
class Body:
    """A body, as a model."""

    values: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        return self.values


def test_only_a_body_that_says_nothing_is_left_out() -> None:
    empty, zero = Body({}), Body({"page": 0})

    assert unless_empty(empty) is UNSET
    assert unless_empty(zero) is zero
    assert unless_empty(Body({"text": None})) == Body({"text": None})


# --- results ---


def results(**other: Any) -> Results[Any]:
    """How a report is asked for; its answers are dicts."""
    members: dict[str, Any] = {
        "request": REQUEST,
        "poll": POLL,
        "poll_request": lambda code: {"method": "get", "url": "/report", "params": {"code": code}},
        "code": lambda answer: answer["code"],
        "state": lambda answer: answer.get("state", UNSET),
        "states": {"BUSY": "waiting", "DONE": "ready", "BROKEN": "failed"},
        "outcome": lambda answer: answer.get("data", UNSET),
        "pointer": "/data",
    }
    return Results(**{**members, **other})


SENT = {"method": "post", "url": "/reports", "json": {"goals": [1]}}


def fetched(is_async: bool, *polls: Any, **options: Any) -> tuple[Any, Script]:
    """Results, and what was sent for them."""
    group, script = made(is_async, {"code": CODE}, *polls)
    options = {"timeout": 300.0, "poll_interval": 0.0, "on_poll": None, **options}
    return outcome(group._fetch(results(), SENT, **options)), script


def test_results_are_requested_once_and_polled_for_with_the_code(is_async: bool) -> None:
    data, script = fetched(is_async, {"state": "BUSY"}, {"state": "DONE", "data": [1, 2]})

    assert data == [1, 2]
    poll = (POLL, {"method": "get", "url": "/report", "params": {"code": CODE}})
    assert script.calls == [(REQUEST, SENT), poll, poll]


@pytest.mark.parametrize("data", [0, "", [], {}, False], ids=repr)
def test_results_may_be_empty(is_async: bool, data: Any) -> None:
    found, _ = fetched(is_async, {"state": "DONE", "data": data})

    assert found == data


@pytest.mark.parametrize("state", ["QUEUED", "done", UNSET, None, 5], ids=repr)
def test_a_state_that_is_not_known_means_waiting(is_async: bool, state: Any) -> None:
    polled: list[int] = []

    fetched(is_async, {"state": state}, {"state": "DONE", "data": 1}, on_poll=lambda attempt, _: polled.append(attempt))

    assert polled == [1]


def test_the_options_of_polling_are_passed_on(is_async: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Mapping[str, Any]] = []

    def poll(code: str, fetch: Any, state: Any, **options: Any) -> dict[str, Any]:
        seen.append({"code": code, **options})
        return {"data": 1}

    async def poll_async(code: str, fetch: Any, state: Any, **options: Any) -> dict[str, Any]:
        return poll(code, fetch, state, **options)

    monkeypatch.setattr(groups, "poll", poll)
    monkeypatch.setattr(groups, "poll_async", poll_async)
    options = {"timeout": None, "poll_interval": 7.5, "on_poll": lambda attempt, elapsed: None}

    assert fetched(is_async, **options)[0] == 1

    assert seen == [{"code": CODE, **options}]


def test_time_that_is_up_is_an_error_with_the_code(is_async: bool) -> None:
    with pytest.raises(ResultsTimeoutError) as caught:
        fetched(is_async, {"state": "BUSY"}, timeout=0)

    assert caught.value.data_code == CODE
    assert caught.value.__notes__ == [f"data code: {CODE}"]


def test_a_computation_that_failed_is_an_error_with_the_code_and_the_answer(is_async: bool) -> None:
    answer = {"state": "BROKEN", "data": [1]}

    with pytest.raises(ResultsFailedError) as caught:
        fetched(is_async, {"state": "BUSY"}, answer)

    assert caught.value.data_code == CODE
    assert caught.value.poll is answer
    assert caught.value.__notes__ == [f"data code: {CODE}"]


@pytest.mark.parametrize(("answer", "got"), [({"state": "DONE"}, "nothing"), ({"state": "DONE", "data": None}, "null")])
def test_results_that_are_ready_and_missing_are_an_error_with_the_place_and_the_code(
    is_async: bool, answer: dict[str, Any], got: str
) -> None:
    with pytest.raises(DecodeError) as caught:
        fetched(is_async, answer)

    error = caught.value
    assert (error.operation, error.pointer, error.expected, error.got) == ("get-report", "/data", "the results", got)
    assert error.__notes__ == [f"data code: {CODE}"]


def test_an_error_while_polling_is_raised_as_it_is_with_the_code(is_async: bool) -> None:
    failure = ApiStatusError(503, method="GET", path="/report")

    with pytest.raises(ApiStatusError) as caught:
        fetched(is_async, {"state": "BUSY"}, failure)

    assert caught.value is failure
    assert failure.__notes__ == [f"data code: {CODE}"]


@pytest.mark.parametrize(
    "options", [{"timeout": -1}, {"timeout": math.nan}, {"poll_interval": -1}, {"poll_interval": math.inf}], ids=repr
)
def test_seconds_that_make_no_sense_are_refused_before_anything_is_sent(
    is_async: bool, options: dict[str, float]
) -> None:
    group, script = made(is_async, {"code": CODE}, {"state": "DONE", "data": 1})
    with pytest.raises(ValueError, match=f"^{next(iter(options))} must be"):
        outcome(group._fetch(results(), SENT, **{"timeout": 300.0, "poll_interval": 0.0, "on_poll": None, **options}))
    assert script.calls == []


def test_an_error_of_the_request_has_no_code_to_tell(is_async: bool) -> None:
    failure = ApiStatusError(400, method="POST", path="/reports")
    group, script = made(is_async, failure)

    with pytest.raises(ApiStatusError) as caught:
        outcome(group._fetch(results(), SENT, timeout=None, poll_interval=0, on_poll=None))

    assert caught.value is failure
    assert not hasattr(failure, "__notes__")
    assert len(script.calls) == 1


def test_a_task_that_is_cancelled_polls_no_more() -> None:
    group, script = made(True, {"code": CODE}, {"state": "BUSY"}, {"state": "BUSY"})

    async def run() -> None:
        task = asyncio.ensure_future(group._fetch(results(), SENT, timeout=None, poll_interval=60, on_poll=None))
        while len(script.calls) < 2:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())

    assert len(script.calls) == 2
