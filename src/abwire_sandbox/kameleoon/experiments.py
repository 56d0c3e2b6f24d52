"""Experiments, their variations and their targeting rules."""

from __future__ import annotations

from abwire_sandbox import locks
from abwire_sandbox.engine import Answer, Call, Engine, merged
from abwire_sandbox.errors import Refused
from abwire_sandbox.store import Item

_TRANSITIONS = {
    "ACTIVATE": (("DRAFT", "SCHEDULED", "DEACTIVATED"), "ACTIVE"),
    "PAUSE": (("ACTIVE",), "PAUSED"),
    "RESUME": (("PAUSED",), "ACTIVE"),
    "STOP": (("ACTIVE", "PAUSED"), "STOPPED"),
    "SCHEDULE": (("DRAFT",), "SCHEDULED"),
    "DEACTIVATE": (("DRAFT", "SCHEDULED", "ACTIVE", "PAUSED"), "DEACTIVATED"),
}
"""From which statuses an action leads to which."""


def completed(engine: Engine, item: Item, call: Call) -> Item:
    """A new experiment. It has a first variation from the beginning, which public clients go on with."""
    site = engine.get("sites", item["siteId"]) or {}
    experiment = {**item, "siteCode": site.get("code", "")}
    if call.operation.verb == "duplicate":
        experiment["status"] = "DRAFT"
    if experiment["status"] == "ACTIVE":
        experiment["dateStarted"] = engine.timestamp()
    experiment.setdefault("variations", [])
    experiment.setdefault("deviations", {"origin": 1.0})
    return experiment


def update(engine: Engine, call: Call) -> Answer:
    """Update an experiment, and change its status by the action."""
    old = engine.find(call)
    new = merged(old, engine.changes(call))
    action = call.query.get("action")
    if action is not None:
        allowed, status = _TRANSITIONS[action]
        if old["status"] not in allowed:
            raise Refused(422, f"{action} is for experiments that are {' or '.join(allowed)}, not {old['status']}")
        new = _in_status(engine, new, status)
    updated = engine.change(call, old, new)
    for number in set(updated.get("variations", ())) - set(old.get("variations", ())):
        variation = engine.get("variations", number)
        if variation is not None:
            engine.put("variations", {**variation, "experimentId": old["id"]})
    return engine.answer(call, updated)


def _in_status(engine: Engine, experiment: Item, status: str) -> Item:
    now = engine.timestamp()
    new = {**experiment, "status": status, "dateStatusModified": now, "dateModified": now}
    if status == "ACTIVE":
        new.setdefault("dateStarted", now)
        new.pop("dateEnded", None)
    if status in ("STOPPED", "DEACTIVATED") and "dateStarted" in new:
        new["dateEnded"] = now
    return new


def restart(engine: Engine, call: Call) -> Answer:
    """Restart a stopped experiment."""
    experiment = engine.find(call)
    if experiment["status"] != "STOPPED":
        raise Refused(422, f"only a stopped experiment can be restarted; it is {experiment['status']}")
    engine.put("experiments", _in_status(engine, experiment, "ACTIVE"))
    return Answer()


def delete(engine: Engine, call: Call) -> Answer:
    """Delete an experiment. The vendor's own MCP server was seen to get 400 for a paused one."""
    experiment = engine.find(call)
    if experiment["status"] not in ("DRAFT", "STOPPED"):
        raise Refused(400, f"only a draft or a stopped experiment can be deleted; it is {experiment['status']}")
    engine.remove("experiments", experiment)
    return Answer()


def create_targeting_rule(engine: Engine, call: Call) -> Answer:
    """Create a targeting rule for an experiment."""
    experiment = engine.get("experiments", call.query["experimentId"])
    if experiment is None:
        raise Refused(422, "there is no such experiment", fields=("experimentId",))
    locks.check(engine.store, "experiments", experiment["id"])
    if call.body.get("triggerConfiguration") == "ALL_VISITORS":
        raise Refused(422, "ALL_VISITORS is no trigger", fields=("triggerConfiguration",))
    rule = engine.add(call, call.body)
    engine.put("experiments", {**experiment, "targetingRuleId": rule["id"], "targetingRule": rule})
    return engine.answer(call, rule)


def update_variation(engine: Engine, call: Call) -> Answer:
    """Update a variation, and move it to another experiment."""
    old = engine.find(call)
    number = call.body.get("experimentId")
    experiment = engine.get("experiments", number)
    if number is not None and experiment is None:
        raise Refused(422, f"experimentId: there is no experiment {number}", fields=("experimentId",))
    new = engine.change(call, old, merged(old, {name: value for name, value in call.body.items() if name != "id"}))
    if "experimentId" in call.body and number != old.get("experimentId"):
        _leave(engine, old["id"])
        if experiment is not None:
            variations = [*experiment.get("variations", ()), old["id"]]
            engine.put("experiments", {**experiment, "variations": variations})
    return engine.answer(call, new)


def delete_variation(engine: Engine, call: Call) -> Answer:
    """Delete a variation; its experiment loses it."""
    variation = engine.find(call)
    _leave(engine, variation["id"])
    engine.remove("variations", variation)
    return Answer()


def _leave(engine: Engine, number: int) -> None:
    for experiment in engine.items("experiments"):
        if number in experiment.get("variations", ()):
            remaining = [other for other in experiment["variations"] if other != number]
            shares = {key: share for key, share in experiment.get("deviations", {}).items() if key != str(number)}
            engine.put("experiments", {**experiment, "variations": remaining, "deviations": shares})
