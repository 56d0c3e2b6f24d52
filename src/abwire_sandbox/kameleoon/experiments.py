"""Experiments, their variations and their targeting rules."""

from __future__ import annotations

from abwire_sandbox import locks
from abwire_sandbox.engine import Answer, Call, Engine, merged
from abwire_sandbox.errors import Refused
from abwire_sandbox.store import Item

_TRANSITIONS = {
    "ACTIVATE": (("DRAFT", "SCHEDULED", "PAUSED", "DEACTIVATED"), "ACTIVE"),
    "PAUSE": (("ACTIVE",), "PAUSED"),
    "RESUME": (("PAUSED",), "ACTIVE"),
    "STOP": (("ACTIVE", "PAUSED"), "STOPPED"),
    "SCHEDULE": (("DRAFT",), "SCHEDULED"),
    "DEACTIVATE": (("DRAFT", "SCHEDULED", "ACTIVE", "PAUSED"), "DEACTIVATED"),
}
"""From which statuses an action leads to which."""
_FIRST_STATUSES = ("DRAFT", "SCHEDULED", "ACTIVE", "PAUSED", "STOPPED", "DEACTIVATED")
"""Statuses that a new experiment may have: those that it can leave."""
_ORIGINAL = "origin"


def completed(engine: Engine, item: Item, call: Call) -> Item:
    """A new experiment. It has a first variation from the beginning, which public clients go on with.

    Raises:
        Refused: nothing leads out of its status, or its shares are of variations that are not there.
    """
    site = engine.get("sites", item["siteId"]) or {}
    experiment = {**item, "siteCode": site.get("code", "")}
    if call.operation.verb == "duplicate":
        experiment |= {"status": "DRAFT", **_copied(engine, experiment)}
    elif not experiment.get("variations") and "deviations" not in experiment:
        first = _new_variation(engine, {"name": "Variation 1", "siteId": item["siteId"], "experimentId": item["id"]})
        experiment |= {"variations": [first], "deviations": {_ORIGINAL: 0.5, str(first): 0.5}}
    if experiment["status"] not in _FIRST_STATUSES:
        said = f"status: a new experiment is {', '.join(_FIRST_STATUSES[:-1])} or {_FIRST_STATUSES[-1]}"
        raise Refused(422, said, fields=("status",))
    if experiment["status"] == "ACTIVE":
        experiment["dateStarted"] = engine.timestamp()
    return _with_variations(engine, {"variations": [], "deviations": {_ORIGINAL: 1.0}, **experiment})


def _copied(engine: Engine, experiment: Item) -> Item:
    """Variations of a copy, and their shares."""
    numbers = {}
    for number in experiment.get("variations", ()):
        old = engine.get("variations", number) or {"name": "Variation", "siteId": experiment["siteId"]}
        numbers[str(number)] = _new_variation(engine, {**old, "experimentId": experiment["id"]})
    shares = {str(numbers.get(key, key)): share for key, share in experiment.get("deviations", {}).items()}
    return {"variations": list(numbers.values()), "deviations": shares}


def _new_variation(engine: Engine, item: Item) -> int:
    number = engine.new_key("variations")
    defaults = {"jsCode": "", "cssCode": "", "isJsCodeAfterDomReady": True, "creationMode": "CODE_BASE"}
    engine.put("variations", {**defaults, **item, "id": number})
    return number


def _with_variations(engine: Engine, experiment: Item) -> Item:
    """An experiment with the variations that its shares name: clients attach new ones so, be it with a share of 0.

    Raises:
        Refused: a share is of a variation that is not there, or not a number.
    """
    shares: dict[str, float] = {}
    variations = list(experiment["variations"])
    for key, share in experiment["deviations"].items():
        variation = engine.get("variations", key)
        if key != _ORIGINAL and variation is None:
            raise Refused(422, f"deviations: {key} is neither {_ORIGINAL} nor a variation", fields=("deviations",))
        shares[key] = float(share)
        if variation is not None and variation["id"] not in variations:
            variations.append(variation["id"])
    for number in variations:
        variation = engine.get("variations", number)
        if variation is not None and variation.get("experimentId") != experiment["id"]:
            engine.put("variations", {**variation, "experimentId": experiment["id"]})
    return {**experiment, "variations": variations, "deviations": shares}


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
    new.setdefault("variations", [])
    new.setdefault("deviations", {_ORIGINAL: 1.0})
    if "variations" in call.body:  # those that are not in it leave, with their shares
        stay = {_ORIGINAL, *map(str, new["variations"]), *(call.body.get("deviations") or ())}
        new["deviations"] = {key: share for key, share in new["deviations"].items() if key in stay}
    return engine.answer(call, engine.change(call, old, _with_variations(engine, new)))


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
    """Delete an experiment, which must be a draft or stopped."""
    experiment = engine.find(call)
    if experiment["status"] not in ("DRAFT", "STOPPED"):
        raise Refused(400, f"only a draft or a stopped experiment can be deleted; it is {experiment['status']}")
    engine.remove("experiments", experiment)
    return Answer()


def simulate(engine: Engine, call: Call) -> Answer:
    """Return the address of a simulation of an experiment or a personalization."""
    item = engine.find(call)
    return Answer(f"{item.get('baseURL') or 'https://www.example.com'}?simulation={item['id']}")


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
