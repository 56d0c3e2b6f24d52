"""The effective specs: which operations there are, and which of them a request is for."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

_HERE = Path(__file__).parent
FOLDERS = (_HERE / "specs", _HERE.parents[1] / "generated" / "specs")
"""Where the effective specs are: in an installed package, and in a checkout."""

_METHODS = ("get", "put", "post", "patch", "delete")


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads YAML 1.2 as far as the specs use it: a date is a string, and only true and false are booleans."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith((":timestamp", ":bool"))]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


@functools.cache
def document(name: str) -> dict[str, Any]:
    """An effective spec by its name, such as ``kameleoon``.

    Raises:
        FileNotFoundError: the specs are neither in the package nor in the checkout around it.
    """
    for folder in FOLDERS:
        path = folder / f"{name}.yaml"
        if path.is_file():
            loaded: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a safe loader
            return loaded
    raise FileNotFoundError(f"no effective spec {name}.yaml in {' or '.join(map(str, FOLDERS))}")


def resolve(spec: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """The node that a reference within a spec leads to; any other node as it is."""
    while "$ref" in node:
        target: Any = spec
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def members(spec: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """All properties of an object schema, with those of its ``allOf`` members, and which of them are required."""
    schema = resolve(spec, schema)
    properties: dict[str, Any] = {}
    required = set(schema.get("required", ()))
    for member in schema.get("allOf", ()):
        inherited, needed = members(spec, member)
        properties |= inherited
        required |= needed
    return properties | schema.get("properties", {}), required


@dataclass(frozen=True, eq=False)
class Operation:
    """An operation of an effective spec."""

    spec: Mapping[str, Any] = field(repr=False)
    method: str
    path: str
    definition: Mapping[str, Any] = field(repr=False)

    @property
    def id(self) -> str:
        """The operationId."""
        return str(self.definition["operationId"])

    @functools.cached_property
    def group(self) -> str:
        """The kind of objects that it is about."""
        return str(self.definition["x-sdk-group"])

    @functools.cached_property
    def verb(self) -> str:
        """What it does."""
        return str(self.definition["x-sdk-method"])

    @functools.cached_property
    def parameters(self) -> list[Mapping[str, Any]]:
        """Its parameters, references followed."""
        return [resolve(self.spec, found) for found in self.definition.get("parameters", ())]

    @functools.cached_property
    def status(self) -> int:
        """The status of a success."""
        return int(next(code for code in self.definition["responses"] if code.startswith("2")))

    @functools.cached_property
    def statuses(self) -> frozenset[str]:
        """All statuses of answers, and perhaps ``default``."""
        return frozenset(self.definition["responses"])

    @functools.cached_property
    def is_multipart(self) -> bool:
        """Whether it takes a form with files."""
        return "multipart/form-data" in self.definition.get("requestBody", {}).get("content", {})

    def body_properties(self) -> set[str]:
        """The properties that its body has, by the spec."""
        content = self.definition.get("requestBody", {}).get("content", {}).get("application/json")
        return set(members(self.spec, content["schema"])[0]) if content else set()

    def media_type(self, status: int) -> str:
        """Media type of a response with a status; JSON if the spec has no content for it."""
        responses = self.definition["responses"]
        response = resolve(self.spec, responses.get(str(status)) or responses.get("default") or {})
        return next(iter(response.get("content", {})), "application/json")

    def response_schema(self, status: int) -> Mapping[str, Any] | None:
        """The schema of an answer with a status, references followed; None if there is no content."""
        responses = self.definition["responses"]
        response = resolve(self.spec, responses.get(str(status)) or responses.get("default") or {})
        content = response.get("content", {}).get("application/json")
        return resolve(self.spec, content["schema"]) if content else None

    @functools.cached_property
    def item(self) -> tuple[dict[str, Any], set[str]] | None:
        """Properties of the objects in the answer and which are required; None if other properties may be there."""
        schema = self.response_schema(self.status)
        if schema is None:
            return None
        item = resolve(self.spec, schema["items"]) if schema.get("type") == "array" else schema
        if item.get("additionalProperties") or "anyOf" in item:
            return None
        found = members(self.spec, item)
        return found if found[0] else None


class Router:
    """Finds the operation that a request is for. Where several templates fit, a literal segment goes before others.

    Args:
        spec: the effective spec.
    """

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.operations = list(_operations(spec))
        """All operations, in the order of the spec."""
        routes = sorted(
            ((tuple(operation.path.split("/")), operation) for operation in self.operations),
            key=lambda route: [segment.startswith("{") for segment in route[0]],
        )
        self._routes = {
            length: [route for route in routes if len(route[0]) == length]
            for length in {len(each) for each, _ in routes}
        }

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation and its path arguments; None if there is none.

        Args:
            method: as in the request.
            path: relative to the server, percent-encoded as it was sent, so that a slash within an argument counts.
        """
        for operation, arguments in self._at(path):
            if operation.method == method.lower():
                return operation, arguments
        return None

    def methods(self, path: str) -> list[str]:
        """The methods that a path knows."""
        return [operation.method.upper() for operation, _ in self._at(path)]

    def _at(self, path: str) -> Iterator[tuple[Operation, dict[str, str]]]:
        sent = [unquote(segment) for segment in path.split("/")]
        for template, operation in self._routes.get(len(sent), ()):
            arguments: dict[str, str] = {}
            for expected, segment in zip(template, sent, strict=True):
                if expected.startswith("{") and segment:
                    arguments[expected[1:-1]] = segment
                elif segment != expected:
                    break
            else:
                yield operation, arguments


def _operations(spec: Mapping[str, Any]) -> Iterator[Operation]:
    for path, item in spec["paths"].items():
        for method in _METHODS:
            if method in item:
                yield Operation(spec, method, path, item[method])
