"""Short modules of code that use one element of a client, for notes on how to migrate.

Each is a function whose arguments stand for what a program has at hand, so that a type checker can judge all of it.
"""

from __future__ import annotations

import builtins
import collections.abc
import keyword
from collections.abc import Container, Sequence

from openapi_python_client.strings import PythonIdentifier

from scripts.diff.model.elements import CLASSES, FUNCTIONS, Element, Kind, Surface, split, within
from scripts.diff.model.types import LIST, LITERAL, NONE, UNION, UNSET, Type, union

_MODELS = ".models."
_NOTHING = Type(NONE)


class Snippets:
    """Code for one state of a client.

    Args:
        surface: the Python surface of the state.
    """

    def __init__(self, surface: Surface) -> None:
        self._surface = surface

    def use(self, path: str, given: Sequence[str] = ()) -> str | None:
        """Use an element in the way in which most programs do.

        Args:
            path: the element.
            given: for something that is called, the arguments to give besides those that have to be.

        Returns:
            The code; None if it is not there, or if a few lines cannot show its use.
        """
        element = self._surface.get(path)
        if element is None:
            return None
        if element.kind in FUNCTIONS:
            return self._call(element, given)
        if element.kind is Kind.PARAMETER:
            return self.use(split(path)[0], [*given, element.name])
        if element.kind in (Kind.FIELD, Kind.ATTRIBUTE, Kind.GROUP):
            return self._read(element)
        if element.kind in (Kind.MEMBER, Kind.CONSTANT, *CLASSES, Kind.TYPE, Kind.NAME, Kind.MODULE, Kind.OPERATION):
            return self._name(element)
        return None

    def build(self, path: str, given: Sequence[str] = ()) -> str | None:
        """Make a model.

        Args:
            path: its class.
            given: the fields to give besides those that have to be.

        Returns:
            The code; None if the model is not there.
        """
        if path not in self._surface:
            return None
        module = _Module()
        members = self._surface.children(path)
        fields = [one for one in members.values() if one.kind is Kind.FIELD and (one.is_required or one.name in given)]
        arguments = [(field.name, _given(field)) for field in fields]
        name = module.name(path)
        values = ", ".join(f"{field.name}={module.local(field.name)}" for field in fields)
        return module.text(arguments, name, [f"return {name}({values})"])

    def read(self, path: str) -> str | None:
        """Read an attribute as it is, with whatever stands for its absence.

        Args:
            path: the attribute.

        Returns:
            The code; None if the attribute is not there.
        """
        element = self._surface.get(path)
        return None if element is None else self._read(element, is_whole=True)

    def of_value(self, path: str, value: str | None) -> str | None:
        """Make a member of an open enum that the client does not know.

        Args:
            path: the enum.
            value: the value, as code.

        Returns:
            The code; None if the enum is not there.
        """
        if path not in self._surface or value is None:
            return None
        module = _Module()
        return module.text([], module.name(path), [f"return {module.name(path)}({value})"])

    # --- the ways of use ---

    def _call(self, function: Element, given: Sequence[str]) -> str | None:
        parent, name = split(function.path)
        owner = self._surface.get(parent)
        module = _Module()
        arguments: list[tuple[str, Type]] = []
        parameters = self._parameters(function, given)
        taken = {parameter.name for parameter in parameters}
        if owner is not None and owner.kind is Kind.GROUP:
            entry, group = split(parent)
            arguments.append((_variable(entry, taken), Type(entry)))
            called = f"{arguments[0][0]}.{group}.{name}"
        elif owner is not None and owner.kind in CLASSES and name == "__init__":
            called = module.name(parent)
        elif owner is not None and owner.kind in CLASSES and not name.startswith("__"):
            on_class = function.facts.binding != "instance"
            arguments += [] if on_class else [(_variable(parent, taken), Type(parent))]
            called = f"{module.name(parent) if on_class else arguments[0][0]}.{name}"
        elif owner is not None and owner.kind in (Kind.MODULE, Kind.OPERATION):
            called = module.name(function.path)
        else:
            return None
        passed = []
        for parameter in parameters:
            local = module.local(parameter.name)
            arguments.append((parameter.name, _given(parameter)))
            passed.append(local if parameter.facts.binding != "keyword" else f"{parameter.name}={local}")
        returned = function.facts.type or _NOTHING
        call = f"{'await ' if function.facts.is_async else ''}{called}({', '.join(passed)})"
        if name == "__init__":
            return module.text(arguments, called, [f"return {call}"])
        line = call if returned == _NOTHING else f"return {call}"
        return module.text(arguments, module.type(returned), [line], is_async=function.facts.is_async)

    def _parameters(self, function: Element, given: Sequence[str]) -> list[Element]:
        found = [one for one in self._surface.children(function.path).values() if not one.name.startswith("*")]
        wanted = [one for one in found if one.is_required or one.name in given]
        # What is passed by position comes first, without gaps.
        order = function.facts.order
        last = max((order.index(one.name) for one in wanted if one.name in order), default=-1)
        positional = [self._surface[within(function.path, name, Kind.PARAMETER)] for name in order[: last + 1]]
        return [*positional, *(one for one in wanted if one.name not in order)]

    def _read(self, element: Element, *, is_whole: bool = False) -> str:
        parent, name = split(element.path)
        module = _Module()
        owner = _variable(parent)
        returned = element.facts.type or Type("object")
        if is_whole or not returned.has(UNSET):
            return module.text([(owner, Type(parent))], module.type(returned), [f"return {owner}.{name}"])
        # Absent is an answer of its own, which has to be told apart before the value can be used.
        value = returned.without(UNSET)
        unset = module.name(UNSET)
        line = f"return None if isinstance({owner}.{name}, {unset}) else {owner}.{name}"
        return module.text([(owner, Type(parent))], module.type(union([value, _NOTHING])), [line])

    def _name(self, element: Element) -> str:
        module = _Module()
        parent, own = split(element.path)
        owner = self._surface.get(parent)
        if owner is not None and owner.kind in CLASSES:
            name = f"{module.name(parent)}.{own}"
        elif element.kind in (Kind.MODULE, Kind.OPERATION):
            name = module.member(element.path)
        else:
            name = module.name(element.path)
        return module.text([], "object", [f"return {name}"])


