"""Operations that nobody wrote code for: from their shape if they have one, else from their schema alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from abwire_sandbox import queries, specs
from abwire_sandbox.engine import BELONGS, Answer, Call, Engine, Handler, Resource, Upload, merged
from abwire_sandbox.errors import Refused
from abwire_sandbox.samples import Samples
from abwire_sandbox.shapes import Kind
from abwire_sandbox.specs import Operation
from abwire_sandbox.store import Item, Store

SEEDED: Final = 3
"""How many objects there are at the beginning, of each kind that no data describes."""
_ATTEMPTS: Final = 8
_TEXTS: Final = ("name", "title", "key", "description")


def resource(kind: Kind) -> Resource:
    """Return how the objects of a kind are kept that no data describes."""
    by = {name: name for name in kind.parents} | ({kind.own: kind.key} if kind.own else {})
    return Resource(kind.noun, by, kind.key, kind=kind)


def seed(store: Store, namespace: str, spec: Mapping[str, Any], kinds: Sequence[Kind], number: int) -> None:
    """Make some objects of each kind; those that belong to others belong to the first one of these.

    Args:
        store: where they are put.
        namespace: of the API.
        spec: the effective spec.
        kinds: those that no data describes.
        number: the seed.
    """
    first: dict[str, str] = {}  # of each kind, by the parameter that names it
    for kind in sorted(kinds, key=lambda kind: len(kind.parents)):
        belongs = {name: first.get(name) for name in kind.parents}
        for index in range(SEEDED):
            made = Samples(spec, number, namespace, kind.name, index).of(kind.schema)
            if isinstance(made, dict):
                item = _numbered(store, f"{namespace}.{kind.name}", kind, spec, {**made, BELONGS: belongs})
                store.put(f"{namespace}.{kind.name}", item[kind.key], item)
                if kind.own and index == 0:
                    first[kind.own] = str(item[kind.key])


def _numbered(store: Store, collection: str, kind: Kind, spec: Mapping[str, Any], item: Item) -> Item:
    """An object with an identifier of its own, of the type that the spec gives it."""
    number = store.next_number(collection)
    schema = specs.resolve(spec, specs.members(spec, kind.schema)[0].get(kind.key, {}))
    for name, value in item.get(BELONGS, {}).items():
        if value is not None and (isinstance(item.get(name), str) or value.isdecimal()) and name in item:
            item = {**item, name: value if isinstance(item[name], str) else int(value)}
    if schema.get("type") in (None, "integer", "number"):
        return {**item, kind.key: number}
    texts = (f"{kind.noun.replace(' ', '-')}-{number}", str(number))
    most, pattern = schema.get("maxLength", 1000), schema.get("pattern", "")
    return {
        **item,
        kind.key: next((text for text in texts if len(text) <= most and re.search(pattern, text)), texts[0]),
    }


class Generic:
    """Carries out operations by their shape or their schema.

    Args:
        engine: keeps the objects.
        is_valid: whether an answer to an operation is what the spec says.
    """

    def __init__(self, engine: Engine, is_valid: Callable[[Operation, Any], bool]) -> None:
        self._engine = engine
        self._is_valid = is_valid
        self.actions: Mapping[str, Handler] = {
            "list": self.list,
            "get": lambda engine, call: self._answer(call, engine.find(call)),
            "create": self._create,
            "update": self._update,
            "replace": self._update,
            "delete": self._delete,
            "duplicate": self._duplicate,
            "act": self._update,
        }
        """Handlers by the action of a shape."""

    # --- by shape ---

    def list(self, engine: Engine, call: Call) -> Answer:
        """List objects, of which a request may choose some by their fields, and a page."""
        asked = {**call.query, **(call.body if isinstance(call.body, dict) else {})}
        items = [item for item in engine.scope(call) if _is_asked(item, asked, engine.resources[call.kind].key)]
        sort, direction = asked.get("sort_by"), asked.get("sort_direction")
        if isinstance(sort, str) and any(sort in item for item in items):
            way = "ASC" if direction == "asc" else "DESC"
            items = queries.order(items, [{"field": sort, "direction": way}], {sort})
        longest = engine.world.convert_page_size
        paging = call.operation.definition.get("x-sdk-pagination") or {}
        page = asked.get(paging.get("page", "page")) or 1
        wanted = asked.get(paging.get("size", "results_per_page")) or longest
        if not (isinstance(page, int) and isinstance(wanted, int) and page > 0 and wanted > 0):
            raise Refused(400, "pages are counted from 1, and have at least 1 item")
        if page > 1 and call.goes_wrong("repeat_page"):
            page -= 1
        size = min(wanted, longest)
        pagination = {
            "current_page": page,
            "items_count": len(items),
            "items_per_page": size,
            "pages_count": -(-len(items) // size),
        }
        chosen = queries.page_of(items, page, size)
        if asked.get("onlyCount") is True:
            chosen = []
        answer = engine.answer_all(call, chosen, pagination)
        if not self._is_valid(call.operation, answer.payload):
            # An object that was made up may fit several members of a union, of which it may fit one only.
            fitting = (
                item for item in chosen if self._is_valid(call.operation, engine.answer_all(call, [item]).payload)
            )
            answer = engine.answer_all(call, list(fitting), pagination)
        return answer

    def _create(self, engine: Engine, call: Call) -> Answer:
        kind = self._kind(call)
        belongs = {name: value for name, value in call.arguments.items() if name in kind.parents}
        collection = engine.collection(call.kind)
        item = _numbered(engine.store, collection, kind, call.operation.spec, {**self._blank(call), BELONGS: belongs})
        item = self._merged(call, item, self._given(call))
        return self._answer(call, engine.put(call.kind, item))

    def _given(self, call: Call) -> dict[str, Any]:
        """The fields in the body that a request may set; of a file its name."""
        if not isinstance(call.body, dict):
            return {}
        writable = _writable(call.operation)
        keeps = self._engine.resources[call.kind].keeps
        return {
            name: value.name if isinstance(value, Upload) else value
            for name, value in call.body.items()
            if not keeps(name) and (name in writable or not writable)
        }

    def _blank(self, call: Call) -> Item:
        """Return what only the server sets, and what an answer must have."""
        operation = call.operation
        made = Samples(operation.spec, self._engine.world.seed, operation.id, call.arguments).of(
            operation.item_schema or {}
        )
        writable = _writable(operation)
        _, required = specs.members(operation.spec, operation.item_schema or {})
        kept = {name: value for name, value in made.items() if name not in writable or name in required}
        properties = specs.members(operation.spec, operation.item_schema or {})[0]
        for name in kept:
            is_date = specs.resolve(operation.spec, properties.get(name, {})).get("format") == "date-time"
            if is_date and re.search("creat|modif|updat", name, re.IGNORECASE):
                kept[name] = self._engine.timestamp()
        return kept

    def _update(self, engine: Engine, call: Call) -> Answer:
        return self._answer(call, engine.put(call.kind, self._merged(call, engine.find(call), self._given(call))))

    def _delete(self, engine: Engine, call: Call) -> Answer:
        item = engine.find(call)
        engine.remove(call.kind, item)
        return self._answer(call, item)

    def _duplicate(self, engine: Engine, call: Call) -> Answer:
        resource, kind = engine.resources[call.kind], self._kind(call)
        old = engine.find(call)
        copy = {**old, resource.title: f"{old[resource.title]} (copy)"} if resource.title in old else old
        item = _numbered(engine.store, engine.collection(call.kind), kind, call.operation.spec, copy)
        return self._answer(call, engine.put(call.kind, self._merged(call, item, self._given(call))))

    def _kind(self, call: Call) -> Kind:
        kind = self._engine.resources[call.kind].kind
        assert kind is not None  # noqa: S101 - kinds that data describes have handlers
        return kind

    def _merged(self, call: Call, item: Item, given: Mapping[str, Any]) -> Item:
        """An object with what a request gives; without those fields that answers have in another form."""
        new: Item = merged(item, given)
        if self._is_answer(call, new):
            return new
        for name, value in given.items():
            changed = merged(item, {name: value})
            item = changed if self._is_answer(call, changed) else item
        return item

    def _is_answer(self, call: Call, item: Item) -> bool:
        return self._is_valid(call.operation, self._engine.answer(call, item).payload)

    def _answer(self, call: Call, item: Item) -> Answer:
        """An object as the answer; where the answer is something else, what its schema says."""
        operation = call.operation
        kind = self._engine.resources[call.kind].kind
        schema = operation.item_schema
        if kind is None or (
            schema is not None and specs.resolve(operation.spec, schema) == specs.resolve(operation.spec, kind.schema)
        ):
            return self._engine.answer(call, item)
        if schema is not None and not operation.is_list and _overlaps(operation, kind):
            answer = self._engine.answer(call, item)
            if self._is_valid(operation, answer.payload):
                return answer
        return self.made_up(self._engine, call)

    # --- by schema ---

    def made_up(self, engine: Engine, call: Call) -> Answer:
        """Answer with what the schema allows: the same request, the same answer."""
        found = call.operation.content(call.operation.status)
        if found is None:
            return Answer()
        media, schema = found
        value: Any = None
        for attempt in range(_ATTEMPTS):  # a value may fit several members of a union, of which it may fit one only
            samples = Samples(call.operation.spec, engine.world.seed, call.operation.id, call.arguments, attempt)
            value = samples.of(schema)
            if not specs.is_json(media) or self._is_valid(call.operation, value):
                break
        return Answer(value)


def _overlaps(operation: Operation, kind: Kind) -> bool:
    own = set(specs.members(operation.spec, operation.item_schema or {})[0])
    return len(own & set(specs.members(operation.spec, kind.schema)[0])) > len(own) // 2


def _writable(operation: Operation) -> set[str]:
    """The properties that the bodies of an operation have."""
    return set().union(*(specs.members(operation.spec, schema)[0] for schema in operation.body.values()))


def _is_asked(item: Item, asked: Mapping[str, Any], key: str) -> bool:
    """Return whether an object is one that a list asks for: by a field of its name, in the singular or plural."""
    for name, value in asked.items():
        if value is None or value == []:
            continue
        if name == "search":
            if not queries.mentions(item, str(value), _TEXTS):
                return False
        elif name in ("only", "except") and isinstance(value, list):
            if (item[key] in value) is (name == "except"):
                return False
        else:
            field = next((own for own in (name, name.removesuffix("s")) if own in item), None)
            wanted = value if isinstance(value, list) else [value]
            found = item.get(field) if field else None
            if isinstance(found, str | int | bool) and not isinstance(value, dict) and found not in wanted:
                return False
    return True
