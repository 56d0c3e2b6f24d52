"""What all APIs do alike with their objects: list, search, get, create, replace, update, delete, duplicate.

Which operation does which follows from the names that the overlays give to methods; :class:`Resource` says what is
particular to a kind of object, and the packages of the vendors do what remains.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from abwire_sandbox import specs
from abwire_sandbox.errors import Refused
from abwire_sandbox.shapes import Kind
from abwire_sandbox.specs import Operation
from abwire_sandbox.store import Item, Store
from abwire_sandbox.world import World

CODE: Final = "code"
SHAPE: Final = "shape"
SCHEMA: Final = "schema"
BELONGS: Final = "$belongs"
"""The member of a stored object that holds the path arguments it was made with."""


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
    kind: str = ""
    """The kind of objects that it is about: by default the group of the operation."""

    def __post_init__(self) -> None:
        self.kind = self.kind or self.operation.group


@dataclass
class Answer:
    """What a request is answered with, on success."""

    payload: Any = None
    """JSON or a text; None without content. A function is called in a thread of its own, since it takes long."""
    headers: dict[str, str] = field(default_factory=dict)
    made_by: str = CODE
    """What it was made by: code, the shape of the operation, or its schema alone."""


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
        first: the first number that an object is known by; each kind counts from its own, as with the vendors.
        kind: how the operations see it, where no data describes it.
        needed: fields that a new object must be given, and one that replaces another.
    """

    noun: str
    by: Mapping[str, str] = field(default_factory=dict)
    key: str = "id"
    make: Callable[[Engine, Item, Call], Item] = _as_it_is
    fixed: Collection[str] = ()
    final: Collection[str] = ()
    optional: Mapping[str, Any] = field(default_factory=dict)
    title: str = "name"
    first: int = 1
    kind: Kind | None = None
    needed: Collection[str] = ()

    def keeps(self, name: str) -> bool:
        """Return whether a field stays as it is, whatever a change says."""
        return name == self.key or name in self.fixed or name in self.final


