"""From Python values to what is sent: path segments, date-times, query arguments and forms."""

from __future__ import annotations

import datetime
import json
import uuid
from datetime import UTC, timedelta, timezone
from typing import Any
from urllib.parse import unquote_to_bytes
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abwire_core import decoding, encoding
from abwire_core.client import Client
from abwire_core.enums import OpenIntEnum, OpenStrEnum
from abwire_core.types import UNSET, File
from tests.core.calls import send_once

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
PLUS_TWO = timezone(timedelta(hours=2))


class Kind(OpenStrEnum):
    """A made-up enum."""

    SPLIT_URL = "split/url"


class Number(OpenIntEnum):
    """A made-up enum."""

    SEVEN = 7


def received(url: str) -> httpx.URL:
    """The URL of a request for a path, as it is sent."""
    seen: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url)
        return httpx.Response(200)

    with Client("https://api.example.test/v1", transport=httpx.MockTransport(answer)) as client:
        send_once(client, method="GET", url=url)
    (sent,) = seen
    return sent


@pytest.mark.parametrize(
    ("value", "segment"),
    [
        pytest.param("abc", "abc", id="letters"),
        pytest.param("a-b_c.d~e", "a-b_c.d~e", id="unreserved characters"),
        pytest.param("a/b", "a%2Fb", id="slash"),
        pytest.param("../admin", "..%2Fadmin", id="way up"),
        pytest.param("a\\b", "a%5Cb", id="backslash"),
        pytest.param("a b", "a%20b", id="space"),
        pytest.param(" ", "%20", id="only a space"),
        pytest.param("a+b", "a%2Bb", id="plus"),
        pytest.param("100%", "100%25", id="percent"),
        pytest.param("%2F", "%252F", id="already encoded"),
        pytest.param("%2e%2e", "%252e%252e", id="already encoded dots"),
        pytest.param("a?b=c", "a%3Fb%3Dc", id="question mark"),
        pytest.param("a#b", "a%23b", id="hash"),
        pytest.param("a&b;c,d", "a%26b%3Bc%2Cd", id="delimiters"),
        pytest.param("https://evil.example.test", "https%3A%2F%2Fevil.example.test", id="absolute URL"),
        pytest.param("//evil", "%2F%2Fevil", id="other host"),
        pytest.param("user@host:1", "user%40host%3A1", id="authority"),
        pytest.param("{id}", "%7Bid%7D", id="braces"),
        pytest.param("straße", "stra%C3%9Fe", id="umlaut"),
        pytest.param("日本", "%E6%97%A5%E6%9C%AC", id="CJK"),
        pytest.param("🙂", "%F0%9F%99%82", id="emoji"),
        pytest.param("a\r\nX: y", "a%0D%0AX%3A%20y", id="line break"),
        pytest.param("a\0", "a%00", id="NUL"),
        pytest.param("...", "...", id="three dots"),
        pytest.param(".a", ".a", id="dot first"),
        pytest.param("..a", "..a", id="two dots first"),
        pytest.param(42, "42", id="int"),
        pytest.param(0, "0", id="zero"),
        pytest.param(-1, "-1", id="negative int"),
        pytest.param(1.5, "1.5", id="float"),
        pytest.param(True, "true", id="true"),
        pytest.param(False, "false", id="false"),
        pytest.param(
            datetime.datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC), "2024-05-06T07%3A08%3A09Z", id="UTC date-time"
        ),
        pytest.param(
            datetime.datetime(2024, 5, 6, 7, 8, 9, tzinfo=PLUS_TWO),
            "2024-05-06T07%3A08%3A09%2B02%3A00",
            id="date-time with offset",
        ),
        pytest.param(datetime.date(2024, 5, 6), "2024-05-06", id="date"),
        pytest.param(Kind.SPLIT_URL, "split%2Furl", id="string enum"),
        pytest.param(Kind("new kind"), "new%20kind", id="unknown value of a string enum"),
        pytest.param(Number.SEVEN, "7", id="int enum"),
        pytest.param(Number(8), "8", id="unknown value of an int enum"),
    ],
)
def test_path_segment(value: object, segment: str) -> None:
    assert encoding.path_segment("id", value) == segment
    assert received(f"/things/{segment}/parts").raw_path == f"/v1/things/{segment}/parts".encode()


@pytest.mark.parametrize("value", ["", ".", "..", Kind(""), Kind(".."), None, UNSET], ids=repr)
def test_a_path_argument_that_would_lead_elsewhere_is_refused_by_name(value: object) -> None:
    with pytest.raises(ValueError, match=r"the path argument experiment_id must not be .*another path"):
        encoding.path_segment("experiment_id", value)


