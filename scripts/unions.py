"""What the alternatives of a schema are, and what decides between them: the generator's view of unions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scripts.build_specs import resolve


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
