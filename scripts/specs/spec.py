"""An OpenAPI document in one object: references, operations, unions, and errors that name their location."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.specs import documents
from scripts.specs.errors import InputError, raise_all
from scripts.specs.origins import Place

# Keywords of OpenAPI whose object has names for keys, and those under which stands a value, not a part of the spec.
_NAMING = {
    "$defs",
    "callbacks",
    "content",
    "encoding",
    "headers",
    "links",
    "mapping",
    "parameters",
    "pathItems",
    "paths",
    "patternProperties",
    "presence",
    "properties",
    "requestBodies",
    "responses",
    "schemas",
    "securitySchemes",
    "variables",
    "webhooks",
    "x-sdk-names",
}
_QUOTING = {"const", "default", "enum", "example", "examples"}

Pointer = tuple[str, ...]
"""The keys that lead from the root of a document to a node."""

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""The HTTP methods of a path item, in the order of the specification."""


class SpecError(InputError):
    """A fault of a spec, with its file, line and JSON pointer.

    Args:
        path: the file.
        reason: the fault, and the way out.
        pointer: the node at fault.
        line: the line of the node.
    """

    def __init__(self, path: Path | str, reason: str, pointer: Pointer | None = None, line: int | None = None) -> None:
        self.path = str(path)
        self.reason = reason
        self.pointer = pointer
        self.line = line
        location = self.path if line is None else f"{self.path}:{line}"
        if pointer:
            location += f"#{documents.json_pointer(pointer)}"
        super().__init__(f"{location}: {reason}")


@dataclass(frozen=True)
class Spec:
    """An OpenAPI document, and the file that its errors name.

    Attributes:
        document: the document.
        path: the file.
        faults: what was found wrong so far; see :meth:`fault`.
        locate: says which file and node put a node of the document there; without it, errors name ``path``.
        moved: nodes that stand elsewhere than in the effective spec, with their pointers there.
    """

    document: dict[str, Any]
    path: Path
    faults: list[SpecError] = field(default_factory=list)
    locate: Callable[[Pointer], Place] | None = None
    moved: dict[Pointer, Pointer] = field(default_factory=dict)

    # --- errors ---

    def error(self, reason: str, pointer: Pointer | None = None) -> SpecError:
        """Return an error at a node, with the file, the line and the pointer that a maintainer edits."""
        pointer = self._origin(pointer or ()) or None
        if self.locate is None or pointer is None:
            return SpecError(self.path, reason, pointer)
        place = self.locate(pointer)
        if place.path == self.path and place.pointer == pointer[: len(place.pointer)]:
            return SpecError(self.path, reason, pointer, place.line)
        reason = f"{reason} (in the effective spec: {documents.json_pointer(pointer)})"
        return SpecError(place.path, reason, place.pointer, place.line)

    def _origin(self, pointer: Pointer) -> Pointer:
        """Return the pointer in the effective spec of a node that may have been moved."""
        for length in range(len(pointer), 0, -1):
            if pointer[:length] in self.moved:
                return (*self._origin(self.moved[pointer[:length]]), *pointer[length:])
        return pointer

    def fault(self, reason: str, pointer: Pointer | None = None) -> None:
        """Remember a fault, so that one run reports all of them; :meth:`check` raises."""
        self.faults.append(self.error(reason, pointer))

    def check(self) -> None:
        """Raise if there are faults.

        Raises:
            InputError: with all of them.
        """
        unique = {str(fault): fault for fault in self.faults}
        self.faults.clear()
        raise_all(list(unique.values()))

    # --- nodes ---

    def resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the node that a reference leads to; any other node unchanged.

        Raises:
            LookupError, TypeError, ValueError: the reference leads nowhere, out of the document, or in a circle.
        """
        seen: set[str] = set()
        while "$ref" in node:
            reference = node["$ref"]
            if not isinstance(reference, str) or not reference.startswith("#/") or reference in seen:
                raise ValueError(reference)
            seen.add(reference)
            found: Any = self.document
            for key in keys_of(reference):
                found = found[key]
            if not isinstance(found, Mapping):
                raise TypeError(reference)
            node = found
        return node

    def objects(self) -> Iterator[tuple[Pointer, dict[str, Any]]]:
        """Yield every object whose keys are keywords, with its pointer."""
        return objects(self.document)

    @property
    def schemas(self) -> dict[str, Any]:
        """The component schemas by their names."""
        found: dict[str, Any] = self.document.get("components", {}).get("schemas", {})
        return found

    def operations(self) -> Iterator[tuple[Pointer, dict[str, Any]]]:
        """Yield every operation with its pointer, in the order of the document."""
        for route, item in self.document.get("paths", {}).items():
            for method in (method for method in METHODS if method in self.resolve(item)):
                yield ("paths", route, method), self.resolve(item)[method]

    def parameters(self, pointer: Pointer) -> list[dict[str, Any]]:
        """Return the parameters of an operation: its own, and those of its path item that it does not override.

        Args:
            pointer: the pointer of the operation.
        """
        item = self.resolve(self.document["paths"][pointer[1]])
        own = item[pointer[2]].get("parameters", [])
        keys = [self._parameter_key(parameter) for parameter in own]
        inherited = item.get("parameters", [])
        return [*own, *(parameter for parameter in inherited if self._parameter_key(parameter) not in keys)]

    def _parameter_key(self, parameter: Mapping[str, Any]) -> tuple[str, str]:
        found = self.resolve(parameter)
        return found["name"], found["in"]

    # --- schemas ---

    def discriminator(self, schema: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the rule that decides a union: its own discriminator, or that of the one union among its members."""
        members = alternatives(schema)
        own = schema.get("x-sdk-discriminator") or schema.get("discriminator")
        if not members or own:
            return own if members else None
        rules = [self.discriminator(self.resolve(member)) for member in members]
        found = [rule for rule in rules if rule is not None]
        return found[0] if len(found) == 1 else None

    def choices(self, schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Return the members of a union, unions within unions flattened; of any other schema, itself."""
        schema = self.resolve(schema)
        members = alternatives(schema)
        return [choice for member in members for choice in self.choices(member)] if members else [schema]

    def collapsed(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the schema for which another stands that is, or only holds, a reference to it."""
        schema = self.resolve(schema)
        members = alternatives(schema)
        return self.collapsed(members[0]) if len(members) == 1 else schema

    def is_model(self, schema: Mapping[str, Any]) -> bool:
        """Return whether the generator makes a class with fields of a schema."""
        schema = self.collapsed(schema)
        return schema.get("type") == "object" or "properties" in schema or "allOf" in schema


def keys_of(reference: str) -> Pointer:
    """Return the keys of a local reference, such as ``#/components/schemas/Goal``."""
    return tuple(key.replace("~1", "/").replace("~0", "~") for key in reference[2:].split("/"))


def objects(
    node: Any, pointer: Pointer = (), *, keys_are_names: bool = False
) -> Iterator[tuple[Pointer, dict[str, Any]]]:
    """Yield every object whose keys are keywords: not those whose keys are names, nor any quoted as a value."""
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
    """Return the members of a union; a null or a description beside a single reference makes one of it too."""
    members = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
    all_of = schema.get("allOf", [])
    return all_of if not members and len(all_of) == 1 and "$ref" in all_of[0] else members


def is_null(schema: Mapping[str, Any]) -> bool:
    """Return whether null alone fits a schema: the other half of an optional reference."""
    return schema.get("enum") == [None]


def sdk(node: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a node says of the client: its ``x-sdk-`` keys, without the prefix."""
    return {key.removeprefix("x-sdk-"): value for key, value in node.items() if key.startswith("x-sdk-")}
