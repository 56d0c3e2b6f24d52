"""What the engine does not do for Kameleoon."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from abwire_sandbox import data, locks
from abwire_sandbox.engine import Answer, Call, Engine, Handler, Upload, merged
from abwire_sandbox.errors import Refused
from abwire_sandbox.kameleoon import conditions, experiments, flags, lists, objects, reports
from abwire_sandbox.kameleoon.images import described
from abwire_sandbox.store import Item

MAKERS = objects.MAKERS
_LARGEST_IMAGE = 5 * 1024 * 1024

# --- before a request is carried out ---


def check(engine: Engine, call: Call) -> None:
    """Check that an object that a request would change is not locked, and that those that it names are there.

    Raises:
        Refused: it is, or they are not.
    """
    if isinstance(call.body, Mapping):
        _check_references(engine, call.body)
    is_change = "423" in call.operation.statuses and call.operation.method != "get"
    group = call.kind
    if is_change and call.arguments and set(call.arguments) <= set(engine.resources[group].by):
        for item in engine.scope(call):
            locks.check(engine.store, group, item[engine.resources[group].key])


def _check_references(engine: Engine, body: Mapping[str, Any]) -> None:
    for name, group in data.read(engine.namespace)["references"].items():
        value = body.get(name)
        for key in value if isinstance(value, list) else [value]:
            if isinstance(key, int) and engine.get(group, key) is None:
                raise Refused(422, f"{name}: there is no {engine.resources[group].noun} {key}", fields=(name,))


# --- accounts, goals, sites, images ---


def _create_account(engine: Engine, call: Call) -> Answer:
    _check_account(engine, call.body, None)
    return engine.create(call)


def _update_account(engine: Engine, call: Call) -> Answer:
    old = engine.find(call)
    _check_account(engine, call.body, old)
    changes = {name: value for name, value in call.body.items() if name not in ("password", "passwordConfirm")}
    return engine.answer(call, engine.change(call, old, merged(old, changes)))


def _check_account(engine: Engine, body: Mapping[str, Any], old: Item | None) -> None:
    if body.get("password") != body.get("passwordConfirm"):
        raise Refused(422, "password and passwordConfirm differ", fields=("passwordConfirm",))
    emails = [account["email"] for account in engine.items("accounts") if account is not old and "email" in account]
    if body.get("email") in emails:
        raise Refused(422, "another account has this email", fields=("email",))


def _change_goal(handler: Handler) -> Handler:
    def change(engine: Engine, call: Call) -> Answer:
        handler(engine, call)
        goal = engine.find(call)
        return engine.answer(call, engine.put("goals", {**goal, "isActive": goal.get("status") == "ACTIVE"}))

    return change


def _delete_site(engine: Engine, call: Call) -> Answer:
    """Delete a site, and all that belongs to it."""
    site = engine.find(call)
    for group in engine.resources:
        for item in engine.items(group):
            if item.get("siteId") == site["id"] or item.get("siteCode") == site["code"]:
                engine.remove(group, item)
    return engine.delete(call)


def _upload(engine: Engine, call: Call) -> Answer:
    upload: Upload = call.body["image-to-upload"]
    if len(upload.content) > _LARGEST_IMAGE:
        raise Refused(422, "an image has 5 MiB at most", fields=("image-to-upload",))
    details: dict[str, Any] = call.body.get("arg0") or {}
    sites = [int(call.arguments["siteId"])] if call.arguments else details.get("siteIds", [])
    for site in sites:
        if engine.get("sites", site) is None:
            raise Refused(404, f"there is no site {site}")
    named = {name: value for name, value in details.items() if name != "siteIds"}
    image = {**described(upload), "createdById": data.author(engine), **named}
    images = [engine.add(call, {**image, "siteId": site}) for site in sites]
    return engine.answer(call, images[0]) if call.arguments else engine.answer_all(call, images)


HANDLERS: Mapping[str, Handler] = {
    "list": lists.every,
    "search": lists.search,
    "accounts.create": _create_account,
    "accounts.update": _update_account,
    "audiences.poll": reports.poll_audience,
    "audiences.request_global": reports.request_audience,
    "experiments.delete": experiments.delete,
    "experiments.request_results": reports.request_experiment,
    "experiments.restart": experiments.restart,
    "experiments.simulate": experiments.simulate,
    "experiments.update": experiments.update,
    "feature_flags.create": flags.create,
    "feature_flags.duplicate": flags.duplicate,
    "feature_flags.request_results": reports.request_flag,
    "feature_flags.update": flags.update,
    "feature_flags.update_environment": flags.update_environment,
    "feature_flags.update_rule": flags.update_rule,
    "goals.replace": _change_goal(Engine.replace),
    "goals.update": _change_goal(Engine.patch),
    "images.upload": _upload,
    "images.upload_multiple": _upload,
    "personalizations.simulate": experiments.simulate,
    "results.poll": reports.poll,
    "segments.get_condition": conditions.get,
    "segments.replace": conditions.replace_segment,
    "segments.replace_condition": conditions.replace,
    "segments.update": conditions.update_segment,
    "sites.delete": _delete_site,
    "sites.get_by_code": Engine.read,
    "tags.list": lists.tags,
    "targeting_rules.create": experiments.create_targeting_rule,
    "variations.delete": experiments.delete_variation,
    "variations.update": experiments.update_variation,
}
"""What the engine does not do, by ``group.method`` or, for all groups, by ``method``."""
