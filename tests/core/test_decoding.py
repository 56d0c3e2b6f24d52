"""From JSON values to Python values: what is taken, what is refused, and how that is said."""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, timedelta, timezone
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abwire_core import decoding

LONG = "made-up " * 500
PLUS_TWO = timezone(timedelta(hours=2))
MINUS_FIVE_THIRTY = timezone(-timedelta(hours=5, minutes=30))


def at(
    hour: int = 0, minute: int = 0, second: int = 0, micro: int = 0, *, zone: timezone | None = None, day: int = 6
) -> datetime.datetime:
    """A moment in May 2024."""
    return datetime.datetime(2024, 5, day, hour, minute, second, micro, zone)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        # RFC 3339, which is what OpenAPI's date-time means
        ("2024-05-06T07:08:09Z", at(7, 8, 9, zone=UTC)),
        ("2024-05-06T07:08:09+02:00", at(7, 8, 9, zone=PLUS_TWO)),
        ("2024-05-06T07:08:09-05:30", at(7, 8, 9, zone=MINUS_FIVE_THIRTY)),
        ("2024-05-06T07:08:09-00:00", at(7, 8, 9, zone=UTC)),
        ("2024-05-06t07:08:09z", at(7, 8, 9, zone=UTC)),
        ("2024-05-06 07:08:09Z", at(7, 8, 9, zone=UTC)),
        # other offsets of ISO 8601
        ("2024-05-06T07:08:09+0200", at(7, 8, 9, zone=PLUS_TWO)),
        ("2024-05-06T07:08:09+02", at(7, 8, 9, zone=PLUS_TWO)),
        # no offset
        ("2024-05-06T07:08:09", at(7, 8, 9)),
        ("2024-05-06 07:08:09", at(7, 8, 9)),
        # fractions; what is finer than a microsecond is cut off
        ("2024-05-06T07:08:09.5Z", at(7, 8, 9, 500_000, zone=UTC)),
        ("2024-05-06T07:08:09.123Z", at(7, 8, 9, 123_000, zone=UTC)),
        ("2024-05-06T07:08:09.123456Z", at(7, 8, 9, 123_456, zone=UTC)),
        ("2024-05-06T07:08:09.123456789Z", at(7, 8, 9, 123_456, zone=UTC)),
        ("2024-05-06T07:08:09.123456789+02:00", at(7, 8, 9, 123_456, zone=PLUS_TWO)),
        ("2024-05-06T07:08:09,5Z", at(7, 8, 9, 500_000, zone=UTC)),
        ("2024-05-06T07:08:09,123456789", at(7, 8, 9, 123_456)),
        # shorter times and dates
        ("2024-05-06T07:08Z", at(7, 8, zone=UTC)),
        ("2024-05-06T07:08", at(7, 8)),
        ("2024-05-06T07", at(7)),
        ("2024-05-06", at()),
        ("2024-05", at(day=1)),
        # basic format
        ("20240506T070809Z", at(7, 8, 9, zone=UTC)),
        ("20240506T070809.5+0200", at(7, 8, 9, 500_000, zone=PLUS_TWO)),
        ("20240506", at()),
        # week and ordinal dates
        ("2024-W19-1T07:08:09Z", at(7, 8, 9, zone=UTC)),
        ("2024W191T070809Z", at(7, 8, 9, zone=UTC)),
        ("2024-W19", at()),
        ("2024-127T07:08:09Z", at(7, 8, 9, zone=UTC)),
        ("2024127T070809", at(7, 8, 9)),
        # midnight at the end of the day
        ("2024-05-05T24:00:00Z", at(zone=UTC)),
    ],
)
def test_date_times_of_any_iso_8601_form(text: str, moment: datetime.datetime) -> None:
    decoded = decoding.to_datetime(text)
    assert decoded == moment
    assert decoded.utcoffset() == moment.utcoffset()


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="empty"),
        pytest.param("soon", id="word"),
        pytest.param("2024-13-01T00:00:00Z", id="month 13"),
        pytest.param("2023-02-29T00:00:00Z", id="no leap year"),
        pytest.param("2024-05-06T25:00:00Z", id="hour 25"),
        pytest.param("2024-05-06T07:08:60Z", id="leap second"),
        pytest.param("2024-05-06T07:08:09+25:00", id="offset of 25 hours"),
        pytest.param("9999-12-31T24:00:00", id="after the last day"),
        pytest.param("0000-01-01T00:00:00Z", id="year 0"),
        pytest.param("2023-366", id="ordinal date of no leap year"),
        pytest.param("2024-W54", id="week 54"),
        pytest.param("Mon, 06 May 2024 07:08:09 GMT", id="HTTP date"),
        pytest.param("06/05/2024", id="with slashes"),
        pytest.param("1714979289", id="seconds since 1970, as string"),
        pytest.param("\N{FULLWIDTH DIGIT TWO}024-05-06", id="fullwidth digit"),
        pytest.param(LONG, id="long garbage"),
        pytest.param(1714979289, id="seconds since 1970"),
        pytest.param(None, id="null"),
        pytest.param(True, id="boolean"),
        pytest.param(["2024-05-06T07:08:09Z"], id="list"),
        pytest.param(b"2024-05-06T07:08:09Z", id="bytes"),
    ],
)
def test_what_is_no_date_time_is_refused(value: Any) -> None:
    _assert_refused(decoding.to_datetime, value, "date-time")


