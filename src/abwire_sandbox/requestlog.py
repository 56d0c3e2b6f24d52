"""What the sandbox was asked, and what it answered. Credentials are not kept."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_KEPT = 10_000
"""Requests that are kept."""
_KEPT_BYTES = 64 * 1024 * 1024
"""Bytes of bodies that are kept; older requests are forgotten first."""
_KEPT_BODY = 256 * 1024
"""Bytes that are kept of one body."""


@dataclass
class Logged:
    """A request, and its answer."""

    api: str
    """The name of its spec, such as ``kameleoon``."""
    method: str
    path: str
    """Relative to the base URL of the API, percent-encoded as it was sent."""
    query: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    """Empty for token requests, which hold a secret, and until it is read; of a long one the beginning."""
    operation: str | None = None
    """The operationId; None if no operation was reached."""
    status: int | None = None
    """None if the connection was dropped, or there is no answer yet."""
    seconds: float = 0.0
    """How long the answer took."""
    made_from: str | None = None
    """What the answer was made from: ``code``; ``shape`` or ``schema``, where nobody wrote code for the operation."""
    faults: tuple[str, ...] = ()
    """The kinds of faults that hit it."""

    @property
    def json(self) -> Any:
        """The body, if it is JSON."""
        return json.loads(self.body)

    def line(self, base: str) -> str:
        """The entry as the access log shows it; without the query, which may hold a key.

        Args:
            base: the path of the API.
        """
        more = [name for name in (self.operation, self.made_from, *self.faults) if name and name != "code"]
        return " ".join([self.method, base + self.path, str(self.status), f"{self.seconds * 1000:.0f}ms", *more])

    def to_dict(self) -> dict[str, Any]:
        """The entry as the control endpoint shows it."""
        return {**vars(self), "query": list(map(list, self.query)), "body": self.body.decode(errors="replace")}


class RequestLog:
    """The requests of late, oldest first. May be read from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Logged] = deque()
        self._bytes = 0

    def add(self, entry: Logged) -> None:
        """Add a request; it is completed later."""
        with self._lock:
            self._entries.append(entry)
            self._forget()

    def keep_body(self, entry: Logged, body: bytes) -> None:
        """Keep the body of a request, and forget the oldest requests if there is too much."""
        with self._lock:
            entry.body = body[:_KEPT_BODY]
            self._bytes += len(entry.body)
            self._forget()

    def _forget(self) -> None:
        while len(self._entries) > _KEPT or (self._bytes > _KEPT_BYTES and len(self._entries) > 1):
            self._bytes -= len(self._entries.popleft().body)

    def clear(self) -> None:
        """Forget all requests."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0

    def __iter__(self) -> Iterator[Logged]:
        with self._lock:
            return iter(list(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> Logged:
        with self._lock:
            return self._entries[index]
