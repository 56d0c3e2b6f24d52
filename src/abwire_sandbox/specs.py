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

_METHODS = ("get", "put", "post", "patch", "delete", "head", "options", "trace")
JSON = "application/json"
_DEEPEST = 8
"""Levels of composition: schemas may be composed of themselves."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads YAML 1.2 as far as the specs use it: a date is a string, and only true and false are booleans."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith((":timestamp", ":bool"))]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def folder() -> Path:
    """The folder of the effective specs.

    Raises:
        FileNotFoundError: the specs are neither in the package nor in the checkout around it.
    """
    found = next((folder for folder in FOLDERS if folder.is_dir()), None)
    if found is None:
        raise FileNotFoundError(f"no effective specs in {' or '.join(map(str, FOLDERS))}")
    return found


def paths(home: Path | None = None) -> dict[str, Path]:
    """The effective specs in a folder, by name: one that is added is served at once.

    Args:
        home: the folder; by default that of the package.

    Raises:
        FileNotFoundError: there is none.
    """
    home = home or folder()
    found = {path.stem: path for path in sorted(home.glob("*.yaml"))}
    if not found:
        raise FileNotFoundError(f"no effective spec in {home}")
    return found


def document(path: Path) -> dict[str, Any]:
    """An effective spec; it is read once, as long as the file stays as it is.

    Raises:
        ValueError: it is not one.
    """
    return _document(path, path.stat().st_mtime_ns)


@functools.lru_cache(16)
def _document(path: Path, changed: int) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not YAML: {error}") from None
    if not isinstance(loaded, dict) or not isinstance(loaded.get("paths"), dict):
        raise ValueError(f"{path} is not an OpenAPI document: it has no paths")
    if not str(loaded.get("openapi", "")).startswith(("3.0", "3.1")):
        raise ValueError(f"{path} is not an OpenAPI document of version 3.0 or 3.1")
    return loaded


def resolve(spec: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """The node that a reference within a spec leads to; any other node as it is."""
    while "$ref" in node:
        target: Any = spec
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def members(spec: Mapping[str, Any], schema: Mapping[str, Any], depth: int = 0) -> tuple[dict[str, Any], set[str]]:
    """All properties of an object schema, and which of them are required; with those of ``allOf`` members.

    Of alternatives the properties count, too, and those that all of them require.
    """
    schema = resolve(spec, schema)
    properties: dict[str, Any] = {}
    required = set(schema.get("required", ()))
    if depth > _DEEPEST:
        return properties, required
    for member in schema.get("allOf", ()):
        inherited, needed = members(spec, member, depth + 1)
        properties |= inherited
        required |= needed
    alternatives = [members(spec, member, depth + 1) for key in ("oneOf", "anyOf") for member in schema.get(key, ())]
    for found, _ in alternatives:
        properties |= found
    required |= set.intersection(*(needed for _, needed in alternatives)) if alternatives else set()
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
        """The kind of objects that it is about; the first literal segment of its path, if no overlay names it."""
        literal = next((part for part in self.path.split("/") if part and not part.startswith("{")), "root")
        return str(self.definition.get("x-sdk-group") or re.sub(r"\W", "_", literal))

    @functools.cached_property
    def verb(self) -> str:
        """The name of the method that calls it; empty, if no overlay names it."""
        return str(self.definition.get("x-sdk-method", ""))

    @functools.cached_property
    def parameters(self) -> list[Mapping[str, Any]]:
        """Its parameters, references followed."""
        return [resolve(self.spec, found) for found in self.definition.get("parameters", ())]

    def takes(self, name: str, argument: str) -> bool:
        """Return whether a path argument can be one: an integer has digits only."""
        schema: Mapping[str, Any] = next((found for found in self.parameters if found["name"] == name), {})
        kind = resolve(self.spec, schema.get("schema", {})).get("type")
        return kind != "integer" or re.fullmatch("-?[0-9]+", argument) is not None

    @functools.cached_property
    def security(self) -> list[Mapping[str, Any]]:
        """Alternative requirements, each by names of security schemes; empty if everybody may call."""
        found: list[Mapping[str, Any]] = self.definition.get("security", self.spec.get("security", []))
        return [] if {} in found else found

    @functools.cached_property
    def status(self) -> int:
        """The status of a success; 200 if the spec names none."""
        codes = [code for code in self.definition["responses"] if code.startswith("2")]
        return int(codes[0].replace("X", "0")) if codes else 200

    @functools.cached_property
    def statuses(self) -> frozenset[str]:
        """All statuses of answers, and perhaps ``default``."""
        return frozenset(self.definition["responses"])

    @functools.cached_property
    def body(self) -> Mapping[str, Any]:
        """The schemas of its bodies by media type."""
        content = resolve(self.spec, self.definition.get("requestBody", {})).get("content", {})
        return {media: found.get("schema", {}) for media, found in content.items()}

    @functools.cached_property
    def is_multipart(self) -> bool:
        """Return whether it takes a form with files."""
        return "multipart/form-data" in self.body

    def body_properties(self) -> set[str]:
        """The properties that its body has, by the spec."""
        schema = self.body.get(JSON)
        return set(members(self.spec, schema)[0]) if schema is not None else set()

    def answers(self, status: int) -> bool:
        """Return whether the spec says what an answer with a status looks like."""
        return bool(self.statuses & {str(status), f"{status // 100}XX", "default"})

    def content(self, status: int) -> tuple[str, Mapping[str, Any]] | None:
        """The media type and the schema of an answer with a status, JSON before others; None without content."""
        if status not in self._contents:
            self._contents[status] = self._content(status)
        return self._contents[status]

    @functools.cached_property
    def _contents(self) -> dict[int, tuple[str, Mapping[str, Any]] | None]:
        return {}

    def _content(self, status: int) -> tuple[str, Mapping[str, Any]] | None:
        responses = self.definition["responses"]
        found = responses.get(str(status)) or responses.get(f"{status // 100}XX") or responses.get("default") or {}
        content = resolve(self.spec, found).get("content", {})
        media = next(filter(is_json, content), next(iter(content), None))
        return None if media is None else (media, resolve(self.spec, content[media].get("schema", {})))

    def response_schema(self, status: int) -> Mapping[str, Any] | None:
        """The schema of an answer in JSON with a status, references followed; None if there is none."""
        found = self.content(status)
        return found[1] if found and is_json(found[0]) else None

    @functools.cached_property
    def envelope(self) -> str | None:
        """The property of a successful answer that holds the objects, such as ``data``; None if they come bare."""
        schema = self.response_schema(self.status)
        if schema is None or schema.get("type") == "array":
            return None
        properties, _ = members(self.spec, schema)
        return "data" if "data" in properties and set(properties) <= {"data", "extra"} else None

    @functools.cached_property
    def is_list(self) -> bool:
        """Return whether a successful answer is a list of objects."""
        schema = self._answered()
        return schema is not None and schema.get("type") == "array"

    @functools.cached_property
    def item_schema(self) -> Mapping[str, Any] | None:
        """The schema of the objects in a successful answer, its reference kept; None without content."""
        schema = self._answered()
        if schema is None:
            return None
        return schema.get("items", {}) if schema.get("type") == "array" else self._answered(followed=False)

    def _answered(self, *, followed: bool = True) -> Mapping[str, Any] | None:
        found = self.content(self.status)
        if found is None or not is_json(found[0]):
            return None
        node = found[1]
        if self.envelope:
            node = members(self.spec, node)[0][self.envelope]
        return resolve(self.spec, node) if followed else node

    @functools.cached_property
    def item(self) -> tuple[dict[str, Any], set[str]] | None:
        """Properties of the objects in the answer and which are required; None if other properties may be there."""
        if self.item_schema is None:
            return None
        item = resolve(self.spec, self.item_schema)
        if item.get("additionalProperties") or "anyOf" in item or "oneOf" in item:
            return None
        found = members(self.spec, item)
        return found if found[0] else None


def is_json(media: str) -> bool:
    """Return whether a media type is JSON, or any."""
    return media in ("*/*", "download/json") or re.fullmatch(r"[\w.*-]+/([\w.-]+\+)?json(;.*)?", media) is not None


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
        fitting = [found for found in self._at(path) if found[0].method == method.lower()]
        # Templates may differ in their parameters alone: a text is not what an integer parameter is for.
        typed = (found for found in fitting if all(map(found[0].takes, *zip(*found[1].items(), strict=True))))
        return next(typed, fitting[0]) if len(fitting) > 1 else next(iter(fitting), None)

    def methods(self, path: str) -> list[str]:
        """The methods that a path knows."""
        return list(dict.fromkeys(operation.method.upper() for operation, _ in self._at(path)))

    def _at(self, path: str) -> list[tuple[Operation, dict[str, str]]]:
        """The operations of the best template: a concrete path goes before a templated one, with all its methods.

        Templates that differ in the names of their parameters alone are one.
        """
        sent = [unquote(segment) for segment in path.split("/")]
        best: list[tuple[Operation, dict[str, str]]] = []
        shape: list[bool] | None = None
        for template, operation in self._routes.get(len(sent), ()):
            form = [segment.startswith("{") for segment in template]
            if shape is not None and form != shape:
                break
            arguments: dict[str, str] = {}
            for expected, segment in zip(template, sent, strict=True):
                if expected.startswith("{") and segment:
                    arguments[expected[1:-1]] = segment
                elif segment != expected:
                    break
            else:
                shape = form
                best.append((operation, arguments))
        return best


def _operations(spec: Mapping[str, Any]) -> Iterator[Operation]:
    for path, item in spec["paths"].items():
        for method in _METHODS:
            if method in item:
                shared = [*item.get("parameters", ()), *item[method].get("parameters", ())]
                yield Operation(spec, method, path, {**item[method], "parameters": shared})
