"""Objects of Kameleoon that somebody has open in the app: they cannot be changed meanwhile."""

from __future__ import annotations

from abwire_sandbox.errors import Refused
from abwire_sandbox.store import Item, Store

COLLECTION = "kameleoon.locks"


def lock(store: Store, group: str, key: object) -> None:
    """Lock an object."""
    store.put(COLLECTION, f"{group}:{key}", {"group": group, "id": key})


def unlock(store: Store, group: str, key: object) -> None:
    """Unlock an object; nothing happens if it is not locked."""
    if store.get(COLLECTION, f"{group}:{key}") is not None:
        store.remove(COLLECTION, f"{group}:{key}")


def all_of(store: Store) -> list[Item]:
    """The locks that there are."""
    return store.items(COLLECTION)


def check(store: Store, group: str, key: object) -> None:
    """Raise unless an object may be changed.

    Raises:
        Refused: it is locked.
    """
    if store.get(COLLECTION, f"{group}:{key}") is not None:
        raise Refused(423, f"{key} of {group} is open in the app; try again later")
