"""The entry classes as a whole: tokens, signatures, retries, pages, results and errors, from the method to the wire."""

from __future__ import annotations

import asyncio
import json
import logging
import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from abwire import errors
from abwire.convert_v1 import AsyncConvert, Convert
from abwire.convert_v1 import models as convert_models
from abwire.kameleoon import AsyncKameleoon, Kameleoon, models

from abwire_core import apis, retry, sending
from abwire_core.auth import RequestSigning

SECRETS = ("made-up-secret", "made-up-token")
FLAG = {"id": 1, "name": "Checkout", "featureKey": "checkout", "siteCode": "abcdefghij"}
GOAL = {"id": 3, "name": "Buy"}
REPORT: dict[str, Any] = {"variationData": {"_reference": {"breakdownData": {}}}}


class Script:
    """A transport that gives prepared answers, one a request, and keeps the requests."""

    def __init__(self, *answers: tuple[int, Any] | Exception) -> None:
        self._answers = iter(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        # A copy: what is sent again is the same request, authenticated afresh.
        copy = httpx.Request(request.method, request.url, headers=request.headers, content=request.content)
        self.requests.append(copy)
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        status, body = answer
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return httpx.Response(status, content=content)

    @property
    def targets(self) -> list[str]:
        """What was asked for."""
        return [f"{request.method} {request.url.raw_path.decode()}" for request in self.requests]

    def kameleoon(self, **options: Any) -> Kameleoon:
        """The API, connected to this script."""
        credentials: dict[str, Any] = (
            {} if "token" in options else {"client_id": "made-up-client", "client_secret": "made-up-secret"}
        )
        return Kameleoon(**credentials, **options, transport=httpx.MockTransport(self))

    def async_kameleoon(self) -> AsyncKameleoon:
        """The same, for asyncio."""
        return AsyncKameleoon(token="made-up-token", transport=httpx.MockTransport(self))

    def convert(self) -> Convert:
        """The other API."""
        return Convert("made-up-application", "made-up-secret", transport=httpx.MockTransport(self))


TOKEN = (200, {"access_token": "made-up-token", "token_type": "Bearer", "expires_in": 7200})


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No pause between attempts; the policy as such has tests of its own."""
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.0)
    monkeypatch.setattr(apis, "_deprecated", set())
    monkeypatch.setattr(sending, "_warned", {})
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Convert superseded", DeprecationWarning)
        yield


# --- credentials ---


def test_a_token_is_got_once_and_renewed_when_it_is_refused() -> None:
    renewed = (200, {"access_token": "made-up-token-2"})
    script = Script(TOKEN, (200, GOAL), (200, GOAL), (401, {}), renewed, (200, GOAL))
    with script.kameleoon() as kameleoon:
        for _ in range(3):
            assert kameleoon.goals.get(3).name == "Buy"

    goal, token = "GET /goals/3", "POST /oauth/token"
    assert script.targets == [token, goal, goal, goal, token, goal]
    assert [request.headers.get("Authorization") for request in script.requests] == [
        None,
        *["Bearer made-up-token"] * 3,
        None,
        "Bearer made-up-token-2",
    ]


def test_a_refused_token_request_is_an_authentication_error_without_the_secret() -> None:
    script = Script((401, {"error": "invalid_client", "secret": "made-up-secret"}))
    with script.kameleoon() as kameleoon, pytest.raises(errors.AuthenticationError) as raised:
        kameleoon.goals.get(3)

    assert script.targets == ["POST /oauth/token"]
    shown = "".join(traceback.format_exception(raised.value)) + repr(vars(raised.value))
    assert not [secret for secret in SECRETS if secret in shown]


def test_every_attempt_is_signed_afresh() -> None:
    moments = iter([1_700_000_000, 1_700_000_100])
    script = Script((503, {}), (200, []))
    with script.convert() as convert:
        assert isinstance(convert._client.auth, RequestSigning)
        convert._client.auth._clock = lambda: next(moments)
        assert convert.goals.list("10010", search="buy").to_list() == []

    first, second = script.requests
    assert (first.headers["Expires"], second.headers["Expires"]) == ("1700000060", "1700000160")
    assert first.headers["Authorization"] != second.headers["Authorization"]
    assert first.content == second.content == b'{"search":"buy"}'


# --- retries ---


@pytest.mark.parametrize("failure", [(503, {}), (500, b""), (520, b"<html>"), httpx.ReadTimeout("late"), (429, {})])
def test_what_only_reads_is_sent_again(failure: Any) -> None:
    script = Script(failure, (200, [FLAG]), (200, []))
    with script.kameleoon(token="made-up-token") as kameleoon:
        assert [flag.feature_key for flag in kameleoon.feature_flags.search()] == ["checkout"]

    assert len(script.requests) == 3


@pytest.mark.parametrize(
    ("failure", "raised"),
    [
        ((503, {"message": "down"}), errors.ServerError),
        ((500, b""), errors.ServerError),
        (httpx.ReadTimeout("late"), errors.ApiTimeoutError),
        (httpx.RemoteProtocolError("cut"), errors.ApiConnectionError),
        ((423, {"message": "open"}), errors.ObjectLockedError),
        ((400, b"<html>"), errors.BadRequestError),
    ],
)
def test_a_create_that_may_have_arrived_is_never_sent_twice(failure: Any, raised: type[Exception]) -> None:
    script = Script(failure)
    with script.kameleoon(token="made-up-token") as kameleoon, pytest.raises(raised):
        kameleoon.goals.create(
            models.GoalCreate(name="Buy", site_id=1, type_=models.GoalType.CLICK, has_multiple_conversions=False)
        )

    assert len(script.requests) == 1


@pytest.mark.parametrize("failure", [(429, {}), httpx.ConnectError("refused"), httpx.ConnectTimeout("late")])
def test_a_create_that_cannot_have_arrived_is_sent_again(failure: Any) -> None:
    script = Script(failure, (200, GOAL))
    with script.kameleoon(token="made-up-token") as kameleoon:
        goal = kameleoon.goals.create(
            models.GoalCreate(name="Buy", site_id=1, type_=models.GoalType.CLICK, has_multiple_conversions=False)
        )

    assert goal.id == 3
    assert len(script.requests) == 2


def test_options_of_one_call_do_not_touch_the_others() -> None:
    script = Script((503, {}), (503, {}), (200, GOAL))
    with script.kameleoon(token="made-up-token") as kameleoon:
        with pytest.raises(errors.ServerError):
            kameleoon.with_options(max_retries=0).goals.get(3)
        assert kameleoon.goals.get(3).id == 3

    assert len(script.requests) == 3


# --- pages ---


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({}, "siteCode"),
        ({"optional_fields": ["tags"]}, "tags"),
        ({"optional_fields": ["tags", "siteCode"]}, "tags,siteCode"),
    ],
)
def test_flags_are_asked_for_what_they_are_addressed_by(given: dict[str, Any], sent: str) -> None:
    script = Script((200, FLAG), (200, []))
    with script.kameleoon(token="made-up-token") as kameleoon:
        kameleoon.feature_flags.get("abcdefghij", "checkout", **given)
        kameleoon.feature_flags.search(**given).to_list()

    assert [request.url.params["optionalFields"] for request in script.requests] == [sent, sent]


def test_a_list_asks_for_a_page_when_it_is_wanted() -> None:
    script = Script((200, [FLAG, FLAG]), (200, [{**FLAG, "id": 2}]), (200, []))
    with script.kameleoon(token="made-up-token") as kameleoon:
        flags = iter(kameleoon.feature_flags.list(per_page=2, optional_fields=["tags"]))
        assert script.requests == []
        assert [next(flags).id, next(flags).id] == [1, 1]
        assert len(script.requests) == 1
        assert [flag.id for flag in flags] == [2]

    assert [dict(request.url.params) for request in script.requests] == [
        {"page": page, "perPage": "2", "optionalFields": "tags"} for page in ("1", "2", "3")
    ]


def test_a_list_of_convert_sends_no_body_for_its_first_page_and_numbers_the_others() -> None:
    script = Script((200, [{"id": "1"}]), (200, [{"id": "2"}]), (200, []))
    with script.convert() as convert:
        assert [project.id for project in convert.projects.list()] == ["1", "2"]

    assert [request.content for request in script.requests] == [b"", b'{"page":2}', b'{"page":3}']
    assert set(script.targets) == {"GET /api/v1/projects/"}


# --- results ---


def ask(kameleoon: Kameleoon, **options: Any) -> models.ResultsData:
    """Fetch results without pauses."""
    body = models.ResultsRequest(date_intervals=[], conversion_type=models.ConversionType.ALL_CONVERSION)
    return kameleoon.feature_flags.fetch_results(42, body, poll_interval=0.0, **options)


def test_results_are_requested_once_and_polled_for_until_they_are_ready() -> None:
    polls: list[int] = []
    script = Script(
        (200, {"dataCode": "1|2"}),
        (200, {"status": "WAITING"}),
        (200, {"status": "SOMETHING_NEW"}),
        (200, {"status": "READY", "data": {**REPORT, "more": 1}}),
    )
    with script.kameleoon(token="made-up-token") as kameleoon:
        results = ask(kameleoon, on_poll=lambda attempt, elapsed: polls.append(attempt))

    assert results.to_dict() == {**REPORT, "more": 1}
    assert polls == [1, 2]
    assert script.targets == ["POST /feature-flags/42/results", *["GET /results?dataCode=1%7C2"] * 3]


@pytest.mark.parametrize(
    ("answers", "options", "raised"),
    [
        ([(200, {"status": "ERROR"})], {}, errors.ResultsFailedError),
        ([(200, {"status": "WAITING"})], {"timeout": 0}, errors.ResultsTimeoutError),
        ([(200, {"status": "READY"})], {}, errors.DecodeError),
        ([(403, {})], {}, errors.PermissionDeniedError),
    ],
)
def test_results_that_do_not_come_lose_no_data_code(
    answers: list[Any], options: dict[str, Any], raised: type[errors.AbwireError]
) -> None:
    script = Script((200, {"dataCode": "1|2"}), *answers)
    with script.kameleoon(token="made-up-token") as kameleoon, pytest.raises(raised) as caught:
        ask(kameleoon, **options)

    assert "1|2" in "".join([str(caught.value), *getattr(caught.value, "__notes__", ())])


def test_statistics_of_audiences_are_fetched_the_same_way() -> None:
    script = Script((200, {"dataCode": "1"}), (200, {"status": "READY", "data": {"analyticsLevel": "VISIT"}}))

    async def run() -> models.AudienceData:
        async with script.async_kameleoon() as kameleoon:
            import datetime  # noqa: PLC0415

            day = datetime.date(2026, 11, 1)
            return await kameleoon.audiences.fetch_global(
                site_id=1, start_date=day, end_date=day, analytics_level=models.AnalyticsLevel.VISIT
            )

    assert asyncio.run(run()).analytics_level == models.AnalyticsLevel.VISIT
    assert script.targets[1] == "GET /audiences/poll?dataCode=1"


def test_a_cancelled_wait_ends_at_once_and_leaves_nothing_behind() -> None:
    script = Script((200, {"dataCode": "1"}), (200, {"status": "WAITING"}))

    async def run() -> None:
        async with script.async_kameleoon() as kameleoon:
            body = models.ResultsRequest(date_intervals=[], conversion_type=models.ConversionType.ALL_CONVERSION)
            task = asyncio.create_task(kameleoon.feature_flags.fetch_results(42, body, poll_interval=60))
            while len(script.requests) < 2:
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run())


# --- errors ---


def test_an_error_body_is_its_model() -> None:
    script = Script((423, {"code": "LOCKED", "message": "open in the app", "status": "ERROR"}))
    with script.kameleoon(token="made-up-token") as kameleoon, pytest.raises(errors.ObjectLockedError) as raised:
        kameleoon.goals.delete(3)

    assert isinstance(raised.value.body, models.ApiError)
    assert str(raised.value) == "DELETE /goals/3: status 423 (open in the app)"


def test_both_error_bodies_of_kameleoon_and_the_one_of_convert_are_read() -> None:
    audience = Script((400, {"serviceName": "audience", "message": "no"}))
    with audience.kameleoon(token="made-up-token") as kameleoon, pytest.raises(errors.BadRequestError) as raised:
        kameleoon.audiences.poll(data_code="1")
    assert isinstance(raised.value.body, models.ServiceError)

    convert = Script((422, {"code": 422, "message": "no", "fields": "name"}))
    with convert.convert() as client, pytest.raises(errors.UnprocessableError) as unprocessable:
        client.goals.get("1", "2")
    assert isinstance(unprocessable.value.body, convert_models.ErrorBody)


@pytest.mark.parametrize("content", [b"", b"<html>gateway</html>", b'["a"]', b"{", b'{"message": 5, "status": []}'])
def test_an_error_body_of_another_kind_does_not_hide_the_status(content: bytes) -> None:
    script = Script((502, content), (502, content), (502, content))
    with script.kameleoon(token="made-up-token") as kameleoon, pytest.raises(errors.ServerError) as raised:
        kameleoon.goals.get(3)

    assert (raised.value.status_code, raised.value.content) == (502, content)


@pytest.mark.parametrize("content", [b"<html>login</html>", b"", b"[]", b'{"id": 1', b"null"])
def test_a_success_of_another_shape_is_a_decode_error_that_names_the_operation(content: bytes) -> None:
    script = Script((200, content))
    with script.kameleoon(token="made-up-token") as kameleoon, pytest.raises(errors.DecodeError) as raised:
        kameleoon.goals.get(3)

    assert raised.value.operation == "get-goal"
    assert "get-goal" in str(raised.value)


# --- doubt, deprecation, secrets ---


def test_a_guessed_operation_warns_at_its_first_call_and_points_at_the_caller() -> None:
    script = Script(*[(200, {})] * 3)
    call: Callable[[Convert], object] = lambda convert: convert.reports.experience("1", "2")  # noqa: E731
    with script.convert() as convert, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call(convert)
        call(convert)

    assert [found.category for found in caught] == [errors.UnverifiedOperationWarning]
    assert caught[0].filename == __file__
    assert "getExperienceReport" in str(caught[0].message)


def test_convert_says_once_that_it_is_superseded() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Convert("made-up-application", "made-up-secret").close()
        Convert("made-up-application", "made-up-secret").close()
        asyncio.run(AsyncConvert("made-up-application", "made-up-secret").close())

    assert [found.category for found in caught] == [DeprecationWarning]
    assert caught[0].filename == __file__
    assert "migrate-convert-v2" in str(caught[0].message)


def test_no_secret_is_shown_anywhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    script = Script(TOKEN, (503, {}), (500, b""), (500, b""))
    shown: list[object] = []
    with script.kameleoon() as kameleoon:
        with pytest.raises(errors.ServerError) as raised:
            kameleoon.goals.get(3)
        shown += [kameleoon, kameleoon._client, kameleoon.goals, vars(kameleoon.goals), kameleoon._client.auth]
    shown += [*traceback.format_exception(raised.value), vars(raised.value), caplog.text]

    text = "\n".join(map(repr, shown))
    assert "abwire:" in text or "GET /goals/" in text
    assert not [secret for secret in SECRETS if secret in text]
