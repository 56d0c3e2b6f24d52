"""Plain values for arguments and fields: a string for an enum, a dict for a model, an ISO text for a date.

What an argument or a field holds is its annotation. :func:`arguments` and :func:`fit_fields` read the annotations when
they are first needed, convert what fits, and raise for what does not, before anything is sent. A message names the
method, the argument and the type that was given, never the value.
"""

from __future__ import annotations

import datetime
import functools
import io
import math
import operator
import os
import sys
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Union

from abwire_core import decoding, encoding
from abwire_core.enums import OpenIntEnum, OpenStrEnum
from abwire_core.errors import DecodeError
from abwire_core.types import UNSET, File, Unset

if TYPE_CHECKING:
    from abwire_core.models import Model

Fit = Callable[[Any, bool], Any]
"""Return the value as the annotation has it; raise :class:`Misfit` if there is no way.

The second argument is false for the fields of a model that exists, which may come from a response: date-times without
a time zone are left as the server has sent them.
"""


class Misfit(Exception):  # noqa: N818 - never leaves this package
    """A value that does not fit.

    Args:
        problem: what must hold, such as ``must be a number, not str``.
        kind: the exception for the caller.
    """

    def __init__(self, problem: str, kind: type[TypeError | ValueError] = TypeError) -> None:
        super().__init__(problem)
        self.problem = problem
        self.kind = kind
        self.place = ""

    def below(self, place: str) -> Misfit:
        """Return the same error, seen from the object or list around it."""
        separator = "." if self.place and not self.place.startswith("[") else ""
        self.place = f"{place}{separator}{self.place}"
        return self

    def raised(self, where: str = "") -> TypeError | ValueError:
        """Return the error for the caller.

        Args:
            where: the method, such as ``goals.create``.
        """
        return self.kind(f"{f'{where}: ' if where else ''}{self.place or 'the value'} {self.problem}")


def arguments(method: str) -> Callable[[Callable[..., encoding.Request]], Callable[..., encoding.Request]]:
    """Have a function that builds a request take plain values, as its annotations say.

    Args:
        method: the method that users call, for messages.

    Raises:
        TypeError, ValueError: from the function, for an argument that does not fit.
    """

    def decorate(build: Callable[..., encoding.Request]) -> Callable[..., encoding.Request]:
        @functools.cache
        def fits() -> tuple[tuple[str, ...], dict[str, Fit]]:
            hints = typing.get_type_hints(build)
            unions = dict(_deciders(sys.modules[build.__module__]))
            code = build.__code__
            names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
            return names, {name: _fit(hints[name], unions.get(name)) for name in names}

        @functools.wraps(build)
        def checked(*given: Any, **named: Any) -> encoding.Request:
            names, by_name = fits()
            values = {**dict(zip(names, given, strict=False)), **named}
            name = ""
            try:
                for name, value in values.items():
                    values[name] = by_name.get(name, _unchanged)(value, True)
            except Misfit as error:
                raise error.below(name).raised(method) from None
            return build(**values)

        return checked

    return decorate


# --- models ---


def fit_fields(model: Model, *, is_new: bool = False) -> None:
    """Convert the plain values in the fields of a model, in place.

    Args:
        model: the model.
        is_new: whether its fields were just given; else they may come from a response.

    Raises:
        Misfit: a value does not fit.
    """
    for name, fit in _fields(type(model)).items():
        value = getattr(model, name, UNSET)
        if value is not UNSET:
            try:
                fitted = fit(value, is_new)
            except Misfit as error:
                raise error.below(name) from None
            if fitted is not value:
                setattr(model, name, fitted)


def _fields(model: type[Model]) -> dict[str, Fit]:
    found = _FIELDS.get(model)
    if found is None:
        found = _FIELDS[model] = _compiled(model)
    return found


_FIELDS: Final[dict[type, dict[str, Fit]]] = {}
"""How values fit the fields of each model that was used so far."""


