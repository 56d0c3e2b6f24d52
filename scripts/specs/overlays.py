"""OpenAPI Overlay documents: read them, and apply them to a spec, strictly or by the letter.

Specification: https://spec.openapis.org/overlay/v1.1.0.html
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import jsonpath_rfc9535
from jsonpath_rfc9535 import JSONPathError, JSONPathNode, JSONPathQuery

from scripts.specs import documents
from scripts.specs.errors import InputError

_VERSION = re.compile(r"1\.[01]\.\d+")
IDLE = "changes nothing as a whole: the spec already is as its actions want it; the overlay is stale, drop it"
"""Why an overlay is stale although each of its actions changes something."""
_REQUIRED = "is required"
_OBJECT, _LIST, _PRIMITIVE = "object", "list", "primitive value"

T = TypeVar("T")
_Fail = Callable[[str], "OverlayError"]


class OverlayError(InputError):
    """An overlay that is no valid document, or an action that failed: file, action, target and reason."""

    def __init__(self, path: Path | str, reason: str, action: int | None = None, target: str | None = None) -> None:
        self.path = str(path)
        self.reason = reason
        self.action = action
        self.target = target
        place = self.path
        if action is not None:
            place += f": action {action}"
        if target is not None:
            place += f" ({target})"
        super().__init__(f"{place}: {reason}")


@dataclass(frozen=True)
class Action:
    """One action of an overlay; ``number`` counts from 1, as people do in messages."""

    number: int
    target: str
    query: JSONPathQuery
    remove: bool
    copy: JSONPathQuery | None
    update: tuple[Any] | None
    """The value to merge, in a tuple because ``null`` is a value too."""
    expected_matches: int | None
    is_1_0: bool
    """Whether the rules of version 1.0 hold: no primitive targets, and an update of a list is one entry to append."""


@dataclass(frozen=True)
class Overlay:
    """A valid overlay document; ``document`` holds it as read, its ``x-`` keys included."""

    path: Path
    extends: str | None
    actions: tuple[Action, ...]
    document: Mapping[str, Any]


@dataclass(frozen=True)
class Applied:
    """What one action did."""

    action: Action
    matches: int
    changed: bool

    @property
    def stale(self) -> str | None:
        """Why the action no longer does what it was written for, and the way out; None if it does."""
        if reason := _misses(self.action, self.matches):
            return reason
        if self.matches and not self.changed:
            return "changes nothing: the spec already is as the action wants it; the overlay is stale, drop it"
        return None


def read(path: Path) -> Overlay:
    """Read an overlay document and validate it by the rules of its version.

    Raises:
        errors.DocumentError: the file is not a YAML or JSON object.
        OverlayError: the document breaks a rule of the Overlay Specification.
    """
    document = documents.load(path, keep_comments=False)

    def fail(reason: str) -> OverlayError:
        return OverlayError(path, reason)

    _check_keys(document, {"overlay", "info", "extends", "actions"}, fail)
    version = _member(document, "overlay", str, fail)
    if version is None:
        raise fail(f"overlay (the version of the specification) {_REQUIRED}")
    if not _VERSION.fullmatch(version):
        raise fail(f"overlay: version {version!r} is not known here; 1.0.x and 1.1.x are")
    info = _member(document, "info", dict, fail)
    if info is None:
        raise fail(f"info {_REQUIRED}")
    is_1_0 = version.startswith("1.0.")
    _check_keys(info, {"title", "version"} if is_1_0 else {"title", "version", "description"}, fail, "info.")
    for key in ("title", "version"):
        if _member(info, key, str, fail, "info.") is None:
            raise fail(f"info.{key} {_REQUIRED}")
    _member(info, "description", str, fail, "info.")
    extends = _member(document, "extends", str, fail)
    try:
        urlsplit(extends or "")
    except ValueError as error:
        raise fail(f"extends must be a URI reference: {error}") from error
    actions = _member(document, "actions", list, fail)
    if not actions:
        raise fail(f"actions {_REQUIRED}: a list with at least one action")
    for index, action in enumerate(actions):
        for earlier, other in enumerate(actions[:index], 1):
            if _same(action, other):
                raise OverlayError(path, f"is the same as action {earlier}", index + 1)
    return Overlay(
        path=path,
        extends=extends,
        actions=tuple(_read_action(path, number, action, is_1_0) for number, action in enumerate(actions, 1)),
        document=document,
    )


@documents.uncollected()
def apply(document: dict[str, Any], overlay: Overlay, *, strict: bool = True) -> list[Applied]:
    """Apply an overlay to a document, in place.

    Args:
        document: the document; after an error it is in an undefined state and should be thrown away.
        overlay: the overlay.
        strict: also fail where an action matches nothing, another number than it expects, or changes nothing.

    Returns:
        What each action did, in order.

    Raises:
        OverlayError: an action failed.
    """
    # What is removed can be added again as it was; other actions have no way to undo each other.
    removes = any(action.remove for action in overlay.actions)
    before = json.dumps(document, sort_keys=True) if strict and removes else None
    applied = [_apply_action(document, action, overlay.path, strict) for action in overlay.actions]
    changed = any(done.changed for done in applied)
    if before is not None and changed and before == json.dumps(document, sort_keys=True):
        raise OverlayError(overlay.path, IDLE)
    return applied


def check_extends(overlay: Overlay, spec: Path) -> None:
    """Refuse an overlay that is made for another document; only a relative ``extends`` can be compared with a file.

    Raises:
        OverlayError: ``extends`` is relative and does not lead to ``spec``.
    """
    if overlay.extends is None:
        return
    reference = urlsplit(overlay.extends)
    if reference.scheme or reference.netloc:
        return
    wanted = (overlay.path.parent / unquote(reference.path)).resolve()
    if wanted != spec.resolve():
        raise OverlayError(overlay.path, f"extends {overlay.extends}, and cannot be applied to {spec}")


# --- reading ---


def _read_action(path: Path, number: int, action: Any, is_1_0: bool) -> Action:
    def fail(reason: str) -> OverlayError:
        return OverlayError(path, reason, number, target)

    target: str | None = None
    if not isinstance(action, dict):
        raise fail("must be an object")
    target = _member(action, "target", str, fail)
    if target is None:
        raise fail(f"target {_REQUIRED}")
    known = {"target", "description", "update", "remove"} | (set() if is_1_0 else {"copy"})
    _check_keys(action, known, fail)
    _member(action, "description", str, fail)
    remove = _member(action, "remove", bool, fail) or False
    source = _member(action, "copy", str, fail)
    if source is not None and "update" in action:
        raise fail("update and copy exclude each other: write two actions")
    expected = _member(action, "x-expect-matches", int, fail)
    if expected is not None and expected < 0:
        raise fail("x-expect-matches must not be negative")
    return Action(
        number=number,
        target=target,
        query=_compile(target, fail),
        remove=remove,
        copy=None if source is None else _compile(source, fail, "copy: "),
        update=(action["update"],) if "update" in action else None,
        expected_matches=expected,
        is_1_0=is_1_0,
    )


def _compile(path: str, fail: _Fail, prefix: str = "") -> JSONPathQuery:
    try:
        return jsonpath_rfc9535.compile(path)
    except JSONPathError as error:
        reason = str(error).splitlines()[0]
        raise fail(f"{prefix}is not an RFC 9535 JSONPath: {reason}") from error


def _member(value: Mapping[str, Any], key: str, kind: type[T], fail: _Fail, prefix: str = "") -> T | None:
    if key not in value:
        return None
    member = value[key]
    if not isinstance(member, kind) or (kind is int and isinstance(member, bool)):
        names = {str: "a string", dict: "an object", list: "a list", bool: "true or false", int: "an integer"}
        raise fail(f"{prefix}{key} must be {names[kind]}")
    return member


def _check_keys(value: Mapping[str, Any], known: set[str], fail: _Fail, prefix: str = "") -> None:
    unknown = sorted(key for key in value if key not in known and not key.startswith("x-"))
    if unknown:
        raise fail(f"{prefix}{unknown[0]} is not a key of the specification; own keys start with x-")


# --- applying ---


def _apply_action(document: dict[str, Any], action: Action, path: Path, strict: bool) -> Applied:
    def fail(reason: str) -> OverlayError:
        return OverlayError(path, reason, action.number, action.target)

    nodes = _find(document, action.query, fail)
    if strict and (reason := _misses(action, len(nodes))):
        raise fail(reason)
    applied = Applied(action, len(nodes), _change(document, action, nodes, fail))
    if strict and (reason := applied.stale):
        raise fail(reason)
    return applied


def _misses(action: Action, matches: int) -> str | None:
    """Why a number of matches is not what an action was written for; None if it is."""
    if action.expected_matches is not None and matches != action.expected_matches:
        way_out = "drop the overlay if the spec is right now, else correct the action"
        return f"selects {matches} nodes, {action.expected_matches} expected: {way_out}"
    if not matches and action.expected_matches is None:
        return "selects nothing: correct the target, or drop the action if the spec no longer needs it"
    return None


def _find(document: dict[str, Any], query: JSONPathQuery, fail: _Fail) -> list[JSONPathNode]:
    """The nodes that a query selects; one that it reaches in several ways (``$..a..b``) is still one node."""
    try:
        return list({node.location: node for node in query.find(document)}.values())
    except JSONPathError as error:
        raise fail(f"cannot be evaluated: {str(error).splitlines()[0]}") from error


def _change(document: dict[str, Any], action: Action, nodes: Sequence[JSONPathNode], fail: _Fail) -> bool:
    if not nodes:
        return False
    kinds = sorted({_kind(node.value) for node in nodes})
    if action.is_1_0 and _PRIMITIVE in kinds:
        raise fail("selects a primitive value, which version 1.0 does not allow: target its parent, or write 1.1.0")
    if action.remove:
        _remove(document, nodes, fail)
        return True
    if action.copy is not None:
        sources = _find(document, action.copy, fail)
        if len(sources) != 1:
            raise fail(f"copy must select exactly one node, and selects {len(sources)}")
        value = copy.deepcopy(sources[0].value)
    elif action.update is not None:
        (value,) = action.update
    else:
        return False
    if len(kinds) > 1 and not action.is_1_0:
        raise fail(f"selects nodes of several kinds ({', '.join(kinds)}); an update needs one kind")
    changed = False
    for node in nodes:
        entry = [value] if action.is_1_0 and isinstance(node.value, list) else value
        changed |= _merge_node(document, node, entry, fail)
    return changed


def _remove(document: dict[str, Any], nodes: Sequence[JSONPathNode], fail: _Fail) -> None:
    # From the back, so that a list index still points at its element when its turn comes, and a child goes
    # before its parent.
    for location in sorted({node.location for node in nodes}, key=_sort_key, reverse=True):
        if not location:
            raise fail("the root of the document cannot be removed")
        del _at(document, location[:-1])[location[-1]]


def _sort_key(location: tuple[int | str, ...]) -> list[tuple[bool, int, str]]:
    return [(isinstance(key, str), key if isinstance(key, int) else 0, str(key)) for key in location]


def _merge_node(document: dict[str, Any], node: JSONPathNode, value: Any, fail: _Fail) -> bool:
    location = node.location
    target = _at(document, location)
    if isinstance(target, list):
        addition = value if isinstance(value, list) else [value]
        target.extend(copy.deepcopy(addition))
        return bool(addition)
    if isinstance(target, dict):
        if not isinstance(value, dict):
            raise fail(f"an object cannot be merged with {_article(value)}: remove it, then update its parent")
        return _merge(target, value, fail, location)
    if isinstance(value, dict | list):
        raise fail(f"a primitive value cannot be replaced by {_article(value)}: remove it, then update its parent")
    _at(document, location[:-1])[location[-1]] = value
    return not _same(target, value)


def _merge(target: dict[str, Any], update: Mapping[str, Any], fail: _Fail, location: tuple[int | str, ...]) -> bool:
    changed = False
    for key, value in update.items():
        if key not in target:
            target[key] = copy.deepcopy(value)
            changed = True
            continue
        old = target[key]
        if _kind(old) != _kind(value):
            pointer = documents.json_pointer((*map(str, location), key))
            raise fail(
                f"{_article(old)} at {pointer} cannot be merged with {_article(value)}: remove it in an action before"
            )
        if isinstance(old, dict):
            changed |= _merge(old, value, fail, (*location, key))
        elif isinstance(old, list):
            old.extend(copy.deepcopy(value))
            changed |= bool(value)
        else:
            target[key] = value
            changed |= not _same(old, value)
    return changed


def _at(document: Any, location: Sequence[int | str]) -> Any:
    for key in location:
        document = document[key]
    return document


def _kind(value: Any) -> str:
    return _OBJECT if isinstance(value, dict) else _LIST if isinstance(value, list) else _PRIMITIVE


def _article(value: Any) -> str:
    return f"an {_kind(value)}" if isinstance(value, dict) else f"a {_kind(value)}"


def _same(one: Any, other: Any) -> bool:
    """Equality of JSON values: 1 equals 1.0, but not true."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)
