"""Parts of an effective spec as users know them: operations, parameters, bodies, responses, schemas, fields.

A part has a key that is the same in both states as long as the wire is (method and path, the names on the wire), the
facts that are its own, and the path of what the client makes of it. ``allOf`` is written out first, so that the same
content is the same however it is composed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openapi_python_client.strings import ClassName, PythonIdentifier

from scripts.codegen.lowering import FIELD_PREFIX
from scripts.specs.documents import plain
from scripts.specs.spec import METHODS, Pointer, Spec, keys_of

Key = tuple[str, ...]

API: Key = ("api",)
PROSE = frozenset({"title", "summary", "description", "example", "examples", "externalDocs", "x-evidence", "tags"})
"""Keys for people: a change of them changes no call."""
_SCHEMAS = ("components", "schemas")
_INNER = ("items", "additionalProperties", "not")
_UNIONS = ("oneOf", "anyOf")
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


@dataclass
class Part:
    """A part of a spec.

    Attributes:
        key: what it is, by the names on the wire.
        pointer: its location in the effective spec.
        flat: its location where ``allOf`` is written out.
        facts: what the spec says of it itself, by keyword; within an array or a union by a path of keywords.
        python: the path of what the client makes of it; empty if it makes nothing.
        subject: its name for users, such as ``things.list(q)`` or ``Owner.mail``.
        operations: the operations that it concerns, such as ``GET /things``.
        is_sent: whether requests have it.
        is_received: whether responses have it.
        references: the component schemas that it refers to.
        prose: its texts for people.
    """

    key: Key
    pointer: Pointer
    flat: Pointer
    python: str = ""
    subject: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    operations: set[str] = field(default_factory=set)
    is_sent: bool = False
    is_received: bool = False
    references: set[str] = field(default_factory=set)
    prose: dict[str, Any] = field(default_factory=dict)


class Catalogue:
    """All parts of an effective spec.

    Args:
        document: the effective spec; an empty one for an API that is not there.
        name: the name of the API, where it has no entry class.
    """

    def __init__(self, document: Mapping[str, Any], name: str = "") -> None:
        self._origins: dict[Pointer, Pointer] = {}
        self._spec = Spec(plain(document), Path(name))
        self.document: dict[str, Any] = self._flat(self._spec.document, ())
        self._spec = Spec(self.document, Path(name))
        self.parts: dict[Key, Part] = {}
        self.by_python: dict[str, Key] = {}
        self._keys: dict[Pointer, Key] = {}
        """The key of each part by its pointer in the document in which ``allOf`` is written out."""
        self.entry = str(self.document.get("x-sdk-client", {}).get("name", ""))
        self._add_api(name)
        for schema, node in self._spec.schemas.items():
            self._add_schema(schema, node)
        for route, item in self.document.get("paths", {}).items():
            for method in METHODS:
                if method in item:
                    self._add_operation(route, method, item)
        for part in self.parts.values():
            if part.python:
                self.by_python.setdefault(part.python, part.key)

    def key_at(self, pointer: Pointer) -> Key | None:
        """The part to which a location of the flat document belongs; None if it belongs to none."""
        for length in range(len(pointer), 0, -1):
            if pointer[:length] in self._keys:
                return self._keys[pointer[:length]]
        return None

    def key_of(self, path: str) -> Key | None:
        """The part of which the client makes what is at a path; classes of nested schemas begin with their owner's."""
        if path in self.by_python:
            return self.by_python[path]
        if path.startswith("models.") and "." not in path[7:]:
            owners = [name for name in self.by_python if name.startswith("models.") and path.startswith(name)]
            return self.by_python[max(owners, key=len)] if owners else None
        return None

    @staticmethod
    def operation_key(operation: str) -> Key:
        """Return the key of an operation, such as ``GET /things/{id}``."""
        return ("operation", _PLACEHOLDER.sub("{}", operation))

    def called(self, operation: str) -> str:
        """Return how users call an operation, such as ``things.list()``."""
        part = self.parts.get(self.operation_key(operation))
        return part.subject if part else operation

    def has_values(self, part: Part) -> bool:
        """Return whether a part has an enum, itself or by the schema that it refers to."""
        names = [("schema", name) for name in part.references]
        return any(
            keyword.endswith("enum")
            for one in (part, *(self.parts[key] for key in names if key in self.parts))
            for keyword in one.facts
        )

    def sent(self, model: str) -> tuple[bool, bool]:
        """Return whether requests and responses have a model; both, if it is not known, because it is in neither."""
        key = self.key_of(f"models.{model}")
        part = self.parts.get(key) if key else None
        if part is None or not (part.is_sent or part.is_received):
            return True, True
        return part.is_sent, part.is_received

    # --- the API as a whole ---

    def _add_api(self, name: str) -> None:
        subject = self.entry or name
        api = self._part(API, (), self.entry, subject)
        servers = self.document.get("servers", [])
        api.facts = {"server": servers[0].get("url") if servers else None, "servers": servers[1:] or None}
        for key, value in self.document.items():
            if key not in ("openapi", "info", "paths", "components", "servers", "security", *PROSE):
                api.facts |= dict(_leaves(value, key)) if key == "x-sdk-client" else {key: value}
        api.facts["security"] = self.document.get("security")
        api.prose = {"info": self.document.get("info"), "openapi": self.document.get("openapi")} | {
            key: self.document[key] for key in PROSE & self.document.keys()
        }
        for kind, components in self.document.get("components", {}).items():
            for component, node in components.items() if kind == "securitySchemes" else ():
                pointer = ("components", kind, component)
                part = self._part(("security", component), pointer, "", f"{subject}: authentication `{component}`")
                part.facts = {key: value for key, value in _leaves(node, "") if key not in PROSE}

    # --- schemas ---

    def class_of(self, schema: str) -> str:
        """The class of a component schema."""
        node = self._spec.schemas.get(schema, {})
        return str(ClassName(node.get("title") or schema, FIELD_PREFIX))

    def _add_schema(self, name: str, node: Mapping[str, Any]) -> None:
        model = self.class_of(name)
        part = self._part(("schema", name), (*_SCHEMAS, name), f"models.{model}", model)
        part.facts["class"] = model
        self._take_object(part, node, model)

    def _take_object(self, part: Part, node: Mapping[str, Any], model: str, prefix: str = "") -> None:
        """Take the facts of a schema, and of its properties as parts of their own."""
        self._take(part, node, prefix, model)
        owner = ("field", *part.key[1:], *prefix.split("/")[:-1])
        names = node.get("x-sdk-names", {})
        base = (*part.flat, *(word for word in prefix.split("/") if word))
        for name, value in node.get("properties", {}).items():
            python = names.get(name) or str(PythonIdentifier(name, FIELD_PREFIX))
            own = self._part(
                (*owner, name), (*base, "properties", name), f"models.{model}.{python}", f"{model}.{python}"
            )
            own.facts |= {"required": name in node.get("required", ()), "python": python}
            self._take_object(own, value, f"{model}{ClassName(name, FIELD_PREFIX)}")
            if "enum" in value or "properties" in value:
                self.by_python.setdefault(f"models.{model}{ClassName(name, FIELD_PREFIX)}", own.key)

    def _take(self, part: Part, node: Mapping[str, Any], prefix: str, model: str = "") -> None:
        """Take what a node says as facts of a part."""
        if len(node.get("allOf", ())) == 1:
            node = {**node["allOf"][0], **{key: value for key, value in node.items() if key != "allOf"}}
        for keyword, value in node.items():
            if keyword in PROSE:
                part.prose[f"{prefix}{keyword}"] = value
            elif keyword in ("properties", "required", "x-sdk-names") and "properties" in node:
                continue
            elif keyword == "$ref":
                part.facts[f"{prefix}$ref"] = value
                part.references.add(value.rpartition("/")[2])
            elif keyword in _INNER and isinstance(value, Mapping):
                self._take_object(part, value, f"{model}Item", f"{prefix}{keyword}/")
            elif keyword in _UNIONS:
                self._take_union(part, keyword, value, f"{prefix}{keyword}", model)
            else:
                part.facts[f"{prefix}{keyword}"] = value
                part.references |= {name.rpartition("/")[2] for name in _mapped(keyword, value)}

    def _take_union(self, part: Part, keyword: str, members: Any, prefix: str, model: str) -> None:
        names = [member["$ref"].rpartition("/")[2] for member in members if "$ref" in member]
        part.references |= set(names)
        scalars = [str(member["type"]) for member in members if member.keys() == {"type"}]
        part.facts[prefix] = sorted([*names, *scalars])
        others = [member for member in members if "$ref" not in member and member.keys() != {"type"}]
        for number, member in enumerate(others):
            self._take_object(part, member, f"{model}Type{number}", f"{prefix}/{number}/")

    # --- operations ---

    def _add_operation(self, route: str, method: str, item: Mapping[str, Any]) -> None:
        node = item[method]
        pointer = ("paths", route, method)
        operation = f"{method.upper()} {_PLACEHOLDER.sub('{}', route)}"
        shown = f"{method.upper()} {route}"
        group, name = node.get("x-sdk-group"), node.get("x-sdk-method")
        path = f"{self.entry}.{group}.{name}" if group and name else ""
        called = f"{group}.{name}" if path else shown
        part = self._part(("operation", operation), pointer, path, f"{called}()" if path else shown)
        part.facts["route"] = operation
        for key, value in node.items():
            if key in PROSE:
                part.prose[key] = value
            elif key not in ("parameters", "requestBody", "responses"):
                part.facts[key] = value
        if "x-sdk-poll" in node and path:
            self.by_python.setdefault(f"{self.entry}.{group}.{node['x-sdk-poll']['method']}", part.key)
        if node.get("x-evidence", {}).get("route") == "guessed":
            part.facts["x-evidence/route"] = "guessed"
        parts = [part, *self._parameters(part.key, pointer, item, path, called)]
        parts += [*self._body(part.key, pointer, node, path, called), *self._responses(part.key, pointer, node, called)]
        for one in parts:
            one.operations.add(shown)
        for one, is_sent in [(one, one.key[0] != "response") for one in parts[1:]]:
            one.is_sent, one.is_received = is_sent, not is_sent
            self._spread(one, shown, is_sent=is_sent)

    def _parameters(
        self, operation: Key, pointer: Pointer, item: Mapping[str, Any], path: str, called: str
    ) -> Iterator[Part]:
        found: dict[tuple[str, str], tuple[Pointer, Mapping[str, Any]]] = {}
        for place, nodes in (
            (pointer[:2], item.get("parameters", [])),
            (pointer, item[pointer[2]].get("parameters", [])),
        ):
            for number, node in enumerate(nodes):
                parameter = self._spec.resolve(node)
                found[parameter["in"], parameter["name"]] = ((*place, "parameters", str(number)), parameter)
        placeholders = _PLACEHOLDER.findall(pointer[1])
        for (where, name), (place, node) in found.items():
            # The path knows its parameters by their position, whatever they are called.
            known = (
                str(placeholders.index(f"{{{name}}}")) if f"{{{name}}}" in placeholders and where == "path" else name
            )
            python = str(PythonIdentifier(name, FIELD_PREFIX))
            own = f"{path}({python})" if path else ""
            part = self._part(("parameter", *operation[1:], where, known), place, own, f"{called}({python})")
            part.facts |= {"python": python}
            nested = node.get("schema") or _first_schema(node)
            self._take(
                part, {key: value for key, value in node.items() if key not in ("name", "in", "schema", "content")}, ""
            )
            if "content" in node:
                part.facts["content"] = ", ".join(node["content"])
            part.facts["required"] = bool(node.get("required"))
            self._take_object(
                part,
                nested,
                f"{ClassName(item[pointer[2]]['operationId'], FIELD_PREFIX)}{ClassName(name, FIELD_PREFIX)}",
            )
            yield part

    def _body(
        self, operation: Key, pointer: Pointer, node: Mapping[str, Any], path: str, called: str
    ) -> Iterator[Part]:
        if "requestBody" not in node:
            return
        body = self._spec.resolve(node["requestBody"])
        own = f"{path}(body)" if path else ""
        part = self._part(("body", *operation[1:]), (*pointer, "requestBody"), own, f"{called}(body)")
        part.facts |= {"required": bool(body.get("required")), "content": ", ".join(body.get("content", {}))}
        for media, content in body.get("content", {}).items():
            self._take(part, {key: value for key, value in content.items() if key not in ("schema", *PROSE)}, "")
            self._keys[(*pointer, "requestBody", "content", media, "schema")] = part.key
            self._take_object(part, content.get("schema", {}), f"{ClassName(node['operationId'], FIELD_PREFIX)}Body")
        schema = _first_schema(body)
        if path and node.get("x-sdk-pagination", {}).get("in") == "body":
            # The fields of the body are arguments of the method.
            fields = self._spec.resolve(schema)
            for name in fields.get("properties", {}):
                python = fields.get("x-sdk-names", {}).get(name) or str(PythonIdentifier(name, FIELD_PREFIX))
                if (key := self.by_field(schema.get("$ref", ""), name)) is not None:
                    self.by_python.setdefault(f"{path}({python})", key)
        yield part

    def by_field(self, reference: str, name: str) -> Key | None:
        """The part of a property of a component schema."""
        key = ("field", reference.rpartition("/")[2], name)
        return key if key in self.parts else None

    def _responses(self, operation: Key, pointer: Pointer, node: Mapping[str, Any], called: str) -> Iterator[Part]:
        for status, reference in node.get("responses", {}).items():
            response = self._spec.resolve(reference)
            subject = f"{called}()" if not called[:1].isupper() else called
            part = self._part(
                ("response", *operation[1:], str(status)), (*pointer, "responses", str(status)), "", subject
            )
            part.facts |= {"content": ", ".join(response.get("content", {}))}
            for header, value in response.get("headers", {}).items():
                part.facts[f"header {header}"] = self._spec.resolve(value).get("schema", {})
            for key, value in response.items():
                if key not in ("content", "headers", *PROSE):
                    part.facts[key] = value
            part.prose = {key: value for key, value in response.items() if key in PROSE}
            for content in response.get("content", {}).values():
                self._take_object(
                    part, content.get("schema", {}), f"{ClassName(node['operationId'], FIELD_PREFIX)}Response{status}"
                )
            yield part

    def _spread(self, part: Part, operation: str, *, is_sent: bool) -> None:
        """Note on all schemas that a part leads to that the operation has them."""
        waiting, seen = [part], {part.key}
        prefix = part.key[1:]
        waiting += [one for key, one in self.parts.items() if key[0] == "field" and key[1 : 1 + len(prefix)] == prefix]
        while waiting:
            one = waiting.pop()
            one.operations.add(operation)
            one.is_sent, one.is_received = one.is_sent or is_sent, one.is_received or not is_sent
            for name in one.references:
                for key in self._schema_keys.get(name, ()):
                    if key not in seen:
                        seen.add(key)
                        waiting.append(self.parts[key])

    @property
    def _schema_keys(self) -> dict[str, list[Key]]:
        """The parts of each component schema: itself, and its fields."""
        if not hasattr(self, "_by_schema"):
            self._by_schema: dict[str, list[Key]] = {}
            for key in self.parts:
                if key[0] == "schema" or (key[0] == "field" and ("schema", key[1]) in self.parts):
                    self._by_schema.setdefault(key[1], []).append(key)
        return self._by_schema

    # --- what all need ---

    def _part(self, key: Key, flat: Pointer, python: str, subject: str) -> Part:
        part = Part(key, self._origin(flat), flat, python, subject)
        self.parts[key] = part
        self._keys[flat] = key
        return part

    def _origin(self, flat: Pointer) -> Pointer:
        for length in range(len(flat), 0, -1):
            if flat[:length] in self._origins:
                return (*self._origins[flat[:length]], *flat[length:])
        return flat

    def _flat(self, node: Any, pointer: Pointer, inside: frozenset[str] = frozenset()) -> Any:
        """A node with ``allOf`` written out; notes where its properties are from."""
        if isinstance(node, list):
            return [self._flat(value, (*pointer, str(number)), inside) for number, value in enumerate(node)]
        if not isinstance(node, dict):
            return node
        members = node.get("allOf")
        if isinstance(members, list) and "properties" not in members:
            own = {key: value for key, value in node.items() if key != "allOf"}
            if len(members) == 1 and "$ref" in members[0]:
                return dict(members[0]) if own.keys() <= PROSE else {**own, "allOf": [dict(members[0])]}
            merged: dict[str, Any] = {}
            for number, member in enumerate([*members, own]):
                here = (*pointer, "allOf", str(number)) if member is not own else pointer
                reference = member.get("$ref", "")
                if reference in inside:
                    continue
                here = keys_of(reference) if reference else here
                found = self._spec.resolve(member)
                _merge(merged, self._flat(found, here, inside | {reference}))
                for name in found.get("properties", {}):
                    self._origins[(*pointer, "properties", name)] = self._origin((*here, "properties", name))
            return merged
        return {key: self._flat(value, (*pointer, key), inside) for key, value in node.items()}


