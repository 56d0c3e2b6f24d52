"""The objects that a sandbox begins with: always the same for a seed, whatever the day."""

from __future__ import annotations

from abwire_sandbox.convert_v1 import seed as convert
from abwire_sandbox.kameleoon import seed as kameleoon
from abwire_sandbox.store import Store


def fill(store: Store, seed: int) -> None:
    """Make all objects."""
    kameleoon.fill(store, seed)
    convert.fill(store, seed)
