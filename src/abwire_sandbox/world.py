"""What a sandbox is to be like."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


def _utc_now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


@dataclass(frozen=True)
class World:
    """What a sandbox is to be like.

    Args:
        seed: what all seeded objects and all visitors depend on.
        state: an SQLite file in which everything is kept; None to forget it at the end.
        page_size: how many items a page of Kameleoon has at most, however many are asked for.
        convert_page_size: the same for Convert.
        rate_limits: how many calls in how many seconds an API that publishes rate limits allows for a token; those
            that it publishes, if it is None; none, if it is empty.
        token_lifetime: seconds that an access token lives.
        bare_variations: whether experiences of Convert v1 have their variations bare, and not each in an object with
            its share; which the vendor does is not known.
        waiting_polls: how often a computation is WAITING before it is READY.
        hosts: names under which it may be called, besides addresses and ``localhost``.
        specs: the folder of the effective specs that are served; by default that of the package.
        now: returns the time, in UTC.

    Raises:
        ValueError: a number is too small to make sense.
    """

    seed: int = 1
    state: Path | None = None
    page_size: int = 20
    convert_page_size: int = 50
    rate_limits: Sequence[tuple[int, float]] | None = None
    token_lifetime: float = 7200.0
    bare_variations: bool = False
    waiting_polls: int = 2
    hosts: Sequence[str] = ()
    specs: Path | None = None
    now: Callable[[], datetime.datetime] = _utc_now

    def __post_init__(self) -> None:
        for name, least in (("page_size", 1), ("convert_page_size", 1), ("waiting_polls", 0), ("token_lifetime", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}, and must be {least} at least")
        for calls, seconds in self.rate_limits or ():
            if calls < 1 or seconds <= 0:
                raise ValueError(f"a rate limit is some calls in some seconds, not {calls} in {seconds}")
