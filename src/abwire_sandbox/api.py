"""An API as a whole: which operation is carried out by what."""

from __future__ import annotations

import functools
import importlib
import importlib.util
from collections.abc import Callable, Collection, Mapping, Sequence
from types import ModuleType
from typing import Any

from abwire_sandbox.engine import CODE, COMMON, SCHEMA, SHAPE, Answer, Call, Engine, Handler
from abwire_sandbox.generic import Generic
from abwire_sandbox.shapes import VERBS, Kind, Shape, shapes
from abwire_sandbox.specs import Operation


class Api:
    """Answers valid requests to one API.

    Args:
        engine: keeps its objects.
        operations: all its operations.
        handlers: what the engine does not do, by ``group.method`` or, for all groups, by ``method``.
        check: is called before each request is carried out; raises :class:`Refused` if it must not be.
        is_valid: whether an answer to an operation is what the spec says.
    """

    def __init__(
        self,
        engine: Engine,
        operations: Sequence[Operation],
        handlers: Mapping[str, Handler],
        check: Callable[[Engine, Call], None],
        is_valid: Callable[[Operation, Any], bool],
    ) -> None:
        self.engine = engine
        self._check = check
        self._served: dict[str, tuple[Handler, str, str]] = {}
        generic = Generic(engine, is_valid)
        found = shapes(operations)
        for operation in operations:
            self._served[operation.id] = _serving(operation, found.get(operation.id), engine, handlers, generic)

    def handle(self, call: Call) -> Answer:
        """Carry out a request.

        Raises:
            Refused: it cannot be carried out.
        """
        handler, call.kind, made_by = self._served[call.operation.id]
        self.engine.check_parents(call)
        self._check(self.engine, call)
        answer = handler(self.engine, call)
        answer.made_by = made_by
        return answer


@functools.cache
def code(name: str) -> ModuleType | None:
    """The code that the sandbox has for an API, if there is some: the package that is named like its spec."""
    package = f"abwire_sandbox.{name.replace('-', '_')}"
    return importlib.import_module(f"{package}.api") if importlib.util.find_spec(package) else None


def undescribed(
    operations: Sequence[Operation], described: Collection[str], handlers: Collection[str]
) -> dict[str, Kind]:
    """The kinds of objects that are served by the shapes of operations, by name: neither data nor code is for them."""
    found = shapes(operations)
    return {
        found[operation.id].kind.name: found[operation.id].kind
        for operation in operations
        if operation.id in found
        and found[operation.id].kind.name not in described
        and f"{operation.group}.{operation.verb}" not in handlers
        and not (operation.group in described and operation.verb in VERBS)
    }


def _serving(
    operation: Operation, shape: Shape | None, engine: Engine, handlers: Mapping[str, Handler], generic: Generic
) -> tuple[Handler, str, str]:
    """Return what carries out an operation, on which kind of objects, and whether it is code, shape or schema."""
    group, verb = operation.group, operation.verb
    if f"{group}.{verb}" in handlers:
        return handlers[f"{group}.{verb}"], group, CODE
    is_described = group in engine.resources and engine.resources[group].kind is None
    if is_described and verb in VERBS:
        return handlers.get(verb) or COMMON.get(verb) or generic.list, group, CODE
    if shape is not None:
        kind = group if is_described and shape.kind.name == group else shape.kind.name
        if engine.resources[kind].kind is None:
            handler = handlers.get(shape.action) or COMMON.get(shape.action)
        else:
            handler = handlers.get("list") if shape.action == "list" else None
        return handler or generic.actions[shape.action], kind, SHAPE
    return generic.made_up, group, SCHEMA
