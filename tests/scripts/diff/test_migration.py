"""Migration notes: code before and after a break, which is judged against the clients, and the changelog's draft."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.diff.inputs.states import DiffError
from scripts.diff.migration import changelog, typecheck
from scripts.diff.migration.notes import Writer, notes_on_contract
from scripts.diff.migration.snippets import Snippets
from scripts.diff.model.report import ApiChange, Cause, Layer, MigrationNote, Row, Section, Severity
from scripts.diff.surface import reading
from scripts.diff.surface.comparing import compare
from scripts.diff.surface.rules import Use
from tests.scripts.diff.cases import CHANGES, Files
from tests.scripts.diff.repositories import Repository, repository

RIGHT = "from abwire.shop import models\n\n\ndef example(owner: models.Owner) -> str:\n    return owner.name\n"
WRONG = RIGHT.replace("-> str", "-> int")


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A project with one shop, as it is."""
    return repository(tmp_path_factory.mktemp("shops") / "repo", {"shop": Files()})


@pytest.fixture(scope="module")
def snippets(shops: Repository) -> Snippets:
    return Snippets(reading.load(shops.root))


def note(before: str | None, after: str | None) -> MigrationNote:
    return MigrationNote("`a` broke", "Do something.", before, after)


# --- code ---


@pytest.mark.parametrize(
    ("path", "given", "lines"),
    [
        (
            "abwire.shop.Shop.things.list",
            ["q"],
            ["def example(shop: Shop, q: str) -> Pages[models.Thing]:", "    return shop.things.list(q=q)"],
        ),
        (
            "abwire.shop.AsyncShop.things.get",
            [],
            [
                "async def example(async_shop: AsyncShop, thing_id: int) -> models.Thing:",
                "    return await async_shop.things.get(thing_id)",
            ],
        ),
        (
            "abwire.shop.Shop.things.delete",
            [],
            ["def example(shop: Shop, thing_id: int) -> None:", "    shop.things.delete(thing_id)"],
        ),
        (
            "abwire.shop.Shop.things.update(body)",
            [],
            [
                "def example(shop: Shop, thing_id: int, body: models.ThingUpdate) -> models.Thing:",
                "    return shop.things.update(thing_id, body)",
            ],
        ),
        (
            "abwire.shop.api.thing.delete_thing.sync",
            [],
            [
                "def example(thing_id: int, client: Client) -> Any | models.Problem | None:",
                "    return delete_thing.sync(thing_id, client=client)",
            ],
        ),
        ("abwire.shop.Shop.things", [], ["def example(shop: Shop) -> object:", "    return shop.things"]),
        (
            "abwire.shop.models.Owner.name",
            [],
            ["def example(owner: models.Owner) -> str:", "    return owner.name"],
        ),
        (
            "abwire.shop.models.Thing.made",
            [],
            [
                "def example(thing: models.Thing) -> datetime.datetime | None:",
                "    return None if isinstance(thing.made, Unset) else thing.made",
            ],
        ),
        ("abwire.shop.models.Status.NEW", [], ["def example() -> object:", "    return models.Status.NEW"]),
        ("abwire.shop.models.Thing", [], ["def example() -> object:", "    return models.Thing"]),
        ("abwire.shop.api.thing.get_thing", [], ["def example() -> object:", "    return get_thing"]),
        ("abwire.errors.NotFoundError", [], ["def example() -> object:", "    return NotFoundError"]),
        (
            "abwire_core.auth.RequestSigning.__init__",
            [],
            [
                "def example(application_id: str, secret_key: str) -> RequestSigning:",
                "    return RequestSigning(application_id, secret_key)",
            ],
        ),
        ("abwire.shop.models.Thing.nothing", [], None),
        ("abwire_core.pages.Pages.__iter__", [], None),
    ],
)
def test_an_element_is_used_as_programs_do(
    snippets: Snippets, path: str, given: list[str], lines: list[str] | None
) -> None:
    code = snippets.use(path, given)

    assert (code and code.splitlines()[-2:]) == lines


