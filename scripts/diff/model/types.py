"""Types of a client as data, and which of them can stand for which."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

UNION = "|"
LIST = "[]"
"""The arguments of a function, as in ``Callable[[int], str]``."""
LITERAL = "Literal"
NONE = "None"
UNSET = "abwire_core.types.Unset"

_LAST = (UNSET, NONE)
"""The members of a union that people write last, from the last one on."""
_TOP = ("Any", "object")
_OURS = "abwire"
VARIABLE = "~"
"""What the names of type variables begin with."""
# Classes of the standard library that can stand for others. The first two numbers are by the rule of type checkers.
_PARENTS = {
    "bool": ("int",),
    "int": ("float",),
    "float": ("complex",),
    "enum.StrEnum": ("str",),
    "enum.IntEnum": ("int",),
    "datetime.datetime": ("datetime.date",),
    "list": ("MutableSequence",),
    "tuple": ("Sequence",),
    "MutableSequence": ("Sequence",),
    "Sequence": ("Collection",),
    "set": ("Collection",),
    "frozenset": ("Collection",),
    "Collection": ("Iterable",),
    "Iterator": ("Iterable",),
    "dict": ("MutableMapping",),
    "MutableMapping": ("Mapping",),
}
_CHANGEABLE = ("list", "dict", "set", "MutableSequence", "MutableMapping")
"""Where whoever gets a value could put something into it."""
_KEYED = ("dict", "Mapping", "MutableMapping")
_INVARIANT = ("Callable", LIST, "Unpack")


@dataclass(frozen=True)
class Type:
    """A type. Two of them are equal if they mean the same, however they are written.

    Attributes:
        name: the path of the class as users know it, such as ``abwire.kameleoon.models.Goal``, without the module for
            what is in ``builtins``, ``typing`` and ``collections.abc``; or the value of a literal; or :data:`UNION`,
            :data:`LIST`.
        arguments: what stands in brackets, or the members of a union, in the order of their names.
    """

    name: str
    arguments: tuple[Type, ...] = ()

    @property
    def members(self) -> tuple[Type, ...]:
        """The members of a union; of another type, itself."""
        return self.arguments if self.name == UNION else (self,)

    def has(self, name: str) -> bool:
        """Whether a type of this name is among the members."""
        return any(member.name == name for member in self.members)

    def without(self, name: str) -> Type:
        """The type without one of its members, unless it is the only one."""
        rest = [member for member in self.members if member.name != name]
        return union(rest) if rest else self

    def renamed(self, names: Mapping[str, str]) -> Type:
        """The type with other names for classes."""
        arguments = [argument.renamed(names) for argument in self.arguments]
        if self.name == UNION:
            return union(arguments)
        return replace(self, name=names.get(self.name, self.name), arguments=tuple(arguments))

    def text(self, *, full: bool = False) -> str:
        """The type as people write it.

        Args:
            full: with the modules of our own classes.
        """
        arguments = [argument.text(full=full) for argument in self.arguments]
        if self.name == UNION:
            ends = [NONE, "Unset"] if not full else [NONE, UNSET]
            return " | ".join(sorted(arguments, key=lambda text: (ends.index(text) + 1 if text in ends else 0, text)))
        if self.name == LIST:
            return f"[{', '.join(arguments)}]"
        name = self.name.removeprefix(VARIABLE)
        if name.startswith(_OURS) and not full:
            name = name.rpartition(".")[2]
        return f"{name}[{', '.join(arguments)}]" if arguments else name

    def __str__(self) -> str:
        return self.text()


def union(types: Iterable[Type]) -> Type:
    """The union of types; if it has one member only, that one."""
    members = {member for found in types for member in found.members}
    if len(members) == 1:
        return members.pop()
    return Type(UNION, tuple(sorted(members, key=lambda member: member.text(full=True))))


def texts(before: Type, after: Type) -> tuple[str, str]:
    """Two types as people write them, with modules if they would look the same without."""
    full = str(before) == str(after)
    return before.text(full=full), after.text(full=full)


Parents = Callable[[str], Iterable[str]]
"""The base classes of a class of the client, by its path."""


def fits(part: Type, whole: Type, parents: Parents, *, is_read: bool) -> bool:
    """Whether every value of one type is one of another type.

    Args:
        part: the one.
        whole: the other.
        parents: the base classes of the classes in ``part``.
        is_read: whether the values are only read. Else users pass them, and a list of ``int`` is not taken for a list
            of ``float``, because whoever gets it could put a ``float`` into it.
    """
    if part == whole or whole.name in _TOP:
        return True
    if part.name.startswith(VARIABLE) or whole.name.startswith(VARIABLE):
        return True  # what it stands for is decided by a class that has it, which may be another one than before
    if part.name == UNION:
        return all(fits(member, whole, parents, is_read=is_read) for member in part.members)
    if whole.name == UNION:
        return any(fits(part, member, parents, is_read=is_read) for member in whole.members)
    if part.name == whole.name and part.name != LITERAL:
        return _arguments_fit(part, whole, parents, is_read=is_read)
    above = [_kind(part)] if part.name == LITERAL else [*parents(part.name), *_PARENTS.get(part.name, ())]
    arguments = () if part.name == LITERAL else part.arguments
    return any(fits(Type(name, arguments), whole, parents, is_read=is_read) for name in above)


def _arguments_fit(part: Type, whole: Type, parents: Parents, *, is_read: bool) -> bool:
    if not whole.arguments:
        return True
    if len(part.arguments) != len(whole.arguments) or part.name in _INVARIANT:
        return False
    pairs = list(zip(part.arguments, whole.arguments, strict=True))
    if not is_read and part.name in _CHANGEABLE:
        return False  # they are not equal
    if part.name in _KEYED and pairs.pop(0)[0] != whole.arguments[0]:
        return False
    return all(fits(one, other, parents, is_read=is_read) for one, other in pairs)


def _kind(literal: Type) -> str:
    """The class of a literal's value."""
    value = literal.arguments[0].name
    if value in ("True", "False"):
        return "bool"
    return "str" if value[:1] in "'\"" else "int"
