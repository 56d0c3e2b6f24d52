"""Types of a client as data, and which of them can stand for which."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

UNION, LIST, LITERAL, NONE, UNSET = "|", "[]", "Literal", "None", "Unset"
_LAST = (NONE, UNSET)
"""The members of a union that people write last."""
_TOP = ("Any", "object")
# Classes that can stand for others. The first two are by the rule of type checkers for numbers. A datetime is no date
# here, though Python derives it: the two cannot be compared, and are written differently.
_PARENTS = {
    "bool": ("int",),
    "int": ("float",),
    "OpenStrEnum": ("str",),
    "StrEnum": ("str",),
    "OpenIntEnum": ("int",),
    "IntEnum": ("int",),
    "list": ("Sequence",),
    "tuple": ("Sequence",),
    "Sequence": ("Iterable",),
    "set": ("Iterable",),
    "frozenset": ("Iterable",),
    "dict": ("Mapping",),
}
_CHANGEABLE = ("list", "dict", "set")
"""Where the receiver of a value could put something into it."""
_VARIABLE = re.compile(r"[A-Z]")
_PAGES = {"AsyncPages": "Pages"}


@dataclass(frozen=True)
class Type:
    """A type. Two of them are equal if they mean the same, however they are written.

    Attributes:
        name: the name of the class without its module, the value of a literal, :data:`UNION` or :data:`LIST`.
        arguments: the arguments in brackets, or the members of a union in the order of their names.
    """

    name: str
    arguments: tuple[Type, ...] = ()

    @property
    def members(self) -> tuple[Type, ...]:
        """The members of a union; of another type, itself."""
        return self.arguments if self.name == UNION else (self,)

    def has(self, name: str) -> bool:
        """Return whether a type of this name is among the members."""
        return any(member.name == name for member in self.members)

    def without(self, *names: str) -> Type:
        """Return the type without some of its members, unless they are all of it."""
        rest = [member for member in self.members if member.name not in names]
        return union(rest) if rest else self

    def renamed(self, names: Mapping[str, str]) -> Type:
        """Return the type with other names for classes."""
        arguments = [argument.renamed(names) for argument in self.arguments]
        if self.name == UNION:
            return union(arguments)
        return replace(self, name=names.get(self.name, self.name), arguments=tuple(arguments))

    def __str__(self) -> str:
        arguments = [str(argument) for argument in self.arguments]
        if self.name == UNION:
            return " | ".join(
                sorted(arguments, key=lambda text: (text in _LAST, _LAST.index(text) if text in _LAST else 0, text))
            )
        if self.name == LIST:
            return f"[{', '.join(arguments)}]"
        return f"{self.name}[{', '.join(arguments)}]" if arguments else self.name


def union(types: Iterable[Type]) -> Type:
    """Return the union of types; of one type, that one."""
    members = {member for found in types for member in found.members}
    if len(members) == 1:
        return members.pop()
    return Type(UNION, tuple(sorted(members, key=str)))


@functools.cache
def parse(text: str) -> Type:
    """Return the type that an annotation means; one that is no annotation is a type by itself."""
    try:
        return _type(ast.parse(text.strip(), mode="eval").body)
    except SyntaxError:
        return Type(text)


def _type(node: ast.expr) -> Type:
    match node:
        case ast.Constant(value=str(text)):
            return parse(text)
        case ast.BinOp(op=ast.BitOr()):
            return union([_type(node.left), _type(node.right)])
        case ast.Subscript(value=value, slice=inner):
            items = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            name = _type(value).name
            if name == LITERAL:
                return union(Type(LITERAL, (Type(ast.unparse(item)),)) for item in items)
            if name in ("Optional", "Union"):
                return union([*map(_type, items), *([Type(NONE)] if name == "Optional" else [])])
            if name in ("ClassVar", "Final", "Annotated", "Required", "NotRequired"):
                return _type(items[0])
            return Type(_PAGES.get(name, name), tuple(map(_type, items)))
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return Type(LIST, tuple(map(_type, items)))
        case _:
            name = ast.unparse(node).rpartition(".")[2]
            return Type(_PAGES.get(name, name))


Parents = Callable[[str], Iterable[str]]
"""The base classes of a class of the client, by its name."""


def fits(part: Type, whole: Type, parents: Parents, *, is_read: bool) -> bool:
    """Return whether every value of one type is one of another type.

    Args:
        part: the one.
        whole: the other.
        parents: the base classes of the classes in ``part``.
        is_read: whether the values are only read. Else users pass them, and a list of ``int`` is not taken for a list
            of ``float``, because the receiver could put a ``float`` into it.
    """
    if part == whole or whole.name in _TOP or any(_VARIABLE.fullmatch(one.name) for one in (part, whole)):
        return True  # what a variable stands for is decided by the class that has it
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
    if len(part.arguments) != len(whole.arguments) or part.name in ("Callable", LIST):
        return False
    if not is_read and part.name in _CHANGEABLE:
        return False  # they are not equal
    if part.name in ("dict", "Mapping") and part.arguments[0] != whole.arguments[0]:
        return False
    pairs = zip(part.arguments, whole.arguments, strict=True)
    return all(fits(one, other, parents, is_read=is_read) for one, other in pairs)


def _kind(literal: Type) -> str:
    """The class of a literal's value."""
    value = literal.arguments[0].name
    if value in ("True", "False"):
        return "bool"
    return "str" if value[:1] in "'\"" else "int"
