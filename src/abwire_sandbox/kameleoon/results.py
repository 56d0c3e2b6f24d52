"""Reports on experiments and feature flags."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from abwire_sandbox import traffic
from abwire_sandbox.errors import Refused
from abwire_sandbox.kameleoon.flags import SWITCHED_OFF
from abwire_sandbox.significance import improvement, rate, reliability
from abwire_sandbox.store import Item
from abwire_sandbox.traffic import Arm, Campaign, Column, Goal, Period, Tally

REFERENCE = "_reference"
"""Stands for the original among variations, and for the total among the values of a breakdown."""

_RATES = {
    "CLICK": 0.12,
    "CUSTOM": 0.055,
    "SCROLL": 0.38,
    "PAGE_VIEWS": 0.3,
    "URL": 0.07,
    "TIME_SPENT": 0.26,
    "RETENTION_RATE": 0.18,
    "WAREHOUSE": 0.04,
    "RATIO_METRICS": 0.09,
}
"""How many visits convert a goal, by its type."""
_COLUMNS: Mapping[str, Column] = {
    "DEVICE_TYPE": traffic.named("device", traffic.DEVICES),
    "BROWSER": traffic.named("browser", traffic.BROWSERS),
    "COUNTRY": traffic.named("country", traffic.COUNTRIES),
    "NEW_VISITOR": traffic.named("is_new", traffic.YES_NO),
}
_FIRST_YEAR, _LAST_YEAR = 1990, 2200
_CUSTOM_VALUES = ("gold", "silver", "bronze", "none")
_CUSTOM_SHARES = (0.08, 0.17, 0.3, 0.45)


def goal_of(seed: int, item: Item) -> Goal:
    """Return how often a goal is converted; the same for every campaign."""
    chance = traffic.generator(seed, "goal", item["id"])
    base = _RATES.get(item.get("type", "CUSTOM"), 0.05)
    value = 0.0
    if item.get("type") in ("CUSTOM", "URL") and "purchase" in item.get("name", "").lower():
        value = round(chance.uniform(35, 120), 2)
    return Goal(
        str(item["id"]), base * chance.uniform(0.6, 1.4), value=value, repeats=bool(item.get("hasMultipleConversions"))
    )


def experiment(seed: int, item: Item, goals: Sequence[Item], now: datetime.datetime) -> Campaign:
    """Return what an experiment has measured."""
    shares = item.get("deviations", {})
    keys = {REFERENCE: shares.get("origin", 1.0)}
    keys |= {str(variation): shares.get(str(variation), 1.0) for variation in item.get("variations", ())}
    start = moment(item["dateStarted"]) if item.get("dateStarted") else now
    end = moment(item["dateEnded"]) if item.get("dateEnded") else now
    return _campaign(seed, f"experiment:{item['id']}", keys, goals, (start, end))


def feature_flag(seed: int, item: Item, goals: Sequence[Item], now: datetime.datetime) -> Campaign:
    """What a feature flag has measured in its environment that visitors see: production, or the first that is on.

    What was measured before it was switched off stays.
    """
    ended = item.get(SWITCHED_OFF, {})
    environments = [
        found
        for found in item["environmentConfigurations"]
        if found.get("featureEnabled") or found.get("environmentKey") in ended
    ]
    environments.sort(key=lambda found: found.get("environmentKey") != "production")
    name = f"feature-flag:{item['id']}"
    if not environments:
        return _campaign(seed, name, {REFERENCE: 1.0}, goals, (now, now))
    rules: list[Item] = sorted(environments[0]["rolloutRules"], key=lambda rule: rule["type"] != "EXPERIMENTATION")
    rule: Item = rules[0] if rules else {}
    control = rule.get("controlVariationKey") or environments[0].get("defaultVariationKey")
    keys = {REFERENCE: 100.0 - rule.get("exposition", 0.0) if rule.get("type") != "EXPERIMENTATION" else 0.0}
    for allocation in rule.get("trafficAllocations", ()):
        key = REFERENCE if allocation.get("variationKey") == control else str(allocation["variationId"])
        keys[key] = float(allocation.get("exposition", 1.0))
    key = environments[0].get("environmentKey")
    is_on = bool(environments[0].get("featureEnabled"))
    end = now if is_on else moment(ended[key])
    return _campaign(seed, name, keys, goals, (moment(item["dateCreated"]), end))


def _campaign(seed: int, name: str, shares: Mapping[str, float], goals: Sequence[Item], run: Period) -> Campaign:
    arms = [Arm(REFERENCE, shares[REFERENCE])]
    for key in shares:
        if key != REFERENCE:
            effect = traffic.generator(seed, name, key).gauss(0.04, 0.07)
            effects = ((str(goal["id"]), 1 + effect * _part(seed, name, key, goal)) for goal in goals)
            arms.append(Arm(key, shares[key], tuple(effects)))
    per_day = traffic.generator(seed, name).randint(500, 1500)
    return Campaign(seed, name, tuple(arms), per_day, *traffic.run(*run))


def _part(seed: int, name: str, key: str, goal: Item) -> float:
    """Return how much of a variation's effect a goal sees."""
    return traffic.generator(seed, name, key, goal["id"]).uniform(0.3, 1.3)


