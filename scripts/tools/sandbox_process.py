"""A sandbox in a process of its own, so that it can end, or be killed, apart from what uses it."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

_PATIENCE: Final = 10.0
"""Seconds in which it may end of its own accord."""


@dataclass(frozen=True)
class Running:
    """A sandbox that serves.

    Attributes:
        process: its process.
        environment: the variables that it says to export.
    """

    process: subprocess.Popen[str]
    environment: dict[str, str]

    @property
    def url(self) -> str:
        """Return where it listens, without a path."""
        return self.environment["ABWIRE_SANDBOX_URL"]


@contextmanager
def running(*arguments: str, python: Sequence[str] = (), **options: Any) -> Iterator[Running]:
    """Start a sandbox, and end it at the end of the ``with`` statement, whatever happens in it.

    Args:
        arguments: of its command line.
        python: options of the interpreter.
        options: of :class:`subprocess.Popen`.

    Raises:
        RuntimeError: it does not start; it has said why on its stderr.
    """
    command = [sys.executable, *python, "-m", "abwire_sandbox", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options) as process:
        try:
            assert process.stdout is not None
            yield Running(process, _exported(process.stdout))
        finally:
            process.terminate()
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()


def _exported(lines: Iterable[str]) -> dict[str, str]:
    """The variables in what it prints, down to the line that says that it serves."""
    found: dict[str, str] = {}
    for line in lines:
        if line.startswith("# Process "):
            return found
        if line.startswith("export "):
            name, _, value = shlex.split(line)[1].partition("=")
            found[name] = value
    raise RuntimeError("the sandbox did not start")
