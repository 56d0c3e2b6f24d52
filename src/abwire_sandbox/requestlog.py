"""What the sandbox was asked, and what it answered. Credentials are not kept."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_KEPT = 10_000


@dataclass
class Logged:
    """A request, and its answer."""

    api: str
    """``kameleoon`` or ``convert``."""
    method: str
    path: str
    """Relative to the base URL of the API, percent-encoded as it was sent."""
    query: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    """Empty for token requests, which hold a secret."""
    operation: str | None = None
    """The operationId; None if no operation was reached."""
    status: int | None = None
    """None if the connection was dropped, or there is no answer yet."""
    seconds: float = 0.0
    """How long the answer took."""
    faults: tuple[str, ...] = ()
    """The kinds of faults that hit it."""

    @property
    def json(self) -> Any:
        """The body, if it is JSON."""
        return json.loads(self.body)

    def to_dict(self) -> dict[str, Any]:
        """The entry as the control endpoint shows it."""
        return {**vars(self), "query": list(map(list, self.query)), "body": self.body.decode(errors="replace")}


class RequestLog:
    """The requests of late, oldest first. May be read from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Logged] = deque(maxlen=_KEPT)

    def add(self, entry: Logged) -> None:
        """Add a request; it is completed later."""
        with self._lock:
            self._entries.append(entry)

    def clear(self) -> None:
        """Forget all requests."""
        with self._lock:
            self._entries.clear()

    def __iter__(self) -> Iterator[Logged]:
        with self._lock:
            return iter(list(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> Logged:
        with self._lock:
            return self._entries[index]
