"""JSONPath (RFC 9535) with bounds: a target cannot keep the pipeline busy for long, however it is written."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathError, JSONPathNode, JSONPathQuery
from jsonpath_rfc9535.filter_expressions import FilterQuery
from jsonpath_rfc9535.parse import Parser
from jsonpath_rfc9535.segments import JSONPathRecursiveDescentSegment
from jsonpath_rfc9535.selectors import NameSelector

from scripts.specs.documents import json_pointer

MAX_STEPS = 20_000_000
"""Number of nodes that one evaluation may visit, those that its filters look at included."""

Location = tuple[int | str, ...]
"""The keys and indices that lead from the root of a document to a node."""


class QueryError(Exception):
    """A query that is not valid, or that takes too long."""


class _CountedQuery(JSONPathQuery):
    """Query of a filter, whose steps count for the query that the filter is in."""

    def finditer(self, value: Any) -> Iterator[JSONPathNode]:
        nodes: Iterable[JSONPathNode] = [JSONPathNode(value=value, location=(), parent=None, root=value)]
        for segment in self.segments:
            if isinstance(segment, JSONPathRecursiveDescentSegment):
                nodes = _descendants(nodes)
            nodes = [child for node in nodes for selector in segment.selectors for child in selector.resolve(node)]
            _ENVIRONMENT.spend(len(nodes) + 1)
        return iter(nodes)


class _Parser(Parser):
    def parse_root_query(self, stream: Any) -> Any:
        return _counted(super().parse_root_query(stream))

    def parse_relative_query(self, stream: Any) -> Any:
        return _counted(super().parse_relative_query(stream))


def _counted(expression: Any) -> FilterQuery:
    assert isinstance(expression, FilterQuery)
    expression.query = _CountedQuery(env=expression.query.env, segments=expression.query.segments)
    return expression


class _Environment(JSONPathEnvironment):
    parser_class = _Parser
    steps = 0

    def spend(self, steps: int = 1) -> None:
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise QueryError(f"takes more than {MAX_STEPS:,} steps: write fewer '..' and '*', or a narrower filter")


_ENVIRONMENT = _Environment()


def compile_query(text: str) -> JSONPathQuery:
    """Return a query that can be evaluated.

    Raises:
        QueryError: the text is not a JSONPath.
    """
    try:
        return _ENVIRONMENT.compile(text)
    except JSONPathError as error:
        raise QueryError(f"is not an RFC 9535 JSONPath: {str(error).splitlines()[0]}") from error
    except RecursionError as error:
        raise QueryError("is nested too deeply") from error


def find(document: Any, query: JSONPathQuery) -> list[JSONPathNode]:
    """Return the nodes that a query selects; one that it reaches in several ways (``$..a..b``) is still one node.

    Raises:
        QueryError: the query cannot be evaluated, or takes too long.
    """
    _ENVIRONMENT.steps = 0
    return _find(document, query.segments)


def _find(document: Any, segments: Sequence[Any]) -> list[JSONPathNode]:
    nodes = [JSONPathNode(value=document, location=(), parent=None, root=document)]
    try:
        for segment in segments:
            if isinstance(segment, JSONPathRecursiveDescentSegment):
                nodes = list(_descendants(_topmost(nodes)))
            found: dict[Location, JSONPathNode] = {}
            for node in nodes:
                for selector in segment.selectors:
                    for child in selector.resolve(node):
                        found[child.location] = child
            _ENVIRONMENT.spend(len(found) + 1)
            nodes = list(found.values())
    except JSONPathError as error:
        raise QueryError(f"cannot be evaluated: {str(error).splitlines()[0]}") from error
    return nodes


def _topmost(nodes: Sequence[JSONPathNode]) -> list[JSONPathNode]:
    """The nodes that are in no other: what is below those is below these."""
    locations = {node.location for node in nodes}
    return [
        node for node in nodes if not any(node.location[:length] in locations for length in range(len(node.location)))
    ]


def _descendants(nodes: Iterable[JSONPathNode]) -> Iterator[JSONPathNode]:
    """Objects and lists with all that are in them, parents first."""
    for top in nodes:
        stack = [top]
        while stack:
            node = stack.pop()
            _ENVIRONMENT.spend()
            yield node
            value = node.value
            items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
            inner = [node.new_child(item, key, node) for key, item in items if isinstance(item, dict | list)]
            stack += reversed(inner)


def why_nothing(document: Any, query: JSONPathQuery) -> str:
    """Say at which of its parts a query that selects nothing comes to an end, and the way out."""
    segments = query.segments
    count = next(count for count in range(1, len(segments) + 1) if not _find(document, segments[:count]))
    parents, segment = _find(document, segments[: count - 1]), segments[count - 1]
    place = json_pointer([str(key) for key in parents[0].location]) or "the root"
    if len(parents) > 1:
        place = f"{len(parents)} nodes such as {place}"
    names = [selector.name for selector in segment.selectors if isinstance(selector, NameSelector)]
    if len(names) != 1 or len(segment.selectors) != 1:
        fixed = "if the vendor fixed the defect, drop the action; else correct the target"
        return f"selects nothing: at {place} nothing fits {segment}: {fixed}"
    if isinstance(segment, JSONPathRecursiveDescentSegment):
        parents = list(_descendants(parents))
    keys = {key for node in parents if isinstance(node.value, dict) for key in node.value}
    nearest = difflib.get_close_matches(names[0], sorted(keys), n=1, cutoff=0.6)
    if nearest:
        return f"selects nothing: there is no {names[0]!r} at {place}, and the nearest key is {nearest[0]!r}"
    return (
        f"selects nothing: there is no {names[0]!r} at {place}: "
        "if the vendor fixed the defect, drop the action; else correct the target"
    )
