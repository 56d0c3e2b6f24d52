"""Print the Python surface of a project as JSON. A program of its own: it imports the packages of that project.

    python dump.py ROOT

It needs the standard library and what the client itself needs, so it reads the client of any state. The output has an
element for each thing that users can reach, by the path by which they reach it: entry classes, groups, methods and
their parameters, models and their fields, enums and their members, errors, the classes of the runtime behind these, the
constants of the runtime, and the values by which the runtime knows an operation.
"""

from __future__ import annotations

import ast
import enum
import functools
import importlib
import inspect
import json
import pkgutil
import re
import sys
import textwrap
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

CLIENT, RUNTIME = "abwire", "abwire_core"
_SYNTAX = {f"__{name}__" for name in ("init", "call", "enter", "exit", "aenter", "aexit", "iter", "aiter", "getitem")}
_SYNTAX |= {f"__{name}__" for name in ("setitem", "delitem", "contains", "len", "bool", "next", "anext", "await")}
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
_BINDINGS = {
    inspect.Parameter.POSITIONAL_ONLY: "positional",
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "both",
    inspect.Parameter.KEYWORD_ONLY: "keyword",
    inspect.Parameter.VAR_POSITIONAL: "positional",
    inspect.Parameter.VAR_KEYWORD: "keyword",
}
_VALUES = (str, bytes, int, float, bool, type(None), tuple, list, dict, set, frozenset, re.Pattern)


