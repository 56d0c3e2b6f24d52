"""Turn an effective spec into what the generator understands, and refuse what it would get wrong without a word.

openapi-python-client drops some constructs silently and has no place for our ``x-sdk-`` keys. What has an equivalent
that it keeps is rewritten here; what it drops only to a note is marked, so that ``refining`` finds it again; the
rest is refused with its place.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from openapi_python_client.strings import PythonIdentifier, snake_case

from scripts.codegen import contents, unsupported
from scripts.codegen.normal_form import normalize
from scripts.specs.documents import plain
from scripts.specs.extensions import check_forms
from scripts.specs.spec import METHODS, Pointer, Spec, alternatives, is_null, sdk
from scripts.specs.text import visible

FIELD_PREFIX = "field_"
LONGEST_NAME = 80
"""Characters of a name that becomes the name of a file, of which systems allow 255 bytes."""

# The description is the one part of a schema that the generator carries through unchanged to every kind of
# property, so a schema with extensions is found again by a mark in it.
_MARK = re.compile(r"\[\[schema:(\d+)\]\]")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""A field name of RFC 9110, section 5.1."""


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
    media_type: str
    """The media type of the request body; empty without one."""
    query_styles: Mapping[str, str]
    """Wire name of a query parameter -> ``plain``, ``comma`` (joined by commas) or ``json`` (one JSON text)."""
    query_defaults: Mapping[str, str]
    """Wire name of a query parameter -> what is sent if the caller leaves it out, as Python code."""


@dataclass(frozen=True)
class Lowered:
    """A spec for the generator, and what the generator cannot carry."""

    spec: Spec
    marked: tuple[Mapping[str, Any], ...]
    """The schemas behind the marks, by number."""
    operations: Mapping[str, Operation]
    """By the generator's name of the operation."""

    @property
    def document(self) -> dict[str, Any]:
        """The document that the generator reads."""
        return self.spec.document

    def marked_schema(self, description: str | None) -> Mapping[str, Any]:
        """Return the schema that a description's mark leads to; empty without a mark."""
        match = _MARK.search(description or "")
        return self.marked[int(match[1])] if match else {}


def without_mark(description: str) -> str:
    """Return a description as its author wrote it."""
    return _MARK.sub("", description)


def lower(effective: Spec) -> Lowered:
    """Prepare an effective spec for the generator.

    Args:
        effective: the effective spec; it is not changed.

    Raises:
        SpecError: the spec has constructs from which no correct client can be made; all of them are reported.
    """
    spec = Spec(plain(effective.document), effective.path, locate=effective.locate)
    try:
        return _lower(spec)
    except RecursionError as error:
        raise spec.error("a union or an allOf contains itself") from error


def _lower(spec: Spec) -> Lowered:
    unsupported.check_servers(spec)
    check_forms(spec)
    normalize(spec)
    _show_prose(spec)
    operations: dict[str, Operation] = {}
    for pointer, node in _operations(spec):
        name = str(PythonIdentifier(node["operationId"], FIELD_PREFIX))
        if name in operations:
            other = operations[name].operation_id
            spec.fault(f"operationId gives the same Python name as {other!r}: {name}", pointer)
        for key, value in (("operationId", name), ("tags", str(PythonIdentifier(_tag(node), "tag")))):
            if len(value) > LONGEST_NAME:
                spec.fault(f"{key} gives a name of {len(value)} characters, the limit is {LONGEST_NAME}", pointer)
        operations[name] = _lower_operation(spec, node, pointer)
    spec.document.get("components", {}).pop("parameters", None)  # each stands in its operations now
    _apply_types(spec)
    _inherit_names(spec)
    _describe_nullables(spec)
    marked = tuple(_mark_schemas(spec))
    spec.check()
    return Lowered(spec, marked, operations)


def _tag(operation: Mapping[str, Any]) -> str:
    return str((operation.get("tags") or [""])[0])


def _show_prose(spec: Spec) -> None:
    """Make what cannot be seen in prose visible, and what looks like one of our marks none."""
    for _, node in spec.objects():
        for key in ("description", "summary", "example"):
            if isinstance(node.get(key), str):
                node[key] = _MARK.sub(lambda match: match[0][1:-1], visible(node[key]))