@settings(deadline=None, derandomize=True)
@given(st.text(max_size=30) | st.text("0123456789-:TZW+., ", max_size=30))
def test_no_text_makes_decoding_a_date_time_fail_otherwise(text: str) -> None:
    try:
        assert isinstance(decoding.to_datetime(text), datetime.datetime)
    except ValueError as error:
        assert str(error).startswith("expected an ISO 8601 date-time, got ")  # noqa: PT017 - most texts are refused


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3.7, 3.7),
        (3, 3.0),
        (0, 0.0),
        (-2, -2.0),
        ("3.7", 3.7),
        ("-3.7", -3.7),
        ("3", 3.0),
        ("1e3", 1000.0),
        (".5", 0.5),
        (" 3.7 ", 3.7),
        (2**53, 9007199254740992.0),
    ],
    ids=repr,
)
def test_to_float(value: float | str, number: float) -> None:
    decoded = decoding.to_float(value)
    assert type(decoded) is float
    assert decoded == number


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(True, id="true"),
        pytest.param(False, id="false"),
        pytest.param(None, id="null"),
        pytest.param(math.nan, id="nan"),
        pytest.param(math.inf, id="infinity"),
        pytest.param("nan", id="nan as string"),
        pytest.param("-Infinity", id="infinity as string"),
        pytest.param("1e400", id="too large, as string"),
        pytest.param(10**400, id="too large"),
        pytest.param("", id="empty"),
        pytest.param("3,7", id="decimal comma"),
        pytest.param("3.7 %", id="percentage"),
        pytest.param("0x10", id="hexadecimal"),
        pytest.param("1_000.5", id="underscore"),
        pytest.param(LONG, id="long garbage"),
        pytest.param([3.7], id="list"),
        pytest.param({"value": 3.7}, id="object"),
        pytest.param(b"3.7", id="bytes"),
    ],
)
def test_what_is_no_number_is_refused(value: Any) -> None:
    _assert_refused(decoding.to_float, value, "number")


@pytest.mark.parametrize(
    ("value", "number"),
    [(5, 5), (0, 0), (-5, -5), ("5", 5), ("-5", -5), ("005", 5), (" 5 ", 5), (2**70, 2**70), (str(2**70), 2**70)],
    ids=repr,
)
def test_to_int(value: int | str, number: int) -> None:
    decoded = decoding.to_int(value)
    assert type(decoded) is int
    assert decoded == number


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(True, id="true"),
        pytest.param(False, id="false"),
        pytest.param(None, id="null"),
        pytest.param(5.0, id="float"),
        pytest.param(math.nan, id="nan"),
        pytest.param("5.0", id="decimal string"),
        pytest.param("", id="empty"),
        pytest.param("five", id="word"),
        pytest.param("0x10", id="hexadecimal"),
        pytest.param("1_0", id="underscore"),
        pytest.param("9" * 5000, id="more digits than Python reads"),
        pytest.param(LONG, id="long garbage"),
        pytest.param([5], id="list"),
        pytest.param({}, id="object"),
        pytest.param(b"5", id="bytes"),
    ],
)
def test_what_is_no_integer_is_refused(value: Any) -> None:
    _assert_refused(decoding.to_int, value, "integer")


@pytest.mark.parametrize(
    ("value", "text"), [("10010", "10010"), ("", ""), ("ä", "ä"), (10010, "10010"), (0, "0"), (-1, "-1")], ids=repr
)
def test_to_str(value: str | int, text: str) -> None:
    assert decoding.to_str(value) == text


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(True, id="true"),
        pytest.param(None, id="null"),
        pytest.param(1.5, id="float"),
        pytest.param([LONG], id="long list"),
        pytest.param({"id": LONG}, id="long object"),
        pytest.param(b"1", id="bytes"),
    ],
)
def test_what_is_neither_string_nor_integer_is_refused(value: Any) -> None:
    _assert_refused(decoding.to_str, value, "string")


@pytest.mark.parametrize(("value", "flag"), [(0, False), (1, True), (False, False), (True, True)], ids=repr)
def test_to_bool(value: int, flag: bool) -> None:
    assert decoding.to_bool(value) is flag


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(2, id="2"),
        pytest.param(-1, id="-1"),
        pytest.param(1.0, id="float"),
        pytest.param(math.nan, id="nan"),
        pytest.param(None, id="null"),
        pytest.param("1", id="digit as string"),
        pytest.param("true", id="true as string"),
        pytest.param("", id="empty"),
        pytest.param([], id="list"),
        pytest.param(LONG, id="long garbage"),
    ],
)
def test_what_is_neither_0_nor_1_is_refused(value: Any) -> None:
    _assert_refused(decoding.to_bool, value, "0 or 1")


