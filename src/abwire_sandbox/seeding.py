"""The objects that a sandbox begins with: always the same for a seed, whatever the day."""

from __future__ import annotations

import functools
from pathlib import Path

from abwire_sandbox import data, generic, specs
from abwire_sandbox.api import code, undescribed
from abwire_sandbox.convert_v1 import seed as convert
from abwire_sandbox.kameleoon import seed as kameleoon
from abwire_sandbox.store import Store


def seeded(seed: int, home: Path | None = None) -> Store:
    """A store with all objects, to be copied.

    Args:
        seed: what they depend on.
        home: the folder of the effective specs; by default that of the package.
    """
    return _seeded(seed, tuple((path, path.stat().st_mtime_ns) for path in specs.paths(home).values()))


@functools.lru_cache(8)
def _seeded(seed: int, files: tuple[tuple[Path, int], ...]) -> Store:
    store = Store()
    store.set_number("seed", seed)
    fills = {"kameleoon": kameleoon.fill, "convert-v1": convert.fill}
    for path, _ in files:
        name, spec = path.stem, specs.document(path)
        if name in fills:
            fills[name](store, seed)
        described = data.read(name).get("kinds", {})
        kinds = undescribed(specs.Router(spec).operations, described, getattr(code(name), "HANDLERS", {}))
        generic.seed(store, name, spec, list(kinds.values()), seed)
    store.commit()
    return store
