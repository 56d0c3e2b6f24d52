"""The ``x-`` keys of a spec: their forms, and the check that each is in its form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openapi_schema_validator import OAS31Validator

from scripts.specs.spec import Spec

GRADES = ["documented", "observed", "reconstructed", "guessed"]
"""What an operation may rest on, the best first; a schema is never a mere guess."""
_TEXT = {"type": "string", "minLength": 1}
_NAME = {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"}
_TEXTS = {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string"}}
_EXTENSIONS: Mapping[str, Any] = {
    key: OAS31Validator(schema)
    for key, schema in {
        "x-evidence": {
            "type": "object",
            "required": ["route", "schema", "source"],
            "properties": {
                "route": {"enum": GRADES},
                "schema": {"enum": GRADES[:-1]},
                "source": _TEXT,
                "note": _TEXT,
            },
            "additionalProperties": False,
        },
        "x-sdk-client": {
            "type": "object",
            "required": ["name", "auth", "environment"],
            "properties": {
                "name": {"type": "string", "pattern": "^[A-Z][A-Za-z0-9]*$"},
                "auth": {"enum": ["oauth", "signing"]},
                "environment": {"type": "string", "pattern": "^[A-Z][A-Z0-9_]*$"},
                "rates": {  # seconds -> calls
                    "type": "object",
                    "minProperties": 1,
                    "patternProperties": {r"^(?!0+(\.0+)?$)[0-9]+(\.[0-9]+)?$": {"type": "integer", "minimum": 1}},
                    "additionalProperties": False,
                },
                "deprecated": _TEXT,
            },
            "additionalProperties": False,
        },
        "x-sdk-group": _NAME,
        "x-sdk-method": _NAME,
        "x-sdk-idempotent": {"enum": [True]},
        "x-sdk-pagination": {
            "type": "object",
            "required": ["in", "page", "size"],
            "properties": {
                "in": {"enum": ["query", "body"]},
                "page": _TEXT,
                "size": _TEXT,
                "count": {
                    "type": "object",
                    "minProperties": 1,
                    "maxProperties": 1,
                    "properties": {"header": _TEXT, "body": {"type": "string", "pattern": "^/"}},
                    "additionalProperties": False,
                },
                "identifier": _TEXT,
            },
            "additionalProperties": False,
        },
        "x-sdk-poll": {
            "type": "object",
            "required": ["method", "operation", "code", "state", "states", "outcome"],
            "properties": {
                "method": _NAME,
                "operation": _TEXT,
                "code": _TEXT,
                "state": _TEXT,
                "states": {
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": {"enum": ["waiting", "ready", "failed"]},
                },
                "outcome": _TEXT,
            },
            "additionalProperties": False,
        },
        "x-sdk-accepts-bare": {
            "type": "object",
            "required": ["into"],
            "properties": {"into": {"type": "string"}, "lift": {"type": "array", "items": {"type": "string"}}},
            "additionalProperties": False,
        },
        "x-sdk-discriminator": {
            "type": "object",
            "minProperties": 1,
            "properties": {
                "propertyName": {"type": "string"},
                "parentProperty": {"type": "string"},
                "mapping": _TEXTS,
                "presence": _TEXTS,
                "defaultMapping": {"type": "string"},
            },
            "additionalProperties": False,
        },
        "x-sdk-names": _TEXTS,
    }.items()
}
"""What the extensions look like that are read here or in ``refining``."""


def check_forms(spec: Spec) -> None:
    """Raise if an extension is not in the form in which it is read.

    Raises:
        SpecError: with all faults.
    """
    for pointer, node in spec.objects():
        for key in _EXTENSIONS.keys() & node.keys():
            for fault in _EXTENSIONS[key].iter_errors(node[key]):
                spec.fault(fault.message, (*pointer, key, *map(str, fault.absolute_path)))
    spec.check()


def check_operations(spec: Spec) -> None:
    """Report an operation that lacks what this project asks of each: a name, prose and evidence."""
    for pointer, operation in spec.operations():
        for key in ("operationId", "summary", "description", "x-evidence"):
            if not operation.get(key):
                spec.fault(f"the operation needs {key}", pointer)
