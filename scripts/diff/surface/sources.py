"""The packages of a state, read by griffe and never imported: which names are public, and what a name stands for."""

from __future__ import annotations

import ast
import builtins
import contextlib
import functools
from collections.abc import Iterator
from pathlib import Path

import griffe

from scripts.diff.surface import syntax

CLIENT = "abwire"
RUNTIME = "abwire_core"
FOLDERS = {CLIENT: "generated", RUNTIME: "src"}
"""The packages, and where they are in a project."""

# What users of the runtime write down themselves: entry classes and how to authenticate (apis, auth), the connection
# (client), what models and enums are and can do (enums, models), what is raised (errors), rate limits of their own
# (limits), what lists are (pages), and files, raw answers and UNSET (types). All else is called by generated code.
_RUNTIME_MODULES = ("apis", "auth", "client", "enums", "errors", "limits", "models", "pages", "types")
# Modules of an API whose classes users reach through another one: the package itself, the entry class, ``models``.
_INNER = ("client", "groups", "sdk")
_MODELS = "models"
_FOR_CHECKERS = ("typing.Generic", "typing.Protocol")
"""Base classes that say nothing of what a class can do."""


class SurfaceError(Exception):
    """The client of a state cannot be read; the message names the file."""


class Sources:
    """The packages of a project.

    Args:
        root: the project.

    Raises:
        SurfaceError: a module is no valid Python, or in no package.
    """

    def __init__(self, root: Path) -> None:
        folders = {name: root / folder for name, folder in FOLDERS.items() if (root / folder / name).is_dir()}
        loader = griffe.GriffeLoader(
            search_paths=list(folders.values()),
            extensions=griffe.Extensions(syntax.Bodies()),
            allow_inspection=False,
            store_source=False,
        )
        self._modules = loader.modules_collection
        self.definition = functools.cache(self._definition)
        for name in reversed(folders):  # the runtime first, because the client imports all that it has in some modules
            with griffe.logger.disable(), contextlib.suppress(griffe.GriffeError):  # the check says why, and where
                loader.load(name, try_relative_path=False)
            _check(root, folders[name] / name, self._modules.members.get(name))
        self.public = dict(self._public())
        """Where users find each class, function and constant that is defined in the packages, by its definition."""

    def modules(self) -> Iterator[griffe.Module]:
        """The modules that users import from."""
        for name in FOLDERS:
            if name in self._modules.members:
                yield from _modules(self._modules[name])

    def names(self, module: griffe.Module) -> Iterator[tuple[str, str]]:
        """The public names of a module but for those of submodules, and where each is defined."""
        names = module.exports if module.exports is not None else [*filter(_is_public, module.members.values())]
        for name in dict.fromkeys(name if isinstance(name, str) else name.name for name in names):
            member = module.members.get(name)
            if member is not None and not isinstance(member, griffe.Module):
                yield name, self.definition(f"{module.path}.{name}")

    def _definition(self, path: str) -> str:
        """The path at which a thing is defined; as far as it can be followed, if that is outside the packages."""
        seen: set[str] = set()
        while path not in seen:
            seen.add(path)
            parent, _, name = path.rpartition(".")
            found = self.find(parent) if parent else None
            member = found.members.get(name) if found is not None else None
            if member is None:
                return path
            path = str(member.target_path) if isinstance(member, griffe.Alias) else str(member.path)
        return path

    def find(self, path: str) -> griffe.Object | None:
        """What is defined at a path of the packages, if anything is; it follows imports."""
        try:
            found = self._modules[path]
        except (KeyError, griffe.AliasResolutionError, griffe.CyclicAliasError):
            return None
        try:
            return found.final_target if isinstance(found, griffe.Alias) else found
        except (griffe.AliasResolutionError, griffe.CyclicAliasError):
            return None

    def class_at(self, path: str) -> griffe.Class | None:
        """The class at a path of the packages, if there is one."""
        found = self.find(path)
        return found if isinstance(found, griffe.Class) else None

    def hidden_class(self, path: str) -> griffe.Class | None:
        """The class at a path of the packages, if there is one and users find it under no name."""
        return None if self.definition(path) in self.public else self.class_at(path)

    def bases(self, found: griffe.Class) -> list[str]:
        """The direct base classes of a class, by their definitions, without those that are for type checkers only."""
        bases = [self.definition(base.canonical_path) for base in found.bases if isinstance(base, griffe.Expr)]
        return [base for base in bases if base not in _FOR_CHECKERS and base != found.path]

    def ancestors(self, found: griffe.Class) -> list[str]:
        """All classes above a class, by their definitions."""
        above: list[str] = []
        for base in self.bases(found):
            known = self.class_at(base)
            above += [base, *(self.ancestors(known) if known else ())]
        return above

    def _public(self) -> Iterator[tuple[str, str]]:
        places: dict[str, list[str]] = {}
        for module in self.modules():
            for name, definition in self.names(module):
                if self.find(definition) is not None:
                    places.setdefault(definition, []).append(f"{module.path}.{name}")
        for definition, found in places.items():
            # Its own module, if that is one of those; else the runtime, which all APIs share.
            yield definition, min(found, key=lambda path: (path != definition, not path.startswith(RUNTIME), path))


def is_exception(ancestors: list[str]) -> bool:
    """Whether a class with these classes above it can be raised."""
    found = [getattr(builtins, name, None) for name in ancestors]
    return any(isinstance(kind, type) and issubclass(kind, BaseException) for kind in found)


def _modules(module: griffe.Module) -> Iterator[griffe.Module]:
    parts = module.path.split(".")
    if not (parts[0] == RUNTIME and len(parts) == 1):
        yield module
    for name, member in module.members.items():
        if not isinstance(member, griffe.Module) or name.startswith("_"):
            continue
        if parts == [RUNTIME] and name not in _RUNTIME_MODULES:
            continue
        if parts[-1] == _MODELS or (len(parts) == 2 and name in _INNER):
            continue
        yield from _modules(member)


def _is_public(member: griffe.Object | griffe.Alias) -> bool:
    if member.name.startswith("_") or "/" in member.name:  # the latter is an import of all names of an unknown module
        return False
    return member.wildcard_imported if isinstance(member, griffe.Alias) else True


def _check(root: Path, folder: Path, package: griffe.Object | griffe.Alias | None) -> None:
    """Refuse modules that griffe has left out; it says nothing of them."""
    loaded = set(_files(package)) if isinstance(package, griffe.Module) else set()
    for path in sorted(folder.rglob("*.py")):
        if path.resolve() not in loaded:
            raise SurfaceError(f"{path.relative_to(root)}: {_reason(path)}")


def _files(module: griffe.Module) -> Iterator[Path]:
    if isinstance(module.filepath, Path):
        yield module.filepath.resolve()
    for member in module.members.values():
        if isinstance(member, griffe.Module):
            yield from _files(member)


def _reason(path: Path) -> str:
    try:
        ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError) as error:
        return str(error)
    return "not in a package: an __init__.py is missing"
