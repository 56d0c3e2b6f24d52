"""The normal form of a spec: OpenAPI 3.0 and 3.1 documents of any vendor, as the generator understands them.

Everything here keeps the meaning. A construct that has an equivalent which the generator keeps becomes that equivalent:
the type arrays, null members, constants and reference siblings of 3.1; aliases and deep references; nested allOf.
Constraints that have no place in a client are dropped; ``unmodelled`` lists what else the client does not have.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Mapping
from typing import Any

from openapi_python_client.strings import ClassName, snake_case

from scripts.codegen.schemas import ANNOTATIONS, COMPONENT, LISTS, MAPS, Names, replace, schemas_of
from scripts.codegen.unions import rewrite_unions
from scripts.specs.spec import Spec, alternatives, keys_of

# Keywords that only restrict values: a client does not check them.
_CONSTRAINTS = {
    *("not", "if", "then", "else", "contains", "minContains", "maxContains", "propertyNames", "unevaluatedItems"),
    *("dependentRequired", "dependentSchemas", "$schema", "$id", "$anchor", "$comment"),
}
_OF_OBJECTS = {"properties", "required", "additionalProperties", "patternProperties", "minProperties", "maxProperties"}
_OF_ARRAYS = {"items", "prefixItems", "minItems", "maxItems", "uniqueItems"}
_OF_STRINGS = {"pattern", "minLength", "maxLength", "contentEncoding", "contentMediaType"}
_OF_NUMBERS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
_BELONGS = {
    **{key: {"object"} for key in _OF_OBJECTS},
    **{key: {"array"} for key in _OF_ARRAYS},
    **{key: {"string"} for key in _OF_STRINGS},
    **{key: {"number", "integer"} for key in _OF_NUMBERS},
}


def normalize(spec: Spec) -> None:
    """Rewrite a spec in place; faults are reported to the spec."""
    _fill_in_servers(spec)
    _inline_path_items(spec)
    for _, schema in schemas_of(spec.document):
        _to_3_0(schema)
    _hoist_deep_references(spec)
    _remove_aliases(spec)
    for _, schema in schemas_of(spec.document):
        _flatten_all_of(spec, schema)
    rewrite_unions(spec)
    for _, schema in schemas_of(spec.document):
        _name_enum_members(schema)


# --- OpenAPI 3.1 ---


def _to_3_0(schema: dict[str, Any]) -> None:
    """Rewrite what only OpenAPI 3.1 has; a schema of 3.0 is left unchanged."""
    _write_out_booleans(schema)
    _join_constants(schema)
    _rewrite_constraints(schema)
    _rewrite_contents(schema)
    if "const" in schema:
        _replace_constant(schema)
    kinds = {type(value) for value in schema.get("enum", ()) if value is not None}
    if kinds == {str, int}:
        schema["type"] = ["string", "integer", *(["null"] if None in schema["enum"] else ())]
    if isinstance(schema.get("type"), list):
        _split_types(schema)
    elif schema.get("type") == "null":
        replace(schema, {"enum": [None]})
    if "$ref" in schema and len(schema) > 1:
        reference = {"$ref": schema.pop("$ref")}
        rest = {key: schema.pop(key) for key in list(schema) if key not in ANNOTATIONS and not key.startswith("x-")}
        schema["allOf"] = [reference, *([rest] if rest else ())]


def _rewrite_constraints(schema: dict[str, Any]) -> None:
    for key in _CONSTRAINTS & schema.keys():
        del schema[key]
    if schema.get("enum") == []:
        del schema["enum"]
    if isinstance(schema.get("examples"), list):
        examples = schema.pop("examples")
        if examples:
            schema.setdefault("example", examples[0])
    for bound in ("exclusiveMinimum", "exclusiveMaximum"):
        if isinstance(schema.get(bound), (int, float)) and not isinstance(schema[bound], bool):
            schema[bound.replace("exclusiveM", "m")] = schema[bound]
            schema[bound] = True


def _rewrite_contents(schema: dict[str, Any]) -> None:
    """Rewrite the keywords for the contents of objects, arrays and strings."""
    if "unevaluatedProperties" in schema:
        schema.setdefault("additionalProperties", schema.pop("unevaluatedProperties"))
    if "patternProperties" in schema:
        patterns = list(schema.pop("patternProperties").values())
        is_only = len(patterns) == 1 and schema.get("additionalProperties") in (None, False)
        schema["additionalProperties"] = patterns[0] if is_only else True
    if "prefixItems" in schema:
        members = [*schema.pop("prefixItems"), *([schema["items"]] if schema.get("items") else ())]
        schema["items"] = members[0] if len(members) == 1 else {"anyOf": members}
    media_type = schema.pop("contentMediaType", None)
    encoding = schema.pop("contentEncoding", None)
    if media_type and not encoding and "format" not in schema and not _is_text(media_type):
        schema["format"] = "binary"


def _write_out_booleans(schema: dict[str, Any]) -> None:
    """Write a schema that is a boolean as an object: as the client sees it, any value fits both."""
    if isinstance(schema.get("items"), bool):
        schema["items"] = {}
    for key in LISTS:
        if key in schema:
            schema[key] = [{} if isinstance(member, bool) else member for member in schema[key]]
    for key in MAPS:
        for name, member in (schema.get(key) or {}).items():
            if isinstance(member, bool):
                schema[key][name] = {}


def _join_constants(schema: dict[str, Any]) -> None:
    """Write a union of constants as the enum that it is; their titles become the names of its members."""
    for key in ("oneOf", "anyOf"):
        members = schema.get(key, ())
        values = [member.get("const") for member in members]
        if (
            values
            and all(type(value) in (str, int) for value in values)
            and len({type(value) for value in values}) == 1
        ):
            del schema[key]
            schema["type"] = "string" if isinstance(values[0], str) else "integer"
            schema["enum"] = values
            titles = [str(member.get("title", "")) for member in members]
            if len({snake_case(title) for title in titles if title}) == len(values):
                schema["x-enum-varnames"] = titles


def _replace_constant(schema: dict[str, Any]) -> None:
    value = schema.pop("const")
    kinds = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
    if value is None:
        replace(schema, {"enum": [None]})
    elif type(value) in (str, int):
        # A value that is also the default is fixed: nobody has to write it.
        schema.update(type=kinds[type(value)], enum=[value], default=value)
    else:
        schema.setdefault("type", kinds[type(value)])


def _split_types(schema: dict[str, Any]) -> None:
    """Write a list of types as a union, and null among them as ``nullable``."""
    listed = schema.pop("type")
    types = [kind for kind in listed if kind != "null"]
    if "null" in listed and None not in schema.get("enum", (None,)):
        listed = types  # the enum does not have it
    if not types:
        replace(schema, {"enum": [None]})
        return
    if len(types) == 1:
        schema["type"] = types[0]
    else:
        parts = {key: schema.pop(key) for key in list(schema) if key in _BELONGS or key in ("enum", "format")}
        schema["anyOf"] = [_of_type(kind, parts) for kind in types]
    if "null" in listed and "enum" not in schema:
        schema["nullable"] = True


def _of_type(kind: str, parts: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema of one type, with those of several types' keywords that mean something for it."""
    schema: dict[str, Any] = {"type": kind}
    schema.update({key: value for key, value in parts.items() if kind in _BELONGS.get(key, ())})
    python = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "object": dict, "array": list}
    values = [
        value
        for value in parts.get("enum", ())
        if isinstance(value, python[kind]) and isinstance(value, bool) == (kind == "boolean")  # type: ignore[arg-type]
    ]
    if values:
        schema["enum"] = values
    if "format" in parts and kind == ("string" if isinstance(parts["format"], str) else kind):
        schema["format"] = parts["format"]
    return schema


