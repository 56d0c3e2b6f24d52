"""Which types can stand for which."""

from __future__ import annotations

import pytest

from scripts.diff.surface.python_types import UNSET, Type, fits, parse, union

BASES = {"Kind": ["OpenStrEnum"], "NotFoundError": ["ApiStatusError"]}


def parents(name: str) -> list[str]:
    return BASES.get(name, [])


BOTH = [
    ("int", "int"),
    ("int", "int | None"),
    ("Unset", "int | Unset"),
    ("Goal | None", "None | Unset | Goal"),
    ("int", "float"),
    ("bool", "int"),
    ("int | float", "float"),
    ("str", "Any"),
    ("Any", "object"),
    ("Kind", "str"),
    ("Kind | None", "str | None"),
    ("Literal['a']", "str"),
    ("Literal[1]", "int"),
    ("Literal[True]", "bool"),
    ("Literal['a'] | Literal['b']", "Literal['a'] | Literal['b'] | Literal['c']"),
    ("NotFoundError", "ApiStatusError"),
    ("list[int]", "list"),
    ("list[int]", "Sequence[int]"),
    ("list[int]", "Iterable[float]"),
    ("dict[str, int]", "Mapping[str, float]"),
    ("tuple[int, str]", "tuple[float, str]"),
    ("Callable[[int], None]", "Callable[[int], None]"),
    ("T", "int"),
    ("list[int]", "T"),
]
READ_ONLY = [
    ("list[int]", "list[float]"),
    ("list[Kind]", "list[str]"),
    ("list[Goal]", "list[Goal | Plan]"),
    ("dict[str, int]", "dict[str, int | None]"),
    ("list[list[int]]", "list[list[float]]"),
]
NEITHER = [
    ("int", "str"),
    ("int | None", "int"),
    ("int | Unset", "int"),
    ("float", "int"),
    ("str", "Kind"),
    ("Any", "int"),
    ("datetime.datetime", "datetime.date"),
    ("datetime.date", "datetime.datetime"),
    ("Goal", "Plan"),
    ("Goal", "str"),
    ("Literal['a']", "Literal['b']"),
    ("Literal['a']", "int"),
    ("str", "Literal['a']"),
    ("ApiStatusError", "NotFoundError"),
    ("list", "list[int]"),
    ("Sequence[int]", "list[int]"),
    ("list[int]", "list[str]"),
    ("dict[str, int]", "dict[int, int]"),
    ("dict[bool, int]", "dict[int, int]"),
    ("tuple[int, str]", "tuple[int]"),
    ("Callable[[int], None]", "Callable[[float], None]"),
    ("Callable[[int], bool]", "Callable[[int], int]"),
]


@pytest.mark.parametrize(("part", "whole"), BOTH)
@pytest.mark.parametrize("is_read", [True, False], ids=["read", "given"])
def test_fits(part: str, whole: str, *, is_read: bool) -> None:
    assert fits(parse(part), parse(whole), parents, is_read=is_read)


@pytest.mark.parametrize(("part", "whole"), READ_ONLY)
def test_what_can_be_put_into_fits_only_where_it_is_read(part: str, whole: str) -> None:
    assert fits(parse(part), parse(whole), parents, is_read=True)
    assert not fits(parse(part), parse(whole), parents, is_read=False)


@pytest.mark.parametrize(("part", "whole"), NEITHER)
@pytest.mark.parametrize("is_read", [True, False], ids=["read", "given"])
def test_does_not_fit(part: str, whole: str, *, is_read: bool) -> None:
    assert not fits(parse(part), parse(whole), parents, is_read=is_read)


def test_unions_are_equal_whatever_their_order_and_nesting() -> None:
    assert parse("int | str | None") == parse("None | (str | int)") == union([parse("int | None"), parse("str")])
    assert union([Type("int")]) == Type("int")
    assert hash(parse("Goal | None")) == hash(parse("None | Goal"))


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("Unset | None | Goal | datetime.date", "Goal | date | None | Unset"),
        ("dict[str, list[Goal]]", "dict[str, list[Goal]]"),
        ("Callable[[int, str], None]", "Callable[[int, str], None]"),
        ("Literal['a'] | None", "Literal['a'] | None"),
        ("list[T]", "list[T]"),
    ],
)
def test_is_written_as_people_do(code: str, text: str) -> None:
    assert str(parse(code)) == text


def test_members() -> None:
    found = parse("int | Unset")
    assert found.has(UNSET)
    assert found.without(UNSET) == Type("int")
    assert Type(UNSET).without(UNSET) == Type(UNSET)


def test_other_names_reach_into_unions_and_arguments() -> None:
    assert parse("list[Goal | int] | None").renamed({"Goal": "Plan"}) == parse("list[Plan | int] | None")
    assert parse("Goal | Plan").renamed({"Goal": "Plan"}) == Type("Plan")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Optional[int]", "int | None"),
        ("Union[int, str]", "str | int"),
        ("'Goal | None'", "Goal | None"),
        ("builtins.list[models.Goal]", "list[Goal]"),
        ("AsyncPages[Goal]", "pages.Pages[Goal]"),
        ("ClassVar[int]", "int"),
    ],
)
def test_the_same_type_however_it_is_written(one: str, other: str) -> None:
    assert parse(one) == parse(other)


def test_what_is_no_annotation_is_a_type_by_itself() -> None:
    assert parse("<function a>") == Type("<function a>")
