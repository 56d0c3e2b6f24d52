"""How the values of a property are read from JSON and written to it, as Python expressions for the templates.

The expressions call ``abwire_core.decoding`` and ``abwire_core.encoding``, and other models through their package,
which loads each when it is first used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from openapi_python_client.parser.bodies import Body
from openapi_python_client.parser.properties.any import AnyProperty
from openapi_python_client.parser.properties.boolean import BooleanProperty
from openapi_python_client.parser.properties.const import ConstProperty
from openapi_python_client.parser.properties.date import DateProperty
from openapi_python_client.parser.properties.datetime import DateTimeProperty
from openapi_python_client.parser.properties.enum_property import EnumProperty
from openapi_python_client.parser.properties.file import FileProperty
from openapi_python_client.parser.properties.float import FloatProperty
from openapi_python_client.parser.properties.int import IntProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.model_property import ModelProperty
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.string import StringProperty
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.parser.properties.uuid import UuidProperty
from openapi_python_client.parser.responses import Response
from openapi_python_client.schema import UntrustedString
from openapi_python_client.strings import PythonCode, safe_for_docstring

from scripts.codegen.properties import ConvertedProperty, DiscriminatedUnion, SecretProperty
from scripts.specs.text import escape, visible

_TYPES: dict[type[Any], str] = {
    AnyProperty: "Any",
    BooleanProperty: "bool",
    DateProperty: "datetime.date",
    DateTimeProperty: "datetime.datetime",
    FileProperty: "File",
    FloatProperty: "float",
    IntProperty: "int",
    NoneProperty: "None",
    StringProperty: "str",
    SecretProperty: "str",
    UuidProperty: "UUID",
}
_PLAIN_TYPES: dict[type[Any], str] = {
    **_TYPES,
    DateProperty: "datetime.date | str",
    DateTimeProperty: "datetime.datetime | datetime.date | str",
    FileProperty: "FileInput",
    UuidProperty: "UUID | str",
}
"""Types of arguments, which take plain values too: :mod:`abwire_core.plain` converts them."""
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
    ModelProperty: "{}._encode()",
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


# --- types ---


def annotation(prop: PropertyProtocol, *, plain: bool = False) -> str:
    """Return the type of a property.

    Args:
        prop: the property.
        plain: with the plain values that an argument takes too, such as a string for an enum.
    """
    members = dict.fromkeys(_types(prop, plain))
    last = [name for name in ("None",) if members.pop(name, 0) is None]
    return " | ".join([*members, *last, *([] if prop.required else ["Unset"])])


def _types(prop: PropertyProtocol, plain: bool) -> Iterator[str]:
    if isinstance(prop, UnionProperty):
        for inner in prop.inner_properties:
            yield from _types(inner, plain)
        if isinstance(prop, DiscriminatedUnion) and not prop.rule.default:
            yield "Mapping[str, Any]" if plain else "dict[str, Any]"
    elif isinstance(prop, ListProperty):
        items = " | ".join(dict.fromkeys(_types(prop.inner_property, plain)))
        yield f"{'Sequence' if plain else 'list'}[{items}]"
    elif isinstance(prop, ModelProperty):
        yield f"models.{prop.class_info.name}"
        yield from ["Mapping[str, Any]"] if plain else []
    elif isinstance(prop, EnumProperty):
        yield f"models.{prop.class_info.name}"
        yield from ["int" if prop.value_type is int else "str"] if plain else []
    elif isinstance(prop, ConstProperty):
        yield f"Literal[{prop.value.python_code.as_unembedded_code()}]"
    elif isinstance(prop, ConvertedProperty):
        yield prop.python_type
    else:
        found = (_PLAIN_TYPES if plain else _TYPES)[type(prop)]
        yield from found.split(" | ")


def type_of_value(prop: PropertyProtocol) -> str:
    """Return the type of a property that is there and not null."""
    return " | ".join(member for member in dict.fromkeys(_types(prop, plain=False)) if member != "None")


def described(prop: PropertyProtocol) -> str:
    """Return the line of a docstring that describes a property; its type stands in the signature."""
    text = prop.description.get_untrusted_value() if prop.description else ""
    example = f" Example: {prop.example.get_untrusted_value()}." if prop.example else ""
    return f"{prop.python_name}: {' '.join((text + example).split())}".rstrip(": ")


# --- from JSON ---


def in_reading_order(properties: Sequence[PropertyProtocol]) -> list[PropertyProtocol]:
    """Properties so that those which another one decides come last."""
    return sorted(properties, key=lambda prop: any(union.rule.parent for union in unions_in(prop)))


def can_fail(properties: Sequence[PropertyProtocol]) -> bool:
    """Return whether an object that has these properties can be of another shape."""
    return any(prop.required or any("key :=" in line for line in read_field(prop)) for prop in properties)


def read_field(prop: PropertyProtocol) -> list[str]:
    """Return the statements that take a field out of the object ``d``; what may fail has its key in ``key``."""
    name = literal(prop.name.get_untrusted_value())
    field = f"self.{prop.python_name}"
    read = _read(prop, "v")
    nullable = _is_nullable(prop)
    key = name if read == "v" else f"key := {name}"
    if prop.required:
        if read == "v" or not nullable:
            return [f"{field} = {_read(prop, f'd.pop({key})')}"]
        return [f"v = d.pop({key})", f"{field} = None if v is None else {read}"]
    empty = _empty(prop)
    if nullable and read == "v" and not empty:
        return [f"{field} = d.pop({name}, UNSET)"]
    if nullable:
        read = f"UNSET if v == {empty} else {read}" if empty else read
        return [f"v = d.pop({key}, UNSET)", f"{field} = v if v is None or v is UNSET else {read}"]
    absent = f"v is None or v == {empty}" if empty else "v is None"
    return [f"v = d.pop({key}, None)", f"{field} = UNSET if {absent} else {read}"]


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
    """Return what an operation answers with, if it succeeds."""
    if response.source["attribute"] != "response.json()":
        return _parsed_text(response)
    function = decoder(response.prop)
    return f"decoding.parsed(response, {function})" if function else "decoding.body(response)"


def parsed_error(response: Response) -> str:
    """Return what an operation answers with, if it fails; reading it never does."""
    if response.source["attribute"] != "response.json()":
        return _parsed_text(response)
    return f"decoding.parsed_error(response, {decoder(response.prop) or 'decoding.as_is'})"


def _parsed_text(response: Response) -> str:
    source, return_type = response.source["attribute"], response.source["return_type"]
    expected = annotation(response.prop)
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
        return f"{source}._encode()" if prop.rule.default else f"encoding.json_object({source})"
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


# --- requests ---


def argument(prop: PropertyProtocol, *, plain: bool = False) -> str:
    """Return the declaration of an argument."""
    return f"{prop.python_name}: {annotation(prop, plain=plain)}{'' if prop.required else ' = UNSET'}"


def url(route: str, parameters: Sequence[PropertyProtocol]) -> str:
    """Return the expression for the path of a request.

    Args:
        route: the template, in which the generator has put the Python names of the parameters.
        parameters: the path parameters.
    """
    names = {str(prop.python_name) for prop in parameters}
    parts = []
    for part in re.split(r"(\{[^{}]*\})", route):
        if part[1:-1] in names:
            parts.append(f'encoding.path_segment("{part[1:-1]}", {part[1:-1]})')
        elif part:
            parts.append(literal(part))
    return " + ".join(parts)


def query(prop: PropertyProtocol, style: str) -> str:
    """Return the expression for a query or header argument, which may be absent."""
    name = str(prop.python_name)
    value = encoded(prop, name)
    if value != name and not prop.required:
        value = f"UNSET if {name} is UNSET else {value}"
    function = {"json": "json_parameter", "comma": "comma_parameter"}.get(style)
    return f"encoding.{function}({value})" if function else value


def content(body: Body) -> tuple[str, str]:
    """Return the argument of ``encoding.request`` that a body is, and its expression."""
    kind = {"json": "json", "data": "data", "files": "files", "content": "content"}[str(body.body_type)]
    if kind == "files":
        return kind, "body._encode_form()"
    if kind == "content":
        return kind, "body.payload" if isinstance(body.prop, FileProperty) else encoded(body.prop, "body")
    return kind, encoded(body.prop, "body")


# --- what a property can hold ---


def is_secret(prop: PropertyProtocol) -> bool:
    """Return whether a property holds a password, by its format."""
    return any(isinstance(member, SecretProperty) for member in _members(prop))


def _is_nullable(prop: PropertyProtocol) -> bool:
    if isinstance(prop, UnionProperty):
        return any(isinstance(inner, NoneProperty) or _is_nullable(inner) for inner in prop.inner_properties)
    return isinstance(prop, AnyProperty)


def _empty(prop: PropertyProtocol) -> str | None:
    """Return what some servers send in place of a value that is absent; None if it may be a value itself."""
    members = _members(prop)
    if isinstance(prop, DiscriminatedUnion) or (members and all(isinstance(each, ModelProperty) for each in members)):
        return "[]"
    return '""' if members and all(map(_is_number_or_date, members)) else None


def _is_number_or_date(prop: PropertyProtocol) -> bool:
    if isinstance(prop, ConvertedProperty):
        return prop.python_type != "str"
    return isinstance(prop, DateProperty | DateTimeProperty | FloatProperty | IntProperty)


def _members(prop: PropertyProtocol) -> list[PropertyProtocol]:
    """Return what a property can be but null; itself, if it is no union."""
    if not isinstance(prop, UnionProperty) or isinstance(prop, DiscriminatedUnion):
        return [prop]
    return [inner for inner in prop.inner_properties if not isinstance(inner, NoneProperty)]


__all__ = [
    "annotation",
    "argument",
    "can_fail",
    "content",
    "deciding",
    "decoder",
    "described",
    "encoded",
    "in_reading_order",
    "is_secret",
    "literal",
    "parsed",
    "parsed_error",
    "query",
    "read_field",
    "type_of_value",
    "unions_in",
    "url",
]
