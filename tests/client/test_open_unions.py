"""Open unions: a value of a known kind gets the class of its kind, and one of any other kind is kept whole.

The unions, and the models that hold them, are found by walking the effective spec, so that whatever an overlay adds is
tested as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from attrs import fields
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_python_client.strings import PythonIdentifier

from scripts.codegen.lowering import FIELD_PREFIX
from scripts.specs.documents import walk
from scripts.specs.spec import Spec
from tests.client.apis import api
from tests.instances import ANYTHING, EXAMPLES

KAMELEOON = api("kameleoon")
SPEC = Spec(KAMELEOON.document, Path("kameleoon.yaml"))
ITEM, VALUE = "[]", "{}"
"""Steps into a list and into an object whose keys are not known in advance; all others are names of properties."""


@dataclass(frozen=True, repr=False)
class Place:
    """Where a union stands: the model that holds it, the way there, and the union itself."""

    model: str
    steps: tuple[str, ...]
    union: Mapping[str, Any]

    def __str__(self) -> str:
        return ".".join((self.model, *self.steps))

    __repr__ = __str__

    @property
    def discriminator(self) -> str:
        """The property that decides."""
        return str(self.union["x-sdk-discriminator"]["propertyName"])

    @property
    def mapping(self) -> Mapping[str, str]:
        """The reference to the schema of each known kind."""
        found: Mapping[str, str] = self.union["x-sdk-discriminator"]["mapping"]
        return found

    @property
    def base(self) -> Mapping[str, str]:
        """A reference to the schema of all other kinds."""
        return {"$ref": self.union["x-sdk-discriminator"]["defaultMapping"]}


def _is_open_union(node: object) -> bool:
    rule = node.get("x-sdk-discriminator", {}) if isinstance(node, Mapping) else {}
    return {"propertyName", "defaultMapping"} <= rule.keys()


def _places(model: str, node: Mapping[str, Any], steps: tuple[str, ...] = ()) -> Iterator[Place]:
    """The unions within a schema, as far as the next model: its own are found from there."""
    if "$ref" in node and SPEC.is_model(node):
        return
    node = KAMELEOON.resolve(node)
    if _is_open_union(node):
        yield Place(model, steps, node)
        return
    for name, schema in node.get("properties", {}).items():
        yield from _places(model, schema, (*steps, name))
    for schema in node.get("allOf", ()):
        yield from _places(model, schema, steps)
    for key, step in (("items", ITEM), ("additionalProperties", VALUE)):
        if isinstance(node.get(key), Mapping):
            yield from _places(model, node[key], (*steps, step))


UNIONS = [node for _, node in walk(KAMELEOON.document) if _is_open_union(node)]
PLACES = [
    place
    for name, schema in KAMELEOON.document["components"]["schemas"].items()
    if SPEC.is_model(schema)
    for place in _places(name, schema)
]
KINDS = [pytest.param(place, value, id=f"{place}:{value}") for place in PLACES for value in place.mapping]
few_examples = settings(EXAMPLES, max_examples=5)


def _properties(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of an object, those of its allOf members included."""
    schema = KAMELEOON.resolve(schema)
    inherited = [_properties(member) for member in schema.get("allOf", ())]
    return {name: prop for found in (*inherited, schema.get("properties", {})) for name, prop in found.items()}


def _attribute(schema: Mapping[str, Any], name: str) -> str:
    """What a property is called in Python."""
    names = KAMELEOON.resolve(schema).get("x-sdk-names", {})
    return str(names.get(name) or PythonIdentifier(name, FIELD_PREFIX))


def _put(data: st.DataObject, schema: Mapping[str, Any], steps: tuple[str, ...], value: Any) -> Any:
    """An instance of a schema that has the value where the steps lead."""
    if not steps:
        return value
    schema = KAMELEOON.resolve(schema)
    step, *rest = steps
    if step == ITEM:
        return [_put(data, schema["items"], tuple(rest), value)]
    instance = data.draw(KAMELEOON.instances.of(schema).filter(lambda drawn: drawn is not None), step)
    inner = schema["additionalProperties"] if step == VALUE else _properties(schema)[step]
    return {**instance, step: _put(data, inner, tuple(rest), value)}


def _get(schema: Mapping[str, Any], steps: tuple[str, ...], decoded: Any) -> Any:
    """What a decoded instance holds where the steps lead."""
    for step in steps:
        schema = KAMELEOON.resolve(schema)
        if step == ITEM:
            decoded, schema = decoded[0], schema["items"]
        elif step == VALUE:
            decoded, schema = decoded[VALUE], schema["additionalProperties"]
        else:
            decoded, schema = getattr(decoded, _attribute(schema, step)), _properties(schema)[step]
    return decoded


