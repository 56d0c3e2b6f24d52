"""Constructs from which no correct client can be made."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from scripts.specs.documents import json_pointer
from scripts.specs.spec import Pointer, Spec, alternatives, is_null

_SERVER = re.compile(r"https?://[A-Za-z0-9.\-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~!$&'()*+,;=:@%/\-]*)?")
_READABLE = {
    "boolean": ("integer",),
    "integer": ("integer", "string"),
    "number": ("number", "string", "integer"),
    "string": ("string", "integer"),
}
"""Values of ``x-sdk-type`` and the types on the wire that they are read from; the first one is sent."""


def check_servers(spec: Spec) -> None:
    """Report a spec without a server, and one whose operations lead to several."""
    if not spec.document.get("servers"):
        spec.fault("needs a server: its url is where the client calls by default", ("servers",))
    for index, server in enumerate(spec.document.get("servers", ())):
        url = server["url"]
        for name, variable in server.get("variables", {}).items():
            url = url.replace(f"{{{name}}}", str(variable["default"]))
        if not _SERVER.fullmatch(url):
            reason = "the url of a server must be absolute and encoded, such as https://api.example.com/v1"
            spec.fault(reason, ("servers", str(index), "url"))
    for pointer, node in spec.objects():
        if pointer and "servers" in node:
            spec.fault("a server of its own is not supported: one server serves the API", pointer)


def check_encodings(spec: Spec, media_type: str, content: Mapping[str, Any], pointer: Pointer) -> None:
    """Report what a body says of the encoding of its parts if that is not how they are sent."""
    properties = spec.collapsed(content.get("schema", {})).get("properties", {})
    for name, encoding in content.get("encoding", {}).items():
        part = spec.collapsed(properties.get(name, {}))
        is_file = part.get("format") == "binary" and encoding.keys() == {"contentType"}
        is_json = spec.is_model(part) and encoding == {"contentType": "application/json"}
        if media_type != "multipart/form-data" or not (is_file or is_json):
            reason = "an encoding can be the contentType of a file in a form, or application/json for an object in one"
            spec.fault(reason, (*pointer, "encoding", name))


def check_default(spec: Spec, parameter: Mapping[str, Any], pointer: Pointer) -> None:
    """Report an ``x-sdk-default`` of a parameter that is not an optional list of strings in the query."""
    schema = spec.collapsed(parameter.get("schema", {}))
    is_list = schema.get("type") == "array" and spec.collapsed(schema.get("items", {})).get("type") == "string"
    if parameter["in"] != "query" or parameter.get("required") or not is_list:
        spec.fault("x-sdk-default needs an optional list of strings in the query", (*pointer, "x-sdk-default"))


def check_type(spec: Spec, node: Mapping[str, Any], pointer: Pointer) -> None:
    """Report an ``x-sdk-type`` that cannot be read from, or sent as, what the schema has on the wire."""
    sent, *others = _READABLE.get(node["x-sdk-type"], ("",))
    members = [choice for choice in spec.choices(node) if not is_null(choice)]
    types = [member.get("type") for member in members]
    has_own_type = any("enum" in each or (each.get("type") == "string" and "format" in each) for each in members)
    is_readable = sent in types and {*types} <= {sent, *others} and (not others or len({*types}) > 1)
    if has_own_type or not is_readable:
        union = f", in a union with {' or '.join(others)}" if others else ""
        reason = f"x-sdk-type {node['x-sdk-type']} needs {sent} on the wire{union}, without enum or format"
        spec.fault(reason, (*pointer, "x-sdk-type"))


def check_schema(spec: Spec, node: Mapping[str, Any], pointer: Pointer) -> None:
    """Report what the generator would drop, and an extension where it does nothing."""
    if alternatives(node) and {"properties", "required"} & node.keys():
        reason = (
            "properties beside a union, or beside a single reference in allOf, are lost: make them a member of allOf"
        )
        spec.fault(reason, pointer)
    if "x-sdk-discriminator" in node and not alternatives(node):
        spec.fault("x-sdk-discriminator needs oneOf or anyOf", (*pointer, "x-sdk-discriminator"))
    for key in ("x-sdk-names", "x-sdk-accepts-bare"):
        if key in node and (alternatives(node) or not spec.is_model(node)):
            spec.fault(f"{key} needs an object", (*pointer, key))


def report_union(spec: Spec, node: Mapping[str, Any], pointer: Pointer) -> None:
    """Report a union that nothing decides, with an overlay action that would decide it."""
    key = next(key for key in ("oneOf", "anyOf", "allOf") if key in node)
    targets, fields = [], []
    for index, member in enumerate(node[key]):
        if spec.is_model(member):
            targets.append(member.get("$ref", f"#{json_pointer((*pointer, key, str(index)))}"))
            fields.append(_fields(spec, member))
    presence = ", ".join(
        f"{json.dumps(_own_field(found, fields) or '<a field that only this one has>')}: {json.dumps(target)}"
        for found, target in zip(fields, targets, strict=True)
    )
    path = "".join(f"[{json.dumps(part)}]" for part in pointer)
    spec.fault(
        "nothing tells the members of this union apart: give it a discriminator or x-sdk-discriminator, such as\n"
        f"  - target: ${path}\n"
        "    x-expect-matches: 1\n"
        f"    update: {{x-sdk-discriminator: {{presence: {{{presence}}}}}}}",
        pointer,
    )


def _own_field(fields: Mapping[str, bool], others: Sequence[Mapping[str, bool]]) -> str | None:
    """Return a required field that no other object of a union has."""
    required = (name for name, is_required in fields.items() if is_required)
    return next((name for name in required if not any(name in other for other in others if other is not fields)), None)


def _fields(spec: Spec, schema: Mapping[str, Any]) -> dict[str, bool]:
    """Return the properties of an object, each with whether it is required."""
    schema = spec.collapsed(schema)
    found: dict[str, bool] = {}
    for member in schema.get("allOf", ()):
        found |= _fields(spec, member)
    required = {name for member in (schema, *schema.get("allOf", ())) for name in member.get("required", ())}
    found |= dict.fromkeys(schema.get("properties", {}), False)
    return {name: is_required or name in required for name, is_required in found.items()}
