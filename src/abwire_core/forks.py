"""Forks: a child process makes its own locks and connections, because those of its parent may be in use."""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet


class Forkable(Protocol):
    """An object with locks or connections."""

    def after_fork(self) -> None:
        """Make new ones, in the child; other threads of the parent, which may have held locks, do not exist there."""


_forkables: WeakSet[Forkable] = WeakSet()


def renew_after_fork(forkable: Forkable) -> None:
    """Have an object renew itself in every child process, as long as it lives."""
    _forkables.add(forkable)


def _renew_all() -> None:
    for forkable in list(_forkables):
        forkable.after_fork()


if hasattr(os, "register_at_fork"):  # there is none where there are no forks
    os.register_at_fork(after_in_child=_renew_all)
