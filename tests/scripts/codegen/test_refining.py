"""Refining, seen from where it counts: what the generated models read, hold and send."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Mapping
from keyword import iskeyword
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from openapi_python_client.strings import RESERVED_WORDS

from abwire_core.errors import DecodeError
from abwire_core.groups import _Recording
from abwire_core.types import UNSET, File
from tests.forms import Part, parts_of
from tests.scripts.projects import (
    PATH_ID,
    answer,
    imported,
    json_content,
    operation,
    parameter,
    project,
    ref,
    run_generate,
    schemas_spec,
    spec,
)

TEXT = {"type": "string"}


def an_object(*required: str, **properties: Any) -> dict[str, Any]:
    """An object schema."""
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {})}


def mapping(**members: str) -> dict[str, str]:
    """Values or keys, and the schemas that they lead to."""
    return {value: f"#/components/schemas/{name}" for value, name in members.items()}


def literal(value: str) -> dict[str, Any]:
    """A string that can only have one value, which nobody has to write."""
    return {"type": "string", "enum": [value], "default": value}


DECIMAL: dict[str, Any] = {"oneOf": [{"type": "number"}, {"type": "string"}], "x-sdk-type": "number"}
DIGITS: dict[str, Any] = {"oneOf": [{"type": "integer"}, {"type": "string"}], "x-sdk-type": "integer"}
NAME_OR_NUMBER: dict[str, Any] = {"oneOf": [{"type": "string"}, {"type": "integer"}], "x-sdk-type": "string"}

SCHEMAS: dict[str, Any] = {
    # Neither requires what is its own, so trying the members in turn would make a cat of every dog.
    "Cat": an_object("type", type=literal("CAT"), name=TEXT, lives={"type": "integer"}),
    "Dog": an_object("type", type=literal("DOG"), name=TEXT, tricks={"type": "array", "items": TEXT}),
    "Pet": {
        "oneOf": [ref("Cat"), ref("Dog")],
        "discriminator": {"propertyName": "type", "mapping": mapping(CAT="Cat", DOG="Dog")},
    },
    "OtherPet": an_object(type=TEXT, name=TEXT),
    "Pie": an_object("potential", potential={"type": "integer"}),
    "Ice": an_object("impact", impact={"type": "integer"}),
    "Leaf": an_object("field", field=TEXT),
    "Group": an_object(
        "operator",
        operator=TEXT,
        parts={
            "type": "array",
            "items": {
                "anyOf": [ref("Leaf"), ref("Group")],
                "x-sdk-discriminator": {"presence": mapping(field="Leaf", operator="Group")},
            },
        },
    ),
    "Holder": an_object(
        "needed",
        needed=ref("Pet"),
        pet=ref("Pet"),
        maybe={"allOf": [ref("Pet")], "nullable": True, "description": "A pet or null."},
        pets={"type": "array", "nullable": True, "items": ref("Pet")},
        by_name={"type": "object", "additionalProperties": ref("Pet")},
        choice={
            "anyOf": [ref("Cat"), ref("OtherPet")],
            "x-sdk-discriminator": {
                "propertyName": "type",
                "mapping": mapping(CAT="Cat"),
                "defaultMapping": "#/components/schemas/OtherPet",
            },
        },
        kind={"type": "string", "enum": ["PIE", "ICE", "NONE"]},
        attributes={
            "oneOf": [ref("Pie"), ref("Ice")],
            "x-sdk-discriminator": {"parentProperty": "kind", "mapping": mapping(PIE="Pie", ICE="Ice")},
        },
        node={
            "oneOf": [ref("Leaf"), ref("Group")],
            "x-sdk-discriminator": {"presence": mapping(field="Leaf", operator="Group")},
        },
        node_or_pet={
            "anyOf": [ref("Leaf"), ref("OtherPet")],
            "x-sdk-discriminator": {
                "presence": mapping(field="Leaf"),
                "defaultMapping": "#/components/schemas/OtherPet",
            },
        },
    ),
    "Tree": an_object("name", name=TEXT, children={"type": "array", "items": ref("Tree")}, parent=ref("Tree")),
    "Converted": {
        **an_object(
            number=DECIMAL,
            maybe_number={**DECIMAL, "nullable": True},
            integer=DIGITS,
            text=NAME_OR_NUMBER,
            maybe_text={**NAME_OR_NUMBER, "nullable": True},
            numbers={"type": "array", "items": DECIMAL},
            flag={"type": "integer", "minimum": 0, "maximum": 1, "x-sdk-type": "boolean"},
            maybe_flag={"type": "integer", "nullable": True, "x-sdk-type": "boolean"},
        ),
        "additionalProperties": DIGITS,
    },
    "Empty": an_object(
        "at",
        at={"type": "string", "format": "date-time"},
        day={"type": "string", "format": "date"},
        maybe={"type": "string", "format": "date-time", "nullable": True},
        number={"type": "number"},
        plain={"type": "integer", "nullable": True},
        converted=DECIMAL,
        digits={**DIGITS, "nullable": True},
        flag={"type": "integer", "x-sdk-type": "boolean"},
        tree=ref("Tree"),
        either={"anyOf": [ref("Tree"), {"enum": [None]}]},
        text=TEXT,
        list={"type": "array", "items": TEXT},
    ),
    "Named": {
        **an_object("jq", stop_looser={"type": "boolean"}, jq=TEXT),
        "x-sdk-names": {"stop_looser": "stop_loser", "jq": "includeJQuery"},
    },
    "NamedChild": {"allOf": [ref("Named"), an_object(own=TEXT)]},
    "Wrapper": {
        **an_object("content", content=ref("Tree"), name=TEXT, share={"type": "number"}),
        "x-sdk-accepts-bare": {"into": "content", "lift": ["share", "name"]},
    },
    "Wrappers": an_object(all={"type": "array", "items": ref("Wrapper")}),
    "Defaults": an_object(
        "level",
        level={"type": "integer", "default": 3, "description": "How deep."},
        word={"type": "string", "default": "hello"},
        status={"type": "string", "enum": ["on", "off"], "default": "on"},
        maybe={"type": "string", "nullable": True, "default": "x"},
        flag={"type": "boolean", "default": False},
    ),
    "Fixed": an_object("type", type=literal("FIXED"), other=literal("OTHER"), bare={"type": "string", "enum": ["ONE"]}),
    "Enums": an_object(
        status={"type": "string", "enum": ["a/b", "ACTIVE"]},
        level={"type": "integer", "enum": [1, -3]},
        statuses={"type": "array", "items": ref("Status")},
        maybe={"type": "string", "nullable": True, "enum": ["yes", None]},
        named={"type": "string", "enum": ["dom_x", "DOM_x"], "x-enum-varnames": ["DOM", "DOM_LEGACY"]},
    ),
    "Status": {"type": "string", "enum": ["ON", "OFF"]},
    "Loose": an_object(
        one_or_many={"oneOf": [ref("Tree"), {"type": "array", "items": ref("Tree")}]},
        moment={"oneOf": [{"type": "string", "format": "date-time"}, {"type": "integer"}]},
        moments={"type": "array", "nullable": True, "items": {"type": "string", "format": "date-time"}},
        lines={"type": "array", "items": {"type": "array", "items": ref("Tree")}},
        maybes={"type": "array", "items": {"allOf": [ref("Tree")], "nullable": True}},
        either={"oneOf": [ref("Status"), {"type": "array", "items": ref("Status")}], "nullable": True},
        uuid={"type": "string", "format": "uuid"},
        uuid_or_date={"oneOf": [{"type": "string", "format": "uuid"}, {"type": "string", "format": "date"}]},
    ),
    "Secrets": an_object(
        pin={"type": "string", "format": "password"},
        maybe={"type": "string", "format": "password", "nullable": True, "description": "Another."},
        name=TEXT,
    ),
    "Times": an_object(
        "at",
        at={"type": "string", "format": "date-time"},
        maybe={"type": "string", "format": "date-time", "nullable": True},
        day={"type": "string", "format": "date"},
    ),
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The models generated of the schemas."""
    yield from _models(tmp_path_factory.mktemp("models"), SCHEMAS)


