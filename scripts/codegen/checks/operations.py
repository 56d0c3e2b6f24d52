"""Proof that methods send what operations take, and return or raise what operations answer with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx

from scripts.codegen import contents
from scripts.codegen.checks import wire
from scripts.codegen.checks.calls import Caller, Method, Reply
from scripts.codegen.checks.ledger import Parity
from scripts.codegen.checks.samples import Sample, Samples, Schema
from scripts.codegen.checks.schemas import SchemaChecker
from scripts.codegen.checks.values import UNDECLARED, Annotations, is_same, likeness, plain, python_value
from scripts.specs.spec import Pointer, Spec

_ODD_STATUSES: tuple[int, ...] = (418, *range(499, 400, -1), *range(599, 500, -1))
"""Statuses for a default response, the first that nothing else describes."""


@dataclass(frozen=True, eq=False)
class Want:
    """A part of the request that a caller can set: a parameter, a property of a body, or a body."""

    kind: str
    name: str
    location: str
    schema: Schema
    pointer: Pointer
    is_required: bool
    style: str = "plain"

    def is_sent(self, request: httpx.Request, value: Any) -> bool:
        """Return whether a request has a value for it."""
        match self.location:
            case "query":
                return wire.has_query(request, self.name, self.style, value)
            case "header":
                return wire.has_header(request, self.name, value)
            case "field":
                return wire.has_field(request, self.name, value)
            case "body":
                return wire.has_body(request, self.style, value)
        return False


@dataclass(frozen=True)
class Operation:
    """An operation of the spec, with what a caller can set."""

    pointer: Pointer
    node: Mapping[str, Any]
    wants: tuple[Want, ...]

    @property
    def label(self) -> str:
        """Its method and route."""
        return f"{self.pointer[2].upper()} {self.pointer[1]}"


@dataclass(frozen=True)
class OperationChecker:
    """Checks the methods of one package against the operations of its spec.

    Attributes:
        spec: the effective spec.
        caller: the opened entry classes.
        annotations: the annotations of the package.
        samples: the samples to use.
        schemas: checks values.
        parity: where to record.
    """

    spec: Spec
    caller: Caller
    annotations: Annotations
    samples: Samples
    schemas: SchemaChecker
    parity: Parity

    @property
    def server(self) -> str:
        """The URL that requests go to."""
        return str(self.spec.document["servers"][0]["url"])

    def check(self) -> None:
        """Check every operation."""
        for pointer, node in self.spec.operations():
            operation = Operation(pointer, node, tuple(self._wants(pointer, node)))
            self.caller.reply = self.success(node)
            found = next(self._methods(operation), None)
            loss = None if found is not None else f"no method makes the request {operation.label}"
            if self.parity.record("operations", pointer, loss) and found is not None:
                for method, arguments in found:
                    _MethodChecker(self, operation, method, arguments).check()

    # --- what an operation takes ---

    def _wants(self, pointer: Pointer, node: Mapping[str, Any]) -> Iterator[Want]:
        own = len(node.get("parameters", ()))
        for index, reference in enumerate(self.spec.parameters(pointer)):
            parameter = self.spec.resolve(reference)
            # Those of the path item come after the operation's own.
            base, number = (pointer, index) if index < own else (pointer[:2], index - own)
            place = (*base, "parameters", str(number))
            style = "json" if "content" in parameter else "plain" if parameter.get("explode", True) else "comma"
            content = next(iter(parameter.get("content", {}).values()), parameter)
            schema: Schema = content.get("schema", {})
            required = parameter["in"] == "path" or bool(parameter.get("required"))
            yield Want("parameters", parameter["name"], parameter["in"], schema, place, required, style)
        body = self.spec.resolve(node.get("requestBody", {}))
        chosen = contents.picked(body, node)
        if chosen is None:
            return
        schema, place = (
            contents.body(chosen, body["content"][chosen])[1].get("schema", {}),
            (*pointer, "requestBody", "content", chosen),
        )
        if node.get("x-sdk-pagination", {}).get("in") == "body":
            for name, prop in self.samples.properties(schema, place).items():
                yield Want("properties", name, "field", prop.schema, prop.pointer, prop.is_required)
        else:
            yield Want("bodies", "body", "body", schema, place, bool(body.get("required")), chosen)

    def success(self, node: Mapping[str, Any]) -> Reply:
        """Return the response of a success, the first that has a body if there is one."""
        replies = [
            reply
            for status, reference in node.get("responses", {}).items()
            if status.startswith("2")
            for _, reply in self.replies(status, self.spec.resolve(reference), node, ())
        ]
        return next((reply for reply in replies if reply.content), replies[0] if replies else Reply(204))

    def replies(
        self, status: str, response: Mapping[str, Any], node: Mapping[str, Any], pointer: Pointer
    ) -> Iterator[tuple[Sample | None, Reply]]:
        """Yield responses with a status of the spec, each with the sample in it; None for no body."""
        code = _status(status, node.get("responses", {}))
        chosen = contents.picked(response, response)
        _, content = contents.response(chosen, response["content"][chosen]) if chosen else ("", {})
        if chosen is None or "schema" not in content:
            yield None, Reply(code)
            return
        for sample in self.samples.of(content["schema"], (*pointer, "content", chosen, "schema")):
            whole = sample
            if "x-sdk-pagination" in node and isinstance(sample.value, dict):
                whole = replace(sample, value=self.samples.full(sample.schema))
            media_type = "application/json" if chosen == "*/*" else chosen
            yield whole, Reply(code, wire.encoded(media_type, whole.value), media_type)

    # --- the method of an operation ---

    def _methods(self, operation: Operation) -> Iterator[tuple[tuple[Method, dict[Want, str]], ...]]:
        """Yield the pairs of methods that make the request of an operation, with the arguments that it needs."""
        for pair in self.caller.candidates(operation.node):
            found = tuple((method, self._needed(operation, method)) for method in pair)
            if all(self._makes(operation, method, arguments) for method, arguments in found):
                yield found

    def _needed(self, operation: Operation, method: Method) -> dict[Want, str]:
        """The likeliest argument for each part of the request that must be there."""
        free = method.arguments
        found: dict[Want, str] = {}
        for want in sorted(operation.wants, key=lambda want: want.location != "path"):
            left = [name for name in free if name not in found.values()]
            candidates = [name for name in left if free[name] or want.location == "path"]
            if want.is_required and candidates:
                found[want] = min(candidates, key=lambda name: likeness(name, want.name))
        return found

    def _makes(self, operation: Operation, method: Method, needed: Mapping[Want, str]) -> bool:
        samples = {want: self.first(want.schema) for want in needed}
        hints = self.hints(method)
        arguments = {needed[want]: self.argument(hints[needed[want]], sample) for want, sample in samples.items()}
        outcome = self.caller.call(method, arguments)
        request = outcome.request
        if request is None or request.method != operation.pointer[2].upper():
            return False
        values = {want.name: sample.value for want, sample in samples.items() if want.location == "path"}
        path = wire.url_path(self.server, operation.pointer[1], values)
        return request.url.raw_path.partition(b"?")[0].decode() == path

    def first(self, schema: Schema) -> Sample:
        """Return the first sample of a schema that is not null, if there is one."""
        samples = list(self.samples.of(schema))
        return next((sample for sample in samples if sample.value is not None), samples[0])

    def argument(self, annotation: Any, sample: Sample) -> Any:
        """Return a sample as an argument with an annotation takes it."""
        model = self.schemas.model(sample.component)
        return python_value(model if annotation is Any and model else annotation, sample.value, model)

    def hints(self, method: Method) -> dict[str, Any]:
        """Return the annotations of a method; Any for an argument without one."""
        try:
            found = self.annotations.of(getattr(method.function, "__func__", method.function))
        except (NameError, TypeError) as error:
            self.parity.record("operations", ("paths",), f"the annotations of {method.name} cannot be read: {error}")
            found = {}
        return {**dict.fromkeys(method.arguments, Any), **found}


class _MethodChecker:
    """Checks one form of a method: sync or async."""

    def __init__(
        self, owner: OperationChecker, operation: Operation, method: Method, needed: Mapping[Want, str]
    ) -> None:
        self._owner = owner
        self._operation = operation
        self._method = method
        self._needed = needed
        self._hints = owner.hints(method)
        self._base = {
            argument: owner.argument(self._hints[argument], owner.first(want.schema))
            for want, argument in needed.items()
        }

    def check(self) -> None:
        """Check what the method sends, and what comes of what it gets."""
        for want in self._operation.wants:
            self._check_want(want)
        self._check_media_type_of_fields()
        responses = self._operation.node.get("responses", {})
        for status, reference in responses.items():
            pointer = (*self._operation.pointer, "responses", status)
            response = self._owner.spec.resolve(reference)
            losses = [
                self._response_loss(status, sample, reply)
                for sample, reply in self._owner.replies(status, response, self._operation.node, pointer)
            ]
            for loss in losses:
                self._owner.parity.record("responses", pointer, loss)

    # --- requests ---

    def _check_want(self, want: Want) -> None:
        lost = "the body is not sent" if want.location == "body" else f"the parameter {want.name} is not sent"
        samples = [
            sample
            for sample in self._owner.samples.of(want.schema, want.pointer)
            if sample.value is not None or want.location in ("field", "body")
        ]
        if want.location == "body":
            samples = [
                replace(sample, value=self._owner.samples.full(sample.schema)) if _is_plain_object(sample) else sample
                for sample in samples
            ]
        argument = next((name for name in self._arguments_for(want) if self._is_sent(want, name, samples[0])), None)
        if not self._owner.parity.record(want.kind, want.pointer, None if argument else lost) or argument is None:
            return
        for index, sample in enumerate(samples):
            loss = None if index == 0 or self._is_sent(want, argument, sample) else lost
            annotation = self._hints[argument]
            loss = loss or self._owner.schemas.check_value(sample, self._owner.argument(annotation, sample), annotation)
            self._owner.parity.record(want.kind, want.pointer, loss)

    def _arguments_for(self, want: Want) -> list[str]:
        """The arguments that may set a part of the request, the likeliest first."""
        if want in self._needed:
            return [self._needed[want]]
        free = [name for name in self._method.arguments if name not in self._needed.values()]
        return sorted(free, key=lambda name: likeness(name, want.name))

    def _is_sent(self, want: Want, argument: str, sample: Sample) -> bool:
        self._owner.caller.reply = self._owner.success(self._operation.node)
        arguments = {**self._base, argument: self._owner.argument(self._hints[argument], sample)}
        request = self._owner.caller.call(self._method, arguments).request
        if request is None:
            return False
        if want.location == "path":
            return self._has_path(request, want, sample)
        return want.is_sent(request, sample.value)

    def _has_path(self, request: httpx.Request, want: Want, sample: Sample) -> bool:
        paths = [(other, argument) for other, argument in self._needed.items() if other.location == "path"]
        values = {other.name: plain(self._base[argument]) for other, argument in paths}
        path = wire.url_path(self._owner.server, self._operation.pointer[1], {**values, want.name: sample.value})
        return request.url.raw_path.partition(b"?")[0].decode() == path

    def _check_media_type_of_fields(self) -> None:
        """Check the media type of a body whose properties are arguments."""
        body = self._owner.spec.resolve(self._operation.node.get("requestBody", {}))
        chosen = contents.picked(body, self._operation.node)
        fields = [want for want in self._operation.wants if want.location == "field"]
        if chosen is None or not fields:
            return
        want = fields[-1]
        argument = self._arguments_for(want)[0]
        sample = self._owner.first(want.schema)
        arguments = {**self._base, argument: self._owner.argument(self._hints[argument], sample)}
        request = self._owner.caller.call(self._method, arguments).request
        is_sent = request is not None and wire.media_type(request) == chosen
        pointer = (*self._operation.pointer, "requestBody", "content", chosen)
        self._owner.parity.record("bodies", pointer, None if is_sent else "the body is not sent")

    # --- responses ---

    def _response_loss(self, status: str, sample: Sample | None, reply: Reply) -> str | None:
        """Return what is lost of a response; None if nothing is."""
        self._owner.caller.reply = reply
        outcome = self._owner.caller.call(self._method, self._base)
        lost = f"the response {status} is not told apart"
        if reply.status < 300:
            if outcome.error is not None:
                return f"{lost} ({type(outcome.error).__name__}: {outcome.error})"
            return self._value_loss(sample, outcome.value, self._hints.get("return", Any), lost)
        if getattr(outcome.error, "status_code", None) != reply.status:
            return lost
        return self._value_loss(sample, getattr(outcome.error, "body", None), UNDECLARED, lost) if sample else None

    def _value_loss(self, sample: Sample | None, value: Any, annotation: Any, lost: str) -> str | None:
        if sample is None:
            return None if not value else lost
        if isinstance(value, list) and isinstance(sample.value, dict):  # a page, in an object around it
            is_there = any(is_same(plain(value), item) for item in sample.value.values())
            return None if is_there else lost
        loss = self._owner.schemas.check_value(sample, value, annotation)
        return loss and f"{lost}: {loss}"


def _is_plain_object(sample: Sample) -> bool:
    return isinstance(sample.value, dict) and "x-sdk-accepts-bare" not in sample.schema


def _status(status: str, described: Mapping[str, Any]) -> int:
    """A status of the kind that the spec describes."""
    if status.isdigit():
        return int(status)
    if status[0].isdigit():
        first = int(status[0]) * 100
        return next(code for code in range(first, first + 100) if str(code) not in described)
    ranges = {name[0] for name in described if name[1:].upper() == "XX"}
    return next(code for code in _ODD_STATUSES if str(code) not in described and str(code)[0] not in ranges)
