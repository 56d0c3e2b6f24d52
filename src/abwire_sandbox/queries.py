"""Lists: conditions on fields, order, pages. Pure functions on JSON objects."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cmp_to_key
from typing import Any

from abwire_sandbox.errors import Refused
from abwire_sandbox.store import Item

_NO_PARAMETERS = {"IS_NULL": 0, "IS_NOT_NULL": 0, "IS_TRUE": 0, "IS_FALSE": 0, "IS_EMPTY": 0, "IS_NOT_EMPTY": 0}
_EXACT = {**_NO_PARAMETERS, "LESS": 1, "GREATER": 1, "LESS_OR_EQUAL": 1, "GREATER_OR_EQUAL": 1, "BETWEEN": 2}
"""How many parameters an operator takes; all others take at least one."""
_EMPTY: tuple[object, ...] = (None, "", [], {})


def select(items: Iterable[Item], condition: Mapping[str, Any], fields: Collection[str]) -> list[Item]:
    """The items that meet a condition, or a group of conditions joined by AND or OR.

    Args:
        items: the items.
        condition: a ``FilterCondition`` or a ``FilterGroup`` of the spec.
        fields: the fields that items may have.

    Raises:
        Refused: an unknown field, or parameters that do not fit the operator.
    """
    _check(condition, fields)
    return [item for item in items if _holds(item, condition)]


def _check(condition: Mapping[str, Any], fields: Collection[str]) -> None:
    if "conditionalOperator" in condition:
        for expression in condition["expressions"]:
            _check(expression, fields)
        return
    name, operator = condition["field"], condition["operator"]
    if name not in fields:
        raise Refused(400, f"filter: there is no field {name!r}; the fields are {', '.join(sorted(fields))}")
    given = len(condition.get("parameters", ()))
    expected = _EXACT.get(operator)
    if expected is None and given == 0:
        raise Refused(400, f"filter: {operator} on {name} needs a parameter at least")
    if expected is not None and given != expected:
        raise Refused(400, f"filter: {operator} on {name} takes {expected} parameters, not {given}")


def _holds(item: Item, condition: Mapping[str, Any]) -> bool:
    if "conditionalOperator" in condition:
        join = all if condition["conditionalOperator"] == "AND" else any
        return join(_holds(item, expression) for expression in condition["expressions"])
    value = item.get(condition["field"])
    return _OPERATORS[condition["operator"]](value, condition.get("parameters", ()))


def _is_any(value: Any, parameters: Sequence[Any]) -> bool:
    return any(_compare(value, parameter) == 0 for parameter in parameters)


def _contains(value: Any, parameters: Sequence[Any]) -> bool:
    if isinstance(value, list):
        return any(_is_any(element, parameters) for element in value)
    return value is not None and any(str(parameter).lower() in str(value).lower() for parameter in parameters)


def _is_like(value: Any, parameters: Sequence[Any]) -> bool:
    """As in SQL, whatever the case: % stands for any text, _ for any character; without them for a part of a text."""
    if value is None:
        return False
    for parameter in map(str, parameters):
        pattern = parameter if re.search("[%_]", parameter) else f"%{parameter}%"
        parts = [
            ".*" if part == "%" else "." if part == "_" else re.escape(part) for part in re.split("([%_])", pattern)
        ]
        if re.fullmatch("".join(parts), str(value), re.IGNORECASE | re.DOTALL):
            return True
    return False


def _ordered(test: Callable[[int], bool]) -> Callable[[Any, Sequence[Any]], bool]:
    def holds(value: Any, parameters: Sequence[Any]) -> bool:
        order = _compare(value, parameters[0])
        return order is not None and test(order)

    return holds


def _is_between(value: Any, parameters: Sequence[Any]) -> bool:
    low, high = _compare(value, parameters[0]), _compare(value, parameters[1])
    return low is not None and high is not None and low >= 0 >= high


_OPERATORS: dict[str, Callable[[Any, Sequence[Any]], bool]] = {
    "EQUAL": _is_any,
    "IN": _is_any,
    "NOT_EQUAL": lambda value, parameters: not _is_any(value, parameters),
    "NOT_IN": lambda value, parameters: not _is_any(value, parameters),
    "NOT": lambda value, parameters: not _is_any(value, parameters),
    "LESS": _ordered(lambda order: order < 0),
    "GREATER": _ordered(lambda order: order > 0),
    "LESS_OR_EQUAL": _ordered(lambda order: order <= 0),
    "GREATER_OR_EQUAL": _ordered(lambda order: order >= 0),
    "BETWEEN": _is_between,
    "LIKE": _is_like,
    "NOT_LIKE": lambda value, parameters: not _is_like(value, parameters),
    "CONTAINS": _contains,
    "IS_NULL": lambda value, _: value is None,
    "IS_NOT_NULL": lambda value, _: value is not None,
    "IS_TRUE": lambda value, _: value is True,
    "IS_FALSE": lambda value, _: value is False,
    "IS_EMPTY": lambda value, _: value in _EMPTY,
    "IS_NOT_EMPTY": lambda value, _: value not in _EMPTY,
}


def _compare(value: Any, other: Any) -> int | None:
    """Minus 1, 0 or 1 as a value is less, equal or greater; None if the two cannot be compared.

    A number may be written as a string, since filters come from forms and command lines as well.
    """
    if isinstance(value, bool) or isinstance(other, bool):
        return 0 if str(value).lower() == str(other).lower() else None
    if isinstance(value, int | float) and isinstance(other, str):
        try:
            other = float(other)
        except ValueError:
            return None
    if isinstance(value, str) and isinstance(other, int | float):
        other = str(other)
    if value == other:
        return 0
    try:
        return -1 if value < other else 1
    except TypeError:
        return None


def order(items: Sequence[Item], sort: Sequence[Mapping[str, Any]], fields: Collection[str]) -> list[Item]:
    """The items in another order; the first entry counts most, and items without a value come first.

    Raises:
        Refused: an unknown field.
    """
    ordered = list(items)
    for entry in reversed(sort):
        name = entry["field"]
        if name not in fields:
            raise Refused(400, f"sort: there is no field {name!r}; the fields are {', '.join(sorted(fields))}")
        ordered.sort(key=_sort_key(name), reverse=entry.get("direction") == "DESC")
    return ordered


def _sort_key(name: str) -> Callable[[Item], Any]:
    def compare(one: Item, other: Item) -> int:
        a, b = one.get(name), other.get(name)
        if a is None or b is None:
            return (a is not None) - (b is not None)
        return _compare(a, b) or 0

    return cmp_to_key(compare)


def page_of(items: Sequence[Item], page: int, size: int) -> list[Item]:
    """A page of a list; the first is 1."""
    return list(items[(page - 1) * size : page * size])


def mentions(item: Item, text: str, fields: Sequence[str]) -> bool:
    """Return whether one of the fields contains a text, whatever the case."""
    return any(text.lower() in str(item.get(name) or "").lower() for name in fields)
