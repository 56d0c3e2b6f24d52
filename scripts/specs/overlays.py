"""OpenAPI Overlay documents: read them, and apply them to a spec, strictly or by the letter.

Specification: https://spec.openapis.org/overlay/v1.1.0.html
"""

from __future__ import annotations

import contextlib
import copy
import difflib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from jsonpath_rfc9535 import JSONPathNode, JSONPathQuery

from scripts.specs import documents, jsonpath
from scripts.specs.errors import InputError, raise_all
from scripts.specs.jsonpath import Location, QueryError
from scripts.specs.origins import Origins

EVERY = "every"
"""Value of ``x-expect-matches`` in a rule: at least one node, and each changes."""
IDLE = "changes nothing as a whole: the spec already is as its actions want it; the overlay is stale, drop it"
"""Why an overlay is stale although each of its actions changes something."""
STALE = "changes nothing: the spec already is as the action wants it; the overlay is stale, drop it"
_VERSION = re.compile(r"1\.[01]\.\d+")
_REQUIRED = "is required"
_OBJECT, _LIST, _PRIMITIVE = "object", "list", "primitive value"
_KINDS: Mapping[type, str] = {str: "a string", dict: "an object", list: "a list", bool: "true or false"}
_MOST_SHOWN = 10

T = TypeVar("T")
Previous = Callable[[], Mapping[str, Any] | None]
"""The last effective spec, if there is one: it only tells which locations are new."""


class OverlayError(InputError):
    """An overlay that is not valid, or an action that failed: file, line, action, target and reason."""

    def __init__(
        self,
        path: Path | str,
        reason: str,
        action: int | None = None,
        target: str | None = None,
        line: int | None = None,
    ) -> None:
        self.path = str(path)
        self.reason = reason
        self.action = action
        self.target = target
        self.line = line
        place = self.path if line is None else f"{self.path}:{line}"
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
    is_rule: bool
    is_1_0: bool
    """Whether the rules of version 1.0 hold: no primitive targets, and an update of a list is one entry to append."""


@dataclass(frozen=True)
class Overlay:
    """A valid overlay document; ``document`` holds it as read, its ``x-`` keys included."""

    path: Path
    extends: str | None
    actions: tuple[Action, ...]
    document: Mapping[str, Any]

    def error(self, reason: str, action: Action | None = None) -> OverlayError:
        """Return an error at an action, or at the document."""
        if action is None:
            return OverlayError(self.path, reason)
        line, _ = documents.locate(self.path, ("actions", str(action.number - 1)))
        return OverlayError(self.path, reason, action.number, action.target, line)


@dataclass(frozen=True)
class Applied:
    """What one action did."""

    action: Action
    matches: int
    changed: bool
    stale: str | None
    """Why the action no longer does what it was written for, and the way out; None if it does."""
    is_miscounted: bool = False
    """Whether only the number of matches is another than expected: it can be accepted."""
    warning: str | None = None


@dataclass(frozen=True)
class Miscount:
    """An action whose number of matches can be accepted."""

    overlay: Overlay
    applied: Applied

    def __str__(self) -> str:
        return str(self.overlay.error(self.applied.stale or "", self.applied.action))


# --- reading ---


def read(path: Path) -> Overlay:
    """Read an overlay document and validate it by the rules of its version.

    Raises:
        InputError: the file cannot be read, or breaks rules of the Overlay Specification: all that it breaks.
    """
    return _Reader(path).read()


