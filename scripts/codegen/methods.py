"""The client's surface as the templates need it: what each operation answers with, its groups and methods."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.parser.properties import EnumProperty, ModelProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.responses import Response
from openapi_python_client.strings import ClassName

from scripts.codegen.lowering import FIELD_PREFIX, Lowered, Operation
from scripts.codegen.refining import METHOD_NAMES
from scripts.specs.documents import json_pointer
from scripts.specs.spec import Spec, SpecError

NOTHING = "None"
CONNECTION = "Client"
_METHOD_KEYS = {"group", "method", "pagination", "poll"}
"""What an operation says of its method; its other ``x-sdk-`` keys do without an entry class."""
_MEMBERS = {"client", "close", "from_env", "with_options"}
"""What an entry class has besides its groups."""

# --- answers ---


@dataclass(frozen=True)
class Answers:
    """What an operation answers with, as Python code."""

    success_type: str
    error_type: str
    type: str
    successes: Sequence[tuple[str, Response]]
    """Condition and response; the last one has no condition."""
    errors: Sequence[tuple[str, Response]]
    """The same, one for each type of body; only the default has no condition."""
    documented: str
    """The condition under which an answer is an error that the spec describes; empty if none is."""
    has_content: bool
    """Whether a success has a body."""


def answers_of(endpoint: Endpoint) -> Answers:
    """What an operation answers with."""
    successes = [response for response in endpoint.responses.patterns if response.status_code.pattern[0] == "2"]
    errors = [response for response in endpoint.responses.patterns if response not in successes]
    # Another success is read like the last one, which had better be one with a body.
    successes.sort(key=lambda response: response.status_code.is_range() or _type_of(response) != NOTHING)
    default = endpoint.responses.default
    by_type: dict[str, list[Response]] = {}
    for response in errors:
        by_type.setdefault(_type_of(response), []).append(response)
    success_types = [_type_of(response) for response in successes]
    error_types = [*by_type, *([_type_of(default)] if default else []), NOTHING]
    success_type = _union(success_types)
    return Answers(
        success_type=success_type,
        error_type=_union(error_types),
        type=_union([*success_types, *error_types]),
        successes=[("" if response is successes[-1] else _condition([response]), response) for response in successes],
        errors=[
            *((_condition(group), group[0]) for group in by_type.values()),
            *([("", default)] if default else []),
        ],
        documented=_condition(errors) if errors else "",
        has_content=success_type != NOTHING,
    )


def _type_of(response: Response) -> str:
    has_body = response.source["attribute"] != NOTHING
    return response.prop.get_type_string().as_unembedded_code() if has_body else NOTHING


def _union(types: Iterable[str]) -> str:
    found = set(types) or {NOTHING}
    return " | ".join([*sorted(found - {NOTHING}), *sorted(found & {NOTHING})])


def _condition(responses: Sequence[Response]) -> str:
    """The condition that an answer has the status of one of these responses."""
    ranges = [response.status_code.range for response in responses if response.status_code.range is not None]
    exact = [str(low) for low, high in ranges if low == high]
    parts = [f"{low} <= response.status_code <= {high}" for low, high in ranges if low != high]
    if exact:
        several = f"in ({', '.join(exact)})"
        parts.insert(0, f"response.status_code {several if len(exact) > 1 else f'== {exact[0]}'}")
    return " or ".join(parts)


# --- groups and methods ---


@dataclass(frozen=True)
class Pagination:
    """How a list is asked for a page, as Python code."""

    item_type: str
    page: str
    size: str
    body: str = ""
    """The body for a page; empty if the page stands in the query."""
    body_import: str = ""
    """What the body is made with."""
    end: str = ""
    """Arguments that say how the end is found: place of the server's count of pages, and identifier of an item."""


@dataclass(frozen=True)
class Poll:
    """How results are fetched, as Python code."""

    method: str
    tag: str
    module: str
    argument: str
    code: str
    state: str
    states: Mapping[str, str]
    outcome: str
    outcome_type: str
    pointer: str


