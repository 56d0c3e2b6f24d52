"""Whether requests and answers are what the effective spec says, in the judgement of openapi-core."""

from __future__ import annotations

import datetime
import functools
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from openapi_core import Config, OpenAPI
from openapi_core.templating.datatypes import TemplateResult
from openapi_core.templating.paths.datatypes import PathOperationServer
from openapi_core.templating.paths.finders import APICallPathFinder
from openapi_core.testing import MockRequest, MockResponse
from openapi_core.validation.schemas import (
    oas30_read_schema_validators_factory,
    oas30_write_schema_validators_factory,
    oas31_schema_validators_factory,
)
from openapi_core.validation.schemas.exceptions import InvalidSchemaValue
from openapi_core.validation.schemas.factories import SchemaValidatorsFactory
from openapi_core.validation.schemas.validators import SchemaValidator
from werkzeug.datastructures import ImmutableMultiDict

from abwire_sandbox.specs import JSON, Operation

_REMEMBERED = 1024
_LARGE = 100_000
"""Bytes from which on a body is not worth remembering."""
_SHOWN = 20
"""How many faults of one value are told: all fields that are missing, but no flood."""

Faults = tuple[str, ...]
"""What is wrong, for people."""


class _Finder(APICallPathFinder):
    """Finds paths by their templates: which operation a request is for is known before."""

    def __init__(self, spec: Any, base_url: str | None = None) -> None:
        super().__init__(spec, base_url)
        self._found: dict[tuple[str, str], PathOperationServer] = {}

    def find(self, method: str, name: str) -> PathOperationServer:
        key = (method, name)
        if key not in self._found:
            path = self.spec / "paths" / name
            self._found[key] = PathOperationServer(path, path / method, None, TemplateResult(name, {}), {})
        return self._found[key]


class _Schemas(SchemaValidatorsFactory):
    """Makes one validator for each schema: to make one takes longer than most validations."""

    def __init__(self, plain: SchemaValidatorsFactory) -> None:
        super().__init__(plain.schema_validator_cls)
        self._made: dict[Any, SchemaValidator] = {}

    def create(self, spec: Any, schema: Any, *arguments: Any, **options: Any) -> SchemaValidator:
        # By the place of the schema alone: spec and options of a validator are always the same.
        if schema.parts not in self._made:
            self._made[schema.parts] = super().create(spec, schema, *arguments, **options)
        return self._made[schema.parts]


class Validator:
    """Validates the requests and the answers of one API.

    Args:
        spec: the effective spec.
    """

    def __init__(self, spec: Mapping[str, Any]) -> None:
        nothing: Any = None  # validates the spec, which the pipeline that makes it has done
        requests = _open(spec)  # who asks is checked elsewhere, for real
        reads, writes = _FACTORIES[str(spec["openapi"])[:3]]
        self._requests, self._responses = (
            OpenAPI.from_dict(
                document,
                config=Config(
                    spec_validator_cls=nothing,
                    path_finder_cls=_Finder,
                    extra_format_validators={"date-time": _is_date_time},
                    schema_validators_factory=_Schemas(plain),
                    extra_media_type_deserializers={"download/json": json.loads},
                ),
            )
            for document, plain in (
                (requests, writes),
                (widened(requests), reads),
            )
        )
        # What was valid once is valid again; under load most requests and answers repeat.
        self._remembered_request = functools.lru_cache(_REMEMBERED)(self._request_faults)
        self._remembered_response = functools.lru_cache(_REMEMBERED)(self._response_faults)

    def request_faults(
        self,
        operation: Operation,
        arguments: Mapping[str, str],
        query: tuple[tuple[str, str], ...],
        content_type: str,
        body: bytes,
    ) -> Faults:
        """Return what is wrong with a request; nothing, if it is valid.

        Args:
            operation: what the request is for.
            arguments: path arguments, decoded.
            query: query arguments, decoded.
            content_type: the header, empty if there is none.
            body: as it was sent.
        """
        find = self._remembered_request if len(body) < _LARGE else self._request_faults
        return find(operation, tuple(arguments.items()), query, (content_type, body))

    def response_faults(self, operation: Operation, status: int, body: bytes, media: str = JSON) -> Faults:
        """Return what is wrong with an answer; nothing, if it is valid."""
        find = self._remembered_response if len(body) < _LARGE else self._response_faults
        return find(operation, status, body, media)

    def _request_faults(
        self,
        operation: Operation,
        arguments: tuple[tuple[str, str], ...],
        query: tuple[tuple[str, str], ...],
        content: tuple[str, bytes],
    ) -> Faults:
        content_type, body = content
        unreadable = _not_json(operation, query)
        if unreadable:
            return unreadable
        request = MockRequest(
            "",
            operation.method,
            operation.path,
            view_args=dict(arguments),
            args=ImmutableMultiDict(query),
            content_type=content_type,
            data=body,
        )
        try:
            return _told(self._requests.iter_apicall_request_errors(request))
        except Exception as error:
            return (f"a parameter or the body cannot be read: {type(error).__name__}",)

    def _response_faults(self, operation: Operation, status: int, body: bytes, media: str) -> Faults:
        request = MockRequest("", operation.method, operation.path)
        response = MockResponse(body, status, content_type=media if body else "")
        return _told(self._responses.iter_apicall_response_errors(request, response))


