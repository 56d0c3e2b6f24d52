"""From JSON values to Python values, for the generated models and operations.

Shapes are checked: an object where an object belongs, a list where a list belongs, every required field, and all that
becomes another type in Python, such as date-times. What is of another shape raises a
:class:`abwire_core.errors.DecodeError` that names the place. In an optional field, null is absence where the spec does
not allow it, and so is what some servers send in place of nothing: ``""`` for a number or a date, ``[]`` for an object.
Scalars that Python has as JSON has them are not checked:
a number where a string is documented is passed on as it came.
"""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

from abwire_core._http import Response
from abwire_core.errors import DecodeError
from abwire_core.shapes import mismatch
from abwire_core.types import File

if TYPE_CHECKING:
    from uuid import UUID

    from abwire_core.enums import OpenIntEnum, OpenStrEnum

T = TypeVar("T")
E = TypeVar("E", bound="OpenIntEnum | OpenStrEnum")


_SCALARS = frozenset({str, int, float, bool, type(None)})
_MEMBERS: dict[Any, dict[Any, Any]] = {}
"""The members of enums by their values; enums themselves take longer to say."""


# --- answers ---


def body(response: Response) -> Any:
    """The JSON values of an answer.

    Raises:
        DecodeError: the body is not JSON.
    """
    try:
        return response.json()
    except (ValueError, RecursionError):
        raise DecodeError(expected="JSON", got=_kind_of_text(response)) from None


def parsed(response: Response, read: Callable[[Any], T]) -> T:
    """An answer as Python values.

    Args:
        response: the answer.
        read: what makes Python values of its JSON values.

    Raises:
        DecodeError: the body is not JSON, or of another shape.
    """
    try:
        return read(body(response))
    except RecursionError:
        raise DecodeError(expected="JSON", got="JSON that is nested too deeply") from None


def parsed_error(response: Response, read: Callable[[Any], T]) -> T | None:
    """The answer of an error as Python values; None if it is not what the spec describes.

    Proxies answer with HTML or nothing where the spec says JSON, and an error must not hide behind another one.
    """
    try:
        return parsed(response, read)
    except DecodeError:
        return None


def error_parser(parse: Callable[[Response], Any]) -> Callable[[Response], Any]:
    """Return how the body of an error is read: never by failing, which would hide the error itself.

    Args:
        parse: reads the body as the model that the spec has for the status; None if it has none, or the body is none.

    Returns:
        A function that gives the model; JSON values if there is none, or the body is no such model; None if the body
        is not JSON.
    """

    def read(response: Response) -> Any:
        try:
            model = parse(response)
            return body(response) if model is None else model
        except DecodeError:
            return None

    return read


def _kind_of_text(response: Response) -> str:
    start = response.content[:512].lstrip().lower()
    if not start:
        return "nothing"
    is_html = start.startswith((b"<!doctype html", b"<html"))
    return "HTML" if is_html else "text that is not JSON"


# --- objects and lists ---


