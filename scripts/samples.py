"""Make a sample of a schema: one instance, always the same, with every property and a member of each union."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scripts.build_specs import resolve

_DEPTH = 8
_STRINGS = {"date": "2026-11-02", "date-time": "2026-11-02T09:30:00Z"}


def sample(document: Mapping[str, Any], schema: Mapping[str, Any], name: str = "text", depth: int = 0) -> Any:
    """A sample of a schema.

    Args:
        document: the spec, for references.
        schema: the schema.
        name: what a string without any other hint says.
        depth: how deep in the sample this is; at depth 8 lists are empty and only required properties are there.
    """
    schema = resolve(document, schema)
    for key in ("example", "default"):
        if key in schema:
            return schema[key]
    if "enum" in schema:
        return next(value for value in schema["enum"] if value is not None)
    members = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
    if members:
        return sample(document, members[0], name, depth)
    if "properties" in schema or "allOf" in schema:
        return _sample_object(document, schema, depth)
    return _sample_value(document, schema, name, depth)


def _sample_value(document: Mapping[str, Any], schema: Mapping[str, Any], name: str, depth: int) -> Any:
    match schema.get("type"):
        case "object":
            additional = schema.get("additionalProperties")
            if not isinstance(additional, Mapping) or depth >= _DEPTH:
                return {}
            return {"1": sample(document, additional, name, depth + 1)}
        case "array":
            return _sample_list(document, schema.get("items", {}), name, depth)
        case "integer":
            return max(1, schema.get("minimum", 1))
        case "number":
            # In the wider of the forms in which the vendor may send it.
            return "3.7" if "string" in schema.get("x-sdk-accepts", ()) else 3.7
        case "boolean":
            return True
        case "string":
            text = _STRINGS.get(schema.get("format", ""), name)
            return text.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength")]
        case _:
            return {}  # a schema without a type allows anything


def _sample_list(document: Mapping[str, Any], items: Mapping[str, Any], name: str, depth: int) -> list[Any]:
    if depth >= _DEPTH:
        return []
    found = resolve(document, items)
    members = [*found.get("oneOf", ()), *found.get("anyOf", ())] or [items]
    return [sample(document, member, name, depth + 1) for member in members]


def _sample_object(document: Mapping[str, Any], schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for member in schema.get("allOf", ()):
        result |= _sample_object(document, resolve(document, member), depth)
    for name, prop in schema.get("properties", {}).items():
        if depth < _DEPTH or name in schema.get("required", ()):
            result[name] = sample(document, prop, name, depth + 1)
    return result
