"""The Python surface, read by importing small packages written by hand, and what their changes mean."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest

from scripts.diff.inputs.states import DiffError
from scripts.diff.surface.surface_changes import Surface, compare, load

PACKAGES = {
    "generated/abwire/__init__.py": "",
    "generated/abwire/shop/__init__.py": "from .sdk import AsyncShop, Shop\n__all__ = ['AsyncShop', 'Shop']\n",
    "generated/abwire/shop/models/__init__.py": "from .thing import Thing\n__all__ = ['Thing']\n",
    "generated/abwire/shop/models/thing.py": """
        from __future__ import annotations
        class Thing:
            def __init__(self, *, name: str, size: int | None = None) -> None: ...
    """,
    "generated/abwire/shop/sdk.py": """
        from __future__ import annotations
        from functools import cached_property
        from typing import TYPE_CHECKING
        from abwire_core import apis, pages
        if TYPE_CHECKING:
            from abwire.shop.models import Thing
        class Things:
            def get(self, thing_id: int, *, q: str = "") -> Thing: ...
            def list(self) -> pages.Pages[Thing]: ...
        class AsyncThings:
            async def get(self, thing_id: int, *, q: str = "") -> Thing: ...
            def list(self) -> pages.AsyncPages[Thing]: ...
        class Shop(apis.Api):
            ENVIRONMENT = "SHOP"
            @cached_property
            def things(self) -> Things: ...
        class AsyncShop(apis.Api):
            ENVIRONMENT = "SHOP"
            @cached_property
            def things(self) -> AsyncThings: ...
    """,
    "src/abwire_core/__init__.py": "",
    "src/abwire_core/apis.py": """
        RETRIES = 2
        class Api:
            def __init__(self, token: str, *, timeout: float = 60.0, retries: int = RETRIES) -> None: ...
            def close(self) -> None: ...
    """,
    "src/abwire_core/pages.py": """
        _LONGEST = {"seconds": 10}
        class Pages:
            def to_list(self) -> list: ...
        class AsyncPages:
            async def to_list(self) -> list: ...
        def wait(seconds: float = 1.0) -> None: ...
    """,
}
_SDK, _APIS, _PAGES = "generated/abwire/shop/sdk.py", "src/abwire_core/apis.py", "src/abwire_core/pages.py"
_THING = "generated/abwire/shop/models/thing.py"


def write(root: Path, edits: Mapping[str, tuple[str, str]] | None = None) -> Path:
    """Write the packages with some edits: by file, a text and what stands in its place."""
    for name, code in PACKAGES.items():
        text = textwrap.dedent(code)
        if edits and name in edits:
            assert edits[name][0] in text
            text = text.replace(*edits[name])
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Surface:
    return load(write(tmp_path_factory.mktemp("base")))


def test_what_users_reach_is_found_by_their_path(base: Surface) -> None:
    assert {
        "shop:Shop": "class",
        "shop:Shop.__init__": "method",
        "shop:Shop.__init__(timeout)": "parameter",
        "shop:Shop.close": "method",
        "shop:Shop.ENVIRONMENT": "constant",
        "shop:Shop.things": "group",
        "shop:Shop.things.get": "method",
        "shop:Shop.things.get(thing_id)": "parameter",
        "shop:models.Thing": "model",
        "shop:models.Thing.size": "field",
        "Pages.to_list": "method",
        "abwire_core.pages._LONGEST": "constant",
        "abwire_core.pages.wait(seconds)": "constant",
    }.items() <= {path: element["kind"] for path, element in base.items()}.items()
    assert not any("Things" in path for path in base)


@pytest.mark.parametrize(
    ("file", "before", "after", "expected"),
    [
        (
            _SDK,
            "def list(self)",
            "def all(self)",
            ["breaking method-removed shop:Shop.things.list", "info method-added shop:Shop.things.all"],
        ),
        (_SDK, '*, q: str = ""', "*, q: str", ["breaking now-required shop:Shop.things.get(q)"]),
        (
            _SDK,
            '*, q: str = ""',
            "*, q: int = 1",
            ["breaking type-changed shop:Shop.things.get(q)", "warning default-changed shop:Shop.things.get(q)"],
        ),
        (_SDK, '*, q: str = ""', '*, q: str | None = ""', ["info type-changed shop:Shop.things.get(q)"]),
        (_SDK, '*, q: str = ""', 'q: str = ""', ["info now-both shop:Shop.things.get(q)"]),
        (
            _SDK,
            'thing_id: int, *, q: str = ""',
            '*, thing_id: int, q: str = ""',
            ["breaking now-keyword shop:Shop.things.get(thing_id)"],
        ),
        (_SDK, "    async def get(", "    def get(", ["breaking async-changed shop:AsyncShop.things.get"]),
        (
            _SDK,
            "    def list(self) -> pages.Pages[Thing]",
            "    def list(self) -> list[Thing]",
            ["breaking return-type-changed shop:Shop.things.list"],
        ),
        (_SDK, '"SHOP"', '"STORE"', ["warning constant-changed shop:Shop.ENVIRONMENT"]),
        (_APIS, "def close", "@classmethod\n    def close", ["breaking binding-changed shop:Shop.close"]),
        (
            _APIS,
            "token: str, *,",
            "",
            [
                "breaking parameter-removed shop:Shop.__init__(token)",
                "info now-both shop:Shop.__init__(retries)",
                "info now-both shop:Shop.__init__(timeout)",
            ],
        ),
        (
            _APIS,
            "RETRIES = 2",
            "RETRIES = 3",
            [
                "warning constant-changed abwire_core.apis.RETRIES",
                "warning default-changed shop:Shop.__init__(retries)",
            ],
        ),
        (_PAGES, '"seconds": 10', '"seconds": 20', ["warning constant-changed abwire_core.pages._LONGEST"]),
        (
            _PAGES,
            "seconds: float = 1.0",
            "seconds: float = 2.0",
            ["warning constant-changed abwire_core.pages.wait(seconds)"],
        ),
        (_PAGES, "def to_list", "def all", ["breaking method-removed Pages.to_list", "info method-added Pages.all"]),
        (_THING, "size: int | None = None", "size: int | None", ["breaking now-required shop:models.Thing.size"]),
        (_THING, "*, name: str,", "*,", ["breaking field-removed shop:models.Thing.name"]),
        (_THING, "from __future__", "# other\nfrom __future__", []),
    ],
)
def test_a_change_is_found_and_judged(  # noqa: PLR0917 - parameters
    base: Surface, tmp_path: Path, file: str, before: str, after: str, expected: list[str]
) -> None:
    head = load(write(tmp_path, {file: (before, after)}))

    changes = compare(base, head, {}, lambda package, model: (True, True))

    assert sorted(f"{one.severity} {one.check} {one.path}" for one in changes) == expected


def test_a_rename_is_one_change_of_all_that_it_holds(base: Surface, tmp_path: Path) -> None:
    head = load(write(tmp_path, {_SDK: ("Shop(", "Store("), "generated/abwire/shop/__init__.py": ("Shop", "Store")}))

    (change,) = compare(base, head, {"shop:Shop": "shop:Store"}, lambda package, model: (True, True))

    assert (change.path, change.old_path, change.text) == ("shop:Store", "shop:Shop", "was renamed to `Store`")


@pytest.mark.parametrize(
    ("sent", "received", "severity"), [(True, False, "info"), (False, True, "breaking"), (True, True, "breaking")]
)
def test_a_wider_type_breaks_who_reads_it(
    base: Surface, tmp_path: Path, sent: bool, received: bool, severity: str
) -> None:
    head = load(write(tmp_path, {_THING: ("name: str", "name: str | int")}))

    (change,) = compare(base, head, {}, lambda package, model: (sent, received))

    assert change.severity == severity


def test_a_client_that_cannot_be_imported_says_why_and_what_to_do(tmp_path: Path) -> None:
    root = write(tmp_path, {_SDK: ("from abwire_core import apis", "import nowhere")})

    with pytest.raises(DiffError) as refused:
        load(root)

    text = str(refused.value)
    assert "ModuleNotFoundError: No module named 'nowhere'" in text
    assert "make setup" in text


def test_an_attribute_that_a_constructor_sets_is_one(base: Surface, tmp_path: Path) -> None:
    head = write(tmp_path, {_PAGES: ("class Pages:", "class Pages:\n    size: int = 1")})
    before = load(head)
    write(tmp_path, {_PAGES: ("class Pages:", "class Pages:\n    def __init__(self) -> None:\n        self.size = 1")})

    changes = compare(before, load(head), {}, lambda package, model: (True, True))

    assert [change for change in changes if change.path == "Pages.size"] == []


def test_without_a_client_there_is_nothing(tmp_path: Path) -> None:
    assert load(tmp_path) == {}