def _assert_refused(decode: Callable[[Any], object], value: Any, expected: str) -> None:
    """The message names what was expected and shows the value, or its beginning; so does the traceback."""
    with pytest.raises(ValueError, match=f"^expected .*{expected}.*, got ") as raised:
        decode(value)
    assert str(raised.value).endswith(f", got {value!r:.100}")
    assert len(str(raised.value)) < 160
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


@pytest.mark.parametrize(
    ("source", "lift", "read"),
    [
        pytest.param({"id": 1}, (), {"variation": {"id": 1}}, id="bare"),
        pytest.param({}, ("percentage",), {"variation": {}}, id="bare and empty"),
        pytest.param(
            {"id": 1, "percentage": 50},
            ("percentage",),
            {"variation": {"id": 1, "percentage": 50}, "percentage": 50},
            id="bare, with a key that the wrapper has too",
        ),
        pytest.param(
            {"percentage": None},
            ("percentage", "other"),
            {"variation": {"percentage": None}, "percentage": None},
            id="bare, with that key being null",
        ),
        pytest.param({"variation": {"id": 1}}, ("percentage",), {"variation": {"id": 1}}, id="wrapped"),
        pytest.param({"variation": None}, ("percentage",), {"variation": None}, id="wrapped null"),
        pytest.param(
            {"variation": {"id": 1, "percentage": 5}, "percentage": 50},
            ("percentage",),
            {"variation": {"id": 1, "percentage": 5}, "percentage": 50},
            id="wrapped, with its own key",
        ),
    ],
)
def test_wrap_bare(source: Mapping[str, Any], lift: tuple[str, ...], read: Mapping[str, Any]) -> None:
    before = json.dumps(source)
    assert decoding.wrap_bare(source, "variation", lift) == read
    assert json.dumps(source) == before


def test_wrap_bare_leaves_a_wrapped_object_as_it_is() -> None:
    source = {"variation": {"id": 1}}
    assert decoding.wrap_bare(source, "variation", ()) is source


@pytest.mark.parametrize(
    ("content", "is_object"),
    [
        pytest.param(b'{"message": "made up"}', True, id="object"),
        pytest.param(b"{}", True, id="empty object"),
        pytest.param(b' \r\n{"a": 1}\n', True, id="object in white space"),
        pytest.param(b'\xef\xbb\xbf{"a": 1}', True, id="object after a byte order mark"),
        pytest.param('{"a": "ä"}'.encode(), True, id="object with unicode"),
        pytest.param(b"[]", False, id="list"),
        pytest.param(b'[{"a": 1}]', False, id="list of objects"),
        pytest.param(b'"{}"', False, id="string"),
        pytest.param(b"404", False, id="number"),
        pytest.param(b"null", False, id="null"),
        pytest.param(b"", False, id="empty"),
        pytest.param(b"   ", False, id="white space"),
        pytest.param(b"<html><body>502 Bad Gateway</body></html>", False, id="HTML"),
        pytest.param(b"Bad Gateway", False, id="text"),
        pytest.param(b'{"message": "made', False, id="truncated JSON"),
        pytest.param(b'{"a": 1}{"a": 2}', False, id="two objects"),
        pytest.param(b'{"a": "\xff"}', False, id="not UTF-8"),
        pytest.param(b"\x89PNG\r\n\x1a\n\x00", False, id="binary"),
        pytest.param(b"[" * 200_000, False, id="too deep for the decoder"),
    ],
)
@pytest.mark.parametrize("media_type", ["application/json", "text/html", None])
def test_has_json_object(content: bytes, is_object: bool, media_type: str | None) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    assert decoding.has_json_object(httpx.Response(502, content=content, headers=headers)) is is_object


def _parsed(response: httpx.Response) -> Any:
    """What a spec has for an error: a model of ``{"message": ...}``, for 400 only."""
    return ("model", response.json()["message"]) if response.status_code == 400 else None


@pytest.mark.parametrize(
    ("status", "content", "body"),
    [
        pytest.param(400, b'{"message": "made up"}', ("model", "made up"), id="model"),
        pytest.param(400, b'{"reason": "made up"}', {"reason": "made up"}, id="object of another shape"),
        pytest.param(400, b'["made up"]', ["made up"], id="list"),
        pytest.param(400, b"5", 5, id="number"),
        pytest.param(418, b'{"message": "made up"}', {"message": "made up"}, id="status without a model"),
        pytest.param(400, b"null", None, id="null"),
        pytest.param(400, b"", None, id="empty"),
        pytest.param(418, b"<html>", None, id="HTML"),
        pytest.param(400, b'{"message": "\xff"}', None, id="not UTF-8"),
        pytest.param(400, b"[" * 200_000, None, id="too deep for the decoder"),
    ],
)
def test_the_body_of_an_error_is_read_without_failing(status: int, content: bytes, body: Any) -> None:
    assert decoding.error_parser(_parsed)(httpx.Response(status, content=content)) == body
