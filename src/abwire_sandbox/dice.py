"""Chance that repeats: what seeded objects are drawn with."""

from __future__ import annotations

import datetime
import random
from collections.abc import Sequence
from typing import Final, TypeVar

from abwire_sandbox import traffic

T = TypeVar("T")

ANCHOR: Final = datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)
"""The day on which seeded objects are as they are; later than all of their dates, save those that are planned."""


class Dice:
    """Draws for one kind of objects.

    Args:
        seed: of the sandbox.
        name: of the kind.
    """

    def __init__(self, seed: int, name: str) -> None:
        self._random: random.Random = traffic.generator(seed, "seeding", name)

    def one(self, values: Sequence[T], weights: Sequence[float] | None = None) -> T:
        """One of some values."""
        return self._random.choices(values, weights)[0]

    def some(self, values: Sequence[T], least: int, most: int) -> list[T]:
        """Several of some values, each once, in their order."""
        count = min(self._random.randint(least, most), len(values))
        return [values[index] for index in sorted(self._random.sample(range(len(values)), count))]

    def shuffled(self, values: Sequence[T]) -> list[T]:
        """All values in another order."""
        return self._random.sample(values, len(values))

    def number(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return self._random.randint(low, high)

    def happens(self, probability: float) -> bool:
        """Return whether something with a probability happens."""
        return self._random.random() < probability

    def code(self, length: int) -> str:
        """Lower-case letters and digits."""
        return "".join(self._random.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=length))

    def before(self, moment: datetime.datetime, least: int, most: int) -> datetime.datetime:
        """A moment some days before another."""
        seconds = self._random.randint(least * 86400, most * 86400)
        return moment - datetime.timedelta(seconds=seconds)


def text(moment: datetime.datetime) -> str:
    """A moment as Kameleoon's answers have it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
