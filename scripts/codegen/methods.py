"""The client's surface as the templates need it: what each operation answers with, its groups and methods."""

from __future__ import annotations

import keyword
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import attrs
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.parser.properties import EnumProperty, ModelProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.responses import Response
from openapi_python_client.strings import ClassName, PythonIdentifier

from scripts.codegen.entry import Binding, Entry
from scripts.codegen.expressions import annotation, literal
from scripts.codegen.lowering import FIELD_PREFIX, Lowered, Operation
from scripts.codegen.refining import METHOD_NAMES
from scripts.specs.documents import json_pointer
from scripts.specs.spec import Spec, SpecError

NOTHING = "None"
_MEMBERS = {"close", "from_env", "with_options"}
"""What an entry class has besides its groups."""
_GROUP_MEMBERS = {"with_raw_response"}
"""What a group has besides its methods."""

# --- answers ---


@dataclass(frozen=True)
class Answers:
    """What an operation answers with, as Python code."""

    success_type: str
    error_type: str
    successes: Sequence[tuple[str, Response]]
    """Condition and response; the last one has no condition."""
    errors: Sequence[tuple[str, Response]]
    """The same, one for each type of body; only the default has no condition."""


def answers_of(endpoint: Endpoint) -> Answers:
    """Return what an operation answers with."""
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
        successes=[("" if response is successes[-1] else _condition([response]), response) for response in successes],
        errors=[
            *((_condition(group), group[0]) for group in by_type.values()),
            *([("", default)] if default else []),
        ],
    )


def _type_of(response: Response) -> str:
    has_body = response.source["attribute"] != NOTHING
    return annotation(response.prop) if has_body else NOTHING


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
    items: str = ""
    """The attribute of the response that holds the items; empty if the response is a list."""
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
    is_named_by_rule: bool
    """Whether the name, or that of the group, follows from the tag and the operationId."""


@dataclass(frozen=True)
class BodyFields:
    """A body whose fields are arguments."""

    properties: Sequence[PropertyProtocol]
    code: str
    """The body, made of them."""


@dataclass
class Group:
    """A group of methods."""

    name: str
    description: str
    binding: Binding | None = None
    """The values that all its methods need and that are given once."""
    methods: list[Method] = field(default_factory=list)

    @property
    def module(self) -> str:
        """The name of its module."""
        return f"{self.binding.name}_{self.name}" if self.binding else self.name

    @property
    def class_name(self) -> str:
        """The name of its class."""
        return f"{ClassName(self.module, FIELD_PREFIX)}Group"

    @property
    def hides_list(self) -> bool:
        """Return whether a method has the name of the built-in type that annotations need."""
        return any(method.name == "list" for method in self.methods)


@dataclass(frozen=True)
class Surface:
    """What users of an API call."""

    entry: Entry
    groups: Sequence[Group]
    methods: Mapping[str, str]
    """The full name of the method of each operation, such as ``goals.create``, by operationId."""
    body_fields: Mapping[str, BodyFields]
    """By operationId."""

    @property
    def named_by_rule(self) -> list[str]:
        """The methods whose names follow from the rule, with their operationIds."""
        return [
            f"{self.methods[method.operation.operation_id]} ({method.operation.operation_id})"
            for group in self.groups
            for method in group.methods
            if method.is_named_by_rule
        ]


def surface_of(data: GeneratorData, lowered: Lowered, entry: Entry) -> Surface:
    """Return the groups and methods of an API.

    An operation without ``x-sdk-group`` or ``x-sdk-method`` is named by rule; see :func:`_named`.

    Raises:
        SpecError: two methods have one name, or an extension does not fit its operation.
    """
    builder = _builder(data, lowered, entry)
    descriptions = {tag["name"]: tag.get("description", "") for tag in lowered.document.get("tags", ())}
    by_rule = {
        found.operation_id for found in lowered.operations.values() if not {"group", "method"} <= found.sdk.keys()
    }
    operations = _named(lowered.operations.values())
    groups: dict[str, Group] = {}
    names: set[tuple[str, str]] = set()
    full_names: dict[str, str] = {}
    for operation in operations:
        builder.check_names(operation)
        binding = builder.binding(operation)
        name = operation.sdk["group"]
        group = groups.setdefault(
            f"{binding.name}_{name}" if binding else name, Group(name, descriptions.get(operation.tag, ""), binding)
        )
        if group.name != name or group.binding is not binding:
            raise builder.error(operation, f"another group has the module {group.module}: rename one", "group")
        for place, method in _method_names(operation).items():
            if (group.module, method) in names:
                raise builder.error(operation, f"the group {group.name} has a method {method} already", *place)
            names.add((group.module, method))
        group.methods.append(builder.method(operation, is_named_by_rule=operation.operation_id in by_rule))
        prefix = f"{binding.name}." if binding else ""
        full_names[operation.operation_id] = f"{prefix}{name}.{operation.sdk['method']}"
    classes = {str(item.class_info.name): f"the schema {item.class_info.name}" for item in (*data.models, *data.enums)}
    for group in groups.values():
        (group.binding or entry).groups.append(group)
        for name in (group.class_name, f"Async{group.class_name}"):
            other = classes.setdefault(name, f"the group {group.name}")
            if other != f"the group {group.name}":
                raise lowered.spec.error(f"{other} and the group {group.name} both give the class {name}: rename one")
    builder.check_bindings()
    return Surface(entry, list(groups.values()), full_names, builder.body_fields)


