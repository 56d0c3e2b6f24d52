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

from scripts.codegen import unsupported
from scripts.specs.documents import plain
from scripts.specs.extensions import check_forms
from scripts.specs.spec import (
    SpecError,
    alternatives,
    choices,
    collapsed,
    discriminator,
    is_model,
    is_null,
    objects,
    resolve,
)

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
FIELD_PREFIX = "field_"

# The description is the one part of a schema that the generator carries through unchanged to every kind of
# property, so a schema with extensions is found again by a mark in it.
_MARK = re.compile(r"\[\[schema:(\d+)\]\]")
_MARKED_KEYS = {"x-sdk-accepts", "x-sdk-boolean"}


@dataclass(frozen=True)
class Operation:
    """What templates need of an operation and the generator does not keep."""

    operation_id: str
    summary: str
    description: str
    provenance: str
    tag: str
    """The vendor's name for what the operation is about."""
    route: str
    """The path, as the spec has it."""
    unverified: str | None
    """Why the route is only a guess."""
    idempotent: bool
    """Whether sending it twice does no harm, whatever its method."""
    source: str
    """Where the facts on it come from."""
    sdk: Mapping[str, Any]
    """The operation's ``x-sdk-`` keys, without the prefix."""
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
    try:
        return _lower(plain(effective), path)
    except RecursionError as error:
        raise SpecError(path, "a union or an allOf contains itself") from error


def _lower(document: dict[str, Any], path: Path) -> Lowered:
    unsupported.check_servers(document, path)
    check_forms(document, path)
    operations: dict[str, Operation] = {}
    for pointer, operation in _operations(document, path):
        name = str(PythonIdentifier(operation["operationId"], FIELD_PREFIX))
        if name in operations:
            other = operations[name].operation_id
            raise SpecError(path, f"operationId gives the same Python name as {other!r}: {name}", pointer)
        operations[name] = _lower_operation(document, operation, pointer, path)
    document.get("components", {}).pop("parameters", None)  # each stands in its operations now
    _inherit_names(document)
    _describe_nullables(document)
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
            operation["parameters"] = parameters_of(document, item, operation)
            yield (*pointer, method), operation
        item.pop("parameters", None)


# --- operations ---


