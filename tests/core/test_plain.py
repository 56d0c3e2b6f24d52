"""Plain values: what fits is converted, what does not is named with its place and never shown."""

from __future__ import annotations

import datetime
import decimal
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self
from uuid import UUID

import attrs
import pytest

from abwire_core import decoding, encoding, plain
from abwire_core.enums import OpenIntEnum, OpenStrEnum
from abwire_core.models import Model, OpenModel
from abwire_core.types import UNSET, File, Unset

NOON = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC)
NAIVE = datetime.datetime(2026, 1, 31, 12)
DAY = datetime.date(2026, 1, 31)


class Colour(OpenStrEnum):
    RED = "red"


class Level(OpenIntEnum):
    LOW = 1


@attrs.define(kw_only=True, repr=False)
class Closed(Model):
    type_: Literal["closed"] = "closed"
    at: datetime.datetime | Unset = UNSET

    _KEYS = ("type", "startsAt")

    @classmethod
    def _decode(cls, d: dict[str, Any]) -> Self:
        self = cls.__new__(cls)
        self.type_ = d.pop("type", "closed")
        v = d.pop("startsAt", None)
        self.at = UNSET if v is None else decoding.to_datetime(v)
        return self

    def _encode(self) -> dict[str, Any]:
        return {"type": self.type_} | ({} if self.at is UNSET else {"startsAt": encoding.date_time(self.at)})


@attrs.define(kw_only=True, repr=False)
class Thing(OpenModel[Any]):
    name: str
    colour: Colour | Unset = UNSET
    inner: Closed | Unset | None = UNSET
    many: list[Closed] | Unset = UNSET
    either: Closed | dict[str, Any] | Unset = UNSET
    additional_properties: dict[str, Any] = attrs.field(init=False, factory=dict)

    _KEYS = ("name", "colourName", "inner", "many", "either")

    def _encode(self) -> dict[str, Any]:
        d = {**self.additional_properties, "name": self.name}
        if self.colour is not UNSET:
            d["colourName"] = self.colour.value
        return d


@plain.arguments("things.make")
def build(
    text: str = "x",
    number: int | Unset = UNSET,
    ratio: float | Unset | None = UNSET,
    *,
    flag: bool | Unset = UNSET,
    colour: Colour | Unset = UNSET,
    level: Level | Unset = UNSET,
    day: datetime.date | Unset = UNSET,
    at: datetime.datetime | Unset = UNSET,
    key: UUID | Unset = UNSET,
    file: File | Unset = UNSET,
    thing: Thing | Unset = UNSET,
    names: list[str] | Unset = UNSET,
    by_name: dict[str, int] | Unset = UNSET,
    either: int | list[Colour] | Unset = UNSET,
    constant: Literal["a", 2] | Unset = UNSET,
    anything: Any = UNSET,
) -> encoding.Request:
    return {name: value for name, value in locals().items() if value is not UNSET}


FITS: list[tuple[str, Any, Any]] = [
    ("text", "a", "a"),
    ("text", 7, "7"),
    ("number", "7", 7),
    ("number", "-7", -7),
    ("ratio", 1, 1),
    ("ratio", decimal.Decimal("1.5"), 1.5),
    ("ratio", None, None),
    ("flag", True, True),
    ("colour", "red", Colour.RED),
    ("colour", "blue", Colour("blue")),
    ("level", 1, Level.LOW),
    ("day", "2026-01-31", DAY),
    ("day", NOON, DAY),
    ("at", "2026-01-31T12:00:00Z", NOON),
    ("at", "2026-01-31T14:00:00+02:00", NOON),
    ("at", "2026-01-31", NOON.replace(hour=0)),
    ("at", DAY, NOON.replace(hour=0)),
    ("key", "12345678-1234-5678-1234-567812345678", UUID("12345678-1234-5678-1234-567812345678")),
    ("names", ("a", "b"), ["a", "b"]),
    ("names", {"a": 1}.keys(), ["a"]),
    ("by_name", {"a": "1"}, {"a": 1}),
    ("either", 5, 5),
    ("either", ["red"], [Colour.RED]),
    ("constant", 2, 2),
    ("anything", {"a": [NAIVE]}, {"a": [NAIVE]}),
]


@pytest.mark.parametrize(("name", "given", "expected"), FITS, ids=lambda value: repr(value)[:40])
def test_a_plain_value_that_fits_is_converted(name: str, given: Any, expected: Any) -> None:
    found = build(**{name: given})[name]

    assert found == expected
    assert type(found) is type(expected)


