"""Constructs from which no correct client can be made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.specs.spec import SpecError, alternatives, collapsed, is_model, objects

_ACCEPTED = {"number": ["string"], "integer": ["string"], "string": ["integer"]}


def check_servers(document: Mapping[str, Any], path: Path) -> None:
    """Refuse a spec without a server, and one whose operations lead to several.

    Raises:
        SpecError: with the place.
    """
    if not document.get("servers"):
        raise SpecError(path, "needs a server: its url is where the client calls by default", ("servers",))
    if any("variables" in server for server in document["servers"]):
        raise SpecError(path, "variables in a server are not supported: write the URL out", ("servers",))
    for pointer, node in objects(document):
        if pointer and "servers" in node:
            raise SpecError(path, "a server of its own is not supported: one server serves the API", pointer)


def check_encodings(
    document: Mapping[str, Any], media_type: str, content: Mapping[str, Any], pointer: tuple[str, ...], path: Path
) -> None:
    """Refuse what a body says of the encoding of its parts if that is not how they are sent.

    Raises:
        SpecError: with the place.
    """
    properties = collapsed(document, content.get("schema", {})).get("properties", {})
    for name, encoding in content.get("encoding", {}).items():
        part = collapsed(document, properties.get(name, {}))
        is_file = part.get("format") == "binary" and encoding.keys() == {"contentType"}
        is_json = is_model(document, part) and encoding == {"contentType": "application/json"}
        if media_type != "multipart/form-data" or not (is_file or is_json):
            reason = "an encoding can be the contentType of a file in a form, or application/json for an object in one"
            raise SpecError(path, reason, (*pointer, "encoding", name))


def check_schema(document: Mapping[str, Any], node: Mapping[str, Any], pointer: tuple[str, ...], path: Path) -> None:
    """Refuse what the generator would drop, and an extension where it does nothing.

    Raises:
        SpecError: with the place.
    """
    if alternatives(node) and {"properties", "required"} & node.keys():
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
    if "x-sdk-discriminator" in node and not alternatives(node):
        raise SpecError(path, "x-sdk-discriminator needs oneOf or anyOf", (*pointer, "x-sdk-discriminator"))
    for key in ("x-sdk-names", "x-sdk-accepts-bare"):
        if key in node and (alternatives(node) or not is_model(document, node)):
            raise SpecError(path, f"{key} needs an object", (*pointer, key))
