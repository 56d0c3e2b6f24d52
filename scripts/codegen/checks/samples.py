"""Samples of schemas: small instances that together show every property, enum value and union member."""

from __future__ import annotations

import datetime
import itertools
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from scripts.specs.spec import Pointer, Spec, alternatives, is_null, keys_of

Schema = Mapping[str, Any]
NO_TAG = "a value of no member"
"""Value of a property that decides a union, for the member that takes all other values."""
_DEEP = 12
_EPOCH = datetime.datetime(2001, 1, 1, tzinfo=datetime.UTC)


@dataclass(frozen=True)
class Sample:
    """An instance of a schema.

    Attributes:
        value: the instance, as JSON has it; bytes for a file.
        schema: the schema, references followed and members of unions chosen.
        pointer: where that schema stands.
        component: the name of the component schema that it is; None for an inline one.
        item: the sample that a list has for an item.
        beside: properties of the object around it that make it an instance of this member of a union.
        member: where the member of a union stands that it is an instance of; None outside of unions.
    """

    value: Any
    schema: Schema
    pointer: Pointer
    component: str | None = None
    item: Sample | None = None
    beside: Mapping[str, Any] = field(default_factory=dict)
    member: Pointer | None = None


@dataclass(frozen=True)
class Property:
    """A property of an object schema: its schema, where that stands, and whether the object needs it."""

    schema: Schema
    pointer: Pointer
    is_required: bool