class _Reader:
    """Reader of one overlay, with the faults that were found so far."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.document = documents.load(path, keep_comments=False)
        self.errors: list[InputError] = []

    def read(self) -> Overlay:
        document = self.document
        self._check_keys(document, {"overlay", "info", "extends", "actions"}, ())
        version = self._member(document, "overlay", str, ())
        if "overlay" not in document:
            self._fail("overlay (the version of the specification) is required: overlay: 1.1.0", ())
        elif version is not None and not _VERSION.fullmatch(version):
            self._fail(f"overlay: version {version!r} is not known here; 1.0.x and 1.1.x are", ("overlay",))
        is_1_0 = version is not None and version.startswith("1.0.")
        self._check_info(is_1_0)
        extends = self._member(document, "extends", str, ())
        try:
            urlsplit(extends or "")
        except ValueError as error:
            self._fail(f"extends must be a URI reference: {error}", ("extends",))
        actions = self._member(document, "actions", list, ())
        if "actions" not in document or actions == []:
            self._fail(f"actions {_REQUIRED}: a list with at least one action", ())
        self._check_unique(actions or [])
        found = []
        for number, action in enumerate(actions or [], 1):
            with self._collected():
                found.append(self._action(number, action, is_1_0))
        raise_all(self.errors)
        return Overlay(self.path, extends, tuple(found), document)

    def _check_info(self, is_1_0: bool) -> None:
        info = self._member(self.document, "info", dict, ())
        if "info" not in self.document:
            self._fail(f"info {_REQUIRED}", ())
        if info is None:
            return
        known = {"title", "version"} if is_1_0 else {"title", "version", "description"}
        self._check_keys(info, known, ("info",))
        for key in ("title", "version"):
            self._member(info, key, str, ("info",))
            if key not in info:
                self._fail(f"info.{key} {_REQUIRED}", ("info",))
        self._member(info, "description", str, ("info",))

    def _check_unique(self, actions: Sequence[Any]) -> None:
        numbers: dict[str, int] = {}
        for number, action in enumerate(actions, 1):
            earlier = numbers.setdefault(json.dumps(_canonical(action), sort_keys=True), number)
            if earlier != number:
                line, _ = documents.locate(self.path, ("actions", str(number - 1)))
                self.errors.append(OverlayError(self.path, f"is the same as action {earlier}", number, line=line))

    def _action(self, number: int, action: Any, is_1_0: bool) -> Action:
        line, _ = documents.locate(self.path, ("actions", str(number - 1)))
        target = action.get("target") if isinstance(action, dict) else None
        place = (number, target if isinstance(target, str) else None, line)

        def fail(reason: str) -> OverlayError:
            return OverlayError(self.path, reason, *place)

        if not isinstance(action, dict):
            raise fail("must be an object")
        if "target" not in action:
            raise fail(f"target {_REQUIRED}")
        if not isinstance(target, str):
            raise fail("target must be a string")
        known = {"target", "description", "update", "remove"} | (set() if is_1_0 else {"copy"})
        if unknown := _unknown(action, {*known, "x-expect-matches"}):
            raise fail(unknown)
        for key, kind in {"description": str, "remove": bool, "copy": str}.items():
            if key in action and not isinstance(action[key], kind):
                raise fail(f"{key} must be {_KINDS[kind]}")
        expected = action.get("x-expect-matches")
        is_count = isinstance(expected, int) and not isinstance(expected, bool)
        if "x-expect-matches" in action and expected != EVERY and not is_count:
            raise fail(f"x-expect-matches must be an integer, or {EVERY}")
        if isinstance(expected, int) and expected < 0:
            raise fail("x-expect-matches must not be negative")
        return Action(
            number=number,
            target=target,
            query=_compile(target, fail),
            remove=action.get("remove", False),
            copy=_compile(action["copy"], fail, "copy: ") if "copy" in action else None,
            update=(action["update"],) if "update" in action else None,
            expected_matches=expected if isinstance(expected, int) else None,
            is_rule=expected == EVERY,
            is_1_0=is_1_0,
        )

    # --- faults ---

    @contextlib.contextmanager
    def _collected(self) -> Iterator[None]:
        try:
            yield
        except OverlayError as error:
            self.errors.append(error)

    def _fail(self, reason: str, keys: tuple[str, ...]) -> None:
        self.errors.append(OverlayError(self.path, reason, line=documents.locate(self.path, keys)[0]))

    def _member(self, value: Mapping[str, Any], key: str, kind: type[T], parent: tuple[str, ...]) -> T | None:
        member = value.get(key)
        if isinstance(member, kind):
            return member
        if key in value:
            self._fail(f"{'.'.join([*parent, key])} must be {_KINDS[kind]}", (*parent, key))
        return None

    def _check_keys(self, value: Mapping[str, Any], known: set[str], parent: tuple[str, ...]) -> None:
        if unknown := _unknown(value, known):
            key = unknown.split()[0]
            self._fail(".".join([*parent, unknown]), (*parent, key))


def _unknown(value: Mapping[str, Any], known: set[str]) -> str | None:
    unknown = sorted(key for key in value if key not in known and not key.startswith("x-"))
    misspelt = sorted(key for key in value if key not in known and key.startswith("x-expect"))
    for key in (*unknown, *misspelt):
        nearest = difflib.get_close_matches(key, sorted(known), n=1)
        if nearest or key in unknown:
            advice = f"; the nearest is {nearest[0]}" if nearest else ""
            return f"{key} is not a key of the specification; own keys start with x-{advice}"
    return None


def _compile(path: str, fail: Callable[[str], OverlayError], prefix: str = "") -> JSONPathQuery:
    try:
        return jsonpath.compile_query(path)
    except QueryError as error:
        raise fail(f"{prefix}{error}") from error


def _canonical(value: Any) -> Any:
    """A value in which numbers that are the same in JSON, such as 1 and 1.0, are one."""
    if isinstance(value, dict):
        return {key: _canonical(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


# --- applying ---


def apply(
    document: dict[str, Any],
    overlay: Overlay,
    *,
    strict: bool = True,
    previous: Previous = lambda: None,
    origins: Origins | None = None,
) -> list[Applied]:
    """Apply an overlay to a document, in place.

    Args:
        document: the document; after an error it is in an undefined state and should be thrown away.
        overlay: the overlay.
        strict: also fail where an action matches nothing, another number than it expects, or changes nothing.
        previous: the last effective spec, which tells an error message which locations are new.
        origins: record of what put each node where it is.

    Returns:
        What each action did, in order.

    Raises:
        InputError: actions failed: all that did.
    """
    applied, errors = try_to_apply(document, overlay, strict=strict, previous=previous, origins=origins)
    if strict:
        errors = [*errors, *(overlay.error(done.stale, done.action) for done in applied if done.stale)]
        errors.sort(key=lambda error: error.action or len(overlay.actions) + 1)
    raise_all(errors)
    return applied


@documents.uncollected()
def try_to_apply(
    document: dict[str, Any],
    overlay: Overlay,
    *,
    strict: bool = True,
    previous: Previous = lambda: None,
    origins: Origins | None = None,
) -> tuple[list[Applied], list[OverlayError]]:
    """Apply what can be applied of an overlay, and return what each action did, and why the others failed."""
    application = _Application(document, overlay, strict, previous, origins)
    applied: list[Applied] = []
    errors: list[OverlayError] = []
    for action in overlay.actions:
        try:
            applied.append(application.apply(action))
        except OverlayError as error:
            errors.append(error)
    if strict and not errors and any(done.changed for done in applied) and application.is_unchanged():
        errors.append(overlay.error(IDLE))
    return applied, errors


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
        raise overlay.error(f"extends {overlay.extends}, and cannot be applied to {spec}")


class _Application:
    """Application of one overlay to one document."""

    def __init__(
        self,
        document: dict[str, Any],
        overlay: Overlay,
        strict: bool,
        previous: Previous,
        origins: Origins | None,
    ) -> None:
        self.document = document
        self.overlay = overlay
        self.strict = strict
        self.previous = previous
        self.origins = origins
        # What is removed can be added again as it was; other actions have no way to undo each other.
        self.removes = any(action.remove for action in overlay.actions)
        self.before: dict[Location, str] = {}

    def apply(self, action: Action) -> Applied:
        """Apply an action.

        Raises:
            OverlayError: it cannot be applied.
        """
        nodes = self._find(action.query, action)
        warning = None
        if action.is_1_0 and any(_kind(node.value) == _PRIMITIVE for node in nodes):
            reason = "selects a primitive value, which version 1.0 does not allow: target its parent, or write 1.1.0"
            if self.strict or not action.remove:
                raise self.overlay.error(reason, action)
            warning = str(self.overlay.error(f"{reason}; it is removed all the same", action))
        idle = self._change(action, nodes)
        stale = self._stale(action, nodes, idle)
        return Applied(
            action=action,
            matches=len(nodes),
            changed=len(idle) < len(nodes),
            stale=stale,
            is_miscounted=bool(nodes) and stale is not None and len(idle) < len(nodes) and not action.is_rule,
            warning=warning,
        )

    def is_unchanged(self) -> bool:
        """Return whether all that was touched is as it was."""
        return bool(self.before) and all(self._text(location) == text for location, text in self.before.items())

    # --- what an action was written for ---

    def _stale(self, action: Action, nodes: Sequence[JSONPathNode], idle: Sequence[Location]) -> str | None:
        expected = action.expected_matches
        if not nodes:
            return None if expected == 0 else jsonpath.why_nothing(self.document, action.query)
        if len(idle) == len(nodes):
            if action.update is not None and action.copy is not None and not action.remove:
                return "changes nothing: update and copy cancel each other out: write two actions"
            return STALE
        if action.is_rule and idle:
            way_out = "exclude them in the target, or drop the overlay if the vendor is fixing the defect"
            return f"is a rule, and {len(idle)} of {len(nodes)} nodes are as it wants them, {_shown(idle)}: {way_out}"
        if expected is None or len(nodes) == expected:
            return None
        counted = f"selects {len(nodes)} nodes, {expected} expected"
        if len(nodes) < expected:
            way_out = (
                "if the vendor fixed the defect in part, accept the number with make accept; else correct the target"
            )
            return f"{counted}: {way_out}"
        locations = [node.location for node in nodes]
        new = _new(self.previous(), locations)
        shown = f"new: {_shown(new)}" if new else f"they are {_shown(locations)}"
        way_out = "accept the number with make accept if the action is right there; else narrow the target"
        return f"{counted}; {shown}: {way_out}"

    # --- changes ---

    def _find(self, query: JSONPathQuery, action: Action) -> list[JSONPathNode]:
        try:
            return jsonpath.find(self.document, query)
        except QueryError as error:
            raise self.overlay.error(str(error), action) from error

    def _change(self, action: Action, nodes: Sequence[JSONPathNode]) -> list[Location]:
        """Change nodes; returns the locations of those that are as before."""
        kinds = sorted({_kind(node.value) for node in nodes})
        if action.remove:
            self._remove(action, nodes)
            return []
        source = ("actions", str(action.number - 1), "update" if action.update else "copy")
        if not nodes or (action.update is None) == (action.copy is None):
            return [node.location for node in nodes]
        if action.copy is not None:
            sources = self._find(action.copy, action)
            if len(sources) != 1:
                raise self.overlay.error(f"copy must select exactly one node, and selects {len(sources)}", action)
            value = copy.deepcopy(sources[0].value)
        else:
            (value,) = action.update or (None,)
        if len(kinds) > 1 and not action.is_1_0:
            reason = f"selects nodes of several kinds ({', '.join(kinds)}); an update needs one kind"
            raise self.overlay.error(reason, action)
        merge = _Merge(self, action)
        return [node.location for node in nodes if not merge.node(node, value, source)]

    def _remove(self, action: Action, nodes: Sequence[JSONPathNode]) -> None:
        # From the back, so that a list index still points at its element when its turn comes, and a child goes
        # before its parent.
        for location in sorted({node.location for node in nodes}, key=_sort_key, reverse=True):
            if not location:
                raise self.overlay.error("the root of the document cannot be removed", action)
            self.touch(location[:-1])
            del _at(self.document, location[:-1])[location[-1]]

    def touch(self, location: Location) -> None:
        """Remember how a node is before it changes."""
        if self.strict and self.removes and not any(location[:n] in self.before for n in range(len(location) + 1)):
            self.before[location] = self._text(location)

    def _text(self, location: Location) -> str:
        try:
            return json.dumps(_at(self.document, location), sort_keys=True)
        except (LookupError, TypeError):
            return ""


class _Merge:
    """Merge of a value with nodes, for one action."""

    def __init__(self, application: _Application, action: Action) -> None:
        self.application = application
        self.action = action
        self.origins = application.origins

    def node(self, node: JSONPathNode, value: Any, source: tuple[str, ...]) -> bool:
        """Merge a value with a node; returns whether that changes it."""
        location = node.location
        document = self.application.document
        target = _at(document, location)
        self.application.touch(location)
        if isinstance(target, list):
            is_entry = self.action.is_1_0 or not isinstance(value, list)
            return self._extend(target, [value] if is_entry else value, source, is_entry=is_entry)
        if isinstance(target, dict):
            if not isinstance(value, dict):
                raise self._error(
                    f"an object cannot be merged with {_article(value)}: remove it, then update its parent"
                )
            return self._object(target, value, location, source)
        if isinstance(value, dict | list):
            reason = f"a primitive value cannot be replaced by {_article(value)}: remove it, then update its parent"
            raise self._error(reason)
        parent = _at(document, location[:-1])
        parent[location[-1]] = value
        self._put(parent, location[-1], source)
        return not _same(target, value)

    def _object(self, target: dict[str, Any], update: Mapping[str, Any], location: Location, source: Any) -> bool:
        changed = False
        for key, value in update.items():
            inner = (*source, key)
            if key not in target:
                target[key] = copy.deepcopy(value)
                self._put(target, key, inner)
                changed = True
                continue
            old = target[key]
            if _kind(old) != _kind(value):
                pointer = documents.json_pointer((*map(str, location), key))
                kinds = f"{_article(old)} at {pointer} cannot be merged with {_article(value)}"
                raise self._error(f"{kinds}: remove it in an action before")
            if isinstance(old, dict):
                changed |= self._object(old, value, (*location, key), inner)
            elif isinstance(old, list):
                changed |= self._extend(old, value, inner, is_entry=False)
            elif not _same(old, value) or type(old) is not type(value):
                changed |= not _same(old, value)
                target[key] = value
                self._put(target, key, inner)
        return changed

    def _extend(self, target: list[Any], items: Sequence[Any], source: tuple[str, ...], *, is_entry: bool) -> bool:
        for index, item in enumerate(copy.deepcopy(list(items))):
            target.append(item)
            self._put(target, len(target) - 1, source if is_entry else (*source, str(index)))
        return bool(items)

    def _put(self, container: Any, key: str | int, source: tuple[str, ...]) -> None:
        if self.origins is not None:
            self.origins.put(container, key, self.application.overlay.path, source)

    def _error(self, reason: str) -> OverlayError:
        return self.application.overlay.error(reason, self.action)


def _shown(locations: Sequence[Location]) -> str:
    pointers = [documents.json_pointer([str(key) for key in location]) for location in locations]
    more = len(pointers) - _MOST_SHOWN
    return ", ".join(pointers[:_MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _new(previous: Mapping[str, Any] | None, locations: Sequence[Location]) -> list[Location]:
    """The locations of which less than of the others was there before; what an action removes was not there either."""
    if previous is None:
        return []
    missing = [len(location) - _depth(previous, location) for location in locations]
    return [location for location, count in zip(locations, missing, strict=True) if count > min(missing)]


def _depth(document: Any, location: Location) -> int:
    """Return how many keys of a location lead to something."""
    for depth, key in enumerate(location):
        try:
            document = document[key]
        except (LookupError, TypeError):
            return depth
    return len(location)


def _sort_key(location: Location) -> list[tuple[bool, int, str]]:
    return [(isinstance(key, str), key if isinstance(key, int) else 0, str(key)) for key in location]


def _at(document: Any, location: Sequence[int | str]) -> Any:
    for key in location:
        document = document[key]
    return document


def _kind(value: Any) -> str:
    return _OBJECT if isinstance(value, dict) else _LIST if isinstance(value, list) else _PRIMITIVE


def _article(value: Any) -> str:
    return f"an {_kind(value)}" if isinstance(value, dict) else f"a {_kind(value)}"


def _same(one: Any, other: Any) -> bool:
    """Equality of JSON primitives: 1 equals 1.0, but not true."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)
