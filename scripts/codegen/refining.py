"""Give the generator's parsed properties what it has no notion of: discriminators, conversions, Python names."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import attrs
from attrs import define
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.parser.properties.const import ConstProperty
from openapi_python_client.parser.properties.enum_property import EnumProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.model_property import ModelProperty
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.schemas import Class
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.schema import UntrustedString
from openapi_python_client.strings import ClassName, PythonIdentifier

from scripts.codegen.expressions import unions_in
from scripts.codegen.lowering import FIELD_PREFIX, LONGEST_NAME, Lowered, without_mark
from scripts.codegen.properties import DiscriminatedUnion, Rule, converted
from scripts.codegen.schemas import closed_values
from scripts.specs.spec import keys_of, sdk

# What the templates use, and a class, a field or an argument of the same name would hide.
_CLASSES = {
    *("Any", "DecodeError", "File", "Literal", "Model", "OpenIntEnum", "OpenModel", "OpenStrEnum", "RequestFiles"),
    *("Self", "UUID", "Unset"),
}
_FIELDS = {"additional_keys", "additional_properties", "from_dict", "to_dict"}
METHOD_NAMES = {
    *("body", "first", "groups", "on_poll", "operation", "poll", "poll_interval", "progress", "request", "results"),
    "timeout",
}
"""What the methods of groups use."""
_ARGUMENTS = {"body", "encoding", "models", "self"} | METHOD_NAMES


def refine(data: GeneratorData, lowered: Lowered) -> None:
    """Refine everything that the generator has parsed, in place.

    Raises:
        SpecError: an extension does not fit the schema that it stands in.
    """
    refiner = _Refiner(lowered)
    refiner.check_classes([item.class_info for item in (*data.models, *data.enums)])
    for model in data.models:
        refiner.refine_model(model)
    for collection in data.endpoint_collections_by_tag.values():
        for endpoint in collection.endpoints:
            refiner.refine_endpoint(endpoint)
    data.enums = [enum for enum in data.enums if enum.class_info.name not in refiner.literals - refiner.enums]


@define
class _Refiner:
    lowered: Lowered
    literals: set[str] = attrs.field(factory=set[str])
    """The enum classes that a literal type has replaced."""
    enums: set[str] = attrs.field(factory=set[str])
    """The enum classes that are in use."""
    known: set[str] = attrs.field(factory=set[str])
    """The properties of the model that is being refined; none for an operation."""

    def check_classes(self, classes: Sequence[Class]) -> None:
        modules: dict[str, str] = {}
        for found in classes:
            if found.name in _CLASSES:
                reason = f"the schema {found.name} would hide a name of the generated code: give it another title"
                raise self.lowered.spec.error(reason)
            if len(found.module_name) > LONGEST_NAME:
                reason = f"the schema {found.name} has a name of more than {LONGEST_NAME} characters: give it a title"
                raise self.lowered.spec.error(reason)
            other = modules.setdefault(found.module_name, found.name)
            if other != found.name:
                reason = f"the schemas {other} and {found.name} give the same module, {found.module_name}"
                raise self.lowered.spec.error(reason)

    def refine_model(self, model: ModelProperty) -> None:
        properties = [*(model.required_properties or ()), *(model.optional_properties or ())]
        self.known = {prop.name.get_untrusted_value() for prop in properties}
        names = self._checked_names(model)
        for attribute in ("required_properties", "optional_properties"):
            found = [
                _renamed(self._named(_without_default(self.refine(prop)), names), _FIELDS)
                for prop in getattr(model, attribute) or ()
            ]
            setattr(model, attribute, found)
        taken: dict[str, str] = {}
        refined = [*(model.required_properties or ()), *(model.optional_properties or ())]
        for prop in refined:
            other = taken.setdefault(prop.python_name, prop.name.get_untrusted_value())
            if other != prop.name.get_untrusted_value():
                reason = f"two properties of {model.class_info.name} have the Python name {prop.python_name}"
                raise self.lowered.spec.error(reason)
        if model.additional_properties is not None:
            model.additional_properties = self.refine(model.additional_properties)
        attributes = {name: attribute for attribute, name in taken.items()}
        for union in chain.from_iterable(map(unions_in, (*refined, model.additional_properties))):
            if union.rule.kind == "parent" and union.rule.property_name is not None:
                union.rule.parent = attributes[union.rule.property_name.get_untrusted_value()]
        self.known = set()
        model.description = _unmarked(model.description)

    def refine_endpoint(self, endpoint: Endpoint) -> None:
        for parameters in (
            endpoint.path_parameters,
            endpoint.query_parameters,
            endpoint.header_parameters,
        ):
            parameters[:] = [_without_default(self.refine(parameter)) for parameter in parameters]
        used = _ARGUMENTS
        for parameters in (endpoint.query_parameters, endpoint.header_parameters):
            parameters[:] = [_renamed(parameter, used) for parameter in parameters]
        for index, parameter in enumerate(endpoint.path_parameters):
            endpoint.path_parameters[index] = renamed = _renamed(parameter, used)
            path = endpoint.path.get_untrusted_value()
            endpoint.path = UntrustedString(path.replace(f"{{{parameter.python_name}}}", f"{{{renamed.python_name}}}"))
        for body in endpoint.bodies:
            body.prop = self.refine(body.prop)
        for response in endpoint.responses:
            response.prop = self.refine(response.prop)

    def refine(self, prop: Any) -> Any:
        """A property as the templates need it; untyped, because the generator's union of properties is closed."""
        description = prop.description.get_untrusted_value() if prop.description else None
        schema = self.lowered.marked_schema(description)
        prop = attrs.evolve(prop, description=_unmarked(prop.description))
        if isinstance(prop, ListProperty):
            prop.inner_property = self.refine(prop.inner_property)
            return prop
        if isinstance(prop, UnionProperty):
            prop.inner_properties = [self.refine(inner) for inner in prop.inner_properties]
            rule = self._rule(prop, schema)
            if rule is None:
                return prop
            return _decided(prop, rule)
        if isinstance(prop, EnumProperty):
            return self._refine_enum(prop)
        return converted(prop, schema)

    def _refine_enum(self, prop: EnumProperty) -> PropertyProtocol:
        """An enum of one value that is also the default is a literal: nobody has to write it."""
        if len(prop.values) != 1 or prop.default is None:
            self.enums.add(prop.class_info.name)
            return prop
        self.literals.add(prop.class_info.name)
        const = ConstProperty.build(
            const=prop.default.raw_value,
            default=prop.default.raw_value,
            name=prop.name,
            python_name=prop.python_name,
            required=prop.required,
            description=prop.description,
        )
        assert isinstance(const, ConstProperty), "the default is the one value"
        return const

    def _checked_names(self, model: ModelProperty) -> dict[str, str]:
        """The Python names that a model gives its properties; all that its extensions name must be there."""
        extensions = sdk(model.data.model_extra or {})
        names: dict[str, str] = extensions.get("names", {})
        bare = extensions.get("accepts-bare")
        wrapped = [] if bare is None else [bare.get("into", ""), *bare.get("lift", ())]
        for key, used in (("x-sdk-names", names), ("x-sdk-accepts-bare", wrapped)):
            unknown = sorted(set(used) - self.known)
            if unknown:
                raise self.lowered.spec.error(
                    f"{key} of {model.class_info.name} names {unknown[0]!r}: no such property"
                )
        return names

    def _named(self, prop: Any, names: Mapping[str, str]) -> Any:
        name = names.get(prop.name.get_untrusted_value())
        return attrs.evolve(prop, python_name=PythonIdentifier(name, FIELD_PREFIX)) if name else prop

    def _rule(self, prop: UnionProperty, schema: Mapping[str, Any]) -> Rule | None:
        own = schema.get("discriminator")
        if own is None:
            return None
        kinds = [key for key in ("propertyName", "parentProperty", "presence") if key in own]
        mapping = own.get("presence") or own.get("mapping")
        if len(kinds) != 1 or not mapping:
            raise self.lowered.spec.error(f"the discriminator of {prop.name.get_untrusted_value()} needs a mapping")
        members = {inner.class_info.name for inner in prop.inner_properties if isinstance(inner, ModelProperty)}
        default = own.get("defaultMapping")
        rule = Rule(
            kind={"propertyName": "value", "parentProperty": "parent", "presence": "presence"}[kinds[0]],  # type: ignore[arg-type]
            property_name=None if kinds[0] == "presence" else UntrustedString(own[kinds[0]]),
            mapping={
                self._tag(value, own.get("propertyName"), reference): self._class_name(reference)
                for value, reference in mapping.items()
            },
            default=self._class_name(default) if default else None,
            needs={self._class_name(reference): self._required(reference) for reference in mapping.values()},
        )
        reached = {*rule.mapping.values(), *([rule.default] if rule.default else ())}
        if reached != members:
            odd = ", ".join(sorted(reached ^ members))
            reason = f"the discriminator of {prop.name.get_untrusted_value()} and the union's members differ: {odd}"
            raise self.lowered.spec.error(reason)
        if rule.kind == "parent" and own["parentProperty"] not in self.known:
            reason = f"the discriminator of {prop.name.get_untrusted_value()} names {own['parentProperty']!r}: "
            raise self.lowered.spec.error(reason + "the object around it has no such property")
        return rule

    def _tag(self, value: str, name: str | None, reference: str) -> str | int:
        """The value in the data: keys of a mapping are strings, what they stand for may be an integer."""
        values = closed_values(self.lowered.spec, {"$ref": reference}).get(name or "", ())
        return next((found for found in values if isinstance(found, int) and str(found) == value), value)

    def _required(self, reference: str) -> list[str]:
        return list(map(str, self.lowered.spec.resolve({"$ref": reference}).get("required", ())))

    def _class_name(self, reference: str) -> str:
        schema = self.lowered.spec.resolve({"$ref": reference})
        return str(ClassName(schema.get("title") or keys_of(reference)[-1], FIELD_PREFIX))


