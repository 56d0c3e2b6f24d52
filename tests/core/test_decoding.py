"""From JSON values to Python values: what is taken, what is refused, and how that is said."""

from __future__ import annotations

import datetime
import json
import math
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, timedelta, timezone
from types import MappingProxyType
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abwire_core import decoding
from abwire_core.enums import OpenIntEnum, OpenStrEnum
from abwire_core.errors import DecodeError

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
    except DecodeError as error:
        assert str(error) == "the answer: expected an ISO 8601 date-time, got a string"  # noqa: PT017 - most are refused


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
        pytest.param(" 3.7", id="blank"),
        pytest.param("3.7\n", id="line break"),
        pytest.param("\N{ARABIC-INDIC DIGIT THREE}.7", id="digits of another script"),
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
    [(5, 5), (0, 0), (-5, -5), ("5", 5), ("-5", -5), ("005", 5), (2**70, 2**70), (str(2**70), 2**70)],
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
        pytest.param("5 ", id="blank"),
        pytest.param("\u20095", id="thin space"),
        pytest.param("\N{FULLWIDTH DIGIT FIVE}", id="digits of another script"),
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


@pytest.mark.parametrize("text", ["2024-05-06", "2024-02-29"])
def test_to_date(text: str) -> None:
    decoded = decoding.to_date(text)
    assert type(decoded) is datetime.date
    assert decoded.isoformat() == text


@pytest.mark.parametrize("value", ["2024-05-06T07:08:09Z", "2023-02-29", "", LONG, 7, None, [], True], ids=repr)
def test_what_is_no_date_is_refused(value: Any) -> None:
    _assert_refused(decoding.to_date, value, "date")


def test_to_uuid() -> None:
    text = "12345678-1234-5678-1234-567812345678"
    assert decoding.to_uuid(text) == uuid.UUID(text)


@pytest.mark.parametrize("value", ["made-up", "", LONG, 7, None, []], ids=repr)
def test_what_is_no_uuid_is_refused(value: Any) -> None:
    _assert_refused(decoding.to_uuid, value, "UUID")


def test_to_file() -> None:
    assert decoding.to_file(b"made-up").payload.read() == b"made-up"
    _assert_refused(decoding.to_file, "made-up", "bytes")


@pytest.mark.parametrize(("constant", "value"), [("CAT", "CAT"), (7, 7), (1.5, 1.5)], ids=repr)
def test_to_constant(constant: str | float, value: object) -> None:
    assert decoding.to_constant(value, constant) == constant


@pytest.mark.parametrize(
    ("constant", "value", "expected"),
    [("CAT", "DOG", '"CAT"'), ("CAT", None, '"CAT"'), ("CAT", ["CAT"], '"CAT"'), (1, True, "1"), (1, "1", "1")],
    ids=repr,
)
def test_another_value_than_the_constant_is_refused(constant: str | int, value: object, expected: str) -> None:
    _assert_refused(lambda value: decoding.to_constant(value, constant), value, expected)


class Colour(OpenStrEnum):
    """A made-up enum."""

    RED = "red"


class Level(OpenIntEnum):
    """Another one."""

    LOW = 1


@pytest.mark.parametrize("read", [decoding.to_enum, lambda kind, value: kind._decode(value)], ids=["call", "method"])
def test_to_enum(read: Callable[[Any, Any], Any]) -> None:
    assert read(Colour, "red") is Colour.RED
    assert read(Level, 1) is Level.LOW
    for kind, value in ((Colour, "blue"), (Colour, ""), (Level, 0), (Level, -7)):
        assert read(kind, value) == value
        assert type(read(kind, value)) is kind
        assert not read(kind, value).is_known


@pytest.mark.parametrize("read", [decoding.to_enum, lambda kind, value: kind._decode(value)], ids=["call", "method"])
@pytest.mark.parametrize("value", [None, 1.5, True, False, [], {}, [LONG]], ids=repr)
def test_what_no_member_can_be_made_of_is_refused(read: Callable[[Any, Any], Any], value: object) -> None:
    for kind, expected, other in ((Colour, "a string", 7), (Level, "an integer", "made-up")):
        for wrong in (value, other):
            if not (kind is Level and wrong is True and read is decoding.to_enum):  # to Python, true is 1
                _assert_refused(lambda value, kind=kind: read(kind, value), wrong, expected)  # type: ignore[misc]


def _assert_refused(decode: Callable[[Any], object], value: Any, expected: str) -> None:
    """The error says what was expected, and of what kind the value is; it never shows the value, nor does a cause."""
    with pytest.raises(DecodeError) as raised:
        decode(value)
    error = raised.value
    assert expected in error.expected
    assert error.got == KINDS[type(value)]
    assert (error.pointer, error.operation) == ("", None)
    assert str(error) == f"the answer: expected {error.expected}, got {error.got}"
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None


KINDS: dict[type, str] = {
    type(None): "null",
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "an object",
    bytes: "bytes",
}


# --- objects and lists ---