def _not_json(operation: Operation, query: Iterable[tuple[str, str]]) -> Faults:
    """Return which parameters are to be JSON, and are not; openapi-core would break on them."""
    names = {parameter["name"] for parameter in operation.parameters if "content" in parameter}
    told = []
    for name, text in query:
        try:
            if name in names:
                json.loads(text)
        except (ValueError, RecursionError) as error:
            told.append(f"Query parameter error: {name}: it is not JSON: {error}")
    return tuple(told)


def _told(errors: Iterable[Exception]) -> Faults:
    """Errors of openapi-core, for people: the text of each names the place, that of its cause the fault."""
    told: list[str] = []
    for error in errors:
        cause = error.__cause__
        if isinstance(cause, InvalidSchemaValue):
            name = getattr(error, "name", None)
            place = f"parameter {name}" if isinstance(name, str) else "body"
            for found in map(_innermost, [*cause.schema_errors][:_SHOWN]):
                pointer = "/".join(map(str, found.absolute_path))
                told.append(f"{place}{f' at /{pointer}' if pointer else ''}: {found.message}")
        else:
            text = str(error)  # most of them tell their cause
            told.append(text if cause is None or str(cause) in text else f"{text}: {cause}")
    return tuple(told)


def _innermost(error: Any) -> Any:
    """Return where a value fits none of several schemas: what is wrong with it by the one that it fits best."""
    while error.context:
        wrong = Counter(found.schema_path[0] for found in error.context)
        error = min(error.context, key=lambda found: (-len(found.absolute_path), wrong[found.schema_path[0]]))
    return error


def _is_date_time(value: object) -> bool:
    """ISO 8601 with ``T``, with or without a time zone: public client code sends it without."""
    if not isinstance(value, str):
        return True
    if not re.match(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d", value):
        return False
    try:
        datetime.datetime.fromisoformat(value.upper())
    except ValueError:
        return False
    return True


def _open(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A spec that everybody may call."""
    paths = {
        path: {
            key: {name: value for name, value in found.items() if name != "security"}
            if isinstance(found, dict)
            else found
            for key, found in item.items()
        }
        for path, item in spec["paths"].items()
    }
    return {**spec, "paths": paths, "security": []}


_FACTORIES = {
    "3.0": (oas30_read_schema_validators_factory, oas30_write_schema_validators_factory),
    "3.1": (oas31_schema_validators_factory, oas31_schema_validators_factory),
}
"""Validators of answers and of requests, by the version of OpenAPI."""


def widened(node: Any) -> Any:
    """A spec in which a wrapper may be left out where an overlay says so: the sandbox can serve either form."""
    if isinstance(node, list):
        return [widened(item) for item in node]
    if not isinstance(node, dict):
        return node
    wide = {key: widened(value) for key, value in node.items()}
    bare = wide.get("x-sdk-accepts-bare")
    return {"anyOf": [wide, wide["properties"][bare["into"]]]} if isinstance(bare, dict) else wide