def _merge(into: dict[str, Any], member: Mapping[str, Any]) -> None:
    for key, value in member.items():
        if key in ("properties", "x-sdk-names"):
            into[key] = {**into.get(key, {}), **value}
        elif key == "required":
            into[key] = [*into.get(key, []), *(name for name in value if name not in into.get(key, []))]
        else:
            into[key] = value


def _leaves(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The values in a node, by their paths."""
    if not isinstance(node, Mapping):
        yield path, node
    else:
        for key, value in node.items():
            yield from _leaves(value, f"{path}/{key}" if path else key)


def parent_of(key: Key) -> Key | None:
    """Return the part to which another one belongs; None for an API, an operation or a component."""
    if key[0] == "field":
        return ("schema", key[1]) if len(key) == 3 else ("field", *key[1:-1])
    return ("operation", key[1]) if key[0] in ("parameter", "body", "response") else None


def _first_schema(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of the first media type of a body or a parameter; empty if there is none."""
    found: list[Mapping[str, Any]] = [content.get("schema", {}) for content in node.get("content", {}).values()]
    return found[0] if found else {}


def _mapped(keyword: str, value: Any) -> Iterator[str]:
    """The schemas that a discriminator leads to."""
    if keyword.endswith("discriminator") and isinstance(value, Mapping):
        yield from value.get("mapping", {}).values()
        yield from [value["defaultMapping"]] if "defaultMapping" in value else []
