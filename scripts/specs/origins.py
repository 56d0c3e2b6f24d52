"""Origins of the nodes of an effective spec: the file, and the node in it, that a maintainer edits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from scripts.specs import documents

Pointer = tuple[str, ...]


class Place(NamedTuple):
    """A node in a file."""

    path: Path
    pointer: Pointer
    line: int


class Origins:
    """Record of what put the nodes of a document where they are: its own file, or actions of overlays.

    Objects and lists are known by identity, since overlays move list items; scalars by what they are in.
    """

    def __init__(self, path: Path, document: dict[str, Any]) -> None:
        self._collections: dict[int, tuple[Any, Path, Pointer]] = {}  # the node is kept, so that no other has its id
        self._members: dict[tuple[int, str], tuple[Path, Pointer]] = {}
        self._document = document
        self._add(document, path, ())

    def put(self, container: Any, key: str | int, path: Path, pointer: Pointer) -> None:
        """Record that a node of an overlay was put into an object or a list."""
        value = container[key]
        self._members[id(container), _member(container, str(key), value)] = (path, pointer)
        self._add(value, path, pointer)

    def _add(self, value: Any, path: Path, pointer: Pointer) -> None:
        for keys, node in documents.walk(value, pointer):
            if isinstance(node, dict | list):
                self._collections[id(node)] = (node, path, keys)

    def find(self, pointer: Sequence[str]) -> Place:
        """Return where a node of the document, or the deepest one on the way to it, comes from."""
        node: Any = self._document
        _, path, keys = self._collections[id(node)]
        for key in pointer:
            if isinstance(node, dict) and key in node:
                child = node[key]
            elif isinstance(node, list) and key.isdecimal() and int(key) < len(node):
                child = node[int(key)]
            else:
                break
            origin = self._members.get((id(node), _member(node, key, child)))
            if isinstance(child, dict | list) and id(child) in self._collections:
                _, path, keys = self._collections[id(child)]
            else:
                path, keys = origin or (path, (*keys, key))
            node = child
        line, depth = documents.locate(path, keys)
        return Place(path, tuple(keys[:depth]), line)


def _member(container: Any, key: str, value: Any) -> str:
    """Return what a member of an object or a list is known by: in a list, indices shift."""
    return key if isinstance(container, dict) else "" if isinstance(value, dict | list) else repr(value)
