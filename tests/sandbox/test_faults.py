"""Faults on demand, the request log, locks and the reset: from Python, and by the control endpoints."""

from __future__ import annotations

import asyncio
import json
import math
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from abwire.kameleoon import AsyncKameleoon, Kameleoon, models

from abwire_core.errors import (
    ApiConnectionError,
    ApiTimeoutError,
    ObjectLockedError,
    ResultsFailedError,
    ServerError,
)
from abwire_sandbox import Sandbox
from abwire_sandbox.faults import KINDS, Fault, Faults
from tests.sandbox.callers import Caller, SyncCaller, token

pytestmark = pytest.mark.filterwarnings("ignore:Convert superseded:DeprecationWarning")


def connected(sandbox: Sandbox, **options: Any) -> Kameleoon:
    return Kameleoon(
        sandbox.client_id, sandbox.client_secret, base_url=sandbox.kameleoon_url, rate_limiter=None, **options
    )


# --- faults ---


def test_a_status_is_answered_as_often_as_wanted_and_nothing_is_done(any_call: Caller, sandbox: Sandbox) -> None:
    site = any_call("kameleoon.sites.list")[0].id
    fault = sandbox.faults.add("status", method="POST", path="/goals", status=500, message="closed", count=1)
    body = models.GoalCreate(name="New", site_id=site, type_=models.GoalType.CUSTOM, has_multiple_conversions=False)

    with pytest.raises(ServerError, match="closed") as raised:
        any_call("kameleoon.goals.create", body)
    any_call("kameleoon.goals.create", body)

    assert isinstance(raised.value.body, models.ApiError)
    assert fault.hits == 1
    assert len(sandbox.dump()["kameleoon.goals"]) == 53


def test_a_connection_is_dropped(any_call: Caller, sandbox: Sandbox) -> None:
    sandbox.faults.add("drop", path="/goals/*", count=1)

    with pytest.raises(ApiConnectionError):
        any_call("kameleoon.goals.get", 30001)
    assert any_call("kameleoon.goals.get", 30001).id == 30001
    assert [entry.status for entry in sandbox.requests if entry.path == "/goals/30001"] == [None, 200]


def test_a_body_is_cut(any_call: Caller, sandbox: Sandbox) -> None:
    sandbox.faults.add("cut", path="/goals/*", count=1)

    with pytest.raises(ApiConnectionError):
        any_call("kameleoon.goals.get", 30001)
    assert any_call("kameleoon.goals.get", 30001).id == 30001


def test_an_answer_is_late(sandbox: Sandbox) -> None:
    sandbox.faults.add("latency", path="/goals/*", seconds=0.3, count=1)
    with connected(sandbox, max_retries=0) as kameleoon:
        kameleoon.sites.list().to_list()
        began = time.monotonic()
        with pytest.raises(ApiTimeoutError):
            kameleoon.with_options(timeout=0.1).goals.get(30001)
        assert time.monotonic() - began < 0.29


def test_a_late_answer_holds_up_nobody_else(sandbox: Sandbox) -> None:
    sandbox.faults.add("latency", path="/goals/30001", seconds=0.3)

    async def run() -> list[str]:
        order: list[str] = []
        async with AsyncKameleoon(
            sandbox.client_id, sandbox.client_secret, base_url=sandbox.kameleoon_url, rate_limiter=None
        ) as kameleoon:

            async def get(number: int) -> None:
                await kameleoon.goals.get(number)
                order.append(str(number))

            await asyncio.gather(get(30001), get(30002))
        return order

    assert asyncio.run(run()) == ["30002", "30001"]


def test_a_token_expires_in_mid_use(any_call: Caller, sandbox: Sandbox) -> None:
    any_call("kameleoon.goals.get", 30001)
    sandbox.faults.add("expired_token", path="/goals/*", count=1)

    assert any_call("kameleoon.goals.get", 30001).id == 30001
    assert [entry.status for entry in sandbox.requests] == [200, 200, 401, 200, 200]


def test_a_page_is_repeated(call: SyncCaller, sandbox: Sandbox) -> None:
    sandbox.faults.add("repeat_page", path="/goals")
    pages = [call.kameleoon.goals.list(page=page, per_page=20).pages() for page in (1, 2)]

    first, second = (next(page) for page in pages)
    assert first == second
    # The client takes a repeated page for a server that ignores the page, and gives its items once.
    assert len(call("kameleoon.goals.list", per_page=20)) == 20


