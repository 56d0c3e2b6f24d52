"""What an effective spec tells of the client: which operation a method calls, and where a model is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openapi_python_client.strings import ClassName, PythonIdentifier

from scripts.codegen.lowering import FIELD_PREFIX
from scripts.specs.spec import Pointer, Spec, objects

SCHEMAS = ("components", "schemas")
"""Where component schemas stand in a spec."""


@dataclass
class Use:
    """Where a model is used.

    Attributes:
        sent: the operations whose requests have it.
        received: the operations whose answers have it.
    """

    sent: set[str] = field(default_factory=set)
    received: set[str] = field(default_factory=set)

    @property
    def operations(self) -> tuple[str, ...]:
        """All operations that have it, in the order of their names."""
        return tuple(sorted(self.sent | self.received))


class Index:
    """The names of one API; operations are known as ``GET /goals``.

    Args:
        document: the effective spec; an empty one for an API that is not there.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._spec = Spec(dict(document), Path())
        self.entry: str | None = document.get("x-sdk-client", {}).get("name")
        """The name of the entry class."""
        self.methods: dict[tuple[str, str], str] = {}
        """The operation by group and method."""
        self.modules: dict[tuple[str, str], str] = {}
        """The operation by the tag and the module of the low level."""
        self._python: dict[str, str] = {}
        self._uses: dict[str, Use] = {}
        for pointer, operation in self._spec.operations():
            self._add(pointer, operation)

    def python_name(self, operation: str) -> str | None:
        """How an operation is called, such as ``Kameleoon.goals.list``; None if it is not known, or not called so."""
        return self._python.get(operation)

    def use(self, model: str) -> Use | None:
        """Where a model or an enum is used, by the name of its class; None if it is not known.

        A schema that stands within another one is used where that one is: the name of its class begins with the
        other's.
        """
        while model and model not in self._uses:
            model = model[:-1]
        return self._uses.get(model)

    def schema(self, name: str) -> Mapping[str, Any] | None:
        """A component schema; None if there is none of that name."""
        found: Mapping[str, Any] | None = self._spec.schemas.get(name)
        return found

    def class_of(self, schema: str) -> str:
        """The class of a component schema."""
        return str(ClassName((self.schema(schema) or {}).get("title") or schema, FIELD_PREFIX))

    # --- reading the spec ---

    def _add(self, pointer: Pointer, operation: Mapping[str, Any]) -> None:
        name = f"{pointer[2].upper()} {pointer[1]}"
        tag = str(PythonIdentifier((operation.get("tags") or [""])[0], "tag"))
        self.modules[tag, str(PythonIdentifier(operation["operationId"], FIELD_PREFIX))] = name
        group, method = operation.get("x-sdk-group"), operation.get("x-sdk-method")
        if group and method:
            self._python[name] = f"{self.entry}.{group}.{method}"
            for called in (method, operation.get("x-sdk-poll", {}).get("method")):
                if called:
                    self.methods[group, called] = name
        request = {
            "parameters": self._spec.parameters(pointer),
            "requestBody": operation.get("requestBody", {}),
        }
        for model in self._models_of(request):
            self._uses.setdefault(model, Use()).sent.add(name)
        for model in self._models_of({"responses": operation.get("responses", {})}):
            self._uses.setdefault(model, Use()).received.add(name)
        # Schemas that stand in the operation itself are named after it.
        self._uses[str(ClassName(operation["operationId"], FIELD_PREFIX))] = Use({name}, {name})

    def _models_of(self, part: Mapping[str, Any]) -> set[str]:
        """The classes of all schemas that a part of an operation leads to."""
        seen: set[str] = set()
        waiting: list[Mapping[str, Any]] = [part]
        while waiting:
            for _, found in objects(waiting.pop()):
                for reference in _references(found):
                    if reference not in seen:
                        seen.add(reference)
                        waiting.append(self._spec.resolve({"$ref": reference}))
        prefix = f"#/{'/'.join(SCHEMAS)}/"
        return {self.class_of(name.removeprefix(prefix)) for name in seen if name.startswith(prefix)}


def _references(node: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(node.get("$ref"), str):
        yield node["$ref"]
    for key in ("discriminator", "x-sdk-discriminator"):
        rule = node.get(key, {})
        yield from rule.get("mapping", {}).values()
        if "defaultMapping" in rule:
            yield rule["defaultMapping"]
