"""What the operation tests share: typed arguments made of JSON, and an independent judge between client and server."""

from __future__ import annotations

import asyncio
import datetime
import json
import types
import typing
from collections.abc import Mapping
from enum import EnumType
from typing import Any

import httpx
from hypothesis import strategies as st
from openapi_core.testing import MockRequest, MockResponse
from werkzeug.datastructures import ImmutableMultiDict

from abwire_core.errors import DecodeError
from abwire_core.groups import _Recording
from abwire_core.types import UNSET, Unset
from tests.client.apis import Operation
from tests.client.methods import entry

# Made up; with them a request satisfies both vendors' security requirements, for tests without a client.
CREDENTIALS = {
    "Authorization": "Bearer made-up-token",
    "Convert-Application-ID": "made-up-application",
    "Expires": "1700000000",
}


def to_python(annotation: Any, value: Any) -> Any:
    """A JSON value as the type that a parameter is annotated with."""
    choices = typing.get_args(annotation) if isinstance(annotation, types.UnionType) else (annotation,)
    if value is None:
        return None
    if isinstance(value, dict):
        models = [choice for choice in choices if hasattr(choice, "from_dict")]
        fitting = [model for model in models if _fits(model, value)]
        assert fitting or not models, f"no model of {annotation} reads and writes {value}"
        return fitting[0].from_dict(value) if fitting else value
    if isinstance(value, list):
        (item,) = next(typing.get_args(choice) for choice in choices if typing.get_origin(choice) is list)
        return [to_python(item, element) for element in value]
    for choice in choices:
        if choice is datetime.date and isinstance(value, str):
            return datetime.date.fromisoformat(value)
        if choice is datetime.datetime and isinstance(value, str):
            return datetime.datetime.fromisoformat(value)
        if isinstance(choice, EnumType) and choice is not Unset and isinstance(value, str | int):
            return choice(value)
    return value


def _fits(model: Any, value: Mapping[str, Any]) -> bool:
    try:
        return bool(model.from_dict(value).to_dict() == value)
    except DecodeError:
        return False


def draw_success(operation: Operation, data: st.DataObject) -> tuple[int, Any, str | None]:
    """Status, content and media type of a success, drawn from the effective spec; None for no content."""
    (status,) = [status for status in operation.spec["responses"] if status.startswith("2")]
    content = operation.api.resolve(operation.spec["responses"][status]).get("content", {})
    for media_type, described in content.items():
        answers = operation.api.instances.of(described["schema"])
        if media_type != "application/json":
            answers = answers.filter(bool)  # text without a character is no content
        return int(status), data.draw(answers, "answer"), media_type
    return int(status), None, None


class Judge:
    """A server that checks each request against the effective spec, and answers with what it was given."""

    def __init__(
        self, operation: Operation, status: int, answer: Any, media_type: str | None = "application/json"
    ) -> None:
        self._operation = operation
        self._status = status
        self._media_type = media_type
        is_json = media_type == "application/json"
        self._content = b"" if media_type is None else (json.dumps(answer) if is_json else answer).encode()
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        validator = self._operation.api.validator
        described = MockRequest(
            f"{request.url.scheme}://{request.url.host}",
            request.method.lower(),
            request.url.path,
            args=ImmutableMultiDict(request.url.params.multi_items()),
            headers=dict(request.headers),
            data=request.content or None,
            content_type=request.headers.get("Content-Type", ""),
        )
        validator.validate_request(described)
        if self._media_type is None:
            return httpx.Response(self._status)
        validator.validate_response(described, MockResponse(self._content, self._status, content_type=self._media_type))
        return httpx.Response(self._status, content=self._content, headers={"Content-Type": self._media_type})


def call(operation: Operation, judge: Judge, arguments: dict[str, Any], *, is_async: bool) -> Any:
    """Call an operation once, without paging, and return the whole response."""
    target = entry(operation.api, is_async=is_async, transport=httpx.MockTransport(judge))
    recording = _Recording(target._sender)
    request = operation.module.build(**arguments)
    if not is_async:
        with target:
            return recording.response(recording.call(operation.module.OPERATION, request))

    async def run() -> Any:
        async with target:
            return recording.response(await recording.call(operation.module.OPERATION, request))

    return asyncio.run(run())


def _is_plain_segment(value: Any) -> bool:
    """Whether a path argument is one that the judge, who matches decoded paths, can take apart."""
    return value not in ("", ".", "..") and str(value).isprintable() and not set("/?#{};") & set(str(value))


def arguments_of(operation: Operation, data: st.DataObject) -> dict[str, Any]:
    """Arguments of an operation, drawn from the schemas of its parameters and its body."""
    hints = typing.get_type_hints(operation.module.build.__wrapped__)
    names = iter([name for name in hints if name not in ("body", "return")][: len(operation.parameters)])
    arguments: dict[str, Any] = {}
    ordered = sorted(operation.parameters, key=lambda parameter: parameter["in"] != "path")
    for parameter, name in zip(ordered, names, strict=True):
        if parameter.get("required") or data.draw(st.booleans(), name):
            schema = parameter.get("schema") or parameter["content"]["application/json"]["schema"]
            values = operation.api.request_instances.of(schema)
            if parameter["in"] == "path":
                values = values.filter(_is_plain_segment)
            else:
                values = values.filter(lambda value: value not in ("", []))  # an empty one is as good as absent
            arguments[name] = to_python(hints[name], data.draw(values, name))
    if operation.body is not None:
        media_type, schema = operation.body
        value = data.draw(operation.api.request_instances.of(schema), "body")
        if "body" not in hints:
            return {**arguments, **_fields(operation.api.model_of(schema).from_dict(value))}
        is_form = media_type == "multipart/form-data"  # its model can only be read back from the request
        arguments["body"] = hints["body"].from_dict(value) if is_form else to_python(hints["body"], value)
    return arguments


def _fields(body: Any) -> dict[str, Any]:
    """The fields of a body, which a list takes one by one."""
    return {name: getattr(body, name) for name in body._keys() if getattr(body, name) is not UNSET}
