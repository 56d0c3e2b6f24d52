"""Progress of results that take time, for people: a line that changes in a terminal or notebook, else log lines."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from abwire_core.operations import Operation

OnPoll = Callable[[int, float], None]

_log = logging.getLogger("abwire")


@contextlib.contextmanager
def showing(progress: bool, operation: Operation[Any], on_poll: OnPoll | None) -> Iterator[OnPoll | None]:
    """Show progress while results are waited for.

    Args:
        progress: whether to show anything.
        operation: what is waited for.
        on_poll: the caller's own function; it is called too.

    Yields:
        The function to call after each poll without results.
    """
    if not progress:
        yield on_poll
        return
    with _shown(operation.operation_id) as show:

        def told(number: int, seconds: float) -> None:
            show(f"waiting for {operation.operation_id}: {seconds:.0f} s, {number} poll{'s' if number > 1 else ''}")
            if on_poll is not None:
                on_poll(number, seconds)

        yield told


@contextlib.contextmanager
def _shown(name: str) -> Iterator[Callable[[str], object]]:
    try:
        from rich.console import Console  # noqa: PLC0415 - optional, and slow to import
    except ImportError:
        yield _line() if sys.stderr.isatty() else _log.info
        if sys.stderr.isatty():
            sys.stderr.write("\n")
        return
    console = Console(stderr=True)
    if not console.is_terminal and not console.is_jupyter:
        yield _log.info
        return
    with console.status(f"waiting for {name}") as status:
        yield status.update


def _line() -> Callable[[str], object]:
    """Return a function that writes over the last line of a terminal."""

    def show(text: str) -> None:
        sys.stderr.write(f"\r{text}")
        sys.stderr.flush()

    return show
