"""Read what users of a client can reach, without running it: entry classes, models, operations, the runtime."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import griffe

from scripts.diff.model.elements import Element, Facts, Kind, Surface, within
from scripts.diff.model.types import Type
from scripts.diff.surface import syntax
from scripts.diff.surface.annotations import Annotations
from scripts.diff.surface.sources import CLIENT, FOLDERS, Sources, is_exception

OPERATION = "OPERATION"
"""The constant by which the runtime knows an operation."""
# What decides how it is called, with what the runtime takes for granted where the operation does not say it.
_BEHAVIOUR = {"method": "None", "path": "None", "idempotent": "False", "unverified": "None"}
_NOTICE = "DEPRECATED"
"""The constant by which a class says that it is deprecated."""
# The special methods that syntax calls; the others are called by nobody on purpose.
_SYNTAX = {
    *("__init__", "__call__", "__enter__", "__exit__", "__aenter__", "__aexit__", "__await__"),
    *("__iter__", "__next__", "__aiter__", "__anext__"),
    *("__getitem__", "__setitem__", "__delitem__", "__contains__", "__len__", "__bool__"),
}
_BINDINGS = {
    griffe.ParameterKind.positional_only: "positional",
    griffe.ParameterKind.positional_or_keyword: "both",
    griffe.ParameterKind.keyword_only: "keyword",
    griffe.ParameterKind.var_positional: "positional",
    griffe.ParameterKind.var_keyword: "keyword",
}
_STARS = {griffe.ParameterKind.var_positional: "*", griffe.ParameterKind.var_keyword: "**"}
# By what a class of the kind stands above it, if it is no exception.
_KINDS = {
    Kind.ENUM: ("enum.", "abwire_core.enums."),
    Kind.MODEL: ("abwire_core.models.",),
    Kind.OPTIONS: ("typing.TypedDict", "typing_extensions.TypedDict"),
}


def load(root: Path) -> Surface:
    """The surface of a project's client.

    Args:
        root: the project, of any commit: a folder with ``generated/abwire`` and ``src/abwire_core``. Without the
            former, the surface is empty.

    Raises:
        SurfaceError: a module cannot be read.
    """
    if not (root / FOLDERS[CLIENT] / CLIENT).is_dir():
        return Surface()
    return Surface({element.path: element for element in _Reader(Sources(root)).elements()})


class _Reader:
    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._annotations = Annotations(sources)

    def elements(self) -> Iterator[Element]:
        """All elements, each after what it belongs to."""
        for module in self._sources.modules():
            is_operation = OPERATION in module.members
            yield Element(module.path, Kind.OPERATION if is_operation else Kind.MODULE)
            for name, definition in self._sources.names(module):
                if is_operation and name == OPERATION:
                    yield from self._behaviour(module)
                else:
                    yield from self._named(f"{module.path}.{name}", definition)

    def _named(self, path: str, definition: str) -> Iterator[Element]:
        found = self._sources.find(definition)
        own = self._sources.public.get(definition, definition)
        if own != path:
            yield Element(path, Kind.NAME, Facts(type=Type(own)))
        elif isinstance(found, griffe.Class):
            yield from self._class(path, found)
        elif isinstance(found, griffe.Function):
            yield from self._function(path, found, Kind.FUNCTION)
        elif isinstance(found, griffe.Attribute) and self._annotations.is_type(found):
            yield Element(path, Kind.TYPE, Facts(type=self._annotations.type(found.value, found.module)))
        elif isinstance(found, griffe.Attribute) and syntax.called(found.value) != "TypeVar":
            yield Element(path, Kind.CONSTANT, Facts(value=syntax.code(found.value)))

    def _behaviour(self, module: griffe.Module) -> Iterator[Element]:
        found = module.members[OPERATION]
        said = syntax.keywords(found.value) if isinstance(found, griffe.Attribute) else {}
        for name, default in _BEHAVIOUR.items():
            yield Element(f"{module.path}.{name}", Kind.BEHAVIOUR, Facts(value=said.get(name, default)))

    # --- classes ---

    def _class(self, path: str, found: griffe.Class) -> Iterator[Element]:
        kind = self._kind(found)
        options = syntax.attrs_options(found)
        members = list(self._members(path, kind, found))
        by_name = options is None or options.get("kw_only") == "True"
        facts = Facts(
            bases=tuple(dict.fromkeys(self._bases(found))),
            order=() if by_name else tuple(member.name for member in members if member.kind is Kind.FIELD),
            is_deprecated=syntax.is_deprecated(found) or self._has_notice(found),
        )
        yield Element(path, kind, facts)
        yield from members

    def _kind(self, found: griffe.Class) -> Kind:
        ancestors = [found.path, *self._sources.ancestors(found)]
        if is_exception(ancestors):
            return Kind.EXCEPTION
        kinds = (kind for kind, above in _KINDS.items() if any(path.startswith(above) for path in ancestors))
        return next(kinds, Kind.CLASS)

    def _bases(self, found: griffe.Class) -> Iterator[str]:
        """The classes above a class that users can reach."""
        for base in self._sources.bases(found):
            hidden = self._sources.hidden_class(base)
            if hidden is None:
                yield self._sources.public.get(base, base)
            else:
                yield from self._bases(hidden)

    def _parts(self, found: griffe.Class) -> Iterator[griffe.Class]:
        """A class and those above it that users cannot reach, whose members they see as its own; it comes last."""
        for base in reversed(self._sources.bases(found)):
            if hidden := self._sources.hidden_class(base):
                yield from self._parts(hidden)
        yield found

    def _has_notice(self, found: griffe.Class) -> bool:
        notices = [part.members[_NOTICE] for part in self._parts(found) if _NOTICE in part.members]
        return bool(notices) and isinstance(notices[-1], griffe.Attribute) and notices[-1].value != "None"

    def _members(self, path: str, kind: Kind, found: griffe.Class) -> Iterator[Element]:
        members = {name: (part, member) for part in self._parts(found) for name, member in part.members.items()}
        owners = {part.path: _Owner(part, kind) for part in self._parts(found)}
        for name, (part, member) in members.items():
            if (name.startswith("_") and name not in _SYNTAX) or name == _NOTICE:
                continue
            if kind is Kind.GROUP and name == "__init__":  # the entry class calls it
                continue
            if isinstance(member, griffe.Function):
                yield from self._function(f"{path}.{name}", member, Kind.METHOD)
            elif isinstance(member, griffe.Attribute):
                yield from self._attribute(f"{path}.{name}", member, owners[part.path])

    def _attribute(self, path: str, found: griffe.Attribute, owner: _Owner) -> Iterator[Element]:
        type_ = self._annotations.type(syntax.annotation(found, owner.found), found.module)
        facts = Facts(type=type_, is_deprecated=found.name in owner.deprecated)
        group = self._sources.hidden_class(type_.name) if type_ else None
        if group is not None and group.path.startswith(f"{CLIENT}."):
            yield Element(path, Kind.GROUP)
            yield from self._members(path, Kind.GROUP, group)
        elif owner.kind is Kind.ENUM and found.annotation is None and "property" not in found.labels:
            yield Element(path, Kind.MEMBER, Facts(value=syntax.code(found.value)))
        elif owner.kind is Kind.OPTIONS:
            yield Element(path, Kind.OPTION, replace(facts, value=None if owner.is_total else "..."))
        elif owner.is_attrs and syntax.is_argument(found):
            field = replace(facts, value=syntax.default(found), wire=owner.wire_names.get(found.name))
            yield Element(path, Kind.FIELD, field)
        elif found.name.isupper() and found.value is not None:
            yield Element(path, Kind.CONSTANT, Facts(value=syntax.code(found.value)))
        else:
            yield Element(path, Kind.ATTRIBUTE, facts)

    # --- functions ---

    def _function(self, path: str, found: griffe.Function, kind: Kind) -> Iterator[Element]:
        binding = _binding(found) if kind is Kind.METHOD else None
        parameters = list(found.parameters)[binding in ("instance", "class") :]
        called = syntax.operation_of(found)
        facts = Facts(
            type=self._annotations.type(found.returns, found.module),
            binding=binding,
            order=tuple(one.name for one in parameters if _BINDINGS[_passing(one)] != "keyword"),
            is_async="async" in found.labels,
            is_deprecated=syntax.is_deprecated(found),
            calls=f"{CLIENT}.{found.module.path.split('.')[1]}.{called}" if called else None,
        )
        yield Element(path, kind, facts)
        deprecated = syntax.deprecated_names(found)
        for one in parameters:
            stars = _STARS.get(_passing(one), "")
            facts = Facts(
                type=self._annotations.type(one.annotation, found.module),
                value=None if stars else syntax.code(one.default),
                binding=_BINDINGS[_passing(one)],
                is_deprecated=one.name in deprecated,
            )
            yield Element(within(path, f"{stars}{one.name}", Kind.PARAMETER), Kind.PARAMETER, facts)


class _Owner:
    """A class whose attributes are read."""

    def __init__(self, found: griffe.Class, kind: Kind) -> None:
        self.found = found
        self.kind = kind
        self.is_attrs = syntax.attrs_options(found) is not None
        self.is_total = found.keywords.get("total") in (None, "True")
        self.deprecated = syntax.deprecated_names(found)
        self.wire_names = syntax.wire_names(found) if self.is_attrs else {}


def _binding(method: griffe.Function) -> str:
    """What a method is called on."""
    if "staticmethod" in method.labels:
        return "none"
    return "class" if "classmethod" in method.labels else "instance"


def _passing(parameter: griffe.Parameter) -> griffe.ParameterKind:
    return parameter.kind or griffe.ParameterKind.positional_or_keyword