def parameters_of(
    document: Mapping[str, Any], item: Mapping[str, Any], operation: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The parameters of an operation: its own, and those of its path item that it does not override."""
    own = operation.get("parameters", [])
    keys = [_parameter_key(document, parameter) for parameter in own]
    inherited = item.get("parameters", [])
    return [*own, *(parameter for parameter in inherited if _parameter_key(document, parameter) not in keys)]


def _parameter_key(document: Mapping[str, Any], parameter: Mapping[str, Any]) -> tuple[str, str]:
    found = resolve(document, parameter)
    return found["name"], found["in"]


def _lower_operation(
    document: dict[str, Any], operation: dict[str, Any], pointer: tuple[str, ...], path: Path
) -> Operation:
    styles = {}
    for index, reference in enumerate(operation["parameters"]):
        parameter = dict(resolve(document, reference))
        place = (*pointer, "parameters", str(index))
        style = _parameter_style(document, parameter, place, path)
        if style == "json":
            parameter["schema"] = parameter.pop("content")["application/json"].get("schema", {})
        if "$ref" not in parameter["schema"] and (description := _described(parameter)):
            # The generator reads the description of a parameter from its schema only.
            parameter["schema"] = {"description": description, **parameter["schema"]}
        operation["parameters"][index] = parameter
        if parameter["in"] == "query":
            styles[parameter["name"]] = style
    body = resolve(document, operation.get("requestBody", {}))
    if len(body.get("content", {})) > 1:
        raise SpecError(path, "a request body of several media types is not supported", (*pointer, "requestBody"))
    for media_type, content in body.get("content", {}).items():
        place = (*pointer, "requestBody", "content", media_type)
        unsupported.check_encodings(document, media_type, content, place, path)
    evidence = operation["x-evidence"]
    provenance = f"Evidence: route {evidence['route']}, schema {evidence['schema']}. Source: {evidence['source']}"
    if "note" in evidence:
        provenance = f"{provenance.rstrip('.')}. Note: {evidence['note']}"
    return Operation(
        operation_id=operation["operationId"],
        summary=operation["summary"].strip().rstrip("."),
        description=_described(operation),
        provenance=provenance.strip(),
        tag=str((operation.get("tags") or [""])[0]),
        route=pointer[1],
        unverified=evidence.get("note", "its route is a guess") if evidence["route"] == "guessed" else None,
        idempotent=operation.get("x-sdk-idempotent", False),
        source=evidence["source"],
        sdk={key.removeprefix("x-sdk-"): value for key, value in operation.items() if key.startswith("x-sdk-")},
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
    schema = collapsed(document, parameter["schema"])
    if location == "cookie":
        raise SpecError(path, "cookies are not supported: the HTTP library keeps them for itself", place)
    default_style = "form" if location == "query" else "simple"
    if parameter.get("style", default_style) != default_style:
        raise SpecError(path, f"the style {parameter['style']!r} is not supported", (*place, "style"))
    is_list = schema.get("type") == "array"
    if is_list and location != "query":
        raise SpecError(path, f"a list is not supported in the {location}", place)
    for choice in choices(document, schema.get("items", {}) if is_list else schema):
        if is_model(document, choice):
            raise SpecError(path, "an object needs content: application/json, or a parameter for each property", place)
        if choice.get("type") == "array":
            raise SpecError(path, "a list within a list or a union needs content: application/json", place)
    return "comma" if is_list and not parameter.get("explode", True) else "plain"


# --- schemas ---


def _mark_schemas(document: dict[str, Any], path: Path) -> Iterator[Mapping[str, Any]]:
    """Mark every schema that has an extension, and yield it as it was, with its discriminator under one key."""
    number = 0
    for pointer, node in objects(document):
        if "operationId" not in node and (description := _described(node)):
            node["description"] = description
        if None in node.get("enum", ()):
            node.pop("nullable", None)  # the generator makes an enum too many of what says it twice
        unsupported.check_schema(document, node, pointer, path)
        rule = discriminator(document, node)
        members = [choice for choice in choices(document, node) if not is_null(choice)] if alternatives(node) else []
        models = [member for member in members if is_model(document, member)]
        if len(models) > 1 and rule is None:
            raise SpecError(
                path,
                "nothing tells the members of this union apart: give it a discriminator or x-sdk-discriminator",
                pointer,
            )
        if rule is not None and len(members) != len(models):
            raise SpecError(path, "a union with a discriminator can only have objects as members", pointer)
        if rule is None and not _MARKED_KEYS & node.keys() and node.get("format") != "password":
            continue
        yield {**node, "discriminator": rule}
        node["description"] = f"{node.get('description', '')}[[schema:{number}]]"
        number += 1


def _described(node: Mapping[str, Any]) -> str:
    """A description that says, too, what the generator takes no notice of."""
    text = str(node.get("description", "")).strip()
    for key, word in (("readOnly", "Read-only."), ("deprecated", "Deprecated.")):
        if node.get(key) is True and word[:-1].lower() not in text.lower():
            text = f"{word} {text}".rstrip()
    return text


def _describe_nullables(document: Mapping[str, Any]) -> None:
    """Describe what is a schema or null as the schema is described: the generator looks no further than the union."""
    for _, node in objects(document):
        members = [member for member in alternatives(node) if not is_null(member)]
        if len(members) == 1 and "description" not in node and "allOf" not in node:
            node["description"] = resolve(document, members[0]).get("description", "")


def _inherit_names(document: Mapping[str, Any]) -> None:
    """Give every object the Python names of what it inherits: the generator only knows its own."""
    for _, node in objects(document):
        names = _names(document, node)
        if "allOf" in node and names and not alternatives(node):
            node["x-sdk-names"] = names


def _names(document: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, str]:
    names: dict[str, str] = {}
    for member in schema.get("allOf", ()):
        names |= _names(document, resolve(document, member))
    return {**names, **schema.get("x-sdk-names", {})}