def _models(root: Path, schemas: Mapping[str, Any]) -> Iterator[Any]:
    made = project(root, schemas_spec(**schemas))
    ran = run_generate(made.root)
    assert ran.status == 0, ran.errors
    with imported(made.package) as package:
        yield _import(package, "models")


def _import(package: ModuleType, name: str) -> Any:
    return __import__(f"{package.__name__}.{name}", fromlist=["*"])


# --- unions ---


def hold(models: Any, **values: Any) -> Any:
    """A holder, read from JSON."""
    return models.Holder.from_dict({"needed": {"type": "CAT"}, **values})


def refusal(model: Any, data: object) -> str:
    """The place that a model names when it refuses data, and what it expected there."""
    with pytest.raises(DecodeError) as raised:
        model.from_dict(data)
    return f"{raised.value.pointer}: {raised.value.expected}"


def kind_of(value: object) -> str:
    """The name of a value's class."""
    return type(value).__name__


UNIONS = [
    pytest.param({"pet": {"type": "CAT", "name": "Tom", "lives": 9}}, "Cat", id="value of the first member"),
    pytest.param({"pet": {"type": "DOG", "name": "Rex"}}, "Dog", id="value of the second member"),
    pytest.param({"pet": {"type": "DOG", "name": "Rex", "lives": 9}}, "Dog", id="value beside a property of another"),
    pytest.param({"pet": {"type": "FISH", "name": "Nemo"}}, "dict", id="unknown value"),
    pytest.param({"pet": {"type": "cat"}}, "dict", id="value in another case"),
    pytest.param({"pet": {"type": None, "lives": 9}}, "dict", id="null for a value"),
    pytest.param({"pet": {"lives": 9}}, "dict", id="no value"),
    pytest.param({"pet": {}}, "dict", id="nothing at all"),
    pytest.param({"maybe": {"type": "DOG"}}, "Dog", id="value where null may stand"),
    pytest.param({"maybe": {"type": "FISH"}}, "dict", id="unknown value where null may stand"),
    pytest.param({"maybe": None}, "NoneType", id="null where it may stand"),
    pytest.param({"choice": {"type": "CAT", "lives": 9}}, "Cat", id="known value of an open union"),
    pytest.param({"choice": {"type": "FISH", "fins": 2}}, "OtherPet", id="unknown value of an open union"),
    pytest.param({"choice": {"name": "x"}}, "OtherPet", id="open union without a value"),
    pytest.param({"kind": "PIE", "attributes": {"potential": 1}}, "Pie", id="first value of the parent"),
    pytest.param({"kind": "ICE", "attributes": {"impact": 1}}, "Ice", id="second value of the parent"),
    pytest.param({"kind": "NONE", "attributes": {"impact": 1}}, "dict", id="value of the parent without a member"),
    pytest.param({"kind": "MOON", "attributes": {"impact": 1}}, "dict", id="unknown value of the parent"),
    pytest.param({"attributes": {"impact": 1}}, "dict", id="no value of the parent"),
    pytest.param({"kind": "PIE", "attributes": {"impact": 1}}, "dict", id="parent that the value belies"),
    pytest.param({"node": {"field": "x"}}, "Leaf", id="first key"),
    pytest.param({"node": {"operator": "AND", "parts": []}}, "Group", id="second key"),
    pytest.param({"node": {"operator": "AND", "field": "x"}}, "Leaf", id="both keys"),
    pytest.param({"node": {"other": 1}}, "dict", id="neither key"),
    pytest.param({"node_or_pet": {"field": "x"}}, "Leaf", id="key of an open union"),
    pytest.param({"node_or_pet": {"name": "x"}}, "OtherPet", id="open union without the key"),
]