def copied(source: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON object whose objects and lists are copies, because decoding takes them apart.

    Raises:
        DecodeError: it is no object.
    """
    if not isinstance(source, Mapping):
        raise mismatch("an object", source)
    found: dict[str, Any] = _copied(source)
    return found


def _copied(value: Any) -> Any:
    if type(value) is dict:
        found = value.copy()
        for key, item in value.items():
            if type(item) not in _SCALARS:
                found[key] = _copied(item)
        return found
    if type(value) is list:
        return [item if type(item) in _SCALARS else _copied(item) for item in value]
    if isinstance(value, Mapping):
        return _copied(dict(value))
    return _copied(list(value)) if isinstance(value, tuple) else value


def wrap_bare(source: dict[str, Any], into: str, lift: tuple[str, ...]) -> dict[str, Any]:
    """An object that came without its wrapper, as if it had come with it.

    Args:
        source: the JSON object.
        into: the wrapper's key.
        lift: keys that the wrapper has too, copied to it.
    """
    return {into: source, **{key: source[key] for key in lift if key in source}}


def to_list(value: Any) -> list[Any]:
    """A list as it is.

    Raises:
        DecodeError: it is no list.
    """
    if type(value) is not list:
        raise mismatch("a list", value)
    return value


def list_of(read: Callable[[Any], T], value: Any) -> list[T]:
    """A list, with its items as Python values.

    Raises:
        DecodeError: it is no list, or an item is of another shape.
    """
    if type(value) is not list:
        raise mismatch("a list", value)
    found: list[T] = []
    try:
        for item in value:
            found.append(read(item))  # noqa: PERF401 - how long the list is says which item is at fault
    except DecodeError as error:
        raise error.below(len(found)) from None
    return found


def map_of(read: Callable[[Any], T], values: Mapping[str, Any]) -> dict[str, T]:
    """The values of an object as Python values.

    Raises:
        DecodeError: a value is of another shape.
    """
    found = {}
    key = ""
    try:
        for key, value in values.items():
            found[key] = read(value)
    except DecodeError as error:
        raise error.below(key) from None
    return found


def tag(value: Any, name: str) -> Any:
    """The value of an object that decides which of several models it is; None if it is not there.

    Raises:
        DecodeError: it is no object.
    """
    if type(value) is not dict:
        raise mismatch("an object", value)
    return value.get(name)


def to_object(value: Any) -> dict[str, Any]:
    """An object as it is.

    Raises:
        DecodeError: it is no object.
    """
    if type(value) is not dict:
        raise mismatch("an object", value)
    return value


def first_of(value: Any, *reads: Callable[[Any], Any]) -> Any:
    """A value that may have one of several forms, as the first that fits.

    Raises:
        DecodeError: it has none of them.
    """
    for read in reads[:-1]:
        try:
            return read(_copied(value))
        except DecodeError:
            pass
    return reads[-1](value)


def as_is(value: T) -> T:
    """A value as it is."""
    return value


# --- scalars ---


def to_enum(kind: type[E], value: Any) -> E:
    """A member of an open enum, whether the spec knows it or not.

    Raises:
        DecodeError: the value is of another type.
    """
    try:
        return _MEMBERS[kind][value]  # type: ignore[no-any-return]
    except (KeyError, TypeError):
        pass  # to what follows, rather than there: the error at hand would show the value in a traceback
    _MEMBERS[kind] = kind._value2member_map_
    return cast("E", kind._decode(value))


def to_constant(value: Any, constant: str | int | float) -> Any:
    """The only value that may stand somewhere.

    Raises:
        DecodeError: it is another.
    """
    if value != constant or isinstance(value, bool):
        _refuse(value, json.dumps(constant))
    return value


def to_datetime(value: Any) -> datetime.datetime:
    """A date-time in any ISO 8601 form; the standard library first, dateutil for what it refuses.

    Raises:
        DecodeError: the value is no ISO 8601 date-time.
    """
    try:
        return datetime.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        pass
    return _odd_datetime(value) if isinstance(value, str) else _refuse(value, "an ISO 8601 date-time")


def _odd_datetime(value: str) -> datetime.datetime:
    from dateutil.parser import isoparse  # noqa: PLC0415 - slow to import, and hardly ever needed

    try:
        return isoparse(value)
    except (ValueError, OverflowError):  # the latter: the last day of the year 9999, at 24:00
        _refuse(value, "an ISO 8601 date-time")


def to_date(value: Any) -> datetime.date:
    """A date in an ISO 8601 form.

    Raises:
        DecodeError: the value is no ISO 8601 date.
    """
    try:
        return datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        _refuse(value, "an ISO 8601 date")


def to_uuid(value: Any) -> UUID:
    """A UUID.

    Raises:
        DecodeError: the value is none.
    """
    from uuid import UUID  # noqa: PLC0415 - slow to import, and hardly ever needed

    try:
        return UUID(value)
    except (AttributeError, TypeError, ValueError):
        _refuse(value, "a UUID")


def to_file(value: Any) -> File:
    """Return a file with this content; a file stays as it is, for dicts that users write.

    Raises:
        DecodeError: the value is neither bytes nor a file.
    """
    if isinstance(value, File):
        return value
    if not isinstance(value, bytes):
        _refuse(value, "bytes")
    return File(value)


def to_float(value: Any) -> float:
    """A JSON number, or a string that holds a decimal number.

    Raises:
        DecodeError: the value is neither, or is not finite.
    """
    if type(value) is float and math.isfinite(value):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str) or not _is_plain(value):
        _refuse(value, "a number or a decimal string")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        _refuse(value, "a number or a decimal string")
    if not math.isfinite(number):
        _refuse(value, "a finite number")
    return number


def to_int(value: Any) -> int:
    """A JSON integer, or a string that holds one.

    Raises:
        DecodeError: the value is neither.
    """
    if type(value) is int:
        return value
    if isinstance(value, bool) or not isinstance(value, int | str) or not _is_plain(value):
        _refuse(value, "an integer or a string of digits")
    try:
        return int(value)
    except ValueError:
        _refuse(value, "an integer or a string of digits")


def to_str(value: Any) -> str:
    """A string, or a JSON integer as its digits.

    Raises:
        DecodeError: the value is neither.
    """
    if type(value) is str:
        return value
    if isinstance(value, bool) or not isinstance(value, str | int):
        _refuse(value, "a string or an integer")
    return str(value)


def to_bool(value: Any) -> bool:
    """0 or 1 (or a JSON boolean) as a bool.

    Raises:
        DecodeError: the value is none of these.
    """
    if not isinstance(value, int) or value not in (0, 1):
        _refuse(value, "0 or 1")
    return bool(value)


def _is_plain(value: float | str) -> bool:
    """Return whether a number is written as JSON could have it.

    Python also reads ``1_0``, blanks around a number and the digits of other scripts.
    """
    return not isinstance(value, str) or (value.isascii() and "_" not in value and value == value.strip())


# --- errors ---


def too_deep() -> DecodeError:
    """Return the error of objects and lists that are nested more deeply than can be read."""
    return DecodeError(expected="fewer levels of nesting", got="too many")


def located(error: DecodeError | KeyError, key: str | None) -> DecodeError:
    """The error of a field, seen from the object around it.

    Args:
        error: what reading the field raised; a KeyError if the field is required and missing.
        key: the key that was read; None if the field was read from the object itself.
    """
    if isinstance(error, KeyError):
        return DecodeError(expected="a value", got="nothing").below(error.args[0])
    return error if key is None else error.below(key)


def _refuse(value: object, expected: str) -> NoReturn:
    # Not from the error at hand: its message may hold the value.
    raise mismatch(expected, value) from None
