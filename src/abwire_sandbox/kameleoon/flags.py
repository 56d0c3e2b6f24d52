"""Feature flags. Requests and answers have other forms of variations and of rollout rules."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from abwire_sandbox import locks
from abwire_sandbox.engine import Answer, Call, Engine, merged
from abwire_sandbox.errors import Refused
from abwire_sandbox.store import Item

_ENVIRONMENTS = ("development", "staging", "production")
_OF_ENVIRONMENTS = ("integrations", "rolloutRules", "defaultVariationKey", "featureEnabled")
_LONGEST_NAME = 100
SWITCHED_OFF = "$switchedOff"
"""The member of a stored flag that says when environments were switched off."""


def made(engine: Engine, item: Item, call: Call) -> Item:
    """A new flag, completed."""
    off_and_on = [{"key": "off", "name": "Off", "variables": []}, {"key": "on", "name": "On", "variables": []}]
    flag = {**item, "variations": item.get("variations") or off_and_on}
    if not flag.get("environmentConfigurations"):
        first = flag["variations"][0].get("key", "off")
        flag["environmentConfigurations"] = [
            {"environmentKey": name, "featureEnabled": False, "defaultVariationKey": first} for name in _ENVIRONMENTS
        ]
    return _completed(engine, flag, None)


def rules_of(flag: Item) -> Iterator[Item]:
    """The rollout rules of a flag, in all environments."""
    for environment in flag.get("environmentConfigurations", ()):
        yield from environment.get("rolloutRules", ())


# --- from requests' forms to those of answers ---


def _completed(engine: Engine, flag: Item, old: Item | None) -> Item:
    """A flag as answers have it; what the request could not set is taken from the old one."""
    known = [variation.get("key") for variation in flag["variations"]]
    types = {variable.get("key"): variable.get("type") for variable in flag["variables"]}
    variations = [
        {
            **variation,
            "variables": [
                {"type": types.get(variable.get("key")) or "STRING", **variable}
                for variable in variation.get("variables", ())
            ],
        }
        for variation in flag["variations"]
    ]
    before = {rule["id"]: rule for rule in rules_of(old or {})}
    environments = []
    for environment in flag["environmentConfigurations"]:
        _check_keys([environment.get("defaultVariationKey")], known)
        rules = [
            _rule(engine, rule, known, before.get(rule.get("id"), {})) for rule in environment.get("rolloutRules", ())
        ]
        defaults = {"dateModified": engine.timestamp(), "integrations": {"deliveryRules": [], "experimentRules": []}}
        environments.append({**defaults, **environment, "rolloutRules": rules})
    return {**flag, "variations": variations, "environmentConfigurations": environments}


def _rule(engine: Engine, rule: Item, known: list[Any], old: Item) -> Item:
    new = {
        **old,
        **{name: value for name, value in rule.items() if name not in ("orderIndex", "reallocation", "state")},
    }
    new["status"] = rule.get("state") or new.get("status", "ACTIVE")
    allocations = new.get("trafficAllocations", ())
    named = [allocation.get("variationKey") for allocation in allocations]
    _check_keys([new.get("variationKey"), new.get("controlVariationKey"), *named], known)
    if new.get("segmentId") is not None and engine.get("segments", new["segmentId"]) is None:
        raise Refused(422, f"segmentId: there is no segment {new['segmentId']}", fields=("rolloutRules",))
    if "id" not in new:
        new["id"] = engine.new_key("rules")
    if new["type"] == "EXPERIMENTATION" and "experimentId" not in new:
        new["experimentId"] = engine.new_key("experiments")
    if allocations:
        new["trafficAllocations"] = [
            found if "variationId" in found else {**found, "variationId": engine.new_key("variations")}
            for found in allocations
        ]
    if new.get("rollbackConditions"):
        new["rollbackConditions"] = [
            found if "id" in found else {**found, "id": engine.new_key("rollbacks")}
            for found in new["rollbackConditions"]
        ]
    return new


def _check_keys(named: list[Any], known: list[Any]) -> None:
    for key in named:
        if key is not None and key not in known:
            raise Refused(
                422, f"there is no variation {key!r}; there are {', '.join(map(str, known))}", fields=("variations",)
            )


# --- operations ---


def create(engine: Engine, call: Call) -> Answer:
    """Create a flag."""
    code = call.body["siteCode"]
    if not any(site["code"] == code for site in engine.items("sites")):
        raise Refused(422, f"siteCode: there is no site {code}", fields=("siteCode",))
    _check_key(engine, code, call.body["featureKey"])
    return engine.answer(call, engine.add(call, call.body))


def _check_key(engine: Engine, code: str, key: str) -> None:
    if key in _keys(engine, code):
        raise Refused(422, f"the site has a feature flag {key!r} already", fields=("featureKey",))


def _keys(engine: Engine, code: str) -> set[str]:
    return {flag["featureKey"] for flag in engine.items("feature_flags") if flag["siteCode"] == code}


def duplicate(engine: Engine, call: Call) -> Answer:
    """Copy a flag; the rules of the copy are new ones."""
    old = engine.find(call)
    new = copy.deepcopy(old)
    for rule in rules_of(new):
        for name in ("id", "experimentId"):
            rule.pop(name, None)
        for allocation in rule.get("trafficAllocations", ()):
            allocation.pop("variationId", None)
    taken = _keys(engine, old["siteCode"])
    names = (f"{old['featureKey']}_copy{number if number > 1 else ''}" for number in itertools.count(1))
    new["featureKey"] = next(name for name in names if name not in taken)
    new["name"] = f"{old['name']} (copy)"[:_LONGEST_NAME]
    return engine.answer(call, engine.add(call, new))


def update(engine: Engine, call: Call) -> Answer:
    """Update a flag."""
    return _patched(engine, call, engine.find(call), call.body)


def _patched(engine: Engine, call: Call, old: Item, body: Mapping[str, Any]) -> Answer:
    """Update a flag by a merge patch; what answers call ``archived``, requests call ``isArchived``."""
    resource = engine.resources["feature_flags"]
    changes = {("archived" if name == "isArchived" else name): value for name, value in body.items()}
    new = merged(old, {name: value for name, value in changes.items() if not resource.keeps(name)})
    if new.get("featureKey", old["featureKey"]) != old["featureKey"]:
        _check_key(engine, old["siteCode"], new["featureKey"])
    for name in ("environmentConfigurations", "variables", "variations"):
        new.setdefault(name, [])
    new["dateContentModified"] = engine.timestamp()
    completed = _completed(engine, new, old)
    completed[SWITCHED_OFF] = _switched_off(engine, old, completed)
    return engine.answer(call, engine.change(call, old, completed))


def _switched_off(engine: Engine, old: Item, new: Item) -> dict[str, str]:
    """When each environment that was on was switched off: what was measured until then stays."""
    was_on = {found.get("environmentKey"): bool(found.get("featureEnabled")) for found in _environments_of(old)}
    times: dict[str, str] = {}
    for environment in _environments_of(new):
        key = str(environment.get("environmentKey"))
        if environment.get("featureEnabled"):
            continue
        before = old.get(SWITCHED_OFF, {}).get(key)
        if was_on.get(key) or before:
            times[key] = before if before and not was_on.get(key) else engine.timestamp()
    return times


def _environments_of(flag: Item) -> list[Item]:
    return list(flag.get("environmentConfigurations", ()))


def update_environment(engine: Engine, call: Call) -> Answer:
    """Update a flag, and its settings in one environment."""
    key = call.arguments["environmentKey"]
    others = {name: value for name, value in call.arguments.items() if name != "environmentKey"}
    old = engine.find(Call(call.operation, others, {}))
    locks.check(engine.store, "feature_flags", old["id"])
    names = [environment.get("environmentKey") for environment in old["environmentConfigurations"]]
    if key not in names:
        raise Refused(404, f"the feature flag has no environment {key!r}; it has {', '.join(map(str, names))}")
    changes = {name: value for name, value in call.body.items() if name in _OF_ENVIRONMENTS}
    changes["dateModified"] = engine.timestamp()
    environments = [
        merged(environment, changes) if environment.get("environmentKey") == key else environment
        for environment in old["environmentConfigurations"]
    ]
    of_flag = {name: value for name, value in call.body.items() if name not in _OF_ENVIRONMENTS}
    return _patched(engine, call, old, {**of_flag, "environmentConfigurations": environments})


def update_rule(engine: Engine, call: Call) -> Answer:
    """Update one rollout rule.

    The one public client that does so sends the body of an update of the flag, so the rule is taken from that;
    other fields are taken for those of the rule itself. Fields of the flag stay as they are.
    """
    number = int(call.arguments["ruleId"])
    flag = next(
        (flag for flag in engine.items("feature_flags") if any(rule["id"] == number for rule in rules_of(flag))), None
    )
    if flag is None:
        raise Refused(404, f"there is no rollout rule {number}")
    locks.check(engine.store, "feature_flags", flag["id"])
    schema = call.operation.body_properties()
    changes = {name: value for name, value in call.body.items() if name not in schema}
    for rule in rules_of({"environmentConfigurations": call.body.get("environmentConfigurations") or ()}):
        if rule.get("id") == number:
            changes |= rule
    environments = [
        {
            **environment,
            "rolloutRules": [
                merged(rule, changes) if rule["id"] == number else rule for rule in environment["rolloutRules"]
            ],
        }
        for environment in flag["environmentConfigurations"]
    ]
    return _patched(engine, call, flag, {"environmentConfigurations": environments})
