"""What is told of a thing that seems to have another name now."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.diff.model.elements import Surface
from scripts.diff.surface.comparing import compare
from scripts.diff.surface.twins import Change
from tests.scripts.diff.surfaces import client, compared

HEAD = "from __future__ import annotations\nimport enum\nfrom abwire_core.models import define\n"
MODELS = {"abwire_core.models": "def define(): ...\nclass Model: ...\n__all__ = ['Model']\n"}


def shop(root: Path, code: str) -> Surface:
    return client(root, {**MODELS, "abwire.shop": HEAD + code})


def hints(tmp_path: Path, before: str, after: str) -> dict[str, str | None]:
    """What is hinted at, by the subjects of what is gone or new."""
    changes = compare(shop(tmp_path / "old", before), shop(tmp_path / "new", after))
    check(changes)
    return {change.row.subject.removeprefix("shop."): change.row.hint for change in changes if change.row.hint}


def check(changes: list[Change]) -> None:
    """Whatever is renamed is told at both ends, and its new path is there for whoever needs it."""
    removed = [one for one in changes if one.row.hint and " to " in one.row.hint]
    added = [one for one in changes if one.row.hint and " from " in one.row.hint]
    assert sorted(str(one.successor) for one in removed) == sorted(one.paths[0] for one in added)
    assert not any(one.successor for one in changes if one not in removed)


def model(name: str, *fields: str, writes: tuple[str, ...] = ()) -> str:
    """A model; ``writes`` are the lines that write its fields."""
    lines = "".join(f"        {line}\n" for line in writes)
    body = "".join(f"    {field}\n" for field in fields) or "    ...\n"
    return f"@define()\nclass {name}:\n{body}    def to_dict(self):\n        d = {{}}\n{lines}        return d\n"


def test_a_field_of_the_same_wire_name_was_renamed(tmp_path: Path) -> None:
    before = model("Goal", "title: str", "note: str", writes=('d["name"] = self.title', 'd["note"] = self.note'))
    after = model(
        "Goal",
        "label: str | None",
        "title_note: str",
        writes=('d["name"] = convert(\n            self.label)', 'd["more"] = self.title_note'),
    )
    assert hints(tmp_path, before, after) == {
        "Goal.title": "renamed to `shop.Goal.label`",
        "Goal.label": "renamed from `shop.Goal.title`",
        "Goal.note": "probably renamed to `shop.Goal.title_note`",
        "Goal.title_note": "probably renamed from `shop.Goal.note`",
    }


PROBABLE = [
    ("def f(number: int): ...", "def f(count: int): ...", {"f(number)": "f(count)"}),
    ("def f(number: int): ...", "def f(number_of: str): ...", {}),
    ("def f(number: int, other: int): ...", "def f(numbers: int, x: int): ...", {"f(number)": "f(numbers)"}),
    ("def f(number: int, other: int): ...", "def f(x: int, y: int): ...", {}),
    ("def f(number: int): ...", "def f(x: int, y: int): ...", {}),
    ("def read(a: int) -> str: ...", "def fetch(a: int) -> str: ...", {"read": "fetch"}),
    ("def read(a: int) -> str: ...", "def fetch(b: int) -> str: ...", {}),
    ("def read(a: int) -> str: ...", "def fetch(a: int) -> int: ...", {}),
    ("def read(a: int) -> str: ...", "class read_all: ...", {}),
    (
        "class A:\n    x: int\n    y: int\n    z: int\n    w: int",
        "class B:\n    x: int\n    y: int\n    z: int",
        {"A": "B"},
    ),
    ("class A:\n    x: int\n    y: int", "class B:\n    x: int\n    z: int", {}),
    ("class A: ...", "class B: ...", {}),
]


@pytest.mark.parametrize(("before", "after", "expected"), PROBABLE)
def test_probable_renames(before: str, after: str, expected: dict[str, str], tmp_path: Path) -> None:
    assert hints(tmp_path, before, after) == {
        subject: hint
        for old, new in expected.items()
        for subject, hint in ((old, f"probably renamed to `shop.{new}`"), (new, f"probably renamed from `shop.{old}`"))
    }


def test_a_member_of_the_same_value_was_renamed(tmp_path: Path) -> None:
    before, after = (
        "class E(enum.Enum):\n    A = 1\n    B = 2\n",
        "class E(enum.Enum):\n    C = 2\n    D = 1\n    F = 3\n",
    )
    assert hints(tmp_path, before, after) == {
        "E.A": "renamed to `shop.E.D`",
        "E.B": "renamed to `shop.E.C`",
        "E.D": "renamed from `shop.E.A`",
        "E.C": "renamed from `shop.E.B`",
    }


def test_a_class_of_the_same_members_was_renamed_and_is_told_of_once(tmp_path: Path) -> None:
    before = """
