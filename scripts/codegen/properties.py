"""Kinds of properties that the generator does not have: unions with a rule, and scalars that are converted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import attrs
from attrs import define
from openapi_python_client.parser.errors import PropertyError
from openapi_python_client.parser.properties.float import FloatProperty
from openapi_python_client.parser.properties.int import IntProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol, Value
from openapi_python_client.parser.properties.string import StringProperty
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.schema import UntrustedString
from openapi_python_client.strings import PythonCode, PythonIdentifier


@define
class Rule:
    """How the class of a union's value is found in the data; class names are those of the generated models."""

    kind: Literal["value", "parent", "presence"]
    property_name: UntrustedString | None
    mapping: dict[str | int, str]
    default: str | None
    needs: dict[str, list[str]]
    """Class name -> keys without which a value is not of this class; only where the value itself does not say."""
    parent: str | None = None
    """The attribute of the object around it that decides."""


@define
class DiscriminatedUnion(UnionProperty):
    """A union of models with a rule that decides between them."""

    rule: Rule = attrs.field(kw_only=True)
    template: ClassVar[str] = "discriminated_union_property.py.jinja"

    def _get_inner_type_strings(self, json: bool) -> set[PythonCode]:
        types = super()._get_inner_type_strings(json)
        return types if self.rule.default else types | {PythonCode("dict[str, Any]")}


@define
class ConvertedProperty(PropertyProtocol):
    """A scalar that a function of the runtime decodes, because JSON has it in more or other types than Python."""

    name: UntrustedString
    required: bool
    default: Value | None
    python_name: PythonIdentifier
    description: UntrustedString | None
    example: UntrustedString | None
    python_type: str
    json_type: str
    decoder: str
    encoder: str | None
    template: ClassVar[str] = "converted_property.py.jinja"

    def convert_value(self, value: Any) -> Value | PropertyError | None:
        """Defaults are converted before a property becomes this one."""
        return value if isinstance(value, Value) else None

    def get_base_type_string(self) -> PythonCode:
        return PythonCode(self.python_type)

    def get_base_json_type_string(self) -> PythonCode:
        return PythonCode(self.json_type)


@define
class SecretProperty(StringProperty):
    """A string that is a password, and that no one should read by accident."""


_CONVERSIONS: Mapping[str, tuple[str, str, str, str | None]] = {
    "boolean": ("bool", "int", "to_bool", "int"),
    "integer": ("int", "int", "to_int", None),
    "number": ("float", "float", "to_float", None),
    "string": ("str", "str", "to_str", None),
}
"""Values of ``x-sdk-type``: the types in Python and in what is sent, the decoder and the encoder."""


def converted(prop: PropertyProtocol, schema: Mapping[str, Any]) -> PropertyProtocol:
    """Return a scalar as its format or ``x-sdk-type`` wants it; any other property unchanged."""
    if isinstance(prop, StringProperty) and schema.get("format") == "password":
        return SecretProperty(**{field.name: getattr(prop, field.name) for field in attrs.fields(StringProperty)})
    conversion = _CONVERSIONS.get(schema.get("x-sdk-type", ""))
    if conversion is None or not isinstance(prop, FloatProperty | IntProperty | StringProperty):
        return prop
    python_type, json_type, decoder, encoder = conversion
    return ConvertedProperty(
        name=prop.name,
        required=prop.required,
        default=prop.default,
        python_name=prop.python_name,
        description=prop.description,
        example=prop.example,
        python_type=python_type,
        json_type=json_type,
        decoder=decoder,
        encoder=encoder,
    )