NOT_LISTS = [None, True, 7, 1.5, "made-up", {}, {"0": 1}, (1,)]
NOT_OBJECTS = [None, True, 7, 1.5, "made-up", [], [["a", 1]], ()]


def _below(read: Callable[[Any], object]) -> Callable[[Any], object]:
    """A reader of the objects whose only field is ``a/b``."""

    def reader(value: Any) -> object:
        try:
            return read(value["a/b"])
        except (DecodeError, KeyError) as error:
            raise decoding.located(error, "a/b") from None

    return reader


def test_a_list_is_read_item_by_item() -> None:
    source = ["1", 2, "3"]
    assert decoding.list_of(decoding.to_int, source) == [1, 2, 3]
    assert decoding.list_of(decoding.to_int, []) == []
    assert source == ["1", 2, "3"]
    assert decoding.to_list(source) is source


@pytest.mark.parametrize("index", [0, 1, 4])
def test_an_item_of_another_shape_is_named_by_its_index(index: int) -> None:
    items: list[object] = [1, 2, 3, 4, 5]
    items[index] = None
    with pytest.raises(DecodeError) as raised:
        decoding.list_of(decoding.to_int, items)
    assert (raised.value.pointer, raised.value.got) == (f"/{index}", "null")


@pytest.mark.parametrize("value", NOT_LISTS, ids=repr)
def test_what_is_no_list_is_refused(value: object) -> None:
    for read in (decoding.to_list, lambda value: decoding.list_of(decoding.as_is, value)):
        with pytest.raises(DecodeError, match="expected a list, got ") as raised:
            read(value)
        assert raised.value.pointer == ""


def test_a_map_is_read_value_by_value() -> None:
    source = {"a": "1", "b": 2}
    assert decoding.map_of(decoding.to_int, source) == {"a": 1, "b": 2}
    assert source == {"a": "1", "b": 2}
    with pytest.raises(DecodeError) as raised:
        decoding.map_of(decoding.to_int, {"a": 1, "~/": "x", "c": None})
    assert raised.value.pointer == "/~0~1"


def test_an_object_is_what_json_has_as_one() -> None:
    source = {"type": "CAT"}
    assert decoding.to_object(source) is source
    assert decoding.tag(source, "type") == "CAT"
    assert decoding.tag(source, "kind") is None


@pytest.mark.parametrize("value", NOT_OBJECTS, ids=repr)
def test_what_is_no_object_is_refused(value: Any) -> None:
    for read in (decoding.to_object, lambda value: decoding.tag(value, "type"), decoding.copied):
        with pytest.raises(DecodeError, match="expected an object, got ") as raised:
            read(value)
        assert raised.value.pointer == ""


def test_places_are_put_together_on_the_way_out() -> None:
    read = _below(lambda value: decoding.list_of(_below(decoding.to_int), value))
    assert read({"a/b": [{"a/b": 1}]}) == [1]
    with pytest.raises(DecodeError) as raised:
        read({"a/b": [{"a/b": 1}, {"a/b": "x"}]})
    assert (raised.value.pointer, raised.value.got) == ("/a~1b/1/a~1b", "a string")
    with pytest.raises(DecodeError) as raised:
        read({"a/b": [{"a/b": 1}, {}]})
    assert (raised.value.pointer, raised.value.expected, raised.value.got) == ("/a~1b/1/a~1b", "a value", "nothing")


def test_what_was_read_from_the_object_itself_is_not_below_a_key() -> None:
    error = decoding.mismatch("an object", 7).below("id")
    assert decoding.located(error, None).pointer == "/id"
    assert decoding.located(error, "thing").pointer == "/thing/id"


def test_a_copy_shares_no_object_and_no_list() -> None:
    inner = {"deep": [1, {"er": None}], "text": "x"}
    source: dict[str, Any] = {"a": inner, "b": [inner, inner], "c": 1.5, "d": True, "e": []}
    copy = decoding.copied(source)
    assert copy == source
    assert list(copy) == list(source)
    copies = [copy["a"], *copy["b"], copy["a"]["deep"], copy["a"]["deep"][1], copy["e"], copy]
    assert len({id(container) for container in copies}) == len(copies)
    originals = {id(container) for container in (source, inner, inner["deep"], source["b"], source["e"])}
    assert not originals & {id(container) for container in copies}


def test_any_mapping_and_any_sequence_can_be_copied() -> None:
    source = MappingProxyType({"a": MappingProxyType({"b": ({"c": 1},)})})
    copy = decoding.copied(source)
    assert copy == {"a": {"b": [{"c": 1}]}}
    assert type(copy) is type(copy["a"]) is type(copy["a"]["b"][0]) is dict


def test_the_first_form_that_fits_is_taken() -> None:
    def either(value: Any) -> Any:
        return decoding.first_of(value, decoding.to_int, _consuming, decoding.to_datetime)

    assert either("7") == 7
    assert either({"a": 1}) == 1
    assert either("2024-05-06T07:08:09Z") == at(7, 8, 9, zone=UTC)
    with pytest.raises(DecodeError, match="date-time"):
        either("made-up")


