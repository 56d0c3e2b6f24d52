"""Errors say enough to act on, and nothing that logs should not hold."""

from __future__ import annotations

import copy
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from abwire_core import errors
from abwire_core._http import Headers
from abwire_core.errors import AbwireError, ApiStatusError, DecodeError

SECRET = "made-up.person@example.test"
CONTENT = f'{{"email": "{SECRET}"}}'.encode()


def status_error(status: int = 404, **more: Any) -> ApiStatusError:
    """An error for a status, with a body that nothing shows."""
    return ApiStatusError.of(status)(status, method="GET", path="/flags/1", content=CONTENT, **more)


EXAMPLES: dict[str, Callable[[], AbwireError]] = {
    "ConfigurationError": lambda: errors.ConfigurationError("KAMELEOON_TOKEN is not set"),
    "ApiConnectionError": lambda: errors.ApiConnectionError("refused", method="GET", path="/flags"),
    "ApiTimeoutError": lambda: errors.ApiTimeoutError("no answer", method="GET", path="/flags"),
    "NotFoundError": lambda: status_error(body={"message": "no such flag"}, headers={"X-Id": "1"}, retry_after=2.5),
    "ServerError": lambda: status_error(520),
    "DecodeError": lambda: DecodeError(expected="a list", got="an object", operation="get-flags").below("variations"),
    "ResultsFailedError": lambda: errors.ResultsFailedError("1|2", {"status": "ERROR"}),
    "ResultsTimeoutError": lambda: errors.ResultsTimeoutError("1|2", 300.2),
}
EVERY_ERROR = pytest.mark.parametrize("name", EXAMPLES)


def raised(name: str) -> AbwireError:
    """An error as a handler gets it."""
    try:
        raise EXAMPLES[name]()
    except AbwireError as error:
        return error


@EVERY_ERROR
def test_every_error_is_an_abwire_error_of_its_class(name: str) -> None:
    assert type(raised(name)) is getattr(errors, name)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (300, ApiStatusError),
        (400, errors.BadRequestError),
        (401, errors.AuthenticationError),
        (403, errors.PermissionDeniedError),
        (404, errors.NotFoundError),
        (409, errors.ConflictError),
        (418, ApiStatusError),
        (422, errors.UnprocessableError),
        (423, errors.ObjectLockedError),
        (429, errors.RateLimitError),
        (499, ApiStatusError),
        (500, errors.ServerError),
        (503, errors.ServerError),
        (520, errors.ServerError),
        (599, errors.ServerError),
    ],
)
def test_the_class_follows_from_the_status(status: int, expected: type[ApiStatusError]) -> None:
    assert ApiStatusError.of(status) is expected


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ConfigurationError", "KAMELEOON_TOKEN is not set"),
        ("ApiConnectionError", "GET /flags: refused"),
        ("ApiTimeoutError", "GET /flags: no answer"),
        ("NotFoundError", "GET /flags/1: status 404 (no such flag)"),
        ("ServerError", "GET /flags/1: status 520"),
        ("DecodeError", "get-flags: /variations: expected a list, got an object"),
        ("ResultsFailedError", "the computation of results failed (data code 1|2)"),
        ("ResultsTimeoutError", "no results after 300 s; poll on with data code 1|2"),
    ],
)
def test_its_message_says_what_and_where(name: str, message: str) -> None:
    assert str(raised(name)) == message
    assert repr(raised(name)) == f"{name}({message!r})"


class Model:
    """An error body as a model."""

    def __init__(self, message: Any) -> None:
        self.message = message


@pytest.mark.parametrize(
    ("body", "end"),
    [
        (Model("no such flag"), " (no such flag)"),
        ({"message": "no such flag"}, " (no such flag)"),
        (Model(None), ""),
        ({"message": ["a"]}, ""),
        ({}, ""),
        ([1], ""),
        (None, ""),
    ],
)
def test_the_message_of_an_error_body_is_part_of_it(body: Any, end: str) -> None:
    assert str(status_error(body=body)) == f"GET /flags/1: status 404{end}"


def test_a_status_error_carries_the_whole_answer() -> None:
    error = status_error(429, body={"code": "x"}, headers={"Retry-After": "3"}, retry_after=3.0)

    assert (error.status_code, error.method, error.path) == (429, "GET", "/flags/1")
    assert (error.body, error.content, error.retry_after) == ({"code": "x"}, CONTENT, 3.0)
    assert error.headers["retry-after"] == "3"


@EVERY_ERROR
def test_nothing_that_is_shown_of_it_has_the_content(name: str) -> None:
    error = raised(name)
    shown = [str(error), repr(error), f"{error}", f"{[error]}", "".join(traceback.format_exception(error))]
    assert [text for text in shown if SECRET in text] == []


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1), ids=lambda protocol: f"protocol {protocol}")
@EVERY_ERROR
def test_it_survives_pickling(name: str, protocol: int) -> None:
    error = raised(name)
    error.add_note("while reading flags")

    loaded = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301 - written one call before

    assert type(loaded) is type(error)
    assert str(loaded) == str(error)
    assert loaded.args == error.args
    assert {**vars(loaded), "headers": 0} == {**vars(error), "headers": 0}
    assert Headers(vars(loaded).get("headers")) == Headers(vars(error).get("headers"))
    assert loaded.__notes__ == ["while reading flags"]


@EVERY_ERROR
def test_it_survives_copying(name: str) -> None:
    error = raised(name)
    for copied in (copy.copy(error), copy.deepcopy(error)):
        assert type(copied) is type(error)
        assert str(copied) == str(error)


def test_the_place_of_a_decode_error_is_a_json_pointer() -> None:
    error = DecodeError(expected="an integer", got="a string").below("a/b~c").below(3).below("items")

    assert error.pointer == "/items/3/a~1b~0c"
    assert str(error) == "/items/3/a~1b~0c: expected an integer, got a string"


def test_a_decode_error_of_the_whole_answer_says_so() -> None:
    error = DecodeError(expected="an object", got="HTML", operation="get-flags")

    assert str(error) == "get-flags: the answer: expected an object, got HTML"


def test_everything_public_is_exported() -> None:
    public = {
        name for name, value in vars(errors).items() if isinstance(value, type) and value.__module__ == errors.__name__
    }

    assert public == set(errors.__all__)
