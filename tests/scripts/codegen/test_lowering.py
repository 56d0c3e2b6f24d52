"""Lowering: a spec in the words of the generator, and beside it what the generator cannot carry."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from scripts.codegen.lowering import Lowered, lower, without_mark
from scripts.specs.effective import validate
from scripts.specs.spec import Spec, SpecError
from tests.scripts.projects import (
    EVIDENCE,
    PATH_ID,
    json_content,
    operation,
    parameter,
    ref,
    schemas_spec,
    spec,
)

PATH = Path("specs/mini-api.yaml")
A = {"type": "object", "properties": {"type": {"type": "string"}, "a": {"type": "string"}}}
B = {"type": "object", "properties": {"type": {"type": "string"}, "b": {"type": "string"}}}
RULE = {
    "propertyName": "type",
    "mapping": {"A": "#/components/schemas/A", "B": "#/components/schemas/B"},
}
UNION: dict[str, Any] = {"oneOf": [ref("A"), ref("B")], "discriminator": RULE}


def lowered(document: dict[str, Any]) -> Lowered:
    """A valid spec, lowered."""
    spec = Spec(document, PATH)
    validate(spec)
    return lower(spec)


def lowered_parameters(*parameters: dict[str, Any], path_item: tuple[dict[str, Any], ...] = ()) -> Lowered:
    """A spec of one operation with parameters, lowered."""
    item: dict[str, Any] = {"get": operation(parameters=list(parameters)), "parameters": list(path_item)}
    return lowered(spec({"/things": item}, {"A": A, "Text": {"type": "string"}}))


def get(found: Lowered) -> dict[str, Any]:
    """The operation of a lowered spec."""
    operation: dict[str, Any] = found.document["paths"]["/things"]["get"]
    return operation


def schema(found: Lowered, *keys: str) -> dict[str, Any]:
    """A schema of a lowered spec."""
    node = found.document["components"]["schemas"]
    for key in keys:
        node = node[key]
    result: dict[str, Any] = node
    return result


# --- operations ---


@pytest.mark.parametrize("source", ["a page", "a page."])
def test_what_templates_need_of_an_operation_is_kept(source: str) -> None:
    evidence = {**EVIDENCE, "route": "observed", "source": source, "note": "The page is old."}
    made = {**operation(), "x-evidence": evidence, "summary": "Read a thing. ", "description": " Reads it.\n"}

    found = lowered(spec({"/things": {"get": made}})).operations

    assert set(found) == {"get_thing"}
    kept = found["get_thing"]
    assert (kept.operation_id, kept.summary, kept.description) == ("get-thing", "Read a thing", "Reads it.")
    assert kept.provenance == "Evidence: route observed, schema documented. Source: a page. Note: The page is old."


def test_an_operation_without_a_note_has_none() -> None:
    assert lowered(spec()).operations["get_thing"].provenance == (
        "Evidence: route documented, schema documented. Source: a page"
    )


def test_the_effective_spec_is_not_changed() -> None:
    document = spec(
        {"/things": {"get": operation(parameters=[parameter("q", description="x")]), "parameters": [parameter("p")]}},
        {"A": A, "B": B, "U": UNION},
    )
    before = copy.deepcopy(document)

    lowered(document)

    assert document == before


# --- parameters ---


STYLES = [
    pytest.param(parameter("q"), "plain", id="scalar"),
    pytest.param(parameter("q", style="form"), "plain", id="form"),
    pytest.param(parameter("q", schema={"type": "array", "items": {"type": "string"}}), "plain", id="list"),
    pytest.param(
        parameter("q", schema={"type": "array", "items": {"type": "string"}}, explode=True), "plain", id="exploded list"
    ),
    pytest.param(
        parameter("q", schema={"type": "array", "items": {"type": "string"}}, explode=False),
        "comma",
        id="list that is not exploded",
    ),
    pytest.param(parameter("q", explode=False), "plain", id="scalar that is not exploded"),
    pytest.param(parameter("q", content=json_content(ref("A"))), "json", id="JSON"),
    pytest.param(parameter("q", content={"application/json": {}}), "json", id="JSON of any kind"),
    pytest.param(parameter("q", schema={"oneOf": [{"type": "string"}, {"type": "integer"}]}), "plain", id="union"),
    pytest.param(
        parameter("q", schema={"allOf": [ref("Text")], "description": "x"}),
        "plain",
        id="described reference to a scalar",
    ),
]


@pytest.mark.parametrize(("given", "style"), STYLES)
def test_a_query_parameter_has_a_style(given: dict[str, Any], style: str) -> None:
    assert lowered_parameters(given).operations["get_thing"].query_styles == {"q": style}


def test_only_query_parameters_have_a_style() -> None:
    found = lowered_parameters(parameter("h", "header"))

    assert found.operations["get_thing"].query_styles == {}


def test_the_schema_of_a_json_parameter_stands_where_the_generator_looks_for_it() -> None:
    found = lowered_parameters(parameter("q", content=json_content(ref("A"))))

    assert get(found)["parameters"] == [{"name": "q", "in": "query", "schema": ref("A")}]


def test_the_description_of_a_parameter_goes_to_its_schema() -> None:
    found = lowered_parameters(
        parameter("one", description="first"),
        parameter("two", description="second", schema={"type": "string", "description": "its own"}),
    )

    assert [given["schema"]["description"] for given in get(found)["parameters"]] == ["first", "its own"]


def test_parameters_are_written_out_in_their_operations() -> None:
    document = spec(
        {"/things/{thingId}": {"get": operation(parameters=[{"$ref": "#/components/parameters/id"}])}},
        components={"parameters": {"id": PATH_ID}},
    )

    found = lowered(document)

    assert found.document["paths"]["/things/{thingId}"]["get"]["parameters"] == [PATH_ID]
    assert "parameters" not in found.document["components"]


def test_parameters_of_a_path_belong_to_each_of_its_operations() -> None:
    item = {"parameters": [parameter("p")], "get": operation(), "put": operation("put-thing")}

    found = lowered(spec({"/things": item}))

    paths = found.document["paths"]["/things"]
    assert "parameters" not in paths
    assert paths["get"]["parameters"] == paths["put"]["parameters"] == [parameter("p")]


def test_an_operation_overrides_the_parameters_of_its_path() -> None:
    found = lowered_parameters(
        parameter("p", schema={"type": "integer"}), path_item=(parameter("p"), parameter("p", "header"))
    )

    assert get(found)["parameters"] == [parameter("p", schema={"type": "integer"}), parameter("p", "header")]


def test_a_default_for_the_client_is_python_code() -> None:
    texts = {"type": "array", "items": {"type": "string"}}
    fields = {**parameter("fields", schema=texts), "x-sdk-default": ["siteCode", 'a"b']}

    (found,) = lowered_parameters(fields, parameter("kinds", schema=texts)).operations.values()

    assert found.query_defaults == {"fields": '["siteCode", "a\\"b"]'}


# --- schemas ---

DECIMAL = {"oneOf": [{"type": "number"}, {"type": "string"}], "x-sdk-type": "number"}


@pytest.mark.parametrize(
    ("wire", "lower"),
    [
        (DECIMAL, {"type": "number"}),
        ({**DECIMAL, "description": "A score."}, {"type": "number", "description": "A score."}),
        ({**DECIMAL, "nullable": True}, {"type": "number", "nullable": True}),
        ({**DECIMAL, "oneOf": [*DECIMAL["oneOf"], {"enum": [None]}]}, {"type": "number", "nullable": True}),
        ({"type": "integer", "maximum": 1, "x-sdk-type": "boolean"}, {"type": "integer", "maximum": 1}),
    ],
)
def test_a_type_for_python_takes_the_place_of_those_on_the_wire(wire: dict[str, Any], lower: dict[str, Any]) -> None:
    found = lowered(schemas_spec(Thing={"type": "object", "properties": {"held": wire}}))

    held = schema(found, "Thing", "properties", "held")
    kept = {key: value for key, value in held.items() if key not in ("description", "x-sdk-type")}
    described = without_mark(held["description"])
    assert kept | ({"description": described} if described else {}) == lower


def test_a_marked_schema_is_found_again() -> None:
    number = {**DECIMAL, "description": "A score."}

    found = lowered(schemas_spec(Thing={"type": "object", "properties": {"score": number}}))

    description = schema(found, "Thing", "properties", "score")["description"]
    assert found.marked_schema(description)["x-sdk-type"] == "number"
    assert without_mark(description) == "A score."


@pytest.mark.parametrize("description", [None, "", "no mark"])
def test_without_a_mark_there_is_no_schema(description: str | None) -> None:
    assert lowered(schemas_spec(A=A, B=B, U=UNION)).marked_schema(description) == {}


def test_every_mark_leads_to_its_own_schema() -> None:
    def number(text: str) -> dict[str, Any]:
        return {**DECIMAL, "example": text}

    properties = {text: number(text) for text in ("one", "two", "three")}

    found = lowered(schemas_spec(Thing={"type": "object", "properties": properties}))

    for text in properties:
        description = schema(found, "Thing", "properties", text)["description"]
        assert found.marked_schema(description)["example"] == text


def test_what_has_no_extension_is_not_marked() -> None:
    assert lowered(schemas_spec(A=A, N={"oneOf": [{"type": "string"}, {"type": "number"}]})).marked == ()


DISCRIMINATED = {
    "of OpenAPI": UNION,
    "of our own": {"anyOf": [ref("A"), ref("B")], "x-sdk-discriminator": RULE},
    "nullable": {**UNION, "nullable": True},
    "reference that may be null": {"allOf": [ref("U")], "nullable": True},
    "reference in a union": {"oneOf": [ref("U")], "nullable": True},
    "reference or null": {"anyOf": [ref("U"), {"enum": [None]}]},
    "reference to a reference": {"allOf": [ref("V")], "nullable": True},
}


@pytest.mark.parametrize("held", [pytest.param(held, id=name) for name, held in DISCRIMINATED.items()])
def test_a_union_keeps_its_discriminator_through_what_stands_around_it(held: dict[str, Any]) -> None:
    holder = {"type": "object", "properties": {"held": held}}

    found = lowered(schemas_spec(A=A, B=B, U=UNION, V={"allOf": [ref("U")]}, Holder=holder))

    description = schema(found, "Holder", "properties", "held")["description"]
    assert found.marked_schema(description)["discriminator"] == RULE


@pytest.mark.parametrize(
    ("held", "description"),
    [
        ({"anyOf": [ref("A"), {"enum": [None]}]}, "An A."),
        ({"oneOf": [{"enum": [None]}, ref("A")]}, "An A."),
        ({"anyOf": [ref("A"), {"enum": [None]}], "description": "Its own."}, "Its own."),
        ({"anyOf": [{"type": "string", "description": "Text."}, {"type": "number"}]}, None),
    ],
)
def test_a_schema_or_null_is_described_as_the_schema_is(held: dict[str, Any], description: str | None) -> None:
    described = {**A, "description": "An A."}

    found = lowered(schemas_spec(A=described, Holder={"type": "object", "properties": {"held": held}}))

    assert schema(found, "Holder", "properties", "held").get("description") == description


def test_a_discriminator_of_a_base_decides_no_union() -> None:
    base = {**A, "required": ["type"], "discriminator": {"propertyName": "type"}}
    child = {"allOf": [ref("Base"), {"type": "object", "properties": {"c": {"type": "string"}}}]}

    assert lowered(schemas_spec(Base=base, Child=child)).marked == ()


@pytest.mark.parametrize("name", ["properties", "mapping", "default", "enum", "example", "parameters", "schemas"])
def test_a_property_may_be_called_like_a_keyword(name: str) -> None:
    accepting = {"oneOf": [{"type": "string"}, {"type": "integer"}], "x-sdk-type": "string"}

    found = lowered(schemas_spec(Thing={"type": "object", "properties": {name: accepting}}))

    description = schema(found, "Thing", "properties", name)["description"]
    assert found.marked_schema(description)["x-sdk-type"] == "string"


@pytest.mark.parametrize("name", ["properties", "mapping", "default", "enum", "example", "parameters", "schemas"])
def test_no_property_escapes_the_checks_by_its_name(name: str) -> None:
    document = schemas_spec(A=A, B=B, Thing={"type": "object", "properties": {name: {"oneOf": [ref("A"), ref("B")]}}})

    with pytest.raises(SpecError, match="nothing tells the members of this union apart") as caught:
        lowered(document)

    assert caught.value.pointer == ("components", "schemas", "Thing", "properties", name)


@pytest.mark.parametrize("keyword", ["example", "default"])
def test_values_are_not_taken_for_schemas(keyword: str) -> None:
    value = {"oneOf": ["a", "b"], "x-sdk-type": "anything", "discriminator": 1, "servers": []}

    assert lowered(schemas_spec(Thing={**A, keyword: value})).marked == ()


def test_words_that_the_generator_does_not_know_go_to_the_description() -> None:
    properties = {
        "a": {"type": "string", "readOnly": True, "description": "The a."},
        "b": {"type": "string", "deprecated": True},
        "c": {"type": "string", "deprecated": False, "description": "The c."},
    }

    found = lowered(schemas_spec(Thing={"type": "object", "properties": properties}))

    lowered_properties = schema(found, "Thing", "properties")
    assert [prop.get("description") for prop in lowered_properties.values()] == [
        "Read-only. The a.",
        "Deprecated.",
        "The c.",
    ]


def test_deprecated_operations_and_parameters_say_so() -> None:
    parameters = [parameter("q", description="What to find.", deprecated=True), parameter("r", deprecated=True)]
    paths = {"/things": {"get": operation(parameters=parameters, deprecated=True)}}

    found = lowered(spec(paths))

    assert [made.description for made in found.operations.values()] == ["Deprecated. Does one thing."]
    assert [made["schema"]["description"] for made in found.document["paths"]["/things"]["get"]["parameters"]] == [
        "Deprecated. What to find.",
        "Deprecated.",
    ]


def test_python_names_are_inherited() -> None:
    base = {**A, "x-sdk-names": {"a": "alpha", "type": "sort"}}
    inline = {"type": "object", "properties": {"c": {"type": "string"}}, "x-sdk-names": {"c": "gamma"}}
    child = {"allOf": [ref("Base"), inline], "x-sdk-names": {"type": "species"}}

    found = lowered(schemas_spec(Base=base, Child=child, Grandchild={"allOf": [ref("Child"), {"type": "object"}]}))

    expected = {"a": "alpha", "type": "species", "c": "gamma"}
    assert schema(found, "Child")["x-sdk-names"] == expected
    assert schema(found, "Grandchild")["x-sdk-names"] == expected


def test_what_only_refers_to_an_object_needs_no_names_of_its_own() -> None:
    named = {**A, "x-sdk-names": {"a": "alpha"}}
    reference = {"allOf": [ref("A")], "description": "An A.", "nullable": True}

    found = lowered(schemas_spec(A=named, Holder={"type": "object", "properties": {"held": reference}}))

    assert schema(found, "Holder", "properties", "held") == reference
