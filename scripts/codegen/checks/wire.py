"""What requests hold, compared with what the spec says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.message import Message
from email.parser import BytesParser
from typing import Any
from urllib.parse import parse_qs, quote

import httpx

from scripts.codegen.checks.values import is_same, text
from scripts.codegen.contents import is_json


def url_path(server: str, route: str, values: Mapping[str, Any]) -> str:
    """Return the path of a URL, percent-encoded, with the values of its parameters."""
    for name, value in values.items():
        route = route.replace(f"{{{name}}}", quote(text(value), safe=""))
    return httpx.URL(server.rstrip("/") + route).raw_path.decode()


def has_query(request: httpx.Request, name: str, style: str, value: Any) -> bool:
    """Return whether the query has a value, in a style: ``plain``, ``comma`` or ``json``."""
    found = [item for key, item in request.url.params.multi_items() if key == name]
    if style == "json":
        return len(found) == 1 and is_same(_json(found[0]), value)
    if isinstance(value, list) and style == "comma":
        return found == [",".join(map(text, value))]
    wanted = [text(item) for item in (value if isinstance(value, list) else [value])]
    return is_same(found, wanted)


def has_header(request: httpx.Request, name: str, value: Any) -> bool:
    """Return whether a header has a value."""
    return name in request.headers and is_same(request.headers[name], text(value))


def has_field(request: httpx.Request, name: str, value: Any) -> bool:
    """Return whether a property of the body, a JSON object, has a value."""
    body = _json(request.content)
    return isinstance(body, Mapping) and name in body and is_same(body[name], value)


def media_type(request: httpx.Request) -> str:
    """Return the media type of the body, without parameters."""
    return str(request.headers.get("Content-Type", "")).partition(";")[0].strip()


def has_body(request: httpx.Request, kind: str, value: Any) -> bool:
    """Return whether the body is a value, in a media type."""
    if media_type(request).lower() != kind.partition(";")[0].strip().lower():
        return False
    content = request.content
    if is_json(kind):
        return is_same(_json(content), value)
    if kind.startswith("multipart/"):
        return isinstance(value, Mapping) and _has_parts(_parts(request), value)
    if kind.startswith("application/x-www-form-urlencoded"):
        fields = parse_qs(content.decode(), keep_blank_values=True)
        wanted = {name: item if isinstance(item, list) else [item] for name, item in value.items()}
        return is_same(fields, {name: [text(item) for item in items] for name, items in wanted.items()})
    return content == (value if isinstance(value, bytes) else text(value).encode())


def encoded(kind: str, value: Any) -> bytes:
    """Return a JSON value as a response with a media type has it."""
    if is_json(kind):
        return json.dumps(value).encode()
    return value if isinstance(value, bytes) else text(value).encode()


def _json(content: str | bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


def _parts(request: httpx.Request) -> dict[str, list[bytes]]:
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    form = BytesParser().parsebytes(head + request.content)
    found: dict[str, list[bytes]] = {}
    for part in form.get_payload() if form.is_multipart() else ():
        assert isinstance(part, Message)
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        found.setdefault(str(part.get_param("name", header="Content-Disposition")), []).append(content)
    return found


def _has_parts(parts: Mapping[str, list[bytes]], value: Mapping[str, Any]) -> bool:
    wanted = {name: item if isinstance(item, list) else [item] for name, item in value.items()}
    return parts.keys() == wanted.keys() and all(
        len(parts[name]) == len(items) and all(map(_is_part, parts[name], items)) for name, items in wanted.items()
    )


def _is_part(content: bytes, value: Any) -> bool:
    if isinstance(value, bytes):
        return content == value
    if value is None or isinstance(value, dict | list):
        return is_same(_json(content), value)
    return is_same(content.decode(), text(value))
