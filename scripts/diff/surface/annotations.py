"""What annotations mean, however they are written: by quotes, ``Optional``, other names for types, and imports."""

from __future__ import annotations

import ast
import builtins
import functools
import re
from collections.abc import Sequence

import griffe

from scripts.diff.model.types import LIST, LITERAL, VARIABLE, Type, union
from scripts.diff.surface.sources import Sources

_BARE = ("builtins", "typing", "typing_extensions", "collections.abc")
_OLD_NAMES = {"Dict": "dict", "FrozenSet": "frozenset", "List": "list", "Set": "set", "Tuple": "tuple", "Type": "type"}
# What an annotation says besides the type.
_QUALIFIERS = ("Annotated", "ClassVar", "Final", "NotRequired", "ReadOnly", "Required")
_QUOTED = re.compile(r"""(['"]).*\1""", re.DOTALL)


class Annotations:
    """Reads the annotations of packages.

    Args:
        sources: the packages.
    """

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._named = functools.cache(self._type_named)  # the same few names stand in thousands of annotations

    def type(self, expression: str | griffe.Expr | None, module: griffe.Module) -> Type | None:
        """The type that an annotation means.

        Args:
            expression: the annotation.
            module: the module that it stands in.

        Returns:
            The type; None if the annotation says none, as a bare ``Final``.
        """
        if expression is None:
            return None
        if isinstance(expression, str):
            return self._text(expression, module)
        match expression.modernize():
            case griffe.ExprBinOp(operator="|") as found:
                return union(self._all([found.left, found.right], module))
            case griffe.ExprSubscript() as found:
                return self._subscript(found, module)
            case griffe.ExprName() | griffe.ExprAttribute() as found:
                return self._named(found.canonical_path)
            case griffe.ExprList() | griffe.ExprTuple() as found:
                return Type(LIST, self._all(found.elements, module))
            case found:
                return Type(str(found))

    def is_type(self, attribute: griffe.Attribute) -> bool:
        """Whether a name of a module stands for a type, as in ``Names = list[str]``."""
        if attribute.annotation is not None:
            return str(attribute.annotation).endswith("TypeAlias")
        match attribute.value:
            case griffe.ExprSubscript() | griffe.ExprBinOp(operator="|"):
                return "module-attribute" in attribute.labels
            case griffe.ExprName() | griffe.ExprAttribute() as found:
                path = self._sources.definition(found.canonical_path)
                is_class = isinstance(getattr(builtins, path, None), type) or self._sources.class_at(path) is not None
                return "module-attribute" in attribute.labels and is_class
        return False

    def _all(self, expressions: Sequence[str | griffe.Expr], module: griffe.Module) -> tuple[Type, ...]:
        return tuple(found for expression in expressions if (found := self.type(expression, module)))

    def _text(self, text: str, module: griffe.Module) -> Type | None:
        if not _QUOTED.fullmatch(text):
            return Type(text)
        try:
            node = ast.parse(str(ast.literal_eval(text)).strip(), mode="eval").body
        except SyntaxError:  # a text, as in Annotated
            return Type(text)
        return self.type(griffe.get_expression(node, module), module)

    def _type_named(self, path: str) -> Type | None:
        definition = self._sources.definition(path)
        found = self._sources.find(definition)
        if isinstance(found, griffe.Attribute) and self.is_type(found):
            return self.type(found.value, found.module)
        if isinstance(found, griffe.Attribute):
            return Type(f"{VARIABLE}{found.name}")
        bare = _bare(definition)
        return None if bare in _QUALIFIERS else Type(bare or self._sources.public.get(definition, definition))

    def _subscript(self, expression: griffe.ExprSubscript, module: griffe.Module) -> Type | None:
        inner = expression.slice
        items = inner.elements if isinstance(inner, griffe.ExprTuple) else [inner]
        name = _bare(self._sources.definition(expression.canonical_path))
        if name in _QUALIFIERS:
            return self.type(items[0], module)
        if name == LITERAL:
            return union(Type(LITERAL, (Type(str(item)),)) for item in items)
        whole = self._named(expression.canonical_path)
        if whole is None or whole.arguments:  # another name for a type that has its own arguments
            return whole
        return Type(whole.name, self._all(items, module))


def _bare(path: str) -> str | None:
    """The name of a class that everybody knows without its module; None for any other."""
    module, _, name = path.rpartition(".")
    if module in _BARE or (not module and hasattr(builtins, name)):
        return _OLD_NAMES.get(name, name)
    return None