def test_a_model_is_made_of_what_has_to_be_given_and_what_is_asked_for(snippets: Snippets) -> None:
    code = snippets.build("abwire.shop.models.ThingCreate", ["weight"])

    assert code is not None
    assert code.splitlines()[-2:] == [
        "def example(name: str, weight: int) -> models.ThingCreate:",
        "    return models.ThingCreate(name=name, weight=weight)",
    ]
    assert snippets.build("abwire.shop.models.Nothing") is None


def test_code_for_everything_that_users_can_reach_type_checks(shops: Repository, tmp_path: Path) -> None:
    found = reading.load(shops.root)
    made = {path: code for path in found if (code := Snippets(found).use(path)) is not None}
    notes = [note(code, None) for code in made.values()]

    checked = typecheck.checked(notes, shops.root, shops.root, tmp_path / "code")

    refused = [path for path, result in zip(made, checked, strict=True) if result.before is None]
    assert len(made) > 400
    # Those of the runtime have types that only stand for others, which a few lines cannot name.
    assert [path for path in refused if not path.startswith("abwire_core.")] == []
    assert 10 * len(refused) < len(made)


# --- the type check ---


def test_code_that_is_wrong_on_its_side_is_dropped(shops: Repository, tmp_path: Path) -> None:
    files = Files()
    CHANGES["field removed from answers"](files)
    other = repository(tmp_path / "other", {"shop": files})
    gone = RIGHT.replace("owner.name", "str(owner.mail)")

    notes = [note(RIGHT, RIGHT), note(WRONG, RIGHT), note(RIGHT, WRONG), note(gone, gone), note("def (", None)]
    checked = typecheck.checked(notes, shops.root, other.root, tmp_path / "code")

    kept = [(found.before is not None, found.after is not None) for found in checked]
    # A model keeps unknown fields, so that mypy lets a field be read that is not declared any more only if it does.
    assert kept[:3] == [(True, True), (False, True), (True, False)]
    assert kept[4] == (False, False)
    assert kept[3][0]


def test_code_comes_in_good_form(shops: Repository, tmp_path: Path) -> None:
    untidy = RIGHT.replace(
        "from abwire.shop import models", "import datetime\nfrom abwire.shop import models\nimport ast"
    )
    (checked,) = typecheck.checked(
        [note(untidy.replace("owner.name", "( owner.name )"), None)], shops.root, shops.root, tmp_path / "code"
    )

    assert checked.before == RIGHT.replace("from abwire", "import ast\nimport datetime\n\nfrom abwire").replace(
        "owner.name", "(owner.name)"
    ).replace("(owner.name)", "owner.name")


def test_without_code_nothing_is_judged(tmp_path: Path) -> None:
    assert typecheck.checked([note(None, None)], tmp_path, tmp_path, tmp_path / "code") == [note(None, None)]
    assert not (tmp_path / "code").exists()


def test_a_tool_that_fails_is_told(shops: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typecheck, "_STRICT", ("--no-such-option",))

    with pytest.raises(DiffError, match="mypy fails at the code of the migration notes: "):
        typecheck.checked([note(RIGHT, None)], shops.root, shops.root, tmp_path / "code")


# --- notes ---


def written(tmp_path: Path, shops: Repository, change: str, use: Use) -> Iterator[MigrationNote]:
    """The notes on what breaks by a change of the shop."""
    files = Files()
    CHANGES[change](files)
    other = repository(tmp_path / "other", {"shop": files})
    old, new = reading.load(shops.root), reading.load(other.root)
    for found in compare(old, new, lambda package, model: use):
        if found.row.severity is Severity.BREAKING:
            yield Writer(old, new).note(found, found.row, use)


@pytest.mark.parametrize(
    ("change", "use", "text"),
    [
        ("required parameter added", Use(), "Give it wherever you left it out."),
        ("field of answers renamed", Use(), "Use `email` in its place."),
        (
            "enum value removed",
            Use(),
            "Should the API still send it, it is kept as it comes; to send it, make it of its value.",
        ),
        (
            "field of answers of another type",
            Use(sent=False),
            "It was `str | Unset`, and is `int | Unset`: check what reads or passes it.",
        ),
        ("field of answers now optional", Use(sent=False), "Expect that it is absent; it is UNSET then."),
        (
            "field removed from requests",
            Use(received=False),
            "The client does not have it any more, and nothing stands in its place: drop what needs it.",
        ),
        ("list without pages", Use(), "Check where the call is awaited."),
    ],
)
def test_a_note_says_what_to_do(tmp_path: Path, shops: Repository, change: str, use: Use, text: str) -> None:
    assert text in [found.text for found in written(tmp_path, shops, change, use)]


