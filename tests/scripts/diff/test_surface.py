"""What belongs to the Python surface, and how it is read."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.diff.model.elements import Element, Facts, Kind, Surface, split, within
from scripts.diff.model.types import UNSET, Type, union
from scripts.diff.surface.comparing import compare
from scripts.diff.surface.reading import load
from scripts.diff.surface.sources import SurfaceError
from scripts.specs import documents
from scripts.specs.project import ROOT
from tests.scripts.diff.surfaces import SPEC, client, generated, write_client

SHOP = "abwire.mini_api"


@pytest.fixture(scope="module")
def committed() -> Surface:
    """The surface of the committed client."""
    return load(ROOT)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Surface:
    """The surface of the small shop."""
    return load(generated(tmp_path_factory.mktemp("shop"), SPEC).root)


def paths(surface: Surface, kind: Kind) -> set[str]:
    return {path for path, element in surface.items() if element.kind is kind}


# --- the committed client ---


def test_every_operation_is_a_method_of_both_entry_classes_and_a_module(committed: Surface) -> None:
    operations = paths(committed, Kind.OPERATION)
    methods = [one for one in committed.values() if one.facts.calls]
    assert operations
    assert {one.facts.calls for one in methods if ".Async" in one.path} == operations
    assert {one.facts.calls for one in methods if ".Async" not in one.path} == operations


@pytest.mark.parametrize("api", ["kameleoon", "convert-v1"])
def test_every_method_that_the_spec_names_is_there(api: str, committed: Surface) -> None:
    effective = documents.load(ROOT / "generated" / "specs" / f"{api}.yaml", keep_comments=False)
    entry = f"abwire.{api.replace('-', '_')}.{effective['x-sdk-client']['name']}"
    named = [
        f"{entry}.{operation['x-sdk-group']}.{method}"
        for item in effective["paths"].values()
        for operation in item.values()
        if "x-sdk-group" in operation
        for method in (operation["x-sdk-method"], operation.get("x-sdk-poll", {}).get("method"))
        if method
    ]
    assert named
    assert {committed[path].kind for path in named} == {Kind.METHOD}


@pytest.mark.parametrize("api", ["kameleoon", "convert_v1"])
def test_every_model_and_enum_is_there_under_the_name_that_users_import(api: str, committed: Surface) -> None:
    module = ast.parse((ROOT / "generated" / "abwire" / api / "models" / "__init__.py").read_text(encoding="utf-8"))
    names = next(
        ast.literal_eval(node.value)
        for node in module.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )
    found = [committed[f"abwire.{api}.models.{name}"] for name in names]
    assert {element.kind for element in found} == {Kind.MODEL, Kind.ENUM}
    assert not [path for path in committed if path.startswith(f"abwire.{api}.models.") and "_" in path.split(".")[3]]


def test_nothing_changes_from_the_committed_client_to_itself(committed: Surface) -> None:
    again = load(ROOT)
    assert again == committed
    assert hash(again) == hash(committed)
    assert compare(committed, again) == []


def test_every_element_but_the_modules_at_the_top_belongs_to_another(committed: Surface) -> None:
    assert {element.kind for element in committed.roots().values()} == {Kind.MODULE}
    assert set(committed.roots()) == {"abwire"} | {
        f"abwire_core.{name}"
        for name in ("apis", "auth", "client", "enums", "errors", "limits", "models", "pages", "types")
    }
    for path in committed:
        parent, name = split(path)
        assert name
        assert committed[path].name == name
        assert not parent or parent in committed or path in committed.roots()


def test_errors_and_types_have_all_their_names(committed: Surface) -> None:
    own = committed["abwire_core.errors.NotFoundError"]
    assert own.kind is Kind.EXCEPTION
    assert own.facts.bases == ("abwire_core.errors.ApiStatusError",)
    assert "Exception" in committed.ancestors(own.path)
    assert committed["abwire.errors.NotFoundError"].facts == Facts(type=Type(own.path))
    assert committed.named(committed["abwire.errors.NotFoundError"]) == own
    assert committed["abwire.kameleoon.types.Unset"].facts.type == Type(UNSET)
    assert committed["abwire_core.errors.ApiStatusError.retry_after"].facts.type == union([Type("float"), Type("None")])
    assert committed["abwire_core.errors.ApiStatusError.__init__(retry_after)"].facts.value == "None"


def test_options_and_constants(committed: Surface) -> None:
    assert committed["abwire_core.apis.OAuthOptions.token"].kind is Kind.OPTION
    assert not committed["abwire_core.apis.OAuthOptions.token"].is_required
    assert committed["abwire.kameleoon.Kameleoon.ENVIRONMENT"].facts.value == "'KAMELEOON'"
    assert committed["abwire.kameleoon.Client.BASE_URL"].facts.value == "'https://api.kameleoon.com'"
    assert committed["abwire_core.apis.SyncApi.RATES"].facts.value == "()", (
        "a private class is seen as part of those below"
    )
    assert committed["abwire.convert_v1.Convert"].facts.is_deprecated
    assert not committed["abwire.kameleoon.Kameleoon"].facts.is_deprecated
    assert committed["abwire.kameleoon.models.Experiment.auto_optimized"].facts.is_deprecated
    assert committed["abwire_core.types.File"].facts.order == ("payload", "file_name", "mime_type")


def test_nothing_private_is_there(committed: Surface) -> None:
    names = {part for path in committed for part in path.replace("(", ".").rstrip(")").split(".")}
    assert {name for name in names if name.startswith("_")} <= {
        *("__init__", "__enter__", "__exit__", "__aenter__", "__aexit__", "__iter__", "__aiter__", "__bool__"),
        *("__getitem__", "__setitem__", "__delitem__", "__contains__"),
    }
    assert not {"sdk", "groups", "_http", "sending"} & {path.rpartition(".")[2] for path in committed}


# --- a generated client ---


@pytest.mark.parametrize(
    ("path", "kind", "facts"),
    [
        ("Shop", Kind.CLASS, Facts(bases=("abwire_core.apis.OAuthApi",))),
        ("AsyncShop", Kind.CLASS, Facts(bases=("abwire_core.apis.AsyncOAuthApi",))),
        ("Shop.RATES", Kind.CONSTANT, Facts(value="((50, 10),)")),
        ("Shop.things", Kind.GROUP, Facts()),
        (
            "Shop.things.replace",
            Kind.METHOD,
            Facts(type=Type(f"{SHOP}.models.Both"), binding="instance", order=("thing_id", "body")),
        ),
        ("Shop.things.replace(body)", Kind.PARAMETER, Facts(type=Type(f"{SHOP}.models.Both"), binding="both")),
        (
            "Shop.things.list",
            Kind.METHOD,
            Facts(type=Type("abwire_core.pages.Pages", (Type(f"{SHOP}.models.Thing"),)), binding="instance"),
        ),
        (
            "Shop.things.list(per_page)",
            Kind.PARAMETER,
            Facts(type=union([Type("int"), Type(UNSET)]), value="UNSET", binding="keyword"),
        ),
        (
            "AsyncShop.things.get",
            Kind.METHOD,
            Facts(type=Type(f"{SHOP}.models.Thing"), binding="instance", order=("thing_id",), is_async=True),
        ),
        ("api.things.get_thing", Kind.OPERATION, Facts()),
        ("api.things.get_thing.path", Kind.BEHAVIOUR, Facts(value="'/things/{thingId}'")),
        ("api.things.get_thing.idempotent", Kind.BEHAVIOUR, Facts(value="False")),
        (
            "api.things.get_thing.sync",
            Kind.FUNCTION,
            Facts(
                type=union([Type(f"{SHOP}.models.Fault"), Type(f"{SHOP}.models.Thing"), Type("None")]),
                order=("thing_id",),
            ),
        ),
        ("models.Thing", Kind.MODEL, Facts(bases=("abwire_core.models.OpenModel",))),
        ("models.Thing.id", Kind.FIELD, Facts(type=Type("int"))),
        ("models.Thing.size", Kind.FIELD, Facts(type=union([Type("float"), Type(UNSET)]), value="UNSET")),
        ("models.State", Kind.ENUM, Facts(bases=("abwire_core.enums.OpenStrEnum",))),
        ("models.State.ON", Kind.MEMBER, Facts(value="'ON'")),
        ("types.UNSET", Kind.NAME, Facts(type=Type("abwire_core.types.UNSET"))),
    ],
)
def test_elements_of_a_generated_client(path: str, kind: Kind, facts: Facts, shop: Surface) -> None:
    assert shop[f"{SHOP}.{path}"] == Element(f"{SHOP}.{path}", kind, facts)


def test_a_group_is_what_it_can_do(shop: Surface) -> None:
    assert set(shop.children(f"{SHOP}.Shop.reports")) == {"request", "fetch", "poll"}
    assert {one.kind for one in shop.children(f"{SHOP}.Shop.reports").values()} == {Kind.METHOD}


def test_where_a_field_and_a_method_lead_is_known(shop: Surface) -> None:
    assert shop[f"{SHOP}.Shop.things.list"].facts.calls == f"{SHOP}.api.things.list_things"
    assert shop[f"{SHOP}.models.ThingCreate.tags"].facts.wire == "tags"


def test_the_surface_depends_on_neither_folder_nor_hash_seed(shop: Surface, tmp_path: Path) -> None:
    made = generated(tmp_path / "elsewhere", SPEC)
    assert list(load(made.root).items()) == list(shop.items())
    code = (
        "import pathlib, sys\n"
        "from scripts.diff.surface.reading import load\n"
        "print([*load(pathlib.Path(sys.argv[1])).items()])"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", code, str(made.root)],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1


def test_nothing_is_imported(tmp_path: Path) -> None:
    surface = client(tmp_path, {"abwire.shop": "raise SystemExit('imported')\nX = 1\n"})
    assert surface["abwire.shop.X"].facts.value == "1"


def test_a_relative_root_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_client(tmp_path, {"abwire.shop": "X = 1\n"})
    monkeypatch.chdir(tmp_path)
    assert "abwire.shop.X" in load(Path())


def test_a_package_in_the_working_directory_is_not_taken_by_chance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = write_client(tmp_path / "wanted", {"abwire.shop": "X = 1\n"})
    other = write_client(tmp_path / "other", {"abwire.shop": "Y = 1\n"})
    monkeypatch.chdir(other / "generated")
    assert set(load(wanted).children("abwire.shop")) == {"X"}


def test_a_thing_with_several_names_is_known_by_the_one_where_it_is_defined(tmp_path: Path) -> None:
    again = "from abwire_core.types import Thing\n__all__ = ['Thing']\n"
    surface = client(
        tmp_path,
        {"abwire_core.apis": again, "abwire.shop": again, "abwire_core.types": "class Thing: ...\n"},
    )
    assert surface["abwire_core.types.Thing"].kind is Kind.CLASS
    assert surface["abwire_core.apis.Thing"] == Element(
        "abwire_core.apis.Thing", Kind.NAME, Facts(type=Type("abwire_core.types.Thing"))
    )
    assert surface["abwire.shop.Thing"].kind is Kind.NAME


# --- what is there, and what is not ---


def test_without_a_generated_client_there_is_no_surface(tmp_path: Path) -> None:
    assert len(load(tmp_path)) == 0
    write_client(tmp_path, {"abwire_core.pages": "class Pages: ...\n"})
    shutil.rmtree(tmp_path / "generated")
    assert len(load(tmp_path)) == 0


def test_without_the_runtime_its_names_are_kept(tmp_path: Path) -> None:
    made = generated(tmp_path, SPEC)
    (made.root / "src").unlink()
    surface = load(tmp_path)
    assert surface[f"{SHOP}.models.Thing"].kind is Kind.MODEL
    assert surface[f"{SHOP}.models.State"].kind is Kind.ENUM
    assert surface[f"{SHOP}.models.Thing.size"].facts.type == union([Type("float"), Type(UNSET)])
    assert not any(path.startswith("abwire_core") for path in surface)


@pytest.mark.parametrize(
    ("path", "content", "reason"),
    [
        ("generated/abwire/__init__.py", "class", "invalid syntax"),
        ("generated/abwire/shop/models/goal.py", "x =\n", "invalid syntax"),
        ("src/abwire_core/pages.py", "def f(:\n", "invalid syntax"),
        ("src/abwire_core/pages.py", b"\xff\xfe", "utf-8"),
        ("src/abwire_core/lost/pages.py", "", "__init__.py is missing"),
    ],
)
def test_a_module_that_cannot_be_read_is_named(
    path: str, content: str | bytes, reason: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write_client(tmp_path, {"abwire.shop.models": "", "abwire.shop.models.plan": ""})
    target = tmp_path / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SurfaceError, match=reason) as error:
        load(tmp_path)
    assert str(error.value).startswith(f"{path}: ")
    assert capfd.readouterr() == ("", "")


def test_names_of_a_module(tmp_path: Path) -> None:
    code = """
        import os
        from collections.abc import Sequence
        from typing import TypeVar
        T = TypeVar("T")
        _PRIVATE = 1
        LIMIT = 2
        class Shown: ...
        def shown(): ...
    """
    surface = client(tmp_path, {"abwire.shop": code, "abwire.listed": "__all__ = ['A']\nA = 1\nB = 2\n"})
    assert set(surface.children("abwire.shop")) == {"LIMIT", "Shown", "shown"}
    assert set(surface.children("abwire.listed")) == {"A"}


def test_modules_that_are_reached_through_others_are_not_there(tmp_path: Path) -> None:
    surface = client(
        tmp_path,
        {
            "abwire.shop": "from .sdk import Shop\n__all__ = ['Shop']\n",
            "abwire.shop.sdk": "class Shop: ...\nclass Other: ...\n",
            "abwire.shop.models": "from .goal import Goal\n__all__ = ('Goal',)\n",
            "abwire.shop.models.goal": "class Goal: ...\n",
            "abwire_core.sending": "class Sender: ...\n",
            "abwire_core.pages": "class Pages: ...\n",
        },
    )
    assert set(surface) == {
        "abwire",
        "abwire.shop",
        "abwire.shop.Shop",
        "abwire.shop.models",
        "abwire.shop.models.Goal",
        "abwire_core.pages",
        "abwire_core.pages.Pages",
    }


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("int | None", "int | None"),
        ("None|int", "int | None"),
        ("Optional[int]", "int | None"),
        ("Union[int, str, None]", "int | str | None"),
        ("'Goal'", "Goal"),
        ("list['Goal']", "list[Goal]"),
        ("models.Goal", "Goal"),
        ("builtins.list[Goal]", "list[Goal]"),
        ("typing.List[ Goal ]", "list[Goal]"),
        ("typing.Iterator[int]", "Iterator[int]"),
        ("collections.abc.Iterator[int]", "Iterator[int]"),
        ("datetime.datetime", "datetime.datetime"),
        ("when", "datetime.datetime"),
        ("Literal['b', 'a']", "Literal['a'] | Literal['b']"),
        ("Names", "list[str] | None"),
        ("Final[int]", "int"),
        ("Annotated[int, 'more']", "int"),
        ("Callable[[int], str]", "Callable[[int], str]"),
        ("tuple[int, ...]", "tuple[int, ...]"),
        ("Unset", "Unset"),
    ],
)
def test_an_annotation_is_known_by_what_it_means(annotation: str, expected: str, tmp_path: Path) -> None:
    code = f"""
        from __future__ import annotations
        import builtins, collections.abc, datetime, typing
        from datetime import datetime as when
        from typing import Annotated, Callable, Final, Literal, Optional, Union
        from abwire_core._unset import Unset
        from .shop import models
        from .shop.models import Goal
        Names = list[str] | None
        class Holder:
            value: {annotation}
    """
    surface = client(
        tmp_path,
        {
            "abwire.holder": code,
            "abwire.shop": "",
            "abwire.shop.models": "from .goal import Goal\n__all__ = ['Goal']\n",
            "abwire.shop.models.goal": "class Goal: ...\n",
            "abwire_core._unset": "class Unset: ...\n",
            "abwire_core.types": "from abwire_core._unset import Unset\n__all__ = ['Unset']\n",
        },
    )
    found = surface["abwire.holder.Holder.value"].facts.type
    assert str(found) == expected
    assert "Goal" not in expected or "abwire.shop.models.Goal" in (found.text(full=True) if found else "")
    assert expected != "Unset" or found == Type(UNSET), "where users find it, not where it is defined"


def test_the_parts_of_a_path() -> None:
    assert split("abwire.shop.Shop.goals.list(page)") == ("abwire.shop.Shop.goals.list", "page")
    assert split("abwire.shop.Shop.from_env(**options)") == ("abwire.shop.Shop.from_env", "**options")
    assert split("abwire.shop") == ("abwire", "shop")
    assert split("abwire") == ("", "abwire")
    assert within("a.f", "x", Kind.PARAMETER) == "a.f(x)"
    assert within("a.C", "x", Kind.FIELD) == "a.C.x"


DEPRECATIONS = '''
    from warnings import deprecated

    @deprecated("use new")
    class ByDecorator: ...

    @deprecated("use new")
    def by_decorator(): ...

    class ByNotice:
        DEPRECATED = "Move on."

    class WithoutNotice:
        DEPRECATED: str | None = None

    class ByDocstring:
        """Deprecated. A thing.

        Attributes:
            old (int): Deprecated. A number.
            older (int): A number. Deprecated, use new.
            new (int): A number in place of the deprecated one.
        """
        old: int
        older: int
        new: int

    def by_docstring(a, b):
        """Do it.

        Deprecated. Does it well.

        Evidence: the docs.

        Args:
            a (int):
                Deprecated. A number.
            b (int): A number.
        """

    def not_by_what_others_say():
        """Do it.

        Does it well, unlike what is deprecated.

        Evidence: an old page. Deprecated, says another.
        """
'''


def test_deprecations(tmp_path: Path) -> None:
    surface = client(tmp_path, {"abwire.shop": DEPRECATIONS})
    found = {path.removeprefix("abwire.shop.") for path, element in surface.items() if element.facts.is_deprecated}
    assert found == {
        "ByDecorator",
        "by_decorator",
        "ByNotice",
        "ByDocstring",
        "ByDocstring.old",
        "ByDocstring.older",
        "by_docstring",
        "by_docstring(a)",
    }
