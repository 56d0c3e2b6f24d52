"""Markdown tables, and texts that stay texts in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from scripts.specs.text import one_line

# An underscore within a word means nothing.
_MEANT = re.compile(r"[\\`*\[\]<>|&~]|(?<![^\W_])_|_(?![^\W_])")


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table of cells that are Markdown on one line; a text becomes that by :func:`prose` or :func:`code`."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


def prose(text: str) -> str:
    """Return a text as Markdown on one line, in which nothing is markup but what stands between backticks."""
    parts = re.split(r"`([^`]+)`", one_line(text))
    return "".join(code(part) if index % 2 else _MEANT.sub(r"\\\g<0>", part) for index, part in enumerate(parts))


def code(text: str) -> str:
    """Return a text as a code span on one line, for a table."""
    text = one_line(text).replace("|", "\\|")
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    pad = " " if text[:1] == "`" or text[-1:] == "`" else ""
    return f"{fence}{pad}{text}{pad}{fence}"
