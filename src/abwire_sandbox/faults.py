"""What can be made to go wrong on demand."""

from __future__ import annotations

import dataclasses
import fnmatch
import math
import random
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

KINDS = {
    "latency": "the answer comes some seconds later",
    "status": "an error is answered with a status, and nothing is done",
    "drop": "the connection ends without an answer, and nothing is done",
    "cut": "the answer ends within its body",
    "expired_token": "the access token has expired",
    "repeat_page": "a list gives the page before the one that was asked for",
    "failed_results": "a computation of results has failed",
}
"""The kinds of faults, and what each does."""


@dataclass
class Fault:
    """Something that is to go wrong.

    Args:
        kind: one of :data:`KINDS`.
        method: of the requests that it hits; any, if it is None.
        path: of the requests that it hits, relative to the base URL of the API, such as ``/goals/*``; ``*`` stands for
            any text, slashes too.
        api: of the requests that it hits, by the name of its spec; any, if it is None.
        count: how many requests it hits; every one, if it is None.
        probability: with which it hits a request, from 0 to 1.
        seconds: how long a latency is.
        status: which status is answered.
        message: what the error says.
        headers: headers of the error.

    Raises:
        ValueError: an option has a value that makes no sense; the message says which.
    """

    kind: str
    method: str | None = None
    path: str = "*"
    api: str | None = None
    count: int | None = None
    probability: float = 1.0
    seconds: float = 0.0
    status: int = 503
    message: str = "a fault that was asked for"
    headers: Mapping[str, str] = field(default_factory=dict)
    hits: int = field(default=0, init=False)
    """How many requests it has hit."""

    def __post_init__(self) -> None:
        for name, (is_right, expected) in _RULES.items():
            value = getattr(self, name)
            if not is_right(value):
                raise ValueError(f"{name} is {value!r}, and not {expected}")
        if self.kind == "latency" and not self.seconds:
            raise ValueError("a latency needs seconds")

    def fits(self, api: str, method: str, path: str) -> bool:
        """Return whether a request is one that it could hit."""
        return (
            (self.count is None or self.hits < self.count)
            and self.api in (None, api)
            and (self.method is None or self.method.upper() == method)
            and fnmatch.fnmatchcase(path, self.path)
        )

    def to_dict(self) -> dict[str, Any]:
        """The fault as the control endpoint shows it."""
        return {**dataclasses.asdict(self), "headers": dict(self.headers)}


def _is_number(value: object, least: float, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


def _is_whole(value: object, least: int, most: float = math.inf) -> bool:
    return isinstance(value, int) and _is_number(value, least, most)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _are_headers(value: object) -> bool:
    return isinstance(value, Mapping) and all(_is_header(*pair) for pair in value.items())


def _is_header(name: object, value: object) -> bool:
    """Return whether a header can be sent; those that say how long the answer is are not for others to set."""
    is_name = isinstance(name, str) and re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) is not None
    return (
        is_name
        and str(name).lower() not in ("content-length", "transfer-encoding")
        and isinstance(value, str)
        and value.isascii()
        and value.isprintable()
    )


_LONGEST = 3600.0
_RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "kind": (lambda value: _is_text(value) and value in KINDS, f"one of {', '.join(KINDS)}"),
    "method": (lambda value: value is None or _is_text(value), "an HTTP method, or null for any"),
    "path": (_is_text, "a path, in which * stands for any text"),
    "api": (lambda value: value is None or _is_text(value), "the name of a spec, or null for any"),
    "count": (lambda value: value is None or _is_whole(value, 1), "a whole number from 1, or null for no end"),
    "probability": (lambda value: _is_number(value, 0, 1), "a number from 0 to 1"),
    "seconds": (lambda value: _is_number(value, 0, _LONGEST), f"a number from 0 to {_LONGEST:.0f}"),
    "status": (lambda value: _is_whole(value, 400, 599), "the status of an error, from 400 to 599"),
    "message": (_is_text, "text"),
    "headers": (_are_headers, "an object of HTTP headers, without Content-Length and Transfer-Encoding"),
}
"""Whether the value of an option is right, and what it would have to be."""


class Faults:
    """The faults that are waiting for requests. May be used from any thread.

    Args:
        seed: what chance depends on.
        apis: the names of the specs.
    """

    def __init__(self, seed: int = 0, apis: Sequence[str] = ()) -> None:
        self._seed = seed
        self._apis = apis
        self._lock = threading.Lock()
        self.clear()

    def add(self, kind: str, **options: Any) -> Fault:
        """Add a fault; the options are those of :class:`Fault`.

        Returns:
            The fault, whose ``hits`` count up.

        Raises:
            ValueError: an option has a value that makes no sense.
            TypeError: there is no such option.
        """
        fault = Fault(kind, **options)
        if fault.api is not None and fault.api not in self._apis:
            raise ValueError(f"api is {fault.api!r}, and not one of {', '.join(self._apis)}, or null for any")
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Remove all faults, and let chance begin anew."""
        with self._lock:
            self._chance = random.Random(self._seed)  # noqa: S311 - nothing secret
            self._faults: list[Fault] = []

    def __iter__(self) -> Iterator[Fault]:
        with self._lock:
            return iter(list(self._faults))

    def __len__(self) -> int:
        return len(self._faults)

    def hit(self, kind: str, api: str, method: str, path: str) -> Fault | None:
        """The fault of a kind that a request meets: of several the one that was added first.

        Args:
            kind: one of :data:`KINDS`.
            api: the name of its spec.
            method: of the request.
            path: of the request, relative to the base URL of the API.
        """
        with self._lock:
            for fault in self._faults:
                if fault.kind == kind and fault.fits(api, method, path) and self._happens(fault):
                    fault.hits += 1
                    return fault
        return None

    def waits(self, kind: str) -> bool:
        """Return whether there is a fault of a kind."""
        return any(fault.kind == kind for fault in self)

    def _happens(self, fault: Fault) -> bool:
        return fault.probability >= 1 or self._chance.random() < fault.probability
