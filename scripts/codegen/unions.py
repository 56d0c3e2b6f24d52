"""Unions in normal form: a plain list of named objects, and a rule that decides between them.

Fields beside a union, and a union within allOf, become a union of objects that have both. A rule is taken from the
discriminator, completed where it has no mapping, or inferred from a property that has other values in each member.
"""

from __future__ import annotations

import copy
import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from openapi_python_client.strings import ClassName

from scripts.codegen.schemas import ANNOTATIONS, COMPONENT, MAPS, Names, closed_values, replace, schemas_of
from scripts.specs.spec import Pointer, Spec, is_null, keys_of

# Keywords that give a value a shape; a member without any only restricts the object around it.
_SHAPE = {
    *("type", "properties", "items", "enum", "const", "$ref", "allOf", "oneOf", "anyOf", "additionalProperties"),
    "format",
}
_MOST_COMBINATIONS = 64


def rewrite_unions(spec: Spec) -> None:
    """Rewrite the unions of a spec in place; faults are reported to the spec."""
    _Unions(spec).rewrite()


class _Unions:
    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._names = Names(spec)

    def rewrite(self) -> None:
        for pointer, schema in list(schemas_of(self._spec.document)):
            self._drop_constraints(schema)
            self._distribute(pointer, schema)
        for pointer, schema in list(schemas_of(self._spec.document)):
            self._decide(pointer, schema)

    def _drop_constraints(self, schema: dict[str, Any]) -> None:
        """Drop members that only restrict what the object around them describes, such as ``required`` in turns."""
        for key in ("oneOf", "anyOf"):
            if key in schema and not any(_SHAPE & member.keys() for member in schema[key]):
                del schema[key]

    def _distribute(self, pointer: Pointer, schema: dict[str, Any]) -> None:
        """Write fields beside a union, or a union within allOf, as a union of objects that have both."""
        all_of = schema.get("allOf", [])
        if len(all_of) == 1 and "$ref" in all_of[0] and not {"oneOf", "anyOf"} & schema.keys():
            return  # a description of the reference, or null beside it
        own: dict[str, Any] = {
            key: schema[key] for key in ("properties", "required", "additionalProperties") if key in schema
        }
        explicit = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
        options = [self._options(member) for member in all_of]
        if explicit:
            options.append([option for member in explicit for option in self._options(member)])
        has_fields = bool(own.keys() & {"properties", "required"}) or bool(all_of)
        if max(map(len, options), default=1) == 1 or (explicit and not has_fields):
            return
        if not all(
            self._spec.is_model(option) or is_null(option) for found in options if len(found) > 1 for option in found
        ):
            self._spec.fault(
                "fields beside a union need a union of objects: make the fields a member of allOf", pointer
            )
            return
        options = [[option for option in found if not is_null(option)] for found in options]
        if len(list(itertools.islice(itertools.product(*options), _MOST_COMBINATIONS + 1))) > _MOST_COMBINATIONS:
            self._spec.fault("these unions within allOf give too many combinations: write the objects out", pointer)
            return
        found_rule = self._spec.discriminator({**_rules_of(schema), "oneOf": explicit or all_of})
        rule: dict[str, Any] = copy.deepcopy({**found_rule}) if found_rule else {}
        members = []
        renamed: dict[str, str] = {}
        for combination in itertools.product(*options):
            chosen = [option for option, found in zip(combination, options, strict=True) if len(found) > 1]
            name = _name(self._spec, pointer) + "".join(self._member_name(option) for option in chosen)
            parts = [copy.deepcopy(dict(part)) for part in combination]
            fields: list[dict[str, Any]] = [{"type": "object", **copy.deepcopy(own)}] if own else []
            made = self._names.add(name, {"allOf": [*parts, *fields]}, pointer)
            members.append({"$ref": f"{COMPONENT}{made}"})
            renamed.update({option["$ref"]: f"{COMPONENT}{made}" for option in chosen if "$ref" in option})
        kept = {key: value for key, value in schema.items() if key in ANNOTATIONS or key.startswith("x-")}
        kept.pop("x-sdk-discriminator", None)
        replace(schema, {**kept, "oneOf": members})
        if rule:
            for key in ("mapping", "presence"):
                if key in rule:
                    rule[key] = {value: renamed.get(_reference(target), target) for value, target in rule[key].items()}
            rule.pop("defaultMapping", None)
            schema["x-sdk-discriminator"] = rule

    def _options(self, member: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the members of a union, nested ones flattened; of anything else, itself."""
        target = self._spec.resolve(member)
        inner = [*target.get("oneOf", ()), *target.get("anyOf", ())]
        if len(inner) < 2 or {"properties", "allOf"} & target.keys():
            return [member]
        return [option for found in inner for option in self._options(found)]

    def _decide(self, pointer: Pointer, schema: dict[str, Any]) -> None:
        """Give a union a complete rule, if its members show one."""
        members = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
        rule = schema.get("x-sdk-discriminator")
        if not members or (rule and (rule.get("mapping") or rule.get("presence"))):
            return
        leaves = [option for member in members for option in self._options(member)]
        models = [leaf for leaf in leaves if self._spec.is_model(leaf) and not is_null(leaf)]
        rule = rule or schema.get("discriminator") or (self._spec.discriminator(schema) and {}) or None
        if rule == {} or (rule is None and len(models) < 2):
            return  # decided by the union within, or nothing to decide
        values = [closed_values(self._spec, model) for model in models]
        name = rule["propertyName"] if rule else _telling(values)
        if name is None:
            return
        for number, (model, found) in enumerate(zip(models, values, strict=True), 1):
            if "$ref" not in model:
                title = model.pop("title", None)
                suffix = ClassName(str(title or next(iter(found.get(name, ())), f"Option{number}")), "option")
                made = self._names.add(suffix if title else _name(self._spec, pointer) + suffix, dict(model), pointer)
                replace(model, {"$ref": f"{COMPONENT}{made}"})
        given: Mapping[str, str] = (rule or {}).get("mapping", {})
        mapping = {value: _reference(target) for value, target in given.items()}
        reached = set(mapping.values())
        for model, found in zip(models, values, strict=True):
            reference: str = model["$ref"]
            if reference not in reached:
                own = [str(value) for value in found.get(name, ()) if str(value) not in mapping]
                mapping |= dict.fromkeys(own or [keys_of(reference)[-1]], reference)
        schema.pop("discriminator", None)
        default = {"defaultMapping": rule["defaultMapping"]} if rule and "defaultMapping" in rule else {}
        schema["x-sdk-discriminator"] = {"propertyName": name, "mapping": mapping, **default}

    def _member_name(self, member: Mapping[str, Any]) -> str:
        if "$ref" in member:
            return str(ClassName(keys_of(member["$ref"])[-1], "schema"))
        return str(ClassName(str(member.get("title") or "Option"), "option"))


def _telling(values: Sequence[Mapping[str, Sequence[str | int]]]) -> str | None:
    """Return the property by whose value the members of a union differ; None if there is none."""
    for name in values[0]:
        if all(name in found for found in values):
            counts = Counter(value for found in values for value in set(found[name]))
            if max(counts.values()) == 1:
                return name
    return None


def _reference(target: str) -> str:
    """Return a mapping's target as a reference: OpenAPI allows the bare name of a component as well."""
    return target if target.startswith("#") else f"{COMPONENT}{target}"


def _rules_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {key: schema[key] for key in ("discriminator", "x-sdk-discriminator") if key in schema}


def _name(spec: Spec, pointer: Pointer) -> str:
    """Return a name for a schema that has none, from the place where it stands."""
    if pointer[:2] == ("components", "schemas"):
        parts, rest = [pointer[2]], pointer[3:]
    elif pointer[0] == "paths" and len(pointer) > 3:
        operation = spec.document["paths"][pointer[1]].get(pointer[2], {})
        kind = {"requestBody": "Body", "responses": "Response", "parameters": "Parameter"}.get(pointer[3], "")
        parts, rest = [str(operation.get("operationId", pointer[1])), kind], pointer[4:]
    else:
        parts, rest = list(pointer[1:3]), pointer[3:]
    # A schema's name in `properties` counts; keywords do not.
    parts += [key for before, key in itertools.pairwise(("", *rest)) if before in MAPS]
    return "".join(str(ClassName(part, "schema")) for part in parts if part)