@dataclass(frozen=True)
class Method:
    """A method of a group."""

    name: str
    tag: str
    module: str
    operation: Operation
    positional: Sequence[PropertyProtocol]
    keywords: Sequence[PropertyProtocol]
    success_type: str
    call: str
    """The arguments with which the request is made, as Python code."""
    pagination: Pagination | None
    poll: Poll | None
    imports: frozenset[str]


@dataclass
class Group:
    """A group of methods."""

    name: str
    description: str
    methods: list[Method] = field(default_factory=list)

    @property
    def class_name(self) -> str:
        """The name of its class."""
        return f"{ClassName(self.name, FIELD_PREFIX)}Group"

    @property
    def imports(self) -> list[str]:
        """What its annotations need, besides the types that every group has."""
        lines = {line for method in self.methods for line in method.imports}
        return sorted(line for line in lines if not line.startswith("from ..types import"))

    @property
    def hides_list(self) -> bool:
        """Whether a method has the name of the built-in type that annotations need."""
        return any(method.name == "list" for method in self.methods)


def groups_of(data: GeneratorData, lowered: Lowered) -> list[Group]:
    """The groups of an API; none if it has no entry class.

    Raises:
        SpecError: the surface is not described completely, or contradicts itself.
    """
    builder = _builder(data, lowered)
    entry = lowered.document.get("x-sdk-client")
    described = [operation for operation in lowered.operations.values() if _METHOD_KEYS & operation.sdk.keys()]
    if entry and not described:
        raise lowered.spec.error(
            "the entry class needs operations with x-sdk-group and x-sdk-method", ("x-sdk-client",)
        )
    if entry and entry["name"] == CONNECTION:
        raise lowered.spec.error(f"{CONNECTION} is the connection: choose another name", ("x-sdk-client", "name"))
    if described and not entry:
        raise builder.error(described[0], "a method needs an entry class: name it with x-sdk-client, at the root")
    descriptions = {tag["name"]: tag.get("description", "") for tag in lowered.document.get("tags", ())}
    groups: dict[str, Group] = {}
    names: set[tuple[str, str]] = set()
    for operation in lowered.operations.values() if described else ():
        builder.check_names(operation)
        group = groups.setdefault(
            operation.sdk["group"], Group(operation.sdk["group"], descriptions.get(operation.tag, ""))
        )
        for place, name in _method_names(operation).items():
            if (group.name, name) in names:
                raise builder.error(operation, f"the group {group.name} has a method {name} already", *place)
            names.add((group.name, name))
        group.methods.append(builder.method(operation))
    classes = {str(item.class_info.name): f"the schema {item.class_info.name}" for item in (*data.models, *data.enums)}
    for group in groups.values():
        for name in (group.class_name, f"Async{group.class_name}"):
            other = classes.setdefault(name, f"the group {group.name}")
            if other != f"the group {group.name}":
                raise lowered.spec.error(f"{other} and the group {group.name} both give the class {name}: rename one")
    return list(groups.values())


def _builder(data: GeneratorData, lowered: Lowered) -> _Builder:
    endpoints = {
        lowered.operations[str(endpoint.name)].operation_id: endpoint
        for collection in data.endpoint_collections_by_tag.values()
        for endpoint in collection.endpoints
    }
    return _Builder({model.class_info.name: model for model in data.models}, endpoints, lowered.spec)