def _operations(spec: Spec) -> Iterator[tuple[Pointer, dict[str, Any]]]:
    """Yield every operation, with all of its parameters, and a name and a summary if it has none."""
    for route, item in spec.document.get("paths", {}).items():
        found = [("paths", route, method) for method in METHODS if method in item]
        parameters = [spec.parameters(pointer) for pointer in found]
        item.pop("parameters", None)
        for pointer, merged in zip(found, parameters, strict=True):
            node = item[pointer[2]]
            node["parameters"] = merged
            node["operationId"] = node.get("operationId") or f"{pointer[2]} {route}"
            node["summary"] = node.get("summary") or " ".join(snake_case(node["operationId"]).split("_")).capitalize()
            yield pointer, node


# --- operations ---


def _lower_operation(spec: Spec, operation: dict[str, Any], pointer: Pointer) -> Operation:
    styles = {}
    defaults = {}
    if set("{}") & set(re.sub(r"\{[^{}]+\}", "", pointer[1])):
        spec.fault("the path has braces that are not around the name of a parameter", pointer)
    for index, reference in enumerate(operation["parameters"]):
        parameter = dict(spec.resolve(reference))
        location = (*pointer, "parameters", str(index))
        style = _parameter_style(spec, parameter, location)
        if style == "json":
            parameter["schema"] = parameter.pop("content")["application/json"].get("schema", {})
        if "$ref" not in parameter["schema"] and (description := _described(parameter)):
            # The generator reads the description of a parameter from its schema only.
            parameter["schema"] = {"description": description, **parameter["schema"]}
        operation["parameters"][index] = parameter
        if parameter["in"] == "query":
            styles[parameter["name"]] = style
        if "x-sdk-default" in parameter:
            unsupported.check_default(spec, parameter, location)
            defaults[parameter["name"]] = json.dumps(parameter["x-sdk-default"])
    media_type = _lower_body(spec, operation, pointer)
    _lower_responses(spec, operation)
    evidence = operation.get("x-evidence")
    return Operation(
        operation_id=operation["operationId"],
        summary=operation["summary"].strip().rstrip("."),
        description=_described(operation),
        provenance=_provenance(evidence) if evidence else "",
        tag=_tag(operation),
        route=pointer[1],
        unverified=evidence.get("note", "its route is a guess")
        if evidence and evidence["route"] == "guessed"
        else None,
        idempotent=operation.get("x-sdk-idempotent", False),
        source=evidence["source"] if evidence else "",
        sdk=sdk(operation),
        query_styles=styles,
        query_defaults=defaults,
        media_type=media_type,
    )


def _provenance(evidence: Mapping[str, str]) -> str:
    text = f"Evidence: route {evidence['route']}, schema {evidence['schema']}. Source: {evidence['source']}"
    if "note" in evidence:
        text = f"{text.rstrip('.')}. Note: {evidence['note']}"
    return text.strip()


def _lower_body(spec: Spec, operation: dict[str, Any], pointer: Pointer) -> str:
    """Reduce the request body to one media type; return it, or an empty string if there is no body."""
    if "requestBody" not in operation:
        return ""
    body = copy.deepcopy(dict(spec.resolve(operation["requestBody"])))
    operation["requestBody"] = body
    location = (*pointer, "requestBody", "content")
    content = body.get("content", {})
    chosen = str(operation.get("x-sdk-content", contents.pick(content) if content else ""))
    if chosen not in content:
        spec.fault(f"the body has no content {chosen!r}: it has {', '.join(content) or 'none'}", location)
        return ""
    unsupported.check_encodings(spec, chosen, content[chosen], (*location, chosen))
    media_type, described = contents.body(chosen, content[chosen])
    body["content"] = {media_type: described}
    return chosen


def _lower_responses(spec: Spec, operation: dict[str, Any]) -> None:
    """Reduce each response to one media type."""
    responses = operation.setdefault("responses", {})
    for status, reference in responses.items():
        response = spec.resolve(reference)
        content = response.get("content")
        if content:
            chosen = response.get("x-sdk-content", contents.pick(content))
            media_type, described = contents.response(chosen, content[chosen])
            if {media_type: described} != content:
                responses[status] = {**response, "content": {media_type: described}}


