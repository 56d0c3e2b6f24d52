"""Visitors of sites that do not exist: who comes on which day, which variation each gets, and what each converts.

Every visit is drawn on its own, from a generator that is seeded with the campaign and the day. So conversions are
binomial, the sums over any breakdown are the totals, and the same question always has the same answer.
"""

from __future__ import annotations

import datetime
import functools
import math
import random
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

DEVICES = ("DESKTOP", "PHONE", "TABLET")
BROWSERS = ("CHROME", "SAFARI", "FIREFOX", "EDGE", "OTHER")
COUNTRIES = ("FR", "DE", "GB", "US", "ES", "IT", "JP")
YES_NO = ("false", "true")

_DEVICE_SHARES = (0.42, 0.51, 0.07)
_DEVICE_FACTORS = (1.25, 0.8, 0.96)
"""How much more, or less, visitors convert by their device."""
_BROWSER_SHARES = (0.58, 0.24, 0.06, 0.09, 0.03)
_COUNTRY_SHARES = (0.34, 0.2, 0.14, 0.12, 0.08, 0.08, 0.04)
_HOUR_WEIGHTS = (3, 2, 1, 1, 1, 2, 4, 7, 9, 10, 11, 12, 12, 11, 10, 10, 10, 11, 12, 13, 13, 11, 8, 5)
_WEEKDAY_FACTORS = (1.06, 1.02, 1.0, 0.99, 0.97, 0.94, 1.02)
_NEW = 0.55
"""How many visits are the first ones to a site."""
_FIRST_AGAIN = 0.4
"""How many of the other visits are the first ones within a campaign."""
_AGAIN = 0.2
"""How likely another conversion within a visit is, for goals that allow it."""
_LONGEST_RUN = datetime.timedelta(days=5 * 365)
"""After which a campaign gets no more visits."""


@dataclass(frozen=True)
class Goal:
    """What visitors may do.

    Args:
        id: names it.
        rate: how many visits convert it without any variation's effect, from 0 to 1.
        value: revenue of an average conversion; 0 for none.
        repeats: whether it may be converted several times in a visit.
    """

    id: str
    rate: float
    value: float = 0.0
    repeats: bool = False


@dataclass(frozen=True)
class Arm:
    """A variation.

    Args:
        key: names it.
        weight: its share of the visits, in any unit.
        effects: by which factor it changes the rate of a goal, by the goal's id.
    """

    key: str
    weight: float = 1.0
    effects: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Campaign:
    """What visits are drawn for.

    Args:
        seed: of the sandbox.
        name: of the campaign; another name means other visits.
        arms: its variations.
        per_day: visits on an average day.
        start: from when on there are visits.
        end: from when on there are none.
    """

    seed: int
    name: str
    arms: tuple[Arm, ...]
    per_day: int
    # No part of what is remembered for a campaign: visits on a day are the same however long it goes on.
    start: datetime.datetime = field(compare=False)
    end: datetime.datetime = field(compare=False)


@dataclass(frozen=True)
class Day:
    """The visits of a day, by columns; small numbers stand for positions in a tuple."""

    hour: bytes
    arm: bytes
    device: bytes
    browser: bytes
    country: bytes
    is_new: bytes
    is_first: bytes

    def __len__(self) -> int:
        return len(self.hour)


def generator(*names: object) -> random.Random:
    """A generator of its own for everything that has a name."""
    return random.Random(":".join(map(str, names)))  # noqa: S311 - nothing secret


@functools.lru_cache(4096)
def visits(campaign: Campaign, day: datetime.date) -> Day:
    """The visits of a campaign on a day."""
    chance = generator(campaign.seed, campaign.name, day)
    mean = campaign.per_day * _WEEKDAY_FACTORS[day.weekday()]
    count = max(0, round(chance.gauss(mean, math.sqrt(mean)))) if mean else 0
    weights = [max(arm.weight, 0.0) for arm in campaign.arms]
    is_new = bytes(chance.random() < _NEW for _ in range(count))
    return Day(
        hour=_choices(chance, _HOUR_WEIGHTS, count),
        arm=_choices(chance, weights if any(weights) else [1.0] * len(weights), count),
        device=_choices(chance, _DEVICE_SHARES, count),
        browser=_choices(chance, _BROWSER_SHARES, count),
        country=_choices(chance, _COUNTRY_SHARES, count),
        is_new=is_new,
        is_first=bytes(new or chance.random() < _FIRST_AGAIN for new in is_new),
    )


def _choices(chance: random.Random, weights: Sequence[float], count: int) -> bytes:
    return bytes(chance.choices(range(len(weights)), weights, k=count)) if count else b""


@functools.lru_cache(8192)
def conversions(campaign: Campaign, day: datetime.date, goal: Goal) -> tuple[bytes, array[float]]:
    """Return how often each visit of a day converts a goal, and its revenue."""
    seen = visits(campaign, day)
    chance = generator(campaign.seed, campaign.name, day, goal.id)
    rates = [
        [min(0.95, goal.rate * factor * dict(arm.effects).get(goal.id, 1.0)) for factor in _DEVICE_FACTORS]
        for arm in campaign.arms
    ]
    counts = bytearray(chance.random() < rates[arm][device] for arm, device in zip(seen.arm, seen.device, strict=True))
    if goal.repeats:
        for index, count in enumerate(counts):
            while count and count < 9 and chance.random() < _AGAIN:
                count += 1  # noqa: PLW2901 - how often this visit converts
                counts[index] = count
    worth = [goal.value * chance.lognormvariate(-0.08, 0.4) if count and goal.value else 0.0 for count in counts]
    return bytes(counts), array("d", (round(value * count, 2) for value, count in zip(worth, counts, strict=True)))


