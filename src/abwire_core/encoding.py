"""From Python values to what is sent, for the generated operations."""

from __future__ import annotations

import datetime
import json
from typing import Any
from urllib.parse import quote

from abwire_core.types import Unset


def path_segment(name: str, value: object) -> str:
    """A path argument, percent-encoded as one segment.

    Args:
        name: the parameter's name, for the error message.
        value: the argument; date-times are sent as ISO 8601, booleans as ``true`` or ``false``.

    Raises:
        ValueError: the segment would be empty, ``.`` or ``..``, or the value is absent; the request would go to
            another path.
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


def json_parameter(value: Any) -> Any:
    """A query argument as one compact JSON text; absent stays absent."""
    return (
        value
        if isinstance(value, Unset) or value is None
        else json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    )


def comma_parameter(value: Any) -> Any:
    """A list as one query argument, joined by commas (OpenAPI: form style, not exploded); absent stays absent."""
    return value if isinstance(value, Unset) or value is None else ",".join(map(_text, value))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return date_time(value) if isinstance(value, datetime.datetime) else str(value)