def _parameter_style(spec: Spec, parameter: dict[str, Any], pointer: Pointer) -> str:
    location = parameter["in"]
    if location == "header" and not _HEADER.fullmatch(parameter["name"]):
        spec.fault("the name of a header is made of letters, digits and !#$%&'*+-.^_`|~", (*pointer, "name"))
    if "content" in parameter:
        if location != "query" or list(parameter["content"]) != ["application/json"]:
            spec.fault("content is supported for query parameters, as application/json", pointer)
            parameter["schema"] = {}
            return "plain"
        return "json"
    schema = spec.collapsed(parameter["schema"])
    if location == "cookie":
        spec.fault("cookies are not supported: the HTTP library keeps them for itself", pointer)
    default_style = "form" if location == "query" else "simple"
    if parameter.get("style", default_style) != default_style:
        spec.fault(f"the style {parameter['style']!r} is not supported", (*pointer, "style"))
    is_list = schema.get("type") == "array"
    if is_list and location != "query":
        spec.fault(f"a list is not supported in the {location}", pointer)
    for choice in spec.choices(schema.get("items", {}) if is_list else schema):
        if spec.is_model(choice):
            spec.fault("an object needs content: application/json, or a parameter for each property", pointer)
        elif choice.get("type") == "array" and (is_list or not _is_scalar(spec, choice.get("items", {}))):
            spec.fault("a list within a list or of objects needs content: application/json", pointer)
    return "comma" if is_list and not parameter.get("explode", True) else "plain"


def _is_scalar(spec: Spec, schema: Mapping[str, Any]) -> bool:
    return not any(spec.is_model(choice) or choice.get("type") == "array" for choice in spec.choices(schema))


# --- schemas ---


def _mark_schemas(spec: Spec) -> Iterator[Mapping[str, Any]]:
    """Mark every schema that has an extension, and yield it unmarked, with its discriminator under one key."""
    number = 0
    for pointer, node in spec.objects():
        if "operationId" not in node and (description := _described(node)):
            node["description"] = description
        if None in node.get("enum", ()):
            node.pop("nullable", None)  # the generator makes an enum too many of what says it twice
        unsupported.check_schema(spec, node, pointer)
        rule = spec.discriminator(node)
        members = alternatives(node)
        if members and _is_undecided(spec, node) and not any(_is_undecided(spec, member) for member in members):
            unsupported.report_union(spec, node, pointer)
        if rule is None and "x-sdk-type" not in node and node.get("format") != "password":
            continue
        yield {**node, "discriminator": rule}
        node["description"] = f"{node.get('description', '')}[[schema:{number}]]"
        number += 1


def _is_undecided(spec: Spec, schema: Mapping[str, Any]) -> bool:
    """Return whether a schema is a union of several objects without a rule that decides between them."""
    schema = spec.resolve(schema)
    models = [choice for choice in spec.choices(schema) if spec.is_model(choice)]
    return bool(alternatives(schema)) and len(models) > 1 and spec.discriminator(schema) is None


def _described(node: Mapping[str, Any]) -> str:
    """Return a description that states, too, what the generator ignores."""
    text = str(node.get("description", "")).strip()
    for key, word in (("readOnly", "Read-only."), ("deprecated", "Deprecated.")):
        if node.get(key) is True and word[:-1].lower() not in text.lower():
            text = f"{word} {text}".rstrip()
    return text


def _describe_nullables(spec: Spec) -> None:
    """Give what is a schema or null the description of the schema: the generator looks no further than the union."""
    for _, node in spec.objects():
        members = [member for member in alternatives(node) if not is_null(member)]
        if len(members) == 1 and "description" not in node and "allOf" not in node:
            node["description"] = spec.resolve(members[0]).get("description", "")


def _apply_types(spec: Spec) -> None:
    """Give every schema with an ``x-sdk-type`` one type: the one that Python sends."""
    for pointer, node in spec.objects():
        if "x-sdk-type" in node:
            unsupported.check_type(spec, node, pointer)
            if any(is_null(choice) or choice.get("nullable") for choice in spec.choices(node)):
                node["nullable"] = True
            for key in ("oneOf", "anyOf"):
                node.pop(key, None)
            node["type"] = "integer" if node["x-sdk-type"] == "boolean" else node["x-sdk-type"]


def _inherit_names(spec: Spec) -> None:
    """Give every object the Python names of what it inherits: the generator only knows its own."""
    for _, node in spec.objects():
        names = _names(spec, node)
        if "allOf" in node and names and not alternatives(node):
            node["x-sdk-names"] = names


def _names(spec: Spec, schema: Mapping[str, Any]) -> dict[str, str]:
    names: dict[str, str] = {}
    for member in schema.get("allOf", ()):
        names |= _names(spec, spec.resolve(member))
    return {**names, **schema.get("x-sdk-names", {})}
