"""Account of a parity check: what was looked for, and what was not found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from scripts.specs.documents import json_pointer
from scripts.specs.spec import Pointer


@dataclass
class Parity:
    """Outcome of a parity check: how much was looked for, by kind, and one line for each loss."""

    _found: dict[tuple[str, Pointer, str], list[str]] = field(default_factory=dict)

    @property
    def counts(self) -> Counter[str]:
        """Return how much was looked for, by kind."""
        return Counter(kind for kind, _, _ in self._found)

    @property
    def losses(self) -> list[str]:
        """Return what was not found, with its JSON pointer in the spec."""
        lines = [f"{json_pointer(pointer)}: {why}" for (_, pointer, _), losses in self._found.items() for why in losses]
        return list(dict.fromkeys(lines))

    def record(self, kind: str, pointer: Pointer, loss: str | None = None, detail: object = "") -> bool:
        """Record that something was looked for.

        Args:
            kind: the kind of thing, in the plural.
            pointer: where the spec has it.
            loss: what is wrong; None if it was found.
            detail: what tells it from others of its kind at the same place.

        Returns:
            Whether it was found.
        """
        losses = self._found.setdefault((kind, pointer, repr(detail)), [])
        if loss is not None:
            losses.append(loss)
        return loss is None
