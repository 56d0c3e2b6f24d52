"""What the clients do when something goes wrong on the way to a server that keeps objects, over real sockets.

What is sent again, and how often, is read off the request log; what it did to the objects, off the sandbox itself.
"""

from __future__ import annotations

import asyncio
import datetime
import time
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any, Literal

import httpx
import pytest
from abwire.convert_v1 import models as convert_models
from abwire.kameleoon import AsyncKameleoon, models

from abwire_core import errors
from abwire_core.errors import AbwireError, ApiConnectionError, ApiTimeoutError, AuthenticationError, ServerError
from abwire_sandbox import Sandbox, serve
from abwire_sandbox.requestlog import Logged
from tests.sandbox.callers import AsyncCaller, Caller, SyncCaller

pytestmark = [
    pytest.mark.filterwarnings("ignore:Convert superseded:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::abwire_core.errors.UnverifiedOperationWarning"),
]

NEW = "A goal that is made once"
PROJECT, EXPERIENCE, GOAL = "10010", "100200300", 30001


@dataclass(frozen=True)
class Called:
    """A call, and whether it does no harm to send it twice.

    Attributes:
        name: which method.
        arguments: its arguments.
        method: of its request.
        path: of its request.
        is_repeatable: by the method of HTTP, or because the spec says that it only reads.
    """

    name: str
    arguments: tuple[Any, ...]
    method: str
    path: str
    is_repeatable: bool

    def __str__(self) -> str:
        return self.name

    def make(self, call: Caller) -> Any:
        """Make the call."""
        return call(self.name, *self.arguments)

    def logged(self, sandbox: Sandbox) -> list[Logged]:
        """How it was received."""
        return [entry for entry in sandbox.requests if (entry.method, entry.path) == (self.method, self.path)]