# --- tallies ---


@dataclass
class GoalTally:
    """What was converted."""

    conversions: int = 0
    converted: int = 0
    """Visits with a conversion."""
    revenue: float = 0.0


@dataclass
class Tally:
    """What some visits add up to."""

    visits: int = 0
    visitors: int = 0
    goals: dict[str, GoalTally] = field(default_factory=dict)


Column = Callable[[Campaign, datetime.date, Day], list[str]]
"""Gives each visit of a day the value by which visits are split, or chosen."""
Choice = tuple[Column, Callable[[str], bool]]
"""Which visits count: those whose value in a column passes."""


def named(attribute: str, names: tuple[str, ...]) -> Column:
    """A column of the visits, by the names of its values."""

    def column(campaign: Campaign, day: datetime.date, seen: Day) -> list[str]:
        return [names[value] for value in getattr(seen, attribute)]

    return column


def drawn(name: str, values: Sequence[str], weights: Sequence[float]) -> Column:
    """A column that is drawn for this purpose, always alike for the same name."""

    def column(campaign: Campaign, day: datetime.date, seen: Day) -> list[str]:
        chance = generator(campaign.seed, campaign.name, day, name)
        return chance.choices(values, weights, k=len(seen)) if len(seen) else []

    return column


def interval(length: str) -> Column:
    """The beginning of the hour, day, week, month or year in which a visit is."""

    def column(campaign: Campaign, day: datetime.date, seen: Day) -> list[str]:
        if length == "HOUR":
            return [f"{day}T{hour:02}:00:00Z" for hour in seen.hour]
        first = {
            "DAY": day,
            "WEEK": day - datetime.timedelta(days=day.weekday()),
            "MONTH": day.replace(day=1),
            "YEAR": day.replace(month=1, day=1),
        }[length]
        return [f"{first}T00:00:00Z"] * len(seen)

    return column


Period = tuple[datetime.datetime, datetime.datetime]
"""From the one moment, included, to the other, excluded."""


def run(start: datetime.datetime, end: datetime.datetime) -> Period:
    """When a campaign has visits, if it is open from one moment to another: for five years at most."""
    return start, min(end, start + _LONGEST_RUN)


def tally(
    campaign: Campaign,
    goals: Sequence[Goal],
    periods: Sequence[Period],
    *,
    split: Column | None = None,
    choose: Sequence[Choice] = (),
    whole: str = "",
) -> dict[str, dict[str, Tally]]:
    """What the visits of a campaign add up to, by the key of the variation and by the value that they are split by.

    Args:
        campaign: the campaign.
        goals: the goals to count.
        periods: when; a visit counts once, in however many of them it is.
        split: what to split by.
        choose: which visits count; they must pass all.
        whole: stands for the value when nothing is split.
    """
    tallies: dict[str, dict[str, Tally]] = {arm.key: {} for arm in campaign.arms}
    values: dict[str, None] = {} if split else {whole: None}
    keys = [arm.key for arm in campaign.arms]
    for day, hours in _days(campaign, periods):
        seen = visits(campaign, day)
        counted = [index for index, hour in enumerate(seen.hour) if hour in hours]
        for column, passes in choose:
            passing = column(campaign, day, seen)
            counted = [index for index in counted if passes(passing[index])]
        names = split(campaign, day, seen) if split else [whole] * len(seen)
        converted = [(goal.id, *conversions(campaign, day, goal)) for goal in goals]
        for index in counted:
            name = names[index]
            values[name] = None
            row = tallies[keys[seen.arm[index]]].setdefault(name, Tally())
            row.visits += 1
            row.visitors += seen.is_first[index]
            for goal, counts, revenue in converted:
                if counts[index]:
                    total = row.goals.setdefault(goal, GoalTally())
                    total.conversions += counts[index]
                    total.converted += 1
                    total.revenue += revenue[index]
    # Every variation has a row for every value, and every row has all goals.
    return {
        key: {value: _complete(rows.get(value, Tally()), goals) for value in sorted(values)}
        for key, rows in tallies.items()
    }


def _complete(row: Tally, goals: Sequence[Goal]) -> Tally:
    row.goals = {goal.id: row.goals.get(goal.id, GoalTally()) for goal in goals}
    return row


def _days(campaign: Campaign, periods: Sequence[Period]) -> Iterator[tuple[datetime.date, set[int]]]:
    """The days on which there may be visits, each with the hours that count."""
    spans = [(max(start, campaign.start), min(stop, campaign.end)) for start, stop in periods]
    hours: dict[datetime.date, set[int]] = {}
    for start, stop in spans:
        if start >= stop:
            continue
        moment = start.replace(minute=0, second=0, microsecond=0)
        if moment < start and start > campaign.start:
            moment += datetime.timedelta(hours=1)
        while moment < stop:
            hours.setdefault(moment.date(), set()).add(moment.hour)
            moment += datetime.timedelta(hours=1)
    yield from sorted(hours.items())
