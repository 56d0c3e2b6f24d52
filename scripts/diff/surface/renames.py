"""What seems to have been renamed: told as removed and added, because users have to change their code all the same."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from scripts.diff.model.elements import CLASSES, Element, Facts, Kind, Surface, split

_CLOSE = 0.6
"""From which ratio on two names are close, by difflib."""
_ALIKE = 0.75
"""The part of what two things have together that has to be the same in both."""
_CONTAINERS = CLASSES | {Kind.GROUP, Kind.MODULE}
_SAME_ROUTE = ("method", "path")

_Shape = frozenset[tuple[str, Kind, Facts]]


@dataclass(frozen=True)
class Rename:
    """A thing that is gone, and the one that seems to stand in its place.

    Attributes:
        old: the path of the one.
        new: the path of the other.
        is_sure: whether it can be nothing else.
    """

    old: str
    new: str
    is_sure: bool


class Renames:
    """Renames from one surface to another.

    Args:
        old: the one.
        new: the other.
    """

    def __init__(self, old: Surface, new: Surface) -> None:
        self._old = old
        self._new = new
        self._shapes: dict[tuple[str, bool], _Shape] = {}
        self.names: dict[str, str] = {}
        """Classes that are the same but for their names, old path to new one."""
        while found := dict(self._classes()):
            self.names |= found
            self._shapes.clear()  # they have the names of classes in them

    def among(self, removed: Sequence[Element], added: Sequence[Element]) -> list[Rename]:
        """The renames among the removed and the added members of one thing; each is in one of them at most."""
        sure = _matched(removed, added, self._is_same)
        gone, come = {one.old for one in sure}, {one.new for one in sure}
        left = [one for one in removed if one.path not in gone]
        right = [one for one in added if one.path not in come]
        return sure + [replace(one, is_sure=False) for one in _matched(left, right, self._is_alike)]

    def _classes(self) -> Iterator[tuple[str, str]]:
        gone = [one for one in _classes_without(self._old, self._new) if one.path not in self.names]
        come = [one for one in _classes_without(self._new, self._old) if one.path not in self.names.values()]
        for parent in sorted({split(one.path)[0] for one in gone}):
            before, after = ([one for one in side if split(one.path)[0] == parent] for side in (gone, come))
            for one in _matched(before, after, self._has_same_members):
                yield one.old, one.new

    # --- what makes two things the same ---

    def _is_same(self, old: Element, new: Element) -> bool:
        """Whether nothing but a rename makes the one of the other."""
        if self.names.get(old.path) == new.path:
            return True
        if old.kind is not new.kind:
            return False
        if old.kind is Kind.NAME and old.facts.type and new.facts.type:
            return self.names.get(old.facts.type.name) == new.facts.type.name
        if old.kind is Kind.FIELD:
            return old.facts.wire is not None and old.facts.wire == new.facts.wire
        if old.kind is Kind.MEMBER:
            return old.facts.value == new.facts.value
        if old.kind is Kind.OPERATION:
            return self._route(self._old, old.path) == self._route(self._new, new.path)
        routes = self._route(self._old, old.facts.calls), self._route(self._new, new.facts.calls)
        return routes[0] is not None and routes[0] == routes[1] and self._is_alike(old, new)

    def _is_alike(self, old: Element, new: Element) -> bool:
        """Whether a rename is likely to make the one of the other."""
        if old.kind is not new.kind or old.kind is Kind.OPERATION:
            return False
        before, after = self._shape(old, is_old=True), self._shape(new, is_old=False)
        if old.kind in _CONTAINERS:
            return bool(before & after) and len(before & after) >= _ALIKE * len(before | after)
        return before == after

    def _has_same_members(self, old: Element, new: Element) -> bool:
        before, after = self._shape(old, is_old=True), self._shape(new, is_old=False)
        has_some = any(kind in (Kind.FIELD, Kind.MEMBER) for _, kind, _ in before)
        return has_some and old.kind is new.kind and before == after

    def _shape(self, element: Element, *, is_old: bool) -> _Shape:
        """What a thing has, without its own name; a container has its members."""
        key = (element.path, is_old)
        if key not in self._shapes:
            names = {**(self.names if is_old else {}), element.path: "Self"}
            self._shapes[key] = frozenset(
                (one.path.removeprefix(element.path), one.kind, replace(one.facts.renamed(names), is_deprecated=False))
                for one in _below(self._old if is_old else self._new, element)
                if one is not element or element.kind not in _CONTAINERS
            )
        return self._shapes[key]

    @staticmethod
    def _route(surface: Surface, module: str | None) -> tuple[str | None, ...] | None:
        """Where an operation is sent to; None if it is not known."""
        parts = [surface.get(f"{module}.{name}") for name in _SAME_ROUTE]
        return tuple(part.facts.value for part in parts if part) or None


def _matched(
    removed: Iterable[Element], added: Iterable[Element], match: Callable[[Element, Element], bool]
) -> list[Rename]:
    """The pairs that match: those of which neither matches anything else, and those with the closest names."""
    pairs = [(old, new) for old in removed for new in added if match(old, new)]
    found = []
    for old, new in pairs:
        of_old = [other for one, other in pairs if one is old]
        of_new = [one for one, other in pairs if other is new]
        is_only = len(of_old) == len(of_new) == 1
        if is_only or (_closest(old, of_old) is new and _closest(new, of_new) is old):
            found.append(Rename(old.path, new.path, is_sure=True))
    return found


def _closest(one: Element, others: Sequence[Element]) -> Element | None:
    close = difflib.get_close_matches(one.name, [other.name for other in others], n=1, cutoff=_CLOSE)
    return next((other for other in others if other.name in close), None)


def _below(surface: Surface, element: Element) -> Iterator[Element]:
    yield element
    for child in surface.children(element.path).values():
        yield from _below(surface, child)


def _classes_without(surface: Surface, other: Surface) -> list[Element]:
    """The classes that only the one surface has, in modules of both."""
    return [
        one for path, one in surface.items() if one.kind in CLASSES and path not in other and split(path)[0] in other
    ]
