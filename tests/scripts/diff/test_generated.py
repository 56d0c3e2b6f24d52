"""What is told of changes in clients that the pipeline has made."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from scripts.diff.model.elements import Surface
from scripts.diff.model.report import Layer
from scripts.diff.surface.comparing import compare
from scripts.diff.surface.modules import Place
from scripts.diff.surface.reading import load
from scripts.diff.surface.rules import Use
from scripts.diff.surface.twins import Change
from scripts.specs.project import ROOT
from tests.scripts.diff.surfaces import (
    INTEGER,
    SPEC,
    TEXT,
    Edit,
    an_object,
    answers,
    body,
    called,
    edited,
    generated,
    sdk,
    told,
)
from tests.scripts.projects import EVIDENCE, PATH_ID, Project, operation, parameter, ref

PACKAGE = "mini_api"
USES = {"Thing": Use(sent=False), "ThingCreate": Use(received=False), "Both": Use()}


def usage(package: str, model: str) -> Use:
    """As the spec of the shop has it."""
    assert package == PACKAGE
    return USES.get(model, Use())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The shop, generated; only to be read."""
    return generated(tmp_path_factory.mktemp("shop"), SPEC)


@pytest.fixture(scope="module")
def base(made: Project) -> Surface:
    """The surface of the shop."""
    return load(made.root)


def schemas(spec: Any) -> Any:
    return spec["components"]["schemas"]


def called_by(spec: Any, method: str, route: str = "/things/{thingId}") -> Any:
    """An operation."""
    return spec["paths"][route][method]


def renamed(target: Any, old: str, new: str) -> None:
    target[new] = target.pop(old)


def nothing(spec: Any) -> None:
    """Nothing that shows: other prose, and another order."""
    called_by(spec, "get").update({"description": "Reads it.", "summary": "Read"})
    schemas(spec)["Thing"]["properties"]["name"] = {**TEXT, "description": "A name."}
    renamed(schemas(spec), "Fault", "Fault")


def received(spec: Any) -> None:
    """A model in answers."""
    thing = schemas(spec)["Thing"]
    thing["required"] = ["name", "added"]
    thing["properties"] |= {
        "size": INTEGER,
        "state": {**ref("State")},
        "added": TEXT,
        "optional": TEXT,
        "list": {"type": "array", "items": TEXT},
    }
    del thing["properties"]["owner"]


def sent(spec: Any) -> None:
    """A model in requests."""
    create = schemas(spec)["ThingCreate"]
    create["required"] = ["size", "added"]
    create["properties"] |= {"tags": {"type": "array", "items": INTEGER}, "added": TEXT, "optional": TEXT}
    create["properties"]["size"] = {"type": "number", "nullable": True}


def both(spec: Any) -> None:
    """A model in both."""
    schemas(spec)["Both"] = an_object("added", name=TEXT, note={**TEXT, "nullable": True}, added=TEXT)


def values(spec: Any) -> None:
    """Enums, and a text whose values are listed now."""
    schemas(spec)["State"]["enum"] = ["ON", "off", "PAUSED"]
    schemas(spec)["Owner"]["properties"]["email"]["enum"] = ["a", "b"]


def words(spec: Any) -> None:
    """Deprecations."""
    schemas(spec)["Thing"]["properties"]["name"] |= {"deprecated": True, "description": "A name."}
    schemas(spec)["Owner"] |= {"deprecated": True, "description": "Who has it."}
    called_by(spec, "get")["deprecated"] = True
    called_by(spec, "get", "/things")["parameters"][-1] |= {"deprecated": True, "description": "A tag."}
    spec["x-sdk-client"]["deprecated"] = "Move on."


def names(spec: Any) -> None:
    """A field that we call otherwise, one that the vendor does, and a method."""
    schemas(spec)["Owner"]["x-sdk-names"] = {"email": "address"}
    renamed(schemas(spec)["Numbers"]["properties"], "visits", "visitors")
    called_by(spec, "get").update(called("fetch"))
    called_by(spec, "delete")["operationId"] = "drop-thing"