class Samples:
    """Samples of the schemas of one spec; strings and numbers are all different, so that none is taken for another."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._numbers = itertools.count(1001)

    def of(self, schema: Schema, pointer: Pointer = ()) -> Iterator[Sample]:
        """Yield samples of a schema: null, every enum value, every member of a union, or else one."""
        yield from self._of(schema, pointer, _DEEP)

    def minimal(self, schema: Schema) -> Any:
        """Return an instance with required properties only; never null if there is another."""
        return self._minimal(schema, _DEEP)

    def full(self, schema: Schema) -> Any:
        """Return an instance with all properties, each with a minimal value."""
        sample = next((sample for sample in self.of(schema) if sample.value is not None), None)
        if sample is None:
            return None
        if sample.item is not None:
            return [self.full(sample.item.schema)]
        if not isinstance(sample.value, dict):
            return sample.value
        found = dict(sample.value)
        for name, prop in self.properties(sample.schema).items():
            chosen = next(iter(found_ for found_ in self.of(prop.schema) if found_.value is not None), None)
            if name not in found and chosen is not None:
                found |= {**chosen.beside, name: chosen.value}
        return found

    # --- objects ---

    def properties(self, schema: Schema, pointer: Pointer = ()) -> dict[str, Property]:
        """Return the properties of an object by their names, those of its ``allOf`` members too.

        The properties of a union within ``allOf`` are properties of the object, none of them required.
        """
        pointer, schema = self.located(schema, pointer)
        found: dict[str, Property] = {}
        required = set(schema.get("required", ()))
        for index, member in enumerate(schema.get("allOf", ())):
            inherited = self.properties(member, (*pointer, "allOf", str(index)))
            found |= inherited
            required |= {name for name, prop in inherited.items() if prop.is_required}
            place, resolved = self.located(member, (*pointer, "allOf", str(index)))
            for kind in ("oneOf", "anyOf"):
                for number, choice in enumerate(resolved.get(kind, ())):
                    chosen = self.properties(choice, (*place, kind, str(number)))
                    found |= {name: replace(prop, is_required=False) for name, prop in chosen.items()}
        for name, prop in schema.get("properties", {}).items():
            found[name] = Property(prop, (*pointer, "properties", name), is_required=False)
        return {name: replace(prop, is_required=name in required) for name, prop in found.items()}

    def names(self, schema: Schema) -> dict[str, str]:
        """Return the Python names that a spec gives the properties of an object."""
        schema = self._spec.resolve(schema)
        names: dict[str, str] = {}
        for member in schema.get("allOf", ()):
            names |= self.names(member)
        return {**names, **schema.get("x-sdk-names", {})}

    def is_object(self, schema: Schema) -> bool:
        """Return whether instances of a schema are objects."""
        return "properties" in schema or "allOf" in schema or "object" in _types(schema)

    def located(self, schema: Schema, pointer: Pointer) -> tuple[Pointer, Schema]:
        """Return where a schema stands, rather than where it is referred to, and the schema itself."""
        while "$ref" in schema:
            pointer = keys_of(schema["$ref"])
            schema = self._spec.resolve({"$ref": schema["$ref"]}) if len(schema) == 1 else self._beside(schema)
        return pointer, schema

    def _beside(self, schema: Schema) -> Schema:
        """A reference with siblings (OpenAPI 3.1): the target, with what stands beside the reference."""
        return {**self._spec.resolve(schema), **{key: value for key, value in schema.items() if key != "$ref"}}

    # --- instances ---

    def _of(self, schema: Schema, pointer: Pointer, depth: int) -> Iterator[Sample]:
        reference = schema.get("$ref")
        pointer, schema = self.located(schema, pointer)
        component = keys_of(reference)[-1] if reference is not None and len(pointer) == 3 else None
        if schema.get("nullable") or "null" in _types(schema) or None in schema.get("enum", ()):
            yield Sample(None, schema, pointer, component)
        if "x-sdk-type" in schema:
            yield Sample(self._converted(schema), schema, pointer, component)
        elif members := alternatives(schema):
            kind = next(kind for kind in ("oneOf", "anyOf", "allOf") if schema.get(kind))
            places: list[tuple[Schema, Pointer]] = [
                (member, (*pointer, kind, str(index))) for index, member in enumerate(members)
            ]
            yield from self._of_union(schema, places, depth)
        elif "const" in schema or "enum" in schema:
            for value in [schema["const"]] if "const" in schema else schema["enum"]:
                if value is not None:
                    yield Sample(value, schema, pointer, component)
        elif "array" in _types(schema):
            items = list(self._of(schema.get("items", {}), (*pointer, "items"), depth - 1)) if depth else []
            for item in items:
                yield Sample([item.value], schema, pointer, component, item)
        elif self.is_object(schema):
            yield Sample(self._object(schema, depth), schema, pointer, component)
        elif _types(schema) != ["null"]:
            yield Sample(self._scalar(schema), schema, pointer, component)

    def _of_union(self, schema: Schema, members: list[tuple[Schema, Pointer]], depth: int) -> Iterator[Sample]:
        rule = self._spec.discriminator(schema)
        tags = self._tags(rule, members) if rule is not None else []
        if not tags:
            for member, place in members:
                for sample in self._of(member, place, depth):
                    yield replace(sample, member=place) if len(members) > 1 else sample
            return
        if any(self._is_nullable(member) for member, _ in members):
            yield Sample(None, schema, members[0][1])
        for reference, own, beside in tags:
            for sample in self._of({"$ref": reference}, (), depth):
                if isinstance(sample.value, dict):
                    properties = self.properties(sample.schema)
                    tagged = {
                        name: self.minimal(properties[name].schema if name in properties else {})
                        if tag is None
                        else tag
                        for name, tag in own.items()
                    }
                    value = {**sample.value, **tagged}
                    yield replace(sample, value=value, beside={**sample.beside, **beside}, member=keys_of(reference))

    def _is_nullable(self, member: Schema) -> bool:
        _, schema = self.located(member, ())
        return (
            is_null(schema)
            or bool(schema.get("nullable"))
            or "null" in _types(schema)
            or any(self._is_nullable(inner) for inner in alternatives(schema))
        )

    def _tags(
        self, rule: Schema, members: list[tuple[Schema, Pointer]]
    ) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
        """The members that a rule decides between: reference, own properties (None: any value), properties beside."""
        if "presence" in rule:
            return [(reference, {name: None}, {}) for name, reference in rule["presence"].items()]
        mapping = rule.get("mapping") or {
            keys_of(member["$ref"])[-1]: member["$ref"] for member, _ in members if "$ref" in member
        }
        tags = list(mapping.items())
        if "defaultMapping" in rule:
            tags.append((NO_TAG, rule["defaultMapping"]))
        if "parentProperty" in rule:
            return [(reference, {}, {rule["parentProperty"]: tag}) for tag, reference in tags]
        return [(_reference(name), {rule["propertyName"]: tag}, {}) for tag, name in tags]

    def _minimal(self, schema: Schema, depth: int) -> Any:
        samples = self._of(schema, (), depth)
        return next((sample.value for sample in samples if sample.value is not None), None)

    def _object(self, schema: Schema, depth: int) -> dict[str, Any]:
        if not depth:
            return {}
        bare = schema.get("x-sdk-accepts-bare", {}).get("into")
        return {
            name: self._minimal(prop.schema, depth - 1)
            for name, prop in self.properties(schema).items()
            if prop.is_required or name == bare or self._is_constant(prop.schema)
        }

    def _is_constant(self, schema: Schema) -> bool:
        """Return whether a property has one value only, which may tell what the object is."""
        _, schema = self.located(schema, ())
        return "const" in schema or (len(schema.get("enum", ())) == 1 and not is_null(schema))

    def _converted(self, schema: Schema) -> Any:
        """A value that the wire has in another type than Python: in digits, if it has it as a string."""
        number = next(self._numbers)
        if schema["x-sdk-type"] == "boolean":
            return 1
        kinds = {kind for choice in self._spec.choices(schema) for kind in _types(choice)}
        value = number + 0.5 if schema["x-sdk-type"] == "number" else number
        return str(value) if "string" in kinds else value

    def _scalar(self, schema: Schema) -> Any:
        number = next(self._numbers)
        kind = next((kind for kind in _types(schema) if kind != "null"), "")
        if kind == "boolean":
            return True
        if kind == "integer":
            return number
        if kind == "number":
            return number + 0.5
        match schema.get("format") if kind == "string" else None:
            case "date":
                return (_EPOCH + datetime.timedelta(days=number)).date().isoformat()
            case "date-time":
                return (_EPOCH + datetime.timedelta(seconds=number)).isoformat().replace("+00:00", "Z")
            case "uuid":
                return str(uuid.UUID(int=number))
            case "binary":
                return b"file %d" % number
        return f"text-{number}"


def _types(schema: Schema) -> list[str]:
    kind = schema.get("type", [])
    return [kind] if isinstance(kind, str) else list(kind)


def _reference(name: str) -> str:
    """A reference to a member; a mapping may also name the component alone."""
    return name if name.startswith("#/") else f"#/components/schemas/{name}"
