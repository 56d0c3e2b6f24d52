"""Lines of code that use one element of a client, before and after a change, for notes on how to migrate."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from openapi_python_client.strings import PythonIdentifier

from scripts.diff.surface import python_types
from scripts.diff.surface.python_types import LITERAL, NONE, UNION, UNSET, Type
from scripts.diff.surface.surface_changes import Element, Surface, SurfaceChange

_SAMPLES = {
    "str": '"..."',
    "int": "1",
    "float": "1.5",
    "bool": "True",
    "bytes": 'b"..."',
    "date": "datetime.date(2026, 1, 31)",
    "datetime": "datetime.datetime(2026, 1, 31, tzinfo=datetime.UTC)",
}


@dataclass
class Snippet:
    """Lines of code, and what they need to be a module that a type checker can judge.

    Attributes:
        lines: the lines.
        imports: the imports.
        arguments: the names that the lines take for granted, with their types.
    """

    lines: list[str] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)
    arguments: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines) + "\n"

    @property
    def module(self) -> str:
        """The lines as a module."""
        arguments = ", ".join(f"{name}: {type_}" for name, type_ in self.arguments.items())
        body = "\n".join(f"    {line}" for line in self.lines)
        imports = "\n".join(sorted(self.imports))
        return f"from __future__ import annotations\n{imports}\n\n\ndef example({arguments}) -> None:\n{body}\n"


class Snippets:
    """Code for one state of a client.

    Args:
        surface: the Python surface of the state.
        package: the package of the API in it.
        is_new: whether it is the state after the change.
    """

    def __init__(self, surface: Surface, package: str, *, is_new: bool) -> None:
        self._is_new = is_new
        self._surface = surface
        self._package = package

    def use(self, path: str, change: SurfaceChange) -> Snippet | None:
        """Return the use of an element in the way in which most programs do; None if lines cannot show it.

        Args:
            path: the element, with its package.
            change: the change that the code is to show.
        """
        element = self._surface.get(path)
        if element is None:
            return None
        kind = element["kind"]
        if kind == "parameter":
            is_given = not change.check.endswith("now-required") or "value" not in element
            return self._call(path[: path.rindex("(")], path[path.rindex("(") + 1 : -1] if is_given else "")
        if kind == "method":
            return self._call(path, "", returned=change.check == "return-type-changed")
        if kind == "field" and not change.check.startswith(("now-required", "required-")):
            return self._read(path, element, change)
        if kind == "field":
            owner, _, name = path.rpartition(".")
            return self._build(owner, name if "value" not in element else "")
        if kind in ("model", "enum", "member", "class", "exception"):
            snippet = Snippet()
            snippet.lines.append(f"print({self._name(snippet, path.partition(':')[2])})")
            return snippet
        return None

    def build(self, path: str, name: str) -> Snippet | None:
        """Return the construction of a model with a field.

        Args:
            path: the model, with its package.
            name: the field.
        """
        return self._build(path, name) if path in self._surface else None

    def value(self, path: str, value: str) -> Snippet | None:
        """Return the member of an open enum that the client does not know."""
        if path not in self._surface:
            return None
        snippet = Snippet()
        snippet.lines.append(f"print({self._name(snippet, path.partition(':')[2])}({value}))")
        return snippet

    # --- the ways of use ---

    def _call(self, path: str, given: str, *, returned: bool = False) -> Snippet | None:
        place, _, method = path.partition(":")[2].rpartition(".")
        entry, _, group = place.partition(".")
        if method.startswith("__") or not entry or "(" in place or entry.startswith("Async"):
            return None
        snippet = Snippet()
        snippet.imports.add(f"from abwire.{self._package} import {entry}")
        variable = str(PythonIdentifier(entry, "value"))
        snippet.arguments[variable] = entry
        passed = []
        for name, one in self._children(path):
            is_positional = one["binding"] != "keyword"
            if "value" not in one or name == given:
                sample = self._sample(snippet, name, one)
                passed.append(sample if is_positional else f"{name}={sample}")
        called = ".".join(filter(None, [variable, group, method]))
        call = f"{called}({', '.join(passed)})"
        if returned and (type_ := self._surface[path].get("type")):
            shown = self._type(snippet, python_types.parse(type_))
            call = f"found: {shown} = {call}" if shown and type_ != NONE else call
        snippet.lines.append(call)
        return snippet

    def _build(self, path: str, given: str) -> Snippet:
        snippet = Snippet()
        fields = [
            f"{name}={self._sample(snippet, name, one)}"
            for name, one in self._children(path)
            if one["kind"] == "field" and ("value" not in one or name == given)
        ]
        snippet.lines.append(f"{self._name(snippet, path.partition(':')[2])}({', '.join(fields)})")
        return snippet

    def _read(self, path: str, element: Element, change: SurfaceChange) -> Snippet:
        owner, _, name = path.rpartition(".")
        snippet = Snippet()
        variable = str(PythonIdentifier(owner.rpartition(".")[2], "value"))
        snippet.arguments[variable] = self._name(snippet, owner.partition(":")[2])
        read = f"{variable}.{name}"
        type_ = python_types.parse(element.get("type", NONE))
        is_of_none = change.text.startswith(("may be None", "is never None"))
        if change.check == "type-changed" and not is_of_none and (shown := self._type(snippet, type_)):
            snippet.lines.append(f"{name}: {shown} = {read}")
            return snippet
        conditions = []
        if self._is_new and change.text.startswith("may be None"):
            conditions.append(f"{read} is not None")
        if self._is_new and change.check == "now-optional" and type_.has(UNSET):
            snippet.imports.add(f"from {self._unset()} import UNSET")
            conditions.append(f"{read} is not UNSET")
        snippet.lines += [f"if {' and '.join(conditions)}:", f"    print({read})"] if conditions else [f"print({read})"]
        return snippet

    # --- what they are made of ---

    def _children(self, path: str) -> list[tuple[str, Element]]:
        found = []
        for child, one in self._surface.items():
            if child.startswith(path) and (match := re.fullmatch(r"\((\w+)\)|\.(\w+)", child[len(path) :])):
                found.append((match[1] or match[2], one))
        return found

    def _unset(self) -> str:
        return "abwire" if "UNSET" in self._surface else f"abwire.{self._package}.types"

    def _name(self, snippet: Snippet, path: str) -> str:
        """The name of an element after an import, which is added."""
        snippet.imports.add(f"from abwire.{self._package} import {path.partition('.')[0]}")
        return path

    def _type(self, snippet: Snippet, found: Type) -> str:
        """A type as an annotation whose imports are added; empty if a name in it is not known."""
        if found.name in (UNION, LITERAL) or found.arguments:
            arguments = [self._type(snippet, one) for one in found.arguments] if found.name != LITERAL else []
            if found.name == LITERAL or not all(arguments):
                return ""
            if found.name == UNION:
                return " | ".join(sorted(arguments, key=lambda text: (text in (NONE, UNSET), text)))
            head = self._type(snippet, Type(found.name))
            return f"{head}[{', '.join(arguments)}]" if head else ""
        if found.name == UNSET:
            snippet.imports.add(f"from {self._unset()} import Unset")
            return UNSET
        if found.name in ("date", "datetime"):
            snippet.imports.add("import datetime")
            return f"datetime.{found.name}"
        if f"{self._package}:models.{found.name}" in self._surface:
            return self._name(snippet, f"models.{found.name}")
        if found.name in ("Any",):
            snippet.imports.add("from typing import Any")
            return "Any"
        if found.name == "Pages":
            snippet.imports.add("from abwire_core.pages import Pages")
            return "Pages"
        return found.name if found.name in ("str", "int", "float", "bool", "bytes", "list", "dict", NONE) else ""

    def _sample(self, snippet: Snippet, name: str, element: Element) -> str:
        """An argument as a program would write it; a name for what takes more than a few characters."""
        whole = python_types.parse(element.get("type", "object")).without(UNSET, NONE)
        type_ = next((one for one in whole.members if one.name not in ("dict", "Mapping")), whole.members[0])
        path = f"{self._package}:models.{type_.name}"
        if type_.name in _SAMPLES:
            if type_.name in ("date", "datetime"):
                snippet.imports.add("import datetime")
            return _SAMPLES[type_.name]
        if self._surface.get(path, {}).get("kind") == "enum":
            member = next((child for child, one in self._children(path) if one["kind"] == "member"), None)
            if member:
                return self._name(snippet, f"models.{type_.name}.{member}")
        if type_.name == "list" and type_.arguments and type_.arguments[0].name in _SAMPLES:
            return f"[{_SAMPLES[type_.arguments[0].name]}]"
        snippet.arguments[name] = self._type(snippet, type_) or "Any"
        if snippet.arguments[name] == "Any":
            snippet.imports.add("from typing import Any")
        return name