def schema_names(spec: Any) -> None:
    """Thing is called Item."""
    renamed(schemas(spec), "Thing", "Item")
    called_by(spec, "get").update(answers(ref("Item")))
    called_by(spec, "get", "/things").update(answers({"type": "array", "items": ref("Item")}))
    called_by(spec, "post", "/things").update(answers(ref("Item")))


def models(spec: Any) -> None:
    """A model less, a model more, and one that has no other properties."""
    del schemas(spec)["Owner"], schemas(spec)["Thing"]["properties"]["owner"]
    schemas(spec)["Numbers"]["properties"]["more"] = ref("More")
    schemas(spec)["More"] = an_object(x=INTEGER)
    schemas(spec)["Both"]["additionalProperties"] = False


def parameters(spec: Any) -> None:
    """All that can happen to parameters."""
    page, size, _ = called_by(spec, "get", "/things")["parameters"]
    called_by(spec, "get", "/things")["parameters"] = [
        page,
        size,
        parameter("colour"),
        parameter("kind", required=True),
    ]
    called_by(spec, "get")["parameters"] = [{**PATH_ID, "schema": TEXT}]
    called_by(spec, "post", "/things").update(body("Both"))
    called_by(spec, "get", "/reports")["parameters"][0] |= {"schema": {"type": "string", "enum": ["A"]}}


def other_answers(spec: Any) -> None:
    """Answers and errors of other types."""
    called_by(spec, "get").update(answers(ref("Both")))
    called_by(spec, "get", "/things").update(answers({"type": "array", "items": ref("Both")}))
    called_by(spec, "delete").update(answers(ref("Both")))
    numbers = answers(ref("Numbers"))["responses"]["200"]
    called_by(spec, "put")["responses"]["400"] = numbers
    called_by(spec, "post", "/things").update({"responses": {**answers(ref("Both"))["responses"], "400": numbers}})


def operations(spec: Any) -> None:
    """An operation less, an operation more, and a group more."""
    del spec["paths"]["/things/{thingId}"]["delete"]
    touched = operation("touch-thing", parameters=[PATH_ID, parameter("hard")], **called("touch"))
    spec["paths"]["/things/{thingId}"]["patch"] = touched
    spec["paths"]["/parts"] = {
        "get": operation("list-parts", tags=["Parts"], **answers(ref("Numbers")), **called("all", "parts")),
        "post": operation("create-part", tags=["Parts"], **body("Both"), **called("create", "parts")),
    }


def behaviour(spec: Any) -> None:
    """How operations are called."""
    renamed(spec["paths"], "/things/{thingId}", "/thing/{thingId}")
    renamed(spec["paths"]["/thing/{thingId}"], "put", "patch")
    called_by(spec, "post", "/things").update(sdk(idempotent=True))
    called_by(spec, "get", "/things")["x-evidence"] = {
        **EVIDENCE,
        "route": "guessed",
        "note": "No call of it is known.",
    }
    called_by(spec, "post", "/reports")["x-sdk-poll"]["method"] = "wait"


def entry(spec: Any) -> None:
    """What the entry class knows."""
    spec["x-sdk-client"] |= {"environment": "STORE", "rates": {"10": 20}}
    spec["servers"] = [{"url": "https://example.test/v2"}]


def other_entry(spec: Any) -> None:
    """An entry class of another name."""
    spec["x-sdk-client"]["name"] = "Store"


def other_credentials(spec: Any) -> None:
    """An entry class that takes other credentials."""
    spec["x-sdk-client"]["auth"] = "signing"


