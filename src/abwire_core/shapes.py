"""Kinds of JSON values, by the names that error messages give them."""

from __future__ import annotations

from collections.abc import Mapping

from abwire_core.errors import DecodeError


def mismatch(expected: str, got: object) -> DecodeError:
    """Return the error for a value of another kind than expected; it does not show the value."""
    return DecodeError(expected=expected, got=kind_of(got))


def kind_of(value: object) -> str:
    """Return what kind of JSON value this is."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "a list"
        case Mapping():
            return "an object"
        case _:
            return type(value).__name__