def _given(element: Element) -> Type:
    """The type of what a program gives for an argument: never that it is absent."""
    return (element.facts.type or Type("object")).without(UNSET)


def _variable(path: str, taken: Container[str] = ()) -> str:
    """What a program may call an object of a class, other than some names that are taken."""
    name = str(PythonIdentifier(split(path)[1], "value"))
    return f"the_{name}" if name in taken else name


class _Module:
    """A module that is being written."""

    def __init__(self) -> None:
        self._imports: set[str] = set()

    def local(self, name: str) -> str:
        """The name of an argument of the example."""
        return f"{name}_" if keyword.iskeyword(name) or name in dir(builtins) else name

    def name(self, path: str) -> str:
        """What an element is called after an import, which is added."""
        parent, name = split(path)
        if _MODELS in path:
            package, _, rest = path.partition(_MODELS)
            self._imports.add(f"from {package} import models")
            return f"models.{rest}"
        if name[:1].isupper() or "." not in parent:
            return self.member(path)
        package, _, module = parent.rpartition(".")
        self._imports.add(f"from {package} import {module}")
        return f"{module}.{name}"

    def member(self, path: str) -> str:
        """What an element is called after an import of itself, which is added."""
        parent, name = split(path)
        self._imports.add(f"from {parent} import {name}" if parent else f"import {name}")
        return name

    def type(self, found: Type) -> str:
        """A type as an annotation, whose imports are added."""
        arguments = [self.type(argument) for argument in found.arguments if found.name != LITERAL]
        if found.name == UNION:
            return " | ".join(sorted(arguments, key=lambda text: (text == NONE, text)))
        if found.name == LIST:
            return f"[{', '.join(arguments)}]"
        if found.name == LITERAL:
            self._imports.add("from typing import Literal")
            return f"Literal[{', '.join(argument.name for argument in found.arguments)}]"
        name = self._type_name(found.name)
        return f"{name}[{', '.join(arguments)}]" if arguments else name

    def _type_name(self, name: str) -> str:
        if name in (NONE, "...") or hasattr(builtins, name):
            return name
        if "." not in name:
            home = "collections.abc" if name in collections.abc.__all__ else "typing"
            self._imports.add(f"from {home} import {name}")
            return name
        if name.startswith("abwire"):
            return self.name(name)
        self._imports.add(f"import {split(name)[0]}")
        return name

    def text(
        self, arguments: Sequence[tuple[str, Type]], returns: str, lines: Sequence[str], *, is_async: bool = False
    ) -> str:
        """The module."""
        parameters = [f"{self.local(name)}: {self.type(found)}" for name, found in arguments]
        define = "async def" if is_async else "def"
        head = f"{define} example({', '.join(parameters)}) -> {returns}:"
        body = "\n".join(f"    {line}" for line in lines)
        imports = "".join(f"{line}\n" for line in sorted(self._imports))
        return f"{imports}\n\n{head}\n{body}\n"