@pytest.mark.parametrize(("data", "kind"), UNIONS)
def test_a_union_is_decided_by_its_discriminator(models: Any, data: dict[str, Any], kind: str) -> None:
    held = hold(models, **data)
    name = list(data)[-1]

    assert kind_of(getattr(held, name)) == kind
    assert held.to_dict() == {"needed": {"type": "CAT"}, **data}


def test_a_union_that_is_absent_is_unset(models: Any) -> None:
    held = hold(models)

    names = ("pet", "maybe", "pets", "by_name", "choice", "attributes", "node")
    assert [getattr(held, name) for name in names] == [UNSET] * len(names)
    assert held.to_dict() == {"needed": {"type": "CAT"}}


@pytest.mark.parametrize("name", ["pet", "maybe", "choice", "attributes", "node"])
@pytest.mark.parametrize("value", [["CAT"], "CAT", 1, True], ids=repr)
def test_a_union_of_objects_is_read_from_an_object_only(models: Any, name: str, value: object) -> None:
    assert refusal(models.Holder, {"needed": {"type": "CAT"}, name: value}) == f"/{name}: an object"


@pytest.mark.parametrize("name", ["pet", "choice", "attributes", "node", "by_name"])
def test_null_is_absence_where_it_may_not_stand(models: Any, name: str) -> None:
    held = hold(models, **{name: None})

    assert getattr(held, name) is UNSET
    assert held.to_dict() == {"needed": {"type": "CAT"}}


def test_a_required_union_must_be_there(models: Any) -> None:
    assert refusal(models.Holder, {}) == "/needed: a value"
    assert refusal(models.Holder, {"needed": None}) == "/needed: an object"


def test_a_fault_in_the_chosen_member_is_no_reason_to_choose_another(models: Any) -> None:
    group = {"operator": "AND", "parts": "none"}

    assert refusal(models.Holder, {"needed": {"type": "CAT"}, "node": group}) == "/node/parts: a list"


PET_LISTS = [
    pytest.param(None, "NoneType", id="null"),
    pytest.param([], "list", id="empty"),
    pytest.param([{"type": "DOG"}, {"type": "FISH"}, {"type": "CAT"}], "list", id="known and unknown"),
]


@pytest.mark.parametrize(("pets", "kind"), PET_LISTS)
def test_a_list_of_unions_may_be_null(models: Any, pets: list[Any] | None, kind: str) -> None:
    held = hold(models, pets=pets)

    assert kind_of(held.pets) == kind
    assert [kind_of(pet) for pet in held.pets or ()] == [
        {"DOG": "Dog", "FISH": "dict", "CAT": "Cat"}[pet["type"]] for pet in pets or ()
    ]
    assert held.to_dict()["pets"] == pets


@pytest.mark.parametrize("pets", [[1], ["CAT"], [None], [[]], "CAT", {"type": "CAT"}, 1], ids=repr)
def test_a_list_of_unions_that_may_be_null_is_no_place_for_anything_else(models: Any, pets: object) -> None:
    refused = refusal(models.Holder, {"needed": {"type": "CAT"}, "pets": pets})

    assert refused == ("/pets/0: an object" if isinstance(pets, list) else "/pets: a list")


def test_unions_are_decided_among_additional_properties_too(models: Any) -> None:
    data = {"a": {"type": "DOG"}, "b": {"type": "FISH"}}

    held = hold(models, by_name=data)

    assert [kind_of(held.by_name[name]) for name in "ab"] == ["Dog", "dict"]
    assert held.to_dict()["by_name"] == data


def test_members_and_raw_objects_can_be_sent(models: Any) -> None:
    cat, fish = models.Cat(name="Tom"), {"type": "FISH"}

    held = models.Holder(needed=fish, pet=cat, maybe=None, pets=[cat, fish])

    tom = {"type": "CAT", "name": "Tom"}
    assert held.to_dict() == {"needed": fish, "pet": tom, "maybe": None, "pets": [tom, fish]}


def test_the_types_say_what_a_union_can_hold(models: Any) -> None:
    hints = models.Holder.__annotations__

    assert hints["needed"] == "models.Cat | models.Dog | dict[str, Any]"
    assert hints["maybe"] == "models.Cat | models.Dog | dict[str, Any] | None | Unset"
    assert hints["choice"] == "models.Cat | models.OtherPet | Unset"


