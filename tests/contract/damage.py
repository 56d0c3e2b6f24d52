"""What can be wrong in a request: a valid one, changed in one place each time, with what Prism must object to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import httpx

from tests.client.apis import Api, Operation

CREDENTIALS = ("authorization", "convert-application-id", "expires")
OTHERS: Mapping[str, Any] = {"object": "made-up", "array": "made-up"}
"""JSON values of another type than these; an object is of another type than the rest."""


class Damage(NamedTuple):
    """A request that must be refused, and what the objection begins with."""

    request: httpx.Request
    objection: str


def damages(operation: Operation, request: httpx.Request) -> Iterator[Damage]:
    """All damages of a valid request of an operation."""
    for name in CREDENTIALS:
        if name in request.headers:
            yield Damage(_changed(request, without=name), "request: Invalid security scheme used")
    for parameter in operation.parameters:
        yield from _of_parameter(operation, parameter, request)
    if operation.body is not None:
        media_type, schema = operation.body
        yield from (_of_json if media_type == "application/json" else _of_form)(operation, schema, request)


def _of_parameter(operation: Operation, parameter: Mapping[str, Any], request: httpx.Request) -> Iterator[Damage]:
    name, place = parameter["name"], parameter["in"]
    if place == "query" and parameter.get("required"):
        url = request.url.copy_remove_param(name)
        objection = f"request.query: Request query must have required property '{name.lower()}'"
        yield Damage(_changed(request, url=url), objection)
    if _is_choosy(operation.api, parameter):
        url = request.url.copy_set_param(name, "made-up")
        if place == "path":
            segments = request.url.raw_path.split(b"/")
            segments[operation.route.split("/").index(f"{{{name}}}")] = b"made-up"
            url = request.url.copy_with(raw_path=b"/".join(segments))
        yield Damage(_changed(request, url=url), f"request.{place}.{name.lower()}: ")


def _is_choosy(api: Api, parameter: Mapping[str, Any]) -> bool:
    """Whether there is a text that cannot be the value of a parameter; Prism must be able to see that, too."""
    schema = api.resolve(parameter.get("schema", {"type": "string"}))
    return schema["type"] not in ("string", "array") or bool(schema.keys() & {"enum", "format"})


def _of_json(operation: Operation, schema: Mapping[str, Any], request: httpx.Request) -> Iterator[Damage]:
    kind = operation.api.resolve(schema).get("type", "object")
    yield Damage(_changed(request, content=b'"made-up"'), f"request.body: Request body must be {kind}")
    if operation.api.resolve(operation.spec["requestBody"]).get("required"):
        yield Damage(_changed(request, content=b""), "request: Body parameter is required")
    body = json.loads(request.content or b"null")
    for name, prop in operation.api.resolve(schema).get("properties", {}).items():
        kind = operation.api.resolve(prop).get("type")
        if kind and isinstance(body, dict) and name in body:
            content = json.dumps({**body, name: OTHERS.get(kind, {})}).encode()
            yield Damage(_changed(request, content=content), f"request.body.{name}: ")


def _of_form(operation: Operation, schema: Mapping[str, Any], request: httpx.Request) -> Iterator[Damage]:
    for name in operation.api.resolve(schema)["required"]:
        content = request.content.replace(f'name="{name}"'.encode(), b'name="another"')
        objection = f"request.body: Request body must have required property '{name}'"
        yield Damage(_changed(request, content=content), objection)


def _changed(
    request: httpx.Request, *, without: str = "", url: httpx.URL | None = None, content: bytes | None = None
) -> httpx.Request:
    """A copy of a request without a header, with another URL or with another content."""
    headers = {name: value for name, value in request.headers.items() if name not in (without, "content-length")}
    headers.setdefault("content-type", "application/json")
    content = request.content if content is None else content
    return httpx.Request(request.method, url or request.url, headers=headers, content=content)
