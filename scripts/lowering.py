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
from openapi_schema_validator import OAS31Validator

from scripts.build_specs import SpecError, objects, resolve
from scripts.documents import plain

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
FIELD_PREFIX = "field_"

# The description is the one part of a schema that the generator carries through unchanged to every kind of
# property, so a schema with extensions is found again by a mark in it.
_MARK = re.compile(r"\[\[schema:(\d+)\]\]")
_MARKED_KEYS = {"x-sdk-accepts", "x-sdk-boolean"}
_TEXTS = {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string"}}
_EXTENSIONS: Mapping[str, Any] = {
    key: OAS31Validator(schema)
    for key, schema in {
        "x-evidence": {**_TEXTS, "required": ["route", "schema", "source"]},
        "x-sdk-accepts-bare": {
            "type": "object",
            "required": ["into"],
            "properties": {"into": {"type": "string"}, "lift": {"type": "array", "items": {"type": "string"}}},
            "additionalProperties": False,
        },
        "x-sdk-discriminator": {
            "type": "object",
            "minProperties": 1,
            "properties": {
                "propertyName": {"type": "string"},
                "parentProperty": {"type": "string"},
                "mapping": _TEXTS,
                "presence": _TEXTS,
                "defaultMapping": {"type": "string"},
            },
            "additionalProperties": False,
        },
        "x-sdk-names": _TEXTS,
    }.items()
}
"""What the extensions look like that are read here or in ``refining``."""
_ACCEPTED = {"number": ["string"], "integer": ["string"], "string": ["integer"]}


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
    try:
        return _lower(plain(effective), path)
    except RecursionError as error:
        raise SpecError(path, "a union or an allOf contains itself") from error


def _lower(document: dict[str, Any], path: Path) -> Lowered:
    _check_servers(document, path)
    _check_extensions(document, path)
    operations: dict[str, Operation] = {}
    for pointer, operation in _operations(document, path):
        name = str(PythonIdentifier(operation["operationId"], FIELD_PREFIX))
        if name in operations:
            other = operations[name].operation_id
            raise SpecError(path, f"operationId gives the same Python name as {other!r}: {name}", pointer)
        operations[name] = _lower_operation(document, operation, pointer, path)
    document.get("components", {}).pop("parameters", None)  # each stands in its operations now
    _inherit_names(document)
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


def _check_servers(document: Mapping[str, Any], path: Path) -> None:
    if not document.get("servers"):
        raise SpecError(path, "needs a server: its url is where the client calls by default", ("servers",))
    if any("variables" in server for server in document["servers"]):
        raise SpecError(path, "variables in a server are not supported: write the URL out", ("servers",))
    for pointer, node in objects(document):
        if pointer and "servers" in node:
            raise SpecError(path, "a server of its own is not supported: one server serves the API", pointer)


def _check_extensions(document: Mapping[str, Any], path: Path) -> None:
    for pointer, node in objects(document):
        for key in _EXTENSIONS.keys() & node.keys():
            fault = next(_EXTENSIONS[key].iter_errors(node[key]), None)
            if fault is not None:
                raise SpecError(path, fault.message, (*pointer, key, *map(str, fault.absolute_path)))


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
    schema = _collapsed(document, parameter["schema"])
    default_style = "form" if location in ("query", "cookie") else "simple"
    if parameter.get("style", default_style) != default_style:
        raise SpecError(path, f"the style {parameter['style']!r} is not supported", (*place, "style"))
    is_list = schema.get("type") == "array"
    if is_list and location != "query":
        raise SpecError(path, f"a list is not supported in the {location}", place)
    for choice in _choices(document, schema.get("items", {}) if is_list else schema):
        if _is_model(document, choice):
            raise SpecError(path, "an object needs content: application/json, or a parameter for each property", place)
        if choice.get("type") == "array":
            raise SpecError(path, "a list within a list or a union needs content: application/json", place)
    return "comma" if is_list and not parameter.get("explode", True) else "plain"


# --- schemas ---


def _mark_schemas(document: dict[str, Any], path: Path) -> Iterator[Mapping[str, Any]]:
    """Mark every schema that has an extension, and yield it as it was, with its discriminator under one key."""
    number = 0
    for pointer, node in objects(document):
        for key, word in (("readOnly", "Read-only."), ("deprecated", "Deprecated.")):
            if node.get(key) is True and "operationId" not in node:  # the generator knows neither
                node["description"] = f"{word} {node.get('description', '')}".rstrip()
        if None in node.get("enum", ()):
            node.pop("nullable", None)  # the generator makes an enum too many of what says it twice
        _check_kept(document, node, pointer, path)
        rule = _discriminator(document, node)
        choices = _choices(document, node) if _alternatives(node) else []
        models = [choice for choice in choices if _is_model(document, choice)]
        if len(models) > 1 and rule is None:
            raise SpecError(
                path,
                "nothing tells the members of this union apart: give it a discriminator or x-sdk-discriminator",
                pointer,
            )
        if rule is not None and len(choices) != len(models):
            raise SpecError(path, "a union with a discriminator can only have objects as members", pointer)
        if rule is None and not _MARKED_KEYS & node.keys():
            continue
        yield {**node, "discriminator": rule}
        node["description"] = f"{node.get('description', '')}[[schema:{number}]]"
        number += 1


def _check_kept(document: Mapping[str, Any], node: Mapping[str, Any], pointer: tuple[str, ...], path: Path) -> None:
    """Refuse what the generator would drop."""
    if _alternatives(node) and {"properties", "required"} & node.keys():
        reason = (
            "properties beside a union, or beside a single reference in allOf, are lost: make them a member of allOf"
        )
        raise SpecError(path, reason, pointer)
    kind = node.get("type")
    has_own_type = "enum" in node or (kind == "string" and "format" in node)
    if "x-sdk-accepts" in node and (has_own_type or node["x-sdk-accepts"] != _ACCEPTED.get(str(kind))):
        reason = "x-sdk-accepts can be [string] for a number or an integer, [integer] for a string without a format"
        raise SpecError(path, reason, (*pointer, "x-sdk-accepts"))
    if "x-sdk-boolean" in node and (kind != "integer" or "enum" in node):
        raise SpecError(path, "x-sdk-boolean needs an integer", (*pointer, "x-sdk-boolean"))
    if "x-sdk-discriminator" in node and not _alternatives(node):
        raise SpecError(path, "x-sdk-discriminator needs oneOf or anyOf", (*pointer, "x-sdk-discriminator"))
    for key in ("x-sdk-names", "x-sdk-accepts-bare"):
        if key in node and (_alternatives(node) or not _is_model(document, node)):
            raise SpecError(path, f"{key} needs an object", (*pointer, key))


def _alternatives(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The members of a union; a null or a description beside a single reference makes one of it too."""
    members = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
    all_of = schema.get("allOf", [])
    return all_of if not members and len(all_of) == 1 and "$ref" in all_of[0] else members


def _discriminator(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What decides a union: its own discriminator, or that of the one union among its members."""
    members = _alternatives(schema)
    own = schema.get("x-sdk-discriminator") or schema.get("discriminator")
    if not members or own:
        return own if members else None
    rules = [_discriminator(document, resolve(document, member)) for member in members]
    found = [rule for rule in rules if rule is not None]
    return found[0] if len(found) == 1 else None


def _choices(document: Mapping[str, Any], schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a schema offers, unions within unions taken apart as the generator does it; itself, if it is no union."""
    schema = resolve(document, schema)
    members = _alternatives(schema)
    return [choice for member in members for choice in _choices(document, member)] if members else [schema]


def _collapsed(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema for which another stands that is, or only holds, a reference to it."""
    schema = resolve(document, schema)
    members = _alternatives(schema)
    return _collapsed(document, members[0]) if len(members) == 1 else schema


def _is_model(document: Mapping[str, Any], schema: Mapping[str, Any]) -> bool:
    schema = _collapsed(document, schema)
    is_object = schema.get("type") == "object" or "properties" in schema or "allOf" in schema
    return is_object and not _alternatives(schema)


def _inherit_names(document: Mapping[str, Any]) -> None:
    """Give every object the Python names of what it inherits: the generator only knows its own."""
    for _, node in objects(document):
        names = _names(document, node)
        if "allOf" in node and names and not _alternatives(node):
            node["x-sdk-names"] = names


def _names(document: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, str]:
    names: dict[str, str] = {}
    for member in schema.get("allOf", ()):
        names |= _names(document, resolve(document, member))
    return {**names, **schema.get("x-sdk-names", {})}