def test_recursion_goes_both_ways(models: Any) -> None:
    tree = {"name": "a", "children": [{"name": "b", "children": [{"name": "c"}]}], "parent": {"name": "d"}}
    group = {"operator": "AND", "parts": [{"field": "x"}, {"operator": "OR", "parts": [{"field": "y"}]}]}

    read = models.Tree.from_dict(tree)
    assert read.children[0].children[0] == models.Tree(name="c")
    assert read.to_dict() == tree

    held = hold(models, node=group)
    assert held.node.parts[1].parts[0] == models.Leaf(field="y")
    assert held.to_dict()["node"] == group


LOOSE: list[tuple[dict[str, Any], str]] = [
    ({"one_or_many": {"name": "a"}}, "Tree"),
    ({"one_or_many": [{"name": "a"}, {"name": "b"}]}, "list"),
    ({"moment": "2026-01-31T12:00:00Z"}, "datetime"),
    ({"moment": 7}, "int"),
    ({"moment": "soon"}, "str"),  # as it came: whether a scalar is the documented one is not checked
    ({"moments": ["2026-01-31T12:00:00Z"]}, "list"),
    ({"moments": None}, "NoneType"),
    ({"lines": [[{"name": "a"}], []]}, "list"),
    ({"maybes": [None, {"name": "a"}]}, "list"),
    ({"either": "ON"}, "Status"),
    ({"either": ["ON", "new"]}, "list"),
    ({"either": None}, "NoneType"),
    ({"uuid": "12345678-1234-5678-1234-567812345678"}, "UUID"),
    ({"uuid_or_date": "12345678-1234-5678-1234-567812345678"}, "UUID"),
    ({"uuid_or_date": "2026-01-31"}, "date"),
]


@pytest.mark.parametrize(("data", "kind"), [pytest.param(*case, id=str(case[0])) for case in LOOSE])
def test_a_value_of_several_forms_is_read_as_the_one_that_it_has(models: Any, data: dict[str, Any], kind: str) -> None:
    ((name, _),) = data.items()

    read = models.Loose.from_dict(data)

    assert kind_of(getattr(read, name)) == kind
    assert read.to_dict() == data
    if data != {"moment": "soon"}:  # kept when the server sends it, refused when a user does
        assert models.Loose(**{name: getattr(read, name)}).to_dict() == data


@pytest.mark.parametrize(
    ("data", "refused"),
    [
        ({"one_or_many": 7}, "/one_or_many: a list"),
        ({"one_or_many": [{"name": "a"}, 7]}, "/one_or_many/1: an object"),
        ({"moments": ["2026-01-31T12:00:00Z", 7]}, "/moments/1: an ISO 8601 date-time"),
        ({"lines": [[], [{"name": "a"}, {}]]}, "/lines/1/1/name: a value"),
        ({"lines": [[], {}]}, "/lines/1: a list"),
        ({"maybes": [None, []]}, "/maybes/1: an object"),
        ({"either": 7}, "/either: a list"),
        ({"uuid": "x"}, "/uuid: a UUID"),
        ({"uuid_or_date": "x"}, "/uuid_or_date: an ISO 8601 date"),
    ],
    ids=str,
)
def test_a_value_of_none_of_its_forms_is_refused(models: Any, data: dict[str, Any], refused: str) -> None:
    assert refusal(models.Loose, data) == refused


def test_null_is_a_value_where_it_may_stand(models: Any) -> None:
    read = models.Defaults.from_dict({"level": 1, "maybe": None, "word": None})

    assert (read.maybe, read.word) == (None, UNSET)
    assert read.to_dict() == {"level": 1, "maybe": None}


def test_what_is_required_must_be_there(models: Any) -> None:
    assert refusal(models.Leaf, {}) == "/field: a value"
    assert refusal(models.Leaf, {"Field": "x"}) == "/field: a value"
    assert models.Leaf.from_dict({"field": None}).field is None  # whether a scalar may be null is not checked


# --- secrets ---


def test_passwords_do_not_show_whatever_their_name(models: Any) -> None:
    read = models.Secrets.from_dict({"pin": "made-up-1", "maybe": "made-up-2", "name": "x"})

    assert repr(read) == "Secrets(pin=..., maybe=..., name='x')"
    assert repr(models.Secrets(pin="made-up-1")) == "Secrets(pin=...)"
    assert read.to_dict() == {"pin": "made-up-1", "maybe": "made-up-2", "name": "x"}


# --- values that can only be one ---


def test_a_value_that_can_only_be_one_need_not_be_written(models: Any) -> None:
    assert models.Fixed().to_dict() == {"type": "FIXED", "other": "OTHER"}
    assert models.Fixed.from_dict({"type": "FIXED"}).to_dict() == {"type": "FIXED"}


def test_a_value_that_can_only_be_one_is_a_literal(models: Any) -> None:
    assert models.Fixed.__annotations__["type_"] == "Literal['FIXED']"
    assert not {"FixedType", "FixedOther", "CatType"} & set(models.__all__)


def test_without_a_default_it_stays_an_enum(models: Any) -> None:
    assert models.Fixed.from_dict({"type": "FIXED", "bare": "ONE"}).bare is models.FixedBare.ONE


@pytest.mark.parametrize("data", [{"type": "OTHER"}, {"type": None}, {"type": "FIXED", "other": "x"}], ids=repr)
def test_another_value_is_refused(models: Any, data: dict[str, Any]) -> None:
    name, constant = ("other", "OTHER") if "other" in data else ("type", "FIXED")

    assert refusal(models.Fixed, data) == f'/{name}: "{constant}"'