MISFITS: list[tuple[str, Any, type[Exception], str]] = [
    ("text", None, TypeError, "text must be a string, not None"),
    ("text", True, TypeError, "text must be a string, not bool"),
    ("text", b"secret", TypeError, "text must be a string, not bytes"),
    ("number", "٣", TypeError, "number must be an integer, not str"),
    ("number", " 3", TypeError, "number must be an integer, not str"),
    ("number", 1.5, TypeError, "number must be an integer, not float"),
    ("number", None, TypeError, "number must be an integer, not None; leave it out instead"),
    ("ratio", "1.5", TypeError, "ratio must be a number, not str"),
    ("ratio", float("nan"), ValueError, "ratio must be a finite number"),
    ("flag", 1, TypeError, "flag must be a bool, not int"),
    ("colour", 5, TypeError, "colour must be a Colour or a string, not int"),
    ("level", "1", TypeError, "level must be a Level or an integer, not str"),
    ("day", "31.1.2026", ValueError, "day must be a date or an ISO 8601 date such as 2026-01-31"),
    ("at", NAIVE, ValueError, "at must have a time zone, such as datetime.UTC or a Z at its end"),
    ("at", "2026-01-31T12:00:00", ValueError, "at must have a time zone, such as datetime.UTC or a Z at its end"),
    ("at", 5, TypeError, "at must be a datetime with a time zone or an ISO 8601 text such as 2026-01-31T12:00:00Z"),
    ("key", "secret", ValueError, "key must be a UUID or its text"),
    ("file", 5, TypeError, "file must be bytes, a path, a file open in binary mode or a File, not int"),
    ("file", "no\0file", ValueError, "file cannot be read: embedded null byte"),
    ("file", "no such file", ValueError, "file cannot be read: No such file or directory"),
    ("names", "ab", TypeError, "names must be a list, not str"),
    ("names", ["a", None], TypeError, "names[1] must be a string, not None"),
    ("by_name", {"a": "x"}, TypeError, "by_name.a must be an integer, not str"),
    ("constant", "b", ValueError, "constant must be 'a' or 2"),
    ("thing", 5, TypeError, "thing must be a Thing or a dict, not int"),
    ("thing", {}, ValueError, "thing.name is missing"),
    ("thing", {"name": 1.5}, TypeError, "thing.name must be a string, not float"),
    ("thing", {"name": "n", "colour": "red"}, ValueError, "thing.colour is a field of Thing; its name in a dict is"),
    ("thing", {"name": "n", "many": [{}, {"at": 1}]}, ValueError, "thing.many[1].at is a field of Closed"),
    ("thing", {"name": "n", "inner": {"x": 1}}, ValueError, "thing.inner.x is unknown: Closed has 'type', 'startsAt'"),
    ("thing", {"name": "n", "inner": {"startsAt": NAIVE}}, ValueError, "thing.inner.startsAt must have a time zone"),
]


@pytest.mark.parametrize(("name", "given", "kind", "message"), MISFITS, ids=lambda value: repr(value)[:40])
def test_a_value_that_does_not_fit_is_named_and_not_shown(
    name: str, given: Any, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind) as raised:
        build(**{name: given})

    assert str(raised.value).startswith(f"things.make: {message}")
    assert "secret" not in str(raised.value)


def test_a_dict_becomes_a_model_with_the_names_of_the_api() -> None:
    source = {"name": "n", "colourName": Colour.RED, "inner": {"startsAt": "2026-01-31"}, "novelty": [DAY]}

    thing = build(thing=source)["thing"]

    assert thing == Thing(name="n", colour=Colour.RED, inner=Closed(at=NOON.replace(hour=0))) or thing["novelty"]
    assert thing["novelty"] == ["2026-01-31"]
    assert thing.inner.at == NOON.replace(hour=0)


def test_a_model_converts_what_it_is_made_of_and_what_is_assigned() -> None:
    thing = Thing(name="n", colour="red", many=({"startsAt": NOON},))  # type: ignore[arg-type]
    assert thing.colour is Colour.RED
    assert isinstance(thing.many, list)
    assert thing.many[0].at == NOON

    thing.colour = "blue"  # type: ignore[assignment]
    assert thing.to_dict()["colourName"] == "blue"
    thing.colour = 5  # type: ignore[assignment]
    with pytest.raises(TypeError, match="Thing: colour must be a Colour or a string, not int"):
        thing.to_dict()
    with pytest.raises(TypeError, match="Thing: name must be a string, not list"):
        Thing(name=[])  # type: ignore[arg-type]


def test_a_model_that_was_read_can_be_sent_back_without_a_time_zone() -> None:
    read = Closed.from_dict({"startsAt": "2026-01-31T12:00:00"})

    assert Thing(name="n", inner=read).inner is read
    assert build(thing=Thing(name="n", inner=read))["thing"].inner.at == NAIVE


def test_files_are_bytes_paths_and_open_files(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"made-up")

    for given in (b"made-up", bytearray(b"made-up"), path, str(path), io.BytesIO(b"made-up"), File(b"made-up")):
        file = build(file=given)["file"]
        assert file.payload.read() == b"made-up"
    assert build(file=path)["file"].file_name == "a.png"
    assert isinstance(build(file=path)["file"].payload, io.FileIO)  # read when it is sent, and not before


def test_a_mapping_of_any_kind_is_a_dict() -> None:
    class Frozen(Mapping[str, Any]):
        def __getitem__(self, key: str) -> Any:
            return {"name": "n"}[key]

        def __iter__(self) -> Any:
            return iter(["name"])

        def __len__(self) -> int:
            return 1

    assert build(thing=Frozen())["thing"] == Thing(name="n")