def _read(data: st.DataObject, place: Place, value: dict[str, Any]) -> Any:
    """What a value becomes in its place, after a look at whether the whole is written as it was read."""
    reference = {"$ref": f"#/components/schemas/{place.model}"}
    instance = _put(data, reference, place.steps, value)

    decoded = KAMELEOON.model_of(reference).from_dict(instance)

    assert decoded.to_dict() == instance
    return _get(reference, place.steps, decoded)


def _text(value: object) -> bytes:
    """A value as bytes of JSON, in which 1, 1.0 and true are three things and the order of keys does not matter."""
    return json.dumps(value, sort_keys=True).encode()


def _near_kinds(place: Place) -> list[str]:
    """Kinds that the spec does not list, and that a careless comparison would take for listed ones."""
    near = {"", *(changed for kind in place.mapping for changed in (kind.lower(), f"{kind}_2", kind[:-1]))}
    return sorted(near - place.mapping.keys())


def _foreign_fields(place: Place) -> st.SearchStrategy[dict[str, Any]]:
    """Fields that the base does not declare, with values of any form: those of the known kinds, and invented ones."""
    known = {name for reference in place.mapping.values() for name in _properties({"$ref": reference})}
    names = sorted({*known, "novelty", "novelties"} - _properties(place.base).keys())
    return st.dictionaries(st.sampled_from(names), ANYTHING, min_size=1)


def test_the_spec_has_open_unions_and_each_is_tested_in_some_model() -> None:
    assert len({str(place) for place in PLACES}) == len(PLACES)
    assert {str(place) for place in PLACES} >= {
        "EnvironmentConfiguration.rolloutRules.[]",
        "EnvironmentConfigurationRequest.rolloutRules.[]",
        "FeatureFlagEnvironmentUpdate.rolloutRules.[]",
        "ResultsRequest.breakdown",
        "ResultsRequest.filters.[]",
    }
    assert {id(union) for union in UNIONS} == {id(place.union) for place in PLACES}
    for place in PLACES:
        assert place.mapping, place
        assert KAMELEOON.model_of(place.base) is not None, place
        assert place.base["$ref"] not in place.mapping.values(), place


@pytest.mark.parametrize(("place", "kind"), KINDS)
@few_examples
@given(data=st.data())
def test_a_value_of_a_known_kind_gets_the_class_of_its_kind(place: Place, kind: str, data: st.DataObject) -> None:
    reference = {"$ref": place.mapping[kind]}
    value = data.draw(KAMELEOON.instances.of(reference))
    assert value[place.discriminator] == kind

    found = _read(data, place, value)

    assert type(found) is KAMELEOON.model_of(reference)
    assert found.to_dict() == value


@pytest.mark.parametrize("place", PLACES, ids=str)
@few_examples
@given(data=st.data())
def test_a_value_of_an_unknown_kind_gets_the_base_and_comes_back_as_it_was(place: Place, data: st.DataObject) -> None:
    value = {**data.draw(KAMELEOON.instances.of(place.base)), **data.draw(_foreign_fields(place))}
    invented = data.draw(st.text().filter(lambda kind: kind not in place.mapping), "kind")
    for kind in (invented, *_near_kinds(place)):
        value[place.discriminator] = kind

        found = _read(data, place, value)

        assert type(found) is KAMELEOON.model_of(place.base)
        assert getattr(found, _attribute(place.base, place.discriminator)) == kind
        assert _text(found.to_dict()) == _text(value)


@pytest.mark.parametrize(("place", "kind"), KINDS)
@few_examples
@given(data=st.data())
def test_a_value_made_in_python_needs_no_discriminator(place: Place, kind: str, data: st.DataObject) -> None:
    reference = {"$ref": place.mapping[kind]}
    model = KAMELEOON.model_of(reference)
    decider = _attribute(reference, place.discriminator)
    like = model.from_dict(data.draw(KAMELEOON.instances.of(reference)))
    arguments = {field.name: getattr(like, field.name) for field in fields(model) if field.init}
    assert arguments.pop(decider) == kind

    made = model(**arguments)

    assert getattr(made, decider) == kind
    assert made.to_dict()[place.discriminator] == kind
    assert _read(data, place, made.to_dict()) == made
