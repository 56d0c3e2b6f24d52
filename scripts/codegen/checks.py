"""Parity of a spec and the package generated from it: nothing of the spec is missing.

The generator drops some things silently. This check knows nothing of how the package was made: it reads the
package's source and looks for every operation, parameter, body, response, property and enum value of the spec.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from openapi_python_client.strings import ClassName, PythonIdentifier

from scripts.codegen.lowering import FIELD_PREFIX
from scripts.specs import documents
from scripts.specs.spec import Spec


@dataclass
class Parity:
    """What was looked for, by kind, and what was not found: one line each, with the JSON pointer."""

    counts: Counter[str] = field(default_factory=Counter)
    losses: list[str] = field(default_factory=list)


def check(spec: Spec, package: Path) -> Parity:
    """Compare a spec with the package generated from it.

    Args:
        spec: the effective spec.
        package: the folder of the package, with ``api`` and ``models``.
    """
    return _Checker(Spec(documents.plain(spec.document), spec.path), package).check()


class _Class:
    """A generated class, as far as its source tells."""

    def __init__(self, node: ast.ClassDef) -> None:
        self.annotations = {
            item.target.id: item.annotation
            for item in node.body
            if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
        }
        self.enum_values = {
            item.value.value
            for item in node.body
            if isinstance(item, ast.Assign) and isinstance(item.value, ast.Constant)
        } | {
            -item.value.operand.value
            for item in node.body
            if isinstance(item, ast.Assign)
            and isinstance(item.value, ast.UnaryOp)
            and isinstance(item.value.operand, ast.Constant)
            and isinstance(item.value.operand.value, int)
        }
        methods = {item.name: item for item in node.body if isinstance(item, ast.FunctionDef)}
        self._written = dict(_written_fields(methods["_encode"])) if "_encode" in methods else {}
        self._read = dict(_read_fields(methods["_decode"])) if "_decode" in methods else {}
        self._strings: set[str] = set()
        self._constructed: set[str | None] = set()
        if "from_dict" in methods:
            self._strings = _strings(methods["from_dict"])
            calls = [item for item in ast.walk(methods["from_dict"]) if isinstance(item, ast.Call)]
            self._constructed = {
                keyword.arg for call in calls if ast.unparse(call.func) == "cls" for keyword in call.keywords
            }

    def field(self, name: str) -> str | None:
        """The field that is read from a key, and written to it."""
        found = self._written.get(name)
        is_read = self._read.get(name) == found or (name in self._strings and found in self._constructed)
        return found if found in self.annotations and is_read else None


class _Checker:
    def __init__(self, spec: Spec, package: Path) -> None:
        self._spec = spec
        self._package = package
        self._result = Parity()
        self._seen: set[tuple[int, str]] = set()

    def check(self) -> Parity:
        for pointer, node in self._spec.operations():
            _, route, method = pointer
            self._check_operation(route, method, {**node, "parameters": self._spec.parameters(pointer)})
        for name, schema in self._spec.schemas.items():
            pointer = ("components", "schemas", name)
            if _has_class(self._spec.resolve(schema)):
                annotation = ast.Name(str(ClassName(schema.get("title") or name, FIELD_PREFIX)))
                if self._find("classes", annotation.id in self._classes, pointer, f"there is no class {annotation.id}"):
                    self._check_schema(schema, annotation, pointer)
        return self._result

    def _find(self, kind: str, found: bool, pointer: tuple[str, ...], what: str) -> bool:
        self._result.counts[kind] += 1
        if not found:
            self._result.losses.append(f"{documents.json_pointer(pointer)}: {what}")
        return found

    # --- operations ---

    def _check_operation(self, route: str, method: str, operation: Mapping[str, Any]) -> None:
        pointer = ("paths", route, method)
        tag = PythonIdentifier((operation.get("tags") or ["default"])[0], "tag")
        name = PythonIdentifier(operation.get("operationId", ""), FIELD_PREFIX)
        path = self._package / "api" / tag / f"{name}.py"
        module = ast.parse(path.read_text(encoding="utf-8")) if path.is_file() else None
        functions = _functions(module) if module else {}
        written = dict(_request_line(functions["build"])) if "build" in functions else {}
        url = re.sub(r"\{[^}]*\}", "{}", written.get("url", ""))
        is_same = written.get("method") == method.upper() and url == re.sub(r"\{[^}]*\}", "{}", route)
        is_whole = {"_parse_success", "_parse_error"} <= functions.keys()
        if not self._find(
            "operations", is_same and is_whole, pointer, f"no module api/{tag}/{name}.py makes this request"
        ):
            return
        self._check_parameters(route, operation, functions, pointer)
        body = self._spec.resolve(operation.get("requestBody", {}))
        annotation = _argument(functions["build"], "body") if is_whole else None
        for media_type, content in body.get("content", {}).items():
            place = (*pointer, "requestBody", "content", media_type)
            builder = functions["build"]
            is_typed = media_type in _strings(builder) or media_type == "multipart/form-data"
            sent = is_typed and {"json", "data", "files", "content"} & _request_arguments(builder).keys()
            made = next(
                (node.func for node in ast.walk(builder) if isinstance(node, ast.Call) and _is_of_models(node.func)),
                None,
            )
            if self._find("bodies", bool(sent) and (annotation or made) is not None, place, "the body is not sent"):
                self._check_schema(content.get("schema", {}), annotation or made, place)
        for status, response in operation.get("responses", {}).items():
            self._check_response(status, self._spec.resolve(response), functions, (*pointer, "responses", status))

    def _check_parameters(
        self,
        route: str,
        operation: Mapping[str, Any],
        functions: Mapping[str, _Function],
        pointer: tuple[str, ...],
    ) -> None:
        builder = functions["build"]
        sent = _request_arguments(builder)
        written = {
            "path": dict(zip(_placeholders(route), _placeholders(dict(_request_line(builder))["url"]), strict=True)),
            "query": _members(sent.get("query")),
            "header": _members(sent.get("headers")),
        }
        for index, reference in enumerate(operation["parameters"]):
            parameter = self._spec.resolve(reference)
            place = (*pointer, "parameters", str(index))
            argument = _argument_of(builder, written[parameter["in"]].get(parameter["name"], ""))
            annotations = [_argument(builder, argument)] if argument is not None else []
            found = bool(annotations) and None not in annotations
            if self._find("parameters", found, place, f"the parameter {parameter['name']} is not sent"):
                schema = parameter.get("schema") or next(iter(parameter["content"].values())).get("schema", {})
                self._check_schema(schema, annotations[0], place)

    def _check_response(
        self,
        status: str,
        response: Mapping[str, Any],
        functions: Mapping[str, _Function],
        pointer: tuple[str, ...],
    ) -> None:
        parser = functions.get("_parse_success" if status.startswith("2") else "_parse_error")
        found = _tells_apart(status, parser)
        if self._find("responses", found, pointer, "answers with this status are not told apart"):
            for media_type, content in response.get("content", {}).items():
                if "schema" in content:
                    place = (*pointer, "content", media_type)
                    if parser is not None:
                        self._check_schema(content["schema"], parser.returns, place)

    # --- schemas ---

    def _check_schema(self, schema: Mapping[str, Any], annotation: ast.expr | None, pointer: tuple[str, ...]) -> None:
        """Check that the classes that an annotation names hold what a schema describes."""
        reference = schema.get("$ref")
        schema = self._spec.resolve(schema)
        if annotation is not None and reference is not None and _has_class(schema):
            name = str(ClassName(schema.get("title") or reference.rsplit("/", 1)[1], FIELD_PREFIX))
            named = name in _names(annotation)
            if not self._find("references", named, pointer, f"the type does not name {name}"):
                return
            annotation = ast.Name(name)
        pointer = _place(reference, pointer)
        key = (id(schema), ast.unparse(annotation) if annotation else "")
        if key in self._seen:
            return
        self._seen.add(key)
        all_of = schema.get("allOf", [])
        if len(all_of) == 1 and "$ref" in all_of[0]:  # only a place for a description, or for null
            self._check_schema(all_of[0], annotation, (*pointer, "allOf", "0"))
            all_of = []
        for kind in ("oneOf", "anyOf"):
            for index, member in enumerate(schema.get(kind, ())):
                self._check_schema(member, annotation, (*pointer, kind, str(index)))
        if "items" in schema:
            self._check_schema(schema["items"], annotation, (*pointer, "items"))
        nodes = list(ast.walk(annotation)) if annotation is not None else []
        names = sorted(_names(annotation)) if annotation is not None else []
        classes = [self._classes[name] for name in names if name in self._classes]
        literals = {node.value for node in nodes if isinstance(node, ast.Constant)}
        self._check_enum(schema, literals.union(*(found.enum_values for found in classes)), pointer)
        if isinstance(schema.get("additionalProperties"), dict):
            for found in classes:
                inner = found.annotations.get("additional_properties")
                self._check_schema(schema["additionalProperties"], inner, (*pointer, "additionalProperties"))
        for name, (place, prop) in self._properties({**schema, "allOf": all_of}, pointer).items():
            owners = [(found, field) for found in classes if (field := found.field(name)) is not None]
            if self._find("properties", bool(owners), place, f"no class reads and writes {name!r}"):
                owner, field = owners[0]
                self._check_schema(prop, owner.annotations[field], place)

    def _check_enum(self, schema: Mapping[str, Any], values: Collection[object], pointer: tuple[str, ...]) -> None:
        for value in schema.get("enum", ()):
            if value is not None and not isinstance(value, bool):
                self._find("enum values", value in values, pointer, f"no member has the value {value!r}")

    def _properties(
        self, schema: Mapping[str, Any], pointer: tuple[str, ...]
    ) -> dict[str, tuple[tuple[str, ...], Mapping[str, Any]]]:
        """All properties of an object with their places; of one in several allOf members, the last."""
        pointer = _place(schema.get("$ref"), pointer)
        schema = self._spec.resolve(schema)
        found: dict[str, tuple[tuple[str, ...], Mapping[str, Any]]] = {}
        for index, member in enumerate(schema.get("allOf", ())):
            place = (*pointer, "allOf", str(index))
            found |= self._properties(member, place)
            for kind in ("oneOf", "anyOf"):
                for number, choice in enumerate(self._spec.resolve(member).get(kind, ())):
                    found |= self._properties(choice, (*place, kind, str(number)))
        for name, prop in schema.get("properties", {}).items():
            found[name] = (*pointer, "properties", name), prop
        return found

    @cached_property
    def _classes(self) -> dict[str, _Class]:
        return {
            node.name: _Class(node)
            for path in sorted((self._package / "models").glob("*.py"))
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.ClassDef)
        }


_Function = ast.FunctionDef | ast.AsyncFunctionDef


def _has_class(schema: Mapping[str, Any]) -> bool:
    """Whether the generator makes a class of a component schema, or drops properties because it makes none."""
    alternatives = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
    members = [*schema.get("allOf", ()), *alternatives]
    if alternatives or (len(members) == 1 and "$ref" in members[0]):
        return "properties" in schema
    if "enum" in schema:
        return schema.get("type") != "boolean" and len([value for value in schema["enum"] if value is not None]) > 1
    return not schema.get("nullable") and (schema.get("type") == "object" or "properties" in schema or bool(members))


def _place(reference: str | None, pointer: tuple[str, ...]) -> tuple[str, ...]:
    """Where a schema stands, rather than where it is referred to."""
    if reference is None:
        return pointer
    return tuple(key.replace("~1", "/").replace("~0", "~") for key in reference[2:].split("/"))


def _functions(module: ast.Module) -> dict[str, _Function]:
    return {node.name: node for node in module.body if isinstance(node, _Function)}


def _strings(node: ast.AST) -> set[str]:
    return {item.value for item in ast.walk(node) if isinstance(item, ast.Constant) and isinstance(item.value, str)}


def _names(annotation: ast.expr) -> set[str]:
    """The classes that an annotation names, with or without their module."""
    nodes = list(ast.walk(annotation))
    return {node.id for node in nodes if isinstance(node, ast.Name)} | {
        node.attr for node in nodes if isinstance(node, ast.Attribute) and _is_of_models(node)
    }


def _is_of_models(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and ast.unparse(node.value) == "models"


def _request_arguments(builder: _Function) -> dict[str, ast.expr]:
    """The arguments by name with which a function makes its request."""
    return {
        keyword.arg: keyword.value
        for node in ast.walk(builder)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "encoding.request"
        for keyword in node.keywords
        if keyword.arg is not None
    }


def _members(node: ast.expr | None) -> dict[str, str]:
    """The keys of a dict, each with the expression of its value."""
    if not isinstance(node, ast.Dict):
        return {}
    pairs = zip(node.keys, node.values, strict=True)
    return {str(key.value): ast.unparse(value) for key, value in pairs if isinstance(key, ast.Constant)}


def _tells_apart(status: str, parser: _Function | None) -> bool:
    """Whether responses with a status are read by a function of their own."""
    if parser is None:
        return False
    last = parser.body[-1]
    returns = isinstance(last, ast.Return)
    if status.startswith("2"):
        return returns
    if status[0].isdigit():
        wanted = int(status) if status.isdigit() else int(status[0]) * 100
        return wanted in {node.value for node in ast.walk(parser) if isinstance(node, ast.Constant)}
    return returns and not _is_none(last)


def _is_none(node: ast.stmt) -> bool:
    return isinstance(node, ast.Return) and isinstance(node.value, ast.Constant) and node.value.value is None


def _argument(function: _Function, name: str) -> ast.expr | None:
    arguments = [*function.args.args, *function.args.kwonlyargs]
    return next((argument.annotation for argument in arguments if argument.arg == name), None)


def _argument_of(function: _Function, expression: str) -> str | None:
    """The argument that an expression is made of; its JSON form may stand in a variable of its own."""
    names = [node.id for node in ast.walk(ast.parse(expression)) if isinstance(node, ast.Name)]
    candidates = [*names, *(name.removeprefix("json_") for name in names)]
    return next((name for name in candidates if _argument(function, name) is not None), None)


def _placeholders(url: str) -> list[str]:
    return re.findall(r"\{([^}]*)\}", url)


def _request_line(builder: _Function) -> Iterator[tuple[str, str]]:
    """The method and the URL template that a function puts into the request."""
    for node in ast.walk(builder):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "encoding.request":
            yield "method", ast.literal_eval(node.args[0])
            parts = []
            operands = [node.args[1]]
            while isinstance(operands[0], ast.BinOp):
                operands[:1] = [operands[0].left, operands[0].right]
            for part in operands:
                segment = isinstance(part, ast.Call)
                parts.append(f"{{{ast.unparse(part.args[1])}}}" if segment else str(ast.literal_eval(part)))  # type: ignore[attr-defined]
            yield "url", "".join(parts)


def _written_keys(function: _Function, target: str = "field_dict") -> Iterator[tuple[str, str]]:
    """The keys that a function writes to a dict, each with the variable that holds the value."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            subscript = node.targets[0]
            if ast.unparse(subscript.value) == target and isinstance(subscript.slice, ast.Constant):
                yield str(subscript.slice.value), ast.unparse(node.value)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == f"{target}.update":
            for pairs in (argument for argument in node.args if isinstance(argument, ast.Dict)):
                for key, value in zip(pairs.keys, pairs.values, strict=True):
                    if isinstance(key, ast.Constant):
                        yield str(key.value), ast.unparse(value)


def _written_fields(to_dict: _Function) -> Iterator[tuple[str, str]]:
    """The keys that a model writes, each with the field that it writes, in a variable of that name or directly."""
    for target in ("field_dict", "d"):
        for key, value in _written_keys(to_dict, target):
            for node in ast.walk(ast.parse(value)):
                if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self":
                    yield key, node.attr
                elif isinstance(node, ast.Name) and value == node.id:
                    yield key, value


def _read_fields(decode: _Function) -> Iterator[tuple[str, str]]:
    """The keys that a model takes out of an object, each with the field that gets the value."""
    taken: str | None = None
    for node in ast.walk(decode):
        if not isinstance(node, ast.Assign):
            continue
        for call in (item for item in ast.walk(node.value) if isinstance(item, ast.Call)):
            if ast.unparse(call.func) == "d.pop":
                key = call.args[0].value if isinstance(call.args[0], ast.NamedExpr) else call.args[0]
                taken = str(key.value) if isinstance(key, ast.Constant) else None
        if isinstance(node.targets[0], ast.Attribute) and taken is not None:
            yield taken, node.targets[0].attr
            taken = None