def test_a_value_that_is_gone_can_be_made(tmp_path: Path, shops: Repository) -> None:
    (found,) = written(tmp_path, shops, "enum value removed", Use())

    assert found.before is not None
    assert found.after is not None
    assert found.before.splitlines()[-1] == "    return models.Status.GONE"
    assert found.after.splitlines()[-1] == "    return models.Status('GONE')"


def test_what_is_sent_is_made_and_what_is_received_is_read(tmp_path: Path, shops: Repository) -> None:
    (sent,) = written(tmp_path / "1", shops, "field removed from requests", Use(received=False))
    (received,) = written(tmp_path / "2", shops, "field removed from requests", Use(sent=False))

    assert sent.before is not None
    assert received.before is not None
    assert "models.ThingCreate(name=name, weight=weight)" in sent.before
    assert "thing_create.weight" in received.before


def row(text: str, layer: Layer = Layer.HTTP, severity: Severity = Severity.BREAKING) -> Row:
    return Row(layer, severity, "a-check", "GET /things", text, (Cause.SPEC,))


def section(*rows: Row) -> Section:
    return Section("operation", "GET /things", "Shop.things.list", (), rows)


def test_breaks_of_the_contract_have_a_note_if_python_does_not_show_them() -> None:
    one = section(row("became stricter"), row("is new", severity=Severity.INFO))
    two = section(row("became stricter"), row("lost a value"))
    shown = section(row("became stricter"), row("was removed", Layer.PYTHON))

    assert [found.title for found in notes_on_contract([one, two, shown, section()])] == [
        "`GET /things`: became stricter",
        "`GET /things`: 2 changes of the contract",
    ]
    assert [found.text.partition(" They are: ")[2] for found in notes_on_contract([two])] == [
        "became stricter; lost a value."
    ]


# --- the changelog ---


def test_the_changelog_tells_breaks_with_code_then_what_is_new_then_the_rest() -> None:
    rows = (
        Row(Layer.PYTHON, Severity.INFO, "field-added", "models.A.b", "was added", after="str"),
        Row(Layer.PYTHON, Severity.INFO, "parameter-added", "Shop.a.list(c)", "was added", after="str"),
        Row(
            Layer.BEHAVIOUR,
            Severity.WARNING,
            "path-changed",
            "Shop.a.get",
            "is sent to another path",
            before="/a",
            after="/b",
        ),
        Row(
            Layer.PYTHON,
            Severity.WARNING,
            "required-field-added",
            "models.A.d",
            "was added, and has to be given",
            after="int",
        ),
        Row(Layer.HTTP, Severity.INFO, "endpoint-added", "GET /a", "endpoint added"),
    )
    api = ApiChange("shop", "abwire.shop", "changed", "", (section(*rows),))

    assert changelog.draft("0.2.0", [api], [], [note("a()\n", "b()\n")]) == (
        "## 0.2.0 (unreleased)\n\n"
        "* **Breaking**: `a` broke. Do something.\n\n"
        "  Before:\n\n  ```python\n  a()\n  ```\n\n"
        "  After:\n\n  ```python\n  b()\n  ```\n"
        "* New in `abwire.shop`: `models.A.b`, `Shop.a.list(c)`.\n"
        "* `Shop.a.get` is sent to another path (/a -> /b).\n"
        "* `models.A.d` was added, and has to be given.\n"
    )


def test_where_users_notice_nothing_the_changelog_says_nothing() -> None:
    api = ApiChange("shop", "abwire.shop", "changed", "", (section(row("is new", severity=Severity.INFO)),))

    assert changelog.draft("0.1.0", [api], [], []) == ""
