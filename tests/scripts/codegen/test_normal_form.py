"""The normal form: what OpenAPI 3.1 and other vendors write, as the generator understands it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from scripts.codegen.normal_form import normalize
from scripts.codegen.unmodelled import unmodelled
from scripts.specs.errors import CollectedError
from scripts.specs.spec import Spec, SpecError
from tests.scripts.projects import operation, ref, spec

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
PATH = Path("spec.yaml")


def normalized(document: dict[str, Any]) -> Spec:
    """A document in normal form."""
    found = Spec(copy.deepcopy(document), PATH)
    normalize(found)
    found.check()
    return found


def schema(given: dict[str, Any], **others: dict[str, Any]) -> dict[str, Any]:
    """A component schema in normal form."""
    found: dict[str, Any] = normalized(spec({}, {"Given": given, **others})).schemas["Given"]
    return found


def thing(**properties: Any) -> dict[str, Any]:
    """An object of which all properties are required."""
    return {"type": "object", "properties": properties, "required": [*properties]}


def one_of(*values: str | int) -> dict[str, Any]:
    """A closed list of values."""
    return {"type": "string" if isinstance(values[0], str) else "integer", "enum": [*values]}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({"type": ["string", "null"]}, {"type": "string", "nullable": True}, id="a type or null"),
        pytest.param({"type": ["string"]}, TEXT, id="one type in a list"),
        pytest.param({"type": "null"}, {"enum": [None]}, id="null alone"),
        pytest.param({"type": ["null"]}, {"enum": [None]}, id="null alone in a list"),
        pytest.param(
            {"type": ["string", "integer"], "minLength": 2, "maximum": 3, "description": "x"},
            {
                "anyOf": [{"type": "string", "minLength": 2}, {"type": "integer", "maximum": 3}],
                "description": "x",
            },
            id="two types, each with its keywords",
        ),
        pytest.param(
            {"type": ["array", "object", "null"], "items": TEXT, "properties": {"a": TEXT}},
            {
                "anyOf": [{"type": "array", "items": TEXT}, {"type": "object", "properties": {"a": TEXT}}],
                "nullable": True,
            },
            id="an array, an object or null",
        ),
        pytest.param(
            {"type": ["string", "null"], "enum": ["a", None]},
            {"type": "string", "enum": ["a", None]},
            id="enum with null",
        ),
        pytest.param(
            {"type": ["string", "null"], "enum": ["a"]}, {"type": "string", "enum": ["a"]}, id="enum without null"
        ),
        pytest.param({"enum": ["a", 1]}, {"anyOf": [one_of("a"), one_of(1)]}, id="enum of two types"),
        pytest.param({"const": "a"}, {**one_of("a"), "default": "a"}, id="constant text"),
        pytest.param({"const": 7}, {**one_of(7), "default": 7}, id="constant integer"),
        pytest.param({"const": None}, {"enum": [None]}, id="constant null"),
        pytest.param({"const": True}, {"type": "boolean"}, id="constant boolean"),
        pytest.param({"const": 1.5}, {"type": "number"}, id="constant number"),
        pytest.param(
            {"oneOf": [{"const": 1, "title": "ONE"}, {"const": 2, "title": "TWO"}]},
            {**one_of(1, 2), "x-enum-varnames": ["ONE", "TWO"]},
            id="constants with titles",
        ),
        pytest.param({"anyOf": [{"const": "a"}, {"const": "b"}]}, one_of("a", "b"), id="constants without titles"),
        pytest.param(
            {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 9.5},
            {"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 9.5, "exclusiveMaximum": True},
            id="numeric exclusive bounds",
        ),
        pytest.param(
            {"type": "number", "minimum": 0, "exclusiveMinimum": True},
            {"type": "number", "minimum": 0, "exclusiveMinimum": True},
            id="exclusive bounds of 3.0",
        ),
        pytest.param({"type": "string", "examples": ["a", "b"]}, {"type": "string", "example": "a"}, id="examples"),
        pytest.param(
            {"type": "string", "contentMediaType": "image/png"}, {"type": "string", "format": "binary"}, id="binary"
        ),
        pytest.param(
            {"type": "string", "contentMediaType": "image/png", "contentEncoding": "base64"}, TEXT, id="base64 is text"
        ),
        pytest.param({"type": "string", "contentMediaType": "application/json"}, TEXT, id="JSON in a string"),
        pytest.param({"type": "array", "items": True}, {"type": "array", "items": {}}, id="items of any kind"),
        pytest.param(
            {"type": "array", "prefixItems": [TEXT, WHOLE]},
            {"type": "array", "items": {"anyOf": [TEXT, WHOLE]}},
            id="a tuple",
        ),
        pytest.param(
            {"type": "object", "patternProperties": {"^x-": TEXT}},
            {"type": "object", "additionalProperties": TEXT},
            id="pattern properties of one kind",
        ),
        pytest.param(
            {"type": "object", "patternProperties": {"^x-": TEXT, "^y-": WHOLE}},
            {"type": "object", "additionalProperties": True},
            id="pattern properties of several kinds",
        ),
        pytest.param(
            {"type": "object", "unevaluatedProperties": WHOLE},
            {"type": "object", "additionalProperties": WHOLE},
            id="unevaluated properties",
        ),
        pytest.param(
            {"type": "object", "if": TEXT, "then": TEXT, "else": TEXT, "propertyNames": TEXT, "dependentRequired": {}},
            {"type": "object"},
            id="constraints",
        ),
        pytest.param(
            {"type": "object", "properties": {"a": True}}, {"type": "object", "properties": {"a": {}}}, id="any"
        ),
        pytest.param({"type": "string", "enum": []}, TEXT, id="empty enum"),
    ],
)
def test_a_schema_of_3_1_becomes_one_of_3_0(given: dict[str, Any], expected: dict[str, Any]) -> None:
    assert schema(given) == expected
    assert schema({"type": "array", "items": given})["items"] == expected
    assert schema(thing(a=given))["properties"]["a"] == expected


def test_what_stands_beside_a_reference_is_kept() -> None:
    found = schema(
        thing(
            a={"$ref": "#/components/schemas/Other", "description": "x", "deprecated": True},
            b={"$ref": "#/components/schemas/Other", "properties": {"more": TEXT}},
        ),
        Other=thing(one=TEXT),
    )["properties"]

    assert found["a"] == {"allOf": [ref("Other")], "description": "x", "deprecated": True}
    assert found["b"] == {"allOf": [ref("Other"), {"properties": {"more": TEXT}}]}


def test_the_normal_form_is_its_own_normal_form() -> None:
    document = spec(
        {},
        {
            "A": thing(kind=one_of("a"), more={"type": ["string", "null"]}),
            "B": thing(kind=one_of("b")),
            "U": {"oneOf": [ref("A"), ref("B")]},
        },
    )

    once = normalized(document).document

    assert normalized(once).document == once


# --- references ---


def test_a_component_that_is_only_a_reference_is_replaced_by_its_target() -> None:
    found = normalized(
        spec({}, {"Old": ref("Older"), "Older": ref("New"), "New": thing(a=TEXT), "Holder": thing(held=ref("Old"))})
    )

    assert found.schemas.keys() == {"New", "Holder"}
    assert found.schemas["Holder"]["properties"]["held"] == ref("New")


def test_an_alias_of_itself_is_refused_with_its_place() -> None:
    with pytest.raises(CollectedError, match="this schema is a reference to itself") as caught:
        normalized(spec({}, {"A": ref("B"), "B": ref("A")}))

    pointers = [error.pointer for error in caught.value.errors if isinstance(error, SpecError)]
    assert pointers == [("components", "schemas", "A"), ("components", "schemas", "B")]


@pytest.mark.parametrize(
    "place", ["#/components/schemas/Holder/properties/held", "#/components/schemas/Holder/$defs/Held"]
)
def test_a_reference_into_a_component_leads_to_a_component(place: str) -> None:
    holder = {**thing(held=thing(a=TEXT)), "$defs": {"Held": thing(b=TEXT)}}

    found = normalized(spec({}, {"Holder": holder, "Other": thing(one={"$ref": place})}))

    reference = found.schemas["Other"]["properties"]["one"]["$ref"]
    assert reference.count("/") == 3
    assert "properties" in found.resolve({"$ref": reference})
    assert "$defs" not in found.schemas["Holder"]
    if "properties" in place:
        assert found.schemas["Holder"]["properties"]["held"] == {"$ref": reference}


def test_a_path_item_that_is_a_reference_is_written_out() -> None:
    document = spec({"/a": {"$ref": "#/components/pathItems/A", "description": "x"}})
    document["components"] = {"pathItems": {"A": {"get": operation("get-a")}}}

    found = normalized(document).document

    assert found["paths"]["/a"] == {"get": operation("get-a"), "description": "x"}
    assert "pathItems" not in found["components"]


def test_the_variables_of_a_server_have_their_defaults() -> None:
    server = {"url": "https://{region}.example/{version}", "variables": {"region": {"default": "eu"}}}
    server["variables"]["version"] = {"default": "v2", "enum": ["v1", "v2"]}  # type: ignore[index]

    found = normalized({**spec(), "servers": [server]}).document

    assert found["servers"] == [{"url": "https://eu.example/v2"}]


# --- allOf ---


def test_allOf_within_allOf_is_flat() -> None:  # noqa: N802 - the keyword
    found = schema(
        {"allOf": [{"allOf": [ref("A"), thing(b=TEXT)], "properties": {"c": TEXT}}, {"description": "x"}]},
        A=thing(a=TEXT),
    )

    assert found == {"allOf": [ref("A"), thing(b=TEXT), {"properties": {"c": TEXT}}], "description": "x"}


def test_fields_beside_a_single_reference_are_a_member_of_allOf() -> None:  # noqa: N802 - the keyword
    found = schema({"allOf": [ref("A")], "properties": {"b": TEXT}, "required": ["b"]}, A=thing(a=TEXT))

    assert found == {"allOf": [ref("A"), {"type": "object", "properties": {"b": TEXT}, "required": ["b"]}]}


def test_a_single_member_that_is_no_reference_stands_for_itself() -> None:
    assert schema({"allOf": [TEXT], "description": "x"}) == {"type": "string", "description": "x"}


# --- unions ---

CAT = thing(kind=one_of("cat"), name=TEXT)
DOG = thing(kind={"const": "dog"}, name=TEXT)


def rule(**mapping: str) -> dict[str, Any]:
    """A discriminator by ``kind``."""
    return {"propertyName": "kind", "mapping": {value: ref(name)["$ref"] for value, name in mapping.items()}}


@pytest.mark.parametrize("key", ["oneOf", "anyOf"])
def test_a_property_with_one_value_in_each_member_decides(key: str) -> None:
    found = schema({key: [ref("Cat"), ref("Dog")]}, Cat=CAT, Dog=DOG)

    assert found == {key: [ref("Cat"), ref("Dog")], "x-sdk-discriminator": rule(cat="Cat", dog="Dog")}


def test_several_values_of_a_member_decide_if_no_other_has_them() -> None:
    found = schema({"oneOf": [ref("Cat"), ref("Dog")]}, Cat=thing(kind=one_of("cat", "kitten")), Dog=DOG)

    assert found["x-sdk-discriminator"] == rule(cat="Cat", kitten="Cat", dog="Dog")


@pytest.mark.parametrize(
    "members",
    [
        pytest.param((thing(kind=one_of("cat")), thing(kind=one_of("cat", "dog"))), id="a value in two members"),
        pytest.param((thing(kind=one_of("cat")), thing(kind=TEXT)), id="any value in one member"),
        pytest.param((thing(kind=one_of("cat")), thing(sort=one_of("dog"))), id="other properties"),
    ],
)
def test_nothing_is_inferred_where_members_could_be_confused(members: tuple[dict[str, Any], dict[str, Any]]) -> None:
    found = schema({"oneOf": [ref("Cat"), ref("Dog")]}, Cat=members[0], Dog=members[1])

    assert "x-sdk-discriminator" not in found


def test_integers_and_inherited_properties_decide_too() -> None:
    found = schema(
        {"oneOf": [ref("One"), ref("Two")]},
        One={"allOf": [ref("Base"), thing(kind=one_of(1))]},
        Two={"allOf": [ref("Base"), thing(kind={"const": 2})]},
        Base=thing(name=TEXT),
    )

    assert found["x-sdk-discriminator"] == rule(**{"1": "One", "2": "Two"})


def test_members_without_a_name_get_one() -> None:
    found = normalized(spec({}, {"Order": thing(payment={"oneOf": [CAT, {**DOG, "title": "Hound"}]})}))

    union = found.schemas["Order"]["properties"]["payment"]
    assert union["oneOf"] == [ref("OrderPaymentCat"), ref("Hound")]
    assert union["x-sdk-discriminator"] == rule(cat="OrderPaymentCat", dog="Hound")
    assert found.schemas["OrderPaymentCat"] == CAT


def test_a_name_that_is_taken_gets_a_number() -> None:
    found = normalized(spec({}, {"U": {"oneOf": [{**CAT, "title": "Pet"}, DOG]}, "Pet": thing(a=TEXT)}))

    assert found.schemas["U"]["oneOf"] == [ref("Pet2"), ref("UDog")]
    assert found.schemas["Pet"] == thing(a=TEXT)


def test_a_discriminator_without_a_mapping_is_completed_from_values_or_names() -> None:
    found = schema(
        {"oneOf": [ref("Cat"), ref("Dog")], "discriminator": {"propertyName": "kind"}},
        Cat=CAT,
        Dog=thing(kind=TEXT),
    )

    assert found["x-sdk-discriminator"] == rule(cat="Cat", Dog="Dog")


def test_a_mapping_may_have_bare_names_and_miss_members() -> None:
    found = schema(
        {
            "oneOf": [ref("Cat"), ref("Dog")],
            "discriminator": {"propertyName": "kind", "mapping": {"feline": "Cat"}},
        },
        Cat=CAT,
        Dog=DOG,
    )

    assert found["x-sdk-discriminator"] == rule(feline="Cat", dog="Dog")


def test_fields_beside_a_union_are_in_each_of_its_members() -> None:
    found = normalized(
        spec({}, {"Pet": {**thing(age=WHOLE), "oneOf": [ref("Cat"), ref("Dog")]}, "Cat": CAT, "Dog": DOG})
    )

    assert found.schemas["Pet"]["oneOf"] == [ref("PetCat"), ref("PetDog")]
    assert found.schemas["Pet"]["x-sdk-discriminator"] == rule(cat="PetCat", dog="PetDog")
    assert found.schemas["PetCat"] == {"allOf": [ref("Cat"), thing(age=WHOLE)]}


def test_a_union_within_allOf_is_a_union_of_objects() -> None:  # noqa: N802 - the keyword
    found = normalized(
        spec(
            {},
            {
                "Pet": {
                    "allOf": [ref("Base"), {"oneOf": [ref("Cat"), ref("Dog")], "discriminator": rule(c="Cat", d="Dog")}]
                },
                "Base": thing(age=WHOLE),
                "Cat": thing(kind=TEXT),
                "Dog": thing(kind=TEXT, bark=TEXT),
            },
        )
    )

    assert found.schemas["Pet"]["oneOf"] == [ref("PetCat"), ref("PetDog")]
    assert found.schemas["Pet"]["x-sdk-discriminator"] == rule(c="PetCat", d="PetDog")
    assert found.schemas["PetDog"] == {"allOf": [ref("Base"), ref("Dog")]}


def test_members_that_only_restrict_are_dropped() -> None:
    given = {**thing(a=TEXT, b=TEXT), "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}

    assert schema(given) == thing(a=TEXT, b=TEXT)


def test_too_many_combinations_are_refused_with_their_place() -> None:
    members = {f"M{index}": thing(kind=one_of(f"m{index}")) for index in range(9)}
    union = {"oneOf": [ref(name) for name in members]}

    with pytest.raises(SpecError, match="too many combinations") as caught:
        schema({"allOf": [union, union]}, **members)

    assert caught.value.pointer == ("components", "schemas", "Given")


# --- enums ---


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (["asc", "ASC"], ["ASC_2", "ASC"]),
        (["a b", "a-b", "c"], ["A_B", "A_B_2", "C"]),
        (["a", "b"], None),
    ],
)
def test_values_of_one_name_are_numbered_in_the_order_of_the_values(values: list[str], names: list[str] | None) -> None:
    assert schema({"type": "string", "enum": values}).get("x-enum-varnames") == names
    if names:
        backwards = schema({"type": "string", "enum": values[::-1]})["x-enum-varnames"]
        assert backwards == names[::-1]


# --- what is not modelled ---


def test_what_is_accepted_and_not_modelled_is_listed() -> None:
    answer = {"description": "x", "headers": {"X-Total": {}}, "links": {"next": {}}}
    document = spec({"/a": {"get": operation("get-a", responses={"200": answer}, callbacks={"done": {}})}})
    document["webhooks"] = {"changed": {"post": operation("changed")}}

    assert unmodelled(Spec(document, PATH)) == {
        "webhooks": ["/webhooks/changed"],
        "callbacks": ["/paths/~1a/get/callbacks/done"],
        "response headers": ["/paths/~1a/get/responses/200/headers/X-Total"],
        "links": ["/paths/~1a/get/responses/200/links/next"],
    }
