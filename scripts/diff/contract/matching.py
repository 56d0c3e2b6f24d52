"""Parts of two effective specs that are the same thing, whatever they are called: what was moved or renamed."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Hashable, Iterable, Mapping

from scripts.diff.contract.catalogue import Catalogue, Key, Part, parent_of

_NAMES = ("python", "class", "x-sdk-group", "x-sdk-method", "operationId")
"""Facts that are names."""
_CLOSE = 0.6
"""Ratio from which two names are close, by difflib."""


def match(old: Catalogue, new: Catalogue) -> dict[Key, Key]:
    """Return the new keys of the old parts that are still there.

    An operation is the same if its route is, else if its id or its method in Python is. A schema is the same if its
    name is, else if it has the same fields. A field or parameter is the same if its name is, else if it stands in the
    same object or operation and nothing else about it differs.
    """
    keys = {key: key for key in old.parts if key in new.parts}
    gone = [part for key, part in old.parts.items() if key not in keys]
    come = [part for key, part in new.parts.items() if key not in old.parts]
    for same in (lambda part: part.facts.get("operationId"), lambda part: part.python or None):
        _add(keys, _pairs(_of(gone, "operation"), _of(come, "operation"), same), old, new)
    shapes = (_shapes(old), _shapes(new))
    _add(
        keys,
        _pairs(_of(gone, "schema"), _of(come, "schema"), lambda part: shapes[part.key in new.parts].get(part.key)),
        old,
        new,
    )
    _add(keys, _pairs(_successes(gone), _successes(come), lambda part: (parent_of(part.key), _essence(part))), old, new)
    left = [part for part in gone if part.key not in keys and part.key[0] in ("field", "parameter")]
    right = [part for part in come if part.key not in keys.values() and part.key[0] in ("field", "parameter")]
    _add(keys, _pairs(left, right, lambda part: (_owner(part, keys), _essence(part))), old, new)
    return keys


def renames(old: Catalogue, new: Catalogue, keys: Mapping[Key, Key]) -> dict[str, str]:
    """Return the new Python paths of what has another one now, by the old path."""
    found = {}
    groups: dict[str, set[str]] = {}
    for before, after in keys.items():
        one, other = old.parts[before].python, new.parts[after].python
        if one and other and one != other:
            found[one] = other
        if before[0] == "operation" and before != after:
            found[f"operations[{before[1]}]"] = f"operations[{after[1]}]"
        if before[0] == "operation" and one and other:
            groups.setdefault(one.rpartition(".")[0], set()).add(other.rpartition(".")[0])
    paths = {group for part in new.parts.values() for group in [part.python.rpartition(".")[0]]}
    for group, others in groups.items():
        if len(others) == 1 and others != {group} and (group not in paths or group.count(".") == 0):
            found[group] = others.pop()
    return found


def _of(parts: Iterable[Part], kind: str) -> list[Part]:
    return [part for part in parts if part.key[0] == kind]


def _successes(parts: Iterable[Part]) -> list[Part]:
    return [part for part in parts if part.key[0] == "response" and part.key[-1].startswith("2")]


def _pairs(gone: list[Part], come: list[Part], same: Callable[[Part], Hashable]) -> list[tuple[Key, Key]]:
    """The pairs that are the same: those that can be no others, else those with the closest names."""
    found = []
    for one in gone:
        mark = same(one)
        rivals = [part for part in gone if same(part) == mark]
        others = [part for part in come if mark is not None and same(part) == mark]
        if len(rivals) == len(others) == 1:
            found.append((one.key, others[0].key))
        elif (nearest := _closest(one, others)) is not None and _closest(nearest, rivals) is one:
            found.append((one.key, nearest.key))
    return found


def _closest(one: Part, others: list[Part]) -> Part | None:
    close = difflib.get_close_matches(one.key[-1], [other.key[-1] for other in others], n=1, cutoff=_CLOSE)
    return next((other for other in others if other.key[-1] in close), None)


def _add(keys: dict[Key, Key], pairs: Iterable[tuple[Key, Key]], old: Catalogue, new: Catalogue) -> None:
    """Add pairs, with what belongs to them."""
    for before, after in pairs:
        keys[before] = after
        for key in old.parts:
            below = (key[0], *after[1:], *key[len(before) :])
            if key not in keys and key[1 : len(before)] == before[1:] and below in new.parts:
                keys[key] = below


def _owner(part: Part, keys: Mapping[Key, Key]) -> Hashable:
    parent = parent_of(part.key)
    where = part.key[2] if part.key[0] == "parameter" else ""
    return (keys.get(parent, parent) if parent else None), where


def _essence(part: Part) -> str:
    """The facts of a part that are no names."""
    return json.dumps({key: value for key, value in part.facts.items() if key not in _NAMES}, sort_keys=True)


def _shapes(catalogue: Catalogue) -> dict[Key, tuple[str, ...]]:
    """The fields of each schema, or its values; none for one that has neither."""
    found: dict[Key, list[str]] = {}
    for key, part in catalogue.parts.items():
        if key[0] == "field":
            found.setdefault(("schema", key[1]), []).append(f"{key[2:]}: {_essence(part)}")
        elif key[0] == "schema" and "enum" in part.facts:
            found.setdefault(key, []).append(_essence(part))
    return {key: tuple(sorted(lines)) for key, lines in found.items()}
