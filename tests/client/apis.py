"""The generated clients as the tests see them: package and effective spec side by side."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from openapi_core import OpenAPI
from openapi_python_client.strings import ClassName, PythonIdentifier

from scripts.codegen.lowering import FIELD_PREFIX
from scripts.specs.documents import load, plain
from scripts.specs.project import ROOT
from scripts.specs.spec import METHODS, Spec
from tests.instances import Instances

GENERATED = ROOT / "generated"
NAMES = sorted(path.stem for path in (GENERATED / "specs").glob("*.yaml"))


@dataclass(frozen=True, repr=False)
class Operation:
    """An operation of the effective spec, with the module generated from it."""

    api: Api
    route: str
    method: str
    spec: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.api.name}:{self.spec['operationId']}"

    __repr__ = __str__

    def _repr_pretty_(self, printer: Any, _: bool) -> None:
        """Be short in what hypothesis says of a failure, too: it would show the whole spec."""
        printer.text(str(self))

    @property
    def module(self) -> ModuleType:
        """The generated module."""
        tag = PythonIdentifier(self.spec["tags"][0], "tag")
        name = PythonIdentifier(self.spec["operationId"], FIELD_PREFIX)
        return importlib.import_module(f"abwire.{self.api.package}.api.{tag}.{name}")

    @property
    def parameters(self) -> list[Mapping[str, Any]]:
        """The parameters, references followed."""
        return [self.api.resolve(parameter) for parameter in self.spec.get("parameters", ())]

    @property
    def body(self) -> tuple[str, Mapping[str, Any]] | None:
        """The media type and the schema of the body, if the operation takes one."""
        content = self.api.resolve(self.spec.get("requestBody", {})).get("content", {})
        return next(((media_type, found["schema"]) for media_type, found in content.items()), None)


@dataclass(frozen=True, repr=False)
class Api:
    """One API."""

    name: str
    document: dict[str, Any]

    def __repr__(self) -> str:
        return self.name

    @property
    def package(self) -> str:
        """The name of its package in ``abwire``."""
        return self.name.replace("-", "_")

    @functools.cached_property
    def models(self) -> ModuleType:
        """Its models."""
        return importlib.import_module(f"abwire.{self.package}.models")

    @functools.cached_property
    def validator(self) -> OpenAPI:
        """An independent judge of requests and responses."""
        return OpenAPI.from_dict(self.document)

    @functools.cached_property
    def instances(self) -> Instances:
        """Makes instances of its schemas, as answers hold them."""
        return Instances(self.document)

    @functools.cached_property
    def request_instances(self) -> Instances:
        """Makes instances of its schemas, as requests may hold them."""
        return Instances(self.document, for_requests=True)

    def resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """The node that a reference leads to."""
        return Spec(self.document, Path()).resolve(node)

    def model_of(self, schema: Mapping[str, Any]) -> Any:
        """The model class of a reference to a component schema; None if there is none."""
        name = ClassName(schema.get("$ref", "").rsplit("/", 1)[-1], FIELD_PREFIX)
        return getattr(self.models, name) if name in self.models.__all__ else None

    def operations(self) -> Iterator[Operation]:
        """All operations, in the order of the spec."""
        for route, item in self.document["paths"].items():
            for method in (method for method in METHODS if method in item):
                yield Operation(self, route, method, item[method])


@functools.cache
def api(name: str) -> Api:
    """An API by the name of its spec."""
    return Api(name, plain(load(Path(GENERATED / "specs" / f"{name}.yaml"), keep_comments=False)))


OPERATIONS = [operation for name in NAMES for operation in api(name).operations()]

# Hypothesis draws on the constants of all loaded modules, so none may be loaded between two draws.
for _operation in OPERATIONS:
    _operation.module  # noqa: B018 - loads it
    for _model in _operation.api.models.__all__:
        getattr(_operation.api.models, _model)
