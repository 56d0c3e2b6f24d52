"""Results: they are asked for, computed, and polled for until they are there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from abwire_sandbox.engine import Answer, Call, Engine
from abwire_sandbox.errors import Refused
from abwire_sandbox.kameleoon import audience, flags, results
from abwire_sandbox.store import Item
from abwire_sandbox.traffic import Campaign

_COLLECTION = "kameleoon.reports"
_DIGITS = 38
"""Of half a code."""

Compute = Callable[[], Any]


def request_experiment(engine: Engine, call: Call) -> Answer:
    """Ask for a report on an experiment; the rollout rule of a feature flag runs as an experiment, too."""
    number = call.arguments["experimentId"]
    experiment = engine.get("experiments", number)
    if experiment is not None:
        return _requested_report(engine, call, "experiments", experiment)
    for flag in engine.items("feature_flags"):
        if any(str(rule.get("experimentId")) == number for rule in flags.rules_of(flag)):
            return _requested_report(engine, call, "feature_flags", flag)
    raise Refused(404, f"there is no experiment {number}")


def request_flag(engine: Engine, call: Call) -> Answer:
    """Ask for a report on a feature flag."""
    return _requested_report(engine, call, "feature_flags", engine.find(call))


def request_audience(engine: Engine, call: Call) -> Answer:
    """Ask for the statistics of a site's audience."""
    query = call.query
    site = engine.get("sites", query["siteId"])
    if site is None:
        raise Refused(400, f"there is no site {query['siteId']}")
    try:
        days = (results.moment(query["endDate"]) - results.moment(query["startDate"])).days
    except ValueError as error:
        raise Refused(400, str(error)) from None
    if not 0 <= days < audience.LONGEST:
        raise Refused(400, f"endDate is not before startDate, and at most {audience.LONGEST} days are counted")
    return _requested(engine, "|", {"group": "sites", "id": site["id"], "request": query})


def _requested_report(engine: Engine, call: Call, group: str, subject: Item) -> Answer:
    goals = _goals(engine, group, subject, call.body)
    results.check(_campaign(engine, group, subject, goals), call.body)
    return _requested(engine, "", {"group": group, "id": subject["id"], "request": call.body})


def _requested(engine: Engine, bar: str, report: Item) -> Answer:
    """Remember what is to be computed; its code is digits, in two halves."""
    number = engine.store.next_number(_COLLECTION)
    digits = str(int(hashlib.sha512(f"{engine.world.seed}:{number}".encode()).hexdigest(), 16))
    code = f"{digits[:_DIGITS]}{bar}{digits[_DIGITS : 2 * _DIGITS]}"
    engine.store.put(_COLLECTION, code, {**report, "waits": engine.world.waiting_polls})
    return Answer({"dataCode": code})


def poll(engine: Engine, call: Call) -> Answer:
    """Ask whether a report is there."""
    return _polled(engine, call, {"experiments", "feature_flags"})


def poll_audience(engine: Engine, call: Call) -> Answer:
    """Ask whether the statistics of an audience are there."""
    return _polled(engine, call, {"sites"})


def _polled(engine: Engine, call: Call, groups: set[str]) -> Answer:
    code = call.query["dataCode"]
    report = engine.store.get(_COLLECTION, code)
    if report is None or report["group"] not in groups:
        raise Refused(400, "no computation has this dataCode; a vertical bar in it is sent as %7C")
    if report["waits"] > 0:
        engine.store.put(_COLLECTION, code, {**report, "waits": report["waits"] - 1})
        return Answer({"status": "WAITING"})
    compute = _computation(engine, report)
    if compute is None or call.goes_wrong("failed_results"):
        return Answer({"status": "ERROR"})
    return Answer(lambda: {"status": "READY", "data": compute()})


def _computation(engine: Engine, report: Item) -> Compute | None:
    """Return what computes a report, with all that it needs: it runs in another thread. None if its subject is gone."""
    group, request = report["group"], report["request"]
    subject = engine.get(group, report["id"])
    if subject is None:
        return None
    seed = engine.world.seed
    if group == "sites":
        goals = [goal for goal in engine.items("goals") if goal["siteId"] == subject["id"]]
        segments = [
            segment
            for segment in engine.items("segments")
            if segment["siteId"] == subject["id"] and segment["audienceTracking"]
        ]
        now = engine.world.now()
        return partial(audience.statistics, seed, subject, goals, segments, request=request, now=now)
    goals = _goals(engine, group, subject, request)
    campaign = _campaign(engine, group, subject, goals)
    return partial(results.report, campaign, [results.goal_of(seed, goal) for goal in goals], request)


def _campaign(engine: Engine, group: str, subject: Item, goals: list[Item]) -> Campaign:
    make = results.experiment if group == "experiments" else results.feature_flag
    return make(engine.world.seed, subject, goals, engine.world.now())


def _goals(engine: Engine, group: str, subject: Item, request: Mapping[str, Any]) -> list[Item]:
    """The goals to report on: those that are asked for, or all that the subject has. Null and absent mean all."""
    asked = request.get("goalsIds")
    if asked is not None:
        unknown = [number for number in asked if engine.get("goals", number) is None]
        if unknown:
            raise Refused(422, f"goalsIds: there is no goal {unknown[0]}", fields=("goalsIds",))
    main, others = ("mainGoalId", "goals") if group == "experiments" else ("primaryGoalId", "secondaryGoalIds")
    numbers: Iterable[Any] = [subject.get(main), *subject.get(others, ())] if asked is None else asked
    found = (engine.get("goals", number) for number in dict.fromkeys(numbers) if number is not None)
    return [goal for goal in found if goal is not None]
