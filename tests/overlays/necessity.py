"""What the necessity tests stand on: a contract that holds with all overlays and breaks when one is left out."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from openapi_schema_validator import OAS30Validator
from referencing import Registry
from referencing.jsonschema import DRAFT4

from scripts.specs import documents, overlays
from scripts.specs.project import Api, find_apis
from scripts.specs.spec import Spec

_BASE = "urn:effective-spec"


class EffectiveSpec:
    """An effective spec, asked for its parts and for what it accepts."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._registry: Registry[Any] = Registry().with_resource(_BASE, DRAFT4.create_resource(document))

    def at(self, *keys: str | int) -> Any:
        """The node that the keys lead to; KeyError or IndexError if there is none."""
        node: Any = self.document
        for key in keys:
            node = node[key]
        return node

    def schema(self, name: str) -> dict[str, Any]:
        """A component schema by name."""
        found: dict[str, Any] = self.at("components", "schemas", name)
        return found

    def operation(self, operation_id: str) -> dict[str, Any]:
        """An operation by its operationId."""
        for path_item in self.document["paths"].values():
            for operation in path_item.values():
                if isinstance(operation, dict) and operation.get("operationId") == operation_id:
                    return operation
        raise LookupError(operation_id)

    def parameters(self, operation_id: str) -> dict[str, dict[str, Any]]:
        """An operation's own parameters by name, references followed."""
        resolved = (self.resolve(parameter) for parameter in self.operation(operation_id).get("parameters", ()))
        return {parameter["name"]: parameter for parameter in resolved}

    def resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        """The node that a reference leads to; any other node as it is."""
        return dict(Spec(self.document, Path()).resolve(node))

    def accepts(self, schema: str, instance: object) -> bool:
        """Whether a component schema accepts an instance."""
        self.schema(schema)
        return self.accepts_schema({"$ref": f"#/components/schemas/{schema}"}, instance)

    def accepts_schema(self, schema: dict[str, Any], instance: object) -> bool:
        """Whether a schema, whose references point into this spec, accepts an instance."""
        return bool(OAS30Validator(_absolute(schema), registry=self._registry).is_valid(instance))


def _absolute(node: Any) -> Any:
    """The schema with its references (in mappings too) made absolute: they are followed from outside the document."""
    if isinstance(node, dict):
        return {key: _absolute(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_absolute(item) for item in node]
    return f"{_BASE}{node}" if isinstance(node, str) and node.startswith("#/") else node


@functools.cache
def effective_spec(api: str, without: str | None = None) -> EffectiveSpec:
    """The effective spec of an API; without one overlay, what still applies of the others."""
    return EffectiveSpec(json.loads(_steps(api)[-1]) if without is None else _without(api, without))


def _without(api: str, name: str) -> dict[str, Any]:
    """What still applies without an overlay: from where it would have its turn."""
    paths = _api(api).overlays
    index = next(index for index, path in enumerate(paths) if path.name == name)
    document: dict[str, Any] = json.loads(_steps(api)[index])
    for path in paths[index + 1 :]:
        overlays.apply(document, _overlay(path), strict=False)
    return document


@functools.cache
def _steps(api: str) -> list[str]:
    """The spec of an API before each overlay, and after the last, as JSON."""
    document = documents.load(_api(api).spec, keep_comments=False)
    steps = [json.dumps(document)]
    for path in _api(api).overlays:
        overlays.apply(document, _overlay(path))
        steps.append(json.dumps(document))
    return steps


_overlay = functools.cache(overlays.read)


@functools.cache
def _api(name: str) -> Api:
    return next(api for api in find_apis() if api.name == name)


def necessity(overlay: str) -> Callable[[Callable[[EffectiveSpec], None]], Callable[[], None]]:
    """Make a test of a contract that only one overlay provides.

    Args:
        overlay: the overlay's file, relative to the folder ``overlays``.
    """
    path = PurePosixPath(overlay)

    def decorate(contract: Callable[[EffectiveSpec], None]) -> Callable[[], None]:
        def test() -> None:
            api = path.parent.name
            assert path.name in {file.name for file in _api(api).overlays}, f"there is no overlay {overlay}"
            contract(effective_spec(api))
            try:
                contract(effective_spec(api, path.name))
            except (AssertionError, LookupError):
                return
            raise AssertionError(f"the contract holds without {overlay} too")

        test.__name__ = contract.__name__
        test.__doc__ = contract.__doc__
        test.__module__ = contract.__module__
        return test

    return decorate