class Surface:
    """Reads the packages that are on the path."""

    def __init__(self) -> None:
        self.elements: dict[str, dict[str, Any]] = {}
        self.runtime = {module.__name__: module for module in _modules(importlib.import_module(RUNTIME))}
        self.classes = {
            name: found
            for module in self.runtime.values()
            for name, found in vars(module).items()
            if inspect.isclass(found) and found.__module__ == module.__name__ and not name.startswith("_")
        }
        """The classes of the runtime that have names for users, by name."""
        self.mentioned: set[str] = set()

    def read(self) -> dict[str, dict[str, Any]]:
        """All elements, by path; those of an API begin with the name of its package and a colon."""
        client = importlib.import_module(CLIENT)
        for module in _modules(client, deep=False):
            if hasattr(module, "__path__") and module is not client:
                self._api(module)
            else:
                self._exports("", module)
        while waiting := self._mentioned():
            for name in waiting:
                self._class("", name, self.classes[name])
        self._constants()
        return self.elements

    def _mentioned(self) -> list[str]:
        """The classes that are still to be read: those that users meet, and the others of their modules."""
        modules = {self.classes[name].__module__ for name in self.mentioned & self.classes.keys()}
        found = {name for name, one in self.classes.items() if one.__module__ in modules}
        return sorted(found - self.elements.keys())

    def _add(self, path: str, kind: str, **facts: Any) -> None:
        self.elements[path] = {"kind": kind, **{name: value for name, value in facts.items() if value is not None}}

    def _exports(self, prefix: str, module: ModuleType) -> None:
        place = "" if module.__name__.count(".") == 0 else f"{module.__name__.rpartition('.')[2]}."
        for name in getattr(module, "__all__", ()):
            found = getattr(module, name)
            if inspect.isclass(found) and found.__module__.startswith(RUNTIME) and found.__name__ in self.classes:
                self.mentioned.add(found.__name__)
            elif inspect.isclass(found):
                self._class(prefix, name, found)
            elif isinstance(found, _VALUES):
                self._add(f"{prefix}{place}{name}", "constant", value=_value(found))
            elif not isinstance(found, ModuleType):
                self._add(f"{prefix}{place}{name}", "type", type=_ADDRESS.sub("", repr(found)))

    # --- an API ---

    def _api(self, package: ModuleType) -> None:
        prefix = f"{package.__name__.partition('.')[2]}:"
        inner = [module for module in _modules(package) if ".models." not in f"{module.__name__}."]
        self.hidden = {
            name: found
            for module in inner
            for name, found in vars(module).items()
            if inspect.isclass(found) and found.__module__ == module.__name__ and name not in _exported(package)
        }
        """The classes of the package that users reach through others only, such as groups."""
        for module in inner:
            if module.__name__.count(".") == 1 or module.__name__.rpartition(".")[2] in ("errors", "types"):
                self._exports(prefix, module)
            if (operation := getattr(module, "OPERATION", None)) is not None:
                self._operation(prefix, operation)
        models = importlib.import_module(f"{package.__name__}.models")
        for name in models.__all__:
            found = getattr(models, name)
            if inspect.isclass(found):
                self._class(prefix, f"models.{name}", found)
            else:
                self._add(f"{prefix}models.{name}", "type", type=_text(found))

    def _operation(self, prefix: str, operation: Any) -> None:
        """The values by which the runtime knows an operation; the route is what tells it from others."""
        names = getattr(operation, "_fields", None) or getattr(operation, "__slots__", None) or vars(operation)
        values = {name: value for name in names if isinstance(value := getattr(operation, name), _VALUES)}
        route = f"{values.pop('method', '')!s} {re.sub(r'{[^{}]*}', '{}', str(values.pop('path', '')))}"
        values.pop("operation_id", None)
        for name, value in values.items():
            self._add(f"{prefix}operations[{route}].{name}", "behaviour", value=_value(value))

    # --- classes and functions ---

    def _class(self, prefix: str, name: str, found: type) -> None:
        path = f"{prefix}{name}"
        above = [base.__name__ for base in found.__mro__[1:] if _is_ours(base) and not base.__name__.startswith("_")]
        is_model = ".models." in f"{found.__module__}."
        kind = "exception" if issubclass(found, BaseException) else "model" if is_model else "class"
        if kind != "class":  # an entry class has the members of those above it
            self.mentioned |= set(above)
        if issubclass(found, enum.Enum):
            self._add(path, "enum", bases=above)
            for member in found:
                self._add(f"{path}.{member.name}", "member", value=_value(member.value))
            return
        self._add(path, kind, bases=above if kind != "class" else [])  # that of an entry class is no promise
        if is_model and found.__module__.startswith(f"{CLIENT}."):
            for parameter in _parameters(found):
                self._parameter(f"{path}.{parameter.name}", parameter, "field")
            return
        self._members(path, found)

    def _members(self, path: str, found: type) -> None:
        seen: set[str] = set()
        for owner in (base for base in found.__mro__ if _is_ours(base)):
            # Members of a class with a name of its own are told there.
            if owner is not found and (owner.__name__ in self.classes and not _is_entry(found)):
                continue
            annotations = _annotations(owner)
            for name in dict.fromkeys([*vars(owner), *annotations]):
                if name in seen or (name.startswith("_") and name not in _SYNTAX):
                    continue
                seen.add(name)
                member = found if name == "__init__" else vars(owner).get(name)
                self._member(f"{path}.{name}", member, annotations.get(name))
            for name in _set_by_constructor(owner) - seen:
                seen.add(name)
                self._add(f"{path}.{name}", "attribute")

    def _member(self, path: str, member: Any, annotation: Any) -> None:
        function = getattr(member, "__func__", member)
        if isinstance(member, (property, functools.cached_property)):
            function = member.fget if isinstance(member, property) else member.func
            type_ = _text(_annotations(function).get("return"))
            if (hidden := self._hidden(type_)) is not None:
                self._add(path, "group")
                self._members(path, hidden)
            else:
                self._add(path, "attribute", type=type_)
        elif inspect.isfunction(function) or path.endswith(".__init__"):
            self._function(path, function, member)
        elif path.rpartition(".")[2].isupper() and isinstance(member, _VALUES):
            self._add(path, "constant", value=_value(member))
        elif (annotation is not None and not path.rpartition(".")[2].isupper()) or inspect.ismemberdescriptor(member):
            self._add(path, "attribute", type=None if annotation is None else _text(annotation))

    def _function(self, path: str, function: Any, member: Any) -> None:
        if path.endswith(".__init__") and self._parent(path) == "group":
            return  # the entry class calls it
        is_class = inspect.isclass(function)  # its signature is that of its constructor
        binding = (
            "class" if isinstance(member, classmethod) else "none" if isinstance(member, staticmethod) else "instance"
        )
        parameters = _parameters(function)[binding != "none" and not is_class :]
        returned = "None" if is_class else _text(_annotations(function).get("return"))
        is_async = inspect.iscoroutinefunction(function)
        order = [one.name for one in parameters if _BINDINGS[one.kind] != "keyword"]
        self._add(path, "method", type=returned, binding=binding, order=order, is_async=is_async or None)
        self.mentioned |= set(re.findall(r"\w+", returned or ""))
        for parameter in parameters:
            stars = _STARS.get(parameter.kind, "")
            self._parameter(f"{path}({stars}{parameter.name})", parameter, "parameter")
        if (hidden := self._hidden(returned)) is not None:
            self._members(f"{path}()", hidden)

    def _parent(self, path: str) -> str | None:
        return self.elements.get(path.rpartition(".")[0], {}).get("kind")

    def _parameter(self, path: str, parameter: inspect.Parameter, kind: str) -> None:
        type_ = _text(parameter.annotation) if parameter.annotation is not inspect.Parameter.empty else None
        if type_ and (options := re.fullmatch(r"(?:typing\.)?Unpack\[(\w+).*\]", type_)) and parameter.kind in _STARS:
            given = self.classes.get(options[1])
            for name, value in (_annotations(given) if given else {}).items():
                owner = path.rpartition("(")[0]
                self._add(f"{owner}({name})", "parameter", type=_text(value), value="...", binding="keyword")
            return
        is_given = parameter.default is inspect.Parameter.empty and parameter.kind not in _STARS
        value = None if is_given else "..." if parameter.kind in _STARS else _value(parameter.default)
        self._add(path, kind, type=type_, value=value, binding=_BINDINGS[parameter.kind])

    def _hidden(self, type_: str | None) -> type | None:
        """The class of the package behind a type, if users find it under no name of its own."""
        return getattr(self, "hidden", {}).get((type_ or "").strip("'\"").rpartition(".")[2])

    # --- the runtime ---

    def _constants(self) -> None:
        for name, module in self.runtime.items():
            for constant, value in vars(module).items():
                if constant.lstrip("_").isupper() and isinstance(value, _VALUES) and _is_own(module, constant):
                    self._add(f"{name}.{constant}", "constant", value=_value(value))
            for function in vars(module).values():
                if inspect.isfunction(function) and function.__module__ == name:
                    for parameter in _parameters(function):
                        if parameter.default is not inspect.Parameter.empty:
                            path = f"{name}.{function.__name__}({parameter.name})"
                            self._add(path, "constant", value=_value(parameter.default))


