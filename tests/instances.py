"""Hypothesis strategies that make instances of OpenAPI 3.0 schemas."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from scripts.codegen.checks.samples import Samples
from scripts.specs.spec import Spec

# Values that JSON, and with it any schema without a type, can hold.
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
# Instances of whole specs are large and slow to make; what fails is not shrunk, which would take minutes.
EXAMPLES = settings(
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
# A property that no spec knows: servers add them, and clients must keep them.
UNKNOWN = "unknown property"
DEEP = 3
# The largest integer that every JSON parser reads exactly (RFC 8259, section 6).
INTEROPERABLE = 2**53 - 1
ANY: Mapping[str, Any] = {}


class Instances:
    """Makes instances of the schemas of one document.

    Below a depth of 3, lists are empty and only required properties are there, so that recursion ends. Date-times
    are in the form in which the client writes them.

    Args:
        document: the spec.
        for_requests: leave out read-only properties.
    """

    def __init__(self, document: Mapping[str, Any], *, for_requests: bool = False) -> None:
        self._spec = Spec(dict(document), Path())
        self._samples = Samples(self._spec)
        self._for_requests = for_requests
        self._made: dict[tuple[int, int], st.SearchStrategy[Any]] = {}

    def of(self, schema: Mapping[str, Any], depth: int = 0) -> st.SearchStrategy[Any]:
        """Instances of a schema whose references point into the document."""
        schema = self._spec.resolve(schema)
        key = (id(schema), min(depth, DEEP))
        if key not in self._made:
            strategy = st.deferred(lambda: self._of(schema, depth))
            self._made[key] = st.none() | strategy if schema.get("nullable") else strategy
        return self._made[key]

    def _of(self, schema: Mapping[str, Any], depth: int) -> st.SearchStrategy[Any]:
        if "enum" in schema:
            nullable = schema.get("nullable")  # null is drawn by the caller then
            return st.sampled_from([value for value in schema["enum"] if value is not None or not nullable])
        if schema.get("x-sdk-type", "boolean") != "boolean":
            # What Python sends. It reads other forms too, and would not write them again.
            return _scalars({"type": schema["x-sdk-type"]})
        members = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
        if members:
            return st.one_of([self.of(member, depth) for member in members])
        if "properties" in schema or "allOf" in schema or schema.get("type") == "object":
            return self._objects(schema, depth)
        if schema.get("type") == "array":
            return self._lists(schema, depth)
        return _scalars(schema)

    def _lists(self, schema: Mapping[str, Any], depth: int) -> st.SearchStrategy[list[Any]]:
        if depth >= DEEP:
            return st.just([])
        unique = repr if schema.get("uniqueItems") else None
        return st.lists(self.of(schema.get("items", ANY), depth + 1), max_size=2, unique_by=unique)

    def _objects(self, schema: Mapping[str, Any], depth: int) -> st.SearchStrategy[dict[str, Any]]:
        properties, required = self._members(schema)
        known = st.fixed_dictionaries(
            {name: self.of(prop, depth + 1) for name, prop in properties.items() if name in required},
            optional={
                name: self.of(prop, depth + 1)
                for name, prop in properties.items()
                if name not in required and depth < DEEP
            },
        )
        additional = schema.get("additionalProperties", True)
        others: st.SearchStrategy[dict[str, Any]] = st.just({})
        if isinstance(additional, Mapping) and additional:
            others = st.dictionaries(st.text(min_size=1, max_size=5), self.of(additional, depth + 1), max_size=2)
        elif additional and depth < DEEP:
            others = st.dictionaries(st.just(UNKNOWN), ANYTHING, max_size=1)
        return st.tuples(others, known).map(lambda parts: {**parts[0], **parts[1]})

    def _members(self, schema: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
        """The properties of an object, and which of them are required."""
        found = {
            name: prop
            for name, prop in self._samples.properties(schema).items()
            if not (self._for_requests and self._spec.resolve(prop.schema).get("readOnly"))
        }
        return {name: prop.schema for name, prop in found.items()}, {
            name for name, prop in found.items() if prop.is_required
        }


def _scalars(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    match schema.get("type"):
        case "string":
            return _strings(schema)
        case "integer":
            limit = 2**31 - 1 if schema.get("format") == "int32" else INTEROPERABLE
            return st.integers(schema.get("minimum", -limit), schema.get("maximum", limit))
        case "number":
            return st.floats(schema.get("minimum", -1e12), schema.get("maximum", 1e12), allow_nan=False)
        case "boolean":
            return st.booleans()
        case _:
            return ANYTHING


def _strings(schema: Mapping[str, Any]) -> st.SearchStrategy[str | bytes]:
    match schema.get("format"):
        case "binary":
            return st.binary()
        case "date":
            return st.dates().map(datetime.date.isoformat)
        case "date-time":
            # OpenAPI's date-time is RFC 3339, which asks for an offset and a year of four digits.
            zones = st.sampled_from([datetime.UTC, datetime.timezone(datetime.timedelta(hours=2))])
            moments = st.datetimes(datetime.datetime(1000, 1, 1), timezones=zones)
            return moments.map(lambda moment: moment.isoformat().replace("+00:00", "Z"))
    if "pattern" in schema:
        return st.from_regex(schema["pattern"], fullmatch=True)
    shortest = schema.get("minLength", 0)
    return st.text(min_size=shortest, max_size=min(schema.get("maxLength", shortest + 8), shortest + 8))
