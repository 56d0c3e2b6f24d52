"""What the sandbox remembers: collections of JSON objects, in memory and, if wanted, in an SQLite file as well."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

T = TypeVar("T")
Item = dict[str, Any]

_APPLICATION: Final = int.from_bytes(b"abws")
"""Marks the files that are states of the sandbox."""
_VERSION: Final = 2
"""Of the form of the state: what collections are called, and what objects hold."""
_PATIENCE: Final = 0.5
"""Seconds to wait for a file that another program has open."""


class Store:
    """Collections of JSON objects by their keys, in the order in which they were made.

    Objects are never changed in place: whoever changes one puts a new one in its place. Changes are written to the
    file by :meth:`commit`, all or none.

    Args:
        path: the SQLite file; None to keep everything in memory only.

    Raises:
        ValueError: the file cannot be opened, is open elsewhere, or is not a state of the sandbox.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._collections: dict[str, dict[str, Item]] = {}
        self._numbers: dict[str, int] = {}
        self._undo: list[Callable[[], None]] = []
        self._database: sqlite3.Connection | None = None
        if path is not None:
            try:
                # The server runs in one thread, which need not be the one that opens or closes the file.
                self._database = sqlite3.connect(path, timeout=_PATIENCE, check_same_thread=False)
                self._load(self._database)
            except sqlite3.OperationalError as error:
                self.close()
                hint = " (is another sandbox using it?)" if "locked" in str(error) else ""
                hint = hint or (" (it is a folder)" if path.is_dir() else "")
                raise ValueError(f"{path} cannot be used: {error}{hint}") from error
            except sqlite3.DatabaseError as error:
                self.close()
                raise ValueError(f"{path} is not a state of the sandbox: {error}") from error

    def _load(self, database: sqlite3.Connection) -> None:
        # Before anything is written: the file of another program is to stay as it is.
        (application,) = database.execute("PRAGMA application_id").fetchone()
        (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and application != _APPLICATION:
            raise sqlite3.DatabaseError("it is the database of another program")
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if tables and version != _VERSION:
            raise sqlite3.DatabaseError("another version of abwire has made it; give another file")
        database.executescript(
            # Two sandboxes on one file would not see each other's changes, since each has all objects in memory.
            "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
            f"PRAGMA application_id = {_APPLICATION}; PRAGMA user_version = {_VERSION};"
            "CREATE TABLE IF NOT EXISTS number (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;"
            "CREATE TABLE IF NOT EXISTS item (position INTEGER PRIMARY KEY, collection TEXT NOT NULL,"
            " key TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (collection, key)) STRICT;"
        )
        self._numbers = dict(database.execute("SELECT name, value FROM number"))
        for collection, key, body in database.execute("SELECT collection, key, body FROM item ORDER BY position"):
            try:
                item = json.loads(body)
            except (ValueError, TypeError, RecursionError):
                item = None
            if not isinstance(item, dict) or not isinstance(collection, str) or not isinstance(key, str):
                raise sqlite3.DatabaseError(f"{collection} {key} in it is not a JSON object")
            self._collections.setdefault(collection, {})[key] = item

    def close(self) -> None:
        """Close the file."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def commit(self) -> None:
        """Write the changes since the last commit to the file.

        Raises:
            sqlite3.Error: the file cannot be written; :meth:`rollback` then takes the changes back.
        """
        if self._database is not None:
            self._database.commit()
        self._undo.clear()

    def rollback(self) -> None:
        """Take back the changes since the last commit, in memory and in the file."""
        for undo in reversed(self._undo):
            undo()
        self._undo.clear()
        if self._database is not None:
            with contextlib.suppress(sqlite3.Error):  # SQLite may have done so by itself
                self._database.rollback()

    def clear(self) -> None:
        """Forget everything."""
        before = self._collections, self._numbers
        self._collections, self._numbers = {}, {}

        def undo() -> None:
            self._collections, self._numbers = before

        self._undo.append(undo)
        if self._database is not None:
            self._database.execute("DELETE FROM item")
            self._database.execute("DELETE FROM number")

    def copy(self, other: Store) -> None:
        """Remember what another store does; objects are shared, since they are never changed."""
        for name, value in other._numbers.items():
            self.set_number(name, value)
        for collection, items in other._collections.items():
            for key, item in items.items():
                self.put(collection, key, item)

    def number(self, name: str) -> int | None:
        """A number by its name."""
        return self._numbers.get(name)

    def set_number(self, name: str, value: int) -> None:
        """Remember a number."""
        self._undo.append(_restoring(self._numbers, name))
        self._numbers[name] = value
        if self._database is not None:
            self._database.execute(
                "INSERT INTO number VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (name, value),
            )

    def next_number(self, name: str, first: int = 1) -> int:
        """A number that was not given for this name before."""
        value = max(self._numbers.get(name, first - 1) + 1, first)
        self.set_number(name, value)
        return value

    def items(self, collection: str) -> list[Item]:
        """The objects of a collection, oldest first."""
        return list(self._collections.get(collection, {}).values())

    def get(self, collection: str, key: object) -> Item | None:
        """An object by its key."""
        return self._collections.get(collection, {}).get(str(key))

    def put(self, collection: str, key: object, item: Item) -> Item:
        """Add an object, or put it in the place of the one with the same key."""
        items = self._collections.setdefault(collection, {})
        self._undo.append(_restoring(items, str(key)))
        items[str(key)] = item
        if self._database is not None:
            body = json.dumps(item, separators=(",", ":"))
            self._database.execute(
                "INSERT INTO item (collection, key, body) VALUES (?, ?, ?)"
                " ON CONFLICT (collection, key) DO UPDATE SET body = excluded.body",
                (collection, str(key), body),
            )
        return item

    def remove(self, collection: str, key: object) -> None:
        """Remove an object."""
        items = self._collections[collection]
        before = dict(items)

        def undo() -> None:
            items.clear()
            items.update(before)  # in the order that they had

        self._undo.append(undo)
        del items[str(key)]
        if self._database is not None:
            self._database.execute("DELETE FROM item WHERE collection = ? AND key = ?", (collection, str(key)))

    def dump(self) -> dict[str, dict[str, Item]]:
        """Everything, for comparisons: the objects by collection and key."""
        return {name: dict(items) for name, items in sorted(self._collections.items())}

    def __iter__(self) -> Iterator[str]:
        """The names of the collections."""
        return iter(list(self._collections))


def _restoring(values: dict[str, T], key: str) -> Callable[[], None]:
    """Return what restores a value as it is now."""
    if key in values:
        before = values[key]
        return lambda: values.__setitem__(key, before)
    return lambda: values.__delitem__(key)