def _compiled(model: type[Model]) -> dict[str, Fit]:
    import inspect  # noqa: PLC0415 - attrs has imported it by now, and the package must not

    owner = next(kind for kind in model.__mro__ if "_KEYS" in vars(kind))  # a subclass may be a user's
    module = sys.modules[owner.__module__]
    annotations = inspect.get_annotations(owner)
    own = types.SimpleNamespace(__annotations__={name: annotations[name] for name in model._keys()})
    hints = typing.get_type_hints(own, vars(module))
    unions = dict(_deciders(module))
    return {name: _fit(hints[name], unions.get(name)) for name in model._keys()}


def _deciders(module: types.ModuleType) -> Iterator[tuple[str, Callable[[Any], Any]]]:
    """Yield the generated functions that decide unions, by the names of the fields or arguments."""
    for name, value in vars(module).items():
        if name.startswith("_decode_") and value.__code__.co_argcount == 1:
            yield name.removeprefix("_decode_"), value


def _from_dict(kind: type[Model], source: Mapping[Any, Any]) -> Model:
    """Return the model of a dict with the names of the API, whose values may be plain or Python values."""
    keys = kind._keys()
    names = {key: name for name, key in keys.items()}
    fits = _fields(kind)
    fitted: dict[str, Any] = {}
    others: dict[str, Any] = {}
    for key, value in source.items():
        try:
            if key in names:
                fitted[names[key]] = fits[names[key]](value, True)
            elif key in keys:
                raise Misfit(f"is a field of {kind.__name__}; its name in a dict is {keys[key]!r}", ValueError)
            elif not kind._is_open():
                known = ", ".join(map(repr, names))
                raise Misfit(f"is unknown: {kind.__name__} has {known or 'no fields'}", ValueError)
            else:
                others[key] = encoding.json_value(value)
        except Misfit as error:
            raise error.below(str(key)) from None
    missing = [name for name in kind._required() if name not in fitted]
    if missing:
        raise Misfit("is missing", ValueError).below(keys[missing[0]])
    model = kind(**fitted)
    if others:
        model.additional_properties = others  # type: ignore[attr-defined]
    return model


def _decided(union: Callable[[Any], Any], source: Mapping[Any, Any]) -> Any:
    """Return the model of a dict that may be one of several; a dict that is none of them unchanged."""
    try:
        found = union(decoding.copied(encoding.json_value(source)))
    except DecodeError as error:
        misfit = Misfit(f"must be {error.expected}, not {error.got}", ValueError)
        raise misfit.below(error.pointer.lstrip("/").replace("/", ".")) from None
    return found if isinstance(found, dict) else _from_dict(type(found), source)


# --- annotations ---


def _fit(hint: Any, union: Callable[[Any], Any] | None = None) -> Fit:
    """Return how values fit an annotation.

    Args:
        hint: the annotation.
        union: the generated function that decides which model of a union a dict is.
    """
    members = (
        typing.get_args(hint) if isinstance(hint, types.UnionType) or typing.get_origin(hint) is Union else (hint,)
    )
    is_optional = Unset in members
    is_nullable = type(None) in members or None in members
    kinds = [member for member in members if member not in (Unset, type(None), None)]
    fits = [_fit_one(kind, union) for kind in kinds]
    models: list[Any] = [kind for kind in kinds if _is_model(kind)]
    names = _listed([*dict.fromkeys(_name(kind) for kind in kinds), *(["None"] if is_nullable else [])])
    if Any in kinds:
        return _unchanged

    def fit(value: Any, is_new: bool) -> Any:
        if value is UNSET and is_optional:
            return value
        if value is None:
            if is_nullable:
                return value
            raise Misfit(f"must be {names}, not None{'; leave it out instead' if is_optional else ''}")
        if len(fits) == 1:
            return fits[0](value, is_new)
        if union is not None and isinstance(value, Mapping):
            return _decided(union, value)
        for kind in models:
            found: Any = value
            if isinstance(found, kind):
                fit_fields(found)
                return found
        for kind, candidate in sorted(zip(kinds, fits, strict=True), key=lambda pair: type(value) is not pair[0]):
            if kind in models and len(models) > 1:
                continue
            try:
                return candidate(value, is_new)
            except Misfit as error:
                if error.place:  # the right kind, with a fault inside
                    raise
        raise Misfit(f"must be {names}, not {type(value).__name__}")

    return fit