def _named(operations: Iterable[Operation]) -> list[Operation]:
    """Return operations that all have a group and a method.

    The rule for those without: the group is the tag in snake case, or ``default``. The method is the operationId in
    snake case without the words of the group, singular or plural; it is the whole operationId if nothing is left, or
    if two operations of the group would get one name. A name that Python or the client needs gets ``_`` at its end.
    """
    found = [*operations]
    groups = {
        operation.operation_id: operation.sdk.get("group")
        or _usable(str(PythonIdentifier(operation.tag or "default", "tag_")), _MEMBERS)
        for operation in found
    }
    whole = {operation.operation_id: str(PythonIdentifier(operation.operation_id, FIELD_PREFIX)) for operation in found}
    short = {key: _without_words(name, groups[key]) for key, name in whole.items()}
    chosen = {
        operation.operation_id: operation.sdk.get("method") or short[operation.operation_id] for operation in found
    }
    counts = Counter((groups[key], name) for key, name in chosen.items())
    named = []
    for operation in found:
        key = operation.operation_id
        method = operation.sdk.get("method")
        if method is None:
            method = chosen[key] if counts[groups[key], chosen[key]] == 1 else whole[key]
            method = _usable(method, _GROUP_MEMBERS)
        named.append(replace(operation, sdk={**operation.sdk, "group": groups[key], "method": method}))
    return named


def _without_words(name: str, group: str) -> str:
    """Return a name in snake case without the words of a group, singular or plural."""
    words = {_singular(word) for word in group.split("_")}
    left = [word for word in name.split("_") if _singular(word) not in words]
    return "_".join(left) if left and left[0].isidentifier() else name


def _singular(word: str) -> str:
    for ending, other in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("s", "")):
        if word.endswith(ending) and not word.endswith("ss"):
            return word.removesuffix(ending) + other
    return word


def _usable(name: str, taken: Collection[str]) -> str:
    return f"{name}_" if keyword.iskeyword(name) or name in taken else name


def _builder(data: GeneratorData, lowered: Lowered, entry: Entry) -> _Builder:
    endpoints = {
        lowered.operations[str(endpoint.name)].operation_id: endpoint
        for collection in data.endpoint_collections_by_tag.values()
        for endpoint in collection.endpoints
    }
    return _Builder({model.class_info.name: model for model in data.models}, endpoints, lowered.spec, entry)


