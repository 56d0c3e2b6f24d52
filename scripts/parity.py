"""Prove that nothing of a spec is missing in the package generated from it.

    python -m scripts.parity SPEC PACKAGE

The generator drops some things without a word. This check knows nothing of how the package was made: it reads the
package's source and looks for every operation, parameter, body, response, property and enum value of the spec.
Exit status: 0 all found, 1 something is missing, 2 unusable arguments.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from openapi_python_client.strings import ClassName, PythonIdentifier

from scripts import documents
from scripts.build_specs import resolve
from scripts.lowering import FIELD_PREFIX, METHODS


@dataclass
class Parity:
    """What was looked for, by kind, and what was not found: one line each, with the JSON pointer."""

    counts: Counter[str] = field(default_factory=Counter)
    losses: list[str] = field(default_factory=list)


def check(spec: Mapping[str, Any], package: Path) -> Parity:
    """Compare a spec with the package generated from it.

    Args:
        spec: the effective spec.
        package: the folder of the package, with ``api`` and ``models``.
    """
    return _Checker(documents.plain(spec), package).check()


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
        self.decoded = _strings(methods["from_dict"]) if "from_dict" in methods else set()
        self.encoded = dict(_written_keys(methods["to_dict"])) if "to_dict" in methods else {}


class _Checker:
    def __init__(self, spec: dict[str, Any], package: Path) -> None:
        self._spec = spec
        self._package = package
        self._result = Parity()
        self._seen: set[tuple[int, str]] = set()

    def check(self) -> Parity:
        for route, reference in self._spec.get("paths", {}).items():
            item = resolve(self._spec, reference)
            for method in (method for method in METHODS if method in item):
                operation = {**item[method]}
                operation["parameters"] = [*operation.get("parameters", ()), *item.get("parameters", ())]
                self._check_operation(route, method, operation)
        for name, schema in self._spec.get("components", {}).get("schemas", {}).items():
            pointer = ("components", "schemas", name)
            if _has_class(resolve(self._spec, schema)):
                annotation = ast.Name(str(ClassName(schema.get("title") or name, FIELD_PREFIX)))
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
        written = dict(_request_line(functions["_get_kwargs"])) if "_get_kwargs" in functions else {}
        wanted = {"method": method, "url": re.sub(r"\{[^}]*\}", "{}", route)}
        if not self._find(
            "operations", written == wanted, pointer, f"no module api/{tag}/{name}.py makes this request"
        ):
            return
        self._check_parameters(operation, functions, pointer)
        body = resolve(self._spec, operation.get("requestBody", {}))
        annotation = _argument(functions["sync_detailed"], "body")
        for media_type, content in body.get("content", {}).items():
            place = (*pointer, "requestBody", "content", media_type)
            sent = media_type in _strings(functions["_get_kwargs"]) or media_type == "multipart/form-data"
            if self._find("bodies", sent and annotation is not None, place, "the body is not sent"):
                self._check_schema(content.get("schema", {}), annotation, place)
        for status, response in operation.get("responses", {}).items():
            self._check_response(status, resolve(self._spec, response), functions, (*pointer, "responses", status))

    def _check_parameters(
        self, operation: Mapping[str, Any], functions: Mapping[str, _Function], pointer: tuple[str, ...]
    ) -> None:
        builder = functions["_get_kwargs"]
        destinations = {"query": "params", "header": "headers", "cookie": "cookies"}
        path_arguments = [argument.annotation for argument in builder.args.args]
        for index, reference in enumerate(operation["parameters"]):
            parameter = resolve(self._spec, reference)
            place = (*pointer, "parameters", str(index))
            if parameter["in"] == "path":
                annotation = path_arguments.pop(0) if path_arguments else None
                written = annotation is not None
            else:
                written = parameter["name"] in dict(_written_keys(builder, destinations[parameter["in"]]))
                annotation = self._parameter_annotation(builder, parameter["name"])
            if self._find("parameters", written, place, f"the parameter {parameter['name']} is not sent"):
                schema = parameter.get("schema") or next(iter(parameter["content"].values())).get("schema", {})
                self._check_schema(schema, annotation, place)

    def _parameter_annotation(self, builder: _Function, name: str) -> ast.expr | None:
        identifier = PythonIdentifier(name, FIELD_PREFIX)
        candidates = (identifier, f"{identifier}_query", f"{identifier}_header", f"{identifier}_cookie")
        return next((found for name in candidates if (found := _argument(builder, name)) is not None), None)

    def _check_response(
        self,
        status: str,
        response: Mapping[str, Any],
        functions: Mapping[str, _Function],
        pointer: tuple[str, ...],
    ) -> None:
        parser = functions["_parse_response"]
        wanted = {int(status)} if status.isdigit() else {int(status[0]) * 100} if status[0].isdigit() else set()
        constants = {node.value for node in ast.walk(parser) if isinstance(node, ast.Constant)}
        found = wanted <= constants if wanted else "raise_on_unexpected_status" not in _attributes(parser)
        if self._find("responses", found, pointer, "answers with this status are not told apart"):
            for media_type, content in response.get("content", {}).items():
                if "schema" in content:
                    place = (*pointer, "content", media_type)
                    self._check_schema(content["schema"], functions["sync_detailed"].returns, place)

    # --- schemas ---

    def _check_schema(self, schema: Mapping[str, Any], annotation: ast.expr | None, pointer: tuple[str, ...]) -> None:
        """Check that the classes that an annotation names hold what a schema describes."""
        reference = schema.get("$ref")
        schema = resolve(self._spec, schema)
        if annotation is not None and reference is not None and _has_class(schema):
            name = str(ClassName(schema.get("title") or reference.rsplit("/", 1)[1], FIELD_PREFIX))
            named = any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(annotation))
            if not self._find("references", named, pointer, f"the type does not name {name}"):
                return
            annotation = ast.Name(name)
        key = (id(schema), ast.unparse(annotation) if annotation else "")
        if key in self._seen:
            return
        self._seen.add(key)
        for kind in ("oneOf", "anyOf"):
            for index, member in enumerate(schema.get(kind, ())):
                self._check_schema(member, annotation, (*pointer, kind, str(index)))
        if "items" in schema:
            self._check_schema(schema["items"], annotation, (*pointer, "items"))
        nodes = list(ast.walk(annotation)) if annotation is not None else []
        names = sorted({node.id for node in nodes if isinstance(node, ast.Name)})
        classes = [self._classes[name] for name in names if name in self._classes]
        values = {node.value for node in nodes if isinstance(node, ast.Constant)}
        values.update(value for found in classes for value in found.enum_values)
        for value in schema.get("enum", ()):
            if value is not None and not isinstance(value, bool):
                self._find("enum values", value in values, pointer, f"no member has the value {value!r}")
        if isinstance(schema.get("additionalProperties"), dict):
            for found in classes:
                inner = found.annotations.get("additional_properties")
                self._check_schema(schema["additionalProperties"], inner, (*pointer, "additionalProperties"))
        for name, (place, prop) in self._properties(schema, pointer).items():
            owner = next((found for found in classes if name in found.decoded and name in found.encoded), None)
            if self._find("properties", owner is not None, place, f"no class reads and writes {name!r}") and owner:
                self._check_schema(prop, owner.annotations.get(owner.encoded[name]), place)

    def _properties(
        self, schema: Mapping[str, Any], pointer: tuple[str, ...]
    ) -> dict[str, tuple[tuple[str, ...], Mapping[str, Any]]]:
        """All properties of an object with their places; of one in several allOf members, the last."""
        found: dict[str, tuple[tuple[str, ...], Mapping[str, Any]]] = {}
        for index, member in enumerate(schema.get("allOf", ())):
            found |= self._properties(resolve(self._spec, member), (*pointer, "allOf", str(index)))
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
    """Whether the generator makes a class of a component schema."""
    if len([*schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())]) == 1:
        return "properties" in schema
    has_object = schema.get("type") == "object" or "properties" in schema or "allOf" in schema
    return has_object or ("enum" in schema and schema.get("type") != "boolean" and len(schema["enum"]) > 1)


def _functions(module: ast.Module) -> dict[str, _Function]:
    return {node.name: node for node in module.body if isinstance(node, _Function)}


def _strings(node: ast.AST) -> set[str]:
    return {item.value for item in ast.walk(node) if isinstance(item, ast.Constant) and isinstance(item.value, str)}


def _attributes(node: ast.AST) -> set[str]:
    return {item.attr for item in ast.walk(node) if isinstance(item, ast.Attribute)}


def _argument(function: _Function, name: str) -> ast.expr | None:
    arguments = [*function.args.args, *function.args.kwonlyargs]
    return next((argument.annotation for argument in arguments if argument.arg == name), None)


def _request_line(builder: _Function) -> Iterator[tuple[str, str]]:
    """The method and the URL template that a function puts into the request."""
    for node in ast.walk(builder):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in ("method", "url"):
                    text = next((item.value for item in ast.walk(value) if isinstance(item, ast.Constant)), "")
                    yield key.value, re.sub(r"\{[^}]*\}", "{}", str(text))


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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.parity", description="Prove that nothing of a spec is missing in a generated package."
    )
    parser.add_argument("spec", metavar="SPEC", type=Path, help="the effective spec")
    parser.add_argument("package", metavar="PACKAGE", type=Path, help="the folder of the package")
    options = parser.parse_args(arguments)
    if not options.spec.is_file() or not options.package.is_dir():
        print("SPEC must be a file and PACKAGE a folder", file=sys.stderr)
        return 2
    try:
        result = check(documents.load(options.spec, keep_comments=False), options.package)
    except documents.DocumentError as error:
        print(error, file=sys.stderr)
        return 1
    for loss in result.losses:
        print(f"{options.spec}#{loss}", file=sys.stderr)
    print(", ".join(f"{count} {kind}" for kind, count in sorted(result.counts.items())), "looked for")
    return 1 if result.losses else 0


if __name__ == "__main__":
    sys.exit(main())