CASES: dict[Edit, list[str]] = {
    nothing: [],
    received: [
        "breaking field-now-optional models.Thing.id",
        "breaking field-removed models.Thing.owner",
        "info field-added models.Thing.list_",
        "info field-added models.Thing.optional",
        "info field-type-changed models.Thing.size",
        "warning field-now-required models.Thing.name",
        "warning required-field-added models.Thing.added",
    ],
    sent: [
        "breaking field-now-required models.ThingCreate.size",
        "breaking field-type-changed models.ThingCreate.tags",
        "breaking required-field-added models.ThingCreate.added",
        "info field-added models.ThingCreate.optional",
        "info field-now-optional models.ThingCreate.name",
        "info field-type-changed models.ThingCreate.size",
    ],
    both: [
        "breaking field-now-optional models.Both.name",
        "breaking field-type-changed models.Both.note",
        "breaking required-field-added models.Both.added",
    ],
    values: [
        "breaking field-type-changed models.Owner.email",
        "breaking member-value-changed models.State.OFF",
        "info enum-added models.OwnerEmail",
        "info member-added models.State.PAUSED",
    ],
    words: [
        "info deprecated Shop",
        "info deprecated Shop.things.get",
        "info deprecated Shop.things.list(tag)",
        "info deprecated models.Owner",
        "info deprecated models.Thing.name",
        "info deprecated models.Thing.owner",
    ],
    names: [
        "breaking field-removed models.Numbers.visits",
        "breaking field-removed models.Owner.email",
        "breaking method-removed Shop.things.get",
        "breaking operation-removed api.things.delete_thing",
        "info field-added models.Numbers.visitors",
        "info field-added models.Owner.address",
        "info method-added Shop.things.fetch",
        "info operation-added api.things.drop_thing",
    ],
    schema_names: ["breaking model-removed models.Thing", "info model-added models.Item"],
    models: [
        "breaking attribute-removed models.Both.additional_properties",
        "breaking base-removed models.Both",
        "breaking field-removed models.Thing.owner",
        "breaking model-removed models.Owner",
        "info field-added models.Numbers.more",
        "info model-added models.More",
    ],
    parameters: [
        "breaking parameter-removed Shop.things.list(tag)",
        "breaking parameter-type-changed Shop.reports.poll(code)",
        "breaking parameter-type-changed Shop.things.create(body)",
        "breaking parameter-type-changed Shop.things.get(thing_id)",
        "breaking required-parameter-added Shop.things.list(kind)",
        "info enum-added models.GetReportCode",
        "info parameter-added Shop.things.list(colour)",
    ],
    other_answers: [
        "breaking return-type-changed Shop.things.create",
        "breaking return-type-changed Shop.things.get",
        "breaking return-type-changed Shop.things.list",
        "breaking return-type-changed api.things.create_thing.sync",
        "breaking return-type-changed api.things.replace_thing.sync",
        "info function-added api.things.delete_thing.sync",
        "info return-type-changed Shop.things.delete",
        "info return-type-changed api.things.delete_thing.sync_detailed",
    ],
    operations: [
        "breaking method-removed Shop.things.delete",
        "info group-added Shop.parts",
        "info method-added Shop.things.touch",
    ],
    behaviour: [
        "breaking method-removed Shop.reports.fetch",
        "info method-added Shop.reports.wait",
        "warning idempotent-changed Shop.things.create",
        "warning method-changed Shop.things.replace",
        "warning path-changed Shop.things.delete",
        "warning path-changed Shop.things.get",
        "warning path-changed Shop.things.replace",
        "warning unverified-changed Shop.things.list",
    ],
    entry: [
        "warning constant-changed Client.BASE_URL",
        "warning constant-changed Shop.ENVIRONMENT",
        "warning constant-changed Shop.RATES",
    ],
    other_entry: ["breaking class-removed Shop", "info class-added Store"],
    other_credentials: [
        "breaking base-removed AsyncShop",
        "breaking base-removed Shop",
        "info base-added AsyncShop",
        "info base-added Shop",
    ],
}


class Edited:
    """The changes that edits of the spec bring about; each client is generated once."""

    def __init__(self, base: Surface, folder: Path) -> None:
        self._base = base
        self._folder = folder
        self._changes: dict[Edit, list[Change]] = {}

    def __call__(self, edit: Edit) -> list[Change]:
        if edit not in self._changes:
            made = generated(self._folder / edit.__name__, edited(edit))
            self._changes[edit] = compare(self._base, load(made.root), usage)
        return self._changes[edit]

    def one(self, edit: Edit, line: str) -> Change:
        """The one change that is told so."""
        (found,) = [change for change in self(edit) if told([change]) == [line]]
        return found


