"""What the sandbox knows of an API besides its spec: files in ``data/``, named like the specs. No API needs one."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import yaml

from abwire_sandbox import specs
from abwire_sandbox.engine import Call, Engine, Resource
from abwire_sandbox.specs import Operation
from abwire_sandbox.store import Item, Store

FOLDER: Final = Path(__file__).parent / "data"

Maker = Callable[[Engine, Item, Call], Item]
"""Completes a new object in ways that data cannot say."""


@functools.cache
def read(name: str) -> Mapping[str, Any]:
    """The data of an API; empty if there is none."""
    path = FOLDER / f"{name}.yaml"
    if not path.is_file():
        return MappingProxyType({})
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded: Mapping[str, Any] = yaml.load(path.read_text(encoding="utf-8"), loader)  # noqa: S506 - a safe loader
    return loaded


def resources(name: str, makers: Mapping[str, Maker], operations: Iterable[Operation] = ()) -> dict[str, Resource]:
    """The kinds of objects that the data of an API describes.

    Args:
        name: of the spec.
        makers: what completes new objects, by kind.
        operations: of the API.
    """
    needed = {
        operation.group: specs.members(operation.spec, operation.body[specs.JSON])[1]
        for operation in operations
        if operation.verb == "create" and specs.JSON in operation.body
    }
    return {
        group: Resource(
            **{key: value for key, value in described.items() if key not in ("defaults", "sets")},
            needed=sorted(needed.get(group, set()) - described.get("defaults", {}).keys()),
            make=_maker(described.get("defaults", {}), described.get("sets", {}), makers.get(group)),
        )
        for group, described in read(name).get("kinds", {}).items()
    }


def new_key(store: Store, name: str, kind: str) -> int:
    """A number that no object of a kind has, or had.

    Args:
        store: where objects are kept.
        name: of the spec.
        kind: of the object.
    """
    return store.next_number(f"{name}.{kind}", read(name)["kinds"].get(kind, {}).get("first", 1))


def author(engine: Engine) -> int:
    """The account behind the credentials."""
    accounts = engine.items("accounts")
    return int(accounts[0]["id"]) if accounts else 0


_VALUES: Final[Mapping[str, Callable[[Engine], Any]]] = {"$now": Engine.timestamp, "$author": author}


def _maker(defaults: Mapping[str, Any], sets: Mapping[str, Any], more: Maker | None) -> Maker:
    def make(engine: Engine, item: Item, call: Call) -> Item:
        def value(found: Any) -> Any:
            special = _VALUES.get(found) if isinstance(found, str) else None
            return copy.deepcopy(found) if special is None else special(engine)

        made = {name: value(found) for name, found in defaults.items()} | item
        made |= {name: value(found) for name, found in sets.items()}
        return made if more is None else more(engine, made, call)

    return make
