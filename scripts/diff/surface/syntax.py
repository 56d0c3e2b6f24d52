"""What the source of a client says where griffe leaves it to the reader: fields, calls, wire names, deprecations."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import griffe

_DEFINE = ("define", "_attrs_define")
_FIELD = ("field", "_attrs_field")
_DEPRECATED = "deprecated"
"""The decorator of PEP 702."""

# The generator puts this word before the description of what the spec calls deprecated, unless it is there already.
_SENTENCE = re.compile(r"(?:^|[.!?]\s+)Deprecated\b")
_EVIDENCE = re.compile(r"^Evidence: .*", re.MULTILINE | re.DOTALL)
"""The part of a docstring that says what an operation rests on, which may speak of anything."""
_WRITER = "to_dict"
_BODY = "body"
"""The key under which griffe keeps our notes."""


def code(expression: str | griffe.Expr | None) -> str | None:
    """An expression as code, however it was written."""
    return None if expression is None else _normalized(str(expression))


@functools.cache  # most are UNSET
def _normalized(expression: str) -> str:
    return ast.unparse(ast.parse(expression.strip(), mode="eval"))


def keywords(expression: str | griffe.Expr | None) -> dict[str, str]:
    """The keyword arguments of a call, as code."""
    if not isinstance(expression, griffe.ExprCall):
        return {}
    given = [argument for argument in expression.arguments if isinstance(argument, griffe.ExprKeyword)]
    return {argument.name: code(argument.value) or "" for argument in given}


def called(expression: str | griffe.Expr | None) -> str | None:
    """The name of what is called, without its module; of anything else, its own."""
    function = expression.function if isinstance(expression, griffe.ExprCall) else expression
    return None if function is None else str(function).rpartition(".")[2]


# --- classes ---


def attrs_options(found: griffe.Class) -> Mapping[str, str] | None:
    """The options with which attrs makes a class; None if it does not."""
    return next((keywords(one.value) for one in found.decorators if called(one.value) in _DEFINE), None)


def is_argument(found: griffe.Attribute) -> bool:
    """Whether an attribute of a class of attrs is an argument of it."""
    if found.annotation is None or "instance-attribute" not in found.labels:
        return False
    return called(found.value) not in _FIELD or keywords(found.value).get("init") != "False"


def default(found: griffe.Attribute) -> str | None:
    """The default of an attribute of a class of attrs, as code; None if it has none."""
    if not (isinstance(found.value, griffe.ExprCall) and called(found.value) in _FIELD):
        return code(found.value)
    given = keywords(found.value)
    return given.get("default") or (f"{given['factory']}()" if "factory" in given else None)


def annotation(found: griffe.Attribute, owner: griffe.Class) -> str | griffe.Expr | None:
    """The type of an attribute: its own, or that of the argument of the constructor that it is set to."""
    constructor = owner.members.get("__init__")
    if found.annotation is None and isinstance(constructor, griffe.Function):
        name = str(found.value)
        return constructor.parameters[name].annotation if name in constructor.parameters else None
    return found.annotation


def wire_names(found: griffe.Class) -> Mapping[str, str]:
    """How the API calls the fields of a model, as far as the method that writes it shows that."""
    writer = found.members.get(_WRITER)
    return writer.extra[_BODY].get("wire_names", {}) if isinstance(writer, griffe.Function) else {}


# --- functions ---


def operation_of(method: griffe.Function) -> str | None:
    """The module of the operation that a method calls, relative to its API: ``api.goal.get_goal``."""
    return method.extra[_BODY].get("operation")


class Bodies(griffe.Extension):
    """Notes what is of use in the bodies of functions, of which griffe keeps nothing."""

    def on_function_instance(self, *, node: ast.AST | griffe.ObjectNode, func: griffe.Function, **_: Any) -> None:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return
        if func.name == _WRITER:
            func.extra[_BODY]["wire_names"] = dict(_written(node))
        for statement in node.body:
            match statement:
                case ast.ImportFrom(module=str(module), names=[ast.alias(name=name), *_], level=2):
                    if module.startswith("api."):
                        func.extra[_BODY].setdefault("operation", f"{module}.{name}")


def _written(writer: ast.AST) -> Iterator[tuple[str, str]]:
    """The fields in ``d["name"] = self.name``, each with its key."""
    for node in ast.walk(writer):
        match node:
            case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=str(key)))], value=value):
                yield from ((name, key) for name in _own_attributes(value))


def _own_attributes(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        match inner:
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                yield name


# --- deprecations ---


def is_deprecated(found: griffe.Class | griffe.Function) -> bool:
    """Whether a decorator or the docstring says that users should not use something any more."""
    if any(called(one.value) == _DEPRECATED for one in found.decorators):
        return True
    texts = [section.value for section in _sections(found) if section.kind is griffe.DocstringSectionKind.text]
    paragraphs = [paragraph for text in texts for paragraph in _EVIDENCE.sub("", text).split("\n\n")]
    return any(map(_SENTENCE.search, paragraphs))


def deprecated_names(found: griffe.Class | griffe.Function) -> set[str]:
    """The parameters or attributes of which a docstring says the same."""
    kinds = (griffe.DocstringSectionKind.parameters, griffe.DocstringSectionKind.attributes)
    described = [item for section in _sections(found) if section.kind in kinds for item in section.value]
    return {item.name for item in described if _SENTENCE.search(item.description.strip())}


def _sections(found: griffe.Class | griffe.Function) -> list[griffe.DocstringSection]:
    if found.docstring is None or "Deprecated" not in found.docstring.value:
        return []  # without taking it apart: few have the word
    return found.docstring.parse("google", warnings=False)