# --- conversions ---


CONVERSIONS = [
    ("number", 3.7, 3.7),
    ("number", "3.7", 3.7),
    ("number", "4", 4.0),
    ("number", 4, 4.0),
    ("number", "1e3", 1000.0),
    ("maybe_number", "3.7", 3.7),
    ("maybe_number", None, None),
    ("integer", 7, 7),
    ("integer", "7", 7),
    ("integer", "-12345678901234567890", -12345678901234567890),
    ("text", "a", "a"),
    ("text", 7, "7"),
    ("text", "007", "007"),
    ("maybe_text", 7, "7"),
    ("maybe_text", None, None),
    ("numbers", [1, "2.5"], [1.0, 2.5]),
    ("flag", 0, False),
    ("flag", 1, True),
    ("flag", True, True),
    ("maybe_flag", 1, True),
    ("maybe_flag", None, None),
    ("more", "5", 5),
]


@pytest.mark.parametrize(
    ("name", "wire", "value"), [pytest.param(*case, id=f"{case[0]} {case[1]!r}") for case in CONVERSIONS]
)
def test_what_the_wire_holds_is_converted(models: Any, name: str, wire: object, value: object) -> None:
    read = models.Converted.from_dict({name: wire})

    found = read[name] if name == "more" else getattr(read, name)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("number", "seven"),
        ("number", "nan"),
        ("number", " 1"),
        ("number", "\N{ARABIC-INDIC DIGIT THREE}"),
        ("number", "inf"),
        ("number", True),
        ("number", [1]),
        ("maybe_number", "seven"),
        ("maybe_number", {}),
        ("integer", "7.5"),
        ("integer", "7\n"),
        ("integer", "\N{ARABIC-INDIC DIGIT SEVEN}"),
        ("integer", "seven"),
        ("integer", False),
        ("text", True),
        ("text", 7.5),
        ("maybe_text", 7.5),
        ("numbers", ["x"]),
        ("flag", 2),
        ("flag", "1"),
        ("maybe_flag", 2),
        ("more", "x"),
    ],
)
def test_what_cannot_be_converted_is_refused(models: Any, name: str, wire: object) -> None:
    place = "/numbers/0" if name == "numbers" else f"/{name}"

    assert refusal(models.Converted, {name: wire}).startswith(f"{place}: ")


@pytest.mark.parametrize("name", ["number", "integer", "text", "numbers", "flag"])
def test_null_for_what_is_converted_is_absence(models: Any, name: str) -> None:
    assert models.Converted.from_dict({name: None}) == models.Converted()


EMPTY = {
    **dict.fromkeys(("day", "maybe", "number", "plain", "converted", "digits", "flag"), ""),
    "tree": [],
    "either": [],
}
"""Nothing, as some servers send it, by the field of a model."""


@pytest.mark.parametrize("name", EMPTY)
def test_what_stands_for_nothing_is_absence(models: Any, name: str) -> None:
    read = models.Empty.from_dict({"at": "2026-01-31T10:00:00Z", name: EMPTY[name]})

    assert read == models.Empty(at=read.at)
    assert name not in read.to_dict()


@pytest.mark.parametrize(
    ("name", "value"),
    [("at", ""), ("text", ""), ("list", []), ("day", []), ("day", " "), ("number", " "), ("tree", ""), ("flag", [])],
)
def test_what_stands_for_something_is_read(models: Any, name: str, value: Any) -> None:
    source = {"at": "2026-01-31T10:00:00Z", name: value}

    if name in ("text", "list"):
        assert models.Empty.from_dict(source).to_dict() == source
    elif name == "number":
        assert models.Empty.from_dict(source).number == value  # plain numbers are not checked
    else:
        assert refusal(models.Empty, source).startswith(f"/{name}: ")


def test_python_values_go_out_as_the_documented_types(models: Any) -> None:
    sent = models.Converted(
        number=3.7, maybe_number=None, integer=7, text="7", numbers=[1.5], flag=True, maybe_flag=False
    ).to_dict()

    assert json.dumps(sent) == (
        '{"number": 3.7, "maybe_number": null, "integer": 7, "text": "7", "numbers": [1.5], "flag": 1, "maybe_flag": 0}'
    )
    assert models.Converted().to_dict() == {}


def test_the_types_say_what_conversions_make(models: Any) -> None:
    hints = models.Converted.__annotations__

    assert hints["number"] == "float | Unset"
    assert hints["maybe_text"] == "str | None | Unset"
    assert hints["flag"] == "bool | Unset"


# --- names ---


def test_an_attribute_has_the_name_that_it_was_given(models: Any) -> None:
    named = models.Named.from_dict({"stop_looser": True, "jq": "yes"})

    assert (named.stop_loser, named.include_j_query) == (True, "yes")
    assert models.Named(stop_loser=False, include_j_query="no").to_dict() == {"stop_looser": False, "jq": "no"}


def test_given_names_are_inherited(models: Any) -> None:
    child = models.NamedChild(stop_loser=True, include_j_query="yes", own="x")

    assert child.to_dict() == {"stop_looser": True, "jq": "yes", "own": "x"}
    assert models.NamedChild.from_dict(child.to_dict()) == child