def test_a_fault_hits_the_requests_that_it_is_for() -> None:
    fault = Fault("drop", method="get", path="/goals/*", api="kameleoon", count=1)

    assert fault.fits("kameleoon", "GET", "/goals/1")
    assert fault.fits("kameleoon", "GET", "/goals/1/2")
    assert not fault.fits("kameleoon", "POST", "/goals/1")
    assert not fault.fits("kameleoon", "GET", "/goals")
    assert not fault.fits("convert", "GET", "/goals/1")


def test_a_fault_happens_with_its_probability_and_repeats_with_the_seed() -> None:
    def hits(seed: int) -> list[bool]:
        faults = Faults(seed)
        faults.add("drop", probability=0.3)
        return [faults.hit("drop", "kameleoon", "GET", "/goals") is not None for _ in range(1000)]

    assert 230 < sum(hits(1)) < 370
    assert hits(1) == hits(1) != hits(2)


NONSENSE: list[tuple[dict[str, Any], str]] = [
    ({"kind": "flood"}, "kind is 'flood', and not one of latency, status, drop"),
    ({"kind": ["drop"]}, "kind is ['drop'], and not one of"),
    ({"kind": "drop", "method": 1}, "method is 1, and not an HTTP method"),
    ({"kind": "drop", "path": None}, "path is None, and not a path"),
    ({"kind": "drop", "api": "other"}, "api is 'other', and not one of convert-v1, kameleoon, or null for any"),
    ({"kind": "drop", "count": 0}, "count is 0, and not a whole number from 1"),
    ({"kind": "drop", "count": 1.5}, "count is 1.5, and not a whole number"),
    ({"kind": "drop", "count": True}, "count is True, and not a whole number"),
    ({"kind": "drop", "probability": 2}, "probability is 2, and not a number from 0 to 1"),
    ({"kind": "drop", "probability": "0.5"}, "probability is '0.5', and not a number"),
    ({"kind": "latency", "seconds": -1}, "seconds is -1, and not a number from 0"),
    ({"kind": "latency", "seconds": math.inf}, "seconds is inf, and not a number from 0"),
    ({"kind": "latency", "seconds": math.nan}, "seconds is nan, and not a number from 0"),
    ({"kind": "latency"}, "a latency needs seconds"),
    ({"kind": "status", "status": 204}, "status is 204, and not the status of an error"),
    ({"kind": "status", "status": "500"}, "status is '500', and not the status of an error"),
    ({"kind": "status", "message": {}}, "message is {}, and not text"),
    ({"kind": "status", "headers": ["a"]}, "headers is ['a'], and not an object"),
    ({"kind": "status", "headers": {"Retry-After": 1}}, "headers is {'Retry-After': 1}, and not an object"),
    ({"kind": "status", "headers": {"A": "b\r\nC: d"}}, "and not an object of HTTP headers"),
    ({"kind": "status", "headers": {"A B": "c"}}, "and not an object of HTTP headers"),
    ({"kind": "status", "headers": {"content-length": "1"}}, "without Content-Length"),
]


