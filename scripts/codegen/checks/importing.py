"""Import of a generated package from a folder, apart from what is loaded already."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

_RUNTIME = "abwire_core"


@contextlib.contextmanager
def imported(package: Path) -> Iterator[ModuleType]:
    """Import a generated package, and forget it afterwards.

    The runtime is loaded afresh too, so that nothing that the package does to it is left; what was loaded before is
    there again afterwards. Nothing is written to the folder.

    Args:
        package: its folder, such as ``generated/abwire/kameleoon``.
    """
    root = str(package.parent.parent.resolve())
    before = _taken(package.parent.name)
    writes = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    sys.path.insert(0, root)
    importlib.invalidate_caches()
    try:
        yield importlib.import_module(f"{package.parent.name}.{package.name}")
    finally:
        sys.path.remove(root)
        for path in [path for path in sys.path_importer_cache if path.startswith(root)]:
            del sys.path_importer_cache[path]
        sys.dont_write_bytecode = writes
        _taken(package.parent.name)
        sys.modules.update(before)


def _taken(client: str) -> dict[str, ModuleType]:
    """Take the modules of the client and its runtime away."""
    names = [name for name in sys.modules if name.partition(".")[0] in (client, _RUNTIME)]
    return {name: sys.modules.pop(name) for name in names}
