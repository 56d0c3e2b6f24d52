"""The objects that a sandbox begins with: always the same for a seed, whatever the day."""

from __future__ import annotations

import functools

from abwire_sandbox.convert_v1 import seed as convert
from abwire_sandbox.kameleoon import seed as kameleoon
from abwire_sandbox.store import Store


@functools.lru_cache(8)
def seeded(seed: int) -> Store:
    """A store with all objects, to be copied."""
    store = Store()
    store.set_number("seed", seed)
    kameleoon.fill(store, seed)
    convert.fill(store, seed)
    return store
