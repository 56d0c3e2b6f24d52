"""The ``x-`` keys of a spec: their forms, and the check that each is in its form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openapi_schema_validator import OAS31Validator

from scripts.specs.faults import explain
from scripts.specs.spec import Spec

GRADES = ["documented", "observed", "reconstructed", "guessed"]
"""What an operation may rest on, the best first; a schema is never a mere guess."""
_TEXT = {"type": "string", "minLength": 1}
_NAME = {"type": "string", "pattern": r"^[a-z][a-z0-9_]{0,79}\Z"}
_TEXTS = {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string"}}
_KIND = {
    "type": "object",
    "required": ["kind"],
    "properties": {
        "kind": {"enum": ["oauth", "bearer", "basic", "apiKey", "signing"]},
        "arguments": {"type": "array", "items": _NAME, "minItems": 1, "uniqueItems": True},
        "tokenPath": _TEXT,  # oauth: relative to the server, or absolute
        "format": _TEXT,  # bearer and apiKey: what is sent, with the arguments in braces
        "in": {"enum": ["header", "query"]},  # apiKey
        "name": _TEXT,  # apiKey
        "headers": {  # signing
            "type": "object",
            "required": ["application", "expires", "signature"],
            "properties": {"application": _TEXT, "expires": _TEXT, "signature": _TEXT},
            "additionalProperties": False,
        },
        "scheme": {"type": "string", "pattern": r"\{signature\}"},  # signing: the value of the signature's header
    },
    "additionalProperties": False,
}
"""A way to authenticate."""
_KINDS = [{"enum": ["oauth", "bearer", "basic"]}, _KIND]
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
            "properties": {
                "name": {"type": "string", "pattern": r"^[A-Z][A-Za-z0-9]{0,79}\Z"},
                "auth": {"oneOf": [*_KINDS, {"type": "array", "minItems": 1, "items": {"oneOf": _KINDS}}]},
                "bind": {  # method of the entry class -> path parameters that it takes
                    "type": "object",
                    "minProperties": 1,
                    "propertyNames": _NAME,
                    "additionalProperties": {"type": "array", "items": _TEXT, "minItems": 1, "uniqueItems": True},
                },
                "environment": {"type": "string", "pattern": r"^[A-Z][A-Z0-9_]{0,79}\Z"},
                "rates": {  # seconds -> calls
                    "type": "object",
                    "minProperties": 1,
                    "patternProperties": {r"^(?!0+(\.0+)?\Z)[0-9]+(\.[0-9]+)?\Z": {"type": "integer", "minimum": 1}},
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
                "items": _TEXT,  # property of the response that holds the items, if it is not a list itself
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
        "x-sdk-default": {"type": "array", "minItems": 1, "items": _TEXT},
        "x-sdk-names": _TEXTS,
        "x-sdk-type": {"enum": ["boolean", "integer", "number", "string"]},
        "x-sdk-rows": {  # from the object down to the numbers
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "minProperties": 1,
                "properties": {
                    "into": _TEXT,  # a property
                    "key": _NAME,  # the column for the keys of a map, or the positions of a list
                    "columns": {"type": "object", "propertyNames": _NAME, "additionalProperties": _TEXT},
                },
                "additionalProperties": False,
            },
        },
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
            for error in _EXTENSIONS[key].iter_errors(node[key]):
                for inner, reason in explain(error):
                    spec.fault(reason, (*pointer, key, *inner))
    spec.check()
