"""Faults on demand, the request log, locks and the reset: from Python, and by the control endpoints."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import pytest
from abwire.kameleoon import AsyncKameleoon, Kameleoon, models

from abwire_core.errors import ApiConnectionError, ApiTimeoutError, ObjectLockedError, ServerError
from abwire_sandbox import Sandbox
from abwire_sandbox.faults import KINDS, Fault, Faults
from tests.sandbox.callers import Caller, SyncCaller

pytestmark = pytest.mark.filterwarnings("ignore:Convert superseded:DeprecationWarning")


def connected(sandbox: Sandbox, **options: Any) -> Kameleoon:
    return Kameleoon(
        sandbox.client_id, sandbox.client_secret, base_url=sandbox.kameleoon_url, rate_limiter=None, **options
    )


# --- faults ---


def test_a_status_is_answered_as_often_as_wanted_and_nothing_is_done(any_call: Caller, sandbox: Sandbox) -> None:
    site = any_call("kameleoon.sites.list")[0].id
    fault = sandbox.faults.add("status", method="POST", path="/goals", status=500, message="closed", count=1)
    body = models.GoalCreate(name="New", site_id=site, type_=models.GoalType.CLICK)

    with pytest.raises(ServerError, match="closed") as raised:
        any_call("kameleoon.goals.create", body)
    any_call("kameleoon.goals.create", body)

    assert isinstance(raised.value.body, models.ApiError)
    assert fault.hits == 1
    assert len(sandbox.dump()["kameleoon.goals"]) == 53


def test_a_client_that_retries_gets_over_faults(sandbox: Sandbox) -> None:
    headers = {"Retry-After": "0"}
    sandbox.faults.add("status", path="/goals/*", status=503, count=1, headers=headers)
    sandbox.faults.add("status", path="/goals/*", status=429, count=1, headers=headers)
    with connected(sandbox) as kameleoon:
        assert kameleoon.goals.get(30001).id == 30001

    assert [entry.status for entry in sandbox.requests if entry.path == "/goals/30001"] == [503, 429, 200]


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
    fault = Fault("drop", method="GET", path="/goals/*", api="kameleoon", count=1)

    assert fault.fits("kameleoon", "GET", "/goals/1")
    assert fault.fits("kameleoon", "GET", "/goals/1/2")
    assert not fault.fits("kameleoon", "POST", "/goals/1")
    assert not fault.fits("kameleoon", "GET", "/goals")
    assert not fault.fits("convert", "GET", "/goals/1")


def test_a_fault_happens_with_its_probability_and_repeats_with_the_seed() -> None:
    def hits(seed: int) -> list[bool]:
        faults = Faults(seed)
        faults.add("drop", probability=0.3)
        return ["drop" in faults.hit("kameleoon", "GET", "/goals") for _ in range(1000)]

    assert 230 < sum(hits(1)) < 370
    assert hits(1) == hits(1) != hits(2)


@pytest.mark.parametrize(
    "options",
    [
        {"kind": "flood"},
        {"kind": "drop", "probability": 2},
        {"kind": "status", "status": 7},
        {"kind": "drop", "api": "other"},
        {"kind": "drop", "count": 0},
        {"kind": "latency", "seconds": -1},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(sandbox: Sandbox, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Fault(**options)
    response = httpx.post(f"{sandbox.url}/_sandbox/faults", json=options)
    assert response.status_code == 400
    assert len(sandbox.faults) == 0


# --- control endpoints ---


def test_faults_are_controlled_over_http(call: SyncCaller, sandbox: Sandbox) -> None:
    control = f"{sandbox.url}/_sandbox/faults"
    made = httpx.post(control, json={"kind": "status", "path": "/goals/*", "status": 502})
    with pytest.raises(ServerError):
        call("kameleoon.goals.get", 30001)

    assert made.status_code == 201
    assert [(fault["kind"], fault["status"], fault["hits"]) for fault in httpx.get(control).json()] == [
        ("status", 502, 1)
    ]
    assert httpx.delete(control).json() == []
    assert call("kameleoon.goals.get", 30001).id == 30001


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"kind": "drop", "colour": 1}'])
def test_what_is_no_fault_is_refused(sandbox: Sandbox, body: bytes) -> None:
    response = httpx.post(f"{sandbox.url}/_sandbox/faults", content=body)

    assert response.status_code == 400
    assert "not a fault" in response.json()["message"]


def test_every_kind_of_fault_is_explained() -> None:
    assert all(text for text in KINDS.values())
    assert set(KINDS) == {"latency", "status", "drop", "cut", "expired_token", "repeat_page", "failed_results"}


def test_requests_are_logged_with_what_they_held(call: SyncCaller, sandbox: Sandbox) -> None:
    call("kameleoon.goals.update", 30001, models.GoalUpdate(description="x"))
    call("kameleoon.goals.list", page=3)

    shown = httpx.get(f"{sandbox.url}/_sandbox/requests").json()[1:3]
    assert [(entry["method"], entry["path"], entry["operation"], entry["status"]) for entry in shown] == [
        ("PATCH", "/goals/30001", "partial-update-goal", 200),
        ("GET", "/goals", "get-all-goals", 200),
    ]
    assert sandbox.requests[1].json == {"description": "x"}
    assert sandbox.requests[2].query == (("page", "3"),)
    assert 0 < sandbox.requests[1].seconds < 5
    assert httpx.delete(f"{sandbox.url}/_sandbox/requests").json() == []


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
    flag = call("kameleoon.feature_flags.list", optional_fields=["siteCode"])[0]
    lock = {"group": "feature_flags", "id": flag.id}
    assert lock in httpx.post(control, json=lock).json()

    with pytest.raises(ObjectLockedError):
        call("kameleoon.feature_flags.duplicate", flag.site_code, flag.feature_key)
    (rule,) = [rule for rule in flag.environment_configurations[2].rollout_rules if rule.type_ == "EXPERIMENTATION"]
    with pytest.raises(ObjectLockedError):
        call("kameleoon.feature_flags.update_rule", rule.id, models.FeatureFlagRuleUpdate())

    assert lock not in httpx.request("DELETE", control, json=lock).json()
    assert call("kameleoon.feature_flags.duplicate", flag.site_code, flag.feature_key).id != flag.id
    assert httpx.post(control, json={"group": "goals", "id": 1}).status_code == 400
    assert httpx.post(control, json={"group": "moons", "id": 1}).status_code == 400


def test_one_experiment_is_locked_from_the_beginning(call: SyncCaller, sandbox: Sandbox) -> None:
    ((_, lock),) = sandbox.dump()["kameleoon.locks"].items()

    with pytest.raises(ObjectLockedError):
        call("kameleoon.experiments.update", lock["id"], models.ExperimentUpdate(name="x"))


def test_a_reset_brings_back_the_first_state(call: SyncCaller, sandbox: Sandbox) -> None:
    before = sandbox.dump()
    call("kameleoon.goals.delete", 30001)
    sandbox.faults.add("drop", count=5, path="/nothing")
    assert sandbox.dump() != before

    assert httpx.post(f"{sandbox.url}/_sandbox/reset").json() == {"seed": 1}

    assert sandbox.dump() == before
    assert len(sandbox.faults) == len(sandbox.requests) == 0
    assert call("kameleoon.goals.get", 30001).id == 30001


def test_tokens_expire_over_http(call: SyncCaller, sandbox: Sandbox) -> None:
    call("kameleoon.goals.get", 30001)

    assert httpx.post(f"{sandbox.url}/_sandbox/expire-tokens").json()["expired"] >= 1
    assert httpx.post(f"{sandbox.url}/_sandbox/expire-tokens").json() == {"expired": 0}


def test_another_path_says_what_there_is(sandbox: Sandbox) -> None:
    response = httpx.get(f"{sandbox.url}/")

    assert response.status_code == 404
    assert response.json()["message"] == "the sandbox serves /kameleoon, /convert/api/v1 and /_sandbox"
