"""How users know the elements of two surfaces, and what belongs to what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scripts.diff.model.elements import CLASSES, Element, Kind, Surface, split
from scripts.diff.surface.sources import CLIENT

_ASYNC = re.compile(r"(?<=\.)Async(?=[A-Z])")
_FUNCTIONS = ("sync", "asyncio", "sync_detailed", "asyncio_detailed")
"""What calls an operation in its module, in the order in which users think of it."""
_MODELS = "models"


@dataclass(frozen=True)
class Place:
    """Where in the client something stands.

    Attributes:
        package: the package of its API, such as ``kameleoon``; None for what all APIs share.
        method: group and method, such as ``("goals", "list")``; None if it is no part of one.
        module: tag and module of the operation, such as ``("goal", "get_all_goals")``; None likewise.
        model: the class of the model or enum, such as ``Goal``; None likewise.
    """

    package: str | None = None
    method: tuple[str, str] | None = None
    module: tuple[str, str] | None = None
    model: str | None = None


class Names:
    """The names in two surfaces.

    Args:
        old: the one.
        new: the other.
    """

    def __init__(self, old: Surface, new: Surface) -> None:
        self._surfaces = (new, old)
        self._methods: dict[str, str] = {}
        """The sync method that calls an operation, by the operation's module."""
        self._groups: dict[str, set[str]] = {}
        """The groups whose methods call the operations of a tag, by the tag's module."""
        self._tags: dict[str, set[str]] = {}
        """The modules of the tags whose operations the methods of a group call, by the group."""
        self._others: dict[str, dict[str, None]] = {}
        """The other names of a thing, by the path of its own."""
        self._heirs: dict[str, dict[str, None]] = {}
        """The classes at the top of an API's package, by the classes above them."""
        for surface in self._surfaces:
            for path, element in surface.items():
                self._add(surface, path, element)

    def _add(self, surface: Surface, path: str, element: Element) -> None:
        if element.facts.calls and not _ASYNC.search(path):
            self._methods.setdefault(element.facts.calls, path)
            group, tag = split(path)[0], split(element.facts.calls)[0]
            self._groups.setdefault(tag, set()).add(group)
            self._tags.setdefault(group, set()).add(tag)
        if element.kind is Kind.NAME and element.facts.type:
            self._others.setdefault(element.facts.type.name, {})[path] = None
        if element.kind in CLASSES and path.startswith(f"{CLIENT}.") and path.count(".") == 2:
            for ancestor in surface.ancestors(path):
                self._heirs.setdefault(ancestor, {})[path] = None

    def find(self, path: str) -> Element | None:
        """The element at a path, the new one if there are two."""
        return next((surface[path] for surface in self._surfaces if path in surface), None)

    def common(self, path: str) -> str:
        """One path for a thing, its twins and its other names."""
        element = self.find(path)
        if element is not None and element.kind is Kind.NAME and element.facts.type:
            path = element.facts.type.name
        module = self._module(path)
        if module is not None:
            rest = path.removeprefix(module)
            function = rest.removeprefix(".").partition("(")[0]
            if function in _FUNCTIONS:
                rest = rest.removeprefix(f".{function}")
            return f"{self._methods.get(module, module)}{rest}"
        twin = self._group(path) or _ASYNC.sub("", path, count=1)
        return twin if self.find(twin) else path

    def _group(self, tag: str) -> str | None:
        """The group that has all operations of a tag, and no other ones."""
        groups = self._groups.get(tag, set())
        return next((group for group in groups if groups == {group} and self._tags[group] == {tag}), None)

    def method(self, path: str) -> str | None:
        """The method of a class or group that a thing is, or to which it belongs; None if there is none."""
        return next((start for start in _starts(path) if self._is(start, Kind.METHOD)), None)

    def place(self, path: str) -> Place:
        """Where a thing belongs."""
        parts = path.partition("(")[0].split(".")
        if parts[0] != CLIENT or len(parts) < 2 or not self._is_api(parts[1]):
            return Place()
        package = parts[1]
        if parts[2:3] == [_MODELS] and len(parts) > 3:
            return Place(package, model=parts[3])
        module = self._module(path)
        method = self._methods.get(module) if module else self.method(path)
        if module is None and method is not None:
            module = element.facts.calls if (element := self.find(method)) else None
        is_grouped = method is not None and self._is(split(method)[0], Kind.GROUP)
        return Place(package, method=_last_two(method) if is_grouped else None, module=_last_two(module))

    def subject(self, path: str) -> str:
        """A thing as users write it."""
        element = self.find(path)
        if element is not None and element.kind is Kind.BEHAVIOUR:
            path = split(path)[0]
        path = path.replace(".__init__", "")
        parts = path.split(".")
        if parts[0] == CLIENT and len(parts) > 2:
            return ".".join(parts[2 if self._is_api(parts[1]) else 1 :])
        return path

    def subjects(self, path: str) -> Iterator[str]:
        """A thing by all its names, the one that users know best at first."""
        starts = list(_starts(path))
        if (element := self.find(path)) and element.kind is Kind.BEHAVIOUR:
            yield from (self.subject(self._methods[start]) for start in starts if start in self._methods)
        for start in starts:
            for name in sorted(self._others.get(start, ()), key=lambda name: (name.count("."), name)):
                yield self.subject(name + path.removeprefix(start))
        yield self.subject(path)
        for start in starts[1:]:  # what changes in a class itself does not change in those below
            for heir in self._heirs.get(start, ()):
                if self.find(inherited := heir + path.removeprefix(start)) is None:
                    yield self.subject(inherited)

    def rank(self, path: str) -> tuple[bool, bool, int]:
        """What decides which of several twins comes first: methods before operations, sync before async.

        Other names of a thing come after its own, whatever users write.
        """
        module = self._module(path)
        function = path.removeprefix(f"{module}.").partition("(")[0]
        position = _FUNCTIONS.index(function) if function in _FUNCTIONS else -1
        is_behind = module is not None or self._is(path, Kind.MODULE) or self._is(path, Kind.NAME)
        return is_behind, bool(_ASYNC.search(path)), position

    def _module(self, path: str) -> str | None:
        """The module of the operation to which a thing belongs."""
        return next((start for start in _starts(path) if self._is(start, Kind.OPERATION)), None)

    def _is(self, path: str, kind: Kind) -> bool:
        return (element := self.find(path)) is not None and element.kind is kind

    def _is_api(self, package: str) -> bool:
        return self.find(f"{CLIENT}.{package}.{_MODELS}") is not None


def _starts(path: str) -> Iterator[str]:
    """A path, and those of all that it belongs to."""
    while path:
        yield path
        path = split(path)[0]


def _last_two(path: str | None) -> tuple[str, str] | None:
    if path is None:
        return None
    first, second = path.split(".")[-2:]
    return first, second
