"""Pages that are made from the specs: write one, or check that it is as it would be written."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from scripts import documents, overlay
from scripts.build_specs import ROOT, SpecError


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; whatever a cell holds stays on one line and in its cell."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")


def keep(
    command: str, description: str, page: str, text: Callable[[Path], str], arguments: Sequence[str] | None
) -> int:
    """Run the command line that keeps one page; returns the exit status.

    Args:
        command: the name of the module, for the help text.
        description: what the command does, for the help text.
        page: the page, relative to the project.
        text: what the page of a project is to hold.
        arguments: the command line's arguments; those of the process by default.
    """
    parser = argparse.ArgumentParser(prog=f"python -m scripts.{command}", description=description)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the page is out of date")
    parser.add_argument("--root", type=Path, default=ROOT, help="the project (default: this one)")
    options = parser.parse_args(arguments)
    path: Path = options.root / page
    try:
        wanted = text(options.root)
        present = path.read_text(encoding="utf-8") if path.exists() else None
        if wanted == present:
            return 0
        if not options.check:
            path.parent.mkdir(exist_ok=True)
            documents.write(path, wanted)
    except (OSError, SpecError, overlay.OverlayError, documents.DocumentError) as error:
        print(error, file=sys.stderr)
        return 1
    if options.check:
        print(f"{path} is out of date: run make generate, and commit what it changes.", file=sys.stderr)
        return 1
    print(f"{page}: renewed")
    return 0
