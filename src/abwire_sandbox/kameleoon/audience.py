"""Statistics of the audience of a site, and of its segments."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from abwire_sandbox import traffic
from abwire_sandbox.kameleoon.results import goal_of, moment
from abwire_sandbox.significance import improvement
from abwire_sandbox.store import Item
from abwire_sandbox.traffic import Arm, Campaign, Choice, Column, Tally

_ALL = ""
LONGEST: Final = 366
"""Days that statistics are made of at most."""


def statistics(
    seed: int,
    site: Item,
    goals: Sequence[Item],
    segments: Sequence[Item],
    *,
    request: Mapping[str, Any],
    now: datetime.datetime,
) -> dict[str, Any]:
    """Statistics of a site's audience, as ``AudienceData`` of the spec.

    Args:
        seed: of the sandbox.
        site: the site.
        goals: its goals, of which the main one, else the first, is counted.
        segments: its segments that are tracked.
        request: the query of the request.
        now: when visits end.
    """
    start = moment(request["startDate"])
    end = moment(request["endDate"]) + datetime.timedelta(days=1)
    before = start - (end - start)
    name = f"site:{site['id']}"
    main = [goal for goal in goals if goal["id"] == site.get("mainGoal")]
    counted = [goal_of(seed, goal) for goal in main or goals[:1]]
    campaign = Campaign(
        seed,
        name,
        (Arm(_ALL),),
        traffic.generator(seed, name).randint(400, 1200),
        min(before, now),
        min(end, now),
    )
    choose = list(map(_audience_filter, request.get("filters", ())))
    by_visitor = request["analyticsLevel"] == "VISITOR"

    def stats(*more: Choice) -> dict[str, Any]:
        both = [
            traffic.tally(campaign, counted, [period], choose=[*choose, *more], whole=_ALL)[_ALL][_ALL]
            for period in ((start, end), (before, start))
        ]
        return _stats(both[0], both[1], by_visitor=by_visitor)

    return {
        "startDateTime": start.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "endDateTime": end.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "analyticsLevel": request["analyticsLevel"],
        "globalStats": stats(),
        "segmentStats": [
            {"segmentId": segment["id"], **stats((_membership("segment", segment["id"]), _is_yes))}
            for segment in segments
        ],
    }


def _is_yes(value: str) -> bool:
    return value == "true"


def _membership(kind: str, identifier: object) -> Column:
    """Return whether a visit belongs to a part of the audience; how large the part is follows from what it is."""
    share = traffic.generator(kind, identifier).uniform(0.05, 0.45)
    return traffic.drawn(f"{kind}:{identifier}", traffic.YES_NO, (1 - share, share))


def _audience_filter(found: Mapping[str, Any]) -> Choice:
    names = {key: value for key, value in found.items() if key not in ("type", "include")}
    is_included = found.get("include", True)
    return _membership(found["type"], sorted(names.items())), lambda value: _is_yes(value) is is_included


def _stats(row: Tally, before: Tally, *, by_visitor: bool) -> dict[str, Any]:
    now, then = _figures(row, by_visitor=by_visitor), _figures(before, by_visitor=by_visitor)
    compared = (
        "conversionRate",
        "elementCount",
        "revenue",
        "averageRevenuePerElementCount",
        "averageRevenuePerConversion",
    )
    evolution = {
        f"{name}Evolution": improvement(now[name], then[name]) for name in compared if name in now and then.get(name)
    }
    return {**now, **evolution}


def _figures(row: Tally, *, by_visitor: bool) -> dict[str, Any]:
    elements = row.visitors if by_visitor else row.visits
    conversions = sum(goal.conversions for goal in row.goals.values())
    converted = sum(goal.converted for goal in row.goals.values())
    revenue = round(math.fsum(goal.revenue for goal in row.goals.values()), 2)
    figures = {
        "elementCount": elements,
        "conversions": conversions,
        "convertedElementCount": converted,
        "revenue": revenue,
    }
    if elements:
        figures["conversionRate"] = converted / elements
        figures["averageRevenuePerElementCount"] = revenue / elements
        figures["averageConversionPerElementCount"] = conversions / elements
    if conversions:
        figures["averageRevenuePerConversion"] = revenue / conversions
    return figures