def _decided(prop: UnionProperty, rule: Rule) -> UnionProperty:
    """A union whose objects a rule decides; where it has other members, the objects are a union within it."""
    fields = {field.alias or field.name: getattr(prop, field.name) for field in attrs.fields(UnionProperty)}
    objects = [inner for inner in prop.inner_properties if isinstance(inner, (ModelProperty, NoneProperty))]
    if len(objects) == len(prop.inner_properties):
        return DiscriminatedUnion(**fields, rule=rule)
    others = [inner for inner in prop.inner_properties if inner not in objects]
    models = [inner for inner in objects if isinstance(inner, ModelProperty)]
    decided = DiscriminatedUnion(**{**fields, "inner_properties": models}, rule=rule)
    nothing = [inner for inner in objects if isinstance(inner, NoneProperty)]
    return attrs.evolve(prop, inner_properties=[decided, *others, *nothing])


def _renamed(prop: Any, used: set[str]) -> Any:
    """A property whose name the generated code does not use itself: as with Python's own names, _ is appended."""
    if prop.python_name not in used:
        return prop
    return attrs.evolve(prop, python_name=PythonIdentifier(f"{prop.python_name}_", FIELD_PREFIX, skip_snake_case=True))


def _without_default(prop: Any) -> Any:
    """A default is what the server assumes of a value that is not sent; sending it would make a patch change it."""
    if prop.default is None or isinstance(prop, ConstProperty):
        return prop
    description = prop.description.get_untrusted_value() if prop.description else ""
    note = f"The server's default is {json.dumps(prop.default.raw_value)}."
    return attrs.evolve(prop, default=None, description=UntrustedString(f"{description} {note}".strip()))


def _unmarked(description: UntrustedString | None) -> UntrustedString | None:
    return UntrustedString(without_mark(description.get_untrusted_value())) if description else description
