"""Why the sandbox refuses a request, and how it says so."""

from __future__ import annotations

import datetime
import http
from collections.abc import Mapping
from typing import Any


class Refused(Exception):  # noqa: N818 - the refusal of a request is an answer
    """A request that is answered with an error.

    Args:
        status: the HTTP status.
        message: what is wrong, for people.
        fields: names of the fields that are at fault.
        headers: headers of the answer.
    """

    def __init__(
        self, status: int, message: str, *, fields: tuple[str, ...] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.fields = fields
        self.headers = dict(headers or {})


class SandboxError(Exception):
    """A mistake in the sandbox itself: an answer that its spec does not allow, or a crash."""


def error_body(refused: Refused, properties: Mapping[str, Any], now: datetime.datetime, group: str) -> dict[str, Any]:
    """An error in the form that its schema has: the properties that are known by their names.

    Args:
        refused: the error.
        properties: of the schema; without any, the error has a code and a message.
        now: the time.
        group: the group of the operation.
    """
    phrase = http.HTTPStatus(refused.status).phrase.upper().replace(" ", "_") if refused.status in _KNOWN else "ERROR"
    is_numeric = properties.get("code", {}).get("type") in (None, "integer", "number")
    told: dict[str, Any] = {
        "code": refused.status if is_numeric else phrase,
        "name": phrase,
        "message": refused.message,
        "error": refused.message,
        "status": "ERROR" if properties.get("status", {}).get("type") == "string" else refused.status,
        "fields": list(refused.fields),
        "serviceName": group.removesuffix("s"),
        "time": int(now.timestamp() * 1000),
        "timestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    names = properties or ("code", "message")
    return {name: value for name, value in told.items() if name in names and value != []}


_KNOWN = frozenset(http.HTTPStatus)