@pytest.fixture(scope="module")
def after(base: Surface, tmp_path_factory: pytest.TempPathFactory) -> Edited:
    """What edits of the spec bring about."""
    return Edited(base, tmp_path_factory.mktemp("edited"))


@pytest.mark.parametrize("edit", CASES, ids=lambda edit: edit.__name__)
def test_a_change_of_the_spec(edit: Edit, after: Edited) -> None:
    assert told(after(edit)) == CASES[edit]


# --- one change for what users take for one ---


def test_a_parameter_is_one_change_in_all_that_has_it(after: Edited) -> None:
    change = after.one(parameters, "breaking parameter-removed Shop.things.list(tag)")
    functions = ("sync", "asyncio", "sync_detailed", "asyncio_detailed")
    assert change.row.also == (
        "AsyncShop.things.list(tag)",
        *(f"api.things.list_things.{name}(tag)" for name in functions),
    )
    assert (change.row.before, change.row.after) == ("str | Unset = UNSET", None)
    assert change.place == Place(PACKAGE, method=("things", "list"), module=("things", "list_things"))
    assert change.paths[0] == f"abwire.{PACKAGE}.Shop.things.list(tag)"
    assert len(change.paths) == 6


def test_a_type_is_one_change_however_its_twins_give_it(after: Edited) -> None:
    one = after.one(other_answers, "breaking return-type-changed Shop.things.get")
    assert (one.row.before, one.row.after) == ("Thing", "Both")
    assert one.row.also[0] == "AsyncShop.things.get"
    assert len(one.row.also) == 5
    several = after.one(other_answers, "breaking return-type-changed Shop.things.list")
    assert (several.row.before, several.row.after) == ("Pages[Thing]", "Pages[Both]")
    assert len(several.row.also) == 5
    error = after.one(other_answers, "breaking return-type-changed api.things.replace_thing.sync")
    assert (error.row.before, error.row.after) == ("Both | Fault | None", "Both | Numbers | None")
    assert error.row.also == tuple(
        f"api.things.replace_thing.{name}" for name in ("asyncio", "sync_detailed", "asyncio_detailed")
    )
    assert error.place == Place(PACKAGE, method=("things", "replace"), module=("things", "replace_thing"))


def test_a_method_comes_and_goes_with_its_operation(after: Edited) -> None:
    gone = after.one(operations, "breaking method-removed Shop.things.delete")
    assert gone.row.also == ("AsyncShop.things.delete", "api.things.delete_thing")
    assert gone.row.before == "delete(thing_id: int) -> None"
    come = after.one(operations, "info method-added Shop.things.touch")
    assert come.row.also == ("AsyncShop.things.touch", "api.things.touch_thing")
    assert come.row.after == "touch(thing_id: int, *, hard: str | Unset = UNSET) -> None"
    assert come.place == Place(PACKAGE, method=("things", "touch"), module=("things", "touch_thing"))


def test_a_group_comes_and_goes_with_its_tag(after: Edited) -> None:
    change = after.one(operations, "info group-added Shop.parts")
    assert change.row.also == ("AsyncShop.parts", "api.parts")
    assert change.place == Place(PACKAGE)


def test_what_a_call_does_is_told_at_its_method(after: Edited) -> None:
    change = after.one(behaviour, "warning path-changed Shop.things.get")
    assert change.row.layer is Layer.BEHAVIOUR
    assert (change.row.before, change.row.after) == ("/things/{thingId}", "/thing/{thingId}")
    assert change.row.also == ("api.things.get_thing",)
    assert change.place == Place(PACKAGE, method=("things", "get"), module=("things", "get_thing"))
    idempotent = after.one(behaviour, "warning idempotent-changed Shop.things.create")
    assert idempotent.row.text == "is sent again after failures, even if it may have arrived"
    guessed = after.one(behaviour, "warning unverified-changed Shop.things.list")
    assert guessed.row.text == "warns at its first call that its route is a guess, and why"
    assert (guessed.row.before, guessed.row.after) == (None, "No call of it is known.")


