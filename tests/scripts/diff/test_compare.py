"""What a change means for users, by the rules of each kind of thing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scripts.diff.model.report import Layer
from scripts.diff.surface.comparing import compare
from scripts.diff.surface.modules import Place
from scripts.diff.surface.rules import Use, any_use
from tests.scripts.diff.surfaces import client, compared

HEAD = """
from __future__ import annotations
import enum
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, Final, Generic, TypedDict, TypeVar
from abwire_core.enums import OpenStrEnum
from abwire_core.models import define, field, Model, OpenModel
from abwire_core.types import UNSET, Unset
T = TypeVar("T")
"""
RUNTIME = {
    "abwire_core.models": """
        from abwire_core.classes import define, field
        class Model:
            def to_dict(self) -> dict[str, object]: ...
        class OpenModel(Model): ...
        __all__ = ["Model", "OpenModel"]
    """,
    "abwire_core.classes": "def define(): ...\ndef field(): ...\n",
    "abwire_core.enums": "import enum\nclass OpenStrEnum(enum.StrEnum): ...\n",
    "abwire_core.types": "import enum\nclass Unset(enum.Enum):\n    UNSET = 1\nUNSET = Unset.UNSET\n",
}
F = "abwire.shop.f"


def changes(tmp_path: Path, before: str, after: str, *, usage: Any = any_use, module: str = "abwire.shop") -> list[str]:
    """What changes from one module to another."""
    old = client(tmp_path / "old", {**RUNTIME, module: HEAD + before})
    new = client(tmp_path / "new", {**RUNTIME, module: HEAD + after})
    return [line.replace(" shop.", " ") for line in compared(old, new, usage)]


FUNCTIONS = [
    ("def f(a): ...", "def f(a): ...", []),
    ("def f(): ...", "", ["breaking function-removed f"]),
    ("", "def f(a): ...", ["info function-added f"]),
    ("def f(): ...", "async def f(): ...", ["breaking async-changed f"]),
    ("async def f(): ...", "def f(): ...", ["breaking async-changed f"]),
    # arguments that are there or not
    ("def f(a): ...", "def f(): ...", ["breaking parameter-removed f(a)"]),
    ("def f(): ...", "def f(a): ...", ["breaking required-parameter-added f(a)"]),
    ("def f(): ...", "def f(a=1): ...", ["info parameter-added f(a)"]),
    ("def f(a=1): ...", "def f(a): ...", ["breaking parameter-now-required f(a)"]),
    ("def f(a): ...", "def f(a=1): ...", ["info parameter-now-optional f(a)"]),
    ("def f(a=1): ...", "def f(a=2): ...", ["warning parameter-default-changed f(a)"]),
    ("def f(a='1'): ...", 'def f(a = "1"): ...', []),
    ("def f(): ...", "def f(*a): ...", ["info parameter-added f(*a)"]),
    ("def f(**o): ...", "def f(): ...", ["breaking parameter-removed f(**o)"]),
    # their order
    ("def f(a, b): ...", "def f(b, a): ...", ["breaking arguments-reordered f"]),
    (
        "def f(a, b=1): ...",
        "def f(a, c=1, b=1): ...",
        [
            "breaking arguments-reordered f",
            "info parameter-added f(c)",
        ],
    ),
    ("def f(a, b=1): ...", "def f(a, b=1, c=1): ...", ["info parameter-added f(c)"]),
    ("def f(a, b): ...", "def f(b): ...", ["breaking parameter-removed f(a)"]),
    ("def f(b): ...", "def f(a, b): ...", ["breaking required-parameter-added f(a)"]),
    ("def f(*, a, b): ...", "def f(*, b, a): ...", []),
    # how they are passed
    ("def f(a): ...", "def f(*, a): ...", ["breaking parameter-now-keyword f(a)"]),
    ("def f(a): ...", "def f(a, /): ...", ["breaking parameter-now-positional f(a)"]),
    ("def f(a, /): ...", "def f(a): ...", ["info parameter-now-both f(a)"]),
    ("def f(a, *, b): ...", "def f(a, b): ...", ["info parameter-now-both f(b)"]),
    (
        "def f(a, *, b): ...",
        "def f(b, a): ...",
        [
            "breaking arguments-reordered f",
            "info parameter-now-both f(b)",
        ],
    ),
    # their types
    ("def f(a: int): ...", "def f(a: int | str): ...", ["info parameter-type-changed f(a)"]),
    ("def f(a: int | str): ...", "def f(a: int): ...", ["breaking parameter-type-changed f(a)"]),
    ("def f(a: int): ...", "def f(a: str): ...", ["breaking parameter-type-changed f(a)"]),
    ("def f(a: int): ...", "def f(a: float): ...", ["info parameter-type-changed f(a)"]),
    ("def f(a: int | str): ...", "def f(a: str | int): ...", []),
    ("def f(a): ...", "def f(a: int): ...", []),
    ("def f(a: list[int]): ...", "def f(a: list[float]): ...", ["breaking parameter-type-changed f(a)"]),
    ("def f(a: list[int]): ...", "def f(a: Sequence[float]): ...", ["info parameter-type-changed f(a)"]),
    ("def f(a: int): ...", "def f(a: int | Unset = UNSET): ...", ["info parameter-now-optional f(a)"]),
    ("def f(a: int | Unset = UNSET): ...", "def f(a: int): ...", ["breaking parameter-now-required f(a)"]),
    (
        "def f(a: int): ...",
        "def f(a: str | Unset = UNSET): ...",
        [
            "breaking parameter-type-changed f(a)",
            "info parameter-now-optional f(a)",
        ],
    ),
    # what they return
    ("def f() -> int: ...", "def f() -> int | None: ...", ["breaking return-type-changed f"]),
    ("def f() -> int | None: ...", "def f() -> int: ...", ["info return-type-changed f"]),
    ("def f() -> int: ...", "def f() -> str: ...", ["breaking return-type-changed f"]),
    ("def f() -> list[float]: ...", "def f() -> list[int]: ...", ["info return-type-changed f"]),
    ("def f() -> None: ...", "def f() -> int: ...", ["info return-type-changed f"]),
    ("def f() -> int: ...", "def f() -> None: ...", ["breaking return-type-changed f"]),
    ("def f() -> T: ...", "def f() -> Any: ...", []),
]


@pytest.mark.parametrize(("before", "after", "expected"), FUNCTIONS)
def test_functions(before: str, after: str, expected: list[str], tmp_path: Path) -> None:
    assert changes(tmp_path, before, after) == expected


CLASSES = [
    ("class A: ...", "", ["breaking class-removed A"]),
    ("class A:\n    def m(self, a): ...", "", ["breaking class-removed A"]),
    ("", "class A:\n    x: int", ["info class-added A"]),
    ("class A: ...", "def A(): ...", ["breaking kind-changed A"]),
    ("class A: ...", "class A(enum.Enum): ...", ["breaking kind-changed A"]),
    # methods and attributes
    ("class A:\n    def m(self): ...", "class A: ...", ["breaking method-removed A.m"]),
    ("class A: ...", "class A:\n    def m(self): ...", ["info method-added A.m"]),
    ("class A:\n    def _m(self): ...", "class A: ...", []),
    (
        "class A:\n    def m(self): ...",
        "class A:\n    @classmethod\n    def m(cls): ...",
        ["breaking binding-changed A.m"],
    ),
    (
        "class A:\n    def m(self): ...",
        "class A:\n    @property\n    def m(self): ...",
        ["breaking kind-changed A.m"],
    ),
    ("class A:\n    x: int", "class A: ...", ["breaking attribute-removed A.x"]),
    ("class A:\n    x: int", "class A:\n    x: int | None", ["breaking attribute-type-changed A.x"]),
    ("class A:\n    x: int | None", "class A:\n    x: int", ["info attribute-type-changed A.x"]),
    # what stands in a base class
    ("class B: ...\nclass A(B):\n    x: int", "class B:\n    x: int\nclass A(B): ...", ["info attribute-added B.x"]),
    ("class B:\n    x: int\nclass A(B): ...", "class B:\n    x: int\nclass A(B):\n    x: int", []),
    (
        "class B:\n    def m(self, a): ...\nclass A(B): ...",
        "class B:\n    def m(self, a): ...\nclass A(B):\n    def m(self): ...",
        ["breaking parameter-removed A.m(a)"],
    ),
    (
        "class B: ...\nclass A(B):\n    def m(self, a): ...",
        "class B:\n    def m(self): ...\nclass A(B): ...",
        ["breaking parameter-removed A.m(a)", "info method-added B.m"],
    ),
    ("class _B:\n    x: int\nclass A(_B): ...", "class A:\n    x: int", []),
    # base classes
    ("class B: ...\nclass A(B): ...", "class B: ...\nclass A: ...", ["breaking base-removed A"]),
    ("class B: ...\nclass A: ...", "class B: ...\nclass A(B): ...", ["info base-added A"]),
    (
        "class C: ...\nclass B(C): ...\nclass A(C): ...",
        "class C: ...\nclass B(C): ...\nclass A(B): ...",
        ["info base-added A"],
    ),
    ("class A(Generic[T]): ...", "class A: ...", []),
    (
        "class E(Exception): ...\nclass A(E): ...",
        "class E(Exception): ...\nclass A(ValueError): ...",
        ["breaking base-removed A", "info base-added A"],
    ),
    # constructors
    (
        "class A:\n    def __init__(self, a): ...",
        "class A:\n    def __init__(self): ...",
        ["breaking parameter-removed A(a)"],
    ),
    ("class A: ...", "class A:\n    def __init__(self, a): ...", ["breaking constructor-changed A"]),
    ("class A: ...", "class A:\n    def __init__(self, a=1): ...", ["info constructor-changed A"]),
    ("class A:\n    def __init__(self, a=1): ...", "class A: ...", ["breaking constructor-changed A"]),
    (
        "class A(Exception):\n    def __init__(self, a: int):\n        self.a = a",
        "class A(Exception):\n    def __init__(self, a: str):\n        self.a = a",
        [
            "breaking attribute-type-changed A.a",
            "breaking parameter-type-changed A(a)",
        ],
    ),
    # options
    ("class O(TypedDict):\n    x: int", "class O(TypedDict): ...", ["breaking option-removed O.x"]),
    ("class O(TypedDict): ...", "class O(TypedDict):\n    x: int", ["breaking required-option-added O.x"]),
    ("class O(TypedDict, total=False): ...", "class O(TypedDict, total=False):\n    x: int", ["info option-added O.x"]),
    (
        "class O(TypedDict):\n    x: int",
        "class O(TypedDict, total=False):\n    x: int",
        ["info option-now-optional O.x"],
    ),
    ("class O(TypedDict):\n    x: int", "class O(TypedDict):\n    x: int | str", ["info option-type-changed O.x"]),
    # enums
    ("class E(enum.Enum):\n    A = 1", "class E(enum.Enum): ...", ["breaking member-removed E.A"]),
    ("class E(enum.Enum): ...", "class E(enum.Enum):\n    A = 1", ["info member-added E.A"]),
    ("class E(enum.Enum):\n    A = 1", "class E(enum.Enum):\n    A = 2", ["breaking member-value-changed E.A"]),
    (
        "class E(OpenStrEnum):\n    A = 'a'",
        "class E(enum.StrEnum):\n    A = 'a'",
        [
            "breaking base-removed E",
        ],
    ),
    # constants and types
    ("X = 1", "X = 2", ["warning constant-changed X"]),
    ("class A:\n    RATES = (1, 2)", "class A:\n    RATES = (1, 3)", ["warning constant-changed A.RATES"]),
    ("class A:\n    RATES = (1, 2)", "class A: ...", ["breaking constant-removed A.RATES"]),
    (
        "class B:\n    X = 1\nclass A(B):\n    X = 2",
        "class B:\n    X = 1\nclass A(B): ...",
        ["warning constant-changed A.X"],
    ),
    ("Name = int | str", "Name = int", ["breaking type-changed Name"]),
    ("Name = int | str\ndef f(a: Name): ...", "Name = str | int\ndef f(a: int | str): ...", []),
    (
        "Name = int | str\ndef f(a: Name): ...",
        "Name = int\ndef f(a: Name): ...",
        [
            "breaking parameter-type-changed f(a)",
            "breaking type-changed Name",
        ],
    ),
    # deprecations
    ("def f(): ...", 'def f():\n    """Deprecated. Do it."""', ["info deprecated f"]),
    ('class A:\n    """Deprecated."""', "class A: ...", ["info deprecation-removed A"]),
    ("class A: ...", 'class A:\n    DEPRECATED = "Move on."', ["info deprecated A"]),
    ('class A:\n    DEPRECATED = "Move on."', 'class A:\n    DEPRECATED = "Move."', []),
]


@pytest.mark.parametrize(("before", "after", "expected"), CLASSES)
def test_classes(before: str, after: str, expected: list[str], tmp_path: Path) -> None:
    assert changes(tmp_path, before, after) == expected


def attrs(*fields: str, options: str = "kw_only=True") -> str:
    """A model of attrs."""
    return f"@define({options})\nclass Thing(OpenModel):\n    " + "\n    ".join(fields or ("...",))


SENT, RECEIVED, BOTH = Use(received=False), Use(sent=False), Use()
T = "models.Thing.x"
NOW_REQUIRED = f"field-now-required {T}"
NEW_REQUIRED = f"required-field-added {T}"
FIELDS = [
    (BOTH, "x: int", "", [f"breaking field-removed {T}"]),
    (RECEIVED, "x: int", "", [f"breaking field-removed {T}"]),
    (BOTH, "", "x: int | Unset = UNSET", [f"info field-added {T}"]),
    (SENT, "", "x: int", [f"breaking {NEW_REQUIRED}"]),
    (BOTH, "", "x: int", [f"breaking {NEW_REQUIRED}"]),
    (Use(sent=False, received=False), "", "x: int", [f"breaking {NEW_REQUIRED}"]),
    (RECEIVED, "", "x: int", [f"warning {NEW_REQUIRED}"]),
    (SENT, "x: int | Unset = UNSET", "x: int", [f"breaking {NOW_REQUIRED}"]),
    (RECEIVED, "x: int | Unset = UNSET", "x: int", [f"warning {NOW_REQUIRED}"]),
    (SENT, "x: int", "x: int | Unset = UNSET", [f"info field-now-optional {T}"]),
    (
        RECEIVED,
        "x: int",
        "x: int | Unset = UNSET",
        [f"breaking field-now-optional {T}"],
    ),
    (BOTH, "x: int", "x: int | Unset = UNSET", [f"breaking field-now-optional {T}"]),
    (RECEIVED, "x: int", "x: int = 1", [f"info field-now-optional {T}"]),
    (SENT, "x: int", "x: int | None", [f"info field-type-changed {T}"]),
    (RECEIVED, "x: int", "x: int | None", [f"breaking field-type-changed {T}"]),
    (SENT, "x: int | None", "x: int", [f"breaking field-type-changed {T}"]),
    (RECEIVED, "x: int | None", "x: int", [f"info field-type-changed {T}"]),
    (BOTH, "x: int", "x: int | None", [f"breaking field-type-changed {T}"]),
    (BOTH, "x: int | None", "x: int", [f"breaking field-type-changed {T}"]),
    (RECEIVED, "x: str", "x: Kind", [f"info field-type-changed {T}"]),
    (SENT, "x: str", "x: Kind", [f"breaking field-type-changed {T}"]),
    (RECEIVED, "x: Kind", "x: str", [f"breaking field-type-changed {T}"]),
    (RECEIVED, "x: list[str]", "x: list[Kind]", [f"info field-type-changed {T}"]),
    (RECEIVED, "x: int | Unset = UNSET", "x: int | None | Unset = UNSET", [f"breaking field-type-changed {T}"]),
    (
        BOTH,
        "x: Literal['A'] = 'A'",
        "x: Literal['B'] = 'B'",
        [
            f"breaking field-type-changed {T}",
            f"warning field-default-changed {T}",
        ],
    ),
    (BOTH, "x: int = field(default=1)", "x: int = 1", []),
    (BOTH, "x: int = field(default=1)", "x: int = field(default=2)", [f"warning field-default-changed {T}"]),
    (BOTH, "x: list[int] = field(factory=list)", "x: list[int] = field(factory=list, repr=False)", []),
    (BOTH, "x: int", "x: int = field(repr=False)", []),
    (BOTH, "x: dict[str, int] = field(init=False, factory=dict)", "", [f"breaking attribute-removed {T}"]),
]


@pytest.mark.parametrize(("use", "before", "after", "expected"), FIELDS)
def test_fields_by_the_use_of_their_model(
    use: Use, before: str, after: str, expected: list[str], tmp_path: Path
) -> None:
    def usage(package: str, model: str) -> Use:
        assert (package, model) == ("shop", "Thing")
        return use

    surfaces = [
        client(
            tmp_path / name,
            {
                **RUNTIME,
                "abwire.shop": "",
                "abwire.shop.models": "from .thing import Kind, Thing\n__all__ = ['Kind', 'Thing']\n",
                "abwire.shop.models.thing": f"{HEAD}class Kind(OpenStrEnum): ...\n{attrs(*filter(None, [code]))}",
            },
        )
        for name, code in (("old", before), ("new", after))
    ]
    assert compared(surfaces[0], surfaces[1], usage) == expected


def test_arguments_of_a_class_of_attrs_by_position(tmp_path: Path) -> None:
    before, after = attrs("x: int", "y: int", options=""), attrs("y: int", "x: int", options="")
    assert changes(tmp_path / "positional", before, after) == ["breaking arguments-reordered Thing"]
    assert changes(tmp_path / "named", attrs("x: int", "y: int"), attrs("y: int", "x: int")) == []


def test_before_and_after(tmp_path: Path) -> None:
    old = client(
        tmp_path / "old", {**RUNTIME, "abwire.shop": f"{HEAD}def f(a: int, *, b: str = 'x', **o: int) -> int: ..."}
    )
    new = client(tmp_path / "new", {**RUNTIME, "abwire.shop": f"{HEAD}X = 1"})
    removed, added = (change.row for change in compare(old, new))
    assert (removed.before, removed.after) == ("f(a: int, *, b: str = 'x', **o: int) -> int", None)
    assert (added.before, added.after) == (None, "1")


def test_a_change_of_what_a_call_does_is_one_of_behaviour(tmp_path: Path) -> None:
    old = client(tmp_path / "old", {"abwire.shop": "RATES = ((50, 10),)\ndef f(): ..."})
    new = client(tmp_path / "new", {"abwire.shop": "RATES = ((20, 10),)"})
    rows = {change.row.subject: change.row for change in compare(old, new)}
    assert rows["shop.RATES"].layer is Layer.BEHAVIOUR
    assert (rows["shop.RATES"].before, rows["shop.RATES"].after) == ("((50, 10),)", "((20, 10),)")
    assert rows["shop.f"].layer is Layer.PYTHON


# --- names ---


def errors(code: str, *names: str) -> dict[str, str]:
    return {
        "abwire.errors": "from abwire_core.errors import *\nfrom abwire_core.errors import __all__ as __all__\n",
        "abwire_core.errors": f"{code}\n__all__ = {list(names)}\n",
    }


def test_a_name_that_is_listed_no_more_is_gone(tmp_path: Path) -> None:
    code = "class A(Exception): ...\nclass B(A): ...\n"
    old, new = client(tmp_path / "old", errors(code, "A", "B")), client(tmp_path / "new", errors(code, "A"))
    (change,) = compare(old, new)
    assert (change.row.subject, change.row.check) == (
        "errors.B",
        "exception-removed",
    ) or change.row.check == "name-removed"
    assert change.row.also == ("abwire_core.errors.B",)
    assert set(change.paths) == {"abwire.errors.B", "abwire_core.errors.B"}
    assert change.place == Place()


def test_a_name_that_is_gone_in_one_of_two_modules(tmp_path: Path) -> None:
    modules = errors("class A(Exception): ...", "A")
    old = client(tmp_path / "old", modules)
    new = client(tmp_path / "new", {**modules, "abwire.errors": ""})
    assert compared(old, new) == ["breaking name-removed errors.A"]
    assert compared(new, old) == ["info name-added errors.A"]


def test_what_changes_in_an_error_is_told_by_the_name_that_users_import(tmp_path: Path) -> None:
    old = client(tmp_path / "old", errors("class A(Exception):\n    x: int", "A"))
    new = client(tmp_path / "new", errors("class A(Exception): ...", "A"))
    (change,) = compare(old, new)
    assert change.row.subject == "errors.A.x"
    assert change.row.also == ("abwire_core.errors.A.x",)
    assert change.paths == ("abwire_core.errors.A.x",)


def test_a_class_that_moves_is_the_same_as_long_as_it_keeps_its_name(tmp_path: Path) -> None:
    before = {"abwire_core.types": "class Unset: ...\ndef f() -> Unset: ..."}
    after = {
        "abwire_core._unset": "class Unset: ...",
        "abwire_core.types": "from abwire_core._unset import Unset\ndef f() -> Unset: ...\n__all__ = ['Unset', 'f']",
    }
    old, new = client(tmp_path / "old", before), client(tmp_path / "new", after)
    assert compared(old, new) == []
    assert compared(new, old) == []


def test_a_class_that_moves_behind_another_name_is_compared_all_the_same(tmp_path: Path) -> None:
    old = client(tmp_path / "old", {"abwire_core.types": "class Thing:\n    x: int\n    y: int"})
    moved = {
        "abwire_core.types": "from abwire_core.pages import Thing\n__all__ = ['Thing']",
        "abwire_core.pages": "class Thing:\n    x: int",
    }
    new = client(tmp_path / "new", {**moved})
    assert [line for line in compared(old, new) if line.startswith("breaking")] == [
        "breaking attribute-removed abwire_core.types.Thing.y"
    ]


def test_another_thing_under_an_old_name(tmp_path: Path) -> None:
    modules = {"abwire_core.types": "class A: ...\nclass B: ..."}
    old = client(tmp_path / "old", {**modules, "abwire.shop": "from abwire_core.types import A as X\n__all__ = ['X']"})
    new = client(tmp_path / "new", {**modules, "abwire.shop": "from abwire_core.types import B as X\n__all__ = ['X']"})
    (change,) = compare(old, new)
    assert (change.row.check, change.row.before, change.row.after) == (
        "name-changed",
        "abwire_core.types.A",
        "abwire_core.types.B",
    )


def test_what_entry_classes_inherit_is_told_with_them(tmp_path: Path) -> None:
    shop = {
        "abwire.shop": "from .sdk import AsyncShop, Shop\n__all__ = ['AsyncShop', 'Shop']\n",
        "abwire.shop.sdk": "from abwire_core.apis import *\nclass Shop(Api): ...\nclass AsyncShop(AsyncApi): ...\n",
        "abwire.shop.models": "",
    }
    code = "class Api:\n    def __init__(self, token{0}): ...\nclass AsyncApi:\n    def __init__(self, token{0}): ...\n"
    old = client(tmp_path / "old", {**shop, "abwire_core.apis": code.format("=None")})
    new = client(tmp_path / "new", {**shop, "abwire_core.apis": code.format("")})
    (change,) = compare(old, new)
    assert change.row.subject == "abwire_core.apis.Api(token)"
    assert change.row.also == ("Shop(token)", "abwire_core.apis.AsyncApi(token)", "AsyncShop(token)")
    assert change.place == Place()


def test_what_an_entry_class_has_of_its_own_is_not_told_with_its_base_class(tmp_path: Path) -> None:
    shop = {
        "abwire.shop": "from abwire_core.apis import Api\nclass Shop(Api):\n    RATES = (9,)\n",
        "abwire.shop.models": "",
    }
    old = client(tmp_path / "old", {**shop, "abwire_core.apis": "class Api:\n    RATES = (1,)\n    LIMIT = 1"})
    new = client(tmp_path / "new", {**shop, "abwire_core.apis": "class Api:\n    RATES = (2,)\n    LIMIT = 2"})
    assert {change.row.subject: change.row.also for change in compare(old, new)} == {
        "abwire_core.apis.Api.RATES": (),
        "abwire_core.apis.Api.LIMIT": ("Shop.LIMIT",),
    }


def test_a_method_of_the_only_model_is_told_there(tmp_path: Path) -> None:
    models = {"abwire.shop": "", "abwire.shop.models": "from .thing import Thing\n__all__ = ['Thing']\n"}
    code = "from abwire_core.models import Model\nclass Thing(Model):\n    def m(self{0}): ...\n"
    old = client(tmp_path / "old", {**RUNTIME, **models, "abwire.shop.models.thing": code.format("")})
    new = client(tmp_path / "new", {**RUNTIME, **models, "abwire.shop.models.thing": code.format(", a=1")})
    assert compared(old, new) == ["info parameter-added models.Thing.m(a)"]


def test_a_module_that_comes_or_goes_is_one_change(tmp_path: Path) -> None:
    small = client(tmp_path / "small", {"abwire_core.pages": ""})
    large = client(
        tmp_path / "large",
        {"abwire_core.pages": "", "abwire.shop": "class A: ...", "abwire.shop.models": "class B: ..."},
    )
    assert compared(small, large) == ["info module-added abwire.shop"]
    assert compared(large, small) == ["breaking module-removed abwire.shop"]
    (change,) = compare(large, small)
    assert change.place == Place("shop")


def test_classes_that_look_the_same_are_told_apart(tmp_path: Path) -> None:
    modules = {"abwire.a": "class Thing:\n    x: int", "abwire.b": "class Thing:\n    y: int"}
    old = client(tmp_path / "old", {**modules, "abwire.c": "from abwire.a import Thing\ndef f() -> Thing: ..."})
    new = client(tmp_path / "new", {**modules, "abwire.c": "from abwire.b import Thing\ndef f() -> Thing: ..."})
    (change,) = compare(old, new)
    assert (change.row.before, change.row.after) == ("abwire.a.Thing", "abwire.b.Thing")
