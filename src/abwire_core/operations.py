"""What the runtime has to know of an operation to call it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

from abwire_core._http import Response

T = TypeVar("T")


class Operation(NamedTuple, Generic[T]):
    """An operation of an API, as generated modules describe it.

    Attributes:
        operation_id: its id, as in the spec.
        method: the HTTP method, in capitals.
        path: the template of its path, such as ``/goals/{goalId}``; for logs, because it holds no values.
        parse: reads the body of a success as models; raises :class:`abwire_core.errors.DecodeError`.
        parse_error: reads the body of an error as a model or as JSON values, or returns None; never raises.
        idempotent: sending it twice does no harm, whatever its method, such as a list or a report that is a POST.
        unverified: why its route is only a guess, if it is; the first call warns of it.

    Two that describe the same operation are equal, however each reads a response.
    """

    operation_id: str
    method: str
    path: str
    parse: Callable[[Response], T]
    parse_error: Callable[[Response], Any]
    idempotent: bool = False
    unverified: str | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Operation) and self[:3] == other[:3]

    def __hash__(self) -> int:
        return hash(self[:3])