def _fit_one(kind: Any, union: Callable[[Any], Any] | None) -> Fit:
    origin = typing.get_origin(kind)
    if origin is Literal:
        return functools.partial(_constant, typing.get_args(kind))
    if origin is list:
        return functools.partial(_list, _fit(typing.get_args(kind)[0], union))
    if origin is dict:
        return functools.partial(_dict, _fit(typing.get_args(kind)[1]))
    if _is_model(kind):
        return functools.partial(_model, kind)
    if isinstance(kind, type) and issubclass(kind, OpenStrEnum | OpenIntEnum):
        return functools.partial(_enum, kind)
    if getattr(kind, "__module__", "") == "uuid":
        return functools.partial(_uuid, kind)
    return _SCALARS.get(kind, _unchanged)


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and hasattr(kind, "_decode") and hasattr(kind, "_encode")


_NAMES: Final[Mapping[Any, str]] = {
    bool: "a bool",
    bytes: "bytes",
    datetime.date: "a date or an ISO 8601 date such as 2026-01-31",
    datetime.datetime: "a datetime with a time zone or an ISO 8601 text such as 2026-01-31T12:00:00Z",
    dict: "a dict",
    File: "bytes, a path, a file open in binary mode or a File",
    float: "a number",
    int: "an integer",
    list: "a list",
    str: "a string",
}


def _name(kind: Any) -> str:
    """Return what fits, for a message."""
    origin = typing.get_origin(kind)
    if origin is Literal:
        return _listed([repr(value) for value in typing.get_args(kind)])
    if _is_model(kind):
        return f"a {kind.__name__} or a dict"
    if isinstance(kind, type) and issubclass(kind, OpenStrEnum):
        return f"a {kind.__name__} or a string"
    if isinstance(kind, type) and issubclass(kind, OpenIntEnum):
        return f"a {kind.__name__} or an integer"
    return _NAMES.get(origin or kind, f"a {getattr(kind, '__name__', kind)}")


def _listed(names: list[str]) -> str:
    return " or ".join(names)


def _refuse(kind: Any, value: object) -> typing.NoReturn:
    raise Misfit(f"must be {_name(kind)}, not {type(value).__name__}")


# --- values ---


def _unchanged(value: Any, _: bool) -> Any:
    return value


def _constant(constants: tuple[Any, ...], value: Any, _: bool) -> Any:
    if value in constants and not (isinstance(value, bool) and True not in constants):
        return value
    raise Misfit(f"must be {_listed([repr(constant) for constant in constants])}", ValueError)


def _model(kind: type[Model], value: Any, _: bool) -> Any:
    if isinstance(value, kind):
        fit_fields(value)
        return value
    if isinstance(value, Mapping):
        return _from_dict(kind, value)
    _refuse(kind, value)


def _enum(kind: type[OpenStrEnum] | type[OpenIntEnum], value: Any, _: bool) -> Any:
    if isinstance(value, kind):
        return value
    try:
        return kind(value)
    except ValueError:
        _refuse(kind, value)


def _list(fit: Fit, value: Any, is_new: bool) -> list[Any]:
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        _refuse(list, value)
    items = value if type(value) is list else list(value)
    fitted: list[Any] = []
    try:
        for item in items:
            fitted.append(fit(item, is_new))  # noqa: PERF401 - how long the list is says which item is at fault
    except Misfit as error:
        raise error.below(f"[{len(fitted)}]") from None
    is_same = all(old is new for old, new in zip(items, fitted, strict=True))
    return items if is_same else fitted