@settings(deadline=None, derandomize=True)
@given(
    st.one_of(
        st.text(min_size=1),
        st.text("./%\\?#:@&=+ ab2eE", min_size=1),
        st.integers(),
        st.floats(),
    ).filter(lambda value: value not in (".", ".."))
)
def test_the_server_reads_a_path_argument_as_it_was_given(value: str | float) -> None:
    segment = encoding.path_segment("thing", value)

    url = received(f"/things/{segment}/parts")

    segments = [unquote_to_bytes(part).decode() for part in url.raw_path.split(b"/")]
    assert segments == ["", "v1", "things", str(value), "parts"]
    assert (url.host, url.query, url.fragment) == ("api.example.test", b"", "")


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        pytest.param(datetime.datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC), "2024-05-06T07:08:09Z", id="UTC"),
        pytest.param(datetime.datetime(2024, 5, 6, 7, 8, 9), "2024-05-06T07:08:09", id="naive"),
        pytest.param(datetime.datetime(2024, 5, 6), "2024-05-06T00:00:00", id="midnight"),
        pytest.param(
            datetime.datetime(2024, 5, 6, 7, 8, 9, 5, tzinfo=UTC), "2024-05-06T07:08:09.000005Z", id="fraction"
        ),
        pytest.param(datetime.datetime(2024, 5, 6, 7, tzinfo=PLUS_TWO), "2024-05-06T07:00:00+02:00", id="offset"),
        pytest.param(
            datetime.datetime(2024, 5, 6, tzinfo=timezone(-timedelta(hours=5, minutes=30))),
            "2024-05-06T00:00:00-05:30",
            id="negative offset",
        ),
        pytest.param(
            datetime.datetime(2024, 1, 6, tzinfo=ZoneInfo("Europe/London")), "2024-01-06T00:00:00Z", id="London, winter"
        ),
        pytest.param(
            datetime.datetime(2024, 7, 6, tzinfo=ZoneInfo("Europe/London")),
            "2024-07-06T00:00:00+01:00",
            id="London, summer",
        ),
        pytest.param(
            datetime.datetime(1900, 1, 1, tzinfo=timezone(timedelta(seconds=30))),
            "1900-01-01T00:00:00+00:00:30",
            id="offset of seconds",
        ),
        pytest.param(datetime.datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z", id="year 1"),
    ],
)
def test_date_time(moment: datetime.datetime, text: str) -> None:
    assert encoding.date_time(moment) == text


@settings(deadline=None, derandomize=True)
@given(
    st.datetimes(
        timezones=st.none() | st.timedeltas(-timedelta(hours=23), timedelta(hours=23)).map(timezone) | st.just(UTC)
    )
)
def test_a_date_time_is_read_back_as_it_was_written(moment: datetime.datetime) -> None:
    decoded = decoding.to_datetime(encoding.date_time(moment))
    assert decoded == moment
    assert decoded.utcoffset() == moment.utcoffset()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param([{"field": "name", "operator": "EQUAL"}], '[{"field":"name","operator":"EQUAL"}]', id="list"),
        pytest.param({"a": [1, 2.5, None, True]}, '{"a":[1,2.5,null,true]}', id="object"),
        pytest.param([], "[]", id="empty list"),
        pytest.param({}, "{}", id="empty object"),
        pytest.param("a, b: c", '"a, b: c"', id="string with separators"),
        pytest.param([Kind.SPLIT_URL, Kind("new"), Number.SEVEN, Number(8)], '["split/url","new",7,8]', id="enums"),
        pytest.param(0, "0", id="zero"),
        pytest.param(False, "false", id="false"),
    ],
)
def test_json_parameter_is_compact(value: object, text: str) -> None:
    assert encoding.json_parameter(value) == text


@pytest.mark.parametrize("text", ["Größe", "日本", "🙂", 'quote " and \\', "line\nbreak", "a&b=c#d"], ids=ascii)
def test_the_server_reads_a_json_parameter_as_it_was_given(text: str) -> None:
    url = received(str(httpx.URL("/things", params={"filter": encoding.json_parameter([{"value": text}])})))
    assert json.loads(url.params["filter"]) == [{"value": text}]
    assert url.path == "/v1/things"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(["a"], "a", id="one"),
        pytest.param(["a", "b c", "ä"], "a,b c,ä", id="several"),
        pytest.param([1, 2], "1,2", id="integers"),
        pytest.param([True, False], "true,false", id="booleans"),
        pytest.param([Kind.SPLIT_URL, Kind("new"), Number.SEVEN, Number(8)], "split/url,new,7,8", id="enums"),
        pytest.param([], "", id="none"),
    ],
)
def test_comma_parameter(value: list[Any], text: str) -> None:
    assert encoding.comma_parameter(value) == text