@dataclass(frozen=True)
class _Builder:
    models: Mapping[str, ModelProperty]
    endpoints: Mapping[str, Endpoint]
    spec: Spec

    def error(self, operation: Operation, reason: str, *place: str) -> SpecError:
        """An error at an operation, or at a place in one of its ``x-sdk-`` keys."""
        method = str(self.endpoints[operation.operation_id].method).lower()
        key = [f"x-sdk-{place[0]}"] if place else []
        return self.spec.error(reason, ("paths", operation.route, method, *key, *place[1:]))

    def check_names(self, operation: Operation) -> None:
        """Refuse names that are missing, taken, or none in Python."""
        for key in ("group", "method"):
            if key not in operation.sdk:
                raise self.error(operation, f"the operation needs x-sdk-{key}, as every operation of an entry class")
        names: dict[tuple[str, ...], str] = {("group",): operation.sdk["group"], **_method_names(operation)}
        for place, name in names.items():
            if keyword.iskeyword(name):
                raise self.error(operation, f"{name} is a keyword of Python: choose another name", *place)
        if operation.sdk["group"] in _MEMBERS:
            reason = f"an entry class has a member {operation.sdk['group']} already: choose another name"
            raise self.error(operation, reason, "group")

    def method(self, operation: Operation) -> Method:
        endpoint = self.endpoints[operation.operation_id]
        body = next((body.prop for body in endpoint.bodies), None)
        positional: list[Any] = list(endpoint.path_parameters)
        keywords: list[Any] = [*endpoint.query_parameters, *endpoint.header_parameters]
        arguments = [str(parameter.python_name) for parameter in positional]
        arguments += [f"{parameter.python_name}={parameter.python_name}" for parameter in keywords]
        imports = {_from_groups(line) for line in endpoint.relative_imports}
        pagination: Pagination | None = None
        fields: list[Any] = []
        if "pagination" in operation.sdk:
            pagination, fields = self._pagination(operation, endpoint, body)
        if fields:
            self._check_fields(operation, fields, [*positional, *keywords])
            keywords += fields
            imports |= self._imports(body)
        elif body is not None:
            positional.append(body)
            arguments.append("body=body")
        poll = self._poll(operation, endpoint) if "poll" in operation.sdk else None
        if poll is not None:
            answer = self._success(self.endpoints[operation.sdk["poll"]["operation"]])
            imports |= self._imports(answer)
        return Method(
            name=operation.sdk["method"],
            tag=str(endpoint.tags[0]),
            module=str(endpoint.name),
            operation=operation,
            positional=positional,
            keywords=keywords,
            success_type=answers_of(endpoint).success_type,
            call=", ".join(arguments),
            pagination=pagination,
            poll=poll,
            imports=frozenset(imports),
        )

    def _pagination(self, operation: Operation, endpoint: Endpoint, body: Any) -> tuple[Pagination, list[Any]]:
        rule = operation.sdk["pagination"]
        answer = self._success(endpoint)
        if not isinstance(answer, ListProperty):
            raise self.error(operation, "every success must be answered with one kind of list", "pagination")
        item_type = answer.inner_property.get_type_string().as_unembedded_code()
        model = None if rule["in"] == "query" else self._model(operation, body, "the body", "pagination", "in")
        fields: list[Any] = endpoint.query_parameters if model is None else _properties(model)
        what = "the query" if model is None else "the body"
        page, size = (self._counter(operation, fields, what, role) for role in ("page", "size"))
        end = self._end(operation, answer.inner_property)
        if model is None:
            return Pagination(item_type, page, size, end=end), []  # a body, if there is one, is the same for all pages
        # The first page is what a list without a page is, and known callers ask for it so.
        number = page if body.required else f"UNSET if {page} == 1 else {page}"
        names = [str(found.python_name) for found in fields]
        values = [f"{name}={number if name == page else name}" for name in names]
        made = f"{model.class_info.name}({', '.join(values)})"
        return Pagination(
            item_type=item_type,
            page=page,
            size=size,
            body=made if body.required else f"groups.unless_empty({made})",
            body_import=f"from ..models.{model.class_info.module_name} import {model.class_info.name}",
            end=end,
        ), fields

    def _end(self, operation: Operation, item: Any) -> str:
        rule = operation.sdk["pagination"]
        arguments = ""
        for place, name in rule.get("count", {}).items():
            arguments += f", count=pages.Count({place}={name!r})"
        if "identifier" in rule:
            properties = _properties(self._model(operation, item, "an item of the list", "pagination", "identifier"))
            found = self._named(operation, properties, "an item of the list", "pagination", "identifier")
            arguments += f", identifier={str(found.python_name)!r}"
        return arguments

    def _counter(self, operation: Operation, fields: Sequence[Any], what: str, role: str) -> str:
        """The argument for a page or its size."""
        found = self._named(operation, fields, what, "pagination", role)
        if found.get_type_string(no_optional=True).as_unembedded_code() != "int":
            raise self.error(operation, f"{operation.sdk['pagination'][role]} is no integer", "pagination", role)
        return str(found.python_name)

    def _check_fields(self, operation: Operation, fields: Sequence[Any], parameters: Sequence[Any]) -> None:
        """Refuse fields of a body that cannot be arguments."""
        others = {str(parameter.python_name) for parameter in parameters}
        for name in (str(found.python_name) for found in fields):
            wrong = "stands for two arguments" if name in others else "would hide a name of the generated code"
            if name in others | METHOD_NAMES:
                reason = f"{name} {wrong}: give the field of the body another name, with x-sdk-names"
                raise self.error(operation, reason, "pagination")

    def _poll(self, operation: Operation, endpoint: Endpoint) -> Poll:
        rule = operation.sdk["poll"]
        if rule["operation"] not in self.endpoints:
            raise self.error(operation, f"there is no operation {rule['operation']!r}", "poll", "operation")
        poll = self.endpoints[rule["operation"]]
        what = f"the answer of {rule['operation']}"
        request = _properties(self._model(operation, self._success(endpoint), "the answer", "poll"))
        answer = _properties(self._model(operation, self._success(poll), what, "poll", "operation"))
        code = self._named(operation, request, "the answer", "poll", "code")
        if not code.required:
            raise self.error(operation, f"{rule['code']} must be required in the answer", "poll", "code")
        argument = self._named(operation, poll.query_parameters, f"the query of {rule['operation']}", "poll", "code")
        others = [other for other in poll.list_all_parameters() if other.required and other is not argument]
        if others:
            reason = f"{rule['operation']} needs more than a code: {others[0].python_name}"
            raise self.error(operation, reason, "poll", "operation")
        state = self._named(operation, answer, what, "poll", "state")
        known = {str(value) for value in state.values.values()} if isinstance(state, EnumProperty) else rule["states"]
        unknown = [name for name in rule["states"] if name not in known]
        if unknown:
            raise self.error(operation, f"{rule['state']} has no such value", "poll", "states", unknown[0])
        outcome = self._named(operation, answer, what, "poll", "outcome")
        return Poll(
            method=rule["method"],
            tag=str(poll.tags[0]),
            module=str(poll.name),
            argument=str(argument.python_name),
            code=str(code.python_name),
            state=str(state.python_name),
            states=rule["states"],
            outcome=str(outcome.python_name),
            outcome_type=outcome.get_type_string(no_optional=True).as_unembedded_code(),
            pointer=json_pointer((rule["outcome"],)),
        )

    def _success(self, endpoint: Endpoint) -> Any:
        """What every success is answered with; None if that is nothing, or not always the same."""
        found = [response.prop for _, response in answers_of(endpoint).successes]
        types = {_type_of(response) for _, response in answers_of(endpoint).successes}
        return found[0] if len(types) == 1 else None

    def _model(self, operation: Operation, prop: Any, what: str, *place: str) -> ModelProperty:
        name = prop.class_info.name if isinstance(prop, ModelProperty) else ""
        if name not in self.models:
            raise self.error(operation, f"{what} must be an object, always the same one", *place)
        return self.models[name]

    def _named(self, operation: Operation, properties: Iterable[Any], what: str, key: str, role: str) -> Any:
        """The field or parameter that a rule names."""
        wire_name = operation.sdk[key][role]
        found = next((prop for prop in properties if prop.name.get_untrusted_value() == wire_name), None)
        if found is None:
            raise self.error(operation, f"{what} has no {wire_name!r}", key, role)
        return found

    def _imports(self, prop: Any) -> set[str]:
        model = self.models[prop.class_info.name]
        return {*(model.relative_imports or ()), *(model.lazy_imports or ()), *prop.get_imports(prefix="..")}


def _method_names(operation: Operation) -> dict[tuple[str, ...], str]:
    """The methods that an operation gives a group, by the places of their names."""
    names: dict[tuple[str, ...], str] = {("method",): operation.sdk["method"]}
    if "poll" in operation.sdk:
        names["poll", "method"] = operation.sdk["poll"]["method"]
    return names


def _properties(model: ModelProperty) -> list[Any]:
    return [*(model.required_properties or ()), *(model.optional_properties or ())]


def _from_groups(line: str) -> str:
    """An import of a module of operations, as a module of groups has to write it."""
    return re.sub(r"^from \.\.\.", "from ..", line)
