"""What a client does with what it sends and reads, where neither the contract nor the Python surface shows it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scripts.diff.model.report import Severity
from scripts.specs.spec import objects

_KEYS = {
    "x-sdk-accepts-bare": "is read without its wrapper in other cases than before",
    "x-sdk-default": "is asked for other things than before if the argument is left out",
    "x-sdk-discriminator": "is read as another model than before, for some values",
    "x-sdk-pagination": "is asked for its pages in another way",
    "x-sdk-poll": "is polled for in another way",
    "x-sdk-type": "is read from other forms of the value than before",
}
"""Keys that say how a client handles a place, and what a change of them does; other keys give names, which the surface
shows."""
_SHORT = 200


@dataclass(frozen=True)
class Handling:
    """A change of how a client handles a place of the spec.

    Attributes:
        key: the key.
        check: the key, and whether it was added, removed or changed.
        text: what that means.
        severity: what it means for users.
        before: the value of the key, as JSON; None if it was not there.
        after: the same for now.
        pointer: the place.
    """

    key: str
    check: str
    text: str
    severity: Severity
    before: str | None
    after: str | None
    pointer: tuple[str, ...]


def compare(base: Mapping[str, Any], head: Mapping[str, Any]) -> list[Handling]:
    """The changes from one effective spec to another, at places that both have.

    Args:
        base: the one.
        head: the other.
    """
    before, after = dict(objects(base)), dict(objects(head))
    return [
        change
        for pointer, node in after.items()
        if pointer in before
        for change in _changes(pointer, before[pointer], node)
    ]


def _changes(pointer: tuple[str, ...], old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Handling]:
    for key, text in _KEYS.items():
        if old.get(key) == new.get(key):
            continue
        what = "added" if key not in old else "removed" if key not in new else "changed"
        yield Handling(
            key=key,
            check=f"{key}-{what}",
            text=text,
            # What is handled in addition takes nothing away.
            severity=Severity.INFO if what == "added" else Severity.WARNING,
            before=_shown(old.get(key)),
            after=_shown(new.get(key)),
            pointer=pointer,
        )


def _shown(value: Any) -> str | None:
    if value is None:
        return None
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}…"