def test_a_field_belongs_to_its_model(after: Edited) -> None:
    change = after.one(received, "warning field-now-required models.Thing.name")
    assert change.place == Place(PACKAGE, model="Thing")
    assert (change.row.before, change.row.after) == ("str | Unset = UNSET", "str")
    member = after.one(values, "info member-added models.State.PAUSED")
    assert member.place == Place(PACKAGE, model="State")


def test_the_entry_classes_belong_to_the_client(after: Edited) -> None:
    change = after.one(entry, "warning constant-changed Shop.RATES")
    assert change.place == Place(PACKAGE)
    assert change.row.also == ("AsyncShop.RATES",)
    assert (change.row.before, change.row.after) == ("((50, 10),)", "((20, 10),)")


# --- what was renamed ---


RENAMED = [
    (names, "breaking field-removed models.Owner.email", "renamed to `models.Owner.address`"),
    (names, "breaking field-removed models.Numbers.visits", "probably renamed to `models.Numbers.visitors`"),
    (names, "breaking method-removed Shop.things.get", "renamed to `Shop.things.fetch`"),
    (names, "breaking operation-removed api.things.delete_thing", "renamed to `api.things.drop_thing`"),
    (schema_names, "breaking model-removed models.Thing", "renamed to `models.Item`"),
    (behaviour, "breaking method-removed Shop.reports.fetch", "renamed to `Shop.reports.wait`"),
    (other_entry, "breaking class-removed Shop", "probably renamed to `Store`"),
    (operations, "breaking method-removed Shop.things.delete", None),
    (models, "breaking model-removed models.Owner", None),
]


@pytest.mark.parametrize(("edit", "line", "hint"), RENAMED, ids=lambda value: getattr(value, "__name__", ""))
def test_what_was_renamed(edit: Edit, line: str, hint: str | None, after: Edited) -> None:
    change = after.one(edit, line)
    assert change.row.hint == hint
    assert (change.successor is None) is (hint is None)


# --- other ways to make a client ---


def remade(base: Project, root: Path, pattern: str, old: str, new: str) -> Surface:
    """The surface of a project some of whose modules were made with another template."""
    shutil.copytree(base.root / "generated", root / "generated")
    (root / "src").symlink_to(ROOT / "src")
    for path in sorted((root / "generated" / "abwire" / PACKAGE).glob(f"{pattern}.py")):
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    return load(root)


def test_what_changes_in_all_models_is_one_change(made: Project, base: Surface, tmp_path: Path) -> None:
    method = "    def to_dict(self) -> dict[str, Any]:"
    new = remade(made, tmp_path, "models/*", method, f"    def to_json(self) -> str: ...\n\n{method}")
    (change,) = compare(base, new)
    assert (change.row.subject, change.row.check) == ("models.*.to_json", "method-added")
    assert change.row.also == ()
    assert change.place == Place(PACKAGE)
    assert len(change.paths) == 8
    (gone,) = compare(new, base)
    assert gone.row.subject == "models.*.to_json"


def test_what_changes_in_an_argument_of_a_method_of_all_models_is_one_change(
    made: Project, base: Surface, tmp_path: Path
) -> None:
    new = remade(made, tmp_path, "models/*", "def to_dict(self)", "def to_dict(self, *, deep: bool = True)")
    assert told(compare(base, new)) == ["info parameter-added models.*.to_dict(deep)"]


def test_what_changes_in_one_model_is_told_there(made: Project, base: Surface, tmp_path: Path) -> None:
    new = remade(made, tmp_path, "models/thing", "to_dict(self)", "to_dict(self, x)")
    (change,) = compare(base, new)
    assert change.row.subject == "models.Thing.to_dict(x)"
    assert change.place == Place(PACKAGE, model="Thing")


def test_all_functions_awaited(made: Project, base: Surface, tmp_path: Path) -> None:
    new = remade(made, tmp_path, "groups/*", "    def get(", "    async def get(")
    (change,) = compare(base, new)
    assert (change.row.subject, change.row.check, change.row.also) == ("Shop.things.get", "async-changed", ())