@dataclass(frozen=True)
class _Builder:
    models: Mapping[str, ModelProperty]
    endpoints: Mapping[str, Endpoint]
    spec: Spec
    entry: Entry
    body_fields: dict[str, BodyFields] = field(default_factory=dict)

    def error(self, operation: Operation, reason: str, *place: str) -> SpecError:
        """Return an error at an operation, or at a place in one of its ``x-sdk-`` keys."""
        method = str(self.endpoints[operation.operation_id].method).lower()
        key = [f"x-sdk-{place[0]}"] if place else []
        return self.spec.error(reason, ("paths", operation.route, method, *key, *place[1:]))

    def check_names(self, operation: Operation) -> None:
        """Raise if a name is taken or not valid in Python."""
        names: dict[tuple[str, ...], str] = {("group",): operation.sdk["group"], **_method_names(operation)}
        for place, name in names.items():
            if keyword.iskeyword(name):
                raise self.error(operation, f"{name} is a keyword of Python: choose another name", *place)
        if operation.sdk["group"] in _MEMBERS | {binding.name for binding in self.entry.bindings}:
            reason = f"an entry class has a member {operation.sdk['group']} already: choose another name"
            raise self.error(operation, reason, "group")
        for place, name in _method_names(operation).items():
            if name in _GROUP_MEMBERS:
                raise self.error(operation, f"a group has a member {name} already: choose another name", *place)

    def binding(self, operation: Operation) -> Binding | None:
        """Return the values that are given once and that an operation needs; the most, if several fit."""
        parameters = {parameter.name.get_untrusted_value() for parameter in self._path(operation)}
        fitting = [binding for binding in self.entry.bindings if parameters.issuperset(binding.names)]
        found = max(fitting, key=lambda binding: len(binding.names), default=None)
        if found is not None and not found.parameters:
            by_name = {parameter.name.get_untrusted_value(): parameter for parameter in self._path(operation)}
            found.parameters = [by_name[name] for name in found.names]
        return found

    def check_bindings(self) -> None:
        """Raise if no operation needs the values of a binding."""
        for binding in self.entry.bindings:
            if not binding.groups:
                reason = f"no operation has the path parameters {', '.join(binding.names)}"
                raise self.spec.error(reason, ("x-sdk-client", "bind", binding.name))

    def _path(self, operation: Operation) -> Sequence[PropertyProtocol]:
        return self.endpoints[operation.operation_id].path_parameters

    def method(self, operation: Operation, *, is_named_by_rule: bool) -> Method:
        """Return the method of an operation."""
        endpoint = self.endpoints[operation.operation_id]
        body = next((body.prop for body in endpoint.bodies), None)
        binding = self.binding(operation)
        bound = set(binding.names) if binding else set()
        positional: list[Any] = []
        arguments: list[str] = []
        for parameter in endpoint.path_parameters:
            wire_name = parameter.name.get_untrusted_value()
            if wire_name in bound:
                arguments.append(f"self._bound[{literal(wire_name)}]")
            else:
                positional.append(parameter)
                arguments.append(str(parameter.python_name))
        keywords: list[Any] = [*endpoint.query_parameters, *endpoint.header_parameters]
        pagination: Pagination | None = None
        fields: list[Any] = []
        if "pagination" in operation.sdk:
            pagination, fields = self._pagination(operation, endpoint, body)
        if fields:
            self._check_fields(operation, fields, [*endpoint.path_parameters, *keywords])
            keywords += fields
        arguments += [f"{parameter.python_name}={parameter.python_name}" for parameter in keywords]
        if not fields and body is not None:
            positional.append(body)
            arguments.append("body=body")
        return Method(
            name=operation.sdk["method"],
            tag=str(endpoint.tags[0]),
            module=str(endpoint.name),
            operation=operation,
            positional=positional,
            keywords=keywords,
            success_type=answers_of(endpoint).success_type,
            call="".join(f"{argument}, " for argument in arguments) if keywords else ", ".join(arguments),
            pagination=pagination,
            poll=self._poll(operation, endpoint) if "poll" in operation.sdk else None,
            is_named_by_rule=is_named_by_rule,
        )

    def _pagination(self, operation: Operation, endpoint: Endpoint, body: Any) -> tuple[Pagination, list[Any]]:
        rule = operation.sdk["pagination"]
        answer = self._success(endpoint)
        items = ""
        if "items" in rule:
            wrapper = _properties(self._model(operation, answer, "the response", "pagination", "items"))
            answer = self._named(operation, wrapper, "the response", "pagination", "items")
            items = str(answer.python_name)
        if not isinstance(answer, ListProperty):
            raise self.error(operation, "every success must be answered with one kind of list", "pagination")
        item_type = annotation(answer.inner_property)
        model = None if rule["in"] == "query" else self._model(operation, body, "the body", "pagination", "in")
        fields: list[Any] = endpoint.query_parameters if model is None else _properties(model)
        what = "the query" if model is None else "the body"
        page, size = (self._counter(operation, fields, what, role) for role in ("page", "size"))
        pagination = Pagination(item_type, page, size, items, self._end(operation, answer.inner_property))
        if model is None:
            return pagination, []  # a body, if there is one, is the same for all pages
        # The first page is what a list without a page is, and known callers ask for it so.
        number = page if body.required else f"UNSET if {page} == 1 else {page}"
        names = [str(found.python_name) for found in fields]
        values = [f"{name}={number if name == page else name}" for name in names]
        made = f"models.{model.class_info.name}({', '.join(values)})"
        code = made if body.required else f"encoding.unless_empty({made})"
        self.body_fields[operation.operation_id] = BodyFields(fields, code)
        return pagination, fields

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
        if "int" not in annotation(found).split(" | "):
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
            outcome_type=annotation(attrs.evolve(outcome, required=True)).removesuffix(" | None"),
            pointer=json_pointer((rule["outcome"],)),
        )

    def _success(self, endpoint: Endpoint) -> Any:
        """Return what every success is answered with; None if that is nothing, or not always the same."""
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


def _method_names(operation: Operation) -> dict[tuple[str, ...], str]:
    """The methods that an operation gives a group, by the places of their names."""
    names: dict[tuple[str, ...], str] = {("method",): operation.sdk["method"]}
    if "poll" in operation.sdk:
        names["poll", "method"] = operation.sdk["poll"]["method"]
    return names


def _properties(model: ModelProperty) -> list[Any]:
    return [*(model.required_properties or ()), *(model.optional_properties or ())]