@pytest.mark.parametrize("absent", [UNSET, None], ids=repr)
def test_absent_query_arguments_stay_absent(absent: object) -> None:
    assert encoding.json_parameter(absent) is absent
    assert encoding.comma_parameter(absent) is absent


def test_a_json_parameter_holds_what_json_can_say() -> None:
    assert encoding.json_parameter(["é"]) == '["é"]'
    with pytest.raises(ValueError, match="not JSON compliant"):
        encoding.json_parameter([float("nan")])


# --- forms ---


FILE = File(b"made-up bytes", "a.png", "image/png")


@pytest.mark.parametrize(
    ("value", "contents"),
    [
        pytest.param("ä", [("ä".encode(), TEXT)], id="text"),
        pytest.param("", [(b"", TEXT)], id="empty text"),
        pytest.param(7, [(b"7", TEXT)], id="integer"),
        pytest.param(1.5, [(b"1.5", TEXT)], id="number"),
        pytest.param(False, [(b"false", TEXT)], id="boolean"),
        pytest.param(Kind("new"), [(b"new", TEXT)], id="enum"),
        pytest.param(datetime.datetime(2026, 1, 31, tzinfo=UTC), [(b"2026-01-31T00:00:00Z", TEXT)], id="date-time"),
        pytest.param(datetime.date(2026, 1, 31), [(b"2026-01-31", TEXT)], id="date"),
        pytest.param(None, [(b"null", JSON)], id="null"),
        pytest.param({"a": ["ä", None]}, [('{"a":["ä",null]}'.encode(), JSON)], id="object"),
        pytest.param([], [], id="empty list"),
        pytest.param([1, {"a": 1}, [2]], [(b"1", TEXT), (b'{"a":1}', JSON), (b"[2]", JSON)], id="list"),
    ],
)
def test_a_part_of_a_form_is_sent_by_its_kind(value: object, contents: list[tuple[bytes, str]]) -> None:
    sent = encoding.multipart({"part": value})

    assert sent == [("part", (None, content, media_type)) for content, media_type in contents]


@pytest.mark.parametrize("value", [FILE, FILE.to_tuple()], ids=["file", "encoded file"])
def test_a_file_in_a_form_is_sent_as_it_is(value: object) -> None:
    assert encoding.multipart({"one": value, "all": [value, value]}) == [
        (name, ("a.png", FILE.payload, "image/png")) for name in ("one", "all", "all")
    ]


def test_json_in_a_form_holds_what_json_can_say() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        encoding.multipart({"part": {"a": float("nan")}})


class Model:
    """A made-up model."""

    def _encode(self) -> dict[str, Any]:
        return {"name": "x"}


class Colour(OpenStrEnum):
    """A made-up enum."""

    RED = "red"


def test_an_object_of_no_known_kind_is_sent_as_it_is() -> None:
    source = {"type": "new"}
    assert encoding.json_object(source) is source
    assert encoding.json_object(Model()) == {"name": "x"}
    with pytest.raises(AttributeError):
        encoding.json_object(7)


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("x", "x"),
        (7, 7),
        (0.5, 0.5),
        (True, True),
        (None, None),
        ({"a": 1}, {"a": 1}),
        pytest.param(Model(), {"name": "x"}, id="model"),
        (Colour.RED, "red"),
        (Colour("new"), "new"),
        (datetime.datetime(2026, 1, 31, tzinfo=datetime.UTC), "2026-01-31T00:00:00Z"),
        (datetime.date(2026, 1, 31), "2026-01-31"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        pytest.param([Model(), [Colour.RED], "x"], [{"name": "x"}, ["red"], "x"], id="list"),
    ],
)
def test_a_value_of_several_forms_is_sent_as_json_has_its_form(value: object, sent: object) -> None:
    encoded = encoding.json_value(value)
    assert encoded == sent
    assert type(encoded) is type(sent)


def test_a_file_of_several_forms_is_sent_as_a_file() -> None:
    file = File(b"made-up", "a.png", "image/png")
    assert encoding.json_value(file) == file.to_tuple()