CREATE = Called(
    "kameleoon.goals.create",
    (models.GoalCreate(name=NEW, site_id=21001, type_=models.GoalType.CUSTOM, has_multiple_conversions=False),),
    "POST",
    "/goals",
    is_repeatable=False,
)
CREATE_IN_CONVERT = Called(
    "convert.goals.create",
    (PROJECT, convert_models.Goal(goal_name=NEW, goal_type=convert_models.GoalType.ADVANCED)),
    "POST",
    f"/goals/add/{PROJECT}",
    is_repeatable=False,
)
READ = Called("kameleoon.goals.get", (GOAL,), "GET", f"/goals/{GOAL}", is_repeatable=True)
DELETE = Called("kameleoon.goals.delete", (GOAL,), "DELETE", f"/goals/{GOAL}", is_repeatable=True)
REPORT = Called(
    "convert.reports.experience",
    (PROJECT, EXPERIENCE),
    "POST",
    f"/reports/aggregated/{PROJECT}/{EXPERIENCE}",
    is_repeatable=True,
)
CALLS = [
    READ,
    CREATE,
    Called(
        "kameleoon.goals.update", (GOAL, models.GoalUpdate(name=NEW)), "PATCH", f"/goals/{GOAL}", is_repeatable=False
    ),
    Called(
        "kameleoon.goals.replace", (GOAL, models.GoalReplace(name=NEW)), "PUT", f"/goals/{GOAL}", is_repeatable=True
    ),
    DELETE,
    REPORT,
    CREATE_IN_CONVERT,
]
CREATES = [CREATE, CREATE_IN_CONVERT]


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong, and what follows from it.

    Attributes:
        options: how the sandbox is told.
        error: what is raised if the call is not repeated.
        repeats: which calls are sent again.
    """

    options: dict[str, Any]
    error: type[AbwireError]
    repeats: Literal["every call", "what does no harm", "nothing"]

    def __str__(self) -> str:
        return f"{self.options['kind']} {self.options.get('status', '')}".strip()

    def is_repeated_for(self, called: Called) -> bool:
        """Whether a call is sent again after this."""
        return self.repeats == "every call" or (self.repeats == "what does no harm" and called.is_repeatable)


def status(
    code: int, error: type[AbwireError], repeats: Literal["every call", "what does no harm", "nothing"]
) -> Fault:
    return Fault({"kind": "status", "status": code}, error, repeats)


DROP = Fault({"kind": "drop"}, ApiConnectionError, "what does no harm")
CUT = Fault({"kind": "cut"}, ApiConnectionError, "what does no harm")
FAULTS = [
    DROP,
    CUT,
    status(500, ServerError, "what does no harm"),
    status(503, ServerError, "what does no harm"),
    status(429, errors.RateLimitError, "every call"),
    status(400, errors.BadRequestError, "nothing"),
    status(403, errors.PermissionDeniedError, "nothing"),
    status(404, errors.NotFoundError, "nothing"),
    status(409, errors.ConflictError, "nothing"),
    status(422, errors.UnprocessableError, "nothing"),
    status(423, errors.ObjectLockedError, "nothing"),
]
EVERY_FAULT_OF_EVERY_CALL = pytest.mark.parametrize(
    ("called", "fault"),
    # The answer to a delete has no body that could be cut.
    [(called, fault) for called in CALLS for fault in FAULTS if (called, fault) != (DELETE, CUT)],
    ids=str,
)
EVERY_CREATE = pytest.mark.parametrize("called", CREATES, ids=str)


def made(sandbox: Sandbox) -> int:
    """How many goals were made."""
    items = sandbox.dump()
    names = [goal["name"] for goal in items["kameleoon.goals"].values()]
    names += [goal["goal_name"] for goal in items["convert-v1.goals"].values()]
    return names.count(NEW)


# --- what is sent again ---


@EVERY_FAULT_OF_EVERY_CALL
def test_a_fault_that_passes_is_got_over_if_repeating_does_no_harm(
    insistent: Caller, sandbox: Sandbox, called: Called, fault: Fault
) -> None:
    sandbox.faults.add(**fault.options, method=called.method, path=called.path, count=1)

    if fault.is_repeated_for(called):
        called.make(insistent)
    else:
        with pytest.raises(AbwireError) as raised:
            called.make(insistent)
        assert type(raised.value) is fault.error

    log = called.logged(sandbox)
    assert [entry.faults for entry in log] == [(fault.options["kind"],)] + [()] * fault.is_repeated_for(called)
    assert len({entry.body for entry in log}) == 1


@EVERY_FAULT_OF_EVERY_CALL
def test_a_fault_that_stays_is_raised_after_the_last_attempt(
    insistent: Caller, sandbox: Sandbox, called: Called, fault: Fault
) -> None:
    sandbox.faults.add(**fault.options, method=called.method, path=called.path)

    with pytest.raises(AbwireError) as raised:
        called.make(insistent)

    assert type(raised.value) is fault.error
    assert len(called.logged(sandbox)) == (3 if fault.is_repeated_for(called) else 1)


@pytest.mark.parametrize("called", [READ, REPORT, *CREATES], ids=str)
def test_an_answer_that_is_late_is_asked_for_again_if_that_does_no_harm(
    caller_class: type[SyncCaller | AsyncCaller], sandbox: Sandbox, called: Called
) -> None:
    sandbox.faults.add("latency", method=called.method, path=called.path, seconds=2.0, count=1)
    with caller_class(sandbox, max_retries=2, timeout=httpx.Timeout(5, read=1.0)) as call:
        if called.is_repeatable:
            called.make(call)
        else:
            with pytest.raises(ApiTimeoutError, match=r"timed out \(ReadTimeout\)"):
                called.make(call)

    assert len(called.logged(sandbox)) == 1 + called.is_repeatable


# --- a create is never sent twice after it may have arrived ---


@EVERY_CREATE
@pytest.mark.parametrize(
    ("fault", "is_made"), [(DROP, False), (CUT, True), (status(502, ServerError, "what does no harm"), False)], ids=str
)
def test_a_create_that_may_have_arrived_is_not_sent_again(
    insistent: Caller, sandbox: Sandbox, called: Called, fault: Fault, is_made: bool
) -> None:
    """From what the client sees, nobody can tell whether the goal was made."""
    sandbox.faults.add(**fault.options, method="POST", path=called.path, count=1)

    with pytest.raises(fault.error):
        called.make(insistent)

    assert len(called.logged(sandbox)) == 1
    assert made(sandbox) == is_made


@EVERY_CREATE
def test_a_create_whose_answer_is_late_is_carried_out_once(
    caller_class: type[SyncCaller | AsyncCaller], sandbox: Sandbox, called: Called
) -> None:
    sandbox.faults.add("latency", method="POST", path=called.path, seconds=1.5, count=1)
    with (
        caller_class(sandbox, max_retries=2, timeout=httpx.Timeout(5, read=1.0)) as call,
        pytest.raises(ApiTimeoutError),
    ):
        called.make(call)

    (entry,) = called.logged(sandbox)
    end = time.monotonic() + 10
    while entry.status is None and time.monotonic() < end:
        time.sleep(0.01)
    assert made(sandbox) == 1


@EVERY_CREATE
def test_a_create_that_was_refused_for_too_many_calls_is_made_once(
    insistent: Caller, sandbox: Sandbox, called: Called
) -> None:
    sandbox.faults.add("status", method="POST", path=called.path, status=429, count=2)

    called.make(insistent)

    assert [entry.status for entry in called.logged(sandbox)][:2] == [429, 429]
    assert made(sandbox) == 1


# --- how long is waited ---


@pytest.mark.parametrize("form", ["seconds", "date"])
@pytest.mark.parametrize(("called", "code"), [(CREATE, 429), (READ, 503), (REPORT, 503)], ids=str)
def test_a_call_is_sent_again_when_the_server_says(
    insistent: Caller, sandbox: Sandbox, called: Called, code: int, form: str
) -> None:
    then = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=2)  # a date has whole seconds
    headers = {"Retry-After": "1" if form == "seconds" else format_datetime(then, usegmt=True)}
    sandbox.faults.add("status", path=called.path, status=code, headers=headers, count=1)

    began = time.time()
    called.make(insistent)

    assert time.time() >= (began + 1 if form == "seconds" else int(then.timestamp()))
    assert len(called.logged(sandbox)) == 2


def test_a_client_without_limits_of_its_own_keeps_to_those_of_the_server(
    caller_class: type[SyncCaller | AsyncCaller], no_proxies: None
) -> None:
    with serve(rate_limits=[(3, 2.0)]) as sandbox, caller_class(sandbox, max_retries=2) as call:
        for _ in range(4):
            READ.make(call)

    statuses = [entry.status for entry in READ.logged(sandbox)]
    assert statuses == [200, 200, 200, 429, 200]


# --- tokens ---


@pytest.mark.parametrize("called", [READ, CREATE], ids=str)
def test_a_token_that_has_expired_is_renewed_once_whatever_the_call(
    insistent: Caller, sandbox: Sandbox, called: Called
) -> None:
    insistent("kameleoon.sites.get", 21001)
    sandbox.expire_tokens()
    called.make(insistent)

    log = [(entry.path, entry.status) for entry in sandbox.requests][2:]
    expected = [(called.path, 401), ("/oauth/token", 200), (called.path, 201 if called is CREATE else 200)]
    assert [path for path, _ in log] == [path for path, _ in expected]
    assert log[:2] == expected[:2]
    assert made(sandbox) == (called is CREATE)


def test_a_token_that_does_not_last_is_renewed_once_and_no_more(insistent: Caller, sandbox: Sandbox) -> None:
    sandbox.faults.add("expired_token", path=READ.path)

    with pytest.raises(AuthenticationError, match="the access token has expired"):
        READ.make(insistent)

    assert [(entry.path, entry.status) for entry in sandbox.requests] == [
        ("/oauth/token", 200),
        (READ.path, 401),
        ("/oauth/token", 200),
        (READ.path, 401),
    ]


def test_calls_at_the_same_time_renew_a_token_together(sandbox: Sandbox) -> None:
    async def run() -> None:
        async with AsyncKameleoon(
            sandbox.client_id, sandbox.client_secret, base_url=sandbox.kameleoon_url, rate_limiter=None
        ) as kameleoon:
            await kameleoon.goals.get(GOAL)
            sandbox.expire_tokens()
            sandbox.requests.clear()
            await asyncio.gather(*(kameleoon.goals.get(GOAL) for _ in range(20)))

    asyncio.run(run())

    assert [entry.path for entry in sandbox.requests].count("/oauth/token") == 1
    assert [entry.status for entry in READ.logged(sandbox)].count(200) == 20


@pytest.mark.parametrize(
    "options",
    [{"kind": "status", "status": 503}, {"kind": "status", "status": 429}, {"kind": "drop"}, {"kind": "cut"}],
    ids=lambda options: str(options.get("status", options["kind"])),
)
def test_a_create_that_got_no_token_is_sent_once_it_has_one(
    insistent: Caller, sandbox: Sandbox, options: dict[str, Any]
) -> None:
    """The server has not seen the create, so that it does no harm to begin again."""
    sandbox.faults.add(**options, path="/oauth/token", count=2)

    CREATE.make(insistent)

    assert [entry.path for entry in sandbox.requests] == ["/oauth/token"] * 3 + ["/goals"]
    assert made(sandbox) == 1


def test_convert_refuses_a_request_at_once_if_it_does_not_know_the_caller(insistent: Caller, sandbox: Sandbox) -> None:
    sandbox.faults.add("status", path=REPORT.path, status=401)

    with pytest.raises(AuthenticationError):
        REPORT.make(insistent)

    assert len(REPORT.logged(sandbox)) == 1


# --- what is left ---


@pytest.mark.parametrize("fault", [DROP, CUT, status(500, ServerError, "what does no harm")], ids=str)
def test_a_client_is_as_good_as_new_after_a_fault(any_call: Caller, sandbox: Sandbox, fault: Fault) -> None:
    sandbox.faults.add(**fault.options, path=READ.path, count=1)
    with pytest.raises(fault.error):
        READ.make(any_call)

    assert READ.make(any_call).id == GOAL
    assert [entry.status for entry in READ.logged(sandbox)][-1] == 200


def test_faults_of_one_api_leave_the_other_alone(insistent: Caller, sandbox: Sandbox) -> None:
    sandbox.faults.add("drop", api="convert-v1")

    READ.make(insistent)
    with pytest.raises(ApiConnectionError):
        REPORT.make(insistent)