@pytest.mark.parametrize(("options", "said"), NONSENSE)
def test_a_fault_that_makes_no_sense_is_refused(sandbox: Sandbox, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        sandbox.faults.add(**options)
    response = httpx.post(f"{sandbox.url}/_sandbox/faults", headers=token(sandbox), content=json.dumps(options))
    assert response.status_code == 400
    assert said in response.json()["message"]
    assert httpx.get(f"{sandbox.url}/_sandbox/faults", headers=token(sandbox)).json() == []


def test_a_fault_counts_only_what_it_changes(any_call: Caller, sandbox: Sandbox) -> None:
    """So that one for the first list, the first poll or the first call is not used up by the request for a token."""
    request = models.ResultsRequest(date_intervals=[], conversion_type=models.ConversionType.ALL_CONVERSION)
    kinds = ("expired_token", "repeat_page", "failed_results", "cut")
    faults = {kind: sandbox.faults.add(kind, count=1) for kind in kinds}
    sandbox.faults.add("drop", api="convert-v1")
    expected = {
        "POST /oauth/token": ["cut"],
        "GET /goals/30001": ["expired_token"],
        "GET /goals": ["repeat_page"],
        "GET /results": ["failed_results"],
    }

    with pytest.raises(ApiConnectionError):
        any_call("kameleoon.goals.get", 30001)
    any_call("kameleoon.goals.get", 30001)
    any_call("kameleoon.goals.list")
    with pytest.raises(ResultsFailedError):
        any_call("kameleoon.feature_flags.fetch_results", 9001, request, poll_interval=0)

    hit = [(f"{entry.method} {entry.path}", list(entry.faults)) for entry in sandbox.requests if entry.faults]
    assert dict(hit) == expected
    assert len(hit) == len(expected)
    assert {kind: fault.hits for kind, fault in faults.items()} == dict.fromkeys(kinds, 1)


# --- control endpoints ---


def test_faults_are_controlled_over_http(call: SyncCaller, sandbox: Sandbox) -> None:
    control = f"{sandbox.url}/_sandbox/faults"
    made = httpx.post(control, headers=token(sandbox), json={"kind": "status", "path": "/goals/*", "status": 502})
    with pytest.raises(ServerError):
        call("kameleoon.goals.get", 30001)

    assert made.status_code == 201
    assert [
        (fault["kind"], fault["status"], fault["hits"]) for fault in httpx.get(control, headers=token(sandbox)).json()
    ] == [("status", 502, 1)]
    assert httpx.delete(control, headers=token(sandbox)).json() == []
    assert call("kameleoon.goals.get", 30001).id == 30001


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not a fault: the body is not JSON: Expecting value"),
        (b"\xff", "not a fault: the body is not JSON: "),
        (b"[" * 100_000, "not a fault: the body is not JSON: "),
        (b"[]", "not a fault: the body is not a JSON object"),
        (b"{}", "not a fault: kind must be given"),
        (b'{"kind": "drop", "colour": 1}', "not a fault: there is no 'colour'; there are kind, method, path"),
        (b'{"kind": "drop", "hits": 1}', "not a fault: there is no 'hits'"),
    ],
)
def test_what_is_no_fault_is_refused(sandbox: Sandbox, body: bytes, said: str) -> None:
    response = httpx.post(f"{sandbox.url}/_sandbox/faults", headers=token(sandbox), content=body)

    assert response.status_code == 400
    assert response.json()["message"].startswith(said)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "not an object: the body is not JSON"),
        (b'{"group": "goals"}', "not an object: id must be given"),
        (b'{"group": "moons", "id": 1}', "not an object: there is no group moons; there are accounts, "),
        (b'{"group": "goals", "id": 1}', "not an object: there is no goal 1"),
        (b'{"group": "goals", "id": {}}', "not an object: there is no goal {}"),
        (b'{"group": "goals", "id": 1, "who": "me"}', "not an object: there is no 'who'; there are group, id"),
    ],
)
def test_what_cannot_be_locked_is_refused(sandbox: Sandbox, body: bytes, said: str) -> None:
    response = httpx.post(f"{sandbox.url}/_sandbox/locks", headers=token(sandbox), content=body)

    assert response.status_code == 400
    assert response.json()["message"].startswith(said)


def test_every_kind_of_fault_is_explained() -> None:
    assert all(text for text in KINDS.values())
    assert set(KINDS) == {"latency", "status", "drop", "cut", "expired_token", "repeat_page", "failed_results"}


def test_requests_are_logged_with_what_they_held(call: SyncCaller, sandbox: Sandbox) -> None:
    call("kameleoon.goals.update", 30001, models.GoalUpdate(description="x"))
    call("kameleoon.goals.list", page=3)

    shown = httpx.get(f"{sandbox.url}/_sandbox/requests", headers=token(sandbox)).json()[1:3]
    assert [(entry["method"], entry["path"], entry["operation"], entry["status"]) for entry in shown] == [
        ("PATCH", "/goals/30001", "partial-update-goal", 200),
        ("GET", "/goals", "get-all-goals", 200),
    ]
    assert sandbox.requests[1].json == {"description": "x"}
    assert sandbox.requests[2].query == (("page", "3"),)
    assert 0 < sandbox.requests[1].seconds < 5
    assert httpx.delete(f"{sandbox.url}/_sandbox/requests", headers=token(sandbox)).json() == []


