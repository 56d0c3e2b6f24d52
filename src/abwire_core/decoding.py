"""From JSON values to Python values, for the generated models."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from dateutil.parser import isoparse

from abwire_core._http import Response


def to_datetime(value: str) -> datetime.datetime:
    """A date-time in any ISO 8601 form; the standard library first, dateutil for what it refuses.

    Raises:
        ValueError: the value is no ISO 8601 date-time.
    """
    if not isinstance(value, str):
        _refuse(value, "a date-time string")
    try:
        return datetime.datetime.fromisoformat(value)
    except ValueError:
        pass
    try:
        return isoparse(value)
    except (ValueError, OverflowError):  # the latter: the last day of the year 9999, at 24:00
        _refuse(value, "an ISO 8601 date-time")


def to_float(value: float | str) -> float:
    """A JSON number, or a string that holds a decimal number.

    Raises:
        ValueError: the value is neither, or is not finite.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str) or _has_underscore(value):
        _refuse(value, "a number or a decimal string")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        _refuse(value, "a number or a decimal string")
    if not math.isfinite(number):
        _refuse(value, "a finite number")
    return number


def to_int(value: int | str) -> int:
    """A JSON integer, or a string that holds one.

    Raises:
        ValueError: the value is neither.
    """
    if isinstance(value, bool) or not isinstance(value, int | str) or _has_underscore(value):
        _refuse(value, "an integer or a string of digits")
    try:
        return int(value)
    except ValueError:
        _refuse(value, "an integer or a string of digits")


def to_str(value: str | int) -> str:
    """A string, or a JSON integer as its digits.

    Raises:
        ValueError: the value is neither.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        _refuse(value, "a string or an integer")
    return str(value)


def to_bool(value: int) -> bool:
    """0 or 1 (or a JSON boolean) as a bool.

    Raises:
        ValueError: the value is none of these.
    """
    if not isinstance(value, int) or value not in (0, 1):
        _refuse(value, "0 or 1")
    return bool(value)


def wrap_bare(source: Mapping[str, Any], into: str, lift: tuple[str, ...]) -> Mapping[str, Any]:
    """Read an object that came without its wrapper as if it had come with it.

    Args:
        source: the JSON object.
        into: the wrapper's key; an object that has it is returned as it is.
        lift: keys that the wrapper has too, copied to it.
    """
    if into in source:
        return source
    return {into: source, **{key: source[key] for key in lift if key in source}}


def has_json_object(response: Response) -> bool:
    """Whether a response carries a JSON object; proxies answer with HTML or nothing where the spec says JSON."""
    try:
        return isinstance(response.json(), dict)
    except (ValueError, RecursionError):
        return False


def error_parser(parse: Callable[[Response], Any]) -> Callable[[Response], Any]:
    """How the body of an error is read: never by failing, which would hide the error itself.

    Args:
        parse: reads the body as the model that the spec has for the status; None if it has none.

    Returns:
        A function that gives the model; JSON values if there is none, or the body is no such model; None if the body
        is not JSON.
    """

    def read(response: Response) -> Any:
        try:
            values = response.json()
        except (ValueError, RecursionError):
            return None
        try:
            body = parse(response)
        except Exception:  # a body of another shape can lead to any
            return values
        return values if body is None else body

    return read


def _has_underscore(value: float | str) -> bool:
    """Whether a number is written as Python alone would read it: ``1_0`` is an identifier, not ten."""
    return isinstance(value, str) and "_" in value


def _refuse(value: object, expected: str) -> NoReturn:
    # Not from the error at hand: its message may hold the whole value.
    raise ValueError(f"expected {expected}, got {value!r:.100}") from None
