"""Values of a generated package as JSON has them, JSON values as a package takes them, and what annotations name."""

from __future__ import annotations

import builtins
import collections.abc
import contextlib
import datetime
import difflib
import importlib
import math
import re
import sys
import typing
import uuid
from collections.abc import Iterator, Mapping
from enum import Enum, EnumType
from types import ModuleType
from typing import Any


def plain(value: Any) -> Any:
    """Return a value as JSON has it; the content of a file as bytes."""
    if hasattr(value, "to_dict"):
        return plain(value.to_dict())
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list | tuple) and _file_in(value) is None:
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, datetime.datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    opened = _file_in(value)
    if opened is not None:
        opened.seek(0)
        return opened.read()
    return value


def _file_in(value: Any) -> Any:
    """The open file in a value; None if there is none."""
    parts = value if isinstance(value, tuple) else [getattr(value, "payload", value)]
    return next((part for part in parts if hasattr(part, "read") and hasattr(part, "seek")), None)


def is_same(one: Any, other: Any) -> bool:
    """Return whether two JSON values are the same, be a number written as a number or in a string."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(is_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return bool(one == other) or (_number(one) is not None and _number(one) == _number(other))


def _number(value: Any) -> float | None:
    try:
        number = float(value) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        return None
    return None if math.isnan(number) else number


def text(value: Any) -> str:
    """Return a JSON scalar as a path, a query and a header have it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def likeness(python_name: str, name: str) -> float:
    """Return how much a Python name differs from a name of the spec: 0 if in nothing but case and punctuation.

    It only says what to try first; what is found is proved by what it does.
    """
    ours, theirs = (re.sub(r"[^a-z0-9]", "", found.lower()) for found in (python_name, name))
    return 0.0 if ours == theirs else 1.0 - difflib.SequenceMatcher(None, ours, theirs).ratio() + len(ours) / 1e6


UNDECLARED: Any = object()
"""Stands for an annotation where nothing is declared."""


class Annotations:
    """The annotations of one generated package.

    Args:
        models: the module of its models.
    """

    def __init__(self, models: ModuleType) -> None:
        self._models = models
        self._names: dict[str, Any] = {}

    def of(self, owner: Any) -> dict[str, Any]:
        """Return the annotations of a class or a function, names that only type checkers see included.

        Raises:
            NameError, TypeError: an annotation leads nowhere, or is none.
        """
        while True:
            try:
                return typing.get_type_hints(owner, localns=self._names)
            except NameError as error:
                if error.name is None or error.name in self._names:
                    raise
                self._names[error.name] = self._named(error.name, error)

    def _named(self, name: str, error: NameError) -> Any:
        root = self._models.__name__.partition(".")[0]
        modules = (self._models, typing, collections.abc, builtins, sys.modules[root])
        for module in modules:
            if hasattr(module, name):
                return getattr(module, name)
        package = self._models.__name__.rpartition(".")[0]
        for module_name in (f"{package}.{name}", f"{root}.{name}", f"abwire_core.{name}", name):
            try:
                return importlib.import_module(module_name)
            except ImportError:
                continue
        raise error


def members(annotation: Any) -> Iterator[Any]:
    """Yield what an annotation names: every class in it, and the values of literals."""
    arguments = typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    if origin is None:
        yield annotation
    elif origin not in (typing.Literal, typing.Annotated) and isinstance(origin, type):
        yield origin
    for argument in arguments:
        if origin is typing.Literal:
            yield argument
        else:
            yield from members(argument)


def admits(annotation: Any, value: Any) -> bool:
    """Whether an annotation names the type of a value; a model and a member of an enum must be named themselves."""
    named = list(members(annotation))
    if value is None:
        return type(None) in named or typing.Any in named
    if hasattr(value, "to_dict") or isinstance(value, Enum):
        return type(value) in named
    if any(isinstance(name, str | int) and name == value for name in named):
        return True
    if typing.Any in named or object in named:
        return True
    classes = tuple(name for name in named if isinstance(name, type))
    return isinstance(value, classes) or (isinstance(value, int) and float in named)


def python_value(annotation: Any, value: Any, preferred: Any = None) -> Any:
    """Return a JSON value as an argument with an annotation takes it.

    Args:
        annotation: the annotation.
        value: the JSON value; bytes for a file.
        preferred: the model to make, where the annotation names several.
    """
    named = [name for name in members(annotation) if isinstance(name, type)]
    if isinstance(value, list):
        return [python_value(annotation, item, preferred) for item in value]
    if isinstance(value, dict):
        models = [name for name in named if hasattr(name, "from_dict")]
        return _model(sorted(models, key=lambda model: model is not preferred), value)
    if isinstance(value, bytes):
        files = [name for name in named if name.__name__ == "File"]
        return files[0](payload=value) if files else value
    for kind in named:
        if isinstance(kind, EnumType) and kind.__name__ != "Unset" and isinstance(value, str | int):
            return kind(value)
    for kind, read in _READERS.items():
        if kind in named and isinstance(value, str):
            with contextlib.suppress(ValueError):  # an argument for something else: let the call fail
                return read(value)
    return _number_as(named, value)


_READERS: dict[type, Any] = {
    datetime.datetime: datetime.datetime.fromisoformat,
    datetime.date: datetime.date.fromisoformat,
    uuid.UUID: uuid.UUID,
}


def _number_as(named: list[type], value: Any) -> Any:
    if isinstance(value, str) and str not in named and {int, float} & set(named):
        return float(value) if float in named else int(value)
    if isinstance(value, int) and not isinstance(value, bool) and bool in named and int not in named:
        return bool(value)
    takes_text = str in named and not {int, float, bool} & set(named)
    return str(value) if isinstance(value, int) and takes_text else value


def _model(models: list[Any], value: dict[str, Any]) -> Any:
    """The model among several that keeps all of an object; the object itself if there is no model."""
    made: Any = value
    for model in models:
        try:
            made = model.from_dict(value)
        except Exception:  # noqa: S112 - another model may fit
            continue
        if is_same(plain(made), plain(value)):
            return made
    return made