def test_a_form_that_does_not_fit_leaves_the_value_whole() -> None:
    value = {"a": 1, "b": 2}
    assert decoding.first_of(value, _consuming_and_failing, _consuming) == 1


def _consuming(value: Any) -> Any:
    return decoding.to_object(value).pop("a")


def _consuming_and_failing(value: Any) -> Any:
    _consuming(value)
    raise decoding.mismatch("something else", value)


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
    ],
)
def test_wrap_bare(source: dict[str, Any], lift: tuple[str, ...], read: Mapping[str, Any]) -> None:
    before = json.dumps(source)
    assert decoding.wrap_bare(source, "variation", lift) == read
    assert json.dumps(source) == before


# --- answers ---


OBJECTS = [
    pytest.param(b'{"message": "made up"}', id="object"),
    pytest.param(b' \r\n{"message": "made up"}\n', id="object in white space"),
    pytest.param(b'\xef\xbb\xbf{"message": "made up"}', id="object after a byte order mark"),
    pytest.param('{"message": "made up"}'.encode("utf-16"), id="object in UTF-16"),
]
NOT_JSON = [
    pytest.param(b"", "nothing", id="empty"),
    pytest.param(b" \r\n", "nothing", id="white space"),
    pytest.param(b"<html><body>502 Bad Gateway</body></html>", "HTML", id="HTML"),
    pytest.param(b"\n<!DOCTYPE html>\n<html lang=en>", "HTML", id="HTML with its type"),
    pytest.param(b"Bad Gateway", "text that is not JSON", id="text"),
    pytest.param(b'<?xml version="1.0"?><a/>', "text that is not JSON", id="XML"),
    pytest.param(b'{"message": "made', "text that is not JSON", id="truncated in a string"),
    pytest.param(b'[{"a": 1}, {"a"', "text that is not JSON", id="truncated in a list"),
    pytest.param(b'{"a": 1}{"a": 2}', "text that is not JSON", id="two objects"),
    pytest.param(b"{'a': 1}", "text that is not JSON", id="Python"),
    pytest.param(b'{"a": "\xff"}', "text that is not JSON", id="not UTF-8"),
    pytest.param(b"\x89PNG\r\n\x1a\n\x00", "text that is not JSON", id="binary"),
    pytest.param(b"[" * 200_000, "text that is not JSON", id="too deep for the decoder"),
]
MEDIA_TYPES = pytest.mark.parametrize("media_type", ["application/json", "text/html", None])


def _response(content: bytes, media_type: str | None = "application/json") -> httpx.Response:
    headers = {"Content-Type": media_type} if media_type else {}
    return httpx.Response(200, content=content, headers=headers)


def _message(value: Any) -> Any:
    return decoding.to_object(value)["message"]


@MEDIA_TYPES
@pytest.mark.parametrize("content", OBJECTS)
def test_an_answer_is_read_whatever_its_header_says(content: bytes, media_type: str | None) -> None:
    response = _response(content, media_type)
    assert decoding.body(response) == {"message": "made up"}
    assert decoding.parsed(response, _message) == "made up"
    assert decoding.parsed_error(response, _message) == "made up"


@MEDIA_TYPES
@pytest.mark.parametrize(("content", "got"), NOT_JSON)
def test_an_answer_that_is_not_json_is_refused(content: bytes, got: str, media_type: str | None) -> None:
    for read in (decoding.body, lambda response: decoding.parsed(response, decoding.as_is)):
        with pytest.raises(DecodeError) as raised:
            read(_response(content, media_type))
        error = raised.value
        assert (error.pointer, error.expected, error.got) == ("", "JSON", got)
        assert error.__cause__ is None
        assert error.__suppress_context__


@MEDIA_TYPES
@pytest.mark.parametrize(("content", "got"), NOT_JSON)
def test_an_error_that_is_not_json_is_none(content: bytes, got: str, media_type: str | None) -> None:
    assert decoding.parsed_error(_response(content, media_type), decoding.as_is) is None


@pytest.mark.parametrize("content", [b"[]", b'"{}"', b"404", b"null", b"true"])
def test_an_error_of_another_shape_is_none(content: bytes) -> None:
    assert decoding.parsed_error(_response(content), _message) is None
    with pytest.raises(DecodeError, match="expected an object, got "):
        decoding.parsed(_response(content), _message)


def test_an_answer_that_is_nested_too_deeply_to_be_read_is_refused() -> None:
    def read(value: Any) -> Any:
        return decoding.list_of(read, value)

    response = _response(b"[" * 600 + b"]" * 600)
    with pytest.raises(DecodeError, match="nested too deeply"):
        decoding.parsed(response, read)
    assert decoding.parsed_error(response, read) is None


def _message_model(value: Any) -> Any:
    try:
        return "model", decoding.to_object(value).pop("message")
    except KeyError as error:
        raise decoding.located(error, None) from None


def _parsed(response: httpx.Response) -> Any:
    """What a spec has for an error: a model of ``{"message": ...}``, for 400 only."""
    return decoding.parsed_error(response, _message_model) if response.status_code == 400 else None


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
