"""How the values of a property are read from JSON and written to it, as Python expressions for the templates.

The expressions call ``abwire_core.decoding`` and ``abwire_core.encoding``, and other models through their package,
which loads each when it is first used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from openapi_python_client.parser.properties.any import AnyProperty
from openapi_python_client.parser.properties.const import ConstProperty
from openapi_python_client.parser.properties.date import DateProperty
from openapi_python_client.parser.properties.datetime import DateTimeProperty
from openapi_python_client.parser.properties.enum_property import EnumProperty
from openapi_python_client.parser.properties.file import FileProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.model_property import ModelProperty
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.parser.properties.uuid import UuidProperty
from openapi_python_client.parser.responses import Response
from openapi_python_client.schema import UntrustedString
from openapi_python_client.strings import PythonCode, safe_for_docstring

from scripts.codegen.properties import ConvertedProperty, DiscriminatedUnion, SecretProperty
from scripts.specs.text import escape, visible

_DECODERS: dict[type[Any], str] = {
    DateProperty: "decoding.to_date",
    DateTimeProperty: "decoding.to_datetime",
    FileProperty: "decoding.to_file",
    UuidProperty: "decoding.to_uuid",
}
_ENCODERS: dict[type[Any], str] = {
    DateProperty: "{}.isoformat()",
    DateTimeProperty: "encoding.date_time({})",
    EnumProperty: "{}.value",
    FileProperty: "{}.to_tuple()",
    ModelProperty: "{}.to_dict()",
    UuidProperty: "str({})",
}


def literal(value: str | int) -> str:
    """Return a string or an integer as Python code."""
    return str(value) if isinstance(value, int) else f'"{in_literal(value)}"'


def in_literal(value: UntrustedString | PythonCode | str) -> str:
    """Return a string as it stands between double quotes in Python code: whole, with escapes for what is not seen."""
    return "".join(
        f"\\{char}" if char in '"\\' else char if char.isprintable() else escape(char) for char in _bare(value)
    )


def in_docstring(value: object) -> str:
    """Return a text as it stands in a docstring, which it cannot end, with escapes for what is not seen."""
    text = safe_for_docstring(visible(_bare(value)))
    bare = text.rstrip()
    escapes = len(bare[:-1]) - len(bare[:-1].rstrip("\\"))
    return f'{bare[:-1]}\\"' if bare.endswith('"') and escapes % 2 == 0 else text


def _bare(value: object) -> str:
    if isinstance(value, UntrustedString):
        return value.get_untrusted_value()
    return value.as_unembedded_code() if isinstance(value, PythonCode) else str(value)


def unions_in(prop: Any) -> Iterator[DiscriminatedUnion]:
    """The unions with a rule that a property is, or holds; each needs a function that decides."""
    if isinstance(prop, DiscriminatedUnion):
        yield prop
    elif isinstance(prop, ListProperty):
        yield from unions_in(prop.inner_property)
    elif isinstance(prop, UnionProperty):
        for inner in prop.inner_properties:
            yield from unions_in(inner)


# --- from JSON ---


def in_reading_order(properties: Sequence[PropertyProtocol]) -> list[PropertyProtocol]:
    """Properties so that those which another one decides come last."""
    return sorted(properties, key=lambda prop: any(union.rule.parent for union in unions_in(prop)))


def can_fail(properties: Sequence[PropertyProtocol]) -> bool:
    """Whether an object that has these properties can be of another shape."""
    return any(prop.required or "key :=" in taken(prop) for prop in properties)


def taken(prop: PropertyProtocol) -> str:
    """The value of a field, taken from the object ``d``; what may fail has the key in ``key``."""
    name = literal(prop.name.get_untrusted_value())
    read = _read(prop, "v")
    if prop.required:
        if read == "v":
            return f"d.pop({name})"
        if not _is_nullable(prop):
            return _read(prop, f"d.pop(key := {name})")
        return f"None if (v := d.pop(key := {name})) is None else {read}"
    if _is_nullable(prop):
        if read == "v":
            return f"d.pop({name}, UNSET)"
        return f"v if (v := d.pop(key := {name}, UNSET)) is None or v is UNSET else {read}"
    key = name if read == "v" else f"key := {name}"
    return f"UNSET if (v := d.pop({key}, None)) is None else {read}"


def decoder(prop: PropertyProtocol) -> str | None:
    """A function that reads a JSON value as this property; None if the value stays as it is."""
    if isinstance(prop, EnumProperty):
        return f"models.{prop.class_info.name}._decode"
    read = decoded(prop, "item")
    if read == "item":
        return None
    function = read.removesuffix("(item)")
    return function if function.replace(".", "").isidentifier() else f"lambda item: {read}"


def decoded(prop: PropertyProtocol, source: str) -> str:
    """A JSON value as this property has it.

    Args:
        prop: the property.
        source: the value; a name, because it may be used more than once.
    """
    read = _read(prop, source)
    return f"None if {source} is None else {read}" if read != source and _is_nullable(prop) else read


def _read(prop: PropertyProtocol, source: str) -> str:
    """The same of a value that is not null."""
    members = _members(prop)
    if isinstance(prop, DiscriminatedUnion):
        return f"{deciding(prop)}({source}{', self.' + prop.rule.parent if prop.rule.parent else ''})"
    if len(members) > 1:
        return _first_of(members, source)
    member = members[0] if members else prop
    if isinstance(member, ListProperty):
        read = decoder(member.inner_property)
        return f"decoding.to_list({source})" if read is None else f"decoding.list_of({read}, {source})"
    if isinstance(member, ModelProperty):
        return f"models.{member.class_info.name}._decode({source})"
    if isinstance(member, EnumProperty):
        return f"decoding.to_enum(models.{member.class_info.name}, {source})"
    if isinstance(member, ConstProperty):
        return f"decoding.to_constant({source}, {member.value.python_code.as_unembedded_code()})"
    if isinstance(member, ConvertedProperty):
        return f"decoding.{member.decoder}({source})"
    function = _DECODERS.get(type(member))
    return f"{function}({source})" if function else source


def deciding(union: DiscriminatedUnion) -> str:
    """The name of the function that decides a union."""
    return f"_decode_{union.python_name}"


def _first_of(members: Sequence[PropertyProtocol], source: str) -> str:
    """A value that may have one of several forms; one that is the same in JSON always fits, so it comes last."""
    reads = [decoder(member) for member in members]
    if not any(reads):
        return source
    last = [] if all(reads) else ["decoding.as_is"]
    return f"decoding.first_of({source}, {', '.join([*filter(None, reads), *last])})"


def parsed(response: Response) -> str:
    """What an operation answers with, if it succeeds."""
    if response.source["attribute"] != "response.json()":
        return _parsed_text(response)
    function = decoder(response.prop)
    return f"decoding.parsed(response, {function})" if function else "decoding.body(response)"


def parsed_error(response: Response) -> str:
    """What an operation answers with, if it fails; reading it never does."""
    if response.source["attribute"] != "response.json()":
        return _parsed_text(response)
    return f"decoding.parsed_error(response, {decoder(response.prop) or 'decoding.as_is'})"


def _parsed_text(response: Response) -> str:
    source, return_type = response.source["attribute"], response.source["return_type"]
    expected = response.prop.get_type_string().as_unembedded_code()
    read = decoded(response.prop, source)
    return f"cast({expected}, {read})" if read == source and return_type not in (expected, "None") else read


# --- to JSON ---


def encoded(prop: PropertyProtocol, source: str) -> str:
    """A value that is there, as JSON has it.

    Args:
        prop: the property.
        source: the value; a name, because it may be used more than once.
    """
    written = _written(prop, source)
    return f"None if {source} is None else {written}" if written != source and _is_nullable(prop) else written


def _written(prop: PropertyProtocol, source: str) -> str:
    """The same of a value that is not None."""
    members = _members(prop)
    if isinstance(prop, DiscriminatedUnion):
        return f"{source}.to_dict()" if prop.rule.default else f"encoding.json_object({source})"
    if len(members) > 1:
        is_plain = all(encoded(member, "item") == "item" for member in members)
        return source if is_plain else f"encoding.json_value({source})"
    member = members[0] if members else prop
    if isinstance(member, ListProperty):
        item = encoded(member.inner_property, "item")
        return source if item == "item" else f"[{item} for item in {source}]"
    if isinstance(member, ConvertedProperty):
        return f"{member.encoder}({source})" if member.encoder else source
    return _ENCODERS.get(type(member), "{}").format(source)


# --- what a property can hold ---


def is_secret(prop: PropertyProtocol) -> bool:
    """Whether a property holds a password, by its format."""
    return any(isinstance(member, SecretProperty) for member in _members(prop))


def _is_nullable(prop: PropertyProtocol) -> bool:
    if isinstance(prop, UnionProperty):
        return any(isinstance(inner, NoneProperty) or _is_nullable(inner) for inner in prop.inner_properties)
    return isinstance(prop, AnyProperty)


def _members(prop: PropertyProtocol) -> list[PropertyProtocol]:
    """What a property can be but null; itself, if it is no union."""
    if not isinstance(prop, UnionProperty) or isinstance(prop, DiscriminatedUnion):
        return [prop]
    return [inner for inner in prop.inner_properties if not isinstance(inner, NoneProperty)]


__all__ = [
    "can_fail",
    "deciding",
    "decoder",
    "encoded",
    "in_reading_order",
    "is_secret",
    "literal",
    "parsed",
    "parsed_error",
    "taken",
    "unions_in",
]