def _is_text(media_type: str) -> bool:
    return media_type.startswith("text/") or "json" in media_type or "xml" in media_type


def _fill_in_servers(spec: Spec) -> None:
    """Write the default of each variable into the URL of a server."""
    for server in spec.document.get("servers", ()):
        for name, variable in server.pop("variables", {}).items():
            server["url"] = server["url"].replace(f"{{{name}}}", str(variable["default"]))


# --- references ---


def _inline_path_items(spec: Spec) -> None:
    """Write a path item that is a reference out; what stands beside the reference is kept."""
    for route, item in spec.document.get("paths", {}).items():
        if "$ref" in item:
            beside = {key: value for key, value in item.items() if key != "$ref"}
            spec.document["paths"][route] = {**copy.deepcopy(dict(spec.resolve(item))), **beside}
    spec.document.get("components", {}).pop("pathItems", None)


def _hoist_deep_references(spec: Spec) -> None:
    """Give a schema a name to which a reference leads that is not a component."""
    names = Names(spec)
    for _, schema in list(schemas_of(spec.document)):
        reference = schema.get("$ref", "")
        if reference.startswith("#/") and (not reference.startswith(COMPONENT) or len(keys_of(reference)) > 3):
            target: Any = spec.document
            for key in keys_of(reference):
                target = target[int(key)] if isinstance(target, list) else target[key]
            if "$ref" not in target:
                name = names.add(ClassName("_".join(keys_of(reference)[2:]), "schema"), dict(target))
                replace(target, {"$ref": f"{COMPONENT}{name}"})
            schema["$ref"] = target["$ref"]
    for _, schema in schemas_of(spec.document):
        schema.pop("$defs", None)