_STARS: dict[Any, str] = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}


def _modules(package: ModuleType, *, deep: bool = True) -> Iterator[ModuleType]:
    """A package and its modules, but for those of models: their package has them all."""
    yield package
    for found in pkgutil.iter_modules(package.__path__):
        if found.name == "__main__":
            continue
        module = importlib.import_module(f"{package.__name__}.{found.name}")
        if found.ispkg and deep and found.name != "models":
            yield from _modules(module)
        else:
            yield module


def _exported(package: ModuleType) -> list[str]:
    return list(getattr(package, "__all__", ()))


def _is_ours(found: type) -> bool:
    return found.__module__.partition(".")[0] in (CLIENT, RUNTIME)


def _is_entry(found: type) -> bool:
    return found.__module__.startswith(f"{CLIENT}.")


@functools.cache
def _assigned(path: str) -> set[str]:
    """The names that a module assigns itself."""
    tree = ast.parse(Path(path).read_bytes())
    targets = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    targets += [node.target for node in tree.body if isinstance(node, ast.AnnAssign)]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _set_by_constructor(found: type) -> set[str]:
    """The public attributes that a constructor sets, for classes that do not annotate them."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(vars(found)["__init__"])))
    except (KeyError, OSError, TypeError, SyntaxError):
        return set()
    stored = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)]
    owned = [node.attr for node in stored if isinstance(node.value, ast.Name) and node.value.id == "self"]
    return {name for name in owned if not name.startswith("_")}


def _is_own(module: ModuleType, name: str) -> bool:
    return name in _assigned(str(module.__file__))


def _annotations(found: Any) -> dict[str, Any]:
    try:
        return inspect.get_annotations(found)
    except NameError:  # from Python 3.14 on, where an annotation has a name for type checkers only
        return dict(importlib.import_module("annotationlib").get_annotations(found, format=4))


def _parameters(function: Any) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []


def _text(annotation: Any) -> str | None:
    if annotation is None or annotation is inspect.Parameter.empty:
        return None if annotation is not None else "None"
    text = getattr(annotation, "__forward_arg__", annotation)
    return text if isinstance(text, str) else inspect.formatannotation(text)


def _value(value: Any) -> str:
    """A value as text that is the same in every run."""
    if isinstance(value, (set, frozenset)):
        return f"{{{', '.join(sorted(map(_value, value)))}}}"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_value(key)}: {_value(item)}' for key, item in value.items())}}}"
    if isinstance(value, (tuple, list)):
        return f"({', '.join(map(_value, value))})"
    if inspect.isclass(value) or inspect.isfunction(value):
        return str(value.__qualname__)
    return _ADDRESS.sub("", repr(value))


def main(root: str) -> None:
    """Print the surface of a project."""
    sys.path[:0] = [str(Path(root) / "generated"), str(Path(root) / "src")]
    sys.dont_write_bytecode = True
    warnings.simplefilter("ignore")
    json.dump(Surface().read(), sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
