"""Open enums: members that the spec lists are as usual, and values that it does not list are kept."""

from __future__ import annotations

import copy
import gc
import json
import pickle
from collections.abc import Callable
from typing import Any, assert_type

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abwire_core.enums import OpenIntEnum, OpenStrEnum

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


class Colour(OpenStrEnum):
    """A made-up enum; one value is the name of another member."""

    RED = "red"
    BLUE = "blue"
    GREY = "BLUE"


class Shade(OpenStrEnum):
    """Another one, with a value in common."""

    RED = "red"
    DARK = "dark"


class Level(OpenIntEnum):
    """A made-up enum with the integers that Python takes for booleans."""

    OFF = 0
    ON = 1
    TEN = 10


class Size(OpenIntEnum):
    """Another one."""

    TWENTY = 20


EITHER = pytest.mark.parametrize(
    ("enum", "known", "unknown"),
    [pytest.param(Colour, "red", "chartreuse", id="str"), pytest.param(Level, 10, 7, id="int")],
)


def _pickled(protocol: int) -> Callable[[Any], Any]:
    return lambda value: pickle.loads(pickle.dumps(value, protocol))  # noqa: S301 - written one call before


COPIES = pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, *map(_pickled, PROTOCOLS)],
    ids=["copy", "deepcopy", *(f"pickle protocol {protocol}" for protocol in PROTOCOLS)],
)


def test_known_members_are_singletons() -> None:
    assert Colour("red") is Colour.RED
    assert Colour(Colour.RED) is Colour.RED
    assert Level(10) is Level.TEN
    assert [Level(0), Level(1)] == [Level.OFF, Level.ON]


@COPIES
@pytest.mark.parametrize("member", [*Colour, *Level], ids=repr)
def test_known_members_stay_the_same_object(member: Colour | Level, duplicate: Callable[[Any], Any]) -> None:
    assert duplicate(member) is member
    assert duplicate([member])[0] is member


@EITHER
def test_an_unknown_value_equals_and_hashes_as_what_came(enum: Any, known: Any, unknown: Any) -> None:
    member = enum(unknown)
    assert member == unknown
    assert unknown == member
    assert member != known
    assert hash(member) == hash(unknown)
    assert {unknown: "found"}[member] == "found"
    assert {member: "found"}[unknown] == "found"
    assert {enum(unknown), enum(unknown), unknown} == {unknown}


@EITHER
def test_an_unknown_value_is_an_instance_of_the_enum_and_of_its_base(enum: Any, known: Any, unknown: Any) -> None:
    member = enum(unknown)
    assert type(member) is enum
    assert isinstance(member, type(known))
    assert type(member.value) is type(unknown)
    assert member.value == unknown


@EITHER
def test_an_unknown_value_of_an_unknown_value_is_itself(enum: Any, known: Any, unknown: Any) -> None:
    member = enum(unknown)
    assert enum(member) is member
    assert enum(known) is enum(enum(known))


def test_an_unknown_value_is_legible() -> None:
    assert repr(Colour("chartreuse")) == "<Colour.chartreuse: 'chartreuse'>"
    assert str(Colour("chartreuse")) == f"{Colour('chartreuse')}" == "chartreuse"
    assert Colour("chartreuse").name == "chartreuse"
    assert repr(Level(7)) == "<Level.VALUE_7: 7>"
    assert str(Level(7)) == f"{Level(7)}" == "7"
    assert Level(7).name == "VALUE_7"
    assert Level(-7).name == "VALUE_-7"


@COPIES
@EITHER
def test_an_unknown_value_survives_being_copied(
    enum: Any, known: Any, unknown: Any, duplicate: Callable[[Any], Any]
) -> None:
    copied = duplicate({"key": [enum(unknown)]})["key"][0]
    assert type(copied) is enum
    assert copied == unknown
    assert copied.name == enum(unknown).name
    assert not copied.is_known
    assert copied != known