def test_a_locked_object_cannot_be_changed_and_can_be_read(any_call: Caller, sandbox: Sandbox) -> None:
    sandbox.lock("goals", 30001)
    with pytest.raises(ObjectLockedError, match="open in the app"):
        any_call("kameleoon.goals.update", 30001, models.GoalUpdate(name="x"))
    with pytest.raises(ObjectLockedError):
        any_call("kameleoon.goals.delete", 30001)
    assert any_call("kameleoon.goals.get", 30001).name != "x"

    sandbox.unlock("goals", 30001)
    assert any_call("kameleoon.goals.update", 30001, models.GoalUpdate(name="x")).name == "x"


def test_objects_are_locked_over_http(call: SyncCaller, sandbox: Sandbox) -> None:
    control = f"{sandbox.url}/_sandbox/locks"
    flag = call("kameleoon.feature_flags.list")[0]
    lock = {"group": "feature_flags", "id": flag.id}
    assert lock in httpx.post(control, headers=token(sandbox), json=lock).json()

    with pytest.raises(ObjectLockedError):
        call("kameleoon.feature_flags.duplicate", flag.site_code, flag.feature_key)
    (rule,) = [rule for rule in flag.environment_configurations[2].rollout_rules if rule.type_ == "EXPERIMENTATION"]
    with pytest.raises(ObjectLockedError):
        call("kameleoon.feature_flags.update_rule", rule.id, models.FeatureFlagRuleUpdate())

    assert lock not in httpx.request("DELETE", control, headers=token(sandbox), json=lock).json()
    assert call("kameleoon.feature_flags.duplicate", flag.site_code, flag.feature_key).id != flag.id


def test_one_experiment_is_locked_from_the_beginning(call: SyncCaller, sandbox: Sandbox) -> None:
    ((_, lock),) = sandbox.dump()["kameleoon.locks"].items()

    with pytest.raises(ObjectLockedError):
        call("kameleoon.experiments.update", lock["id"], models.ExperimentUpdate(name="x"))


def test_a_reset_drops_requests_that_wait(call: SyncCaller, sandbox: Sandbox) -> None:
    call("kameleoon.goals.get", 30001)
    sandbox.faults.add("latency", path="/goals/30001", seconds=60)
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(call, "kameleoon.goals.delete", 30001)
        while not any(entry.method == "DELETE" for entry in sandbox.requests):
            assert not waiting.done()
        sandbox.reset()
        assert isinstance(waiting.exception(10), ApiConnectionError)

    assert call("kameleoon.goals.get", 30001).id == 30001


def test_a_reset_brings_back_the_first_state(call: SyncCaller, sandbox: Sandbox) -> None:
    before = sandbox.dump()
    call("kameleoon.goals.delete", 30001)
    sandbox.faults.add("drop", count=5, path="/nothing")
    assert sandbox.dump() != before

    assert httpx.post(f"{sandbox.url}/_sandbox/reset", headers=token(sandbox)).json() == {"seed": 1}

    assert sandbox.dump() == before
    assert len(sandbox.faults) == len(sandbox.requests) == 0
    assert call("kameleoon.goals.get", 30001).id == 30001


def test_tokens_expire_over_http(call: SyncCaller, sandbox: Sandbox) -> None:
    call("kameleoon.goals.get", 30001)

    assert httpx.post(f"{sandbox.url}/_sandbox/expire-tokens", headers=token(sandbox)).json()["expired"] >= 1
    assert httpx.post(f"{sandbox.url}/_sandbox/expire-tokens", headers=token(sandbox)).json() == {"expired": 0}


@pytest.mark.parametrize("path", ["/", "/_sandbox", "/_sandbox/moons", "/kameleon/goals"])
def test_another_path_says_what_there_is(sandbox: Sandbox, path: str) -> None:
    response = httpx.get(sandbox.url + path, headers=token(sandbox))

    assert response.status_code == 404
    assert response.json()["message"] == (
        "the sandbox serves /convert/api/v1, /kameleoon, /_sandbox/faults, /_sandbox/requests, /_sandbox/locks, "
        "/_sandbox/reset, /_sandbox/expire-tokens"
    )


def test_another_method_says_which_there_are(sandbox: Sandbox) -> None:
    response = httpx.put(f"{sandbox.url}/_sandbox/faults", headers=token(sandbox))

    assert (response.status_code, response.headers["Allow"]) == (405, "DELETE, GET, HEAD, POST")
    assert response.json()["message"] == "/_sandbox/faults takes DELETE, GET, HEAD, POST"