# Names that the generated code has a use for, or that Python has.
TAKEN = [
    *("additional_keys", "additional_properties", "class", "cls", "d", "datetime", "decoding", "define", "encoding"),
    *("error", "field", "from_dict", "int", "into", "item", "key", "models", "parent", "pop", "self", "to_dict"),
    *("to_multipart", "type", "types", "tags_item", "thing", "v", "value"),
]


def test_no_name_of_a_property_breaks_the_model(tmp_path: Path) -> None:
    thing = {
        **an_object(
            **dict.fromkeys(TAKEN, TEXT),
            tags={"type": "array", "items": ref("Tree")},
            at={"type": "string", "format": "date-time"},
            number=DECIMAL,
            pet={
                "oneOf": [ref("Tree"), ref("Other")],
                "x-sdk-discriminator": {"presence": mapping(name="Tree", other="Other")},
            },
        ),
        "additionalProperties": ref("Tree"),
    }
    tree = {"name": "a"}
    data = {
        **{name: name for name in TAKEN},
        "tags": [tree, {"name": "b"}],
        "at": "2026-01-31T10:00:00Z",
        "number": 1.5,
        "pet": tree,
        "more": tree,
    }
    for models in _models(tmp_path, {"Thing": thing, "Tree": an_object("name", name=TEXT), "Other": an_object()}):
        read = models.Thing.from_dict(data)

        assert read.to_dict() == data
        assert read["more"] == models.Tree(name="a")
        assert {name: getattr(read, _attribute(name)) for name in TAKEN} == {name: name for name in TAKEN}


def _attribute(name: str) -> str:
    """The attribute of a property of such a name."""
    own = {"additional_keys", "additional_properties", "from_dict", "to_dict"}
    return f"{name}_" if name in own or name in RESERVED_WORDS or iskeyword(name) else name


# --- objects that come without their wrapper ---


WRAPPED = {"content": {"name": "a"}, "name": "w", "share": 0.5}


def test_a_wrapped_object_is_read_as_it_is(models: Any) -> None:
    read = models.Wrapper.from_dict(WRAPPED)

    assert (read.content.name, read.name, read.share) == ("a", "w", 0.5)
    assert read.to_dict() == WRAPPED


def test_a_bare_object_is_read_as_if_it_were_wrapped(models: Any) -> None:
    bare = {"name": "a", "share": 0.5, "children": [{"name": "b"}]}

    read = models.Wrapper.from_dict(bare)

    assert read.content == models.Tree.from_dict(bare)
    assert (read.name, read.share) == ("a", 0.5)
    assert read.to_dict() == {"content": bare, "name": "a", "share": 0.5}


def test_what_a_bare_object_lacks_is_not_lifted(models: Any) -> None:
    assert models.Wrapper.from_dict({"name": "a"}).share is UNSET


def test_both_forms_may_stand_in_one_list(models: Any) -> None:
    read = models.Wrappers.from_dict({"all": [WRAPPED, {"name": "b"}]})

    assert [wrapper.content.name for wrapper in read.all_] == ["a", "b"]


# --- defaults ---


def test_defaults_of_the_server_are_not_sent(models: Any) -> None:
    assert models.Defaults(level=1).to_dict() == {"level": 1}


def test_a_required_property_with_a_default_stays_required(models: Any) -> None:
    with pytest.raises(TypeError, match="level"):
        models.Defaults()


def test_what_an_answer_lacks_is_not_filled_in(models: Any) -> None:
    read = models.Defaults.from_dict({"level": 1})

    assert [read.word, read.status, read.maybe, read.flag] == [UNSET] * 4


def test_defaults_of_the_server_are_documented(models: Any) -> None:
    text = " ".join((models.Defaults.__doc__ or "").split())

    for note in (
        "level: How deep. The server's default is 3.",
        """word: The server's default is "hello".""",
        """status: The server's default is "on".""",
        """maybe: The server's default is "x".""",
        "flag: The server's default is false.",
    ):
        assert note in text


# --- enums ---


def test_known_values_are_members(models: Any) -> None:
    read = models.Enums.from_dict({"status": "a/b", "level": -3, "statuses": ["ON"], "maybe": "yes"})

    assert read.status is models.EnumsStatus.AB
    assert read.level is models.EnumsLevel.VALUE_NEGATIVE_3
    assert read.statuses[0] is models.Status.ON
    assert read.maybe.value == "yes"


def test_unknown_values_are_kept(models: Any) -> None:
    data = {"status": "NEW", "level": 99, "statuses": ["ON", "DIM"], "maybe": "no"}

    read = models.Enums.from_dict(data)

    assert (read.status, read.level, read.statuses, read.maybe) == ("NEW", 99, ["ON", "DIM"], "no")
    assert read.to_dict() == data
    assert json.dumps(read.to_dict()) == json.dumps(data)


def test_null_is_a_value_of_an_enum_that_lists_it(models: Any) -> None:
    assert models.Enums.from_dict({"maybe": None}).to_dict() == {"maybe": None}


@pytest.mark.parametrize("data", [{"status": 1}, {"level": "1"}, {"statuses": [None]}, {"maybe": 1}], ids=repr)
def test_a_value_of_another_type_is_refused(models: Any, data: dict[str, Any]) -> None:
    ((name, value),) = data.items()

    assert refusal(models.Enums, data).startswith(f"/{name}/0: " if isinstance(value, list) else f"/{name}: ")


def test_members_have_the_names_that_they_were_given(models: Any) -> None:
    assert {member.name: member.value for member in models.EnumsNamed} == {"DOM": "dom_x", "DOM_LEGACY": "DOM_x"}


