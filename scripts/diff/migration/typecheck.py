"""Judge the code of migration notes by mypy, against the client that it is for."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from scripts.diff.inputs.states import DiffError
from scripts.specs.project import ROOT

_LINE = re.compile(r"(?m)^(?:.*/)?note_(\d+)\.py:\d+: error: ")
# Nothing but the code itself is judged, whatever the project says of its own.
_OPTIONS = (
    "--config-file=",
    f"--cache-dir={ROOT / '.cache' / 'mypy'}",  # what is the same in all clients, such as the standard library
    "--follow-imports=silent",
    "--explicit-package-bases",
    "--no-error-summary",
)


def valid(codes: Mapping[int, str], root: Path, folder: Path) -> set[int]:
    """Return the numbers of the modules that type-check.

    Args:
        codes: the modules, by number.
        root: the project of the client that they are for.
        folder: a folder that does not exist yet, to write them to.

    Raises:
        DiffError: mypy fails.
    """
    found = {number for number, code in codes.items() if _is_python(code)}
    if not found:
        return set()
    folder.mkdir(parents=True)
    for number in found:
        (folder / f"note_{number}.py").write_text(codes[number], encoding="utf-8")
    path = os.pathsep.join(str((root / part).resolve()) for part in ("generated", "src"))
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", *_OPTIONS, "."],
        cwd=folder,
        env={**os.environ, "MYPYPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1):
        raise DiffError(f"mypy fails at the code of the migration notes: {done.stderr.strip() or done.stdout.strip()}")
    return found - {int(number) for number in _LINE.findall(done.stdout)}


def _is_python(code: str) -> bool:
    """Return whether code can be read; if one file cannot, mypy judges none."""
    try:
        ast.parse(code)
    except SyntaxError:
        return False
    return True
