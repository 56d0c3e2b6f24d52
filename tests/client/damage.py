"""What can be wrong in an answer: every place in a valid instance where another shape must be refused."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.client.apis import Api

MISSING: Any = object()
"""Stands for a value that is not there."""
KINDS: dict[type, str] = {
    type(None): "null",
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "an object",
}
Key = str | int


@dataclass(frozen=True)
class Damage:
    """A change of one place that makes an instance one that must be refused."""

    place: tuple[Key, ...]
    value: Any
    expected: str
    """What the error must say that it expected."""

    @property
    def pointer(self) -> str:
        """The place as a JSON pointer."""
        return "".join(f"/{str(key).replace('~', '~0').replace('/', '~1')}" for key in self.place)

    @property
    def got(self) -> str:
        """What the error must say that it got."""
        return "nothing" if self.value is MISSING else KINDS[type(self.value)]

    def applied(self, instance: Any) -> Any:
        """A copy of an instance with this damage."""
        changed: Any = [copy.deepcopy(instance)]  # in a list, so that the whole is a place too
        node: Any = changed
        last: Key = 0
        for key in self.place:
            node, last = node[last], key
        if self.value is MISSING:
            del node[last]
        else:
            node[last] = self.value
        return changed[0]


OTHERS: dict[str, tuple[Any, ...]] = {
    "an object": ([], "made-up", 7, 0.5, True),
    "a list": ({}, "made-up", 7, 0.5, True),
    "an ISO 8601 date-time": ("made-up", 7, 0.5, True, [], {}),
    "an ISO 8601 date": ("made-up", 7, 0.5, True, [], {}),
    "a number or a decimal string": ("made-up", True, [], {}),
    "an integer or a string of digits": ("made-up", 0.5, True, [], {}),
    "a string or an integer": (0.5, True, [], {}),
    "0 or 1": (2, "1", 0.5, [], {}),
    "a string": (7, 0.5, True, [], {}),
    "an integer": ("made-up", 0.5, [], {}),
}


CONVERTED = {
    "boolean": "0 or 1",
    "integer": "an integer or a string of digits",
    "number": "a number or a decimal string",
    "string": "a string or an integer",
}
"""What is expected of a value by its ``x-sdk-type``."""


class Damages:
    """Finds the damages of instances of one API's schemas."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def of(self, schema: Mapping[str, Any], instance: Any) -> Iterator[Damage]:
        """All damages of an instance of a schema whose references point into the document."""
        yield from self._value(schema, instance, (), may_be_absent=False)

    def expected(self, schema: Mapping[str, Any]) -> str | None:
        """What must be expected of a value by its schema; None if anything is taken."""
        schema = self._plain(schema)
        if "x-sdk-type" in schema:
            return CONVERTED[schema["x-sdk-type"]]
        if self._union(schema):
            return "an object" if self._rule(schema) else None
        if constant := self._constant(schema):
            return constant
        if self._is_object(schema):
            return "an object"
        match schema.get("type"):
            case "array":
                return "a list"
            case "string" if len([value for value in schema.get("enum", ()) if value is not None]) > 0:
                return "a string"
            case "integer" if "enum" in schema:
                return "an integer"
            case "string" if schema.get("format") in ("date", "date-time"):
                return f"an ISO 8601 {schema['format']}"
        return None

    def _value(
        self, schema: Mapping[str, Any], value: Any, place: tuple[Key, ...], *, may_be_absent: bool
    ) -> Iterator[Damage]:
        is_nullable = self.is_nullable(schema)
        schema = self._plain(schema)
        expected = self.expected(schema)
        if expected is not None:
            others = OTHERS.get(expected, ("another", 7, 0.5, True, [], {}))
            if may_be_absent and expected == "an object":
                others = tuple(other for other in others if other != [])  # stands for nothing
            nulls = () if is_nullable or may_be_absent else (None,)
            yield from (Damage(place, other, expected) for other in (*others, *nulls))
        if value is None:
            return
        if "x-sdk-type" in schema:
            return
        if self._union(schema):
            member, deciding = self._member(schema, value)
            if member is not None:
                yield from self._object(member, value, place, deciding)
        elif isinstance(value, dict) and self._is_object(schema):
            yield from self._object(schema, value, place, set())
        elif isinstance(value, list) and schema.get("type") == "array":
            for index, item in enumerate(value):
                yield from self._value(schema.get("items", {}), item, (*place, index), may_be_absent=False)

    def _object(
        self, schema: Mapping[str, Any], value: dict[str, Any], place: tuple[Key, ...], deciding: set[str]
    ) -> Iterator[Damage]:
        """Damages within an object.

        Args:
            schema: its schema.
            value: the object.
            place: where it is.
            deciding: keys that make it an object of this schema; without them it would be another.
        """
        schema = self._plain(schema)
        properties, required = self.members(schema)
        bare = schema.get("x-sdk-accepts-bare", {}).get("into")
        for name in required - deciding - {bare}:
            yield Damage((*place, name), MISSING, "a value")
        for name, prop in properties.items():
            if name in value and name not in deciding:
                yield from self._value(prop, value[name], (*place, name), may_be_absent=name not in required)
        additional = schema.get("additionalProperties")
        if isinstance(additional, Mapping):
            for name in value.keys() - properties.keys():
                yield from self._value(additional, value[name], (*place, name), may_be_absent=False)

    # --- schemas ---

    def members(self, schema: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
        """The properties of an object, and which of them are required."""
        schema = self._plain(schema)
        properties: dict[str, Any] = {}
        required = set(schema.get("required", ()))
        for member in schema.get("allOf", ()):
            inherited, needed = self.members(member)
            properties |= inherited
            required |= needed
        properties |= schema.get("properties", {})
        return properties, required & properties.keys()

    def _plain(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The schema that a reference leads to, also one that stands in an allOf for its description's sake."""
        schema = self._api.resolve(schema)
        members = [*schema.get("oneOf", ()), *schema.get("anyOf", ()), *schema.get("allOf", ())]
        is_alone = len(members) == 1 and "properties" not in schema and "x-sdk-discriminator" not in schema
        return self._plain(members[0]) if is_alone else schema

    def is_nullable(self, schema: Mapping[str, Any]) -> bool:
        """Whether null is a value of a schema."""
        schema = self._api.resolve(schema)
        members = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
        if len(members) == 0 and len(schema.get("allOf", ())) == 1:
            members = schema["allOf"]
        return (
            bool(schema.get("nullable"))
            or None in schema.get("enum", ())
            or any(map(self.is_nullable, members))
            or not schema.keys() - {"description"}
        )

    @staticmethod
    def _is_object(schema: Mapping[str, Any]) -> bool:
        return "properties" in schema or "allOf" in schema or schema.get("type") == "object"

    @staticmethod
    def _constant(schema: Mapping[str, Any]) -> str | None:
        values = schema.get("enum", ())
        return f'"{values[0]}"' if len(values) == 1 and schema.get("default") == values[0] else None

    def _union(self, schema: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        members: list[Mapping[str, Any]] = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
        return [member for member in members if self._api.resolve(member).get("enum") != [None]]

    def _rule(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        rule: Mapping[str, Any] = schema.get("x-sdk-discriminator") or schema.get("discriminator") or {}
        nested = [self._plain(member) for member in self._union(schema)]
        return rule or next((found for found in map(self._rule, nested) if found), {})

    def _member(self, schema: Mapping[str, Any], value: Any) -> tuple[Mapping[str, Any] | None, set[str]]:
        """The schema that a value of a union is of, and the keys by which it is; None if it is of none, or may be."""
        rule = self._rule(schema)
        default = rule.get("defaultMapping")
        if "propertyName" in rule:
            reference = rule["mapping"].get(value.get(rule["propertyName"]), default)
            return ({"$ref": reference} if reference else None), {rule["propertyName"]}
        if "presence" in rule:
            for key, reference in rule["presence"].items():
                if key in value:
                    return {"$ref": reference}, set(rule["presence"])
        return None, set()  # what the object around it decides is tested by hand
