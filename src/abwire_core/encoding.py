"""From Python values to what is sent, for the generated operations."""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeAlias
from urllib.parse import quote

from abwire_core.types import UNSET, File, FileTypes, RequestFiles, Unset

Request: TypeAlias = dict[str, Any]
"""The arguments of one HTTP request, as the HTTP library takes them."""


def request(
    method: str,
    url: str,
    *,
    query: Mapping[str, Any] | None = None,
    headers: Mapping[str, Any] | None = None,
    media_type: str | None = None,
    **body: Any,
) -> Request:
    """Return the arguments of a request.

    Args:
        method: the HTTP method, in capitals.
        url: the path, encoded.
        query: the query, as the HTTP library takes it; what is None or UNSET is left out, here and in the headers.
        headers: header fields; booleans are sent as ``true`` or ``false``.
        media_type: the media type of the body, if the HTTP library does not set it.
        body: one of ``json``, ``data``, ``files`` and ``content``; UNSET for no body.

    Raises:
        ValueError: a number in the query or in a header is not finite.
    """
    made: Request = {"method": method, "url": url}
    if query:
        made["params"] = {name: value for name, value in query.items() if value is not UNSET and value is not None}
        for name, value in made["params"].items():
            for item in value if isinstance(value, list) else [value]:
                _check_finite(item, f"the query argument {name}")
    fields = {name: _text(value) for name, value in (headers or {}).items() if value is not UNSET and value is not None}
    for name, value in body.items():
        if value is not UNSET:
            made[name] = value
            if media_type is not None:
                fields["Content-Type"] = media_type
    if fields:
        made["headers"] = fields
    return made


def unless_empty(body: Any) -> Any:
    """Return a body that need not be sent; UNSET if it says nothing."""
    return body if body.to_dict() else UNSET


def path_segment(name: str, value: object) -> str:
    """A path argument, percent-encoded as one segment.

    Args:
        name: the parameter's name, for the error message.
        value: the argument; date-times are sent as ISO 8601, booleans as ``true`` or ``false``.

    Raises:
        ValueError: the segment would be empty, ``.`` or ``..``, or the value is absent; the request would go to
            another path. Or it is a number that is not finite.
    """
    if value is None or isinstance(value, Unset):
        raise ValueError(f"the path argument {name} must not be {value!r}: the request would go to another path")
    text = _text(value)
    if text in ("", ".", ".."):
        raise ValueError(f"the path argument {name} must not be {text!r}: the request would go to another path")
    return quote(text, safe="")


def date_time(value: datetime.datetime) -> str:
    """A date-time as ISO 8601 with ``T``; UTC as ``Z``, a naive one without offset."""
    text = value.isoformat()
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def json_object(value: Any) -> dict[str, Any]:
    """Return a model as a JSON object; a dict, which is an object of no known kind, unchanged."""
    encoded: dict[str, Any] = value if isinstance(value, dict) else value._encode()
    return encoded


def json_value(value: Any) -> Any:
    """A value of a field that may have one of several forms."""
    if isinstance(value, list):
        return [json_value(item) for item in value]
    if isinstance(value, datetime.datetime):
        return date_time(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, File):
        return value.to_tuple()
    if type(value).__module__ == "uuid":  # asked like this, because the module is slow to import
        return str(value)
    if isinstance(value, Mapping):
        return {key: json_value(item) for key, item in value.items()}
    return value._encode() if hasattr(value, "_encode") else value


def json_parameter(value: Any) -> Any:
    """A query argument as one compact JSON text; absent stays absent."""
    return value if isinstance(value, Unset) or value is None else _json(value)


def comma_parameter(value: Any) -> Any:
    """A list as one query argument, joined by commas (OpenAPI: form style, not exploded); absent stays absent."""
    return value if isinstance(value, Unset) or value is None else ",".join(map(_text, value))


def multipart(parts: Mapping[str, Any]) -> RequestFiles:
    """The parts of a form as the HTTP library takes them, by OpenAPI's defaults.

    Args:
        parts: what the model of the form gives for each name. A file is sent as it is, an object or null as JSON, of a
            list each item as a part of its own, anything else as text.
    """
    return [
        (name, _part(item)) for name, value in parts.items() for item in (value if isinstance(value, list) else [value])
    ]


def _part(value: Any) -> FileTypes:
    if isinstance(value, File):
        return value.to_tuple()
    if isinstance(value, tuple):  # a file that its model has encoded
        return value
    if value is None or isinstance(value, dict | list):
        return None, _json(value).encode(), "application/json"
    return None, _text(value).encode(), "text/plain; charset=utf-8"


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return str(value.value)
    _check_finite(value)
    return date_time(value) if isinstance(value, datetime.datetime) else str(value)


def _check_finite(value: object, what: str = "a number") -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{what} must be finite, not {value}")
