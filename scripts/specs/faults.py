"""Faults of an OpenAPI document, all of them, in our words: what is wrong, and the way out."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import UnknownType, ValidationError
from openapi_schema_validator import OAS30Validator, OAS31Validator
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from scripts.specs import documents
from scripts.specs.spec import Pointer, Spec, keys_of, objects

_VALIDATORS = {
    "3.0": (OpenAPIV30SpecValidator, OAS30Validator),
    "3.1": (OpenAPIV31SpecValidator, OAS31Validator),
}
_KINDS = {
    "object": "an object",
    "array": "a list",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_REFERENCES = ("$ref", "$dynamicRef", "defaultMapping")
_LONGEST = 60


def find_faults(spec: Spec) -> Iterator[tuple[Pointer, str]]:
    """Yield the faults of a document that is to be OpenAPI 3.0 or 3.1.

    A reference out of the document is never followed: with one, nothing is given to a library that could.
    """
    version = spec.document.get("openapi")
    validators = (
        _VALIDATORS.get(version[:3]) if isinstance(version, str) and re.fullmatch(r"3\.\d\.\d+", version) else None
    )
    if validators is None:
        yield ("openapi",), f"openapi must be 3.0.x or 3.1.x, and is {_shown(version)}: bring the spec to one of these"
        return
    document = documents.plain(spec.document)
    outside = list(_outside(document))
    yield from outside
    if outside:
        return
    found = [*_dangling(Spec(document, spec.path)), *_form(document, validators[0])]
    if str(version).startswith("3.1."):
        found += [fault for fault in _schemas(document) if fault not in found]
    found += _operations(document)
    found += _defaults(document, validators[1])
    yield from found
    if not found:
        yield from _rest(document, validators[0])


# --- references ---


def _outside(document: Mapping[str, Any]) -> Iterator[tuple[Pointer, str]]:
    """References that lead out of the document, wherever they are: in an example too, since libraries follow them."""
    for pointer, node in documents.walk(document):
        if not isinstance(node, Mapping):
            continue
        for key in ("$ref", "$dynamicRef"):
            reference = node.get(key)
            if isinstance(reference, str) and not reference.startswith("#"):
                way_out = "put what it leads to into this document, under components"
                yield (*pointer, key), f"the reference {_shown(reference)} leads out of the document: {way_out}"
    for pointer, node in objects(document):
        if isinstance(node.get("$id"), str):
            yield (*pointer, "$id"), f"$id {_shown(node['$id'])} changes where references lead: delete it"


def _dangling(spec: Spec) -> Iterator[tuple[Pointer, str]]:
    for pointer, reference in _references(spec.document):
        try:
            spec.resolve({"$ref": reference})
        except (LookupError, TypeError, ValueError):
            place = f"nowhere in this document: {_way_out(spec, reference)}"
            if _exists(spec.document, reference):
                place = "in a circle: write out what one on the way stands for"
            yield pointer, f"the reference {_shown(reference)} leads {place}"


def _references(document: Mapping[str, Any]) -> Iterator[tuple[Pointer, Any]]:
    """Every reference of a spec, those in discriminators too."""
    for pointer, node in objects(document):
        for key in ("$ref", "defaultMapping"):
            if key in node:
                yield (*pointer, key), node[key]
        for key in ("mapping", "presence"):
            if isinstance(node.get(key), Mapping):
                yield from (((*pointer, key, name), target) for name, target in node[key].items())


def _exists(document: Any, reference: Any) -> bool:
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return False
    try:
        for key in keys_of(reference):
            document = document[key]
    except (LookupError, TypeError):
        return False
    return isinstance(document, Mapping)


def _way_out(spec: Spec, reference: Any) -> str:
    if not isinstance(reference, str):
        return "it must be a string"
    head, _, name = reference.rpartition("/")
    components = spec.document.get("components", {})
    section = head.rpartition("/")[2] if head.startswith("#/components/") else "schemas"
    known = components.get(section, {}) if isinstance(components, Mapping) else {}
    if not isinstance(known, Mapping):
        return "correct it"
    if name in known:
        return f"write #/components/{section}/{name}"
    nearest = difflib.get_close_matches(name, sorted(known), n=1)
    if nearest:
        return f"the nearest is #/components/{section}/{nearest[0]}"
    return "add what it leads to, or correct it"


# --- form ---


def _form(document: Mapping[str, Any], validator: Any) -> Iterator[tuple[Pointer, str]]:
    seen = set()
    for error in validator.schema_validator.iter_errors(document):
        for fault in explain(error):
            if fault not in seen:
                seen.add(fault)
                yield fault


def _schemas(document: Mapping[str, Any]) -> Iterator[tuple[Pointer, str]]:
    """Faults of the schemas of OpenAPI 3.1, which its own schema leaves to that of JSON Schema."""
    form = Draft202012Validator(Draft202012Validator.META_SCHEMA)
    for pointer, node in objects(document):
        is_component = len(pointer) == 3 and pointer[:2] == ("components", "schemas")
        if is_component or (pointer[-1:] == ("schema",) and pointer[-2] != "properties"):
            for error in form.iter_errors(node):
                for inner, reason in explain(error):
                    yield (*pointer, *inner), reason


def explain(error: ValidationError) -> Iterator[tuple[Pointer, str]]:
    """Yield what an error of a validator means: pointers below what was validated, and reasons in our words."""
    for cause in _causes(error):
        yield from _words(cause)


def _causes(error: ValidationError) -> list[ValidationError]:
    """Yield the faults of a node that fits none of several forms: those of the form that it comes nearest to."""
    if not error.context:
        return [error]
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context:
        branches.setdefault(inner.schema_path[0] if inner.schema_path else None, []).extend(_causes(inner))
    is_reference = isinstance(error.instance, Mapping) and "$ref" in error.instance

    def distance(causes: Sequence[ValidationError]) -> tuple[bool, bool, int, int]:
        depths = [len(cause.absolute_path) for cause in causes]
        wants_reference = any(cause.validator == "required" and cause.validator_value == ["$ref"] for cause in causes)
        is_other_kind = any(cause.validator == "type" and cause.instance is error.instance for cause in causes)
        return wants_reference and not is_reference, is_other_kind, -min(depths), len(causes)

    return min(branches.values(), key=distance)


def _words(error: ValidationError) -> Iterator[tuple[Pointer, str]]:  # noqa: PLR0912 -- a case for each keyword
    pointer = tuple(map(str, error.absolute_path))
    value: Any = error.validator_value
    instance: Any = error.instance
    rule = error.validator
    match rule:
        case "required":
            for key in value:
                if key not in instance:
                    yield pointer, f"the key {key!r} is missing: add it"
        case "type":
            wanted = [_KINDS.get(kind, kind) for kind in ([value] if isinstance(value, str) else value)]
            yield pointer, f"must be {' or '.join(wanted)}, and is {_kind(instance)}: {_shown(instance)}"
        case "additionalProperties" | "unevaluatedProperties" | "patternProperties":
            yield from _unknown_keys(error, pointer)
        case "enum":
            nearest = difflib.get_close_matches(str(instance), list(map(str, value)), n=1)
            hint = f"; the nearest is {nearest[0]}" if nearest else ""
            yield pointer, f"{_shown(instance)} is not one of {', '.join(map(str, value))}{hint}"
        case "const":
            yield pointer, f"must be {_shown(value)}, and is {_shown(instance)}"
        case "pattern":
            yield pointer, f"{_shown(instance)} has not the form {value}"
        case "format":
            yield pointer, f"{_shown(instance)} is not a valid {value}"
        case "minItems" | "minProperties" | "minLength":
            yield pointer, "must not be empty: add an entry, or delete the key"
        case "uniqueItems":
            yield pointer, "has an item twice: delete one of the two"
        case "minimum" | "exclusiveMinimum" | "maximum" | "exclusiveMaximum":
            yield pointer, f"{_shown(instance)} is out of bounds: {rule} is {value}"
        case "not" if isinstance(value, Mapping) and value.get("required"):
            yield pointer, f"{' and '.join(value['required'])} exclude each other: delete one"
        case "oneOf":
            yield pointer, "fits several forms at once: delete the keys of all but one"
        case _:
            yield pointer, f"is not as OpenAPI wants it here ({rule})"


def _unknown_keys(error: ValidationError, pointer: Pointer) -> Iterator[tuple[Pointer, str]]:
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    known = set(schema.get("properties", {}))
    instance: Any = error.instance
    patterns = list(schema.get("patternProperties", {}))
    if error.validator == "unevaluatedProperties":
        unknown = re.findall(r"'((?:[^'\\]|\\.)*)'", error.message)
    else:
        unknown = [
            key for key in instance if key not in known and not any(re.search(pattern, key) for pattern in patterns)
        ]
    for key in unknown:
        if any("\\/" in pattern or pattern.startswith("^/") for pattern in patterns):
            yield (*pointer, key), f"the path {key!r} must start with /: add it"
            continue
        nearest = difflib.get_close_matches(key, sorted(known), n=1)
        hint = f"the nearest is {nearest[0]}" if nearest else "delete it, or start an own key with x-"
        yield (*pointer, key), f"unknown key {key!r}: {hint}"


# --- what no schema says ---

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[Pointer, str]]:
    spec = Spec(dict(document), Path())
    identifiers: dict[str, str] = {}
    paths = document.get("paths")
    for route, item in paths.items() if isinstance(paths, Mapping) else ():
        if re.search(r"[{}]", re.sub(r"\{[^{}]+\}", "", route)):
            yield (
                ("paths", route),
                "a brace in a path starts or ends a parameter: write {name}, or %7B and %7D for braces",
            )
        if not isinstance(item, Mapping):
            continue
        for method in (method for method in _METHODS if isinstance(item.get(method), Mapping)):
            pointer: Pointer = ("paths", route, method)
            operation = item[method]
            identifier = operation.get("operationId")
            if isinstance(identifier, str):
                other = identifiers.setdefault(identifier, f"{method.upper()} {route}")
                if other != f"{method.upper()} {route}":
                    reason = f"duplicate operationId {identifier!r}: {other} has it too; rename one of the two"
                    yield (*pointer, "operationId"), reason
            yield from _parameters(spec, route, item, operation, pointer)


def _parameters(
    spec: Spec, route: str, item: Mapping[str, Any], operation: Mapping[str, Any], pointer: Pointer
) -> Iterator[tuple[Pointer, str]]:
    declared: set[str] = set()
    for parent, base in ((item, pointer[:2]), (operation, pointer)):
        seen = set()
        parameters = parent.get("parameters", [])
        for index, parameter in enumerate(parameters if isinstance(parameters, list) else ()):
            try:
                found = spec.resolve(parameter)
            except (LookupError, TypeError, ValueError):
                return  # reported as a reference that leads nowhere
            place = (*base, "parameters", str(index))
            if "in" not in found or "name" not in found:
                if "$ref" in parameter:
                    yield place, f"{_shown(parameter['$ref'])} is not a parameter: it has no name and no in"
                return
            key = (found["name"], found["in"])
            if key in seen:
                yield place, f"duplicate parameter {key[0]!r} in {key[1]}: delete one of the two"
            seen.add(key)
            if key[1] == "path":
                declared.add(key[0])
                if "{" + str(key[0]) + "}" not in route:
                    yield place, f"the path has no {{{key[0]}}}: add it to the path, or delete the parameter"
    for name in re.findall(r"\{([^{}]+)\}", route):
        if name not in declared:
            yield pointer, f"the path parameter {{{name}}} is not declared: add it to parameters, with in: path"


def _defaults(document: Mapping[str, Any], validator: Any) -> Iterator[tuple[Pointer, str]]:
    for pointer, node in objects(document):
        if "default" not in node or not node.keys() & {"type", "enum"} or "variables" in pointer:
            continue
        bare = {key: node[key] for key in ("type", "enum", "nullable") if key in node}
        try:
            fits = validator(bare).is_valid(node["default"])
        except (LookupError, TypeError, ValueError, ValidationError, UnknownType):  # a faulty type, reported apart
            continue
        if not fits:
            wanted = f"one of {node['enum']}" if "enum" in node else f"the type {node['type']}"
            yield (
                (*pointer, "default"),
                f"the default {_shown(node['default'])} does not fit {wanted}: correct one of the two",
            )


def _rest(document: Mapping[str, Any], validator: Any) -> Iterator[tuple[Pointer, str]]:
    """Yield what only the library finds in a document that seems right."""
    try:
        for error in validator(document).iter_errors():
            yield tuple(map(str, error.absolute_path)), f"is not valid OpenAPI: {_cut(error.message)}"
    except RecursionError:  # it follows references one within the other, and a long way is no fault
        return
    except Exception as error:
        yield (), f"is not valid OpenAPI: {type(error).__name__}: {_cut(str(error))}"


def _kind(value: Any) -> str:
    kinds = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}
    return _KINDS[kinds.get(type(value), "null")]


def _shown(value: Any) -> str:
    return _cut(repr(value))


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
