"""Whether the code of notes is right: mypy judges it against the client that it is for."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from scripts.diff.inputs.states import DiffError
from scripts.diff.model.report import MigrationNote
from scripts.specs.project import ROOT

_LINE = re.compile(r"(?m)^(?:.*/)?note_(\d+)\.py:\d+: error: ")
_STYLE = ("--isolated", "--no-cache", "--target-version", "py311", "--line-length", "100")
# Nothing but the code itself is judged, whatever the project says of its own.
_STRICT = (
    "--strict",
    "--config-file=",
    f"--cache-dir={ROOT / '.cache' / 'mypy'}",  # what is the same in all clients, such as the standard library
    "--follow-imports=silent",
    "--explicit-package-bases",
    "--no-error-summary",
)


def checked(notes: Sequence[MigrationNote], base: Path, head: Path, folder: Path) -> list[MigrationNote]:
    """The notes with their code in good form; a note whose code is wrong loses it.

    Args:
        notes: the notes.
        base: the project of the client that the code before is for.
        head: the project of the client that the code after is for.
        folder: a folder that does not exist yet, to write the code to.

    Raises:
        DiffError: the code cannot be formatted or judged at all.
    """
    before = _judged({number: note.before for number, note in enumerate(notes) if note.before}, base, folder / "before")
    after = _judged({number: note.after for number, note in enumerate(notes) if note.after}, head, folder / "after")
    return [replace(note, before=before.get(number), after=after.get(number)) for number, note in enumerate(notes)]


def _judged(codes: Mapping[int, str], root: Path, folder: Path) -> dict[int, str]:
    """The code that is right, in good form, by the number of its note."""
    files = {number: folder / f"note_{number}.py" for number, code in codes.items() if _is_python(code)}
    if not files:
        return {}
    folder.mkdir(parents=True)
    for number, path in files.items():
        path.write_text(codes[number], encoding="utf-8")
    _run(folder, "ruff", "check", "--fix-only", "--select", "I", *_STYLE)
    _run(folder, "ruff", "format", *_STYLE)
    wrong = {int(number) for number in _LINE.findall(_run(folder, "mypy", *_STRICT, ".", path=root))}
    return {number: path.read_text(encoding="utf-8") for number, path in files.items() if number not in wrong}


def _is_python(code: str) -> bool:
    """Whether code can be read; if one file cannot, mypy judges none."""
    try:
        ast.parse(code)
    except SyntaxError:
        return False
    return True


def _run(folder: Path, tool: str, *arguments: str, path: Path | None = None) -> str:
    """Run a tool on a folder; returns what it prints."""
    environment = dict(os.environ)
    if path is not None:
        environment["MYPYPATH"] = os.pathsep.join(str((path / part).resolve()) for part in ("generated", "src"))
    done = subprocess.run(
        [sys.executable, "-m", tool, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1) or (done.returncode and tool != "mypy"):
        reason = done.stderr.strip() or done.stdout.strip()
        raise DiffError(f"{tool} fails at the code of the migration notes: {reason}")
    return done.stdout
