"""Which types can stand for which."""

from __future__ import annotations

import ast

import pytest

from scripts.diff.model.types import LIST, LITERAL, NONE, UNSET, VARIABLE, Type, fits, texts, union

GOAL, PLAN, KIND = "abwire.shop.models.Goal", "abwire.shop.models.Plan", "abwire.shop.models.Kind"
BASES = {
    KIND: ["abwire_core.enums.OpenStrEnum"],
    "abwire_core.enums.OpenStrEnum": ["enum.StrEnum"],
    "abwire_core.errors.NotFoundError": ["abwire_core.errors.ApiStatusError"],
}
NAMES = {
    "Goal": GOAL,
    "Plan": PLAN,
    "Kind": KIND,
    "Unset": UNSET,
    "T": f"{VARIABLE}T",
    "NotFoundError": "abwire_core.errors.NotFoundError",
    "ApiStatusError": "abwire_core.errors.ApiStatusError",
}


def parsed(code: str) -> Type:
    """The type that is written so, with the classes of this module."""
    return read(ast.parse(code, mode="eval").body)


def read(node: ast.expr) -> Type:
    match node:
        case ast.BinOp(left=left, right=right):
            return union([read(left), read(right)])
        case ast.Subscript(value=ast.Name(id="Literal"), slice=ast.Constant(value=value)):
            return Type(LITERAL, (Type(repr(value)),))
        case ast.Subscript(value=value, slice=ast.Tuple(elts=elements)):
            return Type(read(value).name, tuple(map(read, elements)))
        case ast.Subscript(value=value, slice=inner):
            return Type(read(value).name, (read(inner),))
        case ast.List(elts=elements):
            return Type(LIST, tuple(map(read, elements)))
        case ast.Constant(value=None):
            return Type(NONE)
    code = ast.unparse(node)
    return Type(NAMES.get(code, code))


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
    ("datetime.datetime", "datetime.date"),
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
    assert fits(parsed(part), parsed(whole), parents, is_read=is_read)


@pytest.mark.parametrize(("part", "whole"), READ_ONLY)
def test_what_can_be_put_into_fits_only_where_it_is_read(part: str, whole: str) -> None:
    assert fits(parsed(part), parsed(whole), parents, is_read=True)
    assert not fits(parsed(part), parsed(whole), parents, is_read=False)


@pytest.mark.parametrize(("part", "whole"), NEITHER)
@pytest.mark.parametrize("is_read", [True, False], ids=["read", "given"])
def test_does_not_fit(part: str, whole: str, *, is_read: bool) -> None:
    assert not fits(parsed(part), parsed(whole), parents, is_read=is_read)


def test_unions_are_equal_whatever_their_order_and_nesting() -> None:
    assert parsed("int | str | None") == parsed("None | (str | int)") == union([parsed("int | None"), parsed("str")])
    assert union([Type("int")]) == Type("int")
    assert hash(parsed("Goal | None")) == hash(parsed("None | Goal"))


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("Unset | None | Goal | datetime.date", "Goal | datetime.date | None | Unset"),
        ("dict[str, list[Goal]]", "dict[str, list[Goal]]"),
        ("Callable[[int, str], None]", "Callable[[int, str], None]"),
        ("Literal['a'] | None", "Literal['a'] | None"),
        ("list[T]", "list[T]"),
    ],
)
def test_is_written_as_people_do(code: str, text: str) -> None:
    assert str(parsed(code)) == text


def test_two_types_that_look_the_same_are_written_with_their_modules() -> None:
    one, other = Type(GOAL), Type("abwire.shop.other.Goal")
    assert texts(one, other) == (GOAL, "abwire.shop.other.Goal")
    assert texts(one, Type(PLAN)) == ("Goal", "Plan")


def test_members() -> None:
    found = parsed("int | Unset")
    assert found.has(UNSET)
    assert found.without(UNSET) == Type("int")
    assert Type(UNSET).without(UNSET) == Type(UNSET)


def test_other_names_reach_into_unions_and_arguments() -> None:
    assert parsed("list[Goal | int] | None").renamed({GOAL: PLAN}) == parsed("list[Plan | int] | None")
    assert parsed("Goal | Plan").renamed({GOAL: PLAN}) == Type(PLAN)