def test_an_enum_that_says_null_twice_is_one_enum(models: Any) -> None:
    assert [name for name in models.__all__ if name.startswith("EnumsMaybe")] == ["EnumsMaybeType1"]


# --- date-times ---


NOON = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC)
TIMES = [
    ("2026-01-31T12:00:00Z", NOON),
    ("2026-01-31T12:00:00+00:00", NOON),
    ("2026-01-31T12:00:00+0000", NOON),
    ("2026-01-31T14:00:00+02:00", NOON),
    ("2026-01-31T12:00:00.000000000Z", NOON),
    ("20260131T120000Z", NOON),
    ("2026-01-31T12:00:00", NOON.replace(tzinfo=None)),
]


@pytest.mark.parametrize(("text", "moment"), [pytest.param(*case, id=case[0]) for case in TIMES])
@pytest.mark.parametrize("name", ["at", "maybe"])
def test_date_times_are_read_in_every_iso_form(models: Any, name: str, text: str, moment: datetime.datetime) -> None:
    read = models.Times.from_dict({"at": "2020-01-01T00:00:00Z", name: text})

    assert getattr(read, name) == moment


def test_date_times_are_sent_with_t_and_offset(models: Any) -> None:
    zone = datetime.timezone(datetime.timedelta(hours=2))

    sent = models.Times(at=NOON, maybe=NOON.astimezone(zone), day=NOON.date()).to_dict()

    assert sent == {"at": "2026-01-31T12:00:00Z", "maybe": "2026-01-31T14:00:00+02:00", "day": "2026-01-31"}


@pytest.mark.parametrize("value", ["yesterday", " ", 1767225600, True, []], ids=repr)
@pytest.mark.parametrize("name", ["at", "maybe"])
def test_what_is_no_date_time_is_refused(models: Any, name: str, value: object) -> None:
    data = {"at": "2020-01-01T00:00:00Z", name: value}

    assert refusal(models.Times, data) == f"/{name}: an ISO 8601 date-time"


# --- operations ---


OPERATIONS = spec(
    {
        "/pets/{thingId}": {
            "post": operation(
                "send-pet",
                parameters=[
                    PATH_ID,
                    parameter("filter", content=json_content({"type": "array", "items": ref("Pet")})),
                    parameter("fields", schema={"type": "array", "items": TEXT}, explode=False),
                    parameter("kinds", schema={"type": "array", "items": TEXT}),
                    parameter("limit", schema={"type": "integer", "default": 20}),
                    parameter("exact", schema={"type": "integer", "x-sdk-type": "boolean"}),
                    parameter("score", schema=DECIMAL),
                ],
                requestBody={"required": True, "content": json_content(ref("Pet"))},
                responses={"200": answer(ref("Pet")), "202": answer({"type": "array", "items": ref("Pet")})},
            ),
            "put": operation(
                "upload-pet",
                parameters=[PATH_ID],
                requestBody={
                    "required": True,
                    "content": {
                        "multipart/form-data": {
                            "schema": {
                                **an_object(
                                    "pet",
                                    pet=ref("Pet"),
                                    other=ref("Pet"),
                                    maybe={"allOf": [ref("Pet")], "nullable": True},
                                    flag={"type": "integer", "x-sdk-type": "boolean"},
                                    sure={"type": "boolean"},
                                    at={"type": "string", "format": "date-time"},
                                    kinds={"type": "array", "items": ref("Kind")},
                                    arg0=ref("Cat"),
                                    photo={"type": "string", "format": "binary"},
                                    **{
                                        "more-photos": {
                                            "type": "array",
                                            "items": {"type": "string", "format": "binary"},
                                        }
                                    },
                                ),
                                "x-sdk-names": {"arg0": "twin", "photo": "portrait"},
                            },
                            "encoding": {
                                "arg0": {"contentType": "application/json"},
                                "photo": {"contentType": "image/png, image/gif"},
                            },
                        }
                    },
                },
            ),
        },
        "/names/{params}/{body}": {
            "post": operation(
                "send-names",
                parameters=[
                    parameter("params", "path"),
                    parameter("body", "path"),
                    *(parameter(name) for name in ("headers", "encoding", "response", "client", "json_at")),
                    parameter("at", schema={"type": "string", "format": "date-time"}),
                    parameter("kinds", schema={"type": "array", "items": ref("Kind")}),
                    parameter("kinds_item"),
                    parameter("decoding", "header"),
                ],
                requestBody={"content": json_content(ref("Cat"))},
            )
        },
    },
    {**{name: SCHEMAS[name] for name in ("Cat", "Dog", "Pet")}, "Kind": {"type": "string", "enum": ["a", "b"]}},
)


