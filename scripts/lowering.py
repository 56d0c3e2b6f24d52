"""Turn an effective spec into what the generator understands, and refuse what it would get wrong without a word.

openapi-python-client drops some constructs silently and has no place for our ``x-sdk-`` keys. What has an equivalent
that it keeps is rewritten here; what it drops only to a note is marked, so that ``refining`` finds it again; the
rest is refused with its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openapi_python_client.strings import PythonIdentifier

from scripts.build_specs import SpecError, resolve
from scripts.documents import plain, walk

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
FIELD_PREFIX = "field_"

# The description is the one part of a schema that the generator carries through unchanged to every kind of
# property, so a schema with extensions is found again by a mark in it.
_MARK = re.compile(r"\[\[schema:(\d+)\]\]")
_MARKED_KEYS = {"discriminator", "x-sdk-discriminator", "x-sdk-accepts", "x-sdk-boolean"}


@dataclass(frozen=True)
class Operation:
    """What templates need of an operation and the generator does not keep."""

    operation_id: str
    summary: str
    description: str
    provenance: str
    query_styles: Mapping[str, str]
    """Wire name of a query parameter -> ``plain``, ``comma`` (joined by commas) or ``json`` (one JSON text)."""


@dataclass(frozen=True)
class Lowered:
    """A spec for the generator, and what it cannot carry."""

    document: dict[str, Any]
    marked: tuple[Mapping[str, Any], ...]
    """The schemas behind the marks, by number."""
    operations: Mapping[str, Operation]
    """By the generator's name of the operation."""

    def marked_schema(self, description: str | None) -> Mapping[str, Any]:
        """The schema that a description's mark leads to; empty without a mark."""
        match = _MARK.search(description or "")
        return self.marked[int(match[1])] if match else {}


def without_mark(description: str) -> str:
    """A description as its author wrote it."""
    return _MARK.sub("", description)


def lower(effective: Mapping[str, Any], path: Path) -> Lowered:
    """Prepare an effective spec for the generator.

    Args:
        effective: the effective spec; it is not changed.
        path: the file to name in an error.

    Raises:
        SpecError: the spec has a construct from which no correct client can be made.
    """
    document: dict[str, Any] = plain(effective)
    operations: dict[str, Operation] = {}
    for pointer, operation in _operations(document, path):
        name = str(PythonIdentifier(operation["operationId"], FIELD_PREFIX))
        if name in operations:
            other = operations[name].operation_id
            raise SpecError(path, f"operationId gives the same Python name as {other!r}: {name}", pointer)
        operations[name] = _lower_operation(document, operation, pointer, path)
    document.get("components", {}).pop("parameters", None)  # each stands in its operations now
    return Lowered(document, tuple(_mark_schemas(document, path)), operations)


def _operations(document: Mapping[str, Any], path: Path) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    for route, item in document["paths"].items():
        pointer = ("paths", route)
        if "$ref" in item:
            raise SpecError(path, "a path item that is a reference is not supported: write it out", pointer)
        for method in (method for method in METHODS if method in item):
            operation = item[method]
            for key in ("operationId", "summary", "description", "x-evidence"):
                if not operation.get(key):
                    raise SpecError(path, f"the operation needs {key}", (*pointer, method))
            operation["parameters"] = [*operation.get("parameters", ()), *item.get("parameters", ())]
            yield (*pointer, method), operation
        item.pop("parameters", None)


# --- operations ---


def _lower_operation(
    document: dict[str, Any], operation: dict[str, Any], pointer: tuple[str, ...], path: Path
) -> Operation:
    styles = {}
    for index, reference in enumerate(operation["parameters"]):
        parameter = dict(resolve(document, reference))
        place = (*pointer, "parameters", str(index))
        style = _parameter_style(document, parameter, place, path)
        if style == "json":
            parameter["schema"] = parameter.pop("content")["application/json"]["schema"]
        if "$ref" not in parameter["schema"] and "description" in parameter:
            # The generator reads the description of a parameter from its schema only.
            parameter["schema"] = {"description": parameter["description"], **parameter["schema"]}
        operation["parameters"][index] = parameter
        if parameter["in"] == "query":
            styles[parameter["name"]] = style
    body = resolve(document, operation.get("requestBody", {}))
    if len(body.get("content", {})) > 1:
        raise SpecError(path, "a request body of several media types is not supported", (*pointer, "requestBody"))
    evidence = operation["x-evidence"]
    provenance = f"Evidence: route {evidence['route']}, schema {evidence['schema']}. Source: {evidence['source']}"
    if "note" in evidence:
        provenance = f"{provenance.rstrip('.')}. Note: {evidence['note']}"
    return Operation(
        operation_id=operation["operationId"],
        summary=operation["summary"].strip().rstrip("."),
        description=operation["description"].strip(),
        provenance=provenance.strip(),
        query_styles=styles,
    )


def _parameter_style(
    document: Mapping[str, Any], parameter: Mapping[str, Any], place: tuple[str, ...], path: Path
) -> str:
    location = parameter["in"]
    if "content" in parameter:
        if location != "query" or list(parameter["content"]) != ["application/json"]:
            raise SpecError(path, "content is supported for query parameters, as application/json", place)
        return "json"
    schema = resolve(document, parameter["schema"])
    default_style = "form" if location in ("query", "cookie") else "simple"
    if parameter.get("style", default_style) != default_style:
        raise SpecError(path, f"the style {parameter['style']!r} is not supported", (*place, "style"))
    if schema.get("type") == "object" or "properties" in schema or "allOf" in schema:
        raise SpecError(path, "an object needs content: application/json, or a parameter for each property", place)
    if schema.get("type") == "array":
        if location != "query":
            raise SpecError(path, f"a list is not supported in the {location}", place)
        return "plain" if parameter.get("explode", True) else "comma"
    return "plain"


# --- schemas ---


def _mark_schemas(document: dict[str, Any], path: Path) -> Iterator[Mapping[str, Any]]:
    """Mark every schema that has an extension, and yield it as it was."""
    number = 0
    for pointer, node in walk(document):
        if not isinstance(node, dict) or (pointer and pointer[-1] in {"properties", "mapping"}):
            continue
        members = [resolve(document, member) for member in (*node.get("oneOf", ()), *node.get("anyOf", ()))]
        models = [member for member in members if _is_model(member)]
        has_rule = "discriminator" in node or "x-sdk-discriminator" in node
        if len(models) > 1 and not has_rule:
            raise SpecError(
                path,
                "nothing tells the members of this union apart: give it a discriminator or x-sdk-discriminator",
                pointer,
            )
        if not (_MARKED_KEYS & node.keys()) or ("discriminator" in node and not members):
            continue
        if len(members) != len(models) and has_rule:
            raise SpecError(path, "a union with a discriminator can only have objects as members", pointer)
        yield dict(node)
        node["description"] = f"{node.get('description', '')}[[schema:{number}]]"
        number += 1


def _is_model(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "object" or "properties" in schema or "allOf" in schema
