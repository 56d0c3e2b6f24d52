"""What an operation does, told from its method, its path and its schemas, where nobody wrote code for it.

``POST /things`` that answers with one object creates it, ``GET /things/{id}`` reads it, and so on; the verbs that some
paths have, such as ``/things/{id}/update``, count like methods. All else has no shape: its answer is made up from its
schema.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from abwire_sandbox.specs import Operation, members, resolve

VERBS: Final = {
    "add": "create",
    "create": "create",
    "new": "create",
    "get": "get",
    "update": "update",
    "edit": "update",
    "replace": "replace",
    "delete": "delete",
    "remove": "delete",
    "clone": "duplicate",
    "copy": "duplicate",
    "duplicate": "duplicate",
    "list": "list",
    "search": "list",
}
"""Words in paths that say what an operation does."""
KNOWN: Final = frozenset(VERBS.values())
"""What an operation may do with objects of a kind, by the names that overlays give to methods."""
_METHODS: Final = {"get": "get", "put": "replace", "patch": "update", "delete": "delete"}


@dataclass(frozen=True)
class Kind:
    """A kind of objects, told from the operations on it.

    Attributes:
        name: of the group of its operations, or of its collection, such as ``experiences.sections``.
        parents: the path parameters that say where an object belongs.
        own: the path parameter that names one object; None if no operation has one.
        key: the property that identifies an object.
        schema: of the objects.
    """

    name: str
    parents: tuple[str, ...]
    own: str | None
    key: str
    schema: Mapping[str, Any]

    @property
    def noun(self) -> str:
        """One of them, for people."""
        last = self.name.rpartition(".")[2].replace("_", " ").replace("-", " ")
        return singular(last)


@dataclass(frozen=True)
class Shape:
    """What an operation does: an action of :data:`KNOWN`, or ``act`` for any other one on an object of the kind."""

    action: str
    kind: Kind


def singular(noun: str) -> str:
    """Return the singular of a plural noun."""
    for ending, other in (("ies", "y"), ("ses", "s"), ("s", "")):
        if noun.endswith(ending) and not noun.endswith("ss"):
            return noun.removesuffix(ending) + other
    return noun


@dataclass(frozen=True)
class _Path:
    """The parts of a path."""

    literals: tuple[str, ...]
    """The names of collections, without verbs."""
    parameters: tuple[str, ...]
    verb: str | None
    ends_with_parameter: bool


def _parts(path: str) -> _Path:
    segments = [segment for segment in path.split("/") if segment]
    literals = [segment for segment in segments if not segment.startswith("{")]
    parameters = tuple(segment[1:-1] for segment in segments if segment.startswith("{"))
    verb = next((word for word in reversed(literals[1:]) if word.lower() in VERBS), None)
    named = tuple(word for word in literals if word != verb)
    last = [segment for segment in segments if segment != verb][-1:]
    return _Path(named, parameters, VERBS[verb.lower()] if verb else None, bool(last) and last[0].startswith("{"))


def shapes(operations: Iterable[Operation]) -> dict[str, Shape]:
    """Return the shapes of operations by operationId, without those that have none."""
    by_collection: dict[tuple[str, ...], list[tuple[Operation, _Path]]] = {}
    for operation in operations:
        parts = _parts(operation.path)
        by_collection.setdefault(parts.literals, []).append((operation, parts))
    kinds: dict[tuple[str, ...], Kind] = {}
    for literals, together in by_collection.items():
        kind = _kind(literals, together, {kind.name for kind in kinds.values()})
        if kind is not None:
            kinds[literals] = kind
    found: dict[str, Shape] = {}
    for literals, together in by_collection.items():
        for operation, parts in together:
            if literals in kinds:
                action = _action(operation, parts, kinds[literals])
                if action is not None:
                    found[operation.id] = Shape(action, kinds[literals])
            elif len(literals) > 1 and literals[:-1] in kinds and _answers_with(operation, kinds[literals[:-1]]):
                # Such as /goals/{goalId}/archive, which answers with the goal.
                found[operation.id] = Shape("act", kinds[literals[:-1]])
    return found


def _kind(literals: tuple[str, ...], found: Sequence[tuple[Operation, _Path]], taken: Collection[str]) -> Kind | None:
    """The kind of objects in a collection: at least one operation creates, lists or reads them as objects."""
    single = [(operation, parts) for operation, parts in found if _is_object(operation) and not operation.is_list]
    lists = [(operation, parts) for operation, parts in found if operation.is_list and _is_object(operation)]
    reads = [parts for operation, parts in single if operation.method in _METHODS and _names_one(operation, parts)]
    if not lists and not reads:
        return None
    longest = max(reads, key=lambda parts: len(parts.parameters), default=None)
    own = longest.parameters[-1] if longest else None
    parents = longest.parameters[:-1] if longest else lists[0][1].parameters
    # What answers with the objects themselves: a deletion may answer with a message.
    order = {"get": 0, "post": 1}
    ranked = sorted(single, key=lambda found: (order.get(found[0].method, 2), not found[1].ends_with_parameter))
    whole = [found for found in ranked if found[0].method != "delete" and found[1].verb != "delete"]
    operation = (whole or lists or ranked)[0][0]
    schema = operation.item_schema or {}
    # The first collection of a group has its name, which the data of the sandbox goes by.
    short = operation.group if "x-sdk-group" in operation.definition else literals[-1]
    name = short if short not in taken else ".".join(literals)
    return Kind(name, tuple(parents), own, _key(operation, schema, own), schema)


def _names_one(operation: Operation, parts: _Path) -> bool:
    return bool(parts.parameters) and parts.ends_with_parameter


def _is_object(operation: Operation) -> bool:
    return operation.item_schema is not None and bool(members(operation.spec, operation.item_schema)[0])


def _key(operation: Operation, schema: Mapping[str, Any], own: str | None) -> str:
    """The property that identifies an object: one that is called like the path parameter, or ``id``."""
    properties = members(operation.spec, schema)[0]
    short = re.sub(r"^.*(?:_|(?<=[a-z])(?=[A-Z]))", "", own).lower() if own else "id"
    return next((name for name in (own, short, "id", "key", "code") if name in properties), "id")


def _answers_with(operation: Operation, kind: Kind) -> bool:
    """Return whether an operation on one object answers with it, or with nothing."""
    if kind.own not in _parts(operation.path).parameters or operation.is_list:
        return False
    schema = operation.item_schema
    return schema is None or resolve(operation.spec, schema) == resolve(operation.spec, kind.schema)


def _action(operation: Operation, parts: _Path, kind: Kind) -> str | None:
    names_one = kind.own is not None and len(parts.parameters) > len(kind.parents)
    if parts.verb in ("create", "list"):
        fits = not names_one and (parts.verb == "create") is not operation.is_list
        return parts.verb if fits and _is_object(operation) else None
    if parts.verb is not None:
        return parts.verb if names_one else None
    if operation.is_list:
        return "list" if not names_one and operation.method in ("get", "post") and _is_object(operation) else None
    if operation.method == "post":
        return ("act" if names_one else "create") if _is_object(operation) else None
    return _METHODS.get(operation.method) if names_one else None
