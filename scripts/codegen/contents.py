"""The media types of bodies and responses: which one the client uses, and what the generator is told of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

BINARY: Final = "application/octet-stream"
TEXT: Final = "text/plain"
_FORMS: Final = ("multipart/form-data", "application/x-www-form-urlencoded")
# Text without the prefix: the client hands it over as a string.
_TEXTS: Final = {
    *("application/xml", "application/yaml", "application/x-yaml", "application/x-ndjson", "application/jsonl"),
    *("application/javascript", "application/sql", "application/graphql"),
}


def pick(content: Collection[str]) -> str:
    """Return the media type that the client uses of several: JSON, else a form, else the first."""
    ranks = {
        media_type: (0 if is_json(media_type) else 1 if _bare(media_type) in _FORMS else 2) for media_type in content
    }
    return min(content, key=lambda media_type: (ranks[media_type], _bare(media_type) != "application/json"))


def picked(described: Mapping[str, Any], node: Mapping[str, Any]) -> str | None:
    """Return the media type that the client uses of a body or a response; None if there is no content.

    Args:
        described: the body or response.
        node: where ``x-sdk-content`` may say which.
    """
    content = described.get("content") or {}
    return str(node.get("x-sdk-content", pick(content))) if content else None


def body(media_type: str, content: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return a body as the generator takes it: other than JSON and forms, all is bytes with a media type."""
    if is_json(media_type) or _bare(media_type) in _FORMS:
        return media_type, dict(content)
    return BINARY, {**content, "schema": {"type": "string", "format": "binary"}}


def response(media_type: str, content: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return a response as the generator takes it: JSON, else text, else bytes."""
    if is_json(media_type) or (_bare(media_type) == "*/*" and not _is_binary(content)):
        return (media_type if is_json(media_type) else "application/json"), dict(content)
    if is_text(media_type):
        return TEXT, {**content, "schema": {"type": "string"}}
    return BINARY, {**content, "schema": {"type": "string", "format": "binary"}}


def is_json(media_type: str) -> bool:
    """Return whether a media type is JSON, such as ``application/problem+json; charset=utf-8``."""
    bare = _bare(media_type)
    return bare == "application/json" or bare.endswith("+json")


def is_text(media_type: str) -> bool:
    """Return whether a media type is text that is no JSON."""
    bare = _bare(media_type)
    return bare.startswith("text/") or bare.endswith(("+xml", "+yaml")) or bare in _TEXTS


def _bare(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()


def _is_binary(content: Mapping[str, Any]) -> bool:
    schema = content.get("schema", {})
    return not schema or (schema.get("type") == "string" and schema.get("format") == "binary")
