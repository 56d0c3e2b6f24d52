"""The page ``docs/benchmarks.md``: what was measured, on what, and how it compares with what was aimed at."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from bench.measures import CONTESTANTS, Result, Results
from bench.rivals import Dropped

LIBRARIES = ("httpx", "attrs", "openapi-python-client", "datamodel-code-generator", "pydantic")
Format = Callable[[float], str]


def milliseconds(seconds: float) -> str:
    """Seconds, for people."""
    return f"{seconds * 1e3:.2f} ms" if seconds < 0.01 else f"{seconds * 1e3:.1f} ms"


def microseconds(seconds: float) -> str:
    """Seconds, for people."""
    return f"{seconds * 1e6:.0f} µs"


def megabytes(size: float) -> str:
    """Bytes, for people."""
    return f"{size / 1e6:.1f} MB"


@dataclass(frozen=True)
class Comparison:
    """One thing that was measured, with what it is compared with."""

    words: str
    results: Results
    rival: str
    aim: float | None
    """How often as much as the rival the client may need; None if nothing was aimed at."""
    format: Format = milliseconds

    def row(self) -> tuple[str, ...]:
        """The cells of its row."""
        ours, theirs = self.results["abwire"], self.results[self.rival]
        ratios = ours.least / theirs.least, ours.middle / theirs.middle
        aim = "" if self.aim is None else f"at most {self.aim:.2f}"
        reached = "" if self.aim is None else "yes" if ratios[1] <= self.aim else "no"
        return (
            self.words,
            self._cell(ours),
            CONTESTANTS[self.rival],
            self._cell(theirs),
            " / ".join(f"{ratio:.2f}" for ratio in ratios),
            aim,
            reached,
        )

    def _cell(self, result: Result) -> str:
        both = self.format(result.least), self.format(result.middle)
        return both[0] if result.least == result.middle else " / ".join(both)


HEAD = ("what", "abwire", "rival", "of the rival", "ratio", "aim", "reached")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def growth(results: Mapping[str, Results], first: str, format: Format = milliseconds) -> str:  # noqa: A002
    """A table with a row for each size, or whatever else grows, and a column for each contestant."""
    contestants = list(next(iter(results.values())))
    rows = [
        (words, *(format(found[contestant].middle) for contestant in contestants)) for words, found in results.items()
    ]
    return table((first, *(CONTESTANTS[contestant] for contestant in contestants)), rows)


def dropped(found: Dropped) -> str:
    """Return what the stock generator made nothing of, as a paragraph."""
    if not found.operations:
        return f"From the spec of `{found.api}` openapi-python-client makes all {found.all} operations.\n"
    return f"""\
From the spec of `{found.api}` openapi-python-client makes {found.all - found.operations} of {found.all} operations. The
others it leaves out with a warning ({"; ".join(found.reasons)}), the list of experiments among them: its models are
decoded by the code that it would have had there.
"""


def machine() -> str:
    """Return what it was measured on."""
    cpu = platform.processor() or platform.machine()
    about = Path("/proc/cpuinfo")
    if about.is_file():
        names = [
            line.split(":", 1)[1].strip() for line in about.read_text("utf-8").splitlines() if "model name" in line
        ]
        cpu = names[0] if names else cpu
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return f"{cpu}, {os.cpu_count()} cores, {platform.system()}; Python {sys.version.split()[0]}, {libraries}."