class Engine:
    """Keeps the objects of one API.

    Args:
        store: where they are kept.
        world: what the sandbox is to be like.
        namespace: what the names of their collections begin with.
        resources: the kinds of objects, by the groups of their operations.
        parents: the kinds that path parameters name, by parameter.
    """

    def __init__(
        self,
        store: Store,
        world: World,
        namespace: str,
        resources: Mapping[str, Resource],
        parents: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.store = store
        self.world = world
        self.namespace = namespace
        self.resources = resources
        self.parents = parents

    def timestamp(self) -> str:
        """The time, as answers have it."""
        return self.world.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def collection(self, group: str) -> str:
        """The name of a collection in the store."""
        return f"{self.namespace}.{group}"

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
        return self.store.next_number(self.collection(group), self.resources[group].first)

    # --- what operations do ---

    def scope(self, call: Call) -> list[Item]:
        """The objects of the kind that a call is about, within what its path arguments name."""
        group = call.kind
        resource = self.resources[group]
        by = {resource.by[name]: value for name, value in call.arguments.items() if name in resource.by}
        if tuple(by) == (resource.key,):
            item = self.get(group, by[resource.key])
            return [] if item is None else [item]
        return [item for item in self.items(group) if all(_field(item, name) in (None, by[name]) for name in by)]

    def check_parents(self, call: Call) -> None:
        """Check that what the path arguments say an object belongs to is there.

        Raises:
            Refused: it is not.
        """
        for name, value in call.arguments.items():
            kind = self.parents.get(name)
            if kind is None or kind == call.kind or not self.items(kind):
                continue
            if not any(_field(item, self.resources[kind].by[name]) == value for item in self.items(kind)):
                raise Refused(404, f"there is no {self.resources[kind].noun} {value}", fields=(name,))

    def find(self, call: Call) -> Item:
        """The object that the path arguments name.

        Raises:
            Refused: there is none.
        """
        found = self.scope(call)
        if not found:
            resource = self.resources[call.kind]
            last = [value for name, value in call.arguments.items() if name in resource.by][-1:]
            name = next((name for name in reversed(call.arguments) if name in resource.by), None)
            raise Refused(404, f"there is no {resource.noun} {''.join(last)}".rstrip(), fields=(name,) if name else ())
        return found[0]

    def add(self, call: Call, body: Mapping[str, Any]) -> Item:
        """Make an object of what a request says."""
        group = call.kind
        resource = self.resources[group]
        fixed = {resource.key, *resource.fixed}
        known = call.operation.item
        given = {
            name: value
            for name, value in body.items()
            if name not in fixed and value is not None and (known is None or name in known[0])
        }
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
        resource = self.resources[call.kind]
        missing = sorted(name for name in resource.needed if name not in call.body and not resource.keeps(name))
        if missing:
            raise Refused(422, f"{', '.join(missing)} must be given: a PUT replaces all", fields=tuple(missing))
        kept = {name: value for name, value in old.items() if resource.keeps(name)}
        given = {name: value for name, value in call.body.items() if not resource.keeps(name) and value is not None}
        return self.answer(call, self.change(call, old, {**kept, **given}))

    def patch(self, call: Call) -> Answer:
        """Update an object by a JSON merge patch (RFC 7396): null removes, an array is replaced as a whole."""
        old = self.find(call)
        return self.answer(call, self.change(call, old, merged(old, self.changes(call))))

    def changes(self, call: Call) -> dict[str, Any]:
        """Return what the body of an update may change."""
        resource = self.resources[call.kind]
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
        return self.put(call.kind, new)

    def delete(self, call: Call) -> Answer:
        """Delete an object."""
        self.remove(call.kind, self.find(call))
        return Answer()

    def duplicate(self, call: Call) -> Answer:
        """Copy an object under another name, which the request may give."""
        resource = self.resources[call.kind]
        old = self.find(call)
        copy = {**old, resource.title: f"{old.get(resource.title, resource.noun)} (copy)"}
        given = {name: value for name, value in (call.body or {}).items() if name in copy and value is not None}
        return self.answer(call, self.add(call, {**copy, **given}))

    # --- answers ---

    def answer(self, call: Call, item: Item, *, is_whole: bool | None = None) -> Answer:
        """An object as the answer to a call; see :meth:`shown`."""
        return Answer(_wrapped(call.operation, self.shown(call, item, is_whole=is_whole)))

    def answer_all(self, call: Call, items: Sequence[Item], pagination: Mapping[str, int] | None = None) -> Answer:
        """Objects as the answer to a call; where its schema has a place for it, with what page it is."""
        return Answer(_wrapped(call.operation, [self.shown(call, item) for item in items], pagination))

    def shown(self, call: Call, item: Item, *, is_whole: bool | None = None) -> Item:
        """An object as an answer has it: only what the spec knows, and optional fields empty unless asked for.

        Args:
            call: the call.
            item: the object.
            is_whole: whether optional fields are there in any case; by default, where they cannot be asked for.
        """
        known = call.operation.item
        names = item if known is None else known[0]
        shown = {name: value for name, value in item.items() if name in names and name != BELONGS}
        if is_whole is None:
            is_whole = all(parameter["name"] != "optionalFields" for parameter in call.operation.parameters)
        if not is_whole:
            asked = call.query.get("optionalFields", ())
            for name, empty in self.resources[call.kind].optional.items():
                if name in shown and name not in asked:
                    shown[name] = empty
        return shown

    def fields(self, call: Call) -> set[str]:
        """The fields of the objects that a call is about."""
        known = call.operation.item
        return set(known[0]) if known else set()


def _field(item: Item, name: str) -> str | None:
    """A field that a path argument names; None if the object does not say what it belongs to."""
    belongs = item.get(BELONGS)
    value = item.get(name) if belongs is None or name not in belongs else belongs[name]
    return None if value is None else str(value)


def _wrapped(operation: Operation, payload: Any, pagination: Mapping[str, int] | None = None) -> Any:
    """Return what is answered, in the object in which the spec has it."""
    if operation.envelope is None:
        return payload
    schema = operation.response_schema(operation.status) or {}
    if pagination is None or "extra" not in specs.members(operation.spec, schema)[0]:
        return {operation.envelope: payload}
    return {operation.envelope: payload, "extra": {"pagination": dict(pagination)}}


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
