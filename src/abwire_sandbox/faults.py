"""What can be made to go wrong on demand."""

from __future__ import annotations

import fnmatch
import random
import threading
from collections.abc import Mapping
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
        api: ``kameleoon`` or ``convert``; both, if it is None.
        count: how many requests it hits; every one, if it is None.
        probability: with which it hits a request, from 0 to 1.
        seconds: how long a latency is.
        status: which status is answered.
        message: what the error says.
        headers: headers of the error.
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
        if self.kind not in KINDS:
            raise ValueError(f"there is no fault {self.kind!r}; the kinds are {', '.join(KINDS)}")
        if not 0 <= self.probability <= 1:
            raise ValueError("a probability is from 0 to 1")
        if not 100 <= self.status <= 599:
            raise ValueError("a status is from 100 to 599")
        if self.api not in (None, "kameleoon", "convert"):
            raise ValueError("an api is kameleoon or convert")
        if self.seconds < 0 or (self.count is not None and self.count < 1):
            raise ValueError("seconds are not negative, and a count is 1 at least")

    def fits(self, api: str, method: str, path: str) -> bool:
        """Whether a request is one that it could hit."""
        return (
            (self.count is None or self.hits < self.count)
            and self.api in (None, api)
            and self.method in (None, method, method.lower())
            and fnmatch.fnmatchcase(path, self.path)
        )

    def to_dict(self) -> dict[str, Any]:
        """The fault as the control endpoint shows it."""
        return {**vars(self), "headers": dict(self.headers)}


class Faults:
    """The faults that are waiting for requests. May be used from any thread.

    Args:
        seed: what chance depends on.
    """

    def __init__(self, seed: int = 0) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - nothing secret
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, kind: str, **options: Any) -> Fault:
        """Add a fault; the options are those of :class:`Fault`.

        Returns:
            The fault, whose ``hits`` count up.

        Raises:
            ValueError: an option has a value that makes no sense.
            TypeError: there is no such option.
        """
        fault = Fault(kind, **options)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._faults.clear()

    def __iter__(self) -> Any:
        with self._lock:
            return iter(list(self._faults))

    def __len__(self) -> int:
        return len(self._faults)

    def hit(self, api: str, method: str, path: str) -> dict[str, Fault]:
        """The faults that a request meets, by their kinds; of each kind the one that was added first."""
        hit: dict[str, Fault] = {}
        with self._lock:
            for fault in self._faults:
                if fault.kind not in hit and fault.fits(api, method, path) and self._happens(fault):
                    fault.hits += 1
                    hit[fault.kind] = fault
        return hit

    def _happens(self, fault: Fault) -> bool:
        return fault.probability >= 1 or self._chance.random() < fault.probability