def report(campaign: Campaign, goals: Sequence[Goal], request: Mapping[str, Any]) -> dict[str, Any]:
    """A report, as ``ResultsData`` of the spec.

    Rates, improvements and the reliability are in percent. By default they are those of visits; of visitors, if
    ``visitorData`` is asked for.

    Args:
        campaign: what is reported on.
        goals: those to report on.
        request: a ``ResultsRequest`` or an ``ExperimentResultsRequest`` of the spec; see :func:`check`.
    """
    intervals = request.get("dateIntervals")
    periods = [_period(interval, campaign) for interval in intervals] if intervals is not None else None
    tallies = traffic.tally(
        campaign,
        goals,
        periods if periods is not None else [(campaign.start, campaign.end)],
        split=_split(request.get("breakdown")),
        choose=[(_COLUMNS[found["type"]], _passes(found)) for found in request.get("filters", ())],
        whole=REFERENCE,
    )
    reference = tallies[_reference(request)]
    comparisons = len(tallies) - 1 if request.get("enabledMultipleTesting") else 1
    return {
        "variationData": {
            key: {
                "breakdownData": {
                    value: {
                        "generalData": _row(row, None if rows is reference else reference[value], request, comparisons)
                    }
                    for value, row in rows.items()
                }
            }
            for key, rows in tallies.items()
        }
    }


def check(campaign: Campaign, request: Mapping[str, Any]) -> None:
    """Raise unless a report can be made.

    Raises:
        Refused: the sandbox does not know what is asked for.
    """
    try:
        for interval in request.get("dateIntervals", ()):
            _period(interval, campaign)
    except ValueError as error:
        raise Refused(422, f"dateIntervals: {error}", fields=("dateIntervals",)) from None
    keys = [arm.key for arm in campaign.arms]
    if _reference(request) not in keys:
        raise Refused(
            422,
            f"referenceVariationId is 0 for the original or one of {', '.join(keys[1:])}",
            fields=("referenceVariationId",),
        )
    for found in request.get("filters", ()):
        if found["type"] not in _COLUMNS or not isinstance(found.get("values"), list):
            raise Refused(
                422, f"the sandbox knows filters with values, of the types {', '.join(_COLUMNS)}", fields=("filters",)
            )
    kind = (request.get("breakdown") or {}).get("type")
    known = (*_COLUMNS, "INTERVAL", "CUSTOM_DATUM", "CROSS_CAMPAIGN")
    if kind is not None and kind not in known:
        raise Refused(422, f"the sandbox knows the breakdowns {', '.join(known)}", fields=("breakdown",))


def _reference(request: Mapping[str, Any]) -> str:
    asked = request.get("referenceVariationId", "0")
    return REFERENCE if asked in ("0", "", REFERENCE) else str(asked)


def _split(breakdown: Mapping[str, Any] | None) -> Column | None:
    if breakdown is None:
        return None
    match breakdown["type"]:
        case "INTERVAL":
            return traffic.interval(breakdown["interval"])
        case "CUSTOM_DATUM":
            return traffic.drawn(f"custom:{breakdown['index']}", _CUSTOM_VALUES, _CUSTOM_SHARES)
        case "CROSS_CAMPAIGN":
            others = [*breakdown.get("experiments", ()), *breakdown.get("personalizations", ())]
            names = [*map(str, others), "none"]
            return traffic.drawn(f"cross:{others}", names, [1.0] * len(others) + [3.0])
        case kind:
            return _COLUMNS[kind]


def _passes(found: Mapping[str, Any]) -> Callable[[str], bool]:
    values = {str(value).lower() for value in found["values"]}
    is_included = found.get("include", True)
    return lambda value: (value.lower() in values) is is_included


def _row(row: Tally, reference: Tally | None, request: Mapping[str, Any], comparisons: int) -> dict[str, Any]:
    return {
        "visitCount": row.visits,
        "visitorCount": row.visitors,
        "goalsData": {goal: _goal(goal, row, reference, request, comparisons) for goal in row.goals},
    }


def _goal(
    goal: str, row: Tally, reference: Tally | None, request: Mapping[str, Any], comparisons: int
) -> dict[str, Any]:
    found = row.goals[goal]
    count, total = _counted(goal, row, request)
    value = rate(count, total)
    better, sure = None, None
    if reference is not None:
        reference_count, reference_total = _counted(goal, reference, request)
        better = improvement(value, rate(reference_count, reference_total))
        sure = reliability(count, total, reference_count, reference_total, comparisons)
    revenue = round(found.revenue, 2)
    return {
        "conversionCount": found.conversions,
        "convertedVisitCount": found.converted,
        "revenueCount": revenue,
        "averageCart": revenue / found.conversions if revenue else None,
        "conversionRate": value,
        "improvementRate": better,
        "reliability": sure,
    }


def _counted(goal: str, row: Tally, request: Mapping[str, Any]) -> tuple[int, int]:
    """The conversions that count, of how many."""
    found = row.goals[goal]
    count = found.conversions if request["conversionType"] == "ALL_CONVERSION" else found.converted
    return count, row.visitors if request.get("visitorData") else row.visits


def _period(interval: Mapping[str, Any], campaign: Campaign) -> Period:
    return (
        moment(interval["start"]) if interval.get("start") else campaign.start,
        moment(interval["end"]) if interval.get("end") else campaign.end,
    )


def moment(text: str) -> datetime.datetime:
    """A moment from ISO 8601; without a time zone it is in UTC.

    Raises:
        ValueError: it is too long ago, or too far ahead, to count with.
    """
    found = datetime.datetime.fromisoformat(text.upper())
    if not _FIRST_YEAR < found.year < _LAST_YEAR:
        raise ValueError(f"years are from {_FIRST_YEAR} to {_LAST_YEAR}")
    return found.replace(tzinfo=datetime.UTC) if found.tzinfo is None else found.astimezone(datetime.UTC)
