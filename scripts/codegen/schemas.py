"""The schemas of a spec: walk them, replace them, give them names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openapi_python_client.strings import ClassName

from scripts.specs.spec import Pointer, Spec

COMPONENT = "#/components/schemas/"
MAPS = ("properties", "patternProperties", "dependentSchemas", "$defs")
"""Keywords whose object has names for keys and schemas for values."""
LISTS = ("allOf", "oneOf", "anyOf", "prefixItems")
"""Keywords that hold a list of schemas."""
_SINGLE = (
    *("items", "additionalProperties", "not", "contains", "propertyNames", "unevaluatedProperties", "if", "then"),
    "else",
)
ANNOTATIONS = {
    *("title", "description", "default", "example", "examples", "deprecated", "readOnly", "writeOnly", "summary"),
    *("externalDocs", "xml", "$comment", "nullable"),
}
"""Keywords that describe a schema and do not restrict it."""


def schemas_of(document: Mapping[str, Any]) -> Iterator[tuple[Pointer, dict[str, Any]]]:
    """Yield every schema with its pointer, parents first."""
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        yield from _within(schema, ("components", "schemas", name))
    yield from _schemas_beside(document, ())


def _schemas_beside(node: Any, pointer: Pointer) -> Iterator[tuple[Pointer, dict[str, Any]]]:
    """Yield the schemas of parameters, headers and media types."""
    if isinstance(node, list):
        for index, value in enumerate(node):
            yield from _schemas_beside(value, (*pointer, str(index)))
    elif isinstance(node, dict):
        for key, value in node.items():
            if pointer == ("components",) and key == "schemas":
                continue
            if key == "schema" and isinstance(value, dict):
                yield from _within(value, (*pointer, key))
            elif key not in ("example", "examples"):
                yield from _schemas_beside(value, (*pointer, key))


def _within(schema: Any, pointer: Pointer) -> Iterator[tuple[Pointer, dict[str, Any]]]:
    if not isinstance(schema, dict):
        return
    yield pointer, schema
    for key in _SINGLE:
        yield from _within(schema.get(key), (*pointer, key))
    for key in LISTS:
        for index, member in enumerate(schema.get(key) or ()):
            yield from _within(member, (*pointer, key, str(index)))
    for key in MAPS:
        for name, member in (schema.get(key) or {}).items():
            yield from _within(member, (*pointer, key, name))


def replace(schema: dict[str, Any], new: Mapping[str, Any]) -> None:
    """Give a schema other contents, for all who hold it."""
    contents = dict(new)
    schema.clear()
    schema.update(contents)


class Names:
    """The names of component schemas; new ones are unique as Python classes, too."""

    def __init__(self, spec: Spec) -> None:
        self._schemas = spec.document.setdefault("components", {}).setdefault("schemas", {})
        self._moved = spec.moved
        self._taken = {ClassName(name, "schema").lower() for name in self._schemas}

    def add(self, name: str, schema: dict[str, Any], origin: Pointer) -> str:
        """Add a component schema; return its name, which has a number if another schema has the name.

        Args:
            name: the name that it should have.
            schema: the schema.
            origin: the pointer at which it stood, for errors.
        """
        free = next(
            f"{name}{number or ''}" for number in (0, *range(2, 10**6)) if self._is_free(f"{name}{number or ''}")
        )
        self._taken.add(ClassName(free, "schema").lower())
        self._schemas[free] = schema
        self._moved["components", "schemas", free] = origin
        return free

    def _is_free(self, name: str) -> bool:
        return ClassName(name, "schema").lower() not in self._taken


def closed_values(spec: Spec, schema: Mapping[str, Any]) -> dict[str, list[str | int]]:
    """Return the values that the properties of an object can have, where an enum of strings or integers says so."""
    schema = spec.resolve(schema)
    found: dict[str, list[str | int]] = {}
    for member in schema.get("allOf", ()):
        found |= closed_values(spec, member)
    for name, prop in schema.get("properties", {}).items():
        values = spec.collapsed(prop).get("enum", [])
        if values and all(type(value) in (str, int) for value in values):
            found[name] = values
    return found
