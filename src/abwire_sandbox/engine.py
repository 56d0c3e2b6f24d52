"""What both APIs do alike with their objects: list, search, get, create, replace, update, delete, duplicate.

Which operation does which follows from the names that the overlays give to methods; :class:`Resource` says what is
particular to a kind of object, and the packages of the vendors do what remains.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from abwire_sandbox import keys, specs
from abwire_sandbox.errors import Refused
from abwire_sandbox.specs import Operation
from abwire_sandbox.store import Item, Store
from abwire_sandbox.world import World


@dataclass(frozen=True)
class Upload:
    """A file in a form."""

    name: str
    content_type: str
    content: bytes


@dataclass
class Call:
    """A valid request, read."""

    operation: Operation
    arguments: dict[str, str]
    """Path arguments, as text."""
    query: dict[str, Any]
    """Query arguments by the kinds that the spec gives them."""
    body: Any = None
    """The body, from JSON; of a form, its parts."""
    goes_wrong: Callable[[str], bool] = lambda kind: False
    """Whether a fault of a kind was asked for; it counts as hit, so ask where it would have an effect."""


@dataclass
class Answer:
    """What a request is answered with, on success."""

    payload: Any = None
    """JSON; None where the spec has no content. A function is called in a thread of its own, since it takes long."""
    headers: dict[str, str] = field(default_factory=dict)


def _as_it_is(engine: Engine, item: Item, call: Call) -> Item:
    return item


@dataclass(frozen=True)
class Resource:
    """How the objects of one kind are kept.

    Args:
        noun: one of them, for error messages.
        by: which field a path argument names, for each.
        key: the field that is unique.
        make: completes a new object, whose key is set, from the request.
        fixed: fields that only the server sets.
        final: fields that are set at the beginning only.
        optional: fields that are empty in answers unless they are asked for, with what stands for empty.
        title: the field with the name.
    """

    noun: str
    by: Mapping[str, str] = field(default_factory=dict)
    key: str = "id"
    make: Callable[[Engine, Item, Call], Item] = _as_it_is
    fixed: Collection[str] = ()
    final: Collection[str] = ()
    optional: Mapping[str, Any] = field(default_factory=dict)
    title: str = "name"

    def keeps(self, name: str) -> bool:
        """Whether a field stays as it is, whatever a change says."""
        return name == self.key or name in self.fixed or name in self.final


class Engine:
    """Keeps the objects of one API.

    Args:
        store: where they are kept.
        world: what the sandbox is to be like.
        namespace: what the names of their collections begin with.
        resources: the kinds of objects, by the groups of their operations.
    """

    def __init__(self, store: Store, world: World, namespace: str, resources: Mapping[str, Resource]) -> None:
        self.store = store
        self.world = world
        self.resources = resources
        self._namespace = namespace

    def timestamp(self) -> str:
        """The time, as answers have it."""
        return self.world.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def collection(self, group: str) -> str:
        """The name of a collection in the store."""
        return f"{self._namespace}.{group}"

    def items(self, group: str) -> list[Item]:
        """All objects of a kind, oldest first."""
        return self.store.items(self.collection(group))

    def get(self, group: str, key: object) -> Item | None:
        """An object by its key."""
        return self.store.get(self.collection(group), key)

    def put(self, group: str, item: Item) -> Item:
        """Add an object, or put it in the place of the one with the same key."""
        return self.store.put(self.collection(group), item[self.resources[group].key], item)

    def remove(self, group: str, item: Item) -> None:
        """Remove an object."""
        self.store.remove(self.collection(group), item[self.resources[group].key])

    def new_key(self, group: str) -> int:
        """A number that no object of the kind has, or had."""
        return keys.new_key(self.store, self.collection(group))

    # --- what operations do ---

    def scope(self, call: Call) -> list[Item]:
        """The objects of the kind that a call is about, within what its path arguments name."""
        group = call.operation.group
        resource = self.resources[group]
        by = {resource.by[name]: value for name, value in call.arguments.items()}
        if tuple(by) == (resource.key,):
            item = self.get(group, by[resource.key])
            return [] if item is None else [item]
        return [item for item in self.items(group) if all(str(item.get(name)) == by[name] for name in by)]

    def find(self, call: Call) -> Item:
        """The object that the path arguments name.

        Raises:
            Refused: there is none.
        """
        found = self.scope(call)
        if not found:
            named = "/".join(call.arguments.values())
            raise Refused(404, f"there is no {self.resources[call.operation.group].noun} {named}")
        return found[0]

    def add(self, call: Call, body: Mapping[str, Any]) -> Item:
        """Make an object of what a request says."""
        group = call.operation.group
        resource = self.resources[group]
        fixed = {resource.key, *resource.fixed}
        given = {name: value for name, value in body.items() if name not in fixed and value is not None}
        return self.put(group, resource.make(self, {resource.key: self.new_key(group), **given}, call))

    def create(self, call: Call) -> Answer:
        """Create an object."""
        return self.answer(call, self.add(call, call.body))

    def read(self, call: Call) -> Answer:
        """Read an object."""
        return self.answer(call, self.find(call))

    def replace(self, call: Call) -> Answer:
        """Replace an object: what the request leaves out is gone, save what it could not have set."""
        old = self.find(call)
        resource = self.resources[call.operation.group]
        kept = {name: value for name, value in old.items() if resource.keeps(name)}
        given = {name: value for name, value in call.body.items() if not resource.keeps(name) and value is not None}
        return self.answer(call, self.change(call, old, {**kept, **given}))

    def patch(self, call: Call) -> Answer:
        """Update an object by a JSON merge patch (RFC 7396): null removes, an array is replaced as a whole."""
        old = self.find(call)
        return self.answer(call, self.change(call, old, merged(old, self.changes(call))))

    def changes(self, call: Call) -> dict[str, Any]:
        """What the body of an update may change."""
        resource = self.resources[call.operation.group]
        return {name: value for name, value in call.body.items() if not resource.keeps(name)}

    def change(self, call: Call, old: Item, new: Item) -> Item:
        """Put a changed object in the place of the old one.

        Raises:
            Refused: a field would be gone that answers must have.
        """
        required = call.operation.item[1] if call.operation.item else set()
        gone = sorted(name for name in required if name not in new)
        if gone:
            raise Refused(422, f"{', '.join(gone)} cannot be removed", fields=tuple(gone))
        for name in ("dateModified", "modificationDate"):
            if name in old:
                new = {**new, name: self.timestamp()}
        return self.put(call.operation.group, new)

    def delete(self, call: Call) -> Answer:
        """Delete an object."""
        self.remove(call.operation.group, self.find(call))
        return Answer()

    def duplicate(self, call: Call) -> Answer:
        """Copy an object under another name, which the request may give."""
        resource = self.resources[call.operation.group]
        old = self.find(call)
        copy = {**old, resource.title: f"{old.get(resource.title, resource.noun)} (copy)"}
        given = {name: value for name, value in (call.body or {}).items() if name in copy and value is not None}
        return self.answer(call, self.add(call, {**copy, **given}))

    # --- answers ---

    def answer(self, call: Call, item: Item, *, is_whole: bool | None = None) -> Answer:
        """An object as the answer to a call; see :meth:`shown`."""
        return Answer(self.shown(call, item, is_whole=is_whole))

    def answer_all(self, call: Call, items: Sequence[Item]) -> Answer:
        """Objects as the answer to a call."""
        return Answer([self.shown(call, item) for item in items])

    def shown(self, call: Call, item: Item, *, is_whole: bool | None = None) -> Item:
        """An object as an answer has it: only what the spec knows, and optional fields empty unless asked for.

        Args:
            call: the call.
            item: the object.
            is_whole: whether optional fields are there in any case; by default, where they cannot be asked for.
        """
        known = call.operation.item
        shown = dict(item) if known is None else {name: value for name, value in item.items() if name in known[0]}
        if is_whole is None:
            is_whole = all(parameter["name"] != "optionalFields" for parameter in call.operation.parameters)
        if not is_whole:
            asked = call.query.get("optionalFields", ())
            for name, empty in self.resources[call.operation.group].optional.items():
                if name in shown and name not in asked:
                    shown[name] = empty
        return shown

    def fields(self, call: Call) -> set[str]:
        """The fields of the objects that a call is about."""
        known = call.operation.item
        return set(known[0]) if known else set()


Handler = Callable[[Engine, Call], Answer]
"""Carries out a valid request; raises :class:`Refused` if it cannot be."""

COMMON: Mapping[str, Handler] = {
    "get": Engine.read,
    "create": Engine.create,
    "replace": Engine.replace,
    "update": Engine.patch,
    "delete": Engine.delete,
    "duplicate": Engine.duplicate,
}
"""Handlers by the name of the method."""


class Api:
    """Answers valid requests to one API.

    Args:
        engine: keeps its objects.
        operations: all its operations.
        handlers: what the engine does not do, by ``group.method`` or, for all groups, by ``method``.
        check: is called before each request is carried out; raises :class:`Refused` if it must not be.

    Raises:
        LookupError: nothing carries out an operation.
    """

    def __init__(
        self,
        engine: Engine,
        operations: Sequence[Operation],
        handlers: Mapping[str, Handler],
        check: Callable[[Engine, Call], None],
    ) -> None:
        self.engine = engine
        self._check = check
        self._handlers: dict[str, Handler] = {}
        for operation in operations:
            name = f"{operation.group}.{operation.verb}"
            handler = handlers.get(name) or handlers.get(operation.verb) or COMMON.get(operation.verb)
            if handler is None:
                raise LookupError(f"the sandbox has nothing that does {name}")
            self._handlers[operation.id] = handler

    def handle(self, call: Call) -> Answer:
        """Carry out a request.

        Raises:
            Refused: it cannot be carried out.
        """
        self._check(self.engine, call)
        return self._handlers[call.operation.id](self.engine, call)


def merged(old: Any, patch: Any) -> Any:
    """A value after a JSON merge patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    new = dict(old) if isinstance(old, dict) else {}
    for name, value in patch.items():
        if value is None:
            new.pop(name, None)
        else:
            new[name] = merged(new.get(name), value)
    return new


def read_query(operation: Operation, query: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The query arguments of a valid request, by the kinds that the spec gives them."""
    sent = dict(query)
    read: dict[str, Any] = {}
    for parameter in operation.parameters:
        name = parameter["name"]
        if parameter["in"] != "query" or name not in sent:
            continue
        schema = specs.resolve(operation.spec, parameter.get("schema", {}))
        if "content" in parameter:
            read[name] = json.loads(sent[name])
        elif schema.get("type") == "integer":
            read[name] = int(sent[name])
        elif schema.get("type") == "array":
            read[name] = [item for item in sent[name].split(",") if item]
        else:
            read[name] = sent[name]
    return read
