"""Results as tables: flat rows of an object whose numbers stand several levels down.

What leads to the numbers is data in the generated class: a sequence of steps, from the object down.
"""

from __future__ import annotations

import datetime
import html
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any, ClassVar, NamedTuple

from abwire_core.types import UNSET

_SHOWN = 20
"""Rows that a notebook shows."""


class Step(NamedTuple):
    """A step on the way to the numbers.

    Attributes:
        into: the property to go into; empty to stay where the last step led.
        key: the column for the keys of a map, or for the positions of a list; without it, one object is meant.
        columns: columns that hold properties of the object that the step leads to.
    """

    into: str = ""
    key: str = ""
    columns: Mapping[str, str] = {}


class Table:
    """An object that holds a table."""

    __slots__ = ()

    _STEPS: ClassVar[tuple[Step, ...]] = ()

    def rows(self, names: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Return the numbers as flat rows: identifiers first, then one metric a column.

        What is absent or null is None. The values of each row keep their types.

        Args:
            names: names for the identifiers in a column, such as ``{"goal": kameleoon.goals.list()}``: a mapping of
                identifiers to names, or objects that have ``id`` and ``name``. They stand in a column such as
                ``goal_name``, beside the identifiers.
        """
        known = {column: _names(found) for column, found in (names or {}).items()}
        found = [_named(row, known) for row in _rows(self, self._STEPS, {})]
        columns = dict.fromkeys(column for row in found for column in row)
        return [{column: row.get(column) for column in columns} for row in found]

    def to_pandas(self, names: Mapping[str, Any] | None = None) -> Any:
        """Return the rows as a ``pandas.DataFrame``; the arguments are those of :meth:`rows`.

        Raises:
            ImportError: pandas is not installed.
        """
        return _library("pandas").DataFrame(self.rows(names))

    def to_polars(self, names: Mapping[str, Any] | None = None) -> Any:
        """Return the rows as a ``polars.DataFrame``; the arguments are those of :meth:`rows`.

        Raises:
            ImportError: polars is not installed.
        """
        return _library("polars").DataFrame(self.rows(names), infer_schema_length=None)

    def _repr_html_(self) -> str:
        rows = self.rows()
        if not rows:
            return f"<p>{type(self).__name__}: no rows</p>"
        head = "".join(f"<th>{html.escape(column)}</th>" for column in rows[0])
        body = "".join(
            f"<tr>{''.join(f'<td>{_shown(value)}</td>' for value in row.values())}</tr>" for row in rows[:_SHOWN]
        )
        left = f"<p>{len(rows) - _SHOWN} more rows</p>" if len(rows) > _SHOWN else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{left}"


def _shown(value: object) -> str:
    return "" if value is None else html.escape(str(value))


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise ImportError(f"{name} is not installed: pip install {name}") from None


def _rows(value: Any, steps: tuple[Step, ...], row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if not steps:
        yield {**row, **_scalars(value)}
        return
    step, *others = steps
    if step.into:
        value = _property(value, step.into)
    for key, found in _members(value) if step.key else [(None, value)]:
        if found is None or found is UNSET:
            continue
        own = {column: _property(found, name) for column, name in step.columns.items()}
        yield from _rows(found, tuple(others), {**row, **({step.key: key} if step.key else {}), **own})


def _members(value: Any) -> Iterable[tuple[Any, Any]]:
    """Return the members of a map or a list, with their keys."""
    if isinstance(value, list):
        return enumerate(value)
    if isinstance(value, Mapping):
        return value.items()
    members: dict[str, Any] = getattr(value, "additional_properties", {})
    return members.items()


def _property(value: Any, key: str) -> Any:
    """Return a property by its name in JSON; None if it is absent."""
    if isinstance(value, Mapping):
        return value.get(key)
    if not hasattr(value, "_keys"):
        return None
    name = next((name for name, found in value._keys().items() if found == key), None)
    found = getattr(value, name, UNSET) if name else getattr(value, "additional_properties", {}).get(key)
    return None if found is UNSET else found


def _scalars(value: Any) -> dict[str, Any]:
    """Return what an object has that fits a cell, by the names in Python."""
    if isinstance(value, Mapping):
        found: dict[str, Any] = dict(value)
    elif hasattr(value, "_keys"):
        found = {name: getattr(value, name, UNSET) for name in value._keys()}
        found |= getattr(value, "additional_properties", {})
    else:
        return {"value": value}
    plain = {name: None if cell is UNSET else cell for name, cell in found.items()}
    return {name: cell for name, cell in plain.items() if isinstance(cell, _CELLS)}


_CELLS = (str, int, float, bool, datetime.date, type(None))


def _names(found: Any) -> Mapping[str, Any]:
    if isinstance(found, Mapping):
        return {str(key): name for key, name in found.items()}
    return {str(one.id): one.name for one in found}


def _named(row: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for column, value in row.items():
        named[column] = value
        if column in known:
            named[f"{column}_name"] = known[column].get(str(value))
    return named