def _dict(fit: Fit, value: Any, is_new: bool) -> Any:
    if not isinstance(value, Mapping):
        _refuse(dict, value)
    fitted = {}
    for key, item in value.items():
        try:
            fitted[key] = fit(item, is_new)
        except Misfit as error:
            raise error.below(str(key)) from None
    is_same = type(value) is dict and all(value[key] is item for key, item in fitted.items())
    return value if is_same else fitted


def _string(value: Any, _: bool) -> Any:
    if isinstance(value, str):
        return value
    number = _index(value)
    if number is None:
        _refuse(str, value)
    return str(number)


def _integer(value: Any, _: bool) -> Any:
    if type(value) is int:
        return value
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit():
        return int(value)
    number = _index(value)
    if number is None:
        _refuse(int, value)
    return number


def _index(value: Any) -> int | None:
    """Return an integer of any library, such as one of numpy."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        return None
    return operator.index(value)


def _number(value: Any, _: bool) -> Any:
    if isinstance(value, bool | str | bytes) or not hasattr(value, "__float__"):
        _refuse(float, value)
    number = value if isinstance(value, int | float) else float(value)
    if not math.isfinite(number):
        raise Misfit("must be a finite number", ValueError)
    return number


def _boolean(value: Any, _: bool) -> Any:
    if isinstance(value, bool):
        return value
    if type(value).__name__ in ("bool", "bool_") and type(value).__module__ == "numpy":
        return bool(value)
    _refuse(bool, value)


def _date_time(value: Any, is_new: bool) -> Any:
    if isinstance(value, str):
        try:
            value = (
                _midnight(datetime.date.fromisoformat(value)) if len(value) == _DATE else decoding.to_datetime(value)
            )
        except (DecodeError, ValueError):
            raise Misfit(f"must be {_NAMES[datetime.datetime]}", ValueError) from None
    elif isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        value = _midnight(value)
    elif not isinstance(value, datetime.datetime):
        _refuse(datetime.datetime, value)
    if is_new and value.utcoffset() is None:
        raise Misfit("must have a time zone, such as datetime.UTC or a Z at its end", ValueError)
    return value


_DATE: Final = len("2026-01-31")


def _midnight(day: datetime.date) -> datetime.datetime:
    return datetime.datetime(day.year, day.month, day.day, tzinfo=datetime.UTC)


def _date(value: Any, _: bool) -> Any:
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    if not isinstance(value, str):
        _refuse(datetime.date, value)
    try:
        return datetime.date.fromisoformat(value)
    except ValueError:
        raise Misfit(f"must be {_NAMES[datetime.date]}", ValueError) from None


def _uuid(kind: Any, value: Any, _: bool) -> Any:
    if isinstance(value, kind):
        return value
    try:
        return kind(value)
    except (AttributeError, TypeError, ValueError):
        raise Misfit("must be a UUID or its text", ValueError) from None


class _Upload(io.FileIO):
    """File of a path, which nobody but its last user can close."""

    def __del__(self) -> None:
        self.close()


def _file(value: Any, _: bool) -> Any:
    if isinstance(value, File):
        return value
    if isinstance(value, str | os.PathLike):
        path = Path(value)
        try:
            return File(_Upload(path), path.name)
        except (OSError, ValueError) as error:
            raise Misfit(f"cannot be read: {getattr(error, 'strerror', None) or error}", ValueError) from None
    try:
        return File(bytes(value) if isinstance(value, bytearray | memoryview) else value)
    except TypeError:
        _refuse(File, value)


_SCALARS: Final[Mapping[Any, Fit]] = {
    bool: _boolean,
    datetime.date: _date,
    datetime.datetime: _date_time,
    File: _file,
    float: _number,
    int: _integer,
    str: _string,
}