@EITHER
def test_json_holds_the_bare_value(enum: Any, known: Any, unknown: Any) -> None:
    assert json.dumps([enum(unknown), enum(known)]) == json.dumps([unknown, known])
    assert json.dumps({enum(unknown): 1}) == json.dumps({unknown: 1})
    assert enum(json.loads(json.dumps(enum(unknown)))) == enum(unknown)


@EITHER
def test_an_unknown_value_is_not_listed(enum: Any, known: Any, unknown: Any) -> None:
    before = list(enum)
    member = enum(unknown)
    assert list(enum) == before
    assert len(enum) == 3
    assert member.name not in enum.__members__
    assert [listed for listed in enum if listed == known] == [known]


@EITHER
def test_is_known(enum: Any, known: Any, unknown: Any) -> None:
    assert all(member.is_known for member in enum)
    assert enum(known).is_known
    assert not enum(unknown).is_known


def test_a_value_that_is_the_name_of_a_member_is_not_that_member() -> None:
    assert Colour("RED") != Colour.RED
    assert not Colour("RED").is_known
    assert Colour("BLUE") is Colour.GREY
    assert Colour["BLUE"] is Colour.BLUE
    assert not Level(11).is_known


def test_the_empty_string_is_a_value() -> None:
    assert Colour("") == ""
    assert not Colour("").is_known


@EITHER
def test_unknown_values_are_not_held_by_the_class(enum: Any, known: Any, unknown: Any) -> None:
    def alive() -> int:
        gc.collect()
        return sum(type(thing) is enum for thing in gc.get_objects())

    before = alive()
    values = [enum(type(known)(1000 + number)) for number in range(1000)]
    assert alive() == before + 1000
    assert enum(unknown) not in values
    values.clear()
    assert alive() == before


@pytest.mark.parametrize(
    "value",
    [None, True, 1, 1.5, b"red", ["red"], {"red": "red"}],
    ids=["null", "true", "1", "1.5", "bytes", "[]", "{}"],
)
def test_a_string_enum_takes_nothing_but_strings(value: Any) -> None:
    with pytest.raises(ValueError, match="is not a valid Colour"):
        Colour(value)


@pytest.mark.parametrize(
    "value",
    [None, 7.0, 1.5, "10", "seven", b"1", [1], {"a": 1}],
    ids=["null", "7.0", "1.5", "'10'", "'seven'", "bytes", "[]", "{}"],
)
def test_an_integer_enum_takes_nothing_but_integers(value: Any) -> None:
    with pytest.raises(ValueError, match="is not a valid Level"):
        Level(value)


def test_a_member_of_another_enum_counts_as_its_bare_value() -> None:
    assert Colour(Shade.RED) is Colour.RED
    assert type(Colour(Shade.DARK).value) is str
    assert Colour(Shade.DARK).name == "dark"
    assert type(Level(Size.TWENTY).value) is int
    assert Level(Size.TWENTY).name == "VALUE_20"


def test_enums_can_be_made_by_calling_the_base() -> None:
    base: Any = OpenIntEnum
    made = base("Made", {"ONE": 1})
    assert made(1) is made.ONE
    assert made(2) == 2


def test_type_checkers_see_the_enum() -> None:
    assert_type(Colour("chartreuse"), Colour)
    assert_type(Level(7), Level)
    assert_type(list(Level), list[Level])


@settings(deadline=None, derandomize=True)
@given(st.text())
def test_whatever_string_comes_is_kept(value: str) -> None:
    assert Colour(value) == value
    assert str(Colour(value)) == value
    assert json.dumps(Colour(value)) == json.dumps(value)
    assert Colour(value).is_known == (value in ("red", "blue", "BLUE"))


@settings(deadline=None, derandomize=True)
@given(st.integers())
def test_whatever_integer_comes_is_kept(value: int) -> None:
    assert Level(value) == value
    assert Level(value) + 1 == value + 1
    assert json.dumps(Level(value)) == json.dumps(value)
    assert Level(value).is_known == (value in (0, 1, 10))
