"""The Python surface of a state as data: what users can reach, by its path."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from scripts.diff.model.types import Type


class Kind(enum.StrEnum):
    """What a thing is; the names are those that a report uses."""

    MODULE = "module"
    OPERATION = "operation"
    """The module of an operation."""
    CLASS = "class"
    MODEL = "model"
    ENUM = "enum"
    EXCEPTION = "exception"
    OPTIONS = "options"
    """A class of keyword arguments (``TypedDict``)."""
    OPTION = "option"
    GROUP = "group"
    FUNCTION = "function"
    METHOD = "method"
    PARAMETER = "parameter"
    FIELD = "field"
    """What a class of attrs is made with."""
    ATTRIBUTE = "attribute"
    MEMBER = "member"
    """A member of an enum."""
    CONSTANT = "constant"
    BEHAVIOUR = "behaviour"
    """What decides how an operation is called, such as its path."""
    TYPE = "type"
    """A name for a type."""
    NAME = "name"
    """Another name for a thing, by a re-export."""


CLASSES = frozenset({Kind.CLASS, Kind.MODEL, Kind.ENUM, Kind.EXCEPTION, Kind.OPTIONS})
FUNCTIONS = frozenset({Kind.FUNCTION, Kind.METHOD})


@dataclass(frozen=True)
class Facts:
    """What users can rely on; a fact that a thing cannot have keeps its default.

    Attributes:
        type: the type; of a function, what it returns; of another name, the thing's own. None if it is not written.
        value: the default of a parameter, field or option, or the value of a constant or member, as code; None if
            there is none.
        binding: how arguments are passed (``positional``, ``keyword``, ``both``), or what a method is called on
            (``instance``, ``class``, ``none``).
        order: the names of what can be passed by position, in order.
        bases: the public base classes, by their paths.
        is_async: whether a function has to be awaited.
        is_deprecated: whether the client says that users should not use it any more.
        wire: how the API calls a field; None if it is not known. No part of what users see: it only tells whether a
            field was renamed.
        calls: the module of the operation that a method calls; None if there is none. No part either.
    """

    type: Type | None = None
    value: str | None = None
    binding: str | None = None
    order: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    is_async: bool = False
    is_deprecated: bool = False
    wire: str | None = field(default=None, compare=False)
    calls: str | None = field(default=None, compare=False)

    def renamed(self, names: Mapping[str, str]) -> Facts:
        """The facts with other names for classes."""
        bases = tuple(names.get(base, base) for base in self.bases)
        return replace(self, type=self.type.renamed(names) if self.type else None, bases=bases)


@dataclass(frozen=True)
class Element:
    """A thing that users can reach.

    Attributes:
        path: where, such as ``abwire.kameleoon.Kameleoon.goals.list``; of a parameter, with its function, such as
            ``abwire.kameleoon.Kameleoon.goals.list(page)``.
        kind: what it is.
        facts: what users can rely on.
    """

    path: str
    kind: Kind
    facts: Facts = Facts()

    @property
    def name(self) -> str:
        """Its own name."""
        return split(self.path)[1]

    @property
    def is_required(self) -> bool:
        """For a parameter, field or option: whether it has to be given."""
        return self.facts.value is None and not self.name.startswith("*")


def split(path: str) -> tuple[str, str]:
    """The path of what a thing belongs to, empty if there is nothing, and the thing's own name."""
    if path.endswith(")"):
        parent, _, name = path[:-1].rpartition("(")
    else:
        parent, _, name = path.rpartition(".")
    return parent, name


def within(parent: str, name: str, kind: Kind) -> str:
    """The path of a thing that belongs to another one."""
    return f"{parent}({name})" if kind is Kind.PARAMETER else f"{parent}.{name}"


class Surface(Mapping[str, Element]):
    """What users can reach, by path. Two surfaces are equal if their elements are.

    Args:
        elements: the elements, by their paths, in the order of a report.
    """

    def __init__(self, elements: Mapping[str, Element] | None = None) -> None:
        self._elements = dict(elements or {})
        self._children: dict[str, dict[str, Element]] = {}
        for path, element in self._elements.items():
            parent, name = split(path)
            self._children.setdefault(parent, {})[name] = element

    def __getitem__(self, path: str) -> Element:
        return self._elements[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._elements)

    def __len__(self) -> int:
        return len(self._elements)

    def __hash__(self) -> int:
        return hash(frozenset(self._elements.values()))

    def roots(self) -> dict[str, Element]:
        """The elements that belong to no other one, by their paths."""
        return {path: element for path, element in self._elements.items() if split(path)[0] not in self._elements}

    def children(self, path: str) -> Mapping[str, Element]:
        """What belongs to a thing itself, by name."""
        return self._children.get(path, {})

    def member(self, path: str, name: str) -> Element | None:
        """What users find in a thing under a name, in a base class too; None if there is nothing."""
        for found in (path, *self.ancestors(path)):
            if name in self.children(found):
                return self.children(found)[name]
        return None

    def named(self, element: Element) -> Element | None:
        """The thing itself, of another name for one; None if it is no part of the surface."""
        if element.kind is Kind.NAME and element.facts.type:
            return self._elements.get(element.facts.type.name)
        return element

    def bases(self, path: str) -> tuple[str, ...]:
        """The base classes of a class, by their paths; none if it is not known."""
        found = self._elements.get(path)
        return found.facts.bases if found else ()

    def ancestors(self, path: str) -> tuple[str, ...]:
        """All classes above a class, the nearest first."""
        found: dict[str, None] = {}
        for base in self.bases(path):
            if base not in found and base != path:
                found |= dict.fromkeys((base, *self.ancestors(base)))
        return tuple(found)