class Server:
    """Answers every request with the same, and keeps what was asked."""

    def __init__(self, status: int = 200, body: object = None) -> None:
        self.requests: list[httpx.Request] = []
        self._status = status
        self._body = body

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(self._status, json=self._body)

    @property
    def query(self) -> list[tuple[str, str]]:
        """The query of the last request."""
        return self.requests[-1].url.params.multi_items()


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The package generated of the operations."""
    made = project(tmp_path_factory.mktemp("operations"), OPERATIONS)
    ran = run_generate(made.root)
    assert ran.status == 0, ran.errors
    with imported(made.package) as found:
        yield found


def call(package: ModuleType, name: str, server: Server, *path: object, **arguments: Any) -> Any:
    """Call an operation."""
    module = _import(package, f"api.things.{name}")
    with package.MiniAPI(transport=httpx.MockTransport(server)) as entry:
        recording = _Recording(entry._sender)
        return recording.response(recording.call(module.OPERATION, module.build(*path, **arguments)))


@pytest.mark.parametrize(("value", "kind"), [("CAT", "Cat"), ("DOG", "Dog"), ("FISH", "dict")])
def test_a_union_is_decided_in_an_answer(package: ModuleType, value: str, kind: str) -> None:
    for status, body in ((200, {"type": value}), (202, [{"type": value}])):
        parsed = call(package, "send_pet", Server(status, body), 1, body={"type": "CAT"}).parsed

        assert kind_of(parsed[0] if isinstance(parsed, list) else parsed) == kind


def test_a_union_can_be_sent_as_a_member_or_as_it_is(package: ModuleType) -> None:
    dog = _import(package, "models").Dog(tricks=["sit"])

    for body in (dog, dog.to_dict()):
        server = Server(200, {"type": "CAT"})
        call(package, "send_pet", server, 1, body=body)
        assert json.loads(server.requests[0].content) == {"type": "DOG", "tricks": ["sit"]}


def test_query_parameters_are_sent_in_their_styles(package: ModuleType) -> None:
    server = Server(200, {"type": "CAT"})
    dog = _import(package, "models").Dog()

    call(
        package,
        "send_pet",
        server,
        1,
        body=dog,
        filter_=[dog, {"type": "FISH"}],
        fields=["a", "b"],
        kinds=["a", "b"],
        exact=True,
        score=1.5,
    )

    assert server.query == [
        ("filter", '[{"type":"DOG"},{"type":"FISH"}]'),
        ("fields", "a,b"),
        ("kinds", "a"),
        ("kinds", "b"),
        ("exact", "1"),
        ("score", "1.5"),
    ]


def test_absent_parameters_and_their_defaults_are_not_sent(package: ModuleType) -> None:
    server = Server(200, {"type": "CAT"})

    call(package, "send_pet", server, 1, body={"type": "CAT"})

    assert server.query == []
    text = _import(package, "groups.things").ThingsGroup.send_pet.__doc__
    assert "limit: The server's default is 20." in text


def test_a_form_has_a_part_for_each_value_that_is_there(package: ModuleType) -> None:
    models, kind, server = _import(package, "models"), _import(package, "models").Kind, Server(204)
    body = models.UploadPetBody(
        pet=models.Dog(),
        other={"type": "FISH"},
        maybe=None,
        flag=True,
        sure=True,
        at=NOON,
        kinds=[kind.A, kind("new")],
        twin=models.Cat(name="Mö", lives=9),
        portrait=File(b"\x89PNG", "me.png", "image/png"),
        more_photos=[File(b"1", "1.gif"), File(b"2")],
    )
    body["extra"] = [File(b"3", "3", "image/png"), 1.5, {"deep": [None]}]

    call(package, "upload_pet", server, 1, body=body)

    json_part, text_part = "application/json", "text/plain; charset=utf-8"
    sent = parts_of(server.requests[0].headers["Content-Type"], server.requests[0].content)
    assert sorted(sent, key=lambda part: part.name) == [
        ("arg0", None, json_part, '{"type":"CAT","name":"Mö","lives":9}'.encode()),
        ("at", None, text_part, b"2026-01-31T12:00:00Z"),
        ("extra", "3", "image/png", b"3"),
        ("extra", None, text_part, b"1.5"),
        ("extra", None, json_part, b'{"deep":[null]}'),
        ("flag", None, text_part, b"1"),
        ("kinds", None, text_part, b"a"),
        ("kinds", None, text_part, b"new"),
        ("maybe", None, json_part, b"null"),
        ("more-photos", "1.gif", "image/gif", b"1"),
        ("more-photos", "upload", "application/octet-stream", b"2"),
        ("other", None, json_part, b'{"type":"FISH"}'),
        ("pet", None, json_part, b'{"type":"DOG"}'),
        ("photo", "me.png", "image/png", b"\x89PNG"),
        ("sure", None, text_part, b"true"),
    ]


def test_a_form_has_no_part_for_what_is_absent(package: ModuleType) -> None:
    server = Server(204)

    call(package, "upload_pet", server, 1, body=_import(package, "models").UploadPetBody(pet={"type": "FISH"}))

    sent = parts_of(server.requests[0].headers["Content-Type"], server.requests[0].content)
    assert sent == [Part("pet", None, "application/json", b'{"type":"FISH"}')]


def test_no_name_of_a_parameter_breaks_the_operation(package: ModuleType) -> None:
    server = Server(204)

    call(
        package,
        "send_names",
        server,
        "one",
        "two",
        body=_import(package, "models").Cat(),
        headers="a",
        encoding_="c",
        response="d",
        client_query="e",
        json_at="f",
        at=NOON,
        kinds=[_import(package, "models").Kind.A],
        kinds_item="g",
        decoding="h",
    )

    request = server.requests[0]
    assert request.url.path == "/api/names/one/two"
    assert server.query == [
        ("headers", "a"),
        ("encoding", "c"),
        ("response", "d"),
        ("client", "e"),
        ("json_at", "f"),
        ("at", "2026-01-31T12:00:00Z"),
        ("kinds", "a"),
        ("kinds_item", "g"),
    ]
    assert request.headers["decoding"] == "h"
    assert json.loads(request.content) == {"type": "CAT"}
