"""Lists that come in pages: no row is lost and none doubled, whatever is asked for and whatever the server gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from abwire.kameleoon import models

from abwire_core.errors import ApiConnectionError, ServerError
from abwire_sandbox import Sandbox, serve
from abwire_sandbox.specs import Operation, Router, document, paths
from tests.sandbox.callers import Caller, SyncCaller

pytestmark = pytest.mark.filterwarnings("ignore:Convert superseded:DeprecationWarning")

CAP = 20
"""How many items a page of Kameleoon has at most, here."""
CONVERT_CAP = 10
PROJECT = "10010"
FAULTS: list[dict[str, Any]] = [
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 429},
    {"kind": "drop"},
    {"kind": "cut"},
]
TOKEN_FAULT: dict[str, Any] = {"kind": "expired_token"}
NEEDED: dict[str, dict[str, Any]] = {"tags.list": {"type_": models.TagType.FEATURE}}
"""Arguments without which a list makes no sense."""


@pytest.fixture(scope="module", autouse=True)
def running() -> Iterator[Sandbox]:
    """A sandbox with short pages, in place of the one that other tests share."""
    with serve(rate_limits=(), page_size=CAP, convert_page_size=CONVERT_CAP) as sandbox:
        yield sandbox


def goals_there_are(sandbox: Sandbox, count: int) -> list[int]:
    """Make it so many goals; returns their numbers, in their order."""
    with SyncCaller(sandbox) as call:
        there = list(sandbox.dump()["kameleoon.goals"])
        for key in there[count:]:
            call("kameleoon.goals.delete", int(key))
        for number in range(len(there), count):
            body = models.GoalCreate(
                name=f"Goal {number}", site_id=21001, type_=models.GoalType.CUSTOM, has_multiple_conversions=False
            )
            call("kameleoon.goals.create", body)
    sandbox.requests.clear()
    return [goal["id"] for goal in sandbox.dump()["kameleoon.goals"].values()]


def pages_asked(sandbox: Sandbox) -> list[int]:
    """The pages that were asked for, in order."""
    queries = [dict(entry.query) for entry in sandbox.requests if entry.path == "/goals"]
    return [int(query["page"]) for query in queries]


# --- every size, around the cap of the server and the length of the list ---


@pytest.mark.parametrize("count", [0, 1, CAP - 1, CAP, CAP + 1, 2 * CAP, 2 * CAP + 7])
@pytest.mark.parametrize("size", [None, -1, 1, CAP - 1, CAP, CAP + 1, 2 * CAP, 500])
def test_every_row_comes_once_in_its_order(any_call: Caller, sandbox: Sandbox, count: int, size: int | None) -> None:
    there = goals_there_are(sandbox, count)

    found = any_call("kameleoon.goals.list", **({} if size is None else {"per_page": size}))

    assert [goal.id for goal in found] == there
    # Each page is asked for once, and none past the end: the server says how many there are.
    given = CAP if size in (None, -1) else min(CAP, size or CAP)
    assert pages_asked(sandbox) == list(range(1, max(1, -(-count // given)) + 1))


@pytest.mark.parametrize("size", [None, 1, CONVERT_CAP - 1, CONVERT_CAP, CONVERT_CAP + 1, 27, 500])
@pytest.mark.parametrize("group", ["experiences", "goals", "hypotheses", "audiences"])
def test_every_row_of_convert_comes_once_in_its_order(
    any_call: Caller, sandbox: Sandbox, group: str, size: int | None
) -> None:
    found = any_call(f"convert.{group}.list", PROJECT, **({} if size is None else {"results_per_page": size}))

    key = {"goals": "goal_id", "audiences": "audience_id"}.get(group, "id")
    there = [item[key] for item in sandbox.dump()[f"convert-v1.{group}"].values() if str(item["project_id"]) == PROJECT]
    assert [getattr(item, key) for item in found] == there


def lists() -> list[Operation]:
    """The operations of Kameleoon whose answers come in pages."""
    return [
        found for found in Router(document(paths()["kameleoon"])).operations if "x-sdk-pagination" in found.definition
    ]


@pytest.mark.parametrize("operation", lists(), ids=lambda operation: f"{operation.group}.{operation.verb}")
def test_every_list_of_kameleoon_is_the_same_in_pages_of_any_size(any_call: Caller, operation: Operation) -> None:
    name = f"{operation.group}.{operation.verb}"

    def found(size: int) -> list[Any]:
        items: list[Any] = any_call(f"kameleoon.{name}", per_page=size, **NEEDED.get(name, {}))
        return items

    by_three = found(3)
    assert by_three
    assert len({str(item.to_dict()) for item in by_three}) == len(by_three)
    assert found(CAP) == found(200) == by_three


# --- a server that does not page ---


@pytest.mark.parametrize("size", [None, CAP - 1, CAP, CAP + 1])
def test_a_server_that_ignores_the_page_gives_its_rows_once(
    any_call: Caller, sandbox: Sandbox, size: int | None
) -> None:
    there = goals_there_are(sandbox, 3 * CAP)
    sandbox.faults.add("repeat_page", path="/goals")  # the second page is the first

    found = any_call("kameleoon.goals.list", **({} if size is None else {"per_page": size}))

    assert [goal.id for goal in found] == there[: min(CAP, size or CAP)]
    assert pages_asked(sandbox) == [1, 2]


def test_a_server_of_convert_that_ignores_the_page_gives_its_rows_once(any_call: Caller, sandbox: Sandbox) -> None:
    sandbox.faults.add("repeat_page", api="convert-v1")

    found = any_call("convert.hypotheses.list", PROJECT)

    assert len({item.id for item in found}) == len(found) == CONVERT_CAP


# --- what happens between two pages ---


def test_no_page_is_asked_for_before_it_is_wanted(any_call: Caller, sandbox: Sandbox) -> None:
    goals_there_are(sandbox, 2 * CAP + 5)
    asked: list[list[int]] = []

    any_call.in_steps(lambda _: asked.append(pages_asked(sandbox)), "kameleoon.goals.list", per_page=CAP)

    assert asked == [[1], [1, 2], [1, 2, 3]]


def test_an_object_that_is_made_meanwhile_comes_too(any_call: Caller, sandbox: Sandbox, call: SyncCaller) -> None:
    there = goals_there_are(sandbox, 2 * CAP)
    body = models.GoalCreate(name="Late", site_id=21001, type_=models.GoalType.CUSTOM, has_multiple_conversions=False)
    late: list[int] = []

    def make(number: int) -> None:
        if number == 1:
            late.append(call("kameleoon.goals.create", body).id)

    found = any_call.in_steps(make, "kameleoon.goals.list")

    assert [goal.id for goal in found] == there + late


@pytest.mark.parametrize(
    ("removed", "missed"),
    [
        pytest.param(CAP + 3, CAP + 3, id="that is still to come"),
        # As the docstring of the pages says: the server counts the pages, and all that follows has moved up.
        pytest.param(0, CAP, id="that has come already"),
    ],
)
def test_an_object_that_is_removed_meanwhile_doubles_none(
    any_call: Caller, sandbox: Sandbox, call: SyncCaller, removed: int, missed: int
) -> None:
    there = goals_there_are(sandbox, 2 * CAP + 5)

    def remove(number: int) -> None:
        if number == 1:
            call("kameleoon.goals.delete", there[removed])

    found = any_call.in_steps(remove, "kameleoon.goals.list")

    assert [goal.id for goal in found] == [number for number in there if number != there[missed]]


# --- faults between two pages ---


@pytest.mark.parametrize(
    ("name", "arguments", "options"),
    [
        *(("kameleoon.goals.list", (), options) for options in [*FAULTS, TOKEN_FAULT]),
        *(("convert.hypotheses.list", (PROJECT,), options) for options in FAULTS),
    ],
)
def test_a_fault_before_each_page_costs_no_row(
    insistent: Caller, sandbox: Sandbox, name: str, arguments: tuple[str, ...], options: dict[str, Any]
) -> None:
    whole = insistent(name, *arguments)
    faults = []

    def break_down(_: int) -> None:
        faults.append(sandbox.faults.add(**options, count=1))

    assert insistent.in_steps(break_down, name, *arguments) == whole
    # Only Convert is asked for a page past the end: Kameleoon says how many there are.
    assert [fault.hits for fault in faults] == [1, 1, int(name.startswith("convert"))]


@pytest.mark.parametrize(("kind", "error"), [("status", ServerError), ("drop", ApiConnectionError)])
def test_a_list_that_breaks_off_is_not_given_in_part(
    insistent: Caller, sandbox: Sandbox, kind: str, error: type[Exception]
) -> None:
    there = goals_there_are(sandbox, 3 * CAP)
    with pytest.raises(error):
        insistent.in_steps(lambda _: sandbox.faults.add(kind), "kameleoon.goals.list")
    assert pages_asked(sandbox) == [1, 2, 2, 2]
    with pytest.raises(error):
        insistent("kameleoon.goals.list")

    sandbox.faults.clear()
    assert [goal.id for goal in insistent("kameleoon.goals.list")] == there