def _remove_aliases(spec: Spec) -> None:
    """Replace components that are only a reference: the generator makes no class for them."""
    schemas = spec.schemas
    aliases = {name: schema["$ref"] for name, schema in schemas.items() if schema.keys() == {"$ref"}}
    for name in aliases:
        try:
            spec.resolve({"$ref": f"{COMPONENT}{name}"})
        except ValueError:
            spec.fault("this schema is a reference to itself", ("components", "schemas", name))
    spec.check()

    def target(reference: str) -> str:
        name = keys_of(reference)[-1] if reference.startswith(COMPONENT) else ""
        return target(aliases[name]) if name in aliases else reference

    for _, schema in schemas_of(spec.document) if aliases else ():
        if "$ref" in schema:
            schema["$ref"] = target(schema["$ref"])
        for key in ("discriminator", "x-sdk-discriminator"):
            rule = schema.get(key, {})
            for mapping in (rule.get("mapping", {}), rule.get("presence", {})):
                mapping.update({value: target(reference) for value, reference in mapping.items()})
            if "defaultMapping" in rule:
                rule["defaultMapping"] = target(rule["defaultMapping"])
    for name in aliases:
        del schemas[name]
    for kind, components in spec.document.get("components", {}).items():
        for name, component in components.items() if kind != "schemas" else ():
            if "$ref" in component:
                components[name] = copy.deepcopy(dict(spec.resolve(component)))


# --- allOf ---


def _flatten_all_of(spec: Spec, schema: dict[str, Any]) -> None:
    """Write out what the generator drops within allOf: a nested allOf, descriptions, fields beside a reference."""
    if "allOf" not in schema:
        return
    members: list[dict[str, Any]] = []
    waiting = list(schema["allOf"])
    while waiting:
        member = waiting.pop(0)
        if "$ref" not in member and "allOf" in member and not alternatives({**member, "allOf": []}):
            nested = {key: value for key, value in member.items() if key != "allOf"}
            waiting = [*member["allOf"], *([nested] if nested.keys() - ANNOTATIONS else ()), *waiting]
        elif member.keys() <= ANNOTATIONS:
            for key, value in member.items():
                schema.setdefault(key, value)
        else:
            members.append(member)
    if "enum" in schema and not any(spec.is_model(member) for member in members):
        members = []  # the enum says it more closely
    own: dict[str, Any] = {key: schema[key] for key in ("properties", "required") if key in schema}
    if own and len(members) == 1 and "$ref" in members[0]:
        for key in own:
            del schema[key]
        members.append({"type": "object", **own})
    if (
        len(members) == 1
        and "$ref" not in members[0]
        and not members[0].keys() & schema.keys() - {"type", "description"}
    ):
        del schema["allOf"]
        replace(schema, {**members[0], **schema})
    elif members:
        schema["allOf"] = members
    else:
        del schema["allOf"]


# --- enums ---


def _name_enum_members(schema: dict[str, Any]) -> None:
    """Name the members of an enum whose names the generator would take for one, such as ``asc`` and ``ASC``."""
    values = [value for value in schema.get("enum", ()) if isinstance(value, str)]
    if not values or "x-enum-varnames" in schema:
        return
    keys = [_enum_key(value, index) for index, value in enumerate(values)]
    if len(set(keys)) == len(keys):
        return
    names: dict[str, str] = {}
    for value, key in sorted(zip(values, keys, strict=True)):
        numbered = (f"{key}_{number}" if number > 1 else key for number in itertools.count(1))
        names[value] = next(name for name in numbered if name not in names.values())
    schema["x-enum-varnames"] = [names[value] for value in values]


def _enum_key(value: str, index: int) -> str:
    """Return the generator's name for a member (``EnumProperty.values_from_list``)."""
    return snake_case(value.upper() if value and value[0].isalpha() else f"VALUE_{index}").upper()
