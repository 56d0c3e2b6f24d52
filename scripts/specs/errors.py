"""Errors of the inputs: all that is wrong is reported in one run, each with its place and the way out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class InputError(Exception):
    """A spec, an overlay or another input that cannot be used; the message names the place and the way out."""


class CollectedError(InputError):
    """Everything that is wrong in one run, a line each."""

    def __init__(self, errors: Sequence[InputError]) -> None:
        self.errors = tuple(single for error in errors for single in each_error(error))
        super().__init__("\n".join(map(str, self.errors)))


class DocumentError(InputError):
    """A document that cannot be read, with the place: ``file:line:column: reason``."""

    def __init__(self, path: Path | str, reason: str, line: int | None = None, column: int | None = None) -> None:
        self.path = str(path)
        self.reason = reason
        self.line = line
        self.column = column
        place = self.path if line is None else f"{self.path}:{line}:{column}"
        super().__init__(f"{place}: {reason}")


def each_error(error: InputError) -> tuple[InputError, ...]:
    """Return the errors of a run one by one."""
    return error.errors if isinstance(error, CollectedError) else (error,)


def raise_all(errors: Sequence[InputError]) -> None:
    """Raise if there are errors: one as it is, several together."""
    if errors:
        raise CollectedError(errors) if len(errors) > 1 else errors[0]
