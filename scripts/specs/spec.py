"""A spec as data: references, objects, unions, and errors that name their location."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scripts.specs import documents

# Keywords of OpenAPI whose object has names for keys, and those under which stands a value, not a part of the spec.
_NAMING = {
    "callbacks",
    "content",
    "encoding",
    "headers",
    "links",
    "mapping",
    "parameters",
    "paths",
    "presence",
    "properties",
    "requestBodies",
    "responses",
    "schemas",
    "securitySchemes",
    "variables",
    "x-sdk-names",
}
_QUOTING = {"default", "enum", "example", "examples"}


class SpecError(Exception):
    """A spec that cannot be used, with the file and the JSON pointer of the fault."""

    def __init__(self, path: Path | str, reason: str, pointer: tuple[str, ...] | None = None) -> None:
        self.path = str(path)
        self.reason = reason
        self.pointer = pointer
        place = self.path if pointer is None else f"{self.path}#{documents.json_pointer(pointer)}"
        super().__init__(f"{place}: {reason}")


def resolve(document: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """The node that a reference leads to; any other node as it is.

    Raises:
        LookupError, TypeError, ValueError: the reference leads nowhere, out of the document, or in a circle.
    """
    seen: set[str] = set()
    while "$ref" in node:
        reference = node["$ref"]
        if not isinstance(reference, str) or not reference.startswith("#/") or reference in seen:
            raise ValueError(reference)
        seen.add(reference)
        found: Any = document
        for key in reference[2:].split("/"):
            found = found[key.replace("~1", "/").replace("~0", "~")]
        if not isinstance(found, Mapping):
            raise TypeError(reference)
        node = found
    return node


def objects(
    node: Any, pointer: tuple[str, ...] = (), *, keys_are_names: bool = False
) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Every object of a spec whose keys are keywords: not those whose keys are names, nor any quoted as a value."""
    if isinstance(node, list):
        for index, value in enumerate(node):
            yield from objects(value, (*pointer, str(index)))
    elif isinstance(node, dict):
        if not keys_are_names:
            yield pointer, node
        for key, value in node.items():
            if keys_are_names or key not in _QUOTING:
                yield from objects(value, (*pointer, key), keys_are_names=not keys_are_names and key in _NAMING)


def alternatives(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The members of a union; a null or a description beside a single reference makes one of it too."""
    members = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
    all_of = schema.get("allOf", [])
    return all_of if not members and len(all_of) == 1 and "$ref" in all_of[0] else members


def discriminator(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What decides a union: its own discriminator, or that of the one union among its members."""
    members = alternatives(schema)
    own = schema.get("x-sdk-discriminator") or schema.get("discriminator")
    if not members or own:
        return own if members else None
    rules = [discriminator(document, resolve(document, member)) for member in members]
    found = [rule for rule in rules if rule is not None]
    return found[0] if len(found) == 1 else None


def choices(document: Mapping[str, Any], schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a schema offers, unions within unions taken apart as the generator does it; itself, if it is no union."""
    schema = resolve(document, schema)
    members = alternatives(schema)
    return [choice for member in members for choice in choices(document, member)] if members else [schema]


def is_null(schema: Mapping[str, Any]) -> bool:
    """Whether a schema is the one that null alone fits: the other half of an optional reference."""
    return schema.get("enum") == [None]


def collapsed(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema for which another stands that is, or only holds, a reference to it."""
    schema = resolve(document, schema)
    members = alternatives(schema)
    return collapsed(document, members[0]) if len(members) == 1 else schema


def is_model(document: Mapping[str, Any], schema: Mapping[str, Any]) -> bool:
    """Whether the generator makes a class with fields of a schema."""
    schema = collapsed(document, schema)
    return schema.get("type") == "object" or "properties" in schema or "allOf" in schema