class State(enum.Enum):
    ON = 1
@define(kw_only=True)
class Goal:
    state: State
    parent: Goal | None
def read() -> Goal: ...
def write(goal: Goal, states: list[State]) -> None: ...
"""
    after = before.replace("Goal", "Objective").replace("State", "Mode")
    old, new = shop(tmp_path / "old", before), shop(tmp_path / "new", after)
    assert compared(old, new) == [
        "breaking class-removed shop.Goal",
        "breaking enum-removed shop.State",
        "info class-added shop.Objective",
        "info enum-added shop.Mode",
    ]
    changes = compare(old, new)
    check(changes)
    assert {change.row.hint for change in changes} == {
        "renamed to `shop.Objective`",
        "renamed to `shop.Mode`",
        "renamed from `shop.Goal`",
        "renamed from `shop.State`",
    }


def test_a_base_class_that_was_renamed(tmp_path: Path) -> None:
    before = "@define()\nclass Base:\n    x: int\nclass Goal(Base): ...\n"
    old, new = shop(tmp_path / "old", before), shop(tmp_path / "new", before.replace("Base", "Root"))
    assert compared(old, new) == ["breaking class-removed shop.Base", "info class-added shop.Root"]


def test_a_class_that_changes_with_its_name_is_told_of_wherever_it_is_returned(tmp_path: Path) -> None:
    before = "@define()\nclass Goal:\n    a: int\n    b: int\n    c: int\n    d: int\ndef read() -> Goal: ...\n"
    after = before.replace("Goal", "Plan").replace("d: int", "d: str")
    assert compared(shop(tmp_path / "old", before), shop(tmp_path / "new", after)) == [
        "breaking class-removed shop.Goal",
        "breaking return-type-changed shop.read",
        "info class-added shop.Plan",
    ]


def test_names_that_are_shared_out_are_used_once(tmp_path: Path) -> None:
    before = "def f(ab: int, abc: int): ..."
    after = "def f(abcd: int): ..."
    found = hints(tmp_path, before, after)
    assert found == {"f(abc)": "probably renamed to `shop.f(abcd)`", "f(abcd)": "probably renamed from `shop.f(abc)`"}


def test_an_error_that_was_renamed_is_known_by_the_name_that_users_import(tmp_path: Path) -> None:
    again = "from abwire_core.errors import *\nfrom abwire_core.errors import __all__ as __all__\n"
    old, new = (
        client(
            tmp_path / name,
            {
                "abwire.errors": again,
                "abwire_core.errors": f"class {name}(Exception):\n    a: int\n    b: int\n__all__ = ['{name}']\n",
            },
        )
        for name in ("Old", "New")
    )
    removed, added = compare(old, new)
    assert (removed.row.subject, removed.row.check, removed.row.also) == (
        "errors.Old",
        "exception-removed",
        ("abwire_core.errors.Old",),
    )
    assert (removed.row.hint, removed.successor) == ("probably renamed to `errors.New`", "abwire_core.errors.New")
    assert added.row.hint == "probably renamed from `errors.Old`"
